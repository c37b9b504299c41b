//! `aws logs filter-log-events --output text` and `get-log-events --output text`: the scalar fields of
//! each event in the order of their names, joined by tabs. A message keeps its line breaks, so that a row
//! goes on until the next one begins.
//!
//! ```text
//! EVENTS⇥<eventId>⇥<ingestionTime>⇥<logStreamName>⇥<message>⇥<timestamp>
//! EVENTS⇥<ingestionTime>⇥<message>⇥<timestamp>
//! SEARCHEDLOGSTREAMS⇥<logStreamName>⇥True
//! ```

use std::borrow::Cow;
use std::io::BufRead;

use super::event::RawEvent;
use super::lines::{LINE_LIMIT_BYTES, Line, Lines};
use super::sink::Sink;
use super::text::emit_line;
use crate::vocab::{Place, Timestamp};

const EVENT: &str = "EVENTS\t";
const SEARCHED: &str = "SEARCHEDLOGSTREAMS\t";
const MORE: &str = "NEXTTOKEN\t";

/// Whether a row has its last column, the time.
fn ends(row: &str) -> bool {
    row.rsplit_once('\t')
        .is_some_and(|(_, time)| time.len() == 13 && time.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether one of the first lines is a row: a time follows, behind an id or not; or a stream and whether it was searched.
pub(super) fn is_it(block: &str) -> bool {
    block.lines().take(20).any(|line| {
        let is_event = line.strip_prefix(EVENT).is_some_and(|row| columns(row).is_some());
        is_event || (line.starts_with(SEARCHED) && line.split('\t').count() == 3)
    })
}

/// Event id, stream and message of a row, as far as the row has them.
fn columns(row: &str) -> Option<(Option<&str>, Option<&str>, &str)> {
    let is_digits = |cell: &str| cell.bytes().all(|byte| byte.is_ascii_digit());
    let is_time = |cell: &str| cell.len() == 13 && is_digits(cell);
    let (first, rest) = row.split_once('\t')?;
    match rest.split_once('\t') {
        Some((second, rest)) if is_digits(first) && is_time(second) => {
            let (stream, message) = rest.split_once('\t')?;
            Some((Some(first), Some(stream), message))
        }
        _ => is_time(first).then_some((None, None, rest)),
    }
}

/// Reads every row.
pub(super) fn read(reader: impl BufRead, sink: &mut Sink<'_>) {
    let mut lines = Lines::new(reader);
    let mut open: Option<(Place, String)> = None;
    loop {
        let place = Place::Line(lines.number() + 1);
        let line = match lines.next_line() {
            Line::Text(line) => line,
            Line::Lost(reason) => {
                close(&mut open, sink);
                sink.reject(place, reason);
                continue;
            }
            Line::End => break,
        };
        let line = sink.text_of(line);
        if let Some(row) = line.strip_prefix(EVENT) {
            close(&mut open, sink);
            open = Some((place, row.to_owned()));
        } else if line.starts_with(SEARCHED) || is_tokens(&line) {
            close(&mut open, sink);
        } else if line.starts_with(MORE) {
            close(&mut open, sink);
            sink.reject(
                place,
                "more events exist than were saved: a token for the next page stands here",
            );
        } else {
            match open.as_mut().filter(|(_, row)| !ends(row)) {
                Some((_, row)) if row.len() + line.len() < LINE_LIMIT_BYTES => {
                    row.push('\n');
                    row.push_str(&line);
                }
                _ => {
                    close(&mut open, sink);
                    if !line.trim().is_empty() {
                        emit_line(&line, place, sink);
                    }
                }
            }
        }
    }
    close(&mut open, sink);
    lines.finish(sink);
}

/// The line of `get-log-events` that holds the tokens of the pages before and after.
fn is_tokens(line: &str) -> bool {
    line.split_once('\t').is_some_and(|(before, after)| {
        before.starts_with("b/") && after.starts_with("f/") && !after.contains(' ')
    })
}

fn close(open: &mut Option<(Place, String)>, sink: &mut Sink<'_>) {
    let Some((place, row)) = open.take() else { return };
    match event(place, &row) {
        Some(event) => sink.event(event),
        None => sink.reject(place, "row of --output text without its columns"),
    }
}

fn event(place: Place, row: &str) -> Option<RawEvent<'_>> {
    let (before, time) = row.rsplit_once('\t')?;
    // A time of fewer digits is cut off.
    let time = Some(time.trim_end()).filter(|time| time.len() >= 13)?;
    let at = Timestamp::from_epoch_millis(time.parse().ok()?);
    let (event_id, log_stream, message) = columns(before)?;
    Some(RawEvent {
        at: Some(at),
        event_id: event_id.map(Cow::Borrowed),
        log_stream: log_stream.map(Cow::Borrowed),
        ..RawEvent::bare(place, message)
    })
}

#[cfg(test)]
mod tests {
    use super::super::event::Item;
    use super::*;

    #[test]
    fn a_message_keeps_its_tabs_and_line_breaks() {
        let id = "3".repeat(56);
        let text = format!(
            "EVENTS\t{id}\t1795341600500\t2026/11/22/[1]ab\tREPORT RequestId: a\tDuration: 1.00 ms\t\nXRAY TraceId: 1\t\n\t1795341600000\n\
             SEARCHEDLOGSTREAMS\t2026/11/22/[1]ab\tTrue\n\
             b/123/s\tf/456/s\nEVENTS\t1795341600500\tEND RequestId: a\n\t1795341600001\nEVENTS\tcut"
        );
        let mut seen = Vec::new();
        let mut take = |item: Item<'_>| {
            seen.push(match item {
                Item::Event(event) => format!("{:?} {:?} {:?}", event.place, event.log_stream, event.message),
                other => format!("{other:?}"),
            });
        };
        read(text.as_bytes(), &mut Sink::new(&mut take, None));
        assert_eq!(
            seen,
            [
                "Line(1) Some(\"2026/11/22/[1]ab\") \"REPORT RequestId: a\\tDuration: 1.00 ms\\t\\nXRAY TraceId: 1\\t\\n\"",
                "Line(6) None \"END RequestId: a\\n\"",
                "Rejected { place: Line(8), reason: \"row of --output text without its columns\" }",
            ]
        );
    }
}
