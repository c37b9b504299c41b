//! Everything that the figures of a report show.

use serde::{Deserialize, Serialize};

use super::MOST_CANDIDATES;
use super::cost_points::{CostPoints, Costing};
use super::distributions::Distributions;
use super::ecdfs::Ecdfs;
use super::inference_shares::InferenceShares;
use super::over_time::OverTime;
use super::phase_bars::PhaseBars;
use super::quantile_curves::{Named, QuantileCurves};
use super::ratios::Ratios;
use super::token_points::TokenPoints;
use crate::comparison::compare::Comparison;
use crate::comparison::cost::CostComparison;
use crate::comparison::prices::Architecture;
use crate::comparison::ranking::Ranking;
use crate::comparison::side::Side;
use crate::invocation::StartType;
use crate::summary::Metric;

/// Kinds of requests that have a panel of their own; but for the first two only where there are some.
const PANELS: [(&str, StartType); 7] = [
    ("Warm", StartType::Warm),
    ("Cold", StartType::Cold),
    ("Restored", StartType::Restored),
    ("Provisioned", StartType::Provisioned),
    ("Proactive", StartType::Proactive),
    ("Init retried", StartType::InitRetried),
    ("Unknown start", StartType::Unknown),
];

/// What all figures of a report show. A figure of which nothing is to be shown has no series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drawn {
    /// Total time by percentile.
    pub quantiles: QuantileCurves,
    /// Every compared quantile as a ratio.
    pub ratios: Ratios,
    /// The share of requests within each total time.
    pub ecdfs: Ecdfs,
    /// Total time over the time of day.
    pub over_time: OverTime,
    /// Inference time against output tokens.
    pub tokens: TokenPoints,
    /// Total time of each kind of requests.
    pub distributions: Distributions,
    /// Time by part.
    pub phases: PhaseBars,
    /// Time by stage of the whole path. Reports of earlier versions have none.
    #[serde(default)]
    pub path: PhaseBars,
    /// Inference's share of the duration of each request.
    pub inference_shares: InferenceShares,
    /// Cost against p95.
    pub cost: CostPoints,
}

impl Drawn {
    /// Of a comparison and what its requests cost.
    pub fn of(comparison: &Comparison, cost: &CostComparison) -> Self {
        let is_claim_too_many = false;
        Self::of_all((comparison, cost), &[(comparison, is_claim_too_many, cost)])
    }

    /// Of candidates that are ranked against one baseline, and what their requests cost. Figures show the first of them, as
    /// many as they can. Nothing without a candidate.
    pub fn of_ranking(ranking: &Ranking, costs: &[CostComparison]) -> Option<Self> {
        let ranked = ranking.ranked.iter().zip(costs);
        let shown: Vec<_> = ranked
            .take(MOST_CANDIDATES)
            .map(|(of, cost)| (&of.comparison, of.is_claim_too_many(), cost))
            .collect();
        let (first, _, cost) = shown.first()?;
        Some(Self::of_all((first, cost), &shown))
    }

    /// Each candidate with whether its claim at the primary quantile does not hold among all.
    fn of_all(
        (first, first_cost): (&Comparison, &CostComparison),
        compared: &[(&Comparison, bool, &CostComparison)],
    ) -> Self {
        let candidates = || compared.iter().map(|(comparison, ..)| *comparison);
        let sides: Vec<&Side> = [&first.baseline]
            .into_iter()
            .chain(candidates().map(|comparison| &comparison.candidate))
            .collect();
        let failures = first.failures;
        let total: Vec<Named<'_>> = named(&sides, |side| side.all.sample(Metric::Total));
        let ratio = |comparison: &Comparison| comparison.headline()?.comparison?.ratio;
        let ratios: Vec<Option<f64>> = candidates().map(ratio).collect();
        let ((quantiles, (ecdfs, distributions)), (over_time, (tokens, inference_shares))) = rayon::join(
            || {
                rayon::join(
                    || QuantileCurves::of("Total time", &total, &ratios),
                    || {
                        rayon::join(
                            || Ecdfs::of("Total time", &total),
                            || Distributions::of("total time", &panels(&sides)),
                        )
                    },
                )
            },
            || {
                let answers = candidates().map(|comparison| comparison.answers[1].as_ref());
                let answers = [first.answers[0].as_ref()].into_iter().chain(answers);
                let of_tokens: Vec<_> = sides.iter().copied().zip(answers).collect();
                rayon::join(
                    || OverTime::of(&sides, failures),
                    || {
                        rayon::join(
                            || TokenPoints::of(&of_tokens),
                            || InferenceShares::of(&sides, failures),
                        )
                    },
                )
            },
        );
        let spent = candidates().map(|comparison| (comparison, 1));
        let spent: Vec<_> = [(first, 0)].into_iter().chain(spent).collect();
        let of_candidates = compared.iter().map(|(comparison, _, cost)| Costing {
            name: &comparison.candidate.name,
            cost: &cost.candidate,
            p95: comparison.headline().and_then(|found| found.candidate.as_ref()),
        });
        let of_baseline = Costing {
            name: &first.baseline.name,
            cost: &first_cost.baseline,
            p95: first.headline().and_then(|found| found.baseline.as_ref()),
        };
        let costings: Vec<Costing<'_>> = [of_baseline].into_iter().chain(of_candidates).collect();
        let architecture = first_cost.architectures.first().copied();
        Self {
            quantiles,
            ratios: Ratios::of(compared),
            ecdfs,
            over_time,
            tokens,
            distributions,
            phases: PhaseBars::of(&spent),
            path: PhaseBars::of_path(&spent),
            inference_shares,
            cost: CostPoints::of(
                &costings,
                architecture.unwrap_or(Architecture::ALL[0]),
                &first_cost.date,
            ),
        }
    }
}

/// The sides that have a sample, with it.
fn named<'a>(
    sides: &[&'a Side],
    sample: impl Fn(&'a Side) -> Option<&'a crate::stats::Sample>,
) -> Vec<Named<'a>> {
    let sides = sides.iter().enumerate();
    sides
        .filter_map(|(place, side)| {
            Some(Named {
                name: &side.name,
                place,
                sample: sample(side)?,
            })
        })
        .collect()
}

/// Requests of each kind. Cold is every start that a request waited for.
fn panels<'a>(sides: &[&'a Side]) -> Vec<(&'static str, Vec<Named<'a>>)> {
    let panel = |(title, start)| {
        (
            title,
            named(sides, |side| side.sample(Metric::Total, Some(start))),
        )
    };
    let panels = PANELS.into_iter().map(panel).enumerate();
    panels
        .filter(|(at, (_, samples))| *at < 2 || !samples.is_empty())
        .map(|(_, panel)| panel)
        .collect()
}
