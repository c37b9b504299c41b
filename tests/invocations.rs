//! `latscope report --invocations`: the invocations of both sides, as CSV and as Parquet.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs::File;

use common::{Run, fixture, invocation};
use polars::prelude::DataFrame;
use polars_io::SerReader;
use polars_io::prelude::ParquetReader;
use serde_json::Value;

const COMPARE: &str = "report --baseline haiku --candidate nova-lite --out r --input";

/// The rows of a CSV without quotes and its header before them.
fn rows(csv: &str) -> Vec<Vec<String>> {
    assert!(csv.ends_with("\r\n") && !csv.contains('"'), "{csv}");
    let line = |line: &str| line.split(',').map(str::to_owned).collect();
    csv.split_terminator("\r\n").map(line).collect()
}

/// How many rows are of each side.
fn of_sides(rows: &[Vec<String>]) -> [u64; 2] {
    ["baseline", "candidate"].map(|side| rows.iter().filter(|row| row[0] == side).count() as u64)
}

#[test]
fn both_forms_hold_every_request_of_each_side() {
    let csv = Run::new(COMPARE)
        .arg(fixture())
        .args("--invocations csv")
        .done()
        .code(0)
        .stderr_is("")
        .stdout_has("\nWrote r/invocations.csv with 2,399 invocations\n");
    let report: Value = serde_json::from_str(&csv.read("r/report.json")).unwrap();
    let counted =
        ["baseline", "candidate"].map(|side| report["sides"][side]["invocations"].as_u64().unwrap());
    let csv_rows = rows(&csv.read("r/invocations.csv"));
    let (header, of_csv) = csv_rows.split_first().unwrap();
    assert_eq!(of_sides(of_csv), counted);
    assert_eq!(of_csv.len() as u64, counted[0] + counted[1]);
    assert_eq!(header[..3], ["side", "request_id", "ended_at"]);
    let model = header.iter().position(|name| name == "model").unwrap();
    for row in of_csv {
        let expected = if row[0] == "baseline" {
            "claude-3-haiku"
        } else {
            "nova-lite"
        };
        assert_eq!(row[model], expected);
    }

    let parquet = Run::new(COMPARE)
        .arg(fixture())
        .args("--invocations parquet --quiet")
        .done()
        .code(0)
        .stderr_is("");
    assert_eq!(parquet.stdout(), "");
    let file = File::open(parquet.path("r/invocations.parquet")).unwrap();
    let frame: DataFrame = ParquetReader::new(file).finish().unwrap();
    assert_eq!(frame.height(), of_csv.len());
    let names: Vec<String> = frame.get_column_names().iter().map(ToString::to_string).collect();
    assert_eq!(names, *header);
    for (column, name) in ["side", "request_id", "model", "outcome"].into_iter().enumerate() {
        let at = header.iter().position(|title| title == name).unwrap();
        let values = frame.column(name).unwrap().str().unwrap();
        let values: Vec<&str> = values.iter().map(Option::unwrap_or_default).collect();
        let expected: Vec<&str> = of_csv.iter().map(|row| row[at].as_str()).collect();
        assert_eq!(values, expected, "{column}");
    }
    let total = frame.column("total_ms").unwrap().f64().unwrap();
    let at = header.iter().position(|title| title == "total_ms").unwrap();
    for (value, row) in total.iter().zip(of_csv) {
        assert_eq!(value.unwrap().to_string(), row[at]);
    }
}

#[test]
fn an_invocation_of_both_sides_is_in_two_rows_and_no_name_is_a_formula() {
    let lines: String = (0..40)
        .map(|number| {
            invocation(
                number,
                ["a", "b"][number as usize % 2],
                100.0,
                200.0 + number as f64,
            )
        })
        .collect();
    let stream = "2026/11/20/[7]0123456789abcdef0123456789abcdef";
    let lines = lines.replace(stream, "=1+1");
    let done =
        Run::new("report --baseline a --candidate start=warm --out r --input logs.ndjson --invocations csv")
            .file("logs.ndjson", lines)
            .done()
            .code(0);
    let rows = rows(&done.read("r/invocations.csv"));
    let (header, rows) = rows.split_first().unwrap();
    assert_eq!(of_sides(rows), [20, 40]);
    let stream = header.iter().position(|title| title == "log_stream").unwrap();
    assert!(rows.iter().all(|row| row[stream] == "'=1+1"), "{:?}", rows[0]);
    let id = |side: &str| -> Vec<&String> {
        let of_side = rows.iter().filter(|row| row[0] == side);
        of_side.map(|row| &row[1]).collect()
    };
    assert!(id("baseline").iter().all(|of| id("candidate").contains(of)));
}

#[test]
fn each_candidate_has_its_own_and_nobody_else_has_one() {
    let done = Run::new("report --baseline haiku --all-models --out r --invocations csv --input")
        .arg(fixture())
        .done()
        .code(0);
    let rows = rows(&done.read("r/nova-lite/invocations.csv"));
    assert_eq!(rows.len(), 2_400);
    assert!(!done.path("r/invocations.csv").exists());
    let done = Run::new(COMPARE).arg(fixture()).done().code(0);
    assert!(!done.path("r/invocations.csv").exists() && !done.path("r/invocations.parquet").exists());
}

/// Without `--invocations` nothing but the ids of all invocations is kept while sides are compared.
#[test]
fn a_report_is_the_same_whether_its_invocations_are_written_or_not() {
    for (candidates, files) in [
        ("--candidate nova-lite --margin 5%", &["report"][..]),
        ("--candidate start=cold --outcome all", &["report"]),
        ("--all-models", &["ranking", "nova-lite/report"]),
    ] {
        let done = |more: &str| {
            Run::new("report --baseline haiku --out r --input")
                .arg(fixture())
                .args(candidates)
                .args(more)
                .done()
                .code(0)
        };
        let (without, with) = (done(""), done("--invocations csv"));
        for file in files
            .iter()
            .flat_map(|name| [format!("r/{name}.json"), format!("r/{name}.md")])
        {
            if with.path(&file).exists() {
                assert_eq!(without.read(&file), with.read(&file), "{candidates} {file}");
            }
        }
        assert!(with.path(&format!("r/{}.json", files[files.len() - 1])).exists());
    }
}

#[test]
fn what_was_saved_cannot_be_written_and_nothing_is() {
    let done =
        Run::new("report --baseline saved=october --candidate haiku --out r --invocations csv --input")
            .arg(fixture())
            .done()
            .code(2)
            .stderr_has("--invocations: saved=october has no request ids")
            .stderr_has("leave --invocations out, or select this side from its logs");
    assert!(!done.path("r").exists());
}
