//! Bytes become UTF-8.

use std::borrow::Cow;
use std::io::Read;

use encoding_rs::WINDOWS_1252;
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};

use super::found::Encoding;

/// The encoding that the first bytes tell.
pub(super) fn of(block: &[u8]) -> Encoding {
    match block {
        [0xef, 0xbb, 0xbf, ..] => Encoding::Utf8Bom,
        [0xff, 0xfe, ..] => Encoding::Utf16Le,
        [0xfe, 0xff, ..] => Encoding::Utf16Be,
        _ => Encoding::Utf8,
    }
}

/// Reads UTF-16 behind a byte order mark as UTF-8 and leaves anything else as it is, without its
/// byte order mark.
pub(super) fn decode<R: Read>(reader: R) -> DecodeReaderBytes<R, Vec<u8>> {
    DecodeReaderBytesBuilder::new()
        .utf8_passthru(true)
        .strip_bom(true)
        .build(reader)
}

/// Text from bytes that ought to be UTF-8. Bytes that are not are read as Windows-1252, in which
/// editors and terminals save a no-break space or a dash; whether there were any is told too.
pub(super) fn repair(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    if let Ok(text) = simdutf8::basic::from_utf8(bytes) {
        return (Cow::Borrowed(text), false);
    }
    let mut text = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        let (repaired, _) = WINDOWS_1252.decode_without_bom_handling(chunk.invalid());
        text.push_str(&repaired);
    }
    (Cow::Owned(text), true)
}

/// Whether text ends inside a character, as a file does that was cut off: in UTF-8 its last bytes
/// begin one, and from UTF-16 the decoder leaves a replacement character.
pub(super) fn ends_inside_character(bytes: &[u8]) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.ends_with('\u{fffd}'),
        // The fault may lie earlier, so only the last character's bytes are looked at.
        Err(_) => {
            let begin = bytes.iter().rposition(|byte| (byte & 0xc0) != 0x80).unwrap_or(0);
            std::str::from_utf8(&bytes[begin..]).is_err_and(|error| error.error_len().is_none())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> String {
        let mut text = String::new();
        decode(bytes).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn utf_16_is_read_in_both_orders_and_marks_are_taken_off() {
        let text = "REPORT é 😀";
        let little: Vec<u8> = std::iter::once(0xfeff)
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        let big: Vec<u8> = std::iter::once(0xfeff)
            .chain(text.encode_utf16())
            .flat_map(u16::to_be_bytes)
            .collect();
        assert_eq!(
            (of(&little), decoded(&little).as_str()),
            (Encoding::Utf16Le, text)
        );
        assert_eq!((of(&big), decoded(&big).as_str()), (Encoding::Utf16Be, text));
        let marked = format!("\u{feff}{text}");
        assert_eq!(
            (of(marked.as_bytes()), decoded(marked.as_bytes()).as_str()),
            (Encoding::Utf8Bom, text)
        );
        assert_eq!(
            (of(text.as_bytes()), decoded(text.as_bytes()).as_str()),
            (Encoding::Utf8, text)
        );
    }

    #[test]
    fn stray_bytes_are_windows_1252() {
        assert_eq!(
            repair(b"a\xa0b \x96 caf\xc3\xa9"),
            ("a\u{a0}b \u{2013} café".into(), true)
        );
        assert_eq!(repair("café".as_bytes()), ("café".into(), false));
    }

    #[test]
    fn a_cut_inside_a_character_is_seen() {
        let text = "😀é";
        for cut in [1, 2, 3, 5] {
            assert!(ends_inside_character(&text.as_bytes()[..cut]), "{cut}");
        }
        for cut in [0, 4, 6] {
            assert!(!ends_inside_character(&text.as_bytes()[..cut]), "{cut}");
        }
        assert!(ends_inside_character(b"\xa0 cut \xf0\x9f"));
        assert!(!ends_inside_character(b"a\xa0b"));
    }
}
