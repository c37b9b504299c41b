//! Rates, limits of time, and calls at once.

use serde::Serialize;

use super::parts::{Both, QuantileJson, quantile_ms};
use crate::comparison::{
    ComparedRate, FanOut, GATEWAY_LIMITS_S, LimitedSide, Margin, OwnTimeout, RateOfSide, SeveralLimits, Side,
    SideLimits, Slowest,
};
use crate::render::json_shared::{ends, ends_ms, ms};
use crate::summary::Metric;

/// How often something happened.
#[derive(Serialize)]
pub(super) struct RateJson {
    rate: &'static str,
    #[serde(flatten)]
    sides: Both<Option<RateOfSideJson>>,
    difference: Option<f64>,
    difference_ci95: [Option<f64>; 2],
}

#[derive(Serialize)]
struct RateOfSideJson {
    count: u64,
    total: u64,
    share: f64,
    share_ci95: [Option<f64>; 2],
}

/// How often something happened.
pub(super) fn rate_json(rate: &ComparedRate) -> RateJson {
    let of_side = |side: &RateOfSide| RateOfSideJson {
        count: side.count,
        total: side.total,
        share: side.share(),
        share_ci95: ends(side.interval()),
    };
    RateJson {
        rate: rate.rate.name(),
        sides: Both::of(rate.sides.each_ref().map(|side| side.as_ref().map(of_side))),
        difference: rate.difference.map(|found| found.difference),
        difference_ci95: rate.difference.map_or([None, None], |found| ends(found.interval)),
    }
}

/// How near one side comes to limits of time.
#[derive(Serialize)]
pub(super) struct LimitsJson {
    longest_total_ms: Option<f64>,
    longest_is_lower_bound: bool,
    gateway: Vec<GatewayJson>,
    own: Option<OwnJson>,
}

#[derive(Serialize)]
struct GatewayJson {
    limit_s: u64,
    #[serde(flatten)]
    reached: ReachedJson,
}

#[derive(Serialize)]
struct OwnJson {
    timeouts_s: Vec<u64>,
    #[serde(flatten)]
    reached: ReachedJson,
    longest_completed_share: Option<f64>,
}

#[derive(Serialize)]
struct ReachedJson {
    over: u64,
    possible: u64,
    requests: u64,
    share_upper_bound: f64,
}

/// How near one side comes to limits of time.
pub(super) fn limits_json(side: &Side, limits: &SideLimits) -> LimitsJson {
    let gateway = GATEWAY_LIMITS_S.into_iter().zip(&limits.gateway);
    LimitsJson {
        longest_total_ms: side.metric(Metric::Total).map(|total| ms(total.max)),
        longest_is_lower_bound: side.group.timeouts > 0,
        gateway: gateway
            .map(|(limit_s, margin)| GatewayJson {
                limit_s,
                reached: reached(margin),
            })
            .collect(),
        own: limits.own.as_ref().map(own),
    }
}

fn own(own: &OwnTimeout) -> OwnJson {
    OwnJson {
        timeouts_s: own.seconds.clone(),
        reached: reached(&own.margin),
        longest_completed_share: own.longest,
    }
}

fn reached(margin: &Margin) -> ReachedJson {
    ReachedJson {
        over: margin.over,
        possible: margin.possible,
        requests: margin.requests,
        share_upper_bound: margin.upper_bound,
    }
}

/// Requests that were stopped at different times.
#[derive(Serialize)]
pub(super) struct SeveralLimitsJson {
    undecided: Vec<f64>,
    #[serde(flatten)]
    sides: Both<Option<LimitedJson>>,
}

#[derive(Serialize)]
struct LimitedJson {
    smallest_limit_ms: f64,
    stopped: usize,
    quantiles: Vec<LimitedQuantileJson>,
}

#[derive(Serialize)]
struct LimitedQuantileJson {
    p: f64,
    estimate_ms: Option<f64>,
    ci95_ms: [Option<f64>; 2],
}

/// Requests that were stopped at different times.
pub(super) fn several_limits_json(several: &SeveralLimits) -> SeveralLimitsJson {
    SeveralLimitsJson {
        undecided: several.undecided.iter().map(|p| p.as_f64()).collect(),
        sides: Both::of(several.sides.each_ref().map(|side| side.as_ref().map(limited))),
    }
}

fn limited(side: &LimitedSide) -> LimitedJson {
    let quantiles = side.quantiles.iter();
    LimitedJson {
        smallest_limit_ms: ms(side.smallest),
        stopped: side.stopped,
        quantiles: quantiles
            .map(|(p, estimate, interval)| LimitedQuantileJson {
                p: p.as_f64(),
                estimate_ms: estimate.map(ms),
                ci95_ms: ends_ms(*interval),
            })
            .collect(),
    }
}

/// Several calls at once.
#[derive(Serialize)]
pub(super) struct FanOutJson {
    calls: u32,
    any_over_p95: f64,
    any_over_p99: f64,
    #[serde(flatten)]
    sides: Both<Option<SlowestJson>>,
}

#[derive(Serialize)]
struct SlowestJson {
    median_ms: QuantileJson,
    p95_ms: QuantileJson,
}

/// Several calls at once.
pub(super) fn fan_out_json(row: &FanOut) -> FanOutJson {
    let slowest = |slowest: &Slowest| SlowestJson {
        median_ms: quantile_ms(&slowest.median),
        p95_ms: quantile_ms(&slowest.p95),
    };
    FanOutJson {
        calls: row.calls,
        any_over_p95: row.any_over_p95,
        any_over_p99: row.any_over_p99,
        sides: Both::of(row.sides.each_ref().map(|side| side.as_ref().map(slowest))),
    }
}
