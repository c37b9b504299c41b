//! The values of a flat JSON object in their usual form, read without a JSON parser.

use crate::vocab::{bytes_like, eight, of_values};

/// So many digits before a point, and behind it, are read here; a parser reads longer numbers, which a clock hardly gives. Of seven
/// and eight any whole number is a double, and any decimal fraction one division away from the nearest.
const MOST_DIGITS: usize = 8;

/// What is left of a JSON text. Whether a backslash stands before every quote.
///
/// Its methods are inlined so that `rest` stays in registers. Where a callee writes it and the caller reads it back from the
/// top of the stack, processors that guess such loads (AMD's, since Zen 2) begin again with each value.
pub(super) struct Cursor<'a, const IS_ESCAPED: bool> {
    pub(super) rest: &'a str,
}

impl<'a, const IS_ESCAPED: bool> Cursor<'a, IS_ESCAPED> {
    /// A quote as it stands here.
    pub(super) const QUOTE: &'static str = if IS_ESCAPED { "\\\"" } else { "\"" };

    /// Whether the object ends here. `None` if it neither does nor goes on.
    #[inline(always)]
    pub(super) fn ends_object(&mut self) -> Option<bool> {
        let (ends, rest) = match self.rest.strip_prefix(",") {
            Some(rest) => (false, rest),
            None => (true, self.rest.strip_prefix("}")?),
        };
        self.rest = rest;
        Some(ends)
    }

    /// A text without escapes and control characters.
    #[inline(always)]
    pub(super) fn text(&mut self) -> Option<&'a str> {
        let behind = self.rest.strip_prefix(Self::QUOTE)?;
        // Where quotes are escaped, a bare one ends the text around the record.
        let (text, behind) = behind.split_at_checked(end_of_text(behind.as_bytes())?)?;
        self.rest = behind.strip_prefix(Self::QUOTE)?;
        Some(text)
    }

    /// `true` or `false`.
    #[inline(always)]
    pub(super) fn truth(&mut self) -> Option<bool> {
        let (value, rest) = match self.rest.strip_prefix("true") {
            Some(rest) => (true, rest),
            None => (false, self.rest.strip_prefix("false")?),
        };
        self.rest = rest;
        Some(value)
    }

    /// A text of so many bytes, without escapes and control characters. So it is known before it is read where the next value
    /// stands.
    #[inline(always)]
    pub(super) fn text_of_length(&mut self, length: usize) -> Option<&'a str> {
        let behind = self.rest.strip_prefix(Self::QUOTE)?;
        let (text, behind) = behind.split_at_checked(length)?;
        self.rest = behind.strip_prefix(Self::QUOTE)?;
        (!holds_end(text.as_bytes())).then_some(text)
    }

    /// A whole number.
    #[inline(always)]
    pub(super) fn whole(&mut self) -> Option<u64> {
        let (text, length) = self.number()?;
        // A fraction or an exponent makes it no whole number, or one for a parser.
        whole_digits(text as u64, length)
    }

    /// A number.
    #[inline(always)]
    pub(super) fn decimal(&mut self) -> Option<f64> {
        let (text, length) = self.number()?;
        let points = bytes_like(b'.', text as u64);
        let point = points.trailing_zeros() as usize / 8;
        if points == 0 || point >= length {
            return Some(whole_digits(text as u64, length)? as i64 as f64);
        }
        let decimals = length - point - 1;
        let whole = whole_digits(text as u64, point)?;
        let fraction = digits((text >> (8 * (point + 1))) as u64, decimals)?;
        let (scale, divisor) = POWERS[decimals];
        // Both are exact, so the quotient is the double nearest to the number. A processor has an instruction for signed ones.
        Some((whole * scale + fraction) as i64 as f64 / divisor)
    }

    /// Whether nothing is left but the end of the line that a logger writes.
    #[inline(always)]
    pub(super) fn is_end_of_line(&self) -> bool {
        let mut behind = self.rest.as_bytes();
        loop {
            behind = match (IS_ESCAPED, behind) {
                (true, [before @ .., b'\\', b'n']) | (false, [before @ .., b'\n' | b'\r' | b'\t' | b' ']) => {
                    before
                }
                _ => return behind.is_empty(),
            };
        }
    }

    /// Passes over a number, which a field or the object ends behind: its text, with whatever follows, and its length. The length
    /// is told before the number is read, so that what comes next need not wait for it.
    #[inline(always)]
    fn number(&mut self) -> Option<(u128, usize)> {
        let bytes = self.rest.as_bytes();
        let text = match bytes.first_chunk() {
            Some(text) => u128::from_le_bytes(*text),
            None => last_of(bytes),
        };
        let ends = |word: u64| bytes_like(b',', word) | bytes_like(b'}', word);
        let length = match (ends(text as u64), ends((text >> 64) as u64)) {
            (0, 0) => return None,
            (0, ends) => 8 + ends.trailing_zeros() as usize / 8,
            (ends, _) => ends.trailing_zeros() as usize / 8,
        };
        self.rest = self.rest.get(length..)?;
        Some((text, length))
    }
}

/// The last bytes of a text, with zeros behind them.
#[cold]
fn last_of(bytes: &[u8]) -> u128 {
    bytes
        .iter()
        .rev()
        .fold(0, |text, byte| text << 8 | u128::from(*byte))
}

/// As [`digits`], as JSON has them before a point: no zero before others.
#[inline(always)]
fn whole_digits(text: u64, length: usize) -> Option<u64> {
    let value = digits(text, length)?;
    (length == 1 || text as u8 != b'0').then_some(value)
}

/// The value of so many digits that a text begins with. `None` if it does not, or they are none or too many.
#[inline(always)]
fn digits(text: u64, length: usize) -> Option<u64> {
    if !(1..=MOST_DIGITS).contains(&length) {
        return None;
    }
    // Zeros come before them.
    let values = (text ^ eight(b'0')) << (64 - 8 * length);
    // A carry comes from what is no digit.
    let others = (values.wrapping_add(eight(0x80 - 10)) | values) & eight(0x80);
    (others == 0).then(|| of_values(values))
}

/// Where the first byte stands that is a quote, a backslash or a control character.
#[inline(always)]
fn end_of_text(bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks();
    for (at, word) in words.iter().enumerate() {
        let ends = ends(u64::from_le_bytes(*word));
        if ends != 0 {
            return Some(at * 8 + ends.trailing_zeros() as usize / 8);
        }
    }
    Some(bytes.len() - rest.len() + rest.iter().position(|byte| is_end(*byte))?)
}

fn is_end(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..b' ')
}

/// The highest bit of the first byte that is a quote, a backslash or a control character, and of no byte before it.
#[inline(always)]
fn ends(word: u64) -> u64 {
    // Bit 1 turned over makes the quote the next byte behind the control characters. Too small a byte borrows from those behind
    // it alone, so the first that is found is one.
    let small = (word ^ eight(2)).wrapping_sub(eight(b' ' + 1));
    let backslashes = (word ^ eight(b'\\')).wrapping_sub(eight(1));
    (small | backslashes) & !word & eight(0x80)
}

/// Whether a byte is a quote, a backslash or a control character.
#[inline(always)]
fn holds_end(bytes: &[u8]) -> bool {
    let (words, rest) = bytes.as_chunks();
    let ends = words
        .iter()
        .fold(0, |found, word| found | ends(u64::from_le_bytes(*word)));
    ends != 0 || rest.iter().any(|byte| is_end(*byte))
}

/// Powers of ten, as many as there may be digits, as both kinds of number.
const POWERS: [(u64, f64); MOST_DIGITS + 1] = {
    let mut powers = [(1, 1.0); MOST_DIGITS + 1];
    let mut at = 1;
    while at < powers.len() {
        let power = powers[at - 1].0 * 10;
        powers[at] = (power, power as f64);
        at += 1;
    }
    powers
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cursor(rest: &str) -> Cursor<'_, false> {
        Cursor { rest }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn digits_and_nothing_else_are_read(text in "[0-9]{0,10}", at in 0_usize..10, byte: u8) {
            let mut bytes = text.into_bytes();
            for _ in 0..2 {
                let first = last_of(&bytes) as u64;
                let is_read = (1..=MOST_DIGITS).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_digit);
                let expected = is_read.then(|| str::from_utf8(&bytes).unwrap().parse().unwrap());
                prop_assert_eq!(digits(first, bytes.len()), expected, "{:?}", bytes);
                if let Some(digit) = bytes.get_mut(at) {
                    *digit = byte;
                }
            }
        }

        #[test]
        fn numbers_are_those_of_the_library(
            whole in "0|[1-9][0-9]{0,13}|0[0-9]",
            fraction in "(\\.[0-9]{0,9})?",
            other in "[-+e.x]?",
            end in "[,}]|[,}][0-9.,]{9}",
        ) {
            let text = format!("{whole}{fraction}{other}{end}");
            let is_usual = other.is_empty() && fraction != "." && (whole == "0" || !whole.starts_with('0'));
            // What ends it is among the first sixteen bytes.
            let is_short = match fraction.len() {
                0 => whole.len() <= 8,
                length => whole.len() <= 7 && length <= 9 && whole.len() + length < 16,
            };
            let expected: Option<f64> = format!("{whole}{fraction}")
                .parse()
                .ok()
                .filter(|_| is_usual && is_short);
            let mut cursor = cursor(&text);
            prop_assert_eq!(cursor.decimal().map(f64::to_bits), expected.map(f64::to_bits), "{}", text);
            if expected.is_some() {
                prop_assert_eq!(cursor.rest, end);
            }
            let expected = whole.parse().ok().filter(|_| is_usual && fraction.is_empty() && whole.len() <= 8);
            prop_assert_eq!(self::cursor(&text).whole(), expected);
        }

        #[test]
        fn a_text_ends_where_the_first_such_byte_is(bytes: Vec<u8>, text in "[ -~é東\u{1}\u{1f}\u{7f}]{0,40}") {
            for bytes in [&bytes[..], text.as_bytes()] {
                let expected = bytes.iter().position(|byte| *byte < b' ' || *byte == b'"' || *byte == b'\\');
                prop_assert_eq!(end_of_text(bytes), expected);
                prop_assert_eq!(holds_end(bytes), expected.is_some());
            }
        }

        #[test]
        fn a_text_of_known_length_is_that_text(text in "[a-z\"\\\\é]{0,20}", length in 0_usize..24) {
            let text = format!("\"{text}\",1");
            let (mut known, mut any) = (cursor(&text), cursor(&text));
            let expected = any.text().filter(|text| text.len() == length);
            prop_assert_eq!(known.text_of_length(length), expected);
            if expected.is_some() {
                prop_assert_eq!(known.rest, any.rest);
            }
        }

        #[test]
        fn every_byte_ends_a_text_or_does_not(at in 0_usize..24, byte: u8, next: u8) {
            let mut bytes = [b'a'; 24];
            bytes[at] = byte;
            bytes[(at + 1) % 24] = next;
            let expected = bytes.iter().position(|byte| *byte < b' ' || *byte == b'"' || *byte == b'\\');
            prop_assert_eq!(end_of_text(&bytes), expected);
        }
    }
}
