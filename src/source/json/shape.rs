//! Whether a file that begins with a bracket is one JSON object a line, or anything else of JSON.

use std::fmt;
use std::io::BufReader;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::cutter::ENTERED;
use super::object::Object;
use super::scan::{Scanned, Scanner};

/// Whether the block begins with an array of objects, arrays or texts, white space aside. Python's text log
/// lines begin with a bracket too (`[INFO]`).
pub(in crate::source) fn is_array(block: &[u8]) -> bool {
    let mut bytes = block.iter().filter(|byte| !byte.is_ascii_whitespace());
    if bytes.next() != Some(&b'[') || !matches!(bytes.next(), Some(b'{' | b'[' | b'"' | b']')) {
        return false;
    }
    // A line of an application may be an array; what follows it is no JSON then.
    let line = block.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_whole = serde_json::from_slice::<IgnoredAny>(line).is_ok();
    let follows = block[line.len()..].trim_ascii_start();
    !is_whole || follows.is_empty() || matches!(follows.first(), Some(b'{' | b'['))
}

/// Whether the block begins with a document of events or rows, with an object over several lines, or with
/// objects that no line break parts.
pub(in crate::source) fn is_document(block: &[u8]) -> bool {
    let begin = block
        .iter()
        .position(|byte| !byte.is_ascii_whitespace())
        .unwrap_or(0);
    let block = &block[begin..];
    let line = block.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let mut scanner = Scanner::new(BufReader::with_capacity(line.len().max(1), line));
    match scanner.step() {
        Scanned::Value {
            text,
            is_element: false,
            ..
        } => {
            let behind = line[text.len().min(line.len())..].trim_ascii();
            behind.starts_with(b"{") || behind.starts_with(b"[")
        }
        // The line ends inside its object, which goes on below if it is not cut off.
        Scanned::Cut { .. } if line.len() < block.len() => holds_events(block),
        // So long a line may be many objects, or one document.
        Scanned::Cut { .. } => true,
        _ => holds_events(block),
    }
}

/// Whether the first line begins with a text, a number or a word of JSON, as the payload of a function may be, and an
/// object or nothing follows it.
pub(in crate::source) fn is_scalar_first(block: &[u8]) -> bool {
    let line = block
        .trim_ascii_start()
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let mut values = serde_json::Deserializer::from_slice(line).into_iter::<IgnoredAny>();
    let is_value = values.next().is_some_and(|value| value.is_ok());
    let behind = line[values.byte_offset().min(line.len())..].trim_ascii();
    let is_text = line.starts_with(b"\"");
    is_value && (behind.starts_with(b"{") || (is_text && behind.is_empty()))
}

/// Whether a text begins with an object that holds log events, on one line or on several.
pub(in crate::source) fn is_container(text: &str) -> bool {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    let first = values.next().and_then(Result::ok);
    let object = first.and_then(|value| serde_json::from_str::<Object<'_>>(value.get()).ok());
    object.is_some_and(|object| object.is_container())
}

/// Whether the first object has a key of its own whose value is an array of log events or rows, as far as
/// the block tells.
fn holds_events(block: &[u8]) -> bool {
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
            if !ENTERED.contains(&key.as_str()) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            // A value that does not end within the block is an array that is long enough to be read
            // element by element.
            *self.found = true;
            let value = map.next_value::<&RawValue>()?.get();
            *self.found = is_events(value);
            if *self.found {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Whether a whole value is an array of events or rows, or empty.
pub(super) fn is_events(value: &str) -> bool {
    let Some(inside) = value.strip_prefix('[') else {
        return false;
    };
    let inside = inside.trim_start();
    inside.starts_with([']', '[']) || (inside.starts_with('{') && is_api(inside))
}

/// Whether events are as the API gives them: with a message and a time. Applications have events of their own.
fn is_api(events: &str) -> bool {
    let has = |names: [&str; 2]| names.iter().any(|name| events.contains(name));
    has(["\"message\"", "\"Message\""]) && has(["\"timestamp\"", "\"Timestamp\""])
}
