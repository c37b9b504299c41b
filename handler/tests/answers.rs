//! Requests that the model answers: the real program under the runtime emulator, Bedrock on loopback.

// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::bedrock::{Bedrock, Reply, answer, delta, ending};
use common::measured::{SLACK_MS, assert_adds_up, assert_took, ms, number, steady};
use common::rie::{Function, NOVA, function_url, http_api, rest_api};
use latscope_schema::TimingRecord;
use serde_json::{Value, json};

#[test]
fn an_answer_has_text_model_tokens_timings_and_the_request_id() {
    let bedrock = steady(80);
    let function = Function::start(&bedrock.url, &[("MODEL_IDS", NOVA)]);
    let answer = function.post(&json!({"prompt": "Say hello.", "max_tokens": 20}));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.body["text"], "Hello.");
    assert_eq!(answer.body["model"], NOVA);
    assert_eq!(answer.body["stop_reason"], "end_turn");
    assert_eq!(
        answer.body["usage"],
        json!({"input_tokens": 12, "output_tokens": 3})
    );
    let timings = &answer.body["timings"];
    assert_eq!(timings["cold_start"], true);
    assert_eq!(timings["retry_count"], 0);
    assert_eq!(timings["bedrock_latency_ms"], 7);
    assert_eq!(timings["time_to_first_token_ms"], Value::Null);
    assert!(number(timings, "inference_ms") >= 80.0);

    let call = &bedrock.calls()[0];
    assert_eq!((call.model.as_str(), call.is_streamed), (NOVA, false));
    assert_eq!(call.body["inferenceConfig"], json!({"maxTokens": 20}));
    assert_eq!(
        call.body["messages"],
        json!([{"role": "user", "content": [{"text": "Say hello."}]}])
    );

    let record = function.record();
    let id = answer.header("x-lambda-request-id").unwrap();
    assert_eq!(record["request_id"], id);
    assert!(
        function
            .log_with_reports(1)
            .contains(&format!("REPORT RequestId: {id}\t"))
    );
    assert_eq!(record["inference_ms"], timings["inference_ms"]);
    assert_took(&record, bedrock.took_ms(0));
}

/// The response's times are those of the record, counted from the same moment.
#[track_caller]
fn assert_in_order(timings: &Value, record: &Value) {
    let [read, sent, complete] =
        ["body_read_ms", "request_sent_ms", "answer_complete_ms"].map(|name| number(timings, name));
    assert!(0.0 <= read && read <= sent && sent <= complete, "{timings}");
    for name in ["retry_ms", "inference_ms"] {
        assert_eq!(timings[name], record[name], "{timings} {record}");
    }
    assert_eq!(timings["request_sent_ms"], record["before_ms"], "{record}");
    // Each is cut to a microsecond.
    let parts = sent + number(timings, "retry_ms") + number(timings, "inference_ms");
    assert!((parts - complete).abs() < 0.01, "{timings}");
    assert!(complete <= number(record, "handler_ms"), "{timings} {record}");
}

#[test]
fn the_times_of_a_response_lead_from_one_to_the_next() {
    // The first attempt fails, so that there is time of each kind.
    let bedrock = Bedrock::start(|call| match call.nth {
        0 => Reply::Error(ms(30), 429, "ThrottlingException", "Too many requests", ""),
        _ if call.is_streamed => {
            let [stop, metadata] = ending((12, 3), 7);
            Reply::Frames(vec![(ms(20), delta("Hello.")), (ms(20), stop), (ms(0), metadata)])
        }
        _ => Reply::Whole(ms(40), answer("Hello.", (12, 3), 7)),
    });
    let function = Function::start(&bedrock.url, &[]);
    for (nth, is_streamed) in [false, true].into_iter().enumerate() {
        let answer = function.post(&json!({"prompt": "x", "stream": is_streamed}));
        assert_eq!(answer.status, 200, "{answer:?}");
        let timings = &answer.body["timings"];
        assert_in_order(timings, &function.records(nth + 1)[nth]);
        let [sent, complete] = ["request_sent_ms", "answer_complete_ms"].map(|name| number(timings, name));
        let least = if nth == 0 { 70.0 } else { 40.0 };
        assert!(complete - sent >= least, "{timings}");
        assert_eq!(number(timings, "retry_ms") >= 30.0, nth == 0, "{timings}");
    }
}

/// The record is the schema's, every field that a plain call has is set, and no other.
#[test]
fn the_record_is_whole() {
    let bedrock = steady(30);
    let function = Function::start(&bedrock.url, &[("MODEL_IDS", NOVA)]);
    function.post(&json!({"prompt": "Grüße"}));
    let line = function.record();
    assert_adds_up(&line);
    assert_eq!(line["before_ms"], line["start_offset_ms"]);
    let text = line.to_string();
    let record: TimingRecord<'_> = serde_json::from_str(&text).unwrap();
    let mut names: Vec<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "after_ms",
            "api_gateway_request_id",
            "bedrock_latency_ms",
            "bedrock_request_id",
            "before_ms",
            "call_index",
            "cold_start",
            "gen_ai.operation.name",
            "gen_ai.provider.name",
            "gen_ai.request.max_tokens",
            "gen_ai.request.model",
            "gen_ai.usage.input_tokens",
            "gen_ai.usage.output_tokens",
            "handler_ms",
            "inference_ms",
            "initialization_type",
            "prompt_hash",
            "prompt_length",
            "request_id",
            "retry_count",
            "retry_ms",
            "schema",
            "start_offset_ms",
            "status",
            "streaming",
        ]
    );
    assert_eq!(record.request_model.as_deref(), Some(NOVA));
    assert_eq!(record.bedrock_request_id.as_deref(), Some("bedrock-0"));
    assert_eq!(record.api_gateway_request_id.as_deref(), Some("gateway-1"));
    assert_eq!(record.initialization_type.as_deref(), Some("on-demand"));
    assert_eq!(record.prompt_length, Some(7));
    assert_eq!(record.max_tokens, Some(512));
    assert_eq!(line["status"], "ok");
    assert_eq!(line["retry_ms"], 0.0);
}

#[test]
fn only_the_first_invocation_of_an_environment_is_cold() {
    let bedrock = steady(0);
    let function = Function::start(&bedrock.url, &[]);
    for _ in 0..3 {
        function.post(&json!({"prompt": "x"}));
    }
    let cold: Vec<Value> = function
        .records(3)
        .iter()
        .map(|record| record["cold_start"].clone())
        .collect();
    assert_eq!(cold, [json!(true), json!(false), json!(false)]);
}

#[test]
fn rest_apis_and_function_urls_are_answered_too() {
    let bedrock = steady(0);
    let function = Function::start(&bedrock.url, &[]);
    let body = json!({"prompt": "x"}).to_string();
    let mut encoded = http_api("POST", "eyJwcm9tcHQiOiJ4In0=");
    encoded["isBase64Encoded"] = json!(true);
    let events = [
        (rest_api("POST", &body), json!("gateway-2")),
        // A function URL's request id is Lambda's own.
        (function_url("POST", &body), Value::Null),
        (encoded, json!("gateway-1")),
    ];
    for (nth, (event, gateway_id)) in events.into_iter().enumerate() {
        let answer = function.invoke(&event);
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body["text"], "Hello.");
        assert!(answer.header("x-lambda-request-id").is_some());
        assert_eq!(
            function.records(nth + 1)[nth]["api_gateway_request_id"],
            gateway_id
        );
    }
}

#[test]
fn whatever_is_not_needed_of_an_event_does_no_harm() {
    let bedrock = steady(0);
    let function = Function::start(&bedrock.url, &[]);
    let body = json!({"prompt": "x"}).to_string();
    let event = || http_api("POST", &body);
    let changed = |change: fn(&mut Value)| {
        let mut event = event();
        change(&mut event);
        event
    };
    let long = "a".repeat(70_000);
    let mut with_long_query = event();
    with_long_query["rawQueryString"] = json!(long);
    let mut of_rest = rest_api("POST", &body);
    of_rest["path"] = json!("/a b\"<>");
    of_rest["queryStringParameters"] = json!({"a\"<> ": "b c\u{7f}"});
    let events = [
        with_long_query,
        of_rest,
        changed(|event| event["rawQueryString"] = json!("a=\"<>{} |\\^`\u{7f}")),
        changed(|event| event["rawPath"] = json!("no slash \" <>")),
        changed(|event| event["requestContext"]["stage"] = json!("a b<>")),
        changed(|event| event["headers"]["host"] = json!("a b")),
        changed(|event| event["headers"]["x-forwarded-proto"] = json!("://")),
    ];
    for event in &events {
        let answer = function.invoke(event);
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.header("x-lambda-request-id").is_some());
    }
    let mut encoded = event();
    encoded["isBase64Encoded"] = json!(true);
    assert_eq!(function.invoke(&encoded).status, 400, "its body is no base64");
}

#[test]
fn what_bedrock_does_not_tell_is_not_known() {
    let bedrock = Bedrock::start(|_| {
        let mut body = answer("Hello.", (0, 0), 0);
        let fields = body.as_object_mut().unwrap();
        fields.remove("usage");
        fields.remove("metrics");
        Reply::Whole(ms(0), body)
    });
    let function = Function::start(&bedrock.url, &[]);
    let answer = function.post(&json!({"prompt": "x"}));
    assert_eq!(
        answer.body["usage"],
        json!({"input_tokens": null, "output_tokens": null})
    );
    let record = function.record();
    for name in [
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.output_tokens",
        "bedrock_latency_ms",
    ] {
        assert_eq!(record[name], Value::Null, "{name}");
    }
}

#[test]
fn retries_are_counted_and_their_time_is_no_inference() {
    let bedrock = Bedrock::start(|call| match call.nth {
        0 | 1 => Reply::Error(ms(50), 429, "ThrottlingException", "Too many requests", ""),
        _ => Reply::Whole(ms(120), answer("Hello.", (12, 3), 7)),
    });
    let function = Function::start(&bedrock.url, &[]);
    let answer = function.post(&json!({"prompt": "x"}));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["timings"]["retry_count"], 2);
    assert_eq!(bedrock.calls().len(), 3);
    let record = function.record();
    assert_adds_up(&record);
    assert_eq!(
        (&record["retry_count"], &record["status"]),
        (&json!(2), &json!("ok"))
    );
    let calls = bedrock.calls();
    assert_took(&record, bedrock.took_ms(2));
    // Both attempts before, and the waiting behind each.
    let retry = number(&record, "retry_ms");
    let between = calls[2].arrived.duration_since(calls[0].arrived).as_secs_f64() * 1000.0;
    assert!((retry - between).abs() < SLACK_MS / 2.0, "{between}: {record}");
    assert!(between >= 100.0);
    assert_eq!(record["bedrock_request_id"], "bedrock-2");
}

#[test]
fn a_connection_that_was_cut_is_tried_again() {
    let bedrock = Bedrock::start(|call| match call.nth {
        0 => Reply::Closed(ms(30)),
        _ => Reply::Whole(ms(0), answer("Hello.", (12, 3), 7)),
    });
    let function = Function::start(&bedrock.url, &[]);
    assert_eq!(function.post(&json!({"prompt": "x"})).status, 200);
    let record = function.record();
    assert_adds_up(&record);
    assert_eq!(record["retry_count"], 1);
    assert!(number(&record, "retry_ms") >= 30.0, "{record}");
}

#[test]
fn neither_prompt_nor_answer_is_logged() {
    let bedrock = Bedrock::start(|_| Reply::Whole(ms(0), answer("Confidential answer", (12, 3), 7)));
    let function = Function::start(&bedrock.url, &[("METRICS", "emf")]);
    let prompt = "Confidential question";
    function.post(&json!({ "prompt": prompt }));
    let log = function.log_with_reports(1);
    assert!(!log.contains("Confidential"), "{log}");
    assert_eq!(function.record()["prompt_length"], prompt.len());
}

#[test]
fn a_secret_changes_the_hash_of_a_prompt() {
    let bedrock = steady(0);
    let hash = |variables: &[(&str, &str)], prompt: &str| {
        let function = Function::start(&bedrock.url, variables);
        function.post(&json!({ "prompt": prompt }));
        function.record()["prompt_hash"].as_str().unwrap().to_owned()
    };
    // FIPS 180-2, appendix B.1; RFC 4231, test case 2.
    assert_eq!(hash(&[], "abc"), "ba7816bf8f01cfea414140de5dae2223");
    assert_eq!(
        hash(&[("PROMPT_HASH_KEY", "Jefe")], "what do ya want for nothing?"),
        "5bdcc146bf60754e6a042426089575c7"
    );
}

#[test]
fn metrics_are_written_where_they_are_asked_for() {
    let bedrock = steady(20);
    let lines = |variables: &[(&str, &str)]| -> Vec<Value> {
        let function = Function::start(&bedrock.url, variables);
        function.post(&json!({"prompt": "x"}));
        let log = function.log_with_reports(1);
        let lines = log.lines().filter(|line| line.contains("\"_aws\""));
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    assert_eq!(lines(&[]), Vec::<Value>::new());
    let [line] = lines(&[("METRICS", "emf"), ("MODEL_IDS", NOVA)])
        .try_into()
        .unwrap();
    assert_eq!(
        (&line["FunctionName"], &line["Model"]),
        (&json!("chat"), &json!(NOVA))
    );
    assert_eq!((&line["Start"], &line["ColdStart"]), (&json!("cold"), &json!(1)));
    assert!(number(&line, "InferenceTime") >= 20.0);
    let share = 100.0 * number(&line, "InferenceTime") / number(&line, "HandlerTime");
    assert!((number(&line, "InferenceShare") - share).abs() < 1e-9, "{line}");
    assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Namespace"], "latscope");
    assert!(number(&line["_aws"], "Timestamp") > 1.7e12);
}
