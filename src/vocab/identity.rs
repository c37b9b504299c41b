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
    if text.len() != 36 {
        return None;
    }
    let is_dashed = [8, 13, 18, 23].iter().all(|at| text[*at] == b'-');
    let digits = |from: usize, to: usize| {
        text[from..to]
            .iter()
            .fold((0_u64, 0_u8), |(value, faults), byte| {
                let digit = HEX_DIGITS[usize::from(*byte)];
                (value << 4 | u64::from(digit & 15), faults | digit)
            })
    };
    let parts = [
        digits(0, 8),
        digits(9, 13),
        digits(14, 18),
        digits(19, 23),
        digits(24, 36),
    ];
    // The upper half of what stands for another character is not empty.
    let is_hex = parts.iter().fold(0, |faults, (_, of_part)| faults | of_part) < 16;
    let [(a, _), (b, _), (c, _), (d, _), (e, _)] = parts;
    let (high, low) = (a << 32 | b << 16 | c, d << 48 | e);
    (is_dashed && is_hex).then_some(u128::from(high) << 64 | u128::from(low))
}

/// The value of each hexadecimal digit, and 255 for any other byte.
const HEX_DIGITS: [u8; 256] = {
    let mut digits = [u8::MAX; 256];
    let mut value = 0_u8;
    while value < 16 {
        digits[b"0123456789abcdef"[value as usize] as usize] = value;
        digits[b"0123456789ABCDEF"[value as usize] as usize] = value;
        value += 1;
    }
    digits
};

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

    proptest! {
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
