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
    // In no order, as if requests were independent.
    let logs: String = (0..600)
        .map(|n| match n * 37 % 600 {
            place @ 0..200 => {
                let inference = 500.0 + (place % 50) as f64;
                invocation(n, HAIKU, inference, inference + 20.0)
            }
            place @ 200..400 => {
                let inference = 1_000.0 + (place % 50) as f64;
                invocation(n, NOVA, inference, inference + 20.0)
            }
            _ => invocation(n, NOVA, 1_000.0, 30_000.0).replace(
                "Max Memory Used: 90 MB\\t",
                "Max Memory Used: 90 MB\\tStatus: timeout",
            ),
        })
        .collect();
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

/// One REPORT among several with the same id, at a place in time.
fn text_report(id: &str, duration_ms: f64, billed: u64) -> String {
    format!(
        "REPORT RequestId: {id}\tDuration: {duration_ms:.2} ms\tBilled Duration: {billed} ms\tMemory Size: 512 MB\t\
         Max Memory Used: 90 MB\t"
    )
}

#[test]
fn invocations_of_unknown_model_are_tried_on_both_sides_in_every_extreme_way() {
    let base = many(HAIKU, 0..400, 1_500.0) + &many(NOVA, 400..800, 800.0);
    let unknown = |numbers: std::ops::Range<u64>, ms: f64, rest: &str| -> String {
        numbers
            .map(|n| report_line(n, START + n as i64 * 1_000, STREAM, ms, rest))
            .collect()
    };
    // 800 quick ones would hide 40 timeouts if all went to one side.
    let logs = base + &unknown(1_000..1_040, 15_000.0, "Status: timeout") + &unknown(2_000..2_800, 300.0, "");
    let page = report_of(&logs).read("out/report.md");
    assert!(
        page.contains("**Depending on the side each belongs to, p95 could say something else.**"),
        "{page}"
    );
}

#[test]
fn what_is_unknown_is_no_part_of_what_remains_at_most() {
    // Every 21st request has no inference time.
    let haiku: String = (0..210)
        .map(|n| {
            let logs = invocation(n, HAIKU, 990.0, 1_000.0);
            if n % 21 == 0 {
                logs.replace("\\\"inference_ms\\\":990.0,", "")
            } else {
                logs
            }
        })
        .collect();
    report_of(&(haiku + &many(NOVA, 300..400, 400.0)))
        .stdout_has("inference is 94.3 % of total time")
        .stdout_has("at most 1.061 times");
}

#[test]
fn retries_are_a_share_of_all_requests() {
    let retried = invocation(0, HAIKU, 500.0, 1_000.0)
        .replace("\\\"status\\\"", "\\\"retry_ms\\\":400.0,\\\"status\\\"");
    let logs = retried + &many(HAIKU, 1..100, 980.0) + &many(NOVA, 200..300, 400.0);
    let page = report_of(&logs).read("out/report.md");
    assert!(
        page.contains("| retries, share of duration | 0.39 % (no interval) | – |")
            && page.contains("| requests with failed attempts of the model call | 1 of 100, 1.0 % ("),
        "{page}"
    );
}

#[test]
fn an_embedded_metric_beside_a_record_says_nothing_of_status_or_model() {
    let metric = |n: u64| {
        let id = request_id(n);
        let metric = json!({"_aws": {"Timestamp": 1, "CloudWatchMetrics": []}, "requestId": id, "inference_ms": 500.0, "model": "Nova Lite"});
        event(
            n * 10 + 7,
            START + n as i64 * 60_000 + 400,
            STREAM,
            &metric.to_string(),
        )
    };
    let logs: String = (0..4)
        .map(|n| invocation(n, NOVA, 500.0, 520.0).replace("\\\"ok\\\"", "\\\"error\\\"") + &metric(n))
        .collect();
    let group = &summary_of(&logs, "--by model")["groups"][0];
    assert_eq!((&group["model_id"], &group["errors"]), (&json!(NOVA), &json!(4)));
}

#[test]
fn one_row_without_a_function_leaves_its_version_open() {
    let init = json!({"time": "2026-11-20T09:00:00.000Z", "type": "platform.initStart", "record": {"functionName": "f", "functionVersion": "7", "phase": "init", "initializationType": "on-demand"}});
    let other = "2026/11/20/[7]ffffffffffffffffffffffffffffffff";
    let logs = event(1, START - 1, STREAM, &init.to_string())
        + &many(HAIKU, 0..3, 500.0)
        + &many(NOVA, 3..6, 400.0)
        + &many(NOVA, 6..9, 400.0).replace(STREAM, other)
        + &report_line(20, START + 9_999_000, other, 3_000.0, "Status: timeout");
    let groups = summary_of(&logs, "--by model")["groups"].clone();
    let models: Vec<&Value> = groups
        .as_array()
        .unwrap()
        .iter()
        .map(|group| &group["model"])
        .collect();
    assert_eq!(
        models,
        [&json!("nova-lite"), &json!("claude-3-haiku"), &Value::Null]
    );
}

#[test]
fn json_lines_without_their_events_keep_the_times_inside_them() {
    let line = |second: u32, kind: &str, record: Value| {
        json!({"time": format!("2026-11-20T09:{:02}:{:02}.000Z", second / 60, second % 60), "type": format!("platform.{kind}"), "record": record}).to_string() + "\n"
    };
    let report = |second, n: u64, duration: f64, init: Option<f64>| {
        let mut metrics = json!({"durationMs": duration, "billedDurationMs": 9_999, "memorySizeMB": 512, "maxMemoryUsedMB": 90});
        if let Some(init) = init {
            metrics["initDurationMs"] = json!(init);
        }
        line(
            second,
            "report",
            json!({"requestId": request_id(n), "status": "success", "metrics": metrics}),
        )
    };
    let init = |phase: &str| json!({"initializationType": "on-demand", "phase": phase});
    let failed = json!({"initializationType": "on-demand", "phase": "init", "status": "timeout", "metrics": {"durationMs": 10_000.0}});
    let logs = line(0, "initStart", init("init"))
        + &line(1, "start", json!({"requestId": request_id(1)}))
        + &report(2, 1, 1_000.0, Some(900.0))
        + &line(60, "initStart", init("init"))
        + &line(70, "initReport", failed)
        + &line(70, "start", json!({"requestId": request_id(2)}))
        + &line(71, "initStart", init("invoke"))
        + &line(
            80,
            "initReport",
            json!({"initializationType": "on-demand", "phase": "invoke", "status": "success", "metrics": {"durationMs": 9_000.0}}),
        )
        + &report(81, 2, 11_000.0, None)
        + &line(120, "start", json!({"requestId": request_id(3)}))
        + &report(121, 3, 1_000.0, None);
    let summary = summary_of(&logs, "--by start");
    let found: Vec<(&Value, &Value)> = summary["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| (&group["start"], &group["total_ms"]["max"]))
        .collect();
    assert_eq!(
        found,
        [
            (&json!("cold"), &json!(1_900.0)),
            (&json!("warm"), &json!(1_000.0)),
            (&json!("init_retried"), &json!(21_000.0))
        ]
    );
}

#[test]
fn a_timeout_line_after_its_report_is_not_the_next_attempts() {
    let id = request_id(1);
    let logs = [
        format!("START RequestId: {id} Version: $LATEST"),
        format!("END RequestId: {id}"),
        text_report(&id, 3_003.16, 3_000),
        format!("2023-07-20T18:37:39.961Z {id} Task timed out after 3.00 seconds"),
        format!("START RequestId: {id} Version: $LATEST"),
        format!("END RequestId: {id}"),
        text_report(&id, 900.0, 900),
    ];
    let group = &summary_of(&(logs.join("\n") + "\n"), "--by version")["groups"][0];
    assert_eq!(
        (&group["invocations"], &group["timeouts"]),
        (&json!(2), &json!(1))
    );
}

#[test]
fn records_with_a_time_join_reports_without_one_by_their_order() {
    let id = request_id(1);
    let timing = |inference: f64| {
        json!({"timestamp": "2026-11-20T09:00:00.000Z", "function_request_id": id, "inference_ms": inference, "model_id": HAIKU}).to_string()
    };
    let logs = [
        format!("START RequestId: {id} Version: $LATEST"),
        timing(900.0),
        text_report(&id, 1_000.0, 1_000),
        format!("START RequestId: {id} Version: $LATEST"),
        timing(1_900.0),
        text_report(&id, 2_000.0, 2_000),
    ];
    let summary = summary_of(&(logs.join("\n") + "\n"), "--by model");
    let inference = &summary["groups"][0]["inference_ms"];
    assert_eq!(
        (&inference["min"], &inference["max"]),
        (&json!(900.0), &json!(1_900.0))
    );
}

#[test]
fn a_message_id_of_a_model_does_not_make_an_application_line_an_event() {
    let id = request_id(1);
    let line = json!({"timestamp": "2026-11-20T09:00:00.100Z", "level": "INFO", "requestId": id, "id": "msg_01", "message": "called", "inference_ms": 90.0, "modelId": HAIKU});
    let report = json!({"time": "2026-11-20T09:00:00.200Z", "type": "platform.report", "record": {"requestId": id, "status": "success", "metrics": {"durationMs": 100.0, "billedDurationMs": 100, "memorySizeMB": 512, "maxMemoryUsedMB": 90}}});
    let summary = summary_of(&format!("{line}\n{report}\n"), "--by model");
    assert_eq!(
        (&summary["ledger"]["matched"], &summary["groups"][0]["model"]),
        (&json!(1), &json!("claude-3-haiku"))
    );
}

#[test]
fn the_same_stream_with_and_without_event_ids_counts_once() {
    let with_ids = many(HAIKU, 0..5, 500.0);
    let without: String = with_ids
        .lines()
        .map(|line| {
            let mut event: Value = serde_json::from_str(line).unwrap();
            event.as_object_mut().unwrap().remove("eventId");
            format!("{event}\n")
        })
        .collect();
    let run = |args: &str| {
        let run = Run::new(&format!("summary --format json --input {args}"));
        run.file("a.ndjson", &with_ids)
            .file("b.ndjson", &without)
            .done()
            .code(0)
            .json()
    };
    assert_eq!(run("a.ndjson b.ndjson")["groups"], run("a.ndjson")["groups"]);
    assert_eq!(run("b.ndjson a.ndjson")["groups"], run("a.ndjson")["groups"]);
}

#[test]
fn what_was_asked_for_is_no_difference_to_warn_of() {
    let old = many(HAIKU, 0..40, 500.0);
    let new = many(HAIKU, 40..80, 450.0)
        .replace("[7]", "[8]")
        .replace("Version: 7", "Version: 8");
    let run = Run::new("report --input logs.ndjson --out out --baseline version=7 --candidate version=8");
    let stdout = run.file("logs.ndjson", old + &new).done().code(0).stdout();
    assert!(!stdout.contains("function version is 7"), "{stdout}");
}

#[test]
fn names_in_reasons_are_inert_too() {
    let hostile = "anthropic.claude-3-haiku<b>_x_*y*";
    let killed = |n: u64| {
        invocation(n, hostile, 900.0, 15_000.0).replace(
            "Max Memory Used: 90 MB\\t",
            "Max Memory Used: 90 MB\\tStatus: timeout",
        )
    };
    let logs = many(hostile, 0..180, 500.0)
        + &(180..200).map(killed).collect::<String>()
        + &many(NOVA, 200..400, 700.0);
    let run = Run::new("report --input logs.ndjson --out out --candidate nova-lite --baseline").arg(hostile);
    let page = run.file("logs.ndjson", logs).done().code(0).read("out/report.md");
    for (at, _) in page.match_indices("<b>") {
        let line_start = page[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let ticks = page[line_start..at].matches('`').count();
        assert!(
            ticks % 2 == 1,
            "a name outside a code span: {}",
            &page[line_start..]
        );
    }
}

#[test]
fn how_several_calls_were_put_together_is_said() {
    let second = |n: u64, offsets: bool| {
        let first = invocation(n, NOVA, 300.0, 900.0);
        let call = |first: &str, index: u32, start: f64| {
            let fields = if offsets {
                format!("\\\"call_index\\\":{index},\\\"start_offset_ms\\\":{start:.1},")
            } else {
                format!("\\\"call_index\\\":{index},")
            };
            first.replace("\\\"inference_ms", &format!("{fields}\\\"inference_ms"))
        };
        let again =
            call(&first, 1, 200.0).replace(&format!("{:056}", n * 10 + 1), &format!("{:056}", n * 10 + 9));
        call(&first, 0, 0.0) + &again
    };
    let logs = many(HAIKU, 0..10, 500.0) + &second(20, true) + &second(21, false);
    let summary = summary_of(&logs, "--by model");
    let inference = &summary["groups"][0]["inference_ms"];
    assert_eq!(
        (&inference["min"], &inference["max"]),
        (&json!(500.0), &json!(600.0))
    );
    let page = report_of(&logs).read("out/report.md");
    let said = "0 requests of claude-3-haiku and 2 of nova-lite made several model calls; inference is the time during which at least one ran, and the sum of its calls for 1 without start times.";
    assert!(page.contains(said), "{page}");
}

#[test]
fn an_environment_whose_report_tells_no_initialisation_was_cold_all_the_same() {
    // The failed first initialisation took the limit of ten seconds, and no line says so.
    let logs = event(
        1,
        START,
        STREAM,
        "INIT_START Runtime Version: python:3.12.v1\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:0\n",
    ) + &event(
        2,
        START + 10_050,
        STREAM,
        &format!("START RequestId: {} Version: 7\n", request_id(1)),
    ) + &report_line(1, START + 16_050, STREAM, 6_000.0, "");
    let summary = summary_of(&logs, "");
    assert_eq!(summary["groups"][0]["start"], "cold");
    assert!(
        summary["warnings"]
            .to_string()
            .contains("how long 1 cold start initialised; their total is too short")
    );
}

#[test]
fn lines_of_a_request_are_the_same_whatever_else_stands_in_their_text() {
    let id = request_id(1);
    let whole = format!(
        "2026-11-20T09:00:00.000Z START RequestId: {id} Version: 7\n\
         2026-11-20T09:00:00.500Z REPORT RequestId: {id}\tDuration: 499.50 ms\tBilled Duration: 500 ms\tMemory Size: 512 MB\tMax Memory Used: 90 MB\t\n\
         2026-11-20T09:00:00.500Z END RequestId: {id}\n"
    );
    let spaced = whole
        .replace(" Version: 7", "  Version: 7 ")
        .replace("\tBilled", " \t Billed")
        .replace("499.50", "499.5");
    // The lines of another moment, or of other times, are others.
    let other = whole
        .replace("00.000Z START", "00.001Z START")
        .replace("499.50", "498.50");
    let ledger = |copy: &str| {
        let run = Run::new("summary --format json --input a.txt --input b.txt")
            .file("a.txt", &whole)
            .file("b.txt", copy);
        let ledger = run.done().code(0).json()["ledger"].clone();
        ["report_records", "lifecycle", "duplicates"].map(|bin| ledger[bin].as_u64().unwrap())
    };
    assert_eq!(ledger(&whole), [1, 2, 3]);
    assert_eq!(ledger(&spaced), [1, 2, 3]);
    assert_eq!(ledger(&other), [2, 3, 1]);
}

#[test]
fn attempts_with_equal_numbers_are_told_apart_where_json_holds_their_times() {
    let id = request_id(1);
    let attempt = |minute: u32| {
        json!({"time": format!("2026-11-20T09:{minute:02}:03.000Z"), "type": "platform.report", "record": {
            "requestId": id, "status": "timeout",
            "metrics": {"durationMs": 3000.0, "billedDurationMs": 3000, "memorySizeMB": 512, "maxMemoryUsedMB": 90},
        }})
    };
    let logs: String = (0..3).map(|minute| format!("{}\n", attempt(minute))).collect();
    let ledger = summary_of(&logs, "")["ledger"].clone();
    assert_eq!(
        [&ledger["report_records"], &ledger["duplicates"]],
        [&json!(3), &json!(0)]
    );
}

#[test]
fn events_of_the_platform_that_end_a_request_are_not_copies_of_each_other() {
    let id = request_id(1);
    let end = |kind: &str| {
        let event = json!({"time": "2026-11-20T09:00:03.000Z", "type": kind, "record": {"requestId": id, "status": "success"}});
        format!("2026-11-20T09:00:03.000Z {event}\n")
    };
    let logs = end("platform.runtimeDone") + &end("platform.end");
    let run = Run::new("summary --format json --input a.txt --input b.ndjson")
        .file("a.txt", &logs)
        .file("b.ndjson", many(HAIKU, 2..5, 500.0));
    let ledger = run.done().code(0).json()["ledger"].clone();
    assert_eq!(ledger["duplicates"], json!(0));
}

#[test]
fn calls_of_bedrock_are_known_by_all_digits_of_their_ids() {
    let call = |digit: char| {
        let id: String = "11111111-1111-1111-1111-111111111111".replace('1', &digit.to_string());
        let log = json!({
            "schemaType": "ModelInvocationLog", "schemaVersion": "1.0", "timestamp": "2026-11-20T09:00:01Z", "region": "eu-west-1",
            "requestId": id, "operation": "Converse", "modelId": HAIKU, "input": {}, "output": {},
        });
        (id, format!("{log}\n"))
    };
    let (id, own) = call('1');
    let logs = invocation(1, HAIKU, 500.0, 520.0).replace(
        "\\\"inference_ms\\\"",
        &format!("\\\"bedrock_request_id\\\":\\\"{id}\\\",\\\"inference_ms\\\""),
    );
    assert!(logs.contains(&id));
    let run = Run::new("summary --format json --input a.ndjson --input b.ndjson")
        .file("a.ndjson", &logs)
        .file("b.ndjson", &(own + &call('3').1));
    let ledger = run.done().code(0).json()["ledger"].clone();
    assert_eq!(
        [&ledger["bedrock_records"], &ledger["bedrock_joined"]],
        [&json!(2), &json!(1)]
    );
}
