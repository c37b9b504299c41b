//! What the manifest says, as it stands on the disk. A capture is told once, and lines refer to it by its number.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::capture::Capture;
use super::entry::{Entry, Fetch, Segment};

/// A line of the manifest behind its first one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line<S, F> {
    /// What lines behind this one refer to.
    Capture(Numbered),
    /// A segment is there.
    Segment(Captured<S>),
    /// Segments are no longer there.
    Dropped(Vec<String>),
    /// A fetch came to its end.
    Fetch(Captured<F>),
}

#[derive(Debug, Serialize, Deserialize)]
struct Numbered {
    id: u32,
    #[serde(flatten)]
    capture: Capture,
}

#[derive(Debug, Serialize, Deserialize)]
struct Captured<T> {
    capture: u32,
    #[serde(flatten)]
    what: T,
}

/// The captures of a manifest by their numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Captures(BTreeMap<u32, Arc<Capture>>);

impl Captures {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The capture as others have it too, if they do.
    pub(super) fn shared(&self, capture: &Capture) -> Arc<Capture> {
        let known = self.0.values().find(|known| known.as_ref() == capture);
        known.map_or_else(|| Arc::new(capture.clone()), Arc::clone)
    }

    /// Reads a line. `None` if it tells of a capture alone.
    pub(super) fn read(&mut self, line: &[u8]) -> serde_json::Result<Option<Entry>> {
        Ok(match serde_json::from_slice::<Line<Segment, Fetch>>(line)? {
            Line::Capture(Numbered { id, capture }) => {
                self.0.insert(id, Arc::new(capture));
                None
            }
            Line::Segment(Captured { capture, what }) => Some(Entry::Segment(Segment {
                capture: self.numbered(capture),
                ..what
            })),
            Line::Dropped(files) => Some(Entry::Dropped(files)),
            Line::Fetch(Captured { capture, what }) => Some(Entry::Fetch(Fetch {
                capture: self.numbered(capture).as_ref().clone(),
                ..what
            })),
        })
    }

    /// A capture whose line is damaged does not cost what refers to it.
    fn numbered(&mut self, id: u32) -> Arc<Capture> {
        let unknown = || Arc::new(Capture::unknown());
        Arc::clone(self.0.entry(id).or_insert_with(unknown))
    }

    /// Writes an entry. How many lines it takes.
    pub(super) fn write(&mut self, entry: &Entry, text: &mut Vec<u8>) -> usize {
        match entry {
            Entry::Segment(segment) => self.write_segment(segment, text),
            Entry::Dropped(files) => {
                write_line(&Line::<(), ()>::Dropped(files.clone()), text);
                1
            }
            Entry::Fetch(fetch) => self.write_fetch(fetch, text),
        }
    }

    /// The same for a segment alone.
    pub(super) fn write_segment(&mut self, segment: &Segment, text: &mut Vec<u8>) -> usize {
        let (capture, lines) = self.write_capture(&segment.capture, text);
        let captured = Captured {
            capture,
            what: segment,
        };
        write_line(&Line::<_, ()>::Segment(captured), text);
        lines + 1
    }

    /// The same for a fetch alone.
    pub(super) fn write_fetch(&mut self, fetch: &Fetch, text: &mut Vec<u8>) -> usize {
        let (capture, lines) = self.write_capture(&self.shared(&fetch.capture), text);
        let captured = Captured { capture, what: fetch };
        write_line(&Line::<(), _>::Fetch(captured), text);
        lines + 1
    }

    /// The number of a capture. One that is new gets a line.
    fn write_capture(&mut self, capture: &Arc<Capture>, text: &mut Vec<u8>) -> (u32, usize) {
        if let Some((id, _)) = self.0.iter().find(|(_, known)| *known == capture) {
            return (*id, 0);
        }
        let id = self
            .0
            .last_key_value()
            .map_or(1, |(last, _)| last.wrapping_add(1));
        let numbered = Numbered {
            id,
            capture: capture.as_ref().clone(),
        };
        write_line(&Line::<(), ()>::Capture(numbered), text);
        self.0.insert(id, Arc::clone(capture));
        (id, 1)
    }
}

/// Writes a value and a line break.
pub(super) fn write_line(value: &impl Serialize, text: &mut Vec<u8>) {
    // Numbers and text can always be written.
    text.extend(serde_json::to_vec(value).unwrap_or_default());
    text.push(b'\n');
}
