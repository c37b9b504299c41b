//! A slice by Logs Insights: for groups of the Infrequent Access class, which nothing else reads, and for whoever asks
//! for it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_cloudwatchlogs::operation::get_query_results::GetQueryResultsOutput;
use aws_sdk_cloudwatchlogs::types::{QueryStatus, ResultField};
use tokio::time::{Instant, sleep, timeout};

use super::error::Error;
use super::fault::Fault;
use super::filter::shown;
use super::groups::{Identifier, Target};
use super::intake::Event;
use super::session::Regional;
use super::slice::{Context, Slice, SliceEnd};
use crate::source::store::Finished;
use crate::vocab::{TimeRange, Timestamp};

/// The most rows that are asked for: what every region allows.
pub const ROW_LIMIT: u32 = 10_000;

/// How many queries run at once in a region. An account has 100, dashboards included.
pub(super) const CONCURRENT: usize = 4;

/// The same for groups of the Infrequent Access class, of which an account has 5.
pub(super) const CONCURRENT_INFREQUENT: usize = 2;

/// How many calls a query takes at least: its start, and two looks at how far it is.
pub(super) const CALLS: usize = 3;

/// How long a query is waited for. CloudWatch Logs itself gives up after an hour.
const LONGEST: Duration = Duration::from_secs(70 * 60);

/// US dollars for a gigabyte that a query reads (us-east-1; other regions differ).
pub const DOLLARS_PER_GB: f64 = 0.005;

/// The queries of a run, and what they cost.
#[derive(Debug, Default)]
pub struct Scan {
    /// Queries that were run.
    pub queries: AtomicU64,
    /// Bytes that they read.
    pub bytes: AtomicU64,
    /// Queries that run on the server, by their ids, and where.
    under_way: Mutex<BTreeMap<String, Arc<Regional>>>,
}

/// How long the server is given to stop queries that nobody waits for any longer.
const STOPPING: Duration = Duration::from_secs(5);

impl Scan {
    /// Stops what still runs on the server: it would go on at the user's expense. That one cannot be stopped changes
    /// nothing.
    pub(super) async fn stop_all(&self) {
        let under_way = std::mem::take(&mut *self.under_way());
        let stopping = async {
            for (id, regional) in under_way {
                let _ = regional.logs.stop_query().query_id(id).send().await;
            }
        };
        let _ = timeout(STOPPING, stopping).await;
    }

    fn under_way(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Regional>>> {
        // The map is whole whenever the lock is free.
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a query ended.
enum Ended {
    /// With these rows.
    Complete(Vec<Vec<ResultField>>),
    /// It ran out of time, and had these rows by then.
    TimedOut(Vec<Vec<ResultField>>),
    /// Otherwise, as this word says, and had these rows by then.
    Broken(String, Vec<Vec<ResultField>>),
}

/// Fetches one slice.
///
/// # Errors
/// If a call fails for good, or the store cannot be written.
pub(super) async fn fetch(slice: &Slice, target: &Target, context: &Context) -> Result<SliceEnd, Error> {
    let mut ended = query(slice.range, target, context).await?;
    if matches!(ended, Ended::Broken(..)) {
        // A query that failed for no reason of its own succeeds the second time.
        ended = query(slice.range, target, context).await?;
    }
    let name = &target.group.name;
    let range = shown(slice.range);
    match ended {
        Ended::Complete(rows) if is_whole(&rows, slice.range) => {
            Ok(SliceEnd::Whole(finished(&rows, slice.range, target, context)?))
        }
        Ended::Complete(rows) => match halves(slice.range) {
            Some(halves) => Ok(SliceEnd::Divided(halves)),
            None => {
                let reason = format!(
                    "{name}: {range} holds more than the {ROW_LIMIT} rows that Logs Insights returns, and no shorter \
                     time can be asked for"
                );
                incomplete(&rows, slice.range, target, context, reason)
            }
        },
        Ended::TimedOut(rows) => match halves(slice.range) {
            Some(halves) => Ok(SliceEnd::Divided(halves)),
            None => {
                let reason = format!("{name}: the query of {range} ran out of time");
                incomplete(&rows, slice.range, target, context, reason)
            }
        },
        Ended::Broken(status, rows) => {
            let reason = format!("{name}: the query of {range} ended as {status}, twice");
            incomplete(&rows, slice.range, target, context, reason)
        }
    }
}

/// Whether a result holds all of the slice: it is below the limit, or, sorted by time as it is, it goes beyond the slice.
fn is_whole(rows: &[Vec<ResultField>], range: TimeRange) -> bool {
    let last = rows
        .last()
        .and_then(|row| value(row, "@timestamp"))
        .and_then(time);
    rows.len() < ROW_LIMIT as usize || last.is_some_and(|last| last >= range.to)
}

/// A field of a row.
fn value<'r>(row: &'r [ResultField], name: &str) -> Option<&'r str> {
    let mut fields = row.iter().filter(|field| field.field() == Some(name));
    fields.next().and_then(ResultField::value)
}

fn incomplete(
    rows: &[Vec<ResultField>],
    range: TimeRange,
    target: &Target,
    context: &Context,
    reason: String,
) -> Result<SliceEnd, Error> {
    Ok(SliceEnd::Incomplete(
        finished(rows, range, target, context)?,
        reason,
    ))
}

/// Two halves that meet at a whole second, which is as fine as a query's times are. `None` for one second.
fn halves(range: TimeRange) -> Option<Vec<TimeRange>> {
    let middle = range.from.as_epoch_millis() + range.millis() / 2;
    let middle = Timestamp::from_epoch_millis(middle - middle.rem_euclid(1000));
    let halves = [
        TimeRange::new(range.from, middle),
        TimeRange::new(middle, range.to),
    ];
    (range.from < middle && middle < range.to).then(|| halves.to_vec())
}

fn finished(
    rows: &[Vec<ResultField>],
    range: TimeRange,
    target: &Target,
    context: &Context,
) -> Result<Finished, Error> {
    let mut intake = context.intake(target, range)?;
    for row in rows {
        let value = |name: &str| value(row, name);
        let (Some(at), Some(message)) = (value("@timestamp").and_then(time), value("@message")) else {
            continue;
        };
        intake.take(Event {
            // Rows have no event id; `@ptr` is another one in every query.
            id: None,
            at,
            ingested: value("@ingestionTime").and_then(time),
            stream: value("@logStream").unwrap_or_default(),
            message,
        })?;
    }
    Ok(intake.finish()?)
}

/// A time as rows have it: in words without a zone, or in milliseconds.
fn time(text: &str) -> Option<Timestamp> {
    match text.parse() {
        Ok(millis) => Some(Timestamp::from_epoch_millis(millis)),
        Err(_) => Timestamp::parse(text),
    }
}

/// Runs one query to its end.
async fn query(range: TimeRange, target: &Target, context: &Context) -> Result<Ended, Fault> {
    let regional = &target.regional;
    let begun = Instant::now();
    let id = start(range, target, context).await?;
    context.scan.queries.fetch_add(1, Ordering::Relaxed);
    context.scan.under_way().insert(id.clone(), Arc::clone(regional));
    let mut wait = Duration::from_millis(250);
    let ended = loop {
        sleep(wait).await;
        if begun.elapsed() > LONGEST {
            // It is stopped with the others when the run ends.
            return Ok(Ended::TimedOut(Vec::new()));
        }
        wait = (wait * 2).min(Duration::from_secs(2));
        let answer = regional
            .call("logs:GetQueryResults", &regional.other, || {
                regional.logs.get_query_results().query_id(&id).send()
            })
            .await?;
        if let Some(ended) = ended(answer, context) {
            break ended;
        }
    };
    context.scan.under_way().remove(&id);
    context.say(|| {
        let (Ended::Complete(rows) | Ended::TimedOut(rows) | Ended::Broken(_, rows)) = &ended;
        format!(
            "{} {} {}: query with {} rows in {} ms",
            regional.region,
            target.group.name,
            shown(range),
            rows.len(),
            begun.elapsed().as_millis()
        )
    });
    Ok(ended)
}

/// How a query ended, if it has. Every status but the two of a query under way is an end.
fn ended(answer: GetQueryResultsOutput, context: &Context) -> Option<Ended> {
    let status = answer.status().cloned();
    if matches!(status, Some(QueryStatus::Running | QueryStatus::Scheduled)) {
        return None;
    }
    if let Some(statistics) = answer.statistics() {
        // As JSON has it: a number of bytes, written as a double.
        let bytes = statistics.bytes_scanned().max(0.0) as u64;
        context.scan.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
    context.flow.pages.fetch_add(1, Ordering::Relaxed);
    let rows = answer.results.unwrap_or_default();
    Some(match status {
        Some(QueryStatus::Complete) => Ended::Complete(rows),
        Some(QueryStatus::Timeout) => Ended::TimedOut(rows),
        other => {
            let word = other.as_ref().map_or("no status", QueryStatus::as_str);
            Ended::Broken(word.to_owned(), rows)
        }
    })
}

/// Starts a query. An account that runs as many as it may is waited for like any throttle.
async fn start(range: TimeRange, target: &Target, context: &Context) -> Result<String, Fault> {
    let regional = &target.regional;
    let answer = regional
        .call("logs:StartQuery", &regional.other, || {
            let call = regional.logs.start_query();
            let call = match &target.identifier {
                Identifier::Name(name) => call.log_group_name(name),
                Identifier::Arn(arn) => call.log_group_identifiers(arn),
            };
            call.query_string(&context.query)
                // Whole seconds, the last one included, which may mean its first moment alone; what lies outside the slice
                // is dropped on arrival.
                .start_time(range.from.seconds())
                .end_time((range.to.as_epoch_millis() - 1).div_euclid(1000) + 1)
                .limit(i32::try_from(ROW_LIMIT).unwrap_or(i32::MAX))
                .send()
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

#[cfg(test)]
mod tests {
    use super::*;

    const fn range(from: i64, to: i64) -> TimeRange {
        TimeRange::of_epoch_millis(from, to)
    }

    #[test]
    fn halves_meet_at_whole_seconds() {
        assert_eq!(
            halves(range(500, 10_250)),
            Some(vec![range(500, 5000), range(5000, 10_250)])
        );
        assert_eq!(
            halves(range(1900, 2100)),
            Some(vec![range(1900, 2000), range(2000, 2100)])
        );
        assert_eq!(halves(range(1000, 2000)), None);
        assert_eq!(halves(range(1500, 1600)), None);
    }

    #[test]
    fn times_of_rows_are_read() {
        let ten = Some(Timestamp::from_epoch_millis(1_795_341_600_123));
        assert_eq!(time("2026-11-22 10:00:00.123"), ten);
        assert_eq!(time("1795341600123"), ten);
        assert_eq!(time("soon"), None);
    }
}
