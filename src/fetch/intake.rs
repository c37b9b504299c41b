//! Events on their way from the service to the store: bounded, reduced to what may be kept, counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::parse::{Parser, Reduced};
use crate::source::store::{Finished, SegmentWriter, StoreError, StoredEvent};
use crate::vocab::{TimeRange, Timestamp};

/// What of the events is kept.
#[derive(Debug, Clone)]
pub struct Keep {
    /// Tells records, and reduces them.
    pub parser: Arc<Parser>,
    /// Whether events that are no records are kept too, without their text.
    pub is_all_events: bool,
    /// How the names of log streams begin, where only some are wanted.
    pub stream_prefix: Option<String>,
}

/// What was counted over all slices, while they are fetched.
#[derive(Debug, Default)]
pub struct Flow {
    /// Pages, or results of queries.
    pub pages: AtomicU64,
    /// Events that came.
    pub received: AtomicU64,
    /// Bytes of their messages.
    pub message_bytes: AtomicU64,
}

/// An event as it came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event<'a> {
    pub(super) id: Option<&'a str>,
    pub(super) at: Timestamp,
    pub(super) ingested: Option<Timestamp>,
    pub(super) stream: &'a str,
    pub(super) message: &'a str,
}

/// Takes the events of one slice.
#[derive(Debug)]
pub(super) struct Intake<'k> {
    keep: &'k Keep,
    range: TimeRange,
    writer: SegmentWriter,
    flow: &'k Flow,
    /// The newest event so far.
    pub(super) newest: Option<Timestamp>,
}

impl<'k> Intake<'k> {
    pub(super) fn new(keep: &'k Keep, range: TimeRange, writer: SegmentWriter, flow: &'k Flow) -> Self {
        Self {
            keep,
            range,
            writer,
            flow,
            newest: None,
        }
    }

    /// Takes an event, and keeps of it what may be kept.
    pub(super) fn take(&mut self, event: Event<'_>) -> Result<(), StoreError> {
        self.flow.received.fetch_add(1, Ordering::Relaxed);
        let bytes = u64::try_from(event.message.len()).unwrap_or(u64::MAX);
        self.flow.message_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.newest = self.newest.max(Some(event.at));
        // Neither bound nor prefix is kept by everything that speaks the API.
        let is_wanted = self.range.holds(event.at)
            && self
                .keep
                .stream_prefix
                .as_deref()
                .is_none_or(|prefix| event.stream.starts_with(prefix));
        if !is_wanted {
            return Ok(());
        }
        let message = match self.keep.parser.reduce(event.message) {
            Reduced::Record(text) | Reduced::Rejected(text) => text,
            Reduced::Nothing if self.keep.is_all_events => String::new(),
            Reduced::Nothing => return Ok(()),
        };
        self.writer
            .push(&StoredEvent {
                event_id: event.id,
                at: event.at,
                ingested_at: event.ingested,
                log_stream: event.stream,
                message: &message,
            })
            .map(drop)
    }

    /// Everything came.
    pub(super) fn finish(self) -> Result<Finished, StoreError> {
        self.writer.finish()
    }
}
