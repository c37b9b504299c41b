//! Plain text: what a console, `docker logs` or the runtime emulator prints, with or without a
//! time before each event.

use std::io::{self, BufRead};
use std::mem;

use super::event::{Item, RawEvent};
use super::lines::{LINE_LIMIT_BYTES, Line, Lines};
use crate::vocab::{Place, Timestamp};

/// How the events of a text file are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Each event begins with its time and one blank; a line without is the continuation of the
    /// event before it.
    Timed,
    /// Each line is an event, but for the X-Ray line that belongs to the `REPORT` before it.
    Bare,
}

/// What begins the platform's own lines.
const PLATFORM_STARTS: [&str; 7] = [
    "REPORT RequestId:",
    "START RequestId:",
    "END RequestId:",
    "INIT_START ",
    "INIT_REPORT ",
    "RESTORE_START ",
    "RESTORE_REPORT ",
];

/// Recognises the layout from the first block of a file.
pub(super) fn layout(block: &[u8]) -> Layout {
    let (mut timed, mut untimed) = (0_usize, 0_usize);
    for line in String::from_utf8_lossy(block)
        .lines()
        .filter(|line| !line.trim().is_empty())
    {
        let is_platform = |text: &str| PLATFORM_STARTS.iter().any(|start| text.starts_with(start));
        match split_time(line) {
            Some((_, rest)) if is_platform(rest) => return Layout::Timed,
            Some(_) => timed += 1,
            None if is_platform(line) => return Layout::Bare,
            None => untimed += 1,
        }
    }
    if timed > untimed {
        Layout::Timed
    } else {
        Layout::Bare
    }
}

/// Splits `<ISO time> <message>` at its single blank.
fn split_time(line: &str) -> Option<(Timestamp, &str)> {
    // The shortest time is `2026-03-04T01:39:17`; a look at two bytes spares most lines the rest.
    let bytes = line.as_bytes();
    if bytes.len() < 20 || bytes[4] != b'-' || bytes[10] != b'T' {
        return None;
    }
    let (time, message) = line.split_once(' ')?;
    Some((Timestamp::parse(time)?, message))
}

/// Reads every line and joins continuations to their event.
pub(super) fn read(reader: impl BufRead, layout: Layout, sink: &mut dyn FnMut(Item<'_>)) {
    let mut lines = Lines::new(reader);
    let mut open = Open::default();
    loop {
        let place = Place::Line(lines.number() + 1);
        let line = match lines.next_line() {
            Line::Text(line) => line,
            Line::TooLong => {
                open.close(sink);
                sink(Item::Rejected {
                    place,
                    reason: "line longer than 8 MiB".into(),
                });
                continue;
            }
            Line::Broken(error) => {
                open.close(sink);
                return sink(broken(place, &error));
            }
            Line::End => return open.close(sink),
        };
        if memchr::memchr(0, line).is_some() {
            open.close(sink);
            sink(Item::Rejected {
                place,
                reason: "binary data".into(),
            });
            continue;
        }
        let line = String::from_utf8_lossy(line);
        match layout {
            Layout::Timed => match split_time(&line) {
                Some((at, message)) => {
                    open.close(sink);
                    open.begin(place, Some(at), message);
                }
                None => open.go_on(place, &line, sink),
            },
            Layout::Bare if line.starts_with("XRAY TraceId:") => open.go_on(place, &line, sink),
            Layout::Bare => {
                open.close(sink);
                open.begin(place, None, &line);
            }
        }
    }
}

/// The event that is being put together.
#[derive(Default)]
struct Open {
    place: Option<Place>,
    at: Option<Timestamp>,
    message: String,
}

impl Open {
    fn begin(&mut self, place: Place, at: Option<Timestamp>, message: &str) {
        self.place = Some(place);
        self.at = at;
        self.message.clear();
        self.message.push_str(message);
    }

    /// Adds a line to the open event, or begins one where there is none or it has grown too long.
    fn go_on(&mut self, place: Place, line: &str, sink: &mut dyn FnMut(Item<'_>)) {
        if self.place.is_none() || self.message.len() + line.len() > LINE_LIMIT_BYTES {
            self.close(sink);
            self.begin(place, None, line);
        } else {
            self.message.push('\n');
            self.message.push_str(line);
        }
    }

    fn close(&mut self, sink: &mut dyn FnMut(Item<'_>)) {
        let Some(place) = self.place.take() else { return };
        if self.message.trim().is_empty() && self.at.is_none() {
            return;
        }
        sink(Item::Event(RawEvent {
            at: self.at,
            ..RawEvent::bare(place, mem::take(&mut self.message))
        }));
    }
}

/// The rejection for an input that broke off.
pub(super) fn broken(place: Place, error: &io::Error) -> Item<'static> {
    let reason = match error.kind() {
        io::ErrorKind::UnexpectedEof => "compressed data is cut off here; what follows is lost".into(),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            "compressed data is damaged here; what follows is lost".into()
        }
        _ => format!("reading failed here: {error}").into(),
    };
    Item::Rejected { place, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> Vec<(Option<String>, String)> {
        let mut seen = Vec::new();
        read(text.as_bytes(), layout(text.as_bytes()), &mut |item| {
            seen.push(match item {
                Item::Event(event) => (event.at.map(|at| at.to_string()), event.message.into_owned()),
                Item::Rejected { place, reason } => (None, format!("{place:?} rejected: {reason}")),
            });
        });
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
    fn a_file_that_begins_inside_an_event_is_still_timed() {
        let text = "    raise ValueError\n2026-01-01T00:00:00Z REPORT RequestId: a\tDuration: 1.00 ms\n";
        assert_eq!(layout(text.as_bytes()), Layout::Timed);
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
}
