//! Which messages cannot be records, told from a look at their bytes.

use aho_corasick::packed;
use memchr::memchr;
use memchr::memmem::Finder;

use super::classify::{PREFIX_LIMIT_BYTES, Parser};
use super::escapes::STARTS;
use super::flat_glance::FlatGlance;
use super::timing_keys::{Field, TimingKeys};

/// Finds messages that cannot be records. What it lets pass may still be none.
#[derive(Debug, Clone)]
pub(super) struct Prefilter {
    /// Finds what stands in every message in JSON that is a record, and what may hide it.
    needles: packed::Searcher,
    flat_glance: FlatGlance,
    hiding: Finder<'static>,
    escape: Finder<'static>,
}

/// What stands in the names of our schemas.
const OURS: &str = "latscope.";

/// What stands in messages in JSON that are records, as it stands there escaped too.
pub(super) const OTHERS: [&str; 9] = [
    OURS,
    "platform.",
    "ModelInvocationLog",
    "inputContentType",
    // Of variables of API Gateway: integrationLatency, integration.latency, responseLatency, routeKey, resourcePath. Whole
    // ones begin as words of prose do, which would be looked at each time.
    "nLatency",
    "n.latency",
    "eLatency",
    "teKey",
    "cePath",
];

/// An escape in JSON of a character that could have been written as it is.
const HIDING: &str = "\\u00";

/// An escape makes up to six bytes of one.
const LONGEST_ESCAPE: usize = 6;

impl Prefilter {
    /// `None` if these keys cannot be looked for in escaped text, or not on this machine.
    pub(super) fn new(keys: &TimingKeys) -> Option<Self> {
        let is_plain = |key: &str| {
            key.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte))
        };
        let mut needles: Vec<&str> = keys.needles().collect();
        if needles.iter().any(|key| key.is_empty() || !is_plain(key)) {
            return None;
        }
        let statuses = keys.of(Field::Status).map(|status| status.path.as_str());
        let flat_glance = FlatGlance::new(statuses, needles.len());
        needles.extend(OTHERS);
        needles.push(HIDING);
        let needles = packed::Config::new().builder().extend(needles).build()?;
        Some(Self {
            needles,
            flat_glance,
            hiding: Finder::new(HIDING),
            escape: Finder::new("\\u"),
        })
    }

    fn is_no_record(&self, message: &[u8], is_escaped: bool) -> bool {
        let Some(first) = message.first() else { return true };
        // The platform's words begin so; a byte order mark, or an escape, may stand before them.
        let begins = match first {
            b'A'..=b'Z' => begins_like_platform(message),
            b'a'..=b'z' => begins_like_report(message),
            b'\\' => true,
            first => !first.is_ascii() && first_may_hide(message),
        };
        if begins || self.may_be_timeout(message, is_escaped) {
            return false;
        }
        // White space before JSON, or before what a logger writes in front of it, does not count.
        let blanks = message.iter().take_while(|byte| is_blank(**byte)).count();
        let message = &message[blanks..];
        let may_hide = |first: &u8| *first == b'\\' || (!first.is_ascii() && first_may_hide(message));
        if message.first().is_some_and(may_hide) {
            return false;
        }
        let longest = if is_escaped {
            PREFIX_LIMIT_BYTES * LONGEST_ESCAPE
        } else {
            PREFIX_LIMIT_BYTES
        };
        let before_json = &message[..message.len().min(longest + LONGEST_ESCAPE)];
        if memchr(b'{', before_json).is_none() {
            return !is_escaped || self.hiding.find(before_json).is_none();
        }
        self.needles.find(message).is_none_or(|first| {
            self.flat_glance
                .is_none(message, first.end(), is_escaped, &self.needles)
        })
    }

    /// Whether a message may end in the words of a timeout.
    fn may_be_timeout(&self, message: &[u8], is_escaped: bool) -> bool {
        let mut end = message;
        loop {
            let blanks = end.iter().rev().take_while(|byte| is_blank(**byte)).count();
            end = &end[..end.len() - blanks];
            match end {
                [before @ .., b'n' | b't' | b'r' | b'f'] if before.ends_with(b"\\") => {
                    let backslashes = before.iter().rev().take_while(|byte| **byte == b'\\').count();
                    end = &before[..before.len() - backslashes];
                }
                _ => break,
            }
        }
        let Some(last) = end.last() else { return false };
        match last {
            b's' | b'0'..=b'9' | b'A'..=b'F' | b'a'..=b'f' => {}
            last if last.is_ascii() => return false,
            _ => return last_may_hide(end),
        }
        // Escapes, which end in a digit, are seen to by the parser.
        let tail = &end[end.len().saturating_sub(12 * LONGEST_ESCAPE)..];
        let is_hidden = is_escaped && self.escape.find(tail).is_some();
        end.ends_with(b"seconds") || is_hidden
    }
}

impl Parser {
    /// Whether a message can be no record, so that [`Parser::parse`] finds nothing of interest in it. It is looked at as it
    /// stands in a file: inside a JSON text, where `is_escaped`. Costs a fraction of parsing it.
    #[inline]
    pub fn is_no_record(&self, message: &[u8], is_escaped: bool) -> bool {
        self.prefilter
            .as_ref()
            .is_some_and(|prefilter| prefilter.is_no_record(message, is_escaped))
    }
}

/// White space of ASCII, of which Rust knows one sign more for texts than for bytes.
fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

/// Whether the first character, which is none of ASCII, may stand before a record: white space, a byte order mark, or bytes that
/// are no UTF-8, of which anything may be made.
fn first_may_hide(bytes: &[u8]) -> bool {
    let first = bytes[..bytes.len().min(LONGEST_CHARACTER)].utf8_chunks().next();
    let first = first.and_then(|chunk| chunk.valid().chars().next());
    first.is_none_or(|first| first.is_whitespace() || first == '\u{feff}')
}

/// Whether the last character, which is none of ASCII, may stand behind a record: white space, or bytes that are no UTF-8.
fn last_may_hide(bytes: &[u8]) -> bool {
    let tail = &bytes[bytes.len().saturating_sub(LONGEST_CHARACTER)..];
    let begin = tail.iter().rposition(|byte| byte & 0xc0 != 0x80).unwrap_or(0);
    match std::str::from_utf8(&tail[begin..]) {
        Ok(last) => last.ends_with(char::is_whitespace),
        Err(_) => true,
    }
}

/// How many bytes of UTF-8 a character takes at most.
const LONGEST_CHARACTER: usize = 4;

/// Whether a message that begins with a capital letter may be one of the platform's, which names a request or writes a dash
/// behind `REPORT`, `START` and `END`, or as the Serverless Framework a `Duration`.
fn begins_like_platform(message: &[u8]) -> bool {
    let is_prose = |word: &[u8]| match message.strip_prefix(word) {
        Some([b' ', next, ..]) => next.is_ascii_lowercase() && *next != b'r',
        _ => false,
    };
    match message[0] {
        b'S' => message.starts_with(b"START") && !is_prose(b"START"),
        b'E' if message.starts_with(b"END") => !is_prose(b"END"),
        b'R' if begins_like_report(message) => !is_prose(b"REPORT"),
        _ => STARTS.iter().any(|start| message.starts_with(start.as_bytes())),
    }
}

/// `REPORT` in letters of any size.
fn begins_like_report(message: &[u8]) -> bool {
    let first = message.first_chunk::<6>();
    first.is_some_and(|first| first.eq_ignore_ascii_case(b"REPORT"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::parse::Parsed;
    use crate::parse::escapes::escaped;

    fn parser() -> Parser {
        Parser::new(TimingKeys::common()).unwrap()
    }

    const RECORDS: [&str; 21] = [
        "REPORT RequestId: 8f507cfc-5719-4a0b-9d5e-1f2a3b4c5d6e\tDuration: 1.00 ms\tBilled Duration: 2 ms\t",
        "report requestid: x",
        "START RequestId: a Version: 1",
        "END RequestId: a",
        "END Duration: 1.00 ms Memory Used: 5 MB",
        "START - 8f507cfc-5719-4a0b-9d5e-1f2a3b4c5d6e - Version: $LATEST",
        "END - 8f507cfc-5719-4a0b-9d5e-1f2a3b4c5d6e",
        "REPORT - 8f507cfc-5719-4a0b-9d5e-1f2a3b4c5d6e\tDuration: 1.00 ms",
        "INIT_START Runtime Version: a",
        "RESTORE_REPORT Restore Duration: 1.00 ms",
        "EXTENSION\tName: a\tState: Ready",
        "TELEMETRY\tName: a",
        "RequestId: a Error: Runtime exited",
        "2026-11-20T09:00:00.123Z 8f507cfc-5719-4a0b-9d5e-1f2a3b4c5d6e Task timed out after 3.00 seconds\n\n",
        "8f507cfc-5719-4a0b-9d5e-1f2a3b4c5d6e Task timed out after 3.00 seconds\\\\n",
        "{\"schema\":\"latscope.timing/v1\",\"request_id\":\"a\"}",
        "INFO {\"inference_ms\":5,\"requestId\":\"8f507cfc-5719-4a0b-9d5e-1f2a3b4c5d6e\"}",
        "{\"time\":\"2026-11-20T09:00:00Z\",\"type\":\"platform.start\",\"record\":{}}",
        "{\"schemaType\":\"ModelInvocationLog\"}",
        "{\"schema\":\"latscope.rejected/v1\",\"reason\":\"a\"}",
        "\u{feff}REPORT RequestId: a",
    ];

    #[test]
    fn lines_of_an_application_are_passed_over() {
        let parser = parser();
        for message in [
            "",
            "Retrieved 4 passages",
            "[INFO]\t2026-11-20T09:00:00.123Z\ta\ttook 3 seconds longer",
            "{\"level\":\"info\",\"elapsed\":{\"index_ms\":11.7}}",
            "東京の天気は? 🌦️ {}.",
            "Started",
            "START processing step 1 of 8f507cfc-5719-4a0b-9d5e-1f2a3b4c5d6e",
            "REPORT generated in 24.2 ms for 8f507cfc-5719-4a0b-9d5e-1f2a3b4c5d6e, step 3\n",
            "END of step 3\n",
            "INFO\tstep 1: question ✅\n",
        ] {
            assert!(parser.is_no_record(message.as_bytes(), false), "{message}");
            assert!(
                parser.is_no_record(escaped(message).as_bytes(), true),
                "{message}"
            );
        }
    }

    #[test]
    fn records_are_not_passed_over() {
        let parser = parser();
        for message in RECORDS {
            assert!(!parser.is_no_record(message.as_bytes(), false), "{message}");
            assert!(
                !parser.is_no_record(escaped(message).as_bytes(), true),
                "{message}"
            );
            assert_ne!(parser.parse(message), Parsed::Ignored, "{message}");
        }
    }

    #[test]
    fn white_space_around_a_record_hides_nothing() {
        let parser = parser();
        let blanks = " ".repeat(3000);
        for record in RECORDS {
            for message in [
                format!("{blanks}{record}"),
                format!("{record}{blanks}\u{b}\u{c}\n"),
                format!("\t\u{b}{record}\u{c}"),
                format!("\n\u{2003}{record}\u{2003}"),
            ] {
                let is_ignored = parser.parse(&message) == Parsed::Ignored;
                let passed = [
                    parser.is_no_record(message.as_bytes(), false),
                    parser.is_no_record(escaped(&message).as_bytes(), true),
                ];
                assert!(is_ignored || passed == [false; 2], "{message:?}");
            }
        }
    }

    #[test]
    fn keys_that_json_may_write_otherwise_are_not_looked_for() {
        for key in ["dur\u{e9}e", "a/b", "a\"b"] {
            let mut keys = TimingKeys::common();
            keys.add("inference_ms", key, None).unwrap();
            assert!(!Parser::new(keys).unwrap().is_no_record(b"hello", false), "{key}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// Whatever is passed over, the parser would have ignored: of records with anything done to them, and however their
        /// characters are written.
        #[test]
        fn what_is_passed_over_is_ignored(
            record in proptest::sample::select(&RECORDS[..]),
            at in 0_usize..90,
            length in 0_usize..3,
            with in "[ \\\\ntu{}\":.\u{a0}\u{2003}a-z0-9]{0,3}",
            hidden in any::<u128>(),
        ) {
            let (at, parser) = (at.min(record.len()), parser());
            let Some((before, behind)) = record.split_at_checked(at) else { return Ok(()) };
            let Some(behind) = behind.get(length.min(behind.len())..) else { return Ok(()) };
            let message = format!("{before}{with}{behind}");
            let is_ignored = parser.parse(&message) == Parsed::Ignored;
            if parser.is_no_record(message.as_bytes(), false) {
                prop_assert!(is_ignored, "{}", message);
            }
            // Some characters are written by their numbers.
            let written: String = message.chars().enumerate().map(|(at, character)| match hidden >> (at % 128) & 1 {
                1 if hidden % 3 == 0 && u32::from(character) < 0x10000 => format!("\\u{:04x}", u32::from(character)),
                _ => escaped(&character.to_string()),
            }).collect();
            prop_assert_eq!(&serde_json::from_str::<String>(&format!("\"{written}\"")).unwrap(), &message);
            if parser.is_no_record(written.as_bytes(), true) {
                prop_assert!(is_ignored, "{}", written);
            }
        }
    }
}
