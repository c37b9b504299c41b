//! Rows whose quoting is beyond doubt, read as they stand in the memory of the reader.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr2_iter};

use super::columns::Roles;
use crate::source::event::RawEvent;
use crate::source::lines::LINE_LIMIT_BYTES;
use crate::source::near::next_of;
use crate::source::row::parse_time;
use crate::source::sink::Sink;
use crate::vocab::Place;

/// Where the cells of one row stand.
#[derive(Default)]
pub(super) struct UsualRow {
    cells: Vec<Cell>,
    /// Where the second of two quotes that stand for one stands, through all cells.
    doubled: Vec<usize>,
    /// The row with its line break.
    length: usize,
    /// How many lines it takes.
    pub(super) lines: u64,
}

struct Cell {
    begin: usize,
    end: usize,
    /// Which of the doubled quotes are in it.
    doubled: Range<usize>,
}

impl UsualRow {
    /// Finds the cells of the row that begins here: by RFC 4180, no quotes in cells without, no carriage return but before
    /// the line break, valid UTF-8, and all of it there, no longer than a line may be. `false` if it is not so, or is an empty line.
    pub(super) fn find(&mut self, bytes: &[u8], delimiter: u8) -> bool {
        self.cells.clear();
        self.doubled.clear();
        let mut begin = 0;
        loop {
            let first_doubled = self.doubled.len();
            let (end, behind) = match bytes.get(begin) {
                Some(b'"') => {
                    begin += 1;
                    match end_of_quoted(bytes, begin, |second| self.doubled.push(second)) {
                        Some(end) => (end, end + 1),
                        None => return false,
                    }
                }
                Some(_) => match next_of([delimiter, b'\n', b'"'], bytes, begin) {
                    Some(end) => {
                        // The carriage return of the line break stands behind the cell.
                        let end = match bytes[begin..end].last() {
                            Some(b'\r') if bytes[end] == b'\n' => end - 1,
                            _ => end,
                        };
                        (end, end)
                    }
                    None => return false,
                },
                None => return false,
            };
            self.cells.push(Cell {
                begin,
                end,
                doubled: first_doubled..self.doubled.len(),
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
        if row.len() >= LINE_LIMIT_BYTES {
            return false;
        }
        self.lines = 1;
        for at in memchr2_iter(b'\n', b'\r', row) {
            if row[at] == b'\r' {
                return false;
            }
            self.lines += 1;
        }
        self.cells.len() > 1
    }

    /// The row that was found here, with its line break. `None` if it is not UTF-8, or a line of nothing but white space, which
    /// is none.
    pub(super) fn text<'b>(&self, bytes: &'b [u8]) -> Option<&'b str> {
        let row = simdutf8::basic::from_utf8(&bytes[..self.length]).ok()?;
        let first = &row[..memchr(b'\n', row.as_bytes()).unwrap_or(row.len())];
        (!first.trim_start().is_empty()).then_some(row)
    }

    /// How many cells it has.
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// The cells of this row.
    pub(super) fn cells<'b>(&self, row: &'b str) -> Vec<Cow<'b, str>> {
        let cells = self.cells.iter();
        cells
            .map(|cell| unquoted(cell.of(row), cell.has_quotes()))
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
        if logged.begin == logged.end || others.into_iter().flatten().any(Cell::has_quotes) {
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
        let text = match logged.has_quotes() {
            true => self.unquote(logged, row, message),
            false => logged.of(row),
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

    /// Fills `text` with what stands between the quotes of a cell.
    fn unquote<'t>(&self, cell: &Cell, row: &str, text: &'t mut String) -> &'t str {
        text.clear();
        text.reserve(cell.end - cell.begin);
        let mut begin = cell.begin;
        for second in &self.doubled[cell.doubled.clone()] {
            text.push_str(&row[begin..*second]);
            begin = second + 1;
        }
        text.push_str(&row[begin..cell.end]);
        text
    }
}

impl Cell {
    /// Whether quotes stand doubled in it.
    fn has_quotes(&self) -> bool {
        !self.doubled.is_empty()
    }

    fn of<'b>(&self, row: &'b str) -> &'b str {
        &row[self.begin..self.end]
    }
}

/// What stands between the quotes of a cell, in which those that belong to it are doubled.
pub(super) fn unquoted(text: &str, has_quotes: bool) -> Cow<'_, str> {
    match has_quotes {
        true => Cow::Owned(text.replace("\"\"", "\"")),
        false => Cow::Borrowed(text),
    }
}

/// Where the cell ends that begins here behind its quote. `doubled` is told where the second of two quotes stands.
pub(super) fn end_of_quoted(bytes: &[u8], begin: usize, mut doubled: impl FnMut(usize)) -> Option<usize> {
    let mut at = begin;
    loop {
        at = next_of([b'"'], bytes, at)?;
        if bytes.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        doubled(at + 1);
        at += 2;
    }
}
