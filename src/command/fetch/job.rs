//! From what was asked for to what is done.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use super::options::FetchOptions;
use crate::command::error::Error;
use crate::command::load::note;
use crate::fetch::{Job, Keep, Patterns, Target, Via, settled_before};
use crate::parse::{Parser, REDUCTION, TimingKeys};
use crate::source::store::Capture;
use crate::vocab::{TimeRange, Timestamp, visible};

/// How long after its time an event may still come: reports have been seen to come 15 seconds late.
pub(super) const SETTLING: Duration = Duration::from_secs(180);

/// The job that the options mean.
///
/// # Errors
/// If there are too many keys of timing records, which takes millions.
pub(super) fn job(
    options: &FetchOptions,
    keys: TimingKeys,
    targets: Vec<Target>,
    window: TimeRange,
    now: Timestamp,
) -> Result<Job, Error> {
    let patterns = match options.is_all_events {
        true => Patterns::everything(),
        false => Patterns::of(keys.inference_keys()),
    };
    let capture = Capture {
        patterns: patterns.all(),
        all_events: options.is_all_events,
        stream_prefix: options.stream_prefix.clone(),
        timing_keys: keys.mapping(),
        reduction: REDUCTION,
    };
    let parser = Parser::new(keys).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Job {
        targets,
        window,
        settled: settled_before(now, SETTLING),
        via: options.via,
        patterns,
        keep: Keep {
            parser: Arc::new(parser),
            is_all_events: options.is_all_events,
            stream_prefix: options.stream_prefix.clone(),
        },
        capture,
    })
}

/// Lines about how the groups are read, where it is not as one would think.
pub(super) fn tell_ways(options: &FetchOptions, job: &Job, now: Timestamp, stderr: &mut dyn Write) {
    if options.is_quiet {
        return;
    }
    if let Some(reason) = job.patterns.dropped_because() {
        let text = format!("every event is sent, and latscope chooses: {reason}");
        note(stderr, &visible(&text));
    }
    let infrequent: Vec<&str> = job
        .targets
        .iter()
        .filter(|target| target.is_infrequent_access && options.via == Via::Filter)
        .map(|target| target.group.name.as_str())
        .collect();
    for target in &job.targets {
        if let (Some(days), Some(first)) = (target.retention_days, target.first_kept(now))
            && job.window.from < first
        {
            let text = format!(
                "{}: keeps events for {days} days, so those before {first} are gone",
                target.group.name
            );
            note(stderr, &visible(&text));
        }
    }
    if !infrequent.is_empty() {
        let text = format!(
            "{}: of the Infrequent Access class, which FilterLogEvents does not read; fetched by Logs Insights, which \
             costs by what it scans",
            infrequent.join(", ")
        );
        note(stderr, &visible(&text));
    }
}
