//! Durations as whole microseconds.

use std::fmt;
use std::iter::Sum;

/// A duration in whole microseconds.
///
/// Text `REPORT` lines print hundredths of a millisecond and JSON events thousandths, so whole
/// microseconds hold both exactly and sums do not depend on their order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(u64);

/// Why a text is not a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParseMicrosError {
    /// It is not an unsigned decimal number.
    NotANumber,
    /// It is more than [`Micros::MAX`].
    TooLarge,
}

impl fmt::Display for ParseMicrosError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotANumber => "not a number",
            Self::TooLarge => "too large to be a duration",
        })
    }
}

impl Micros {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The longest duration that is believed: one year. A Lambda invocation lasts 15 minutes at
    /// most, a durable execution a year; more is a unit mistaken for another.
    pub const MAX: Self = Self(366 * 24 * 3600 * 1_000_000);

    /// From whole microseconds.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// From whole milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1000))
    }

    /// From milliseconds as a floating-point number, rounded to the nearest microsecond.
    /// `None` if it is negative, not finite or above [`Micros::MAX`].
    pub fn from_millis_f64(millis: f64) -> Option<Self> {
        let micros = millis * 1000.0;
        // As rounded away from zero at a half, without a call. A comparison with NaN is false, so NaN is refused here too.
        if micros > -0.5 && micros < Self::MAX.0 as f64 + 0.5 {
            let whole = micros as i64;
            Some(Self((whole + i64::from(micros - whole as f64 >= 0.5)) as u64))
        } else {
            None
        }
    }

    /// Reads milliseconds written as a plain decimal number, such as `8.40` or `3`: digits, and
    /// at most one point with digits on both sides. Exact to the microsecond; a fourth decimal
    /// rounds half up.
    pub fn parse_millis(text: &str) -> Result<Self, ParseMicrosError> {
        let (whole, fraction) = match text.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return Err(ParseMicrosError::NotANumber),
            None => (text, ""),
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) {
            return Err(ParseMicrosError::NotANumber);
        }
        let whole: u64 = whole.parse().map_err(|_| ParseMicrosError::TooLarge)?;
        let mut thousandths = 0;
        for position in 0..3 {
            let digit = fraction.as_bytes().get(position).map_or(0, |byte| byte - b'0');
            thousandths = thousandths * 10 + u64::from(digit);
        }
        if fraction.as_bytes().get(3).is_some_and(|&byte| byte >= b'5') {
            thousandths += 1;
        }
        whole
            .checked_mul(1000)
            .and_then(|micros| micros.checked_add(thousandths))
            .filter(|&micros| micros <= Self::MAX.0)
            .map(Self)
            .ok_or(ParseMicrosError::TooLarge)
    }

    /// Whole microseconds.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Milliseconds, for output.
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// The sum, or [`u64::MAX`] microseconds where it does not fit.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, or zero where `other` is longer.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Sum for Micros {
    fn sum<I: Iterator<Item = Self>>(durations: I) -> Self {
        durations.fold(Self::ZERO, Self::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn printed_milliseconds_are_read_exactly() {
        for (text, micros) in [
            ("8.40", 8_400),
            ("3", 3_000),
            ("0.00", 0),
            ("463.512", 463_512),
            ("600000.00", 600_000_000),
            ("1.0005", 1_001),
            ("0.29", 290),
        ] {
            assert_eq!(Micros::parse_millis(text), Ok(Micros(micros)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", ".", "5.", ".5", "-1", "+1", "1e3", "XXXX", "1,5", "1 ", "NaN"] {
            assert_eq!(
                Micros::parse_millis(text),
                Err(ParseMicrosError::NotANumber),
                "{text}"
            );
        }
        for text in ["99999999999", "99999999999999999999999999"] {
            assert_eq!(
                Micros::parse_millis(text),
                Err(ParseMicrosError::TooLarge),
                "{text}"
            );
        }
        for millis in [f64::NAN, f64::INFINITY, -0.1, 1e30] {
            assert_eq!(Micros::from_millis_f64(millis), None, "{millis}");
        }
    }

    /// Rounded as the library rounds.
    fn rounded(millis: f64) -> Option<Micros> {
        let micros = (millis * 1000.0).round();
        (micros >= 0.0 && micros <= Micros::MAX.0 as f64).then_some(Micros(micros as u64))
    }

    #[test]
    fn what_is_next_to_a_half_is_rounded_as_the_library_rounds() {
        for micros in [-1.0, 0.0, 1.0, 2.0, 1e6, 1e9, 1e13, Micros::MAX.0 as f64] {
            let millis = [micros - 0.5, micros, micros + 0.5].map(|micros: f64| micros / 1000.0);
            for millis in millis
                .into_iter()
                .flat_map(|millis| [millis.next_down(), millis, millis.next_up()])
            {
                assert_eq!(Micros::from_millis_f64(millis), rounded(millis), "{millis}");
            }
        }
        assert_eq!(Micros::from_millis_f64(-0.0), rounded(-0.0));
    }

    proptest! {
        #[test]
        fn doubles_are_rounded_as_the_library_rounds(bits: u64, halves in 0..=2 * Micros::MAX.0, below_two in -2.0..2.0) {
            for millis in [f64::from_bits(bits), halves as f64 / 2000.0, below_two / 1000.0, below_two] {
                prop_assert_eq!(Micros::from_millis_f64(millis), rounded(millis));
            }
        }

        #[test]
        fn a_printed_duration_reads_back(micros in 0..=Micros::MAX.0) {
            let text = format!("{}.{:03}", micros / 1000, micros % 1000);
            prop_assert_eq!(Micros::parse_millis(&text), Ok(Micros(micros)));
            prop_assert_eq!(
                Micros::from_millis_f64(text.parse().unwrap()),
                Some(Micros(micros))
            );
            prop_assert_eq!(
                Micros::from_millis_f64(Micros(micros).as_millis_f64()),
                Some(Micros(micros))
            );
        }
    }
}
