//! Where readers hand their findings to.

use std::borrow::Cow;

use super::encoding::repair;
use super::event::{Item, RawEvent, Take};
use crate::vocab::{Place, Timestamp};

/// How deep data may lie inside data: envelopes in base64 in archives and so on.
const NESTING_LIMIT: u8 = 6;

/// Takes what readers find, and adds what is known of all of it.
pub(super) struct Sink<'s> {
    take: &'s mut dyn Take,
    /// The log stream that the path of an S3 export names.
    stream: Option<String>,
    /// The place of what holds this data, which stands for every place inside.
    holder: Option<Place>,
    nesting: u8,
    /// Lines in which bytes of Windows-1252 were met.
    pub(super) repaired_lines: u64,
}

impl<'s> Sink<'s> {
    pub(super) fn new(take: &'s mut dyn Take, stream: Option<String>) -> Self {
        Self {
            take,
            stream,
            holder: None,
            nesting: 0,
            repaired_lines: 0,
        }
    }

    /// A sink for data that lies inside this data, at `place`; `None` if it lies too deep.
    pub(super) fn inside(&mut self, place: Place) -> Option<Sink<'_>> {
        let nesting = self.nesting + 1;
        (nesting <= NESTING_LIMIT).then(|| Sink {
            take: &mut *self.take,
            stream: self.stream.clone(),
            holder: Some(self.holder.unwrap_or(place)),
            nesting,
            repaired_lines: 0,
        })
    }

    /// A sink for a file inside an archive; `None` if it lies too deep.
    pub(super) fn member(&mut self, name: &str, stream: Option<String>) -> Option<Sink<'_>> {
        let nesting = self.nesting + 1;
        if nesting > NESTING_LIMIT {
            return None;
        }
        self.take.take(Item::Member {
            name: name.to_owned(),
        });
        Some(Sink {
            take: &mut *self.take,
            stream,
            holder: None,
            nesting,
            repaired_lines: 0,
        })
    }

    /// Whether this data is a file or a file in an archive, and not a value inside one.
    pub(super) fn is_file(&self) -> bool {
        self.holder.is_none()
    }

    /// The text of a line, and counts the line if bytes of Windows-1252 are in it.
    pub(super) fn text_of<'l>(&mut self, line: &'l [u8]) -> Cow<'l, str> {
        let (text, is_repaired) = repair(line);
        self.repaired_lines += u64::from(is_repaired);
        text
    }

    /// Hands on in how many lines of a block bytes of Windows-1252 were met.
    pub(super) fn end_of_block(&mut self) {
        self.take.repaired(std::mem::take(&mut self.repaired_lines));
    }

    /// See [`Take::is_quick`]. Only a file's own events are cut.
    pub(super) fn is_quick(&self) -> bool {
        self.is_file() && self.take.is_quick()
    }

    /// Whether an event of this message can be passed over: see [`Take::is_no_record`].
    pub(super) fn is_no_record(&self, message: &[u8], is_escaped: bool) -> bool {
        self.take.is_no_record(message, is_escaped)
    }

    /// Passes an event over.
    pub(super) fn pass_over(&mut self, at: Option<Timestamp>) {
        self.take.pass_over(at);
    }

    /// See [`Take::take_escaped`]. Only for an event that names its own stream and stands in a file.
    pub(super) fn event_escaped(&mut self, event: &RawEvent<'_>) -> bool {
        self.take.take_escaped(event)
    }

    pub(super) fn event(&mut self, event: RawEvent<'_>) {
        let stream = self.stream.as_deref().map(Cow::Borrowed);
        self.take.take(Item::Event(RawEvent {
            place: self.holder.unwrap_or(event.place),
            log_stream: event.log_stream.or(stream),
            ..event
        }));
    }

    pub(super) fn reject(&mut self, place: Place, reason: impl Into<Cow<'static, str>>) {
        let place = self.holder.unwrap_or(place);
        let reason = reason.into();
        self.take.take(Item::Rejected { place, reason });
    }

    pub(super) fn finish(&mut self, found: super::found::Found) {
        self.take.take(Item::Read(found));
    }
}
