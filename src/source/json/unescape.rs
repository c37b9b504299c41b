//! Texts as they were before they were put into JSON.

use crate::source::near::next_of;

/// Whether no byte is one that a JSON text holds in no other way than escaped.
pub(super) fn is_plain(text: &[u8]) -> bool {
    // To look at every byte is quicker than to stop at the first.
    text.iter().fold(true, |are, byte| are & is_bare(*byte))
}

/// Whether a byte stands in a JSON text as it is.
#[inline]
pub(super) fn is_bare(byte: u8) -> bool {
    (byte >= b' ') & (byte != b'"') & (byte != b'\\')
}

/// Whether a quote stands there that no backslash escapes, so that the text ends at it.
pub(super) fn has_bare_quote(text: &[u8]) -> bool {
    let is_backslash = |at: usize| text.get(at) == Some(&b'\\');
    let begins = text.first() == Some(&b'"') || (text.get(1) == Some(&b'"') && !is_backslash(0));
    let Some(behind) = text.get(2..) else {
        return begins;
    };
    // To look at every byte is quicker than to stop at the first.
    let (bare, doubtful) = text.iter().zip(&text[1..]).zip(behind).fold(
        (begins, false),
        |(bare, doubtful), ((before, last), byte)| {
            let is_quote = *byte == b'"';
            let (is_escaped, is_doubtful) = (*last == b'\\', *before == b'\\');
            (
                bare | (is_quote & !is_escaped),
                doubtful | (is_quote & is_escaped & is_doubtful),
            )
        },
    );
    // A backslash before a backslash escapes that one.
    bare || (doubtful && {
        let quotes = memchr::memchr_iter(b'"', text);
        let backslashes = |quote: usize| {
            text[..quote]
                .iter()
                .rev()
                .take_while(|byte| **byte == b'\\')
                .count()
        };
        quotes.into_iter().any(|quote| backslashes(quote) % 2 == 0)
    })
}

/// Takes the escapes out of what stands between the quotes of a JSON text. Whether it is such: what a JSON parser would
/// refuse is refused, and so are halves of surrogates. Then `text` holds nothing of use.
pub(super) fn unescape(escaped: &[u8], text: &mut Vec<u8>) -> bool {
    text.clear();
    text.reserve(escaped.len());
    // To look at every byte is quicker than to stop at the first.
    if escaped
        .iter()
        .fold(false, |is_there, byte| is_there | (*byte < b' '))
    {
        return false;
    }
    let mut begin = 0;
    loop {
        let Some(stop) = next_of([b'"', b'\\'], escaped, begin) else {
            text.extend_from_slice(&escaped[begin..]);
            return true;
        };
        text.extend_from_slice(&escaped[begin..stop]);
        let (b'\\', Some(letter)) = (escaped[stop], escaped.get(stop + 1)) else {
            return false;
        };
        begin = stop + 2;
        match letter {
            b'"' | b'\\' | b'/' => text.push(*letter),
            b'n' => text.push(b'\n'),
            b't' => text.push(b'\t'),
            b'r' => text.push(b'\r'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'u' => {
                let Some((character, behind)) = character(&escaped[begin..]) else {
                    return false;
                };
                text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                begin = escaped.len() - behind.len();
            }
            _ => return false,
        }
    }
}

/// The character of four hexadecimal digits, or of two surrogates.
fn character(bytes: &[u8]) -> Option<(char, &[u8])> {
    let (first, rest) = unit(bytes)?;
    if !(0xd800..0xdc00).contains(&first) {
        return Some((char::from_u32(first)?, rest));
    }
    let (second, rest) = unit(rest.strip_prefix(b"\\u")?)?;
    if !(0xdc00..0xe000).contains(&second) {
        return None;
    }
    let character = char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))?;
    Some((character, rest))
}

fn unit(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = bytes.split_at_checked(4)?;
    let value = digits.iter().try_fold(0, |value, digit| {
        Some(value << 4 | char::from(*digit).to_digit(16)?)
    });
    Some((value?, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unescaped(escaped: &str) -> Option<String> {
        let mut text = Vec::new();
        unescape(escaped.as_bytes(), &mut text).then(|| String::from_utf8(text).unwrap())
    }

    fn parsed(escaped: &str) -> Option<String> {
        serde_json::from_str(&format!("\"{escaped}\"")).ok()
    }

    proptest! {
        #[test]
        fn what_was_escaped_comes_back(text in ".*") {
            let json = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(unescaped(&json[1..json.len() - 1]), Some(text));
        }

        #[test]
        fn it_is_what_a_parser_makes_of_it(escaped in "(\\\\[\"\\\\/bfnrtux]|\\\\u[0-9a-fD]{4}|[a-zé\"\u{1}])*") {
            prop_assert_eq!(unescaped(&escaped), parsed(&escaped));
        }
    }

    proptest! {
        #[test]
        fn a_bare_quote_is_found(text in "([a-z]|\\\\|\"){0,12}") {
            let mut is_escaped = false;
            let is_bare = text.bytes().any(|byte| {
                let is_bare = byte == b'"' && !is_escaped;
                is_escaped = byte == b'\\' && !is_escaped;
                is_bare
            });
            prop_assert_eq!(has_bare_quote(text.as_bytes()), is_bare);
        }
    }

    #[test]
    fn half_a_surrogate_is_none() {
        for (escaped, text) in [
            ("\\ud83d\\ude00", Some("😀")),
            ("\\ud83d", None),
            ("\\ude00", None),
            ("\\ud83d\\n", None),
            ("\\u00e", None),
        ] {
            assert_eq!(unescaped(escaped).as_deref(), text, "{escaped}");
        }
    }
}
