//! Counts of whole microseconds in buckets, for more values than are worth keeping.
//!
//! The only file that knows of the `hdrhistogram` crate. Its own quantiles are not used: their rank
//! is computed in floating point and can be one too high, and they are a bucket's upper edge.

use super::binomial::order_statistic_ranks;
use super::interval::Interval;
use super::level::Confidence;
use super::probability::Probability;
use super::sample::Quantile;
use std::fmt;

/// Values in microseconds, each known to 3 significant digits: a bucket is at most 1/1024 as wide
/// as its values, and exact below 2048 µs.
#[derive(Debug, Clone)]
pub struct Histogram {
    counts: hdrhistogram::Histogram<u64>,
    maximum: u64,
    saturated: u64,
}

/// Values that one bucket of a [`Histogram`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// The smallest value that falls into it, in microseconds.
    pub low: u64,
    /// The smallest value above it, in microseconds.
    pub high_exclusive: u64,
    /// How many values fell into it. Not 0.
    pub count: u64,
}

/// Two histograms of different maxima cannot be merged: their counts beyond the smaller one mean
/// different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MergeError;

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("histograms of different maxima cannot be merged")
    }
}

impl std::error::Error for MergeError {}

impl Histogram {
    /// An empty histogram of values up to `maximum` microseconds. `None` if that is less than 2.
    pub fn new(maximum: u64) -> Option<Self> {
        let counts = hdrhistogram::Histogram::new_with_bounds(1, maximum, 3).ok()?;
        Some(Self {
            counts,
            maximum,
            saturated: 0,
        })
    }

    /// Counts a value in microseconds. One above the maximum is counted apart.
    pub fn record(&mut self, micros: u64) {
        self.record_many(micros, 1);
    }

    /// Counts a value in microseconds so many times.
    pub fn record_many(&mut self, micros: u64, count: u64) {
        if micros > self.maximum || self.counts.record_n(micros, count).is_err() {
            self.saturated += count;
        }
    }

    /// Adds the counts of another histogram.
    ///
    /// # Errors
    /// If its maximum is another; nothing is changed then.
    pub fn merge(&mut self, other: &Self) -> Result<(), MergeError> {
        if self.maximum != other.maximum {
            return Err(MergeError);
        }
        self.counts.add(&other.counts).map_err(|_| MergeError)?;
        self.saturated += other.saturated;
        Ok(())
    }

    /// How many values were counted, those above the maximum included.
    pub fn len(&self) -> u64 {
        self.counts.len() + self.saturated
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many values were above the maximum.
    pub fn saturated(&self) -> u64 {
        self.saturated
    }

    /// The largest value that has a bucket, in microseconds.
    pub(crate) fn maximum(&self) -> u64 {
        self.maximum
    }

    /// The buckets that are not empty, ascending. Values above the maximum are in none.
    pub fn buckets(&self) -> impl Iterator<Item = Bucket> + '_ {
        self.counts.iter_recorded().map(|recorded| {
            let value = recorded.value_iterated_to();
            Bucket {
                low: self.counts.lowest_equivalent(value),
                high_exclusive: self.counts.highest_equivalent(value).saturating_add(1),
                count: recorded.count_at_value(),
            }
        })
    }

    /// The nearest-rank quantile in microseconds: the middle of the whole values of the bucket that
    /// holds the rank ⌈n·p⌉. Censored, at the maximum, if the rank falls to a value above it.
    /// `None` if the histogram is empty.
    pub fn quantile(&self, p: Probability) -> Option<Quantile> {
        let rank = p.rank(self.len());
        match self.bucket_of(rank) {
            _ if self.is_empty() => None,
            Some(bucket) => {
                let value = bucket.middle();
                Some(Quantile {
                    value,
                    censored: false,
                })
            }
            None => Some(Quantile {
                value: self.maximum as f64,
                censored: true,
            }),
        }
    }

    /// The interval of the `p` quantile in microseconds: the exact ranks of
    /// [`order_statistic_ranks`], the lower end being the smallest
    /// and the upper end the largest value of their buckets, so that bucketing can only widen it.
    /// Values above the maximum are at the maximum for the lower end and infinite for the upper one.
    /// `None` if the histogram is empty.
    pub fn interval(&self, p: Probability, confidence: Confidence) -> Option<Interval> {
        let ranks = order_statistic_ranks(self.len(), p, confidence);
        let low = |rank| self.bucket_of(rank).map_or(self.maximum, |bucket| bucket.low) as f64;
        let high = |rank| self.bucket_of(rank).map(|bucket| bucket.highest());
        let interval = Interval {
            low: ranks.low.map(low),
            high: ranks.high.and_then(high),
        };
        (!self.is_empty()).then_some(interval)
    }

    /// The bucket that holds a rank counted from 1; `None` if it lies above all buckets.
    fn bucket_of(&self, rank: u64) -> Option<Bucket> {
        let mut passed = 0;
        self.buckets().find(|bucket| {
            passed += bucket.count;
            passed >= rank
        })
    }
}

impl Bucket {
    /// The middle of its whole values.
    pub(crate) fn middle(&self) -> f64 {
        0.5 * (self.low as f64 + self.highest())
    }

    /// The largest whole value in it.
    pub(crate) fn highest(&self) -> f64 {
        (self.high_exclusive - 1) as f64
    }
}

/// How many significant bits of a value its bucket tells: 3 significant digits.
const BITS: u32 = 11;

/// The smallest and the largest whole value of the bucket that holds a value in microseconds, whatever the
/// histogram's maximum.
pub(crate) fn bucket_edges(micros: f64) -> (f64, f64) {
    let value = micros as u64;
    let shift = (u64::BITS - value.leading_zeros()).saturating_sub(BITS);
    let low = value >> shift << shift;
    (low as f64, (low | ((1 << shift) - 1)) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// 15 minutes, the longest invocation.
    const MAXIMUM: u64 = 900_000_000;

    fn histogram(values: &[u64]) -> Histogram {
        let mut histogram = Histogram::new(MAXIMUM).unwrap();
        values.iter().for_each(|&value| histogram.record(value));
        histogram
    }

    #[test]
    fn nothing_has_no_quantile() {
        assert!(Histogram::new(1).is_none());
        let empty = histogram(&[]);
        assert!(empty.is_empty());
        assert_eq!(empty.quantile(Probability::P50), None);
        assert_eq!(empty.interval(Probability::P50, Confidence::C95), None);
        assert_eq!(empty.buckets().count(), 0);
    }

    #[test]
    fn ranks_are_whole() {
        // In floating point the rank would be 56.
        let values: Vec<u64> = (1..=100).collect();
        let p55 = Probability::parse("55").unwrap();
        assert_eq!(
            histogram(&values).quantile(p55),
            Some(Quantile {
                value: 55.0,
                censored: false
            })
        );
    }

    #[test]
    fn what_is_above_the_maximum_is_not_lost() {
        let mut histogram = histogram(&[10, MAXIMUM, MAXIMUM + 1]);
        (0..97).for_each(|_| histogram.record(u64::MAX));
        assert_eq!((histogram.len(), histogram.saturated()), (100, 98));
        let above = Quantile {
            value: 9e8,
            censored: true,
        };
        assert_eq!(histogram.quantile(Probability::P50), Some(above));
        let interval = Interval {
            low: Some(9e8),
            high: None,
        };
        assert_eq!(
            histogram.interval(Probability::P50, Confidence::C95),
            Some(interval)
        );
        assert_eq!(histogram.buckets().map(|bucket| bucket.count).sum::<u64>(), 2);
    }

    #[test]
    fn different_maxima_do_not_merge() {
        let mut one = histogram(&[1]);
        assert_eq!(one.merge(&Histogram::new(1000).unwrap()), Err(MergeError));
        assert_eq!(one.len(), 1);
    }

    proptest! {
        #[test]
        fn edges_are_those_of_the_counts(value in 0..MAXIMUM) {
            let found = histogram(&[value]);
            let bucket = found.buckets().next().unwrap();
            let edges = (bucket.low as f64, bucket.highest());
            prop_assert_eq!(bucket_edges(value as f64), edges);
            prop_assert_eq!(bucket_edges(bucket.middle()), edges);
        }

        #[test]
        fn merging_is_counting_all(a in vec(0..MAXIMUM * 2, 0..100), b in vec(0..MAXIMUM * 2, 0..100)) {
            let mut merged = histogram(&a);
            merged.merge(&histogram(&b)).unwrap();
            let all = histogram(&[a, b].concat());
            prop_assert!(merged.buckets().eq(all.buckets()));
            prop_assert_eq!((merged.len(), merged.saturated()), (all.len(), all.saturated()));
            prop_assert_eq!(merged.quantile(Probability::P90), all.quantile(Probability::P90));
        }

        #[test]
        fn the_quantile_is_that_of_the_values_but_for_the_bucket(values in vec(0..MAXIMUM, 1..200), percent in 1_u32..100) {
            let p = Probability::parse(&percent.to_string()).unwrap();
            let histogram = histogram(&values);
            let mut sorted = values;
            sorted.sort_unstable();
            let exact = sorted[p.rank(sorted.len() as u64) as usize - 1] as f64;
            let value = histogram.quantile(p).unwrap().value;
            prop_assert!((value - exact).abs() <= exact / 2048.0);
            let ranks = order_statistic_ranks(sorted.len() as u64, p, Confidence::C95);
            let interval = histogram.interval(p, Confidence::C95).unwrap();
            prop_assert_eq!((interval.low.is_some(), interval.high.is_some()), (ranks.low.is_some(), ranks.high.is_some()));
            if let (Some(low), Some(rank)) = (interval.low, ranks.low) {
                let end = sorted[rank as usize - 1] as f64;
                prop_assert!(low <= end && low >= end * (1.0 - 1.0 / 1024.0));
            }
            if let (Some(high), Some(rank)) = (interval.high, ranks.high) {
                let end = sorted[rank as usize - 1] as f64;
                prop_assert!(high >= end && high <= end * (1.0 + 1.0 / 1024.0));
            }
        }
    }
}
