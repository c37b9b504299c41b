//! Documents that `aws logs filter-log-events` and `get-log-events` print: one or several objects
//! with an `events` array, pretty-printed or not, or a bare array of events.

use std::fmt;
use std::io::Read;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use serde_json::error::Category;

use super::event::Item;
use super::event_json::MaybeEvent;
use crate::vocab::Place;

/// Reads the documents one event at a time, so that memory does not grow with their length.
/// What stands before a fault is kept.
pub(super) fn read(reader: impl Read, sink: &mut dyn FnMut(Item<'_>)) {
    let mut deserializer = serde_json::Deserializer::from_reader(reader);
    let mut count = 0;
    loop {
        // Anything but white space is another document, or an error that the next read locates.
        if deserializer.end().is_ok() {
            return;
        }
        let document = Document {
            count: &mut count,
            sink,
        };
        if let Err(error) = document.deserialize(&mut deserializer) {
            let reason = match error.classify() {
                Category::Eof => "JSON document is cut off here",
                Category::Io => "the input breaks off here; what follows is lost",
                Category::Syntax | Category::Data => "malformed JSON document from here on",
            };
            sink(Item::Rejected {
                place: match error.line() {
                    0 => Place::Event(count + 1),
                    line => Place::Line(u64::try_from(line).unwrap_or(u64::MAX)),
                },
                reason: reason.into(),
            });
            return;
        }
    }
}

struct Document<'s, 'k> {
    count: &'s mut u64,
    sink: &'s mut (dyn FnMut(Item<'_>) + 'k),
}

impl<'de> DeserializeSeed<'de> for Document<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Document<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with an events array, or an array of events")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { count, sink } = self;
        while let Some(key) = map.next_key::<String>()? {
            if key == "events" {
                map.next_value_seed(Events {
                    count: &mut *count,
                    sink: &mut *sink,
                })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        Events {
            count: self.count,
            sink: self.sink,
        }
        .visit_seq(seq)
    }
}

struct Events<'s, 'k> {
    count: &'s mut u64,
    sink: &'s mut (dyn FnMut(Item<'_>) + 'k),
}

impl<'de> DeserializeSeed<'de> for Events<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Events<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of log events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(MaybeEvent(event)) = seq.next_element::<MaybeEvent<'_>>()? {
            *self.count += 1;
            let place = Place::Event(*self.count);
            (self.sink)(match event.and_then(|event| event.into_event(place)) {
                Some(event) => Item::Event(event),
                None => Item::Rejected {
                    place,
                    reason: "log event without a message".into(),
                },
            });
        }
        Ok(())
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
    fn appended_documents_are_read_on() {
        let page = |message: &str| {
            format!(
                "{{\n  \"events\": [\n    {{\"timestamp\": 1, \"message\": \"{message}\"}}\n  ],\n  \"searchedLogStreams\": []\n}}\n"
            )
        };
        assert_eq!(
            read_all(&format!("{}{}", page("one"), page("two"))),
            ["Event(1) one", "Event(2) two"]
        );
        assert_eq!(
            read_all("[{\"message\":\"m\"}, 5]"),
            ["Event(1) m", "Event(2) rejected: log event without a message"]
        );
    }

    #[test]
    fn what_stands_before_a_cut_is_kept() {
        assert_eq!(
            read_all("{\"events\":[{\"message\":\"one\"},\n{\"message\":\"tw"),
            ["Event(1) one", "Line(2) rejected: JSON document is cut off here"]
        );
        assert_eq!(
            read_all("{\"events\":[{\"message\":\"one\"},\n{\"message\" \"two\"}]}"),
            [
                "Event(1) one",
                "Line(2) rejected: malformed JSON document from here on"
            ]
        );
    }
}
