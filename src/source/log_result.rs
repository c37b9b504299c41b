//! What lies inside other data in base64: the log tails of `aws lambda invoke --log-type Tail`, and the
//! envelopes of subscription filters.

use std::io::BufRead;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::encoding::repair;
use super::event::RawEvent;
use super::lines::{LINE_LIMIT_BYTES, Line, Lines};
use super::open::read_packed;
use super::sink::Sink;
use crate::vocab::Place;

/// The shortest line that is tried: shorter ones may be words.
const SHORTEST_BYTES: usize = 64;

/// Whether the first line is the base64 of an invocation's log.
pub(super) fn is_it(block: &str) -> bool {
    let line = block.lines().next().unwrap_or_default().trim().trim_matches('"');
    if line.len() < SHORTEST_BYTES || !is_base64(line) {
        return false;
    }
    // The block may end inside the line.
    let whole = &line[..line.len() / 4 * 4];
    let log = STANDARD.decode(whole).unwrap_or_default();
    if log.starts_with(&[0x1f, 0x8b]) {
        return true;
    }
    let (log, _) = repair(&log);
    ["RequestId", "requestId", "\"platform."]
        .iter()
        .any(|word| log.contains(word))
}

fn is_base64(line: &str) -> bool {
    line.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
}

/// Reads every line as one piece of data; lines as long as tools break them make one piece together.
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
            Line::End => return close(&mut open, sink),
        };
        let (line, _) = repair(line);
        let line = line.trim().trim_matches('"');
        if !is_base64(line) {
            close(&mut open, sink);
            sink.event(RawEvent::bare(place, line));
            continue;
        }
        let (_, data) = open.get_or_insert_with(|| (place, String::new()));
        data.push_str(line);
        if !BROKEN_AT.contains(&line.len()) || data.len() > LINE_LIMIT_BYTES {
            close(&mut open, sink);
        }
    }
}

/// After how many characters tools break base64: MIME and PEM.
const BROKEN_AT: [usize; 2] = [76, 64];

fn close(open: &mut Option<(Place, String)>, sink: &mut Sink<'_>) {
    if let Some((place, data)) = open.take().filter(|(_, data)| !data.is_empty()) {
        read_base64(&data, place, sink);
    }
}

/// Reads what base64 holds, packed or not, as if it were a file.
pub(super) fn read_base64(text: &str, place: Place, sink: &mut Sink<'_>) {
    let Ok(bytes) = STANDARD.decode(text) else {
        return sink.reject(place, "base64 that is cut off or damaged");
    };
    match sink.inside(place) {
        Some(mut inside) => {
            // A slice cannot fail to be read; damage inside it is handed over.
            if read_packed(&mut bytes.as_slice(), Vec::new(), &mut inside).is_err() {
                inside.reject(place, "base64 whose content cannot be read");
            }
        }
        None => sink.reject(place, "data inside data lies too deep"),
    }
}
