//! Invocations that belong to neither side because their model is not known.
//!
//! A killed handler writes no timing record, so the slowest invocations are the likeliest to be
//! without a model. They are shown beside both sides, with what they would change if all of them
//! belonged to one.

use crate::dataset::Columns;
use crate::invocation::Outcome;
use crate::stats::{Probability, Quantile, Sample};
use crate::summary::{Failures, Latencies, Metric};

/// Invocations without a model among those that the sides were selected from.
#[derive(Debug, Clone, PartialEq)]
pub struct Unattributed {
    /// How many.
    pub invocations: usize,
    /// How many of them timed out.
    pub timeouts: usize,
    /// How many of them failed.
    pub errors: usize,
    /// For each quantile of total time: its value on the baseline side, and on the candidate
    /// side, if all of them belonged to that side.
    pub if_all: Vec<(Probability, Option<Quantile>, Option<Quantile>)>,
}

impl Unattributed {
    /// Describes the invocations without a model. `None` if there are none.
    pub(super) fn of(
        rows: &Columns,
        baseline: Option<&Sample>,
        candidate: Option<&Sample>,
        quantiles: &[Probability],
        failures: Failures,
    ) -> Option<Self> {
        if rows.is_empty() {
            return None;
        }
        let latencies = Latencies::of(rows, failures);
        let theirs = latencies.sample(Metric::Total);
        let with = |side: Option<&Sample>, p| Some(joined(side?, theirs?)?.quantile(p));
        let count = |outcome: Outcome| {
            rows.outcome
                .iter()
                .filter(|&&code| code == outcome as u32)
                .count()
        };
        Some(Self {
            invocations: rows.len(),
            timeouts: count(Outcome::Timeout),
            errors: count(Outcome::Error),
            if_all: quantiles
                .iter()
                .map(|&p| (p, with(baseline, p), with(candidate, p)))
                .collect(),
        })
    }
}

/// Both samples in one.
fn joined(a: &Sample, b: &Sample) -> Option<Sample> {
    let split = |sample: &Sample| {
        let (exact, limits) = sample.values().split_at(sample.len() - sample.censored());
        (exact.to_vec(), limits.to_vec())
    };
    let (mut exact, mut limits) = split(a);
    let (more_exact, more_limits) = split(b);
    exact.extend(more_exact);
    limits.extend(more_limits);
    Sample::with_censored(exact, limits)
}
