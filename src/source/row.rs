//! One row of a Logs Insights query or of the console's CSV: named fields become an event.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::event::RawEvent;
use super::sink::Sink;
use crate::vocab::{Place, Timestamp};

/// What a row says, field by field. Values are text as a rule, whatever they were in the log.
#[derive(Debug, Default)]
pub(super) struct Row {
    fields: Map<String, Value>,
}

impl Row {
    pub(super) fn set(&mut self, field: &str, value: Value) {
        self.fields.insert(field.to_owned(), value);
    }

    pub(super) fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Hands the row on. With a message it is the event of that message; without one its fields, as a
    /// JSON object, are the message.
    pub(super) fn emit(self, place: Place, sink: &mut Sink<'_>) {
        let text = |names: [&str; 2]| names.iter().find_map(|&name| self.fields.get(name)?.as_str());
        let at = ["@timestamp", "timestamp"]
            .iter()
            .find_map(|&name| self.fields.get(name))
            .and_then(time);
        let logged = text(["@message", "message"]).filter(|message| !message.is_empty());
        let is_row = logged.is_none();
        let message = match logged {
            Some(logged) => Ok(Cow::Borrowed(logged)),
            None => serde_json::to_string(&self.fields).map(Cow::Owned),
        };
        let Ok(message) = message else {
            return sink.reject(place, "row that cannot be written as JSON");
        };
        sink.event(RawEvent {
            at,
            event_id: text(["eventId", "eventId"]).map(Cow::Borrowed),
            log_group: text(["@log", "logGroupName"]).map(Cow::Borrowed),
            log_stream: text(["@logStream", "logStreamName"]).map(Cow::Borrowed),
            is_row,
            ..RawEvent::bare(place, message)
        });
    }
}

/// A time in words, or milliseconds since the epoch as a number or as text.
fn time(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => parse_time(text),
        Value::Number(number) => number
            .as_f64()
            .map(|millis| Timestamp::from_epoch_millis(millis as i64)),
        _ => None,
    }
}

/// A time in words, or milliseconds since the epoch.
pub(super) fn parse_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    // Windows PowerShell writes a time so into JSON.
    let text = text
        .strip_prefix("/Date(")
        .and_then(|text| text.strip_suffix(")/"))
        .unwrap_or(text);
    match text.parse() {
        Ok(millis) => Some(Timestamp::from_epoch_millis(millis)),
        Err(_) => Timestamp::parse(text),
    }
}
