//! The forms of a report are functions of its `report.json`.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::{Done, Run, root};
use serde_json::{Value, json};

/// The files of a folder.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let name = |entry: &fs::DirEntry| entry.file_name().into_string().unwrap();
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| (name(&entry), fs::read_to_string(entry.path()).unwrap()))
        .collect()
}

fn report(more: &str) -> Done {
    let run = Run::new("report --baseline haiku --candidate nova-lite --out out --quiet");
    let run = run.args(more).arg("--input");
    run.arg(root().join("fixtures/haiku-vs-nova-lite")).done().code(0)
}

fn rendered(json: &str, args: &str) -> Done {
    Run::new("render report.json")
        .args(args)
        .file("report.json", json)
        .done()
}

#[test]
fn the_same_bytes_again() {
    for more in ["", "--what-if inference*0.5 --local --fail-on p95(total)>+900%"] {
        let first = files(&report(more).path("out"));
        assert!(
            first.len() > 10 && first["report.html"].contains("<svg "),
            "{:?}",
            first.keys()
        );
        let again = rendered(&first["report.json"], "--out again").code(0);
        assert!(
            again
                .stdout()
                .starts_with("Wrote report.md, report.html, quantiles.svg, ")
        );
        let mut again = files(&again.path("again"));
        again.insert("report.json".to_owned(), first["report.json"].clone());
        assert_eq!(again.keys().collect::<Vec<_>>(), first.keys().collect::<Vec<_>>());
        for (name, text) in &first {
            assert_eq!(&again[name], text, "{name}");
        }
    }
}

#[test]
fn the_forms_that_are_asked_for() {
    let json = report("").read("out/report.json");
    let beside = rendered(&json, "--format html,md").code(0);
    assert_eq!(beside.stdout(), "Wrote report.html, report.md into .\n");
    let brief = rendered(&json, "--format md --brief --out -").code(0).stdout();
    let titles = |page: &str| page.lines().filter(|line| line.starts_with("## ")).count();
    assert_eq!((titles(&brief), titles(&beside.read("report.md"))), (1, 15));
    // A comment of a pull request holds 65,536 characters.
    assert!(
        brief.len() < 4000 && brief.contains("is faster: p95 of total time"),
        "{brief}"
    );
    let gates = report("--fail-on p95(total)>+900%").read("out/report.json");
    let brief = rendered(&gates, "--format md --brief --out -").code(0).stdout();
    assert!(titles(&brief) == 2 && brief.contains("## Gates"), "{brief}");
    let two = rendered(&json, "--out -").code(2);
    assert!(
        two.stderr().contains("standard output takes one form"),
        "{}",
        two.stderr()
    );
}

#[test]
fn what_is_no_report() {
    let json = report("").read("out/report.json");
    let fault = |json: &str| rendered(json, "").code(3).stderr();
    assert!(fault("{").contains("it is no latscope.report/v1: line 1, column 1 is not as that form has it"));
    assert!(fault("{}").contains("it names no schema"));
    let other = json.replacen("latscope.report/v1", "latscope.report/v9", 1);
    assert!(fault(&other).contains("it is latscope.report/v9 and not latscope.report/v1"));
    let (before, _) = json.split_once("\"page\"").unwrap();
    assert!(fault(before).contains("is not as that form has it"));
    // What it says is shown inert.
    let hostile = json.replacen("latscope.report/v1", "\\u001b[31m", 1);
    assert!(!fault(&hostile).contains('\u{1b}'));
    let missing = Run::new("render none.json").done().code(3);
    assert!(
        missing.stderr().contains("cannot read none.json"),
        "{}",
        missing.stderr()
    );
}

/// Every number in a value, to be changed.
fn numbers<'v>(value: &'v mut Value, found: &mut Vec<&'v mut Value>) {
    match value {
        Value::Number(_) => found.push(value),
        Value::Array(items) => items.iter_mut().for_each(|item| numbers(item, found)),
        Value::Object(fields) => fields.values_mut().for_each(|field| numbers(field, found)),
        _ => {}
    }
}

/// The program need not draw what it would never write, and must end in words.
#[test]
fn numbers_that_nobody_measured_end_in_words() {
    let report: Value = serde_json::from_str(&report("").read("out/report.json")).unwrap();
    let count = numbers_in(&report).len();
    assert!(count > 2000, "{count}");
    for (round, number) in [1e308, -1e308, 1e18, -1.0, 0.0].into_iter().enumerate() {
        for stride in [1, 7, 53] {
            let mut broken = report.clone();
            let mut all = Vec::new();
            numbers(&mut broken["drawn"], &mut all);
            let changed = all
                .into_iter()
                .enumerate()
                .filter(|(at, _)| at % stride == round % stride);
            changed.for_each(|(_, value)| *value = json!(number));
            let done = rendered(&broken.to_string(), "");
            // Drawn, not drawable, or a whole number that is none.
            assert!(
                matches!(done.status(), Some(0 | 1 | 3)),
                "{number} {stride}: {}",
                done.stderr()
            );
        }
    }
    let mut long = report;
    let knots = long["drawn"]["quantiles"]["series"][0]["knots"]
        .as_array_mut()
        .unwrap();
    *knots = vec![knots[0].clone(); 501];
    let fault = rendered(&long.to_string(), "").code(3).stderr();
    assert!(
        fault.contains("a list of what its figures show has more than 500 entries"),
        "{fault}"
    );
}

fn numbers_in(report: &Value) -> Vec<Value> {
    let mut drawn = report["drawn"].clone();
    let mut found = Vec::new();
    numbers(&mut drawn, &mut found);
    found.into_iter().map(|value| value.clone()).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn the_page_is_opened_where_that_is_asked_for() {
    use std::os::unix::fs::PermissionsExt;
    // A program of the name that desktops have, which writes down what it is to open.
    let run = Run::new("report --baseline haiku --candidate nova-lite --out out --quiet --open --input");
    let run = run.arg(root().join("fixtures/haiku-vs-nova-lite"));
    let opener = "#!/bin/sh\nprintf '%s' \"$1\" > opened.new\nmv opened.new opened\n";
    let run = run.file("bin/xdg-open", opener);
    fs::set_permissions(run.path("bin/xdg-open"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", run.path("bin").display());
    let done = run.env("PATH", path.leak()).done().code(0).stderr_is("");
    let opened = (0..200).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        fs::read_to_string(done.path("opened")).ok()
    });
    assert_eq!(opened.as_deref(), Some("out/report.html"));
}
