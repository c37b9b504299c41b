//! Events that are written alike, line after line: the same keys in the same order with the same white space.
//!
//! A shape is learnt from a line that was read as JSON. A line of that shape is cut at the places where its values stand, and
//! the message, which is nearly all of it, is left as it is. Whoever takes an event from here must still see to its message
//! being one text, for which [`super::unescape`] is.

use memchr::{memchr2, memrchr};

use super::cutter::indentation;
use super::unescape::is_plain;
use crate::source::near::next_of;
use crate::vocab::{Timestamp, before, behind, of_values};

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    EventId,
    LogGroup,
    LogStream,
    Timestamp,
    IngestionTime,
}

impl Field {
    fn of(key: &str) -> Option<Self> {
        Some(match key {
            "eventId" => Self::EventId,
            "logGroupName" | "logGroup" => Self::LogGroup,
            "logStreamName" => Self::LogStream,
            "timestamp" => Self::Timestamp,
            "ingestionTime" => Self::IngestionTime,
            _ => return None,
        })
    }

    fn is_text(self) -> bool {
        matches!(self, Self::EventId | Self::LogGroup | Self::LogStream)
    }
}

/// How the events of a file are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EventShape {
    /// What stands before each value in front of the message, and the value.
    head: Vec<(Vec<u8>, Field)>,
    /// What stands before the message.
    before_message: Vec<u8>,
    /// Each value behind the message, the last first, and what stands behind it.
    tail: Vec<(Field, Vec<u8>)>,
    /// What stands behind the message.
    behind_message: Vec<u8>,
}

/// How many values there may be beside the message.
pub(super) const VALUES: usize = 5;

/// The values of a line, each as it stands there.
#[derive(Debug, Default)]
pub(super) struct Values<'a> {
    /// By their [`Field`].
    pub(super) others: [Option<&'a [u8]>; VALUES],
    /// As it stands between its quotes.
    pub(super) message: &'a [u8],
}

/// An event of a known shape. Its texts but the message are as JSON holds them, without escapes, if they are UTF-8.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct CutEvent<'a> {
    pub(super) event_id: Option<&'a [u8]>,
    pub(super) log_group: Option<&'a [u8]>,
    pub(super) log_stream: Option<&'a [u8]>,
    pub(super) at: Option<Timestamp>,
    /// As it stands between its quotes.
    pub(super) message: &'a [u8],
}

impl EventShape {
    /// The shape of a line that is a whole event. `None` if it has keys or values that no event of CloudWatch Logs has, or
    /// lacks an id or a stream.
    pub(super) fn of(line: &[u8]) -> Option<Self> {
        let mut shape = Self {
            head: Vec::new(),
            before_message: Vec::new(),
            tail: Vec::new(),
            behind_message: Vec::new(),
        };
        let mut known: Vec<Field> = Vec::new();
        let mut has_message = false;
        // Where the text that is no value began.
        let (mut begun, mut at) = (0, after(line, 0, b'{')?);
        loop {
            at = after(line, at, b'"')?;
            let key = &line[at..at + line.get(at..)?.iter().position(|byte| *byte == b'"')?];
            at = after(line, at + key.len() + 1, b':')?;
            at = without_blanks(line, at);
            let key = std::str::from_utf8(key).ok()?;
            if key == "message" && !has_message {
                let begin = after(line, at, b'"')?;
                let end = begin + end_of_text(&line[begin..])?;
                shape.before_message = line[begun..begin].to_vec();
                (begun, at, has_message) = (end, end + 1, true);
            } else {
                let field = Field::of(key).filter(|field| !known.contains(field))?;
                known.push(field);
                let begin = if field.is_text() {
                    after(line, at, b'"')?
                } else {
                    at
                };
                let end = begin + value_length(field, line.get(begin..)?)?;
                let before = line[begun..begin].to_vec();
                match has_message {
                    false => shape.head.push((before, field)),
                    true => {
                        // What stands behind a value stands before the next.
                        match shape.tail.first_mut() {
                            Some((_, behind)) => *behind = before,
                            None => shape.behind_message = before,
                        }
                        shape.tail.insert(0, (field, Vec::new()));
                    }
                }
                begun = end;
                at = if field.is_text() { end + 1 } else { end };
            }
            at = without_blanks(line, at);
            match line.get(at)? {
                b',' => at = without_blanks(line, at + 1),
                b'}' if at + 1 == line.len() => break,
                _ => return None,
            }
        }
        let rest = line[begun..].to_vec();
        match shape.tail.first_mut() {
            Some((_, behind)) => *behind = rest,
            None => shape.behind_message = rest,
        }
        let is_told = [Field::EventId, Field::LogStream]
            .iter()
            .all(|field| known.contains(field));
        (has_message && is_told).then_some(shape)
    }

    /// What stands behind the message, its quote first.
    pub(super) fn behind_message(&self) -> &[u8] {
        &self.behind_message
    }

    /// Cuts a line of this shape. `None` if it is of another.
    pub(super) fn cut<'a>(&self, line: &'a [u8]) -> Option<CutEvent<'a>> {
        CutEvent::of(&self.values(line)?)
    }

    /// The values of a line of this shape. `None` if it is of another.
    pub(super) fn values<'a>(&self, line: &'a [u8]) -> Option<Values<'a>> {
        let mut values = Values::default();
        let mut rest = line;
        for (beginning, field) in &self.head {
            rest = behind(rest, beginning)?;
            let (value, following) = rest.split_at(value_length(*field, rest)?);
            values.put(*field, value)?;
            rest = following;
        }
        let mut rest = behind(rest, &self.before_message)?;
        for (field, following) in &self.tail {
            rest = before(rest, following)?;
            let (preceding, value) = rest.split_at(value_begin(*field, rest)?);
            values.put(*field, value)?;
            rest = preceding;
        }
        values.message = before(rest, &self.behind_message)?;
        is_end_of_message(values.message).then_some(values)
    }
}

/// Whether a quote behind these bytes ends the message: a backslash before it would make it a part of the message.
#[inline]
pub(super) fn is_end_of_message(message: &[u8]) -> bool {
    let backslashes = message.iter().rev().take_while(|byte| **byte == b'\\');
    backslashes.count() % 2 == 0
}

impl<'a> Values<'a> {
    fn put(&mut self, field: Field, value: &'a [u8]) -> Option<()> {
        self.others[field as usize] = Some(value);
        (!field.is_text() || is_plain(value)).then_some(())
    }
}

impl<'a> CutEvent<'a> {
    /// `None` if a time is none.
    #[inline]
    pub(super) fn of(values: &Values<'a>) -> Option<Self> {
        let [event_id, log_group, log_stream, at, ingested_at] = values.others;
        let at = match at {
            Some(at) => Some(millis(at)?),
            None => None,
        };
        // A number that JSON does not know spoils the whole line.
        if let Some(ingested_at) = ingested_at {
            millis(ingested_at)?;
        }
        Some(Self {
            event_id,
            log_group,
            log_stream,
            at,
            message: values.message,
        })
    }
}

/// Milliseconds since the epoch in [`DIGITS`] digits, which they have from 2001 to 2286.
#[inline]
pub(super) fn millis(digits: &[u8]) -> Option<Timestamp> {
    let digits: &[u8; DIGITS] = digits.try_into().ok()?;
    let (first, last) = (
        eight_digits(digits.first_chunk()?)?,
        eight_digits(digits.last_chunk()?)?,
    );
    let value = first * 100_000 + last % 100_000;
    (digits[0] != b'0').then_some(Timestamp::from_epoch_millis(value as i64))
}

/// The number of eight digits.
#[inline]
fn eight_digits(digits: &[u8; 8]) -> Option<u64> {
    const LOW: u64 = 0x0f0f_0f0f_0f0f_0f0f;
    let word = u64::from_le_bytes(*digits);
    // '0' to '9' are 0x30 to 0x39; six more make another upper half of what comes behind them.
    let upper = |word: u64| word & !LOW;
    let are_digits =
        upper(word) == upper(0x3030_3030_3030_3030) && upper((word & LOW) + 0x0606_0606_0606_0606) == 0;
    are_digits.then(|| of_values(word & LOW))
}

/// See [`millis`].
pub(super) const DIGITS: usize = 13;

/// How long the value is that the bytes begin with: a text without escapes up to its quote, or digits.
#[inline]
fn value_length(field: Field, bytes: &[u8]) -> Option<usize> {
    if field.is_text() {
        let end = memchr2(b'"', b'\\', bytes)?;
        return (bytes[end] == b'"').then_some(end);
    }
    // What these bytes are is seen where they are read.
    let ends = !bytes.get(DIGITS)?.is_ascii_digit();
    ends.then_some(DIGITS)
}

/// Where the value begins that the bytes end with.
#[inline]
fn value_begin(field: Field, bytes: &[u8]) -> Option<usize> {
    if field.is_text() {
        let quote = memrchr(b'"', bytes)?;
        return (!bytes[quote + 1..].contains(&b'\\')).then_some(quote + 1);
    }
    bytes.len().checked_sub(DIGITS)
}

/// The place behind a byte that must stand at a place, blanks aside.
fn after(line: &[u8], at: usize, byte: u8) -> Option<usize> {
    let at = without_blanks(line, at);
    (line.get(at) == Some(&byte)).then_some(at + 1)
}

/// The place of the first byte from `at` on that is no white space.
pub(super) fn without_blanks(line: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = line.get(at) {
        at += 1 + indentation(&line[at + 1..]);
    }
    at
}

/// Where the quote stands that ends a text.
pub(super) fn end_of_text(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at = next_of([b'"', b'\\'], bytes, at)?;
        match bytes[at] {
            b'"' => return Some(at),
            _ => at += 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: [&str; 4] = [
        r#"{"eventId":"391","ingestionTime":1795165200849,"logStreamName":"s","message":"a\n","timestamp":1795165200065}"#,
        r#"{"logStreamName": "s", "timestamp": 1795165200065, "message": "a\n", "ingestionTime": 1795165200849, "eventId": "391"}"#,
        r#"{"message":"a\n","eventId":"391","logStreamName":"s","timestamp":1795165200065}"#,
        r#"{ "eventId":"391","logStreamName":"s","timestamp":1795165200065,"message":"a\n"}"#,
    ];

    #[test]
    fn every_order_of_the_keys_is_a_shape() {
        for line in LINES {
            let shape = EventShape::of(line.as_bytes()).unwrap();
            let event = shape.cut(line.as_bytes()).unwrap();
            assert_eq!(event.event_id, Some(&b"391"[..]), "{line}");
            assert_eq!(event.log_stream, Some(&b"s"[..]), "{line}");
            assert_eq!(event.at, Some(Timestamp::from_epoch_millis(1_795_165_200_065)));
            assert_eq!(event.message, b"a\\n");
            for other in LINES.iter().filter(|other| **other != line) {
                assert_eq!(shape.cut(other.as_bytes()), None, "{other}");
            }
        }
    }

    #[test]
    fn what_is_not_of_the_shape_is_not_cut() {
        let shape = EventShape::of(LINES[0].as_bytes()).unwrap();
        for (from, to) in [
            ("391", "3\\u0039"),
            ("1795165200849", "179516520084"),
            ("1795165200065", "0795165200065"),
            ("1795165200849", "0795165200849"),
            ("1795165200065", "-795165200065"),
            ("a\\n", "a\\"),
            ("\"s\"", "null"),
            ("}", "} "),
        ] {
            let line = LINES[0].replacen(from, to, 1);
            assert_ne!(line, LINES[0]);
            assert_eq!(shape.cut(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn digits_and_nothing_else_are_numbers() {
        for value in [
            1_000_000_000_000,
            1_795_165_200_065,
            9_876_543_210_123,
            9_999_999_999_999,
        ] {
            let text = i64::to_string(&value);
            assert_eq!(millis(text.as_bytes()), Some(Timestamp::from_epoch_millis(value)));
            for at in 0..text.len() {
                for byte in (0..=u8::MAX).filter(|byte| !byte.is_ascii_digit()) {
                    let mut other = text.clone().into_bytes();
                    other[at] = byte;
                    assert_eq!(millis(&other), None, "{byte} at {at}");
                }
            }
        }
        assert_eq!(millis(b"0999999999999"), None);
    }

    #[test]
    fn other_objects_have_no_shape() {
        for line in [
            "{}",
            "{\"message\":\"a\"}",
            "{\"eventId\":\"1\",\"logStreamName\":\"s\",\"message\":\"a\",\"more\":1}",
            "{\"eventId\":\"1\",\"logStreamName\":\"s\",\"message\":\"a\",\"message\":\"b\"}",
            "{\"eventId\":\"1\",\"logStreamName\":\"s\",\"message\":{}}",
            "{\"eventId\":\"1\",\"logStreamName\":\"s\",\"timestamp\":1}",
            "{\"eventId\":\"1\",\"logStreamName\":\"s\",\"message\":\"a\"} {}",
            "{\"eventId\":\"1\",\"logStreamName\":\"s\",\"message\":\"a",
        ] {
            assert_eq!(EventShape::of(line.as_bytes()), None, "{line}");
        }
    }
}
