//! What a caller of the API saw: `latscope.client/v1`, one flat JSON object per request, and `latscope.client-run/v1`, the
//! first and the last line of a run.
//!
//! `latscope drive` writes them as newline-delimited JSON. Neither holds a prompt, an answer, a secret or a query of the
//! address: of a prompt there are number, length and hash.
//!
//! Times that a request took count from the moment in which it was meant to be sent, not from that in which it was: a
//! request that had to wait its turn took that long for whoever wanted the answer. [`ClientRecord::service_ms`] alone counts
//! from the sending.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The value of the `schema` field of a [`ClientRecord`]. Fields may be added within version 1, all optional.
pub const CLIENT_SCHEMA: &str = "latscope.client/v1";

/// The value of the `schema` field of a [`ClientRunStart`] and a [`ClientRunEnd`].
pub const CLIENT_RUN_SCHEMA: &str = "latscope.client-run/v1";

/// The header in which a client sends its own id of a request, [`client_request_id`], by which it is found in the records of
/// the function although no response told any other id.
pub const CLIENT_REQUEST_ID: &str = "x-latscope-request-id";

/// A client's own id of a request, which a [`ClientRecord`] has in two fields.
pub fn client_request_id(run_id: &str, sequence: u64) -> String {
    format!("{run_id}-{sequence}")
}

/// Whether a text that came from elsewhere is written as ids are: at most 128 letters, digits and `=_:;.+/-`.
pub fn is_id(text: &str) -> bool {
    let is_of_id = |byte: u8| byte.is_ascii_alphanumeric() || b"=_:;.+/-".contains(&byte);
    (1..=128).contains(&text.len()) && text.bytes().all(is_of_id)
}

/// One request, as its caller saw it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClientRecord<'a> {
    /// Always [`CLIENT_SCHEMA`].
    #[serde(borrow)]
    pub schema: Cow<'a, str>,
    /// The run that it belongs to.
    #[serde(borrow)]
    pub run_id: Cow<'a, str>,
    /// Its place in the schedule, counted from 0.
    pub sequence: u64,
    /// The part of the run.
    pub phase: ClientPhase,
    /// The randomised block, counted from 0 within the phase.
    pub block: u32,
    /// What the run calls the model.
    #[serde(borrow)]
    pub model_name: Cow<'a, str>,
    /// The model id that was asked for.
    #[serde(borrow, rename = "gen_ai.request.model")]
    pub request_model: Cow<'a, str>,
    /// The limit that was set on written tokens.
    #[serde(
        rename = "gen_ai.request.max_tokens",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub max_tokens: Option<u64>,
    /// Which prompt of the run, counted from 1.
    pub prompt_number: u64,
    /// Length of the prompt in bytes of UTF-8.
    pub prompt_length: u64,
    /// The first half of the SHA-256 of the prompt in hexadecimal digits, as a handler without a key for its hashes has it.
    #[serde(borrow)]
    pub prompt_hash: Cow<'a, str>,

    /// When it was meant to be sent, by the caller's clock: RFC 3339 in UTC with milliseconds.
    #[serde(borrow)]
    pub intended_at: Cow<'a, str>,
    /// The same in milliseconds after the start of the run, to the microsecond.
    pub intended_ms: f64,
    /// Milliseconds by which it was begun later than that. Absent if it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_ms: Option<f64>,
    /// Whether it had to wait for a connection of its own, whose time is in all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_connection: Option<bool>,
    /// Milliseconds that the connection took: name, TCP and TLS. Only where it was a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_ms: Option<f64>,
    /// Milliseconds from the intended time to the head of the response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_to_first_byte_ms: Option<f64>,
    /// Milliseconds from the intended time to the first token of a response that came as a stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_to_first_token_ms: Option<f64>,
    /// Milliseconds from the sending to the end of the response, or to the moment in which it was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_ms: Option<f64>,
    /// Milliseconds from the intended time to the end of the response, or to the moment in which it was given up: then the
    /// request would have taken longer.
    pub latency_ms: f64,

    /// How it ended.
    pub outcome: ClientOutcome,
    /// The status of the response, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// What kind of error there was, such as `http_503`, `connect` or `timeout`.
    #[serde(
        borrow,
        rename = "error.type",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub error_type: Option<Cow<'a, str>>,
    /// Whether the response came as a stream of events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub streaming: Option<bool>,
    /// Bytes of the request's body.
    pub request_bytes: u64,
    /// Bytes of the response's body that came.
    pub response_bytes: u64,
    /// Tokens read by the model, as the response says.
    #[serde(
        rename = "gen_ai.usage.input_tokens",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub input_tokens: Option<u64>,
    /// Tokens written by the model, as the response says.
    #[serde(
        rename = "gen_ai.usage.output_tokens",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub output_tokens: Option<u64>,
    /// The Lambda request id: what the record is joined to the function's logs by.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub lambda_request_id: Option<Cow<'a, str>>,
    /// API Gateway's request id, as its access log and the handler's record have it.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub api_gateway_request_id: Option<Cow<'a, str>>,
    /// The extended request id of a REST API.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub api_gateway_extended_request_id: Option<Cow<'a, str>>,
    /// X-Ray's trace header.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<Cow<'a, str>>,
}

/// A part of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientPhase {
    /// Before what counts.
    WarmUp,
    /// At the rate of the run.
    Steady,
    /// Many at once, to meet cold starts.
    Burst,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientOutcome {
    /// A response with a status of 200 to 299 came to its end.
    Ok,
    /// The response has the status 429.
    Throttled,
    /// The response has another status.
    HttpError,
    /// It was given up at the time limit of the run: its times are lower bounds.
    Timeout,
    /// There was no connection, or it broke before the response was complete, or an event of its stream was an error.
    Broken,
    /// The run ended first: its times are lower bounds.
    Cancelled,
}

/// The first line of a run: what was planned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClientRunStart<'a> {
    /// Always [`CLIENT_RUN_SCHEMA`].
    #[serde(borrow)]
    pub schema: Cow<'a, str>,
    /// Always `start`.
    #[serde(borrow)]
    pub event: Cow<'a, str>,
    /// A name that no other run has.
    #[serde(borrow)]
    pub run_id: Cow<'a, str>,
    /// The version of latscope.
    #[serde(borrow)]
    pub latscope_version: Cow<'a, str>,
    /// When it began, by the caller's clock: RFC 3339 in UTC with milliseconds. `intended_ms` counts from then.
    #[serde(borrow)]
    pub started_at: Cow<'a, str>,
    /// Host and path of the address, without what may be secret.
    #[serde(borrow)]
    pub target: Cow<'a, str>,
    /// The models, in the order in which they were given.
    pub models: Vec<ClientModel<'a>>,
    /// Where the schedule's random numbers begin.
    pub seed: u64,
    /// `exponential` or `uniform`.
    #[serde(borrow)]
    pub arrival: Cow<'a, str>,
    /// Requests a second, of all models together.
    pub rate_per_second: f64,
    /// Requests of each model in a whole block.
    pub requests_per_block: u64,
    /// Prompts that there are.
    pub prompts: u64,
    /// Planned requests before what counts.
    pub warm_up_requests: u64,
    /// Planned requests at the rate.
    pub steady_requests: u64,
    /// Planned requests in bursts.
    pub burst_requests: u64,
    /// The most requests in flight.
    pub max_in_flight: u64,
    /// When a request is given up, in milliseconds after its sending.
    pub timeout_ms: f64,
}

/// A model of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientModel<'a> {
    /// What the run calls it.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// The id that is asked for.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
}

/// The last line of a run: what came of it. A file without one is of a run that was cut off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClientRunEnd<'a> {
    /// Always [`CLIENT_RUN_SCHEMA`].
    #[serde(borrow)]
    pub schema: Cow<'a, str>,
    /// Always `end`.
    #[serde(borrow)]
    pub event: Cow<'a, str>,
    /// The run.
    #[serde(borrow)]
    pub run_id: Cow<'a, str>,
    /// When it ended, by the caller's clock.
    #[serde(borrow)]
    pub ended_at: Cow<'a, str>,
    /// `complete`, `interrupted` or `cost_limit`.
    #[serde(borrow)]
    pub ending: Cow<'a, str>,
    /// Whether the schedule was kept, so that the latencies are those of the planned load.
    pub is_valid: bool,
    /// Why it is not valid.
    #[serde(borrow)]
    pub reasons: Vec<Cow<'a, str>>,
    /// Records of requests, of every phase.
    pub requests: u64,
    /// Those with each outcome.
    pub ok: u64,
    /// See [`ClientOutcome::Throttled`].
    pub throttled: u64,
    /// See [`ClientOutcome::HttpError`].
    pub http_errors: u64,
    /// See [`ClientOutcome::Timeout`].
    pub timeouts: u64,
    /// See [`ClientOutcome::Broken`].
    pub broken: u64,
    /// See [`ClientOutcome::Cancelled`].
    pub cancelled: u64,
    /// A steady request that was begun later than this is late, in milliseconds.
    pub late_limit_ms: f64,
    /// Steady requests that were late.
    pub late_requests: u64,
    /// Requests of bursts that were begun more than 5 ms late. Absent where no burst was planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_burst_requests: Option<u64>,
    /// The rate at which steady requests were begun, as a share of the planned one. Absent for fewer than two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub achieved_rate_share: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every field is set, so a renamed one shows here. The text is what stored runs rely on.
    #[test]
    fn the_wire_form_of_a_record_is_one_flat_object() {
        let text = concat!(
            r#"{"schema":"latscope.client/v1","run_id":"r","sequence":3,"phase":"warm_up","block":1,"model_name":"a","#,
            r#""gen_ai.request.model":"b","gen_ai.request.max_tokens":64,"prompt_number":2,"prompt_length":10,"#,
            r#""prompt_hash":"9f2c","intended_at":"2026-11-26T10:00:00.000Z","intended_ms":1.5,"late_ms":0.25,"#,
            r#""new_connection":true,"connect_ms":2.5,"time_to_first_byte_ms":3.5,"time_to_first_token_ms":4.5,"#,
            r#""service_ms":5.5,"latency_ms":5.75,"outcome":"http_error","http_status":503,"error.type":"http_503","#,
            r#""streaming":true,"request_bytes":120,"response_bytes":64,"gen_ai.usage.input_tokens":5,"#,
            r#""gen_ai.usage.output_tokens":61,"lambda_request_id":"l","api_gateway_request_id":"g","#,
            r#""api_gateway_extended_request_id":"e","trace_id":"t"}"#,
        );
        let record: ClientRecord<'_> = serde_json::from_str(text).unwrap();
        assert_eq!(
            (record.phase, record.outcome),
            (ClientPhase::WarmUp, ClientOutcome::HttpError)
        );
        assert_eq!(serde_json::to_string(&record).unwrap(), text);
    }

    #[test]
    fn what_is_not_known_is_left_out_and_what_is_new_is_passed_over() {
        let text = concat!(
            r#"{"schema":"latscope.client/v1","run_id":"r","sequence":3,"phase":"steady","block":1,"model_name":"a","#,
            r#""gen_ai.request.model":"b","prompt_number":2,"prompt_length":10,"prompt_hash":"9f2c","#,
            r#""intended_at":"2026-11-26T10:00:00.000Z","intended_ms":1.5,"latency_ms":5.75,"outcome":"cancelled","#,
            r#""request_bytes":0,"response_bytes":0}"#,
        );
        let record: ClientRecord<'_> = serde_json::from_str(text).unwrap();
        assert_eq!((record.late_ms, record.http_status), (None, None));
        assert_eq!(serde_json::to_string(&record).unwrap(), text);
        let later = text.replace("{", r#"{"a_new_field":[1],"#);
        assert_eq!(serde_json::from_str::<ClientRecord<'_>>(&later).unwrap(), record);
    }
}
