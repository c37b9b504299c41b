//! One JSON object a line: CloudWatch events, rows, envelopes, or JSON messages saved without their event.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

use memchr::{memchr, memrchr};
use serde_json::value::RawValue;

use super::cutter::{Cutter, Ended};
use super::document;
use super::layout::EventCutter;
use super::object::Object;
use super::shape::is_container;
use super::shape_of_event::{CutEvent, EventShape};
use super::unescape::{has_bare_quote, unescape};
use crate::source::encoding::ends_inside_character;
use crate::source::event::RawEvent;
use crate::source::lines::{LINE_LIMIT_BYTES, Line, Lines, TOO_LONG, reject_cut_character};
use crate::source::sink::Sink;
use crate::source::text::{OpenEvent, is_platform, take_mixed_line, without_colours};
use crate::vocab::{Place, Timestamp};

/// Reads every line. A line of text among those of JSON is read as text, as functions write that change their log
/// format; a bracket alone on its line begins a value on several.
pub(in crate::source) fn read(reader: impl BufRead, sink: &mut Sink<'_>) {
    let mut lines = Lines::new(reader);
    let mut mixed = Mixed::default();
    loop {
        let number = lines.number() + 1;
        let line = match lines.next_line() {
            Line::Text(line) => line,
            Line::Lost(reason) => {
                mixed.finish(sink);
                sink.reject(Place::Line(number), reason);
                continue;
            }
            Line::End => break,
        };
        let line = sink.text_of(line);
        mixed.line(line.trim_start_matches('\u{feff}'), number, sink);
        if mixed
            .spread
            .as_ref()
            .is_some_and(|spread| spread.bytes > LINE_LIMIT_BYTES)
            && let Some(spread) = mixed.spread.take()
        {
            // So long a value is a document, which is read element by element.
            let (_, _, rest) = lines.into_rest();
            let begun = io::Cursor::new(spread.text().into_bytes());
            return document::read_from(begun.chain(rest), spread.first, sink);
        }
    }
    let is_text = mixed.is_text;
    mixed.finish(sink);
    // An object that is cut off has been rejected already.
    if is_text {
        lines.finish(sink);
    }
}

/// The last place in a block at which a line begins that is a clean start: nothing before it can go on in it. Such is an
/// event, and where no bracket stands alone on its line, any object.
pub(in crate::source) fn last_cut(bytes: &[u8]) -> Option<usize> {
    let line_before = |end: usize| {
        let begin = memrchr(b'\n', &bytes[..end])? + 1;
        Some((begin, &bytes[begin..end]))
    };
    let lines = || {
        let mut end = memrchr(b'\n', bytes);
        std::iter::from_fn(move || {
            let (begin, line) = line_before(end?)?;
            end = Some(begin - 1);
            Some((begin, line))
        })
    };
    let is_event = |line: &[u8]| {
        line.starts_with(b"{")
            && std::str::from_utf8(line).is_ok_and(|line| is_container(line.trim_end_matches('\r')))
    };
    let cut = lines().take(TRIED_LINES).find(|(_, line)| is_event(line));
    let cut = cut.or_else(|| {
        let is_bracket = |line: &[u8]| {
            let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
            matches!(line.trim_ascii(), b"{" | b"[")
        };
        let is_object = |line: &[u8]| line.starts_with(b"{") && !is_bracket(line);
        let has_bracket = || bytes.split(|byte| *byte == b'\n').any(is_bracket);
        lines()
            .take(TRIED_LINES)
            .find(|(_, line)| is_object(line))
            .filter(|_| !has_bracket())
    });
    cut.map(|(begin, _)| begin)
}

/// How many lines are looked at for a place to cut.
const TRIED_LINES: usize = 64;

/// Reads the lines of a block, which begins at a clean start and ends before one, or at the end of the file. How many
/// lines.
pub(in crate::source) fn read_block(bytes: &[u8], is_end: bool, is_strict: bool, sink: &mut Sink<'_>) -> u64 {
    let mut mixed = Mixed::default();
    let mut cutter: Option<EventCutter> = None;
    let mut text = Vec::new();
    let (mut number, mut begin) = (0, 0);
    while begin < bytes.len() {
        let end = memchr(b'\n', &bytes[begin..]).map_or(bytes.len(), |length| begin + length);
        let line = &bytes[begin..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        begin = end + 1;
        number += 1;
        if let Some(event) = cutter.as_mut().and_then(|cutter| cutter.cut(line))
            && mixed.is_clean()
            && hand_on(&event, line, Place::Line(number), &mut text, sink)
        {
            mixed.is_text = false;
            continue;
        }
        if line.len() > LINE_LIMIT_BYTES {
            mixed.finish(sink);
            sink.reject(Place::Line(number), TOO_LONG);
            continue;
        }
        let read = sink.text_of(line);
        mixed.line(read.trim_start_matches('\u{feff}'), number, sink);
        if !is_strict {
            cutter = shape_of(line).map(EventCutter::new).or(cutter);
        }
    }
    if !is_end {
        mixed.finish_before_event(number + 1, sink);
        return number;
    }
    let is_text = mixed.is_text;
    mixed.finish(sink);
    let last = &bytes[memrchr(b'\n', bytes).map_or(0, |at| at + 1)..];
    // An object that is cut off has been rejected already.
    if is_text && ends_inside_character(last) {
        reject_cut_character(number, sink);
    }
    number
}

/// The shape of a line, if reading it as JSON gives what cutting it gives.
pub(super) fn shape_of(line: &[u8]) -> Option<EventShape> {
    let shape = EventShape::of(line)?;
    let event = shape.cut(line)?;
    let object = serde_json::from_slice::<Object<'_>>(line).ok()?;
    let read = object.into_event(Place::File)?;
    let mut text = Vec::new();
    let is_same = |cut: Option<&[u8]>, read: Option<&str>| cut == read.map(str::as_bytes);
    let is_read = unescape(event.message, &mut text)
        && text == read.message.as_bytes()
        && event.at == read.at
        && is_same(event.event_id, read.event_id.as_deref())
        && is_same(event.log_stream, read.log_stream.as_deref())
        && is_same(event.log_group, read.log_group.as_deref());
    is_read.then_some(shape)
}

/// Hands an event on that was cut from this line, or passes it over. Whether it was understood; if not, nothing has happened.
/// `text` is memory that is used again.
pub(super) fn hand_on(
    event: &CutEvent<'_>,
    line: &[u8],
    place: Place,
    text: &mut Vec<u8>,
    sink: &mut Sink<'_>,
) -> bool {
    if let Some(is_over) = pass_over(event.message, event.at, sink) {
        return is_over;
    }
    let Ok(whole) = simdutf8::basic::from_utf8(line) else {
        return false;
    };
    let (Some(event_id), Some(log_group), Some(log_stream), Some(escaped)) = (
        value_of(whole, event.event_id),
        value_of(whole, event.log_group),
        value_of(whole, event.log_stream),
        text_of(whole, event.message),
    ) else {
        return false;
    };
    let event = RawEvent {
        place,
        at: event.at,
        event_id,
        log_group,
        log_stream,
        message: Cow::Borrowed(escaped),
        is_row: false,
    };
    sink.event_escaped(&event) || event_unescaped(event, text, sink)
}

/// Passes an event over whose message stands there with its escapes, if that can be no record. Whether it is one text, which
/// it must be for that; `None` if it may be a record.
pub(super) fn pass_over(message: &[u8], at: Option<Timestamp>, sink: &mut Sink<'_>) -> Option<bool> {
    if !sink.is_no_record(message, true) {
        return None;
    }
    // Behind the end of the message another event may stand.
    let is_one = !has_bare_quote(message);
    if is_one {
        sink.pass_over(at);
    }
    Some(is_one)
}

/// Hands an event on whose message stands there with its escapes. Whether it is a text; if not, nothing has happened. `text` is
/// memory that is used again.
pub(super) fn event_unescaped(event: RawEvent<'_>, text: &mut Vec<u8>, sink: &mut Sink<'_>) -> bool {
    if !unescape(event.message.as_bytes(), text) {
        return false;
    }
    // What was UTF-8 with escapes is so without.
    let Ok(message) = std::str::from_utf8(text) else {
        return false;
    };
    sink.event(RawEvent {
        message: Cow::Borrowed(message),
        ..event
    });
    true
}

/// The text of a value that was cut from a line, if there is one.
pub(super) fn value_of<'l>(line: &'l str, value: Option<&[u8]>) -> Option<Option<Cow<'l, str>>> {
    let Some(value) = value else { return Some(None) };
    Some(Some(Cow::Borrowed(text_of(line, value)?)))
}

/// The text of some bytes of a line.
pub(super) fn text_of<'l>(line: &'l str, bytes: &[u8]) -> Option<&'l str> {
    let begin = (bytes.as_ptr() as usize).checked_sub(line.as_ptr() as usize)?;
    line.get(begin..begin.checked_add(bytes.len())?)
}

/// Lines of JSON and of text, one after the other.
#[derive(Default)]
struct Mixed {
    open: OpenEvent,
    spread: Option<Spread>,
    /// Lines before this one were tried as a value in vain.
    tried_to: u64,
    /// Whether the last line was text.
    is_text: bool,
}

/// A value that stands on several lines.
struct Spread {
    first: u64,
    lines: Vec<String>,
    bytes: usize,
    cutter: Cutter,
}

impl Spread {
    fn text(&self) -> String {
        self.lines.concat()
    }

    /// Takes one more line. Whether the value goes on behind it; `None` if it is none.
    fn add(&mut self, line: &str) -> Option<bool> {
        let line = format!("{line}\n");
        let (used, ended) = self.cutter.cut(line.as_bytes());
        let is_whole = ended.is_some() && line[used..].trim().trim_matches(',').is_empty();
        self.bytes += line.len();
        self.lines.push(line);
        match ended {
            None => Some(true),
            Some(Ended::Whole) if is_whole => Some(false),
            Some(_) => None,
        }
    }
}

impl Mixed {
    fn line(&mut self, line: &str, number: u64, sink: &mut Sink<'_>) {
        let Some(spread) = &mut self.spread else {
            return self.begin(line, number, sink);
        };
        // The platform's line stands in no value, nor does a whole event; what was taken for one was something else.
        let goes_on = match is_platform(line) || (line.starts_with('{') && is_container(line)) {
            true => None,
            false => spread.add(line),
        };
        match goes_on {
            Some(true) => {}
            Some(false) => self.finish_spread(sink),
            None => {
                self.give_up(number, sink);
                self.begin(line, number, sink);
            }
        }
    }

    /// A line outside any value on several lines.
    fn begin(&mut self, line: &str, number: u64, sink: &mut Sink<'_>) {
        let text = line.trim_ascii();
        if matches!(text, "{" | "[") && number >= self.tried_to {
            self.open.close(sink);
            let mut spread = Spread {
                first: number,
                lines: Vec::new(),
                bytes: 0,
                cutter: Cutter::new(0, false),
            };
            spread.add(line);
            self.spread = Some(spread);
            return;
        }
        self.is_text = !text.starts_with('{');
        if !self.is_text {
            self.open.close(sink);
            // Elements of an array were saved without their brackets.
            object(text.strip_suffix(',').unwrap_or(text), Place::Line(number), sink);
        } else {
            self.text(line, number, sink);
        }
    }

    fn text(&mut self, line: &str, number: u64, sink: &mut Sink<'_>) {
        let line = without_colours(line);
        take_mixed_line(&line, Place::Line(number), &mut self.open, sink);
    }

    /// Reads the lines that were taken for a value, up to the one of this number, each by itself.
    fn give_up(&mut self, number: u64, sink: &mut Sink<'_>) {
        let Some(spread) = self.spread.take() else { return };
        self.tried_to = number + 1;
        for (number, taken) in (spread.first..number).zip(spread.lines) {
            let text = taken.trim_ascii();
            if serde_json::from_str::<Object<'_>>(text).is_ok() {
                self.begin(text, number, sink);
            } else {
                self.text(taken.trim_end_matches('\n'), number, sink);
            }
        }
    }

    fn finish_spread(&mut self, sink: &mut Sink<'_>) {
        if let Some(spread) = self.spread.take() {
            self.is_text = false;
            document::read_from(spread.text().as_bytes(), spread.first, sink);
        }
    }

    /// Whether nothing is begun.
    fn is_clean(&self) -> bool {
        self.spread.is_none() && !self.open.is_open()
    }

    fn finish(&mut self, sink: &mut Sink<'_>) {
        self.finish_spread(sink);
        self.open.close(sink);
    }

    /// An event follows on the line of this number, which ends whatever is begun.
    fn finish_before_event(&mut self, number: u64, sink: &mut Sink<'_>) {
        if self.spread.is_some() {
            self.give_up(number, sink);
        }
        self.open.close(sink);
    }
}

/// One line, which holds an object or several.
fn object(line: &str, place: Place, sink: &mut Sink<'_>) {
    match serde_json::from_str::<Object<'_>>(line) {
        Ok(object) => object.emit(line, place, false, sink),
        Err(error) => several(line, error.is_eof(), place, sink),
    }
}

/// Objects that no line break parts.
fn several(line: &str, is_cut: bool, place: Place, sink: &mut Sink<'_>) {
    let mut values = serde_json::Deserializer::from_str(line).into_iter::<&RawValue>();
    let mut count = 0_u64;
    loop {
        match values.next() {
            Some(Ok(value)) => match serde_json::from_str::<Object<'_>>(value.get()) {
                Ok(object) => {
                    count += 1;
                    object.emit(value.get(), place, false, sink);
                }
                Err(_) => break sink.reject(place, "malformed JSON line"),
            },
            None => break,
            Some(Err(error)) => {
                let is_cut = if count == 0 { is_cut } else { error.is_eof() };
                break sink.reject(
                    place,
                    if is_cut {
                        "JSON line is cut off"
                    } else {
                        "malformed JSON line"
                    },
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::trial::shown;

    fn read_all(text: &str) -> Vec<String> {
        shown(|sink| read(text.as_bytes(), sink))
    }

    #[test]
    fn events_messages_and_faults_are_told_apart_and_located() {
        let text = concat!(
            "{\"eventId\":\"1\",\"timestamp\":5,\"message\":\"END RequestId: a\\n\"}\n",
            "\n",
            "{\"time\":\"2026-01-01T00:00:00Z\",\"type\":\"platform.start\",\"record\":{}}\n",
            "{\"eventId\":\"2\",\"timestamp\n",
            "END RequestId: b\n",
            "{\"eventId\" \"3\"}\n",
            "{\"message\":\"one\"}{\"message\":\"two\"} {\"message\":\n",
        );
        assert_eq!(
            read_all(text),
            [
                "Line(1) 1970-01-01T00:00:00.005Z END RequestId: a\n",
                "Line(3) {\"time\":\"2026-01-01T00:00:00Z\",\"type\":\"platform.start\",\"record\":{}}",
                "Line(4) rejected: JSON line is cut off",
                "Line(5) END RequestId: b",
                "Line(6) rejected: malformed JSON line",
                "Line(7) one",
                "Line(7) two",
                "Line(7) rejected: JSON line is cut off",
            ]
        );
    }
}
