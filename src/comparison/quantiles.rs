//! Quantiles of both sides with what their dependence leaves of them, their ratio, and what that proves.

use super::counted::Counted;
use super::side::Side;
use crate::invocation::StartType;
use crate::stats::{
    Confidence, Dependence, Interval, Probability, QuantileComparison, Sample, Verdict, compare,
    compare_outward, noise_floor, requests_needed,
};
use crate::summary::{Failures, Metric, QuantileSummary, inference_of, is_in_sample, value_given};

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

impl ComparedQuantile {
    /// In how few slow episodes the slow requests of a side came, where that leaves nothing proven.
    pub fn few_episodes(&self) -> Option<usize> {
        let dependence = self.dependence.iter().flatten();
        let few = dependence.filter(|found| found.rests_on_few_clusters(self.p));
        few.map(|found| found.clusters).min()
    }
}

/// One side's values of one metric.
#[derive(Debug, Clone)]
pub(super) struct Arm<'s> {
    sample: Sample,
    order: Order<'s>,
}

/// What is known of the order in which the values of an arm came.
#[derive(Debug, Clone)]
enum Order<'s> {
    /// Nothing.
    Unknown,
    /// The values in order of arrival; what was stopped is infinite.
    Series(Vec<f64>),
    /// What was found when they were counted.
    Counted(&'s Counted, Metric, Option<StartType>),
}

/// A sample as what it is worth at a quantile, and why; nothing where the order of requests is not known.
pub(super) type Worth = (Sample, Option<Dependence>);

impl<'s> Arm<'s> {
    /// A side's values of each of these metrics, of one start type or of all, if there are any.
    pub(super) fn of_side<const N: usize>(
        side: &'s Side,
        failures: Failures,
        wanted: [(Metric, Option<StartType>); N],
    ) -> [Option<Self>; N] {
        let rows = &side.rows;
        let in_order = side.arrivals.in_order().filter(|_| side.counted.is_none());
        let mut series = in_order.map(|in_order| {
            let mut series = [const { Vec::new() }; N];
            for row in in_order.filter(|&row| is_in_sample(rows, failures, row)) {
                let inference = inference_of(rows, row);
                for ((metric, start), series) in wanted.iter().zip(&mut series) {
                    if start.is_some_and(|start| rows.start[row] != start as u32) {
                        continue;
                    }
                    if let Some((value, is_bound)) = value_given(rows, row, *metric, inference) {
                        series.push(if is_bound { f64::INFINITY } else { value as f64 });
                    }
                }
            }
            series
        });
        let mut position = 0..;
        wanted.map(|(metric, start)| {
            let at = position.next()?;
            let of_series = |series: &mut [Vec<f64>; N]| Order::Series(std::mem::take(&mut series[at]));
            Some(Self {
                sample: side.sample(metric, start)?.clone(),
                order: match &side.counted {
                    Some(counted) => Order::Counted(counted, metric, start),
                    None => series.as_mut().map_or(Order::Unknown, of_series),
                },
            })
        })
    }

    /// How the requests around a quantile depend on each other.
    pub(super) fn dependence(&self, p: Probability) -> Option<Dependence> {
        match &self.order {
            Order::Unknown => None,
            Order::Series(series) => {
                let nearest = self.sample.nearest_rank(p);
                let value = if nearest.censored {
                    f64::INFINITY
                } else {
                    nearest.value
                };
                Dependence::around(series, value)
            }
            Order::Counted(counted, metric, start) => counted.dependence(*metric, *start, p),
        }
    }

    /// The sample as what it is worth at a quantile.
    pub(super) fn worth(&self, p: Probability) -> Worth {
        let dependence = self.dependence(p);
        let worth = dependence.and_then(|dependence| {
            self.sample
                .clone()
                .with_effective_size(dependence.effective_size())
        });
        (worth.unwrap_or_else(|| self.sample.clone()), dependence)
    }

    /// How far the first half of the requests differs from the second at a quantile, if it does.
    pub(super) fn noise_floor(&self, p: Probability) -> Option<f64> {
        let series = match &self.order {
            Order::Unknown => return None,
            Order::Series(series) => series,
            Order::Counted(counted, ..) => return counted.noise_floor,
        };
        let (first, second) = series.split_at(series.len() / 2);
        let half = |values: &[f64]| {
            let (bounds, exact): (Vec<f64>, Vec<f64>) = values.iter().partition(|value| value.is_infinite());
            let limit = self.sample.max();
            Some(Self {
                sample: Sample::with_censored(exact, vec![limit; bounds.len()])?,
                order: Order::Series(values.to_vec()),
            })
        };
        let (first, second) = (half(first)?, half(second)?);
        noise_floor(&compare_worth(
            [&first.worth(p), &second.worth(p)],
            p,
            Confidence::C95,
        ))
    }
}

/// Compares two samples as what they are worth, baseline first: outward to observed values where requests depend
/// strongly on each other.
pub(super) fn compare_worth(
    sides: [&Worth; 2],
    p: Probability,
    confidence: Confidence,
) -> QuantileComparison {
    let is_strong = |worth: &&Worth| worth.1.is_some_and(|found| found.is_strong());
    let compare = match sides.iter().any(is_strong) {
        true => compare_outward,
        false => compare,
    };
    compare(&sides[0].0, &sides[1].0, p, confidence)
}

/// Compares each of [`COMPARED`] between two sides.
pub(super) fn compared(
    baseline: Option<&Arm<'_>>,
    candidate: Option<&Arm<'_>>,
    margin: f64,
) -> Vec<ComparedQuantile> {
    COMPARED
        .into_iter()
        .map(|p| compared_at(baseline, candidate, p, margin))
        .collect()
}

fn compared_at(
    baseline: Option<&Arm<'_>>,
    candidate: Option<&Arm<'_>>,
    p: Probability,
    margin: f64,
) -> ComparedQuantile {
    let (Some(baseline), Some(candidate)) = (baseline, candidate) else {
        let of = |arm: Option<&Arm<'_>>| {
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
    let [base, cand] = [baseline.worth(p), candidate.worth(p)];
    let comparison = compare_worth([&base, &cand], p, Confidence::C95);
    let smaller = baseline.sample.len().min(candidate.sample.len()) as f64;
    let mut found = ComparedQuantile {
        p,
        baseline: Some(QuantileSummary::of(&base.0, p)),
        candidate: Some(QuantileSummary::of(&cand.0, p)),
        comparison: Some(comparison),
        dependence: [base.1, cand.1],
        verdict: None,
        requests_needed: None,
    };
    let verdict = match found.few_episodes() {
        Some(_) => Verdict::Inconclusive,
        None => Verdict::of(comparison.ratio_interval, margin),
    };
    let needed = requests_needed(smaller, comparison.ratio_interval, margin);
    found.verdict = Some(verdict);
    found.requests_needed =
        needed.filter(|needed| verdict == Verdict::Inconclusive && *needed as f64 > smaller);
    found
}
