//! `report.html` in a real browser: no error, no request, no violation of accessibility, and everything that can be pressed
//! does what it says.
//!
//! It takes Chromium, and Node with the packages of `tests/browser/package-lock.json`, which it installs into the target
//! folder. Without Chromium or Node it says so and passes, unless the environment has `LATSCOPE_BROWSER=required`.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Done, Run, event, request_id, root};
use serde_json::json;

const HOSTILE: &str = "x\"'><img src=x onerror=alert(1)><script>alert(2)</script>&\u{202e}";
const STREAM: &str = "2026/11/20/[7]0123456789abcdef0123456789abcdef";
const START: i64 = 1_795_165_200_000;

/// Where Chromium is, and the folder of the packages; nothing where the test is skipped.
fn browser() -> Option<(PathBuf, PathBuf)> {
    let is_required = std::env::var_os("LATSCOPE_BROWSER").is_some_and(|value| value == "required");
    let runs = |program: &str| Command::new(program).arg("--version").output().is_ok();
    let chromium = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|program| runs(program));
    let missing = [("Chromium", chromium.is_none()), ("npm", !runs("npm"))];
    let missing: Vec<&str> = missing
        .into_iter()
        .filter(|(_, is_so)| *is_so)
        .map(|(name, _)| name)
        .collect();
    if !missing.is_empty() {
        assert!(!is_required, "{} is missing", missing.join(" and "));
        eprintln!("skipped: {} is missing", missing.join(" and "));
        return None;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    fs::create_dir_all(&folder).unwrap();
    let lock = fs::File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    // Other tests may be running what is there.
    let copied = |file: &str| {
        let wanted = fs::read(root().join("tests/browser").join(file)).unwrap();
        let is_there = fs::read(folder.join(file)).is_ok_and(|there| there == wanted);
        if !is_there {
            fs::write(folder.join("new"), &wanted).unwrap();
            fs::rename(folder.join("new"), folder.join(file)).unwrap();
        }
        wanted
    };
    copied("check.mjs");
    copied("package.json");
    let wanted = copied("package-lock.json");
    let mark = folder.join("installed");
    if !fs::read(&mark).is_ok_and(|installed| installed == wanted) {
        let npm = Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
            .current_dir(&folder)
            .output()
            .unwrap();
        assert!(npm.status.success(), "{}", String::from_utf8_lossy(&npm.stderr));
        fs::write(mark, wanted).unwrap();
    }
    Some((chromium?.into(), folder))
}

/// Opens the report that a run wrote into `out`, which must have these of curves and a choice.
#[track_caller]
fn assert_sound(done: &Done, parts: &str) {
    let Some((chromium, folder)) = browser() else {
        return;
    };
    let which = Command::new("which").arg(chromium).output().unwrap();
    let chromium = String::from_utf8(which.stdout).unwrap();
    let output = Command::new("node")
        .arg("check.mjs")
        .arg(chromium.trim())
        .arg(done.path("out/report.html"))
        .arg(parts)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Requests to two models by turns, so many to each, of which some do not answer in time.
fn logs(models: [&str; 2], requests: u64, is_timeout: fn(u64) -> bool, has_record: bool) -> String {
    let one = |number: u64| {
        let (id, took) = (request_id(number), 800.0 + (number * 7919 % 1000) as f64);
        let took = if is_timeout(number) { 15_000.0 } else { took };
        let end = START + 30_000 * number as i64;
        let model = models[number as usize % 2];
        let timing = json!({
            "schema": "latscope.timing/v1", "request_id": id, "gen_ai.request.model": model,
            "inference_ms": took - 10.0, "cold_start": false, "initialization_type": "on-demand",
            "status": if is_timeout(number) { "timeout" } else { "ok" }, "gen_ai.usage.output_tokens": 100 + number % 50,
        });
        let status = if is_timeout(number) {
            "Status: timeout\t"
        } else {
            ""
        };
        let report = format!(
            "REPORT RequestId: {id}\tDuration: {took:.2} ms\tBilled Duration: {took:.0} ms\tMemory Size: 512 MB\tMax Memory Used: \
             90 MB\t{status}\n"
        );
        let start = format!("START RequestId: {id} Version: 7\n");
        let record = event(number * 10 + 1, end, STREAM, &format!("{timing}\n"));
        [
            event(number * 10, end - took as i64, STREAM, &start),
            if has_record { record } else { String::new() },
            event(number * 10 + 2, end, STREAM, &report),
        ]
        .concat()
    };
    (0..2 * requests).map(one).collect()
}

fn compared(logs: String, models: [&str; 2]) -> Done {
    let run = Run::new("report --input logs.ndjson --out out --quiet");
    let run = run.file("logs.ndjson", logs).arg("--baseline");
    let run = run.arg(format!("model={}", models[0])).arg("--candidate");
    run.arg(format!("model={}", models[1])).done().code(0)
}

#[test]
fn the_report_of_the_fixture() {
    let fixture = root().join("fixtures/haiku-vs-nova-lite");
    let run =
        Run::new("report --baseline haiku --candidate nova-lite --out out --quiet --what-if init=0 --input");
    assert_sound(&run.arg(fixture).done().code(0), "curves,choice");
}

#[test]
fn names_that_would_act() {
    let models = [HOSTILE, "y`|*_[a](http://b)"];
    let done = compared(logs(models, 60, |_| false, true), models);
    let page = done.read("out/report.html");
    assert!(!page.contains("<img") && !page.contains('\u{202e}') && !page.contains("alert(1)<"));
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"), "{page}");
    assert_sound(&done, "curves,choice");
}

#[test]
fn one_request_and_none_that_ends() {
    let models = ["amazon.nova-lite-v1:0", "amazon.nova-micro-v1:0"];
    assert_sound(
        &compared(logs(models, 1, |_| false, true), models),
        "curves,choice",
    );
    assert_sound(
        &compared(logs(models, 40, |_| true, true), models),
        "curves,choice",
    );
}

#[test]
fn without_timing_records() {
    let logs = logs(["", ""], 60, |number| number % 50 == 7, false);
    let run = Run::new("report --out out --quiet --baseline input=a.ndjson --candidate input=b.ndjson");
    let lines: Vec<&str> = logs.lines().collect();
    let file = |lines: &[&str]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let (first, second) = lines.split_at(lines.len() / 2);
    let run = run.file("a.ndjson", file(first)).file("b.ndjson", file(second));
    assert_sound(&run.done().code(0), "curves,choice");
}

#[test]
fn eleven_models_of_which_ten_have_names_that_would_act() {
    for edge in ["hostile-names", "ten-models"] {
        let run = Run::new("report --all-models --out out --quiet --input");
        let run = run
            .arg(root().join(format!("fixtures/edges/{edge}.ndjson.gz")))
            .arg("--baseline");
        let done = run
            .arg("model=anthropic.claude-3-haiku-20240307-v1:0")
            .done()
            .code(0);
        assert_sound(&done, "curves");
    }
}
