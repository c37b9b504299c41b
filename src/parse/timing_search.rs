//! Timing records of other people's handlers: the known fields, wherever their logger put them.

use std::borrow::Cow;

use latscope_schema::{CallStatus, SCHEMA, TimingRecord};
use serde_json::{Map, Value};

use super::record::Timing;
use super::timing::{SCHEMA_FAMILY, UNKNOWN_VERSION, checked};
use super::timing_keys::{Field, Key, TimingKeys, Unit};
use super::timing_spellings::LIKELY_REQUEST_IDS;
use crate::vocab::Timestamp;

type Fault = Cow<'static, str>;

/// What a text prefix before the JSON object told.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Prefix<'a> {
    /// The Lambda request id that the runtime's logger wrote.
    pub(super) request_id: Option<&'a str>,
}

/// Looks for a timing record in a JSON object: one of our own schema that a logger put inside a
/// record of its own, or any with an inference time. `None` if there is neither.
pub(super) fn search(
    object: &Map<String, Value>,
    prefix: Prefix<'_>,
    keys: &TimingKeys,
) -> Option<Result<Timing<'static>, Fault>> {
    let texts: Vec<Map<String, Value>> = nested_texts(object)
        .filter_map(|text| serde_json::from_str(text).ok())
        .collect();
    let inner = NESTS.iter().filter_map(|&key| object.get(key)?.as_object());
    let scopes: Vec<_> = std::iter::once(object).chain(inner).chain(&texts).collect();
    let own = scopes.iter().copied().find(|scope| schema_of(scope).is_some());
    if own.and_then(schema_of).is_some_and(|schema| schema != SCHEMA) {
        return Some(Err(UNKNOWN_VERSION.into()));
    }
    let holds = |key: &Key| scopes.iter().any(|scope| at_path(scope, &key.path).is_some());
    let is_timing = own.is_some() || keys.of(Field::Inference).any(holds) || tells_failure(keys, &scopes);
    is_timing.then(|| read(own, prefix, keys, object, &scopes))
}

/// Whether a record leaves its inference time empty because the call failed.
fn tells_failure(keys: &TimingKeys, scopes: &[&Map<String, Value>]) -> bool {
    let is_empty = |key: &Key| {
        let value = scopes.iter().find_map(|scope| scope.get(&key.path));
        value.is_some_and(Value::is_null)
    };
    let has_failed = |key: &Key| {
        let value = scopes.iter().find_map(|scope| at_path(scope, &key.path));
        value
            .and_then(status)
            .is_some_and(|status| status != CallStatus::Ok)
    };
    keys.of(Field::Inference).any(is_empty) && keys.of(Field::Status).any(has_failed)
}

/// The schema of an object, if it is a version of our own.
fn schema_of(object: &Map<String, Value>) -> Option<&str> {
    let schema = object.get("schema")?.as_str()?;
    schema.starts_with(SCHEMA_FAMILY).then_some(schema)
}

/// Reads the fields from the scopes, the outermost first. `own` is the scope that holds a record
/// of our own schema.
fn read(
    own: Option<&Map<String, Value>>,
    prefix: Prefix<'_>,
    keys: &TimingKeys,
    root: &Map<String, Value>,
    scopes: &[&Map<String, Value>],
) -> Result<Timing<'static>, Fault> {
    let find = |key: &Key| scopes.iter().find_map(|scope| at_path(scope, &key.path));
    let text = |field: Field| keys.of(field).filter_map(&find).find_map(Value::as_str);
    let millis = |field: Field, name: &str| -> Result<Option<f64>, Fault> {
        // A record of our own has the other figures of a call beside its inference time.
        let mut keys = keys.of(field).filter(|key| own.is_none() || key.path == name);
        let Some((value, key)) = keys.find_map(|key| Some((find(key)?, key))) else {
            return Ok(None);
        };
        let value = number(value).ok_or_else(|| format!("timing record: {name} is not one number"))?;
        Ok(Some(in_millis(
            value,
            declared_unit(root, &key.path).unwrap_or(key.unit),
        )))
    };
    let inference = millis(Field::Inference, "inference_ms")?;
    let request_id = own
        .and_then(|own| own.get("request_id")?.as_str())
        .or_else(|| text(Field::RequestId))
        .or_else(|| span_request_id(root))
        .or(prefix.request_id)
        .or_else(|| {
            // The outer record is the logger's: its id is Lambda's even where the application
            // logs that of another service inside.
            scopes.iter().find_map(|&scope| {
                let mut ids = LIKELY_REQUEST_IDS.iter().filter_map(|&key| scope.get(key));
                ids.find_map(Value::as_str)
            })
        })
        .filter(|id| !id.is_empty())
        .ok_or("timing record without a Lambda request id under a key that is known")?;
    let mut record = TimingRecord::new(request_id);
    record.inference_ms = inference;
    record.request_model = text(Field::Model).map(Cow::Borrowed);
    record.response_model = text(Field::ResponseModel).map(Cow::Borrowed);
    record.retry_ms = millis(Field::Retry, "retry_ms")?;
    record.start_offset_ms = millis(Field::StartOffset, "start_offset_ms")?;
    record.cold_start = keys.of(Field::ColdStart).filter_map(&find).find_map(truth);
    record.initialization_type = text(Field::InitializationType).map(Cow::Borrowed);
    record.error_type = text(Field::ErrorType).map(Cow::Borrowed);
    record.status = keys.of(Field::Status).filter_map(&find).find_map(status);
    record.bedrock_request_id = text(Field::BedrockRequestId).map(Cow::Borrowed);
    // A record of our own has its facts under the schema's names, and no other record's beside them.
    let values = |field: Field, name: &str| -> Vec<&Value> {
        match own {
            Some(own) => own.get(name).into_iter().collect(),
            None => keys.of(field).filter_map(&find).collect(),
        }
    };
    let counted = |field, name| values(field, name).into_iter().find_map(count);
    record.input_tokens = counted(Field::InputTokens, "gen_ai.usage.input_tokens");
    record.output_tokens = counted(Field::OutputTokens, "gen_ai.usage.output_tokens");
    record.max_tokens = counted(Field::MaxTokens, "gen_ai.request.max_tokens");
    let retries = counted(Field::RetryCount, "retry_count");
    record.retry_count = retries.and_then(|count| u32::try_from(count).ok());
    let temperatures = values(Field::Temperature, "gen_ai.request.temperature");
    record.temperature = temperatures.into_iter().find_map(number);
    record.streaming = values(Field::Streaming, "streaming").into_iter().find_map(truth);
    let hashes = values(Field::PromptHash, "prompt_hash");
    record.prompt_hash = hashes.into_iter().find_map(Value::as_str).map(Cow::Borrowed);
    let callers = values(Field::ClientRequestId, "client_request_id");
    record.client_request_id = callers.into_iter().find_map(Value::as_str).map(Cow::Borrowed);
    // Beside the call itself nothing is worth a rejection.
    let time = |field, name: &str| match own {
        Some(own) => own.get(name).and_then(number),
        None => millis(field, name).ok().flatten(),
    };
    record.before_ms = time(Field::Before, "before_ms");
    record.after_ms = time(Field::After, "after_ms");
    record.time_to_first_token_ms = time(Field::TimeToFirstToken, "time_to_first_token_ms");
    record.bedrock_latency_ms = time(Field::BedrockLatency, "bedrock_latency_ms");
    let mut timing = checked(&record)?.into_owned();
    timing.call_index = keys
        .of(Field::CallIndex)
        .filter_map(&find)
        .find_map(whole)
        .and_then(|index| u32::try_from(index).ok())
        .or(own.map(|_| record.call_index));
    timing.is_embedded_metric = root.contains_key("_aws");
    timing.at = time_of(root);
    Ok(timing)
}

/// Keys of the time at which a logger wrote a record.
pub(super) const TIMES: [&str; 6] = ["timestamp", "time", "@timestamp", "Timestamp", "ts", "asctime"];

/// When a logger wrote the record.
fn time_of(root: &Map<String, Value>) -> Option<Timestamp> {
    TIMES
        .iter()
        .find_map(|&key| Timestamp::parse(root.get(key)?.as_str()?))
}

/// Objects inside a log record that loggers put the application's own fields into.
pub(super) const NESTS: [&str; 4] = ["message", "fields", "record", "data"];

/// Texts in braces that were logged inside a record, with or without words before them.
pub(super) fn nested_texts(root: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let fields = root.get("fields").and_then(|fields| fields.get("message"));
    NESTS
        .iter()
        .filter_map(|&key| root.get(key))
        .chain(fields)
        .filter_map(|value| {
            let text = value.as_str()?;
            Some(&text[text.find('{')?..])
        })
}

/// The value at a key, or inside objects where the key is joined by dots.
fn at_path<'a>(object: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(value) = object.get(path) {
        return (!value.is_null()).then_some(value);
    }
    path.match_indices('.')
        .find_map(|(dot, _)| at_path(object.get(&path[..dot])?.as_object()?, &path[dot + 1..]))
}

/// A number, a number written as text, or an array of one number, as embedded metrics have it.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Array(values) => match values.as_slice() {
            [one @ Value::Number(_)] => number(one),
            _ => None,
        },
        _ => None,
    }
}

/// A whole number, also as text.
fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_u64(),
    }
}

/// A number that counts something; Logs Insights may write it with a fraction of zero.
fn count(value: &Value) -> Option<u64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    whole(value).or_else(|| {
        // It is whole and fits, so nothing is lost.
        let number = number(value)?;
        (number.fract() == 0.0 && (0.0..=EXACT).contains(&number)).then_some(number as u64)
    })
}

fn in_millis(value: f64, unit: Unit) -> f64 {
    match unit {
        Unit::Milliseconds => value,
        Unit::Seconds => value * 1000.0,
        Unit::Microseconds => value / 1000.0,
    }
}

/// The unit that an embedded metric says it has.
fn declared_unit(root: &Map<String, Value>, metric: &str) -> Option<Unit> {
    let directives = root.get("_aws")?.get("CloudWatchMetrics")?.as_array()?;
    let mut metrics = directives
        .iter()
        .filter_map(|directive| directive.get("Metrics")?.as_array())
        .flatten();
    let is_it = |entry: &&Value| entry.get("Name").and_then(Value::as_str) == Some(metric);
    match metrics.find(is_it)?.get("Unit")?.as_str()? {
        "Seconds" => Some(Unit::Seconds),
        "Milliseconds" => Some(Unit::Milliseconds),
        "Microseconds" => Some(Unit::Microseconds),
        _ => None,
    }
}

/// A truth value, or a metric that counts it.
fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            // Logs Insights writes truth values as numbers.
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        other => number(other).map(|count| count != 0.0),
    }
}

/// Words and HTTP codes that handlers log as the outcome of a call.
pub(super) fn status(value: &Value) -> Option<CallStatus> {
    if let Some(code) = whole(value) {
        return match code {
            200..=399 => Some(CallStatus::Ok),
            429 => Some(CallStatus::Throttled),
            408 | 504 => Some(CallStatus::Timeout),
            400..=599 => Some(CallStatus::Error),
            _ => None,
        };
    }
    match value.as_str()?.to_ascii_lowercase().as_str() {
        "ok" | "success" | "succeeded" => Some(CallStatus::Ok),
        "throttled" | "throttle" => Some(CallStatus::Throttled),
        "timeout" | "timed_out" | "timedout" => Some(CallStatus::Timeout),
        "error" | "failed" | "failure" | "fault" => Some(CallStatus::Error),
        _ => None,
    }
}

/// The span in which the Rust runtime calls a handler.
pub(super) const RUST_SPAN: &str = "Lambda runtime invoke";

/// The id in the span of the Rust runtime: `span.requestId`, or that of the span named
/// `Lambda runtime invoke` in `spans`.
fn span_request_id(root: &Map<String, Value>) -> Option<&str> {
    if let Some(id) = root
        .get("span")
        .and_then(|span| span.get("requestId"))
        .and_then(Value::as_str)
    {
        return Some(id);
    }
    root.get("spans")?
        .as_array()?
        .iter()
        .filter(|span| span.get("name").and_then(Value::as_str) == Some(RUST_SPAN))
        .find_map(|span| span.get("requestId")?.as_str())
}
