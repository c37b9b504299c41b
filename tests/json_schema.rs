//! The machine output against its published schema, and what a schema cannot say.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::schema::faults;
use common::{Run, event, fixture, invocation, request_id, root};
use serde_json::Value;

fn schema() -> Value {
    let text = std::fs::read_to_string(root().join("docs/summary.schema.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[track_caller]
fn assert_valid(summary: &Value) {
    assert_eq!(faults(&schema(), summary), Vec::<String>::new());

    let ledger = |bin: &str| summary["ledger"][bin].as_u64().unwrap();
    let events: u64 = [
        "report_records",
        "timing_records",
        "bedrock_records",
        "gateway_records",
        "client_records",
        "lifecycle",
        "duplicates",
        "rejected",
        "ignored",
    ]
    .map(ledger)
    .iter()
    .sum();
    assert_eq!(ledger("events"), events);
    assert_eq!(
        ledger("invocations"),
        ledger("matched") + ledger("report_without_timing")
    );
}

fn fixture_summary(by: &str) -> Value {
    Run::new("summary --format json --input")
        .arg(fixture())
        .arg("--by")
        .arg(by)
        .done()
        .code(0)
        .stderr_is("")
        .json()
}

#[test]
fn the_summary_of_the_fixture_is_valid_however_it_is_grouped() {
    for by in [
        "model,start",
        "",
        "model",
        "start",
        "version,memory,region,stream,function,status",
    ] {
        let summary = fixture_summary(by);
        assert_valid(&summary);
        let groups = summary["groups"].as_array().unwrap();
        let invocations: u64 = groups
            .iter()
            .map(|group| group["invocations"].as_u64().unwrap())
            .sum();
        assert_eq!(invocations, 2400, "{by}");
    }
    assert_eq!(fixture_summary("")["groups"].as_array().unwrap().len(), 1);
}

#[test]
fn small_samples_and_timeouts_say_what_they_are() {
    let id = request_id(99);
    let killed = event(
        999,
        1_795_165_900_000,
        "2026/11/20/[7]0123456789abcdef0123456789abcdef",
        &format!(
            "REPORT RequestId: {id}\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 512 MB\t\
             Max Memory Used: 90 MB\tStatus: timeout\n"
        ),
    );
    let logs: String = (1..=4)
        .map(|n| invocation(n, "amazon.nova-lite-v1:0", 90.0, 100.0))
        .collect();
    let run = Run::new("summary --format json --input logs.ndjson").file("logs.ndjson", logs + &killed);
    let summary = run.done().code(0).json();
    assert_valid(&summary);
    let group = &summary["groups"][0];
    assert_eq!(group["model"], "nova-lite");
    assert_eq!(group["inferred_models"], 1);
    assert_eq!(group["timeouts"], 1);
    let total = &group["total_ms"];
    assert_eq!(total["count"], 5);
    assert_eq!(total["p50"], 100.0);
    assert_eq!(total["p99"], 3000.0);
    assert_eq!(total["max"], 3000.0);
    assert_eq!(total["mean"], 680.0);
    assert_eq!(total["censored"], serde_json::json!(["p90", "p95", "p99"]));
    assert_eq!(total["ci95"]["p50"], serde_json::json!([null, null]));
    assert_eq!(total["grade"]["p50"], "lower-bound-only");
    assert_eq!(total["grade"]["p99"], "max-only");
    assert_eq!(
        total["n_needed"],
        serde_json::json!({"p50": 6, "p90": 36, "p95": 72, "p99": 368})
    );
    assert_eq!(group["inference_ms"]["count"], 4);
    assert_eq!(group["init_ms"], Value::Null);
    assert_eq!(
        group["inference_share"],
        serde_json::json!({"ratio_of_sums": 0.9, "median": 0.9})
    );
}

#[test]
fn a_renamed_a_missing_and_a_wrong_field_break_the_schema() {
    let valid = fixture_summary("model");
    let broken = |change: fn(&mut Value)| {
        let mut summary = valid.clone();
        change(&mut summary);
        faults(&schema(), &summary)
    };
    assert_eq!(
        broken(|s| s["groups"][0]["totalMs"] = Value::Null),
        ["/groups/0: totalMs is not in the schema"]
    );
    assert_eq!(
        broken(|s| drop(s["ledger"].as_object_mut().unwrap().remove("ignored"))),
        ["/ledger: \"ignored\" is missing"]
    );
    assert_eq!(
        broken(|s| s["groups"][0]["total_ms"]["grade"]["p50"] = "good".into()),
        [
            "/groups/0/total_ms/grade/p50: \"good\" is none of [\"max-only\",\"lower-bound-only\",\"wide\",\"ok\"]"
        ]
    );
    assert_eq!(
        broken(|s| s["window"]["first_event"] = "yesterday".into()),
        ["/window/first_event: \"yesterday\" is no time"]
    );
}
