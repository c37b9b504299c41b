//! Which model a request gets.

// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::measured::steady;
use common::rie::{Function, HAIKU, NOVA};
use serde_json::{Value, json};

/// The models of so many requests, as records and answers agree on.
fn models(variables: &[(&str, &str)], requests: usize) -> Vec<String> {
    let bedrock = steady(0);
    let function = Function::start(&bedrock.url, variables);
    let answered: Vec<Value> = (0..requests)
        .map(|_| function.post(&json!({"prompt": "x"})).body["model"].clone())
        .collect();
    let called: Vec<Value> = bedrock
        .calls()
        .into_iter()
        .map(|call| json!(call.model))
        .collect();
    let logged: Vec<Value> = function
        .records(requests)
        .iter()
        .map(|record| record["gen_ai.request.model"].clone())
        .collect();
    assert_eq!(answered, called);
    assert_eq!(answered, logged);
    called
        .iter()
        .map(|model| model.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn models_are_interleaved_by_the_request_id() {
    let models = models(&[], 40);
    let haikus = models.iter().filter(|model| *model == HAIKU).count();
    // With a fair coin one in two millions lies outside.
    assert!((5..=35).contains(&haikus), "{haikus}");
    assert!(models.iter().all(|model| model == HAIKU || model == NOVA));
}

#[test]
fn models_alternate() {
    let models = models(&[("MODEL_ASSIGNMENT", "alternate")], 5);
    assert!(models.windows(2).all(|pair| pair[0] != pair[1]), "{models:?}");
}

#[test]
fn a_fixed_model_is_the_first() {
    assert_eq!(models(&[("MODEL_ASSIGNMENT", "fixed")], 3), [HAIKU; 3]);
}

#[test]
fn one_model_can_be_set_alone() {
    let alone = [("MODEL_ID", NOVA), ("MODEL_IDS", "")];
    assert_eq!(models(&alone, 2), [NOVA; 2]);
}

#[test]
fn a_request_may_name_a_model() {
    let bedrock = steady(0);
    let function = Function::start(&bedrock.url, &[("MODEL_ASSIGNMENT", "fixed")]);
    for model in [NOVA, HAIKU, NOVA] {
        let answer = function.post(&json!({"prompt": "x", "model": model}));
        assert_eq!(answer.body["model"], model);
    }
    let called: Vec<String> = bedrock.calls().into_iter().map(|call| call.model).collect();
    assert_eq!(called, [NOVA, HAIKU, NOVA]);
}

#[test]
fn an_arn_is_called_and_logged_but_not_shown() {
    const PROFILE: &str = "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/eu.amazon.nova-lite-v1:0";
    let bedrock = steady(0);
    let function = Function::start(&bedrock.url, &[("MODEL_IDS", PROFILE)]);
    let answer = function.post(&json!({"prompt": "x", "model": "eu.amazon.nova-lite-v1:0"}));
    assert_eq!(answer.body["model"], "eu.amazon.nova-lite-v1:0");
    assert!(!answer.event.to_string().contains("arn:"), "{answer:?}");
    assert_eq!(bedrock.calls()[0].model, PROFILE);
    assert_eq!(function.record()["gen_ai.request.model"], PROFILE);
}
