//! Compared quantiles.

use serde::Serialize;

use super::parts::{RatioJson, ratio_json};
use crate::comparison::{ComparedQuantile, Comparison, Side};
use crate::invocation::StartType;
use crate::render::json_shared::{ends_ms, ms};
use crate::render::report::sides;
use crate::stats::{Dependence, Probability, Sample};
use crate::summary::{Metric, QuantileSummary};

/// The quantiles that are compared, of every time.
#[derive(Serialize)]
pub(super) struct QuantilesJson {
    total: Vec<ComparedJson>,
    duration: Vec<ComparedJson>,
    inference: Vec<ComparedJson>,
    total_warm: Vec<ComparedJson>,
}

/// One quantile on both sides.
#[derive(Serialize)]
struct ComparedJson {
    p: f64,
    primary: bool,
    baseline: Option<OfSideJson>,
    candidate: Option<OfSideJson>,
    comparison: Option<RatioJson>,
    verdict: Option<&'static str>,
    holm_p: Option<f64>,
    requests_needed: Option<u64>,
}

/// One quantile of one side.
#[derive(Serialize)]
struct OfSideJson {
    estimate_ms: f64,
    is_lower_bound: bool,
    ci95_ms: [Option<f64>; 2],
    grade: &'static str,
    n_needed: u64,
    n: usize,
    n_eff: f64,
    design_effect: Option<f64>,
    dependence: Option<&'static str>,
    slow_requests: Option<usize>,
    episodes: Option<usize>,
}

/// Every compared quantile.
pub(super) fn quantiles_json(comparison: &Comparison) -> QuantilesJson {
    let of = |compared: &[ComparedQuantile], metric: Metric, start: Option<StartType>| {
        let samples = sides(comparison).map(|side: &Side| side.sample(metric, start));
        let is_headline = metric == Metric::Total && start.is_none();
        compared
            .iter()
            .map(|row| compared_json(row, samples, is_headline && row.p == Probability::P95))
            .collect()
    };
    QuantilesJson {
        total: of(&comparison.total, Metric::Total, None),
        duration: of(&comparison.duration, Metric::Duration, None),
        inference: of(&comparison.inference, Metric::Inference, None),
        total_warm: of(&comparison.warm, Metric::Total, Some(StartType::Warm)),
    }
}

fn compared_json(row: &ComparedQuantile, samples: [Option<&Sample>; 2], primary: bool) -> ComparedJson {
    let of_side = |summary: &Option<QuantileSummary>, side: usize| {
        Some(of_side_json(
            summary.as_ref()?,
            samples[side]?,
            row.dependence[side],
        ))
    };
    ComparedJson {
        p: row.p.as_f64(),
        primary,
        baseline: of_side(&row.baseline, 0),
        candidate: of_side(&row.candidate, 1),
        comparison: row.comparison.as_ref().map(ratio_json),
        verdict: row.verdict.map(|verdict| verdict.as_str()),
        holm_p: row.holm_p,
        requests_needed: row.requests_needed,
    }
}

fn of_side_json(summary: &QuantileSummary, sample: &Sample, found: Option<Dependence>) -> OfSideJson {
    OfSideJson {
        estimate_ms: ms(summary.estimate.value),
        is_lower_bound: summary.estimate.censored,
        ci95_ms: ends_ms(summary.interval),
        grade: summary.grade.as_str(),
        n_needed: summary.n_needed,
        n: sample.len(),
        n_eff: found.map_or_else(|| sample.effective_size(), |found| found.effective_size()),
        design_effect: found.map(|found| found.design_effect()),
        dependence: found.map(|found| found.check().as_str()),
        slow_requests: found.map(|found| found.exceedances),
        episodes: found.map(|found| found.clusters),
    }
}
