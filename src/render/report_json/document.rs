//! The whole document.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::answers::{AnswersJson, answers_json};
use super::comparison::{
    EffectsJson, PromptPairsJson, UnattributedJson, effects_json, prompt_pairs_json, unattributed_json,
};
use super::conditions::{AdjustedJson, adjusted_json};
use super::cost::{BilledJson, CostJson, WhatIfJson, billed_json, cost_json, what_if_json};
use super::limits::{
    FanOutJson, LimitsJson, RateJson, SeveralLimitsJson, fan_out_json, limits_json, rate_json,
    several_limits_json,
};
use super::parts::Both;
use super::path::{PathJson, path_json};
use super::quantiles::{QuantilesJson, quantiles_json};
use super::sides::{SideJson, StartJson, side_json, starts_json};
use super::slowest::{SlowJson, slowest_json};
use super::time_spent::{TimeSpentJson, time_spent_json};
use crate::comparison::{Drawn, Judged};
use crate::render::figures::{Figure, Figures};
use crate::render::gates::{ControlJson, GateJson, control_json, gates_json};
use crate::render::json_shared::{LedgerJson, WindowJson, document, ledger_json, outcome_name, window_json};
use crate::render::page::Page;
use crate::render::report::{ReportView, sides};

/// The value of the `schema` field.
pub(in crate::render) const SCHEMA: &str = "latscope.report/v1";

#[derive(Serialize)]
struct ReportJson<'a> {
    schema: &'static str,
    window: WindowJson,
    #[serde(rename = "where")]
    conditions: Vec<String>,
    outcome: &'static str,
    ledger: LedgerJson,
    margin: f64,
    sides: Both<SideJson>,
    gates: Option<GatesJson>,
    quantiles: QuantilesJson,
    effects: Option<EffectsJson>,
    prompt_pairs: Option<PromptPairsJson>,
    unattributed: Option<UnattributedJson>,
    control: ControlJson,
    adjusted: AdjustedJson,
    answers: Both<Option<AnswersJson>>,
    starts: Vec<StartJson>,
    time_spent: Both<TimeSpentJson>,
    path: Option<PathJson>,
    what_if: Vec<WhatIfJson>,
    billed: BilledJson,
    cost: CostJson<'a>,
    rates: Vec<RateJson>,
    limits: Both<LimitsJson>,
    several_limits: Option<SeveralLimitsJson>,
    fan_out: Vec<FanOutJson>,
    slowest: Both<Vec<SlowJson>>,
    figures: FiguresJson<'a>,
    warnings: Vec<String>,
    page: &'a Page,
    drawn: Box<RawValue>,
}

#[derive(Serialize)]
struct GatesJson {
    verdict: &'static str,
    on_inconclusive: &'static str,
    allow_uncontrolled: bool,
    compares: bool,
    results: Vec<GateJson>,
}

#[derive(Serialize)]
struct FiguresJson<'a> {
    quantiles: Option<FigureJson<'a>>,
    ratios: Option<FigureJson<'a>>,
    ecdf: Option<FigureJson<'a>>,
    over_time: Option<FigureJson<'a>>,
    tokens: Option<FigureJson<'a>>,
    distributions: Option<FigureJson<'a>>,
    inference_share: Option<FigureJson<'a>>,
    phases: Option<FigureJson<'a>>,
    path: Option<FigureJson<'a>>,
    cost: Option<FigureJson<'a>>,
}

#[derive(Serialize)]
struct FigureJson<'a> {
    file: &'a str,
    alt: &'a str,
}

/// The report as JSON, pretty-printed, with a line break at its end: every number, the page that shows them, and what its
/// figures show.
///
/// # Errors
/// If it cannot be written as JSON, which is a defect of latscope.
pub fn report_json(view: &ReportView<'_>, page: &Page, drawn: &Drawn) -> serde_json::Result<String> {
    let comparison = view.comparison;
    let both = [0, 1];
    document(&ReportJson {
        schema: SCHEMA,
        window: window_json(view.window, view.span),
        conditions: view.conditions.iter().map(ToString::to_string).collect(),
        outcome: outcome_name(comparison.failures),
        ledger: ledger_json(view.ledger),
        margin: comparison.margin,
        sides: Both::of(sides(comparison).map(|side| side_json(view.dataset, side))),
        gates: view.gates.map(gates),
        quantiles: quantiles_json(comparison),
        effects: comparison.effects.as_ref().map(effects_json),
        prompt_pairs: comparison.pairs.as_ref().map(prompt_pairs_json),
        unattributed: comparison.unattributed.as_ref().map(unattributed_json),
        control: control_json(&comparison.control),
        adjusted: adjusted_json(&comparison.adjusted),
        answers: Both::of(
            comparison
                .answers
                .each_ref()
                .map(|side| side.as_ref().map(answers_json)),
        ),
        starts: starts_json(sides(comparison)),
        time_spent: Both::of(
            both.map(|side| time_spent_json(sides(comparison)[side], &comparison.time_spent[side])),
        ),
        path: comparison.path.as_ref().map(path_json),
        what_if: view.what_if.iter().map(what_if_json).collect(),
        billed: billed_json(comparison),
        cost: cost_json(view.cost),
        rates: comparison.rates.iter().map(rate_json).collect(),
        limits: Both::of(both.map(|side| limits_json(sides(comparison)[side], &comparison.limits[side]))),
        several_limits: comparison.several_limits.as_ref().map(several_limits_json),
        fan_out: comparison.fan_out.iter().map(fan_out_json).collect(),
        slowest: Both::of(
            comparison
                .slowest
                .each_ref()
                .map(|slowest| slowest_json(view.dataset, slowest)),
        ),
        figures: figures_json(view.figures),
        warnings: comparison.warnings.iter().map(ToString::to_string).collect(),
        page,
        // On one line: lists of points would take a thousand.
        drawn: to_raw_value(drawn)?,
    })
}

fn gates(judged: &Judged) -> GatesJson {
    GatesJson {
        verdict: judged.verdict().name(),
        on_inconclusive: judged.on_inconclusive.name(),
        allow_uncontrolled: judged.allows_uncontrolled,
        compares: judged.compares(),
        results: gates_json(judged),
    }
}

fn figures_json(figures: &Figures) -> FiguresJson<'_> {
    fn one(figure: Option<&Figure>) -> Option<FigureJson<'_>> {
        figure.map(|figure| FigureJson {
            file: figure.file,
            alt: &figure.alt,
        })
    }
    FiguresJson {
        quantiles: one(figures.quantiles.as_ref()),
        ratios: one(figures.ratios.as_ref()),
        ecdf: one(figures.ecdf.as_ref()),
        over_time: one(figures.over_time.as_ref()),
        tokens: one(figures.tokens.as_ref()),
        distributions: one(figures.distributions.as_ref()),
        inference_share: one(figures.inference_share.as_ref()),
        phases: one(figures.phases.as_ref()),
        path: one(figures.path.as_ref()),
        cost: one(figures.cost.as_ref()),
    }
}
