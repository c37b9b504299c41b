//! Quantiles of both sides with what their dependence leaves of them, their ratio, and what that proves.

use std::sync::OnceLock;

use super::counted::Counted;
use super::side::Side;
use crate::invocation::StartType;
use crate::stats::{
    Confidence, Dependence, Interval, Probability, QuantileComparison, Sample, Series, SlowEpisodes, Verdict,
    compare_dependent, holm, noise_floor, requests_needed,
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
    /// The two-sided p-value of "nothing differs" among all that are compared but for the primary one, adjusted by Holm;
    /// nothing for that one, and without a ratio.
    pub holm_p: Option<f64>,
}

/// The quantile of total time on which a comparison decides. All others are exploratory.
pub const PRIMARY: Probability = Probability::P95;

/// Adjusts what is exploratory for its number: all quantiles of the lists, the first of which is total time.
pub(super) fn adjust_exploratory(lists: [&mut Vec<ComparedQuantile>; 4]) {
    let exploratory = lists.into_iter().enumerate().flat_map(|(list, quantiles)| {
        quantiles
            .iter_mut()
            .filter(move |quantile| list > 0 || quantile.p != PRIMARY)
    });
    let mut compared: Vec<(&mut ComparedQuantile, f64)> = exploratory
        .filter_map(|quantile| {
            let smaller = quantile.comparison.as_ref()?.confidence_candidate_smaller;
            Some((quantile, 2.0 * smaller.min(1.0 - smaller)))
        })
        .collect();
    let p_values: Vec<f64> = compared.iter().map(|(_, p)| *p).collect();
    for ((quantile, _), adjusted) in compared.iter_mut().zip(holm(&p_values)) {
        quantile.holm_p = Some(adjusted);
    }
}

impl ComparedQuantile {
    /// Whether a side, 0 the baseline, has too few requests to tell which are around it, so that the slowest stand for them.
    pub(super) fn is_of_slowest(&self, side: usize) -> bool {
        let summary = match side {
            0 => self.baseline.as_ref(),
            _ => self.candidate.as_ref(),
        };
        summary.is_some_and(QuantileSummary::is_of_slowest)
    }

    /// Whether it claims a change that does not hold among all that are exploratory, at 5 %.
    pub fn is_claim_too_many(&self) -> bool {
        let claims = matches!(self.verdict, Some(Verdict::Improved | Verdict::Regressed));
        claims && self.holm_p.is_some_and(|p| p > 0.05)
    }

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
    /// The values in order of arrival. And their slow episodes, once they are asked for.
    Series(Series, OnceLock<Option<SlowEpisodes>>),
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
        let series = in_order.map(|in_order| {
            let mut series: [Series; N] = std::array::from_fn(|_| Series::with_capacity(rows.len()));
            for row in in_order.filter(|&row| is_in_sample(rows, failures, row)) {
                let inference = inference_of(rows, row);
                for ((metric, start), series) in wanted.iter().zip(&mut series) {
                    if start.is_some_and(|start| rows.start[row] != start as u32) {
                        continue;
                    }
                    if let Some((value, is_bound)) = value_given(rows, row, *metric, inference) {
                        series.push((!is_bound).then_some(value));
                    }
                }
            }
            series
        });
        let mut each = series.map(IntoIterator::into_iter);
        wanted.map(|(metric, start)| {
            let order = match (&side.counted, &mut each) {
                (Some(counted), _) => Order::Counted(counted, metric, start),
                (None, Some(each)) => Order::Series(each.next()?, OnceLock::new()),
                (None, None) => Order::Unknown,
            };
            let sample = side.sample(metric, start)?.clone();
            Some(Self { sample, order })
        })
    }

    /// A sample with its values in order of arrival, if that is known.
    pub(super) fn of_series(sample: Sample, series: Option<Series>) -> Self {
        let order = series.map_or(Order::Unknown, |series| Order::Series(series, OnceLock::new()));
        Self { sample, order }
    }

    /// How the requests around a quantile depend on each other.
    pub(super) fn dependence(&self, p: Probability) -> Option<Dependence> {
        match &self.order {
            Order::Unknown => None,
            Order::Series(series, episodes) => {
                let found = || series.slow_episodes(self.sample.nearest_rank(Probability::P90));
                let episodes = || episodes.get_or_init(found).as_ref();
                series.dependence(p, self.sample.nearest_rank(p), episodes)
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
            Order::Series(series, _) => series,
            Order::Counted(counted, ..) => return counted.noise_floor,
        };
        let half = |series: Series| {
            Some(Self {
                sample: series.sample(self.sample.max())?,
                order: Order::Series(series, OnceLock::new()),
            })
        };
        let [first, second] = series.halves().map(half);
        let (first, second) = (first?, second?);
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
    let [base, cand] = sides;
    compare_dependent(&base.0, &cand.0, [base.1, cand.1], p, confidence)
}

/// Compares each of [`COMPARED`] between two sides.
pub(super) fn compared(baseline: Option<&Arm<'_>>, candidate: Option<&Arm<'_>>) -> Vec<ComparedQuantile> {
    COMPARED
        .into_iter()
        .map(|p| compared_at(baseline, candidate, p))
        .collect()
}

/// Gives each quantile that has a ratio its verdict against a margin.
pub(super) fn give_verdicts(
    quantiles: &mut [ComparedQuantile],
    baseline: Option<&Arm<'_>>,
    candidate: Option<&Arm<'_>>,
    margin: f64,
) {
    let (Some(baseline), Some(candidate)) = (baseline, candidate) else {
        return;
    };
    let smaller = baseline.sample.len().min(candidate.sample.len()) as f64;
    for quantile in quantiles {
        let Some(ratio) = quantile.comparison.map(|found| found.ratio_interval) else {
            continue;
        };
        let verdict = match quantile.few_episodes() {
            Some(_) => Verdict::Inconclusive,
            None => Verdict::of(ratio, margin),
        };
        let needed = requests_needed(smaller, ratio, margin);
        quantile.verdict = Some(verdict);
        quantile.requests_needed =
            needed.filter(|needed| verdict == Verdict::Inconclusive && *needed as f64 > smaller);
    }
}

fn compared_at(baseline: Option<&Arm<'_>>, candidate: Option<&Arm<'_>>, p: Probability) -> ComparedQuantile {
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
            holm_p: None,
        };
    };
    let [base, cand] = [baseline.worth(p), candidate.worth(p)];
    let comparison = compare_worth([&base, &cand], p, Confidence::C95);
    ComparedQuantile {
        p,
        baseline: Some(QuantileSummary::of(&base.0, p)),
        candidate: Some(QuantileSummary::of(&cand.0, p)),
        comparison: Some(comparison),
        dependence: [base.1, cand.1],
        verdict: None,
        requests_needed: None,
        holm_p: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantile(p: Probability, confidence: f64) -> ComparedQuantile {
        let sample = |factor: f64| Sample::new((100..200).map(|i| factor * f64::from(i)).collect()).unwrap();
        let found = compare_dependent(&sample(1.0), &sample(0.5), [None, None], p, Confidence::C95);
        ComparedQuantile {
            p,
            baseline: None,
            candidate: None,
            comparison: Some(QuantileComparison {
                confidence_candidate_smaller: confidence,
                ..found
            }),
            dependence: [None, None],
            verdict: Some(Verdict::Improved),
            requests_needed: None,
            holm_p: None,
        }
    }

    #[test]
    fn a_claim_among_many_must_be_surer() {
        // Each is surer than 97.5 %, so that its own interval excludes 1.
        let list = || COMPARED.map(|p| quantile(p, 0.98)).to_vec();
        let (mut total, mut duration, mut inference) = (list(), list(), list());
        let mut warm = vec![quantile(PRIMARY, 0.9999), quantile(Probability::P50, 0.0001)];
        warm[1].verdict = Some(Verdict::Regressed);
        adjust_exploratory([&mut total, &mut duration, &mut inference, &mut warm]);
        let primary = total.iter().find(|quantile| quantile.p == PRIMARY).unwrap();
        assert!(primary.holm_p.is_none() && !primary.is_claim_too_many());
        let others = total
            .iter()
            .filter(|quantile| quantile.p != PRIMARY)
            .chain(&duration)
            .chain(&inference);
        assert!(others.clone().count() == 11 && others.clone().all(ComparedQuantile::is_claim_too_many));
        assert!(
            warm.iter()
                .all(|quantile| quantile.holm_p < Some(0.01) && !quantile.is_claim_too_many())
        );
        let mut silent = quantile(Probability::P50, 0.5);
        silent.verdict = Some(Verdict::Equivalent);
        silent.holm_p = Some(1.0);
        assert!(!silent.is_claim_too_many());
    }
}
