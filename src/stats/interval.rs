//! Between which values a quantile lies, and how many values that takes.

use super::binomial::ContinuousBinomial;
use super::histogram::bucket_edges;
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
        self.interval_on(p, confidence, |x| x)
    }

    /// [`interval`](Self::interval) on a scale that increases, on which it is linear between ranks.
    pub(crate) fn interval_on(
        &self,
        p: Probability,
        confidence: Confidence,
        scale: fn(f64) -> f64,
    ) -> Interval {
        let z = normal_quantile(confidence.tail());
        let binomial = ContinuousBinomial::new(self.effective_size(), p);
        let (first, last) = self.knots();
        // With very few values even the lower end lies above the highest rank (or the upper one
        // below the lowest). The outermost value then bounds it all the more.
        let low = self.value_at(binomial.quantile(z).min(last), End::Low, scale);
        let high = self.value_at(binomial.quantile(-z).max(first), End::High, scale);
        Interval {
            low: low.is_finite().then_some(low),
            high: high.is_finite().then_some(high),
        }
    }

    /// The interval of the `p` quantile with each end moved outward to a value that was observed. If
    /// the sample is worth as many independent values as it has, its ends are those of
    /// [`order_statistic_ranks`](super::order_statistic_ranks).
    pub fn interval_outward(&self, p: Probability, confidence: Confidence) -> Interval {
        let z = normal_quantile(confidence.tail());
        let binomial = ContinuousBinomial::new(self.effective_size(), p);
        let low = self.value_around(binomial.quantile(z), End::Low, |x| x);
        let high = self.value_around(binomial.quantile(-z), End::High, |x| x);
        Interval {
            low: low.is_finite().then_some(low),
            high: high.is_finite().then_some(high),
        }
    }

    /// The first and last knot between which a real rank t, counted from 0 in `effective_size`
    /// values, stands for a value.
    fn knots(&self) -> (f64, f64) {
        let (n, m) = (self.len(), self.effective_size());
        let knot = |rank: usize| match self.weights() {
            None => m * (2.0 * rank as f64 - 1.0) / (2.0 * n as f64) - 0.5,
            Some(weights) => m * weights.middle(rank) - 0.5,
        };
        (knot(1).max(0.0), knot(n).min(m - 1.0))
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
        let (n, m) = (self.len(), self.effective_size());
        // The rank k has its knot at m(2k − 1)/(2n) − ½, with weights at m(W₍ₖ₋₁₎ + W₍ₖ₎)/2 − ½; this
        // is the inverse.
        let (rank, fraction) = match self.weights() {
            None => {
                let position = ((t + 0.5) * (n as f64 / m) + 0.5).clamp(1.0, n as f64);
                (position.floor() as usize, position.fract())
            }
            Some(weights) => weights.between_middles((t + 0.5) / m),
        };
        let below = self.bound(rank.max(1), end, &scale);
        if rank == 0 || fraction == 0.0 || below == f64::INFINITY {
            return below;
        }
        below + fraction * (self.bound(rank + 1, end, &scale) - below)
    }

    /// The value of a whole rank around the real rank `t` that cannot be inside it: at the lower end
    /// that of the largest rank k with m·W₍ₖ₋₁₎ ≤ t, at the upper end that of the smallest with
    /// m·W₍ₖ₎ − 1 ≥ t, where W is the share of the weight of the first k values. Infinite where there
    /// is none.
    pub(crate) fn value_around(&self, t: f64, end: End, scale: impl Fn(f64) -> f64) -> f64 {
        let rank = outward_rank(self.len(), self.effective_size(), t, end, |rank| {
            match self.weights() {
                None => rank as f64 / self.len() as f64,
                Some(weights) => weights.up_to(rank),
            }
        });
        match (rank, end) {
            (Some(rank), _) => self.bound(rank, end, scale),
            (None, End::Low) => f64::NEG_INFINITY,
            (None, End::High) => f64::INFINITY,
        }
    }

    /// The value of a rank on a scale as a bound from one side.
    fn bound(&self, rank: usize, end: End, scale: impl Fn(f64) -> f64) -> f64 {
        let at = self.at_rank(rank);
        match end {
            End::High if at.censored => f64::INFINITY,
            _ if !self.is_binned() => scale(at.value),
            End::Low => scale(bucket_edges(at.value).0),
            End::High => scale(bucket_edges(at.value).1),
        }
    }
}

/// Of `n` ranks that are worth `m` independent values the one that [`Sample::value_around`] means;
/// `up_to` is the share W of the weight of the first so many.
fn outward_rank(n: usize, m: f64, t: f64, end: End, up_to: impl Fn(usize) -> f64) -> Option<usize> {
    // How many ranks from 1 on fulfil a condition that holds up to some rank.
    let count = |holds: &dyn Fn(usize) -> bool| {
        let (mut low, mut high) = (0, n + 1);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if holds(middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        low
    };
    let rank = match end {
        End::Low => count(&|rank| m * up_to(rank - 1) <= t + KNOT_SLACK),
        End::High => count(&|rank| m * up_to(rank) - 1.0 < t - KNOT_SLACK) + 1,
    };
    (1..=n).contains(&rank).then_some(rank)
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
        fn outward_of_all_values_is_the_exact_interval(values in vec(0.0_f64..1e6, 1..300), p in percent()) {
            let sample = Sample::new(values).unwrap();
            let ranks = order_statistic_ranks(sample.len() as u64, p, Confidence::C95);
            let value = |rank: u64| sample.values()[rank as usize - 1];
            let exact = Interval { low: ranks.low.map(value), high: ranks.high.map(value) };
            prop_assert_eq!(sample.interval_outward(p, Confidence::C95), exact);
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
