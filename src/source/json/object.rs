//! What one JSON object of a saved log is: a CloudWatch event, a row, an envelope, or a message itself.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::envelope;
use super::scalar::Scalar;
use super::shape::is_events;
use crate::source::event::RawEvent;
use crate::source::log_result::read_base64;
use crate::source::sink::Sink;
use crate::vocab::{Place, Timestamp};

/// An object, read in one pass.
///
/// Knows the spellings of `FilterLogEvents`, `GetLogEvents`, subscription filters, Logs Insights and Docker.
/// A field of an unexpected type counts as absent instead of spoiling the object.
#[derive(Debug, Default)]
pub(super) struct Object<'a> {
    message: Option<Cow<'a, str>>,
    at: Option<Timestamp>,
    event_id: Option<Cow<'a, str>>,
    log_group: Option<Cow<'a, str>>,
    log_stream: Option<Cow<'a, str>>,
    /// Whether a key occurred that CloudWatch writes and applications do not.
    is_marked: bool,
    /// Whether a key occurred that CloudWatch does not write.
    has_other_keys: bool,
    row: RowKeys<'a>,
    docker: DockerKeys<'a>,
    log_events: Option<&'a RawValue>,
    /// The events of a whole answer of the API, which stands in a list of them.
    events: Option<&'a RawValue>,
    awslogs: Option<&'a RawValue>,
    records: Option<&'a RawValue>,
    log_result: Option<Cow<'a, str>>,
}

/// Keys of Logs Insights.
#[derive(Debug, Default)]
struct RowKeys<'a> {
    message: Option<Cow<'a, str>>,
    at: Option<Timestamp>,
    log_group: Option<Cow<'a, str>>,
    log_stream: Option<Cow<'a, str>>,
    /// Whether a key occurred that only Logs Insights writes.
    is_sure: bool,
    field: Option<Cow<'a, str>>,
    value: Option<Value>,
}

/// Keys of Docker's `json-file` log driver.
#[derive(Debug, Default)]
struct DockerKeys<'a> {
    log: Option<Cow<'a, str>>,
    is_output: bool,
    at: Option<Timestamp>,
}

impl<'a> Object<'a> {
    /// Whether this is CloudWatch's wrapping of a message rather than a message that is itself
    /// JSON: it holds a message, and either a key that only CloudWatch writes or no key that
    /// CloudWatch does not write.
    fn is_event(&self) -> bool {
        self.message.is_some() && (self.is_marked || !self.has_other_keys)
    }

    /// The field and the value of one cell, where rows were saved as a list of these.
    pub(super) fn cell(&mut self) -> Option<(Cow<'a, str>, Value)> {
        let field = self.row.field.take()?;
        Some((field, self.row.value.take().unwrap_or(Value::Null)))
    }

    /// The event that this object is. `None` if it is no CloudWatch event.
    pub(super) fn into_event(self, place: Place) -> Option<RawEvent<'a>> {
        Some(RawEvent {
            place,
            at: self.at,
            event_id: self.event_id,
            log_group: self.log_group,
            log_stream: self.log_stream,
            message: self.message?,
            is_row: false,
        })
    }

    /// Whether it holds log events, and is not itself the message of one.
    pub(super) fn is_container(&self) -> bool {
        let is_docker = self.docker.log.is_some() && self.docker.is_output;
        self.is_event()
            || self.is_row()
            || is_docker
            || self.log_events.is_some()
            || self.awslogs.is_some()
            || self.log_result.is_some()
    }

    /// The events of an answer of the API, if it is one.
    pub(super) fn page(&self) -> Option<&'a RawValue> {
        self.events
            .filter(|events| is_events(events.get()) && self.message.is_none())
    }

    /// Whether it is a row of Logs Insights.
    pub(super) fn is_row(&self) -> bool {
        self.row.message.is_some() || self.row.is_sure
    }

    /// Hands on what the object holds. An object that is nothing else is itself the message of an event,
    /// unless it stands where only events stand.
    pub(super) fn emit(mut self, text: &'a str, place: Place, is_among_events: bool, sink: &mut Sink<'_>) {
        if let Some(events) = self.log_events {
            return envelope::emit(
                events,
                self.log_group.as_deref(),
                self.log_stream.as_deref(),
                place,
                sink,
            );
        }
        if let Some(data) = self.awslogs.and_then(envelope::data_of) {
            return read_base64(&data, place, sink);
        }
        if let Some(records) = self.records.and_then(envelope::packed_records) {
            return records.iter().for_each(|data| match data {
                Some(data) => read_base64(data, place, sink),
                None => sink.reject(place, "record that holds no log events"),
            });
        }
        if let Some(log) = self.log_result {
            return read_base64(&log, place, sink);
        }
        if self.is_row() {
            return sink.event(RawEvent {
                at: self.row.at,
                log_group: self.row.log_group,
                log_stream: self.row.log_stream,
                is_row: self.row.message.is_none(),
                ..RawEvent::bare(place, self.row.message.unwrap_or(Cow::Borrowed(text)))
            });
        }
        if let Some(log) = self.docker.log.take().filter(|_| self.docker.is_output) {
            return sink.event(RawEvent {
                at: self.docker.at,
                ..RawEvent::bare(place, log)
            });
        }
        if !self.is_event() && !is_among_events {
            return sink.event(RawEvent::bare(place, text));
        }
        match self.into_event(place) {
            Some(event) => sink.event(event),
            None => sink.reject(place, "log event without a message"),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a log event object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut object = Object::default();
        while let Some(key) = map.next_key::<Key>()? {
            object.has_other_keys |= key.is_foreign();
            object.row.is_sure |= matches!(key, Key::RowLogGroup | Key::RowLogStream | Key::RowOther);
            match key {
                Key::Message => object.message = text(&mut map)?,
                Key::Timestamp => object.at = time(&mut map)?,
                Key::EventId(is_sure) => {
                    object.is_marked |= is_sure;
                    object.event_id = text(&mut map)?;
                }
                Key::LogGroup => object.log_group = text(&mut map)?,
                Key::LogStream(is_sure) => {
                    object.is_marked |= is_sure;
                    object.log_stream = text(&mut map)?;
                }
                Key::IngestionTime => {
                    object.is_marked = true;
                    map.next_value::<IgnoredAny>()?;
                }
                Key::RowMessage => object.row.message = text(&mut map)?,
                Key::RowTimestamp => object.row.at = time(&mut map)?,
                Key::RowLogGroup => object.row.log_group = text(&mut map)?,
                Key::RowLogStream => object.row.log_stream = text(&mut map)?,
                Key::Field => object.row.field = text(&mut map)?,
                Key::Value => object.row.value = Some(map.next_value()?),
                Key::DockerLog => object.docker.log = text(&mut map)?,
                Key::DockerStream => {
                    let stream = text(&mut map)?;
                    object.docker.is_output = matches!(stream.as_deref(), Some("stdout" | "stderr"));
                }
                Key::DockerTime => object.docker.at = time(&mut map)?,
                Key::LogEvents => object.log_events = Some(map.next_value()?),
                Key::Events => object.events = Some(map.next_value()?),
                Key::AwsLogs => object.awslogs = Some(map.next_value()?),
                Key::Records => object.records = Some(map.next_value()?),
                Key::LogResult => object.log_result = text(&mut map)?,
                Key::RowOther | Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(object)
    }
}

fn text<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<Cow<'de, str>>, A::Error> {
    Ok(map.next_value::<Scalar<'de>>()?.into_text())
}

fn time<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<Timestamp>, A::Error> {
    Ok(map.next_value::<Scalar<'de>>()?.into_time())
}

/// Event id and log stream have a spelling that applications do not use, and one that they may.
#[derive(Clone, Copy)]
enum Key {
    Message,
    Timestamp,
    EventId(bool),
    LogGroup,
    LogStream(bool),
    IngestionTime,
    RowMessage,
    RowTimestamp,
    RowLogGroup,
    RowLogStream,
    RowOther,
    Field,
    Value,
    DockerLog,
    DockerStream,
    DockerTime,
    LogEvents,
    Events,
    AwsLogs,
    Records,
    LogResult,
    Other,
}

impl Key {
    /// Whether CloudWatch does not write it into an event.
    fn is_foreign(self) -> bool {
        !matches!(
            self,
            Self::Message
                | Self::Timestamp
                | Self::EventId(_)
                | Self::LogGroup
                | Self::LogStream(_)
                | Self::IngestionTime
        )
    }

    fn of(key: &str) -> Self {
        match key {
            "message" | "Message" => Self::Message,
            "timestamp" | "Timestamp" => Self::Timestamp,
            "eventId" | "EventId" => Self::EventId(true),
            "id" => Self::EventId(false),
            "logGroupName" | "logGroup" | "logGroupIdentifier" => Self::LogGroup,
            "logStreamName" | "LogStreamName" => Self::LogStream(true),
            "logStream" => Self::LogStream(false),
            "ingestionTime" | "IngestionTime" => Self::IngestionTime,
            "@message" => Self::RowMessage,
            "@timestamp" => Self::RowTimestamp,
            "@log" => Self::RowLogGroup,
            "@logStream" => Self::RowLogStream,
            "@ptr" | "@duration" | "@requestId" | "@billedDuration" | "@initDuration" | "@type" => {
                Self::RowOther
            }
            "field" => Self::Field,
            "value" => Self::Value,
            "log" => Self::DockerLog,
            "stream" => Self::DockerStream,
            "time" => Self::DockerTime,
            "logEvents" => Self::LogEvents,
            "events" | "Events" => Self::Events,
            "awslogs" => Self::AwsLogs,
            "Records" | "records" => Self::Records,
            "LogResult" => Self::LogResult,
            _ => Self::Other,
        }
    }
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
                Ok(Key::of(key))
            }
        }
        deserializer.deserialize_identifier(KeyVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_event(json: &str) -> bool {
        serde_json::from_str::<Object<'_>>(json).unwrap().is_event()
    }

    #[test]
    fn an_event_is_told_from_an_application_line() {
        assert!(is_event(r#"{"message":"x","timestamp":1}"#));
        assert!(is_event(
            r#"{"eventId":"1","message":"x","timestamp":1,"extra":{}}"#
        ));
        assert!(is_event(
            r#"{"ingestionTime":2,"message":"x","timestamp":1,"more":[1]}"#
        ));
        assert!(is_event(r#"{"message":"x","timestamp":"2026-01-01T00:00:00Z"}"#));
        assert!(is_event(r#"{"message":"x"}"#));
        assert!(is_event(
            r#"{"eventId":"1","logStreamName":"s","message":"x","more":1}"#
        ));
        assert!(!is_event(
            r#"{"message":"x","timestamp":"2026-01-01T00:00:00Z","level":"INFO"}"#
        ));
        assert!(!is_event(
            r#"{"message":"x","timestamp":1,"level":"INFO","inference_ms":3}"#
        ));
        assert!(!is_event(
            r#"{"id":"msg_01","message":"x","timestamp":"2026-01-01T00:00:00Z","inference_ms":3}"#
        ));
        assert!(is_event(r#"{"id":"1","message":"x","timestamp":1}"#));
        assert!(!is_event(r#"{"timestamp":1}"#));
        assert!(!is_event(r#"{"message":{"a":1},"timestamp":1}"#));
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
            let event = serde_json::from_str::<Object<'_>>(&json).unwrap();
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
        let event = serde_json::from_str::<Object<'_>>(json)
            .unwrap()
            .into_event(Place::Line(1))
            .unwrap();
        assert_eq!((event.event_id, event.log_stream), (None, None));
        assert_eq!(event.at, Some(Timestamp::from_epoch_millis(1)));
    }
}
