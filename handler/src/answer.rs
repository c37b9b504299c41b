//! The response to a request that the model answered.

use lambda_http::http::HeaderValue;
use lambda_http::http::header::CONTENT_TYPE;
use lambda_http::{Body, Response};
use serde_json::json;

use crate::inference::{Call, Written};
use crate::stopwatch::{Stopwatch, millis};

/// The text with its model, tokens and timings, as JSON.
pub(crate) fn response(
    written: &Written,
    call: &Call,
    model: &str,
    is_cold: bool,
    body_read_ms: f64,
    watch: &Stopwatch,
) -> Response<Body> {
    let usage = written.usage.as_ref();
    let sent_ms = call.time.map(|time| watch.until(time.sent));
    let body = json!({
        "text": written.text,
        "model": model,
        "stop_reason": written.stop_reason,
        "usage": {
            "input_tokens": usage.map(|usage| usage.input_tokens()),
            "output_tokens": usage.map(|usage| usage.output_tokens()),
        },
        "timings": {
            "cold_start": is_cold,
            "body_read_ms": body_read_ms,
            "request_sent_ms": sent_ms,
            "retry_ms": call.time.map(|time| millis(time.retry)),
            "retry_count": call.time.map(|time| time.retries),
            "inference_ms": call.time.map(|time| millis(time.inference)),
            "time_to_first_token_ms": call.time_to_first_token.map(millis),
            "bedrock_latency_ms": written.latency_ms,
            "answer_complete_ms": watch.until(call.ended),
        },
    });
    let mut response = Response::new(Body::from(body.to_string()));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
