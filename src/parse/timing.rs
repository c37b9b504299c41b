//! Timing records: our own schema, and what both ways of reading come to.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use latscope_schema::{CallStatus, SCHEMA, TimingRecord, is_id};
use memchr::memmem::Finder;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::call_facts::CallFacts;
use super::record::Timing;
use super::timing_flat;
use super::timing_memory::TimingMemory;
use crate::vocab::{Micros, ModelId, RequestId};

type Fault = Cow<'static, str>;

/// What begins the schema of every version of our own record.
pub(super) const SCHEMA_FAMILY: &str = "latscope.timing/";

/// Prepared once.
static KEY_OF_SCHEMA: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"schema\""));

/// Why a record of another version is rejected.
pub(super) const UNKNOWN_VERSION: &str = "timing record of a version that this latscope does not know";

/// Reads a record of our own schema. `None` if the JSON object is none.
pub(super) fn parse_own(json: &str) -> Option<Result<Timing<'_>, Fault>> {
    // A key may be written with escapes; else it stands there as it is.
    let has_schema = || KEY_OF_SCHEMA.find(json.as_bytes()).is_some();
    if memchr::memchr(b'\\', json.as_bytes()).is_none() && !has_schema() {
        return None;
    }
    match serde_json::from_str::<TimingRecord<'_>>(json) {
        Ok(record) if record.schema == SCHEMA => Some(checked(&record)),
        _ => {
            let schema = schema(json)?;
            if schema == SCHEMA {
                Some(Err("timing record with a field missing or of a wrong type".into()))
            } else if schema.starts_with(SCHEMA_FAMILY) {
                Some(Err(UNKNOWN_VERSION.into()))
            } else {
                None
            }
        }
    }
}

/// Reads a record of our own schema as our handler writes it. `None` if it is to be read by a parser.
pub(super) fn parse_flat(json: &str) -> Option<Timing<'_>> {
    let mut record = TimingRecord::new("");
    timing_flat::read::<false>(json, &mut record)?;
    checked(&record).ok()
}

/// Reads a record of our own schema as our handler writes it, as it is or as it stands inside a JSON text, and what is made of it.
/// `None` if it is to be read by a parser.
#[inline]
pub(super) fn parse_usual<'a, T>(
    json: &'a str,
    is_escaped: bool,
    memory: &mut TimingMemory,
    then: impl FnOnce(&mut Timing<'a>) -> T,
) -> Option<T> {
    let mut record = TimingRecord::new("");
    memory.read(json, is_escaped, &mut record)?;
    let is_times_only = memory.is_times_only;
    let facts = |record: &TimingRecord<'a>| match is_times_only {
        true => CallFacts::default(),
        false => facts(record),
    };
    checked_with(&record, facts).as_mut().ok().map(then)
}

/// The schema that a JSON object says it has.
pub(super) fn schema(json: &str) -> Option<String> {
    serde_json::from_str::<Schema>(json).ok()?.0
}

/// The schema of an object: of several the last, as where other records are looked for.
struct Schema(Option<String>);

impl<'de> Deserialize<'de> for Schema {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SchemaVisitor;
        impl<'de> Visitor<'de> for SchemaVisitor {
            type Value = Schema;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Schema, A::Error> {
                let mut schema = None;
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    if key == "schema" {
                        schema = map.next_value::<Value>()?.as_str().map(str::to_owned);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Schema(schema))
            }
        }
        deserializer.deserialize_map(SchemaVisitor)
    }
}

/// Brings a record to the meaning that the analysis uses.
pub(super) fn checked<'a>(record: &TimingRecord<'a>) -> Result<Timing<'a>, Fault> {
    checked_with(record, facts)
}

#[inline(always)]
fn checked_with<'a>(
    record: &TimingRecord<'a>,
    facts: impl FnOnce(&TimingRecord<'a>) -> CallFacts<'a>,
) -> Result<Timing<'a>, Fault> {
    let request_id =
        RequestId::parse(&record.request_id).ok_or("timing record without a Lambda request id")?;
    let requested = record.request_model.as_ref().and_then(with_text);
    let answered = record.response_model.as_ref().and_then(with_text);
    // What an application inference profile stands for is known from the answer alone.
    let logged = match (requested, answered) {
        (Some(requested), Some(answered)) if requested != answered && ModelId::is_opaque(&requested) => {
            Some(answered)
        }
        (requested, answered) => requested.or(answered),
    };
    Ok(Timing {
        request_id,
        call_index: Some(record.call_index),
        start_offset: micros(record.start_offset_ms, "start_offset_ms")?,
        model_as_logged: logged,
        inference: micros(record.inference_ms, "inference_ms")?,
        retry: micros(record.retry_ms, "retry_ms")?,
        cold_start: record.cold_start,
        initialization_type: record.initialization_type.clone(),
        status: record.status.or_else(|| {
            let error = record.error_type.as_ref().and_then(with_text);
            error.map(|_| CallStatus::Error)
        }),
        bedrock_request_id: record.bedrock_request_id.as_ref().and_then(with_text),
        client_request_id: record
            .client_request_id
            .as_ref()
            .and_then(with_text)
            .filter(|id| is_id(id)),
        facts: facts(record),
        is_embedded_metric: false,
        at: None,
    })
}

fn facts<'a>(record: &TimingRecord<'a>) -> CallFacts<'a> {
    let time = |millis: Option<f64>| millis.and_then(Micros::from_millis_f64);
    CallFacts {
        input_tokens: record.input_tokens,
        output_tokens: record.output_tokens,
        max_tokens: record.max_tokens,
        temperature: record.temperature.filter(|temperature| temperature.is_finite()),
        retry_count: record.retry_count,
        before: time(record.before_ms),
        after: time(record.after_ms),
        bedrock_latency: time(record.bedrock_latency_ms),
        time_to_first_token: time(record.time_to_first_token_ms),
        streaming: record.streaming,
        prompt_hash: record.prompt_hash.as_ref().and_then(with_text),
    }
}

/// The text without white space around it, if anything is left.
fn with_text<'a>(text: &Cow<'a, str>) -> Option<Cow<'a, str>> {
    let trimmed = match text {
        Cow::Borrowed(text) => Cow::Borrowed(trimmed(text)),
        Cow::Owned(text) => Cow::Owned(trimmed(text).to_owned()),
    };
    (!trimmed.is_empty()).then_some(trimmed)
}

/// The text without white space around it, of which nearly none has any.
fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

fn micros(millis: Option<f64>, name: &str) -> Result<Option<Micros>, Fault> {
    match millis {
        None => Ok(None),
        Some(millis) => Micros::from_millis_f64(millis)
            .map(Some)
            .ok_or_else(|| format!("timing record: {name} is negative or too large to be a duration").into()),
    }
}
