//! `latscope.summary/v1`: the machine form of a summary. `docs/summary.schema.json` describes it.

use serde::Serialize;

use super::clients::{ClientsJson, clients_json};
use super::json_shared::{
    LedgerJson, MetricJson, ShareJson, WindowJson, document, ledger_json, metric_json, outcome_name,
    share_json, window_json,
};
use super::json_what_if::{WhatIfJson, what_if_json};
use super::summary::SummaryView;
use crate::dataset::Key;
use crate::invocation::StartType;
use crate::summary::{GroupSummary, Metric, ModelCallSummary};

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
    #[serde(skip_serializing_if = "Option::is_none")]
    clients: Option<ClientsJson>,
    warnings: Vec<String>,
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

/// The summary as JSON, pretty-printed, with a line break at its end.
///
/// # Errors
/// If it cannot be written as JSON, which is a defect of latscope.
pub fn summary_json(view: &SummaryView<'_>) -> serde_json::Result<String> {
    let json = SummaryJson {
        schema: SCHEMA,
        window: window_json(view.window, view.span),
        conditions: view.conditions.iter().map(ToString::to_string).collect(),
        outcome: outcome_name(view.failures),
        ledger: ledger_json(view.ledger),
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
        clients: view.clients.map(|clients| clients_json(clients, view.dataset)),
        warnings: view.warnings.iter().map(ToString::to_string).collect(),
    };
    document(&json)
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
        inference_share: group.inference_share.as_ref().map(share_json),
        what_if: what_if_json(view.what_if, position),
    }
}
