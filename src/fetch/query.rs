//! One query of Logs Insights, from its start to its end, whatever that is.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudwatchlogs::types::{QueryStatistics, QueryStatus, ResultField};
use tokio::time::{Instant, sleep};

use super::fault::Fault;
use super::groups::Identifier;
use super::scan::Scan;
use super::session::Regional;
use crate::vocab::TimeRange;

/// How long a query is waited for. CloudWatch Logs itself gives up after an hour.
const LONGEST: Duration = Duration::from_secs(70 * 60);

/// What StartQuery is given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) regional: &'a Arc<Regional>,
    /// The log groups, of one region.
    pub(super) groups: &'a [&'a Identifier],
    pub(super) text: &'a str,
    pub(super) range: TimeRange,
    /// The most rows that are asked for.
    pub(super) limit: u32,
}

/// How a query ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// It came to its end.
    Complete,
    /// It ran out of time on the server.
    TimedOut,
    /// It had not come to an end long after the server should have given it up.
    NeverEnded,
    /// Otherwise, as this word of the server says; none if it said none.
    Broken(Option<String>),
}

/// The end of a query, and what it brought until then.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) ending: Ending,
    pub(super) rows: Vec<Vec<ResultField>>,
    pub(super) statistics: Option<QueryStatistics>,
}

/// Runs one query to its end.
///
/// # Errors
/// If a call fails for good.
pub(super) async fn run_query(question: Question<'_>, scan: &Scan) -> Result<Ended, Fault> {
    let regional = question.regional;
    let begun = Instant::now();
    let id = start(question, scan).await?;
    let mut known_bytes = 0;
    let mut wait = Duration::from_millis(250);
    loop {
        sleep(wait).await;
        if begun.elapsed() > LONGEST {
            // It is stopped with the others when the run ends.
            return Ok(Ended {
                ending: Ending::NeverEnded,
                rows: Vec::new(),
                statistics: None,
            });
        }
        wait = (wait * 2).min(Duration::from_secs(2));
        let answer = regional
            .call("logs:GetQueryResults", &regional.other, || {
                regional.logs.get_query_results().query_id(&id).send()
            })
            .await?;
        if let Some(statistics) = answer.statistics() {
            // As JSON has it: a number of bytes, written as a double. Of a query under way it is what was read so far.
            let bytes = statistics.bytes_scanned().max(0.0) as u64;
            scan.read(bytes.saturating_sub(known_bytes));
            known_bytes = bytes.max(known_bytes);
        }
        // Every status but the two of a query under way is an end.
        let ending = match answer.status() {
            Some(QueryStatus::Running | QueryStatus::Scheduled) => continue,
            Some(QueryStatus::Complete) => Ending::Complete,
            Some(QueryStatus::Timeout) => Ending::TimedOut,
            other => Ending::Broken(other.map(|status| status.as_str().to_owned())),
        };
        scan.ended(&id);
        return Ok(Ended {
            ending,
            statistics: answer.statistics().cloned(),
            rows: answer.results.unwrap_or_default(),
        });
    }
}

/// Starts a query. An account that runs as many as it may is waited for like any throttle.
async fn start(question: Question<'_>, scan: &Scan) -> Result<String, Fault> {
    let Question {
        regional,
        groups,
        text,
        range,
        limit,
    } = question;
    let has_arns = groups.iter().any(|group| matches!(group, Identifier::Arn(_)));
    let answer = regional
        .call("logs:StartQuery", &regional.other, || {
            let mut call = regional.logs.start_query();
            for group in groups {
                call = match group {
                    // The parameters exclude each other, and identifiers may be names too.
                    Identifier::Name(name) if has_arns => call.log_group_identifiers(name),
                    Identifier::Name(name) if groups.len() == 1 => call.log_group_name(name),
                    Identifier::Name(name) => call.log_group_names(name),
                    Identifier::Arn(arn) => call.log_group_identifiers(arn),
                };
            }
            let call = call
                .query_string(text)
                // Whole seconds, the last one included, which may mean its first moment alone.
                .start_time(range.from.seconds())
                .end_time((range.to.as_epoch_millis() - 1).div_euclid(1000) + 1)
                .limit(i32::try_from(limit).unwrap_or(i32::MAX));
            scan.start(call, regional)
        })
        .await?;
    answer.query_id.ok_or_else(|| {
        Fault::other(
            "logs:StartQuery",
            &regional.region,
            "an answer without a query id",
        )
    })
}
