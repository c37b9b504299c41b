//! Rows of Logs Insights as the API writes them, read as they stand: an array of cells, each a name and a text.

use super::lines::{event_unescaped, text_of, value_of};
use super::shape_of_event::{end_of_text, without_blanks};
use super::unescape::is_plain;
use crate::source::event::RawEvent;
use crate::source::row::{EVENT_IDS, LOG_GROUPS, LOG_STREAMS, MESSAGES, TIMES, parse_time};
use crate::source::sink::Sink;
use crate::vocab::Place;

/// The cells of a row that make its event, as they stand between their quotes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Cells<'a> {
    pub(super) message: &'a [u8],
    time: Option<&'a [u8]>,
    event_id: Option<&'a [u8]>,
    log_group: Option<&'a [u8]>,
    log_stream: Option<&'a [u8]>,
}

impl<'a> Cells<'a> {
    /// The cells of a row. `None` if it is not written so throughout, has no message, or two fields that tell the same.
    pub(super) fn of(row: &'a [u8]) -> Option<Self> {
        let (cells, length) = Self::first(row)?;
        (length == row.len()).then_some(cells)
    }

    /// The cells of the row that bytes begin with, and how many of them are its own. Whoever takes it must see to its message
    /// having no line breaks.
    pub(super) fn first(bytes: &'a [u8]) -> Option<(Self, usize)> {
        let mut text = Rest { bytes, at: 0 };
        let mut cells = Self::default();
        text.pass("[")?;
        loop {
            text.pass("{")?;
            text.pass("\"field\"")?;
            text.pass(":")?;
            let name = text.plain()?;
            text.pass(",")?;
            text.pass("\"value\"")?;
            text.pass(":")?;
            match cells.place(name) {
                Some(place) => {
                    // No text comes twice, whether or not there is anything in the first.
                    let value = text.plain()?;
                    if place.replace(value).is_some() {
                        return None;
                    }
                }
                None if is_among(&MESSAGES, name) => {
                    if !cells.message.is_empty() {
                        return None;
                    }
                    cells.message = text.text().filter(|message| !message.is_empty())?;
                }
                // What else there is does not belong to the event.
                None => {
                    text.plain()?;
                }
            }
            text.pass("}")?;
            if text.pass("]").is_some() {
                return (!cells.message.is_empty()).then_some((cells, text.at));
            }
            text.pass(",")?;
        }
    }

    fn place(&mut self, name: &[u8]) -> Option<&mut Option<&'a [u8]>> {
        Some(match name {
            name if is_among(&TIMES, name) => &mut self.time,
            name if is_among(&LOG_STREAMS, name) => &mut self.log_stream,
            name if is_among(&LOG_GROUPS, name) => &mut self.log_group,
            name if is_among(&EVENT_IDS, name) => &mut self.event_id,
            _ => return None,
        })
    }

    /// Hands the event of this row on, or passes it over. Whether it was understood; if not, nothing has happened. `text` is
    /// memory that is used again.
    pub(super) fn hand_on(&self, row: &str, place: Place, text: &mut Vec<u8>, sink: &mut Sink<'_>) -> bool {
        let (Some(time), Some(event_id), Some(log_group), Some(log_stream)) = (
            value_of(row, self.time),
            value_of(row, self.event_id),
            value_of(row, self.log_group),
            value_of(row, self.log_stream),
        ) else {
            return false;
        };
        let at = time.and_then(|time| parse_time(&time));
        if sink.is_no_record(self.message, true) {
            sink.pass_over(at);
            return true;
        }
        let Some(message) = text_of(row, self.message) else {
            return false;
        };
        let event = RawEvent {
            at,
            event_id,
            log_group,
            log_stream,
            ..RawEvent::bare(place, message)
        };
        event_unescaped(event, text, sink)
    }
}

/// Whether a name is one of these.
fn is_among(names: &[&str], name: &[u8]) -> bool {
    names.iter().any(|one| one.as_bytes() == name)
}

/// What is left of a row, and what stands behind it.
struct Rest<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Rest<'a> {
    /// Passes a word over, and white space before it. `None` if something else stands there, and nothing is passed over.
    fn pass(&mut self, word: &str) -> Option<()> {
        let at = without_blanks(self.bytes, self.at);
        let is_there = self.bytes.get(at..)?.starts_with(word.as_bytes());
        is_there.then(|| self.at = at + word.len())
    }

    /// Passes a text over, and gives what stands between its quotes.
    fn text(&mut self) -> Option<&'a [u8]> {
        self.pass("\"")?;
        let begin = self.at;
        let end = begin + end_of_text(&self.bytes[begin..])?;
        self.at = end + 1;
        self.bytes.get(begin..end)
    }

    /// As [`text`](Self::text), if it is the same with its escapes and without.
    fn plain(&mut self) -> Option<&'a [u8]> {
        self.text().filter(|text| is_plain(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = r#"[{"field":"@timestamp","value":"2026-11-22 10:00:00.000"}, {
        "field": "@message",
        "value": "{\"a\":\"é\"}\n"
    },{"field":"@logStream","value":"s"},{"field":"@log","value":"1:g"},{"field":"@ptr","value":"Mz=="},{"field":"@ptr","value":""} ]"#;

    #[test]
    fn a_row_is_read_as_it_stands() {
        let cells = Cells {
            message: "{\\\"a\\\":\\\"é\\\"}\\n".as_bytes(),
            time: Some(b"2026-11-22 10:00:00.000"),
            event_id: None,
            log_group: Some(b"1:g"),
            log_stream: Some(b"s"),
        };
        assert_eq!(Cells::of(ROW.as_bytes()), Some(cells));
        let more = format!("{ROW},[{{}}]");
        let first = Cells::first(more.as_bytes());
        assert_eq!(first, Cells::of(ROW.as_bytes()).map(|cells| (cells, ROW.len())));
        assert_eq!(Cells::of(more.as_bytes()), None);
    }

    #[test]
    fn other_rows_are_not() {
        for (from, to) in [
            ("\"s\"", "null"),
            ("\"s\"", "5"),
            ("\"s\"", "\"\\u0073\""),
            ("\"s\"", "\"\u{1}\""),
            ("@log\"", "@logStream\""),
            ("@log\"", "logStreamName\""),
            ("@log\"", "message\""),
            ("@message", "@other"),
            ("@message", "@mess\\u0061ge"),
            ("\"{\\\"a\\\":\\\"é\\\"}\\n\"", "\"\""),
            ("\"value\"", "\"VALUE\""),
            ("\"field\":\"@log\",", ""),
            (",\"value\":\"s\"", ""),
            (",\"value\":\"s\"", ",\"value\":\"s\",\"value\":\"t\""),
            ("},{", "}{"),
            (" ]", " ] "),
            (" ]", ""),
            (" ]", ",]"),
            ("[{", "{"),
        ] {
            let row = ROW.replacen(from, to, 1);
            assert_ne!(row, ROW, "{from}");
            assert_eq!(Cells::of(row.as_bytes()), None, "{row}");
        }
    }
}
