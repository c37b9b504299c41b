//! Under which keys handlers log what the timing schema names.

use std::fmt;

/// The fields of the timing schema that are read from other people's records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    RequestId,
    Model,
    ResponseModel,
    Inference,
    Retry,
    StartOffset,
    CallIndex,
    ColdStart,
    InitializationType,
    Status,
    ErrorType,
    BedrockRequestId,
    InputTokens,
    OutputTokens,
    MaxTokens,
    Temperature,
    RetryCount,
    Before,
    After,
    BedrockLatency,
    TimeToFirstToken,
    Streaming,
    PromptHash,
}

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Milliseconds,
    Seconds,
    /// Of embedded metrics alone, which say so themselves.
    Microseconds,
}

/// One place to look for a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) field: Field,
    /// A key, or several joined by dots for a value inside objects.
    pub(super) path: String,
    pub(super) unit: Unit,
}

/// Where the fields of a timing record are looked for: the user's own keys first, then the common
/// spellings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimingKeys {
    keys: Vec<Key>,
    /// What the user mapped, in the order in which it was added.
    pub(super) mapped: Vec<Mapped>,
}

/// A key of the user's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mapped {
    /// The name of the field in the timing schema, which the analysis need not use yet.
    pub(super) name: &'static str,
    /// As [`Key::path`].
    pub(super) path: String,
    /// For times alone.
    pub(super) unit: Option<Unit>,
}

/// Why a mapping of keys cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyError {
    /// The schema has no such field, or it is not read from other records.
    UnknownField(String),
    /// The unit is neither `ms` nor `s`.
    UnknownUnit(String),
    /// The key is empty.
    EmptyKey(String),
    /// A unit was given for a field that is no time.
    NotATime(String),
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownField(name) => {
                write!(f, "{name:?} is no field of a timing record; fields: ")?;
                let names = FIELDS.map(|(name, _)| name);
                f.write_str(
                    &[&names[..], &NOT_USED_YET.map(|(name, _)| name)]
                        .concat()
                        .join(", "),
                )
            }
            Self::UnknownUnit(unit) => write!(f, "unit {unit:?} is neither \"ms\" nor \"s\""),
            Self::EmptyKey(name) => write!(f, "the key for {name:?} is empty"),
            Self::NotATime(name) => write!(f, "{name:?} is no time and takes no unit"),
        }
    }
}

impl std::error::Error for KeyError {}

/// The names by which a configuration maps fields.
pub(super) const FIELDS: [(&str, Field); 23] = [
    ("request_id", Field::RequestId),
    ("gen_ai.request.model", Field::Model),
    ("gen_ai.response.model", Field::ResponseModel),
    ("inference_ms", Field::Inference),
    ("retry_ms", Field::Retry),
    ("start_offset_ms", Field::StartOffset),
    ("call_index", Field::CallIndex),
    ("cold_start", Field::ColdStart),
    ("initialization_type", Field::InitializationType),
    ("status", Field::Status),
    ("error.type", Field::ErrorType),
    ("bedrock_request_id", Field::BedrockRequestId),
    ("gen_ai.usage.input_tokens", Field::InputTokens),
    ("gen_ai.usage.output_tokens", Field::OutputTokens),
    ("gen_ai.request.max_tokens", Field::MaxTokens),
    ("gen_ai.request.temperature", Field::Temperature),
    ("retry_count", Field::RetryCount),
    ("before_ms", Field::Before),
    ("after_ms", Field::After),
    ("bedrock_latency_ms", Field::BedrockLatency),
    ("time_to_first_token_ms", Field::TimeToFirstToken),
    ("streaming", Field::Streaming),
    ("prompt_hash", Field::PromptHash),
];

/// Fields of the schema that the analysis does not use yet, and whether they are times. They can be
/// mapped, so that a configuration need not be written in pieces.
pub(super) const NOT_USED_YET: [(&str, bool); 5] = [
    ("gen_ai.operation.name", false),
    ("gen_ai.provider.name", false),
    ("handler_ms", true),
    ("api_gateway_request_id", false),
    ("prompt_length", false),
];

impl Field {
    fn is_time(self) -> bool {
        matches!(
            self,
            Self::Inference
                | Self::Retry
                | Self::StartOffset
                | Self::Before
                | Self::After
                | Self::BedrockLatency
                | Self::TimeToFirstToken
        )
    }
}

/// Keys that common libraries and hand-made handlers use. The order is the order of preference.
const COMMON: [(Field, Unit, &[&str]); 24] = [
    (
        Field::Inference,
        Unit::Milliseconds,
        &[
            "inference_ms",
            "inferenceMs",
            "InferenceMs",
            "inference_time_ms",
            "inferenceTimeMs",
            "inference_latency_ms",
            "inferenceLatencyMs",
            "InferenceLatency",
            "inference_duration_ms",
            "inferenceDurationMs",
            "bedrock_ms",
            "bedrockMs",
            "bedrock_time_ms",
            "bedrockTimeMs",
            "bedrock_duration_ms",
            "bedrockDurationMs",
            "bedrock_latency_ms",
            "bedrockLatencyMs",
            "model_latency_ms",
            "modelLatencyMs",
            "model_time_ms",
            "modelTimeMs",
            "llm_ms",
            "llmMs",
            "llm_latency_ms",
            "llmLatencyMs",
            "llm_duration_ms",
            "llmDurationMs",
            "invoke_model_ms",
            "invokeModelMs",
        ],
    ),
    (
        Field::Inference,
        Unit::Seconds,
        &[
            "gen_ai.client.operation.duration",
            "inference_seconds",
            "inferenceSeconds",
            "inference_time_s",
            "inference_time_seconds",
            "bedrock_seconds",
            "bedrock_time_s",
        ],
    ),
    (
        Field::Model,
        Unit::Milliseconds,
        &[
            "gen_ai.request.model",
            "model_id",
            "modelId",
            "ModelId",
            "model",
            "model_name",
            "modelName",
            "bedrock_model_id",
            "bedrockModelId",
        ],
    ),
    (
        Field::ResponseModel,
        Unit::Milliseconds,
        &["gen_ai.response.model"],
    ),
    (Field::Retry, Unit::Milliseconds, &["retry_ms", "retryMs"]),
    (
        Field::StartOffset,
        Unit::Milliseconds,
        &["start_offset_ms", "startOffsetMs"],
    ),
    (Field::CallIndex, Unit::Milliseconds, &["call_index", "callIndex"]),
    (
        Field::ColdStart,
        Unit::Milliseconds,
        &["cold_start", "coldStart", "ColdStart"],
    ),
    (
        Field::InitializationType,
        Unit::Milliseconds,
        &["initialization_type", "initializationType"],
    ),
    (Field::Status, Unit::Milliseconds, &["status", "outcome"]),
    (
        Field::ErrorType,
        Unit::Milliseconds,
        &["error.type", "error_type", "errorType"],
    ),
    // Keys that can only mean the Lambda request id.
    (
        Field::RequestId,
        Unit::Milliseconds,
        &[
            "function_request_id",
            "functionRequestId",
            "FunctionRequestId",
            "AWSRequestId",
            "aws_request_id",
            "awsRequestId",
            "lambda_request_id",
            "lambdaRequestId",
            "faas.invocation_id",
            // Discovered by Logs Insights in the prefix of a text line.
            "@requestId",
        ],
    ),
    // Keys that can only mean Bedrock's request id.
    (
        Field::BedrockRequestId,
        Unit::Milliseconds,
        &[
            "bedrock_request_id",
            "bedrockRequestId",
            "BedrockRequestId",
            "bedrock-request-id",
            "bedrock.request_id",
            "bedrock.requestId",
            "bedrock_requestid",
        ],
    ),
    (Field::Retry, Unit::Seconds, &["retry_seconds"]),
    (
        Field::InputTokens,
        Unit::Milliseconds,
        &[
            "gen_ai.usage.input_tokens",
            "gen_ai.usage.prompt_tokens",
            "usage.inputTokens",
            "usage.input_tokens",
            "usage.prompt_tokens",
            "input_tokens",
            "inputTokens",
            "InputTokens",
            "prompt_tokens",
            "promptTokens",
        ],
    ),
    (
        Field::OutputTokens,
        Unit::Milliseconds,
        &[
            "gen_ai.usage.output_tokens",
            "gen_ai.usage.completion_tokens",
            "usage.outputTokens",
            "usage.output_tokens",
            "usage.completion_tokens",
            "output_tokens",
            "outputTokens",
            "OutputTokens",
            "completion_tokens",
            "completionTokens",
        ],
    ),
    (
        Field::MaxTokens,
        Unit::Milliseconds,
        &["gen_ai.request.max_tokens", "max_tokens", "maxTokens"],
    ),
    (
        Field::Temperature,
        Unit::Milliseconds,
        &["gen_ai.request.temperature", "temperature"],
    ),
    (
        Field::RetryCount,
        Unit::Milliseconds,
        &["retry_count", "retryCount"],
    ),
    (Field::Before, Unit::Milliseconds, &["before_ms", "beforeMs"]),
    (Field::After, Unit::Milliseconds, &["after_ms", "afterMs"]),
    (
        Field::TimeToFirstToken,
        Unit::Milliseconds,
        &[
            "time_to_first_token_ms",
            "timeToFirstTokenMs",
            "ttft_ms",
            "ttftMs",
        ],
    ),
    (
        Field::PromptHash,
        Unit::Milliseconds,
        &["prompt_hash", "promptHash"],
    ),
    (
        Field::Streaming,
        Unit::Milliseconds,
        &["streaming", "is_streaming", "isStreaming"],
    ),
];

/// Keys that mostly, not always, mean the Lambda request id: API Gateway's and Bedrock's have the
/// same names.
pub(super) const LIKELY_REQUEST_IDS: [&str; 5] =
    ["requestId", "request_id", "requestid", "RequestId", "request-id"];

impl TimingKeys {
    /// The common spellings alone.
    pub fn common() -> Self {
        let keys = COMMON.iter().flat_map(|&(field, unit, paths)| {
            paths.iter().map(move |&path| Key {
                field,
                path: path.to_owned(),
                unit,
            })
        });
        Self {
            keys: keys.collect(),
            mapped: Vec::new(),
        }
    }

    /// Puts a key of the user's before all others of its field. `field` is a name of the timing
    /// schema; `unit` is `ms` or `s` and goes with times only (`ms` if absent).
    ///
    /// # Errors
    /// If the schema has no such field, or the unit is not known.
    pub fn add(&mut self, field: &str, key: &str, unit: Option<&str>) -> Result<(), KeyError> {
        let known = FIELDS.iter().find(|(name, _)| *name == field);
        let unused = NOT_USED_YET.iter().find(|(name, _)| *name == field);
        let (name, is_time) = match (known, unused) {
            (Some((name, known)), _) => (*name, known.is_time()),
            (None, Some((name, is_time))) => (*name, *is_time),
            (None, None) => return Err(KeyError::UnknownField(field.to_owned())),
        };
        if key.is_empty() {
            return Err(KeyError::EmptyKey(field.to_owned()));
        }
        let unit = match unit {
            Some(_) if !is_time => return Err(KeyError::NotATime(field.to_owned())),
            None | Some("ms") => Unit::Milliseconds,
            Some("s") => Unit::Seconds,
            Some(other) => return Err(KeyError::UnknownUnit(other.to_owned())),
        };
        self.mapped.push(Mapped {
            name,
            path: key.to_owned(),
            unit: is_time.then_some(unit),
        });
        let Some(&(_, known)) = known else { return Ok(()) };
        let first = self.keys.iter().position(|key| key.field == known).unwrap_or(0);
        self.keys.insert(
            first,
            Key {
                field: known,
                path: key.to_owned(),
                unit,
            },
        );
        Ok(())
    }

    /// All places where fields of the analysis are looked for.
    pub(super) fn all(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter()
    }

    /// The places to look for a field, best first.
    pub(super) fn of(&self, field: Field) -> impl Iterator<Item = &Key> {
        self.keys.iter().filter(move |key| key.field == field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_key_comes_first() {
        let mut keys = TimingKeys::common();
        keys.add("inference_ms", "bedrock.took", Some("s")).unwrap();
        let first = keys.of(Field::Inference).next().unwrap();
        assert_eq!((first.path.as_str(), first.unit), ("bedrock.took", Unit::Seconds));
    }

    #[test]
    fn a_mapping_that_means_nothing_is_refused() {
        let mut keys = TimingKeys::common();
        for (field, key, unit) in [
            ("inferance_ms", "k", None),
            ("inference_ms", "", None),
            ("inference_ms", "k", Some("us")),
            ("status", "k", Some("ms")),
        ] {
            assert!(keys.add(field, key, unit).is_err(), "{field} {key} {unit:?}");
        }
        assert_eq!(keys, TimingKeys::common());
    }
}
