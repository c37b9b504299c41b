//! One CloudWatch event as a JSON object.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::event::RawEvent;
use crate::vocab::{Place, Timestamp};

/// A JSON object that may be a CloudWatch event.
///
/// Reads the spellings of `FilterLogEvents`, `GetLogEvents` and subscription records. A field of
/// an unexpected type counts as absent instead of spoiling the object.
#[derive(Debug, Default)]
pub(super) struct EventJson<'a> {
    message: Option<Cow<'a, str>>,
    at: Option<Timestamp>,
    event_id: Option<Cow<'a, str>>,
    log_group: Option<Cow<'a, str>>,
    log_stream: Option<Cow<'a, str>>,
    /// Whether a key occurred that applications do not use.
    is_marked: bool,
    has_other_keys: bool,
}

impl<'a> EventJson<'a> {
    /// Whether this is CloudWatch's wrapping of a message rather than a message that is itself
    /// JSON: it holds a message, and either a key that only CloudWatch writes or no key that
    /// CloudWatch does not write.
    pub(super) fn is_envelope(&self) -> bool {
        self.message.is_some() && (self.is_marked || !self.has_other_keys)
    }

    /// The event, or `None` if there is no message.
    pub(super) fn into_event(self, place: Place) -> Option<RawEvent<'a>> {
        Some(RawEvent {
            place,
            at: self.at,
            event_id: self.event_id,
            log_group: self.log_group,
            log_stream: self.log_stream,
            message: self.message?,
        })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for EventJson<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EventVisitor)
    }
}

struct EventVisitor;

impl<'de> Visitor<'de> for EventVisitor {
    type Value = EventJson<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a log event object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut event = EventJson::default();
        while let Some(key) = map.next_key::<Key>()? {
            match key {
                Key::Message => event.message = map.next_value::<Scalar<'de>>()?.into_text(),
                Key::Timestamp => event.at = map.next_value::<Scalar<'de>>()?.into_time(),
                Key::EventId(is_sure) => {
                    event.is_marked |= is_sure;
                    event.event_id = map.next_value::<Scalar<'de>>()?.into_text();
                }
                Key::LogGroup => event.log_group = map.next_value::<Scalar<'de>>()?.into_text(),
                Key::LogStream(is_sure) => {
                    event.is_marked |= is_sure;
                    event.log_stream = map.next_value::<Scalar<'de>>()?.into_text();
                }
                Key::IngestionTime => {
                    event.is_marked = true;
                    map.next_value::<IgnoredAny>()?;
                }
                Key::Other => {
                    event.has_other_keys = true;
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(event)
    }
}

/// Event id and log stream have a spelling that applications do not use, and one that they may.
enum Key {
    Message,
    Timestamp,
    EventId(bool),
    LogGroup,
    LogStream(bool),
    IngestionTime,
    Other,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl Visitor<'_> for KeyVisitor {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E>(self, key: &str) -> Result<Key, E> {
                Ok(match key {
                    "message" => Key::Message,
                    "timestamp" => Key::Timestamp,
                    "eventId" => Key::EventId(true),
                    "id" => Key::EventId(false),
                    "logGroupName" | "logGroup" | "logGroupIdentifier" => Key::LogGroup,
                    "logStreamName" => Key::LogStream(true),
                    "logStream" => Key::LogStream(false),
                    "ingestionTime" => Key::IngestionTime,
                    _ => Key::Other,
                })
            }
        }
        deserializer.deserialize_identifier(KeyVisitor)
    }
}

/// A text or a number; any other value is read over.
enum Scalar<'a> {
    Text(Cow<'a, str>),
    Integer(i64),
    Other,
}

impl<'a> Scalar<'a> {
    fn into_text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(text) => Some(text),
            Self::Integer(_) | Self::Other => None,
        }
    }

    /// A time: milliseconds since the epoch as a number or as text, or a time in words.
    fn into_time(self) -> Option<Timestamp> {
        match self {
            Self::Integer(millis) => Some(Timestamp::from_epoch_millis(millis)),
            Self::Text(text) => match text.parse() {
                Ok(millis) => Some(Timestamp::from_epoch_millis(millis)),
                Err(_) => Timestamp::parse(&text),
            },
            Self::Other => None,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ScalarVisitor;
        impl<'de> Visitor<'de> for ScalarVisitor {
            type Value = Scalar<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Scalar::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Scalar::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
                Ok(Scalar::Text(Cow::Owned(text)))
            }

            fn visit_i64<E>(self, integer: i64) -> Result<Self::Value, E> {
                Ok(Scalar::Integer(integer))
            }

            fn visit_u64<E>(self, integer: u64) -> Result<Self::Value, E> {
                Ok(i64::try_from(integer).map_or(Scalar::Other, Scalar::Integer))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
                // Some tools write whole milliseconds with a point.
                let is_whole = number.fract() == 0.0 && number.abs() < 9e15;
                Ok(if is_whole {
                    Scalar::Integer(number as i64)
                } else {
                    Scalar::Other
                })
            }

            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(Scalar::Other)
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Scalar::Other)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Scalar::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Scalar::Other)
            }
        }
        deserializer.deserialize_any(ScalarVisitor)
    }
}

/// A value of which only objects are of interest: `None` for anything else.
pub(super) struct MaybeEvent<'a>(pub(super) Option<EventJson<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for MaybeEvent<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MaybeVisitor;
        impl<'de> Visitor<'de> for MaybeVisitor {
            type Value = MaybeEvent<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a log event object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                EventVisitor.visit_map(map).map(|event| MaybeEvent(Some(event)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(MaybeEvent(None))
            }

            fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
                Ok(MaybeEvent(None))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
                Ok(MaybeEvent(None))
            }

            fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
                Ok(MaybeEvent(None))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
                Ok(MaybeEvent(None))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(MaybeEvent(None))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(MaybeEvent(None))
            }
        }
        deserializer.deserialize_any(MaybeVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(json: &str) -> bool {
        serde_json::from_str::<EventJson<'_>>(json).unwrap().is_envelope()
    }

    #[test]
    fn an_envelope_is_told_from_an_application_line() {
        assert!(envelope(r#"{"message":"x","timestamp":1}"#));
        assert!(envelope(
            r#"{"eventId":"1","message":"x","timestamp":1,"extra":{}}"#
        ));
        assert!(envelope(
            r#"{"ingestionTime":2,"message":"x","timestamp":1,"more":[1]}"#
        ));
        assert!(envelope(r#"{"message":"x","timestamp":"2026-01-01T00:00:00Z"}"#));
        assert!(envelope(r#"{"message":"x"}"#));
        assert!(envelope(
            r#"{"eventId":"1","logStreamName":"s","message":"x","more":1}"#
        ));
        assert!(!envelope(
            r#"{"message":"x","timestamp":"2026-01-01T00:00:00Z","level":"INFO"}"#
        ));
        assert!(!envelope(
            r#"{"message":"x","timestamp":1,"level":"INFO","inference_ms":3}"#
        ));
        assert!(!envelope(
            r#"{"id":"msg_01","message":"x","timestamp":"2026-01-01T00:00:00Z","inference_ms":3}"#
        ));
        assert!(envelope(r#"{"id":"1","message":"x","timestamp":1}"#));
        assert!(!envelope(r#"{"timestamp":1}"#));
        assert!(!envelope(r#"{"message":{"a":1},"timestamp":1}"#));
    }

    #[test]
    fn a_time_is_read_in_every_way_it_is_written() {
        for time in [
            "1795341600000",
            "1795341600000.0",
            "\"1795341600000\"",
            "\"2026-11-22T10:00:00Z\"",
        ] {
            let json = format!(r#"{{"message":"m","timestamp":{time}}}"#);
            let event = serde_json::from_str::<EventJson<'_>>(&json).unwrap();
            let at = event.into_event(Place::Line(1)).unwrap().at;
            assert_eq!(
                at,
                Some(Timestamp::from_epoch_millis(1_795_341_600_000)),
                "{time}"
            );
        }
    }

    #[test]
    fn a_field_of_another_type_is_absent() {
        let json = r#"{"message":"m","timestamp":1,"eventId":5,"logStreamName":["a"]}"#;
        let event = serde_json::from_str::<EventJson<'_>>(json)
            .unwrap()
            .into_event(Place::Line(1))
            .unwrap();
        assert_eq!((event.event_id, event.log_stream), (None, None));
        assert_eq!(event.at, Some(Timestamp::from_epoch_millis(1)));
    }
}
