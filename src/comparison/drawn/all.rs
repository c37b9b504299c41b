//! Everything that the figures of a report show.

use serde::{Deserialize, Serialize};

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
    /// Inference's share of the duration of each request.
    pub inference_shares: InferenceShares,
    /// Cost against p95.
    pub cost: CostPoints,
}

impl Drawn {
    /// Of a comparison and what its requests cost.
    pub fn of(comparison: &Comparison, cost: &CostComparison) -> Self {
        let sides = [&comparison.baseline, &comparison.candidate];
        let failures = comparison.failures;
        let total: Vec<Named<'_>> = named(&sides, |side| side.all.sample(Metric::Total));
        let headline = comparison.headline();
        let ratio = headline.and_then(|found| found.comparison?.ratio);
        let ((quantiles, (ecdfs, distributions)), (over_time, (tokens, inference_shares))) = rayon::join(
            || {
                rayon::join(
                    || QuantileCurves::of("Total time", &total, &[ratio]),
                    || {
                        rayon::join(
                            || Ecdfs::of("Total time", &total),
                            || Distributions::of("total time", &panels(&sides)),
                        )
                    },
                )
            },
            || {
                let answers = comparison.answers.each_ref().map(Option::as_ref);
                let of_tokens: Vec<_> = sides.into_iter().zip(answers).collect();
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
        let spent = sides.iter().zip(&comparison.time_spent);
        let spent: Vec<_> = spent.map(|(side, spent)| (side.name.as_str(), spent)).collect();
        let p95 = [
            headline.and_then(|found| found.baseline.as_ref()),
            headline.and_then(|found| found.candidate.as_ref()),
        ];
        let costs = [&cost.baseline, &cost.candidate];
        let costings: Vec<Costing<'_>> = (sides.iter().zip(costs).zip(p95))
            .map(|((side, cost), p95)| Costing {
                name: &side.name,
                cost,
                p95,
            })
            .collect();
        let architecture = cost.architectures.first().copied();
        Self {
            quantiles,
            ratios: Ratios::of(comparison),
            ecdfs,
            over_time,
            tokens,
            distributions,
            phases: PhaseBars::of(&spent),
            inference_shares,
            cost: CostPoints::of(
                &costings,
                architecture.unwrap_or(Architecture::ALL[0]),
                &cost.date,
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
