//! Tables that the Logs Insights console copies, as text or as Markdown. Tabs and line breaks of a
//! message are blanks there, and a bar inside one is not escaped. The query that stands above the table has lines
//! that begin with a bar, too.

use std::borrow::Cow;
use std::io::BufRead;

use super::lines::{Line, Lines};
use super::row::{Field, Row};
use super::sink::Sink;
use super::text::{emit_line, is_platform};
use crate::vocab::Place;

/// Whether the first block begins with a table that has fields of Logs Insights; or with the console's title, a heading
/// above it or not, and there is a table or the word that there is none.
pub(super) fn is_it(block: &str) -> bool {
    let mut lines = block.lines().map(str::trim).filter(|line| !is_rule(line));
    let first = lines.next().unwrap_or_default();
    let is_titled = is_title(first) || (first.starts_with('#') && lines.next().is_some_and(is_title));
    let has_table = || {
        block
            .lines()
            .any(|line| is_header(line.trim()) || line.contains(NO_ROWS))
    };
    is_header(first) || (is_titled && has_table())
}

/// Reads the rows of every table. What stands between a title and its table says what was asked for; any other line
/// is an event of its own.
pub(super) fn read(reader: impl BufRead, sink: &mut Sink<'_>) {
    let mut lines = Lines::new(reader);
    let mut columns: Vec<String> = Vec::new();
    let mut is_below_title = false;
    loop {
        let place = Place::Line(lines.number() + 1);
        let line = match lines.next_line() {
            Line::Text(line) => line,
            Line::Lost(reason) => {
                sink.reject(place, reason);
                continue;
            }
            Line::End => break,
        };
        let line = sink.text_of(line);
        let text = line.trim();
        is_below_title &= !is_platform(text);
        if is_title(text) {
            (is_below_title, columns) = (true, Vec::new());
        } else if is_header(text) {
            columns = cells(text).map(|name| name.trim().to_owned()).collect();
            is_below_title = false;
        } else if is_below_title || is_rule(text) {
            continue;
        } else if columns.is_empty() || !text.starts_with('|') {
            emit_line(&line, place, sink);
        } else if text.len() > 1 && text.ends_with('|') {
            row(&text[1..text.len() - 1], &columns, place, sink);
        } else {
            sink.reject(
                place,
                "table row that does not end, so that its last value may be cut off",
            );
        }
    }
    lines.finish(sink);
}

/// What the console says where a query found nothing.
const NO_ROWS: &str = "No data found for this query";

/// The title that the console puts above what it copies, whatever the markup.
fn is_title(line: &str) -> bool {
    line.trim_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '#')) == "CloudWatch Logs Insights"
}

/// A row of column names, a field of Logs Insights among them.
fn is_header(line: &str) -> bool {
    line.starts_with('|') && line.ends_with('|') && line.contains('@') && cells(line).all(is_name)
}

/// A line that draws, an empty one, or the console's word for no rows.
fn is_rule(line: &str) -> bool {
    line.bytes().all(|byte| b"-|: ".contains(&byte)) || line.contains(NO_ROWS)
}

fn cells(line: &str) -> impl Iterator<Item = &str> {
    line.strip_prefix('|')
        .unwrap_or(line)
        .strip_suffix('|')
        .unwrap_or(line)
        .split('|')
}

fn is_name(cell: &str) -> bool {
    let name = cell.trim();
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"@_.-()".contains(&byte))
}

/// Bars that are too many belong to the message.
fn row(line: &str, columns: &[String], place: Place, sink: &mut Sink<'_>) {
    let cells: Vec<&str> = line.split('|').collect();
    let Some(surplus) = cells.len().checked_sub(columns.len()) else {
        return sink.reject(place, "table row with fewer cells than columns");
    };
    let widest = columns.iter().position(|name| name == "@message");
    if surplus > 0 && widest.is_none() {
        return sink.reject(place, "table row with more cells than columns");
    }
    let mut row = Row::default();
    let mut first = 0;
    for (position, name) in columns.iter().enumerate() {
        let count = if Some(position) == widest { surplus + 1 } else { 1 };
        let cell = cells[first..first + count].join("|");
        first += count;
        row.set(
            Cow::Borrowed(name),
            Field::of_cell(Cow::Owned(cell.trim().to_owned())),
        );
    }
    if !row.is_empty() {
        row.emit(place, sink);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::trial::shown;

    fn read_all(text: &str) -> Vec<String> {
        assert!(is_it(text));
        shown(|sink| read(text.as_bytes(), sink))
    }

    #[test]
    fn bars_in_a_message_belong_to_it() {
        let text = "**CloudWatch Logs Insights**  \nregion: us-east-1  \n---\n\
                    | @timestamp | @message | @logStream |\n| --- | --- | --- |\n\
                    | 2026-11-22 10:00:00.000 | a | b | 2026/11/22/[1]ab |\n";
        assert_eq!(read_all(text), ["Line(6) 2026-11-22T10:00:00.000Z a | b"]);
    }

    #[test]
    fn a_boxed_table_is_read_too() {
        let text = "CloudWatch Logs Insights\r\n----------\r\n|       @timestamp        |   @message   |\r\n\
                    |-------------------------|--------------|\r\n| 2026-11-22 10:00:00.000 | END          |\r\n----------\r\n\
                    | 2026-11-22 10:00:00.001 |\r\n| 2026-11-22 10:00:00.002 | EN";
        assert_eq!(
            read_all(text),
            [
                "Line(5) 2026-11-22T10:00:00.000Z END",
                "Line(7) rejected: table row with fewer cells than columns",
                "Line(8) rejected: table row that does not end, so that its last value may be cut off"
            ]
        );
    }
}
