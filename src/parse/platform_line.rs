//! Text lines of the platform other than `REPORT`.

use std::borrow::Cow;

use super::escapes;
use super::fields::Fields;
use super::record::{InitPhase, Lifecycle, Status};
use crate::vocab::{RequestId, Timestamp};

/// Reads a platform line. `None` if the message is none.
pub(super) fn parse(message: &str) -> Option<Result<Lifecycle, Cow<'static, str>>> {
    if let Some(rest) = message.strip_prefix("START RequestId:") {
        return Some(start(rest).ok_or_else(|| "START without a request id".into()));
    }
    if let Some(rest) = message.strip_prefix("END RequestId:") {
        let request_id = rest.split_whitespace().next().and_then(RequestId::parse);
        return Some(
            request_id
                .map(|request_id| Lifecycle::End { request_id })
                .ok_or_else(|| "END without a request id".into()),
        );
    }
    if let Some(rest) = message.strip_prefix("INIT_START ") {
        let is_ours = is_runtime_version(rest).ok_or_else(|| "INIT_START without a runtime version".into());
        return Some(is_ours.map(|()| init_start(rest)));
    }
    if let Some(rest) = message.strip_prefix("INIT_REPORT ") {
        return Some(
            init_report(rest).ok_or_else(|| "INIT_REPORT that is cut off or without Init Duration".into()),
        );
    }
    if let Some(rest) = message.strip_prefix("RESTORE_START ") {
        let is_ours =
            is_runtime_version(rest).ok_or_else(|| "RESTORE_START without a runtime version".into());
        return Some(is_ours.map(|()| Lifecycle::RestoreStart));
    }
    if let Some(rest) = message.strip_prefix("RESTORE_REPORT ") {
        return Some(
            restore_report(rest)
                .ok_or_else(|| "RESTORE_REPORT that is cut off or without Restore Duration".into()),
        );
    }
    let is_named =
        |rest: &str| rest.starts_with(char::is_whitespace) && rest.trim_start().starts_with("Name:");
    if ["EXTENSION", "LOGS", "TELEMETRY"]
        .iter()
        .any(|word| message.strip_prefix(word).is_some_and(is_named))
    {
        return Some(Ok(Lifecycle::Other));
    }
    crashed(message).or_else(|| timed_out(message)).map(Ok)
}

/// Whether the platform's words follow, and not an application's.
fn is_runtime_version(rest: &str) -> Option<()> {
    // The Serverless Framework writes the dash.
    let is_ours = |label| rest.starts_with(label);
    (rest.trim().is_empty() || ["Runtime Version", "Runtime - Version:"].iter().any(is_ours)).then_some(())
}

fn start(rest: &str) -> Option<Lifecycle> {
    let mut words = rest.split_whitespace();
    let request_id = RequestId::parse(words.next()?)?;
    let version = words
        .next()
        .filter(|&word| word == "Version:")
        .and_then(|_| words.next());
    Some(Lifecycle::Start {
        request_id,
        version: version.map(Into::into),
        function_arn: None,
    })
}

fn init_start(rest: &str) -> Lifecycle {
    let runtime_arn = rest
        .split_once("Runtime Version ARN:")
        .and_then(|(_, arn)| arn.split_whitespace().next());
    Lifecycle::InitStart {
        phase: None,
        initialization_type: None,
        function_name: None,
        function_version: None,
        runtime_arn: runtime_arn.map(Into::into),
    }
}

fn init_report(rest: &str) -> Option<Lifecycle> {
    let (mut duration, mut phase, mut status) = (None, None, None);
    let mut fields = Fields::new(rest);
    while let Some(field) = fields.next_field() {
        let field = field.ok()?;
        match field.label {
            "Init Duration" => duration = field.value.millis().ok(),
            "Phase" => phase = field.value.word().as_deref().and_then(InitPhase::from_word),
            "Status" => status = field.value.word().as_deref().map(Status::from_word),
            _ => {}
        }
    }
    Some(Lifecycle::InitReport {
        duration: Some(duration?),
        phase,
        status,
        initialization_type: None,
    })
}

fn restore_report(rest: &str) -> Option<Lifecycle> {
    let (mut duration, mut status) = (None, None);
    let mut fields = Fields::new(rest);
    while let Some(field) = fields.next_field() {
        let field = field.ok()?;
        match field.label {
            "Restore Duration" => duration = field.value.millis().ok(),
            "Status" => status = field.value.word().as_deref().map(Status::from_word),
            _ => {}
        }
    }
    Some(Lifecycle::RestoreReport {
        duration: Some(duration?),
        status,
    })
}

impl InitPhase {
    /// Reads the platform's word; a phase not known is none.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        match word {
            "init" => Some(Self::Init),
            "invoke" => Some(Self::Invoke),
            "snap-start" => Some(Self::SnapStart),
            _ => None,
        }
    }
}

/// `RequestId: <id> Error: <text> Runtime.<Type>`, the type being on a line of its own, or
/// `RequestId: <id> Process exited before …`. An application may write `RequestId: <id> Error:` too.
fn crashed(message: &str) -> Option<Lifecycle> {
    let (id, said) = message.strip_prefix("RequestId: ")?.split_once(' ')?;
    let is_typed = said
        .split_whitespace()
        .next_back()
        .is_some_and(|word| word.starts_with("Runtime.") || word.starts_with("Extension."));
    let is_crash = said.starts_with("Error: Runtime exited")
        || (said.starts_with("Error: ") && is_typed)
        || said.starts_with("Process exited before completing");
    Some(Lifecycle::Crashed {
        request_id: RequestId::parse(id).filter(|_| is_crash)?,
    })
}

/// The time that the platform prints in front of a timeout.
pub(super) fn printed_time(line: &Lifecycle, message: &str) -> Option<Timestamp> {
    match line {
        Lifecycle::TimedOut { .. } => Timestamp::parse(message.split_once(' ')?.0),
        _ => None,
    }
}

/// `[<time> ]<id> Task timed out after 3.00 seconds` and nothing else.
fn timed_out(message: &str) -> Option<Lifecycle> {
    // The end is looked at first: it spares almost every line of the application a search.
    let (before, seconds) = escapes::trim_end(message)
        .strip_suffix(" seconds")?
        .split_once(" Task timed out after ")?;
    seconds.parse::<f64>().ok()?;
    let request_id = match before.rsplit_once(' ') {
        Some((time, id)) => {
            Timestamp::parse(time)?;
            RequestId::parse(id)?
        }
        // Any word could stand there in a line of the application.
        None => RequestId::parse(before).filter(|id| matches!(id, RequestId::Uuid(_)) || id.is_redacted())?,
    };
    Some(Lifecycle::TimedOut { request_id })
}
