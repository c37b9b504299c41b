//! What total time would be, in the machine form of a summary.

use serde::Serialize;

use super::json_shared::{ends_ms, ms};
use super::what_if::WhatIfView;
use crate::comparison::WhatIfOutcome;
use crate::stats::Probability;
use crate::summary::QuantileSummary;

/// One change, and what comes of it in one group.
#[derive(Serialize)]
pub(super) struct WhatIfJson {
    change: String,
    total_ms: Option<ThenJson>,
}

#[derive(Serialize)]
struct ThenJson {
    count: usize,
    p50: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
    ci95: PerShown<[Option<f64>; 2]>,
    grade: PerShown<&'static str>,
    censored: Vec<String>,
    untold: Vec<UntoldJson>,
}

#[derive(Serialize)]
struct PerShown<T> {
    p50: Option<T>,
    p95: Option<T>,
    p99: Option<T>,
}

/// Invocations that do not tell a part that would change, and keep it.
#[derive(Serialize)]
pub(super) struct UntoldJson {
    part: &'static str,
    invocations: usize,
}

/// What every change comes to in the group of this position.
pub(super) fn what_if_json(views: &[WhatIfView<'_>], group: usize) -> Vec<WhatIfJson> {
    views
        .iter()
        .map(|view| WhatIfJson {
            change: view.what_if.text().to_owned(),
            total_ms: view.outcomes.get(group).and_then(Option::as_ref).map(then),
        })
        .collect()
}

fn then(outcome: &WhatIfOutcome) -> ThenJson {
    let value = |quantile: &QuantileSummary| ms(quantile.estimate.value);
    let PerShown { p50, p95, p99 } = each(outcome, value);
    ThenJson {
        count: outcome.requests,
        p50,
        p95,
        p99,
        ci95: each(outcome, |quantile| ends_ms(quantile.interval)),
        grade: each(outcome, |quantile| quantile.grade.as_str()),
        censored: outcome
            .after
            .iter()
            .filter(|quantile| quantile.estimate.censored)
            .map(|quantile| quantile.p.label())
            .collect(),
        untold: untold_json(outcome),
    }
}

/// How many invocations do not tell each part that would change.
pub(super) fn untold_json(outcome: &WhatIfOutcome) -> Vec<UntoldJson> {
    outcome
        .untold
        .iter()
        .map(|(part, invocations)| UntoldJson {
            part: part.name(),
            invocations: *invocations,
        })
        .collect()
}

fn each<T>(outcome: &WhatIfOutcome, what: impl Fn(&QuantileSummary) -> T) -> PerShown<T> {
    let of = |p: Probability| outcome.after.iter().find(|quantile| quantile.p == p).map(&what);
    PerShown {
        p50: of(Probability::P50),
        p95: of(Probability::P95),
        p99: of(Probability::P99),
    }
}
