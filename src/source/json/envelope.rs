//! Envelopes in which CloudWatch Logs delivers events to subscription filters: raw, or gzip in base64.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::object::Object;
use crate::source::sink::Sink;
use crate::vocab::Place;

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
    for event in events {
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
