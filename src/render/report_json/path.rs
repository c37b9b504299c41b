//! The whole path.

use std::collections::BTreeMap;

use serde::Serialize;

use super::parts::{Both, QuantileJson, RatioJson, quantile_ms, ratio_json};
use super::tail::{DoubtJson, doubt};
use crate::comparison::{ComparedPoint, Path, PathSide, PathTail, StageMeans};
use crate::render::json_shared::{ended_json, ms};
use crate::stats::Probability;
use crate::summary::Stage;

/// What callers and API Gateway saw.
#[derive(Serialize)]
pub(super) struct PathJson {
    begins_at: &'static str,
    has_gateway: bool,
    invalid_runs: usize,
    cut_runs: usize,
    points: Vec<PointJson>,
    unassigned: usize,
    sides: Both<Option<PathSideJson>>,
    of_no_side: BTreeMap<&'static str, usize>,
}

/// What one of those on the way saw.
#[derive(Serialize)]
struct PointJson {
    point: &'static str,
    requests: Both<usize>,
    quantiles: Vec<ComparedJson>,
}

#[derive(Serialize)]
struct ComparedJson {
    p: f64,
    baseline: Option<QuantileJson>,
    candidate: Option<QuantileJson>,
    comparison: Option<RatioJson>,
}

#[derive(Serialize)]
struct PathSideJson {
    requests: usize,
    failed: usize,
    without_client: usize,
    warm_up: usize,
    burst: usize,
    invocations_without: usize,
    with_gateway: usize,
    with_invocation: usize,
    ended: BTreeMap<&'static str, usize>,
    in_sample: usize,
    untrue: usize,
    stages: Vec<StageJson>,
    around: Vec<AroundJson>,
    tail: Option<PathTailJson>,
}

/// What a stage adds; nothing where no record tells it.
#[derive(Serialize)]
struct StageJson {
    stage: String,
    told: usize,
    mean_ms: Option<f64>,
    p50_told: usize,
    p50_ms: Option<f64>,
    p95_told: usize,
    p95_ms: Option<f64>,
    p99_told: usize,
    p99_ms: Option<f64>,
    excess_ms: Option<f64>,
}

/// Which requests were averaged.
#[derive(Serialize)]
struct AroundJson {
    p: f64,
    requests: usize,
    given_up: usize,
    is_of_slowest: bool,
}

#[derive(Serialize)]
struct PathTailJson {
    excess_ms: f64,
    is_lower_bound: bool,
    is_of_slowest: bool,
    largest_stage: Option<String>,
    largest_share: Option<f64>,
    doubt: Option<DoubtJson>,
}

/// The whole path of both sides.
pub(super) fn path_json(path: &Path) -> PathJson {
    PathJson {
        begins_at: if path.is_from_client { "client" } else { "gateway" },
        has_gateway: path.has_gateway,
        invalid_runs: path.invalid_runs,
        cut_runs: path.cut_runs,
        points: path.points.iter().map(point_json).collect(),
        unassigned: path.unassigned,
        sides: Both::of([0, 1].map(|side| (!path.sides[side].is_saved).then(|| side_json(path, side)))),
        of_no_side: ended_json(&path.of_no_side),
    }
}

fn point_json(point: &ComparedPoint) -> PointJson {
    let quantiles = point.quantiles.iter().map(|compared| ComparedJson {
        p: compared.p.as_f64(),
        baseline: compared.baseline.as_ref().map(quantile_ms),
        candidate: compared.candidate.as_ref().map(quantile_ms),
        comparison: compared.comparison.as_ref().map(ratio_json),
    });
    PointJson {
        point: point.point.name(),
        requests: Both::of(point.requests),
        quantiles: quantiles.collect(),
    }
}

fn side_json(path: &Path, side: usize) -> PathSideJson {
    let of: &PathSide = &path.sides[side];
    let means = of.stages.as_ref();
    let around = means.map_or(&[][..], |means| &means.around);
    PathSideJson {
        requests: of.requests,
        failed: of.failed,
        without_client: of.without_client,
        warm_up: of.warm_up,
        burst: of.burst,
        invocations_without: of.invocations_without,
        with_gateway: of.with_gateway,
        with_invocation: of.with_invocation,
        ended: ended_json(&of.ended),
        in_sample: means.map_or(0, |means| means.requests),
        untrue: means.map_or(0, |means| means.untrue),
        stages: means.map_or_else(Vec::new, |means| {
            Stage::all().map(|stage| stage_json(means, stage)).collect()
        }),
        around: around
            .iter()
            .map(|around| AroundJson {
                p: around.p.as_f64(),
                requests: around.requests,
                given_up: around.limits,
                is_of_slowest: path.is_of_slowest(side, around.p),
            })
            .collect(),
        tail: means.and_then(|means| means.tail.as_ref()).map(tail_json),
    }
}

fn stage_json(means: &StageMeans, stage: Stage) -> StageJson {
    let place = stage.place();
    let told = |p: Probability| means.around(p).map_or(0, |around| around.told[place]);
    let around = |p: Probability| {
        let around = means.around(p).filter(|around| around.told[place] > 0);
        around.map(|around| ms(around.mean_us[place]))
    };
    let is_compared = told(Probability::P50) > 0 && told(Probability::P99) > 0;
    let tail = means.tail.as_ref().filter(|_| is_compared);
    StageJson {
        stage: key(stage),
        told: means.told[place],
        mean_ms: (means.told[place] > 0).then(|| ms(means.mean_us[place])),
        p50_told: told(Probability::P50),
        p50_ms: around(Probability::P50),
        p95_told: told(Probability::P95),
        p95_ms: around(Probability::P95),
        p99_told: told(Probability::P99),
        p99_ms: around(Probability::P99),
        excess_ms: tail.map(|tail| ms(tail.stages_us[place])),
    }
}

fn tail_json(tail: &PathTail) -> PathTailJson {
    let largest = tail.largest().filter(|_| tail.doubt.is_none());
    PathTailJson {
        excess_ms: ms(tail.excess_us),
        is_lower_bound: tail.is_bound,
        is_of_slowest: tail.is_of_slowest,
        largest_stage: largest.map(|(stage, _)| key(stage)),
        largest_share: largest.map(|(_, share)| share),
        doubt: tail.doubt.map(doubt),
    }
}

/// The word for a stage.
fn key(stage: Stage) -> String {
    stage.name().to_lowercase().replace(' ', "_")
}
