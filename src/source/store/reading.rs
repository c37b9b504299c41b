//! A store as its readers see it.

use std::path::{Path, PathBuf};

use super::capture::Capture;
use super::damage::{self, Damage};
use super::entry::{Fetch, Segment};
use super::error::StoreError;
use super::group::LogGroup;
use super::layout;
use super::manifest::Manifest;
use super::writing::Writing;
use crate::vocab::{TimeRange, Timestamp, gaps};

/// A store of fetched events, as it was when it was opened and as this value changed it since.
#[derive(Debug)]
pub struct Store {
    pub(super) dir: PathBuf,
    pub(super) manifest: Manifest,
    /// There if the store may be written.
    pub(super) writing: Option<Writing>,
}

/// What a look at every file of a store found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The segments, and what is wrong with it.
    pub segments: Vec<(Segment, Result<(), Damage>)>,
    /// Files that the manifest does not list. Those of a fetch that is under way are among them.
    pub unlisted: Vec<PathBuf>,
    /// The numbers of the manifest's lines that cannot be read, counted from 1.
    pub damaged_lines: Vec<u64>,
}

impl Verified {
    /// Whether nothing is wrong. Unlisted files do no harm.
    pub fn is_sound(&self) -> bool {
        self.damaged_lines.is_empty() && self.segments.iter().all(|(_, found)| found.is_ok())
    }
}

impl Store {
    /// Opens a store to read it; `None` if there is none. Nobody is kept from writing to it meanwhile: a segment
    /// that is replaced then is damaged from this reader's view, never another one.
    ///
    /// # Errors
    /// If it cannot be read, has a newer format, has an empty name, or is no store.
    pub fn open(dir: &Path) -> Result<Option<Self>, StoreError> {
        if dir.as_os_str().is_empty() {
            return Err(StoreError::Unnamed);
        }
        let manifest = Manifest::read(dir)?;
        Ok(manifest.map(|manifest| Self {
            dir: dir.to_owned(),
            manifest,
            writing: None,
        }))
    }

    /// Its folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Its segments in the order in which they were committed, damaged ones too.
    pub fn segments(&self) -> &[Segment] {
        &self.manifest.segments
    }

    /// The runs of `fetch`, the newest last. Of a store that is used for long, only newer ones.
    pub fn fetches(&self) -> &[Fetch] {
        &self.manifest.fetches
    }

    /// The newest run of `fetch`.
    pub fn latest_fetch(&self) -> Option<&Fetch> {
        self.manifest.fetches.last()
    }

    /// The numbers of the manifest's lines that cannot be read, counted from 1. What they said counts as not
    /// fetched.
    pub fn damaged_lines(&self) -> &[u64] {
        &self.manifest.damaged_lines
    }

    /// Where the events of a segment are; `None` if it has none.
    pub fn path(&self, segment: &Segment) -> Option<PathBuf> {
        (segment.events > 0).then(|| self.dir.join(&segment.file))
    }

    /// What of a window has to be fetched: what no segment of the group covers that is settled, undamaged, and
    /// holds all that is wanted.
    pub fn missing(&self, group: &LogGroup, window: TimeRange, wanted: &Capture) -> Vec<TimeRange> {
        let covered: Vec<TimeRange> = self
            .overlapping(group, window)
            .filter(|segment| segment.settled && segment.is_whole() && segment.capture.satisfies(wanted))
            .filter(|segment| self.check(segment).is_ok())
            .map(|segment| segment.range)
            .collect();
        gaps(window, &covered)
    }

    /// What of a window is here of a time that the server no longer keeps, which begins before `first_kept`: to fetch it again,
    /// whatever has changed since, would put nothing in the place of what is here.
    pub fn irreplaceable(
        &self,
        group: &LogGroup,
        window: TimeRange,
        wanted: &Capture,
        first_kept: Timestamp,
    ) -> Vec<TimeRange> {
        self.overlapping(group, window)
            .filter(|segment| segment.range.from < first_kept && segment.is_whole())
            .filter(|segment| segment.capture.is_as_wide_as(wanted) && self.check(segment).is_ok())
            .map(|segment| segment.range)
            .collect()
    }

    /// Compares a segment's file with the manifest, byte by byte.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, segment: &Segment) -> Result<(), Damage> {
        damage::check(&self.dir, segment)
    }

    /// Reads every event of every segment, and looks for files that do not belong here. A damaged segment that a fetch
    /// removed or replaced meanwhile is left out.
    ///
    /// # Errors
    /// If the folders cannot be listed, or the manifest cannot be read again.
    pub fn verify(&self) -> Result<Verified, StoreError> {
        let checked = |segment: &Segment| (segment.clone(), damage::check_events(&self.dir, segment));
        let mut segments: Vec<_> = self.segments().iter().map(checked).collect();
        let mut unlisted = layout::files(&self.dir)?;
        // A file goes only after the manifest says so, so this one is new enough to tell.
        let latest = Manifest::read(&self.dir)?;
        let manifest = latest.as_ref().unwrap_or(&self.manifest);
        let listed = manifest.files();
        segments.retain(|(segment, found)| found.is_ok() || listed.contains(segment.file.as_str()));
        unlisted.retain(|file| !listed.contains(file.as_str()));
        Ok(Verified {
            segments,
            unlisted: unlisted.iter().map(|file| self.dir.join(file)).collect(),
            damaged_lines: manifest.damaged_lines.clone(),
        })
    }

    /// The segments of a group that reach into a range of time.
    pub(super) fn overlapping(&self, group: &LogGroup, range: TimeRange) -> impl Iterator<Item = &Segment> {
        let overlaps = move |segment: &&Segment| segment.range.overlaps(range);
        self.segments()
            .iter()
            .filter(move |segment| segment.group.is_same(group))
            .filter(overlaps)
    }
}
