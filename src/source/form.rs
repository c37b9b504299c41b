//! Which form a file has, told from its first block.

use std::borrow::Cow;
use std::io::BufRead;

use super::csv::Columns;
use super::found::Form;
use super::sink::Sink;
use super::text::{self, Layout};
use super::{csv, json, log_result, output_text, table};
use crate::vocab::Place;

/// The form of a file, with what reading it needs to know.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Recognised {
    JsonLines,
    JsonDocument,
    Csv(Columns),
    Table,
    OutputText,
    Text(Layout),
    LogResult,
    PermissionCheck,
    Binary,
    Empty,
}

/// Tells the form from the first bytes of a file; a few kilobytes suffice.
pub(super) fn of(block: &[u8]) -> Recognised {
    let Some(first) = block.iter().find(|byte| !byte.is_ascii_whitespace()) else {
        return Recognised::Empty;
    };
    // Text holds next to no control characters; every fiftieth byte is generous. Nearly always so few are of any kind.
    let are_many = |count: usize| count > block.len() / 50;
    if are_many(count(block, u8::is_ascii_control)) && are_many(count(block, is_unprintable)) {
        return Recognised::Binary;
    }
    if block.trim_ascii() == b"Permission Check Successful" {
        return Recognised::PermissionCheck;
    }
    let text =
        simdutf8::basic::from_utf8(block).map_or_else(|_| String::from_utf8_lossy(block), Cow::Borrowed);
    // A message in a cell may hold any line, so these are looked for before lines are.
    if table::is_it(&text) {
        return Recognised::Table;
    }
    if let Some(columns) = csv::columns(&text, 0) {
        return Recognised::Csv(columns);
    }
    let layout = match begin_with_json(&text) {
        true => Layout::default(),
        false => text::layout(&text),
    };
    // A cut log may begin with anything inside an event; what stands before each event tells more.
    if layout != Layout::default() {
        return Recognised::Text(layout);
    }
    let has_platform_lines = text.lines().any(text::is_platform);
    // Whatever the first lines are, events stand in no other form as lines of their own.
    let is_event = |line: &str| line.starts_with('{') && json::is_container(line);
    if !has_platform_lines && !json::is_document(block) && text.lines().take(OTHER_LINES).any(is_event) {
        return Recognised::JsonLines;
    }
    match first {
        b'{' if json::is_document(block) => return Recognised::JsonDocument,
        b'{' => return Recognised::JsonLines,
        b'[' if !has_platform_lines && json::is_array(block) => return Recognised::JsonDocument,
        _ if !has_platform_lines && json::is_scalar_first(block) => return Recognised::JsonDocument,
        _ => {}
    }
    if output_text::is_it(&text) {
        Recognised::OutputText
    } else if has_platform_lines {
        // In every other form these lines stand inside something.
        Recognised::Text(layout)
    } else {
        behind_other_lines(&text)
    }
}

/// Whether nothing stands before JSON in any line, so that no layout need be looked for.
fn begin_with_json(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.all(|line| line.starts_with('{'))
}

/// Text, or another form below lines of a terminal: a prompt, a warning, an error.
fn behind_other_lines(text: &str) -> Recognised {
    let mut rest = text;
    for lines_above in 0..OTHER_LINES {
        if let Some(form) = begins(rest, lines_above) {
            return form;
        }
        match rest.split_once('\n') {
            Some((_, behind)) => rest = behind,
            None => break,
        }
    }
    Recognised::Text(Layout::default())
}

/// The form that begins at a line, if one does.
fn begins(rest: &str, lines_above: usize) -> Option<Recognised> {
    let block = rest.as_bytes();
    match block.first()? {
        b'{' if json::is_document(block) => Some(Recognised::JsonDocument),
        b'{' if json::is_container(rest) => Some(Recognised::JsonLines),
        b'[' if json::is_array(block) => Some(Recognised::JsonDocument),
        b'{' | b'[' => None,
        _ if log_result::is_it(rest) => Some(Recognised::LogResult),
        _ => csv::columns(rest, lines_above).map(Recognised::Csv),
    }
}

/// How many lines may stand above.
const OTHER_LINES: usize = 50;

impl Recognised {
    /// Reads a file of this form, and says what it turned out to be.
    pub(super) fn read(self, reader: impl BufRead, sink: &mut Sink<'_>) -> Form {
        match self {
            Self::JsonLines => {
                json::read_lines(reader, sink);
                Form::JsonLines
            }
            Self::JsonDocument => {
                if json::read_document(reader, sink) {
                    Form::InsightsJson
                } else {
                    Form::JsonDocument
                }
            }
            Self::Csv(columns) => {
                csv::read(reader, &columns, sink.is_quick(), sink);
                Form::Csv
            }
            Self::Table => {
                table::read(reader, sink);
                Form::Table
            }
            Self::OutputText => {
                output_text::read(reader, sink);
                Form::OutputText
            }
            Self::Text(layout) => {
                text::read(reader, &layout, sink);
                Form::Text(layout.names())
            }
            Self::LogResult => {
                log_result::read(reader, sink);
                Form::LogResult
            }
            // A first block of nothing but white space: the rest decides, read as text.
            Self::Empty => {
                text::read(reader, &Layout::default(), sink);
                Form::Empty
            }
            Self::PermissionCheck => Form::PermissionCheck,
            Self::Binary => {
                sink.reject(Place::File, "binary data, not a log in a form that is known");
                Form::Binary
            }
        }
    }
}

/// How many bytes are so, counted in numbers as narrow as they are.
fn count(block: &[u8], is_so: impl Fn(&u8) -> bool) -> usize {
    let of_few = |bytes: &[u8]| usize::from(bytes.iter().map(|byte| u8::from(is_so(byte))).sum::<u8>());
    block.chunks(255).map(of_few).sum()
}

/// Control characters but for tab, line breaks and the escape of terminal colours.
fn is_unprintable(byte: &u8) -> bool {
    byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x1b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(block: &str) -> String {
        match of(block.as_bytes()) {
            Recognised::Text(layout) => Form::Text(layout.names()).to_string(),
            Recognised::Csv(_) => "csv".to_owned(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_first_block_tells_the_form() {
        const STREAM: &str = "2026/11/20/[$LATEST]0123456789abcdef0123456789abcdef";
        let detailed = format!("2026-01-01T00:00:00.000000+00:00 {STREAM} START RequestId: a Version: 1\n");
        let sam = format!("{STREAM} 2026-01-01T00:00:00.000000 START RequestId: a Version: 1\n");
        let awslogs = format!("/aws/lambda/chat {STREAM} START RequestId: a Version: 1\n");
        for (block, form) in [
            ("", "Empty"),
            (" \n", "Empty"),
            ("{\"eventId\":\"1\",\"message\":\"m\"}\n{", "JsonLines"),
            (
                "{\"message\":\"{\\\"events\\\":[]}\",\"timestamp\":1}",
                "JsonLines",
            ),
            (
                "{\"events\":[{\"name\":\"click\"}],\"level\":\"INFO\"}\n",
                "JsonLines",
            ),
            ("{\n    \"events\": [\n", "JsonDocument"),
            (
                "{\"searchedLogStreams\":[],\"events\":[{\"message\"",
                "JsonDocument",
            ),
            (
                "{\"messageType\":\"DATA_MESSAGE\"}{\"messageType\"",
                "JsonDocument",
            ),
            ("{\"results\":[[{\"field\":\"@timestamp\"", "JsonDocument"),
            ("[\n  {\"message\"", "JsonDocument"),
            ("[\"START RequestId: a\\n\"", "JsonDocument"),
            (
                "[INFO]\t2026-01-01T00:00:00.000Z\ta\ttext\n",
                "text without times",
            ),
            ("START RequestId: a Version: 1\n", "text without times"),
            (
                "2026-01-01T00:00:00.000Z START RequestId: a Version: 1\n",
                "text, time before each event",
            ),
            ("2026-01-01T00:00:00.000Z\ta\tINFO\ttext\n", "text without times"),
            (&detailed, "text, time, stream before each event"),
            (&sam, "text, stream, time before each event"),
            (&awslogs, "text, group, stream before each event"),
            ("timestamp,message\n1,\"x\"\n", "csv"),
            ("@timestamp,@duration\n", "csv"),
            ("EVENTS\t1795165200000\tm\t1795165200000\n", "OutputText"),
            ("EVENTS\t3\n", "text without times"),
            ("@everyone\nhello\n", "text without times"),
            (
                "timestamp,message\nSTART RequestId: a Version: 1\n",
                "text without times",
            ),
            (
                "  {\n2026-01-01T00:00:00.000Z START RequestId: a Version: 1\n",
                "text, time before each event",
            ),
            ("$ aws logs\ntimestamp,message\n1,\"x\"\n", "csv"),
            ("| @timestamp | @message |\n| --- | --- |\n", "Table"),
            ("Permission Check Successful", "PermissionCheck"),
            ("PAR1\0\0", "Binary"),
        ] {
            assert_eq!(name(block), form, "{block:?}");
        }
    }
}
