//! Lines of bounded length.

use std::borrow::Cow;
use std::io::{self, BufRead};

use super::encoding::ends_inside_character;
use super::sink::Sink;
use crate::vocab::Place;

/// The longest line that is read, in bytes. A CloudWatch event holds 1 MiB at most; escaping in
/// JSON can make it six times as long.
pub const LINE_LIMIT_BYTES: usize = 8 << 20;

/// Reads lines into one reused buffer and counts them.
pub(super) struct Lines<R> {
    reader: R,
    line: Vec<u8>,
    number: u64,
    ends_inside_character: bool,
    /// Whether the line given last has no line break behind it.
    is_open: bool,
    is_broken: bool,
    /// Why reading ahead failed, which the next line says.
    failed: Option<io::Error>,
}

/// One step of reading.
pub(super) enum Line<'a> {
    /// A line without its line break (`\n` or `\r\n`).
    Text(&'a [u8]),
    /// A line that is not given, and why: it is longer than [`LINE_LIMIT_BYTES`], or the input broke off inside it
    /// and nothing follows.
    Lost(Cow<'static, str>),
    /// There is nothing left.
    End,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            line: Vec::new(),
            number: 0,
            ends_inside_character: false,
            is_open: false,
            is_broken: false,
            failed: None,
        }
    }

    /// Whether the line given last has no line break behind it: the file ends there, or was cut off there.
    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    /// Says so if the last line ended inside a character.
    pub(super) fn finish(&self, sink: &mut Sink<'_>) {
        if self.ends_inside_character {
            reject_cut_character(self.number.saturating_sub(1), sink);
        }
    }

    /// The line given last with its number, and all that follows it.
    pub(super) fn into_rest(self) -> (u64, Vec<u8>, R) {
        (self.number, self.line, self.reader)
    }

    /// The line given last, if it was one.
    pub(super) fn current(&self) -> &[u8] {
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        line.strip_suffix(b"\r").unwrap_or(line)
    }

    /// What has been read and not given yet; nothing where reading fails, which the next line says.
    pub(super) fn ahead(&mut self) -> &[u8] {
        if self.is_broken || self.failed.is_some() {
            return &[];
        }
        match self.reader.fill_buf() {
            Ok(block) => block,
            Err(error) => {
                // A reader may say so once.
                self.failed = (error.kind() != io::ErrorKind::Interrupted).then_some(error);
                &[]
            }
        }
    }

    /// Passes so much of [`ahead`](Self::ahead) over, which is so many whole lines.
    pub(super) fn pass(&mut self, bytes: usize, lines: u64) {
        self.reader.consume(bytes);
        self.number += lines;
    }

    /// The number of the line given last, counted from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn next_line(&mut self) -> Line<'_> {
        if self.is_broken {
            return Line::End;
        }
        self.line.clear();
        self.number += 1;
        let mut too_long = false;
        loop {
            let read = match self.failed.take() {
                Some(error) => Err(error),
                None => self.reader.fill_buf(),
            };
            let block = match read {
                Ok(block) => block,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.is_broken = true;
                    return Line::Lost(broken(&error));
                }
            };
            if block.is_empty() {
                if self.line.is_empty() && !too_long {
                    return Line::End;
                }
                self.ends_inside_character = ends_inside_character(&self.line);
                self.is_open = true;
                break;
            }
            let (used, ends) = match memchr::memchr(b'\n', block) {
                Some(at) => (at + 1, true),
                None => (block.len(), false),
            };
            if self.line.len() + used > LINE_LIMIT_BYTES {
                too_long = true;
                self.line.clear();
            }
            if !too_long {
                self.line.extend_from_slice(&block[..used]);
            }
            self.reader.consume(used);
            if ends {
                break;
            }
        }
        if too_long {
            return Line::Lost(TOO_LONG.into());
        }
        Line::Text(self.current())
    }
}

/// Says of the last line that it ends inside a character.
pub(super) fn reject_cut_character(line: u64, sink: &mut Sink<'_>) {
    // Half a character is no byte of another encoding.
    sink.repaired_lines = sink.repaired_lines.saturating_sub(1);
    sink.reject(
        Place::Line(line),
        "the file is cut off here, in the middle of a character",
    );
}

/// What is said of a line that is too long.
pub(super) const TOO_LONG: &str = "line longer than 8 MiB";

/// What is said of an input that breaks off.
pub(super) fn broken(error: &io::Error) -> Cow<'static, str> {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "compressed data is cut off here; what follows is lost".into(),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            "compressed data is damaged here; what follows is lost".into()
        }
        _ => format!("reading failed here: {error}").into(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn read(bytes: &[u8]) -> Vec<Option<Vec<u8>>> {
        let mut lines = Lines::new(BufReader::with_capacity(7, bytes));
        let mut read = Vec::new();
        loop {
            match lines.next_line() {
                Line::Text(text) => read.push(Some(text.to_vec())),
                Line::Lost(reason) => {
                    assert_eq!(reason, TOO_LONG);
                    read.push(None);
                }
                Line::End => return read,
            }
        }
    }

    #[test]
    fn lines_are_split_whatever_the_block_size() {
        let expected: Vec<_> = [&b"one"[..], b"", b"a longer line", b"last"]
            .iter()
            .map(|line| Some(line.to_vec()))
            .collect();
        assert_eq!(read(b"one\r\n\na longer line\nlast"), expected);
        assert_eq!(read(b""), Vec::new());
        assert_eq!(read(b"\n"), vec![Some(Vec::new())]);
    }

    #[test]
    fn a_line_over_the_limit_is_passed_over_and_the_next_is_read() {
        let mut bytes = vec![b'x'; LINE_LIMIT_BYTES + 1];
        bytes.extend_from_slice(b"\nnext\n");
        assert_eq!(read(&bytes), vec![None, Some(b"next".to_vec())]);
        bytes.truncate(LINE_LIMIT_BYTES + 1);
        assert_eq!(read(&bytes), vec![None]);
    }
}
