//! Points in time, as CloudWatch Logs has them.

use std::fmt;

use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};

use super::Micros;

/// A point in time in whole milliseconds since 1970-01-01T00:00:00Z, the precision of a
/// CloudWatch Logs event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the epoch.
    pub const fn from_epoch_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn as_epoch_millis(self) -> i64 {
        self.0
    }

    /// Reads the forms that saved logs hold: RFC 3339 with `T` or a blank, with or without a
    /// fraction, and with or without a zone (UTC where there is none). A comma before the
    /// fraction and a zone without a colon, as Python's logging writes them, are read too.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(time) = Self::parse_usual(text.as_bytes()) {
            return Some(time);
        }
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Some(Self(time.timestamp_millis()));
        }
        let text = text.replacen(',', ".", 1).replacen('T', " ", 1);
        for zoned in ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M%#z"] {
            if let Ok(time) = DateTime::parse_from_str(&text, zoned) {
                return Some(Self(time.timestamp_millis()));
            }
        }
        for naive in ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"] {
            if let Ok(time) = NaiveDateTime::parse_from_str(&text, naive) {
                return Some(Self(time.and_utc().timestamp_millis()));
            }
        }
        None
    }

    /// Reads `2026-11-20T09:00:00.123Z`, as nearly every log has it, `2026-11-20 09:00:00.123` of Logs Insights and
    /// `2026-11-20T09:00:00.123000+00:00` of `aws logs tail`, in a fraction of the time that any form takes.
    pub(crate) fn parse_usual(text: &[u8]) -> Option<Self> {
        let (text, zone) = text.split_first_chunk::<23>()?;
        let is_utc = match zone {
            b"" | b"Z" => true,
            [micros @ .., b'+', b'0', b'0', b':', b'0', b'0'] => {
                micros.len() == 3 && micros.iter().all(u8::is_ascii_digit)
            }
            _ => false,
        };
        // Eight bytes at a time, the last of them from the last digit of the minutes on.
        let (date, rest) = text.split_first_chunk()?;
        let mut clock: [u8; 8] = *rest.first_chunk()?;
        let between = std::mem::replace(&mut clock[2], b'T');
        let date = PairsOfDigits::of(date, b"0000-00-")?;
        let clock = PairsOfDigits::of(&clock, b"00T00:00")?;
        let end = PairsOfDigits::of(text.last_chunk()?, b"0:00.000")?;
        let (year, month, day) = (date.at(0) * 100 + date.at(2), date.at(5), clock.at(0));
        let (hour, minute, second) = (clock.at(3), clock.at(6), end.at(2));
        let milli = end.at(5) * 10 + end.last();
        let is_form = is_utc && matches!(between, b'T' | b' ');
        // Whatever else may be a time is read by others: the last day of a February, a leap second.
        let is_day = (1..=12).contains(&month) && (1..=DAYS[month as usize]).contains(&day) && year > 0;
        if !(is_form && is_day && hour < 24 && minute < 60 && second < 60) {
            return None;
        }
        // Days since 1970-01-01 in the Gregorian calendar, of years that begin in March.
        let (year, month) = if month > 2 {
            (year, month - 3)
        } else {
            (year - 1, month + 9)
        };
        let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 719_469;
        Some(Self(
            (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + milli,
        ))
    }

    /// The time `duration` earlier, rounded towards the past to a whole millisecond.
    #[must_use]
    pub fn before(self, duration: Micros) -> Self {
        let millis = i64::try_from(duration.as_micros().div_ceil(1000)).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(millis))
    }

    /// The time so many milliseconds later.
    #[must_use]
    pub fn after_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Whole seconds since the epoch, rounded towards the past.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Whether it has no milliseconds: as a rule because its form keeps none.
    pub const fn is_whole_second(self) -> bool {
        self.0.rem_euclid(1000) == 0
    }

    /// Milliseconds from `earlier` to this time; negative if it is later.
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The time as chrono has it, `None` outside the years that it knows.
    pub fn to_utc(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_millis(self.0)
    }
}

/// The days of each month, behind none for its number 0.
const DAYS: [i64; 13] = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// The minute of the time that was read last, in which the next one lies nearly always.
#[derive(Debug, Default)]
pub(crate) struct Minute {
    /// As `2026-11-20T09:00`.
    text: [u8; 16],
    start_millis: i64,
}

impl Minute {
    /// Reads `2026-11-20T09:00:00.123Z`, as [`Timestamp::parse_usual`] would.
    #[inline]
    pub(crate) fn read(&mut self, text: &[u8; 24]) -> Option<Timestamp> {
        let (minute, _) = text.split_first_chunk::<16>()?;
        if *minute != self.text {
            return self.begin(text);
        }
        let (end, zone) = text[15..].split_first_chunk()?;
        let end = PairsOfDigits::of(end, b"0:00.000")?;
        let second = end.at(2);
        (second < 60 && zone == b"Z")
            .then(|| Timestamp(self.start_millis + second * 1000 + end.at(5) * 10 + end.last()))
    }

    /// Reads the first time of another minute.
    #[cold]
    fn begin(&mut self, text: &[u8; 24]) -> Option<Timestamp> {
        let at = Timestamp::parse_usual(text)?;
        self.text = *text.first_chunk()?;
        self.start_millis = at.0 - at.0.rem_euclid(60_000);
        Some(at)
    }
}

/// Eight bytes of digits and signs.
struct PairsOfDigits {
    /// The value of each digit, the first in the lowest bits; 0 for a sign.
    digits: u64,
    /// The value of each digit and the one behind it, in the place of the first.
    pairs: u64,
}

impl PairsOfDigits {
    /// `None` unless a digit stands where the form has a 0, and else the sign that stands there.
    #[inline]
    fn of(bytes: &[u8; 8], form: &[u8; 8]) -> Option<Self> {
        let digits = u64::from_le_bytes(*bytes) ^ u64::from_le_bytes(*form);
        // What lifts the first value that is too large for its place into the highest bit: 10 of a digit, 1 of a sign.
        let lift = u64::from_le_bytes(form.map(|sign| if sign == b'0' { 0x76 } else { 0x7f }));
        let is_form = (digits.wrapping_add(lift) | digits) & 0x8080_8080_8080_8080 == 0;
        let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
        is_form.then_some(Self { digits, pairs })
    }

    /// The number of the two digits that begin at this place.
    #[inline]
    fn at(&self, place: u32) -> i64 {
        (self.pairs >> (8 * place) & 0xff) as i64
    }

    /// The last digit.
    #[inline]
    fn last(&self) -> i64 {
        (self.digits >> 56) as i64
    }
}

/// RFC 3339 in UTC with milliseconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_utc() {
            Some(time) => f.write_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true)),
            None => write!(f, "{} ms", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_usual_form_is_read_as_any_other(millis in -70_000_000_000_000_i64..300_000_000_000_000, at in 0_usize..24, other in "[0-9:TZ. -]") {
            let text = Timestamp(millis).to_string();
            let is_other = text.contains("-02-29T") || text.len() != 24 || text.starts_with("0000");
            let expected = (!is_other).then_some(Timestamp(millis));
            prop_assert_eq!(Timestamp::parse_usual(text.as_bytes()), expected, "{}", text);
            let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            // Whatever was read before.
            for before in [&text, &changed] {
                let mut minute = Minute::default();
                if let Some(before) = before.as_bytes().first_chunk() {
                    minute.read(before);
                }
                if let Some(changed) = changed.as_bytes().first_chunk() {
                    prop_assert_eq!(minute.read(changed), Timestamp::parse_usual(changed));
                }
            }
            if let Some(time) = Timestamp::parse_usual(changed.as_bytes()) {
                let read = DateTime::parse_from_rfc3339(&changed).unwrap();
                prop_assert_eq!(time.0, read.timestamp_millis(), "{}", changed);
            }
        }
    }

    #[test]
    fn the_forms_of_saved_logs_are_read() {
        for text in [
            "2025-05-05T04:01:36.154Z",
            "2025-05-05T04:01:36.154+00:00",
            "2025-05-05T06:01:36.154+02:00",
            "2025-05-05T04:01:36.154000",
            "2025-05-05 04:01:36.154",
            "2025-05-05 04:01:36,154+0000",
        ] {
            assert_eq!(
                Timestamp::parse(text).map(|time| time.to_string()).as_deref(),
                Some("2025-05-05T04:01:36.154Z"),
                "{text}"
            );
        }
        assert_eq!(
            Timestamp::parse("2026-03-04T01:39:17"),
            Some(Timestamp(1_772_588_357_000))
        );
        for text in ["", "REPORT", "2025-05-05", "12:30", "2025-13-05T04:01:36Z"] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
