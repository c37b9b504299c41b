//! `latscope.check/v1`: the machine form of a check. `docs/formats.md` describes it.

use serde::Serialize;

use super::json_shared::{ControlJson, GateJson, control_json, gates_json};
use super::words::CheckView;
use crate::comparison::Side;
use crate::render::json_shared::document;

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

/// The check as JSON, pretty-printed, with a line break at its end.
///
/// # Errors
/// If it cannot be written as JSON, which is a defect of latscope.
pub fn check_json(view: &CheckView<'_>) -> serde_json::Result<String> {
    let judged = view.judged;
    let json = CheckJson {
        schema: SCHEMA,
        verdict: judged.verdict().name(),
        exit_code: view.exit_code,
        on_inconclusive: judged.on_inconclusive.name(),
        allow_uncontrolled: judged.allows_uncontrolled,
        candidate: side(view.candidate),
        baseline: view.baseline.map(side),
        control: view.control.map(control_json),
        gates: gates_json(judged),
        warnings: view.warnings.iter().map(ToString::to_string).collect(),
    };
    document(&json)
}

fn side(side: &Side) -> SideJson {
    SideJson {
        name: side.name.clone(),
        model_ids: side.model_ids.clone(),
        invocations: side.group.invocations,
    }
}
