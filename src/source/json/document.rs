//! JSON that is not one object a line: documents of `aws logs filter-log-events`, `get-log-events` and
//! `get-query-results`, one or several appended, pretty-printed or not; arrays of events, of rows or of
//! messages; objects one after the other.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::BufRead;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::cells::Cells;
use super::envelope;
use super::layout::EventCutter;
use super::lines::{hand_on, shape_of};
use super::object::Object;
use super::scan::{Scanned, Scanner, count_lines};
use crate::source::encoding::repair;
use crate::source::event::RawEvent;
use crate::source::lines::broken;
use crate::source::row::{Field, Row, parse_time};
use crate::source::sink::Sink;
use crate::source::text::emit_line;
use crate::vocab::Place;

/// Reads every value. Returns whether there were rows of Logs Insights.
pub(in crate::source) fn read(reader: impl BufRead, sink: &mut Sink<'_>) -> bool {
    let mut values = Values::default();
    values.read(Scanner::new(reader), sink);
    values.has_rows
}

/// Reads every value of what begins at this line of a file.
pub(super) fn read_from(reader: impl BufRead, line: u64, sink: &mut Sink<'_>) {
    Values::default().read(Scanner::at_line(reader, line), sink);
}

/// What has to be kept from one value to the next.
#[derive(Default)]
struct Values {
    /// How many elements there were.
    count: u64,
    /// The row of a flat list of cells that is being put together.
    row: Row<'static>,
    row_place: Option<Place>,
    has_rows: bool,
    /// Whether elements came since the last object around them.
    has_elements: bool,
    /// What the last document says of what it lacks.
    missing: Option<&'static str>,
    /// How its events are written.
    events: Option<EventCutter>,
    /// The message of the last event, in memory that is used again.
    message: Vec<u8>,
}

#[derive(Deserialize)]
struct Cell<'a> {
    #[serde(borrow)]
    field: Cow<'a, str>,
    #[serde(borrow, default)]
    value: Option<&'a RawValue>,
}

impl<'a> Cell<'a> {
    /// The row of an array that consists of cells.
    fn row_of(text: &'a str) -> Option<Row<'a>> {
        let cells: Vec<Self> = serde_json::from_str(text).ok()?;
        let mut row = Row::default();
        for cell in cells {
            row.set(cell.field, Field::of_json(cell.value).ok()?);
        }
        Some(row)
    }
}

impl Values {
    fn read(&mut self, mut scanner: Scanner<impl BufRead>, sink: &mut Sink<'_>) {
        loop {
            while self.usual_element(&mut scanner, sink) {}
            match scanner.step() {
                Scanned::Value {
                    text,
                    line,
                    is_element,
                } => {
                    let place = self.place(line, is_element);
                    let text = sink.text_of(text);
                    self.value(&text, place, is_element, sink);
                }
                Scanned::Around { text, line } => self.around(text, line, sink),
                Scanned::Text { text, line } => {
                    self.close_row(sink);
                    let text = sink.text_of(text);
                    let place = Place::Line(line);
                    match text.trim() {
                        "]" | "}" => sink.reject(place, "closing bracket without its document"),
                        text => emit_line(text, place, sink),
                    }
                }
                Scanned::TooLong { line } => sink.reject(Place::Line(line), "JSON value longer than 8 MiB"),
                Scanned::Broken { line } => sink.reject(
                    Place::Line(line),
                    "malformed JSON; reading goes on at the next value",
                ),
                Scanned::Cut { line } => {
                    self.close_row(sink);
                    sink.reject(Place::Line(line), "JSON document is cut off here");
                    break;
                }
                Scanned::Failed { line, error } => {
                    self.close_row(sink);
                    sink.reject(Place::Line(line), broken(&error));
                    break;
                }
                Scanned::End => {
                    self.close_row(sink);
                    self.say_what_is_missing(sink);
                    break;
                }
            }
        }
    }

    /// Reads the next element where it lies, if all of it is there and it is written as usual. Whether it was taken.
    fn usual_element(&mut self, scanner: &mut Scanner<impl BufRead>, sink: &mut Sink<'_>) -> bool {
        if !sink.is_quick() {
            return false;
        }
        let Some(bytes) = scanner.element() else {
            return false;
        };
        let place = Place::Event(self.count + 1);
        let length = match bytes.first() {
            Some(b'{') => self.usual_event(bytes, place, sink),
            Some(b'[') => self.usual_row(bytes, place, sink),
            _ => None,
        };
        let Some(length) = length else {
            return false;
        };
        self.has_elements = true;
        self.count += 1;
        let line_breaks = count_lines(&bytes[..length]);
        scanner.take_element(length, line_breaks);
        true
    }

    /// Takes the event that bytes begin with, if it is written as those before it. Its length; `None` if nothing has happened.
    fn usual_event(&mut self, bytes: &[u8], place: Place, sink: &mut Sink<'_>) -> Option<usize> {
        let (event, length) = self.events.as_ref()?.cut_first(bytes)?;
        let text = &bytes[..length];
        let is_taken = has_no_line_break(event.message)
            && simdutf8::basic::from_utf8(text).is_ok()
            && hand_on(&event, text, place, &mut self.message, sink);
        is_taken.then_some(length)
    }

    /// The same of a row of cells.
    fn usual_row(&mut self, bytes: &[u8], place: Place, sink: &mut Sink<'_>) -> Option<usize> {
        let (cells, length) = Cells::first(bytes)?;
        let row = simdutf8::basic::from_utf8(&bytes[..length]).ok()?;
        let is_taken = has_no_line_break(cells.message) && cells.hand_on(row, place, &mut self.message, sink);
        self.has_rows |= is_taken;
        is_taken.then_some(length)
    }

    fn place(&mut self, line: u64, is_element: bool) -> Place {
        if is_element {
            self.has_elements = true;
            self.count += 1;
            Place::Event(self.count)
        } else {
            Place::Line(line)
        }
    }

    fn value(&mut self, text: &str, place: Place, is_element: bool, sink: &mut Sink<'_>) {
        match text.as_bytes().first() {
            Some(b'{') => self.object(text, place, is_element, sink),
            Some(b'[') => self.array(text, place, sink),
            Some(b'"') => match serde_json::from_str::<String>(text) {
                Ok(message) => sink.event(RawEvent::bare(place, message)),
                Err(_) => sink.reject(place, "malformed JSON"),
            },
            _ => sink.reject(place, "neither a log event nor a message"),
        }
    }

    fn object(&mut self, text: &str, place: Place, is_element: bool, sink: &mut Sink<'_>) {
        if sink.is_quick() {
            if let Some(event) = self
                .events
                .as_mut()
                .and_then(|events| events.cut(text.as_bytes()))
                && hand_on(&event, text.as_bytes(), place, &mut self.message, sink)
            {
                return;
            }
            if let Some(shape) = shape_of(text.as_bytes()) {
                self.events = Some(EventCutter::new(shape));
            }
        }
        match serde_json::from_str::<Object<'_>>(text) {
            Ok(mut object) => match object.cell().filter(|_| is_element) {
                Some((field, value)) => self.cell(&field, value, place, sink),
                None => match object.page().filter(|_| is_element) {
                    Some(events) => envelope::emit(events, None, None, place, sink),
                    None => {
                        self.has_rows |= object.is_row();
                        object.emit(text, place, false, sink);
                    }
                },
            },
            Err(error) => sink.reject(
                place,
                match error.classify() {
                    Category::Eof => "JSON object is cut off",
                    _ => "malformed JSON",
                },
            ),
        }
    }

    /// One cell of a list in which rows are not told apart: a row has no field twice, and ends with its pointer.
    fn cell(&mut self, field: &str, value: Value, place: Place, sink: &mut Sink<'_>) {
        if self.row.has(field) {
            self.close_row(sink);
        }
        self.row_place = self.row_place.or(Some(place));
        let value = match value {
            Value::String(text) => Field::Text(Cow::Owned(text)),
            other => Field::Other(other),
        };
        self.row.set(Cow::Owned(field.to_owned()), value);
        if field == "@ptr" {
            self.close_row(sink);
        }
    }

    fn close_row(&mut self, sink: &mut Sink<'_>) {
        let row = std::mem::take(&mut self.row);
        if let Some(place) = self.row_place.take() {
            self.has_rows = true;
            row.emit(place, sink);
        }
    }

    /// An array among values: a row of cells, or the columns that a `--query` chose.
    fn array(&mut self, text: &str, place: Place, sink: &mut Sink<'_>) {
        if sink.is_quick()
            && let Some(cells) = Cells::of(text.as_bytes())
            && cells.hand_on(text, place, &mut self.message, sink)
        {
            self.has_rows = true;
            return;
        }
        if let Some(row) = Cell::row_of(text) {
            self.has_rows = true;
            if row.is_empty() {
                sink.reject(place, "row without a field");
            } else {
                row.emit(place, sink);
            }
            return;
        }
        let columns = serde_json::from_str::<Vec<&RawValue>>(text).unwrap_or_default();
        let texts: Vec<String> = columns
            .iter()
            .filter_map(|column| serde_json::from_str(column.get()).ok())
            .collect();
        match texts.as_slice() {
            [message] => sink.event(RawEvent {
                at: columns.iter().find_map(|column| parse_time(column.get())),
                ..RawEvent::bare(place, message.as_str())
            }),
            _ => sink.reject(
                place,
                "array that is neither a row of Logs Insights nor a time and a message",
            ),
        }
    }

    /// What stands around the events of a document.
    fn around(&mut self, text: &[u8], line: u64, sink: &mut Sink<'_>) {
        #[derive(Deserialize)]
        struct Around {
            #[serde(default)]
            status: Value,
            #[serde(default, rename = "nextToken", alias = "NextToken")]
            next_token: Value,
            // What else the API's answers hold.
            #[serde(
                default,
                rename = "events",
                alias = "results",
                alias = "Events",
                alias = "Results"
            )]
            _elements: IgnoredAny,
            #[serde(default, rename = "searchedLogStreams")]
            _searched: IgnoredAny,
            #[serde(default, rename = "statistics")]
            _statistics: IgnoredAny,
            #[serde(default, rename = "nextForwardToken")]
            _forward: IgnoredAny,
            #[serde(default, rename = "nextBackwardToken")]
            _backward: IgnoredAny,
            #[serde(default, rename = "ResponseMetadata")]
            _response: IgnoredAny,
            #[serde(default, rename = "encryptionKey")]
            _key: IgnoredAny,
            #[serde(default, rename = "queryLanguage")]
            _language: IgnoredAny,
            #[serde(flatten)]
            others: BTreeMap<String, IgnoredAny>,
        }
        let (text, _) = repair(text);
        let Ok(around) = serde_json::from_str::<Around>(&text) else {
            return sink.reject(Place::Line(line), "malformed JSON around log events");
        };
        let has_elements = std::mem::take(&mut self.has_elements);
        if !around.others.is_empty() && !has_elements {
            // An application has keys of these names too; its line is a message.
            return sink.event(RawEvent::bare(Place::Line(line), text));
        }
        self.missing = match around.status.as_str() {
            Some("Complete") | None if around.next_token.is_string() => {
                Some("more events exist than were saved: the document ends with a token for the next page")
            }
            Some("Complete") | None => None,
            Some("Running" | "Scheduled") => {
                Some("the Logs Insights query was still running: these rows are not all")
            }
            Some(_) => Some("the Logs Insights query did not complete: these rows may not be all"),
        };
    }

    fn say_what_is_missing(&self, sink: &mut Sink<'_>) {
        if let Some(missing) = self.missing {
            sink.reject(Place::File, missing);
        }
    }
}

/// A line break in a text ends it with its value, for which no JSON has one.
fn has_no_line_break(text: &[u8]) -> bool {
    memchr::memchr(b'\n', text).is_none()
}

#[cfg(test)]
mod tests {
    use std::io::{self, BufReader, Read};

    use proptest::prelude::*;

    use super::*;
    use crate::source::trial::{Passing, Shown, shown};

    fn read_all(text: &str) -> Vec<String> {
        shown(|sink| {
            read(text.as_bytes(), sink);
        })
    }

    #[test]
    fn appended_documents_are_read_on() {
        let page = |message: &str| {
            format!(
                "{{\n  \"events\": [\n    {{\"timestamp\": 1, \"message\": \"{message}\"}}\n  ],\n  \"searchedLogStreams\": []\n}}\n"
            )
        };
        assert_eq!(
            read_all(&format!(
                "{}{}{{\"message\":\"three\"}}\nfour\n",
                page("one"),
                page("two")
            )),
            [
                "Event(1) 1970-01-01T00:00:00.001Z one",
                "Event(2) 1970-01-01T00:00:00.001Z two",
                "Line(13) three",
                "Line(14) four"
            ]
        );
        assert_eq!(
            read_all("[{\"message\":\"m\"}, 5, \"text\", [1795341600000, \"x\"], [1]]"),
            [
                "Event(1) m",
                "Event(2) rejected: neither a log event nor a message",
                "Event(3) text",
                "Event(4) 2026-11-22T10:00:00.000Z x",
                "Event(5) rejected: array that is neither a row of Logs Insights nor a time and a message"
            ]
        );
    }

    #[test]
    fn what_stands_before_a_cut_is_kept() {
        assert_eq!(
            read_all("{\"events\":[{\"message\":\"one\"},\n{\"message\":\"tw"),
            ["Event(1) one", "Line(2) rejected: JSON document is cut off here"]
        );
        assert_eq!(
            read_all("{\"events\":[{\"message\":\"one\"},\n{\"message\" \"two\"},{\"message\":\"three\"}]}"),
            [
                "Event(1) one",
                "Event(2) rejected: malformed JSON",
                "Event(3) three"
            ]
        );
    }

    /// Gives pieces, between which reading fails once.
    struct Failing(Vec<&'static str>);

    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.pop() {
                None => Ok(0),
                Some("") => Err(io::Error::other("broken")),
                Some(piece) => {
                    buffer[..piece.len()].copy_from_slice(piece.as_bytes());
                    Ok(piece.len())
                }
            }
        }
    }

    #[test]
    fn behind_a_failure_nothing_is_read() {
        const EVENT: &str =
            "{\"logStreamName\":\"s\",\"timestamp\":1795165200284,\"message\":\"a\",\"eventId\":\"391\"},";
        const ROW: &str = "[{\"field\":\"@message\",\"value\":\"m\"}],";
        for behind in [EVENT, ROW] {
            let [quick, strict] = [true, false].map(|is_quick| {
                let mut shown = Shown(Vec::new(), is_quick);
                let pieces = vec![behind, behind, "", EVENT, EVENT, EVENT, EVENT, "{\"events\":["];
                read(BufReader::new(Failing(pieces)), &mut Sink::new(&mut shown, None));
                shown.0
            });
            assert_eq!(quick, strict);
            assert_eq!(quick.len(), 5, "{quick:?}");
            assert!(quick[4].starts_with("Rejected"), "{quick:?}");
        }
    }

    #[test]
    fn what_was_not_saved_is_said() {
        let more = "File rejected: more events exist than were saved: the document ends with a token for the next page";
        assert_eq!(read_all("{\"events\":[],\"nextToken\":\"x\"}"), [more]);
        assert_eq!(
            read_all("{\"events\":[],\"nextToken\":\"x\"}\n{\"events\":[]}"),
            Vec::<String>::new()
        );
        assert_eq!(
            read_all("{\"results\":[],\"status\":\"Running\"}"),
            ["File rejected: the Logs Insights query was still running: these rows are not all"]
        );
    }

    #[test]
    fn rows_are_put_together_from_their_cells() {
        let row = "[{\"field\":\"@timestamp\",\"value\":\"2026-11-22 10:00:00.000\"},{\"field\":\"@message\",\"value\":\"m\"}]";
        assert_eq!(
            read_all(&format!("{{\"results\":[{row}],\"status\":\"Complete\"}}")),
            ["Event(1) 2026-11-22T10:00:00.000Z m"]
        );
        assert_eq!(
            read_all(
                "[{\"value\":\"2026-11-22 10:00:00.000\",\"field\":\"@timestamp\"},{\"value\":5,\"field\":\"@duration\"},\
                 {\"value\":\"2026-11-22 10:00:01.000\",\"field\":\"@timestamp\"},{\"value\":null,\"field\":\"@duration\"}]"
            ),
            [
                "Event(1) 2026-11-22T10:00:00.000Z {\"@duration\":5,\"@timestamp\":\"2026-11-22 10:00:00.000\"}",
                "Event(3) 2026-11-22T10:00:01.000Z {\"@duration\":null,\"@timestamp\":\"2026-11-22 10:00:01.000\"}"
            ]
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4_000) })]

        #[test]
        fn events_that_are_read_where_they_lie_tell_what_any_event_tells(
            shape in prop::sample::select(vec![
                r#"{"logStreamName":"STREAM","timestamp":1795165200284,"message":"MESSAGE","ingestionTime":1795165200478,"eventId":"391"}"#,
                r#"{"timestamp":1795165200065,"logStreamName":"STREAM","eventId":"391","message":"MESSAGE"}"#,
            ]),
            messages in prop::collection::vec(
                (
                    prop::sample::select(vec![
                        "", "a", "a\\n", "\\\"b\\\"", "\\\\", "\\\",\\\"ingestionTime\\\":", "{\\\"c\\\":\\\"d\\\"}", "\\u00e9", "é", "x\ny", "z\ty", "xÿ", "x", "xé", "x\",\"b\":\"",
                        "\\q", "\",\"ingestionTime\":1,\"a\":\"",
                    ]),
                    prop::sample::select(vec!["s", "s", "s", "st"]),
                ),
                3..9,
            ),
            is_indented in any::<bool>(),
            is_array in any::<bool>(),
            at in 0_usize..1_500,
            length in 0_usize..3,
            with in "[\"\\\\,:}{0-9a\n\u{1}é\\[\\]]{0,2}",
        ) {
            let events: Vec<String> = messages
                .into_iter()
                .map(|(message, stream)| {
                    let event = match is_indented {
                        true => shape.replace(",\"", ",\n      \"").replace("\":", "\": ").replace('{', "{\n      ").replace('}', "\n    }"),
                        false => shape.to_owned(),
                    };
                    event.replace("STREAM", stream).replace("MESSAGE", message)
                })
                .collect();
            let events = format!("[{}]", events.join(if is_indented { ",\n    " } else { "," }));
            let text = match is_array {
                true => events,
                false => format!("{{\"events\": {events}}}"),
            };
            // A byte of Windows-1252.
            let text = text.split('ÿ').map(str::as_bytes).collect::<Vec<_>>().join(&0xff);
            let (before, behind) = text.split_at(at.min(text.len()));
            let damaged = [before, with.as_bytes(), behind.get(length..).unwrap_or_default()].concat();
            // What is passed over is not asked what else is wrong with it.
            for (text, passed) in [(&text, 'x'), (&damaged, '\0')] {
                let [quick, strict] = [true, false].map(|is_quick| {
                    // An event that goes on behind a buffer is not read where it lies.
                    [16, 100, 8_000].map(|capacity| {
                        let mut shown = Passing(Shown(Vec::new(), is_quick), passed);
                        let mut sink = Sink::new(&mut shown, None);
                        read(BufReader::with_capacity(capacity, &text[..]), &mut sink);
                        (sink.repaired_lines, shown.0.0)
                    })
                });
                prop_assert_eq!(&quick, &strict, "{}", String::from_utf8_lossy(text));
                prop_assert_eq!(&quick[0], &quick[2]);
            }
        }

        #[test]
        fn rows_that_are_read_as_they_stand_tell_what_any_row_tells(
            cells in prop::collection::vec(
                (
                    prop::sample::select(vec![
                        "@timestamp", "timestamp", "@message", "@message", "message", "@logStream", "logStreamName", "@log", "eventId",
                        "@ptr", "@duration", "é", "a\\u0062",
                    ]),
                    prop::sample::select(vec![
                        "\"2026-11-22 10:00:00.000\"", "\"1795341600000\"", "1795341600000", "\"a\\nb\"", "\"{\\\"a\\\":\\\"\\u00e9\\\"}\"",
                        "\"\"", "null", "\"s\"", "\"\\ud83d\"", "\"\\q\"", "{\"b\":[]}", "\"z\ty\"", "\"é\"", "\"x\"", "\"x\ny\"",
                    ]),
                ),
                0..6,
            ),
            between in prop::sample::select(vec!["", " ", "\n            ", "\t\r\n", "\u{c}"]),
            at in 0_usize..300,
            length in 0_usize..3,
            with in "[\"\\\\,:}{0-9a\n\u{1}é\\[\\]]{0,2}",
        ) {
            let cells: Vec<String> = cells
                .into_iter()
                .map(|(name, value)| format!("{{{between}\"field\":{between}\"{name}\",\"value\"{between}: {value}}}"))
                .collect();
            let row = format!("[{}{between}]", cells.join(&format!("{between},")));
            let other = "[{\"field\":\"@message\",\"value\":\"last\"}]";
            let text = format!("{{\"results\":[{other},{row},{row},{other}],\"status\":\"Complete\"}}");
            // With a few bytes of it replaced.
            let (before, behind) = text.as_bytes().split_at(at.min(text.len()));
            let damaged = [before, with.as_bytes(), behind.get(length..).unwrap_or_default()].concat();
            for (text, passed) in [(text.as_bytes(), 'x'), (&damaged, '\0')] {
                let [quick, strict] = [true, false].map(|is_quick| {
                    [100, 8_000].map(|capacity| {
                        let mut shown = Passing(Shown(Vec::new(), is_quick), passed);
                        let mut sink = Sink::new(&mut shown, None);
                        let has_rows = read(BufReader::with_capacity(capacity, text), &mut sink);
                        (sink.repaired_lines, shown.0.0, has_rows)
                    })
                });
                prop_assert_eq!(&quick, &strict, "{}", String::from_utf8_lossy(text));
                prop_assert_eq!(&quick[0], &quick[1]);
            }
        }
    }
}
