//! How a segment is written.

use std::collections::HashSet;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::Xxh3;

use super::error::StoreError;
use super::event::StoredEvent;
use super::files;
use super::group::LogGroup;
use super::layout;
use super::pack::packed;
use super::place::SegmentPlace;
use crate::vocab::{TimeRange, Timestamp};

/// How much text is compressed at a time: all that is held of a segment while it is written, but for the keys of
/// its events.
const FRAME_BYTES: usize = 1 << 20;

/// Writes the events of a group in a range of time. What is not finished leaves nothing behind.
#[derive(Debug)]
pub struct SegmentWriter {
    group: LogGroup,
    range: TimeRange,
    /// The group's ARN, which stands in each event.
    arn: String,
    file: String,
    /// There from the first frame on.
    open: Option<(File, Temporary)>,
    hash: Hash,
    text: Vec<u8>,
    seen: HashSet<u128>,
    counts: Counts,
    place: SegmentPlace,
}

/// A segment that only has to be committed. If it is not, it leaves nothing behind.
#[derive(Debug)]
pub struct Finished {
    pub(super) group: LogGroup,
    pub(super) range: TimeRange,
    pub(super) file: String,
    pub(super) xxh3: u128,
    pub(super) counts: Counts,
    /// `None` if there was no event.
    pub(super) temporary: Option<Temporary>,
    /// Keeps the store locked.
    _place: SegmentPlace,
}

/// What is known of the events of a segment.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) events: u64,
    pub(super) duplicates: u64,
    pub(super) bytes: u64,
    pub(super) first: Option<Timestamp>,
    pub(super) last: Option<Timestamp>,
}

/// A file that goes unless it gets another name.
#[derive(Debug)]
pub(super) struct Temporary(Option<PathBuf>);

impl Temporary {
    /// Gives the file its name for good.
    pub(super) fn publish(mut self, path: &Path) -> Result<(), StoreError> {
        if let Some(temporary) = &self.0 {
            files::rename(temporary, path)?;
        }
        self.0 = None;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            files::remove(path);
        }
    }
}

struct Hash(Xxh3);

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hash")
    }
}

impl SegmentWriter {
    pub(super) fn new(place: SegmentPlace, group: LogGroup, range: TimeRange, number: u64) -> Self {
        Self {
            arn: group.arn(),
            file: layout::segment_file(&group, range, number),
            group,
            range,
            open: None,
            hash: Hash(Xxh3::new()),
            text: Vec::new(),
            seen: HashSet::new(),
            counts: Counts::default(),
            place,
        }
    }

    /// Whose events these are.
    pub fn group(&self) -> &LogGroup {
        &self.group
    }

    /// How many events were taken so far, without copies.
    pub fn events(&self) -> u64 {
        self.counts.events
    }

    /// Takes an event. Whether it is new: a copy of one that this segment holds is counted and left out.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn push(&mut self, event: &StoredEvent<'_>) -> Result<bool, StoreError> {
        if !self.seen.insert(event.key()) {
            self.counts.duplicates += 1;
            return Ok(false);
        }
        event.write(&self.arn, &mut self.text);
        let counts = &mut self.counts;
        counts.events += 1;
        counts.first = Some(counts.first.map_or(event.at, |first| first.min(event.at)));
        counts.last = Some(counts.last.map_or(event.at, |last| last.max(event.at)));
        if self.text.len() >= FRAME_BYTES {
            self.write_frame()?;
        }
        Ok(true)
    }

    /// Brings all of it to the disk.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn finish(mut self) -> Result<Finished, StoreError> {
        if !self.text.is_empty() {
            self.write_frame()?;
        }
        let temporary = match self.open.take() {
            Some((file, temporary)) => {
                file.sync_all().map_err(StoreError::io("write", &self.path()))?;
                Some(temporary)
            }
            None => None,
        };
        Ok(Finished {
            group: self.group,
            range: self.range,
            file: self.file,
            xxh3: self.hash.0.digest128(),
            counts: self.counts,
            temporary,
            _place: self.place,
        })
    }

    fn write_frame(&mut self) -> Result<(), StoreError> {
        let path = self.path();
        let frame = packed(&self.text).map_err(StoreError::io("write", &path))?;
        let (file, _) = match &mut self.open {
            Some(open) => open,
            closed => closed.insert((files::create_private(&path)?, Temporary(Some(path.clone())))),
        };
        file.write_all(&frame).map_err(StoreError::io("write", &path))?;
        self.hash.0.update(&frame);
        self.counts.bytes += frame.len() as u64;
        self.text.clear();
        Ok(())
    }

    fn path(&self) -> PathBuf {
        self.place.dir().join(layout::temporary_of(&self.file))
    }
}

impl Finished {
    /// Whose events these are.
    pub fn group(&self) -> &LogGroup {
        &self.group
    }

    /// When they happened.
    pub fn range(&self) -> TimeRange {
        self.range
    }

    /// How many they are, without copies.
    pub fn events(&self) -> u64 {
        self.counts.events
    }

    /// How many copies were left out.
    pub fn duplicates(&self) -> u64 {
        self.counts.duplicates
    }

    /// How long the file is.
    pub fn bytes(&self) -> u64 {
        self.counts.bytes
    }
}
