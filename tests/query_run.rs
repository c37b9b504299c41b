//! `latscope query run`, through the unmodified SDK: against answers as CloudWatch Logs gives them, and against servers
//! that nobody here wrote as far as these evaluate queries.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::Duration;

use common::peers::Server;
use common::wire::{Answer, Call, Wire};
use common::{Folder, Run, SECRET_KEY, SESSION_TOKEN, fetching, latscope};
use latscope::fetch::Query;
use serde_json::{Value, json};

const GROUP: &str = "/aws/lambda/chat";
const WINDOW: &str = "--since 2026-11-20T09:00 --until 2026-11-20T10:00";

/// Answers `DescribeLogGroups` with the groups whose names begin as asked, and the rest as `answer` says.
fn wire(
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
fn ending(status: Option<&'static str>, rows: &Value) -> Wire {
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

fn row(cells: &[(&str, &str)]) -> Value {
    cells
        .iter()
        .map(|(field, value)| json!({"field": field, "value": value}))
        .collect()
}

fn command(folder: &Folder, url: &str, args: &str) -> Command {
    let mut command = latscope();
    common::aws_environment(&mut command);
    command
        .args(["query", "run", "--endpoint-url", url])
        .args(args.split(' ').filter(|arg| !arg.is_empty()))
        .current_dir(folder.path());
    command
}

/// Standard output and standard error of a run that must end with this code. No secret may stand in either.
#[track_caller]
fn said(output: &Output, code: i32) -> (String, String) {
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
fn run(wire: &Wire, args: &str, code: i32) -> (String, String) {
    let folder = Folder::new();
    said(&command(&folder, &wire.url, args).output().unwrap(), code)
}

fn latency_rows() -> Value {
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
    // The query is that of the file, over whole seconds.
    let asked = &wire.calls_of("StartQuery")[0].body;
    assert_eq!(asked["queryString"], Query::named("latency").unwrap().text(None));
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

#[test]
fn throttles_are_waited_for_and_refusals_told() {
    let tries = AtomicUsize::new(0);
    let patient = wire(&[(GROUP, "STANDARD")], move |call| match call.action.as_str() {
        "StartQuery" if tries.fetch_add(1, Ordering::SeqCst) < 2 => {
            Answer::exception(400, "LimitExceededException", "too many queries")
        }
        "StartQuery" => Answer::ok(json!({"queryId": "q"})),
        _ if tries.fetch_add(1, Ordering::SeqCst) < 5 => {
            Answer::exception(400, "ThrottlingException", "Rate exceeded")
        }
        _ => Answer::ok(json!({"status": "Complete", "results": latency_rows()})),
    });
    let args = format!("latency --log-group {GROUP} {WINDOW}");
    assert!(run(&patient, &args, 0).0.contains("812.5"));
    assert_eq!(patient.calls_of("StartQuery").len(), 3);
    for (code, status, words) in [
        ("AccessDeniedException", 6, "logs:StartQuery is not allowed"),
        (
            "UnrecognizedClientException",
            5,
            "does not accept the credentials",
        ),
        ("ResourceNotFoundException", 4, "logs:StartQuery"),
        ("MalformedQueryException", 1, "was refused"),
    ] {
        let refusing = wire(&[(GROUP, "STANDARD")], move |_| {
            Answer::exception(400, code, "no")
        });
        let (table, stderr) = run(&refusing, &args, status);
        assert!(table.is_empty() && stderr.contains(words), "{stderr}");
    }
    let denied = wire(&[(GROUP, "STANDARD")], |_| {
        Answer::exception(400, "AccessDeniedException", "no")
    });
    assert!(
        run(&denied, &args, 6)
            .1
            .contains("--via insights --dry-run prints the IAM policy")
    );
    // An answer that makes no sense.
    let without_id = wire(&[(GROUP, "STANDARD")], |_| Answer::ok(json!({})));
    assert!(
        run(&without_id, &args, 1)
            .1
            .contains("an answer without a query id")
    );
    let unknown = wire(&[(GROUP, "STANDARD")], |call| panic!("{}", call.action));
    let (_, stderr) = run(
        &unknown,
        &format!("latency --log-group /aws/lambda/chta {WINDOW}"),
        4,
    );
    assert!(stderr.contains("no log group \"/aws/lambda/chta\""), "{stderr}");
}

#[test]
fn no_credentials_are_told_apart() {
    let wire = ending(Some("Complete"), &latency_rows());
    let folder = Folder::new();
    let mut command = command(
        &folder,
        &wire.url,
        &format!("latency --log-group {GROUP} {WINDOW}"),
    );
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        command.env_remove(name);
    }
    let (_, stderr) = said(&command.output().unwrap(), 5);
    assert!(stderr.contains("no AWS credentials"), "{stderr}");
    assert_eq!(wire.calls().len(), 0);
}

#[cfg(unix)]
#[test]
fn an_interrupted_query_is_stopped_on_the_server() {
    let wire = wire(&[(GROUP, "STANDARD")], |call| match call.action.as_str() {
        "StartQuery" => Answer::ok(json!({"queryId": "q-1"})),
        "GetQueryResults" => Answer::ok(json!({"status": "Running", "results": []})),
        _ => Answer::ok(json!({"success": true})),
    });
    let folder = Folder::new();
    let mut command = command(
        &folder,
        &wire.url,
        &format!("latency --log-group {GROUP} {WINDOW}"),
    );
    let child = command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while wire.calls_of("GetQueryResults").is_empty() {
        sleep(Duration::from_millis(20));
    }
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let (table, stderr) = said(&child.wait_with_output().unwrap(), 7);
    assert!(table.is_empty() && stderr.contains("interrupted"), "{stderr}");
    let stopped = wire.calls_of("StopQuery");
    assert_eq!((stopped.len(), &stopped[0].body["queryId"]), (1, &json!("q-1")));
}

#[test]
fn several_groups_are_one_query_of_one_region_and_class() {
    static GROUPS: [(&str, &str); 3] = [
        ("/a/1", "STANDARD"),
        ("/a/2", "STANDARD"),
        ("/b/3", "INFREQUENT_ACCESS"),
    ];
    let answer = |call: &Call| match call.action.as_str() {
        "StartQuery" => Answer::ok(json!({"queryId": "q"})),
        _ => Answer::ok(json!({"status": "Complete", "results": latency_rows()})),
    };
    let both = wire(&GROUPS, answer);
    run(&both, &format!("latency --log-group-prefix /a/ {WINDOW}"), 0);
    assert_eq!(
        both.calls_of("StartQuery")[0].body["logGroupNames"],
        json!(["/a/1", "/a/2"])
    );
    // An ARN makes identifiers of all of them.
    let arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/a/2";
    let mixed = wire(&GROUPS, answer);
    run(
        &mixed,
        &format!("latency --log-group /a/1 --log-group {arn} {WINDOW}"),
        0,
    );
    let asked = &mixed.calls_of("StartQuery")[0].body;
    assert_eq!(
        (&asked["logGroupIdentifiers"], &asked["logGroupNames"]),
        (&json!(["/a/1", arn]), &Value::Null)
    );
    let infrequent = wire(&GROUPS, answer);
    let (_, stderr) = run(&infrequent, &format!("latency --log-group /b/3 {WINDOW}"), 0);
    assert!(stderr.contains("no discovered fields"), "{stderr}");
    for (args, words) in [
        ("--log-group /a/1 --log-group /b/3", "at once"),
        ("--log-group /a/1 --region eu-west-1,us-east-1", "in one region"),
    ] {
        let refused = wire(&GROUPS, answer);
        let (_, stderr) = run(&refused, &format!("latency {args} {WINDOW}"), 2);
        assert!(
            stderr.contains(words) && refused.calls_of("StartQuery").is_empty(),
            "{stderr}"
        );
    }
}

#[test]
fn what_cannot_be_meant_is_a_usage_error() {
    let wire = wire(&[], |call| panic!("{}", call.action));
    for (args, words) in [
        ("latncy --log-group /a", "did you mean latency?"),
        ("xyz --log-group /a", "latscope query list shows all of them"),
        ("latency", "no log group to fetch: give"),
        ("latency --log-group /a --limit 0", "--limit"),
        ("latency --log-group /a --limit 10001", "--limit"),
        ("latency --log-group /a --since yesterday", "--since"),
        (
            "latency --log-group /a --since 2026-11-20 --until 2026-11-19",
            "the window is empty",
        ),
    ] {
        assert!(
            run(&wire, args, 2).1.contains(words),
            "{args}: {}",
            run(&wire, args, 2).1
        );
    }
    assert_eq!(wire.calls().len(), 0);
}

#[test]
fn queries_are_listed_and_shown() {
    let list = Run::new("query list").done().code(0).stderr_is("").stdout();
    for query in Query::all() {
        let line = list
            .lines()
            .find(|line| line.starts_with(&format!("{} ", query.name)))
            .unwrap();
        assert!(
            line.contains(query.kind()) && line.ends_with(query.question()),
            "{line}"
        );
        let shown = Run::new(&format!("query show {}", query.name))
            .done()
            .code(0)
            .stderr_is("")
            .stdout();
        assert_eq!(shown, query.file);
    }
    Run::new("query show coldstarts")
        .done()
        .code(2)
        .stderr_has("did you mean cold-starts");
    Run::new("query show latency --log-group")
        .arg("a\nb")
        .done()
        .code(2)
        .stderr_has("--log-group");
}

/// The printed command, run by a shell in which `aws` prints its arguments, gives the query back to the letter.
#[cfg(unix)]
#[test]
fn the_shown_command_can_be_copied_into_a_shell() {
    for query in Query::all() {
        let group = "/aws/it's \"$HOME\" `x`";
        let shown = Run::new(&format!("query show {} --log-group", query.name))
            .arg(group)
            .arg("--log-group")
            .arg("/b");
        let shown = shown.done().code(0).stdout();
        let script = format!("aws() {{ printf '%s\\0' \"$@\" >&2; echo q-1; }}\n{shown}");
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let arguments: Vec<&str> = stderr.split('\0').collect();
        let after =
            |name: &str| arguments[arguments.iter().position(|argument| *argument == name).unwrap() + 1];
        assert_eq!(after("--log-group-names"), group);
        assert_eq!(after(group), "/b");
        assert_eq!(after("--query-string"), query.text(None));
        let time = |name: &str| after(name).parse::<i64>().unwrap();
        assert_eq!(time("--end-time") - time("--start-time"), 3600);
        assert_eq!(after("--query-id"), "q-1");
    }
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
                ("schemaType", "ModelInvocationLog"),
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

/// The servers take each query and bring it to an end, and neither evaluates `filter` or `stats` of it: every event
/// comes as a row, of which moto has the fields of every event alone, and ministack the message where it has no other. The
/// numbers of the queries are checked in `tests/queries.rs`.
#[test]
fn every_query_runs_on_moto_and_ministack() {
    let events = fetching::reports(5, fetching::minutes_ago(10), 1000);
    for server in [Server::moto(), Server::ministack()] {
        server
            .logs("eu-west-1")
            .group(GROUP)
            .stream(GROUP, "s", &fetching::puts(&events));
        let rows = |args: &str| {
            let folder = Folder::new();
            let args = format!("{args} --log-group {GROUP} --since 1h --format json --quiet");
            let (document, _) = said(&command(&folder, &server.url(), &args).output().unwrap(), 0);
            // What nobody asked for is not printed, whoever sends it.
            assert!(
                !document.contains("@message") && !document.contains("Billed Duration"),
                "{document}"
            );
            let document: Value = serde_json::from_str(&document).unwrap();
            assert_eq!(document["status"], "Complete", "{args}");
            document["results"].as_array().unwrap().len()
        };
        for query in Query::all() {
            assert_eq!(rows(query.name), 5, "{}", query.name);
        }
        assert_eq!(rows("report-slowest --limit 2"), 2);
    }
}
