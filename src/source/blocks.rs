//! A file as blocks of whole events, each of which can be read by itself, on any thread.
//!
//! Blocks are cut where an event begins whatever stood before it, so that reading them one by one gives what reading the
//! file gives. Only forms that have an event a line or a row are cut; whoever asks for blocks of others gets the file back.

use std::io::{self, Read};

use super::encoding;
use super::event::Take;
use super::form::{self, Recognised};
use super::found::{Compression, Encoding, Form, Found};
use super::lines::LINE_LIMIT_BYTES;
use super::open::{Rest, Unpacked};
use super::sink::Sink;
use super::text::Layout;
use super::{csv, json, text};

/// How much is read at once where nothing else is asked for: a compromise between memory and the time that threads spend on
/// handing over.
pub const BLOCK_BYTES: usize = 1 << 20;

/// Of the first [`BLOCK_BYTES`] of a file that is not packed no more is read at once, so that a small one takes little memory, which
/// must be cleared. A packed one is read in blocks of one size: what is lost of a damaged one depends on it, and on nothing else.
const FIRST_BLOCK_BYTES: usize = 1 << 17;

/// A file that is read in blocks.
pub struct Blocks<'t> {
    /// None behind the last block.
    rest: Option<Rest<Box<dyn Read + Send + 't>>>,
    form: CutForm,
    stream: Option<String>,
    packed: Vec<Compression>,
    block_bytes: usize,
    /// How much was given.
    given_bytes: usize,
    /// What was read behind the last cut.
    begun: Buffer,
}

/// Memory, of which so many bytes are filled. What lies behind them is left as it is, so that it need not be cleared.
#[derive(Debug, Default)]
pub struct Buffer {
    memory: Vec<u8>,
    length: usize,
}

impl Buffer {
    fn filled(&self) -> &[u8] {
        &self.memory[..self.length]
    }

    /// Makes room for so many bytes in all.
    fn reserve(&mut self, length: usize) {
        if self.memory.len() < length {
            self.memory.resize(length, 0);
        }
    }

    fn fill_with(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        self.memory[..bytes.len()].copy_from_slice(bytes);
        self.length = bytes.len();
    }
}

/// A form with an event a line, or a row.
#[derive(Debug, Clone)]
enum CutForm {
    Json,
    Text(Layout),
    Csv(csv::Columns),
}

/// Whole events of a file, in the order in which they stand there.
pub struct Block<'t> {
    bytes: Buffer,
    form: CutForm,
    stream: Option<String>,
    end: Option<End<'t>>,
}

/// How a file ends.
struct End<'t> {
    /// What follows, where no event begins for so long that it is read as one, or where reading failed.
    rest: Option<Rest<Box<dyn Read + Send + 't>>>,
    packed: Vec<Compression>,
}

impl<'t> Blocks<'t> {
    pub(super) fn of(
        unpacked: Unpacked<'t>,
        stream: Option<String>,
        block_bytes: usize,
    ) -> Result<Self, Unpacked<'t>> {
        let form = match (encoding::of(&unpacked.block), form::of(&unpacked.block)) {
            (Encoding::Utf8, Recognised::JsonLines) => CutForm::Json,
            (Encoding::Utf8, Recognised::Text(layout)) if !layout.is_bare() => CutForm::Text(layout),
            (Encoding::Utf8, Recognised::Csv(columns)) if columns.show_where_rows_begin() => {
                CutForm::Csv(columns)
            }
            _ => return Err(unpacked),
        };
        let Unpacked { packed, block, rest } = unpacked;
        Ok(Self {
            rest: Some(rest),
            form,
            stream,
            packed,
            block_bytes: block_bytes.max(1),
            given_bytes: 0,
            begun: Buffer {
                length: block.len(),
                memory: block,
            },
        })
    }

    /// The next block; none behind the end of the file. `spare` is memory that is used again.
    pub fn next_block(&mut self, mut spare: Buffer) -> Option<Block<'t>> {
        let mut rest = self.rest.take()?;
        if spare.memory.len() > self.begun.memory.len() {
            spare.fill_with(self.begun.filled());
            std::mem::swap(&mut spare, &mut self.begun);
        }
        let mut bytes = std::mem::replace(&mut self.begun, spare);
        self.begun.length = 0;
        let mut wanted = match self.given_bytes < BLOCK_BYTES && !self.is_packed() {
            true => self.block_bytes.min(FIRST_BLOCK_BYTES),
            false => self.block_bytes,
        };
        loop {
            let rest_of_file = match fill(&mut rest, &mut bytes, wanted) {
                Ok(true) => match self.last_cut(&bytes.filled()[..wanted]) {
                    Some(cut) => {
                        self.begun.fill_with(&bytes.filled()[cut..]);
                        bytes.length = cut;
                        self.given_bytes = self.given_bytes.saturating_add(cut);
                        self.rest = Some(rest);
                        return Some(self.block(bytes, None));
                    }
                    // What was begun may be longer than anything that is read whole.
                    None if wanted >= LINE_LIMIT_BYTES => Some(rest),
                    None => {
                        wanted += self.block_bytes;
                        continue;
                    }
                },
                Ok(false) => None,
                Err(error) => Some(Rest::Failed(error)),
            };
            let end = End {
                rest: rest_of_file,
                packed: std::mem::take(&mut self.packed),
            };
            return Some(self.block(bytes, Some(end)));
        }
    }

    /// Whether the file is unpacked while it is read.
    pub fn is_packed(&self) -> bool {
        !self.packed.is_empty()
    }

    /// Whether the last block was given.
    pub fn is_over(&self) -> bool {
        self.rest.is_none()
    }

    /// The last place at which an event begins whatever stands before it.
    fn last_cut(&self, bytes: &[u8]) -> Option<usize> {
        match &self.form {
            CutForm::Json => json::last_cut(bytes),
            CutForm::Text(layout) => text::last_cut(bytes, layout),
            CutForm::Csv(columns) => csv::last_cut(bytes, columns),
        }
    }

    fn block(&mut self, bytes: Buffer, end: Option<End<'t>>) -> Block<'t> {
        let behind = match &self.form {
            CutForm::Csv(columns) => CutForm::Csv(columns.clone().behind_header()),
            form => form.clone(),
        };
        Block {
            bytes,
            form: std::mem::replace(&mut self.form, behind),
            stream: self.stream.clone(),
            end,
        }
    }
}

/// Reads until there are so many bytes. Whether there are; else the stream has ended.
fn fill(stream: &mut impl Read, bytes: &mut Buffer, wanted: usize) -> io::Result<bool> {
    bytes.reserve(wanted);
    while bytes.length < wanted {
        match stream.read(&mut bytes.memory[bytes.length..wanted]) {
            Ok(0) => return Ok(false),
            Ok(read) => bytes.length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

impl Block<'_> {
    /// Whether it is all that is left of the file, however much.
    pub fn is_rest(&self) -> bool {
        self.end.as_ref().is_some_and(|end| end.rest.is_some())
    }

    /// Reads the events. Places are counted from the block's own first line, of which there are as many as is returned. Where
    /// `is_strict`, every line is read as if nothing was known of it; else what is written like the lines before it is cut,
    /// and what cannot be a record is passed over. The memory comes back to be used again.
    pub fn read(self, is_strict: bool, take: &mut dyn Take) -> (u64, Buffer) {
        let mut sink = Sink::new(take, self.stream);
        let (bytes, is_end) = (self.bytes.filled(), self.end.is_some());
        let (rest, packed) = self.end.map_or((None, None), |end| (end.rest, Some(end.packed)));
        let lines = match (rest, &self.form) {
            (None, CutForm::Json) => json::read_block(bytes, is_end, is_strict, &mut sink),
            (None, CutForm::Text(layout)) => text::read_block(bytes, is_end, is_strict, layout, &mut sink),
            (None, CutForm::Csv(columns)) => csv::read(bytes, columns, !is_strict, &mut sink),
            (Some(rest), form) => {
                let all = io::BufReader::with_capacity(BLOCK_BYTES, bytes.chain(rest));
                match form {
                    CutForm::Json => json::read_lines(all, &mut sink),
                    CutForm::Text(layout) => text::read(all, layout, &mut sink),
                    CutForm::Csv(columns) => _ = csv::read(all, columns, !is_strict, &mut sink),
                }
                0
            }
        };
        sink.end_of_block();
        let Some(compressions) = packed else {
            return (lines, self.bytes);
        };
        let form = match self.form {
            CutForm::Json => Form::JsonLines,
            CutForm::Text(layout) => Form::Text(layout.names()),
            CutForm::Csv(_) => Form::Csv,
        };
        sink.finish(Found {
            compressions,
            encoding: Encoding::Utf8,
            form,
        });
        (lines, self.bytes)
    }
}
