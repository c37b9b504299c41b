//! Invocations that belong to neither side because their model is not known.
//!
//! A killed handler writes no timing record, so the slowest invocations are the likeliest to be
//! without a model. They are shown beside both sides, with what they would change if all of them
//! belonged to one.

use std::collections::BTreeSet;

use super::compare::Direction;
use super::side::Side;
use crate::dataset::Columns;
use crate::invocation::Outcome;
use crate::stats::{Confidence, Probability, Sample, compare};
use crate::summary::{Failures, Latencies, Metric, QuantileSummary};

/// Invocations without a model among those that the sides were selected from.
#[derive(Debug, Clone, PartialEq)]
pub struct Unattributed {
    /// How many.
    pub invocations: usize,
    /// How many of them timed out.
    pub timeouts: usize,
    /// How many of them failed.
    pub errors: usize,
    /// For each quantile of total time: what it would be on the baseline side, and on the candidate
    /// side, if all that can be its own were.
    pub if_all: Vec<(Probability, Option<QuantileSummary>, Option<QuantileSummary>)>,
    /// Whether p95 would say the same if all of them were the baseline's, and if all were the
    /// candidate's.
    pub verdict_holds: bool,
}

impl Unattributed {
    /// Describes the invocations without a model. `None` if there are none.
    pub(super) fn of(
        baseline: &Side,
        candidate: &Side,
        quantiles: &[Probability],
        failures: Failures,
    ) -> Option<Self> {
        let outcomes: BTreeSet<(u32, u32)> = [baseline, candidate]
            .iter()
            .flat_map(|side| side.without_model.row.iter().zip(&side.without_model.outcome))
            .map(|(row, outcome)| (*row, *outcome))
            .collect();
        if outcomes.is_empty() {
            return None;
        }
        let count = |outcome: Outcome| {
            outcomes
                .iter()
                .filter(|(_, code)| *code == outcome as u32)
                .count()
        };
        let own = [baseline, candidate].map(|side| side.all.sample(Metric::Total));
        let with = [baseline, candidate].map(|side| with_all(side, &side.without_model, failures));
        let summary =
            |sample: &Option<Sample>, p| sample.as_ref().map(|sample| QuantileSummary::of(sample, p));
        let verdict = |baseline: Option<&Sample>, candidate: Option<&Sample>| {
            let found = compare(baseline?, candidate?, Probability::P95, Confidence::C95);
            Some(Direction::of(found.ratio_interval))
        };
        let [own_baseline, own_candidate] = own;
        let today = verdict(own_baseline, own_candidate);
        Some(Self {
            invocations: outcomes.len(),
            timeouts: count(Outcome::Timeout),
            errors: count(Outcome::Error),
            if_all: quantiles
                .iter()
                .map(|&p| (p, summary(&with[0], p), summary(&with[1], p)))
                .collect(),
            verdict_holds: verdict(with[0].as_ref(), own_candidate) == today
                && verdict(own_baseline, with[1].as_ref()) == today,
        })
    }
}

/// Total time of a side if these invocations were its own.
fn with_all(side: &Side, others: &Columns, failures: Failures) -> Option<Sample> {
    let theirs = Latencies::of(others, failures);
    match (side.all.sample(Metric::Total), theirs.sample(Metric::Total)) {
        (Some(own), Some(theirs)) => joined(own, theirs),
        (own, theirs) => own.or(theirs).cloned(),
    }
}

/// Both samples in one.
fn joined(a: &Sample, b: &Sample) -> Option<Sample> {
    let (mut exact, mut limits) = (Vec::new(), Vec::new());
    for sample in [a, b] {
        let (theirs, bounds) = sample.values().split_at(sample.len() - sample.censored());
        exact.extend_from_slice(theirs);
        limits.extend_from_slice(bounds);
    }
    Sample::with_censored(exact, limits)
}
