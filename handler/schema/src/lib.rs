//! The timing record `latscope.timing/v1`: one flat JSON object per model inference call.
//!
//! A Lambda handler writes it as one log line; latscope reads it back and joins it to the
//! invocation's `REPORT` by the Lambda request id. The object is flat so that CloudWatch Logs
//! Insights discovers every field by itself. A request that calls a model several times writes
//! several records, told apart by [`TimingRecord::call_index`].
//!
//! Model, provider, operation, token and error fields carry the attribute names of the
//! OpenTelemetry generative-AI conventions. All times are milliseconds; fractions are allowed and
//! are kept to the microsecond.
//!
//! The record never holds a prompt or a completion: only their lengths and a hash.
//!
//! What the caller of an API saw of its requests is in [`ClientRecord`], `latscope.client/v1`.
//!
//! ```
//! use latscope_schema::{CallStatus, TimingRecord};
//!
//! let mut record = TimingRecord::new("79b5e81f-9cdd-4145-b1f6-7c50ef8a2a36");
//! record.request_model = Some("amazon.nova-lite-v1:0".into());
//! record.inference_ms = Some(812.4);
//! record.status = Some(CallStatus::Ok);
//! let line = serde_json::to_string(&record).unwrap();
//! assert!(line.starts_with(r#"{"schema":"latscope.timing/v1","request_id":"79b5e81f-"#));
//! assert_eq!(serde_json::from_str::<TimingRecord>(&line).unwrap(), record);
//! ```

mod client;

pub use client::{
    CLIENT_REQUEST_ID, CLIENT_RUN_SCHEMA, CLIENT_SCHEMA, ClientModel, ClientOutcome, ClientPhase,
    ClientRecord, ClientRunEnd, ClientRunStart, client_request_id, is_id,
};

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The value of the `schema` field of every record of this version.
///
/// A reader accepts exactly this text. Fields may be added within version 1, all optional; a
/// changed meaning or unit would be `v2`.
pub const SCHEMA: &str = "latscope.timing/v1";

/// What one inference call of one invocation took, as its handler saw it.
///
/// Strings borrow from the parsed line where they hold no escape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimingRecord<'a> {
    /// Always [`SCHEMA`].
    #[serde(borrow)]
    pub schema: Cow<'a, str>,
    /// The Lambda request id: what the record is joined by.
    #[serde(borrow)]
    pub request_id: Cow<'a, str>,
    /// Which call of the invocation this is, counted from 0.
    #[serde(default)]
    pub call_index: u32,
    /// When the call began, in milliseconds after the handler was entered.
    ///
    /// With it, the time that parallel calls spend together is counted once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_offset_ms: Option<f64>,

    /// What was asked of the model: `chat`, `text_completion`, ….
    #[serde(
        borrow,
        rename = "gen_ai.operation.name",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub operation_name: Option<Cow<'a, str>>,
    /// Who served the model, `aws.bedrock` for Amazon Bedrock.
    #[serde(
        borrow,
        rename = "gen_ai.provider.name",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub provider_name: Option<Cow<'a, str>>,
    /// The model id, inference-profile id or ARN that was called.
    #[serde(
        borrow,
        rename = "gen_ai.request.model",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub request_model: Option<Cow<'a, str>>,
    /// The model that answered, where the answer names it.
    #[serde(
        borrow,
        rename = "gen_ai.response.model",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub response_model: Option<Cow<'a, str>>,
    /// Tokens read by the model.
    #[serde(
        rename = "gen_ai.usage.input_tokens",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub input_tokens: Option<u64>,
    /// Tokens written by the model.
    #[serde(
        rename = "gen_ai.usage.output_tokens",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub output_tokens: Option<u64>,
    /// The limit that was set on written tokens.
    #[serde(
        rename = "gen_ai.request.max_tokens",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub max_tokens: Option<u64>,
    /// The sampling temperature that was asked for.
    #[serde(
        rename = "gen_ai.request.temperature",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub temperature: Option<f64>,

    /// Milliseconds of the attempt that counted: the last one, from request sent to answer
    /// complete, as the handler's monotonic clock saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inference_ms: Option<f64>,
    /// Milliseconds spent on failed attempts and on waiting between attempts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_ms: Option<f64>,
    /// Failed attempts before the one that counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_count: Option<u32>,
    /// Milliseconds from the handler being entered to its response being ready.
    ///
    /// Not the summary's total: it knows nothing of initialisation or of the runtime.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler_ms: Option<f64>,
    /// Milliseconds in the handler before the first inference call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_ms: Option<f64>,
    /// Milliseconds in the handler after the last inference call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_ms: Option<f64>,
    /// Bedrock's own latency of the call, from `metrics.latencyMs` or its response header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bedrock_latency_ms: Option<f64>,
    /// Milliseconds from request sent to the first token of a streamed answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_to_first_token_ms: Option<f64>,

    /// Whether this was the first invocation of its execution environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cold_start: Option<bool>,
    /// `AWS_LAMBDA_INITIALIZATION_TYPE`: `on-demand`, `provisioned-concurrency`, `snap-start`, ….
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub initialization_type: Option<Cow<'a, str>>,
    /// Whether the answer was streamed from the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub streaming: Option<bool>,

    /// How the call ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<CallStatus>,
    /// The kind of error where there was one, such as `ThrottlingException`.
    #[serde(
        borrow,
        rename = "error.type",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub error_type: Option<Cow<'a, str>>,
    /// Bedrock's request id.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub bedrock_request_id: Option<Cow<'a, str>>,
    /// API Gateway's request id.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub api_gateway_request_id: Option<Cow<'a, str>>,
    /// Length of the prompt in bytes of UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_length: Option<u64>,
    /// A hash of the prompt, keyed where a key was configured.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub prompt_hash: Option<Cow<'a, str>>,
    /// The caller's own id of the request, as the header [`CLIENT_REQUEST_ID`] has it; only where it [is an id](is_id).
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub client_request_id: Option<Cow<'a, str>>,
}

/// How an inference call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallStatus {
    /// The model answered.
    Ok,
    /// The call failed for a reason that is none of the others.
    Error,
    /// The service refused the call because of its rate.
    Throttled,
    /// The call was given up at a deadline: its `inference_ms` is a lower bound.
    Timeout,
}

impl<'a> TimingRecord<'a> {
    /// A record of the current version that holds nothing but the Lambda request id.
    pub fn new(request_id: impl Into<Cow<'a, str>>) -> Self {
        Self {
            schema: Cow::Borrowed(SCHEMA),
            request_id: request_id.into(),
            call_index: 0,
            start_offset_ms: None,
            operation_name: None,
            provider_name: None,
            request_model: None,
            response_model: None,
            input_tokens: None,
            output_tokens: None,
            max_tokens: None,
            temperature: None,
            inference_ms: None,
            retry_ms: None,
            retry_count: None,
            handler_ms: None,
            before_ms: None,
            after_ms: None,
            bedrock_latency_ms: None,
            time_to_first_token_ms: None,
            cold_start: None,
            initialization_type: None,
            streaming: None,
            status: None,
            error_type: None,
            bedrock_request_id: None,
            api_gateway_request_id: None,
            prompt_length: None,
            prompt_hash: None,
            client_request_id: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every field is set, so a renamed or nested one shows here. The text is what queries and
    /// stored logs rely on.
    #[test]
    fn the_wire_form_is_one_flat_object() {
        let record = TimingRecord {
            call_index: 1,
            start_offset_ms: Some(3.5),
            operation_name: Some("chat".into()),
            provider_name: Some("aws.bedrock".into()),
            request_model: Some("us.amazon.nova-lite-v1:0".into()),
            response_model: Some("amazon.nova-lite-v1:0".into()),
            input_tokens: Some(412),
            output_tokens: Some(128),
            max_tokens: Some(512),
            temperature: Some(0.2),
            inference_ms: Some(812.417),
            retry_ms: Some(120.0),
            retry_count: Some(1),
            handler_ms: Some(940.25),
            before_ms: Some(3.5),
            after_ms: Some(0.75),
            bedrock_latency_ms: Some(790.0),
            time_to_first_token_ms: Some(210.5),
            cold_start: Some(true),
            initialization_type: Some("on-demand".into()),
            streaming: Some(true),
            status: Some(CallStatus::Throttled),
            error_type: Some("ThrottlingException".into()),
            bedrock_request_id: Some("b-1".into()),
            api_gateway_request_id: Some("g-1".into()),
            prompt_length: Some(1600),
            prompt_hash: Some("9f2c".into()),
            client_request_id: Some("run-7".into()),
            ..TimingRecord::new("r-1")
        };
        let line = serde_json::to_string(&record).unwrap();
        assert_eq!(
            line,
            concat!(
                r#"{"schema":"latscope.timing/v1","request_id":"r-1","call_index":1,"#,
                r#""start_offset_ms":3.5,"gen_ai.operation.name":"chat","#,
                r#""gen_ai.provider.name":"aws.bedrock","gen_ai.request.model":"us.amazon.nova-lite-v1:0","#,
                r#""gen_ai.response.model":"amazon.nova-lite-v1:0","gen_ai.usage.input_tokens":412,"#,
                r#""gen_ai.usage.output_tokens":128,"gen_ai.request.max_tokens":512,"#,
                r#""gen_ai.request.temperature":0.2,"inference_ms":812.417,"retry_ms":120.0,"#,
                r#""retry_count":1,"handler_ms":940.25,"before_ms":3.5,"after_ms":0.75,"#,
                r#""bedrock_latency_ms":790.0,"time_to_first_token_ms":210.5,"cold_start":true,"#,
                r#""initialization_type":"on-demand","streaming":true,"status":"throttled","#,
                r#""error.type":"ThrottlingException","bedrock_request_id":"b-1","#,
                r#""api_gateway_request_id":"g-1","prompt_length":1600,"prompt_hash":"9f2c","#,
                r#""client_request_id":"run-7"}"#,
            )
        );
        assert_eq!(serde_json::from_str::<TimingRecord>(&line).unwrap(), record);
    }

    #[test]
    fn all_but_the_first_two_fields_are_optional() {
        let bare = r#"{"schema":"latscope.timing/v1","request_id":"r-1"}"#;
        assert_eq!(
            serde_json::from_str::<TimingRecord>(bare).unwrap(),
            TimingRecord::new("r-1")
        );
        assert!(serde_json::from_str::<TimingRecord>(r#"{"schema":"latscope.timing/v1"}"#).is_err());
    }

    #[test]
    fn fields_of_a_later_minor_version_are_passed_over() {
        let later = r#"{"schema":"latscope.timing/v1","request_id":"r-1","a_new_field":{"x":[1]}}"#;
        assert_eq!(
            serde_json::from_str::<TimingRecord>(later).unwrap().request_id,
            "r-1"
        );
    }
}
