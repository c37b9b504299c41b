//! What of an event is not needed is taken out before it becomes a request: lambda_http panics where a path, query, host
//! or encoded body is none.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lambda_http::LambdaEvent;
use lambda_http::aws_lambda_events::query_map::QueryMap;
use lambda_http::http::header::HOST;
use lambda_http::http::{HeaderMap, HeaderValue};
use lambda_http::request::LambdaRequest;

/// The event with its method, headers, body and context alone.
pub(crate) fn tidy(mut event: LambdaEvent<LambdaRequest>) -> LambdaEvent<LambdaRequest> {
    match &mut event.payload {
        LambdaRequest::ApiGatewayV1(request) => {
            request.path = None;
            request.request_context.stage = None;
            request.query_string_parameters = QueryMap::default();
            request.multi_value_query_string_parameters = QueryMap::default();
            tidy_headers(&mut request.headers);
            request.multi_value_headers = HeaderMap::new();
            decode(&mut request.body, &mut request.is_base64_encoded);
        }
        LambdaRequest::ApiGatewayV2(request) => {
            request.raw_path = None;
            request.request_context.stage = None;
            request.raw_query_string = None;
            request.query_string_parameters = QueryMap::default();
            tidy_headers(&mut request.headers);
            decode(&mut request.body, &mut request.is_base64_encoded);
        }
        _ => {}
    }
    event
}

fn tidy_headers(headers: &mut HeaderMap) {
    headers.remove("x-forwarded-proto");
    headers.insert(HOST, HeaderValue::from_static("localhost"));
}

/// A body in base64 as text. One that is none, or no text, becomes an empty one, which is no request either.
fn decode(body: &mut Option<String>, is_encoded: &mut bool) {
    if std::mem::take(is_encoded) {
        let decoded = body.take().and_then(|body| STANDARD.decode(body).ok());
        *body = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    }
}
