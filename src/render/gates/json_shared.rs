//! Gates and the checks of a comparison, as every machine form has them.

use serde::Serialize;

use super::words::doubt;
use crate::comparison::{CheckState, Control, GateResult, Judged, Scale};
use crate::stats::Interval;

/// Whether the sides differ in nothing else.
#[derive(Serialize)]
pub(in crate::render) struct ControlJson {
    state: &'static str,
    checks: Vec<ControlCheckJson>,
}

#[derive(Serialize)]
struct ControlCheckJson {
    name: &'static str,
    state: &'static str,
    detail: String,
}

/// One gate and what became of it.
#[derive(Serialize)]
pub(in crate::render) struct GateJson {
    gate: String,
    primary: bool,
    verdict: &'static str,
    scale: Option<&'static str>,
    threshold: Option<f64>,
    estimate: Option<f64>,
    estimate_is_bound: bool,
    ci95: [Option<f64>; 2],
    fail_confidence: f64,
    fail_ci: [Option<f64>; 2],
    requests: Option<usize>,
    baseline_requests: Option<usize>,
    reason: Option<String>,
    leans_to: Option<&'static str>,
    leaning_confidence: Option<f64>,
    requests_needed: Option<u64>,
    baseline_requests_needed: Option<u64>,
}

/// Whether the sides differ in nothing else.
pub(in crate::render) fn control_json(control: &Control) -> ControlJson {
    ControlJson {
        state: control.state().as_str(),
        checks: control
            .checks
            .iter()
            .map(|check| ControlCheckJson {
                name: check.name,
                state: match check.state {
                    CheckState::Alike => "alike",
                    CheckState::Unproven => "unproven",
                    CheckState::Unknown => "unknown",
                    CheckState::Differs => "differs",
                },
                detail: check.detail.clone(),
            })
            .collect(),
    }
}

/// Every gate and what became of it.
pub(in crate::render) fn gates_json(judged: &Judged) -> Vec<GateJson> {
    let gate = |(position, result): (usize, &GateResult)| {
        let found = result.measured.as_ref();
        let in_unit = |value: f64| match found.map(|found| found.scale) {
            Some(Scale::Difference | Scale::Time) => value / 1000.0,
            _ => value,
        };
        let ends = |interval: Option<Interval>| match interval {
            Some(interval) => [interval.low.map(in_unit), interval.high.map(in_unit)],
            None => [None, None],
        };
        GateJson {
            gate: result.gate.to_string(),
            primary: position == 0,
            verdict: result.verdict.name(),
            scale: found.map(|found| found.scale.name()),
            threshold: found.map(|found| in_unit(found.threshold)),
            estimate: found.and_then(|found| found.estimate).map(in_unit),
            estimate_is_bound: found.is_some_and(|found| found.is_bound),
            ci95: ends(found.map(|found| found.interval)),
            fail_confidence: result.fail_confidence.as_f64(),
            fail_ci: ends(found.map(|found| found.to_fail)),
            requests: found.map(|found| found.requests),
            baseline_requests: found.and_then(|found| found.baseline_requests),
            reason: doubt(result, judged),
            leans_to: result.leaning.map(|leaning| leaning.towards.name()),
            leaning_confidence: result.leaning.and_then(|leaning| leaning.confidence),
            requests_needed: result.needed.map(|needed| needed.requests),
            baseline_requests_needed: result.needed.and_then(|needed| needed.baseline_requests),
        }
    };
    judged.results.iter().enumerate().map(gate).collect()
}
