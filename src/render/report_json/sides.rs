//! Both sides: what they are called, what they are of, and their times.

use serde::Serialize;

use super::parts::{Both, MiddleAndTailJson, QuantileJson, quantile_ms};
use crate::comparison::{Side, StartRow};
use crate::dataset::{Dataset, Key};
use crate::invocation::StartType;
use crate::render::json_shared::{MetricJson, ShareJson, ends, metric_json, share_json, time_text};
use crate::stats::Probability;
use crate::summary::{Metric, MetricSummary, value_counts};

/// One side.
#[derive(Serialize)]
pub(super) struct SideJson {
    name: String,
    model_ids: Vec<String>,
    window: AskedWindowJson,
    first: Option<String>,
    last: Option<String>,
    invocations: usize,
    errors: usize,
    timeouts: usize,
    without_model: usize,
    excerpt_invocations: Option<usize>,
    function: Vec<ValueJson<String>>,
    version: Vec<ValueJson<String>>,
    memory_mb: Vec<ValueJson<u32>>,
    region: Vec<ValueJson<String>>,
    duration_ms: Option<MetricJson>,
    init_ms: Option<MetricJson>,
    inference_ms: Option<MetricJson>,
    overhead_ms: Option<MetricJson>,
    total_ms: Option<MetricJson>,
    billed_ms: Option<MetricJson>,
    inference_share: Option<ShareJson>,
}

#[derive(Serialize)]
struct AskedWindowJson {
    since: Option<String>,
    until: Option<String>,
}

/// A value of a property, and how many invocations have it.
#[derive(Serialize)]
struct ValueJson<T> {
    value: Option<T>,
    invocations: usize,
}

/// One side of a report.
pub(super) fn side_json(dataset: &Dataset, side: &Side) -> SideJson {
    let group = &side.group;
    let metric = |metric: Metric| side.metric(metric).map(metric_json);
    let names = |key: Key| values(side, key, |value| dataset.label(key, value));
    SideJson {
        name: side.name.clone(),
        model_ids: side.model_ids.clone(),
        window: AskedWindowJson {
            since: time_text(side.window.since),
            until: time_text(side.window.until),
        },
        first: time_text(side.span.map(|span| span.first)),
        last: time_text(side.span.map(|span| span.last)),
        invocations: group.invocations,
        errors: group.errors,
        timeouts: group.timeouts,
        without_model: side.without_model.len(),
        excerpt_invocations: side.counted.as_ref().map(|_| side.rows.len()),
        function: names(Key::Function),
        version: names(Key::Version),
        memory_mb: values(side, Key::Memory, |value| value),
        region: names(Key::Region),
        duration_ms: metric(Metric::Duration),
        init_ms: metric(Metric::Init),
        inference_ms: metric(Metric::Inference),
        overhead_ms: metric(Metric::Overhead),
        total_ms: metric(Metric::Total),
        billed_ms: metric(Metric::Billed),
        inference_share: group.inference_share.as_ref().map(share_json),
    }
}

/// The values of a property on one side, most frequent first.
fn values<T>(side: &Side, key: Key, shown: impl Fn(u32) -> T) -> Vec<ValueJson<T>> {
    let counts = side.column(key).map_or_else(Vec::new, value_counts).into_iter();
    let value = |(value, invocations): (Option<u32>, usize)| ValueJson {
        value: value.map(&shown),
        invocations,
    };
    counts.map(value).collect()
}

/// The invocations of one start type.
#[derive(Serialize)]
pub(super) struct StartJson {
    start: &'static str,
    #[serde(flatten)]
    sides: Both<Option<OfStartJson>>,
}

#[derive(Serialize)]
struct OfStartJson {
    invocations: usize,
    share: f64,
    share_ci95: [Option<f64>; 2],
    total_ms: MiddleAndTailJson,
    init_ms: MiddleJson,
}

#[derive(Serialize)]
struct MiddleJson {
    p50: Option<QuantileJson>,
}

/// Every start type that occurs.
pub(super) fn starts_json(sides: [&Side; 2]) -> Vec<StartJson> {
    let occurs = |start: &StartType| sides.iter().any(|side| side.start(*start).is_some());
    let of = |start: StartType| StartJson {
        start: start.name(),
        sides: Both::of(sides.map(|side| side.start(start).map(of_start))),
    };
    StartType::ALL.into_iter().filter(occurs).map(of).collect()
}

fn of_start(row: &StartRow) -> OfStartJson {
    let summary = |metric: Metric| row.latencies.sample(metric).map(MetricSummary::of);
    let at = |summary: &Option<MetricSummary>, p: Probability| {
        let quantile = summary.as_ref().and_then(|summary| summary.quantile(p));
        quantile.map(quantile_ms)
    };
    let (total, init) = (summary(Metric::Total), summary(Metric::Init));
    OfStartJson {
        invocations: row.invocations,
        share: row.share,
        share_ci95: ends(row.share_interval),
        total_ms: MiddleAndTailJson {
            p50: at(&total, Probability::P50),
            p95: at(&total, Probability::P95),
        },
        init_ms: MiddleJson {
            p50: at(&init, Probability::P50),
        },
    }
}
