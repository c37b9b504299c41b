//! What every form of saved log is brought to.

use std::borrow::Cow;

use super::found::Found;
use crate::vocab::{Place, Timestamp};

/// One log event: the message and whatever its container kept of where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawEvent<'a> {
    /// Where in its file the event was found.
    pub place: Place,
    /// The event's own time.
    pub at: Option<Timestamp>,
    /// CloudWatch's id of the event.
    pub event_id: Option<Cow<'a, str>>,
    /// Log group name.
    pub log_group: Option<Cow<'a, str>>,
    /// Log stream name.
    pub log_stream: Option<Cow<'a, str>>,
    /// The message as it was logged, with inner line breaks.
    pub message: Cow<'a, str>,
    /// Whether nobody logged this text: it is a row of Logs Insights without a message, its fields as JSON.
    pub is_row: bool,
}

impl<'a> RawEvent<'a> {
    /// An event of which nothing but the message is known.
    pub fn bare(place: Place, message: impl Into<Cow<'a, str>>) -> Self {
        Self {
            place,
            at: None,
            event_id: None,
            log_group: None,
            log_stream: None,
            message: message.into(),
            is_row: false,
        }
    }
}

/// What a reader hands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item<'a> {
    /// A file inside an archive begins; what comes next is from it.
    Member {
        /// Its name in the archive.
        name: String,
    },
    /// A log event.
    Event(RawEvent<'a>),
    /// Input that is no event.
    Rejected {
        /// Where it is.
        place: Place,
        /// Why it is none, a lower-case fragment that never quotes the input.
        reason: Cow<'static, str>,
    },
    /// A file, or a file inside an archive, was read to its end.
    Read(Found),
}

/// Takes what a reader finds.
pub trait Take {
    /// Takes the next thing.
    fn take(&mut self, item: Item<'_>);

    /// Whether what is written like the events before it may be cut instead of being parsed.
    fn is_quick(&self) -> bool {
        false
    }

    /// Whether an event cannot be a record, whatever else is known of it, so that it may be passed over without being read.
    /// The message is as it stands in the file: inside a JSON text, where `is_escaped`.
    fn is_no_record(&self, _message: &[u8], _is_escaped: bool) -> bool {
        false
    }

    /// Takes note of lines of a block in which bytes of another encoding were met.
    fn repaired(&mut self, _lines: u64) {}

    /// Takes note of an event that was passed over.
    fn pass_over(&mut self, _at: Option<Timestamp>) {}

    /// Takes an event with an id whose message was left as it stands inside a JSON text. Whether it could be read so; if not,
    /// it comes again with its message as it was logged.
    fn take_escaped(&mut self, _event: &RawEvent<'_>) -> bool {
        false
    }
}

impl<F: FnMut(Item<'_>)> Take for F {
    fn take(&mut self, item: Item<'_>) {
        self(item);
    }
}
