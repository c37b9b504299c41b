//! Which parser owns a message.

use std::borrow::Cow;

use aho_corasick::{AhoCorasick, BuildError};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::record::{LifecycleRecord, Record};
use super::timing_keys::TimingKeys;
use super::timing_search::{Prefix, nested_texts, search};
use super::{platform_event, platform_line, report_line, timing};
use crate::vocab::RequestId;

/// What became of one message.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "it lives for one call; a box would be an allocation a line"
)]
pub enum Parsed {
    /// It is a record.
    Record(Record),
    /// It looked like a record and could not be read, for this reason.
    Rejected(Cow<'static, str>),
    /// It is a line of the application.
    Ignored,
}

/// Reads messages. Holds the keys of timing records, prepared for searching.
#[derive(Debug)]
pub struct Parser {
    keys: TimingKeys,
    /// Finds what every timing record holds one of: a key of the inference time, or our schema.
    candidates: AhoCorasick,
}

/// What begins an invocation's report.
const REPORT: &str = "REPORT RequestId:";

/// The longest text that a logger writes before a JSON object.
const PREFIX_LIMIT_BYTES: usize = 256;

impl Parser {
    /// Prepares reading with these keys.
    ///
    /// # Errors
    /// If there are too many keys to search for, which takes millions.
    pub fn new(keys: TimingKeys) -> Result<Self, BuildError> {
        let candidates = AhoCorasick::new(keys.needles().chain([timing::SCHEMA_FAMILY]))?;
        Ok(Self { keys, candidates })
    }

    /// Reads one message. Only its beginning decides whose it is, so that a line which quotes
    /// another is not taken for it.
    pub fn parse(&self, message: &str) -> Parsed {
        let message = message.trim_start_matches('\u{feff}');
        if let Some((start, rest)) = message.split_at_checked(REPORT.len())
            && start.eq_ignore_ascii_case(REPORT)
        {
            if start != REPORT {
                return Parsed::Rejected("REPORT of another platform".into());
            }
            return match report_line::parse(rest) {
                Ok(report) => Parsed::Record(Record::Report(report)),
                Err(reason) => Parsed::Rejected(reason),
            };
        }
        if let Some(line) = platform_line::parse(message) {
            return match line {
                Ok(line) => Parsed::Record(Record::Lifecycle(LifecycleRecord { line, at: None })),
                Err(reason) => Parsed::Rejected(reason),
            };
        }
        let text = message.trim_start();
        if text.starts_with('{') {
            self.json(text)
        } else {
            self.json_behind_prefix(text)
        }
    }

    /// A message that is a JSON object.
    fn json(&self, text: &str) -> Parsed {
        if memchr::memmem::find(text.as_bytes(), b"\"platform.").is_some() {
            match platform_event::parse(text) {
                Some(Ok(record)) => return Parsed::Record(record),
                Some(Err(reason)) => return Parsed::Rejected(reason),
                None if serde_json::from_str::<IgnoredAny>(text).is_err() => {
                    return Parsed::Rejected("malformed JSON that holds a platform event".into());
                }
                None => {}
            }
        }
        if !self.candidates.is_match(text) {
            return Parsed::Ignored;
        }
        self.timing(text, Prefix::default())
    }

    /// A message in which a logger wrote level, time and request id before a JSON object.
    fn json_behind_prefix(&self, text: &str) -> Parsed {
        let Some(start) = text.find('{').filter(|&start| start <= PREFIX_LIMIT_BYTES) else {
            return Parsed::Ignored;
        };
        if !self.candidates.is_match(&text[start..]) {
            return Parsed::Ignored;
        }
        let request_id = request_id_of_prefix(&text[..start]);
        self.timing(&text[start..], Prefix { request_id })
    }

    /// Reads text in braces that may be a timing record, or wrap one.
    fn timing(&self, json: &str, prefix: Prefix<'_>) -> Parsed {
        let timing = match timing::parse_own(json) {
            Some(own) => Some(own),
            None => match serde_json::from_str::<Map<String, Value>>(json) {
                Ok(object) => search(&object, prefix, &self.keys)
                    .or_else(|| nested_texts(&object).find_map(|text| self.malformed(text).map(Err))),
                Err(_) => self.malformed(json).map(Err),
            },
        };
        match timing {
            Some(Ok(timing)) => Parsed::Record(Record::Timing(timing)),
            Some(Err(reason)) => Parsed::Rejected(reason),
            None => Parsed::Ignored,
        }
    }

    /// Why text in braces is not passed over in silence although it is not JSON.
    fn malformed(&self, text: &str) -> Option<Cow<'static, str>> {
        let holds_timing = text.contains(timing::SCHEMA_FAMILY) || self.keys.stand_in(text);
        (holds_timing && serde_json::from_str::<IgnoredAny>(text).is_err())
            .then_some("malformed JSON that holds a timing key".into())
    }
}

/// The Lambda request id that a runtime's logger wrote before the text of the application, with
/// nothing but the time, the level and the process before it. A UUID behind other words is the
/// application's own.
fn request_id_of_prefix(prefix: &str) -> Option<&str> {
    let is_preamble = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_digit() || c == '#')
            || word.bytes().all(|byte| byte.is_ascii_uppercase())
            || matches!(word, "trace" | "debug" | "info" | "warn" | "error" | "RequestId:")
    };
    let is_uuid = |word: &str| matches!(RequestId::parse(word), Some(RequestId::Uuid(_)));
    prefix
        .split(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | '(' | ')' | ','))
        .find(|word| is_uuid(word) || !is_preamble(word))
        .filter(|word| is_uuid(word))
}
