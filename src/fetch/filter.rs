//! A slice by `FilterLogEvents`: every page of it, whatever the service does with its tokens.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use aws_sdk_cloudwatchlogs::operation::filter_log_events::FilterLogEventsOutput;

use super::error::Error;
use super::fault::{Fault, FaultKind};
use super::groups::{Identifier, Target};
use super::intake::{Event, Intake};
use super::plan;
use super::slice::{Context, Slice, SliceEnd};
use crate::vocab::{TimeRange, Timestamp};

/// How often a slice is begun again after its token was refused.
const RESTARTS: u32 = 3;

/// Why a chain of pages broke off.
enum Broken {
    /// The rest is many pages, which are better fetched side by side.
    Dense(i64),
    /// A token came twice, so that the pages go round.
    Repeated,
    /// The service refuses a token that it gave.
    Refused(Fault),
}

/// Fetches one slice.
///
/// # Errors
/// If a call fails for good, or the store cannot be written.
pub(super) async fn fetch(slice: &Slice, target: &Target, context: &Context) -> Result<SliceEnd, Error> {
    let mut restarts = 0;
    loop {
        let mut intake = context.intake(target, slice.range)?;
        let broken = match pages(slice, target, context, &mut intake).await? {
            None => return Ok(SliceEnd::Whole(intake.finish()?)),
            Some(broken) => broken,
        };
        match broken {
            Broken::Dense(parts) => return Ok(SliceEnd::Divided(plan::divide(slice.range, parts))),
            // Another stretch of time has other tokens.
            Broken::Repeated if slice.range.millis() > 1 && slice.halvings < Slice::HALVINGS => {
                return Ok(SliceEnd::Halved(plan::divide(slice.range, 2)));
            }
            Broken::Repeated => {
                let reason = format!(
                    "{}: CloudWatch Logs gave the same page token twice for {}, so that the pages behind it cannot be \
                     reached",
                    target.group.name,
                    shown(slice.range)
                );
                return Ok(SliceEnd::Incomplete(intake.finish()?, reason));
            }
            Broken::Refused(fault) if restarts == RESTARTS => return Err(fault.into()),
            Broken::Refused(_) => {
                restarts += 1;
                context.say(|| {
                    format!(
                        "{}: a page token was refused (they expire after 24 hours); {} begins again",
                        target.group.name,
                        shown(slice.range)
                    )
                });
            }
        }
    }
}

/// Takes in all pages of all passes. `None` if the last was reached.
async fn pages(
    slice: &Slice,
    target: &Target,
    context: &Context,
    intake: &mut Intake<'_>,
) -> Result<Option<Broken>, Error> {
    for pattern in context.patterns(target) {
        let mut tokens = HashSet::new();
        let mut token: Option<String> = None;
        loop {
            let page = match call(slice.range, pattern, token.as_deref(), target, context).await {
                Ok(page) => page,
                Err(fault) if fault.kind == FaultKind::Invalid && token.is_some() => {
                    return Ok(Some(Broken::Refused(fault)));
                }
                Err(fault) => return Err(fault.into()),
            };
            context.flow.pages.fetch_add(1, Ordering::Relaxed);
            for event in page.events() {
                // What has no time lies in no slice; CloudWatch Logs has no such events.
                let Some(at) = event.timestamp() else { continue };
                intake.take(Event {
                    id: event.event_id(),
                    at: Timestamp::from_epoch_millis(at),
                    ingested: event.ingestion_time().map(Timestamp::from_epoch_millis),
                    stream: event.log_stream_name().unwrap_or_default(),
                    message: event.message().unwrap_or_default(),
                })?;
            }
            let count = page.events().len();
            // Only its absence ends the pages: a page may hold few events, or none.
            let Some(next) = page.next_token.filter(|token| !token.is_empty()) else {
                break;
            };
            let is_first = token.is_none();
            if is_first
                && let Some(parts) = intake
                    .newest
                    .and_then(|newest| plan::parts(slice.range, count, newest))
            {
                return Ok(Some(Broken::Dense(parts)));
            }
            if !tokens.insert(next.clone()) {
                return Ok(Some(Broken::Repeated));
            }
            token = Some(next);
        }
    }
    Ok(None)
}

async fn call(
    range: TimeRange,
    pattern: Option<&str>,
    token: Option<&str>,
    target: &Target,
    context: &Context,
) -> Result<FilterLogEventsOutput, Fault> {
    let regional = &target.regional;
    let (name, arn) = match &target.identifier {
        Identifier::Name(name) => (Some(name.clone()), None),
        Identifier::Arn(arn) => (None, Some(arn.clone())),
    };
    let begun = tokio::time::Instant::now();
    let answer = regional
        .call("logs:FilterLogEvents", &regional.filter, || {
            // In the order of time, as CloudWatch Logs has done it by itself since 2019 and emulators have not.
            #[expect(deprecated, reason = "CloudWatch Logs ignores it, emulators do not")]
            let call = regional.logs.filter_log_events().interleaved(true);
            call.set_log_group_name(name.clone())
                .set_log_group_identifier(arn.clone())
                .set_log_stream_name_prefix(context.keep.stream_prefix.clone())
                .start_time(range.from.as_epoch_millis())
                // The end is part of what is asked for.
                .end_time(range.to.as_epoch_millis().saturating_sub(1))
                .set_filter_pattern(pattern.map(str::to_owned))
                .set_next_token(token.map(str::to_owned))
                .limit(10_000)
                .send()
        })
        .await;
    context.say(|| {
        let came = match &answer {
            Ok(page) => format!(
                "{} events{}",
                page.events().len(),
                if page.next_token().is_some() {
                    ", more to come"
                } else {
                    ""
                }
            ),
            Err(fault) => fault.to_string(),
        };
        format!(
            "{} {} {}: {came} in {} ms",
            regional.region,
            target.group.name,
            shown(range),
            begun.elapsed().as_millis()
        )
    });
    answer
}

/// A stretch of time, for people.
pub(super) fn shown(range: TimeRange) -> String {
    format!("{} to {}", range.from, range.to)
}
