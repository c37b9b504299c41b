//! Rows whose quoting is beyond doubt, read as they stand in the memory of the reader.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr3};

/// Where the cells of one row stand.
#[derive(Default)]
pub(super) struct UsualRow {
    cells: Vec<Cell>,
    /// The row with its line break.
    length: usize,
    /// How many lines it takes.
    pub(super) lines: u64,
}

struct Cell {
    begin: usize,
    end: usize,
    /// Whether quotes stand doubled in it.
    has_quotes: bool,
}

impl UsualRow {
    /// Finds the cells of the row that begins here: by RFC 4180, no quotes in cells without, no carriage return but before
    /// the line break, valid UTF-8, and all of it there. `false` if it is not so, or is an empty line.
    pub(super) fn find(&mut self, bytes: &[u8], delimiter: u8) -> bool {
        self.cells.clear();
        let mut begin = 0;
        loop {
            let (end, behind, has_quotes) = match bytes.get(begin) {
                Some(b'"') => {
                    begin += 1;
                    match end_of_quoted(bytes, begin) {
                        Some((end, has_quotes)) => (end, end + 1, has_quotes),
                        None => return false,
                    }
                }
                Some(_) => match memchr3(delimiter, b'\n', b'"', &bytes[begin..]) {
                    Some(length) => {
                        let end = begin + length;
                        // The carriage return of the line break stands behind the cell.
                        let end = match bytes[begin..end].last() {
                            Some(b'\r') if bytes[end] == b'\n' => end - 1,
                            _ => end,
                        };
                        (end, end, false)
                    }
                    None => return false,
                },
                None => return false,
            };
            self.cells.push(Cell {
                begin,
                end,
                has_quotes,
            });
            match bytes[behind..] {
                [byte, ..] if byte == delimiter => begin = behind + 1,
                [b'\n', ..] => {
                    self.length = behind + 1;
                    return self.is_sound(&bytes[..behind]);
                }
                [b'\r', b'\n', ..] => {
                    self.length = behind + 2;
                    return self.is_sound(&bytes[..behind]);
                }
                _ => return false,
            }
        }
    }

    fn is_sound(&mut self, row: &[u8]) -> bool {
        self.lines = memchr_iter(b'\n', row).count() as u64 + 1;
        self.cells.len() > 1 && memchr(b'\r', row).is_none()
    }

    /// The cells of a row that was found here, and how much it takes. `None` if it is not UTF-8, or a line of nothing but
    /// white space, which is none.
    pub(super) fn cells<'b>(&self, bytes: &'b [u8]) -> Option<(Vec<Cow<'b, str>>, usize)> {
        let row = simdutf8::basic::from_utf8(&bytes[..self.length]).ok()?;
        let first = row.split('\n').next().unwrap_or_default();
        if first.trim().is_empty() {
            return None;
        }
        let cells = self.cells.iter().map(|cell| {
            let text = &row[cell.begin..cell.end];
            unquoted(text, cell.has_quotes)
        });
        Some((cells.collect(), self.length))
    }
}

/// What stands between the quotes of a cell, in which those that belong to it are doubled.
pub(super) fn unquoted(text: &str, has_quotes: bool) -> Cow<'_, str> {
    match has_quotes {
        true => Cow::Owned(text.replace("\"\"", "\"")),
        false => Cow::Borrowed(text),
    }
}

/// Where the cell ends that begins here behind its quote, and whether quotes stand doubled in it.
pub(super) fn end_of_quoted(bytes: &[u8], begin: usize) -> Option<(usize, bool)> {
    let mut has_quotes = false;
    let mut quotes = memchr_iter(b'"', &bytes[begin..]);
    while let Some(at) = quotes.next() {
        let at = begin + at;
        if bytes.get(at + 1) != Some(&b'"') {
            return Some((at, has_quotes));
        }
        has_quotes = true;
        quotes.next();
    }
    None
}
