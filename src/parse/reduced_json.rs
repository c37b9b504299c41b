//! The platform's JSON events and Bedrock's logs written anew from what was read of them.

use std::borrow::Cow;

use super::lenient::{Object as Lenient, Text};
use super::plain::{self, Object};
use super::record::{BedrockCall, InitPhase, Lifecycle, LifecycleRecord, Report, Status};
use crate::vocab::Timestamp;

/// What a record does not keep of an event.
#[derive(serde::Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    record: Lenient<Traced<'a>>,
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Traced<'a> {
    #[serde(borrow)]
    tracing: Lenient<Tracing<'a>>,
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Tracing<'a> {
    #[serde(borrow)]
    value: Text<'a>,
}

/// A `platform.report` event, with its trace, which tells copies of it apart.
pub(super) fn report(report: &Report, message: &str) -> String {
    let mut metrics = Object::default();
    metrics
        .millis("durationMs", Some(report.duration))
        .millis("billedDurationMs", report.billed)
        .count("memorySizeMB", report.memory_size_mb.map(u64::from))
        .count("maxMemoryUsedMB", report.max_memory_used_mb.map(u64::from))
        .millis("initDurationMs", report.init)
        .millis("restoreDurationMs", report.restore);
    let mut record = Object::default();
    record
        .text("requestId", &plain::request_id(&report.request_id))
        .json("metrics", &metrics.finish())
        .word("status", report.status.map(Status::word))
        .word(
            "errorType",
            report.error_type.as_deref().map(plain::platform_error),
        );
    let event = serde_json::from_str::<Event<'_>>(message).ok();
    let trace = event
        .as_ref()
        .and_then(|event| event.record.0.tracing.0.value.get());
    if let Some(trace) = trace.and_then(ids_of_trace) {
        let tracing = Object::default().text("value", &trace).finish();
        record.json("tracing", &tracing);
    }
    written(report.at, "platform.report", &mut record)
}

/// `Root=…;Parent=…;Sampled=1` of a trace.
fn ids_of_trace(text: &str) -> Option<String> {
    let is_id = |part: &&str| {
        let mut names = ["Root=", "Parent=", "Sampled="].iter();
        names.any(|name| {
            part.strip_prefix(name)
                .is_some_and(|id| plain::trace_id(id).is_some())
        })
    };
    let ids: Vec<&str> = text.split(';').filter(is_id).collect();
    (!ids.is_empty()).then(|| ids.join(";"))
}

/// Any other event of the platform. `None` if nothing of it may be kept.
pub(super) fn lifecycle(lifecycle: &LifecycleRecord, message: &str) -> Option<String> {
    let mut record = Object::default();
    let id = plain::request_id;
    let kind = match &lifecycle.line {
        Lifecycle::Start {
            request_id,
            version,
            function_arn,
        } => {
            record
                .text("requestId", &id(request_id))
                .word("version", version.as_deref().and_then(plain::version))
                .word("functionArn", function_arn.as_deref().and_then(plain::arn));
            "platform.start"
        }
        Lifecycle::End { request_id } => {
            record.text("requestId", &id(request_id));
            let event = serde_json::from_str::<Event<'_>>(message).ok();
            match event.is_some_and(|event| event.kind == "platform.end") {
                true => "platform.end",
                false => "platform.runtimeDone",
            }
        }
        Lifecycle::InitStart {
            phase,
            initialization_type,
            function_name,
            function_version,
            runtime_arn,
        } => {
            record
                .word("phase", phase.map(InitPhase::word))
                .word(
                    "initializationType",
                    initialization_type
                        .as_deref()
                        .and_then(plain::initialization_type),
                )
                .word("functionName", function_name.as_deref())
                .word(
                    "functionVersion",
                    function_version.as_deref().and_then(plain::version),
                )
                .word("runtimeVersionArn", runtime_arn.as_deref().and_then(plain::arn));
            "platform.initStart"
        }
        Lifecycle::InitReport {
            duration,
            phase,
            status,
            initialization_type,
        } => {
            let metrics = Object::default().millis("durationMs", *duration).finish();
            record
                .json("metrics", &metrics)
                .word("phase", phase.map(InitPhase::word))
                .word("status", status.map(Status::word))
                .word(
                    "initializationType",
                    initialization_type
                        .as_deref()
                        .and_then(plain::initialization_type),
                );
            "platform.initReport"
        }
        Lifecycle::RestoreStart => "platform.restoreStart",
        Lifecycle::RestoreReport { duration, status } => {
            let metrics = Object::default().millis("durationMs", *duration).finish();
            record
                .json("metrics", &metrics)
                .word("status", status.map(Status::word));
            "platform.restoreReport"
        }
        Lifecycle::LogsDropped { records } => {
            record.count("droppedRecords", Some(*records));
            "platform.logsDropped"
        }
        // Timeouts and crashes are text in both formats of Lambda.
        Lifecycle::TimedOut { .. } | Lifecycle::Crashed { .. } | Lifecycle::Other => return None,
    };
    Some(written(lifecycle.at, kind, &mut record))
}

fn written(at: Option<Timestamp>, kind: &str, record: &mut Object) -> String {
    let mut event = Object::default();
    if let Some(time) = at.and_then(plain::time_text) {
        event.text("time", &time);
    }
    event.text("type", kind).json("record", &record.finish()).finish()
}

/// A model invocation log without its bodies.
///
/// # Errors
/// Why it cannot be read, where what it needs may be prose.
pub(super) fn bedrock_log(call: &BedrockCall) -> Result<String, &'static str> {
    if plain::word(&call.request_id).is_none() {
        return Err("Bedrock model invocation log without a request id");
    }
    if plain::word(&call.model_as_logged).is_none() {
        return Err("Bedrock model invocation log without a model id");
    }
    let operation = call.operation.as_deref().and_then(plain::word);
    let mut output = Object::default();
    output.count("outputTokenCount", call.output_tokens);
    if let Some(latency) = call.latency {
        // Where each operation has it.
        let body = match operation.is_some_and(|name| name.starts_with("InvokeModel")) {
            true => {
                let metrics = Object::default()
                    .millis("invocationLatency", Some(latency))
                    .finish();
                let chunk = Object::default()
                    .json("amazon-bedrock-invocationMetrics", &metrics)
                    .finish();
                format!("[{chunk}]")
            }
            false => {
                let metrics = Object::default().millis("latencyMs", Some(latency)).finish();
                Object::default().json("metrics", &metrics).finish()
            }
        };
        output.json("outputBodyJson", &body);
    }
    let input = Object::default()
        .count("inputTokenCount", call.input_tokens)
        .finish();
    let mut log = Object::default();
    log.text("schemaType", "ModelInvocationLog");
    if let Some(time) = call.at.and_then(plain::time_text) {
        log.text("timestamp", &time);
    }
    log.word("region", call.region.as_deref())
        .word("requestId", Some(&call.request_id))
        .word("operation", operation)
        .word("modelId", Some(&call.model_as_logged))
        .word("errorCode", call.error_code.as_deref())
        .json("input", &input)
        .json("output", &output.finish());
    Ok(log.finish())
}
