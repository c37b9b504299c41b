//! Between which values a quantile lies, and how many values that takes.

use super::binomial::ContinuousBinomial;
use super::level::Confidence;
use super::normal::normal_quantile;
use super::probability::Probability;
use super::sample::Sample;

/// An interval whose ends may be infinite. The unit is that of what it is an interval of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end; `None` if nothing bounds the quantity from below.
    pub low: Option<f64>,
    /// The upper end; `None` if nothing bounds the quantity from above.
    pub high: Option<f64>,
}

impl Interval {
    /// From −∞ to ∞: nothing is known.
    pub const UNBOUNDED: Self = Self {
        low: None,
        high: None,
    };
}

/// Which end of an interval is asked for. A censored value counts as its limit at the lower end
/// and as infinite at the upper one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Low,
    High,
}

/// In ranks: a real rank that lies on the outermost knot but for rounding is on it.
const KNOT_SLACK: f64 = 1e-9;

/// The fewest independent values from which both ends of the interval of the `p` quantile are
/// finite: the smallest n with pⁿ ≤ α/2 and (1 − p)ⁿ ≤ α/2. 368 for p99 at 95 %.
pub fn min_n_two_sided(p: Probability, confidence: Confidence) -> u64 {
    let tail = confidence.tail();
    // ln p from 1 − p, which does not cancel for p near 1.
    let ln_larger = if p.as_f64() > 0.5 {
        (-p.complement()).ln_1p()
    } else {
        (-p.as_f64()).ln_1p()
    };
    // The quotient is compared with whole numbers: rounding must not push it past one.
    (tail.ln() / ln_larger * (1.0 - 1e-12)).ceil() as u64
}

/// The highest p whose quantile has a finite interval from `n` independent values: (α/2)^(1/n),
/// without unit. `n` may be an effective size.
pub fn highest_finite_quantile(n: f64, confidence: Confidence) -> f64 {
    (confidence.tail().ln() / n).exp()
}

impl Sample {
    /// The equal-tailed interval of the `p` quantile, in the unit of the sample.
    ///
    /// The exact ranks of [`order_statistic_ranks`](super::order_statistic_ranks) continued
    /// between ranks (Hutson 1999; Beran and Hall 1993), for as many independent values as the
    /// sample is worth. An end is `None` if no rank bounds it; the upper end also if it rests on a
    /// censored value.
    pub fn interval(&self, p: Probability, confidence: Confidence) -> Interval {
        let z = normal_quantile(confidence.tail());
        let binomial = ContinuousBinomial::new(self.effective_size(), p);
        let (first, last) = self.knots();
        // With very few values even the lower end lies above the highest rank (or the upper one
        // below the lowest). The outermost value then bounds it all the more.
        let low = self.value_at(binomial.quantile(z).min(last), End::Low, |x| x);
        let high = self.value_at(binomial.quantile(-z).max(first), End::High, |x| x);
        Interval {
            low: low.is_finite().then_some(low),
            high: high.is_finite().then_some(high),
        }
    }

    /// The first and last knot between which a real rank t, counted from 0 in `effective_size`
    /// values, stands for a value.
    fn knots(&self) -> (f64, f64) {
        let (n, m) = (self.len() as f64, self.effective_size());
        let knot = |k: f64| m * (2.0 * k - 1.0) / (2.0 * n) - 0.5;
        (knot(1.0).max(0.0), knot(n).min(m - 1.0))
    }

    /// The value at the real rank `t`, linear between ranks on the scale of `scale`, which must
    /// increase; infinite outside the knots.
    pub(crate) fn value_at(&self, t: f64, end: End, scale: impl Fn(f64) -> f64) -> f64 {
        let (first, last) = self.knots();
        if t < first - KNOT_SLACK {
            return f64::NEG_INFINITY;
        }
        if t > last + KNOT_SLACK {
            return f64::INFINITY;
        }
        let n = self.len() as f64;
        // The rank k has its knot at m(2k − 1)/(2n) − ½; this is the inverse.
        let position = ((t + 0.5) * (n / self.effective_size()) + 0.5).clamp(1.0, n);
        let rank = position.floor();
        let bound = |rank: usize| {
            let at = self.at_rank(rank);
            if at.censored && end == End::High {
                f64::INFINITY
            } else {
                scale(at.value)
            }
        };
        let below = bound(rank as usize);
        let fraction = position - rank;
        if fraction == 0.0 || below == f64::INFINITY {
            return below;
        }
        below + fraction * (bound(rank as usize + 1) - below)
    }
}

#[cfg(test)]
mod tests {
    use super::super::binomial::order_statistic_ranks;
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn percent() -> impl Strategy<Value = Probability> {
        (1_u32..1000).prop_map(|k| Probability::parse(&format!("{}.{}", k / 10, k % 10)).unwrap())
    }

    #[test]
    fn a_censored_value_bounds_from_below_only() {
        let complete: Vec<f64> = (1..=90).map(f64::from).collect();
        let sample = Sample::with_censored(complete.clone(), vec![200.0; 30]).unwrap();
        let all = Sample::new([complete, vec![200.0; 30]].concat()).unwrap();
        let interval = sample.interval(Probability::P90, Confidence::C95);
        assert_eq!(
            interval,
            Interval {
                low: Some(200.0),
                high: None
            }
        );
        // Where no timeout ranks, they do not matter.
        let median = sample.interval(Probability::P50, Confidence::C95);
        assert_eq!(median, all.interval(Probability::P50, Confidence::C95));
        assert!(median.high.is_some());
    }

    #[test]
    fn one_value_bounds_the_99th_percentile_from_below() {
        let sample = Sample::new(vec![7.0]).unwrap();
        let interval = sample.interval(Probability::P99, Confidence::C95);
        assert_eq!(
            interval,
            Interval {
                low: Some(7.0),
                high: None
            }
        );
        let lowest = sample.interval(Probability::parse("1").unwrap(), Confidence::C95);
        assert_eq!(
            lowest,
            Interval {
                low: None,
                high: Some(7.0)
            }
        );
        assert_eq!(
            sample.interval(Probability::P50, Confidence::C95),
            Interval::UNBOUNDED
        );
    }

    #[test]
    fn a_tail_of_exactly_one_value_is_within() {
        // P(Bin(1, 0.975) ≤ 0) = 0.025: the only value is the exact lower end.
        let p = Probability::parse("97.5").unwrap();
        let interval = Sample::new(vec![7.0]).unwrap().interval(p, Confidence::C95);
        assert_eq!(
            interval,
            Interval {
                low: Some(7.0),
                high: None
            }
        );
    }

    proptest! {
        #[test]
        fn the_fewest_values_are_enough_and_one_less_is_not(p in percent()) {
            let n = min_n_two_sided(p, Confidence::C95);
            let ranks = order_statistic_ranks(n, p, Confidence::C95);
            prop_assert!(ranks.low.is_some() && ranks.high.is_some());
            let fewer = order_statistic_ranks(n - 1, p, Confidence::C95);
            prop_assert!(fewer.low.is_none() || fewer.high.is_none());
            if p.as_f64() > 0.5 {
                prop_assert!(highest_finite_quantile(n as f64, Confidence::C95) >= p.as_f64() - 1e-12);
                prop_assert!(highest_finite_quantile(n as f64 - 1.0, Confidence::C95) < p.as_f64());
            }
        }

        /// The interpolated interval lies within the exact one and contains the one between the
        /// next ranks inside.
        #[test]
        fn the_interval_keeps_to_the_exact_ranks(values in vec(0.0_f64..1e6, 1..300), p in percent()) {
            let sample = Sample::new(values).unwrap();
            let interval = sample.interval(p, Confidence::C95);
            let ranks = order_statistic_ranks(sample.len() as u64, p, Confidence::C95);
            let value = |rank: u64| sample.values()[rank as usize - 1];
            prop_assert_eq!(interval.low.is_some(), ranks.low.is_some());
            prop_assert_eq!(interval.high.is_some(), ranks.high.is_some());
            if let (Some(low), Some(rank)) = (interval.low, ranks.low) {
                prop_assert!(low >= value(rank) - 1e-6 && low <= value((rank + 1).min(sample.len() as u64)) + 1e-6);
            }
            if let (Some(high), Some(rank)) = (interval.high, ranks.high) {
                prop_assert!(high <= value(rank) + 1e-6 && high >= value((rank - 1).max(1)) - 1e-6);
            }
        }

        #[test]
        fn more_confidence_makes_it_no_narrower(values in vec(0.0_f64..1e6, 1..300), p in percent()) {
            let sample = Sample::new(values).unwrap();
            let (wide, narrow) = (sample.interval(p, Confidence::C99), sample.interval(p, Confidence::C90));
            prop_assert!(wide.low.unwrap_or(-1.0) <= narrow.low.unwrap_or(-1.0));
            prop_assert!(wide.high.unwrap_or(1e9) >= narrow.high.unwrap_or(1e9));
        }

        #[test]
        fn fewer_independent_values_make_it_no_narrower(values in vec(0.0_f64..1e6, 20..300), share in 0.3_f64..1.0) {
            let sample = Sample::new(values).unwrap();
            let size = share * sample.len() as f64;
            let wide = sample.clone().with_effective_size(size).unwrap().interval(Probability::P50, Confidence::C95);
            let narrow = sample.interval(Probability::P50, Confidence::C95);
            prop_assert!(wide.low.unwrap_or(-1.0) <= narrow.low.unwrap() + 1e-6);
            prop_assert!(wide.high.unwrap_or(1e9) >= narrow.high.unwrap() - 1e-6);
        }
    }
}
