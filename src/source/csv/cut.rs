//! Where a row begins for certain, so that a file can be cut into blocks.

use memchr::{memchr, memchr_iter, memrchr_iter};

use super::{Columns, begins_row};

/// Whether a line cannot stand inside a quoted cell: its first quotes would close the cell, and something else follows them.
pub(super) fn is_in_no_cell(line: &[u8], delimiter: char) -> bool {
    let Some(first) = memchr(b'"', line) else {
        return false;
    };
    let behind = &line[first..];
    let quotes = behind.iter().take_while(|byte| **byte == b'"').count();
    // A carriage return may belong to the line break.
    let is_end = |byte: &u8| b"\r\n".contains(byte) || delimiter == char::from(*byte);
    quotes % 2 == 1 && behind.get(quotes).is_some_and(|byte| !is_end(byte))
}

/// The last place at which a row begins for certain, if what comes first begins one: before any quotes every line is one, and
/// elsewhere it is told by a time and quotes that can only open a cell. `None` where there is none behind the header.
pub(in crate::source) fn last_cut(bytes: &[u8], columns: &Columns) -> Option<usize> {
    let lines_above = columns.lines_above + usize::from(columns.is_headed);
    let header = match lines_above {
        0 => 0,
        lines => memchr_iter(b'\n', bytes).nth(lines - 1)? + 1,
    };
    let begins_row = |line: &[u8]| {
        let line = &line[..line.len().min(FIRST_CELL_BYTES)];
        let line = &line[..memchr(b'\n', line).unwrap_or(line.len())];
        // A character may be cut in half.
        let valid = line.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        is_in_no_cell(line, columns.delimiter) && begins_row(valid, columns.delimiter)
    };
    let rows = &bytes[header..];
    let behind_line_breaks = |part| memrchr_iter(b'\n', part).map(|at| at + 1);
    let quotes = memchr(b'"', rows);
    let begin = quotes.and_then(|_| behind_line_breaks(rows).find(|&begin| begins_row(&rows[begin..])));
    let begin = begin.or_else(|| behind_line_breaks(&rows[..quotes.unwrap_or(rows.len())]).next());
    begin.map(|begin| header + begin)
}

/// In so many bytes a row begins with a time and a quote, or it is not cut there.
const FIRST_CELL_BYTES: usize = 128;

#[cfg(test)]
mod tests {
    use super::super::columns;
    use super::*;

    #[test]
    fn where_no_cell_is_quoted_every_line_is_a_row() {
        let rows = "1795341600000,REPORT RequestId: a\tDuration: 5 ms\n".repeat(3);
        let text = format!("timestamp,message\n{rows}");
        let columns = columns(&text, 0).unwrap();
        assert_eq!(last_cut(text.as_bytes(), &columns), Some(text.len()));
        let header = "timestamp,message\n".len();
        assert_eq!(last_cut(&text.as_bytes()[..header + 5], &columns), None);
        let open = format!("{text}1795341600000,\"a\nb\n");
        let behind = columns.behind_header();
        assert_eq!(
            last_cut(&open.as_bytes()[header..], &behind),
            Some(text.len() - header)
        );
    }
}
