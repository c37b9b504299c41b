//! Under which keys handlers log what the timing schema names.

use std::fmt;

use super::timing_spellings::COMMON;
use crate::vocab::did_you_mean;

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
    ClientRequestId,
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
                let names = FIELDS.map(|(name, _)| name);
                let names = [&names[..], &NOT_USED_YET.map(|(name, _)| name)].concat();
                let offered = did_you_mean(name, names.iter().copied());
                let names = names.join(", ");
                write!(
                    f,
                    "{name:?} is no field of a timing record; fields: {names}{offered}"
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
pub(super) const FIELDS: [(&str, Field); 24] = [
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
    ("client_request_id", Field::ClientRequestId),
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
