//! What an interval says of a threshold.

use super::expression::Operator;
use crate::stats::Interval;

/// What a gate came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The interval lies on the right side of the threshold.
    Pass,
    /// It holds the threshold, or cannot be believed.
    Inconclusive,
    /// It lies on the wrong side.
    Fail,
}

impl Verdict {
    /// The word in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
        }
    }
}

/// Decides on intervals: it fails if all of `to_fail` lies beyond the threshold, and passes if all of
/// `to_pass` does not. `to_fail` must hold `to_pass`. An end that is not known decides nothing.
pub fn decide(to_fail: Interval, to_pass: Interval, operator: Operator, threshold: f64) -> Verdict {
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
        (true, _) => Verdict::Fail,
        (false, true) => Verdict::Pass,
        (false, false) => Verdict::Inconclusive,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Operator::{Above, Below};
    use Verdict::{Fail, Inconclusive, Pass};

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
                    decide(interval, interval, Above, 1.1),
                    decide(interval, interval, Below, 1.1)
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
        assert_eq!(decide(narrow, narrow, Above, 1.1), Fail);
        assert_eq!(decide(wide, narrow, Above, 1.1), Inconclusive);
        assert_eq!(decide(wide, narrow, Above, 1.3), Pass);
        assert_eq!(decide(wide, narrow, Below, 1.32), Inconclusive);
        assert_eq!(decide(wide, narrow, Below, 1.36), Fail);
    }
}
