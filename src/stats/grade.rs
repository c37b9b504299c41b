//! How far a quantile can be believed with so many values.

use super::interval::min_n_two_sided;
use super::level::Confidence;
use super::probability::Probability;

/// What an estimate of an upper quantile (p ≥ ½) is worth, from worst to best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// Fewer than ⌈1/(1 − p)⌉ independent values: the estimate is their maximum.
    MaxOnly,
    /// The 95 % interval has no upper end: see [`min_n_two_sided`].
    LowerBoundOnly,
    /// Fewer than 10/(1 − p) independent values: the interval is finite but rests on a few values
    /// above the quantile. The rule by which AWS calls a percentile statistically insufficient.
    Wide,
    /// Enough independent values.
    Ok,
}

impl Grade {
    /// The grade of the `p` quantile from `effective_size` independent values. The worst if that is
    /// not a number.
    pub fn of(effective_size: f64, p: Probability) -> Self {
        let values_per_exceedance = 1.0 / p.complement();
        // The quotient of 1/(1 − p) may be a rounding error above a whole number.
        let fewest = (values_per_exceedance * (1.0 - 1e-12)).ceil();
        if effective_size.is_nan() || effective_size < fewest {
            Self::MaxOnly
        } else if effective_size < min_n_two_sided(p, Confidence::C95) as f64 {
            Self::LowerBoundOnly
        } else if effective_size < 10.0 * values_per_exceedance * (1.0 - 1e-12) {
            Self::Wide
        } else {
            Self::Ok
        }
    }

    /// The word for it in output: `max-only`, `lower-bound-only`, `wide`, `ok`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MaxOnly => "max-only",
            Self::LowerBoundOnly => "lower-bound-only",
            Self::Wide => "wide",
            Self::Ok => "ok",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_grades_change_where_they_should() {
        let p999 = Probability::parse("99.9").unwrap();
        for (p, max_only, finite, ok) in [
            (Probability::P50, 2.0, 6.0, 20.0),
            (Probability::P90, 10.0, 36.0, 100.0),
            (Probability::P95, 20.0, 72.0, 200.0),
            (Probability::P99, 100.0, 368.0, 1000.0),
            (p999, 1000.0, 3688.0, 10_000.0),
        ] {
            for (n, grade) in [
                (max_only - 0.5, Grade::MaxOnly),
                (max_only, Grade::LowerBoundOnly),
                (finite - 0.5, Grade::LowerBoundOnly),
                (finite, Grade::Wide),
                (ok - 0.5, Grade::Wide),
                (ok, Grade::Ok),
            ] {
                assert_eq!(Grade::of(n, p), grade, "{} of {n}", p.label());
            }
        }
    }

    #[test]
    fn an_unknown_size_is_none() {
        assert_eq!(Grade::of(f64::NAN, Probability::P50), Grade::MaxOnly);
    }

    #[test]
    fn words() {
        let grades = [Grade::MaxOnly, Grade::LowerBoundOnly, Grade::Wide, Grade::Ok];
        assert_eq!(
            grades.map(Grade::as_str),
            ["max-only", "lower-bound-only", "wide", "ok"]
        );
    }

    proptest! {
        #[test]
        fn the_maximum_is_the_nearest_rank_exactly_where_the_grade_says(n in 1_u64..5000, tenths in 500_u32..1000) {
            let p = Probability::parse(&format!("{}.{}", tenths / 10, tenths % 10)).unwrap();
            prop_assert_eq!(Grade::of(n as f64, p) == Grade::MaxOnly, p.rank(n) == n);
        }

        #[test]
        fn more_values_are_no_worse(n in 1.0_f64..20_000.0, more in 0.0_f64..20_000.0, percent in 50_u32..100) {
            let p = Probability::parse(&percent.to_string()).unwrap();
            prop_assert!(Grade::of(n, p) <= Grade::of(n + more, p));
        }
    }
}
