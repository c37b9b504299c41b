//! Which form a file has, told from its first block.

use std::fmt;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};

use super::text::{self, Layout};

/// The form of a saved log, after decompression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One JSON object a line.
    JsonLines,
    /// `filter-log-events` or `get-log-events` documents, or an array of events.
    Document,
    /// Lines of text with a time before each event.
    TimedText,
    /// Lines of text.
    BareText,
    /// Not text at all.
    Binary,
    /// Nothing.
    Empty,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::JsonLines => "one JSON object a line",
            Self::Document => "JSON document of log events",
            Self::TimedText => "text, each event with its time",
            Self::BareText => "text without times",
            Self::Binary => "no log in a form that is known",
            Self::Empty => "empty",
        })
    }
}

impl Form {
    /// Tells the form from the first bytes of a file; a few kilobytes suffice.
    pub fn of(block: &[u8]) -> Self {
        let Some(first) = block.iter().find(|byte| !byte.is_ascii_whitespace()) else {
            return Self::Empty;
        };
        // Text holds next to no control characters; every fiftieth byte is generous.
        if block.iter().filter(|&&byte| is_unprintable(byte)).count() > block.len() / 50 {
            return Self::Binary;
        }
        match first {
            b'{' if has_events_key(block) => Self::Document,
            b'{' => Self::JsonLines,
            b'[' if array_of_objects(block) => Self::Document,
            _ => match text::layout(block) {
                Layout::Timed => Self::TimedText,
                Layout::Bare => Self::BareText,
            },
        }
    }
}

/// Control characters but for tab, line breaks and the escape of terminal colours.
fn is_unprintable(byte: u8) -> bool {
    byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x1b)
}

/// Whether the block begins with `[{` or `[]`, white space aside. Python's text log lines begin
/// with a bracket too (`[INFO]`).
fn array_of_objects(block: &[u8]) -> bool {
    let mut bytes = block.iter().filter(|byte| !byte.is_ascii_whitespace());
    bytes.next() == Some(&b'[') && matches!(bytes.next(), Some(b'{' | b']'))
}

/// Whether the first object has a key `events` of its own within the block.
fn has_events_key(block: &[u8]) -> bool {
    let mut found = false;
    // The block ends somewhere inside the object as a rule, so the result is of no interest.
    let _ = serde_json::Deserializer::from_slice(block).deserialize_map(KeySearch { found: &mut found });
    found
}

struct KeySearch<'a> {
    found: &'a mut bool,
}

impl<'de> Visitor<'de> for KeySearch<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == "events" {
                *self.found = true;
                return Ok(());
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_block_tells_the_form() {
        for (block, form) in [
            ("", Form::Empty),
            (" \n", Form::Empty),
            ("{\"eventId\":\"1\",\"message\":\"m\"}\n{", Form::JsonLines),
            (
                "{\"message\":\"{\\\"events\\\":[]}\",\"timestamp\":1}",
                Form::JsonLines,
            ),
            ("{\n    \"events\": [\n", Form::Document),
            ("{\"searchedLogStreams\":[],\"events\":[{", Form::Document),
            ("[\n  {\"message\"", Form::Document),
            ("[INFO]\t2026-01-01T00:00:00.000Z\ta\ttext\n", Form::BareText),
            ("START RequestId: a Version: 1\n", Form::BareText),
            (
                "2026-01-01T00:00:00.000Z START RequestId: a Version: 1\n",
                Form::TimedText,
            ),
            ("2026-01-01T00:00:00.000Z\ta\tINFO\ttext\n", Form::BareText),
            ("PAR1\0\0", Form::Binary),
        ] {
            assert_eq!(Form::of(block.as_bytes()), form, "{block:?}");
        }
    }
}
