//! `docs/run-the-experiment.md`: what needs no account is run, what reads CloudWatch Logs is run against moto, the rest is at
//! least of a shell, and its costs add up.

// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use common::bedrock::{Bedrock, Reply, answer};
use common::gateway::{Delays, Fate, Gateway};
use common::measured::ms;
use common::peers::Server;
use common::rie::Function;
use common::stack::{folder, source};
use serde_json::Value;

/// Stands above each block that needs no account.
const OFFLINE: &str = "<!-- run offline -->\n";

/// Stands above each block that asks AWS for logs, or reads what was fetched.
const SAVED: &str = "<!-- run on what was saved -->\n";

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

/// A reader at a shell in a folder, with these variables.
struct Reader {
    within: PathBuf,
    variables: Vec<(&'static str, String)>,
}

impl Reader {
    /// Runs a block, and asserts that it ends with one of these codes.
    #[track_caller]
    fn run(&self, block: &str, codes: &[i32]) -> Output {
        let path = std::env::var("PATH").unwrap();
        let path = format!("{}:{path}", programs().display());
        let mut command = Command::new("sh");
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy().to_lowercase();
            if text.starts_with("aws_") || text.ends_with("_proxy") || text == "latscope_store" {
                command.env_remove(name);
            }
        }
        let output = command
            // Nothing is late here.
            .args(["-e", "-c", &format!("sleep() {{ :; }}\n{block}")])
            .current_dir(&self.within)
            .env("PATH", path)
            .envs([
                ("AWS_CONFIG_FILE", "none"),
                ("AWS_SHARED_CREDENTIALS_FILE", "none"),
            ])
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .output()
            .unwrap();
        let code = output.status.code().unwrap();
        assert!(
            codes.contains(&code),
            "{block}\n{code}\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        output
    }

    fn report(&self) -> Value {
        for name in ["report.md", "report.html"] {
            assert!(self.within.join("report").join(name).exists(), "{name}");
        }
        let report = fs::read_to_string(self.within.join("report/report.json")).unwrap();
        serde_json::from_str(&report).unwrap()
    }
}

/// Puts lines into a log group of moto, as events of now.
fn put(moto: &Server, group: &str, lines: &str) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let now = i64::try_from(now).unwrap();
    let events: Vec<(i64, &str)> = lines.lines().map(|line| (now, line)).collect();
    moto.logs("us-east-1")
        .group(group)
        .stream(group, "stream", &events);
}

#[test]
fn the_page_does_what_it_says() {
    let bedrock = Bedrock::start(|call| {
        let took = if call.model.contains("haiku") { 60 } else { 20 };
        Reply::Whole(ms(took), answer("Hello.", (12, 3), took as u32))
    });
    let function = Arc::new(Mutex::new(Function::start(&bedrock.url, &[])));
    let gateway = Gateway::start(&function, Delays::default(), |_| Fate::Served);
    let within = Path::new(env!("CARGO_TARGET_TMPDIR")).join("experiment");
    let _ = fs::remove_dir_all(&within);
    fs::create_dir_all(&within).unwrap();
    let moto = Server::moto();
    let [group, access_group] = ["/aws/lambda/chat", "/aws/vendedlogs/apigateway/chat"];
    let variables = [
        ("URL", gateway.url.as_str()),
        ("REGION", "us-east-1"),
        ("SINCE", "10m"),
        ("LOG_GROUP", group),
        ("ACCESS_LOG_GROUP", access_group),
        ("AWS_ENDPOINT_URL", &moto.url()),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ];
    let reader = Reader {
        variables: variables.map(|(name, value)| (name, value.to_owned())).to_vec(),
        within,
    };

    // Without an account. 8: a machine that is busy elsewhere is late.
    let blocks = blocks_behind(OFFLINE);
    assert_eq!(blocks.len(), 2);
    let driven = reader.run(&blocks[0], &[0, 8]);
    let stdout = String::from_utf8_lossy(&driven.stdout);
    assert!(!stdout.contains("invalid: no request"), "{stdout}");
    let requests = gateway.passages().len();
    assert_eq!(requests, 44);
    let access_log = gateway.access_log();
    let log = function.lock().unwrap().log_with_reports(requests);
    fs::write(reader.within.join("access.ndjson"), &access_log).unwrap();
    fs::write(reader.within.join("function.log"), &log).unwrap();
    reader.run(&blocks[1], &[0]);
    let of_files = reader.report();

    // With one: the same, but the logs come from CloudWatch Logs.
    fs::remove_dir_all(reader.within.join("report")).unwrap();
    put(&moto, group, &log);
    put(&moto, access_group, &access_log);
    let blocks = blocks_behind(SAVED);
    assert_eq!(blocks.len(), 3);
    reader.run(&blocks[0], &[0]);
    reader.run(&blocks[1], &[0]);
    let fetched = reader.report();
    for report in [&of_files, &fetched] {
        let ledger = &report["ledger"];
        assert_eq!(ledger["gateway_joined"], requests, "{ledger}");
        assert_eq!(ledger["client_joined"], requests, "{ledger}");
        assert_eq!(ledger["rejected"], 0, "{ledger}");
    }
    assert_eq!(of_files["path"], fetched["path"]);
    // So few requests decide little.
    reader.run(&blocks[2], &[0, 10, 11]);
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
