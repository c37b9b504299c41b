//! Plain text: what a console, a command-line tool, `docker logs` or the runtime emulator prints,
//! with or without words before each event.

mod open_event;
mod prefix;

use std::borrow::Cow;
use std::io::BufRead;

use memchr::{memchr, memchr_iter, memchr3, memrchr};

pub(super) use open_event::OpenEvent;
pub(super) use prefix::{Layout, layout, without_colours};
use prefix::{PLATFORM_STARTS, Prefix, split_usual_time};

use super::encoding::ends_inside_character;
use super::event::RawEvent;
use super::lines::{Line, Lines};
use super::sink::Sink;
use crate::vocab::{Minute, Place};

/// Fields that stand on lines of their own below `REPORT RequestId: …`, as consoles and web pages print it.
const FIELDS_OF_REPORT: [&str; 10] = [
    "SegmentId:",
    "Sampled:",
    "Duration:",
    "Billed Duration:",
    "Memory Size:",
    "Max Memory Used:",
    "Init Duration:",
    "Restore Duration:",
    "Billed Restore Duration:",
    "Error Type:",
];

/// What the platform says of how an invocation ended; an application may begin a line so, too.
const STATUS_LINES: [&str; 4] = [
    "Status: timeout",
    "Status: error",
    "Status: success",
    "Status: failure",
];

/// The second line of a `REPORT` that is traced.
const TRACE: &str = "XRAY TraceId:";

/// Reads every line and joins continuations to their event.
pub(super) fn read(reader: impl BufRead, layout: &Layout, sink: &mut Sink<'_>) {
    let mut lines = Lines::new(reader);
    let mut open = OpenEvent::default();
    loop {
        let place = Place::Line(lines.number() + 1);
        let line = match lines.next_line() {
            Line::Text(line) => line,
            Line::Lost(reason) => {
                open.close(sink);
                sink.reject(place, reason);
                continue;
            }
            Line::End => break,
        };
        if memchr::memchr(0, line).is_some() {
            open.close(sink);
            sink.reject(place, "binary data");
            continue;
        }
        let line = sink.text_of(line);
        take_line(&without_colours(&line), place, layout, &mut open, sink);
    }
    open.close(sink);
    lines.finish(sink);
}

/// The last place in a block at which a line begins that is an event of its own, whatever stands before it.
pub(super) fn last_cut(bytes: &[u8], layout: &Layout) -> Option<usize> {
    let mut end = memrchr(b'\n', bytes)?;
    loop {
        let begin = memrchr(b'\n', &bytes[..end])? + 1;
        if begins_event(&bytes[begin..end], layout) {
            return Some(begin);
        }
        end = begin - 1;
    }
}

/// Whether a line begins an event, and cannot be a field that goes on with the `REPORT` before it.
fn begins_event(line: &[u8], layout: &Layout) -> bool {
    let Ok(line) = std::str::from_utf8(line) else {
        return false;
    };
    let line = without_colours(line.trim_end_matches('\r'));
    let is_field = |message: &str| {
        let message = message.trim();
        let fields = FIELDS_OF_REPORT.iter().chain(&STATUS_LINES).chain([&TRACE]);
        fields
            .into_iter()
            .any(|field| message.starts_with(field) || field.starts_with(message))
    };
    !line.contains('\0') && layout.split(&line).is_some_and(|(_, message)| !is_field(message))
}

/// Reads a block, which begins at a line that begins an event and ends before one, or at the end of the file. How many
/// lines.
pub(super) fn read_block(
    bytes: &[u8],
    is_end: bool,
    is_strict: bool,
    layout: &Layout,
    sink: &mut Sink<'_>,
) -> u64 {
    // Colours, binary data and what is not UTF-8 are seen to line by line.
    let is_unusual = is_strict
        || memchr3(0, 0x1b, b'\r', bytes).is_some()
        || (is_end && !bytes.ends_with(b"\n") && ends_inside_character(bytes));
    match simdutf8::basic::from_utf8(bytes) {
        Ok(text) if !is_unusual => read_usual(text, layout, sink),
        _ => {
            read(bytes, layout, sink);
            let breaks = memchr_iter(b'\n', bytes).count();
            (breaks + usize::from(!bytes.ends_with(b"\n"))) as u64
        }
    }
}

/// Reads text without colours, binary data and carriage returns.
fn read_usual(text: &str, layout: &Layout, sink: &mut Sink<'_>) -> u64 {
    let mut open = OpenEvent::default();
    let mut ahead = Ahead {
        text,
        layout,
        is_time_alone: layout.is_time_alone(),
        minute: Minute::default(),
        at: 0,
    };
    // The line that was looked at to see where the event before it ends.
    let mut next: Option<Begun<'_>> = None;
    let mut number = 0;
    while let Some(line) = next.take().or_else(|| ahead.line()) {
        number += 1;
        let place = Place::Line(number);
        let Some((prefix, message)) = line.begun else {
            take_line(line.text, place, layout, &mut open, sink);
            continue;
        };
        if let Some(report) = open.report(&prefix)
            && is_field_of(report, message)
        {
            open.go_on(place, message, sink);
            continue;
        }
        open.close(sink);
        // The lines behind it that begin no event of their own go on with it.
        let (mut goes_on, mut end) = (0, line.end);
        loop {
            next = ahead.line();
            match &next {
                Some(line) if line.begun.is_none() && !line.has_mark() => {
                    (goes_on, end) = (goes_on + 1, line.end);
                }
                _ => break,
            }
        }
        let whole = &text[line.end - message.len()..end];
        let may_be_several = goes_on > 0 && whole.trim_start().starts_with('{');
        // What stands behind a byte order mark may go on with it.
        let is_whole = !may_be_several && !next.as_ref().is_some_and(Begun::has_mark);
        if is_whole && sink.is_no_record(whole.as_bytes(), false) {
            if prefix.at.is_some() || !whole.trim().is_empty() {
                sink.pass_over(prefix.at);
            }
        } else if is_whole && goes_on == 0 && !may_go_on(&prefix, whole, next.as_ref()) {
            sink.event(RawEvent {
                at: prefix.at,
                log_stream: prefix.stream.map(Cow::Borrowed),
                log_group: prefix.group.map(Cow::Borrowed),
                ..RawEvent::bare(place, whole)
            });
        } else {
            open.begin(place, &prefix, message);
            for (line, at) in whole.split('\n').skip(1).zip(number + 1..) {
                open.go_on(Place::Line(at), line, sink);
            }
        }
        number += goes_on;
    }
    open.close(sink);
    number
}

/// Whether an event is a `REPORT` with which the next line goes on, though something stands before that, too.
fn may_go_on(prefix: &Prefix<'_>, message: &str, next: Option<&Begun<'_>>) -> bool {
    OpenEvent::is_report(message)
        && next.is_some_and(|next| match &next.begun {
            Some((of_next, line)) => of_next.stream == prefix.stream && is_field_of(message, line),
            None => true,
        })
}

/// A line, and what stands before its message if it begins an event.
struct Begun<'t> {
    text: &'t str,
    /// Where its line break stands in the block.
    end: usize,
    begun: Option<(Prefix<'t>, &'t str)>,
}

impl Begun<'_> {
    /// Whether a byte order mark begins the line, which hides an event that begins behind it.
    fn has_mark(&self) -> bool {
        self.text.starts_with('\u{feff}')
    }
}

/// The lines of a block that are still to be read.
struct Ahead<'t> {
    text: &'t str,
    layout: &'t Layout,
    is_time_alone: bool,
    minute: Minute,
    at: usize,
}

impl<'t> Ahead<'t> {
    // What a function writes to its caller's memory, these processors read back late.
    #[inline(always)]
    fn line(&mut self) -> Option<Begun<'t>> {
        let begin = self.at;
        let rest = self.text.get(begin..).filter(|rest| !rest.is_empty())?;
        let end = memchr(b'\n', rest.as_bytes()).map_or(self.text.len(), |length| begin + length);
        self.at = end + 1;
        let text = &self.text[begin..end];
        if self.is_time_alone
            && let Some((at, message)) = split_usual_time(text, &mut self.minute)
        {
            let prefix = Prefix {
                at: Some(at),
                ..Prefix::default()
            };
            let begun = Some((prefix, message));
            return Some(Begun { text, end, begun });
        }
        let begun = self.layout.split(text);
        Some(Begun { text, end, begun })
    }
}

/// Hands on a line of text that stands among something else, with whatever stands before it if the platform's words or
/// JSON follow.
pub(super) fn emit_line(line: &str, place: Place, sink: &mut Sink<'_>) {
    let line = without_colours(line);
    let (prefix, message) = loose(&line);
    let mut open = OpenEvent::default();
    open.begin(place, &prefix, message);
    open.close(sink);
}

/// Takes one line of a file in which JSON and text are mixed. See [`take_line`].
pub(super) fn take_mixed_line(line: &str, place: Place, open: &mut OpenEvent, sink: &mut Sink<'_>) {
    let (prefix, message) = loose(line);
    if prefix == Prefix::default() {
        return take_line(line, place, &Layout::default(), open, sink);
    }
    open.close(sink);
    open.begin(place, &prefix, message);
}

/// Whether a line begins, behind whatever tools print before it, with the platform's words or with JSON.
pub(super) fn is_of_log(line: &str) -> bool {
    let line = without_colours(line);
    let (_, message) = Prefix::all_of(&line);
    is_platform(message) || message.starts_with('{')
}

fn loose(line: &str) -> (Prefix<'_>, &str) {
    let (prefix, message) = Prefix::all_of(line);
    let is_known = is_platform(message) || message.starts_with('{');
    if is_known {
        (prefix, message)
    } else {
        (Prefix::default(), line)
    }
}

/// Takes one line: the beginning of an event, or more of the one that is open.
pub(super) fn take_line(
    line: &str,
    place: Place,
    layout: &Layout,
    open: &mut OpenEvent,
    sink: &mut Sink<'_>,
) {
    // Files with byte order marks were put one behind the other.
    let line = line.trim_start_matches('\u{feff}');
    let Some((prefix, message)) = layout.split(line) else {
        return open.go_on(place, line, sink);
    };
    if let Some(report) = open.report(&prefix)
        && is_field_of(report, message)
    {
        return open.go_on(place, message, sink);
    }
    if !layout.is_bare() {
        open.close(sink);
        return open.begin(place, &prefix, message);
    }
    // `--query 'events[].message' --output text` joins messages by tabs, behind their line breaks.
    let message = message
        .strip_prefix('\t')
        .filter(|rest| is_platform(rest) || rest.starts_with('{'))
        .unwrap_or(message);
    for message in platform_lines(message) {
        open.close(sink);
        open.begin(place, &Prefix::default(), &message);
    }
}

/// Whether a line goes on with a `REPORT`. Where that has fields on its own line, nothing but its trace follows; else each
/// field once. A file may end inside the name of one.
fn is_field_of(report: &str, line: &str) -> bool {
    let line = line.trim();
    if line.starts_with(TRACE) {
        return !report.contains(TRACE);
    }
    let is_like = |field: &&str| line.starts_with(*field) || field.starts_with(line);
    if !STATUS_LINES.contains(&line) && !FIELDS_OF_REPORT.iter().any(is_like) {
        return false;
    }
    let (first, fields) = report.split_once('\n').unwrap_or((report, ""));
    if first.contains("Duration:") {
        return false;
    }
    let is_new = |field: &str| !fields.lines().any(|line| line.trim_start().starts_with(field));
    let has_all = !is_new("Max Memory Used:");
    STATUS_LINES.contains(&line) && is_new("Status:")
        || FIELDS_OF_REPORT.iter().any(|field| {
            let is_cut = has_all && line.len() > 3 && field.starts_with(line);
            (line.starts_with(field) || is_cut) && is_new(field)
        })
}

/// Whether the platform's own words begin the text.
pub(super) fn is_platform(text: &str) -> bool {
    PLATFORM_STARTS.iter().any(|start| text.starts_with(start))
}

/// The platform's lines in one whose line breaks were saved as `\n`; any other line is left alone, so
/// that one of the application cannot smuggle in what it quotes.
fn platform_lines(line: &str) -> Vec<Cow<'_, str>> {
    if !line.contains("\\n") || !is_platform(line) {
        return vec![Cow::Borrowed(line)];
    }
    let mut lines: Vec<Cow<'_, str>> = Vec::new();
    for piece in line.split("\\n") {
        match lines.last_mut() {
            Some(last) if !is_platform(piece) => {
                let last = last.to_mut();
                last.push('\n');
                last.push_str(piece);
            }
            _ => lines.push(Cow::Borrowed(piece)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::event::Item;
    use super::*;

    fn read_all(text: &str) -> Vec<(Option<String>, String)> {
        read_bytes(text.as_bytes())
    }

    fn read_bytes(bytes: &[u8]) -> Vec<(Option<String>, String)> {
        let mut seen = Vec::new();
        let mut take = |item: Item<'_>| match item {
            Item::Event(event) => {
                seen.push((event.at.map(|at| at.to_string()), event.message.into_owned()));
            }
            Item::Rejected { place, reason } => seen.push((None, format!("{place:?} rejected: {reason}"))),
            Item::Member { .. } | Item::Read(_) => {}
        };
        let layout = layout(&String::from_utf8_lossy(bytes));
        read(bytes, &layout, &mut Sink::new(&mut take, None));
        seen
    }

    fn event(at: Option<&str>, message: &str) -> (Option<String>, String) {
        (at.map(str::to_owned), message.to_owned())
    }

    #[test]
    fn a_line_without_a_time_continues_the_event_before_it() {
        let text = "2026-01-01T00:00:00.001Z START RequestId: a Version: 1\n\
                    2026-01-01T00:00:00.002Z Traceback (most recent call last):\n\
                    REPORT RequestId: quoted\tDuration: 1.00 ms\n\
                    \n\
                    2026-01-01T00:00:00.003Z END RequestId: a\n";
        assert_eq!(
            read_all(text),
            [
                event(Some("2026-01-01T00:00:00.001Z"), "START RequestId: a Version: 1"),
                event(
                    Some("2026-01-01T00:00:00.002Z"),
                    "Traceback (most recent call last):\nREPORT RequestId: quoted\tDuration: 1.00 ms\n"
                ),
                event(Some("2026-01-01T00:00:00.003Z"), "END RequestId: a"),
            ]
        );
    }

    #[test]
    fn bare_lines_are_events_of_their_own_and_keep_their_tabs() {
        let text = "START RequestId: a Version: $LATEST\n\
                    2026-01-01T00:00:00.002Z\ta\tINFO\ttext\n\
                    \n\
                    REPORT RequestId: a\tDuration: 1.00 ms\t\n\
                    XRAY TraceId: 1-2\tSegmentId: 3\t\n\
                    END RequestId: a\n";
        assert_eq!(
            read_all(text),
            [
                event(None, "START RequestId: a Version: $LATEST"),
                event(None, "2026-01-01T00:00:00.002Z\ta\tINFO\ttext"),
                event(
                    None,
                    "REPORT RequestId: a\tDuration: 1.00 ms\t\nXRAY TraceId: 1-2\tSegmentId: 3\t"
                ),
                event(None, "END RequestId: a"),
            ]
        );
    }

    #[test]
    fn a_report_with_each_field_on_a_line_of_its_own_is_one_event() {
        let text = "REPORT RequestId: a\nDuration: 1.00 ms\nBilled Duration: 2 ms\nDuration of nothing\n";
        assert_eq!(
            read_all(text),
            [
                event(
                    None,
                    "REPORT RequestId: a\nDuration: 1.00 ms\nBilled Duration: 2 ms"
                ),
                event(None, "Duration of nothing"),
            ]
        );
    }

    #[test]
    fn line_breaks_saved_as_letters_part_the_platform_s_lines_alone() {
        let text = "START RequestId: a Version: 1\\nEND RequestId: a\\nREPORT RequestId: a\\tDuration: 1.00 ms\\nXRAY\n\
                    said: \\nREPORT RequestId: b\\tDuration: 1.00 ms\n";
        assert_eq!(
            read_all(text),
            [
                event(None, "START RequestId: a Version: 1"),
                event(None, "END RequestId: a"),
                event(None, "REPORT RequestId: a\\tDuration: 1.00 ms\nXRAY"),
                event(None, "said: \\nREPORT RequestId: b\\tDuration: 1.00 ms"),
            ]
        );
    }

    #[test]
    fn a_file_that_begins_inside_an_event_is_still_timed() {
        let text = "    raise ValueError\n2026-01-01T00:00:00Z REPORT RequestId: a\tDuration: 1.00 ms\n";
        assert_eq!(layout(text).names(), ["time"]);
    }

    #[test]
    fn json_copied_twice_is_two_events() {
        let text = "2026-01-01T00:00:00.001Z\n{\n  \"type\": \"platform.start\"\n}\n\n{\"type\":\"platform.start\"}\n";
        assert_eq!(
            read_all(text),
            [
                event(
                    Some("2026-01-01T00:00:00.001Z"),
                    "{\n  \"type\": \"platform.start\"\n}"
                ),
                event(Some("2026-01-01T00:00:00.001Z"), "{\"type\":\"platform.start\"}"),
            ]
        );
    }

    #[test]
    fn binary_data_is_rejected_where_it_stands() {
        assert_eq!(
            read_all("END RequestId: a\n\0\u{1}\u{2}\nEND RequestId: b\n"),
            [
                event(None, "END RequestId: a"),
                event(None, "Line(2) rejected: binary data"),
                event(None, "END RequestId: b"),
            ]
        );
    }

    #[test]
    fn a_cut_inside_a_character_is_said_and_what_stands_before_is_kept() {
        let text = "END RequestId: a\ncaf\u{e9}".as_bytes();
        let cut = read_bytes(&text[..text.len() - 1]);
        assert_eq!(cut[0], event(None, "END RequestId: a"));
        assert_eq!(
            cut[2],
            event(
                None,
                "Line(2) rejected: the file is cut off here, in the middle of a character"
            )
        );
        assert_eq!(cut.len(), 3);
    }
}
