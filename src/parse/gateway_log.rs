//! An access log record of API Gateway, of an HTTP API or a REST API.
//!
//! Whoever sets up an API chooses keys and variables of its access log. Records are known where the keys are called as API
//! Gateway calls the variables, with or without dots (the API Gateway guides, "Customize HTTP API access logs" and "Variables
//! for access logging"). Values that are not set are `-`. Times are whole milliseconds: `responseLatency` from the request to
//! the response of the gateway, `integrationLatency` that of what it called. Addresses, callers and paths are not kept.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::{Deserialize, Deserializer, Serialize};

use super::plain::Object;
use super::record::{optional_micros, optional_text};
use crate::vocab::{AnyType, Lenient, Micros, RequestId, Timestamp, TraceId};

type Fault = Cow<'static, str>;

/// Texts of which one at least stands in every record that is known.
pub(super) const NEEDLES: [&str; 5] = [
    "integrationLatency",
    "integration.latency",
    "responseLatency",
    "\"routeKey\"",
    "\"resourcePath\"",
];

/// One request, as API Gateway logged it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct GatewayRequest {
    /// API Gateway's request id.
    pub request_id: Box<str>,
    /// Its extended request id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended_id: Option<Box<str>>,
    /// When the request came.
    #[serde(serialize_with = "optional_text", skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The status of the response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// From the request to the response.
    #[serde(
        rename = "response_latency_us",
        serialize_with = "optional_micros",
        skip_serializing_if = "Option::is_none"
    )]
    pub response_latency: Option<Micros>,
    /// What of it the integration took: the function, and the way to it and back.
    #[serde(
        rename = "integration_latency_us",
        serialize_with = "optional_micros",
        skip_serializing_if = "Option::is_none"
    )]
    pub integration_latency: Option<Micros>,
    /// The Lambda request id.
    #[serde(serialize_with = "optional_text", skip_serializing_if = "Option::is_none")]
    pub lambda_request_id: Option<RequestId>,
    /// The trace.
    #[serde(serialize_with = "optional_text", skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceId>,
    /// Whether the record tells of the integration: its latency or its request id, or that there was none.
    pub tells_integration: bool,
    /// The status that Lambda gave the gateway, if it gave one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integration_status: Option<u16>,
    /// Whether the record tells that status, or that there was none.
    pub tells_integration_status: bool,
    /// What kind of response of the gateway's own it was, such as `THROTTLED`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_type: Option<Box<str>>,
}

/// An integration that took so long was given up, where a record tells no more: API Gateway waits 29 s or 30 s unless it is told
/// otherwise (the API Gateway guide, "Quotas").
const LIMIT_AT_LEAST: Micros = Micros::from_millis(28_000);

impl GatewayRequest {
    /// Whether API Gateway gave up waiting for the function, and not the function answered so: a REST API says it, and answers
    /// 504, an HTTP API answers 503.
    pub fn is_integration_timeout(&self) -> bool {
        let is_said = self.error_type.as_deref() == Some("INTEGRATION_TIMEOUT");
        let has_no_answer = match self.tells_integration_status {
            true => self.integration_status.is_none(),
            false => self.integration_latency >= Some(LIMIT_AT_LEAST),
        };
        let is_called = self.integration_latency.is_some() || self.lambda_request_id.is_some();
        is_said || (matches!(self.status, Some(503 | 504)) && is_called && has_no_answer)
    }
}

/// Prepared once.
static FINDERS: LazyLock<[Finder<'static>; NEEDLES.len()]> = LazyLock::new(|| NEEDLES.map(Finder::new));

/// Whether the text may be a record.
pub(super) fn may_be(text: &str) -> bool {
    FINDERS
        .iter()
        .any(|finder| finder.find(text.as_bytes()).is_some())
}

/// Reads a record. `None` if the JSON object is none: one has a request id, a status or a latency, and one of the keys that
/// are the gateway's alone.
pub(super) fn parse(json: &str) -> Option<Result<GatewayRequest, Fault>> {
    if !may_be(json) {
        return None;
    }
    let Ok(log) = serde_json::from_str::<Log<'_>>(json) else {
        let is_one = json.contains("\"requestId\"") && json.contains("\"status\"");
        return is_one.then(|| Err("malformed API Gateway access log record".into()));
    };
    let is_gateways = log.route_key.is_there || log.resource_path.is_there;
    let has_latency = log.response_latency.is_there || log.integration_latency().is_there;
    let is_one = (is_gateways && log.status.is_there) || has_latency;
    let request_id = log.request_id.set().filter(|_| is_one)?;
    Some(read(&log, request_id))
}

fn read(log: &Log<'_>, request_id: &str) -> Result<GatewayRequest, Fault> {
    let millis = |value: &Value<'_>, name: &str| match value.set() {
        // Of what never came to an end.
        None | Some("-1") => Ok(None),
        Some(text) => Micros::parse_millis(text).map(Some).map_err(|_| {
            Fault::from(format!(
                "API Gateway access log record: {name} is no number of milliseconds"
            ))
        }),
    };
    let epoch = log.request_time_epoch.set().and_then(|text| text.parse().ok());
    let epoch = epoch.filter(|epoch| EPOCH_MS.contains(epoch));
    let statuses = [&log.integration_status, &log.dotted_status];
    let status = |value: &Value<'_>| value.set().and_then(|text| text.parse().ok());
    let ids = [
        &log.integration_request_id,
        &log.dotted_request_id,
        &log.aws_endpoint_request_id,
    ];
    let tells_integration = log.integration_latency().is_there || ids.iter().any(|id| id.is_there);
    let error_type = log.error_response_type.set().or(log.dotted_response_type.set());
    Ok(GatewayRequest {
        request_id: request_id.into(),
        extended_id: log.extended_request_id.set().map(Into::into),
        at: epoch.map(Timestamp::from_epoch_millis),
        status: status(&log.status),
        response_latency: millis(&log.response_latency, "the response's latency")?,
        integration_latency: millis(log.integration_latency(), "the integration's latency")?,
        lambda_request_id: ids.iter().find_map(|id| id.set()).and_then(RequestId::parse),
        trace: log.xray_trace_id.set().and_then(TraceId::parse),
        tells_integration,
        integration_status: statuses.iter().find_map(|value| status(value)),
        tells_integration_status: statuses.iter().any(|value| value.is_there),
        error_type: error_type.map(Into::into),
    })
}

/// Times of day that a request may have come at: until the year 2100.
const EPOCH_MS: std::ops::Range<i64> = 0..4_102_444_800_000;

/// The record with nothing else in it, and without words that may be prose.
///
/// # Errors
/// Why it cannot be read, where its request id may be prose.
pub(super) fn reduced(request: &GatewayRequest) -> Result<String, &'static str> {
    let request_id = super::plain::word(&request.request_id);
    let mut log = Object::default();
    log.text(
        "requestId",
        request_id.ok_or("API Gateway access log record without a request id")?,
    )
    .word("extendedRequestId", request.extended_id.as_deref());
    if let Some(at) = request.at {
        log.text("requestTimeEpoch", &at.as_epoch_millis().to_string());
    }
    let id = request.lambda_request_id.as_ref().map(super::plain::request_id);
    let trace = request.trace.map(|trace| trace.to_string());
    let status = request.status.map(|status| status.to_string());
    // By these two keys it is known.
    log.text("status", status.as_deref().unwrap_or("-"))
        .text("routeKey", "-")
        .millis("responseLatency", request.response_latency)
        .millis("integrationLatency", request.integration_latency)
        .word("xrayTraceId", trace.as_deref())
        .word("errorResponseType", request.error_type.as_deref());
    if request.tells_integration_status {
        let status = request.integration_status.map(|status| status.to_string());
        log.text("integrationStatus", status.as_deref().unwrap_or("-"));
    }
    match id {
        Some(id) => {
            log.text("integrationRequestId", &id);
        }
        None if request.tells_integration => {
            log.text("integrationRequestId", "-");
        }
        None => {}
    }
    Ok(log.finish())
}

/// The variables that are read, by the names that AWS gives them.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Log<'a> {
    #[serde(borrow)]
    request_id: Value<'a>,
    #[serde(borrow)]
    extended_request_id: Value<'a>,
    #[serde(borrow)]
    request_time_epoch: Value<'a>,
    #[serde(borrow)]
    route_key: Value<'a>,
    #[serde(borrow)]
    resource_path: Value<'a>,
    #[serde(borrow)]
    status: Value<'a>,
    #[serde(borrow)]
    response_latency: Value<'a>,
    #[serde(borrow)]
    integration_latency: Value<'a>,
    #[serde(borrow, rename = "integration.latency")]
    dotted_latency: Value<'a>,
    #[serde(borrow)]
    integration_request_id: Value<'a>,
    #[serde(borrow, rename = "integration.requestId")]
    dotted_request_id: Value<'a>,
    /// Of a REST API, beside or instead of the integration's.
    #[serde(borrow)]
    aws_endpoint_request_id: Value<'a>,
    #[serde(borrow)]
    integration_status: Value<'a>,
    #[serde(borrow, rename = "integration.integrationStatus")]
    dotted_status: Value<'a>,
    #[serde(borrow)]
    xray_trace_id: Value<'a>,
    #[serde(borrow)]
    error_response_type: Value<'a>,
    #[serde(borrow, rename = "error.responseType")]
    dotted_response_type: Value<'a>,
}

impl<'a> Log<'a> {
    fn integration_latency(&self) -> &Value<'a> {
        match self.integration_latency.is_there {
            true => &self.integration_latency,
            false => &self.dotted_latency,
        }
    }
}

/// A variable: a text or a number, as whoever set the log up has written it.
#[derive(Default)]
struct Value<'a> {
    /// Whether the key is there.
    is_there: bool,
    text: Option<Cow<'a, str>>,
}

impl Value<'_> {
    /// The value, if the variable was set.
    fn set(&self) -> Option<&str> {
        self.text
            .as_deref()
            .map(str::trim)
            .filter(|text| !text.is_empty() && *text != "-")
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Value<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;
        impl<'de> Lenient<'de> for ValueVisitor {
            type Value = Option<Cow<'de, str>>;
            fn borrowed(self, text: &'de str) -> Option<Cow<'de, str>> {
                Some(Cow::Borrowed(text))
            }
            fn text(self, text: &str) -> Option<Cow<'de, str>> {
                Some(Cow::Owned(text.to_owned()))
            }
            fn number(self, value: f64) -> Option<Cow<'de, str>> {
                Some(Cow::Owned(value.to_string()))
            }
        }
        let text = deserializer.deserialize_any(AnyType(ValueVisitor))?;
        Ok(Self { is_there: true, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `handler/template.yaml` has it written, of a request that reached the function.
    const RECORD: &str = concat!(
        r#"{"requestId":"JKJaXmPLvHcESHA=","extendedRequestId":"JKJaXmPLvHcESHA=","requestTimeEpoch":"1795600800123","#,
        r#""httpMethod":"POST","routeKey":"POST /","status":"200","protocol":"HTTP/1.1","responseLength":"310","#,
        r#""responseLatency":"845","integrationLatency":"841","integrationRequestId":"8f507cfc-5719-4a0b-9d5e-1f2a3b4c5d6e","#,
        r#""integrationStatus":"200","integrationErrorMessage":"-","errorResponseType":"-"}"#,
    );

    fn read_one(json: &str) -> GatewayRequest {
        parse(json).unwrap().unwrap()
    }

    #[test]
    fn a_record_tells_times_and_whom_it_called() {
        let request = read_one(RECORD);
        assert_eq!(&*request.request_id, "JKJaXmPLvHcESHA=");
        assert_eq!(request.at, Some(Timestamp::from_epoch_millis(1_795_600_800_123)));
        assert_eq!(request.status, Some(200));
        assert_eq!(request.response_latency, Some(Micros::from_millis(845)));
        assert_eq!(request.integration_latency, Some(Micros::from_millis(841)));
        assert_eq!(
            request.lambda_request_id,
            RequestId::parse("8f507cfc-5719-4a0b-9d5e-1f2a3b4c5d6e")
        );
        assert_eq!((request.error_type, request.tells_integration), (None, true));
    }

    #[test]
    fn a_request_that_reached_nothing_says_so() {
        let refused = concat!(
            r#"{"requestId":"a","routeKey":"POST /","status":429,"responseLatency":1,"integrationLatency":"-","#,
            r#""integrationRequestId":"-","errorResponseType":"THROTTLED"}"#,
        );
        let request = read_one(refused);
        assert_eq!((request.status, request.integration_latency), (Some(429), None));
        assert_eq!(
            (request.lambda_request_id, request.tells_integration),
            (None, true)
        );
        assert_eq!(request.error_type.as_deref(), Some("THROTTLED"));
        // What the console proposes tells nothing of the integration.
        let proposed = r#"{"requestId":"a","ip":"192.0.2.1","routeKey":"$default","status":"503","protocol":"HTTP/1.1"}"#;
        assert!(!read_one(proposed).tells_integration);
    }

    #[test]
    fn an_integration_that_was_given_up_is_told_from_an_answer_of_the_function() {
        let gave_up = |status: u16, latency: u64, more: &str| {
            let json = format!(
                r#"{{"requestId":"a","routeKey":"POST /","status":"{status}","integrationLatency":"{latency}"{more}}}"#
            );
            read_one(&json).is_integration_timeout()
        };
        for (status, latency, more, expected) in [
            (503, 30_000, r#","integrationStatus":"-""#, true),
            (503, 5_000, r#","integrationStatus":"-""#, true),
            (504, 220, r#","integrationStatus":"200""#, false),
            (504, 29_000, "", true),
            (504, 220, "", false),
            (504, 900, r#","errorResponseType":"INTEGRATION_TIMEOUT""#, true),
            (500, 29_000, "", false),
        ] {
            assert_eq!(
                gave_up(status, latency, more),
                expected,
                "{status} {latency} {more}"
            );
        }
        let refused = r#"{"requestId":"a","routeKey":"x","status":"503","integrationLatency":"-","integrationStatus":"-"}"#;
        assert!(!read_one(refused).is_integration_timeout());
        let odd = r#"{"requestId":"a","status":"504","integrationLatency":"-1","requestTimeEpoch":"99999999999999999"}"#;
        assert_eq!(
            (read_one(odd).integration_latency, read_one(odd).at),
            (None, None)
        );
    }

    #[test]
    fn names_of_a_rest_api_and_names_with_dots_are_known() {
        let rest = concat!(
            r#"{"requestId":"a","resourcePath":"/chat","status":"200","responseLatency":"9","integration.latency":"7","#,
            r#""awsEndpointRequestId":"b","integration.requestId":"c","#,
            r#""xrayTraceId":"1-643eb81e-7b15c13c3bff33247638ad8d"}"#,
        );
        let request = read_one(rest);
        assert_eq!(request.integration_latency, Some(Micros::from_millis(7)));
        assert_eq!(request.lambda_request_id, RequestId::parse("c"));
        assert_eq!(
            request.trace,
            TraceId::parse("1-643eb81e-7b15c13c3bff33247638ad8d")
        );
    }

    #[test]
    fn other_objects_are_none_and_damage_is_said() {
        for other in [
            r#"{"routeKey":"$default","requestContext":{"requestId":"a"},"status":"200"}"#,
            r#"{"requestId":"a","status":"200","message":"\"routeKey\""}"#,
            r#"{"requestId":"-","routeKey":"x","status":"200"}"#,
            r#"{"requestId":"a","resourcePath":"/"}"#,
        ] {
            assert!(parse(other).is_none(), "{other}");
        }
        let wrong = RECORD.replace("\"845\"", "\"soon\"");
        assert!(
            parse(&wrong)
                .unwrap()
                .unwrap_err()
                .contains("the response's latency")
        );
        // Without quotation marks, what is not set is no JSON.
        let bare = RECORD.replace("\"841\"", "-");
        assert!(parse(&bare).unwrap().is_err());
    }

    #[test]
    fn what_is_kept_reads_back_and_holds_nothing_else() {
        for json in [
            RECORD,
            r#"{"requestId":"a","routeKey":"x","status":"429","errorResponseType":"see me at noon"}"#,
        ] {
            let request = read_one(json);
            let kept = reduced(&request).unwrap();
            let back = read_one(&kept);
            let known = GatewayRequest {
                error_type: request.error_type.clone().filter(|word| !word.contains(' ')),
                ..request
            };
            assert_eq!(back, known, "{kept}");
            assert!(!kept.contains("POST") && !kept.contains("noon"));
        }
    }
}
