//! What `latscope query run` prints of each end of a query, and that it reads back.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::Run;
use common::querying::{GROUP, WINDOW, ending, latency_rows, row, run};
use latscope::fetch::Query;
use serde_json::{Value, json};

#[test]
fn rows_come_as_table_csv_and_the_document_of_the_aws_cli() {
    let args = format!("latency --log-group {GROUP} {WINDOW}");
    let wire = ending(Some("Complete"), &latency_rows());
    let (table, stderr) = run(&wire, &args, 0);
    assert_eq!(
        table,
        "model  coldStart  count(*)  p50InferenceMs\na              0        12           812.5\n\
         a              1         1            1200\n"
    );
    assert!(
        stderr.contains("Window: 2026-11-20T09:00:00.000Z to 2026-11-20T10:00:00.000Z; /aws/lambda/chat"),
        "{stderr}"
    );
    assert!(
        stderr.contains("1 query scanned 2.0 GB, about $0.0100"),
        "{stderr}"
    );
    let (csv, stderr) = run(
        &ending(Some("Complete"), &latency_rows()),
        &format!("{args} --format csv --quiet"),
        0,
    );
    assert_eq!(
        csv,
        "model,coldStart,count(*),p50InferenceMs\r\na,0,12,812.5\r\na,1,1,1200\r\n"
    );
    assert_eq!(stderr, "");
    let (document, _) = run(
        &ending(Some("Complete"), &latency_rows()),
        &format!("{args} --format json"),
        0,
    );
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(
        (&document["results"], &document["status"]),
        (&latency_rows(), &json!("Complete"))
    );
    assert_eq!(document["statistics"]["bytesScanned"], 2.0e9);
    // The query is that of the file, over the window: StartQuery takes whole seconds alone.
    let asked = &wire.calls_of("StartQuery")[0].body;
    assert_eq!(
        asked["queryString"],
        format!(
            "filter toMillis(@timestamp) >= 1795165200000 and toMillis(@timestamp) < 1795168800000\n| {}",
            Query::named("latency").unwrap().text(None)
        )
    );
    assert_eq!(
        (&asked["startTime"], &asked["endTime"]),
        (&json!(1_795_165_200), &json!(1_795_168_800))
    );
    assert_eq!(
        (&asked["logGroupName"], &asked["limit"]),
        (&json!(GROUP), &json!(10_000))
    );
    assert_eq!(wire.calls_of("StopQuery").len(), 0);
}

#[test]
fn every_end_of_a_query_is_an_outcome() {
    for (status, words) in [
        (Some("Failed"), "the query ended as Failed"),
        (Some("Cancelled"), "the query ended as Cancelled"),
        (Some("Unknown"), "the query ended as Unknown"),
        (Some("Timeout"), "the query ran out of time"),
        (None, "the query ended without a status"),
    ] {
        let args = format!("latency --log-group {GROUP} {WINDOW} --quiet");
        // With rows these are shown, and what they are.
        let (table, stderr) = run(&ending(status, &latency_rows()), &args, 7);
        assert!(table.contains("812.5") && !table.contains("early"), "{table}");
        assert!(
            stderr.contains(words) && stderr.contains("2 rows above") && stderr.contains("no count"),
            "{stderr}"
        );
        let (document, _) = run(
            &ending(status, &latency_rows()),
            &format!("{args} --format json"),
            7,
        );
        let document: Value = serde_json::from_str(&document).unwrap();
        assert_eq!(document.get("status").and_then(Value::as_str), status);
        let (table, stderr) = run(&ending(status, &json!([])), &args, 1);
        assert!(table.is_empty() && stderr.contains(words), "{stderr}");
    }
    let (table, stderr) = run(
        &ending(Some("Complete"), &json!([])),
        &format!("latency --log-group {GROUP} {WINDOW}"),
        4,
    );
    assert!(
        table.is_empty() && stderr.contains("found no event") && stderr.contains("timing records"),
        "{stderr}"
    );
}

#[test]
fn rows_at_the_limit_may_not_be_all() {
    let rows = |count: usize| {
        (0..count)
            .map(|n| row(&[("@requestId", &n.to_string())]))
            .collect::<Value>()
    };
    let args = format!("report-slowest --log-group {GROUP} {WINDOW}");
    let wire = ending(Some("Complete"), &rows(25));
    let (_, stderr) = run(&wire, &args, 0);
    assert!(
        stderr.contains("25 rows, as many as the query asks for: --limit N"),
        "{stderr}"
    );
    assert_eq!(wire.calls_of("StartQuery")[0].body["limit"], 25);
    let wire = ending(Some("Complete"), &rows(3));
    let (_, stderr) = run(&wire, &format!("{args} --limit 3 --quiet"), 0);
    assert_eq!(stderr, "3 rows, as many as --limit asks for: there may be more\n");
    let asked = &wire.calls_of("StartQuery")[0].body;
    assert_eq!(asked["limit"], 3);
    assert!(
        asked["queryString"].as_str().unwrap().ends_with("| limit 3"),
        "{asked}"
    );
    let (_, stderr) = run(
        &ending(Some("Complete"), &rows(10_000)),
        &format!("latency --log-group {GROUP} {WINDOW} -q"),
        0,
    );
    assert!(
        stderr.contains("10,000 rows, the most that are asked for"),
        "{stderr}"
    );
    let (_, stderr) = run(
        &ending(Some("Complete"), &rows(2)),
        &format!("{args} --limit 3 --quiet"),
        0,
    );
    assert_eq!(stderr, "");
}

#[test]
fn names_of_logs_act_on_no_terminal_and_no_spreadsheet() {
    let rows = json!([row(&[("model", "=cmd()\u{1b}[31m"), ("count(*)", "-1")])]);
    let args = format!("latency --log-group {GROUP} {WINDOW} --quiet");
    let (table, _) = run(&ending(Some("Complete"), &rows), &args, 0);
    assert!(
        table.contains("=cmd()\\u{1b}[31m") && !table.contains('\u{1b}'),
        "{table:?}"
    );
    let (csv, _) = run(
        &ending(Some("Complete"), &rows),
        &format!("{args} --format csv"),
        0,
    );
    assert_eq!(csv, "model,count(*)\r\n'=cmd()\\u{1b}[31m,-1\r\n");
}

/// Rows of events are invocations, records and calls again; rows of computed values say that they are none.
#[test]
fn the_document_reads_back_as_input() {
    let id = "79b5e81f-9cdd-4145-b1f6-7c50ef8a2a36";
    let at = ("@timestamp", "2026-11-20 09:00:01.000");
    for (name, cells, ledger) in [
        (
            "slowest",
            vec![
                at,
                ("schema", "latscope.timing/v1"),
                ("request_id", id),
                ("call_index", "0"),
                ("gen_ai.request.model", "m"),
                ("inference_ms", "12.5"),
                ("handler_ms", "14"),
                ("cold_start", "1"),
                ("status", "ok"),
            ],
            "Events read: 1 = 0 REPORT + 1 timing",
        ),
        (
            "report-slowest",
            vec![
                at,
                ("@type", "REPORT"),
                ("@requestId", id),
                ("totalMs", "70.25"),
                ("@duration", "60.25"),
                ("@initDuration", "10"),
                ("@billedDuration", "71"),
                ("@memorySize", "5.12E8"),
                ("@maxMemoryUsed", "9.0E7"),
                ("restoreMs", "51.25"),
                ("reportStatus", "timeout"),
                ("reportErrorType", "Sandbox.Timedout"),
            ],
            "Events read: 1 = 1 REPORT",
        ),
        (
            "json-slowest",
            vec![
                at,
                ("type", "platform.report"),
                ("record.requestId", id),
                ("totalMs", "60.25"),
                ("record.metrics.durationMs", "60.25"),
                ("record.metrics.billedDurationMs", "61"),
                ("record.metrics.memorySizeMB", "512"),
                ("record.metrics.maxMemoryUsedMB", "90"),
                ("record.status", "success"),
            ],
            "Events read: 1 = 1 REPORT",
        ),
        (
            "bedrock-slowest",
            vec![
                at,
                ("timestamp", "2026-11-20T09:00:01Z"),
                ("requestId", id),
                ("modelId", "amazon.nova-lite-v1:0"),
                ("operation", "Converse"),
                ("region", "eu-west-1"),
                ("output.outputBodyJson.metrics.latencyMs", "393"),
                ("input.inputTokenCount", "20"),
                ("output.outputTokenCount", "30"),
            ],
            "1 Bedrock",
        ),
        (
            "latency",
            vec![
                ("model", "m"),
                ("coldStart", "0"),
                ("count(*)", "2"),
                ("p50InferenceMs", "1.5"),
            ],
            "1 rejected: Insights row of computed values",
        ),
        (
            "report-cost",
            vec![
                ("@log", "1:/a"),
                ("memoryMb", "512"),
                ("count(*)", "2"),
                ("gbSeconds", "1.5"),
            ],
            "1 rejected: Insights row of computed values",
        ),
    ] {
        // The cells are columns of the query.
        let text = Query::named(name).unwrap().file.replace('`', "");
        for (field, _) in &cells {
            assert!(text.contains(field), "{name}: {field}");
        }
        let wire = ending(Some("Complete"), &json!([row(&cells)]));
        let (document, _) = run(
            &wire,
            &format!("{name} --log-group {GROUP} {WINDOW} --format json"),
            0,
        );
        let inspected = Run::new("inspect rows.json")
            .file("rows.json", &document)
            .done()
            .stdout();
        assert!(
            inspected.contains("Logs Insights rows as JSON") && inspected.contains(ledger),
            "{name}: {inspected}"
        );
    }
}
