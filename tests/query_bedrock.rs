//! Queries of Bedrock's own log, in which fields behind long bodies are not found.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::insights_eval::Row;
use common::insights_fields::discovered;
use common::query_logs::{answers, bedrock, near, of};
use serde_json::{Value as Json, json};

#[test]
fn tokens_and_calls_of_bedrock_are_summed() {
    let records = bedrock();
    let events: Vec<Row> = records
        .iter()
        .map(|json| discovered(&json.to_string(), 0, "s", "g"))
        .collect();
    let sum = |of: &dyn Fn(&Json) -> f64| records.iter().map(of).sum::<f64>();
    let tokens = answers("bedrock-tokens", &events);
    let written = sum(&|json| json["output"]["outputTokenCount"].as_f64().unwrap_or_default());
    near(tokens.iter().map(|row| of(row, "outputTokens")).sum(), written);
    let latency = |json: &Json| json["output"]["outputBodyJson"]["metrics"]["latencyMs"].as_f64();
    let with_latency =
        sum(&|json| f64::from(u8::from(latency(json).is_some() && json["errorCode"].is_null())));
    let latencies = answers("bedrock-latency", &events);
    near(
        latencies.iter().map(|row| of(row, "withLatency")).sum(),
        with_latency,
    );
    let slowest = records.iter().filter_map(latency).fold(0.0, f64::max);
    assert!(slowest > 0.0);
    near(
        of(
            &answers("bedrock-slowest", &events)[0],
            "output.outputBodyJson.metrics.latencyMs",
        ),
        slowest,
    );
    let errors = answers("bedrock-errors", &events);
    near(
        errors.iter().map(|row| of(row, "count(*)")).sum(),
        records.len() as f64,
    );
}

/// A record of an older form, which begins with its schema, or a newer one, which ends with it.
fn record(is_schema_last: bool, operation: &str, answer: &Json) -> Row {
    let schema = r#""schemaType":"ModelInvocationLog","schemaVersion":"1.0""#;
    let rest = format!(
        r#""timestamp":"2031-03-04T05:06:07Z","accountId":"123456789012","identity":{{"arn":"arn:aws:iam::1:role/x"}},
           "region":"eu-west-1","requestId":"r-1","operation":"{operation}","modelId":"a.b",
           "input":{{"inputContentType":"application/json","inputBodyJson":{{"max_tokens":9}},"inputTokenCount":20}},
           "output":{{"outputContentType":"application/json","outputBodyJson":{answer},"outputTokenCount":30}}"#
    );
    let text = match is_schema_last {
        true => format!("{{{rest},{schema}}}"),
        false => format!("{{{schema},{rest}}}"),
    };
    assert!(serde_json::from_str::<Json>(&text).is_ok(), "{text}");
    discovered(&text, 0, "s", "g")
}

/// A streamed answer in so many parts.
fn chunks(count: usize) -> Json {
    (0..count)
        .map(|n| {
            let delta = json!({"text": "x", "type": "text_delta"});
            json!({"type": "content_block_delta", "index": n, "delta": delta})
        })
        .collect()
}

#[test]
fn a_long_streamed_answer_is_counted_and_what_it_lacks_is_shown() {
    let stream = "InvokeModelWithResponseStream";
    let converse = json!({"metrics": {"latencyMs": 393}});
    for is_schema_last in [false, true] {
        let events = [
            record(is_schema_last, stream, &chunks(60)),
            record(is_schema_last, stream, &chunks(3)),
            record(is_schema_last, "Converse", &converse),
        ];
        // The test is of what is lost.
        assert!(events[0].contains_key("modelId") && !events[0].contains_key("output.outputTokenCount"));
        assert_eq!(events[0].contains_key("schemaType"), !is_schema_last);
        let row = &answers("bedrock-tokens", &events)[0];
        let counts = ["count(*)", "withInputTokens", "withOutputTokens", "withLatency"];
        assert_eq!(
            counts.map(|column| of(row, column)),
            [3.0, 3.0, 2.0, 1.0],
            "{is_schema_last}"
        );
        assert_eq!((of(row, "inputTokens"), of(row, "outputTokens")), (60.0, 60.0));
        for query in ["bedrock-latency", "bedrock-errors"] {
            let all: f64 = answers(query, &events)
                .iter()
                .map(|row| of(row, "count(*)"))
                .sum();
            assert_eq!(all, 3.0, "{query}");
        }
        assert_eq!(answers("bedrock-slowest", &events).len(), 1);
    }
}

/// Other logs of a group hold neither a model nor an operation; a refused call has no tokens.
#[test]
fn only_answered_calls_of_the_log_have_tokens() {
    let refused = json!({"schemaType": "ModelInvocationLog", "requestId": "r", "operation": "Converse", "modelId": "a.b",
        "errorCode": "ThrottlingException", "input": {"inputTokenCount": 5}, "output": {}});
    let other = json!({"modelId": "a.b", "message": "x"});
    let events = [refused, other].map(|event| discovered(&event.to_string(), 0, "s", "g"));
    assert!(answers("bedrock-tokens", &events).is_empty());
    assert_eq!(of(&answers("bedrock-errors", &events)[0], "count(*)"), 1.0);
}
