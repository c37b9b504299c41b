//! What the query files answer: what latscope itself says of the same logs.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::insights_eval::{Row, Value, answer};
use common::insights_fields::discovered;
use common::insights_ql::parse;
use common::query_logs::{answers, corpus, events, near, of, summary};
use latscope_corpus::{LogFormat, Scenario};
use serde_json::Value as Json;

#[test]
fn queries_of_reports_count_what_latscope_counts() {
    for (prefix, log_format) in [("report", LogFormat::Text), ("json", LogFormat::Json)] {
        let corpus = corpus(log_format);
        let events = events(&corpus);
        let all = &summary(&corpus, "")["groups"][0];
        let invocations = all["invocations"].as_f64().unwrap();
        for name in [format!("{prefix}-cold-starts"), "cold-starts".to_owned()] {
            let rows = answers(&name, &events);
            assert_eq!(rows.len(), 1);
            near(of(&rows[0], "count(*)"), invocations);
            let truth = corpus
                .truth
                .invocations
                .iter()
                .filter(|invocation| invocation.init_us.is_some());
            let inits: Vec<f64> = truth
                .map(|invocation| invocation.init_us.unwrap() as f64 / 1000.0)
                .collect();
            assert!(!inits.is_empty());
            near(of(&rows[0], "coldStarts"), inits.len() as f64);
            near(
                of(&rows[0], "coldStartPercent"),
                100.0 * inits.len() as f64 / invocations,
            );
            near(
                of(&rows[0], "maxInitMs"),
                inits.iter().copied().fold(0.0, f64::max),
            );
        }
        let rows = answers(&format!("{prefix}-latency"), &events);
        near(rows.iter().map(|row| of(row, "count(*)")).sum(), invocations);
        let slowest = corpus
            .truth
            .invocations
            .iter()
            .map(|one| one.duration_us + one.init_us.unwrap_or_default());
        let slowest = slowest.max().unwrap() as f64 / 1000.0;
        near(
            rows.iter().map(|row| of(row, "maxTotalMs")).fold(0.0, f64::max),
            slowest,
        );
        near(
            of(&answers(&format!("{prefix}-slowest"), &events)[0], "totalMs"),
            slowest,
        );
        let cost = answers(&format!("{prefix}-cost"), &events);
        let billed: u64 = corpus.truth.invocations.iter().map(|one| one.billed_us).sum();
        near(
            cost.iter().map(|row| of(row, "billedSeconds")).sum(),
            billed as f64 / 1e6,
        );
        // 512 MB are half a GB.
        let gb_seconds = billed as f64 / 1e6 * f64::from(Scenario::haiku_vs_nova_lite().memory_mb) / 1024.0;
        near(cost.iter().map(|row| of(row, "gbSeconds")).sum(), gb_seconds);
        near(of(&cost[0], "usdX86"), gb_seconds * 0.000_016_666_7);
    }
}

#[test]
fn timeouts_of_reports_are_counted_once() {
    for (prefix, log_format) in [("report", LogFormat::Text), ("json", LogFormat::Json)] {
        let corpus = corpus(log_format);
        let rows = answers(&format!("{prefix}-errors"), &events(&corpus));
        let killed = 6.0;
        match log_format {
            LogFormat::Text => {
                near(of(&rows[0], "timeouts"), killed);
                near(of(&rows[0], "invocations"), corpus.truth.invocations.len() as f64);
                near(of(&rows[0], "errors"), 0.0);
            }
            LogFormat::Json => {
                let of_status = |wanted: &str| -> f64 {
                    let rows = rows
                        .iter()
                        .filter(|row| row["record.status"] == Value::Text(wanted.to_owned()));
                    rows.map(|row| of(row, "count(*)")).sum()
                };
                near(of_status("timeout"), killed);
                near(
                    of_status("success"),
                    corpus.truth.invocations.len() as f64 - killed,
                );
            }
        }
    }
}

#[test]
fn queries_of_timing_records_agree_with_latscope() {
    let corpus = corpus(LogFormat::Text);
    let events = events(&corpus);
    let summary = summary(&corpus, "model");
    let shares = answers("report-inference-share", &events);
    let latencies = answers("latency", &events);
    let mut compared = 0;
    for group in summary["groups"].as_array().unwrap() {
        // Those of no model have no timing record.
        let Some(id) = group["model_id"].as_str() else {
            continue;
        };
        let model = Value::Text(id.to_owned());
        let rows: Vec<&Row> = latencies.iter().filter(|row| row["model"] == model).collect();
        let inference = &group["inference_ms"];
        let count: f64 = rows.iter().map(|row| of(row, "count(*)")).sum();
        near(count, inference["count"].as_f64().unwrap());
        // A percentile lies between the neighbours of its own definition.
        for p in ["p50", "p95", "p99"] {
            let mut all: Vec<f64> = corpus
                .truth
                .invocations
                .iter()
                .filter(|one| one.model.as_deref() == Some(id) && one.timing_logged)
                .filter_map(|one| one.inference_us.map(|us| us as f64 / 1000.0))
                .collect();
            all.sort_by(f64::total_cmp);
            assert!(all.len() > 100);
            let of_one = answer(
                &parse(&format!(
                    "filter `gen_ai.request.model` = \"{id}\" and (status = \"ok\" or status = \"timeout\") \
                 | stats pct(`inference_ms`, {}) as {p}",
                    &p[1..]
                ))
                .unwrap(),
                &events,
            );
            let (found, own) = (of(&of_one[0], p), inference[p].as_f64().unwrap());
            let position = all.partition_point(|value| *value < own);
            assert!(
                all[position.saturating_sub(2)] <= found && found <= all[(position + 1).min(all.len() - 1)],
                "{p}: {found} and {own}"
            );
        }
        let share = shares.iter().find(|row| row["modelOfRequest"] == model).unwrap();
        let ratio = group["inference_share"]["ratio_of_sums"].as_f64().unwrap();
        near(of(share, "percentOfDuration"), 100.0 * ratio);
        compared += 1;
    }
    assert_eq!(
        compared,
        2,
        "{}",
        serde_json::to_string_pretty(&summary["groups"][0]).unwrap()
    );
}

/// The first request of a provisioned environment did not wait for its initialisation, and stands apart from cold starts.
#[test]
fn first_calls_of_provisioned_environments_are_told_from_cold_starts() {
    let record = |cold: bool, initialization: Json, ms: f64| {
        let line = serde_json::json!({"schema": "latscope.timing/v1", "gen_ai.request.model": "a", "status": "ok",
            "cold_start": cold, "initialization_type": initialization, "inference_ms": ms, "handler_ms": ms + 1.0});
        discovered(&line.to_string(), 0, "s", "g")
    };
    let provisioned = || Json::from("provisioned-concurrency");
    let rows = answers(
        "latency",
        &[
            record(true, "on-demand".into(), 900.0),
            record(true, provisioned(), 300.0),
            record(false, provisioned(), 200.0),
            record(false, provisioned(), 210.0),
            record(false, "on-demand".into(), 220.0),
            // Of a handler that does not say it.
            record(true, Json::Null, 800.0),
        ],
    );
    let found: Vec<(f64, Value, f64, f64)> = rows
        .iter()
        .map(|row| {
            let [cold, count, longest] =
                ["coldStart", "count(*)", "maxInferenceMs"].map(|name| of(row, name));
            (cold, row["initialization"].clone(), count, longest)
        })
        .collect();
    let text = |text: &str| Value::Text(text.to_owned());
    assert_eq!(
        found,
        [
            (0.0, text("on-demand"), 1.0, 220.0),
            (0.0, text("provisioned-concurrency"), 2.0, 210.0),
            (1.0, text("on-demand"), 1.0, 900.0),
            (1.0, text("provisioned-concurrency"), 1.0, 300.0),
            (1.0, text("unknown"), 1.0, 800.0),
        ]
    );
}

/// The calls that were refused or failed have rows of their own.
#[test]
fn errors_have_a_row_for_each_status() {
    let record = |status: &str| {
        let line = serde_json::json!({"schema": "latscope.timing/v1", "gen_ai.request.model": "a", "status": status});
        discovered(&line.to_string(), 0, "s", "g")
    };
    let rows = answers("errors", &["ok", "ok", "throttled"].map(record));
    let count = |status: &str| {
        let is_it = |row: &&Row| row["status"] == Value::Text(status.to_owned());
        of(rows.iter().find(is_it).unwrap(), "count(*)")
    };
    assert_eq!((count("ok"), count("throttled")), (2.0, 1.0));
}

#[test]
fn tokens_of_timing_records_are_summed() {
    let corpus = corpus(LogFormat::Text);
    let tokens = answers("tokens", &common::query_logs::events(&corpus));
    let answered: f64 = corpus
        .events
        .iter()
        .filter_map(|event| serde_json::from_str::<Json>(&event.message).ok())
        .filter(|json| json["schema"] == "latscope.timing/v1" && json["status"] == "ok")
        .map(|json| json["gen_ai.usage.output_tokens"].as_f64().unwrap())
        .sum();
    near(tokens.iter().map(|row| of(row, "outputTokens")).sum(), answered);
    near(
        of(&tokens[0], "msPerOutputToken") * of(&tokens[0], "outputTokens") / of(&tokens[0], "count(*)"),
        {
            let model = tokens[0]["model"].clone();
            let of_model = common::query_logs::events(&corpus).into_iter().filter(|row| {
                row.get("gen_ai.request.model") == Some(&model)
                    && row.get("status") == Some(&Value::Text("ok".to_owned()))
            });
            let times: Vec<f64> = of_model.map(|row| of(&row, "inference_ms")).collect();
            times.iter().sum::<f64>() / times.len() as f64
        },
    );
}

/// A record without a status is of a call that was answered, for one query as for the others.
#[test]
fn calls_without_a_status_have_tokens() {
    let record = |status: Json| {
        let line = serde_json::json!({"schema": "latscope.timing/v1", "gen_ai.request.model": "a", "status": status,
            "inference_ms": 300, "gen_ai.usage.output_tokens": 30});
        discovered(&line.to_string(), 0, "s", "g")
    };
    let rows = answers(
        "tokens",
        &[record(Json::Null), record("ok".into()), record("error".into())],
    );
    assert_eq!(
        (of(&rows[0], "count(*)"), of(&rows[0], "msPerOutputToken")),
        (2.0, 10.0)
    );
}

/// Of a window in which some timeouts have only a line of their own, some only a status, and some both.
#[test]
fn timeouts_of_both_forms_are_counted_together() {
    let event = |message: String| discovered(&message, 0, "s", "g");
    let report = |id: &str, status: &str| {
        event(format!(
            "REPORT RequestId: {id}\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\tMax Memory Used: 20 \
             MB\t{status}\n"
        ))
    };
    let line = |id: &str| {
        event(format!(
            "2023-07-20T18:37:39.961Z {id} Task timed out after 3.00 seconds\n\n"
        ))
    };
    let events = [
        report("a", "Status: timeout\t"),
        report("b", ""),
        line("b"),
        report("c", "Status: timeout\t"),
        line("c"),
        // Repeated under one id.
        report("d", "Status: timeout\t"),
        report("d", "Status: timeout\t"),
        report("e", "Status: error\tError Type: Runtime.ExitError\t"),
        report("f", ""),
    ];
    let rows = answers("report-errors", &events);
    let columns = ["count(*)", "invocations", "timeouts", "errors"].map(|name| of(&rows[0], name));
    assert_eq!((rows.len(), columns), (1, [6.0, 7.0, 5.0, 1.0]));
}

/// A start from a snapshot has a Restore Duration and no Init Duration.
#[test]
fn restores_are_told_from_cold_starts_and_counted_in_the_total() {
    let text = |more: &str| {
        let line = format!(
            "REPORT RequestId: 79b5e81f-9cdd-4145-b1f6-7c50ef8a2a36\tDuration: 100.00 ms\tBilled Duration: 100 ms\tMemory \
             Size: 512 MB\tMax Memory Used: 90 MB\t{more}\n"
        );
        discovered(&line, 0, "s", "g")
    };
    let json = |more: Json| {
        let mut metrics =
            serde_json::json!({"durationMs": 100.0, "billedDurationMs": 100, "memorySizeMB": 512});
        metrics
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let line =
            serde_json::json!({"type": "platform.report", "record": {"requestId": "x", "metrics": metrics}});
        discovered(&line.to_string(), 0, "s", "g")
    };
    let of_text = [
        text(""),
        text("Init Duration: 30.00 ms\t"),
        text("Restore Duration: 51.25 ms\tBilled Restore Duration: 3 ms\t"),
    ];
    let of_json = [
        json(serde_json::json!({})),
        json(serde_json::json!({"initDurationMs": 30.0})),
        json(serde_json::json!({"restoreDurationMs": 51.25})),
    ];
    for (prefix, events) in [("report", of_text), ("json", of_json)] {
        let starts = answers(&format!("{prefix}-cold-starts"), &events);
        assert_eq!(
            (of(&starts[0], "coldStarts"), of(&starts[0], "restores")),
            (1.0, 1.0),
            "{prefix}"
        );
        near(of(&starts[0], "p95RestoreMs"), 51.25);
        let totals = answers(&format!("{prefix}-latency"), &events);
        let totals: Vec<f64> = totals.iter().map(|row| of(row, "maxTotalMs")).collect();
        // Sorted by coldStart, then by restored.
        assert_eq!(totals, [100.0, 151.25, 130.0], "{prefix}");
        near(
            of(&answers(&format!("{prefix}-slowest"), &events)[0], "totalMs"),
            151.25,
        );
    }
}
