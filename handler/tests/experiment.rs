//! `docs/run-the-experiment.md`: what needs no account is run, what does is at least of a shell, and its costs add up.

// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use common::bedrock::{Bedrock, Reply, answer};
use common::gateway::{Delays, Fate, Gateway};
use common::measured::ms;
use common::rie::Function;
use common::stack::{folder, source};
use serde_json::Value;

/// Stands above each block that needs no account.
const OFFLINE: &str = "<!-- run offline -->\n";

fn page() -> String {
    fs::read_to_string(folder().join("../docs/run-the-experiment.md")).unwrap()
}

/// What stands between fences behind a text.
fn blocks_behind(before: &str) -> Vec<String> {
    let page = page();
    let fence = format!("{before}```sh\n");
    page.split(&fence)
        .skip(1)
        .map(|rest| rest.split("\n```").next().unwrap().to_owned())
        .collect()
}

/// The folder of the `latscope` program. Where it is not of this source it is built, as `cargo test --workspace` builds it.
fn programs() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let mut command = Command::new(env!("CARGO"));
    command
        .args([
            "build",
            "--quiet",
            "--workspace",
            "--bin",
            "latscope",
            "--target-dir",
        ])
        .arg(target);
    // What cargo tells this test of its package would have crates that look at it built anew.
    let of_package = [
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
        "CARGO_BIN_",
        "CARGO_CRATE_NAME",
        "CARGO_PRIMARY",
    ];
    for (name, _) in std::env::vars_os() {
        let is_of_package = name
            .to_str()
            .is_some_and(|name| of_package.iter().any(|begin| name.starts_with(begin)));
        if is_of_package {
            command.env_remove(name);
        }
    }
    let output = command.current_dir(folder()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    target.join("debug")
}

/// Runs a block as a reader does, with this address of the API.
fn run(block: &str, url: &str, within: &Path) -> Output {
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", programs().display());
    Command::new("sh")
        .args(["-e", "-c", block])
        .current_dir(within)
        .env("PATH", path)
        .env("URL", url)
        .output()
        .unwrap()
}

#[test]
fn what_needs_no_account_does_what_the_page_says() {
    let bedrock = Bedrock::start(|call| {
        let took = if call.model.contains("haiku") { 60 } else { 20 };
        Reply::Whole(ms(took), answer("Hello.", (12, 3), took as u32))
    });
    let function = Arc::new(Mutex::new(Function::start(&bedrock.url, &[])));
    let gateway = Gateway::start(&function, Delays::default(), |_| Fate::Served);
    let within = Path::new(env!("CARGO_TARGET_TMPDIR")).join("experiment");
    let _ = fs::remove_dir_all(&within);
    fs::create_dir_all(&within).unwrap();

    let blocks = blocks_behind(OFFLINE);
    assert_eq!(blocks.len(), 2);
    let driven = run(&blocks[0], &gateway.url, &within);
    let (stdout, stderr) = (
        String::from_utf8_lossy(&driven.stdout),
        String::from_utf8_lossy(&driven.stderr),
    );
    // 8: a machine that is busy elsewhere is late.
    assert!(
        matches!(driven.status.code(), Some(0 | 8)) && !stdout.contains("invalid: no request"),
        "{stdout}{stderr}"
    );
    let requests = gateway.passages().len();
    assert_eq!(requests, 44);

    fs::write(within.join("access.ndjson"), gateway.access_log()).unwrap();
    let log = function.lock().unwrap().log_with_reports(requests);
    fs::write(within.join("function.log"), log).unwrap();
    let reported = run(&blocks[1], &gateway.url, &within);
    let (stdout, stderr) = (
        String::from_utf8_lossy(&reported.stdout),
        String::from_utf8_lossy(&reported.stderr),
    );
    assert!(reported.status.success(), "{stdout}{stderr}");
    for name in ["report.md", "report.html", "report.json"] {
        assert!(within.join("report").join(name).exists(), "{name}");
    }
    let report = fs::read_to_string(within.join("report/report.json")).unwrap();
    serde_json::from_str::<Value>(&report).unwrap();
}

#[test]
fn its_commands_are_of_a_shell() {
    let blocks = blocks_behind("");
    assert!(blocks.len() >= 9, "{}", blocks.len());
    for block in blocks {
        let output = Command::new("sh").args(["-n", "-c", &block]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{block}\n{said}");
    }
}

#[test]
fn the_outputs_that_it_asks_for_are_the_templates() {
    let outputs = source()["Outputs"].as_object().unwrap();
    let page = page();
    let asked: Vec<&str> = page
        .split("$(output ")
        .skip(1)
        .map(|rest| rest.split(')').next().unwrap())
        .collect();
    assert_eq!(asked, ["Url", "LogGroupName", "AccessLogGroupName"]);
    for name in asked {
        assert!(outputs.contains_key(name), "{name}");
    }
}

/// A price of `prices.toml`.
fn price(table: &str) -> f64 {
    let prices = fs::read_to_string(folder().join("../prices.toml")).unwrap();
    let (_, rest) = prices.split_once(&format!("\n[{table}]\nusd = ")).unwrap();
    rest.lines().next().unwrap().parse().unwrap()
}

#[test]
fn what_it_costs_adds_up_at_the_prices_of_latscope() {
    let page = page();
    let (haiku, nova) = (
        "models.\"anthropic.claude-3-haiku-20240307-v1:0\"",
        "models.\"amazon.nova-lite-v1:0\"",
    );
    let million = |model: &str, way: &str| price(&format!("{model}.million_{way}_tokens"));
    let (each, requests) = (204.0, 408.0);
    let rows = [
        (
            "Claude 3 Haiku, written",
            each * 256.0 / 1e6 * million(haiku, "output"),
        ),
        (
            "Claude 3 Haiku, read",
            each * 30.0 / 1e6 * million(haiku, "input"),
        ),
        ("Nova Lite, written", each * 256.0 / 1e6 * million(nova, "output")),
        ("Nova Lite, read", each * 30.0 / 1e6 * million(nova, "input")),
        (
            "Lambda, time",
            requests * 3.0 * 0.25 * price("lambda.arm64_gb_second"),
        ),
        (
            "Lambda, requests",
            requests / 1e6 * price("lambda.million_requests"),
        ),
        ("API Gateway, HTTP API", requests / 1e6),
        ("CloudWatch Logs", requests * 2e3 / 1e9 * 0.5),
    ];
    let shown = |row: &str| -> f64 {
        let line = page
            .lines()
            .find(|line| line.starts_with(&format!("| {row} |")))
            .unwrap();
        let cell = line
            .trim_end_matches([' ', '|', '*'])
            .rsplit("| ")
            .next()
            .unwrap();
        cell.trim_start_matches('*').parse().unwrap()
    };
    for (row, dollars) in rows {
        assert!((shown(row) - dollars).abs() < 0.000_051, "{row}: {dollars}");
    }
    let all: f64 = rows.iter().map(|(_, dollars)| dollars).sum();
    assert!((shown("**all of it**") - all).abs() < 0.000_051, "{all}");
}
