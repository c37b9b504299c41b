//! Lambda's JSON log format: `{"time": …, "type": "platform.…", "record": …}`.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::lenient::{Object, Text};
use super::record::{Completeness, InitPhase, Lifecycle, LifecycleRecord, Record, Report, Status};
use crate::vocab::{Micros, RequestId, Timestamp, TraceId};

type Fault = Cow<'static, str>;

/// Nothing but its type decides whether an object is an event: one that lacks something else is
/// rejected and does not pass for a line of the application.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    time: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    record: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReportRecord<'a> {
    #[serde(borrow)]
    request_id: Option<Cow<'a, str>>,
    metrics: Option<Metrics>,
    #[serde(borrow)]
    status: Option<Cow<'a, str>>,
    #[serde(borrow)]
    error_type: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    tracing: Object<Tracing<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Tracing<'a> {
    #[serde(borrow)]
    value: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metrics {
    duration_ms: Option<f64>,
    billed_duration_ms: Option<f64>,
    #[serde(rename = "memorySizeMB")]
    memory_size_mb: Option<f64>,
    #[serde(rename = "maxMemoryUsedMB")]
    max_memory_used_mb: Option<f64>,
    init_duration_ms: Option<f64>,
    restore_duration_ms: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PhaseRecord<'a> {
    #[serde(borrow)]
    request_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    version: Option<Cow<'a, str>>,
    #[serde(borrow)]
    function_arn: Option<Cow<'a, str>>,
    #[serde(borrow)]
    function_name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    function_version: Option<Cow<'a, str>>,
    #[serde(borrow)]
    runtime_version_arn: Option<Cow<'a, str>>,
    #[serde(borrow)]
    initialization_type: Option<Cow<'a, str>>,
    #[serde(borrow)]
    phase: Option<Cow<'a, str>>,
    #[serde(borrow)]
    status: Option<Cow<'a, str>>,
    metrics: Option<Metrics>,
    dropped_records: Option<u64>,
}

/// The kinds of platform event that are read.
pub(super) const KINDS: [&str; 9] = [
    "report",
    "start",
    "runtimeDone",
    "end",
    "initStart",
    "initReport",
    "restoreStart",
    "restoreReport",
    "logsDropped",
];

/// Reads a platform event. `None` if the message is JSON of another kind.
pub(super) fn parse(message: &str) -> Option<Result<Record<'static>, Fault>> {
    let envelope = serde_json::from_str::<Envelope<'_>>(message).ok()?;
    let kind = envelope.kind.strip_prefix("platform.")?;
    let Some(record) = envelope.record.map(RawValue::get) else {
        // A kind that is not known may be any text, which a reason never quotes.
        let kind = KINDS.iter().find(|known| **known == kind).unwrap_or(&"…");
        return Some(Err(format!("platform.{kind} without a record").into()));
    };
    let time = envelope
        .time
        .and_then(|time| serde_json::from_str::<Cow<'_, str>>(time.get()).ok());
    let at = time.as_deref().and_then(Timestamp::parse);
    Some(match kind {
        "report" => report(record, at).map(Record::Report),
        kind if KINDS.contains(&kind) => {
            lifecycle(kind, record).map(|line| Record::Lifecycle(LifecycleRecord { line, at }))
        }
        // Extensions, telemetry subscriptions, web functions' summaries, and kinds to come.
        _ => Ok(Record::Lifecycle(LifecycleRecord {
            line: Lifecycle::Other,
            at,
        })),
    })
}

fn report(record: &str, at: Option<Timestamp>) -> Result<Report, Fault> {
    let record: ReportRecord<'_> =
        serde_json::from_str(record).map_err(|_| "platform.report with a field of a wrong type")?;
    let metrics = record.metrics.ok_or("platform.report without metrics")?;
    let duration = micros(metrics.duration_ms, "durationMs")?.ok_or("platform.report without durationMs")?;
    let billed = micros(metrics.billed_duration_ms, "billedDurationMs")?;
    Ok(Report {
        request_id: request_id(record.request_id.as_deref(), "report")?,
        duration,
        billed,
        memory_size_mb: megabytes(metrics.memory_size_mb),
        max_memory_used_mb: megabytes(metrics.max_memory_used_mb),
        init: micros(metrics.init_duration_ms, "initDurationMs")?,
        restore: micros(metrics.restore_duration_ms, "restoreDurationMs")?,
        status: record.status.as_deref().map(Status::from_word),
        error_type: record.error_type.map(Into::into),
        trace: record.tracing.0.value.get().and_then(TraceId::parse),
        completeness: if billed.is_some() {
            Completeness::Whole
        } else {
            Completeness::DurationOnly
        },
        at,
    })
}

fn lifecycle(kind: &str, record: &str) -> Result<Lifecycle, Fault> {
    let record: PhaseRecord<'_> = match serde_json::from_str(record) {
        Ok(record) => record,
        Err(_) => return Err(format!("platform.{kind} with a field of a wrong type").into()),
    };
    let owned = |text: Option<Cow<'_, str>>| text.map(Into::into);
    let duration = micros(
        record.metrics.and_then(|metrics| metrics.duration_ms),
        "durationMs",
    )?;
    let status = record.status.as_deref().map(Status::from_word);
    Ok(match kind {
        "start" => Lifecycle::Start {
            request_id: request_id(record.request_id.as_deref(), kind)?,
            version: owned(record.version),
            function_arn: owned(record.function_arn),
        },
        "runtimeDone" | "end" => Lifecycle::End {
            request_id: request_id(record.request_id.as_deref(), kind)?,
        },
        "initStart" => Lifecycle::InitStart {
            phase: record.phase.as_deref().and_then(InitPhase::from_word),
            initialization_type: owned(record.initialization_type),
            function_name: owned(record.function_name),
            function_version: owned(record.function_version),
            runtime_arn: owned(record.runtime_version_arn),
        },
        "initReport" => Lifecycle::InitReport {
            duration,
            phase: record.phase.as_deref().and_then(InitPhase::from_word),
            status,
            initialization_type: owned(record.initialization_type),
        },
        "restoreStart" => Lifecycle::RestoreStart,
        "restoreReport" => Lifecycle::RestoreReport { duration, status },
        "logsDropped" => Lifecycle::LogsDropped {
            records: record.dropped_records.unwrap_or(0),
        },
        _ => Lifecycle::Other,
    })
}

fn request_id(text: Option<&str>, kind: &str) -> Result<RequestId, Fault> {
    text.and_then(RequestId::parse)
        .ok_or_else(|| format!("platform.{kind} without a request id").into())
}

fn micros(millis: Option<f64>, name: &str) -> Result<Option<Micros>, Fault> {
    match millis {
        None => Ok(None),
        Some(millis) => Micros::from_millis_f64(millis)
            .map(Some)
            .ok_or_else(|| format!("{name} is negative or too large to be a duration").into()),
    }
}

fn megabytes(value: Option<f64>) -> Option<u32> {
    value
        .filter(|&value| (0.0..=f64::from(u32::MAX)).contains(&value))
        .map(|value| value.round() as u32)
}
