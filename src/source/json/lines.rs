//! One JSON object a line: CloudWatch events, rows, envelopes, or JSON messages saved without their event.

use std::io::{self, BufRead, Read};

use serde_json::value::RawValue;

use super::document;
use super::object::Object;
use crate::source::encoding::repair;
use crate::source::event::RawEvent;
use crate::source::lines::{Line, Lines, TOO_LONG, broken};
use crate::source::sink::Sink;
use crate::source::text::without_colours;
use crate::vocab::Place;

/// Reads every line. A line of text among those of JSON is a message, as functions write that change
/// their log format.
pub(in crate::source) fn read(reader: impl BufRead, sink: &mut Sink<'_>) {
    let mut lines = Lines::new(reader);
    let mut is_text = false;
    loop {
        let place = Place::Line(lines.number() + 1);
        let line = match lines.next_line() {
            Line::Text(line) => line.trim_ascii(),
            Line::TooLong => {
                sink.reject(place, TOO_LONG);
                continue;
            }
            Line::Broken(error) => return sink.reject(place, broken(&error)),
            Line::End => break,
        };
        if line == b"{" || line == b"[" {
            // Pretty-printed from here on, as the answer to an invocation is behind its payload.
            let (number, begun, rest) = lines.into_rest();
            return document::read_from(io::Cursor::new(begun).chain(rest), number, sink);
        }
        let (line, is_repaired) = repair(line);
        sink.repaired_lines += u64::from(is_repaired);
        let line = line.trim_start_matches('\u{feff}');
        is_text = !line.starts_with('{');
        if !is_text {
            // Elements of an array were saved without their brackets.
            object(line.strip_suffix(',').unwrap_or(line), place, sink);
        } else if !line.is_empty() {
            sink.event(RawEvent::bare(place, without_colours(line)));
        }
    }
    // An object that is cut off has been rejected already.
    if is_text {
        lines.finish(sink);
    }
}

/// One line, which holds an object or several.
fn object(line: &str, place: Place, sink: &mut Sink<'_>) {
    match serde_json::from_str::<Object<'_>>(line) {
        Ok(object) => object.emit(line, place, false, sink),
        Err(error) => several(line, error.is_eof(), place, sink),
    }
}

/// Objects that no line break parts.
fn several(line: &str, is_cut: bool, place: Place, sink: &mut Sink<'_>) {
    let mut values = serde_json::Deserializer::from_str(line).into_iter::<&RawValue>();
    let mut count = 0_u64;
    loop {
        match values.next() {
            Some(Ok(value)) => match serde_json::from_str::<Object<'_>>(value.get()) {
                Ok(object) => {
                    count += 1;
                    object.emit(value.get(), place, false, sink);
                }
                Err(_) => break sink.reject(place, "malformed JSON line"),
            },
            None => break,
            Some(Err(error)) => {
                let is_cut = if count == 0 { is_cut } else { error.is_eof() };
                break sink.reject(
                    place,
                    if is_cut {
                        "JSON line is cut off"
                    } else {
                        "malformed JSON line"
                    },
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::trial::shown;

    fn read_all(text: &str) -> Vec<String> {
        shown(|sink| read(text.as_bytes(), sink))
    }

    #[test]
    fn events_messages_and_faults_are_told_apart_and_located() {
        let text = concat!(
            "{\"eventId\":\"1\",\"timestamp\":5,\"message\":\"END RequestId: a\\n\"}\n",
            "\n",
            "{\"time\":\"2026-01-01T00:00:00Z\",\"type\":\"platform.start\",\"record\":{}}\n",
            "{\"eventId\":\"2\",\"timestamp\n",
            "END RequestId: b\n",
            "{\"eventId\" \"3\"}\n",
            "{\"message\":\"one\"}{\"message\":\"two\"} {\"message\":\n",
        );
        assert_eq!(
            read_all(text),
            [
                "Line(1) 1970-01-01T00:00:00.005Z END RequestId: a\n",
                "Line(3) {\"time\":\"2026-01-01T00:00:00Z\",\"type\":\"platform.start\",\"record\":{}}",
                "Line(4) rejected: JSON line is cut off",
                "Line(5) END RequestId: b",
                "Line(6) rejected: malformed JSON line",
                "Line(7) one",
                "Line(7) two",
                "Line(7) rejected: JSON line is cut off",
            ]
        );
    }
}
