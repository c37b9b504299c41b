//! Comma-separated values: the console's log events (`timestamp,message`) and Logs Insights
//! (`@timestamp,@message,…`), by RFC 4180 as long as the quoting holds, else line by line.

mod columns;
mod cut;
mod usual;

use std::borrow::Cow;
use std::io::BufRead;

pub(super) use columns::{Columns, columns};
use columns::{Roles, is_setting};
use cut::is_in_no_cell;
pub(super) use cut::last_cut;
use usual::{UsualRow, end_of_quoted, unquoted};

use super::event::RawEvent;
use super::lines::{LINE_LIMIT_BYTES, Line, Lines};
use super::row::{Field, Row, parse_time};
use super::sink::Sink;
use crate::vocab::Place;

/// Reads the rows behind the header, and says how many lines there were. Where `is_quick`, rows of which nothing is in doubt are
/// cut, and those that cannot be records passed over.
pub(super) fn read(reader: impl BufRead, columns: &Columns, is_quick: bool, sink: &mut Sink<'_>) -> u64 {
    let mut lines = Lines::new(reader);
    let mut record = Record::default();
    let mut usual = UsualRows::of(columns);
    let mut above = columns.lines_above;
    let mut is_header = columns.is_headed;
    loop {
        if above == 0 && !is_header && record.lines.is_empty() && is_quick {
            usual.read(&mut lines, sink);
        }
        let number = lines.number() + 1;
        match lines.next_line() {
            Line::Text(_) => {}
            Line::Lost(reason) => {
                record.close(columns, sink);
                sink.reject(Place::Line(number), reason);
                continue;
            }
            Line::End => break,
        }
        let line = sink.text_of(lines.current());
        if above > 0 {
            above -= 1;
            if !line.trim().is_empty() && !is_setting(&line) {
                sink.event(RawEvent::bare(Place::Line(number), line));
            }
            continue;
        }
        if std::mem::take(&mut is_header) {
            continue;
        }
        if lines.is_open() && !columns.have_message() && !line.ends_with('"') {
            // A number may have lost its last digits, and nothing shows it; a message that is cut shows it itself.
            sink.reject(Place::Line(number), UNFINISHED);
        } else {
            record.add(&line, number, columns, sink);
        }
    }
    record.close(columns, sink);
    lines.finish(sink);
    // The last one is the end.
    lines.number() - 1
}

/// Reads rows whose quoting is beyond doubt.
struct UsualRows<'c> {
    columns: &'c Columns,
    /// `None` if two columns tell the same, or none is the message.
    roles: Option<Roles>,
    row: UsualRow,
    message: String,
}

impl<'c> UsualRows<'c> {
    fn of(columns: &'c Columns) -> Self {
        Self {
            columns,
            roles: columns.roles(),
            row: UsualRow::default(),
            message: String::new(),
        }
    }

    /// Reads rows as long as they are usual, and stand in the reader's memory as a whole.
    fn read<R: BufRead>(&mut self, lines: &mut Lines<R>, sink: &mut Sink<'_>) {
        let Ok(delimiter) = u8::try_from(self.columns.delimiter) else {
            return;
        };
        let row = &mut self.row;
        loop {
            let first = lines.number() + 1;
            let (mut passed, mut number) = (0, first);
            let ahead = lines.ahead();
            while row.find(&ahead[passed..], delimiter)
                && let Some(text) = row.text(&ahead[passed..])
            {
                let place = Place::Line(number);
                let roles = self.roles.as_ref();
                let roles = roles.filter(|_| row.len() == self.columns.names.len());
                let is_event =
                    roles.is_some_and(|roles| row.hand_on(text, roles, place, &mut self.message, sink));
                if !is_event {
                    self::row(row.cells(text), self.columns, place, sink);
                }
                passed += text.len();
                number += row.lines;
            }
            lines.pass(passed, number - first);
            if passed == 0 {
                break;
            }
        }
    }
}

/// What is said of a row of numbers at the end of a file.
const UNFINISHED: &str = "the file ends inside this row, so that its last number may be cut off";

/// The lines of the row that is being read.
#[derive(Default)]
struct Record {
    lines: Vec<String>,
    first: u64,
    bytes: usize,
    /// Whether an odd number of quotes came, so that a cell is open as a rule.
    is_odd: bool,
    /// How often its cells were looked for.
    attempts: u32,
    /// Whether its quotes are broken, so that it goes on until the next row begins.
    is_loose: bool,
}

/// A row whose cells were looked for this often in vain has broken quotes: every look costs its whole length.
const ATTEMPTS_LIMIT: u32 = 200;

impl Record {
    fn add(&mut self, line: &str, number: u64, columns: &Columns, sink: &mut Sink<'_>) {
        let begins_row = begins_row(line, columns.delimiter);
        let is_over = begins_row && (self.is_loose || is_in_no_cell(line.as_bytes(), columns.delimiter));
        if is_over || (self.is_loose && self.bytes > LINE_LIMIT_BYTES) {
            self.close(columns, sink);
        }
        if self.lines.is_empty() {
            if line.trim().is_empty() {
                return;
            }
            self.first = number;
        }
        self.bytes += line.len() + 1;
        self.lines.push(line.to_owned());
        let quotes = line.bytes().filter(|byte| *byte == b'"').count();
        self.is_odd ^= quotes % 2 == 1;
        let has_changed = self.lines.len() == 1 || (quotes > 0 && !self.is_odd);
        if self.is_loose || !(has_changed || self.bytes > LINE_LIMIT_BYTES) {
            return;
        }
        self.attempts += 1;
        match cells(&self.lines.join("\n"), columns.delimiter) {
            Ok(cells) => {
                row(cells, columns, Place::Line(self.first), sink);
                self.clear();
            }
            Err(Quoting::Open) if self.bytes <= LINE_LIMIT_BYTES && self.attempts < ATTEMPTS_LIMIT => {}
            // The quote that closed nothing may open the cell of a row that begins here.
            Err(_) if begins_row && self.lines.len() > 1 => {
                let line = self.lines.pop().unwrap_or_default();
                self.close_loose(columns, sink);
                self.add(&line, number, columns, sink);
            }
            Err(_) => self.is_loose = true,
        }
    }

    /// Hands on what is left when nothing more comes.
    fn close(&mut self, columns: &Columns, sink: &mut Sink<'_>) {
        if !self.lines.is_empty() {
            self.close_loose(columns, sink);
        }
    }

    /// Hands on lines whose quotes do not balance: each that begins with a time begins a row, of which the last
    /// column is all the rest.
    fn close_loose(&mut self, columns: &Columns, sink: &mut Sink<'_>) {
        let mut open: Option<(u64, String)> = None;
        for (number, line) in (self.first..).zip(std::mem::take(&mut self.lines)) {
            match &mut open {
                Some((_, text)) if !begins_row(&line, columns.delimiter) => {
                    text.push('\n');
                    text.push_str(&line);
                }
                _ => {
                    if let Some((number, text)) = open.replace((number, line)) {
                        loose_row(&text, columns, Place::Line(number), sink);
                    }
                }
            }
        }
        if let Some((number, text)) = open {
            loose_row(&text, columns, Place::Line(number), sink);
        }
        self.clear();
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Why quotes do not make cells.
enum Quoting {
    /// A quote is still open.
    Open,
    /// Something follows a closing quote.
    Broken,
}

/// Whether a line begins with a cell that is a time, and another cell.
fn begins_row(line: &str, delimiter: char) -> bool {
    line.split_once(delimiter)
        .is_some_and(|(cell, _)| cell.len() >= 13 && parse_time(cell.trim_matches('"')).is_some())
}

/// The cells of one row, by RFC 4180.
fn cells(text: &str, delimiter: char) -> Result<Vec<Cow<'_, str>>, Quoting> {
    let mut cells = Vec::new();
    let mut rest = text;
    loop {
        let cell;
        if let Some(quoted) = rest.strip_prefix('"') {
            (cell, rest) = quoted_cell(quoted)?;
            if rest.is_empty() {
                cells.push(cell);
                return Ok(cells);
            }
            rest = rest.strip_prefix(delimiter).ok_or(Quoting::Broken)?;
        } else {
            match rest.split_once(delimiter) {
                Some((before, after)) => {
                    cell = Cow::Borrowed(before);
                    rest = after;
                }
                None => {
                    cells.push(Cow::Borrowed(rest));
                    return Ok(cells);
                }
            }
        }
        cells.push(cell);
    }
}

/// A cell behind its opening quote, and what follows its closing one.
fn quoted_cell(text: &str) -> Result<(Cow<'_, str>, &str), Quoting> {
    let mut has_quotes = false;
    let end = end_of_quoted(text.as_bytes(), 0, |_| has_quotes = true).ok_or(Quoting::Open)?;
    Ok((unquoted(&text[..end], has_quotes), &text[end + 1..]))
}

/// A row of which the quoting is broken: the last column is all that the others leave.
fn loose_row(text: &str, columns: &Columns, place: Place, sink: &mut Sink<'_>) {
    let cells: Vec<&str> = text.splitn(columns.names.len(), columns.delimiter).collect();
    if cells.len() < columns.names.len() || parse_time(cells[0].trim_matches('"')).is_none() {
        return sink.reject(
            place,
            "CSV row with broken quotes that does not begin with a time",
        );
    }
    let cells = cells.into_iter().map(|cell| {
        let cell = cell.trim_end().strip_prefix('"').unwrap_or(cell.trim_end());
        unquoted(cell.strip_suffix('"').unwrap_or(cell), true)
    });
    row(cells.collect(), columns, place, sink);
}

fn row(cells: Vec<Cow<'_, str>>, columns: &Columns, place: Place, sink: &mut Sink<'_>) {
    if cells.len() != columns.names.len() {
        let reason = match cells.len() > columns.names.len() {
            true => "CSV row with more cells than columns",
            false => "CSV row with fewer cells than columns",
        };
        return sink.reject(place, reason);
    }
    let mut row = Row::default();
    for (name, cell) in columns.names.iter().zip(cells) {
        row.set(Cow::Borrowed(name), Field::of_cell(cell));
    }
    row.emit(place, sink);
}

#[cfg(test)]
mod tests {
    use std::io::{self, BufReader};

    use proptest::prelude::*;

    use super::*;
    use crate::source::trial::{Shown, shown};
    use crate::source::{Buffer, open_stream};

    fn read_all(text: &str) -> Vec<String> {
        let columns = columns(text, 0).unwrap();
        shown(|sink| _ = read(text.as_bytes(), &columns, false, sink))
    }

    #[test]
    fn quoted_line_breaks_and_quotes_belong_to_the_cell() {
        let text = "timestamp,message\r\n\
                    1795341600000,\"REPORT RequestId: a\t\r\nXRAY TraceId: 1\t\r\n\"\r\n\
                    1795341600001,\"{\"\"a\"\":1}\"\r\n\
                    1795341600002,plain\r\n";
        assert_eq!(
            read_all(text),
            [
                "Line(2) 2026-11-22T10:00:00.000Z REPORT RequestId: a\t\nXRAY TraceId: 1\t\n",
                "Line(5) 2026-11-22T10:00:00.001Z {\"a\":1}",
                "Line(6) 2026-11-22T10:00:00.002Z plain",
            ]
        );
    }

    #[test]
    fn broken_quotes_lose_no_row() {
        let text = "timestamp,message\n\
                    1795341600000,\"one\n\
                    1795341600001,\"two \"and\" more\n\
                    1795341600002,\"three\"\n\
                    1795341600003,\"four \"4\"\n\"\n\
                    1795341600004,\"five\n";
        assert_eq!(
            read_all(text),
            [
                "Line(2) 2026-11-22T10:00:00.000Z one",
                "Line(3) 2026-11-22T10:00:00.001Z two \"and\" more",
                "Line(4) 2026-11-22T10:00:00.002Z three",
                "Line(5) 2026-11-22T10:00:00.003Z four \"4\"\n",
                "Line(7) 2026-11-22T10:00:00.004Z five",
            ]
        );
    }

    /// The events of a text, read in blocks of so many bytes.
    fn in_blocks(text: &str, block_bytes: usize, is_strict: bool) -> Option<Shown> {
        let mut shown = Shown(Vec::new(), !is_strict);
        // What was printed may make text of it.
        let mut blocks = open_stream(text.as_bytes())
            .unwrap()
            .into_blocks(block_bytes)
            .ok()?;
        while let Some(block) = blocks.next_block(Buffer::default()) {
            drop(block.read(is_strict, &mut shown));
        }
        Some(shown)
    }

    #[test]
    fn what_stands_in_a_message_begins_no_row() {
        let text = "timestamp,message\n\
                    1795341600000,\"one\n\
                    1795341600001,\"\"x\"\" y\n\
                    1795341600002,z\n\
                    1795341600003,\"\n\
                    1795341600004,plain\n\
                    1795341600005,\"last\"\n";
        let messages = |shown: &[String]| -> Vec<String> {
            let of_events = shown.iter().filter_map(|line| line.split_once("message: "));
            of_events.map(|(_, message)| message.to_owned()).collect()
        };
        let expected = [
            "\"one\\n1795341600001,\\\"x\\\" y\\n1795341600002,z\\n1795341600003,\", is_row: false })",
            "\"plain\", is_row: false })",
            "\"last\", is_row: false })",
        ];
        for block_bytes in 1..text.len() {
            let shown = in_blocks(text, block_bytes, false).unwrap();
            assert_eq!(messages(&shown.0), expected, "{block_bytes}");
        }
    }

    #[test]
    fn a_row_longer_than_a_line_may_be_is_no_usual_one() {
        let columns = columns("timestamp,message\n", 0).unwrap();
        let long = "a line of text\n".repeat(LINE_LIMIT_BYTES / 15 + 1);
        let text = format!("timestamp,message\n1795341600000,\"{long}\"\n1795341600001,\"b\"\n");
        let [quick, strict] = [true, false].map(|is_quick| {
            let mut shown = Shown(Vec::new(), is_quick);
            read(
                text.as_bytes(),
                &columns,
                is_quick,
                &mut Sink::new(&mut shown, None),
            );
            shown.0
        });
        assert!(quick == strict);
    }

    #[test]
    fn a_row_without_a_message_hands_on_its_fields() {
        let text = "@timestamp,@duration,@initDuration\n2026-11-22 10:00:00.000,\"12.5\",\n";
        assert_eq!(
            read_all(text),
            [
                "Line(2) 2026-11-22T10:00:00.000Z {\"@duration\":\"12.5\",\"@initDuration\":null,\"@timestamp\":\"2026-11-22 10:00:00.000\"}"
            ]
        );
    }

    #[test]
    fn a_line_of_text_is_no_header() {
        for text in [
            "one,two\n",
            "START RequestId: a Version: 1\n",
            "timestamp: 1, message: x\n",
            "",
        ] {
            assert_eq!(columns(text, 0), None, "{text:?}");
        }
    }

    /// Fails once behind its text, and then says that there is nothing more, as decompressors do.
    struct FailsOnce<'t>(&'t [u8], bool);

    impl io::Read for FailsOnce<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 if !std::mem::replace(&mut self.1, true) => Err(io::ErrorKind::InvalidData.into()),
                read => Ok(read),
            }
        }
    }

    #[test]
    fn damage_behind_the_last_row_is_said() {
        let text = "timestamp,message\n1795341600000,\"one\"\n";
        let columns = columns(text, 0).unwrap();
        for is_quick in [true, false] {
            let mut shown = Shown(Vec::new(), is_quick);
            let reader = BufReader::new(FailsOnce(text.as_bytes(), false));
            read(reader, &columns, is_quick, &mut Sink::new(&mut shown, None));
            assert_eq!(shown.0.len(), 2, "{:?}", shown.0);
            assert!(shown.0[1].contains("damaged"), "{:?}", shown.0);
        }
    }

    proptest! {
        #[test]
        fn usual_rows_tell_what_any_row_tells(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "1795341600000", "2026-11-22 10:00:00.000", ",", ",", ";", "\"", "\"", "\"\"", "\n", "\n", "\r\n", "\r", " ", "\t", "\n\t\t\n",
                "START RequestId: a", "{\"\"a\"\":1}", "\u{e4}", "1795341600001,\"x\"\n", "1795341600002,\"two\nlines\n\"\n",
            ]), 0..40),
            header in prop::sample::select(vec![
                "timestamp,message", "@timestamp;@message;@logStream", "@timestamp,@duration", "@timestamp\t@message\t@logStream",
            ]),
            is_damaged in any::<bool>(),
            capacity in 1_usize..200,
        ) {
            let mut bytes = format!("{header}\n{}", pieces.concat()).into_bytes();
            if is_damaged {
                let at = bytes.len() / 2;
                bytes.insert(at, 0xe4);
            }
            let columns = columns(&format!("{header}\n"), 0).unwrap();
            let [quick, strict] = [true, false].map(|is_quick| {
                let mut shown = Shown(Vec::new(), is_quick);
                let reader = BufReader::with_capacity(capacity, bytes.as_slice());
                read(reader, &columns, is_quick, &mut Sink::new(&mut shown, None));
                shown.0
            });
            prop_assert_eq!(quick, strict);
        }

        #[test]
        fn blocks_tell_what_the_whole_tells(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "1795341600000", "2026-11-22 10:00:00.000", ",", ",", "\"", "\"", "\"\"", "\n", "\n", "\r\n", " ", "\n\t\t\n",
                "START RequestId: a", "{\"\"a\"\":1}", "\n1795341600001,\"x", "\n1795341600001,\"x\"\n", "\n1795341600002,\"two\nlines\n\"\n",
                "\n\"1795341600003\",\"y\"\r\n",
            ]), 0..40),
            header in prop::sample::select(vec!["timestamp,message", "$ less\n@timestamp,@message,@logStream"]),
            unquoted in prop::sample::select(vec!["", "1795341600000,plain\n", "1795341600000,plain\r\n\n"]),
            is_strict in any::<bool>(),
            block_bytes in 1_usize..300,
        ) {
            let text = format!("{header}\n{}1795341600000,\"x\"\n{}", unquoted.repeat(3), pieces.concat());
            let without_place = |shown: Shown| -> Vec<String> {
                let lines = shown.0.into_iter();
                lines.map(|line| line.split_once("), ").map_or(line.clone(), |(_, text)| text.to_owned())).collect()
            };
            let mut whole = Shown(Vec::new(), !is_strict);
            open_stream(text.as_bytes()).unwrap().read(&mut whole);
            if let Some(in_blocks) = in_blocks(&text, block_bytes, is_strict) {
                prop_assert_eq!(without_place(in_blocks), without_place(whole), "{:?}", text);
            }
        }
    }
}
