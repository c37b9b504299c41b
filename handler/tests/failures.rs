//! Requests that get no answer: every one has an honest status and, where a model was called, a record.

// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::time::Duration;

use common::bedrock::{Bedrock, Reply, answer, delta, event, exception};
use common::rie::{Answer, Function, http_api};
use serde_json::{Value, json};

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// One attempt a call, so that each test is one.
const ONCE: (&str, &str) = ("AWS_MAX_ATTEMPTS", "1");

/// What names the account, and must never be in a response.
const ARN: &str = "arn:aws:sts::111122223333:assumed-role/chat/chat";

/// Posts a request to a function whose Bedrock always replies so; the answer and the record.
fn post(reply: impl Fn() -> Reply + Send + Sync + 'static, body: &Value) -> (Answer, Value) {
    let bedrock = Bedrock::start(move |_| reply());
    let function = Function::start(&bedrock.url, &[ONCE]);
    let answer = function.post(body);
    assert!(!answer.event.to_string().contains("arn:"), "{answer:?}");
    assert!(!answer.event.to_string().contains("111122223333"), "{answer:?}");
    (answer, function.record())
}

/// Asserts what a request gets and what its record says.
#[track_caller]
fn assert_failed((answer, record): &(Answer, Value), http: u64, status: &str, error_type: &str) {
    assert_eq!(answer.status, http, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.body["status"], http);
    assert!(
        answer.body["detail"]
            .as_str()
            .is_some_and(|detail| !detail.is_empty())
    );
    assert_eq!(
        answer.header("x-lambda-request-id"),
        record["request_id"].as_str()
    );
    assert_eq!(record["status"], status, "{record}");
    assert_eq!(record["error.type"], error_type, "{record}");
    let number = |name: &str| record[name].as_f64().unwrap_or_default();
    let parts = ["before_ms", "retry_ms", "inference_ms", "after_ms"].map(number);
    if record["inference_ms"].is_number() {
        assert!(
            (parts.iter().sum::<f64>() - number("handler_ms")).abs() < 0.01,
            "{record}"
        );
    }
}

#[test]
fn errors_of_bedrock_become_honest_statuses() {
    // Name, Bedrock's status, ours, the record's.
    let cases = [
        ("ThrottlingException", 429, 429, "throttled"),
        ("ModelTimeoutException", 408, 504, "timeout"),
        ("ModelNotReadyException", 429, 503, "error"),
        ("ServiceUnavailableException", 503, 503, "error"),
        ("ValidationException", 400, 400, "error"),
        ("AccessDeniedException", 403, 502, "error"),
        ("ResourceNotFoundException", 404, 502, "error"),
        ("ModelErrorException", 424, 502, "error"),
        ("InternalServerException", 500, 502, "error"),
        ("UnrecognizedClientException", 403, 502, "error"),
    ];
    for is_streamed in [false, true] {
        for (name, theirs, ours, status) in cases {
            let message = concat!(
                "User: arn:aws:sts::111122223333:assumed-role/chat/chat ",
                "is not authorized"
            );
            let failed = post(
                move || Reply::Error(ms(20), theirs, name, message, ""),
                &json!({"prompt": "x", "stream": is_streamed}),
            );
            assert_failed(&failed, ours, status, name);
            assert!(failed.1["inference_ms"].as_f64() >= Some(20.0), "{name}");
            let waits = matches!(ours, 429 | 503);
            assert_eq!(failed.0.header("retry-after"), waits.then_some("1"), "{name}");
            assert_eq!(failed.1["bedrock_request_id"], "bedrock-0");
        }
    }
}

#[test]
fn a_throttled_request_is_retried_then_told_when_to_come_back() {
    let bedrock = Bedrock::start(|_| {
        Reply::Error(
            ms(10),
            429,
            "ThrottlingException",
            "Slow down",
            "Retry-After: 7\r\n",
        )
    });
    let function = Function::start(&bedrock.url, &[]);
    let answer = function.post(&json!({"prompt": "x"}));
    let record = function.record();
    assert_eq!(answer.header("retry-after"), Some("7"));
    assert_eq!((bedrock.calls().len(), &record["retry_count"]), (3, &json!(2)));
    assert!(record["retry_ms"].as_f64() >= Some(20.0), "{record}");
    assert_failed(&(answer, record), 429, "throttled", "ThrottlingException");
}

#[test]
fn a_request_that_is_throttled_until_its_time_is_up_was_throttled() {
    let bedrock = Bedrock::start(|_| {
        let headers = "x-amz-retry-after: 9000\r\n";
        Reply::Error(ms(10), 429, "ThrottlingException", "Slow down", headers)
    });
    let function = Function::start(&bedrock.url, &[("AWS_LAMBDA_FUNCTION_TIMEOUT", "2")]);
    let answer = function.post(&json!({"prompt": "x"}));
    let record = function.record();
    assert_eq!(answer.header("retry-after"), Some("9"));
    // What it waited for is no inference.
    assert!(record["inference_ms"].as_f64() < Some(500.0), "{record}");
    assert!(record["retry_ms"].as_f64() >= Some(1000.0), "{record}");
    assert_failed(&(answer, record), 429, "throttled", "ThrottlingException");
}

#[test]
fn what_is_no_answer_of_bedrock_is_none_of_ours() {
    let body = json!({"prompt": "x"});
    let empty = post(|| Reply::Whole(ms(0), json!({})), &body);
    assert_failed(&empty, 502, "error", "response");
    let page = post(|| Reply::Page("<html>Welcome to the hotel</html>"), &body);
    assert_failed(&page, 502, "error", "response");
}

/// A proxy between the function and Bedrock refuses requests by their HTTP status, with a page, JSON or nothing behind it.
#[test]
fn a_refusal_without_a_name_has_the_status_of_its_http() {
    let cases = [
        (429, 429, "throttled"),
        (503, 503, "error"),
        (504, 504, "timeout"),
        (403, 502, "error"),
        (500, 502, "error"),
    ];
    let page = "<html>Not now</html>";
    for (is_streamed, body) in [(false, page), (false, r#"{"message":"Not now"}"#), (true, "")] {
        for (theirs, ours, status) in cases {
            let failed = post(
                move || Reply::Refusal(theirs, "Retry-After: 7\r\n", body),
                &json!({"prompt": "x", "stream": is_streamed}),
            );
            assert_failed(&failed, ours, status, &theirs.to_string());
            let waits = matches!(ours, 429 | 503);
            assert_eq!(failed.0.header("retry-after"), waits.then_some("7"), "{theirs}");
            assert!(!failed.0.event.to_string().contains("Not now"), "{theirs}");
        }
    }
}

/// The SDK repeats it by its status. Whether its attempts or the function's time end first, it was refused.
#[test]
fn the_last_attempt_may_have_been_refused_without_a_name() {
    let bedrock =
        Bedrock::start(|_| Reply::Refusal(503, "x-amz-retry-after: 9000\r\n", "<html>Not now</html>"));
    let function = Function::start(&bedrock.url, &[("AWS_LAMBDA_FUNCTION_TIMEOUT", "2")]);
    let answer = function.post(&json!({"prompt": "x"}));
    assert_eq!(answer.header("retry-after"), Some("9"));
    assert_failed(&(answer, function.record()), 503, "error", "503");
}

#[test]
fn what_a_model_does_not_take_is_explained() {
    let (answer, _) = post(
        || {
            Reply::Error(
                ms(0),
                400,
                "ValidationException",
                "The prompt is too long for this model.",
                "",
            )
        },
        &json!({"prompt": "x"}),
    );
    assert_eq!(
        answer.body["detail"],
        "the model does not take this request: The prompt is too long for this model."
    );
}

#[test]
fn cut_connections_are_told_apart() {
    let body = json!({"prompt": "x"});
    assert_failed(&post(|| Reply::Closed(ms(10)), &body), 502, "error", "connection");
    assert_failed(&post(|| Reply::Half, &body), 502, "error", "response");
}

#[test]
fn nobody_at_the_address_is_a_failed_connection() {
    let function = Function::start("http://127.0.0.1:9", &[ONCE]);
    let answer = function.post(&json!({"prompt": "x"}));
    assert_failed(&(answer, function.record()), 502, "error", "connection");
}

#[test]
fn a_function_without_credentials_says_so() {
    let bedrock = Bedrock::start(|_| Reply::Silence);
    let none = [
        ("AWS_ACCESS_KEY_ID", ""),
        ("AWS_SECRET_ACCESS_KEY", ""),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    let function = Function::start(&bedrock.url, &none);
    let answer = function.post(&json!({"prompt": "x"}));
    let record = function.record();
    assert_eq!(record["inference_ms"], Value::Null, "nothing was sent");
    assert!(bedrock.calls().is_empty());
    assert_failed(&(answer, record), 502, "error", "request");
}

#[test]
fn a_stream_that_breaks_is_no_answer() {
    let body = json!({"prompt": "x", "stream": true});
    let begun = || {
        vec![
            (ms(0), event("messageStart", &json!({"role": "assistant"}))),
            (ms(20), delta("Hel")),
        ]
    };
    let broken = post(move || Reply::Broken(begun()), &body);
    assert_failed(&broken, 502, "error", "connection");
    assert!(broken.1["time_to_first_token_ms"].as_f64() >= Some(20.0));
    // It ends as HTTP wants it, but the message does not.
    assert_failed(
        &post(move || Reply::Frames(begun()), &body),
        502,
        "error",
        "response",
    );
    // A frame that is none.
    let torn = post(
        move || {
            let mut frames = begun();
            frames[1].1[9] ^= 1;
            Reply::Frames(frames)
        },
        &body,
    );
    assert_failed(&torn, 502, "error", "response");
}

#[test]
fn exceptions_within_a_stream_have_their_statuses() {
    let cases = [
        ("throttlingException", 429, "throttled", "ThrottlingException"),
        (
            "modelStreamErrorException",
            502,
            "error",
            "ModelStreamErrorException",
        ),
        ("internalServerException", 502, "error", "InternalServerException"),
        (
            "serviceUnavailableException",
            503,
            "error",
            "ServiceUnavailableException",
        ),
        ("validationException", 400, "error", "ValidationException"),
    ];
    for (name, http, status, error_type) in cases {
        let failed = post(
            move || Reply::Frames(vec![(ms(20), delta("Hel")), (ms(10), exception(name, ARN))]),
            &json!({"prompt": "x", "stream": true}),
        );
        assert_failed(&failed, http, status, error_type);
        assert!(failed.1["inference_ms"].as_f64() >= Some(30.0));
    }
}

#[test]
fn a_model_that_says_nothing_is_given_up_before_lambda_gives_up() {
    for is_streamed in [false, true] {
        let bedrock = Bedrock::start(|_| Reply::Silence);
        let function = Function::start(&bedrock.url, &[("AWS_LAMBDA_FUNCTION_TIMEOUT", "2")]);
        let answer = function.post(&json!({"prompt": "x", "stream": is_streamed}));
        let record = function.record();
        let inference = record["inference_ms"].as_f64().unwrap();
        assert!((1000.0..2000.0).contains(&inference), "{record}");
        assert_failed(&(answer, record), 504, "timeout", "timeout");
        // Lambda saw an invocation that ended by itself.
        let log = function.log_with_reports(1);
        assert!(!log.contains("Duration: 2000.00 ms"), "{log}");
    }
}

#[test]
fn a_stream_that_stalls_is_given_up_with_its_first_token_known() {
    let bedrock = Bedrock::start(|_| {
        Reply::Frames(vec![
            (ms(30), delta("Hel")),
            (Duration::from_secs(30), delta("lo.")),
        ])
    });
    let function = Function::start(&bedrock.url, &[("AWS_LAMBDA_FUNCTION_TIMEOUT", "2")]);
    let answer = function.post(&json!({"prompt": "x", "stream": true}));
    let record = function.record();
    assert!(
        record["time_to_first_token_ms"].as_f64() >= Some(30.0),
        "{record}"
    );
    assert!(record["inference_ms"].as_f64() >= Some(1000.0), "{record}");
    assert_failed(&(answer, record), 504, "timeout", "timeout");
}

#[test]
fn requests_that_make_no_sense_call_nobody() {
    let bedrock = Bedrock::start(|_| Reply::Whole(ms(0), answer("Hello.", (12, 3), 7)));
    let function = Function::start(&bedrock.url, &[]);
    let long = format!("{{\"prompt\":\"{}\"}}", "x".repeat(1024 * 1024));
    let cases = [
        ("POST", "", 400),
        ("POST", "{", 400),
        ("POST", "[1]", 400),
        ("POST", "{}", 400),
        ("POST", r#"{"prompt":""}"#, 400),
        ("POST", r#"{"prompt":"x","model":"anthropic.claude-v2"}"#, 400),
        ("POST", r#"{"prompt":"x","max_tokens":4097}"#, 400),
        ("POST", r#"{"prompt":"x","temperature":1}"#, 400),
        ("POST", &long, 413),
        ("GET", "", 405),
        ("PUT", r#"{"prompt":"x"}"#, 405),
    ];
    for (method, body, status) in cases {
        let answer = function.invoke(&http_api(method, body));
        assert_eq!(answer.status, status, "{method} {body:.40}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert_eq!(answer.body["status"], status);
        assert!(answer.header("x-lambda-request-id").is_some());
        assert_eq!(answer.header("allow"), (status == 405).then_some("POST"));
    }
    assert!(bedrock.calls().is_empty());
    // The only record is of a request that makes sense. The environment lives on, and is no longer cold.
    assert_eq!(function.post(&json!({"prompt": "x"})).status, 200);
    assert_eq!(function.record()["cold_start"], false);
}

#[test]
fn an_event_that_is_no_request_is_an_error_and_no_end() {
    let bedrock = Bedrock::start(|_| Reply::Whole(ms(0), answer("Hello.", (12, 3), 7)));
    let function = Function::start(&bedrock.url, &[]);
    for event in [json!({"prompt": "x"}), json!([1]), Value::Null] {
        let answer = function.invoke_raw(&event);
        assert!(answer["errorType"].is_string(), "{answer}");
    }
    assert_eq!(function.post(&json!({"prompt": "x"})).status, 200);
}

#[test]
fn settings_that_cannot_be_used_end_the_initialisation() {
    let cases = [
        (vec![("MODEL_IDS", "")], "MODEL_ID: expecting"),
        (vec![("MODEL_ID", "m")], "MODEL_ID and MODEL_IDS are both set"),
        (
            vec![("MODEL_ASSIGNMENT", "random")],
            "MODEL_ASSIGNMENT: expecting",
        ),
        (vec![("METRICS", "statsd")], "METRICS: expecting"),
        (
            vec![("MODEL_IDS", ""), ("MODEL_ID", "a,b")],
            "MODEL_ID: expecting a single model",
        ),
        // What the SDK would panic at.
        (vec![("AWS_MAX_ATTEMPTS", "0")], "AWS_MAX_ATTEMPTS: expecting"),
        (vec![("AWS_MAX_ATTEMPTS", "three")], "AWS_MAX_ATTEMPTS: expecting"),
        (vec![("AWS_MAX_ATTEMPTS", " 3")], "AWS_MAX_ATTEMPTS: expecting"),
        (vec![("AWS_MAX_ATTEMPTS", "")], "AWS_MAX_ATTEMPTS: expecting"),
        (vec![("AWS_RETRY_MODE", "legacy")], "AWS_RETRY_MODE: expecting"),
    ];
    for (variables, expected) in cases {
        let function = Function::start("http://127.0.0.1:9", &variables);
        // Of a program that ended the emulator answers nothing.
        assert_eq!(function.invoke_raw(&http_api("POST", r#"{"prompt":"x"}"#)), "");
        let said = format!("latscope-handler: {expected}");
        function.log_with(&said, 1);
    }
}
