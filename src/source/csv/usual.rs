//! Rows whose quoting is beyond doubt, read as they stand in the memory of the reader.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr3};

use super::columns::Roles;
use crate::source::event::RawEvent;
use crate::source::row::parse_time;
use crate::source::sink::Sink;
use crate::vocab::Place;

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

    /// The row that was found here, with its line break. `None` if it is not UTF-8, or a line of nothing but white space, which
    /// is none.
    pub(super) fn text<'b>(&self, bytes: &'b [u8]) -> Option<&'b str> {
        let row = simdutf8::basic::from_utf8(&bytes[..self.length]).ok()?;
        let first = row.split('\n').next().unwrap_or_default();
        (!first.trim().is_empty()).then_some(row)
    }

    /// How many cells it has.
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// The cells of this row.
    pub(super) fn cells<'b>(&self, row: &'b str) -> Vec<Cow<'b, str>> {
        let cells = self.cells.iter();
        cells
            .map(|cell| unquoted(cell.of(row), cell.has_quotes))
            .collect()
    }

    /// Hands the event of this row on, or passes it over. Whether it was understood; if not, nothing has happened. `message` is
    /// memory that is used again.
    pub(super) fn hand_on(
        &self,
        row: &str,
        roles: &Roles,
        place: Place,
        message: &mut String,
        sink: &mut Sink<'_>,
    ) -> bool {
        let cell = |role: Option<usize>| role.and_then(|place| self.cells.get(place));
        let Roles {
            time,
            event_id,
            log_group,
            log_stream,
            ..
        } = *roles;
        let Some(logged) = cell(Some(roles.message)) else {
            return false;
        };
        let others = [time, event_id, log_group, log_stream].map(cell);
        if logged.begin == logged.end || others.into_iter().flatten().any(|cell| cell.has_quotes) {
            return false;
        }
        let [time, event_id, log_group, log_stream] = others.map(|cell| {
            let text = cell.map(|cell| cell.of(row));
            text.filter(|text| !text.is_empty())
        });
        let at = time.and_then(parse_time);
        // Quotes that stand doubled are passed over as what is escaped is.
        if sink.is_no_record(logged.of(row).as_bytes(), true) {
            sink.pass_over(at);
            return true;
        }
        if logged.has_quotes {
            unquote(logged.of(row), message);
        }
        let text = if logged.has_quotes {
            &**message
        } else {
            logged.of(row)
        };
        sink.event(RawEvent {
            at,
            event_id: event_id.map(Cow::Borrowed),
            log_group: log_group.map(Cow::Borrowed),
            log_stream: log_stream.map(Cow::Borrowed),
            ..RawEvent::bare(place, text)
        });
        true
    }
}

impl Cell {
    fn of<'b>(&self, row: &'b str) -> &'b str {
        &row[self.begin..self.end]
    }
}

/// Fills `text` with what stands between the quotes of a cell in which every quote stands doubled.
fn unquote(cell: &str, text: &mut String) {
    text.clear();
    text.reserve(cell.len());
    let mut begin = 0;
    for second in memchr_iter(b'"', cell.as_bytes()).skip(1).step_by(2) {
        text.push_str(&cell[begin..second]);
        begin = second + 1;
    }
    text.push_str(&cell[begin..]);
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
