//! Time windows, as a user writes them.

use std::fmt;

use chrono::{DateTime, Local, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};

use crate::vocab::Timestamp;

/// One end of a window, as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeBound {
    /// So many milliseconds before a base that is known later: the newest event of the input.
    Ago(i64),
    /// A point in time.
    At(Timestamp),
}

/// A text that is no time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeError {
    text: String,
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no time: give a duration to count back (90s, 1h, 1d2h30m), \
             a date (2026-11-22), a date and time (2026-11-22T10:00) or RFC 3339",
            self.text
        )
    }
}

impl std::error::Error for TimeError {}

impl TimeBound {
    /// Reads a duration (`90s`, `1h`, `1d2h30m`; units w, d, h, m, s, each once, largest first), a
    /// date, a date and time, or RFC 3339. A date or time without a zone is UTC, or this
    /// machine's time if `is_local`.
    ///
    /// # Errors
    /// If the text is none of these.
    pub fn parse(text: &str, is_local: bool) -> Result<Self, TimeError> {
        parse_duration_ms(text)
            .map(Self::Ago)
            .or_else(|| parse_instant(text, is_local).map(Self::At))
            .ok_or_else(|| TimeError {
                text: text.to_owned(),
            })
    }

    /// The point in time, counted back from `base`. `None` if it is relative and there is no base.
    pub fn resolve(self, base: Option<Timestamp>) -> Option<Timestamp> {
        match self {
            Self::At(at) => Some(at),
            Self::Ago(ms) => {
                base.map(|base| Timestamp::from_epoch_millis(base.as_epoch_millis().saturating_sub(ms)))
            }
        }
    }
}

/// Units of a duration in milliseconds, largest first.
const UNITS: [(char, i64); 5] = [
    ('w', 7 * 24 * 3_600_000),
    ('d', 24 * 3_600_000),
    ('h', 3_600_000),
    ('m', 60_000),
    ('s', 1_000),
];

fn parse_duration_ms(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut total = 0_i64;
    let mut units = UNITS.iter();
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .filter(|&digits| digits > 0)?;
        let count: i64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].chars().next()?;
        let (_, ms) = units.by_ref().find(|(name, _)| *name == unit)?;
        total = total.checked_add(count.checked_mul(*ms)?)?;
        rest = &rest[digits + unit.len_utf8()..];
    }
    (!text.is_empty()).then_some(total)
}

fn parse_instant(text: &str, is_local: bool) -> Option<Timestamp> {
    if let Ok(zoned) = DateTime::parse_from_rfc3339(text) {
        return Some(Timestamp::from_epoch_millis(zoned.timestamp_millis()));
    }
    let naive = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%d %H:%M",
    ]
    .iter()
    .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
    .or_else(|| {
        Some(
            NaiveDate::parse_from_str(text, "%Y-%m-%d")
                .ok()?
                .and_time(NaiveTime::MIN),
        )
    })?;
    let millis = if is_local {
        local_millis(naive)?
    } else {
        Utc.from_utc_datetime(&naive).timestamp_millis()
    };
    Some(Timestamp::from_epoch_millis(millis))
}

/// The moment of a local time: the earlier one where clocks show it twice; where they skip it, as if
/// they had not been put forward.
fn local_millis(naive: NaiveDateTime) -> Option<i64> {
    match Local.from_local_datetime(&naive) {
        LocalResult::Single(at) => Some(at.timestamp_millis()),
        LocalResult::Ambiguous(a, b) => Some(a.timestamp_millis().min(b.timestamp_millis())),
        LocalResult::None => {
            let after = naive.checked_add_signed(TimeDelta::hours(1))?;
            Some(Local.from_local_datetime(&after).earliest()?.timestamp_millis())
        }
    }
}

/// A stretch of time: from `since`, which is in it, to `until`, which is not. An end that is not
/// given is open. An invocation lies where its `REPORT` does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    /// The first moment in the window.
    pub since: Option<Timestamp>,
    /// The first moment after the window.
    pub until: Option<Timestamp>,
}

impl Window {
    /// Whether every moment, and an invocation without a time, is in it.
    pub fn is_open(&self) -> bool {
        self.since.is_none() && self.until.is_none()
    }

    /// Whether no moment can be in it.
    pub fn is_empty(&self) -> bool {
        matches!((self.since, self.until), (Some(since), Some(until)) if since >= until)
    }

    /// Whether a moment is in it. One that is not known lies in the open window alone.
    pub fn holds(&self, at: Option<Timestamp>) -> bool {
        match at {
            Some(at) => {
                self.since.is_none_or(|since| since <= at) && self.until.is_none_or(|until| at < until)
            }
            None => self.is_open(),
        }
    }

    /// What both windows hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            since: self.since.max(other.since),
            until: match (self.until, other.until) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_count_back() {
        for (text, ms) in [
            ("90s", 90_000),
            ("1h", 3_600_000),
            ("1d2h30m", 95_400_000),
            ("2w", 1_209_600_000),
            ("0s", 0),
        ] {
            assert_eq!(TimeBound::parse(text, false), Ok(TimeBound::Ago(ms)), "{text}");
        }
        for text in [
            "",
            "h",
            "5",
            "1h1h",
            "30m1h",
            "1.5h",
            "-1h",
            "1y",
            "1h ",
            "99999999999999999999s",
        ] {
            assert!(TimeBound::parse(text, false).is_err(), "{text:?}");
        }
        let base = Timestamp::from_epoch_millis(10_000);
        assert_eq!(
            TimeBound::Ago(4_000).resolve(Some(base)),
            Some(Timestamp::from_epoch_millis(6_000))
        );
        assert_eq!(TimeBound::Ago(4_000).resolve(None), None);
    }

    #[test]
    fn dates_and_times_are_utc_unless_they_say_otherwise() {
        let ten = 1_795_341_600_000;
        for (text, ms) in [
            ("2026-11-22", ten - 10 * 3_600_000),
            ("2026-11-22T10:00", ten),
            ("2026-11-22 10:00", ten),
            ("2026-11-22T10:00:00.5", ten + 500),
            ("2026-11-22T10:00:00Z", ten),
            ("2026-11-22T12:00:00+02:00", ten),
        ] {
            let at = TimeBound::At(Timestamp::from_epoch_millis(ms));
            assert_eq!(TimeBound::parse(text, false), Ok(at), "{text}");
        }
        for text in ["2026-13-01", "22.11.2026", "10:00", "yesterday"] {
            assert!(TimeBound::parse(text, false).is_err(), "{text}");
        }
    }

    #[test]
    fn windows_cut_each_other() {
        let at = |ms| Some(Timestamp::from_epoch_millis(ms));
        let window = |since, until| Window { since, until };
        assert_eq!(
            window(at(1), None).and(window(at(2), at(9))),
            window(at(2), at(9))
        );
        assert_eq!(window(None, at(5)).and(window(None, at(9))), window(None, at(5)));
        assert!(window(None, None).and(Window::default()).is_open());
    }
}
