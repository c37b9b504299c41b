//! What Lambda bills, what a thousand requests cost, and what total time would be.

use serde::Serialize;

use super::parts::{Both, QuantileJson, quantile_ms};
use crate::comparison::{ComparedCost, Comparison, Cost, CostComparison, CostItem, WhatIfOutcome};
use crate::render::json_shared::ends;
use crate::render::json_what_if::{UntoldJson, untold_json};
use crate::render::report::sides;
use crate::render::what_if::WhatIfView;
use crate::stats::{Interval, MeanEstimate};
use crate::summary::Metric;

/// What Lambda bills, beside the quantiles of the billed duration.
#[derive(Serialize)]
pub(super) struct BilledJson {
    gb_seconds_per_1000_invocations: Both<Option<f64>>,
    ratio_of_means: Option<f64>,
}

/// What Lambda bills.
pub(super) fn billed_json(comparison: &Comparison) -> BilledJson {
    let both = sides(comparison);
    let [baseline, candidate] = both.map(|side| side.metric(Metric::Billed).map(|billed| billed.mean));
    BilledJson {
        gb_seconds_per_1000_invocations: Both::of(
            both.map(|side| side.gb_seconds_per_thousand(comparison.failures)),
        ),
        ratio_of_means: baseline
            .zip(candidate)
            .map(|(baseline, candidate)| candidate / baseline),
    }
}

/// What a thousand requests cost.
#[derive(Serialize)]
pub(super) struct CostJson<'a> {
    prices: PricesJson<'a>,
    sides: Both<CostOfSideJson<'a>>,
    per_1000_requests: FiguresJson,
}

#[derive(Serialize)]
struct PricesJson<'a> {
    date: &'a str,
    region: Option<&'a str>,
    replaced_by: Vec<ReplacementJson<'a>>,
}

#[derive(Serialize)]
struct ReplacementJson<'a> {
    name: &'a str,
    date: &'a str,
    region: Option<&'a str>,
}

/// What the figures of one side rest on.
#[derive(Serialize)]
struct CostOfSideJson<'a> {
    requests: usize,
    with_duration: usize,
    provisioned: usize,
    managed: usize,
    with_tokens: usize,
    tokens_without_model: usize,
    unpriced: &'a [String],
    surcharged: Vec<SurchargeJson<'a>>,
    perhaps_surcharged: Vec<SurchargeJson<'a>>,
    other_regions: &'a [String],
}

#[derive(Serialize)]
struct SurchargeJson<'a> {
    model: &'a str,
    percent: f64,
}

#[derive(Serialize)]
struct FiguresJson {
    gb_seconds: FigureJson,
    input_tokens: FigureJson,
    output_tokens: FigureJson,
    lambda_requests_usd: FigureJson,
    bedrock_tokens_usd: FigureJson,
    architectures: Vec<OfArchitectureJson>,
}

#[derive(Serialize)]
struct OfArchitectureJson {
    architecture: &'static str,
    lambda_duration_usd: FigureJson,
    total_usd: FigureJson,
}

/// One figure of both sides, in the unit that its field is named for.
#[derive(Serialize)]
struct FigureJson {
    baseline: Option<f64>,
    candidate: Option<f64>,
    ratio: Option<f64>,
    ratio_ci95: [Option<f64>; 2],
    difference: Option<f64>,
    difference_ci95: [Option<f64>; 2],
}

/// What a thousand requests cost.
pub(super) fn cost_json(cost: &CostComparison) -> CostJson<'_> {
    let figure = |item: CostItem| figure(cost.row(item));
    let architectures = cost.architectures.iter();
    CostJson {
        prices: PricesJson {
            date: &cost.date,
            region: told(&cost.region),
            replaced_by: cost
                .replaced_by
                .iter()
                .map(|list| ReplacementJson {
                    name: &list.name,
                    date: &list.date,
                    region: told(&list.region),
                })
                .collect(),
        },
        sides: Both::of([&cost.baseline, &cost.candidate].map(of_side)),
        per_1000_requests: FiguresJson {
            gb_seconds: figure(CostItem::GbSeconds),
            input_tokens: figure(CostItem::InputTokens),
            output_tokens: figure(CostItem::OutputTokens),
            lambda_requests_usd: figure(CostItem::Requests),
            bedrock_tokens_usd: figure(CostItem::Tokens),
            architectures: architectures
                .map(|&architecture| OfArchitectureJson {
                    architecture: architecture.name(),
                    lambda_duration_usd: figure(CostItem::Duration(architecture)),
                    total_usd: figure(CostItem::Total(architecture)),
                })
                .collect(),
        },
    }
}

/// A text that is empty where it is not told.
fn told(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn of_side(cost: &Cost) -> CostOfSideJson<'_> {
    CostOfSideJson {
        requests: cost.requests,
        with_duration: cost.with_duration,
        provisioned: cost.provisioned,
        managed: cost.managed,
        with_tokens: cost.with_tokens,
        tokens_without_model: cost.tokens_without_model,
        unpriced: &cost.unpriced,
        surcharged: surcharges(&cost.surcharged),
        perhaps_surcharged: surcharges(&cost.perhaps_surcharged),
        other_regions: &cost.other_regions,
    }
}

fn surcharges(models: &[(String, f64)]) -> Vec<SurchargeJson<'_>> {
    models
        .iter()
        .map(|(model, percent)| SurchargeJson {
            model,
            percent: *percent,
        })
        .collect()
}

fn figure(row: Option<&ComparedCost>) -> FigureJson {
    let mean = |of: fn(&ComparedCost) -> Option<MeanEstimate>| row.and_then(of).map(|mean| mean.value);
    let found = row.and_then(|row| row.comparison);
    let of_ratio = found.map_or(Interval::UNBOUNDED, |found| found.ratio_interval);
    let of_difference = found.map_or(Interval::UNBOUNDED, |found| found.difference_interval);
    FigureJson {
        baseline: mean(|row| row.baseline),
        candidate: mean(|row| row.candidate),
        ratio: found.and_then(|found| found.ratio),
        ratio_ci95: ends(of_ratio),
        difference: found.map(|found| found.difference),
        difference_ci95: ends(of_difference),
    }
}

/// What total time would be.
#[derive(Serialize)]
pub(super) struct WhatIfJson {
    change: String,
    #[serde(flatten)]
    sides: Both<Option<OutcomeJson>>,
}

#[derive(Serialize)]
struct OutcomeJson {
    requests: usize,
    before_ms: Vec<QuantileJson>,
    then_ms: Vec<QuantileJson>,
    untold: Vec<UntoldJson>,
}

/// What total time would be.
pub(super) fn what_if_json(view: &WhatIfView<'_>) -> WhatIfJson {
    let outcome = |side: usize| view.outcomes.get(side)?.as_ref().map(outcome_json);
    WhatIfJson {
        change: view.what_if.text().to_owned(),
        sides: Both::of([outcome(0), outcome(1)]),
    }
}

fn outcome_json(outcome: &WhatIfOutcome) -> OutcomeJson {
    OutcomeJson {
        requests: outcome.requests,
        before_ms: outcome.before.iter().map(quantile_ms).collect(),
        then_ms: outcome.after.iter().map(quantile_ms).collect(),
        untold: untold_json(outcome),
    }
}
