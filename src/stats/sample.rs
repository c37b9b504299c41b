//! The values of one group, sorted, with those that were cut off before they ended.

use std::sync::Arc;

use super::histogram::Histogram;
use super::probability::Probability;
use super::sort::{merged, sort, sort_pairs};
use super::weights::Weights;

/// Values that are sorted, at least one, none negative. The last [`censored`](Self::censored) of
/// them are right-censored: the request was stopped at that value and would have taken longer.
/// They rank above all others.
///
/// The unit is the caller's; results have the same. With one limit for the whole sample ranking
/// censored values last is exact. With several limits it assumes that a request which was stopped
/// at a lower limit would have outlasted every completed one, which leans to the slow side.
///
/// Values may have [weights](Self::weighted). Then shares of the values are shares of the weight. Values
/// may be [known to their bucket only](Self::of_histogram). Then intervals reach to the buckets' edges.
///
/// A clone shares the values.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    values: Arc<Vec<f64>>,
    censored: usize,
    effective_size: f64,
    /// `None` if all values weigh the same.
    weights: Option<Arc<Weights>>,
    is_binned: bool,
}

/// An estimate of a quantile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantile {
    /// The estimate, in the unit of the sample.
    pub value: f64,
    /// Whether the estimate rests on a censored value. Then `value` is a lower bound.
    pub censored: bool,
}

impl Sample {
    /// How many independent values a weighted one may be worth.
    pub const MAX_WORTH: f64 = 4.0;

    /// From complete values in any order. `None` if there is none, or if one is negative, infinite
    /// or not a number.
    pub fn new(values: Vec<f64>) -> Option<Self> {
        Self::with_censored(values, Vec::new())
    }

    /// From complete values and from the limits at which other requests were stopped. `None` as for
    /// [`new`](Self::new).
    pub fn with_censored(mut values: Vec<f64>, mut limits: Vec<f64>) -> Option<Self> {
        let valid = |value: &f64| value.is_finite() && *value >= 0.0;
        if values.is_empty() && limits.is_empty() || !values.iter().chain(&limits).all(valid) {
            return None;
        }
        sort(&mut values);
        sort(&mut limits);
        let censored = limits.len();
        values.append(&mut limits);
        let effective_size = values.len() as f64;
        Some(Self {
            values: Arc::new(values),
            censored,
            effective_size,
            weights: None,
            is_binned: false,
        })
    }

    /// Two samples without weights as one, worth as many values as it has.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let ((values, limits), (others, other_limits)) =
            (self.complete_and_limits(), other.complete_and_limits());
        let (mut values, limits) = (merged(values, others), merged(limits, other_limits));
        values.extend_from_slice(&limits);
        Self {
            effective_size: values.len() as f64,
            values: Arc::new(values),
            censored: limits.len(),
            weights: None,
            is_binned: self.is_binned || other.is_binned,
        }
    }

    /// From counted values, each in the middle of its bucket, and from the counted limits of what was
    /// stopped, in microseconds. What was above a histogram's maximum counts as stopped there. `None` if
    /// there is nothing.
    pub fn of_histogram(values: &Histogram, limits: &Histogram) -> Option<Self> {
        let listed = |histogram: &Histogram| -> Vec<f64> {
            let buckets = histogram.buckets();
            buckets
                .flat_map(|bucket| std::iter::repeat_n(bucket.middle(), bucket.count as usize))
                .collect()
        };
        let mut stopped = listed(limits);
        for above in [values, limits] {
            stopped.extend(std::iter::repeat_n(
                above.maximum() as f64,
                above.saturated() as usize,
            ));
        }
        let mut sample = Self::with_censored(listed(values), stopped)?;
        sample.is_binned = true;
        Some(sample)
    }

    /// Whether values are known to their bucket only.
    pub fn is_binned(&self) -> bool {
        self.is_binned
    }

    /// From complete values and from limits, each with its weight. `None` as for [`new`](Self::new),
    /// or if a weight is not positive or their sum not finite.
    ///
    /// Only the weights' proportions matter. If all are equal, the sample is the same as without any.
    pub fn weighted(mut values: Vec<(f64, f64)>, mut limits: Vec<(f64, f64)>) -> Option<Self> {
        sort_pairs(&mut values);
        sort_pairs(&mut limits);
        let weights: Vec<f64> = values.iter().chain(&limits).map(|pair| pair.1).collect();
        let plain = |pairs: Vec<(f64, f64)>| pairs.into_iter().map(|pair| pair.0).collect();
        Self::weighted_in_order(plain(values), plain(limits), weights.into_iter())
    }

    /// [`weighted`](Self::weighted), of sorted values and limits and the weights of both.
    pub(crate) fn weighted_in_order(
        values: Vec<f64>,
        limits: Vec<f64>,
        weights: impl Iterator<Item = f64>,
    ) -> Option<Self> {
        let weights = Weights::new(weights)?;
        let mut sample = Self::with_censored(values, limits)?;
        sample.weights = (!weights.are_equal()).then(|| Arc::new(weights));
        Some(sample)
    }

    /// States how many independent values the sample is worth, for intervals and grades. Point
    /// estimates do not depend on it. `None` unless it is at least 1 and at most the number of values;
    /// of weighted values at most [`MAX_WORTH`](Self::MAX_WORTH) times as many, because what is
    /// known of the strata that they stand for makes them worth more.
    pub fn with_effective_size(mut self, effective_size: f64) -> Option<Self> {
        let valid = effective_size >= 1.0 && effective_size <= self.largest_effective_size();
        self.effective_size = effective_size;
        valid.then_some(self)
    }

    /// The most independent values that the sample can be worth.
    pub(crate) fn largest_effective_size(&self) -> f64 {
        let worth = if self.weights.is_some() {
            Self::MAX_WORTH
        } else {
            1.0
        };
        worth * self.values.len() as f64
    }

    /// The number of values, those that are censored included. Never 0.
    #[allow(clippy::len_without_is_empty, reason = "a sample is never empty")]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// How many independent values the sample is worth.
    pub fn effective_size(&self) -> f64 {
        self.effective_size
    }

    /// How many values are censored.
    pub fn censored(&self) -> usize {
        self.censored
    }

    /// All values: the complete ones ascending, then the limits of the censored ones ascending.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The values of what was completed, and the limits of what was stopped, each ascending.
    pub fn complete_and_limits(&self) -> (&[f64], &[f64]) {
        self.values.split_at(self.values.len() - self.censored)
    }

    /// The smallest value, limits included.
    pub fn min(&self) -> f64 {
        let (complete, limits) = self.complete_and_limits();
        complete
            .iter()
            .take(1)
            .chain(limits.iter().take(1))
            .copied()
            .fold(f64::INFINITY, f64::min)
    }

    /// The largest value, limits included.
    pub fn max(&self) -> f64 {
        let (complete, limits) = self.complete_and_limits();
        complete
            .last()
            .into_iter()
            .chain(limits.last())
            .copied()
            .fold(0.0, f64::max)
    }

    /// The weights of the values, in the order of [`values`](Self::values), where they differ.
    pub(crate) fn weights(&self) -> Option<&Weights> {
        self.weights.as_deref()
    }

    /// The sum of all values, censored ones counted at their limits. It knows of no weights.
    pub fn sum(&self) -> f64 {
        self.values.iter().sum()
    }

    /// The arithmetic mean of all values, weighted if they are, censored ones counted at their
    /// limits: with censored values a lower bound.
    pub fn mean(&self) -> f64 {
        match &self.weights {
            None => self.sum() / self.values.len() as f64,
            Some(weights) => weights.mean_of(&self.values),
        }
    }

    /// The type 8 quantile of Hyndman and Fan (1996): h = (n + 1/3)·p + 1/3, linear between the
    /// values of ranks ⌊h⌋ and ⌊h⌋ + 1, never outside the values. It is nearly median-unbiased
    /// whatever the distribution, so a group does not look faster for having fewer requests.
    ///
    /// Of weighted values the one of rank k, of weight w, stands at the share (W − w/3)/(1 + w̄/3)
    /// instead of (k − 1/3)/(n + 1/3), where W is the share of the weight up to and with it and
    /// w̄ = 1/n the mean weight.
    pub fn quantile(&self, p: Probability) -> Quantile {
        let (rank, fraction) = match &self.weights {
            None => p.type8_position(self.values.len() as u64),
            Some(weights) => weights.type8_position(p.as_f64()),
        };
        if rank < 1 {
            return self.at_rank(1);
        }
        let below = self.at_rank(rank as usize);
        if fraction == 0.0 || rank as usize >= self.values.len() {
            return below;
        }
        let above = self.at_rank(rank as usize + 1);
        Quantile {
            value: below.value + fraction * (above.value - below.value),
            censored: above.censored,
        }
    }

    /// The value of the nearest rank, ⌈n·p⌉, of weighted values the first up to which the share of
    /// the weight is at least p: a value that was observed, unless censored.
    pub fn nearest_rank(&self, p: Probability) -> Quantile {
        self.at_rank(match &self.weights {
            None => p.rank(self.values.len() as u64) as usize,
            Some(weights) => weights.rank(p.as_f64()),
        })
    }

    /// The value of a rank from 1 to n.
    pub(crate) fn at_rank(&self, rank: usize) -> Quantile {
        let complete = self.values.len() - self.censored;
        let rank = rank.clamp(1, self.values.len());
        let value = self.values[rank - 1];
        if rank <= complete {
            return Quantile {
                value,
                censored: false,
            };
        }
        // Limits ascend, so only a complete value can be larger than the limit that ranks above it.
        let largest_complete = if complete > 0 {
            self.values[complete - 1]
        } else {
            0.0
        };
        Quantile {
            value: value.max(largest_complete),
            censored: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_latency_makes_no_sample() {
        for values in [vec![], vec![f64::NAN], vec![1.0, -1.0], vec![f64::INFINITY]] {
            assert_eq!(Sample::new(values.clone()), None);
            assert_eq!(
                Sample::with_censored(vec![1.0], values.clone()).is_none(),
                !values.is_empty()
            );
        }
        assert!(Sample::with_censored(vec![], vec![1.0]).is_some());
    }

    #[test]
    fn an_effective_size_is_between_one_and_all() {
        let sample = Sample::new(vec![1.0, 2.0, 3.0]).unwrap();
        for (size, valid) in [
            (1.0, true),
            (2.5, true),
            (3.0, true),
            (0.9, false),
            (3.1, false),
            (f64::NAN, false),
        ] {
            assert_eq!(
                sample.clone().with_effective_size(size).is_some(),
                valid,
                "{size}"
            );
        }
        assert_eq!(sample.with_effective_size(2.5).unwrap().effective_size(), 2.5);
    }

    #[test]
    fn a_value_that_ranks_above_another_is_not_below_it() {
        let sample = Sample::with_censored(vec![5.0, 1.0], vec![2.0, 9.0]).unwrap();
        assert_eq!(sample.values(), [1.0, 5.0, 2.0, 9.0]);
        assert_eq!(
            (sample.min(), sample.max(), sample.sum(), sample.mean()),
            (1.0, 9.0, 17.0, 4.25)
        );
        let values: Vec<_> = (1..=4).map(|rank| sample.at_rank(rank)).collect();
        assert_eq!(
            values.iter().map(|at| at.value).collect::<Vec<_>>(),
            [1.0, 5.0, 5.0, 9.0]
        );
        assert_eq!(
            values.iter().map(|at| at.censored).collect::<Vec<_>>(),
            [false, false, true, true]
        );
        // h = 2.5: half way between a complete value and a censored one.
        assert_eq!(
            sample.quantile(Probability::P50),
            Quantile {
                value: 5.0,
                censored: true
            }
        );
        assert_eq!(
            sample.nearest_rank(Probability::P50),
            Quantile {
                value: 5.0,
                censored: false
            }
        );
    }

    fn percent() -> impl Strategy<Value = Probability> {
        (1_u32..1000).prop_map(|k| Probability::parse(&format!("{}.{}", k / 10, k % 10)).unwrap())
    }

    proptest! {
        #[test]
        fn two_samples_as_one(lists in proptest::array::uniform4(vec(0.0_f64..9.0, 1..20))) {
            let [a, b, c, d] = lists;
            let sample = |values: &[f64], limits: &[f64]| Sample::with_censored(values.to_vec(), limits.to_vec()).unwrap();
            let together = sample(&[a.clone(), b.clone()].concat(), &[c.clone(), d.clone()].concat());
            prop_assert_eq!(sample(&a, &c).and(&sample(&b, &d)), together);
        }

        #[test]
        fn type_8_is_what_the_formula_says(values in vec(0.0_f64..1e6, 1..60), p in percent()) {
            let sample = Sample::new(values.clone()).unwrap();
            let mut values = values;
            values.sort_by(f64::total_cmp);
            let n = values.len() as f64;
            let h = ((n + 1.0 / 3.0) * p.as_f64() + 1.0 / 3.0).clamp(1.0, n);
            let (low, high) = (values[h.floor() as usize - 1], values[h.ceil() as usize - 1]);
            let naive = low + (h - h.floor()) * (high - low);
            prop_assert!((sample.quantile(p).value - naive).abs() <= 1e-7);
        }

        #[test]
        fn quantiles_ascend_within_the_values(
            values in vec(0.0_f64..1e6, 0..50), limits in vec(0.0_f64..1e6, 1..9), a in percent(), b in percent(),
        ) {
            let (low, high) = if a.as_f64() < b.as_f64() { (a, b) } else { (b, a) };
            let sample = Sample::with_censored(values, limits).unwrap();
            let (low, high) = (sample.quantile(low), sample.quantile(high));
            prop_assert!(low.value <= high.value && low.censored <= high.censored);
            prop_assert!(low.value >= sample.min() && high.value <= sample.max());
            prop_assert!(sample.values().iter().all(|&x| sample.min() <= x && x <= sample.max()));
            prop_assert!(sample.values().contains(&sample.min()) && sample.values().contains(&sample.max()));
        }

        #[test]
        fn the_order_of_the_input_does_not_matter(values in vec(0.0_f64..1e6, 1..50), p in percent()) {
            let mut reversed = values.clone();
            reversed.reverse();
            reversed.rotate_left(values.len() / 3);
            let (one, other) = (Sample::new(values).unwrap(), Sample::new(reversed).unwrap());
            prop_assert_eq!(one.quantile(p), other.quantile(p));
            prop_assert_eq!(one.mean(), other.mean());
            prop_assert_eq!(one, other);
        }
    }
}
