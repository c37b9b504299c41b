//! What a timing record tells of its call beside its time.

use std::borrow::Cow;

use serde::Serialize;

use super::record::optional_micros;
use crate::vocab::Micros;

/// What a timing record tells of its call beside how long it took and how it ended. A fact that makes no sense
/// counts as not told.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CallFacts<'a> {
    /// Tokens read by the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// Tokens written by the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// The limit that was set on written tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// The sampling temperature that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Failed attempts before the one that counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_count: Option<u32>,
    /// Time in the handler before the first call.
    #[serde(
        rename = "before_us",
        serialize_with = "optional_micros",
        skip_serializing_if = "Option::is_none"
    )]
    pub before: Option<Micros>,
    /// Time in the handler after the last call.
    #[serde(
        rename = "after_us",
        serialize_with = "optional_micros",
        skip_serializing_if = "Option::is_none"
    )]
    pub after: Option<Micros>,
    /// Bedrock's own latency of the call.
    #[serde(
        rename = "bedrock_latency_us",
        serialize_with = "optional_micros",
        skip_serializing_if = "Option::is_none"
    )]
    pub bedrock_latency: Option<Micros>,
    /// From the request to the first token of a streamed answer.
    #[serde(
        rename = "time_to_first_token_us",
        serialize_with = "optional_micros",
        skip_serializing_if = "Option::is_none"
    )]
    pub time_to_first_token: Option<Micros>,
    /// Whether the model streamed its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub streaming: Option<bool>,
    /// A hash of the prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_hash: Option<Cow<'a, str>>,
}

impl CallFacts<'_> {
    /// The same facts, which borrow nothing.
    pub(super) fn into_owned(self) -> CallFacts<'static> {
        CallFacts {
            prompt_hash: self.prompt_hash.map(|hash| hash.into_owned().into()),
            ..self
        }
    }
}
