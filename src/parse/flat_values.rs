//! The values of a flat JSON object in their usual form, read without a JSON parser.

/// Digits of which any whole number is a double, and any decimal fraction one division away from the nearest.
const MOST_DIGITS: usize = 15;

/// What is left of a JSON text. Whether a backslash stands before every quote.
pub(super) struct Cursor<'a, const IS_ESCAPED: bool> {
    pub(super) rest: &'a str,
}

impl<'a, const IS_ESCAPED: bool> Cursor<'a, IS_ESCAPED> {
    /// A quote as it stands here.
    pub(super) const QUOTE: &'static str = if IS_ESCAPED { "\\\"" } else { "\"" };

    /// The next byte, which is ASCII.
    #[inline]
    pub(super) fn byte(&mut self) -> Option<u8> {
        let byte = *self.rest.as_bytes().first()?;
        self.rest = self.rest.get(1..)?;
        Some(byte)
    }

    /// A text without escapes and control characters.
    pub(super) fn text(&mut self) -> Option<&'a str> {
        let behind = self.rest.strip_prefix(Self::QUOTE)?;
        // Where quotes are escaped, a bare one ends the text around the record.
        let (text, behind) = behind.split_at_checked(end_of_text(behind.as_bytes())?)?;
        self.rest = behind.strip_prefix(Self::QUOTE)?;
        Some(text)
    }

    /// `true` or `false`.
    pub(super) fn truth(&mut self) -> Option<bool> {
        let (value, rest) = match self.rest.strip_prefix("true") {
            Some(rest) => (true, rest),
            None => (false, self.rest.strip_prefix("false")?),
        };
        self.rest = rest;
        Some(value)
    }

    /// A whole number.
    pub(super) fn whole(&mut self) -> Option<u64> {
        let (value, _) = self.digits(false)?;
        // A fraction or an exponent makes it no whole number, or one for a parser.
        self.is_at_end_of_value().then_some(value)
    }

    /// A number.
    pub(super) fn decimal(&mut self) -> Option<f64> {
        let (whole, length) = self.digits(false)?;
        let Some(rest) = self.rest.strip_prefix('.') else {
            return self.is_at_end_of_value().then_some(whole as f64);
        };
        self.rest = rest;
        let (fraction, decimals) = self.digits(true)?;
        if length + decimals > MOST_DIGITS || !self.is_at_end_of_value() {
            return None;
        }
        let (scale, divisor) = POWERS[decimals];
        // Both are exact, so the quotient is the double nearest to the number.
        Some((whole * scale + fraction) as f64 / divisor)
    }

    /// Digits as JSON has them: no zero before others. Their value and how many they are.
    #[inline]
    fn digits(&mut self, is_fraction: bool) -> Option<(u64, usize)> {
        let bytes = self.rest.as_bytes();
        let (value, length) = match bytes.first_chunk().and_then(few_digits) {
            Some(read) => read,
            None => many_digits(bytes)?,
        };
        let has_zeros = !is_fraction && length > 1 && bytes[0] == b'0';
        if length == 0 || has_zeros {
            return None;
        }
        self.rest = self.rest.get(length..)?;
        Some((value, length))
    }

    #[inline]
    fn is_at_end_of_value(&self) -> bool {
        matches!(self.rest.as_bytes().first(), Some(b',' | b'}'))
    }
}

/// A word of eight times this byte.
const fn eight(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Where the first byte stands that is a quote, a backslash or a control character.
#[inline]
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

/// The value of the digits that these bytes begin with, and how many they are. `None` if all are digits.
#[inline]
fn few_digits(bytes: &[u8; 8]) -> Option<(u64, usize)> {
    let values = u64::from_le_bytes(*bytes) ^ eight(b'0');
    // A carry reaches only what is behind the first that is no digit.
    let others = (values.wrapping_add(eight(0x80 - 10)) | values) & eight(0x80);
    if others == 0 {
        return None;
    }
    let bits = others.trailing_zeros() & !7;
    if bits == 0 {
        return Some((0, 0));
    }
    // Zeros come before them, and then neighbours are put together: two, four, eight.
    let ones = values << (64 - bits);
    let twos = (ones * 10 + (ones >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (twos * 100 + (twos >> 16)) & 0x0000_ffff_0000_ffff;
    let value = (fours * 10_000 + (fours >> 32)) & 0xffff_ffff;
    Some((value, bits as usize / 8))
}

/// The value of the digits that these bytes begin with, and how many they are. `None` if they are too many.
#[cold]
fn many_digits(bytes: &[u8]) -> Option<(u64, usize)> {
    let length = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let digits = bytes[..length].iter();
    (length <= MOST_DIGITS).then(|| {
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
            let mut at = cursor(&text);
            prop_assert_eq!(at.digits(true), expected);
            if expected.is_some() {
                prop_assert_eq!(at.rest, &text[length..]);
            }
        }

        #[test]
        fn every_byte_ends_digits_or_is_one(digits in "[0-9]{8}", at in 0_usize..8, byte: u8) {
            let mut bytes: [u8; 8] = digits.as_bytes().try_into().unwrap();
            bytes[at] = byte;
            let length = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let expected = (length < 8).then(|| (digits[..length].parse().unwrap_or(0), length));
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
