//! Whether two samples were given the same work.

use super::check::Check;
use super::interval::Interval;
use super::level::Confidence;
use super::normal::normal_quantile;
use super::ordering::largest_distance;
use super::sort::ascending;

/// How far a quantity that latency depends on, such as the number of input tokens, differs between
/// two samples. It is compared as ln(1 + x).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Balance {
    /// The standardised mean difference d = (ȳ − x̄)/√((s²ₓ + s²ᵧ)/2), candidate minus baseline
    /// (Austin 2009). Infinite if the means differ and nothing varies.
    pub difference: f64,
    /// √((n + m)/(nm) + d²/(2(n + m))).
    pub standard_error: f64,
    /// The candidate's variance over the baseline's; 1 if both are 0.
    pub variance_ratio: f64,
    /// D of Kolmogorov and Smirnov.
    pub distance: f64,
}

impl Balance {
    /// A difference below which samples are balanced, if it is known well enough. Also what an
    /// output that the model itself determines may differ by without being adjusted for.
    pub const SMALL: f64 = 0.1;
    /// A difference within which the whole interval of a balanced one lies.
    pub const LARGE: f64 = 0.25;
    /// The largest factor between the variances.
    pub const VARIANCE_FACTOR: f64 = 2.0;
    /// The largest distance between the distributions.
    pub const DISTANCE: f64 = 0.15;

    /// Of values in any order and any unit. `None` with fewer than two on a side or if one is negative
    /// or not finite.
    pub fn of(baseline: &[f64], candidate: &[f64]) -> Option<Self> {
        let valid = |value: &f64| value.is_finite() && *value >= 0.0;
        if !baseline.iter().chain(candidate).all(valid) {
            return None;
        }
        Self::of_sorted(&ascending(baseline.to_vec()), &ascending(candidate.to_vec()))
    }

    /// [`of`](Self::of) values that ascend.
    pub fn of_sorted(a: &[f64], b: &[f64]) -> Option<Self> {
        let is_valid =
            |sorted: &[f64]| sorted.len() >= 2 && sorted[0] >= 0.0 && sorted[sorted.len() - 1].is_finite();
        if !is_valid(a) || !is_valid(b) {
            return None;
        }
        let ((mean_a, var_a), (mean_b, var_b)) = (moments(a), moments(b));
        let (n, m) = (a.len() as f64, b.len() as f64);
        let distance = mean_b - mean_a;
        let difference = if distance == 0.0 {
            0.0
        } else {
            distance / (0.5 * (var_a + var_b)).sqrt()
        };
        Some(Self {
            difference,
            standard_error: ((n + m) / (n * m) + difference.powi(2) / (2.0 * (n + m))).sqrt(),
            variance_ratio: if var_a == var_b { 1.0 } else { var_b / var_a },
            distance: largest_distance(a.into(), b.into()),
        })
    }

    /// The interval of the difference, normal. Unbounded if it is infinite.
    pub fn interval(&self, confidence: Confidence) -> Interval {
        if !self.difference.is_finite() {
            return Interval::UNBOUNDED;
        }
        let spread = -normal_quantile(confidence.tail()) * self.standard_error;
        Interval {
            low: Some(self.difference - spread),
            high: Some(self.difference + spread),
        }
    }

    /// Balanced: the difference is small, its 95 % interval within ±0.25 and neither spread nor shape
    /// differ. Confounded: the interval excludes all of ±0.1, or it excludes 0 and the difference
    /// is above 0.25. Otherwise a warning: not shown to be balanced.
    pub fn check(&self) -> Check {
        let Interval {
            low: Some(low),
            high: Some(high),
        } = self.interval(Confidence::C95)
        else {
            return Check::Confounded;
        };
        let apart = |limit: f64| low > limit || high < -limit;
        let size = self.difference.abs();
        if apart(Self::SMALL) || (size > Self::LARGE && apart(0.0)) {
            return Check::Confounded;
        }
        let alike = self.variance_ratio >= 1.0 / Self::VARIANCE_FACTOR
            && self.variance_ratio <= Self::VARIANCE_FACTOR
            && self.distance <= Self::DISTANCE;
        if size < Self::SMALL && low >= -Self::LARGE && high <= Self::LARGE && alike {
            Check::Ok
        } else {
            Check::Warn
        }
    }

    /// Whether something that the model itself determines, such as the length of its answers, differs
    /// so much that a comparison without it must stand beside the one with it.
    pub fn calls_for_adjustment(&self) -> bool {
        self.difference.abs() > Self::SMALL
    }
}

/// The mean and the variance with n − 1 of ln(1 + x) of sorted values.
fn moments(sorted: &[f64]) -> (f64, f64) {
    // Tokens are whole numbers, of which few differ.
    let different = sorted.chunk_by(|a, b| a == b);
    let counted: Vec<(f64, f64)> = different.map(|tie| (tie[0].ln_1p(), tie.len() as f64)).collect();
    // Equal values have no variance, whatever rounding says.
    if let [(value, _)] = counted[..] {
        return (value, 0.0);
    }
    let n = sorted.len() as f64;
    let mean = counted.iter().map(|(value, count)| count * value).sum::<f64>() / n;
    let squares: f64 = counted
        .iter()
        .map(|(value, count)| count * (value - mean).powi(2))
        .sum();
    (mean, squares / (n - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn of(a: &[f64], b: &[f64]) -> Balance {
        Balance::of(a, b).unwrap()
    }

    #[test]
    fn what_does_not_vary() {
        let same = of(&[7.0; 50], &[7.0; 60]);
        assert_eq!(
            (same.difference, same.variance_ratio, same.distance),
            (0.0, 1.0, 0.0)
        );
        assert_eq!(of(&[7.0; 500], &[7.0; 600]).check(), Check::Ok);
        // Fifty requests a side cannot show it.
        assert_eq!(same.check(), Check::Warn);
        let other = of(&[7.0; 50], &[8.0; 60]);
        assert_eq!(
            (other.difference, other.check()),
            (f64::INFINITY, Check::Confounded)
        );
        assert_eq!(other.interval(Confidence::C95), Interval::UNBOUNDED);
        assert_eq!(Balance::of(&[1.0], &[1.0, 2.0]), None);
        assert_eq!(Balance::of(&[1.0, -1.0], &[1.0, 2.0]), None);
    }

    #[test]
    fn thresholds() {
        let of = |difference, standard_error, variance_ratio, distance| {
            Balance {
                difference,
                standard_error,
                variance_ratio,
                distance,
            }
            .check()
        };
        assert_eq!(of(0.05, 0.05, 1.0, 0.1), Check::Ok);
        assert_eq!(of(0.05, 0.15, 1.0, 0.1), Check::Warn);
        assert_eq!(of(0.05, 0.05, 2.1, 0.1), Check::Warn);
        assert_eq!(of(0.05, 0.05, 0.4, 0.1), Check::Warn);
        assert_eq!(of(0.05, 0.05, 1.0, 0.16), Check::Warn);
        assert_eq!(of(-0.15, 0.05, 1.0, 0.1), Check::Warn);
        assert_eq!(of(-0.2, 0.04, 1.0, 0.1), Check::Confounded);
        assert_eq!(of(0.3, 0.14, 1.0, 0.1), Check::Confounded);
        assert_eq!(of(0.3, 0.2, 1.0, 0.1), Check::Warn);
    }

    proptest! {
        #[test]
        fn swapping_the_samples_mirrors(a in vec(0.0_f64..1e4, 2..60), b in vec(0.0_f64..1e4, 2..60)) {
            let (there, back) = (of(&a, &b), of(&b, &a));
            prop_assert!((there.difference + back.difference).abs() < 1e-9);
            prop_assert!((there.variance_ratio * back.variance_ratio - 1.0).abs() < 1e-9);
            prop_assert_eq!((there.distance, there.check()), (back.distance, back.check()));
        }
    }
}
