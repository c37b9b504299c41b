//! Cuts a stream into JSON values without holding more than one of them. Only strings and brackets are
//! looked at; whether a value is well-formed is for its reader to say.

use std::io::{self, BufRead};

use super::cutter::{Cutter, Ended};
use crate::source::lines::LINE_LIMIT_BYTES;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Cuts values from a reader.
pub(super) struct Scanner<R> {
    reader: R,
    /// The line that is being read, from 1.
    line: u64,
    state: State,
    value: Vec<u8>,
    /// What stands around the array that was entered.
    outer: Vec<u8>,
    /// A failure that the next step tells.
    failure: Option<io::Error>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between values.
    Top,
    /// Inside an array at the top.
    Array,
    /// Inside an array of an object at the top.
    Entered,
    /// The rest of that object.
    AfterEntered,
    /// Nothing more can be read.
    Over,
}

/// One step of scanning.
pub(super) enum Scanned<'a> {
    /// A value at the top, or an element of an array.
    Value {
        text: &'a [u8],
        line: u64,
        is_element: bool,
    },
    /// An object whose array was handed out element by element, without these.
    Around { text: &'a [u8], line: u64 },
    /// A line that is no JSON.
    Text { text: &'a [u8], line: u64 },
    /// A value longer than the limit, passed over.
    TooLong { line: u64 },
    /// A line ends inside a string, which no JSON has, or a bracket closes nothing; reading goes on at the
    /// next value.
    Broken { line: u64 },
    /// The input ends inside a value or an array.
    Cut { line: u64 },
    /// The input failed.
    Failed { line: u64, error: io::Error },
    /// There is nothing left.
    End,
}

impl<R: BufRead> Scanner<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            line: 1,
            state: State::Top,
            value: Vec::new(),
            outer: Vec::new(),
            failure: None,
        }
    }

    /// A scanner of what begins at this line of a file.
    pub(super) fn at_line(reader: R, line: u64) -> Self {
        Self {
            line,
            ..Self::new(reader)
        }
    }

    /// What is there of the next element of an array without reading on. Nothing of it is taken, and a failure is left to the
    /// next [step](Self::step).
    pub(super) fn element(&mut self) -> Option<&[u8]> {
        // Behind a failure nothing is read before it was told.
        if self.failure.is_some() || !matches!(self.state, State::Array | State::Entered) {
            return None;
        }
        match self.next_token() {
            // There is a byte, so that nothing is read here.
            Ok(token) => self.reader.fill_buf().ok().filter(|_| token.is_some()),
            Err(error) => {
                self.failure = Some(error);
                None
            }
        }
    }

    /// Takes an element of so many bytes and lines, which was read as it lies there.
    pub(super) fn take_element(&mut self, length: usize, line_breaks: u64) {
        self.line += line_breaks;
        self.reader.consume(length);
    }

    pub(super) fn step(&mut self) -> Scanned<'_> {
        match self.try_step() {
            Ok(step) => step.given(self),
            Err(error) => {
                self.state = State::Over;
                Scanned::Failed {
                    line: self.line,
                    error,
                }
            }
        }
    }

    fn try_step(&mut self) -> io::Result<Step> {
        if let Some(error) = self.failure.take() {
            return Err(error);
        }
        loop {
            if self.state == State::Over {
                return Ok(Step::End);
            }
            if self.state == State::AfterEntered {
                // The rest of the object is put behind what stood before its array.
                self.value = std::mem::take(&mut self.outer);
                let ended = self.value_from(2, true)?;
                if let Some(step) = self.close_object(ended) {
                    return Ok(step);
                }
                continue;
            }
            let Some(byte) = self.next_token()? else {
                let is_inside = self.state != State::Top;
                self.state = State::Over;
                return Ok(if is_inside { Step::Cut } else { Step::End });
            };
            let line = self.line;
            self.value.clear();
            match (self.state, byte) {
                (State::Top, b'[') => {
                    self.reader.consume(1);
                    self.state = State::Array;
                }
                (State::Top, b'{') => {
                    let ended = self.value_from(0, true)?;
                    if matches!(ended, Ended::EntersArray) {
                        self.outer = std::mem::take(&mut self.value);
                        self.state = State::Entered;
                        continue;
                    }
                    return Ok(self.step_of(ended, line, false));
                }
                (State::Top, b'"') => {
                    let ended = self.value_from(0, false)?;
                    return Ok(self.step_of(ended, line, false));
                }
                (State::Top, _) => {
                    self.rest_of_line()?;
                    return Ok(Step::Text { line });
                }
                (State::Array, b']') => {
                    self.reader.consume(1);
                    self.state = State::Top;
                }
                (State::Entered, b']') => self.state = State::AfterEntered,
                // It closes nothing that is open, and no value begins with it.
                (State::Array | State::Entered, b'}') => {
                    self.reader.consume(1);
                    return Ok(Step::Broken { line });
                }
                _ => {
                    let ended = self.value_from(0, false)?;
                    return Ok(self.step_of(ended, line, true));
                }
            }
        }
    }

    fn close_object(&mut self, ended: Ended) -> Option<Step> {
        match ended {
            Ended::EntersArray => {
                self.outer = std::mem::take(&mut self.value);
                self.state = State::Entered;
                None
            }
            Ended::Whole => {
                self.state = State::Top;
                Some(Step::Around { line: self.line })
            }
            ended => {
                self.state = State::Top;
                Some(self.step_of(ended, self.line, false))
            }
        }
    }

    fn step_of(&mut self, ended: Ended, line: u64, is_element: bool) -> Step {
        match ended {
            Ended::Whole | Ended::EntersArray => Step::Value { line, is_element },
            Ended::TooLong => Step::TooLong { line },
            Ended::InsideString => Step::Broken { line },
            Ended::Cut => {
                self.state = State::Over;
                Step::Cut
            }
        }
    }

    /// The next byte that is neither white space nor a comma, which is not taken.
    fn next_token(&mut self) -> io::Result<Option<u8>> {
        loop {
            let block = fill(&mut self.reader)?;
            if block.is_empty() {
                return Ok(None);
            }
            let is_gap = |byte: &u8| byte.is_ascii_whitespace() || *byte == b',';
            let mut gap = block.iter().position(|byte| !is_gap(byte)).unwrap_or(block.len());
            // Files with byte order marks were put one behind the other.
            let is_marked = block[gap..].starts_with(BYTE_ORDER_MARK);
            if is_marked {
                gap += BYTE_ORDER_MARK.len();
            }
            self.line += count_lines(&block[..gap]);
            let token = block.get(gap).copied().filter(|_| !is_marked);
            self.reader.consume(gap);
            if token.is_some() {
                return Ok(token);
            }
        }
    }

    fn rest_of_line(&mut self) -> io::Result<()> {
        loop {
            let block = fill(&mut self.reader)?;
            if block.is_empty() {
                return Ok(());
            }
            let mut end = memchr::memchr(b'\n', block);
            // The payload of a function may stand right before an object.
            if let Some(brace) = memchr::memchr(b'{', &block[..end.unwrap_or(block.len())])
                && is_scalar(&self.value, &block[..brace])
            {
                end = Some(brace);
            }
            let used = end.unwrap_or(block.len());
            if self.value.len() + used <= LINE_LIMIT_BYTES {
                self.value.extend_from_slice(&block[..used]);
            }
            self.reader.consume(used);
            if end.is_some() {
                return Ok(());
            }
        }
    }

    /// Reads a value, of which `depth` brackets are open already. An array under a key of
    /// [`ENTERED`](super::cutter::ENTERED) ends it if `enters`.
    fn value_from(&mut self, depth: u64, enters: bool) -> io::Result<Ended> {
        let mut cutter = Cutter::new(depth, enters);
        let mut is_too_long = false;
        loop {
            let block = fill(&mut self.reader)?;
            if block.is_empty() {
                return Ok(if cutter.is_scalar() {
                    Ended::Whole
                } else {
                    Ended::Cut
                });
            }
            let (used, ended) = cutter.cut(block);
            self.line += count_lines(&block[..used]);
            is_too_long |= self.value.len() + used > LINE_LIMIT_BYTES;
            if is_too_long {
                self.value.clear();
            } else {
                self.value.extend_from_slice(&block[..used]);
            }
            self.reader.consume(used);
            match ended {
                Some(Ended::EntersArray) => return Ok(Ended::EntersArray),
                Some(Ended::InsideString) => {
                    self.skip_to_value()?;
                    return Ok(Ended::InsideString);
                }
                Some(_) if is_too_long => return Ok(Ended::TooLong),
                Some(ended) => return Ok(ended),
                None => {}
            }
        }
    }

    /// Passes over lines until one begins with a bracket that opens.
    fn skip_to_value(&mut self) -> io::Result<()> {
        loop {
            match self.next_token()? {
                None | Some(b'{' | b'[') => return Ok(()),
                Some(_) => {
                    self.value.clear();
                    self.rest_of_line()?;
                }
            }
        }
    }
}

/// A step whose text still lies in the scanner.
enum Step {
    Value { line: u64, is_element: bool },
    Around { line: u64 },
    Text { line: u64 },
    TooLong { line: u64 },
    Broken { line: u64 },
    Cut,
    End,
}

impl Step {
    fn given<R>(self, scanner: &Scanner<R>) -> Scanned<'_> {
        let text = &scanner.value[..];
        match self {
            Self::Value { line, is_element } => Scanned::Value {
                text,
                line,
                is_element,
            },
            Self::Around { line } => Scanned::Around { text, line },
            Self::Text { line } => Scanned::Text { text, line },
            Self::TooLong { line } => Scanned::TooLong { line },
            Self::Broken { line } => Scanned::Broken { line },
            Self::Cut => Scanned::Cut { line: scanner.line },
            Self::End => Scanned::End,
        }
    }
}

/// Whether both pieces together are a number or a word of JSON.
fn is_scalar(first: &[u8], second: &[u8]) -> bool {
    let text = [first, second].concat();
    let value = || serde_json::from_slice::<serde_json::Value>(&text);
    // A text may hold braces of its own.
    text.len() < 40 && value().is_ok_and(|value| !value.is_string())
}

pub(super) fn count_lines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// The next block, whatever interrupts.
fn fill<R: BufRead>(reader: &mut R) -> io::Result<&[u8]> {
    loop {
        match reader.fill_buf() {
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    // The block is there already; asking again gives it without reading.
    reader.fill_buf()
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use proptest::prelude::*;

    use super::*;

    fn scan(text: &[u8], capacity: usize) -> Vec<String> {
        let mut scanner = Scanner::new(BufReader::with_capacity(capacity, text));
        let mut seen = Vec::new();
        let show = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
        loop {
            seen.push(match scanner.step() {
                Scanned::Value {
                    text,
                    line,
                    is_element,
                } => {
                    format!(
                        "{line}{} {}",
                        if is_element { " element" } else { "" },
                        show(text)
                    )
                }
                Scanned::Around { text, .. } => format!("around {}", show(text)),
                Scanned::Text { text, line } => format!("{line} text {}", show(text)),
                Scanned::TooLong { line } => format!("{line} too long"),
                Scanned::Broken { line } => format!("{line} broken"),
                Scanned::Cut { line } => format!("{line} cut"),
                Scanned::Failed { error, .. } => format!("failed {error}"),
                Scanned::End => return seen,
            });
        }
    }

    /// The same whatever the size of the blocks.
    fn scanned(text: &str) -> Vec<String> {
        let whole = scan(text.as_bytes(), 1 << 16);
        for capacity in [1, 2, 3, 7] {
            assert_eq!(
                scan(text.as_bytes(), capacity),
                whole,
                "{text:?} in blocks of {capacity}"
            );
        }
        whole
    }

    #[test]
    fn documents_are_read_element_by_element() {
        assert_eq!(
            scanned(
                "{\"events\": [\n{\"message\":\"]}\\\"\"},\n{\"b\":[1]}], \"nextToken\": \"x\"}\n{\"a\":{\"events\":[1]}}"
            ),
            [
                "2 element {\"message\":\"]}\\\"\"}",
                "3 element {\"b\":[1]}",
                "around {\"events\": [], \"nextToken\": \"x\"}",
                "4 {\"a\":{\"events\":[1]}}"
            ]
        );
        assert_eq!(
            scanned("[1, \"two\", {\"events\":[]}, [3]] [null]"),
            [
                "1 element 1",
                "1 element \"two\"",
                "1 element {\"events\":[]}",
                "1 element [3]",
                "1 element null"
            ]
        );
        assert_eq!(
            scanned("{\"events\":{\"a\":[]},\"results\":[7]}"),
            ["1 element 7", "around {\"events\":{\"a\":[]},\"results\":[]}"]
        );
    }

    #[test]
    fn objects_one_after_the_other_and_text_between_them_are_told_apart() {
        assert_eq!(
            scanned("{\"a\":1}{\"b\":2}\nSTART RequestId: a\n{\"c\":\"{\"}"),
            [
                "1 {\"a\":1}",
                "1 {\"b\":2}",
                "2 text START RequestId: a",
                "3 {\"c\":\"{\"}"
            ]
        );
        assert_eq!(scanned(" \n"), Vec::<String>::new());
    }

    #[test]
    fn a_cut_is_told_from_an_end() {
        assert_eq!(
            scanned("{\"events\":[{\"a\":1},\n{\"b\":"),
            ["1 element {\"a\":1}", "2 cut"]
        );
        assert_eq!(scanned("[1,"), ["1 element 1", "1 cut"]);
        assert_eq!(scanned("{\"events\":[1]"), ["1 element 1", "1 cut"]);
    }

    #[test]
    fn a_string_with_a_line_break_spoils_no_more_than_its_value() {
        assert_eq!(
            scanned("{\"events\":[\n  {\"message\": \"one\n   \"timestamp\": 1},\n  {\"b\":2}\n]}"),
            ["2 broken", "4 element {\"b\":2}", "around {\"events\":[]}"]
        );
        assert_eq!(scanned("{\"a\":\"x\n{\"b\":1}"), ["1 broken", "2 {\"b\":1}"]);
    }

    #[test]
    fn brackets_without_end_and_long_strings_take_no_memory() {
        let deep = vec![b'['; 3_000_000];
        assert_eq!(scan(&deep, 1 << 16), ["1 cut"]);
        let long = [&b"[\""[..], &vec![b'x'; LINE_LIMIT_BYTES + 10], b"\",1]"].concat();
        assert_eq!(scan(&long, 1 << 16), ["1 too long", "1 element 1"]);
    }

    #[test]
    fn a_payload_may_stand_right_before_an_object() {
        assert_eq!(scanned("null{\"a\":1}"), ["1 text null", "1 {\"a\":1}"]);
        assert_eq!(scanned("\"hello\"{\"a\":1}"), ["1 \"hello\"", "1 {\"a\":1}"]);
        assert_eq!(
            scanned("}\n\"0 {\"{\n{\"b\":2}"),
            scanned("}\n\"0 {\"{\n{\"b\":2}")
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

        #[test]
        fn whatever_the_input_blocks_change_nothing(text in "[\\[\\]{}\",:a\\\\ \n0-9]{0,60}", capacity in 1_usize..9) {
            prop_assert_eq!(scan(text.as_bytes(), capacity), scan(text.as_bytes(), 1 << 16));
        }

        #[test]
        fn values_come_back_as_they_were(values in prop::collection::vec("[a-z\"\\\\{}\n]{0,12}", 1..8)) {
            let json: Vec<String> = values.iter().map(|value| serde_json::json!({ "m": value }).to_string()).collect();
            let expected: Vec<String> = json.iter().map(|one| format!("1 element {one}")).collect();
            let array = format!("[{}]", json.join(","));
            prop_assert_eq!(scan(array.as_bytes(), 7), expected);
            let joined: Vec<String> = json.iter().map(|one| format!("1 {one}")).collect();
            prop_assert_eq!(scan(json.concat().as_bytes(), 7), joined);
        }
    }
}
