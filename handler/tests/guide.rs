//! What `handler/README.md` shows is so.

// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::process::Command;

use common::stack::blocks;
use serde_json::Value;

#[test]
fn the_guides_record_is_a_record() {
    let blocks = blocks("json");
    let records: Vec<_> = blocks
        .iter()
        .filter(|block| block.contains(latscope_schema::SCHEMA))
        .collect();
    assert_eq!(records.len(), 1);
    let record: latscope_schema::TimingRecord<'_> = serde_json::from_str(records[0]).unwrap();
    let parts = [
        record.before_ms,
        record.retry_ms,
        record.inference_ms,
        record.after_ms,
    ];
    let sum: f64 = parts.iter().map(|part| part.unwrap()).sum();
    assert!((sum - record.handler_ms.unwrap()).abs() < 1e-6, "{sum}");
    let written: Value = serde_json::to_value(&record).unwrap();
    // No field is there that the schema does not have.
    assert_eq!(written, serde_json::from_str::<Value>(records[0]).unwrap());
    for block in &blocks {
        serde_json::from_str::<Value>(block).unwrap();
    }
}

#[test]
fn the_guides_commands_are_of_a_shell() {
    let blocks = blocks("sh");
    assert!(blocks.len() >= 5);
    for block in blocks {
        let output = Command::new("sh").args(["-n", "-c", &block]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{block}\n{said}");
    }
}

#[test]
fn what_the_handler_costs_was_measured() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/handler.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, rest) = page
        .split_once("<!-- benches/handler.py writes from here -->")
        .unwrap();
    let (tables, _) = rest.split_once("<!-- to here -->").unwrap();
    for row in [
        "| program, MB |",
        "| start to first question",
        "| Converse |",
        "| ConverseStream |",
    ] {
        assert!(tables.contains(row), "{row} is not in docs/handler.md");
    }
}
