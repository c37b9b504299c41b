//! How a typical request fares, whatever quantile is looked at.

use super::side::Side;
use crate::stats::{Confidence, HodgesLehmann, Interval, MannWhitney, Placements, Superiority};
use crate::summary::Metric;

/// The candidate's total time against the baseline's over all pairs of requests. Requests are taken for independent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effects {
    /// How likely a request of the candidate is faster than one of the baseline, ties counted half.
    pub candidate_faster: f64,
    /// Its 95 % interval (Brunner and Munzel).
    pub candidate_faster_interval: Interval,
    /// The median of the ratios of all pairs, candidate over baseline (Hodges and Lehmann), with its 95 % interval;
    /// absent where a time is 0 or the median falls among requests that were stopped.
    pub typical_ratio: Option<(f64, Interval)>,
    /// The two-sided p-value of Mann and Whitney, for readers of benchstat: it does not tell which quantile differs.
    pub mann_whitney_p: f64,
}

impl Effects {
    /// The effects, if both sides have latencies.
    pub(super) fn of(baseline: &Side, candidate: &Side) -> Option<Self> {
        let (base, cand) = (
            baseline.all.sample(Metric::Total)?,
            candidate.all.sample(Metric::Total)?,
        );
        let placements = Placements::of(base, cand);
        let superiority = Superiority::of_placements(&placements);
        let slower = superiority.interval(Confidence::C95);
        Some(Self {
            candidate_faster: 1.0 - superiority.candidate_slower,
            candidate_faster_interval: Interval {
                low: slower.high.map(|high| 1.0 - high),
                high: slower.low.map(|low| 1.0 - low),
            },
            typical_ratio: HodgesLehmann::ratio(base, cand, Confidence::C95)
                .map(|found| (found.estimate, found.interval)),
            mann_whitney_p: MannWhitney::of_placements(&placements).p,
        })
    }
}
