//! The values of a flat JSON object in their usual form, read without a JSON parser.

use crate::vocab::{eight, of_values};

/// Digits of which any whole number is a double, and any decimal fraction one division away from the nearest.
const MOST_DIGITS: usize = 15;

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

    /// A whole number.
    #[inline(always)]
    pub(super) fn whole(&mut self) -> Option<u64> {
        let bytes = self.rest.as_bytes();
        let (value, length) = whole_digits(bytes)?;
        // A fraction or an exponent makes it no whole number, or one for a parser.
        self.end_value(length)?;
        Some(value)
    }

    /// A number.
    #[inline(always)]
    pub(super) fn decimal(&mut self) -> Option<f64> {
        let bytes = self.rest.as_bytes();
        let (whole, length) = whole_digits(bytes)?;
        let [b'.', behind @ ..] = bytes.get(length..)? else {
            self.end_value(length)?;
            return Some(whole as i64 as f64);
        };
        let (fraction, decimals) = digits(behind)?;
        if length + decimals > MOST_DIGITS {
            return None;
        }
        self.end_value(length + 1 + decimals)?;
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

    /// Passes over a value of this length in ASCII, which a field or the object ends behind.
    #[inline(always)]
    fn end_value(&mut self, length: usize) -> Option<()> {
        self.rest = self.rest.get(length..)?;
        matches!(self.rest.as_bytes().first(), Some(b',' | b'}')).then_some(())
    }
}

/// As [`digits`], as JSON has them before a point: no zero before others.
#[inline(always)]
fn whole_digits(bytes: &[u8]) -> Option<(u64, usize)> {
    let (value, length) = digits(bytes)?;
    (length == 1 || bytes[0] != b'0').then_some((value, length))
}

/// The value of the digits that these bytes begin with, and how many they are. `None` if there is none or too many.
#[inline(always)]
fn digits(bytes: &[u8]) -> Option<(u64, usize)> {
    match bytes.first_chunk().and_then(few_digits) {
        Some(read) => Some(read),
        None => any_digits(bytes),
    }
}

/// Where the first byte stands that is a quote, a backslash or a control character.
#[inline(always)]
fn end_of_text(bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // Bit 1 turned over makes the quote the next byte behind the control characters. Too small a byte borrows from those
        // behind it alone, so the first that is found is one.
        let small = (word ^ eight(2)).wrapping_sub(eight(b' ' + 1));
        let backslashes = (word ^ eight(b'\\')).wrapping_sub(eight(1));
        let ends = (small | backslashes) & !word & eight(0x80);
        if ends != 0 {
            return Some(at * 8 + ends.trailing_zeros() as usize / 8);
        }
    }
    let is_end = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..b' ');
    Some(bytes.len() - rest.len() + rest.iter().position(is_end)?)
}

/// The value of the digits that these bytes begin with, and how many they are. `None` if none is, or all are.
#[inline(always)]
fn few_digits(bytes: &[u8; 8]) -> Option<(u64, usize)> {
    let values = u64::from_le_bytes(*bytes) ^ eight(b'0');
    // A carry reaches only what is behind the first that is no digit.
    let others = (values.wrapping_add(eight(0x80 - 10)) | values) & eight(0x80);
    let bits = others.trailing_zeros() & !7;
    if bits == 0 || bits == 64 {
        return None;
    }
    // Zeros come before them.
    Some((of_values(values << (64 - bits)), bits as usize / 8))
}

/// As [`digits`], of bytes that are not a few digits and more behind them.
#[cold]
fn any_digits(bytes: &[u8]) -> Option<(u64, usize)> {
    let length = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let digits = bytes[..length].iter();
    (1..=MOST_DIGITS).contains(&length).then(|| {
        let value = digits.fold(0, |value, byte| value * 10 + u64::from(byte - b'0'));
        (value, length)
    })
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
        fn digits_are_counted_and_read(digits in "[0-9]{0,17}", behind in ".{0,9}") {
            let text = format!("{digits}{behind}");
            let length = text.bytes().take_while(u8::is_ascii_digit).count();
            let value = text[..length].parse().unwrap_or(0_u64);
            let expected = (1..=MOST_DIGITS).contains(&length).then_some((value, length));
            prop_assert_eq!(super::digits(text.as_bytes()), expected);
        }

        #[test]
        fn every_byte_ends_digits_or_is_one(digits in "[0-9]{8}", at in 0_usize..8, byte: u8) {
            let mut bytes: [u8; 8] = digits.as_bytes().try_into().unwrap();
            bytes[at] = byte;
            let length = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let expected = (1..8).contains(&length).then(|| (digits[..length].parse().unwrap(), length));
            prop_assert_eq!(few_digits(&bytes), expected);
        }

        #[test]
        fn numbers_are_those_of_the_library(whole in "0|[1-9][0-9]{0,9}", fraction in "(\\.[0-9]{1,6})?", end in "[,}]|[,}][0-9.]{9}") {
            let text = format!("{whole}{fraction}{end}");
            let expected: Option<f64> = format!("{whole}{fraction}").parse().ok().filter(|_| whole.len() + fraction.len() <= 16);
            prop_assert_eq!(cursor(&text).decimal().map(f64::to_bits), expected.map(f64::to_bits));
            prop_assert_eq!(cursor(&text).whole(), whole.parse().ok().filter(|_| fraction.is_empty()));
        }

        #[test]
        fn a_text_ends_where_the_first_such_byte_is(bytes: Vec<u8>, text in "[ -~é東\u{1}\u{1f}\u{7f}]{0,40}") {
            for bytes in [&bytes[..], text.as_bytes()] {
                let expected = bytes.iter().position(|byte| *byte < b' ' || *byte == b'"' || *byte == b'\\');
                prop_assert_eq!(end_of_text(bytes), expected);
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
