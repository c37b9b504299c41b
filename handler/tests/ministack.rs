//! The handler against ministack, which nobody here wrote: Converse and ConverseStream on the wire.

// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::peers::Server;
use common::rie::{Function, HAIKU, NOVA};
use serde_json::{Value, json};

#[test]
fn converse_and_converse_stream_are_understood() {
    let ministack = Server::ministack();
    let function = Function::start(&ministack.url(), &[]);
    let mut texts = Vec::new();
    let calls = [(HAIKU, false), (NOVA, false), (HAIKU, true), (NOVA, true)];
    for (model, is_streamed) in calls {
        let answer = function.post(&json!({
            "prompt": "Which is the third word?", "max_tokens": 50, "model": model, "stream": is_streamed,
        }));
        assert_eq!(answer.status, 200, "{answer:?}");
        let text = answer.body["text"].as_str().unwrap();
        assert!(!text.is_empty());
        texts.push((model, text.to_owned()));
        let usage = &answer.body["usage"];
        assert!(usage["input_tokens"].as_u64() > Some(0), "{answer:?}");
        assert!(usage["output_tokens"].as_u64() > Some(0), "{answer:?}");
        assert!(answer.body["stop_reason"].is_string());
    }
    // It answers alike whether it streams or not, so the frames were put together as they should be.
    assert_eq!(texts[0], texts[2]);
    assert_eq!(texts[1], texts[3]);

    let records = function.records(calls.len());
    for (record, (model, is_streamed)) in records.iter().zip(calls) {
        assert_eq!(record["gen_ai.request.model"], model);
        assert_eq!(record["streaming"], is_streamed);
        assert_eq!(record["status"], "ok");
        assert!(record["bedrock_latency_ms"].is_number(), "{record}");
        assert!(record["bedrock_request_id"].is_string(), "{record}");
        assert_eq!(record["time_to_first_token_ms"] != Value::Null, is_streamed);
    }
}
