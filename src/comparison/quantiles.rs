//! Quantiles of both sides with what their dependence leaves of them, their ratio, and what that proves.

use super::arrivals::{arrivals, is_timed};
use super::side::Side;
use crate::dataset::Columns;
use crate::stats::{
    Confidence, Dependence, Interval, Probability, QuantileComparison, Sample, Verdict, compare_dependent,
    noise_floor, requests_needed,
};
use crate::summary::{Failures, Metric, QuantileSummary, is_in_sample, value_of};

/// The quantiles that are compared.
pub(super) const COMPARED: [Probability; 4] = [
    Probability::P50,
    Probability::P90,
    Probability::P95,
    Probability::P99,
];

/// What an interval of a ratio says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The candidate's quantile is smaller.
    Faster,
    /// It is larger.
    Slower,
    /// It may be either.
    Unclear,
}

impl Direction {
    /// Which side of one the interval lies on.
    pub fn of(ratio: Interval) -> Self {
        if ratio.high.is_some_and(|high| high < 1.0) {
            Self::Faster
        } else if ratio.low.is_some_and(|low| low > 1.0) {
            Self::Slower
        } else {
            Self::Unclear
        }
    }
}

/// One quantile on both sides.
#[derive(Debug, Clone)]
pub struct ComparedQuantile {
    /// Which quantile.
    pub p: Probability,
    /// On the baseline side, if it has the metric.
    pub baseline: Option<QuantileSummary>,
    /// On the candidate side, if it has the metric.
    pub candidate: Option<QuantileSummary>,
    /// Ratio and difference, if both sides have the metric.
    pub comparison: Option<QuantileComparison>,
    /// How far the requests of each side depend on those before them; absent where their order is not known.
    pub dependence: [Option<Dependence>; 2],
    /// What the ratio proves, if there is one.
    pub verdict: Option<Verdict>,
    /// How many requests on each side it takes to tell, if that is not told and can be.
    pub requests_needed: Option<u64>,
}

/// One side's values of one metric.
#[derive(Debug, Clone)]
pub(super) struct Arm {
    sample: Sample,
    /// In order of arrival, where that is known; what was stopped is infinite.
    series: Option<Vec<f64>>,
}

impl Arm {
    /// The values of the rows that `is_in` keeps. `None` if there is none.
    pub(super) fn of(
        rows: &Columns,
        failures: Failures,
        metric: Metric,
        is_in: impl Fn(usize) -> bool,
    ) -> Option<Self> {
        let in_order: Vec<usize> = match is_timed(rows) {
            true => arrivals(rows).into_iter().map(|(row, _)| row).collect(),
            false => (0..rows.len()).collect(),
        };
        let (mut exact, mut bounds, mut series) = (Vec::new(), Vec::new(), Vec::new());
        for row in in_order {
            if !is_in(row) || !is_in_sample(rows, failures, row) {
                continue;
            }
            let Some((value, is_bound)) = value_of(rows, row, metric) else {
                continue;
            };
            let value = value as f64;
            if is_bound {
                bounds.push(value);
                series.push(f64::INFINITY);
            } else {
                exact.push(value);
                series.push(value);
            }
        }
        Some(Self {
            sample: Sample::with_censored(exact, bounds)?,
            series: is_timed(rows).then_some(series),
        })
    }

    /// The values of a side.
    pub(super) fn of_side(side: &Side, failures: Failures, metric: Metric) -> Option<Self> {
        Self::of(&side.rows, failures, metric, |_| true)
    }

    /// The sample as what it is worth at a quantile.
    fn worth(&self, p: Probability) -> (Sample, Option<Dependence>) {
        let dependence = self.series.as_ref().and_then(|series| Dependence::of(series, p));
        let worth = dependence.and_then(|dependence| {
            self.sample
                .clone()
                .with_effective_size(dependence.effective_size())
        });
        (worth.unwrap_or_else(|| self.sample.clone()), dependence)
    }

    /// How many of its requests are worth one independent one at a quantile; 1 where their order is not known.
    pub(super) fn design_effect(&self, p: Probability) -> f64 {
        let dependence = self.series.as_ref().and_then(|series| Dependence::of(series, p));
        dependence.map_or(1.0, |dependence| dependence.design_effect())
    }

    /// How far the first half of the requests differs from the second at a quantile, if it does.
    pub(super) fn noise_floor(&self, p: Probability) -> Option<f64> {
        let series = self.series.as_ref()?;
        let (first, second) = series.split_at(series.len() / 2);
        let half = |values: &[f64]| {
            let (bounds, exact): (Vec<f64>, Vec<f64>) = values.iter().partition(|value| value.is_infinite());
            let limit = self.sample.max();
            Some(Self {
                sample: Sample::with_censored(exact, vec![limit; bounds.len()])?,
                series: Some(values.to_vec()),
            })
        };
        let (first, second) = (half(first)?, half(second)?);
        noise_floor(&compare_arms(&first, &second, p).0)
    }
}

fn compare_arms(
    baseline: &Arm,
    candidate: &Arm,
    p: Probability,
) -> (QuantileComparison, [(Sample, Option<Dependence>); 2]) {
    let worth = [baseline.worth(p), candidate.worth(p)];
    let [(base, base_dependence), (cand, cand_dependence)] = &worth;
    let dependence = [*base_dependence, *cand_dependence];
    let comparison = compare_dependent(base, cand, dependence, p, Confidence::C95);
    (comparison, worth)
}

/// Compares each of [`COMPARED`] between two sides.
pub(super) fn compared(
    baseline: Option<&Arm>,
    candidate: Option<&Arm>,
    margin: f64,
) -> Vec<ComparedQuantile> {
    COMPARED
        .into_iter()
        .map(|p| compared_at(baseline, candidate, p, margin))
        .collect()
}

fn compared_at(
    baseline: Option<&Arm>,
    candidate: Option<&Arm>,
    p: Probability,
    margin: f64,
) -> ComparedQuantile {
    let (Some(baseline), Some(candidate)) = (baseline, candidate) else {
        let of = |arm: Option<&Arm>| {
            arm.map(|arm| arm.worth(p))
                .map_or((None, None), |(sample, dependence)| {
                    (Some(QuantileSummary::of(&sample, p)), dependence)
                })
        };
        let (of_baseline, of_candidate) = (of(baseline), of(candidate));
        return ComparedQuantile {
            p,
            baseline: of_baseline.0,
            candidate: of_candidate.0,
            comparison: None,
            dependence: [of_baseline.1, of_candidate.1],
            verdict: None,
            requests_needed: None,
        };
    };
    let (comparison, [base, cand]) = compare_arms(baseline, candidate, p);
    let rests_on_few = [base.1, cand.1]
        .iter()
        .flatten()
        .any(|dependence| dependence.rests_on_few_clusters(p));
    let verdict = match Verdict::of(comparison.ratio_interval, margin) {
        _ if rests_on_few => Verdict::Inconclusive,
        verdict => verdict,
    };
    let smaller = baseline.sample.len().min(candidate.sample.len()) as f64;
    let needed = requests_needed(smaller, comparison.ratio_interval, margin);
    ComparedQuantile {
        p,
        baseline: Some(QuantileSummary::of(&base.0, p)),
        candidate: Some(QuantileSummary::of(&cand.0, p)),
        comparison: Some(comparison),
        dependence: [base.1, cand.1],
        verdict: Some(verdict),
        requests_needed: needed.filter(|needed| verdict == Verdict::Inconclusive && *needed as f64 > smaller),
    }
}
