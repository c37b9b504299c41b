//! A slice by Logs Insights: for groups of the Infrequent Access class, which nothing else reads, and for whoever asks
//! for it.

use std::sync::atomic::Ordering;

use aws_sdk_cloudwatchlogs::types::ResultField;
use tokio::time::Instant;

use super::error::Error;
use super::fault::Fault;
use super::filter::shown;
use super::groups::Target;
use super::intake::Event;
use super::pattern::Holds;
use super::query::{Ended, Ending, Question, run_query};
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

/// Fetches one slice.
///
/// # Errors
/// If a call fails for good, or the store cannot be written.
pub(super) async fn fetch(slice: &Slice, target: &Target, context: &Context) -> Result<SliceEnd, Error> {
    let mut ended = query(slice.range, target, context).await?;
    if matches!(ended.ending, Ending::Broken(_)) {
        // A query that failed for no reason of its own succeeds the second time.
        ended = query(slice.range, target, context).await?;
    }
    let name = &target.group.name;
    let range = shown(slice.range);
    let Ended { ending, rows, .. } = ended;
    match ending {
        Ending::Complete if is_whole(&rows, slice.range) => {
            Ok(SliceEnd::Whole(finished(&rows, slice.range, target, context)?))
        }
        Ending::Complete => match halves(slice.range) {
            Some(halves) => Ok(SliceEnd::Divided(halves)),
            None => {
                let reason = format!(
                    "{name}: {range} holds more than the {ROW_LIMIT} rows that Logs Insights returns, and no shorter \
                     time can be asked for"
                );
                incomplete(&rows, slice.range, target, context, reason)
            }
        },
        Ending::TimedOut | Ending::NeverEnded => match halves(slice.range) {
            Some(halves) => Ok(SliceEnd::Divided(halves)),
            None => {
                let reason = format!("{name}: the query of {range} ran out of time");
                incomplete(&rows, slice.range, target, context, reason)
            }
        },
        Ending::Broken(status) => {
            let status = status.as_deref().unwrap_or("no status");
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

/// Runs the query of a slice to its end.
async fn query(range: TimeRange, target: &Target, context: &Context) -> Result<Ended, Fault> {
    let begun = Instant::now();
    let holds = Holds::of_group(&target.group.name);
    let text = context.patterns.insights_query(holds, ROW_LIMIT);
    let question = Question {
        regional: &target.regional,
        groups: &[&target.identifier],
        text: &text,
        // Whole seconds are asked for; what lies outside the slice is dropped on arrival.
        range,
        limit: ROW_LIMIT,
    };
    let ended = run_query(question, &context.scan).await?;
    if ended.ending == Ending::NeverEnded {
        return Ok(ended);
    }
    context.flow.pages.fetch_add(1, Ordering::Relaxed);
    context.say(|| {
        format!(
            "{} {} {}: query with {} rows in {} ms",
            target.regional.region,
            target.group.name,
            shown(range),
            ended.rows.len(),
            begun.elapsed().as_millis()
        )
    });
    Ok(ended)
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
