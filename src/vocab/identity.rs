//! The Lambda request id, by which everything is joined.

use std::fmt;

/// A Lambda request id.
///
/// Real ids are UUIDs and are held in 16 bytes. Saved logs also carry redacted ones
/// (`***`, `<requestId>`), so any text without white space is an id, but one that hides
/// characters does not identify anything, and some forms of log keep none at all: see
/// [`RequestId::is_redacted`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RequestId {
    /// A UUID in its usual form of 8-4-4-4-12 hexadecimal digits.
    Uuid(u128),
    /// Anything else; empty if there is none.
    Other(Box<str>),
}

impl RequestId {
    /// Reads an id. `None` if it is empty or holds white space or control characters.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(uuid) = parse_uuid(text.as_bytes()) {
            return Some(Self::Uuid(uuid));
        }
        Self::other(text)
    }

    /// An id that is no UUID.
    #[cold]
    fn other(text: &str) -> Option<Self> {
        let plain = !text.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control());
        plain.then(|| Self::Other(text.into()))
    }

    /// The id of a record whose form keeps none. Shown as no text.
    pub fn absent() -> Self {
        Self::Other(Box::default())
    }

    /// Whether the id was left out or made unreadable before the log was saved, so that equal ids
    /// need not mean the same request.
    pub fn is_redacted(&self) -> bool {
        match self {
            Self::Uuid(uuid) => *uuid == 0,
            Self::Other(text) => {
                text.is_empty()
                    || text.contains(['*', '<', '>', '…'])
                    || text.bytes().all(|byte| matches!(byte, b'x' | b'X' | b'-'))
            }
        }
    }
}

/// The value of a UUID in its usual form of 36 characters.
fn parse_uuid(text: &[u8]) -> Option<u128> {
    let text: &[u8; 36] = text.try_into().ok()?;
    if (text[8], text[13], text[18], text[23]) != (b'-', b'-', b'-', b'-') {
        return None;
    }
    // Without jumps, so that many digits are read at once.
    let mut digits = [0; 32];
    digits[..8].copy_from_slice(&text[..8]);
    digits[8..12].copy_from_slice(&text[9..13]);
    digits[12..16].copy_from_slice(&text[14..18]);
    digits[16..20].copy_from_slice(&text[19..23]);
    digits[20..].copy_from_slice(&text[24..]);
    let mut faults = 0;
    for digit in &mut digits {
        let decimal = digit.wrapping_sub(b'0');
        let letter = (*digit | 0x20).wrapping_sub(b'a');
        faults |= u8::from(decimal > 9) & u8::from(letter > 5);
        *digit = if decimal > 9 {
            letter.wrapping_add(10)
        } else {
            decimal
        };
    }
    if faults != 0 {
        return None;
    }
    // Neighbours are put together: two digits, four, eight.
    let (words, _) = digits.as_chunks();
    let mut packed = [0_u64; 4];
    for (packed, word) in packed.iter_mut().zip(words) {
        let ones = u64::from_le_bytes(*word);
        let twos = (ones << 4 | ones >> 8) & 0x00ff_00ff_00ff_00ff;
        let fours = (twos | twos >> 8) & 0x0000_ffff_0000_ffff;
        *packed = (fours | fours >> 16) & 0xffff_ffff;
    }
    let [a, b, c, d] = packed;
    let (high, low) = ((a | b << 32).swap_bytes(), (c | d << 32).swap_bytes());
    Some(u128::from(high) << 64 | u128::from(low))
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uuid(uuid) => {
                let hex = format!("{uuid:032x}");
                let (a, rest) = hex.split_at(8);
                let (b, rest) = rest.split_at(4);
                let (c, rest) = rest.split_at(4);
                let (d, e) = rest.split_at(4);
                write!(f, "{a}-{b}-{c}-{d}-{e}")
            }
            Self::Other(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_uuid_is_held_as_a_number_whatever_its_case() {
        let text = "79b5e81f-9cdd-4145-b1f6-7c50ef8a2a36";
        let id = RequestId::parse(text).unwrap();
        assert!(matches!(id, RequestId::Uuid(_)));
        assert_eq!(id.to_string(), text);
        assert_eq!(RequestId::parse(&text.to_uppercase()), Some(id));
    }

    #[test]
    fn redacted_ids_are_ids_that_identify_nothing() {
        for text in [
            "***",
            "<requestId>",
            "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
            "00000000-0000-0000-0000-000000000000",
        ] {
            assert!(RequestId::parse(text).unwrap().is_redacted(), "{text}");
        }
        for text in ["xxxxxxxx-5719-4a0b-9d5e-000000000001", "abc", "8f507cfc"] {
            assert!(!RequestId::parse(text).unwrap().is_redacted(), "{text}");
        }
    }

    #[test]
    fn an_absent_id_identifies_nothing_and_is_never_read() {
        let id = RequestId::absent();
        assert!(id.is_redacted());
        assert_eq!(id.to_string(), "");
        assert_eq!(RequestId::parse(""), None);
    }

    #[test]
    fn white_space_ends_an_id() {
        for text in ["", " ", "a b", "a\tb", "a\u{1b}[0m"] {
            assert_eq!(RequestId::parse(text), None, "{text:?}");
        }
    }

    /// A UUID read digit by digit.
    fn read_slowly(text: &[u8]) -> Option<u128> {
        let mut value = 0;
        for (at, byte) in text.iter().enumerate() {
            match (at, char::from(*byte).to_digit(16)) {
                (8 | 13 | 18 | 23, _) if *byte != b'-' => return None,
                (8 | 13 | 18 | 23, _) => {}
                (_, digit) => value = value << 4 | u128::from(digit?),
            }
        }
        (text.len() == 36).then_some(value)
    }

    #[test]
    fn every_byte_at_every_place_is_read_as_by_digits() {
        for text in [
            "79b5e81f-9cdd-4145-b1f6-7c50ef8a2a36",
            "AFAFAFAF-0909-afaf-AFAF-090909090909",
        ] {
            for at in 0..36 {
                for byte in 0..=u8::MAX {
                    let mut bytes = text.as_bytes().to_vec();
                    bytes[at] = byte;
                    assert_eq!(parse_uuid(&bytes), read_slowly(&bytes), "{at} {byte}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn a_uuid_is_read_as_by_digits(value: u128, upper: u64, changes in prop::collection::vec((0_usize..36, any::<u8>()), 0..3), length in 30_usize..40) {
            let mut bytes = RequestId::Uuid(value).to_string().into_bytes();
            for (at, byte) in bytes.iter_mut().enumerate() {
                if upper >> at & 1 == 1 {
                    byte.make_ascii_uppercase();
                }
            }
            prop_assert_eq!(parse_uuid(&bytes), Some(value));
            for (at, byte) in changes {
                bytes[at] = byte;
            }
            prop_assert_eq!(parse_uuid(&bytes), read_slowly(&bytes));
            bytes.resize(length, b'0');
            prop_assert_eq!(parse_uuid(&bytes), read_slowly(&bytes));
        }

        #[test]
        fn any_bytes_are_read_as_by_digits(bytes in prop::collection::vec(any::<u8>(), 36), text in "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-g]{4}-[0-9A-F]{4}-[0-9A-Fa-f]{12}") {
            prop_assert_eq!(parse_uuid(&bytes), read_slowly(&bytes));
            prop_assert_eq!(parse_uuid(text.as_bytes()), read_slowly(text.as_bytes()));
        }

        #[test]
        fn another_character_makes_it_no_uuid(value: u128, at in 0_usize..36, other in "[g-zG-Z/:@`-]|.") {
            let text = RequestId::Uuid(value).to_string();
            let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            let is_hex = other.len() == 1 && other.bytes().all(|byte| byte.is_ascii_hexdigit());
            let is_dash = matches!(at, 8 | 13 | 18 | 23);
            let is_uuid = if is_dash { other == "-" } else { is_hex };
            prop_assert_eq!(matches!(RequestId::parse(&changed), Some(RequestId::Uuid(_))), is_uuid);
        }

        #[test]
        fn a_uuid_reads_back(value: u128) {
            let id = RequestId::Uuid(value);
            prop_assert_eq!(RequestId::parse(&id.to_string()), Some(id));
        }
    }
}
