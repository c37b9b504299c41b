//! Which parser owns a message.

use std::borrow::Cow;
use std::sync::LazyLock;

use aho_corasick::BuildError;
use memchr::memmem::Finder;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::candidates::Candidates;
use super::insights_row::{self, Row};
use super::platform_flat::{self, Flat};
use super::prefilter::Prefilter;
use super::record::{LifecycleRecord, Record, Timing};
use super::timing_keys::TimingKeys;
use super::timing_mapping::Meaning;
use super::timing_memory::TimingMemory;
use super::timing_search::{Prefix, nested_texts, search};
use super::{
    bedrock_log, client, escapes, gateway_log, platform_event, platform_line, rejection_marker, report_line,
    serverless, timing, timing_glance,
};
use crate::vocab::RequestId;

type Fault = Cow<'static, str>;

/// What became of one message.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "it lives for one call; a box would be an allocation a line"
)]
pub enum Parsed<'a> {
    /// It is a record.
    Record(Record<'a>),
    /// It looked like a record and could not be read, for this reason.
    Rejected(Fault),
    /// It is a line of the application.
    Ignored,
}

/// Reads messages. Holds the keys of timing records, prepared for searching.
#[derive(Debug, Clone)]
pub struct Parser {
    keys: TimingKeys,
    /// What is kept of a timing record.
    pub(super) kept: Vec<(Box<str>, Meaning)>,
    /// Finds what every record in JSON but the platform's holds one of: a key of the inference
    /// time, one of our schemas, Bedrock's, or a variable of API Gateway's.
    candidates: Candidates,
    /// Tells what need not be parsed; none where that cannot be told.
    pub(super) prefilter: Option<Prefilter>,
}

/// Finds the type of a platform event. Prepared once.
static PLATFORM: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"platform."));

/// What begins an invocation's report.
const REPORT: &str = "REPORT RequestId:";

/// The longest text that a logger writes before a JSON object.
pub(super) const PREFIX_LIMIT_BYTES: usize = 256;

impl Parser {
    /// Prepares reading with these keys.
    ///
    /// # Errors
    /// If there are too many keys to search for, which takes millions.
    pub fn new(keys: TimingKeys) -> Result<Self, BuildError> {
        let mut needles: Vec<&str> = keys.needles().collect();
        needles.extend([timing::SCHEMA_FAMILY, client::NEEDLE]);
        needles.extend(bedrock_log::NEEDLES.into_iter().chain(gateway_log::NEEDLES));
        let candidates = Candidates::new(&needles)?;
        let kept = keys.kept();
        let prefilter = Prefilter::new(&keys);
        Ok(Self {
            prefilter,
            keys,
            kept,
            candidates,
        })
    }

    /// Reads one message. Only its beginning decides whose it is, so that a line which quotes
    /// another is not taken for it.
    pub fn parse<'a>(&self, message: &'a str) -> Parsed<'a> {
        if let Some(timing) = timing::parse_flat(message) {
            return Parsed::Record(Record::Timing(timing));
        }
        let message = message.trim_start_matches('\u{feff}');
        if let Some(read) = platform_text(&escapes::resolved(message)) {
            return parsed(read);
        }
        let text = message.trim_start();
        if text.starts_with('{') {
            self.json(text)
        } else {
            self.json_behind_prefix(text)
        }
    }

    /// Reads one of the platform's usual lines, as it is or as it stands inside a JSON text. `None` if the message is another,
    /// which [`Parser::parse`] reads.
    #[inline]
    pub fn parse_flat<'a>(&self, message: &'a str, is_escaped: bool) -> Option<Flat<'a>> {
        platform_flat::read(message, is_escaped)
    }

    /// Reads a usual timing record of our own, as it is or as it stands inside a JSON text, and what is made of it: it is too large
    /// to be handed on. `memory` is what the records before it looked like. `None` if the message is another, or is to be read by
    /// [`Parser::parse`].
    #[inline]
    pub fn parse_usual_timing<'a, T>(
        &self,
        message: &'a str,
        is_escaped: bool,
        memory: &mut TimingMemory,
        then: impl FnOnce(&mut Timing<'a>) -> T,
    ) -> Option<T> {
        timing::parse_usual(message, is_escaped, memory, then)
    }

    /// Reads a row of Logs Insights that has no message: its fields as a JSON object. What is written so into a
    /// log is a line of the application, so only whoever read the container knows a row.
    pub fn parse_row<'a>(&self, fields: &'a str) -> Parsed<'a> {
        let Some(row) = Row::of(fields) else {
            return self.json(fields);
        };
        match row.bedrock_log().and_then(|log| bedrock_log::parse(&log)) {
            Some(call) => parsed(call.map(Record::Bedrock)),
            None => self.row(fields, row),
        }
    }

    /// A message that is a JSON object.
    fn json<'a>(&self, text: &'a str) -> Parsed<'a> {
        if let Some(reason) = rejection_marker::read(text) {
            return Parsed::Rejected(reason.into());
        }
        if PLATFORM.find(text.as_bytes()).is_some() {
            match platform_event::parse(text) {
                Some(Ok(record)) => return Parsed::Record(record),
                Some(Err(reason)) => return Parsed::Rejected(reason),
                None if serde_json::from_str::<IgnoredAny>(text).is_err() => {
                    return Parsed::Rejected("malformed JSON that holds a platform event".into());
                }
                None => {}
            }
        }
        if !self.candidates.stand_in(text) {
            return Parsed::Ignored;
        }
        if bedrock_log::may_be(text)
            && let Some(call) = bedrock_log::parse(text)
        {
            return parsed(call.map(Record::Bedrock));
        }
        if let Some(line) = client::parse(text) {
            return parsed(line.map(|line| match line {
                client::Line::Request(request) => Record::Client(request),
                client::Line::Run(run) => Record::ClientRun(run),
            }));
        }
        match self.timing(text, Prefix::default()) {
            // An application may log a timing record with keys of the gateway's.
            Parsed::Ignored => gateway_log::parse(text).map_or(Parsed::Ignored, |request| {
                parsed(request.map(|request| Record::Gateway(Box::new(request))))
            }),
            timing => timing,
        }
    }

    /// A row of Logs Insights.
    fn row<'a>(&self, text: &'a str, row: Row) -> Parsed<'a> {
        if let Some(read) = row.record() {
            return parsed(read);
        }
        let (is_computed, at) = (row.is_computed(), row.at());
        let timing = match timing::parse_own(text) {
            Some(Err(reason)) if !row.has_place() => Some(Err(reason)),
            Some(Ok(timing)) => Some(Ok(timing)),
            // A query makes text of every value.
            _ => self.anywhere(&row.into_object(), Prefix::default()),
        };
        match timing {
            Some(Ok(timing)) => Parsed::Record(Record::Timing(Timing {
                at: timing.at.or(at),
                ..timing
            })),
            Some(Err(reason)) => Parsed::Rejected(reason),
            None if is_computed => Parsed::Rejected(insights_row::COMPUTED.into()),
            None => Parsed::Ignored,
        }
    }

    /// A message in which a logger wrote level, time and request id before a JSON object.
    fn json_behind_prefix<'a>(&self, text: &'a str) -> Parsed<'a> {
        let Some(start) = text.find('{').filter(|&start| start <= PREFIX_LIMIT_BYTES) else {
            return Parsed::Ignored;
        };
        if !self.candidates.stand_in(&text[start..]) {
            return Parsed::Ignored;
        }
        let request_id = request_id_of_prefix(&text[..start]);
        self.timing(&text[start..], Prefix { request_id })
    }

    /// Reads text in braces that may be a timing record, or wrap one.
    fn timing<'a>(&self, json: &'a str, prefix: Prefix<'_>) -> Parsed<'a> {
        let timing = match timing::parse_own(json) {
            Some(own) => Some(own),
            None if self.is_no_timing(json) => None,
            None => match serde_json::from_str::<Map<String, Value>>(json) {
                Ok(object) => self.anywhere(&object, prefix),
                Err(_) => self.malformed(json).map(Err),
            },
        };
        match timing {
            Some(timing) => parsed(timing.map(Record::Timing)),
            None => Parsed::Ignored,
        }
    }

    /// Whether no part of an object can be a timing record.
    fn is_no_timing(&self, json: &str) -> bool {
        timing_glance::is_none(json, &self.candidates, &self.keys)
    }

    /// A timing record anywhere in an object, or why one could not be read.
    fn anywhere(
        &self,
        object: &Map<String, Value>,
        prefix: Prefix<'_>,
    ) -> Option<Result<Timing<'static>, Fault>> {
        search(object, prefix, &self.keys)
            .or_else(|| nested_texts(object).find_map(|text| self.malformed(text).map(Err)))
    }

    /// Why text in braces is not passed over in silence although it is not JSON.
    fn malformed(&self, text: &str) -> Option<Fault> {
        let holds_timing = text.contains(timing::SCHEMA_FAMILY) || self.keys.stand_in(text);
        (holds_timing && serde_json::from_str::<IgnoredAny>(text).is_err())
            .then_some("malformed JSON that holds a timing key".into())
    }
}

fn parsed<'a>(read: Result<Record<'a>, Fault>) -> Parsed<'a> {
    read.map_or_else(Parsed::Rejected, Parsed::Record)
}

/// Reads a text line of the platform. `None` if the line is none.
fn platform_text(line: &str) -> Option<Result<Record<'static>, Fault>> {
    if let Some((start, rest)) = line.split_at_checked(REPORT.len())
        && start.eq_ignore_ascii_case(REPORT)
    {
        return Some(if start == REPORT {
            report_line::parse(rest).map(Record::Report)
        } else {
            Err("REPORT of another platform".into())
        });
    }
    let lifecycle = |read| {
        let at = platform_line::printed_time(&read, line);
        Record::Lifecycle(LifecycleRecord { line: read, at })
    };
    platform_line::parse(line)
        .map(|read| read.map(lifecycle))
        .or_else(|| serverless::parse(line))
}

/// The Lambda request id that a runtime's logger wrote before the text of the application, with
/// nothing but the time, the level and the process before it. A UUID behind other words is the
/// application's own.
pub(super) fn request_id_of_prefix(prefix: &str) -> Option<&str> {
    let is_preamble = |word: &str| {
        // A zone such as `+01:00` and a lone dash are the Serverless Framework's.
        let unsigned = word.trim_start_matches(['+', '-']);
        unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '#')
            || unsigned.is_empty()
            || word.bytes().all(|byte| byte.is_ascii_uppercase())
            || matches!(word, "trace" | "debug" | "info" | "warn" | "error" | "RequestId:")
    };
    let is_uuid = |word: &str| matches!(RequestId::parse(word), Some(RequestId::Uuid(_)));
    prefix
        .split(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | '(' | ')' | ','))
        .find(|word| is_uuid(word) || !is_preamble(word))
        .filter(|word| is_uuid(word))
}
