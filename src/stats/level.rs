//! How sure an interval shall be.

use super::probability::Probability;

/// The confidence level of a two-sided interval: the share of such intervals that hold the truth.
///
/// All intervals are equal-tailed: what is left of 100 % is split evenly between both ends, so
/// that each end alone is a one-sided bound. That is what a gate needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Confidence(Probability);

impl Confidence {
    /// 90 %: each end alone is a one-sided 95 % bound.
    pub const C90: Self = Self(Probability::P90);
    /// 95 %, the usual one.
    pub const C95: Self = Self(Probability::P95);
    /// 99 %.
    pub const C99: Self = Self(Probability::P99);

    /// From a probability, without unit.
    pub const fn new(level: Probability) -> Self {
        Self(level)
    }

    /// The level, without unit, in (0, 1).
    pub fn as_f64(self) -> f64 {
        self.0.as_f64()
    }

    /// The level at which each of `claims` intervals must stand so that all of them hold the truth
    /// as often as one of this level: 1 − (1 − level)/claims (Bonferroni), rounded up to a millionth
    /// of a per cent and never above 99.999999 %.
    #[must_use]
    pub fn shared_by(self, claims: usize) -> Self {
        let outside = 100.0 * self.0.complement() / claims.max(1) as f64;
        let millionths = ((100.0 - outside) * 1e6 * (1.0 - 1e-14)).ceil().min(99_999_999.0);
        let percent = format!("{:.6}", millionths / 1e6);
        Probability::parse(&percent).map_or(self, Self)
    }

    /// The probability beyond each end: (1 − level) / 2.
    pub fn tail(self) -> f64 {
        self.0.complement() / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tails_and_the_level_make_one() {
        assert_eq!(Confidence::C95.tail(), 0.025);
        assert_eq!(Confidence::C90.tail(), 0.05);
        assert_eq!(Confidence::new(Probability::P50).tail(), 0.25);
        assert_eq!(Confidence::C99.as_f64(), 0.99);
    }

    #[test]
    fn what_is_left_is_shared_by_several_claims() {
        assert_eq!(Confidence::C95.shared_by(1), Confidence::C95);
        assert_eq!(Confidence::C95.shared_by(5), Confidence::C99);
        assert_eq!(Confidence::C95.shared_by(3).0.label(), "p98.333334");
        assert_eq!(Confidence::C95.shared_by(usize::MAX).0.label(), "p99.999999");
    }
}
