//! What `sls logs` and `sls invoke --log` of the Serverless Framework make of the platform's lines
//! (`lib/plugins/aws/utils/format-lambda-log-event.js` in its repository).
//!
//! Version 3 rewrites `REPORT` to `END Duration: 12.34 ms (init: 150.00 ms) Memory Used: 70 MB`,
//! where `init` is whatever stood behind the memory: an Init or Restore Duration, a status, or an
//! X-Ray trace id. It shortens `START` to that word, which tells nothing. Version 4 writes `-`
//! instead of `RequestId:` and a line break before `Duration`.

use std::borrow::Cow;

use super::record::{Completeness, Lifecycle, LifecycleRecord, Record, Report, Status};
use super::report_line;
use crate::vocab::{Micros, RequestId};

/// Reads a rewritten line. `None` if the line is none: the words are common, so the whole shape
/// must be the framework's.
pub(super) fn parse(line: &str) -> Option<Result<Record<'static>, Cow<'static, str>>> {
    if let Some(rest) = line.strip_prefix("END Duration:") {
        return shortened_report(rest).map(|report| Ok(Record::Report(report)));
    }
    if let Some(rest) = line.strip_prefix("REPORT - ") {
        let (_, fields) = split_id(rest)?;
        let is_report = fields.trim().is_empty() || fields.trim_start().starts_with("Duration:");
        return is_report.then(|| report_line::parse(rest).map(Record::Report));
    }
    let lifecycle = if let Some(rest) = line.strip_prefix("START - ") {
        let (request_id, rest) = split_id(rest)?;
        Lifecycle::Start {
            request_id,
            version: version(rest)?,
            function_arn: None,
        }
    } else {
        let (request_id, rest) = split_id(line.strip_prefix("END - ")?)?;
        if !rest.trim().is_empty() {
            return None;
        }
        Lifecycle::End { request_id }
    };
    Some(Ok(Record::Lifecycle(LifecycleRecord {
        line: lifecycle,
        at: None,
    })))
}

/// A request id and what follows it. Any other word in its place makes a line of the application.
fn split_id(text: &str) -> Option<(RequestId, &str)> {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let is_formed = word.len() == 36 && [8, 13, 18, 23].iter().all(|&at| word.as_bytes()[at] == b'-');
    RequestId::parse(word)
        .filter(|id| is_formed || id.is_redacted())
        .map(|id| (id, rest))
}

/// ` - Version: <version>`, or nothing.
fn version(text: &str) -> Option<Option<Box<str>>> {
    let mut words = text.split_whitespace();
    match (words.next(), words.next(), words.next(), words.next()) {
        (None, ..) => Some(None),
        (Some("-"), Some("Version:"), Some(version), None) => Some(Some(version.into())),
        _ => None,
    }
}

/// ` 12.34 ms (init: 150.00 ms) Memory Used: 70 MB` and nothing else.
fn shortened_report(text: &str) -> Option<Report> {
    let (before, used) = text.split_once("Memory Used:")?;
    let (duration, behind_memory) = match before.split_once("(init:") {
        Some((duration, rest)) => (duration, Some(rest.trim().strip_suffix(')')?.trim())),
        None => (before, None),
    };
    let (mut init, mut status) = (None, None);
    match behind_memory {
        None => {}
        Some(word @ ("success" | "error" | "failure" | "timeout")) => status = Some(Status::from_word(word)),
        Some(trace) if trace.starts_with("1-") && !trace.contains(char::is_whitespace) => {}
        Some(duration) => init = Some(millis(duration)?),
    }
    Some(Report {
        request_id: RequestId::absent(),
        duration: millis(duration)?,
        billed: None,
        memory_size_mb: None,
        max_memory_used_mb: Some(quantity(used, "MB")?.parse().ok()?),
        init,
        restore: None,
        status,
        error_type: None,
        trace: None,
        completeness: Completeness::Whole,
        at: None,
    })
}

fn millis(text: &str) -> Option<Micros> {
    Micros::parse_millis(quantity(text, "ms")?).ok()
}

/// The number before a unit.
fn quantity<'a>(text: &'a str, unit: &str) -> Option<&'a str> {
    let mut words = text.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(number), Some(its_unit), None) if its_unit == unit => Some(number),
        _ => None,
    }
}
