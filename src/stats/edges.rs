//! A histogram as one side of a comparison: its buckets' edges.

use super::confidence::Side;
use super::histogram::Histogram;
use super::interval::{End, outward_rank};
use super::probability::Probability;
use super::sample::Quantile;

/// The buckets of a histogram that is not empty, and where a quantile is estimated to lie.
pub(crate) struct Edges {
    /// The smallest and the largest value of each bucket, ascending, in microseconds. What was above
    /// the maximum is a bucket from there to infinity.
    buckets: Vec<(f64, f64)>,
    /// The share of the values up to and with each bucket.
    cumulative: Vec<f64>,
    len: f64,
    estimate: Quantile,
}

impl Edges {
    /// `None` if the histogram is empty.
    pub(crate) fn of(histogram: &Histogram, p: Probability) -> Option<Self> {
        let estimate = histogram.quantile(p)?;
        let len = histogram.len() as f64;
        let (mut buckets, mut cumulative, mut passed) = (Vec::new(), Vec::new(), 0);
        for bucket in histogram.buckets() {
            passed += bucket.count;
            buckets.push((bucket.low as f64, bucket.highest()));
            cumulative.push(passed as f64 / len);
        }
        if histogram.saturated() > 0 {
            buckets.push((histogram.maximum() as f64, f64::INFINITY));
            cumulative.push(1.0);
        }
        Some(Self {
            buckets,
            cumulative,
            len,
            estimate,
        })
    }
}

impl Side for Edges {
    fn effective_size(&self) -> f64 {
        self.len
    }
    fn estimate(&self, _: Probability) -> Quantile {
        self.estimate
    }
    fn is_positive(&self) -> bool {
        self.buckets.first().is_some_and(|bucket| bucket.0 > 0.0)
    }
    fn has_two_ends(&self) -> bool {
        true
    }
    fn value(&self, t: f64, end: End, scale: fn(f64) -> f64) -> f64 {
        let up_to = |rank: usize| if rank == 0 { 0.0 } else { self.cumulative[rank - 1] };
        let rank = outward_rank(self.buckets.len(), self.len, t, end, up_to);
        match (rank, end) {
            (Some(rank), End::Low) => scale(self.buckets[rank - 1].0),
            (Some(rank), End::High) => scale(self.buckets[rank - 1].1),
            (None, End::Low) => f64::NEG_INFINITY,
            (None, End::High) => f64::INFINITY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Confidence, Sample, compare_histograms, compare_outward};
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    const MAXIMUM: u64 = 900_000_000;

    fn histogram(values: &[u64]) -> Histogram {
        let mut histogram = Histogram::new(MAXIMUM).unwrap();
        values.iter().for_each(|&value| histogram.record(value));
        histogram
    }

    #[test]
    fn nothing_compares_with_nothing() {
        let some = histogram(&[1, 2, 3]);
        for (a, b) in [(&some, &histogram(&[])), (&histogram(&[]), &some)] {
            assert_eq!(compare_histograms(a, b, Probability::P50, Confidence::C95), None);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn bucketing_widens_by_no_more_than_the_buckets(
            a in vec(1..MAXIMUM, 1..150), b in vec(1..MAXIMUM, 1..150), percent in 1_u32..100,
        ) {
            let p = Probability::parse(&percent.to_string()).unwrap();
            let sample = |values: &[u64]| Sample::new(values.iter().map(|&x| x as f64).collect()).unwrap();
            let counted = compare_histograms(&histogram(&a), &histogram(&b), p, Confidence::C95).unwrap().ratio_interval;
            let exact = compare_outward(&sample(&a), &sample(&b), p, Confidence::C95).ratio_interval;
            prop_assert_eq!((counted.low.is_some(), counted.high.is_some()), (exact.low.is_some(), exact.high.is_some()));
            if let (Some(outer), Some(inner)) = (counted.low, exact.low) {
                prop_assert!(outer <= inner * (1.0 + 1e-9) && outer >= inner * (1.0 - 1.0 / 500.0));
            }
            if let (Some(outer), Some(inner)) = (counted.high, exact.high) {
                prop_assert!(outer >= inner * (1.0 - 1e-9) && outer <= inner * (1.0 + 1.0 / 500.0));
            }
        }
    }
}
