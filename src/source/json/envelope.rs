//! Envelopes in which CloudWatch Logs delivers events to subscription filters: raw, or gzip in base64.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::lines::{event_unescaped, pass_over};
use super::object::Object;
use super::shape_of_event::{DIGITS, is_end_of_message, millis};
use crate::source::event::RawEvent;
use crate::source::sink::Sink;
use crate::vocab::{Place, Timestamp};

/// Hands on the events of one envelope, `logEvents`, which are of one stream.
pub(super) fn emit(
    events: &RawValue,
    group: Option<&str>,
    stream: Option<&str>,
    place: Place,
    sink: &mut Sink<'_>,
) {
    let Ok(events) = serde_json::from_str::<Vec<&RawValue>>(events.get()) else {
        return sink.reject(place, "envelope whose logEvents is no array");
    };
    let mut text = Vec::new();
    for event in events {
        if sink.is_quick()
            && let Some(usual) = Usual::of(event.get())
            && usual.hand_on((group, stream), place, &mut text, sink)
        {
            continue;
        }
        let event = serde_json::from_str::<Object<'_>>(event.get());
        match event.ok().and_then(|event| event.into_event(place)) {
            Some(mut event) => {
                event.log_group = event.log_group.or_else(|| group.map(Cow::Borrowed));
                event.log_stream = event.log_stream.or_else(|| stream.map(Cow::Borrowed));
                sink.event(event);
            }
            None => sink.reject(place, "log event without a message"),
        }
    }
}

/// An event as CloudWatch Logs writes it into an envelope.
struct Usual<'a> {
    id: &'a str,
    at: Timestamp,
    /// As it stands between its quotes, if these are its own: what stands there may be more than one text.
    message: &'a str,
}

impl<'a> Usual<'a> {
    /// `None` if it is written otherwise.
    fn of(event: &'a str) -> Option<Self> {
        let rest = event.strip_prefix("{\"id\":\"")?;
        let (id, rest) = rest.split_at_checked(rest.bytes().position(|byte| !byte.is_ascii_digit())?)?;
        let (at, rest) = rest.strip_prefix("\",\"timestamp\":")?.split_at_checked(DIGITS)?;
        let message = rest.strip_prefix(",\"message\":\"")?.strip_suffix("\"}")?;
        let at = millis(at.as_bytes())?;
        (!id.is_empty() && is_end_of_message(message.as_bytes())).then_some(Self { id, at, message })
    }

    /// Hands it on, or passes it over. Whether it was understood; if not, nothing has happened. `text` is memory that is used
    /// again.
    fn hand_on(
        &self,
        (group, stream): (Option<&str>, Option<&str>),
        place: Place,
        text: &mut Vec<u8>,
        sink: &mut Sink<'_>,
    ) -> bool {
        if let Some(is_over) = pass_over(self.message.as_bytes(), Some(self.at), sink) {
            return is_over;
        }
        let event = RawEvent {
            at: Some(self.at),
            event_id: Some(Cow::Borrowed(self.id)),
            log_group: group.map(Cow::Borrowed),
            log_stream: stream.map(Cow::Borrowed),
            ..RawEvent::bare(place, self.message)
        };
        (stream.is_some() && sink.event_escaped(&event)) || event_unescaped(event, text, sink)
    }
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    data: Cow<'a, str>,
}

/// What a Lambda function is given: `{"awslogs": {"data": "<base64>"}}`.
pub(super) fn data_of(awslogs: &RawValue) -> Option<Cow<'_, str>> {
    let data = serde_json::from_str::<Data<'_>>(awslogs.get()).ok()?.data;
    is_packed(&data).then_some(data)
}

/// The records of Kinesis (`Records[].kinesis.data`, `Records[].Data`) or Firehose (`records[].data`), if any of them is an
/// envelope; other applications have records too. `None` for a record that is none.
pub(super) fn packed_records(records: &RawValue) -> Option<Vec<Option<Cow<'_, str>>>> {
    #[derive(Deserialize)]
    struct Record<'a> {
        #[serde(borrow)]
        kinesis: Option<Data<'a>>,
        #[serde(borrow, alias = "Data")]
        data: Option<Cow<'a, str>>,
    }
    let records: Vec<Record<'_>> = serde_json::from_str(records.get()).ok()?;
    let data: Vec<Option<Cow<'_, str>>> = records
        .into_iter()
        .map(|record| record.kinesis.map(|kinesis| kinesis.data).or(record.data))
        .map(|data| data.filter(|data| is_packed(data)))
        .collect();
    data.iter().any(Option::is_some).then_some(data)
}

/// Whether base64 begins like gzip or like an envelope.
fn is_packed(data: &str) -> bool {
    let head = data.get(..20).or_else(|| data.get(..4)).unwrap_or_default();
    let head = STANDARD.decode(head).unwrap_or_default();
    head.starts_with(&[0x1f, 0x8b]) || head.starts_with(b"{\"messageType\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::trial::{Passing, Shown};

    #[test]
    fn events_that_are_read_as_they_stand_tell_what_any_event_tells() {
        const USUAL: &str = r#"{"id":"391","timestamp":1795165200284,"message":"x"}"#;
        let events: Vec<String> = [
            ("y", ""),
            ("\"x\"", "\"a\""),
            ("\"x\"", "\"{\\\"b\\\":\\\"é\\u00e9\\\"}\\n\""),
            ("\"x\"", "\"x\\\\\""),
            ("\"x\"", "\"\""),
            ("\"x\"", "\"\\ud83d\""),
            ("\"x\"", "5"),
            ("\"x\"", "\"x\",\"extractedFields\":{\"a\":\"b\"}"),
            ("\"x\"", "\"x\",\"logStreamName\":\"other\""),
            ("\"x\"", "\"a\",\"logStreamName\":\"other\""),
            ("\"x\"", "\"x\",\"message\":\"a\""),
            ("\"391\"", "\"\""),
            ("\"391\"", "\"a\""),
            ("\"391\"", "391"),
            ("1795165200284", "179516520028"),
            ("1795165200284", "0795165200284"),
            ("1795165200284", "\"1795165200284\""),
            (",\"", ", \""),
        ]
        .into_iter()
        .map(|(from, to)| USUAL.replace(from, to))
        .filter(|event| serde_json::from_str::<&RawValue>(event).is_ok())
        .collect();
        assert!(events.len() > 14);
        let events = format!("[{}]", events.join(","));
        let events: &RawValue = serde_json::from_str(&events).unwrap();
        for stream in [None, Some("s")] {
            let [quick, strict] = [true, false].map(|is_quick| {
                let mut shown = Passing(Shown(Vec::new(), is_quick), 'x');
                emit(
                    events,
                    Some("g"),
                    stream,
                    Place::Line(7),
                    &mut Sink::new(&mut shown, None),
                );
                shown.0.0
            });
            assert_eq!(quick, strict);
        }
    }
}
