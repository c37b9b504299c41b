//! Words and numbers, and how much room they take.

use crate::render::digits::{Digits, apart_from_one};
use crate::stats::Interval;
use crate::vocab::visible;

/// The size of headings, in pixels.
pub(super) const HEADING: u32 = 16;
/// The size of all other text, in pixels. None is smaller.
pub(super) const SMALL: u32 = 12;

/// The most bytes of a name, escaped, that the description of a figure repeats.
const LONGEST_IN_WORDS: usize = 150;
/// Shown for a text without any character to be seen.
const NO_NAME: &str = "(no name)";

/// The text with everything made visible that could act or that no XML file may hold.
pub(super) fn clean(text: &str) -> String {
    let mut clean = visible(text);
    if clean.contains(['\u{fffe}', '\u{ffff}']) {
        clean = clean
            .replace('\u{fffe}', "\\u{fffe}")
            .replace('\u{ffff}', "\\u{ffff}");
    }
    clean
}

/// The text as content of an XML element.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// The width of a text in pixels, estimated from above: as in DejaVu Sans, which is among the
/// widest fonts that `sans-serif` stands for.
pub(super) fn width(text: &str, size: u32, bold: bool) -> f64 {
    let em: f64 = text.chars().map(advance).sum();
    em * f64::from(size) * if bold { 1.12 } else { 1.0 }
}

/// In em.
fn advance(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | 'I' | ' ' | '.' | ',' | ':' | ';' | '\'' | '|' | '·' => 0.34,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | '!' | '/' | '\\' | 'J' => 0.42,
        's' | 'c' | 'z' | 'k' | 'v' | 'x' | 'y' | '–' | '°' => 0.59,
        'm' | 'M' | 'W' | '%' | '@' => 1.0,
        'w' | 'O' | 'Q' | 'G' | 'D' | 'N' | 'H' | 'U' | '<' | '>' | '=' | '≥' | '≤' | '−' | '+' | '#'
        | '&' | '~' | '←' | '→' => 0.84,
        'A'..='Z' => 0.7,
        '!'..='~' => 0.64,
        '…' | '\u{a0}'..='\u{52f}' => 1.0,
        _ => 1.4,
    }
}

/// The text, or as much of its beginning and end as fits into `room` pixels, with an ellipsis.
pub(super) fn fit(text: &str, size: u32, bold: bool, room: f64) -> String {
    const MOST: usize = 120;
    // A name of a megabyte is not worth measuring: as many characters from either end suffice.
    let count = text.chars().count();
    if count <= MOST {
        let clean = clean(text);
        if clean.trim().is_empty() {
            return NO_NAME.to_owned();
        }
        if width(&clean, size, bold) <= room {
            return clean;
        }
    }
    let head: String = text.chars().take(MOST).collect();
    let tail: String = text.chars().skip(count.saturating_sub(MOST)).collect();
    let head: Vec<char> = clean(&head).chars().collect();
    let tail: Vec<char> = clean(&tail).chars().collect();
    (2..=MOST)
        .rev()
        .map(|kept| shorten(&head, &tail, kept))
        .find(|shorter| width(shorter, size, bold) <= room)
        .unwrap_or_else(|| "…".to_owned())
}

/// The first characters of `head`, an ellipsis and the last characters of `tail`.
fn shorten(head: &[char], tail: &[char], kept: usize) -> String {
    let last = (kept / 2).min(tail.len());
    let first = (kept - kept / 2).min(head.len());
    let mut shorter: String = head[..first].iter().collect();
    shorter.push('…');
    shorter.extend(&tail[tail.len() - last..]);
    shorter
}

/// A name as the description repeats it: in full unless it is absurdly long.
pub(super) fn in_words(name: &str) -> String {
    let mut words = String::new();
    let mut length = 0;
    for c in name.chars() {
        let shown = clean(c.encode_utf8(&mut [0; 4]));
        length += escape(&shown).len();
        if length > LONGEST_IN_WORDS {
            words.push('…');
            break;
        }
        words.push_str(&shown);
    }
    if words.trim().is_empty() {
        words = NO_NAME.to_owned();
    }
    words
}

/// A whole number with separators of thousands: `1,234`.
pub(super) fn whole(number: f64) -> String {
    if number >= 1e15 {
        return format!("{number:.1e}");
    }
    let digits = format!("{number:.0}");
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count in a few characters: `1,234`, `1.2 M`.
pub(super) fn short(count: usize) -> String {
    match count {
        ..1_000_000 => whole(count as f64),
        _ => format!("{:.1} M", count as f64 / 1e6),
    }
}

/// A duration: `0.05 ms`, `3.4 ms`, `1,234 ms`, and above ten seconds `12.3 s`, `900 s`.
pub(super) fn duration(ms: f64) -> String {
    duration_with(ms, Digits::ALL)
}

/// A duration with the digits that its interval, in milliseconds, supports.
pub(super) fn duration_within(ms: f64, low: Option<f64>, high: Option<f64>) -> String {
    duration_with(ms, Digits::of(Interval { low, high }))
}

fn duration_with(ms: f64, digits: Digits) -> String {
    let seconds = digits.in_unit(3);
    if ms >= 99_950.0 {
        format!("{} s", seconds.fixed(ms / 1000.0, 0))
    } else if ms >= 9_999.5 {
        format!("{} s", seconds.fixed(ms / 1000.0, 1))
    } else if ms >= 9.95 || ms == 0.0 {
        format!("{} ms", digits.fixed(ms, 0))
    } else if ms >= 0.995 {
        format!("{} ms", digits.fixed(ms, 1))
    } else if ms >= 0.01 {
        format!("{} ms", digits.fixed(ms, 2))
    } else {
        format!("{ms:.3} ms")
    }
}

/// A ratio: `0.48`, `1.003` near one, `123`.
pub(super) fn ratio(ratio: f64) -> String {
    ratio_with(ratio, Digits::ALL)
}

/// A ratio with no more than these digits.
pub(super) fn ratio_with(ratio: f64, digits: Digits) -> String {
    if ratio >= 9_999.5 {
        format!("{ratio:.0e}")
    } else if ratio >= 99.5 {
        digits.fixed(ratio, 0)
    } else if (ratio - 1.0).abs() < 0.02 {
        apart_from_one(ratio, digits.fixed(ratio, 3))
    } else if ratio >= 0.0995 || ratio == 0.0 {
        apart_from_one(ratio, digits.fixed(ratio, 2))
    } else if ratio >= 0.001 {
        digits.fixed(ratio, 3)
    } else {
        format!("{ratio:.0e}")
    }
}

/// A share as a percentage: `98.5 %`, `99.93 %`, and never a rounded 0 or 100.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let decimals = match percent {
        0.0 | 100.0 => 0,
        1.0..99.0 => 1,
        0.01..99.99 => 2,
        _ => 4,
    };
    format!("{percent:.decimals$} %")
}

/// US dollars: `$1,234`, `$12.30`, `$0.0141`.
pub(super) fn dollars(usd: f64) -> String {
    if usd >= 999.5 {
        format!("${}", whole(usd))
    } else if usd >= 0.9995 || usd <= 0.0 {
        format!("${usd:.2}")
    } else {
        let decimals = (2.0 - usd.log10().floor()).clamp(0.0, 8.0) as usize;
        format!("${usd:.decimals$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_as_many_digits_as_are_worth_reading() {
        for (ms, text) in [
            (0.0, "0 ms"),
            (0.001, "0.001 ms"),
            (0.05, "0.05 ms"),
            (0.999, "1.0 ms"),
            (3.44, "3.4 ms"),
            (9.96, "10 ms"),
            (1234.4, "1,234 ms"),
            (9999.4, "9,999 ms"),
            (9999.6, "10.0 s"),
            (12_345.0, "12.3 s"),
            (99_949.0, "99.9 s"),
            (99_951.0, "100 s"),
            (900_000.0, "900 s"),
            (3_600_000.0, "3,600 s"),
            (f64::MAX, "1.8e305 s"),
        ] {
            assert_eq!(duration(ms), text);
        }
    }

    #[test]
    fn long_names_lose_their_middle() {
        assert_eq!(fit("haiku", SMALL, false, 100.0), "haiku");
        let short = fit("anthropic.claude-haiku-20241022-v1:0", SMALL, false, 120.0);
        assert!(short.starts_with("anth") && short.ends_with("v1:0"), "{short}");
        assert!(short.contains('…') && width(&short, SMALL, false) <= 120.0);
        for hostile in ["W".repeat(1_000_000), "模型".repeat(400), "\u{202e}".repeat(500)] {
            let short = fit(&hostile, SMALL, false, 90.0);
            assert!(width(&short, SMALL, false) <= 90.0, "{short}");
            assert!(short.chars().count() > 3);
        }
    }

    #[test]
    fn nothing_that_acts_is_left() {
        assert_eq!(clean("a\u{0}\u{ffff}\u{202e}b"), "a\\u{0}\\u{ffff}\\u{202e}b");
        assert_eq!(escape("<a href='&'>"), "&lt;a href='&amp;'&gt;");
        assert_eq!(in_words(&"x".repeat(150)), "x".repeat(150));
        assert_eq!(in_words(&"x".repeat(151)), "x".repeat(150) + "…");
        assert_eq!(in_words(&"&".repeat(151)), "&".repeat(30) + "…");
    }
}
