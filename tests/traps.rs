//! Logs that misled once, each with what the right answer is.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{Run, event, invocation, request_id};
use serde_json::{Value, json};

const HAIKU: &str = "anthropic.claude-3-haiku-20240307-v1:0";
const NOVA: &str = "amazon.nova-lite-v1:0";
const STREAM: &str = "2026/11/20/[7]0123456789abcdef0123456789abcdef";
const START: i64 = 1_795_165_200_000;

fn summary_of(logs: &str, args: &str) -> Value {
    let run =
        Run::new(&format!("summary --format json --input logs.ndjson {args}")).file("logs.ndjson", logs);
    run.done().code(0).json()
}

fn report_of(logs: &str) -> common::Done {
    let run = Run::new("report --input logs.ndjson --out out --baseline haiku --candidate nova-lite");
    run.file("logs.ndjson", logs).done().code(0)
}

/// A `REPORT` of its own, without a timing record.
fn report_line(number: u64, at: i64, stream: &str, duration_ms: f64, rest: &str) -> String {
    let id = request_id(number);
    let billed = duration_ms.ceil();
    let text = format!(
        "REPORT RequestId: {id}\tDuration: {duration_ms:.2} ms\tBilled Duration: {billed} ms\tMemory Size: 512 MB\t\
         Max Memory Used: 90 MB\t{rest}\n"
    );
    event(number * 10 + 3, at, stream, &text)
}

fn many(model: &str, numbers: std::ops::Range<u64>, inference_ms: f64) -> String {
    numbers
        .map(|n| {
            let inference = inference_ms + (n % 50) as f64;
            invocation(n, model, inference, inference + 20.0)
        })
        .collect()
}

#[test]
fn a_candidate_that_times_out_is_slower_and_not_undecided() {
    let killed: String = (400..600)
        .map(|n| {
            let slow = invocation(n, NOVA, 1_000.0, 30_000.0);
            slow.replace(
                "Max Memory Used: 90 MB\\t",
                "Max Memory Used: 90 MB\\tStatus: timeout",
            )
        })
        .collect();
    let logs = many(HAIKU, 0..200, 500.0) + &many(NOVA, 200..400, 1_000.0) + &killed;
    report_of(&logs)
        .stdout_has("nova-lite is slower: p95 of total time is ≥ 30,000 ms with nova-lite and")
        .stdout_has("at least 52")
        .stdout_has("(97.5 % confidence)");
}

#[test]
fn time_of_killed_requests_is_not_left_out_of_the_cause() {
    let killed: String = (400..460)
        .map(|n| {
            report_line(n, START + n as i64 * 60_000, STREAM, 29_000.0, "Status: timeout")
                .replace("[7]", "[8]")
        })
        .collect();
    let baseline = many(HAIKU, 0..100, 500.0)
        .replace("[7]", "[8]")
        .replace("Version: 7", "Version: 8");
    let done = report_of(&(baseline + &killed + &many(NOVA, 200..300, 400.0)));
    let done = done.stdout_has("is time of requests whose inference time is not known; with so much unknown, what tuning could bring is not told.");
    let page = done.read("out/report.md");
    assert!(
        page.contains("| 29 s or more (API Gateway REST default) | 60 of 160 (below"),
        "{page}"
    );
    assert!(
        page.contains("| 30 s or more (API Gateway HTTP) | 0 to 60 of 160 (below"),
        "{page}"
    );
}

#[test]
fn no_condition_changes_which_model_an_invocation_is_thought_to_have_used() {
    let killed = report_line(500, START + 60_000, STREAM, 3_000.0, "Status: timeout");
    let one = many(HAIKU, 0..10, 500.0) + &killed;
    for condition in ["", "--where status=timeout", "--where memory=512"] {
        let group = &summary_of(&one, &format!("--by model {condition}"))["groups"][0];
        assert_eq!(
            (&group["model"], &group["inferred_models"]),
            (&json!("claude-3-haiku"), &json!(1)),
            "{condition}"
        );
    }
    let two =
        one + &many(NOVA, 20..30, 400.0).replace("0123456789abcdef0123456789abcdef", "f".repeat(32).as_str());
    let of_stream = summary_of(&two, &format!("--by model,status --where stream={STREAM}"));
    let killed = of_stream["groups"]
        .as_array()
        .unwrap()
        .iter()
        .find(|group| group["status"] == "timeout");
    assert_eq!(killed.unwrap()["model"], Value::Null);
}

#[test]
fn cutting_a_log_into_files_changes_nothing() {
    let killed = report_line(500, START + 60_000, STREAM, 3_000.0, "Status: timeout");
    let (first, second) = (many(HAIKU, 0..10, 500.0) + &killed, many(NOVA, 20..30, 400.0));
    let run = |args: &str| {
        let run = Run::new(&format!("summary --format json --input {args}"));
        let run = run
            .file("1.ndjson", &first)
            .file("2.ndjson", &second)
            .file("all.ndjson", first.clone() + &second);
        run.done().code(0).json()
    };
    assert_eq!(run("1.ndjson 2.ndjson"), run("all.ndjson"));
    assert_eq!(run("2.ndjson 1.ndjson"), run("all.ndjson"));
}

#[test]
fn an_initialisation_that_begins_again_inside_the_invocation_keeps_the_failed_one() {
    let platform = |n: u64, at: i64, kind: &str, record: Value| {
        let time = "2026-11-20T09:00:00.000Z";
        let message = json!({"time": time, "type": format!("platform.{kind}"), "record": record});
        event(n, at, STREAM, &message.to_string())
    };
    let id = request_id(1);
    let logs = [
        platform(
            1,
            START,
            "initStart",
            json!({"initializationType": "on-demand", "phase": "init"}),
        ),
        platform(
            2,
            START + 10_000,
            "initReport",
            json!({"initializationType": "on-demand", "phase": "init", "status": "timeout", "metrics": {"durationMs": 10_000.487}}),
        ),
        platform(
            3,
            START + 10_001,
            "initStart",
            json!({"initializationType": "on-demand", "phase": "invoke"}),
        ),
        platform(
            4,
            START + 10_002,
            "start",
            json!({"requestId": id, "version": "7"}),
        ),
        platform(
            5,
            START + 16_000,
            "report",
            json!({"requestId": id, "status": "success", "metrics": {"durationMs": 5_995.5, "billedDurationMs": 5_996, "memorySizeMB": 512, "maxMemoryUsedMB": 90}}),
        ),
    ];
    let group = &summary_of(&logs.concat(), "")["groups"][0];
    assert_eq!(group["start"], "init_retried");
    assert_eq!(group["total_ms"]["p50"], 15_995.987);
}

#[test]
fn a_restore_counts_although_the_report_does_not_print_it() {
    let logs = event(1, START, STREAM, "RESTORE_START Runtime Version: java:11.v21\n")
        + &event(
            2,
            START + 600,
            STREAM,
            "RESTORE_REPORT Restore Duration: 600.00 ms\n",
        )
        + &report_line(1, START + 900, STREAM, 200.0, "");
    let group = &summary_of(&logs, "")["groups"][0];
    assert_eq!(
        (&group["start"], &group["total_ms"]["p50"]),
        (&json!("restored"), &json!(800.0))
    );
}

#[test]
fn retries_in_text_without_times_are_told_apart_by_their_order() {
    let id = request_id(1);
    let attempt = |inference: f64, duration: f64| {
        let timing = json!({"schema": "latscope.timing/v1", "request_id": id, "gen_ai.request.model": HAIKU, "inference_ms": inference});
        format!(
            "START RequestId: {id} Version: $LATEST\n{timing}\nEND RequestId: {id}\nREPORT RequestId: {id}\tDuration: {duration:.2} ms\t\
             Billed Duration: {duration} ms\tMemory Size: 512 MB\tMax Memory Used: 90 MB\t\n"
        )
    };
    let summary = summary_of(&(attempt(400.0, 500.0) + &attempt(401.0, 502.0)), "--by model");
    assert_eq!(
        (&summary["ledger"]["matched"], &summary["ledger"]["duplicates"]),
        (&json!(2), &json!(0))
    );
    let inference = &summary["groups"][0]["inference_ms"];
    assert_eq!(
        (&inference["min"], &inference["max"]),
        (&json!(400.0), &json!(401.0))
    );
}

#[test]
fn an_empty_error_type_is_no_error() {
    let logs = many(HAIKU, 0..3, 500.0).replace("\\\"status\\\":\\\"ok\\\"", "\\\"error.type\\\":\\\"\\\"");
    assert!(logs.contains("error.type"));
    assert_eq!(summary_of(&logs, "")["groups"][0]["errors"], 0);
}

#[test]
fn an_event_counts_however_its_time_is_written() {
    let message = format!(
        "REPORT RequestId: {}\tDuration: 5.00 ms\tBilled Duration: 5 ms\tMemory Size: 512 MB\tMax Memory Used: 90 MB\t\n",
        request_id(1)
    );
    for time in [
        json!(null),
        json!(START),
        json!(START as f64),
        json!(START.to_string()),
        json!("2026-11-20T09:00:00Z"),
    ] {
        let summary = summary_of(&json!({"message": message, "timestamp": time}).to_string(), "");
        assert_eq!(summary["ledger"]["report_records"], 1, "{time}");
    }
    let mixed = format!(
        "{}\n{message}",
        json!({"time": "2026-11-20T09:00:00Z", "level": "INFO"})
    );
    assert_eq!(summary_of(&mixed, "")["ledger"]["report_records"], 1);
}

#[test]
fn a_model_named_by_words_alone_is_the_one_model_of_these_words() {
    let logs = many(NOVA, 0..10, 400.0) + &many("nova-lite", 10..20, 400.0) + &many(HAIKU, 20..30, 500.0);
    let groups = summary_of(&logs, "--by model")["groups"].clone();
    let found: Vec<(&Value, &Value)> = groups
        .as_array()
        .unwrap()
        .iter()
        .map(|g| (&g["model_id"], &g["invocations"]))
        .collect();
    assert_eq!(found, [(&json!(NOVA), &json!(20)), (&json!(HAIKU), &json!(10))]);
    let page = report_of(&logs).read("out/report.md");
    assert!(page.contains("amazon.nova-lite-v1:0, nova-lite"), "{page}");
}

#[test]
fn an_invocation_of_several_models_belongs_to_none_and_is_said() {
    let both = invocation(50, HAIKU, 100.0, 900.0)
        + &invocation(50, NOVA, 200.0, 900.0).replace(&format!("{:056}", 501), &format!("{:056}", 509));
    let logs = many(HAIKU, 0..20, 500.0) + &many(NOVA, 20..40, 400.0) + &both;
    report_of(&logs).stdout_has("warning: 1 invocation called several models and belongs to none of them");
}

#[test]
fn the_same_events_in_a_form_without_streams_count_once() {
    let logs = many(HAIKU, 0..5, 500.0);
    let events: Vec<Value> = logs
        .lines()
        .map(|line| {
            let event: Value = serde_json::from_str(line).unwrap();
            json!({"timestamp": event["timestamp"], "message": event["message"], "ingestionTime": 1})
        })
        .collect();
    let document = json!({"events": events, "nextForwardToken": "f/1"}).to_string();
    let run = |args: &str| {
        let run = Run::new(&format!("summary --format json --input {args}"));
        run.file("a.ndjson", &logs)
            .file("b.json", &document)
            .done()
            .code(0)
            .json()
    };
    for files in ["a.ndjson b.json", "b.json a.ndjson"] {
        let summary = run(files);
        assert_eq!(summary["ledger"]["invocations"], 5, "{files}");
        assert_eq!(summary["groups"], run("a.ndjson")["groups"], "{files}");
    }
}

#[test]
fn an_invocation_that_started_and_never_reported_is_said() {
    let logs = many(HAIKU, 0..5, 500.0)
        + &event(
            999,
            START,
            STREAM,
            &format!("START RequestId: {} Version: 7\n", request_id(99)),
        );
    let warnings = summary_of(&logs, "")["warnings"].to_string();
    assert!(
        warnings.contains("1 invocation started and has no REPORT"),
        "{warnings}"
    );
}

#[test]
fn a_report_without_anything_to_draw_is_still_written() {
    let failed = |model: &str, numbers: std::ops::Range<u64>| {
        many(model, numbers, 500.0).replace("\\\"ok\\\"", "\\\"error\\\"")
    };
    let done = report_of(&(failed(HAIKU, 0..5) + &failed(NOVA, 5..10)));
    let done = done
        .stdout_has("cannot be compared: one side has no latency to show")
        .stdout_has("and 0 figures");
    assert!(!done.read("out/report.md").contains(".svg"));
}

#[test]
fn a_reader_of_standard_error_that_is_gone_does_not_cost_the_result() {
    use std::process::Stdio;
    let run = Run::new("").file("logs.ndjson", many(HAIKU, 0..5, 500.0));
    let mut child = common::latscope()
        .args(["summary", "-v", "--input"])
        .arg(run.path("logs.ndjson"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("claude-3-haiku")
    );
}

#[test]
fn an_empty_window_is_a_mistake_of_the_command_line() {
    let run = Run::new("summary --input logs.ndjson --since 1h --until 2h")
        .file("logs.ndjson", many(HAIKU, 0..5, 500.0));
    run.done()
        .code(2)
        .stderr_has("error: the window is empty: it begins at");
}
