//! Every compared quantile as a ratio, against the margin.

use serde::{Deserialize, Serialize};

use super::MOST_SERIES;
use super::rounded::{bounded, rounded};
use crate::comparison::compare::Comparison;
use crate::comparison::quantiles::{ComparedQuantile, PRIMARY};

/// The ratios of all candidates to the baseline.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ratios {
    /// What the candidates are compared with.
    pub baseline: String,
    /// The margin as a share: within it, and its inverse, a change counts as none.
    pub margin: f64,
    /// The candidates, at most [`MOST_SERIES`].
    pub candidates: Vec<RatiosOf>,
}

/// The ratios of one candidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RatiosOf {
    /// The candidate.
    pub name: String,
    /// Its place among all models, which gives it its look.
    pub place: usize,
    /// Its ratios, in the order of output.
    pub ratios: Vec<ComparedRatio>,
}

/// A quantile of the candidate over that of the baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComparedRatio {
    /// Which time.
    pub metric: String,
    /// Which quantile, such as `p95`.
    pub quantile: String,
    /// Whether the comparison decides on it.
    pub is_primary: bool,
    /// The ratio, if it can be told.
    pub ratio: Option<f64>,
    /// The lower end of its 95 % interval, if it has one.
    pub low: Option<f64>,
    /// The upper end, if it has one.
    pub high: Option<f64>,
    /// What it proves, in one word, if anything is known.
    pub verdict: Option<String>,
    /// Whether that is a claim that does not hold among all that are made beside it.
    pub is_claim_too_many: bool,
}

impl Ratios {
    /// Of candidates that are compared with one baseline; each with whether its claim at the primary quantile does not hold
    /// among all of them, and what its requests cost.
    pub(super) fn of<T>(comparisons: &[(&Comparison, bool, T)]) -> Self {
        let candidate = |(at, (comparison, is_claim_too_many, _)): (usize, &(&Comparison, bool, T))| {
            let lists = [
                ("total time", &comparison.total),
                ("duration", &comparison.duration),
                ("inference", &comparison.inference),
                ("total, warm", &comparison.warm),
            ];
            let ratios = lists.iter().enumerate().flat_map(|(list, (metric, quantiles))| {
                let ratio = move |found| ComparedRatio::of(metric, list == 0, *is_claim_too_many, found);
                quantiles.iter().filter_map(ratio)
            });
            RatiosOf {
                name: bounded(&comparison.candidate.name),
                place: at + 1,
                ratios: ratios.collect(),
            }
        };
        let first = comparisons.first().map(|(first, ..)| first);
        // Each has its own margin where the baseline differs from itself, which is the same for all.
        let margin = first.map_or(0.0, |first| first.margin);
        Self {
            baseline: first.map_or_else(String::new, |first| bounded(&first.baseline.name)),
            margin: rounded(margin),
            candidates: comparisons
                .iter()
                .enumerate()
                .map(candidate)
                .filter(|candidate| !candidate.ratios.is_empty())
                .take(MOST_SERIES)
                .collect(),
        }
    }
}

impl ComparedRatio {
    fn of(
        metric: &str,
        is_headline: bool,
        is_primary_too_many: bool,
        found: &ComparedQuantile,
    ) -> Option<Self> {
        let comparison = found.comparison?;
        let told = |number: Option<f64>| number.filter(|number| number.is_finite()).map(rounded);
        let is_primary = is_headline && found.p == PRIMARY;
        Some(Self {
            metric: metric.to_owned(),
            quantile: found.p.label(),
            is_primary,
            ratio: told(comparison.ratio),
            low: told(comparison.ratio_interval.low),
            high: told(comparison.ratio_interval.high),
            verdict: found.verdict.map(|verdict| verdict.as_str().to_owned()),
            is_claim_too_many: found.is_claim_too_many() || is_primary && is_primary_too_many,
        })
    }
}
