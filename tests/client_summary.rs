//! `latscope summary` of what callers recorded, with and without the logs of the function.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::schema::faults;
use common::{Run, invocation, root};
use serde_json::{Value, json};

/// One request as `latscope drive` records it.
fn request(sequence: u64, phase: &str, outcome: &str, latency_ms: f64) -> String {
    let record = json!({
        "schema": "latscope.client/v1", "run_id": "run-1", "sequence": sequence, "phase": phase, "block": 0,
        "model_name": "nova", "gen_ai.request.model": "amazon.nova-lite-v1:0", "prompt_number": 1,
        "prompt_length": 10, "prompt_hash": "9f2c", "intended_at": "2026-11-20T09:00:00.000Z", "intended_ms": 1.5,
        "service_ms": latency_ms - 0.5, "latency_ms": latency_ms, "outcome": outcome, "request_bytes": 120,
        "response_bytes": 64,
    });
    format!("{record}\n")
}

fn run_end(is_valid: bool) -> String {
    let line = json!({
        "schema": "latscope.client-run/v1", "event": "end", "run_id": "run-1", "ended_at": "2026-11-20T09:01:00.000Z",
        "ending": "complete", "is_valid": is_valid, "reasons": [], "requests": 1, "ok": 1, "throttled": 0,
        "http_errors": 0, "timeouts": 0, "broken": 0, "cancelled": 0, "late_limit_ms": 1.0, "late_requests": 0,
    });
    format!("{line}\n")
}

/// 40 answered requests, and some of every other kind.
fn run() -> String {
    let mut lines: String = (0..40)
        .map(|n| request(n, "steady", "ok", 100.0 + n as f64))
        .collect();
    for (n, (phase, outcome)) in [
        ("steady", "throttled"),
        ("steady", "timeout"),
        ("steady", "http_error"),
        ("steady", "cancelled"),
        ("warm_up", "ok"),
        ("burst", "ok"),
    ]
    .into_iter()
    .enumerate()
    {
        lines.push_str(&request(100 + n as u64, phase, outcome, 5000.0));
    }
    lines
}

fn summary_json(input: &str) -> Value {
    let json = Run::new("summary --input run.ndjson --format json")
        .file("run.ndjson", input)
        .done()
        .code(0)
        .json();
    let schema = std::fs::read_to_string(root().join("docs/summary.schema.json")).unwrap();
    assert_eq!(
        faults(&serde_json::from_str(&schema).unwrap(), &json),
        Vec::<String>::new()
    );
    json
}

#[test]
fn records_of_clients_alone_are_summarised() {
    let json = summary_json(&(run() + &run_end(false)));
    let clients = &json["clients"];
    let groups = clients["groups"].as_array().unwrap();
    let [steady, burst] = groups.as_slice() else {
        panic!("{clients}")
    };
    for (key, count) in [
        ("requests", 44),
        ("answered", 40),
        ("throttled", 1),
        ("timeouts", 1),
        ("other_failures", 1),
        ("cancelled", 1),
    ] {
        assert_eq!(steady[key], count, "{key} {clients}");
    }
    assert_eq!(steady["model"], "nova-lite");
    // The timeout is the longest, of which no more is known.
    assert_eq!(steady["latency_ms"]["count"], 41);
    assert_eq!(steady["latency_ms"]["p50"], 120.0);
    assert_eq!(steady["latency_ms"]["censored"], json!(["p99"]));
    assert_eq!(
        (&burst["phase"], &burst["requests"]),
        (&json!("burst"), &json!(1))
    );
    assert_eq!(clients["warm_up_requests"], 1);
    assert_eq!(
        clients["runs"],
        json!([{"run_id": "run-1", "requests": 46, "is_valid": false}])
    );
    assert!(
        json["warnings"]
            .to_string()
            .contains("could not keep the schedule"),
        "{json}"
    );
    assert_eq!(json["groups"], json!([]));
}

#[test]
fn the_table_says_what_is_left_out_and_whether_runs_are_valid() {
    for (format, end, said) in [
        ("table", run_end(true), "run run-1: 46 requests; valid"),
        (
            "markdown",
            String::new(),
            "run run-1: 46 requests; its last line is missing",
        ),
    ] {
        Run::new("summary --input run.ndjson --format")
            .arg(format)
            .file("run.ndjson", run() + &end)
            .done()
            .code(0)
            .stdout_has("What callers saw")
            .stdout_has("1 request of warm-ups left out")
            .stdout_has("burst")
            .stdout_has("nova-lite")
            .stdout_has("1 given up by the caller; 2 error, from whom is not known; 1 cancelled with the run")
            .stdout_has(said);
    }
    Run::new("summary --input run.ndjson --format csv")
        .file("run.ndjson", run())
        .done()
        .code(0)
        .stderr_has("what callers saw is no row of the CSV");
}

#[test]
fn beside_the_logs_of_a_function_stand_both_tables() {
    let logs = invocation(1, "amazon.nova-lite-v1:0", 300.0, 400.0);
    Run::new("summary --input run.ndjson --input logs.ndjson")
        .file("run.ndjson", run())
        .file("logs.ndjson", logs)
        .done()
        .code(0)
        .stdout_has("inference share")
        .stdout_has("What callers saw");
}

#[test]
fn a_log_of_nothing_but_a_warm_up_is_told_as_such() {
    let sent = request(1, "warm_up", "ok", 420.0);
    let joined = format!("\"lambda_request_id\":\"{}\",\"outcome\"", common::request_id(1));
    Run::new("report --input run.ndjson --input logs.ndjson --baseline nova-lite --candidate haiku")
        .file("run.ndjson", sent.replace("\"outcome\"", &joined))
        .file(
            "logs.ndjson",
            invocation(1, "amazon.nova-lite-v1:0", 300.0, 400.0),
        )
        .done()
        .code(4)
        .stderr_has("the input holds 1 invocation of a client's warm-up, which does not count");
}

#[test]
fn what_needs_invocations_says_what_was_read_instead() {
    let gateway = r#"{"requestId":"g=","routeKey":"POST /","status":"200","responseLatency":"9"}"#;
    for (input, said) in [
        (
            run(),
            "the input holds 46 records of clients and no function's log",
        ),
        (
            format!("{}{gateway}\n", request(1, "steady", "ok", 9.0)),
            "1 record of a client and 1 access log record of API Gateway and no function's log",
        ),
        (
            format!("{gateway}\n"),
            "1 access log record of API Gateway and no function's log",
        ),
    ] {
        Run::new("report --input run.ndjson --baseline nova-lite --candidate haiku")
            .file("run.ndjson", &input)
            .done()
            .code(4)
            .stderr_has(said)
            .stderr_has("latscope fetch");
    }
    // An access log alone tells nothing of a caller.
    Run::new("summary --input run.ndjson")
        .file("run.ndjson", format!("{gateway}\n"))
        .done()
        .code(4)
        .stderr_has("no function's log");
}

#[test]
fn a_window_or_a_condition_that_no_record_of_a_client_meets_is_told_as_it_is() {
    for (options, said) in [
        (
            "--since 2027-01-01",
            "error: of 46 requests of clients none lies in the window (2027-01-01T00:00:00.000Z to the last event)\n",
        ),
        (
            "--where memory=512",
            "error: conditions (--where) are about invocations, and the input holds none: it holds 46 requests of clients\n",
        ),
        (
            "--where function=nobody",
            "error: conditions (--where) are about invocations, and the input holds none: it holds 46 requests of clients\n",
        ),
    ] {
        Run::new(&format!("summary --input run.ndjson {options}"))
            .file("run.ndjson", run())
            .done()
            .code(4)
            .stderr_is(said);
    }
}

#[test]
fn under_a_condition_what_callers_saw_is_left_out_and_counted() {
    let done = |options: &str| {
        Run::new("summary --input run.ndjson --input logs.ndjson")
            .arg("--where")
            .arg("start=warm")
            .args(options)
            .file("run.ndjson", run())
            .file(
                "logs.ndjson",
                invocation(1, "amazon.nova-lite-v1:0", 300.0, 400.0),
            )
            .done()
            .code(0)
    };
    let said = "conditions (--where) are about invocations, so what callers saw of 46 requests is left out";
    done("").stdout_has(said);
    done("--format csv").stderr_has(said);
    let json = done("--format json").json();
    assert!(
        json["clients"].is_null() && json["warnings"].to_string().contains(said),
        "{json}"
    );
    // Those outside the window would not be there anyway.
    let json = done("--format json --since 2026-11-20T09:00:30").json();
    assert!(!json["warnings"].to_string().contains("callers"), "{json}");
}
