//! Invocations that belong to neither side because their model is not known.
//!
//! A killed handler writes no timing record, so the slowest invocations are the likeliest to be
//! without a model. They are shown beside both sides, with what they would change if all of them
//! belonged to one.

use std::collections::BTreeMap;

use super::quantiles::Direction;
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
    /// Whether p95 would say the same in each of the extreme cases: all of them on one side, or the
    /// slow ones on one side and the quick ones on the other.
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
        // One that was saved may be in the logs too: it is known by what it is.
        let key = |rows: &Columns, row: usize| match rows.ended_at[row] {
            Some(ended) => (Some(ended), rows.duration_us[row], rows.billed_us.get(row), 0),
            None => (None, 0, None, rows.row[row]),
        };
        let mut outcomes = BTreeMap::new();
        for rows in [&baseline.without_model, &candidate.without_model] {
            outcomes.extend((0..rows.len()).map(|row| (key(rows, row), rows.outcome[row])));
        }
        if outcomes.is_empty() {
            return None;
        }
        let count = |outcome: Outcome| {
            outcomes
                .iter()
                .filter(|(_, code)| **code == outcome as u32)
                .count()
        };
        let with = [baseline, candidate].map(|side| with_others(side, &side.without_model, failures));
        let summary =
            |sample: &Option<Sample>, p| sample.as_ref().map(|sample| QuantileSummary::of(sample, p));
        Some(Self {
            invocations: outcomes.len(),
            timeouts: count(Outcome::Timeout),
            errors: count(Outcome::Error),
            if_all: quantiles
                .iter()
                .map(|&p| (p, summary(&with[0], p), summary(&with[1], p)))
                .collect(),
            verdict_holds: verdict_holds(baseline, candidate, failures),
        })
    }
}

/// Whether p95 says the same as today in each of the extreme cases.
fn verdict_holds(baseline: &Side, candidate: &Side, failures: Failures) -> bool {
    let verdict = |[more_baseline, more_candidate]: [&Columns; 2]| {
        let baseline = with_others(baseline, more_baseline, failures)?;
        let candidate = with_others(candidate, more_candidate, failures)?;
        let found = compare(&baseline, &candidate, Probability::P95, Confidence::C95);
        Some(Direction::of(found.ratio_interval))
    };
    let none = Columns::default();
    let today = verdict([&none, &none]);
    let (of_baseline, of_candidate) = (&baseline.without_model, &candidate.without_model);
    // The slow ones are those above either side's p95, and timeouts.
    let p95 = |side: &Side| {
        let sample = side.all.sample(Metric::Total);
        sample.map_or(0.0, |sample| sample.quantile(Probability::P95).value)
    };
    let limit = p95(baseline).min(p95(candidate));
    let is_slow = |rows: &Columns, row: usize| {
        let total = rows.duration_us[row].saturating_add(rows.init_us.get(row).unwrap_or(0));
        total as f64 > limit || rows.outcome[row] == Outcome::Timeout as u32
    };
    let slow = |rows: &Columns| rows.only(|row| is_slow(rows, row));
    let quick = |rows: &Columns| rows.only(|row| !is_slow(rows, row));
    [
        [of_baseline, &none],
        [&none, of_candidate],
        [&slow(of_baseline), &quick(of_candidate)],
        [&quick(of_baseline), &slow(of_candidate)],
        [&slow(of_baseline), &none],
        [&none, &slow(of_candidate)],
    ]
    .into_iter()
    .all(|case| verdict(case) == today)
}

/// Total time of a side with these invocations beside its own.
fn with_others(side: &Side, others: &Columns, failures: Failures) -> Option<Sample> {
    let theirs = Latencies::of(others, failures);
    match (side.all.sample(Metric::Total), theirs.sample(Metric::Total)) {
        (Some(own), Some(theirs)) => joined(own, theirs),
        (own, theirs) => own.or(theirs).cloned(),
    }
}

/// Both samples in one.
pub(super) fn joined(a: &Sample, b: &Sample) -> Option<Sample> {
    let (mut exact, mut limits) = (Vec::new(), Vec::new());
    for sample in [a, b] {
        let (theirs, bounds) = sample.complete_and_limits();
        exact.extend_from_slice(theirs);
        limits.extend_from_slice(bounds);
    }
    Sample::with_censored(exact, limits)
}
