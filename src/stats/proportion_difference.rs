//! By how much two shares of requests differ.

use super::interval::Interval;
use super::level::Confidence;
use super::proportion::Proportion;

/// The candidate's share minus the baseline's, without unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProportionDifference {
    /// The difference, from −1 to 1.
    pub difference: f64,
    /// The interval of Newcombe (1998), method 10: each end from the ends of both intervals of
    /// Wilson. Both ends are finite and within ±1.
    pub interval: Interval,
}

impl ProportionDifference {
    /// Of two shares, each worth as many independent requests as it says.
    pub fn of(baseline: &Proportion, candidate: &Proportion, confidence: Confidence) -> Self {
        let (a, b) = (baseline.share(), candidate.share());
        let ends = |proportion: &Proportion| {
            let interval = proportion.wilson(confidence);
            (interval.low.unwrap_or(0.0), interval.high.unwrap_or(1.0))
        };
        let ((a_low, a_high), (b_low, b_high)) = (ends(baseline), ends(candidate));
        let difference = b - a;
        Self {
            difference,
            interval: Interval {
                low: Some(difference - (b - b_low).hypot(a_high - a)),
                high: Some(difference + (b_high - b).hypot(a - a_low)),
            },
        }
    }

    /// Whether the interval excludes 0.
    pub fn is_shown(&self) -> bool {
        self.interval.low.is_some_and(|low| low > 0.0) || self.interval.high.is_some_and(|high| high < 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_on_both_sides_is_no_difference() {
        let nothing = Proportion::new(0, 40).unwrap();
        let difference = ProportionDifference::of(&nothing, &nothing, Confidence::C95);
        assert_eq!((difference.difference, difference.is_shown()), (0.0, false));
        let all = Proportion::new(30, 30).unwrap();
        assert!(ProportionDifference::of(&nothing, &all, Confidence::C95).is_shown());
    }

    proptest! {
        #[test]
        fn swapping_the_samples_mirrors(k in 0_u64..50, n in 50_u64..200, l in 0_u64..50, m in 50_u64..200, worth in 0.1_f64..1.0) {
            let (a, b) = (Proportion::new(k, n).unwrap(), Proportion::new(l, m).unwrap());
            let of = |a, b| ProportionDifference::of(a, b, Confidence::C95);
            let (there, back) = (of(&a, &b), of(&b, &a));
            let ends = |x: &ProportionDifference| (x.interval.low.unwrap(), x.interval.high.unwrap());
            prop_assert!((ends(&there).0 + ends(&back).1).abs() < 1e-12 && there.difference == -back.difference);
            prop_assert!(ends(&there).0 >= -1.0 && ends(&there).1 <= 1.0);
            prop_assert!(ends(&there).0 <= there.difference && there.difference <= ends(&there).1);
            let fewer = of(&a.with_effective_size(worth * n as f64).unwrap(), &b);
            prop_assert!(ends(&fewer).0 <= ends(&there).0 && ends(&fewer).1 >= ends(&there).1);
        }
    }
}
