//! What a store holds, as a file to which lines are only appended.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::entry::{Entry, Fetch, Segment};
use super::error::StoreError;
use super::files;
use super::layout::{self, MANIFEST, MANIFEST_TEMPORARY};
use super::line::{Captures, write_line};

/// The format of a store that this program writes, and the only one that it reads.
pub const FORMAT: &str = "latscope.store/v1";

/// What the first bytes of every manifest are.
const BEGINNING: &[u8] = b"{\"format\":\"latscope.store/";

/// From how many lines on it is worth while to leave out the dead ones.
const COMPACTED_FROM_LINES: usize = 1000;

/// How many fetches stay when dead lines are left out.
const KEPT_FETCHES: usize = 100;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    format: String,
    /// Segments have had all lower numbers.
    #[serde(default)]
    next: u64,
}

/// A manifest as it was read.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    /// The segments that count, in the order in which they came.
    pub(super) segments: Vec<Segment>,
    /// The fetches, the newest last.
    pub(super) fetches: Vec<Fetch>,
    /// What segments and fetches refer to.
    pub(super) captures: Captures,
    /// The numbers of the lines that cannot be read, counted from 1.
    pub(super) damaged_lines: Vec<u64>,
    /// The text of these lines.
    damaged_text: Vec<u8>,
    /// The number of the next segment.
    pub(super) next: u64,
    /// Where the last finished line ends, in bytes.
    end: u64,
    /// How many lines there are behind the header.
    lines: usize,
}

impl Manifest {
    /// Reads the manifest of a store. `None` if there is none.
    ///
    /// What stands behind the last line break was being written when something crashed, and does not count.
    pub(super) fn read(store: &Path) -> Result<Option<Self>, StoreError> {
        let path = store.join(MANIFEST);
        let bytes = match fs::read(&path) {
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(None);
            }
            bytes => bytes.map_err(StoreError::io("read", &path))?,
        };
        let end = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |last| last + 1);
        let mut lines = bytes.split(|byte| *byte == b'\n');
        let header_text = lines.next().unwrap_or_default();
        let header: Option<Header> = serde_json::from_slice(header_text).ok();
        if let Some(header) = header.as_ref().filter(|header| header.format != FORMAT) {
            return Err(StoreError::Newer {
                dir: store.to_owned(),
                format: header.format.clone(),
            });
        }
        let mut manifest = Self {
            next: header.as_ref().map_or(0, |header| header.next),
            end: end as u64,
            ..Self::default()
        };
        if end > 0 && header.is_none() {
            manifest.note_damaged(0, header_text);
        }
        let finished = bytes[header_text.len()..end.max(header_text.len())].split(|byte| *byte == b'\n');
        for (index, line) in finished.enumerate().filter(|(_, line)| !line.is_empty()) {
            manifest.lines += 1;
            match manifest.captures.read(line) {
                Ok(Some(Entry::Segment(segment))) if !layout::is_segment_file(&segment.file) => {
                    manifest.note_damaged(index, line);
                }
                Ok(entry) => entry.into_iter().for_each(|entry| manifest.apply(entry)),
                Err(_) => manifest.note_damaged(index, line),
            }
        }
        let is_begun = bytes.starts_with(BEGINNING) || BEGINNING.starts_with(&bytes);
        let is_ours = if end == 0 {
            is_begun
        } else {
            header.is_some() || manifest.says_something()
        };
        if !is_ours {
            return Err(StoreError::NotAStore {
                dir: store.to_owned(),
            });
        }
        Ok(Some(manifest))
    }

    fn note_damaged(&mut self, index: usize, text: &[u8]) {
        self.damaged_lines.push(index as u64 + 1);
        self.damaged_text.extend_from_slice(text);
        self.damaged_text.push(b'\n');
    }

    /// Takes away what is damaged, and gives it back as text, with segments that go along.
    pub(super) fn take_damaged(&mut self, segments: Vec<Segment>) -> Vec<u8> {
        self.damaged_lines.clear();
        let mut text = std::mem::take(&mut self.damaged_text);
        // Numbers of this manifest mean nothing later.
        let mut captures = Captures::default();
        for segment in segments {
            captures.write_segment(&segment, &mut text);
        }
        text
    }

    /// Takes away the segments of which this is so.
    pub(super) fn take_segments(&mut self, is_taken: impl FnMut(&mut Segment) -> bool) -> Vec<Segment> {
        self.segments.extract_if(.., is_taken).collect()
    }

    /// The files of the segments.
    pub(super) fn files(&self) -> HashSet<&str> {
        self.segments
            .iter()
            .map(|segment| segment.file.as_str())
            .collect()
    }

    /// Whether some line was understood.
    fn says_something(&self) -> bool {
        !self.segments.is_empty() || !self.fetches.is_empty() || self.captures.len() > 0
    }

    fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Segment(segment) => {
                self.pass_over(&segment.file);
                self.segments.push(segment);
            }
            Entry::Dropped(dropped) => {
                dropped.iter().for_each(|file| self.pass_over(file));
                let dropped: HashSet<String> = dropped.into_iter().collect();
                self.segments.retain(|segment| !dropped.contains(&segment.file));
            }
            Entry::Fetch(fetch) => self.fetches.push(fetch),
        }
    }

    /// Makes sure that no other segment gets a number that this file has.
    pub(super) fn pass_over(&mut self, file: &str) {
        let file = file.strip_suffix(".tmp").unwrap_or(file);
        if let Some(number) = layout::number_of(file) {
            self.next = self.next.max(number.saturating_add(1));
        }
    }

    /// Adds a line to the file, and what it says to this.
    pub(super) fn append(&mut self, store: &Path, file: &mut File, entry: Entry) -> Result<(), StoreError> {
        let mut text = Vec::new();
        if self.end == 0 {
            write_line(&self.header(), &mut text);
        }
        let mut captures = self.captures.clone();
        let lines = captures.write(&entry, &mut text);
        // A line that another run, or this one, could not finish goes first.
        let write = |file: &mut File| {
            file.set_len(self.end)?;
            file.seek(SeekFrom::Start(self.end))?;
            file.write_all(&text)?;
            file.sync_all()
        };
        write(file).map_err(StoreError::io("write", &store.join(MANIFEST)))?;
        self.end += text.len() as u64;
        self.lines += lines;
        self.captures = captures;
        self.apply(entry);
        Ok(())
    }

    /// Whether most of the lines say nothing any more.
    pub(super) fn is_mostly_dead(&self) -> bool {
        let live = self.segments.len() + self.fetches.len().min(KEPT_FETCHES) + self.captures.len();
        self.lines >= COMPACTED_FROM_LINES && self.lines.saturating_sub(live) * 2 > self.lines
    }

    /// Writes the whole file anew, without dead lines.
    pub(super) fn rewrite(&mut self, store: &Path) -> Result<(), StoreError> {
        let old = self.fetches.len().saturating_sub(KEPT_FETCHES);
        self.fetches.drain(..old);
        let mut text = Vec::new();
        write_line(&self.header(), &mut text);
        let mut captures = Captures::default();
        let mut lines = 0;
        for segment in &self.segments {
            lines += captures.write_segment(segment, &mut text);
        }
        for fetch in &self.fetches {
            lines += captures.write_fetch(fetch, &mut text);
        }
        files::replace(&store.join(MANIFEST), &store.join(MANIFEST_TEMPORARY), &text)?;
        self.end = text.len() as u64;
        self.lines = lines;
        self.captures = captures;
        Ok(())
    }

    fn header(&self) -> Header {
        Header {
            format: FORMAT.to_owned(),
            next: self.next,
        }
    }
}
