//! `latscope query run` against a server that answers as a test says.

use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::wire::{Answer, Call, Wire};
use super::{Folder, SECRET_KEY, SESSION_TOKEN, aws_environment, latscope};

pub const GROUP: &str = "/aws/lambda/chat";
pub const WINDOW: &str = "--since 2026-11-20T09:00 --until 2026-11-20T10:00";

/// Answers `DescribeLogGroups` with the groups whose names begin as asked, and the rest as `answer` says.
pub fn wire(
    groups: &'static [(&'static str, &'static str)],
    answer: impl Fn(&Call) -> Answer + Send + Sync + 'static,
) -> Wire {
    Wire::start(move |call| match call.action.as_str() {
        "DescribeLogGroups" => {
            let prefix = call.body["logGroupNamePrefix"].as_str().unwrap_or_default();
            let found = groups.iter().filter(|(name, _)| name.starts_with(prefix));
            let shown = found.map(|(name, class)| json!({"logGroupName": name, "logGroupClass": class}));
            Answer::ok(json!({"logGroups": shown.collect::<Vec<_>>()}))
        }
        _ => answer(call),
    })
}

/// One query that ends so, with these rows, after it was scheduled and ran.
pub fn ending(status: Option<&'static str>, rows: &Value) -> Wire {
    let (polls, rows) = (AtomicUsize::new(0), rows.clone());
    wire(&[(GROUP, "STANDARD")], move |call| match call.action.as_str() {
        "StartQuery" => Answer::ok(json!({"queryId": "q-1"})),
        "GetQueryResults" => match polls.fetch_add(1, Ordering::SeqCst) {
            0 => Answer::ok(json!({"status": "Scheduled", "results": []})),
            1 => Answer::ok(json!({"status": "Running", "results": [[{"field": "x", "value": "early"}]]})),
            _ => {
                let mut answer = json!({
                    "results": rows,
                    "statistics": {"recordsMatched": 3.0, "recordsScanned": 9.0, "bytesScanned": 2.0e9},
                });
                if let Some(status) = status {
                    answer["status"] = json!(status);
                }
                Answer::ok(answer)
            }
        },
        "StopQuery" => Answer::ok(json!({"success": true})),
        other => panic!("{other}"),
    })
}

pub fn row(cells: &[(&str, &str)]) -> Value {
    cells
        .iter()
        .map(|(field, value)| json!({"field": field, "value": value}))
        .collect()
}

pub fn command(folder: &Folder, url: &str, args: &str) -> Command {
    let mut command = latscope();
    aws_environment(&mut command);
    command
        .args(["query", "run", "--endpoint-url", url])
        .args(args.split(' ').filter(|arg| !arg.is_empty()))
        .current_dir(folder.path());
    command
}

/// Standard output and standard error of a run that must end with this code. No secret may stand in either.
#[track_caller]
pub fn said(output: &Output, code: i32) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{stdout}{stderr}");
    for secret in [SECRET_KEY, SESSION_TOKEN, "Signature="] {
        assert!(
            !stdout.contains(secret) && !stderr.contains(secret),
            "{secret} in {stderr}"
        );
    }
    (stdout, stderr)
}

#[track_caller]
pub fn run(wire: &Wire, args: &str, code: i32) -> (String, String) {
    let folder = Folder::new();
    said(&command(&folder, &wire.url, args).output().unwrap(), code)
}

pub fn latency_rows() -> Value {
    json!([
        row(&[
            ("model", "a"),
            ("coldStart", "0"),
            ("count(*)", "12"),
            ("p50InferenceMs", "812.5")
        ]),
        row(&[
            ("model", "a"),
            ("coldStart", "1"),
            ("count(*)", "1"),
            ("p50InferenceMs", "1200")
        ]),
    ])
}
