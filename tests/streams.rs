//! Start types and models where the log keeps little: no stream names, whole seconds, no version.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{Run, event, request_id};
use serde_json::{Value, json};

const STREAM: &str = "2026/11/20/[7]0123456789abcdef0123456789abcdef";
const START: i64 = 1_795_165_200_000;
const INIT: &str =
    "INIT_START Runtime Version: python:3.12.v1\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:0\n";

fn groups(file: &str, logs: &str, args: &str) -> Value {
    let run = Run::new(&format!("summary --format json --input {file} {args}")).file(file, logs);
    run.done().code(0).json()
}

fn starts(file: &str, logs: &str) -> Vec<(String, u64)> {
    let summary = groups(file, logs, "--by start");
    let groups = summary["groups"].as_array().unwrap();
    let of = |group: &Value| {
        (
            group["start"].as_str().unwrap().to_owned(),
            group["invocations"].as_u64().unwrap(),
        )
    };
    groups.iter().map(of).collect()
}

fn report(number: u64, rest: &str) -> String {
    format!(
        "REPORT RequestId: {}\tDuration: 20.00 ms\tBilled Duration: 20 ms\tMemory Size: 512 MB\tMax Memory Used: 90 MB\t{rest}\n",
        request_id(number)
    )
}

fn start(number: u64) -> String {
    format!("START RequestId: {} Version: 7\n", request_id(number))
}

/// ```text
/// A       [warm]       [warm]
/// B INIT         INIT
/// ```
#[test]
fn another_environment_s_beginning_makes_no_warm_call_cold() {
    let time = |second: u64| format!("2026-11-20T09:{:02}:{:02}", second / 60, second % 60);
    let logs: String = (0..40)
        .map(|n| {
            let (init, call) = (time(n * 10), time(n * 10 + 1));
            let cold = if n == 0 { "Init Duration: 200.00 ms\t" } else { "" };
            format!("{init} {INIT}{call} {}{call} {}", start(n), report(n, cold))
        })
        .collect();
    assert_eq!(
        starts("short.log", &logs),
        [("cold".to_owned(), 1), ("warm".to_owned(), 39)]
    );
}

#[test]
fn in_one_second_the_order_of_the_file_tells_what_came_first() {
    let time = "2026-11-20T09:00:00";
    let logs = format!("{time} {}{time} {}{time} {INIT}", start(1), report(1, ""));
    assert_eq!(starts("short.log", &logs), [("warm".to_owned(), 1)]);
}

#[test]
fn invocations_that_overlap_without_stream_names_say_that_little_is_known() {
    let logs = format!(
        "{}{}{}{}",
        format_args!("2026-11-20T09:00:00.000Z {}", start(1)),
        format_args!("2026-11-20T09:00:00.001Z {}", start(2)),
        format_args!("2026-11-20T09:00:00.030Z {}", report(1, "")),
        format_args!("2026-11-20T09:00:00.031Z {}", report(2, ""))
    );
    let warnings = groups("timed.log", &logs, "")["warnings"].to_string();
    assert!(
        warnings.contains("2 invocations overlap others in an input without stream names"),
        "{warnings}"
    );
}

#[test]
fn an_environment_begun_an_hour_before_was_not_waited_for() {
    let hour = START + 3_600_000;
    let logs = event(1, START, STREAM, INIT)
        + &event(2, hour, STREAM, &start(1))
        + &event(3, hour + 20, STREAM, &report(1, ""));
    assert_eq!(starts("logs.ndjson", &logs), [("proactive".to_owned(), 1)]);
}

#[test]
fn relative_times_count_back_from_the_newest_line_of_the_platform() {
    let line = |time: &str, kind: &str, record: Value| {
        json!({"time": time, "type": format!("platform.{kind}"), "record": record}).to_string() + "\n"
    };
    let metrics =
        json!({"durationMs": 20.0, "billedDurationMs": 20, "memorySizeMB": 512, "maxMemoryUsedMB": 90});
    let logs = line(
        "2026-11-20T10:00:00.000Z",
        "report",
        json!({"requestId": request_id(1), "status": "success", "metrics": metrics}),
    ) + &line(
        "2026-11-20T11:00:00.000Z",
        "start",
        json!({"requestId": request_id(2)}),
    );
    let run = Run::new("summary --input lines.json --since 30m").file("lines.json", &logs);
    run.done()
        .code(4)
        .stderr_has("(2026-11-20T10:30:00.000Z to the last event)");
}

#[test]
fn an_invocation_of_no_known_version_is_thought_to_have_used_no_model() {
    let timing = json!({"schema": "latscope.timing/v1", "request_id": request_id(1), "gen_ai.request.model": "amazon.nova-lite-v1:0", "inference_ms": 12.0});
    let killed = report(2, "Status: timeout");
    let logs = format!("{timing}\n{}{killed}", report(1, ""));
    let summary = groups("bare.log", &logs, "--by model");
    let models: Vec<&Value> = summary["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| &group["model"])
        .collect();
    assert_eq!(models, [&json!("nova-lite"), &Value::Null]);
}
