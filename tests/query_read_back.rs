//! Rows of the `slowest` queries, saved as `latscope query run --format json` prints them, are what the raw lines are.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::Run;
use common::insights_eval::{Row, Value};
use common::insights_fields::discovered;
use common::insights_ql::{Command, parse};
use common::query_logs::{answers, corpus};
use latscope::fetch::Query;
use latscope_corpus::LogFormat;
use serde_json::{Value as Json, json};

/// The document of a result: of each row the columns that the query names, without those that the event does not have.
fn document(query: &str, rows: &[Row]) -> String {
    let commands = parse(Query::named(query).unwrap().file).unwrap();
    let columns: Vec<String> = commands
        .into_iter()
        .filter_map(|command| match command {
            Command::Fields(of) => Some(of.into_iter().map(|named| named.name)),
            _ => None,
        })
        .flatten()
        .collect();
    let cell = |(name, value): (&String, &Value)| match value {
        Value::Nothing => None,
        Value::Number(number) if name == "@timestamp" => {
            let at = latscope::vocab::Timestamp::from_epoch_millis(*number as i64).to_string();
            Some(json!({"field": name, "value": at.replace('T', " ").replace('Z', "")}))
        }
        Value::Number(number) => Some(json!({"field": name, "value": number.to_string()})),
        Value::Text(text) => Some(json!({"field": name, "value": text})),
    };
    let rows: Json = rows
        .iter()
        .map(|row| {
            let chosen = columns.iter().filter_map(|name| row.get_key_value(name));
            chosen.filter_map(cell).collect::<Json>()
        })
        .collect();
    json!({"results": rows, "status": "Complete"}).to_string()
}

/// What `latscope summary` says of a file, by start.
fn summary(name: &str, content: &str) -> Json {
    let run = Run::new(&format!(
        "summary --quiet --format json --by start --input {name}"
    ));
    let mut summary = run.file(name, content).done().code(0).json();
    summary["groups"].take()
}

/// Events as `aws logs filter-log-events` prints them.
fn raw(events: &[(&str, u64)]) -> String {
    let events: Vec<Json> = events
        .iter()
        .enumerate()
        .map(|(n, (message, at))| {
            json!({"logStreamName": "s", "timestamp": at, "message": message, "eventId": format!("{n:056}")})
        })
        .collect();
    json!({"events": events}).to_string()
}

/// Starts from a snapshot, timeouts and crashes, in either log format.
#[test]
fn restored_starts_timeouts_and_errors_read_back() {
    let text = |n: u32, duration: &str, more: &str| {
        format!(
            "REPORT RequestId: 79b5e81f-9cdd-4145-b1f6-{n:012}\tDuration: {duration} ms\tBilled Duration: 900 ms\tMemory Size: 512 \
             MB\tMax Memory Used: 90 MB\t{more}\n"
        )
    };
    let of_text = [
        text(1, "100.25", ""),
        text(
            2,
            "200.50",
            "Restore Duration: 51.25 ms\tBilled Restore Duration: 3 ms\t",
        ),
        text(3, "900.00", "Status: timeout\t"),
        text(4, "340.00", "Status: error\tError Type: Runtime.ExitError\t"),
        text(
            5,
            "120.00",
            "Restore Duration: 70.00 ms\tBilled Restore Duration: 3 ms\tStatus: timeout\t",
        ),
    ];
    let json = |n: u32, duration: f64, status: &str, restore: Option<f64>| {
        json!({"time": "2026-11-20T09:00:00.000Z", "type": "platform.report", "record": {
            "requestId": format!("79b5e81f-9cdd-4145-b1f6-{n:012}"), "status": status,
            "metrics": {"durationMs": duration, "billedDurationMs": 900, "memorySizeMB": 512, "maxMemoryUsedMB": 90,
                "restoreDurationMs": restore}}})
        .to_string()
    };
    let of_json = [
        json(1, 100.25, "success", None),
        json(2, 200.5, "success", Some(51.25)),
        json(3, 900.0, "timeout", None),
        json(4, 340.0, "error", None),
        json(5, 120.0, "timeout", Some(70.0)),
    ];
    for (query, lines) in [("report-slowest", of_text), ("json-slowest", of_json)] {
        let events: Vec<(&str, u64)> = lines
            .iter()
            .zip(1_795_165_200_000..)
            .map(|(line, at)| (line.as_str(), at))
            .collect();
        let rows: Vec<Row> = events
            .iter()
            .map(|(line, at)| discovered(line, *at, "s", "123456789012:/aws/lambda/chat"))
            .collect();
        let document = document(query, &answers(query, &rows));
        let (read_back, original) = (
            summary("rows.json", &document),
            summary("log.json", &raw(&events)),
        );
        let starts: Vec<&Json> = original
            .as_array()
            .unwrap()
            .iter()
            .map(|group| &group["start"])
            .collect();
        assert_eq!(starts.len(), 2, "{original}");
        assert_eq!(read_back, original, "{query}");
    }
}

/// Of a log in which everything happens, the calls and starts of the slowest are those of the log.
#[test]
fn every_row_of_a_log_reads_back() {
    let corpus = corpus(LogFormat::Text);
    // Lines of the platform tell starts that a REPORT does not.
    let reports: Vec<(&str, u64)> = corpus
        .events
        .iter()
        .filter(|event| event.message.starts_with("REPORT "))
        .map(|event| (event.message.as_str(), event.timestamp))
        .take(25)
        .collect();
    let rows: Vec<Row> = reports
        .iter()
        .map(|(line, at)| discovered(line, *at, "s", "123456789012:/aws/lambda/chat"))
        .collect();
    let document = document("report-slowest", &answers("report-slowest", &rows));
    assert_eq!(
        summary("rows.json", &document),
        summary("log.json", &raw(&reports))
    );
}
