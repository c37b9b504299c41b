//! What a request asks for, checked.

use lambda_http::http::{Method, StatusCode};
use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt};
use latscope_schema::{CLIENT_REQUEST_ID, is_id};
use serde_json::{Map, Value};

use crate::problem::Problem;
use crate::settings::Settings;

/// The longest body in bytes, less than Lambda takes.
const MAX_BODY: usize = 1024 * 1024;

/// The fields of a body.
const FIELDS: [&str; 4] = ["prompt", "max_tokens", "model", "stream"];

/// A request that can be answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// What the model is to read; not blank.
    pub(crate) prompt: String,
    /// The most tokens that it may write.
    pub(crate) max_tokens: u32,
    /// Which of the models was named, if one was.
    pub(crate) model: Option<usize>,
    /// Whether the model is to stream its answer.
    pub(crate) is_streamed: bool,
}

impl Asked {
    /// Reads a request. Its path does not matter: which ones come here is decided by who routes them.
    ///
    /// # Errors
    /// If it is none that can be answered.
    pub(crate) fn read(request: &Request, settings: &Settings) -> Result<Self, Problem> {
        if request.method() != Method::POST {
            return Err(Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "send POST with a JSON object that has a prompt",
            ));
        }
        Self::parse(bytes(request.body()), settings)
    }

    fn parse(body: &[u8], settings: &Settings) -> Result<Self, Problem> {
        if body.len() > MAX_BODY {
            return Err(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("the body has {} bytes; {MAX_BODY} are taken", body.len()),
            ));
        }
        let fields: Map<String, Value> = serde_json::from_slice(body).map_err(|error| {
            Problem::bad_request(format!(
                "the body is no JSON object (line {}, column {}): expecting {{\"prompt\": \"…\"}}",
                error.line(),
                error.column()
            ))
        })?;
        if fields.keys().any(|name| !FIELDS.contains(&name.as_str())) {
            return Err(Problem::bad_request(format!(
                "the body has a field that is none of {}",
                FIELDS.join(", ")
            )));
        }
        let field = |name: &str| fields.get(name).filter(|value| !value.is_null());
        Ok(Self {
            prompt: prompt(field("prompt"))?,
            max_tokens: max_tokens(field("max_tokens"), settings)?,
            model: field("model").map(|name| model(name, settings)).transpose()?,
            is_streamed: match field("stream") {
                None => false,
                Some(Value::Bool(is_streamed)) => *is_streamed,
                Some(_) => return Err(Problem::bad_request("stream: expecting true or false")),
            },
        })
    }
}

fn bytes(body: &Body) -> &[u8] {
    match body {
        Body::Text(text) => text.as_bytes(),
        Body::Binary(bytes) => bytes,
        _ => &[],
    }
}

fn prompt(value: Option<&Value>) -> Result<String, Problem> {
    match value {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(text.clone()),
        Some(Value::String(_)) => Err(Problem::bad_request("prompt: there is nothing in it")),
        _ => Err(Problem::bad_request("prompt: expecting a text")),
    }
}

fn max_tokens(value: Option<&Value>, settings: &Settings) -> Result<u32, Problem> {
    let Some(value) = value else {
        return Ok(settings.default_tokens);
    };
    value
        .as_u64()
        .and_then(|tokens| u32::try_from(tokens).ok())
        .filter(|tokens| (1..=settings.max_tokens).contains(tokens))
        .ok_or_else(|| {
            Problem::bad_request(format!(
                "max_tokens: expecting a whole number from 1 to {}",
                settings.max_tokens
            ))
        })
}

fn model(value: &Value, settings: &Settings) -> Result<usize, Problem> {
    let named = |name: &str| {
        settings
            .models
            .iter()
            .position(|model| model.id == name || model.public_name() == name)
    };
    value.as_str().and_then(named).ok_or_else(|| {
        let known: Vec<&str> = settings.models.iter().map(|model| model.public_name()).collect();
        Problem::bad_request(format!("model: expecting one of {}", known.join(", ")))
    })
}

/// API Gateway's id of a request. A function URL has none.
pub(crate) fn api_gateway_request_id(request: &Request) -> Option<String> {
    match request.request_context_ref()? {
        RequestContext::ApiGatewayV1(context) => context.request_id.clone(),
        RequestContext::ApiGatewayV2(context) => {
            let domain = context.domain_name.as_deref().unwrap_or_default();
            context
                .request_id
                .clone()
                .filter(|_| !domain.contains(".lambda-url."))
        }
        _ => None,
    }
}

/// The id that the caller gave the request, if it is written as ids are.
pub(crate) fn client_request_id(request: &Request) -> Option<&str> {
    let id = request.headers().get(CLIENT_REQUEST_ID)?.to_str().ok()?;
    is_id(id).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings::read(|name| match name {
            "MODEL_IDS" => Some(
                "amazon.nova-lite-v1:0,arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/abc"
                    .to_owned(),
            ),
            "MAX_TOKENS" => Some("1000".to_owned()),
            _ => None,
        })
        .unwrap()
    }

    #[track_caller]
    fn parse(body: &str) -> Asked {
        Asked::parse(body.as_bytes(), &settings()).unwrap()
    }

    #[track_caller]
    fn problem(body: &str) -> (u16, String) {
        let problem = Asked::parse(body.as_bytes(), &settings()).expect_err(body);
        (problem.status.as_u16(), problem.detail)
    }

    #[test]
    fn a_prompt_is_enough() {
        let asked = Asked {
            prompt: "Hello".to_owned(),
            max_tokens: 512,
            model: None,
            is_streamed: false,
        };
        assert_eq!(parse(r#"{"prompt":"Hello"}"#), asked);
        assert_eq!(
            parse(r#"{"prompt":"Hello","max_tokens":null,"model":null,"stream":null}"#),
            asked
        );
    }

    #[test]
    fn every_field_is_read() {
        assert_eq!(
            parse(r#"{"prompt":" ü\n","max_tokens":1000,"model":"amazon.nova-lite-v1:0","stream":true}"#),
            Asked {
                prompt: " ü\n".to_owned(),
                max_tokens: 1000,
                model: Some(0),
                is_streamed: true,
            }
        );
    }

    #[test]
    fn a_model_is_named_by_its_id_or_the_end_of_its_arn() {
        assert_eq!(parse(r#"{"prompt":"x","model":"abc"}"#).model, Some(1));
        let arn = &settings().models[1].id;
        assert_eq!(
            parse(&format!(r#"{{"prompt":"x","model":"{arn}"}}"#)).model,
            Some(1)
        );
    }

    #[test]
    fn what_cannot_be_answered_is_said_without_repeating_it() {
        let cases = [
            ("", "the body is no JSON object (line 1, column 0)"),
            ("{", "the body is no JSON object (line 1, column 1)"),
            ("[]", "the body is no JSON object"),
            ("\"secret\"", "the body is no JSON object"),
            ("{\"prompt\":\"secret\"} {}", "the body is no JSON object"),
            ("{}", "prompt: expecting a text"),
            (r#"{"prompt":null}"#, "prompt: expecting a text"),
            (r#"{"prompt":["secret"]}"#, "prompt: expecting a text"),
            (r#"{"prompt":" \n\t "}"#, "prompt: there is nothing in it"),
            (
                r#"{"prompt":"x","max_tokens":0}"#,
                "max_tokens: expecting a whole number from 1 to 1000",
            ),
            (r#"{"prompt":"x","max_tokens":1001}"#, "max_tokens: expecting"),
            (r#"{"prompt":"x","max_tokens":1.5}"#, "max_tokens: expecting"),
            (r#"{"prompt":"x","max_tokens":"9"}"#, "max_tokens: expecting"),
            (
                r#"{"prompt":"x","stream":"yes"}"#,
                "stream: expecting true or false",
            ),
            (
                r#"{"prompt":"x","model":"secret"}"#,
                "model: expecting one of amazon.nova-lite-v1:0, abc",
            ),
            (r#"{"prompt":"x","model":7}"#, "model: expecting one of"),
            (
                r#"{"prompt":"x","secret":1}"#,
                "the body has a field that is none of prompt, max_tokens, model, stream",
            ),
        ];
        for (body, expected) in cases {
            let (status, detail) = problem(body);
            assert_eq!(status, 400, "{body}");
            assert!(detail.starts_with(expected), "{body}: {detail}");
            assert!(
                !detail.contains("secret") && !detail.contains("arn:"),
                "{body}: {detail}"
            );
        }
    }

    #[test]
    fn an_id_of_the_caller_is_taken_where_it_is_one() {
        let of = |id: &str| {
            let request = lambda_http::http::Request::post("/").header("X-Latscope-Request-Id", id);
            let request = request.body(Body::Empty).unwrap();
            client_request_id(&request).map(str::to_owned)
        };
        let id = "20261126T100000-9f2c41aa-17";
        assert_eq!(of(id).as_deref(), Some(id));
        for other in ["", "a b", "a,b", "<a>", "a\"", &"x".repeat(129)] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_a_bad_request() {
        let problem = Asked::parse(b"{\"prompt\":\"\xff\"}", &settings()).unwrap_err();
        assert_eq!(problem.status, StatusCode::BAD_REQUEST);
    }

    #[test]
    fn a_long_body_is_refused_unread() {
        let body = format!(r#"{{"prompt":"{}"}}"#, "x".repeat(MAX_BODY));
        assert_eq!(problem(&body).0, 413);
        let fits = format!(r#"{{"prompt":"{}"}}"#, "x".repeat(MAX_BODY - 13));
        assert_eq!(fits.len(), MAX_BODY);
        parse(&fits);
    }
}
