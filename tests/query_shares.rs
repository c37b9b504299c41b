//! Shares of inference: those of latscope where both take the same requests, and of no request that a query cannot add up.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::insights_eval::{Row, Value};
use common::insights_fields::discovered;
use common::query_logs::{answers, events, near, of, summary};
use latscope_corpus::{Amount, Corpus, LogFormat, Scenario, generate};
use serde_json::{Value as Json, json};

/// Requests with several calls, with calls that failed, and that ran twice; none with calls at the same time, which count once
/// for latscope and as often as there are in a query.
fn corpus(log_format: LogFormat) -> Corpus {
    let mut scenario = Scenario {
        requests: 400,
        log_format,
        lost_timing: Amount::Exactly(3),
        without_call: Amount::Exactly(4),
        multi_call: Amount::Exactly(60),
        retries: Amount::Exactly(12),
        duplicates: Amount::NONE,
        malformed: Amount::NONE,
        ..Scenario::haiku_vs_nova_lite()
    };
    for model in &mut scenario.models {
        model.errors = Amount::Exactly(6);
        model.throttled = Amount::Exactly(6);
    }
    let corpus = generate(&scenario);
    let at_once = records(&corpus).into_iter().filter(|(_, calls)| {
        let mut times: Vec<(f64, f64)> = calls.iter().map(times).collect();
        times.sort_by(|one, next| one.0.total_cmp(&next.0));
        times.windows(2).any(|pair| pair[1].0 < pair[0].1)
    });
    without(&corpus, &at_once.map(|(id, _)| id).collect())
}

/// When a call began and ended, in the handler.
fn times(call: &Json) -> (f64, f64) {
    let begun = call["start_offset_ms"].as_f64().unwrap();
    (begun, begun + call["inference_ms"].as_f64().unwrap())
}

/// The same log without some requests.
fn without(corpus: &Corpus, requests: &BTreeSet<String>) -> Corpus {
    let mut rest = corpus.clone();
    rest.events
        .retain(|event| !requests.iter().any(|id| event.message.contains(id.as_str())));
    rest
}

/// The timing records of each request.
fn records(corpus: &Corpus) -> BTreeMap<String, Vec<Json>> {
    let mut records: BTreeMap<String, Vec<Json>> = BTreeMap::new();
    for event in &corpus.events {
        let Ok(json) = serde_json::from_str::<Json>(&event.message) else {
            continue;
        };
        if json["schema"] == "latscope.timing/v1" {
            let id = json["request_id"].as_str().unwrap().to_owned();
            records.entry(id).or_default().push(json);
        }
    }
    records
}

/// The same log without the requests that the queries leave out.
fn clear(corpus: &Corpus) -> Corpus {
    let mut left_out: BTreeSet<String> = BTreeSet::new();
    let again = corpus.truth.invocations.iter().filter(|one| one.attempt > 1);
    left_out.extend(again.map(|one| one.request_id.clone()));
    let retried = left_out.len();
    let (mut several, mut failed) = (0, 0);
    for (id, calls) in records(corpus) {
        let has_failed = calls
            .iter()
            .any(|call| call["status"] == "error" || call["status"] == "throttled");
        several += usize::from(calls.len() > 1 && !has_failed && !left_out.contains(&id));
        if has_failed {
            failed += 1;
            left_out.insert(id);
        }
    }
    assert!(
        retried >= 12 && several > 20 && failed >= 20,
        "{retried} {several} {failed}"
    );
    without(corpus, &left_out)
}

#[test]
fn shares_are_those_of_latscope_in_both_formats() {
    for (prefix, log_format) in [("report", LogFormat::Text), ("json", LogFormat::Json)] {
        let corpus = corpus(log_format);
        let summary = summary(&clear(&corpus), "model");
        let shares = answers(&format!("{prefix}-inference-share"), &events(&corpus));
        assert_eq!(shares.len(), 2, "{prefix}: {shares:?}");
        let mut compared = 0;
        for group in summary["groups"].as_array().unwrap() {
            let Some(id) = group["model_id"].as_str() else {
                continue;
            };
            let model = Value::Text(id.to_owned());
            let share = shares.iter().find(|row| row["modelOfRequest"] == model).unwrap();
            let ratio = group["inference_share"]["ratio_of_sums"].as_f64().unwrap();
            near(of(share, "percentOfDuration"), 100.0 * ratio);
            compared += 1;
        }
        assert_eq!(compared, 2, "{prefix}");
        // Of the handler's time it is a little more, and of the same requests but those without a REPORT.
        for row in answers("inference-share", &events(&corpus)) {
            let share = shares
                .iter()
                .find(|share| share["modelOfRequest"] == row["modelOfRequest"])
                .unwrap();
            let (of_handler, of_function) = (of(&row, "inferencePercent"), of(share, "percentOfDuration"));
            assert!(
                of_function < of_handler && of_handler < 100.0,
                "{of_function} {of_handler}"
            );
        }
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a test writes the value where it stands"
)]
fn record(request: &str, call: u32, more: Json) -> Row {
    let mut record = json!({"schema": "latscope.timing/v1", "request_id": request, "call_index": call,
        "gen_ai.request.model": "a", "inference_ms": 80.0, "handler_ms": 100.0, "status": "ok"});
    for (key, value) in more.as_object().unwrap() {
        record[key] = value.clone();
    }
    discovered(&record.to_string(), 0, "s", "g")
}

/// A `platform.report` of 125 milliseconds.
fn report(request: &str) -> Row {
    let record = json!({"requestId": request, "metrics": {"durationMs": 125.0}});
    let event = json!({"type": "platform.report", "record": record});
    discovered(&event.to_string(), 0, "s", "g")
}

#[test]
fn what_cannot_be_added_up_is_in_no_share() {
    let none = || json!({});
    // Of two calls, each with the handler's time.
    let clear = [
        record("r1", 0, json!({"inference_ms": 30.0})),
        record("r1", 1, json!({"inference_ms": 40.0, "status": null})),
        record("r2", 0, json!({"inference_ms": 90.0, "status": "timeout"})),
    ];
    for (why, others) in [
        ("nothing else", vec![]),
        (
            "run twice, 174 % of the longer run",
            vec![
                record("r3", 0, json!({"handler_ms": 92.0})),
                record("r3", 0, none()),
            ],
        ),
        (
            "run twice, with two calls once",
            vec![
                record("r3", 0, none()),
                record("r3", 0, none()),
                record("r3", 1, none()),
            ],
        ),
        (
            "a call that failed",
            vec![
                record("r3", 0, json!({"status": "error"})),
                record("r3", 1, none()),
            ],
        ),
        (
            "a call that was throttled",
            vec![record("r3", 0, json!({"status": "throttled"}))],
        ),
        (
            "a call without its time",
            vec![
                record("r3", 0, json!({"inference_ms": null})),
                record("r3", 1, none()),
            ],
        ),
        (
            "two models",
            vec![
                record("r3", 0, none()),
                record("r3", 1, json!({"gen_ai.request.model": "b"})),
            ],
        ),
    ] {
        let mut events: Vec<Row> = clear.iter().cloned().chain(others).collect();
        events.extend(["r1", "r2", "r3"].map(report));
        for (query, column, expected) in [
            ("inference-share", "inferencePercent", 80.0),
            ("json-inference-share", "percentOfDuration", 64.0),
        ] {
            let rows = answers(query, &events);
            assert_eq!(rows.len(), 1, "{query}, {why}: {rows:?}");
            assert_eq!(of(&rows[0], "count(*)"), 2.0, "{query}, {why}");
            near(of(&rows[0], column), expected);
        }
    }
}
