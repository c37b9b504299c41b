//! What an interval of a ratio proves.

use super::confidence::QuantileComparison;
use super::interval::Interval;

/// What the interval of candidate over baseline says of a change by more than a margin δ, which
/// both (1 + δ)-fold and its inverse stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The whole interval is below 1/(1 + δ): the candidate is faster by more than the margin.
    Improved,
    /// The whole interval is above 1 + δ: the candidate is slower by more than the margin.
    Regressed,
    /// The whole interval is within the margin: two one-sided tests (Schuirmann 1987).
    Equivalent,
    /// None of these.
    Inconclusive,
}

impl Verdict {
    /// The margin if none is stated: 5 %.
    pub const DEFAULT_MARGIN: f64 = 0.05;

    /// Of the interval of a ratio; with 95 % confidence each decision errs in at most 2.5 %. A
    /// negative margin is none.
    pub fn of(ratio: Interval, margin: f64) -> Self {
        let (low, high) = ends(ratio);
        let most = 1.0 + margin.max(0.0);
        let least = 1.0 / most;
        if low > most {
            Self::Regressed
        } else if high < least {
            Self::Improved
        } else if low >= least && high <= most {
            Self::Equivalent
        } else {
            Self::Inconclusive
        }
    }

    /// The word for it in output: `improved`, `regressed`, `equivalent`, `inconclusive`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Improved => "improved",
            Self::Regressed => "regressed",
            Self::Equivalent => "equivalent",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// From 0 to infinity where nothing bounds a ratio.
fn ends(ratio: Interval) -> (f64, f64) {
    (ratio.low.unwrap_or(0.0), ratio.high.unwrap_or(f64::INFINITY))
}

/// By how much a quantile of one half of a sample differs from that of the other, as a share of the
/// smaller one, where the interval of their ratio excludes 1: a sample that differs from itself.
/// No margin below it means anything. `None` if the interval holds 1.
pub fn noise_floor(halves: &QuantileComparison) -> Option<f64> {
    let (low, high) = ends(halves.ratio_interval);
    let ratio = halves.ratio?;
    (low > 1.0 || high < 1.0).then(|| ratio.max(ratio.recip()) - 1.0)
}

#[cfg(test)]
mod tests {
    use super::super::{Confidence, Decision, Probability, Sample, compare};
    use super::*;
    use proptest::prelude::*;

    fn interval(low: f64, high: f64) -> Interval {
        Interval {
            low: Some(low),
            high: Some(high),
        }
    }

    #[test]
    fn words() {
        use Verdict::{Equivalent, Improved, Inconclusive, Regressed};
        assert_eq!(
            [Improved, Regressed, Equivalent, Inconclusive].map(Verdict::as_str),
            ["improved", "regressed", "equivalent", "inconclusive"]
        );
    }

    #[test]
    fn a_sample_that_differs_from_itself_has_a_noise_floor() {
        let half = |factor: f64| Sample::new((100..400).map(|i| factor * f64::from(i)).collect()).unwrap();
        let of = |factor| {
            noise_floor(&compare(
                &half(1.0),
                &half(factor),
                Probability::P50,
                Confidence::C95,
            ))
        };
        assert_eq!(of(1.0), None);
        assert!((of(1.5).unwrap() - 0.5).abs() < 1e-9);
        assert!((of(1.0 / 1.5).unwrap() - 0.5).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn swapping_the_samples_mirrors_the_verdict(low in 0.2_f64..2.0, width in 1.0_f64..2.0, margin in 0.0_f64..0.5) {
            let there = Verdict::of(interval(low, low * width), margin);
            let back = Verdict::of(interval(1.0 / (low * width), 1.0 / low), margin);
            prop_assert_eq!(back, match there {
                Verdict::Improved => Verdict::Regressed,
                Verdict::Regressed => Verdict::Improved,
                other => other,
            });
            // What regressed fails the gate, what did not regress by proof passes it.
            let gate = Decision::of_growth(interval(low, low * width), margin);
            prop_assert_eq!(there == Verdict::Regressed, gate == Decision::Fail);
            prop_assert!(!matches!(there, Verdict::Improved | Verdict::Equivalent) || gate == Decision::Pass);
        }
    }
}
