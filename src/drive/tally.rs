//! What was counted of a run, by phase and model.

use std::collections::BTreeMap;
use std::time::Duration;

use latscope_schema::{ClientOutcome, ClientPhase};

use super::send::Seen;
use super::validity::Pace;
use crate::stats::{Histogram, Probability, Sample};

/// The longest latency that is told apart while a run goes on: an hour.
const LONGEST: u64 = 3_600_000_000;

/// Requests by how they ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// With a status of 200 to 299.
    pub ok: u64,
    /// With the status 429.
    pub throttled: u64,
    /// With another status.
    pub http_errors: u64,
    /// Given up at the time limit.
    pub timeouts: u64,
    /// Without a connection to the end.
    pub broken: u64,
    /// Given up at the end of the run.
    pub cancelled: u64,
    /// Of those, the ones that had not been begun.
    pub unsent: u64,
}

impl Counts {
    fn add(&mut self, outcome: ClientOutcome) {
        *match outcome {
            ClientOutcome::Ok => &mut self.ok,
            ClientOutcome::Throttled => &mut self.throttled,
            ClientOutcome::HttpError => &mut self.http_errors,
            ClientOutcome::Timeout => &mut self.timeouts,
            ClientOutcome::Broken => &mut self.broken,
            ClientOutcome::Cancelled => &mut self.cancelled,
        } += 1;
    }

    /// All of them.
    pub fn all(&self) -> u64 {
        self.ok + self.failed() + self.cancelled
    }

    /// Those that were begun.
    pub fn sent(&self) -> u64 {
        self.all() - self.unsent
    }

    /// Those that ended, and not well.
    pub fn failed(&self) -> u64 {
        self.throttled + self.http_errors + self.timeouts + self.broken
    }

    /// Both together.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self {
            ok: self.ok + other.ok,
            throttled: self.throttled + other.throttled,
            http_errors: self.http_errors + other.http_errors,
            timeouts: self.timeouts + other.timeouts,
            broken: self.broken + other.broken,
            cancelled: self.cancelled + other.cancelled,
            unsent: self.unsent + other.unsent,
        }
    }
}

/// The requests of one phase to one model.
#[derive(Debug, Clone)]
pub struct Group {
    /// The phase.
    pub phase: ClientPhase,
    /// The model, counted from 0.
    pub model: usize,
    /// How they ended.
    pub counts: Counts,
    /// Words of what went wrong, and how often.
    pub errors: BTreeMap<String, u64>,
    /// Those that waited for a new connection.
    pub new_connections: u64,
    latencies_us: Vec<f64>,
    limits_us: Vec<f64>,
    live: Option<Histogram>,
}

impl Group {
    fn new(phase: ClientPhase, model: usize) -> Self {
        Self {
            phase,
            model,
            counts: Counts::default(),
            errors: BTreeMap::new(),
            new_connections: 0,
            latencies_us: Vec::new(),
            limits_us: Vec::new(),
            live: Histogram::new(LONGEST),
        }
    }

    /// Latencies in microseconds: of requests that ended well, and above them the limits at which others were given up.
    /// Failures are counted apart: a quick one is not a fast answer.
    pub fn sample(&self) -> Option<Sample> {
        Sample::with_censored(self.latencies_us.clone(), self.limits_us.clone())
    }

    /// A quantile so far, in microseconds to 3 digits.
    pub fn running(&self, p: Probability) -> Option<f64> {
        Some(self.live.as_ref()?.quantile(p)?.value)
    }
}

/// What was counted of a run.
#[derive(Debug, Clone)]
pub struct Tally {
    groups: Vec<Group>,
    /// How the schedule of steady requests was kept.
    pub pace: Pace,
    /// Whether what was to be sent at once was.
    pub bursts: Pace,
    /// Requests that timed out on connections that had been opened ahead and never answered anything.
    pub unanswered_ahead: u64,
    /// US dollars of the tokens so far, where prices are known.
    pub dollars: f64,
}

impl Tally {
    /// Of a run with so many models.
    pub(super) fn new(models: usize, per_second: f64) -> Self {
        let phases = [ClientPhase::WarmUp, ClientPhase::Steady, ClientPhase::Burst];
        let groups = phases
            .into_iter()
            .flat_map(|phase| (0..models).map(move |model| Group::new(phase, model)));
        Self {
            groups: groups.collect(),
            pace: Pace::new(per_second),
            bursts: Pace::of_bursts(),
            unanswered_ahead: 0,
            dollars: 0.0,
        }
    }

    pub(super) fn add(&mut self, phase: ClientPhase, model: usize, seen: &Seen, latency: Duration) {
        let is_group = |group: &&mut Group| group.phase == phase && group.model == model;
        let Some(group) = self.groups.iter_mut().find(is_group) else {
            return;
        };
        group.counts.add(seen.outcome);
        if let Some(error) = &seen.error {
            *group.errors.entry(error.clone()).or_default() += 1;
        }
        group.counts.unsent += u64::from(seen.begun.is_none());
        group.new_connections += u64::from(seen.connect.is_some());
        let micros = latency.as_micros();
        match seen.outcome {
            ClientOutcome::Ok => group.latencies_us.push(micros as f64),
            ClientOutcome::Timeout => group.limits_us.push(micros as f64),
            _ => return,
        }
        if let Some(live) = &mut group.live {
            live.record(u64::try_from(micros).unwrap_or(u64::MAX));
        }
    }

    /// The groups of a phase, in the order of models.
    pub fn of(&self, phase: ClientPhase) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(move |group| group.phase == phase)
    }

    /// All requests, of every phase.
    pub fn counts(&self) -> Counts {
        let counts = self.groups.iter().map(|group| &group.counts);
        counts.fold(Counts::default(), |all, more| all.and(more))
    }

    /// Those that count: all but the warm-up.
    pub fn measured(&self) -> Counts {
        let counts = self.that_count().map(|group| &group.counts);
        counts.fold(Counts::default(), |all, more| all.and(more))
    }

    /// What went wrong with those that count, and how often.
    pub fn errors(&self) -> BTreeMap<&str, u64> {
        let mut errors = BTreeMap::new();
        for (error, count) in self.that_count().flat_map(|group| &group.errors) {
            *errors.entry(error.as_str()).or_default() += count;
        }
        errors
    }

    fn that_count(&self) -> impl Iterator<Item = &Group> {
        self.groups
            .iter()
            .filter(|group| group.phase != ClientPhase::WarmUp)
    }
}
