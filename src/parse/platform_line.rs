//! Text lines of the platform other than `REPORT`.

use std::borrow::Cow;

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
        return Some(Ok(init_start(rest)));
    }
    if let Some(rest) = message.strip_prefix("INIT_REPORT ") {
        return Some(init_report(rest).ok_or_else(|| "INIT_REPORT without a readable Init Duration".into()));
    }
    if message.starts_with("RESTORE_START") {
        return Some(Ok(Lifecycle::RestoreStart));
    }
    if let Some(rest) = message.strip_prefix("RESTORE_REPORT ") {
        return Some(
            restore_report(rest).ok_or_else(|| "RESTORE_REPORT without a readable Restore Duration".into()),
        );
    }
    if ["EXTENSION\tName:", "LOGS\tName:", "TELEMETRY\tName:"]
        .iter()
        .any(|start| message.starts_with(start))
    {
        return Some(Ok(Lifecycle::Other));
    }
    crashed(message).or_else(|| timed_out(message)).map(Ok)
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
        initialization_type: None,
        function_name: None,
        function_version: None,
        runtime_arn: runtime_arn.map(Into::into),
    }
}

fn init_report(rest: &str) -> Option<Lifecycle> {
    let (mut duration, mut phase, mut status) = (None, None, None);
    let mut fields = Fields::new(rest);
    while let Some(Ok(field)) = fields.next_field() {
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
    while let Some(Ok(field)) = fields.next_field() {
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

/// `RequestId: <id> Error: Runtime exited …` or `RequestId: <id> Process exited before …`.
fn crashed(message: &str) -> Option<Lifecycle> {
    let (id, said) = message.strip_prefix("RequestId: ")?.split_once(' ')?;
    let is_crash =
        said.starts_with("Error: Runtime exited") || said.starts_with("Process exited before completing");
    Some(Lifecycle::Crashed {
        request_id: RequestId::parse(id).filter(|_| is_crash)?,
    })
}

/// `[<time> ]<id> Task timed out after 3.00 seconds` and nothing else.
fn timed_out(message: &str) -> Option<Lifecycle> {
    let (before, after) = message.split_once(" Task timed out after ")?;
    let seconds = after.trim_end().strip_suffix(" seconds")?;
    seconds.parse::<f64>().ok()?;
    let id = match before.split_once(' ') {
        Some((time, id)) => {
            Timestamp::parse(time)?;
            id
        }
        None => before,
    };
    Some(Lifecycle::TimedOut {
        request_id: RequestId::parse(id)?,
    })
}
