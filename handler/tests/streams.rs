//! Streamed answers: what is measured of them, and when they are whole.

// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::time::Duration;

use common::bedrock::{Bedrock, Reply, delta, ending, event};
use common::measured::{SLACK_MS, assert_adds_up, assert_took, ms, number};
use common::rie::{Function, NOVA};
use serde_json::json;

#[test]
fn a_stream_tells_when_its_first_token_came() {
    let bedrock = Bedrock::start(|_| {
        let [stop, metadata] = ending((12, 3), 150);
        Reply::Frames(vec![
            (ms(0), event("messageStart", &json!({"role": "assistant"}))),
            // Nothing of it is a token.
            (ms(10), delta("")),
            (ms(80), delta("Hel")),
            (ms(60), delta("lo.")),
            (ms(40), stop),
            (ms(20), metadata),
        ])
    });
    let function = Function::start(&bedrock.url, &[("MODEL_IDS", NOVA)]);
    let answer = function.post(&json!({"prompt": "x", "stream": true}));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["text"], "Hello.");
    assert_eq!(
        answer.body["usage"],
        json!({"input_tokens": 12, "output_tokens": 3})
    );
    assert!(bedrock.calls()[0].is_streamed);
    let record = function.record();
    assert_adds_up(&record);
    assert_eq!(record["streaming"], true);
    assert_eq!(record["bedrock_latency_ms"], 150.0);
    let (first, all) = (
        number(&record, "time_to_first_token_ms"),
        number(&record, "inference_ms"),
    );
    // What the server waited.
    assert!((90.0..90.0 + SLACK_MS).contains(&first), "{record}");
    assert!(all - first >= 119.0, "{record}");
    assert_took(&record, bedrock.took_ms(0));
}

/// Frames, each with the time before it.
type Frames = Vec<(Duration, Vec<u8>)>;

#[test]
fn a_stream_is_whole_with_its_message() {
    let whole = || {
        let [stop, metadata] = ending((12, 3), 150);
        vec![(ms(30), delta("Hello.")), (ms(0), stop), (ms(0), metadata)]
    };
    let cases: [fn(Frames) -> Reply; 3] = [
        // The connection breaks behind it, with or without the last event.
        Reply::Broken,
        |mut frames| {
            frames.truncate(2);
            Reply::Broken(frames)
        },
        // Its end does not come.
        |mut frames| {
            frames.push((Duration::from_secs(20), delta("late")));
            Reply::Frames(frames)
        },
    ];
    for case in cases {
        let bedrock = Bedrock::start(move |_| case(whole()));
        let function = Function::start(&bedrock.url, &[("MODEL_IDS", NOVA)]);
        let answer = function.post(&json!({"prompt": "x", "stream": true}));
        assert_eq!((answer.status, &answer.body["text"]), (200, &json!("Hello.")));
        let record = function.record();
        assert_adds_up(&record);
        assert_eq!(record["status"], "ok");
        assert_took(&record, 30.0);
    }
}
