//! The comparison itself.

use super::control::Control;
use super::doubts::doubts;
use super::side::Side;
use super::unattributed::Unattributed;
use crate::dataset::Dataset;
use crate::invocation::{Ledger, StartType};
use crate::stats::{Confidence, Interval, Probability, QuantileComparison, Sample, compare};
use crate::summary::{Failures, Metric, QuantileSummary, Warning};

/// The quantiles that are compared.
const COMPARED: [Probability; 3] = [Probability::P50, Probability::P95, Probability::P99];

/// Two sides, compared. Ratios are candidate over baseline: below 1 the candidate is faster.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// What there is today.
    pub baseline: Side,
    /// What might replace it.
    pub candidate: Side,
    /// Total time over all start types: the headline.
    pub total: Vec<ComparedQuantile>,
    /// Duration over all start types.
    pub duration: Vec<ComparedQuantile>,
    /// Total time of warm invocations.
    pub warm: Vec<ComparedQuantile>,
    /// Invocations whose model is not known, where models are compared.
    pub unattributed: Option<Unattributed>,
    /// Whether the sides differ in nothing else.
    pub control: Control,
    /// What was done with failed invocations.
    pub failures: Failures,
    /// What a reader must know.
    pub warnings: Vec<Warning>,
}

/// What an interval of a ratio says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The candidate's quantile is smaller.
    Faster,
    /// It is larger.
    Slower,
    /// It may be either.
    Unclear,
}

impl Direction {
    /// Which side of one the interval lies on.
    pub fn of(ratio: Interval) -> Self {
        if ratio.high.is_some_and(|high| high < 1.0) {
            Self::Faster
        } else if ratio.low.is_some_and(|low| low > 1.0) {
            Self::Slower
        } else {
            Self::Unclear
        }
    }
}

/// One quantile on both sides.
#[derive(Debug, Clone)]
pub struct ComparedQuantile {
    /// Which quantile.
    pub p: Probability,
    /// On the baseline side, if it has the metric.
    pub baseline: Option<QuantileSummary>,
    /// On the candidate side, if it has the metric.
    pub candidate: Option<QuantileSummary>,
    /// Ratio and difference, if both sides have the metric.
    pub comparison: Option<QuantileComparison>,
}

impl Comparison {
    /// The compared p95 of total time, which the headline is about.
    pub fn headline(&self) -> Option<&ComparedQuantile> {
        self.total.iter().find(|quantile| quantile.p == Probability::P95)
    }
}

/// Compares two sides.
pub fn compare_sides(
    baseline: Side,
    candidate: Side,
    failures: Failures,
    dataset: &Dataset,
    ledger: &Ledger,
) -> Comparison {
    let total = compared(
        baseline.all.sample(Metric::Total),
        candidate.all.sample(Metric::Total),
    );
    let duration = compared(
        baseline.all.sample(Metric::Duration),
        candidate.all.sample(Metric::Duration),
    );
    let warm_of = |side: &Side| {
        let row = side.start(StartType::Warm);
        row.and_then(|row| row.latencies.sample(Metric::Total)).cloned()
    };
    let warm = compared(warm_of(&baseline).as_ref(), warm_of(&candidate).as_ref());
    let unattributed = Unattributed::of(&baseline, &candidate, &COMPARED, failures);
    let control = Control::of_sides(&baseline, &candidate, dataset);
    let warnings = doubts(&baseline, &candidate, &total, dataset, ledger);
    Comparison {
        baseline,
        candidate,
        total,
        duration,
        warm,
        unattributed,
        control,
        failures,
        warnings,
    }
}

fn compared(baseline: Option<&Sample>, candidate: Option<&Sample>) -> Vec<ComparedQuantile> {
    COMPARED
        .into_iter()
        .map(|p| ComparedQuantile {
            p,
            baseline: baseline.map(|sample| QuantileSummary::of(sample, p)),
            candidate: candidate.map(|sample| QuantileSummary::of(sample, p)),
            comparison: baseline
                .zip(candidate)
                .map(|(baseline, candidate)| compare(baseline, candidate, p, Confidence::C95)),
        })
        .collect()
}
