//! Events as they are stored, and how the same event is known again.

use serde::Serialize;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use crate::vocab::Timestamp;

/// An event to be stored, with nothing in it that may not be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredEvent<'a> {
    /// CloudWatch's id of the event. Rows of Logs Insights have none.
    pub event_id: Option<&'a str>,
    /// The event's own time.
    pub at: Timestamp,
    /// When CloudWatch took it in.
    pub ingested_at: Option<Timestamp>,
    /// Log stream name.
    pub log_stream: &'a str,
    /// The message.
    pub message: &'a str,
}

impl StoredEvent<'_> {
    /// What tells this event from others of its group: its id, or else what it says.
    pub(super) fn key(&self) -> u128 {
        match self.event_id {
            Some(id) => xxh3_128(id.as_bytes()),
            None => content_key(self.log_stream, self.at, self.message),
        }
    }

    /// Writes the event as a line that every reader of saved logs reads. `group` is the group's ARN.
    pub(super) fn write(&self, group: &str, text: &mut Vec<u8>) {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Line<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            event_id: Option<&'a str>,
            timestamp: i64,
            #[serde(skip_serializing_if = "Option::is_none")]
            ingestion_time: Option<i64>,
            log_group: &'a str,
            log_stream_name: &'a str,
            message: &'a str,
        }
        let line = Line {
            event_id: self.event_id,
            timestamp: self.at.as_epoch_millis(),
            ingestion_time: self.ingested_at.map(Timestamp::as_epoch_millis),
            log_group: group,
            log_stream_name: self.log_stream,
            message: self.message,
        };
        let start = text.len();
        // Numbers and text can always be written.
        if serde_json::to_writer(&mut *text, &line).is_err() {
            text.truncate(start);
            return;
        }
        text.push(b'\n');
    }
}

/// What tells an event from others of its group where ids are not known: its stream, its time and its words.
/// White space does not count, since the server's interfaces differ in what they keep of it.
fn content_key(log_stream: &str, at: Timestamp, message: &str) -> u128 {
    let mut hash = Xxh3::new();
    hash.update(&(log_stream.len() as u64).to_le_bytes());
    hash.update(log_stream.as_bytes());
    hash.update(&at.as_epoch_millis().to_le_bytes());
    for word in message.as_bytes().split(u8::is_ascii_whitespace) {
        hash.update(word);
    }
    hash.digest128()
}
