//! Rows of Logs Insights as the API writes them, read as they stand: an array of cells, each a name and a text.

use std::borrow::Cow;

use super::shape_of_event::{end_of_text, without_blanks};
use super::unescape::{is_plain, unescape};
use crate::source::event::RawEvent;
use crate::source::row::{EVENT_IDS, LOG_GROUPS, LOG_STREAMS, MESSAGES, TIMES, parse_time};
use crate::source::sink::Sink;
use crate::vocab::Place;

/// The cells of a row that make its event.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Cells<'a> {
    /// As it stands between its quotes.
    message: &'a str,
    time: Option<&'a str>,
    event_id: Option<&'a str>,
    log_group: Option<&'a str>,
    log_stream: Option<&'a str>,
}

impl<'a> Cells<'a> {
    /// The cells of a row. `None` if it is not written so throughout, has no message, or two fields that tell the same.
    pub(super) fn of(row: &'a str) -> Option<Self> {
        let mut text = Rest { row, at: 0 };
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
                None if MESSAGES.contains(&name) => {
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
                return (text.at == row.len() && !cells.message.is_empty()).then_some(cells);
            }
            text.pass(",")?;
        }
    }

    fn place(&mut self, name: &str) -> Option<&mut Option<&'a str>> {
        Some(match name {
            name if TIMES.contains(&name) => &mut self.time,
            name if LOG_STREAMS.contains(&name) => &mut self.log_stream,
            name if LOG_GROUPS.contains(&name) => &mut self.log_group,
            name if EVENT_IDS.contains(&name) => &mut self.event_id,
            _ => return None,
        })
    }

    /// Hands the event on, or passes it over. Whether it was understood; if not, nothing has happened. `text` is memory that is
    /// used again.
    pub(super) fn hand_on(&self, place: Place, text: &mut Vec<u8>, sink: &mut Sink<'_>) -> bool {
        let at = self.time.and_then(parse_time);
        if sink.is_no_record(self.message.as_bytes(), true) {
            sink.pass_over(at);
            return true;
        }
        if !unescape(self.message.as_bytes(), text) {
            return false;
        }
        // What was UTF-8 with escapes is so without.
        let Ok(message) = std::str::from_utf8(text) else {
            return false;
        };
        sink.event(RawEvent {
            at,
            event_id: self.event_id.map(Cow::Borrowed),
            log_group: self.log_group.map(Cow::Borrowed),
            log_stream: self.log_stream.map(Cow::Borrowed),
            ..RawEvent::bare(place, message)
        });
        true
    }
}

/// What is left of a row.
struct Rest<'a> {
    row: &'a str,
    at: usize,
}

impl<'a> Rest<'a> {
    /// Passes a word over, and white space before it. `None` if something else stands there, and nothing is passed over.
    fn pass(&mut self, word: &str) -> Option<()> {
        let at = without_blanks(self.row.as_bytes(), self.at);
        let is_there = self.row.as_bytes().get(at..)?.starts_with(word.as_bytes());
        is_there.then(|| self.at = at + word.len())
    }

    /// Passes a text over, and gives what stands between its quotes.
    fn text(&mut self) -> Option<&'a str> {
        self.pass("\"")?;
        let begin = self.at;
        let end = begin + end_of_text(&self.row.as_bytes()[begin..])?;
        self.at = end + 1;
        self.row.get(begin..end)
    }

    /// As [`text`](Self::text), if it is the same with its escapes and without.
    fn plain(&mut self) -> Option<&'a str> {
        self.text().filter(|text| is_plain(text.as_bytes()))
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
            message: "{\\\"a\\\":\\\"é\\\"}\\n",
            time: Some("2026-11-22 10:00:00.000"),
            event_id: None,
            log_group: Some("1:g"),
            log_stream: Some("s"),
        };
        assert_eq!(Cells::of(ROW), Some(cells));
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
            assert_eq!(Cells::of(&row), None, "{row}");
        }
    }
}
