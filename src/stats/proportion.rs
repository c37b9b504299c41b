//! How often something happens: a share of requests and its intervals.

use super::interval::Interval;
use super::level::Confidence;
use super::normal::normal_quantile;
use super::special::{bisect_unit, incomplete_beta};

/// A count out of a total of at least 1, without unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proportion {
    share: f64,
    effective_size: f64,
}

impl Proportion {
    /// `count` out of `total`. `None` if the total is 0 or less than the count.
    pub fn new(count: u64, total: u64) -> Option<Self> {
        let share = count as f64 / total as f64;
        (total > 0 && count <= total).then_some(Self {
            share,
            effective_size: total as f64,
        })
    }

    /// States how many independent requests the total is worth: events that come in clusters
    /// tell less. `None` unless it is at least 1 and at most what it was before.
    pub fn with_effective_size(mut self, effective_size: f64) -> Option<Self> {
        let valid = effective_size >= 1.0 && effective_size <= self.effective_size;
        self.effective_size = effective_size;
        valid.then_some(self)
    }

    /// The share, from 0 to 1.
    pub fn share(&self) -> f64 {
        self.share
    }

    /// The interval of Wilson (1927), from 0 to 1, both ends always finite: the shares at which
    /// the normal approximation would not reject what was counted. Its lower end is exactly 0 if
    /// nothing was counted, its upper end exactly 1 if everything was.
    pub fn wilson(&self, confidence: Confidence) -> Interval {
        let (p, n) = (self.share, self.effective_size);
        let z = -normal_quantile(confidence.tail());
        let z2_n = z * z / n;
        let centre = p + z2_n / 2.0;
        let spread = (z2_n * (p * (1.0 - p) + z2_n / 4.0)).sqrt();
        let low = if p == 0.0 {
            0.0
        } else {
            (centre - spread) / (1.0 + z2_n)
        };
        let high = if p == 1.0 {
            1.0
        } else {
            (centre + spread) / (1.0 + z2_n)
        };
        Interval {
            low: Some(low),
            high: Some(high),
        }
    }

    /// The exact interval of Clopper and Pearson (1934), from 0 to 1: beyond each end the true share
    /// would give what was counted, or more of the kind, with less than the probability of that
    /// end. It never claims more than it promises, however rare what is counted is, where Wilson's
    /// lower end does: a gate needs that.
    pub fn clopper_pearson(&self, confidence: Confidence) -> Interval {
        let (count, n) = (self.share * self.effective_size, self.effective_size);
        let tail = confidence.tail();
        let low = if self.share == 0.0 {
            0.0
        } else {
            bisect_unit(tail, |x| incomplete_beta(count, n - count + 1.0, x, 1.0 - x))
        };
        let high = if self.share == 1.0 {
            1.0
        } else {
            bisect_unit(1.0 - tail, |x| {
                incomplete_beta(count + 1.0, n - count, x, 1.0 - x)
            })
        };
        Interval {
            low: Some(low),
            high: Some(high),
        }
    }

    /// The one-sided 95 % upper bound of Clopper and Pearson (1934), from 0 to 1: were the true
    /// share any larger, so few would be counted at most once in twenty times. With nothing
    /// counted it is 1 − 0.05^(1/n), about 3/n.
    pub fn upper_bound_95(&self) -> f64 {
        let (count, n) = (self.share * self.effective_size, self.effective_size);
        if self.share == 1.0 {
            return 1.0;
        }
        bisect_unit(0.95, |x| incomplete_beta(count + 1.0, n - count, x, 1.0 - x))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_count_is_part_of_its_total() {
        assert_eq!(Proportion::new(0, 0), None);
        assert_eq!(Proportion::new(3, 2), None);
        let all = Proportion::new(2, 2).unwrap();
        assert_eq!((all.share(), all.upper_bound_95()), (1.0, 1.0));
        assert_eq!(all.with_effective_size(2.5), None);
        assert_eq!(all.with_effective_size(f64::NAN), None);
    }

    #[test]
    fn the_exact_interval_leaves_so_much_on_each_side() {
        // Binomial probabilities summed up: at each end what was counted, or more of the kind, has 2.5 %.
        for (count, n) in [(1_u64, 100_u64), (3, 10), (7, 400), (39, 40)] {
            let exact = Proportion::new(count, n)
                .unwrap()
                .clopper_pearson(Confidence::C95);
            let at_most = |k: u64, x: f64| -> f64 {
                let mut term = (1.0 - x).powi(n as i32);
                let mut sum = 0.0;
                for i in 0..=k {
                    sum += term;
                    term *= (n - i) as f64 / (i + 1) as f64 * x / (1.0 - x);
                }
                sum
            };
            let (low, high) = (exact.low.unwrap(), exact.high.unwrap());
            assert!(
                (1.0 - at_most(count - 1, low) - 0.025).abs() < 1e-9,
                "{count} of {n}"
            );
            assert!((at_most(count, high) - 0.025).abs() < 1e-9, "{count} of {n}");
        }
        let none = Proportion::new(0, 300).unwrap().clopper_pearson(Confidence::C90);
        let one_sided = Proportion::new(0, 300).unwrap().upper_bound_95();
        assert_eq!(none.low, Some(0.0));
        assert!((none.high.unwrap() / one_sided - 1.0).abs() < 1e-9);
        let all = Proportion::new(300, 300)
            .unwrap()
            .clopper_pearson(Confidence::C90);
        assert_eq!(all.high, Some(1.0));
    }

    proptest! {
        #[test]
        fn the_intervals_hold_the_share_and_narrow_with_the_size(count in 0_u64..500, more in 1_u64..500, part in 0.1_f64..0.9) {
            let all = Proportion::new(count, count + more).unwrap();
            let size = (part * (count + more) as f64).max(1.0);
            let fewer = all.with_effective_size(size).unwrap();
            prop_assert_eq!(fewer.share(), all.share());
            let (wide, narrow) = (fewer.wilson(Confidence::C95), all.wilson(Confidence::C95));
            prop_assert!(wide.low <= narrow.low && narrow.low <= Some(all.share()));
            prop_assert!(wide.high >= narrow.high && narrow.high >= Some(all.share()));
            prop_assert!(all.upper_bound_95() > all.share());
            prop_assert!(fewer.upper_bound_95() >= all.upper_bound_95());
        }

        #[test]
        fn nothing_counted_has_a_closed_bound(total in 1_u64..100_000) {
            let bound = Proportion::new(0, total).unwrap().upper_bound_95();
            let closed = -(0.05_f64.ln() / total as f64).exp_m1();
            prop_assert!((bound / closed - 1.0).abs() < 1e-9);
        }

        #[test]
        fn nothing_and_everything_reach_the_ends_exactly(total in 1_u64..1_000_000) {
            let nothing = Proportion::new(0, total).unwrap().wilson(Confidence::C95);
            let everything = Proportion::new(total, total).unwrap().wilson(Confidence::C95);
            prop_assert_eq!((nothing.low, everything.high), (Some(0.0), Some(1.0)));
        }

        #[test]
        fn wilson_mirrors(count in 0_u64..500, more in 1_u64..500) {
            let one = Proportion::new(count, count + more).unwrap().wilson(Confidence::C95);
            let other = Proportion::new(more, count + more).unwrap().wilson(Confidence::C95);
            prop_assert!((one.low.unwrap() + other.high.unwrap() - 1.0).abs() < 1e-12);
        }
    }
}
