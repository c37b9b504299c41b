//! Weights of sorted values: where each value stands in the whole.

/// A share of the weight that lies on a value's edge but for rounding is on it.
const SHARE_SLACK: f64 = 1e-12;

/// The weights of n ≥ 1 sorted values as shares of the whole. In what follows W with index k is the
/// share of the first k values, ranks counted from 1.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weights {
    /// W of each rank, ascending to 1.
    cumulative: Vec<f64>,
    equal: bool,
}

impl Weights {
    /// `None` unless there is a weight, all are positive and their sum is finite.
    pub(crate) fn new(weights: impl Iterator<Item = f64>) -> Option<Self> {
        let mut cumulative: Vec<f64> = Vec::with_capacity(weights.size_hint().0);
        let (mut sum, mut equal, mut first) = (0.0, true, None);
        for weight in weights {
            if weight.is_nan() || weight <= 0.0 {
                return None;
            }
            equal &= weight == *first.get_or_insert(weight);
            sum += weight;
            cumulative.push(sum);
        }
        if cumulative.is_empty() || !f64::is_finite(sum) {
            return None;
        }
        cumulative.iter_mut().for_each(|part| *part /= sum);
        Some(Self { cumulative, equal })
    }

    /// Whether all weigh the same.
    pub(crate) fn are_equal(&self) -> bool {
        self.equal
    }

    fn len(&self) -> usize {
        self.cumulative.len()
    }

    /// W of a rank from 0 to n.
    pub(crate) fn up_to(&self, rank: usize) -> f64 {
        if rank == 0 { 0.0 } else { self.cumulative[rank - 1] }
    }

    /// The middle of a value's own part of the weight, (W₍ₖ₋₁₎ + W₍ₖ₎)/2.
    pub(crate) fn middle(&self, rank: usize) -> f64 {
        0.5 * (self.up_to(rank - 1) + self.up_to(rank))
    }

    /// The first rank with W ≥ `share`, at most n.
    pub(crate) fn rank(&self, share: f64) -> usize {
        let below = self
            .cumulative
            .partition_point(|&part| part < share - SHARE_SLACK);
        (below + 1).min(self.len())
    }

    /// The rank and the fraction of the way to the next one at which `share` lies among the
    /// `positions` of the ranks, which ascend: 0 if below the first, n and 0 if above the last.
    fn locate(&self, share: f64, position: impl Fn(usize) -> f64) -> (usize, f64) {
        let (mut low, mut high) = (0, self.len() + 1);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if position(middle) <= share {
                low = middle;
            } else {
                high = middle;
            }
        }
        if low == 0 || low == self.len() {
            return (low, 0.0);
        }
        let (below, above) = (position(low), position(low + 1));
        (low, (share - below) / (above - below))
    }

    /// Where `share` lies among the middles of the values' own parts of the weight.
    pub(crate) fn between_middles(&self, share: f64) -> (usize, f64) {
        self.locate(share, |rank| self.middle(rank))
    }

    /// Where `share` lies by the rule of type 8: see [`Sample::quantile`](super::Sample::quantile).
    pub(crate) fn type8_position(&self, share: f64) -> (u64, f64) {
        let whole = 1.0 + 1.0 / (3.0 * self.len() as f64);
        let position = |rank: usize| (2.0 * self.up_to(rank) + self.up_to(rank - 1)) / (3.0 * whole);
        let (rank, fraction) = self.locate(share, position);
        (rank as u64, fraction)
    }

    /// The weighted mean of as many values.
    pub(crate) fn mean_of(&self, values: &[f64]) -> f64 {
        let part = |(i, value): (usize, &f64)| (self.up_to(i + 1) - self.up_to(i)) * value;
        values.iter().enumerate().map(part).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Confidence, Probability, Sample};
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[test]
    fn a_weight_is_positive_and_finite() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Sample::weighted(vec![(1.0, 1.0), (2.0, bad)], vec![]), None);
        }
        assert_eq!(Sample::weighted(vec![], vec![]), None);
        assert_eq!(Weights::new(std::iter::empty()), None);
    }

    #[test]
    fn a_weight_of_two_stands_for_two_where_ranks_are_whole() {
        let weighted = Sample::weighted(vec![(3.0, 1.0), (1.0, 2.0), (2.0, 1.0)], vec![]).unwrap();
        let doubled = Sample::new(vec![1.0, 1.0, 2.0, 3.0]).unwrap();
        assert_eq!(weighted.values(), [1.0, 2.0, 3.0]);
        for percent in 1..100 {
            let p = Probability::parse(&percent.to_string()).unwrap();
            assert_eq!(weighted.nearest_rank(p), doubled.nearest_rank(p), "{percent}");
        }
        assert!((weighted.mean() - doubled.mean()).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn equal_weights_are_none(values in vec(0.0_f64..1e6, 1..60), limits in vec(0.0_f64..1e6, 0..5), weight in 1e-3_f64..1e3) {
            let pairs = |values: &[f64]| values.iter().map(|&value| (value, weight)).collect();
            let weighted = Sample::weighted(pairs(&values), pairs(&limits)).unwrap();
            prop_assert_eq!(weighted, Sample::with_censored(values, limits).unwrap());
        }

        #[test]
        fn nearly_equal_weights_give_nearly_the_same(values in vec(0.0_f64..1e6, 2..60), percent in 1_u32..100) {
            let p = Probability::parse(&percent.to_string()).unwrap();
            let nearly = |(i, &value): (usize, &f64)| (value, 1.0 + 1e-13 * i as f64);
            let weighted = Sample::weighted(values.iter().enumerate().map(nearly).collect(), vec![]).unwrap();
            prop_assert!(weighted.weights().is_some());
            let plain = Sample::new(values).unwrap();
            let close = |a: f64, b: f64| (a - b).abs() < 1e-4;
            prop_assert!(close(weighted.quantile(p).value, plain.quantile(p).value));
            prop_assert!(close(weighted.mean(), plain.mean()));
            prop_assert_eq!(weighted.nearest_rank(p), plain.nearest_rank(p));
            let (one, other) = (weighted.interval(p, Confidence::C95), plain.interval(p, Confidence::C95));
            prop_assert!(close(one.low.unwrap_or(-1.0), other.low.unwrap_or(-1.0)));
            prop_assert!(close(one.high.unwrap_or(-1.0), other.high.unwrap_or(-1.0)));
        }

        #[test]
        fn quantiles_ascend_in_any_order(pairs in vec((0.0_f64..1e6, 0.01_f64..10.0), 1..60), percent in 1_u32..99) {
            let parse = |percent: u32| Probability::parse(&percent.to_string()).unwrap();
            let sample = Sample::weighted(pairs.clone(), vec![]).unwrap();
            let mut reversed = pairs;
            reversed.reverse();
            prop_assert_eq!(&sample, &Sample::weighted(reversed, vec![]).unwrap());
            let (low, high) = (sample.quantile(parse(percent)).value, sample.quantile(parse(percent + 1)).value);
            prop_assert!(sample.min() <= low && low <= high && high <= sample.max());
            prop_assert!(sample.mean() >= sample.min() - 1e-6 && sample.mean() <= sample.max() + 1e-6);
        }
    }
}
