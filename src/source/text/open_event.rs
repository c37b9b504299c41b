//! The event of a text file that is being put together.

use std::borrow::Cow;

use memchr::memchr_iter;
use serde_json::value::RawValue;

use super::prefix::Prefix;
use crate::source::event::RawEvent;
use crate::source::lines::LINE_LIMIT_BYTES;
use crate::source::sink::Sink;
use crate::vocab::{Place, Timestamp};

/// An event whose continuations may still come.
#[derive(Default)]
pub(in crate::source) struct OpenEvent {
    place: Option<Place>,
    at: Option<Timestamp>,
    stream: Option<String>,
    group: Option<String>,
    message: String,
}

impl OpenEvent {
    pub(super) fn begin(&mut self, place: Place, prefix: &Prefix<'_>, message: &str) {
        self.place = Some(place);
        self.at = prefix.at;
        self.stream = prefix.stream.map(str::to_owned);
        self.group = prefix.group.map(str::to_owned);
        self.message.clear();
        self.message.push_str(message);
    }

    /// Adds a line, or begins an event where there is none or it has grown too long.
    pub(super) fn go_on(&mut self, place: Place, line: &str, sink: &mut Sink<'_>) {
        if self.place.is_none() || self.message.len() + line.len() > LINE_LIMIT_BYTES {
            self.close(sink);
            self.begin(place, &Prefix::default(), line);
        } else {
            self.message.push('\n');
            self.message.push_str(line);
        }
    }

    /// Whether there is one.
    pub(in crate::source) fn is_open(&self) -> bool {
        self.place.is_some()
    }

    /// The event so far, if it is a `REPORT` to which a line behind these words may belong: one of the same stream.
    pub(super) fn report(&self, prefix: &Prefix<'_>) -> Option<&str> {
        let is_of_stream = self.stream.as_deref() == prefix.stream;
        (self.place.is_some() && Self::is_report(&self.message) && is_of_stream).then_some(&self.message)
    }

    /// Whether a message is a `REPORT`, with which further lines may go on.
    pub(super) fn is_report(message: &str) -> bool {
        message.starts_with("REPORT RequestId:") || message.starts_with("REPORT - ")
    }

    /// Hands the event on.
    pub(in crate::source) fn close(&mut self, sink: &mut Sink<'_>) {
        let Some(place) = self.place.take() else { return };
        let message = self.message.as_str();
        if message.trim().is_empty() && self.at.is_none() {
            return;
        }
        let mut hand_on = |message: Cow<'_, str>| {
            sink.event(RawEvent {
                at: self.at,
                log_stream: self.stream.as_deref().map(Cow::Borrowed),
                log_group: self.group.as_deref().map(Cow::Borrowed),
                ..RawEvent::bare(place, message)
            });
        };
        match several_objects(message) {
            Some(objects) => objects.into_iter().for_each(|json| hand_on(json.into())),
            None => hand_on(message.into()),
        }
    }
}

/// The objects of a message that is several of them, as a copy from the console has each event twice.
fn several_objects(message: &str) -> Option<Vec<&str>> {
    let text = message.trim_start();
    // Nothing but white space stands between two of them.
    let ends = memchr_iter(b'}', text.as_bytes());
    let mut behind = ends.map(|end| text.as_bytes()[end + 1..].trim_ascii_start());
    if !text.starts_with('{') || !text.contains('\n') || !behind.any(|behind| behind.starts_with(b"{")) {
        return None;
    }
    let objects: Result<Vec<&RawValue>, _> = serde_json::Deserializer::from_str(text).into_iter().collect();
    let objects: Vec<&str> = objects.ok()?.into_iter().map(RawValue::get).collect();
    (objects.len() > 1 && objects.iter().all(|json| json.starts_with('{'))).then_some(objects)
}
