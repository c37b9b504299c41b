//! What `latscope fetch` says: its plan, its beginning and its end.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::policy::policy;
use crate::fetch::{Asked, Counters, DOLLARS_PER_GB, Forecast, Holds, Job, Outcome, Target};
use crate::render::shown_time;
use crate::vocab::{TimeRange, counted, grouped, visible};

/// The window and the groups, in a line.
pub(super) fn beginning(job: &Job, store: &Path, is_local: bool) -> String {
    let subject = subject(&job.targets, job.window, is_local);
    visible(&format!("{subject}, into {}", store.display()))
}

/// Of which time and of which log groups.
pub(in crate::command) fn subject(targets: &[Target], range: TimeRange, is_local: bool) -> String {
    let groups = match targets {
        [one] => format!("{} ({})", one.group.name, one.group.region),
        many => counted(many.len() as u64, "log group"),
    };
    format!("Window: {}; {groups}", window(range, is_local))
}

fn window(window: TimeRange, is_local: bool) -> String {
    format!(
        "{} to {}",
        shown_time(window.from, is_local),
        shown_time(window.to, is_local)
    )
}

/// What a fetch would do.
pub(super) fn plan(job: &Job, forecast: &Forecast, asked: &Asked, is_local: bool) -> String {
    let mut text = format!("Window: {}\n", window(job.window, is_local));
    for ((target, missing), &slices) in job.targets.iter().zip(&forecast.missing).zip(&forecast.slices) {
        let missing_ms: i64 = missing.iter().map(|range| range.millis()).sum();
        let there = 100.0 * (1.0 - missing_ms as f64 / job.window.millis() as f64);
        let way = if job.uses_insights(target) {
            "Logs Insights"
        } else {
            "FilterLogEvents"
        };
        let name = visible(&target.group.name);
        let region = &target.group.region;
        let _ = writeln!(
            text,
            "{region} {name}: {there:.0} % is in the store; {} by {way}",
            counted(slices as u64, "slice")
        );
    }
    let _ = writeln!(
        text,
        "Calls: {} at least, {} at the rate limit; a slice with much in it takes more",
        grouped(forecast.calls as u64),
        duration(forecast.seconds)
    );
    text.push_str(&filter(job));
    let _ = write!(text, "\nIAM policy:\n{}", policy(job, asked));
    text
}

/// What the server is asked for, by what the groups may hold.
fn filter(job: &Job) -> String {
    let holds: BTreeSet<Holds> = job
        .targets
        .iter()
        .map(|target| Holds::of_group(&target.group.name))
        .collect();
    let are_several = holds.len() > 1;
    let of_groups = |holds: Holds| {
        let whose = match holds {
            _ if !are_several => "",
            Holds::Functions => " of groups in /aws/lambda/",
            Holds::Anything => " of other groups",
        };
        match job.patterns.passes(holds) {
            [one] => format!("Filter{whose}: {one}\n"),
            several => several
                .iter()
                .enumerate()
                .map(|(number, pattern)| format!("Filter{whose}, pass {}: {pattern}\n", number + 1))
                .collect(),
        }
    };
    match job.patterns.all().is_empty() {
        true => "Filter: none, every event is sent\n".to_owned(),
        false => holds.into_iter().map(of_groups).collect(),
    }
}

/// The groups and the filter.
pub(super) fn details(job: &Job) -> String {
    let groups = job.targets.iter().map(|target| {
        let class = match target.is_infrequent_access {
            true => ", Infrequent Access",
            false => "",
        };
        format!("{}{class}\n", visible(&target.group.arn()))
    });
    groups.chain([filter(job)]).collect()
}

/// What queries cost, over several rounds.
#[derive(Debug, Default)]
pub(in crate::command) struct Cost {
    queries: u64,
    scanned_bytes: u64,
}

impl Cost {
    /// What so many queries cost that read so many bytes.
    pub(in crate::command) const fn of(queries: u64, scanned_bytes: u64) -> Self {
        Self {
            queries,
            scanned_bytes,
        }
    }

    pub(super) fn add(&mut self, outcome: &Outcome) {
        self.queries += outcome.queries;
        self.scanned_bytes += outcome.scanned_bytes;
    }

    /// A line about it, if there were queries.
    pub(in crate::command) fn told(&self) -> Option<String> {
        let price = self.scanned_bytes as f64 / 1e9 * DOLLARS_PER_GB;
        let queries = match self.queries {
            0 => return None,
            1 => "1 query".to_owned(),
            many => format!("{} queries", grouped(many)),
        };
        Some(format!(
            "{queries} scanned {}, about ${price:.4} at ${DOLLARS_PER_GB} a GB (us-east-1)",
            bytes(self.scanned_bytes)
        ))
    }
}

/// What was fetched.
pub(super) fn end(outcome: &Outcome, counters: &Counters, took: Duration, passes: usize) -> String {
    let throttled = counters.throttled.load(Ordering::Relaxed);
    let repeated = counters.repeated.load(Ordering::Relaxed);
    let mut text = format!(
        "{} kept of {} received in {} ({} of messages), {} stored, in {}",
        counted(outcome.events(), "event"),
        grouped(outcome.received),
        counted(outcome.pages, "page"),
        bytes(outcome.message_bytes),
        bytes(outcome.stored_bytes),
        duration(took.as_secs_f64())
    );
    let _ = match throttled {
        0 => write!(text, "; never throttled"),
        1 => write!(text, "; throttled once"),
        many => write!(text, "; throttled {} times", grouped(many)),
    };
    if repeated > 0 {
        let _ = write!(text, "; {} repeated after a failure", counted(repeated, "call"));
    }
    if outcome.duplicates > 0 {
        let _ = match passes {
            0 | 1 => write!(text, "; {} dropped", counted(outcome.duplicates, "duplicate")),
            _ => write!(
                text,
                "; {} came again in another pass",
                grouped(outcome.duplicates)
            ),
        };
    }
    let mut cost = Cost::default();
    cost.add(outcome);
    if let Some(line) = cost.told() {
        let _ = write!(text, "\n{line}");
    }
    if outcome.is_complete() {
        text.push_str("\nThe window is complete.");
    }
    text
}

/// Bytes in a unit that people read.
pub(in crate::command) fn bytes(count: u64) -> String {
    let count = count as f64;
    match count {
        count if count < 1e3 => format!("{count} B"),
        count if count < 1e6 => format!("{:.1} kB", count / 1e3),
        count if count < 1e9 => format!("{:.1} MB", count / 1e6),
        count => format!("{:.1} GB", count / 1e9),
    }
}

/// A duration as people say it.
pub(in crate::command) fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        _ if seconds < 10.0 => format!("{seconds:.1} s"),
        0..=99 => format!("{whole} s"),
        100..=5999 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}
