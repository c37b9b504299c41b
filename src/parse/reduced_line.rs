//! The platform's text lines written anew from what was read of them.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::fields::{Fields, Value};
use super::record::{Completeness, InitPhase, Lifecycle, Report, Status};
use super::report_line::split_request_id;
use super::{escapes, plain};
use crate::vocab::RequestId;

impl Status {
    /// The platform's word.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
            Self::Timeout => "timeout",
        }
    }
}

impl InitPhase {
    /// The platform's word.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Invoke => "invoke",
            Self::SnapStart => "snap-start",
        }
    }
}

/// A `REPORT` line as Lambda writes it: tabs behind the fields, and its trace on a second line, which tells copies
/// of it apart. `line` is what it was read from.
pub(super) fn report(report: &Report, line: &str) -> String {
    if report.request_id == RequestId::absent() {
        return shortened_report(report);
    }
    let mut text = format!("REPORT RequestId: {}\t", plain::request_id(&report.request_id));
    let mut put = |label: &str, value: Option<String>| {
        if let Some(value) = value {
            // Writing to a text cannot fail.
            let _ = write!(text, "{label}: {value}\t");
        }
    };
    let millis = |duration| format!("{} ms", plain::printed_millis(duration));
    let megabytes = |size| format!("{size} MB");
    put("Duration", Some(millis(report.duration)));
    put(
        "Billed Duration",
        report
            .billed
            .map(|billed| format!("{} ms", plain::millis(billed))),
    );
    put("Memory Size", report.memory_size_mb.map(megabytes));
    put("Max Memory Used", report.max_memory_used_mb.map(megabytes));
    put("Init Duration", report.init.map(millis));
    put("Restore Duration", report.restore.map(millis));
    put("Status", report.status.map(|status| status.word().to_owned()));
    let error_type = report.error_type.as_deref().map(plain::platform_error);
    put("Error Type", error_type.map(str::to_owned));
    text.push_str(&trace(report, line));
    // Without its memory a line is taken for a cut one anyway.
    if report.completeness == Completeness::CutOff && report.max_memory_used_mb.is_some() {
        text.push_str("...");
    }
    text
}

/// The second line of a `REPORT`.
fn trace(report: &Report, line: &str) -> String {
    let rest = line.split_once("RequestId:").map_or("", |(_, rest)| rest);
    let mut fields = Fields::new(split_request_id(rest).map_or("", |(_, fields)| fields));
    let (mut id, mut segment, mut sampled) = (None, None, None);
    while let Some(Ok(field)) = fields.next_field() {
        let Value::Word(word) = field.value else { continue };
        match field.label {
            "XRAY TraceId" => id = plain::trace_id(word),
            "SegmentId" => segment = plain::trace_id(word),
            "Sampled" => sampled = Some(word).filter(|word| matches!(*word, "true" | "false")),
            _ => {}
        }
    }
    // Of a line with other words around its request id the trace alone is known.
    let known = report.trace.map(|trace| trace.to_string());
    let Some(id) = id.or(known.as_deref()) else {
        return String::new();
    };
    let mut text = format!("\nXRAY TraceId: {id}\t");
    for (label, value) in [("SegmentId", segment), ("Sampled", sampled)] {
        if let Some(value) = value {
            let _ = write!(text, "{label}: {value}\t");
        }
    }
    text
}

/// What the Serverless Framework makes of a `REPORT`.
fn shortened_report(report: &Report) -> String {
    let millis = |duration| format!("{} ms", plain::printed_millis(duration));
    let init = match (report.init, report.status) {
        (Some(init), _) => format!(" (init: {})", millis(init)),
        (None, Some(status)) => format!(" (init: {})", status.word()),
        (None, None) => String::new(),
    };
    format!(
        "END Duration: {}{init} Memory Used: {} MB",
        millis(report.duration),
        report.max_memory_used_mb.unwrap_or(0)
    )
}

/// Any other line of the platform. `None` if nothing of it may be kept. `message` is what it was read from.
pub(super) fn lifecycle(line: &Lifecycle, message: &str) -> Option<String> {
    let id = plain::request_id;
    Some(match line {
        Lifecycle::Start {
            request_id, version, ..
        } => match version.as_deref().and_then(plain::version) {
            Some(version) => format!("START RequestId: {} Version: {version}", id(request_id)),
            None => format!("START RequestId: {}", id(request_id)),
        },
        Lifecycle::End { request_id } => format!("END RequestId: {}", id(request_id)),
        Lifecycle::InitStart { runtime_arn, .. } => match runtime_arn.as_deref().and_then(plain::arn) {
            Some(arn) => format!("INIT_START Runtime Version ARN: {arn}"),
            None => "INIT_START Runtime Version:".to_owned(),
        },
        Lifecycle::InitReport {
            duration,
            phase,
            status,
            ..
        } => {
            let mut text = format!(
                "INIT_REPORT Init Duration: {} ms",
                plain::printed_millis((*duration)?)
            );
            if let Some(phase) = phase {
                let _ = write!(text, "\tPhase: {}", phase.word());
            }
            with_status(text, *status)
        }
        Lifecycle::RestoreStart => "RESTORE_START Runtime Version:".to_owned(),
        Lifecycle::RestoreReport { duration, status } => {
            let duration = plain::printed_millis((*duration)?);
            with_status(format!("RESTORE_REPORT Restore Duration: {duration} ms"), *status)
        }
        Lifecycle::TimedOut { request_id } => timed_out(request_id, message)?,
        Lifecycle::Crashed { request_id } => {
            format!("RequestId: {} {}", id(request_id), crash(message))
        }
        // No text line says so.
        Lifecycle::LogsDropped { .. } | Lifecycle::Other => return None,
    })
}

fn with_status(mut text: String, status: Option<Status>) -> String {
    if let Some(status) = status {
        let _ = write!(text, "\tStatus: {}", status.word());
    }
    text
}

fn timed_out(request_id: &RequestId, message: &str) -> Option<String> {
    let (before, seconds) = escapes::trim_end(message)
        .strip_suffix(" seconds")?
        .split_once(" Task timed out after ")?;
    let is_printed = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    let seconds = match seconds.len() <= 16 && seconds.bytes().all(is_printed) {
        true => seconds,
        false => "0",
    };
    let time = match before.rsplit_once(' ') {
        Some((time, _)) => plain::time(time)? + " ",
        None => Cow::Borrowed(""),
    };
    let id = plain::request_id(request_id);
    Some(format!("{time}{id} Task timed out after {seconds} seconds"))
}

/// What of a crash tells that it is one: the type of its error, or the platform's own words.
fn crash(message: &str) -> Cow<'static, str> {
    let last = message.split_whitespace().next_back().map(plain::platform_error);
    let is_type = |word: &&str| word.starts_with("Runtime.") || word.starts_with("Extension.");
    if message.contains(" Process exited before completing") {
        return "Process exited before completing request".into();
    }
    match last.filter(is_type) {
        Some(kind) => format!("Error: {kind}").into(),
        None => "Error: Runtime exited".into(),
    }
}
