//! One row of a Logs Insights query or of the console's CSV: named fields become an event.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::event::RawEvent;
use super::sink::Sink;
use crate::vocab::{Place, Timestamp};

/// Fields that tell an event's time; where there are two, the first counts.
pub(super) const TIMES: [&str; 2] = ["@timestamp", "timestamp"];
/// As [`TIMES`], its message.
pub(super) const MESSAGES: [&str; 2] = ["@message", "message"];
/// As [`TIMES`], its id.
pub(super) const EVENT_IDS: [&str; 1] = ["eventId"];
/// As [`TIMES`], its log group.
pub(super) const LOG_GROUPS: [&str; 2] = ["@log", "logGroupName"];
/// As [`TIMES`], its log stream.
pub(super) const LOG_STREAMS: [&str; 2] = ["@logStream", "logStreamName"];

/// What a row says, field by field.
#[derive(Debug, Default)]
pub(super) struct Row<'a> {
    fields: BTreeMap<Cow<'a, str>, Field<'a>>,
}

/// What a field says: text as a rule, whatever it was in the log.
#[derive(Debug)]
pub(super) enum Field<'a> {
    Text(Cow<'a, str>),
    Other(Value),
}

impl<'a> Field<'a> {
    /// A value in JSON; none is null.
    pub(super) fn of_json(value: Option<&'a RawValue>) -> serde_json::Result<Self> {
        #[derive(Deserialize)]
        struct Text<'t>(#[serde(borrow)] Cow<'t, str>);
        match value.map(RawValue::get) {
            None => Ok(Self::Other(Value::Null)),
            Some(text) if text.starts_with('"') => {
                serde_json::from_str::<Text<'a>>(text).map(|text| Self::Text(text.0))
            }
            Some(other) => serde_json::from_str(other).map(Self::Other),
        }
    }

    /// The cell of a table. An empty one is a field that the event does not have.
    pub(super) fn of_cell(cell: Cow<'a, str>) -> Self {
        match cell.is_empty() {
            true => Self::Other(Value::Null),
            false => Self::Text(cell),
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Other(_) => None,
        }
    }

    /// A time in words, or milliseconds since the epoch as a number or as text.
    fn time(&self) -> Option<Timestamp> {
        match self {
            Self::Text(text) => parse_time(text),
            Self::Other(Value::Number(number)) => number
                .as_f64()
                .map(|millis| Timestamp::from_epoch_millis(millis as i64)),
            Self::Other(_) => None,
        }
    }

    fn as_json(&self) -> Value {
        match self {
            Self::Text(text) => Value::String(text.clone().into_owned()),
            Self::Other(value) => value.clone(),
        }
    }
}

impl<'a> Row<'a> {
    /// The last field of a name counts.
    pub(super) fn set(&mut self, name: Cow<'a, str>, field: Field<'a>) {
        self.fields.insert(name, field);
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Hands the row on. With a message it is the event of that message; without one its fields, as a
    /// JSON object, are the message.
    pub(super) fn emit(self, place: Place, sink: &mut Sink<'_>) {
        let text = |names: &[&str]| names.iter().find_map(|&name| self.fields.get(name)?.text());
        let at = TIMES
            .iter()
            .find_map(|&name| self.fields.get(name))
            .and_then(Field::time);
        let logged = text(&MESSAGES).filter(|message| !message.is_empty());
        if let Some(message) = logged
            && sink.is_quick()
            && sink.is_no_record(message.as_bytes(), false)
        {
            return sink.pass_over(at);
        }
        let message = match logged {
            Some(logged) => Ok(Cow::Borrowed(logged)),
            None => serde_json::to_string(&self.as_json()).map(Cow::Owned),
        };
        let Ok(message) = message else {
            return sink.reject(place, "row that cannot be written as JSON");
        };
        sink.event(RawEvent {
            at,
            event_id: text(&EVENT_IDS).map(Cow::Borrowed),
            log_group: text(&LOG_GROUPS).map(Cow::Borrowed),
            log_stream: text(&LOG_STREAMS).map(Cow::Borrowed),
            is_row: logged.is_none(),
            ..RawEvent::bare(place, message)
        });
    }

    fn as_json(&self) -> Map<String, Value> {
        let fields = self.fields.iter();
        fields
            .map(|(name, field)| (name.clone().into_owned(), field.as_json()))
            .collect()
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
