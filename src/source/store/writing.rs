//! How a store changes.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::capture::Capture;
use super::damage::{Damage, hex};
use super::entry::{Entry, Fetch, Segment, SegmentState};
use super::error::StoreError;
use super::files;
use super::group::LogGroup;
use super::layout::{self, GITIGNORE, MANIFEST};
use super::manifest::Manifest;
use super::mending;
use super::place::{self, SegmentPlace};
use super::reading::Store;
use super::segment::{Finished, SegmentWriter};
use crate::vocab::{TimeRange, Timestamp};

/// What a store needs to be written.
#[derive(Debug)]
pub(super) struct Writing {
    place: SegmentPlace,
    manifest: File,
}

/// What became of a finished segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The segment, as the store lists it now.
    pub segment: Segment,
    /// The segments that it replaced.
    pub replaced: Vec<Segment>,
}

/// What was removed because it is old.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pruned {
    /// The segments.
    pub segments: Vec<Segment>,
}

impl Pruned {
    /// How many events they held.
    pub fn events(&self) -> u64 {
        self.segments.iter().map(|segment| segment.events).sum()
    }

    /// How long their files were.
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }
}

impl Store {
    /// Opens a store to write to it, and creates it if there is none. Nobody else writes to it until this value,
    /// and every segment begun with it, is dropped. If somebody else does, `on_wait` is called once, and this waits.
    /// Damaged lines of the manifest are put aside, and count as never written.
    ///
    /// # Errors
    /// If it cannot be created, read or locked, has a newer format, has an empty name, or is a folder of something
    /// else.
    pub fn open_for_writing(dir: &Path, on_wait: &mut dyn FnMut()) -> Result<Self, StoreError> {
        if layout::is_foreign(dir)? {
            return Err(StoreError::NotAStore { dir: dir.to_owned() });
        }
        files::create_folder(dir)?;
        let lock = place::lock(dir, on_wait)?;
        let mut manifest = match Manifest::read(dir)? {
            Some(manifest) => manifest,
            None => create(dir)?,
        };
        let files = layout::files(dir)?;
        files.iter().for_each(|file| manifest.pass_over(file));
        if !manifest.damaged_lines.is_empty() {
            mending::mend(dir, &mut manifest)?;
        } else if manifest.is_mostly_dead() {
            manifest.rewrite(dir)?;
        }
        clean(dir, &manifest, &files);
        let writing = Writing {
            place: SegmentPlace::new(dir, lock, manifest.next),
            manifest: files::open_private(&dir.join(MANIFEST))?,
        };
        Ok(Self {
            dir: dir.to_owned(),
            manifest,
            writing: Some(writing),
        })
    }

    /// Where other threads may begin segments.
    ///
    /// # Errors
    /// If the store was opened to be read.
    pub fn place(&self) -> Result<SegmentPlace, StoreError> {
        match &self.writing {
            Some(writing) => Ok(writing.place.clone()),
            None => Err(self.read_only()),
        }
    }

    /// Begins a segment. See [`SegmentPlace::begin`].
    ///
    /// # Errors
    /// If its folder cannot be created, or the store was opened to be read.
    pub fn begin(&self, group: &LogGroup, range: TimeRange) -> Result<SegmentWriter, StoreError> {
        self.place()?.begin(group, range)
    }

    /// Makes a finished segment part of the store, at once or, after a crash, not at all.
    ///
    /// It replaces the older segments of its group whose range it covers, if it is whole, as settled as they are, and
    /// all streams and kinds of events were asked for that were asked for then. Others stay, and readers drop what is
    /// there twice.
    ///
    /// # Errors
    /// If the store cannot be written, or was opened to be read. The segment is gone then.
    pub fn commit(
        &mut self,
        finished: Finished,
        state: SegmentState,
        capture: &Capture,
    ) -> Result<Committed, StoreError> {
        if self.writing.is_none() {
            return Err(self.read_only());
        }
        let counts = finished.counts;
        let segment = Segment {
            file: finished.file,
            group: finished.group,
            range: finished.range,
            settled: state == SegmentState::Settled,
            incomplete: match state {
                SegmentState::Incomplete(reason) => Some(reason),
                SegmentState::Settled | SegmentState::Unsettled => None,
            },
            capture: self.manifest.captures.shared(capture),
            events: counts.events,
            duplicates: counts.duplicates,
            bytes: counts.bytes,
            xxh3: hex(finished.xxh3),
            first: counts.first,
            last: counts.last,
        };
        let replaced: Vec<Segment> = self
            .segments()
            .iter()
            .filter(|older| older.is_replaced_by(&segment))
            .cloned()
            .collect();
        let path = self.dir.join(&segment.file);
        if let Some(temporary) = finished.temporary {
            temporary.publish(&path)?;
        }
        if let Err(error) = self.append(Entry::Segment(segment.clone())) {
            files::remove(&path);
            return Err(error);
        }
        self.drop_segments(&replaced)?;
        Ok(Committed { segment, replaced })
    }

    /// Notes what a run of `fetch` was about and how it ended.
    ///
    /// # Errors
    /// If the store cannot be written, or was opened to be read.
    pub fn record_fetch(&mut self, fetch: Fetch) -> Result<(), StoreError> {
        self.append(Entry::Fetch(fetch))
    }

    /// Removes the segments that end before a time or at it.
    ///
    /// # Errors
    /// If the store cannot be written, or was opened to be read.
    pub fn prune(&mut self, before: Timestamp) -> Result<Pruned, StoreError> {
        let is_old = |segment: &&Segment| segment.range.to <= before;
        let segments: Vec<Segment> = self.segments().iter().filter(is_old).cloned().collect();
        self.drop_segments(&segments)?;
        Ok(Pruned { segments })
    }

    /// Removes the damaged segments of these groups that reach into a window, so that what replaces them may be in
    /// several parts. They count as not fetched with or without this.
    ///
    /// # Errors
    /// If the store cannot be written, or was opened to be read.
    pub fn discard_damaged(
        &mut self,
        groups: &[LogGroup],
        window: TimeRange,
    ) -> Result<Vec<Segment>, StoreError> {
        let damaged: Vec<Segment> = self
            .segments()
            .iter()
            .filter(|segment| groups.iter().any(|group| group.is_same(&segment.group)))
            .filter(|segment| segment.range.overlaps(window) && self.is_spoilt(segment))
            .cloned()
            .collect();
        self.drop_segments(&damaged)?;
        Ok(damaged)
    }

    /// Whether a segment's file is not what it was. One that the system does not let us read may still be.
    fn is_spoilt(&self, segment: &Segment) -> bool {
        matches!(self.check(segment), Err(damage) if !matches!(damage, Damage::Unreadable(_)))
    }

    /// Takes segments out of the manifest, and only then their files from the disk.
    fn drop_segments(&mut self, segments: &[Segment]) -> Result<(), StoreError> {
        if self.writing.is_none() {
            return Err(self.read_only());
        }
        if segments.is_empty() {
            return Ok(());
        }
        self.append(Entry::Dropped(
            segments.iter().map(|segment| segment.file.clone()).collect(),
        ))?;
        for path in segments.iter().filter_map(|segment| self.path(segment)) {
            files::remove(&path);
        }
        Ok(())
    }

    fn append(&mut self, entry: Entry) -> Result<(), StoreError> {
        match &mut self.writing {
            Some(writing) => self.manifest.append(&self.dir, &mut writing.manifest, entry),
            None => Err(self.read_only()),
        }
    }

    fn read_only(&self) -> StoreError {
        StoreError::ReadOnly {
            dir: self.dir.clone(),
        }
    }
}

/// An empty store.
fn create(dir: &Path) -> Result<Manifest, StoreError> {
    let path = dir.join(GITIGNORE);
    if !path.exists() {
        let mut file = files::create_private(&path)?;
        file.write_all(b"*\n").map_err(StoreError::io("write", &path))?;
    }
    let mut manifest = Manifest::default();
    manifest.rewrite(dir)?;
    Ok(manifest)
}

/// Removes what writers left behind that could not finish, and what damaged lines were about.
fn clean(dir: &Path, manifest: &Manifest, files: &[String]) {
    let listed = manifest.files();
    for file in files.iter().filter(|file| !listed.contains(file.as_str())) {
        files::remove(&dir.join(file));
    }
    files::remove(&dir.join(layout::MANIFEST_TEMPORARY));
}
