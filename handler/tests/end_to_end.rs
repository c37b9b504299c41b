//! From a request to the finding: the handler under the emulator, its log as the emulator wrote it, `latscope report`.

// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::path::Path;
use std::time::Duration;

use common::analyser::latscope;
use common::bedrock::{Bedrock, Reply, answer};
use common::rie::{Function, HAIKU, NOVA};
use serde_json::{Value, json};

/// What Bedrock is told to take, in milliseconds.
const HAIKU_MS: u64 = 90;
const NOVA_MS: u64 = 30;

/// Requests to each model.
const REQUESTS: usize = 20;

/// The group of a model and a start type.
#[track_caller]
fn group<'s>(summary: &'s Value, model: &str, start: &str) -> &'s Value {
    let groups = summary["groups"].as_array().unwrap();
    let mut found = groups
        .iter()
        .filter(|group| group["model_id"] == model && group["start"] == start);
    found
        .next()
        .unwrap_or_else(|| panic!("no {model} {start} in {groups:#?}"))
}

/// What a list of the report has of a start type.
#[track_caller]
fn of_start<'s>(list: &'s Value, start: &Value) -> &'s Value {
    let mut found = list
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["start"] == *start);
    found.next().unwrap_or_else(|| panic!("no {start} in {list:#}"))
}

#[test]
fn latscope_finds_what_bedrock_was_told_to_do() {
    let bedrock = Bedrock::start(|call| {
        let took = if call.model == HAIKU { HAIKU_MS } else { NOVA_MS };
        Reply::Whole(
            Duration::from_millis(took),
            answer("Hello.", (12, 3), took as u32),
        )
    });
    let function = Function::start(&bedrock.url, &[("METRICS", "emf")]);
    for _ in 0..REQUESTS {
        // The first request, which is the cold one, goes to the first model.
        for model in [HAIKU, NOVA] {
            let answer = function.post(&json!({"prompt": "x", "model": model}));
            assert_eq!(answer.status, 200);
        }
    }
    let log = function.log_with_reports(2 * REQUESTS);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("end-to-end");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let (input, out) = (folder.join("function.log"), folder.join("report"));
    fs::write(&input, &log).unwrap();
    let (input, out) = (input.to_str().unwrap(), out.to_str().unwrap());

    let summary = latscope(&["summary", "--input", input, "--format", "json"]);
    let summary: Value = serde_json::from_str(&summary).unwrap();
    // Every line is accounted for: the metrics beside the records are no records.
    let ledger = &summary["ledger"];
    assert_eq!(ledger["report_records"], 2 * REQUESTS);
    assert_eq!(ledger["timing_records"], 2 * REQUESTS);
    assert_eq!(ledger["matched"], 2 * REQUESTS);
    assert_eq!(ledger["ignored"], 2 * REQUESTS);
    assert_eq!(ledger["rejected"], 0);

    // One cold start, of the first request.
    assert_eq!(group(&summary, HAIKU, "cold")["invocations"], 1);
    assert_eq!(group(&summary, HAIKU, "warm")["invocations"], REQUESTS - 1);
    assert_eq!(group(&summary, NOVA, "warm")["invocations"], REQUESTS);
    assert_eq!(summary["groups"].as_array().unwrap().len(), 3);

    // What Bedrock took by its own clock is what latscope finds: as times, and as the share of the durations that the
    // emulator measured by itself.
    let calls = bedrock.calls();
    let mut bounds = Vec::new();
    for (model, told) in [(HAIKU, HAIKU_MS), (NOVA, NOVA_MS)] {
        let cold = usize::from(model == HAIKU);
        let own = calls.iter().filter(|call| call.model == model).skip(cold);
        let took: Vec<f64> = own.map(|call| bedrock.took_ms(call.nth)).collect();
        let took = took.iter().sum::<f64>() / took.len() as f64;
        let warm = group(&summary, model, "warm");
        let inference = warm["inference_ms"]["mean"].as_f64().unwrap();
        let duration = warm["duration_ms"]["mean"].as_f64().unwrap();
        assert!(
            warm["inference_ms"]["min"].as_f64() >= Some(told as f64),
            "{warm:#}"
        );
        assert!(
            (took - 1.0..took + 20.0).contains(&inference),
            "{took} {inference}"
        );
        let share = warm["inference_share"]["ratio_of_sums"].as_f64().unwrap();
        let within = (took - 1.0) / duration..((took + 20.0) / duration).min(1.0);
        assert!(within.contains(&share), "{share} {took} {duration}");
        bounds.push(within);
    }

    let report = latscope(&[
        "report",
        "--baseline",
        "haiku",
        "--candidate",
        "nova-lite",
        "--input",
        input,
        "--out",
        out,
    ]);
    assert!(report.contains("Invocations read: 40 = 40 matched"), "{report}");
    assert!(report.contains("With claude-3-haiku, inference is"), "{report}");
    let page = fs::read_to_string(Path::new(out).join("report.md")).unwrap();
    assert!(page.contains("nova-lite") && page.contains("claude-3-haiku"));

    // The report's numbers: the same share of each side, and the one cold start on the baseline's.
    let numbers = fs::read_to_string(Path::new(out).join("report.json")).unwrap();
    let numbers: Value = serde_json::from_str(&numbers).unwrap();
    for (side, within) in ["baseline", "candidate"].into_iter().zip(bounds) {
        let shares = &numbers["time_spent"][side]["inference_shares"];
        let warm = of_start(shares, &json!("warm"));
        let share = warm["of_duration"]["estimate"].as_f64().unwrap();
        assert!(within.contains(&share), "{side}: {share} {within:?}");
    }
    let all = |side: &str| {
        let shares = &numbers["time_spent"][side]["inference_shares"];
        of_start(shares, &Value::Null)["requests"].clone()
    };
    assert_eq!(
        (all("baseline"), all("candidate")),
        (json!(REQUESTS), json!(REQUESTS))
    );
    let starts = &numbers["starts"];
    let cold = of_start(starts, &json!("cold"));
    assert_eq!(
        (&cold["baseline"]["invocations"], &cold["candidate"]),
        (&json!(1), &Value::Null)
    );
    let warm = of_start(starts, &json!("warm"));
    assert_eq!(warm["baseline"]["invocations"], REQUESTS - 1);
    assert_eq!(warm["candidate"]["invocations"], REQUESTS);
    assert_eq!(starts.as_array().unwrap().len(), 2, "{starts:#}");
}
