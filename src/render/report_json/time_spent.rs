//! Where the time of one side goes.

use serde::Serialize;

use super::parts::{EstimateJson, MiddleAndTailJson, QuantileJson, estimate_json, quantile_ms};
use super::tail::{CompositionJson, TailJson, composition_json, tail_json};
use crate::comparison::{
    BedrockTime, EstimatedShare, InferenceShare, Quantiles, Retries, Side, Speedups, TimeSpent,
};
use crate::invocation::StartType;
use crate::stats::Interval;

/// Where the time of one side goes.
#[derive(Serialize)]
pub(super) struct TimeSpentJson {
    requests: usize,
    is_in_order: bool,
    of_total_time: Option<TimeSharesJson>,
    inference_shares: Vec<InferenceShareJson>,
    few_waited: Option<usize>,
    bedrock: Option<BedrockJson>,
    retries: Option<RetriesJson>,
    speedups: Option<SpeedupsJson>,
    composition: Vec<CompositionJson>,
    tail: Option<TailJson>,
    phases_over_duration: usize,
    bedrock_over_inference: usize,
    several_calls: usize,
    summed_calls: usize,
}

#[derive(Serialize)]
struct TimeSharesJson {
    inference: f64,
    init: f64,
    init_is_lower_bound: bool,
    other: f64,
    unknown: f64,
    speedup_at_most: Option<f64>,
}

#[derive(Serialize)]
struct InferenceShareJson {
    start: Option<&'static str>,
    requests: usize,
    of_duration: Option<EstimateJson>,
    of_total: Option<EstimateJson>,
    without_init: usize,
}

#[derive(Serialize)]
struct BedrockJson {
    requests: usize,
    own_ms: MiddleAndTailJson,
    around_ms: MiddleAndTailJson,
    share_of_inference: EstimateJson,
}

#[derive(Serialize)]
struct RetriesJson {
    matched: usize,
    retried: usize,
    share: EstimateJson,
    share_of_duration: Option<EstimateJson>,
    time_ms: MiddleAndTailJson,
}

#[derive(Serialize)]
struct SpeedupsJson {
    without_overhead: Option<EstimateJson>,
    without_inference: Option<EstimateJson>,
    twice_as_fast_inference: Option<EstimateJson>,
    without_overhead_at: Vec<SpeedupAtJson>,
}

#[derive(Serialize)]
struct SpeedupAtJson {
    factor: Option<f64>,
    inference_ms: QuantileJson,
}

/// Where the time of one side goes.
pub(super) fn time_spent_json(side: &Side, spent: &TimeSpent) -> TimeSpentJson {
    TimeSpentJson {
        requests: spent.requests,
        is_in_order: spent.is_in_order,
        of_total_time: side.time.map(|time| TimeSharesJson {
            inference: time.inference,
            init: time.init,
            init_is_lower_bound: time.init_is_bound,
            other: time.other,
            unknown: time.unknown,
            speedup_at_most: time.most_speedup(),
        }),
        inference_shares: spent.shares.iter().map(inference_share).collect(),
        few_waited: spent.few_waited(),
        bedrock: spent.bedrock.as_ref().map(bedrock),
        retries: spent.retries.as_ref().map(retries),
        speedups: spent.speedups.as_ref().map(speedups),
        composition: spent.composition.iter().map(composition_json).collect(),
        tail: spent.tail.as_ref().map(tail_json),
        phases_over_duration: spent.phases_over_duration,
        bedrock_over_inference: spent.bedrock_over_inference,
        several_calls: spent.several_calls,
        summed_calls: spent.summed_calls,
    }
}

fn share(found: &EstimatedShare) -> EstimateJson {
    estimate_json((found.ratio, found.interval.unwrap_or(Interval::UNBOUNDED)))
}

/// Of too few requests that waited for a start no share is told.
fn inference_share(found: &InferenceShare) -> InferenceShareJson {
    let is_told = !found.is_untold();
    InferenceShareJson {
        start: found.start.map(StartType::name),
        requests: found.of_duration.requests,
        of_duration: is_told.then(|| share(&found.of_duration)),
        of_total: is_told.then(|| share(&found.of_total)),
        without_init: found.without_init,
    }
}

fn middle_and_tail(quantiles: &Quantiles) -> MiddleAndTailJson {
    MiddleAndTailJson {
        p50: Some(quantile_ms(&quantiles.p50)),
        p95: Some(quantile_ms(&quantiles.p95)),
    }
}

fn bedrock(found: &BedrockTime) -> BedrockJson {
    BedrockJson {
        requests: found.share.requests,
        own_ms: middle_and_tail(&found.own),
        around_ms: middle_and_tail(&found.around),
        share_of_inference: share(&found.share),
    }
}

fn retries(found: &Retries) -> RetriesJson {
    RetriesJson {
        matched: found.matched,
        retried: found.retried,
        share: estimate_json(found.share),
        share_of_duration: found.of_duration.as_ref().map(share),
        time_ms: middle_and_tail(&found.time),
    }
}

fn speedups(found: &Speedups) -> SpeedupsJson {
    let at = found.of_quantiles.iter();
    SpeedupsJson {
        without_overhead: found.without_overhead.map(estimate_json),
        without_inference: found.without_inference.map(estimate_json),
        twice_as_fast_inference: found.twice_as_fast.map(estimate_json),
        without_overhead_at: at
            .map(|(inference, factor)| SpeedupAtJson {
                factor: *factor,
                inference_ms: quantile_ms(inference),
            })
            .collect(),
    }
}
