//! What a caller of the API saw, as `latscope drive` writes it.

use std::borrow::Cow;
use std::sync::LazyLock;

use latscope_schema::{
    CLIENT_RUN_SCHEMA, CLIENT_SCHEMA, ClientOutcome, ClientPhase, ClientRecord, ClientRunEnd,
};
use memchr::memmem::Finder;
use serde::Serialize;

use super::lenient::Text;
use super::record::{micros, optional_micros, optional_text};
use super::timing::schema;
use crate::vocab::{Micros, RequestId, Timestamp, TraceId};

type Fault = Cow<'static, str>;

/// What begins the schemas of a request and of a run, of every version.
pub(super) const NEEDLE: &str = "latscope.client";

/// Prepared once.
static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(NEEDLE));

/// One request, as its caller saw it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClientRequest {
    /// The run that it belongs to.
    pub run_id: Box<str>,
    /// Its place in the schedule of the run.
    pub sequence: u64,
    /// The part of the run.
    pub phase: ClientPhase,
    /// The model that was asked for, as it was written.
    pub model_as_asked: Box<str>,
    /// When it was meant to be sent, by the caller's clock.
    #[serde(serialize_with = "optional_text", skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// From the time at which it was meant to be sent to its end.
    #[serde(rename = "latency_us", serialize_with = "micros")]
    pub latency: Micros,
    /// From its sending to its end. Absent if it never was sent.
    #[serde(
        rename = "service_us",
        serialize_with = "optional_micros",
        skip_serializing_if = "Option::is_none"
    )]
    pub service: Option<Micros>,
    /// How it ended.
    pub outcome: ClientOutcome,
    /// The status of the response, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// The Lambda request id.
    #[serde(serialize_with = "optional_text", skip_serializing_if = "Option::is_none")]
    pub lambda_request_id: Option<RequestId>,
    /// API Gateway's request id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway_request_id: Option<Box<str>>,
    /// API Gateway's extended request id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway_extended_id: Option<Box<str>>,
    /// The trace.
    #[serde(serialize_with = "optional_text", skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceId>,
}

/// The beginning or the end of a run of requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClientRun {
    /// The run.
    pub run_id: Box<str>,
    /// Whether its schedule was kept, so that its latencies are those of the planned load. Known at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_valid: Option<bool>,
}

/// A line of a client.
pub(super) enum Line {
    /// A request.
    Request(Box<ClientRequest>),
    /// The first or last of a run.
    Run(ClientRun),
}

/// Reads a line. `None` if the JSON object is none.
pub(super) fn parse(json: &str) -> Option<Result<Line, Fault>> {
    FINDER.find(json.as_bytes())?;
    let schema = schema(json)?;
    Some(match schema.as_str() {
        CLIENT_SCHEMA => serde_json::from_str::<ClientRecord<'_>>(json)
            .map_err(|_| "client record with a field missing or of a wrong type".into())
            .and_then(|record| request(&record))
            .map(|request| Line::Request(Box::new(request))),
        CLIENT_RUN_SCHEMA => run(json).map(Line::Run),
        other if other.starts_with(NEEDLE) => {
            Err("client record of a version that this latscope does not know".into())
        }
        _ => return None,
    })
}

fn request(record: &ClientRecord<'_>) -> Result<ClientRequest, Fault> {
    let millis = |millis: f64, name: &str| {
        Micros::from_millis_f64(millis)
            .ok_or_else(|| format!("client record: {name} is negative or too large to be a duration"))
    };
    let text = |text: &Option<Cow<'_, str>>| {
        let text = text.as_deref().map(str::trim).filter(|text| !text.is_empty());
        text.map(Box::from)
    };
    Ok(ClientRequest {
        run_id: record.run_id.as_ref().into(),
        sequence: record.sequence,
        phase: record.phase,
        model_as_asked: record.request_model.as_ref().into(),
        at: Some(Timestamp::parse(&record.intended_at).ok_or("client record: intended_at is no time")?),
        latency: millis(record.latency_ms, "latency_ms")?,
        service: record
            .service_ms
            .map(|service| millis(service, "service_ms"))
            .transpose()?,
        outcome: record.outcome,
        http_status: record.http_status,
        lambda_request_id: record.lambda_request_id.as_deref().and_then(RequestId::parse),
        gateway_request_id: text(&record.api_gateway_request_id),
        gateway_extended_id: text(&record.api_gateway_extended_request_id),
        trace: record.trace_id.as_deref().and_then(TraceId::parse),
    })
}

/// What the first line of a run must have.
#[derive(serde::Deserialize)]
struct Start<'a> {
    #[serde(borrow)]
    event: Text<'a>,
    #[serde(borrow)]
    run_id: Text<'a>,
}

fn run(json: &str) -> Result<ClientRun, Fault> {
    let wrong = || Fault::from("client run with a field missing or of a wrong type");
    let start: Start<'_> = serde_json::from_str(json).map_err(|_| wrong())?;
    let run_id = start.run_id.get().ok_or_else(wrong)?.into();
    let is_valid = match start.event.get() {
        Some("start") => None,
        Some("end") => {
            let end: ClientRunEnd<'_> = serde_json::from_str(json).map_err(|_| wrong())?;
            Some(end.is_valid)
        }
        _ => return Err(wrong()),
    };
    Ok(ClientRun { run_id, is_valid })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = concat!(
        r#"{"schema":"latscope.client/v1","run_id":"r","sequence":3,"phase":"warm_up","block":1,"model_name":"a","#,
        r#""gen_ai.request.model":"amazon.nova-lite-v1:0","prompt_number":2,"prompt_length":10,"prompt_hash":"9f2c","#,
        r#""intended_at":"2026-11-26T10:00:00.000Z","intended_ms":1.5,"late_ms":0.25,"service_ms":5.5,"latency_ms":5.75,"#,
        r#""outcome":"http_error","http_status":503,"request_bytes":120,"response_bytes":64,"#,
        r#""lambda_request_id":"8f507cfc-5719-4a0b-9d5e-1f2a3b4c5d6e","api_gateway_request_id":"g=","#,
        r#""trace_id":"Root=1-643eb81e-7b15c13c3bff33247638ad8d;Sampled=0"}"#,
    );

    fn read(json: &str) -> Result<ClientRequest, Fault> {
        match parse(json) {
            Some(Ok(Line::Request(request))) => Ok(*request),
            Some(Err(fault)) => Err(fault),
            _ => panic!("{json}"),
        }
    }

    #[test]
    fn a_record_is_read_with_its_ids() {
        let request = read(RECORD).unwrap();
        assert_eq!(
            (request.latency, request.service),
            (Micros::from_micros(5750), Some(Micros::from_micros(5500)))
        );
        assert_eq!(
            (request.phase, request.outcome),
            (ClientPhase::WarmUp, ClientOutcome::HttpError)
        );
        assert_eq!(
            request.lambda_request_id,
            RequestId::parse("8f507cfc-5719-4a0b-9d5e-1f2a3b4c5d6e")
        );
        assert_eq!(request.gateway_request_id.as_deref(), Some("g="));
        assert_eq!(
            request.trace,
            TraceId::parse("1-643eb81e-7b15c13c3bff33247638ad8d")
        );
    }

    #[test]
    fn what_is_wrong_is_rejected_and_another_object_is_none() {
        let of = |from: &str, to: &str| read(&RECORD.replace(from, to)).unwrap_err();
        assert!(of("latscope.client/v1", "latscope.client/v2").contains("version"));
        assert!(of("\"sequence\":3", "\"sequence\":-3").contains("wrong type"));
        assert!(of("\"latency_ms\":5.75", "\"latency_ms\":-5.75").contains("latency_ms"));
        for other in [
            r#"{"note":"latscope.client/v1"}"#,
            r#"{"schema":"my.latscope.client/v1"}"#,
            "{}",
        ] {
            assert!(parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_run_tells_whether_it_is_valid_at_its_end() {
        let start = r#"{"schema":"latscope.client-run/v1","event":"start","run_id":"r","more":1}"#;
        let end = concat!(
            r#"{"schema":"latscope.client-run/v1","event":"end","run_id":"r","ended_at":"2026-11-26T10:00:00Z","#,
            r#""ending":"complete","is_valid":false,"reasons":["late"],"requests":1,"ok":1,"throttled":0,"http_errors":0,"#,
            r#""timeouts":0,"broken":0,"cancelled":0,"late_limit_ms":1.0,"late_requests":1}"#,
        );
        for (json, is_valid) in [(start, None), (end, Some(false))] {
            let Some(Ok(Line::Run(run))) = parse(json) else {
                panic!("{json}")
            };
            assert_eq!((&*run.run_id, run.is_valid), ("r", is_valid));
        }
        for wrong in [
            start.replace("start", "middle"),
            end.replace("false", "1"),
            start.replace("\"r\"", "1"),
        ] {
            assert!(matches!(parse(&wrong), Some(Err(_))), "{wrong}");
        }
    }
}
