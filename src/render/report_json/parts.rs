//! Shapes that several parts of a report have in common.

use serde::Serialize;

use crate::render::json_shared::{ends, ends_ms, ms};
use crate::stats::{Interval, QuantileComparison};
use crate::summary::QuantileSummary;

/// The same of both sides.
#[derive(Serialize)]
pub(super) struct Both<T> {
    pub(super) baseline: T,
    pub(super) candidate: T,
}

impl<T> Both<T> {
    /// Of both sides, baseline first.
    pub(super) fn of([baseline, candidate]: [T; 2]) -> Self {
        Self { baseline, candidate }
    }
}

/// An estimate with its 95 % interval, in the unit that its field is named for.
#[derive(Serialize)]
pub(super) struct EstimateJson {
    estimate: f64,
    ci95: [Option<f64>; 2],
}

/// An estimate and its interval.
pub(super) fn estimate_json((estimate, interval): (f64, Interval)) -> EstimateJson {
    EstimateJson {
        estimate,
        ci95: ends(interval),
    }
}

/// A quantile, in the unit that its field is named for.
#[derive(Serialize)]
pub(super) struct QuantileJson {
    p: f64,
    estimate: f64,
    is_lower_bound: bool,
    ci95: [Option<f64>; 2],
    grade: &'static str,
    n_needed: u64,
}

/// A quantile in the unit that it has.
pub(super) fn quantile_json(summary: &QuantileSummary) -> QuantileJson {
    QuantileJson {
        p: summary.p.as_f64(),
        estimate: summary.estimate.value,
        is_lower_bound: summary.estimate.censored,
        ci95: ends(summary.interval),
        grade: summary.grade.as_str(),
        n_needed: summary.n_needed,
    }
}

/// A quantile of microseconds, in milliseconds.
pub(super) fn quantile_ms(summary: &QuantileSummary) -> QuantileJson {
    QuantileJson {
        estimate: ms(summary.estimate.value),
        ci95: ends_ms(summary.interval),
        ..quantile_json(summary)
    }
}

/// p50 and p95, in milliseconds.
#[derive(Serialize)]
pub(super) struct MiddleAndTailJson {
    pub(super) p50: Option<QuantileJson>,
    pub(super) p95: Option<QuantileJson>,
}

/// Ratio and difference of a quantile.
#[derive(Serialize)]
pub(super) struct RatioJson {
    ratio: Option<f64>,
    ratio_ci95: [Option<f64>; 2],
    difference_ms: Option<f64>,
    difference_ci95_ms: [Option<f64>; 2],
    confidence_candidate_smaller: f64,
}

/// Ratio and difference of a quantile of microseconds.
pub(super) fn ratio_json(found: &QuantileComparison) -> RatioJson {
    RatioJson {
        ratio: found.ratio,
        ratio_ci95: ends(found.ratio_interval),
        difference_ms: found.difference.map(ms),
        difference_ci95_ms: ends_ms(found.difference_interval),
        confidence_candidate_smaller: found.confidence_candidate_smaller,
    }
}
