//! What several machine forms have in common.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::dataset::Window;
use crate::invocation::{Ledger, Span};
use crate::stats::Interval;
use crate::summary::{Ended, EndedCounts, Failures, MetricSummary, QuantileSummary, ShareSummary};
use crate::vocab::{Timestamp, acts};

/// The window that was asked for, and what the input covers.
#[derive(Serialize)]
pub(super) struct WindowJson {
    since: Option<String>,
    until: Option<String>,
    first_event: Option<String>,
    last_event: Option<String>,
}

/// What became of every event.
#[derive(Serialize)]
pub(super) struct LedgerJson {
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
    gateway_joined: u64,
    client_joined: u64,
    client_with_gateway: u64,
    client_run_lines: u64,
}

/// One metric in milliseconds.
#[derive(Serialize)]
pub(super) struct MetricJson {
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

/// One thing of each quantile.
#[derive(Serialize)]
struct PerQuantile<T> {
    p50: T,
    p90: T,
    p95: T,
    p99: T,
}

/// Inference's share of the duration.
#[derive(Serialize)]
pub(super) struct ShareJson {
    ratio_of_sums: f64,
    median: Option<f64>,
}

/// A document as JSON, pretty-printed, with a line break at its end and nothing in it that could act on a display.
pub(super) fn document(json: &impl Serialize) -> serde_json::Result<String> {
    Ok(escape_acting(&serde_json::to_string_pretty(json)?) + "\n")
}

/// Microseconds as milliseconds.
pub(super) fn ms(micros: f64) -> f64 {
    micros / 1000.0
}

/// Both ends of an interval; nothing for an infinite one.
pub(super) fn ends(interval: Interval) -> [Option<f64>; 2] {
    [interval.low, interval.high]
}

/// Both ends of an interval of microseconds, in milliseconds.
pub(super) fn ends_ms(interval: Interval) -> [Option<f64>; 2] {
    ends(interval).map(|end| end.map(ms))
}

/// A time in UTC.
pub(super) fn time_text(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

/// Whether latencies are those of answered invocations and timeouts, or of failures too.
pub(super) fn outcome_name(failures: Failures) -> &'static str {
    match failures {
        Failures::Apart => "answered",
        Failures::Included => "all",
    }
}

/// The window that was asked for, and what the input covers.
pub(super) fn window_json(window: Window, span: Option<Span>) -> WindowJson {
    WindowJson {
        since: time_text(window.since),
        until: time_text(window.until),
        first_event: time_text(span.map(|span| span.first)),
        last_event: time_text(span.map(|span| span.last)),
    }
}

/// What became of every event.
pub(super) fn ledger_json(ledger: &Ledger) -> LedgerJson {
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
        gateway_joined: ledger.gateway_joined,
        client_joined: ledger.client_joined,
        client_with_gateway: ledger.client_with_gateway,
        client_run_lines: ledger.client_run_lines,
    }
}

/// One metric in milliseconds.
pub(super) fn metric_json(summary: &MetricSummary) -> MetricJson {
    let [p50, p90, p95, p99] = &summary.quantiles;
    let value = |quantile: &QuantileSummary| ms(quantile.estimate.value);
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
        ci95: each(summary, |quantile| ends_ms(quantile.interval)),
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

/// Inference's share of the duration.
pub(super) fn share_json(share: &ShareSummary) -> ShareJson {
    ShareJson {
        ratio_of_sums: share.ratio_of_sums,
        median: share.median,
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

/// How many requests ended in each way.
pub(super) fn ended_json(counts: &EndedCounts) -> BTreeMap<&'static str, usize> {
    Ended::ALL
        .into_iter()
        .map(|ended| (ended.name(), counts.get(ended)))
        .collect()
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
