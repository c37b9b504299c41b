//! How much of one thing there is for each unit of another, over many requests.

use super::batch_means::batch_means_effect;
use super::interval::Interval;
use super::level::Confidence;
use super::special::student_quantile;
use super::sum::{sum_of, sums_of};

/// Σ amount / Σ base, such as the time of all answers over all their tokens, in the unit of the amounts per unit of
/// the base. It may be any positive number, where a [`Share`](super::Share) is at most 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatioOfSums {
    /// The ratio.
    pub ratio: f64,
    /// Its interval by the delta method on the logarithmic scale, with Student's distribution of n − 1 degrees
    /// (Cochran, Sampling Techniques), the variance times the effect of 25 batch means if that is above 1.
    /// Without ends from a single request.
    pub interval: Interval,
}

impl RatioOfSums {
    /// Of (amount, base) of each request in order of arrival. `None` if there is none, or if one is not positive and
    /// finite.
    pub fn of(pairs: &[(f64, f64)], confidence: Confidence) -> Option<Self> {
        let mut is_valid = !pairs.is_empty();
        let [amount, base] = sums_of(pairs, |&(amount, base)| {
            is_valid &= (amount > 0.0) & amount.is_finite() & (base > 0.0) & base.is_finite();
            [amount, base]
        });
        if !is_valid {
            return None;
        }
        let n = pairs.len() as f64;
        let ratio = amount / base;
        let rest = |(amount, base): &(f64, f64)| amount - ratio * base;
        let effect = batch_means_effect(pairs, rest).unwrap_or(1.0).max(1.0);
        let squares = sum_of(pairs, |pair| rest(pair).powi(2));
        let interval = match pairs.len() {
            1 => Interval::UNBOUNDED,
            _ => {
                let error = (n / (n - 1.0) * squares * effect).sqrt() / amount;
                let reach = (error * student_quantile(confidence.tail(), n - 1.0)).exp();
                Interval {
                    low: Some(ratio / reach),
                    high: Some(ratio * reach),
                }
            }
        };
        Some(Self { ratio, interval })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Share;
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    const C95: Confidence = Confidence::C95;

    #[test]
    fn what_has_no_ratio() {
        assert_eq!(RatioOfSums::of(&[], C95), None);
        assert_eq!(RatioOfSums::of(&[(1.0, 0.0)], C95), None);
        assert_eq!(RatioOfSums::of(&[(f64::INFINITY, 1.0)], C95), None);
        let one = RatioOfSums::of(&[(3.0, 2.0)], C95).unwrap();
        assert_eq!((one.ratio, one.interval), (1.5, Interval::UNBOUNDED));
    }

    #[test]
    fn requests_that_hang_together_widen_it() {
        let pair = |slow: bool| (if slow { 30.0 } else { 10.0 }, 2.0);
        let width = |pairs: &[(f64, f64)]| {
            let found = RatioOfSums::of(pairs, C95).unwrap().interval;
            (found.high.unwrap() / found.low.unwrap()).ln()
        };
        let mixed: Vec<(f64, f64)> = (0..400).map(|i| pair(i * 7 % 20 == 0)).collect();
        let together: Vec<(f64, f64)> = (0..400).map(|i| pair(i < 20)).collect();
        assert!(width(&together) > 2.0 * width(&mixed));
    }

    proptest! {
        /// For small shares the jackknife on the logit scale and this one are two ways to the same.
        #[test]
        fn it_is_near_the_jackknife_of_a_small_share(parts in vec((1.0_f64..2.0, 1.0_f64..3.0), 60..200)) {
            let small: Vec<(f64, f64)> = parts.iter().map(|(a, b)| (*a, b * 1e4)).collect();
            let share = Share::from_pairs(small.clone()).unwrap();
            let effect = share.design_effect();
            let theirs = share.interval_of_dependent(C95, effect).unwrap();
            let own = RatioOfSums::of(&small, C95).unwrap();
            prop_assert!((own.ratio - share.ratio_of_sums()).abs() < 1e-12);
            let near = |a: Option<f64>, b: Option<f64>| (a.unwrap() / b.unwrap() - 1.0).abs() < 0.01;
            prop_assert!(near(own.interval.low, theirs.low) && near(own.interval.high, theirs.high), "{:?} {:?}", own, theirs);
        }
    }
}
