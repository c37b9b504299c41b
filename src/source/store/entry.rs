//! What the manifest tells of.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::capture::Capture;
use super::group::LogGroup;
use crate::vocab::{TimeRange, Timestamp};

/// How much of a segment is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SegmentState {
    /// All events, and all of them had reached the server when it was asked.
    Settled,
    /// All that the server had, and more may have reached it since.
    Unsettled,
    /// Less than what the server had, for this reason.
    Incomplete(String),
}

/// The events of a group in a range of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Its file, below the folder of the store. A segment without events has the name alone.
    pub file: String,
    /// Whose events these are.
    pub group: LogGroup,
    /// When they happened.
    #[serde(flatten, with = "RangeOnDisk")]
    pub range: TimeRange,
    /// Whether all of them had reached the server when it was asked, and were brought.
    pub settled: bool,
    /// Why not everything that the server had was brought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<String>,
    /// What was kept of them. Its line has the number alone.
    #[serde(skip)]
    pub capture: Arc<Capture>,
    /// How many they are.
    pub events: u64,
    /// How many copies of them were left out.
    pub duplicates: u64,
    /// How long the file is.
    pub bytes: u64,
    /// XXH3 of 128 bits of the file, as 32 digits.
    pub xxh3: String,
    /// The time of the first event.
    #[serde(default, with = "optional_time", skip_serializing_if = "Option::is_none")]
    pub first: Option<Timestamp>,
    /// The time of the last event.
    #[serde(default, with = "optional_time", skip_serializing_if = "Option::is_none")]
    pub last: Option<Timestamp>,
}

impl Segment {
    /// Whether everything was brought that the server had.
    pub fn is_whole(&self) -> bool {
        self.incomplete.is_none()
    }

    /// Whether a newer segment makes this one superfluous: it has all streams and kinds of events that were asked for
    /// here, and is as settled. Which patterns and keys told the events does not matter; the newer reading counts.
    pub(super) fn is_replaced_by(&self, newer: &Self) -> bool {
        newer.group.is_same(&self.group)
            && newer.range.covers(self.range)
            && newer.is_whole()
            && newer.capture.is_as_wide_as(&self.capture)
            && (newer.settled || !self.settled)
    }
}

/// What one run of `fetch` was about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetch {
    /// The time that was asked for.
    #[serde(with = "RangeOnDisk")]
    pub window: TimeRange,
    /// The groups that were asked for.
    pub groups: Vec<LogGroup>,
    /// The regions in which groups were looked for.
    pub regions: Vec<String>,
    /// Whether everything was brought.
    pub complete: bool,
    /// What was kept. Its line has the number alone.
    #[serde(skip)]
    pub capture: Capture,
    /// Why not everything was brought.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub incomplete: Vec<String>,
}

/// What happened to a store.
#[derive(Debug, Clone)]
pub(super) enum Entry {
    /// A segment is there.
    Segment(Segment),
    /// Segments are no longer there.
    Dropped(Vec<String>),
    /// A fetch came to its end.
    Fetch(Fetch),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "TimeRange")]
struct RangeOnDisk {
    #[serde(with = "time")]
    from: Timestamp,
    #[serde(with = "time")]
    to: Timestamp,
}

/// Milliseconds since the epoch.
mod time {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::vocab::Timestamp;

    pub(super) fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(time.as_epoch_millis())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        i64::deserialize(deserializer).map(Timestamp::from_epoch_millis)
    }
}

/// The same, where there may be none.
mod optional_time {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::vocab::Timestamp;

    pub(super) fn serialize<S: Serializer>(
        time: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        time.map(Timestamp::as_epoch_millis).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        Ok(Option::<i64>::deserialize(deserializer)?.map(Timestamp::from_epoch_millis))
    }
}
