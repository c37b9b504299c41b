//! What an interval says of a threshold.

use super::interval::Interval;

/// On which side of its threshold a quantity is not to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// Above it.
    Above,
    /// Below it.
    Below,
}

/// What a gate came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// The interval lies on the right side of the threshold.
    Pass,
    /// It holds the threshold, or cannot be believed.
    Inconclusive,
    /// It lies on the wrong side.
    Fail,
}

impl Decision {
    /// The word in outputs: `pass`, `inconclusive`, `fail`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
        }
    }

    /// Decides on intervals: it fails if all of `to_fail` lies beyond the threshold, and passes if all of
    /// `to_pass` does not. `to_fail` must hold `to_pass`. An end that is not known decides nothing.
    pub fn of(to_fail: Interval, to_pass: Interval, operator: Operator, threshold: f64) -> Self {
        let (is_failed, is_passed) = match operator {
            Operator::Above => (
                to_fail.low.is_some_and(|low| low > threshold),
                to_pass.high.is_some_and(|high| high <= threshold),
            ),
            Operator::Below => (
                to_fail.high.is_some_and(|high| high < threshold),
                to_pass.low.is_some_and(|low| low >= threshold),
            ),
        };
        match (is_failed, is_passed) {
            (true, _) => Self::Fail,
            (false, true) => Self::Pass,
            (false, false) => Self::Inconclusive,
        }
    }

    /// Whether a ratio has grown by more than a margin. A negative margin demands that it shrank.
    pub fn of_growth(ratio: Interval, margin: f64) -> Self {
        Self::of(ratio, ratio, Operator::Above, 1.0 + margin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Decision::{Fail, Inconclusive, Pass};
    use Operator::{Above, Below};

    #[test]
    fn an_interval_decides_and_an_infinite_end_does_not() {
        for (low, high, above, below) in [
            (Some(1.2), Some(1.4), Fail, Pass),
            (Some(1.1), Some(1.4), Inconclusive, Pass),
            (Some(1.0), Some(1.2), Inconclusive, Inconclusive),
            (Some(1.0), Some(1.1), Pass, Inconclusive),
            (Some(0.9), Some(1.0), Pass, Fail),
            (Some(1.1), Some(1.1), Pass, Pass),
            (None, Some(1.0), Pass, Fail),
            (None, Some(1.2), Inconclusive, Inconclusive),
            (Some(1.2), None, Fail, Pass),
            (Some(1.0), None, Inconclusive, Inconclusive),
            (None, None, Inconclusive, Inconclusive),
        ] {
            let interval = Interval { low, high };
            assert_eq!(
                (
                    Decision::of(interval, interval, Above, 1.1),
                    Decision::of(interval, interval, Below, 1.1)
                ),
                (above, below),
                "{interval:?}"
            );
        }
    }

    #[test]
    fn a_failure_needs_the_wider_interval() {
        let interval = |low, high| Interval {
            low: Some(low),
            high: Some(high),
        };
        let (wide, narrow) = (interval(1.05, 1.35), interval(1.12, 1.3));
        assert_eq!(Decision::of(narrow, narrow, Above, 1.1), Fail);
        assert_eq!(Decision::of(wide, narrow, Above, 1.1), Inconclusive);
        assert_eq!(Decision::of(wide, narrow, Above, 1.3), Pass);
        assert_eq!(Decision::of(wide, narrow, Below, 1.32), Inconclusive);
        assert_eq!(Decision::of(wide, narrow, Below, 1.36), Fail);
    }

    #[test]
    fn a_gate_may_demand_an_improvement() {
        let of = |low, high| {
            let ratio = Interval {
                low: Some(low),
                high: Some(high),
            };
            Decision::of_growth(ratio, -0.1)
        };
        assert_eq!(of(0.7, 0.9), Pass);
        assert_eq!(of(0.7, 1.0), Inconclusive);
        assert_eq!(of(0.95, 1.0), Fail);
        assert_eq!(Decision::of_growth(Interval::UNBOUNDED, 0.1), Inconclusive);
    }
}
