//! `latscope fetch`: from CloudWatch Logs into the store.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::config::FetchDefaults;
use super::error::Error;
use super::fetch_text;
use super::load::note;
use super::progress::Shown;
use super::surroundings::Surroundings;
use crate::dataset::TimeBound;
use crate::fetch::{
    Access, Asked, Counters, Job, Keep, Outcome, Patterns, ROW_LIMIT, Target, Via, connect, forecast,
    regions_of, resolve, run, settled_before,
};
use crate::parse::{Parser, REDUCTION, TimingKeys};
use crate::source::store::{Capture, Fetch, Store};
use crate::vocab::{TimeRange, Timestamp, visible};

/// What `latscope fetch` was asked for.
#[derive(Debug, Clone)]
pub struct FetchOptions {
    /// The log groups.
    pub asked: Asked,
    /// The beginning of the window.
    pub since: Option<TimeBound>,
    /// Its end; now if it is not given.
    pub until: Option<TimeBound>,
    /// How to get to AWS.
    pub access: Access,
    /// The store.
    pub store: Option<PathBuf>,
    /// How the names of log streams begin.
    pub stream_prefix: Option<String>,
    /// Whether all events are kept, the text of most being dropped.
    pub is_all_events: bool,
    /// By which API.
    pub via: Via,
    /// Whether nothing is fetched, and the plan printed.
    pub is_dry_run: bool,
    /// Whether it goes on until it is interrupted.
    pub is_following: bool,
    /// Whether nothing but errors is written.
    pub is_quiet: bool,
    /// How much is told: 1 for what was found, 2 for each call.
    pub verbosity: u8,
    /// Whether times are shown in this machine's zone.
    pub is_local: bool,
}

/// The window where none is given: what was logged in the last hour.
const DEFAULT_SINCE: TimeBound = TimeBound::Ago(3_600_000);

/// How long after its time an event may still come: reports have been seen to come 15 seconds late.
const SETTLING: Duration = Duration::from_secs(180);

/// How long `--follow` waits between two rounds.
const ROUND: Duration = Duration::from_secs(10);

impl FetchOptions {
    /// Fills what was not given from the configuration.
    pub fn with_defaults(mut self, defaults: &FetchDefaults) -> Self {
        if self.asked.is_empty() {
            self.asked = defaults.asked.clone();
        }
        if self.access.regions.is_empty() {
            self.access.regions.clone_from(&defaults.regions);
        }
        self.access.profile = self.access.profile.or_else(|| defaults.profile.clone());
        self.access.endpoint_url = self.access.endpoint_url.or_else(|| defaults.endpoint_url.clone());
        self.access.per_second = self.access.per_second.or(defaults.rate);
        self.stream_prefix = self.stream_prefix.or_else(|| defaults.stream_prefix.clone());
        self.since = self.since.or(defaults.since);
        self
    }

    fn window(&self, now: Timestamp) -> Result<TimeRange, Error> {
        let at = |bound: TimeBound| bound.resolve(Some(now)).unwrap_or(now);
        let window = TimeRange {
            from: at(self.since.unwrap_or(DEFAULT_SINCE)),
            // What has not happened yet cannot be fetched.
            to: self.until.map_or(now, at).min(now),
        };
        if window.is_empty() {
            return Err(Error::EmptyFetchWindow(window));
        }
        Ok(window)
    }
}

/// Fetches.
///
/// # Errors
/// If nothing can be fetched, or not all of the window.
pub fn fetch(
    options: &FetchOptions,
    keys: TimingKeys,
    surroundings: &Surroundings,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> Result<(), Error> {
    if options.asked.is_empty() {
        return Err(Error::NoGroupAsked);
    }
    let runtime = Runtime::new().map_err(|error| Error::Internal(error.to_string()))?;
    let done = runtime.block_on(in_runtime(options, keys, surroundings, stdout, stderr));
    // A name that is being looked up keeps a thread busy, which nobody needs to wait for.
    runtime.shutdown_background();
    done
}

async fn in_runtime(
    options: &FetchOptions,
    keys: TimingKeys,
    surroundings: &Surroundings,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> Result<(), Error> {
    let mut window = options.window((surroundings.now)())?;
    let interrupted = interruptions();
    let named: Vec<String> = regions_of(&options.asked.names).map(str::to_owned).collect();
    let regions = connect(&options.access, &named).await?;
    let found = resolve(&options.asked, &regions).await?;
    for notice in found.notices.iter().filter(|_| !options.is_quiet) {
        note(stderr, &visible(notice));
    }
    if found.groups.is_empty() {
        return Err(Error::NothingToFetch);
    }
    let mut job = job(options, keys, found.groups, window, (surroundings.now)())?;
    tell_ways(options, &job, stderr);
    if options.is_dry_run {
        let store = Store::open(&store_dir(options))?;
        let text = fetch_text::plan(
            &job,
            &forecast(&job, store.as_ref()),
            &options.asked,
            options.is_local,
        );
        return stdout.write_all(text.as_bytes()).map_err(Error::Output);
    }
    if !options.is_quiet {
        note(
            stderr,
            &fetch_text::beginning(&job, &store_dir(options), options.is_local),
        );
    }
    loop {
        let outcome = round(options, &job, &interrupted, surroundings, stderr).await;
        if !options.is_following || *interrupted.borrow() {
            return outcome
                .and_then(|(outcome, took)| end(options, outcome, took, &regions[0].counters, stderr));
        }
        match outcome {
            Ok((outcome, _)) => tell_incomplete(&outcome, stderr),
            // What passes is no reason to stop following.
            Err(error) if error.may_pass() => note(stderr, &visible(&error.to_string())),
            Err(error) => return Err(error),
        }
        let mut stop = interrupted.clone();
        tokio::select! {
            () = sleep(ROUND) => {}
            _ = stop.changed() => return Ok(()),
        }
        let now = (surroundings.now)();
        window.to = window.to.max(now);
        job.window = window;
        job.settled = settled_before(now, SETTLING);
    }
}

/// Where events go. The command line always gives it.
fn store_dir(options: &FetchOptions) -> PathBuf {
    options.store.clone().unwrap_or_default()
}

/// A signal that becomes true when the user interrupts.
fn interruptions() -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            // Whoever listened may be done.
            let _ = sender.send(true);
        }
        // Kept, so that nobody takes the end of the sender for a signal.
        sender.closed().await;
    });
    receiver
}

fn job(
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
    let query = patterns.insights_query(ROW_LIMIT);
    let capture = Capture {
        patterns: patterns.passes().to_vec(),
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
        query,
        keep: Keep {
            parser: Arc::new(parser),
            is_all_events: options.is_all_events,
            stream_prefix: options.stream_prefix.clone(),
        },
        capture,
    })
}

/// Lines about how the groups are read, where it is not as one would think.
fn tell_ways(options: &FetchOptions, job: &Job, stderr: &mut dyn Write) {
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
    if !infrequent.is_empty() {
        let text = format!(
            "{}: of the Infrequent Access class, which FilterLogEvents does not read; fetched by Logs Insights, which \
             costs by what it scans",
            infrequent.join(", ")
        );
        note(stderr, &visible(&text));
    }
}

/// One pass over the window, under the lock of the store.
async fn round(
    options: &FetchOptions,
    job: &Job,
    interrupted: &watch::Receiver<bool>,
    surroundings: &Surroundings,
    stderr: &mut dyn Write,
) -> Result<(Outcome, Duration), Error> {
    let mut store = Store::open_for_writing(&store_dir(options), &mut || {
        if !options.is_quiet {
            note(stderr, "another fetch uses the store; waiting for it to end");
        }
    })?;
    let begun = Instant::now();
    let mut shown = Shown::new(job, options, surroundings.is_stderr_terminal);
    let wants_details = options.verbosity > 1;
    let outcome = run(
        job,
        &mut store,
        interrupted.clone(),
        wants_details,
        &mut |progress| {
            shown.take(progress, begun.elapsed(), stderr);
        },
    )
    .await;
    shown.finish(stderr);
    let outcome = outcome?;
    store.record_fetch(Fetch {
        window: job.window,
        groups: job.targets.iter().map(|target| target.group.clone()).collect(),
        regions: job
            .targets
            .iter()
            .map(|target| target.group.region.clone())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        complete: outcome.is_complete(),
        incomplete: outcome.incomplete.clone(),
        capture: job.capture.clone(),
    })?;
    Ok((outcome, begun.elapsed()))
}

fn tell_incomplete(outcome: &Outcome, stderr: &mut dyn Write) {
    for reason in &outcome.incomplete {
        note(stderr, &visible(reason));
    }
}

/// Says what was fetched, and fails if it was not everything.
fn end(
    options: &FetchOptions,
    outcome: Outcome,
    took: Duration,
    counters: &Counters,
    stderr: &mut dyn Write,
) -> Result<(), Error> {
    if !options.is_quiet {
        note(stderr, &fetch_text::end(&outcome, counters, took));
    }
    if outcome.is_complete() {
        return Ok(());
    }
    if options.is_following && outcome.is_interrupted && outcome.incomplete.is_empty() {
        return Ok(());
    }
    Err(Error::incomplete_fetch(outcome))
}
