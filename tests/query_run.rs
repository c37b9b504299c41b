//! `latscope query run`, through the unmodified SDK: against answers as CloudWatch Logs gives them, and against servers
//! that nobody here wrote as far as these evaluate queries.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::Duration;

use common::peers::Server;
use common::querying::{GROUP, WINDOW, command, ending, latency_rows, run, said, wire};
use common::wire::{Answer, Call, Wire};
use common::{Folder, fetching};
use latscope::fetch::Query;
use serde_json::{Value, json};

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
    assert!(run(&denied, &args, 6).1.contains("a query needs logs:StartQuery"));
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

/// Interrupts a query after so many calls of an action; it must be stopped on the server. Standard error.
#[cfg(unix)]
fn interrupted(wire: &Wire, awaited: &str, calls: usize) -> String {
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
    while wire.calls_of(awaited).len() < calls {
        sleep(Duration::from_millis(20));
    }
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let (table, stderr) = said(&child.wait_with_output().unwrap(), 7);
    assert!(
        table.is_empty() && stderr.contains("interrupted before the query came to its end"),
        "{stderr}"
    );
    let stopped = wire.calls_of("StopQuery");
    assert_eq!((stopped.len(), &stopped[0].body["queryId"]), (1, &json!("q-1")));
    stderr
}

/// What was read until then is told with its price, which the account is charged all the same.
#[cfg(unix)]
#[test]
fn an_interrupted_query_is_stopped_on_the_server() {
    let wire = wire(&[(GROUP, "STANDARD")], |call| match call.action.as_str() {
        "StartQuery" => Answer::ok(json!({"queryId": "q-1"})),
        "GetQueryResults" => {
            Answer::ok(json!({"status": "Running", "results": [], "statistics": {"bytesScanned": 3.0e9}}))
        }
        _ => Answer::ok(json!({"success": true})),
    });
    let stderr = interrupted(&wire, "GetQueryResults", 2);
    assert!(
        stderr.contains("1 query scanned 3.0 GB, about $0.0150") && stderr.contains("is not known"),
        "{stderr}"
    );
}

/// The server begins a query that it has not yet answered for.
#[cfg(unix)]
#[test]
fn a_query_that_is_being_started_is_stopped_too() {
    let wire = wire(&[(GROUP, "STANDARD")], |call| match call.action.as_str() {
        "StartQuery" => {
            sleep(Duration::from_millis(1500));
            Answer::ok(json!({"queryId": "q-1"}))
        }
        "StopQuery" => Answer::ok(json!({"success": true})),
        other => panic!("{other}"),
    });
    interrupted(&wire, "StartQuery", 1);
    // Nobody starts it again.
    assert_eq!(wire.calls_of("StartQuery").len(), 1);
}

/// A window that begins and ends inside a second, and the streams of the configuration.
#[test]
fn nothing_but_the_window_and_the_streams_is_asked_for() {
    let wire = ending(Some("Complete"), &latency_rows());
    let folder = Folder::new();
    std::fs::write(
        folder.path().join("latscope.toml"),
        "[fetch]\nstream-prefix = \"2026/11/20/[7]/x'|\"\n",
    )
    .unwrap();
    let window = "--since 2026-11-20T09:00:00.250Z --until 2026-11-20T10:00:00.500Z";
    let args = format!("latency --log-group {GROUP} {window}");
    let (_, stderr) = said(&command(&folder, &wire.url, &args).output().unwrap(), 0);
    assert!(
        stderr.contains("only log streams whose names begin with 2026/11/20/[7]/x'|"),
        "{stderr}"
    );
    run(&wire, &format!("{args} --stream-prefix abc"), 0);
    let asked = wire.calls_of("StartQuery");
    let query = |n: usize| asked[n].body["queryString"].as_str().unwrap();
    let restricted = "filter toMillis(@timestamp) >= 1795165200250 and toMillis(@timestamp) < 1795168800500\n\
                      | filter @logStream like /^2026\\x2f11\\x2f20\\x2f\\x5b7\\x5d\\x2fx\\x27\\x7c/\n| filter schema = ";
    assert!(query(0).starts_with(restricted), "{}", query(0));
    assert!(
        query(1).contains("\n| filter @logStream like /^abc/\n| "),
        "{}",
        query(1)
    );
    for query in [query(0), query(1)] {
        common::insights_ql::parse(query).unwrap();
    }
    // The seconds hold all of it.
    assert_eq!(
        (&asked[0].body["startTime"], &asked[0].body["endTime"]),
        (&json!(1_795_165_200), &json!(1_795_168_801))
    );
}

#[test]
fn what_a_failed_query_read_is_told() {
    let polls = AtomicUsize::new(0);
    let wire = wire(&[(GROUP, "STANDARD")], move |call| match call.action.as_str() {
        "StartQuery" => Answer::ok(json!({"queryId": "q-1"})),
        "GetQueryResults" if polls.fetch_add(1, Ordering::SeqCst) == 0 => {
            Answer::ok(json!({"status": "Running", "results": [], "statistics": {"bytesScanned": 1.0e9}}))
        }
        "GetQueryResults" => Answer::exception(400, "AccessDeniedException", "no"),
        _ => Answer::ok(json!({"success": true})),
    });
    let (_, stderr) = run(&wire, &format!("latency --log-group {GROUP} {WINDOW}"), 6);
    assert!(stderr.contains("1 query scanned 1.0 GB"), "{stderr}");
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
        ("latency", "no log group to query: give"),
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

/// The servers take each query and bring it to an end, and neither evaluates `filter` or `stats` of it: every event
/// comes as a row, of which moto has the fields of every event alone, and ministack the message where it has no other. The
/// numbers of the queries are checked in `query_answers.rs`, `query_shares.rs` and `query_bedrock.rs`.
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
