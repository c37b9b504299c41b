//! What is to be fetched, and what it takes.

use std::collections::BTreeMap;

use super::groups::Target;
use super::insights;
use super::intake::Keep;
use super::pattern::{Holds, Patterns};
use super::plan;
use crate::source::store::{Capture, Store};
use crate::vocab::{TimeRange, Timestamp, gaps};

/// By which API events are fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Via {
    /// `FilterLogEvents`, and Logs Insights for groups of the Infrequent Access class.
    #[default]
    Filter,
    /// Logs Insights.
    Insights,
}

/// What is to be fetched.
#[derive(Debug, Clone)]
pub struct Job {
    /// The log groups.
    pub targets: Vec<Target>,
    /// The window.
    pub window: TimeRange,
    /// Time before this is settled: its events are all there.
    pub settled: Timestamp,
    /// By which API.
    pub via: Via,
    /// What the server is asked for.
    pub patterns: Patterns,
    /// What of the events is kept.
    pub keep: Keep,
    /// All of that as the store remembers it.
    pub capture: Capture,
}

/// What is missing of a job in a store, and what it takes to fetch it.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// For each target, the stretches that are missing.
    pub missing: Vec<Vec<TimeRange>>,
    /// For each target, into how many slices they are cut.
    pub slices: Vec<usize>,
    /// Calls, at least: one for each pass over a slice, or those of a query.
    pub calls: usize,
    /// Seconds at the rate limit, at least.
    pub seconds: f64,
}

/// How many slices of a region are fetched at once: so many that answers which take two seconds use up the rate.
pub(super) fn concurrent(rate: f64) -> usize {
    // Bounded, so nothing is lost.
    (rate * 2.0).ceil().clamp(2.0, 32.0) as usize
}

/// What a job has to do.
pub fn forecast(job: &Job, store: Option<&Store>) -> Forecast {
    let missing: Vec<Vec<TimeRange>> = job
        .targets
        .iter()
        .map(|target| match store {
            Some(store) => job.missing(target, store),
            None => vec![job.window],
        })
        .collect();
    let counts = job
        .targets
        .iter()
        .zip(&missing)
        .map(|(target, missing)| job.slices(target, missing).len())
        .collect::<Vec<_>>();
    let mut all_calls = 0;
    let mut by_region: BTreeMap<&str, f64> = BTreeMap::new();
    for (target, count) in job.targets.iter().zip(&counts) {
        let (rate, calls) = match job.uses_insights(target) {
            true => (target.regional.other.target(), count * insights::CALLS),
            false => (
                target.regional.filter.target(),
                count * job.passes(target).len().max(1),
            ),
        };
        all_calls += calls;
        *by_region.entry(&target.group.region).or_default() += calls as f64 / rate;
    }
    Forecast {
        missing,
        slices: counts,
        calls: all_calls,
        seconds: by_region.into_values().fold(0.0, f64::max),
    }
}

impl Job {
    /// What of the window has to be fetched of a group: nothing that is here and that the server has removed since.
    fn missing(&self, target: &Target, store: &Store) -> Vec<TimeRange> {
        let missing = store.missing(&target.group, self.window, &self.capture);
        let Some(first_kept) = target.first_kept(self.settled) else {
            return missing;
        };
        let here = store.irreplaceable(&target.group, self.window, &self.capture, first_kept);
        missing.into_iter().flat_map(|range| gaps(range, &here)).collect()
    }

    /// The patterns of the passes over a group.
    pub fn passes(&self, target: &Target) -> &[String] {
        self.patterns.passes(Holds::of_group(&target.group.name))
    }

    /// Whether a group is read by Logs Insights.
    pub fn uses_insights(&self, target: &Target) -> bool {
        self.via == Via::Insights || target.is_infrequent_access
    }

    /// The slices of a group.
    pub(super) fn slices(&self, target: &Target, missing: &[TimeRange]) -> Vec<TimeRange> {
        let in_region = self
            .targets
            .iter()
            .filter(|other| other.group.region == target.group.region)
            .count();
        let at_once = match self.uses_insights(target) {
            true => insights::CONCURRENT,
            false => concurrent(target.regional.filter.target()),
        };
        let step = plan::step_ms(self.window, at_once.div_ceil(in_region.max(1)));
        plan::slices(missing, step, self.settled)
    }
}
