//! `latscope.summary/v1`: the machine form of a summary. `docs/summary.schema.json` describes it.

use serde::Serialize;

use super::json_what_if::{WhatIfJson, what_if_json};
use super::summary::SummaryView;
use crate::dataset::Key;
use crate::invocation::{Ledger, StartType};
use crate::summary::{Failures, GroupSummary, Metric, MetricSummary, ModelCallSummary, QuantileSummary};
use crate::vocab::{Timestamp, acts};

/// The value of the `schema` field.
const SCHEMA: &str = "latscope.summary/v1";

#[derive(Serialize)]
struct SummaryJson {
    schema: &'static str,
    window: WindowJson,
    #[serde(rename = "where")]
    conditions: Vec<String>,
    outcome: &'static str,
    ledger: LedgerJson,
    by: Vec<&'static str>,
    groups: Vec<GroupJson>,
    model_calls: Vec<ModelCallsJson>,
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct WindowJson {
    since: Option<String>,
    until: Option<String>,
    first_event: Option<String>,
    last_event: Option<String>,
}

#[derive(Serialize)]
struct LedgerJson {
    events: u64,
    report_records: u64,
    timing_records: u64,
    bedrock_records: u64,
    gateway_records: u64,
    client_records: u64,
    lifecycle: u64,
    duplicates: u64,
    rejected: u64,
    ignored: u64,
    invocations: u64,
    matched: u64,
    report_without_timing: u64,
    timing_without_report: u64,
    bedrock_joined: u64,
}

#[derive(Serialize)]
struct ModelCallsJson {
    model: Option<String>,
    model_id: Option<String>,
    calls: usize,
    errors: usize,
    joined: usize,
    bedrock_latency_ms: Option<MetricJson>,
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
}

#[derive(Serialize)]
struct GroupJson {
    model: Option<String>,
    model_id: Option<String>,
    start: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory: Option<Option<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Option<String>>,
    invocations: usize,
    errors: usize,
    timeouts: usize,
    inferred_models: usize,
    duration_ms: Option<MetricJson>,
    init_ms: Option<MetricJson>,
    inference_ms: Option<MetricJson>,
    overhead_ms: Option<MetricJson>,
    total_ms: Option<MetricJson>,
    billed_ms: Option<MetricJson>,
    inference_share: Option<ShareJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    what_if: Vec<WhatIfJson>,
}

#[derive(Serialize)]
struct MetricJson {
    count: usize,
    min: f64,
    p50: f64,
    p90: f64,
    p95: f64,
    p99: f64,
    max: f64,
    mean: f64,
    n_eff: f64,
    ci95: PerQuantile<[Option<f64>; 2]>,
    grade: PerQuantile<&'static str>,
    n_needed: PerQuantile<u64>,
    censored: Vec<String>,
}

#[derive(Serialize)]
struct PerQuantile<T> {
    p50: T,
    p90: T,
    p95: T,
    p99: T,
}

#[derive(Serialize)]
struct ShareJson {
    ratio_of_sums: f64,
    median: Option<f64>,
}

/// The summary as JSON, pretty-printed, with a line break at its end.
///
/// # Errors
/// If it cannot be written as JSON, which is a defect of latscope.
pub fn summary_json(view: &SummaryView<'_>) -> serde_json::Result<String> {
    let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let json = SummaryJson {
        schema: SCHEMA,
        window: WindowJson {
            since: text(view.window.since),
            until: text(view.window.until),
            first_event: text(view.span.map(|span| span.first)),
            last_event: text(view.span.map(|span| span.last)),
        },
        conditions: view.conditions.iter().map(ToString::to_string).collect(),
        outcome: match view.failures {
            Failures::Apart => "answered",
            Failures::Included => "all",
        },
        ledger: ledger(view.ledger),
        by: view.keys.iter().map(|key| key.name()).collect(),
        groups: view
            .groups
            .iter()
            .enumerate()
            .map(|(position, summary)| group(view, position, summary))
            .collect(),
        model_calls: view
            .model_calls
            .iter()
            .map(|calls| model_calls(view, calls))
            .collect(),
        warnings: view.warnings.iter().map(ToString::to_string).collect(),
    };
    Ok(escape_acting(&serde_json::to_string_pretty(&json)?) + "\n")
}

fn ledger(ledger: &Ledger) -> LedgerJson {
    LedgerJson {
        events: ledger.events(),
        report_records: ledger.report_records,
        timing_records: ledger.timing_records,
        bedrock_records: ledger.bedrock_records,
        gateway_records: ledger.gateway_records,
        client_records: ledger.client_records,
        lifecycle: ledger.lifecycle,
        duplicates: ledger.duplicates,
        rejected: ledger.rejected,
        ignored: ledger.ignored,
        invocations: ledger.invocations(),
        matched: ledger.matched,
        report_without_timing: ledger.report_without_timing,
        timing_without_report: ledger.timing_without_report,
        bedrock_joined: ledger.bedrock_joined,
    }
}

fn model_calls(view: &SummaryView<'_>, calls: &ModelCallSummary) -> ModelCallsJson {
    let names = view.dataset.names();
    let model = calls.model.map(|model| &names.models[model as usize]);
    ModelCallsJson {
        model: model.map(|model| model.id.short_name()),
        model_id: model.map(|model| model.id.to_string()),
        calls: calls.calls,
        errors: calls.errors,
        joined: calls.joined,
        bedrock_latency_ms: calls.latency.as_ref().map(metric_json),
        input_tokens: calls.input_tokens,
        output_tokens: calls.output_tokens,
    }
}

fn group(view: &SummaryView<'_>, position: usize, group: &GroupSummary) -> GroupJson {
    let names = view.dataset.names();
    let model = group
        .value(Key::Model)
        .flatten()
        .map(|model| &names.models[model as usize]);
    let start = group
        .value(Key::Start)
        .flatten()
        .map(|start| StartType::ALL[start as usize]);
    let shown = |key: Key| {
        group
            .value(key)
            .map(|value| value.map(|value| view.dataset.label(key, value)))
    };
    let metric = |metric: Metric| group.metric(metric).map(metric_json);
    GroupJson {
        model: model.map(|model| model.id.short_name()),
        model_id: model.map(|model| model.id.to_string()),
        start: start.map(StartType::name),
        function: shown(Key::Function),
        version: shown(Key::Version),
        memory: group.value(Key::Memory),
        region: shown(Key::Region),
        stream: shown(Key::Stream),
        status: shown(Key::Status),
        invocations: group.invocations,
        errors: group.errors,
        timeouts: group.timeouts,
        inferred_models: group.inferred_models,
        duration_ms: metric(Metric::Duration),
        init_ms: metric(Metric::Init),
        inference_ms: metric(Metric::Inference),
        overhead_ms: metric(Metric::Overhead),
        total_ms: metric(Metric::Total),
        billed_ms: metric(Metric::Billed),
        inference_share: group.inference_share.as_ref().map(|share| ShareJson {
            ratio_of_sums: share.ratio_of_sums,
            median: share.median,
        }),
        what_if: what_if_json(view.what_if, position),
    }
}

fn metric_json(summary: &MetricSummary) -> MetricJson {
    let ms = |micros: f64| micros / 1000.0;
    let [p50, p90, p95, p99] = &summary.quantiles;
    let value = |quantile: &QuantileSummary| ms(quantile.estimate.value);
    let interval =
        |quantile: &QuantileSummary| [quantile.interval.low.map(ms), quantile.interval.high.map(ms)];
    MetricJson {
        count: summary.count,
        min: ms(summary.min),
        p50: value(p50),
        p90: value(p90),
        p95: value(p95),
        p99: value(p99),
        max: ms(summary.max),
        mean: ms(summary.mean),
        n_eff: summary.n_eff,
        ci95: each(summary, interval),
        grade: each(summary, |quantile| quantile.grade.as_str()),
        n_needed: each(summary, |quantile| quantile.n_needed),
        censored: summary
            .quantiles
            .iter()
            .filter(|quantile| quantile.estimate.censored)
            .map(|quantile| quantile.p.label())
            .collect(),
    }
}

fn each<T>(summary: &MetricSummary, what: impl Fn(&QuantileSummary) -> T) -> PerQuantile<T> {
    let [p50, p90, p95, p99] = &summary.quantiles;
    PerQuantile {
        p50: what(p50),
        p90: what(p90),
        p95: what(p95),
        p99: what(p99),
    }
}

/// JSON in which every character that could act on a display is written as an escape. They stand
/// only inside strings, so the value stays the same.
pub(super) fn escape_acting(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && acts(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_act_is_escaped_and_reads_back() {
        let name = "a\u{202e}b\u{9b}c\u{e0001}d é\n";
        let json = escape_acting(&serde_json::to_string(name).unwrap());
        assert_eq!(json, "\"a\\u202eb\\u009bc\\udb40\\udc01d é\\n\"");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), name);
    }
}
