//! Which quantile is meant, without rounding: a probability as a ratio of integers.

use std::fmt;

/// A probability strictly between 0 and 1, as an exact ratio of integers.
///
/// In binary floating point 0.55 × 100 is a little more than 55, and its ceiling is 56: the rank
/// of the 55th percentile of a hundred values would be one too high. Ranks are therefore computed
/// in integers. Every value comes from a decimal number of percent, so that [`label`](Self::label)
/// is exact too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Probability {
    numerator: u64,
    denominator: u64,
}

/// Why a text is not a [`Probability`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParseProbabilityError {
    /// It is not a plain decimal number such as `99` or `99.9`.
    NotANumber,
    /// It is not strictly between 0 and 100.
    OutOfRange,
    /// It has more than [`Probability::MAX_DECIMALS`] decimals.
    TooPrecise,
}

impl fmt::Display for ParseProbabilityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotANumber => "not a decimal number of percent",
            Self::OutOfRange => "a quantile lies strictly between 0 and 100 percent",
            Self::TooPrecise => "more decimals than a quantile can have",
        })
    }
}

impl std::error::Error for ParseProbabilityError {}

impl Probability {
    /// The most decimals of a percentage that are read. More would ask for 10^14 requests.
    pub const MAX_DECIMALS: usize = 12;
    /// The median.
    pub const P50: Self = Self {
        numerator: 1,
        denominator: 2,
    };
    /// The 90th percentile.
    pub const P90: Self = Self {
        numerator: 9,
        denominator: 10,
    };
    /// The 95th percentile.
    pub const P95: Self = Self {
        numerator: 19,
        denominator: 20,
    };
    /// The 99th percentile.
    pub const P99: Self = Self {
        numerator: 99,
        denominator: 100,
    };

    /// Reads a number of percent written in decimal digits: `99.9` is 999/1000.
    ///
    /// # Errors
    /// If the text is no plain decimal number (a sign, an exponent or a missing digit around the
    /// point included), is not strictly between 0 and 100, or has too many decimals.
    pub fn parse(percent: &str) -> Result<Self, ParseProbabilityError> {
        let (whole, fraction) = match percent.split_once('.') {
            Some((_, "")) => return Err(ParseProbabilityError::NotANumber),
            Some(parts) => parts,
            None => (percent, ""),
        };
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) {
            return Err(ParseProbabilityError::NotANumber);
        }
        let whole = whole.trim_start_matches('0');
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > Self::MAX_DECIMALS {
            return Err(ParseProbabilityError::TooPrecise);
        }
        if whole.len() > 2 || (whole.is_empty() && fraction.is_empty()) {
            return Err(ParseProbabilityError::OutOfRange);
        }
        let mut numerator = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            numerator = numerator * 10 + u64::from(byte - b'0');
        }
        let mut denominator = 100;
        for _ in fraction.bytes() {
            denominator *= 10;
        }
        let divisor = greatest_common_divisor(numerator, denominator);
        Ok(Self {
            numerator: numerator / divisor,
            denominator: denominator / divisor,
        })
    }

    /// The nearest floating-point number, without unit, in (0, 1).
    pub fn as_f64(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }

    /// 1 − p, rounded once only.
    pub fn complement(self) -> f64 {
        (self.denominator - self.numerator) as f64 / self.denominator as f64
    }

    /// The usual name: `p50`, `p99.9`.
    pub fn label(self) -> String {
        let percent = u128::from(self.numerator) * 100;
        let denominator = u128::from(self.denominator);
        let mut label = format!("p{}", percent / denominator);
        let mut rest = percent % denominator;
        if rest > 0 {
            label.push('.');
        }
        // The denominator divides a power of ten, so this ends after MAX_DECIMALS digits.
        while rest > 0 {
            rest *= 10;
            label.push_str(&(rest / denominator).to_string());
            rest %= denominator;
        }
        label
    }

    /// The nearest rank among `n` sorted values, counted from 1: the smallest rank at which at
    /// least the share p of the values has been passed, ⌈n·p⌉, and at least 1.
    pub fn rank(self, n: u64) -> u64 {
        let product = u128::from(n) * u128::from(self.numerator);
        // p < 1, so the rank is at most n and fits.
        (product.div_ceil(u128::from(self.denominator)) as u64).max(1)
    }

    /// The position h = (n + 1/3)·p + 1/3 of the type 8 quantile of Hyndman and Fan (1996) among
    /// `n` sorted values counted from 1, as ⌊h⌋ (which may be 0 or n) and the fraction h − ⌊h⌋.
    pub(crate) fn type8_position(self, n: u64) -> (u64, f64) {
        let (numerator, denominator) = (u128::from(self.numerator), u128::from(self.denominator));
        let thirds = (3 * u128::from(n) + 1) * numerator + denominator;
        let unit = 3 * denominator;
        ((thirds / unit) as u64, (thirds % unit) as f64 / unit as f64)
    }
}

const fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_constants_are_what_their_percentages_say() {
        for (text, constant) in [
            ("50", Probability::P50),
            ("90.0", Probability::P90),
            ("095", Probability::P95),
            ("99.00", Probability::P99),
        ] {
            assert_eq!(Probability::parse(text), Ok(constant));
        }
    }

    #[test]
    fn a_label_is_the_shortest_decimal_number() {
        for (text, label) in [
            ("99.90", "p99.9"),
            ("0.5", "p0.5"),
            ("99.999", "p99.999"),
            ("7", "p7"),
            ("12.05", "p12.05"),
        ] {
            assert_eq!(Probability::parse(text).unwrap().label(), label);
        }
    }

    #[test]
    fn what_is_not_a_percentage_says_why() {
        use ParseProbabilityError::{NotANumber, OutOfRange, TooPrecise};
        for (text, error) in [
            ("", NotANumber),
            (".5", NotANumber),
            ("99.", NotANumber),
            ("-1", NotANumber),
            ("1e1", NotANumber),
            ("p99", NotANumber),
            ("99.9.9", NotANumber),
            ("0", OutOfRange),
            ("0.000", OutOfRange),
            ("100", OutOfRange),
            ("100.00", OutOfRange),
            ("99999999999999999999999", OutOfRange),
            ("99.9999999999999", TooPrecise),
        ] {
            assert_eq!(Probability::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn ranks_do_not_overflow() {
        let p = Probability::parse("99.999999999999").unwrap();
        // n − n·10^-14, rounded up.
        assert_eq!(p.rank(u64::MAX), u64::MAX - 184_467);
        assert_eq!(p.type8_position(u64::MAX).0, u64::MAX - 184_467);
    }

    proptest! {
        #[test]
        fn a_label_can_be_read_back(digits in 1_u64..100_000_000) {
            let text = format!("{}.{:06}", digits / 1_000_000, digits % 1_000_000);
            let p = Probability::parse(&text).unwrap();
            prop_assert_eq!(Probability::parse(&p.label()[1..]), Ok(p));
            prop_assert!((p.as_f64() - digits as f64 / 1e8).abs() < 1e-16);
            prop_assert!((p.as_f64() + p.complement() - 1.0).abs() < 1e-15);
        }

        #[test]
        fn the_rank_is_the_first_that_passes_the_share(n in 1_u64..100_000, percent in 1_u64..100) {
            let rank = Probability::parse(&percent.to_string()).unwrap().rank(n);
            prop_assert!(rank >= 1 && rank <= n);
            prop_assert!(rank * 100 >= n * percent);
            prop_assert!(rank == 1 || (rank - 1) * 100 < n * percent);
        }
    }
}
