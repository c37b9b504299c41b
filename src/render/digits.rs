//! How many digits of a number its interval supports.

use crate::stats::Interval;
use crate::vocab::grouped;

/// The place of the last digit that is worth showing of a number and of the ends of its interval, as a power of ten: that
/// of the second digit of half the interval's width, as the Guide to the Expression of Uncertainty in Measurement (JCGM
/// 100:2008, 7.2.6) has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Digits(Option<i32>);

impl Digits {
    /// Of a number of whose interval nothing is known.
    pub(super) const ALL: Self = Self(None);

    /// Of an interval. One with an open end does not say how far the number is from the truth, and rounded up a lower bound
    /// would claim too much.
    pub(super) fn of(range: Interval) -> Self {
        let half = range
            .low
            .zip(range.high)
            .map_or(0.0, |(low, high)| (high - low) / 2.0);
        let is_told = half > 0.0 && half.is_finite();
        Self(is_told.then(|| place_of(half) - 1))
    }

    /// The same in a unit that is so many powers of ten larger.
    pub(super) fn in_unit(self, powers: i32) -> Self {
        Self(self.0.map(|place| place - powers))
    }

    /// A number that is not negative with these digits but no fewer than two, and with at most so many decimals.
    pub(super) fn fixed(self, number: f64, most: usize) -> String {
        let place = self.0.unwrap_or(i32::MIN);
        let place = if number > 0.0 {
            place.min(place_of(number) - 1)
        } else {
            place
        };
        let decimals = match place {
            0.. => 0,
            _ => most.min(place.unsigned_abs() as usize),
        };
        // Beyond this no integer is exact.
        let unit = 10_f64.powi(place.clamp(0, 15));
        match decimals {
            _ if number >= 1e15 => format!("{number:.1e}"),
            0 => grouped(((number / unit).round() * unit) as u64),
            _ => format!("{number:.decimals$}"),
        }
    }
}

/// The place of the first digit of a positive number.
fn place_of(number: f64) -> i32 {
    number.log10().floor() as i32
}

/// A number beside 1, which parts faster from slower: with as many more decimals as keep it apart from 1.
pub(super) fn apart_from_one(number: f64, text: String) -> String {
    if number == 1.0 || !matches!(text.parse::<f64>(), Ok(shown) if shown == 1.0) {
        return text;
    }
    let texts = (3..=6).map(|decimals| format!("{number:.decimals$}"));
    let mut told = texts.filter(|text| text.trim_end_matches('0') != "1.");
    told.next().unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(low: f64, high: f64) -> Digits {
        let (low, high) = (Some(low), Some(high));
        Digits::of(Interval { low, high })
    }

    #[test]
    fn two_digits_of_half_the_width_are_kept() {
        for (low, high, number, text) in [
            (2998.0, 3551.0, 3227.0, "3,230"),
            (1000.0, 9000.0, 3227.0, "3,200"),
            (3000.0, 3170.0, 3085.4, "3,085"),
            (3085.0, 3086.0, 3085.43, "3,085.43"),
            (0.0, 1e9, 4.4e8, "440,000,000"),
            (1.0, 1.0, 3085.4321, "3,085"),
        ] {
            let most = if low == 1.0 { 0 } else { 2 };
            assert_eq!(
                between(low, high).fixed(number, most).replace(',', ""),
                text.replace(',', "")
            );
        }
        assert_eq!(between(0.44, 0.53).fixed(0.481, 2), "0.48");
        assert_eq!(between(0.8, 9.0).fixed(2.617, 2), "2.6");
        assert_eq!(between(2998.0, 3551.0).in_unit(3).fixed(3.227, 2), "3.23");
    }

    #[test]
    fn every_number_keeps_two_digits() {
        let wide = between(12.0, 4000.0);
        assert_eq!(
            [12.3, 548.0, 4004.0, 0.0].map(|end| wide.fixed(end, 2)),
            ["12", "550", "4,000", "0"]
        );
        assert_eq!(wide.fixed(0.0123, 2), "0.01");
    }

    #[test]
    fn what_is_not_one_is_not_shown_as_one() {
        for (number, shown, text) in [
            (1.0039, "1.00", "1.004"),
            (0.99599, "1.00", "0.996"),
            (0.99996, "1.0", "0.99996"),
            (1.04, "1.0", "1.040"),
            (1.0, "1.00", "1.00"),
            (1.1, "1.1", "1.1"),
            (1.000_000_1, "1", "1"),
        ] {
            assert_eq!(apart_from_one(number, shown.to_owned()), text);
        }
    }

    #[test]
    fn an_open_end_leaves_all_digits() {
        let open = Interval {
            low: Some(1404.0),
            high: None,
        };
        for range in [open, Interval::UNBOUNDED] {
            assert_eq!(Digits::of(range), Digits::ALL);
        }
        assert_eq!(Digits::ALL.fixed(1404.4, 0), "1,404");
    }
}
