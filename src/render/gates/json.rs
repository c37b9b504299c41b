//! `latscope.check/v1`: the machine form of a check. `docs/formats.md` describes it.

use serde::Serialize;

use super::words::{CheckView, doubt};
use crate::comparison::{CheckState, ControlState, GateResult, Scale, Side};
use crate::render::json::escape_acting;
use crate::stats::Interval;

/// The value of the `schema` field.
const SCHEMA: &str = "latscope.check/v1";

#[derive(Serialize)]
struct CheckJson {
    schema: &'static str,
    verdict: &'static str,
    exit_code: u8,
    on_inconclusive: &'static str,
    allow_uncontrolled: bool,
    candidate: SideJson,
    baseline: Option<SideJson>,
    control: Option<ControlJson>,
    gates: Vec<GateJson>,
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct SideJson {
    name: String,
    model_ids: Vec<String>,
    invocations: usize,
}

#[derive(Serialize)]
struct ControlJson {
    state: &'static str,
    checks: Vec<ControlCheckJson>,
}

#[derive(Serialize)]
struct ControlCheckJson {
    name: &'static str,
    state: &'static str,
    detail: String,
}

#[derive(Serialize)]
struct GateJson {
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

/// The check as JSON, pretty-printed, with a line break at its end.
///
/// # Errors
/// If it cannot be written as JSON, which is a defect of latscope.
pub fn check_json(view: &CheckView<'_>) -> serde_json::Result<String> {
    let judged = view.judged;
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
    let json = CheckJson {
        schema: SCHEMA,
        verdict: judged.verdict().name(),
        exit_code: view.exit_code,
        on_inconclusive: judged.on_inconclusive.name(),
        allow_uncontrolled: judged.allows_uncontrolled,
        candidate: side(view.candidate),
        baseline: view.baseline.map(side),
        control: view.control.map(|control| ControlJson {
            state: match control.state() {
                ControlState::Controlled => "controlled",
                ControlState::Unverified => "unverified",
                ControlState::Confounded => "confounded",
            },
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
        }),
        gates: judged.results.iter().enumerate().map(gate).collect(),
        warnings: view.warnings.iter().map(ToString::to_string).collect(),
    };
    Ok(escape_acting(&serde_json::to_string_pretty(&json)?) + "\n")
}

fn side(side: &Side) -> SideJson {
    SideJson {
        name: side.name.clone(),
        model_ids: side.model_ids.clone(),
        invocations: side.group.invocations,
    }
}
