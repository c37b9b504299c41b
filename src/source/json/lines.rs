//! One JSON object a line: CloudWatch events, or JSON messages saved without their event.

use std::io::BufRead;

use super::event::{Item, RawEvent};
use super::event_json::EventJson;
use super::lines::{Line, Lines};
use super::text::broken;
use crate::vocab::Place;

/// Reads every line. An object that is no CloudWatch event is itself a message.
pub(super) fn read(reader: impl BufRead, sink: &mut dyn FnMut(Item<'_>)) {
    let mut lines = Lines::new(reader);
    loop {
        let place = Place::Line(lines.number() + 1);
        let line = match lines.next_line() {
            Line::Text(line) => line.trim_ascii(),
            Line::TooLong => {
                sink(Item::Rejected {
                    place,
                    reason: "line longer than 8 MiB".into(),
                });
                continue;
            }
            Line::Broken(error) => return sink(broken(place, &error)),
            Line::End => return,
        };
        if line.is_empty() {
            continue;
        }
        let Ok(line) = std::str::from_utf8(line) else {
            sink(Item::Rejected {
                place,
                reason: "line is not UTF-8".into(),
            });
            continue;
        };
        sink(if line.starts_with('{') {
            item(place, line)
        } else {
            // A line of text among those of JSON, as functions write that change their log format.
            Item::Event(RawEvent::bare(place, line))
        });
    }
}

fn item(place: Place, line: &str) -> Item<'_> {
    let reason = match serde_json::from_str::<EventJson<'_>>(line) {
        Ok(event) if event.is_envelope() => match event.into_event(place) {
            Some(event) => return Item::Event(event),
            None => "log event without a message",
        },
        Ok(_) => return Item::Event(RawEvent::bare(place, line)),
        Err(error) if error.is_eof() => "JSON line is cut off",
        Err(_) => "malformed JSON line",
    };
    Item::Rejected {
        place,
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> Vec<String> {
        let mut seen = Vec::new();
        read(text.as_bytes(), &mut |item| {
            seen.push(match item {
                Item::Event(event) => format!("{:?} {}", event.place, event.message),
                Item::Rejected { place, reason } => format!("{place:?} rejected: {reason}"),
            });
        });
        seen
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
        );
        assert_eq!(
            read_all(text),
            [
                "Line(1) END RequestId: a\n",
                "Line(3) {\"time\":\"2026-01-01T00:00:00Z\",\"type\":\"platform.start\",\"record\":{}}",
                "Line(4) rejected: JSON line is cut off",
                "Line(5) END RequestId: b",
                "Line(6) rejected: malformed JSON line",
            ]
        );
    }
}
