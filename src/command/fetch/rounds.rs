//! `latscope fetch`: once over the window, or again and again.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use super::clock::{CLOCKS_APART_MS, Clock};
use super::job::{SETTLING, job, tell_ways};
use super::online::{Interruption, find, online};
use super::options::FetchOptions;
use super::policy::policy_of;
use super::progress::Shown;
use super::text::{self, Cost};
use crate::command::error::Error;
use crate::command::load::note;
use crate::command::surroundings::Surroundings;
use crate::fetch::{Job, Outcome, Regional, forecast, run, settled_before};
use crate::parse::TimingKeys;
use crate::render::shown_time;
use crate::source::store::{Fetch, LogGroup, Store, StoreError};
use crate::vocab::{TimeRange, counted, grouped, visible};

/// How long it waits at most, where a part of the window cannot be had.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// How long `--follow` waits between two rounds.
const ROUND: Duration = Duration::from_secs(10);

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
    online(async |interruption| {
        let rounds = Rounds {
            options,
            surroundings,
            interruption,
        };
        rounds.run(keys, stdout, stderr).await
    })
}

struct Rounds<'o> {
    options: &'o FetchOptions,
    surroundings: &'o Surroundings,
    interruption: Interruption,
}

impl Rounds<'_> {
    async fn run(
        &self,
        keys: TimingKeys,
        stdout: &mut dyn Write,
        stderr: &mut dyn Write,
    ) -> Result<(), Error> {
        let options = self.options;
        // What cannot be a window whatever time AWS has need not be looked for.
        options.window((self.surroundings.now)().after_millis(CLOCKS_APART_MS))?;
        let (regions, found) = match self
            .interruption
            .or(find(&options.access, &options.asked, self.surroundings.now))
            .await?
        {
            Err(Error::Fetch(error)) if options.is_dry_run && error.is_access() => {
                let policy = policy_of(&options.asked, &options.access.regions);
                stdout.write_all(policy.as_bytes()).map_err(Error::Output)?;
                return Err(error.into());
            }
            found => found?,
        };
        let clock = Clock::compared(self.surroundings.now, &regions);
        let now = clock.now();
        let window = options.window(now)?;
        if let Some(line) = clock.told().filter(|_| !options.is_quiet) {
            note(stderr, &line);
        }
        for notice in found.notices.iter().filter(|_| !options.is_quiet) {
            note(stderr, &visible(notice));
        }
        if found.groups.is_empty() {
            return Err(Error::NothingToFetch);
        }
        let mut job = job(options, keys, found.groups, window, now)?;
        tell_ways(options, &job, now, stderr);
        if options.is_dry_run {
            let store = Store::open(&options.store_dir())?;
            let forecast = forecast(&job, store.as_ref());
            let text = text::plan(&job, &forecast, &options.asked, options.is_local);
            return stdout.write_all(text.as_bytes()).map_err(Error::Output);
        }
        if !options.is_quiet {
            let beginning = text::beginning(&job, &options.store_dir(), options.is_local);
            note(stderr, &beginning);
        }
        if options.verbosity > 0 {
            note(stderr, text::details(&job).trim_end());
        }
        if options.is_following {
            return self.follow(&mut job, &regions, stderr).await;
        }
        let (outcome, took) = self.round(&job, job.window, stderr).await?;
        if !options.is_quiet {
            let passes = job.targets.iter().map(|target| job.passes(target).len()).max();
            let end = text::end(&outcome, &regions[0].counters, took, passes.unwrap_or_default());
            note(stderr, &end);
        }
        match outcome.is_complete() {
            true => Ok(()),
            false => Err(Error::incomplete_fetch(outcome)),
        }
    }

    /// Round after round, until the user interrupts.
    async fn follow(
        &self,
        job: &mut Job,
        regions: &[Arc<Regional>],
        stderr: &mut dyn Write,
    ) -> Result<(), Error> {
        let mut held = None;
        let mut whole = job.window;
        let mut told = BTreeSet::new();
        let mut cost = Cost::default();
        let mut last = None;
        let mut pause = ROUND;
        loop {
            match self.round(job, whole, stderr).await {
                Ok((outcome, _)) => {
                    // What cannot be had is asked for less and less often.
                    pause = LONGEST_PAUSE.min(pause * 2);
                    if outcome.is_complete() {
                        pause = ROUND;
                        // What is settled need not be looked at again.
                        job.window.from = job.settled.max(whole.from);
                    }
                    for reason in &outcome.incomplete {
                        if told.insert(reason.clone()) {
                            reason.lines().for_each(|line| note(stderr, &visible(line)));
                        }
                    }
                    self.tell_new(job, whole, &mut held, stderr)?;
                    cost.add(&outcome);
                    if outcome.is_refused() {
                        return Err(Error::incomplete_fetch(outcome));
                    }
                    last = Some(outcome);
                }
                // What passes is no reason to stop.
                Err(error) if error.may_pass() => note(stderr, &visible(&error.to_string())),
                Err(Error::Interrupted) => break,
                Err(error) => return Err(error),
            }
            if self.interruption.or(sleep(pause)).await.is_err() {
                break;
            }
            let now = Clock::compared(self.surroundings.now, regions).now();
            whole.to = whole.to.max(now);
            job.window.to = whole.to;
            job.settled = settled_before(now, SETTLING);
        }
        if let Some(line) = cost.told().filter(|_| !self.options.is_quiet) {
            note(stderr, &line);
        }
        match last {
            Some(outcome) if !outcome.incomplete.is_empty() => Err(Error::incomplete_fetch(outcome)),
            _ => Ok(()),
        }
    }

    /// Says how many events a round brought, if there were any.
    fn tell_new(
        &self,
        job: &Job,
        whole: TimeRange,
        held: &mut Option<u64>,
        stderr: &mut dyn Write,
    ) -> Result<(), Error> {
        let Some(store) = Store::open(&self.options.store_dir())? else {
            return Ok(());
        };
        let now_held: u64 = store
            .segments()
            .iter()
            .filter(|segment| segment.range.overlaps(whole))
            .filter(|segment| {
                job.targets
                    .iter()
                    .any(|target| target.group.is_same(&segment.group))
            })
            .map(|segment| segment.events)
            .sum();
        let new = now_held.saturating_sub(held.unwrap_or_default());
        if !self.options.is_quiet && (held.is_none() || new > 0) {
            let line = format!(
                "{}: {}, {} in the window",
                shown_time(whole.to, self.options.is_local),
                counted(new, "new event"),
                grouped(now_held)
            );
            note(stderr, &line);
        }
        *held = Some(now_held);
        Ok(())
    }

    /// One pass over the window, under the lock of the store. `whole` is the window that was asked for, of which the job
    /// may have only the end left.
    async fn round(
        &self,
        job: &Job,
        whole: TimeRange,
        stderr: &mut dyn Write,
    ) -> Result<(Outcome, Duration), Error> {
        let options = self.options;
        let mut store = self.open_store(stderr).await?;
        let begun = Instant::now();
        let mut shown = Shown::new(job, options, self.surroundings.is_stderr_terminal);
        let wants_details = options.verbosity > 1;
        let interrupted = self.interruption.signal();
        let groups: Vec<LogGroup> = job.targets.iter().map(|target| target.group.clone()).collect();
        store.discard_damaged(&groups, job.window)?;
        let outcome = run(job, &mut store, interrupted, wants_details, &mut |progress| {
            shown.take(progress, begun.elapsed(), stderr);
        })
        .await;
        shown.finish(
            outcome.as_ref().map_or(&[][..], |outcome| &outcome.groups),
            stderr,
        );
        let (complete, incomplete) = match &outcome {
            Ok(outcome) => (outcome.is_complete(), outcome.incomplete.clone()),
            Err(error) => (false, vec![error.to_string()]),
        };
        let regions: BTreeSet<&String> = job.targets.iter().map(|target| &target.group.region).collect();
        store.record_fetch(Fetch {
            window: whole,
            regions: regions.into_iter().cloned().collect(),
            groups,
            complete,
            incomplete,
            capture: job.capture.clone(),
        })?;
        Ok((outcome?, begun.elapsed()))
    }

    /// The store, as soon as no other fetch uses it.
    async fn open_store(&self, stderr: &mut dyn Write) -> Result<Store, Error> {
        let dir = self.options.store_dir();
        let (waits, mut waiting) = mpsc::unbounded_channel();
        let mut opening = spawn_blocking(move || -> Result<Store, StoreError> {
            Store::open_for_writing(&dir, &mut || {
                // Who listened may be gone.
                let _ = waits.send(());
            })
        });
        let mut interrupted = self.interruption.signal();
        loop {
            tokio::select! {
                opened = &mut opening => {
                    return Ok(opened.map_err(|error| Error::Internal(error.to_string()))??);
                }
                Some(()) = waiting.recv() => {
                    if !self.options.is_quiet {
                        note(stderr, "another fetch uses the store; waiting for it to end");
                    }
                }
                _ = interrupted.changed() => return Err(Error::Interrupted),
            }
        }
    }
}
