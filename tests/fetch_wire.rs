//! What no emulator does: `latscope fetch`, through the unmodified SDK, against answers as CloudWatch Logs gives them.

// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::process::Output;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::wire::{Answer, Call, Wire};
use common::{Folder, SECRET_KEY, SESSION_TOKEN, latscope};
use latscope::source::store::Store;
use latscope::source::{Item, read_file};
use serde_json::{Value, json};

const GROUP: &str = "/aws/lambda/chat";
const STREAM: &str = "2026/11/20/[7]0123456789abcdef0123456789abcdef";

/// A window that is long over: its slices are settled.
const WINDOW: &str = "--since 2026-11-20T09:00 --until 2026-11-20T10:00";
const FROM: i64 = 1_795_165_200_000;

/// Answers `DescribeLogGroups` with one group of this class, and the rest as `answer` says.
fn wire(class: &'static str, answer: impl Fn(&Call) -> Answer + Send + Sync + 'static) -> Wire {
    Wire::start(move |call| match call.action.as_str() {
        "DescribeLogGroups" => Answer::ok(json!({"logGroups": [{
            "logGroupName": GROUP,
            "arn": format!("arn:aws:logs:eu-west-1:123456789012:log-group:{GROUP}:*"),
            "logGroupClass": class,
        }]})),
        _ => answer(call),
    })
}

fn event(id: usize, at: i64) -> Value {
    json!({
        "eventId": format!("{id:056}"),
        "timestamp": at,
        "ingestionTime": at + 100,
        "logStreamName": STREAM,
        "message": format!("END RequestId: {id:08x}-0000-4000-8000-000000000000\n"),
    })
}

fn page(events: &[Value], token: Option<&str>) -> Answer {
    let mut page = json!({"events": events, "searchedLogStreams": []});
    if let Some(token) = token {
        page["nextToken"] = json!(token);
    }
    Answer::ok(page)
}

fn number(call: &Call, key: &str) -> i64 {
    call.body[key].as_i64().unwrap()
}

/// Runs `fetch` into a folder.
fn fetch(folder: &Folder, wire: &Wire, args: &str) -> Output {
    run(folder, &format!("fetch --endpoint-url {} {args}", wire.url))
}

fn run(folder: &Folder, args: &str) -> Output {
    let mut command = latscope();
    common::aws_environment(&mut command);
    command
        .args(args.split(' '))
        .current_dir(folder.path())
        .output()
        .unwrap()
}

/// Asserts the exit code, and gives the standard error, in which no secret may stand.
#[track_caller]
fn said(output: &Output, code: i32) -> String {
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    for secret in [SECRET_KEY, SESSION_TOKEN, "Signature=", "PAGETOKEN"] {
        assert!(!stderr.contains(secret), "{secret} in {stderr}");
    }
    stderr
}

/// The ids of all events of a store; rows of Logs Insights have none and give their message.
fn ids(folder: &Folder) -> Vec<String> {
    let store = Store::open(&folder.path().join(".latscope")).unwrap().unwrap();
    let mut ids = Vec::new();
    for path in store.segments().iter().filter_map(|segment| store.path(segment)) {
        read_file(&path, &mut |item| {
            if let Item::Event(event) = item {
                let id = event.event_id.map(|id| id.trim_start_matches('0').to_owned());
                ids.push(id.unwrap_or_else(|| event.message.into_owned()));
            }
        })
        .unwrap();
    }
    ids.sort();
    ids
}

#[test]
fn an_empty_page_with_a_token_is_not_the_end_and_a_repeated_event_counts_once() {
    let wire = wire("STANDARD", |call| {
        if number(call, "startTime") != FROM {
            return page(&[], None);
        }
        match call.body["nextToken"].as_str() {
            None => page(&[], Some("PAGETOKEN-1")),
            Some("PAGETOKEN-1") => page(&[event(1, FROM + 1)], Some("PAGETOKEN-2")),
            Some("PAGETOKEN-2") => page(&[], Some("PAGETOKEN-3")),
            // The same event may come again on a later page.
            Some("PAGETOKEN-3") => page(&[event(1, FROM + 1), event(2, FROM + 2)], Some("")),
            other => panic!("{other:?}"),
        }
    });
    let folder = Folder::new();
    let text = said(
        &fetch(
            &folder,
            &wire,
            &format!("-vv --log-group {GROUP} {WINDOW} --rate 100"),
        ),
        0,
    );
    assert!(text.contains("1 duplicate dropped"), "{text}");
    assert_eq!(ids(&folder), ["1", "2"]);
}

#[test]
fn a_token_that_comes_again_is_got_round_by_other_slices() {
    // The pages of every slice longer than ten seconds go round.
    let wire = wire("STANDARD", |call| {
        let (from, to) = (number(call, "startTime"), number(call, "endTime"));
        let events = match from <= FROM + 5 && FROM + 5 <= to {
            true => vec![event(5, FROM + 5)],
            false => vec![],
        };
        match to - from > 40_000 && from == FROM {
            true => page(&events, Some("PAGETOKEN-again")),
            false => page(&events, None),
        }
    });
    let folder = Folder::new();
    let args = format!("--log-group {GROUP} --since 2026-11-20T09:00 --until 2026-11-20T09:01 --rate 100");
    said(&fetch(&folder, &wire, &args), 0);
    assert_eq!(ids(&folder), ["5"]);
}

#[test]
fn a_token_that_always_comes_again_makes_the_window_incomplete() {
    let wire = wire("STANDARD", |_| page(&[], Some("PAGETOKEN-again")));
    let folder = Folder::new();
    let args = format!("--log-group {GROUP} --since 2026-11-20T09:00 --until 2026-11-20T09:01 --rate 500");
    let text = said(&fetch(&folder, &wire, &args), 7);
    assert!(text.contains("gave the same page token twice"), "{text}");
    // The next report says so too.
    let store = Store::open(&folder.path().join(".latscope")).unwrap().unwrap();
    assert!(!store.latest_fetch().unwrap().complete);
    assert!(store.segments().iter().all(|segment| !segment.settled));
}

#[test]
fn an_expired_token_begins_the_slice_again() {
    let refused = AtomicUsize::new(0);
    let wire = wire("STANDARD", move |call| match call.body["nextToken"].as_str() {
        None => page(&[event(1, number(call, "startTime"))], Some("PAGETOKEN-old")),
        Some(_) if refused.fetch_add(1, Ordering::SeqCst) == 0 => Answer::exception(
            400,
            "InvalidParameterException",
            "The specified nextToken PAGETOKEN-old-and-very-long-0123456789-0123456789 has expired",
        ),
        Some(_) => page(&[event(2, number(call, "startTime") + 1)], None),
    });
    let folder = Folder::new();
    let args =
        format!("-vv --log-group {GROUP} --since 2026-11-20T09:00 --until 2026-11-20T09:01 --rate 100");
    let text = said(&fetch(&folder, &wire, &args), 0);
    assert!(text.contains("begins again"), "{text}");
    assert_eq!(ids(&folder), ["1", "2"]);
}

#[test]
fn a_token_that_is_always_refused_is_an_error_with_its_reason() {
    let wire = wire("STANDARD", |call| match call.body["nextToken"].as_str() {
        None => page(&[], Some("PAGETOKEN-old")),
        Some(_) => Answer::exception(
            400,
            "InvalidParameterException",
            "The specified nextToken is invalid.",
        ),
    });
    let folder = Folder::new();
    let text = said(
        &fetch(
            &folder,
            &wire,
            &format!("--log-group {GROUP} {WINDOW} --rate 500"),
        ),
        7,
    );
    assert!(text.contains("The specified nextToken is invalid."), "{text}");
}

#[test]
fn what_is_asked_of_the_server_is_what_was_asked_for() {
    let wire = wire("STANDARD", |_| page(&[], None));
    let folder = Folder::new();
    let arn = format!("arn:aws:logs:eu-west-1:123456789012:log-group:{GROUP}:*");
    said(
        &fetch(
            &folder,
            &wire,
            &format!("--log-group {arn} --stream-prefix 2026/11/20/ {WINDOW} --rate 100"),
        ),
        0,
    );
    let calls = wire.calls_of("FilterLogEvents");
    let mut covered: BTreeMap<i64, i64> = BTreeMap::new();
    for call in &calls {
        assert_eq!(call.body["logGroupIdentifier"], arn.trim_end_matches(":*"));
        assert_eq!(call.body["logGroupName"], Value::Null);
        assert_eq!(call.body["logStreamNamePrefix"], "2026/11/20/");
        assert_eq!(call.body["logStreamNames"], Value::Null);
        let pattern = call.body["filterPattern"].as_str().unwrap();
        assert!(
            pattern.starts_with("?\"RequestId:\" ") && pattern.len() <= 1024,
            "{pattern}"
        );
        covered.insert(number(call, "startTime"), number(call, "endTime") + 1);
    }
    // Every millisecond once.
    let mut next = FROM;
    for (from, to) in covered {
        assert_eq!(from, next);
        next = to;
    }
    assert_eq!(next, FROM + 3_600_000);
    // All events are asked for without a pattern, and kept without their text.
    said(
        &fetch(
            &folder,
            &wire,
            &format!("--log-group {GROUP} --all-events {WINDOW} --rate 100"),
        ),
        0,
    );
    let calls = wire.calls_of("FilterLogEvents");
    assert_eq!(calls.last().unwrap().body["filterPattern"], Value::Null);
}

#[test]
fn keys_of_the_user_are_asked_for_and_a_change_of_them_fetches_again() {
    let wire = wire("STANDARD", |_| page(&[], None));
    let folder = Folder::new();
    let args = format!("--log-group {GROUP} {WINDOW} --rate 100");
    said(&fetch(&folder, &wire, &args), 0);
    let before = wire.calls_of("FilterLogEvents").len();
    said(&fetch(&folder, &wire, &args), 0);
    assert_eq!(
        wire.calls_of("FilterLogEvents").len(),
        before,
        "nothing is missing"
    );
    fs::write(
        folder.path().join("latscope.toml"),
        "[timing]\ninference_ms = \"my_own_key_ms\"\n",
    )
    .unwrap();
    said(&fetch(&folder, &wire, &args), 0);
    let calls = wire.calls_of("FilterLogEvents");
    let patterns: Vec<&str> = calls[before..]
        .iter()
        .map(|call| call.body["filterPattern"].as_str().unwrap())
        .collect();
    assert!(patterns.iter().any(|pattern| pattern.contains("my_own_key_ms")));
    assert!(patterns.iter().all(|pattern| pattern.len() <= 1024));
}

#[test]
fn the_time_is_that_of_the_server() {
    // Ten minutes ago.
    let date = || {
        let now: chrono::DateTime<chrono::Utc> =
            (std::time::SystemTime::now() - Duration::from_secs(600)).into();
        format!("Date: {}", now.format("%a, %d %b %Y %H:%M:%S GMT"))
    };
    let wire = Wire::start(move |call| {
        match call.action.as_str() {
            "DescribeLogGroups" => Answer::ok(json!({"logGroups": [{"logGroupName": GROUP}]})),
            _ => page(&[], None),
        }
        .header(&date())
    });
    let folder = Folder::new();
    let text = said(
        &fetch(
            &folder,
            &wire,
            &format!("--log-group {GROUP} --since 20m --rate 100"),
        ),
        0,
    );
    assert!(
        text.contains("ahead of that of AWS, whose time is used"),
        "{text}"
    );
    let store = Store::open(&folder.path().join(".latscope")).unwrap().unwrap();
    let now = common::fetching::now();
    let window = store.latest_fetch().unwrap().window;
    assert!(window.to.as_epoch_millis() < now - 590_000, "{window:?}");
    assert_eq!(window.millis(), 1_200_000);
    let settled = store.segments().iter().filter(|segment| segment.settled);
    let latest = settled.map(|segment| segment.range.to.as_epoch_millis()).max();
    assert!(latest.unwrap() < now - 770_000);
}

#[test]
fn what_the_configuration_names_is_fetched() {
    let wire = wire("STANDARD", |_| page(&[], None));
    let folder = Folder::new();
    let text = format!(
        "store = \"kept\"\n[fetch]\nlog-group = \"{GROUP}\"\nregion = [\"us-west-2\"]\nrate = 100\nsince = \"2026-11-20\"\n\
         stream-prefix = \"2026/11/20/\"\nendpoint-url = \"{}\"\n",
        wire.url
    );
    fs::write(folder.path().join("latscope.toml"), text).unwrap();
    said(&run(&folder, "fetch --until 2026-11-20T01:00"), 0);
    let calls = wire.calls_of("FilterLogEvents");
    assert!(
        calls
            .iter()
            .all(|call| call.body["logStreamNamePrefix"] == "2026/11/20/")
    );
    let store = Store::open(&folder.path().join("kept")).unwrap().unwrap();
    assert_eq!(store.segments()[0].group.region, "us-west-2");
    let window = store.latest_fetch().unwrap().window;
    assert_eq!(window.from.to_string(), "2026-11-20T00:00:00.000Z");
    fs::write(folder.path().join("latscope.toml"), "[fetch]\nrate = -1\n").unwrap();
    let text = said(&run(&folder, "fetch --log-group x"), 2);
    assert!(text.contains("latscope.toml: [fetch] rate"), "{text}");
}

#[test]
fn keys_that_fill_several_patterns_are_fetched_in_passes_and_count_once() {
    let wire = wire("STANDARD", |call| {
        page(&[event(1, number(call, "startTime"))], None)
    });
    let folder = Folder::new();
    let keys: Vec<String> = (0..20).map(|n| format!("\"took_{n:0>60}\"")).collect();
    let config = format!("[timing]\ninference_ms = [{}]\n", keys.join(", "));
    fs::write(folder.path().join("latscope.toml"), config).unwrap();
    let args = format!("--log-group {GROUP} --since 2026-11-20T09:00 --until 2026-11-20T09:01 --rate 200");
    let text = said(&fetch(&folder, &wire, &args), 0);
    let calls = wire.calls_of("FilterLogEvents");
    let patterns: std::collections::BTreeSet<&str> = calls
        .iter()
        .map(|call| call.body["filterPattern"].as_str().unwrap())
        .collect();
    assert!(
        (2..=4).contains(&patterns.len()) && calls.len() == patterns.len(),
        "{patterns:?}"
    );
    assert!(
        text.contains(&format!("{} came again in another pass", patterns.len() - 1)),
        "{text}"
    );
    assert_eq!(ids(&folder), ["1"]);
    // More than four are slower than none.
    let keys: Vec<String> = (0..60).map(|n| format!("\"took_{n:0>90}\"")).collect();
    let config = format!("[timing]\ninference_ms = [{}]\n", keys.join(", "));
    fs::write(folder.path().join("latscope.toml"), config).unwrap();
    let text = said(&fetch(&folder, &wire, &args), 0);
    assert!(
        text.contains("every event is sent, and latscope chooses"),
        "{text}"
    );
    assert_eq!(wire.calls().last().unwrap().body["filterPattern"], Value::Null);
}

#[test]
fn an_account_that_runs_all_the_queries_it_may_is_waited_for() {
    let refused = AtomicUsize::new(0);
    let wire = wire("STANDARD", move |call| match call.action.as_str() {
        "StartQuery" if refused.fetch_add(1, Ordering::SeqCst) < 2 => Answer::exception(
            400,
            "LimitExceededException",
            "Account maximum query concurrency limit of [100] reached",
        ),
        "StartQuery" => Answer::ok(json!({"queryId": "q"})),
        _ => Answer::ok(json!({"status": "Complete", "results": []})),
    });
    let folder = Folder::new();
    let args =
        format!("--via insights --log-group {GROUP} --since 2026-11-20T09:00:00 --until 2026-11-20T09:00:05");
    let text = said(&fetch(&folder, &wire, &args), 0);
    assert!(text.contains("throttled 2 times"), "{text}");
}

#[test]
fn a_dense_slice_is_divided_and_still_comes_once_each() {
    // One event every 10 ms, 1,000 a page.
    let wire = wire("STANDARD", |call| {
        let (from, to) = (number(call, "startTime"), number(call, "endTime"));
        let at = call.body["nextToken"]
            .as_str()
            .map_or(from, |token| token.parse().unwrap());
        let first = (at - FROM + 9).div_euclid(10);
        let last = (to - FROM).div_euclid(10);
        let events: Vec<Value> = (first..=last)
            .take(1000)
            .map(|n| event(usize::try_from(n).unwrap() + 1, FROM + n * 10))
            .collect();
        let next = FROM + (first + 1000) * 10;
        page(
            &events,
            (first + 1000 <= last).then(|| next.to_string()).as_deref(),
        )
    });
    let folder = Folder::new();
    let args = format!("--log-group {GROUP} --since 2026-11-20T09:00 --until 2026-11-20T09:30 --rate 400");
    said(&fetch(&folder, &wire, &args), 0);
    assert_eq!(ids(&folder).len(), 180_000);
    // 180 pages, and few calls that were made in vain.
    let calls = wire.calls_of("FilterLogEvents").len();
    assert!((180..300).contains(&calls), "{calls}");
}

#[test]
fn throttles_are_met_with_patience_and_never_lose_a_page() {
    let throttled = AtomicUsize::new(0);
    let wire = wire("STANDARD", move |call| {
        match throttled.fetch_add(1, Ordering::SeqCst) % 3 {
            0 => Answer::exception(400, "ThrottlingException", "Rate exceeded"),
            1 => Answer::exception(500, "InternalFailure", ""),
            _ => page(
                &[event(
                    usize::try_from(number(call, "startTime") - FROM).unwrap() + 1,
                    number(call, "startTime"),
                )],
                None,
            ),
        }
    });
    let folder = Folder::new();
    let args = format!("--log-group {GROUP} --since 2026-11-20T09:00 --until 2026-11-20T09:05 --rate 200");
    let text = said(&fetch(&folder, &wire, &args), 0);
    assert!(
        text.contains("throttled 5 times") || text.contains("; throttled"),
        "{text}"
    );
    assert_eq!(ids(&folder).len(), 5);
}

/// Answers queries: the status and the rows of each, by its text and window.
fn insights(
    class: &'static str,
    result: impl Fn(i64, i64) -> (&'static str, Vec<Value>) + Send + Sync + 'static,
) -> Wire {
    let queries: Mutex<BTreeMap<String, (i64, i64, usize)>> = Mutex::new(BTreeMap::new());
    wire(class, move |call| {
        let mut queries = queries.lock().unwrap();
        match call.action.as_str() {
            "StartQuery" => {
                let id = format!("query-{}", queries.len());
                queries.insert(
                    id.clone(),
                    (number(call, "startTime"), number(call, "endTime"), 0),
                );
                Answer::ok(json!({"queryId": id}))
            }
            "GetQueryResults" => {
                let (from, to, polls) = queries.get_mut(call.body["queryId"].as_str().unwrap()).unwrap();
                *polls += 1;
                // The first query takes its time.
                let (status, rows) = match (call.body["queryId"].as_str(), *polls) {
                    (Some("query-0"), 1) => ("Scheduled", Vec::new()),
                    (Some("query-0"), 2) => ("Running", Vec::new()),
                    _ => result(*from, *to),
                };
                Answer::ok(json!({
                    "status": status,
                    "results": rows,
                    "statistics": {"recordsMatched": 1.0, "recordsScanned": 1.0, "bytesScanned": 2.0e9},
                }))
            }
            "StopQuery" => Answer::ok(json!({"success": true})),
            other => panic!("{other}"),
        }
    })
}

/// A row of Logs Insights.
fn row(at: i64, message: &str) -> Value {
    let at = latscope::vocab::Timestamp::from_epoch_millis(at).to_string();
    json!([
        {"field": "@timestamp", "value": at.replace('T', " ").replace('Z', "")},
        {"field": "@message", "value": message},
        {"field": "@logStream", "value": STREAM},
        {"field": "@ptr", "value": format!("ptr-{at}")},
    ])
}

/// An `END` at every so many milliseconds, as a query returns them: whole seconds, both included, 10,000 at most.
fn rows(from: i64, to: i64, every: i64) -> Vec<Value> {
    let first = (from * 1000).max(FROM);
    let first = FROM + (first - FROM + every - 1).div_euclid(every) * every;
    (0..)
        .map(|n| first + n * every)
        .take_while(|at| *at <= (to * 1000 + 999).min(FROM + 3_599_999))
        .take(10_000)
        .map(|at| {
            row(
                at,
                &format!("END RequestId: {:08x}-0000-4000-8000-000000000000", at - FROM),
            )
        })
        .collect()
}

#[test]
fn infrequent_access_groups_go_through_logs_insights_by_themselves() {
    let wire = insights("INFREQUENT_ACCESS", |from, to| {
        ("Complete", rows(from, to, 60_000))
    });
    let folder = Folder::new();
    let text = said(
        &fetch(&folder, &wire, &format!("--log-group {GROUP} {WINDOW}")),
        0,
    );
    assert!(text.contains("Infrequent Access"), "{text}");
    assert!(text.contains("about $0.0") && text.contains("GB"), "{text}");
    assert_eq!(ids(&folder).len(), 60);
    assert_eq!(wire.calls_of("FilterLogEvents").len(), 0);
    for call in wire.calls_of("StartQuery") {
        let query = call.body["queryString"].as_str().unwrap();
        assert!(
            query.contains("@message like /") && query.contains("inference_ms"),
            "{query}"
        );
        assert_eq!(call.body["limit"], 10_000);
    }
}

#[test]
fn a_result_at_the_row_limit_is_divided_until_it_is_below() {
    let wire = insights("STANDARD", |from, to| ("Complete", rows(from, to, 100)));
    let folder = Folder::new();
    said(
        &fetch(
            &folder,
            &wire,
            &format!("--via insights --log-group {GROUP} {WINDOW}"),
        ),
        0,
    );
    assert_eq!(ids(&folder).len(), 36_000);
}

#[test]
fn one_second_at_the_row_limit_makes_the_window_incomplete() {
    let wire = insights("STANDARD", |from, to| {
        let full = FROM / 1000 + 30;
        let mut found = Vec::new();
        if (from..=to).contains(&full) {
            found = (0..10_000)
                .map(|n| row(full * 1000 + n / 10, &format!("END RequestId: {n}")))
                .collect();
        }
        ("Complete", found)
    });
    let folder = Folder::new();
    let args =
        format!("--via insights --log-group {GROUP} --since 2026-11-20T09:00 --until 2026-11-20T09:01");
    let text = said(&fetch(&folder, &wire, &args), 7);
    assert!(
        text.contains("09:00:30.000Z to 2026-11-20T09:00:31.000Z holds more than the 10000 rows"),
        "{text}"
    );
    assert_eq!(ids(&folder).len(), 10_000);
}

#[test]
fn every_terminal_status_of_a_query_is_an_outcome() {
    for (status, code, word) in [
        ("Complete", 0, "The window is complete."),
        ("Failed", 7, "ended as Failed, twice"),
        ("Cancelled", 7, "ended as Cancelled, twice"),
        ("Unknown", 7, "ended as Unknown, twice"),
        ("Timeout", 7, "ran out of time"),
    ] {
        let wire = insights("STANDARD", move |_, _| {
            (status, vec![row(FROM + 5, "END RequestId: x")])
        });
        let folder = Folder::new();
        // One second, which cannot be divided.
        let args = format!(
            "--via insights --log-group {GROUP} --since 2026-11-20T09:00:00 --until 2026-11-20T09:00:01"
        );
        let text = said(&fetch(&folder, &wire, &args), code);
        assert!(text.contains(word), "{status}: {text}");
        assert_eq!(ids(&folder).len(), 1, "{status}");
    }
}

#[test]
fn a_query_that_runs_out_of_time_is_divided() {
    let wire = insights("STANDARD", |from, to| match to - from > 40 {
        true => ("Timeout", Vec::new()),
        false => ("Complete", rows(from, to, 1000)),
    });
    let folder = Folder::new();
    let args =
        format!("--via insights --log-group {GROUP} --since 2026-11-20T09:00 --until 2026-11-20T09:02");
    said(&fetch(&folder, &wire, &args), 0);
    assert_eq!(ids(&folder).len(), 120);
}

#[cfg(unix)]
#[test]
fn an_interrupted_query_is_cancelled() {
    for signal in ["-INT", "-TERM"] {
        interrupted_query(signal);
    }
}

#[cfg(unix)]
fn interrupted_query(signal: &str) {
    let wire = insights("STANDARD", |_, _| ("Running", Vec::new()));
    let folder = Folder::new();
    let mut command = latscope();
    common::aws_environment(&mut command);
    let child = command
        .args([
            "fetch",
            "--via",
            "insights",
            "--endpoint-url",
            &wire.url,
            "--log-group",
            GROUP,
        ])
        .args(WINDOW.split(' '))
        .current_dir(folder.path())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while wire.calls_of("GetQueryResults").is_empty() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let kill = std::process::Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let output = child.wait_with_output().unwrap();
    said(&output, 7);
    let started = wire.calls_of("StartQuery").len();
    assert_eq!(wire.calls_of("StopQuery").len(), started);
    assert!(
        wire.calls_of("StopQuery")
            .iter()
            .all(|call| call.body["queryId"].is_string())
    );
}

/// The JSON of `summary` on the store.
fn summary(folder: &Folder, args: &str) -> Value {
    let output = run(
        folder,
        format!("summary --by model --format json {args}").trim_end(),
    );
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// `REPORT` and timing record of an invocation as they stand in a log.
fn lines(number: usize, model_key: &str) -> [String; 2] {
    let id = format!("{number:08x}-0000-4000-8000-000000000000");
    [
        format!("{{\"requestId\":\"{id}\",\"inference_ms\":50,\"{model_key}\":\"amazon.nova-lite-v1:0\"}}"),
        format!(
            "REPORT RequestId: {id}\tDuration: 60.25 ms\tBilled Duration: 61 ms\tMemory Size: 512 MB\t\
             Max Memory Used: 90 MB\t\n"
        ),
    ]
}

/// The same in CloudWatch's form.
fn invocation_events(number: usize, at: i64, model_key: &str) -> Vec<Value> {
    let lines = lines(number, model_key);
    let event = |(n, message)| json!({"eventId": format!("{number}-{n}"), "timestamp": at, "logStreamName": STREAM, "message": message});
    lines.into_iter().enumerate().map(event).collect()
}

/// Invocations a minute apart, of which a call gets those of its time.
fn log(call: &Call, count: usize, model_key: &str) -> Vec<Value> {
    let (from, to) = (number(call, "startTime"), number(call, "endTime"));
    let all = (0..count).map(|n| (n, FROM + 60_000 * i64::try_from(n).unwrap()));
    all.filter(|(_, at)| (from..=to).contains(at))
        .flat_map(|(n, at)| invocation_events(n, at, model_key))
        .collect()
}

#[test]
fn rows_count_once_beside_what_filter_log_events_brought() {
    let wire = Wire::start(|call| match call.action.as_str() {
        "DescribeLogGroups" => Answer::ok(json!({"logGroups": [{"logGroupName": GROUP}]})),
        "FilterLogEvents" => page(&log(call, 60, "modelId"), None),
        "StartQuery" => Answer::ok(json!({"queryId": "q"})),
        "GetQueryResults" => {
            let rows: Vec<Value> = (0..60)
                .flat_map(|n| {
                    lines(n, "modelId").map(|line| row(FROM + 60_000 * i64::try_from(n).unwrap(), &line))
                })
                .collect();
            Answer::ok(json!({"status": "Complete", "results": rows}))
        }
        _ => Answer::ok(json!({})),
    });
    let folder = Folder::new();
    let first = format!("--log-group {GROUP} --since 2026-11-20T09:00 --until 2026-11-20T09:40 --rate 200");
    said(&fetch(&folder, &wire, &first), 0);
    let second = format!(
        "--via insights --all-events --log-group {GROUP} --since 2026-11-20T09:21 --until 2026-11-20T10:00"
    );
    said(&fetch(&folder, &wire, &second), 0);
    let all = summary(&folder, "--since 2026-11-20");
    assert_eq!(all["groups"][0]["invocations"], 60);
    assert_eq!(all["ledger"]["timing_records"], 60, "{all}");
}

#[test]
fn after_a_change_of_keys_what_is_fetched_again_counts() {
    let wire = wire("STANDARD", |call| page(&log(call, 20, "my_model"), None));
    let folder = Folder::new();
    let args = format!("--log-group {GROUP} {WINDOW} --rate 200");
    said(&fetch(&folder, &wire, &args), 0);
    assert_eq!(summary(&folder, "")["groups"][0]["model"], Value::Null);
    let config = "[timing]\n\"gen_ai.request.model\" = \"my_model\"\n";
    fs::write(folder.path().join("latscope.toml"), config).unwrap();
    let before = summary(&folder, "");
    assert!(
        before["warnings"].to_string().contains("other timing keys"),
        "{before}"
    );
    said(&fetch(&folder, &wire, &args), 0);
    let after = summary(&folder, "");
    assert_eq!(after["groups"][0]["model"], "nova-lite", "{after}");
    assert_eq!(after["ledger"]["duplicates"], 0);
    assert!(
        !after["warnings"].to_string().contains("other timing keys"),
        "{after}"
    );
    // And where what was fetched again covers only a part.
    fs::write(folder.path().join("latscope.toml"), "").unwrap();
    let part =
        format!("--log-group {GROUP} --since 2026-11-20T09:02:30 --until 2026-11-20T09:07:30 --rate 200");
    said(&fetch(&folder, &wire, &part), 0);
    let unknown = summary(&folder, "")["groups"][0].clone();
    assert_eq!(
        (&unknown["model"], &unknown["invocations"]),
        (&Value::Null, &json!(5))
    );
}

#[test]
fn less_never_replaces_more() {
    // The last minutes are not settled, and are fetched again each time.
    let from = common::fetching::minutes_ago(3);
    let streams = move |call: &Call, prefix: Option<&str>| -> Vec<Value> {
        let (since, until) = (number(call, "startTime"), number(call, "endTime"));
        let at = from + 1;
        if !(since..=until).contains(&at) {
            return Vec::new();
        }
        ["a", "b"]
            .iter()
            .filter(|stream| prefix.is_none_or(|prefix| stream.starts_with(prefix)))
            .map(|stream| json!({"eventId": stream, "timestamp": at, "logStreamName": stream, "message": "END RequestId: x"}))
            .collect()
    };
    let wire =
        insights_and_pages(move |call| page(&streams(call, call.body["logStreamNamePrefix"].as_str()), None));
    let folder = Folder::new();
    let args = format!("--log-group {GROUP} --since 5m --rate 200");
    said(&fetch(&folder, &wire, &args), 0);
    assert_eq!(ids(&folder), ["a", "b"]);
    said(&fetch(&folder, &wire, &format!("{args} --stream-prefix a")), 0);
    let mut kept = ids(&folder);
    kept.dedup();
    assert_eq!(kept, ["a", "b"]);
    // Queries that fail bring nothing, and take nothing away.
    said(&fetch(&folder, &wire, &format!("{args} --via insights")), 7);
    let mut kept = ids(&folder);
    kept.dedup();
    assert_eq!(kept, ["a", "b"]);
}

/// Pages as `pages` says, and queries that all fail.
fn insights_and_pages(pages: impl Fn(&Call) -> Answer + Send + Sync + 'static) -> Wire {
    wire("STANDARD", move |call| match call.action.as_str() {
        "FilterLogEvents" => pages(call),
        "StartQuery" => Answer::ok(json!({"queryId": "q"})),
        _ => Answer::ok(json!({"status": "Failed", "results": []})),
    })
}

#[test]
fn a_second_below_the_row_limit_is_whole_whatever_comes_behind_it() {
    let wire = insights("INFREQUENT_ACCESS", |from, to| {
        // 6,000 rows in each of four seconds.
        let rows = (from.max(FROM / 1000)..=to.min(FROM / 1000 + 3))
            .flat_map(|second| (0..6000).map(move |n| (second, n)))
            .take(10_000)
            .map(|(second, n)| row(second * 1000 + n / 6, &format!("END RequestId: {second}-{n}")));
        ("Complete", rows.collect())
    });
    let folder = Folder::new();
    let args = format!("--log-group {GROUP} --since 2026-11-20T09:00:00 --until 2026-11-20T09:00:04");
    said(&fetch(&folder, &wire, &args), 0);
    assert_eq!(ids(&folder).len(), 24_000);
}

#[test]
fn following_what_is_refused_ends() {
    let wire = wire("STANDARD", |_| {
        Answer::exception(400, "AccessDeniedException", "no")
    });
    let folder = Folder::new();
    let text = said(
        &fetch(&folder, &wire, &format!("--follow --log-group {GROUP}")),
        6,
    );
    assert!(text.contains("logs:FilterLogEvents is not allowed"), "{text}");
    // Nobody takes it for a log without events.
    let text = said(&run(&folder, "summary"), 4);
    assert!(
        text.contains("the store holds no event of the window") && text.contains("not allowed"),
        "{text}"
    );
}

#[test]
fn credentials_that_expire_in_the_middle_leave_an_incomplete_fetch() {
    let calls = AtomicUsize::new(0);
    let wire = wire("STANDARD", move |call| {
        match calls.fetch_add(1, Ordering::SeqCst) {
            0 => page(&log(call, 60, "modelId"), None),
            _ => Answer::exception(400, "ExpiredTokenException", "expired"),
        }
    });
    let folder = Folder::new();
    said(
        &fetch(&folder, &wire, &format!("--log-group {GROUP} {WINDOW} --rate 5")),
        5,
    );
    let store = Store::open(&folder.path().join(".latscope")).unwrap().unwrap();
    assert!(!store.latest_fetch().unwrap().complete);
    let summary = summary(&folder, "");
    assert!(
        summary["warnings"]
            .to_string()
            .contains("the store does not hold all of the window"),
        "{summary}"
    );
}

#[test]
fn a_dry_run_tells_what_is_needed_where_nothing_is_allowed() {
    let wire = Wire::start(|_| Answer::exception(400, "AccessDeniedException", "no"));
    let folder = Folder::new();
    let output = fetch(&folder, &wire, "--dry-run --log-group-prefix /aws/lambda/prod-");
    said(&output, 6);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("log-group:/aws/lambda/prod-*:*") && text.contains("logs:DescribeLogGroups"),
        "{text}"
    );
}

#[test]
fn errors_say_what_to_do_and_hold_no_secret() {
    let quoting = format!(
        "The request signature we calculated does not match. The Canonical String for this request should have been \
         'POST\n/\n\nx-amz-security-token:{SESSION_TOKEN}\nSignature=deadbeef'"
    );
    for (status, code, message, exit, words) in [
        (
            400,
            "AccessDeniedException",
            "User: arn:aws:iam::123456789012:user/x is not authorized to perform: logs:FilterLogEvents",
            6,
            vec![
                "logs:FilterLogEvents is not allowed",
                "arn:aws:iam::123456789012:user/x",
                "--dry-run",
            ],
        ),
        (
            400,
            "ExpiredTokenException",
            "The security token included in the request is expired",
            5,
            vec!["credentials are wrong or have expired", "aws sso login"],
        ),
        (
            400,
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
            5,
            vec!["credentials"],
        ),
        (
            403,
            "InvalidSignatureException",
            quoting.as_str(),
            5,
            vec!["credentials"],
        ),
        (
            400,
            "InvalidSignatureException",
            "Signature expired: 20261120T090000Z is now earlier than 20261120T100000Z",
            5,
            vec!["clock of this machine"],
        ),
        (
            400,
            "RequestTimeTooSkewed",
            "The difference is too large.",
            5,
            vec!["clock of this machine"],
        ),
    ] {
        let (code, message) = (code.to_owned(), message.to_owned());
        let wire = wire("STANDARD", move |_| Answer::exception(status, &code, &message));
        let folder = Folder::new();
        let text = said(
            &fetch(
                &folder,
                &wire,
                &format!("-vv --log-group {GROUP} {WINDOW} --rate 100"),
            ),
            exit,
        );
        for word in words {
            assert!(text.contains(word), "{word:?} is not in: {text}");
        }
    }
}

#[test]
fn unknown_groups_are_told_with_names_like_them() {
    let wire = Wire::start(|call| {
        let all = [
            "/aws/lambda/chat-api",
            "/aws/lambda/chatter",
            "/aws/lambda/orders",
        ];
        let prefix = call.body["logGroupNamePrefix"].as_str().unwrap_or_default();
        let found: Vec<Value> = all
            .iter()
            .filter(|name| name.starts_with(prefix))
            .map(|name| json!({"logGroupName": name}))
            .collect();
        Answer::ok(json!({"logGroups": found}))
    });
    let folder = Folder::new();
    let text = said(
        &fetch(
            &folder,
            &wire,
            &format!("--log-group /aws/lambda/chat-apo {WINDOW}"),
        ),
        4,
    );
    assert!(
        text.contains("no log group \"/aws/lambda/chat-apo\" in eu-west-1"),
        "{text}"
    );
    assert!(text.contains("like it: /aws/lambda/chat-api"), "{text}");
    assert!(text.contains("--region"), "{text}");
}

#[test]
fn a_function_leads_to_the_group_of_its_configuration() {
    let wire = Wire::start(|call| match call.action.as_str() {
        "DescribeLogGroups" => Answer::ok(json!({"logGroups": [
            {"logGroupName": call.body["logGroupNamePrefix"], "logGroupClass": "STANDARD"},
        ]})),
        "FilterLogEvents" => page(&[], None),
        path if path.contains("/functions/chat/configuration") => Answer::ok(json!({
            "FunctionName": "chat",
            "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "/shared/logs"},
        })),
        path if path.contains("/functions/") => Answer::exception(404, "ResourceNotFoundException", "no")
            .header("x-amzn-errortype: ResourceNotFoundException"),
        other => panic!("{other}"),
    });
    let folder = Folder::new();
    let text = said(
        &fetch(
            &folder,
            &wire,
            &format!("--function chat --function gone {WINDOW} --rate 100"),
        ),
        0,
    );
    assert!(text.contains("Lambda knows no function gone"), "{text}");
    let mut asked: Vec<String> = wire
        .calls_of("FilterLogEvents")
        .iter()
        .map(|call| call.body["logGroupName"].as_str().unwrap().to_owned())
        .collect();
    asked.sort();
    asked.dedup();
    assert_eq!(asked, ["/aws/lambda/gone", "/shared/logs"]);
}

#[test]
fn one_group_that_is_denied_holds_up_no_other() {
    let wire = Wire::start(|call| match call.action.as_str() {
        "DescribeLogGroups" => {
            let names = ["/a/denied", "/a/open"];
            let groups: Vec<Value> = names.iter().map(|name| json!({"logGroupName": name})).collect();
            Answer::ok(json!({"logGroups": groups}))
        }
        _ if call.body["logGroupName"] == "/a/denied" => Answer::exception(
            400,
            "AccessDeniedException",
            "not authorized to perform: logs:FilterLogEvents",
        ),
        _ => page(&[event(1, FROM + 1)], None),
    });
    let folder = Folder::new();
    let text = said(
        &fetch(
            &folder,
            &wire,
            &format!("--log-group-prefix /a/ {WINDOW} --rate 100"),
        ),
        6,
    );
    assert!(text.contains("/a/denied: access denied"), "{text}");
    assert_eq!(ids(&folder), ["1"]);
}

#[test]
fn no_network_no_region_and_no_credentials_are_told_apart() {
    let folder = Folder::new();
    let port = common::peers::free_port();
    let text = said(
        &run(
            &folder,
            &format!("fetch --endpoint-url http://127.0.0.1:{port} --log-group {GROUP}"),
        ),
        1,
    );
    assert!(
        text.contains("no connection to eu-west-1") && text.contains("HTTPS_PROXY"),
        "{text}"
    );
    let without = |name: &str, args: &str| {
        let mut command = latscope();
        common::aws_environment(&mut command);
        command
            .env_remove(name)
            .args(args.split(' '))
            .current_dir(folder.path())
            .output()
            .unwrap()
    };
    let text = said(&without("AWS_REGION", &format!("fetch --log-group {GROUP}")), 2);
    assert!(text.contains("--region"), "{text}");
    let text = said(
        &without("AWS_ACCESS_KEY_ID", &format!("fetch --log-group {GROUP}")),
        5,
    );
    assert!(
        text.contains("no AWS credentials") && text.contains("AWS_PROFILE"),
        "{text}"
    );
    let text = said(&run(&folder, "fetch --since 1h"), 2);
    assert!(text.contains("--function NAME"), "{text}");
    let text = said(
        &run(
            &folder,
            &format!("fetch --log-group {GROUP} --since 1h --until 2h"),
        ),
        2,
    );
    assert!(text.contains("the window is empty"), "{text}");
    assert!(!folder.path().join(".latscope").exists());
}

#[test]
fn an_expired_sso_session_names_the_command_to_run() {
    let folder = Folder::new();
    fs::write(
        folder.path().join("config"),
        "[profile dev]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = dev\nregion = eu-west-1\n\
         [sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://example.awsapps.com/start\n",
    )
    .unwrap();
    let mut command = latscope();
    common::aws_environment(&mut command);
    let output = command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .env_remove("AWS_SESSION_TOKEN")
        .env("AWS_CONFIG_FILE", folder.path().join("config"))
        .env("HOME", folder.path())
        .args(["fetch", "--profile", "dev", "--log-group", GROUP])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let text = said(&output, 5);
    assert!(text.contains("aws sso login --profile dev"), "{text}");
}

#[test]
fn a_dry_run_asks_for_no_event_and_tells_what_is_needed() {
    let wire = wire("STANDARD", |_| page(&[], None));
    let folder = Folder::new();
    let output = fetch(&folder, &wire, &format!("--dry-run --log-group {GROUP} {WINDOW}"));
    said(&output, 0);
    assert_eq!(wire.calls_of("FilterLogEvents").len(), 0);
    assert!(!folder.path().join(".latscope").exists());
    let text = String::from_utf8(output.stdout).unwrap();
    for words in [
        "Window: 2026-11-20T09:00:00.000Z to 2026-11-20T10:00:00.000Z",
        "0 % is in the store",
        "at the rate limit",
        "\"logs:FilterLogEvents\"",
        "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/chat:*",
    ] {
        assert!(text.contains(words), "{words:?} is not in {text}");
    }
    said(
        &fetch(
            &folder,
            &wire,
            &format!("--log-group {GROUP} {WINDOW} --rate 100"),
        ),
        0,
    );
    let output = fetch(&folder, &wire, &format!("--dry-run --log-group {GROUP} {WINDOW}"));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("100 % is in the store") && text.contains("Calls: 0"),
        "{text}"
    );
}

/// Runs `fetch` with credentials from the `config` file in the folder alone, under the profile `dev`.
fn fetch_with_profile(folder: &Folder, config: &str) -> Output {
    fs::write(folder.path().join("config"), config).unwrap();
    let mut command = latscope();
    common::aws_environment(&mut command);
    command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .env_remove("AWS_SESSION_TOKEN")
        .env("AWS_CONFIG_FILE", folder.path().join("config"))
        .env("HOME", folder.path())
        .args(["fetch", "-vv", "--profile", "dev", "--log-group", GROUP])
        .current_dir(folder.path())
        .output()
        .unwrap()
}

#[test]
fn nothing_that_a_credential_process_writes_is_repeated() {
    let folder = Folder::new();
    for (program, words) in [
        (
            "sh -c 'echo PLANTEDSECRET >&2; exit 1'",
            "the credential_process of the profile failed (exit status: 1)",
        ),
        (
            "sh -c 'echo PLANTEDSECRET; echo PLANTEDSECRET >&2'",
            "the credential_process of the profile gave no credentials",
        ),
    ] {
        let config = format!("[profile dev]\nregion = eu-west-1\ncredential_process = {program}\n");
        let output = fetch_with_profile(&folder, &config);
        let text = said(&output, 5);
        assert!(text.contains(words) && !text.contains("PLANTED"), "{text}");
    }
}

#[test]
fn a_profile_whose_name_holds_sso_is_no_sso_session() {
    let config = "[profile dev]\nregion = eu-west-1\nrole_arn = arn:aws:iam::123456789012:role/x\n\
                  source_profile = lesson\n";
    let text = said(&fetch_with_profile(&Folder::new(), config), 5);
    assert!(
        text.contains("lesson") && !text.contains("aws sso login"),
        "{text}"
    );
}

#[test]
fn no_key_and_no_token_of_an_answer_is_repeated() {
    for (code, message, exit) in [
        (
            "UnrecognizedClientException",
            "The security token AKIAIOSFODNN7EXAMPLE short-PLANTED is invalid.",
            5,
        ),
        (
            "AccessDeniedException",
            "User with key ASIAIOSFODNN7EXAMPLE (0123456789PLANTED0123456789PLANTED0123456789) is not authorized",
            6,
        ),
    ] {
        let wire = wire("STANDARD", move |_| Answer::exception(400, code, message));
        let args = format!("-vv --log-group {GROUP} {WINDOW} --rate 100");
        let text = said(&fetch(&Folder::new(), &wire, &args), exit);
        assert!(text.contains(code), "{text}");
        for secret in ["AKIA", "ASIA", "PLANTED"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[test]
fn a_group_that_is_misspelt_before_its_last_part_is_told() {
    let wire = Wire::start(|call| {
        let key = |key: &str| call.body[key].as_str().unwrap_or_default().to_owned();
        let (prefix, pattern) = (key("logGroupNamePrefix"), key("logGroupNamePattern"));
        let all = ["/aws/lambda/chat", "/aws/lambda/orders", "/ecs/chat"];
        let found = all
            .iter()
            .filter(|name| name.starts_with(&prefix) && name.contains(&pattern));
        let groups: Vec<Value> = found.map(|name| json!({"logGroupName": name})).collect();
        // There is always another page.
        let number = call.body["nextToken"]
            .as_str()
            .unwrap_or("0")
            .parse::<u32>()
            .unwrap();
        match pattern.is_empty() {
            true => Answer::ok(json!({"logGroups": groups})),
            false => Answer::ok(json!({"logGroups": groups, "nextToken": (number + 1).to_string()})),
        }
    });
    for name in ["/aws/lamda/chat", "/aws/Lambda/chat", "aws/lambda/chat"] {
        let before = wire.calls_of("DescribeLogGroups").len();
        let output = fetch(&Folder::new(), &wire, &format!("--log-group {name} {WINDOW}"));
        let text = said(&output, 4);
        assert!(text.contains("like it: /aws/lambda/chat"), "{text}");
        let calls = wire.calls_of("DescribeLogGroups").len() - before;
        assert!(calls <= 12, "{calls} calls for {name}");
    }
}

#[test]
fn a_function_of_any_form_leads_to_the_group_of_its_name() {
    let wire = Wire::start(|call| match call.action.as_str() {
        "DescribeLogGroups" => Answer::ok(json!({"logGroups": [
            {"logGroupName": call.body["logGroupNamePrefix"], "logGroupClass": "STANDARD"},
        ]})),
        "FilterLogEvents" => page(&[], None),
        _ => Answer::exception(404, "ResourceNotFoundException", "no")
            .header("x-amzn-errortype: ResourceNotFoundException"),
    });
    let args = format!("--function 123456789012:function:chat --function chat:PROD {WINDOW} --rate 100");
    said(&fetch(&Folder::new(), &wire, &args), 0);
    let calls = wire.calls_of("FilterLogEvents");
    assert!(!calls.is_empty());
    for call in calls {
        assert_eq!(call.body["logGroupName"], "/aws/lambda/chat");
    }
}

#[test]
fn what_cannot_be_meant_is_a_usage_error_on_the_command_line_and_in_the_configuration() {
    let folder = Folder::new();
    for (option, value, words) in [
        ("log-group", "", "empty"),
        ("log-group-prefix", "", "empty"),
        ("log-group-pattern", "", "empty"),
        ("log-group-pattern", "/aws/*", "asterisk"),
        ("function", "", "empty"),
        ("stream-prefix", "", "empty"),
        ("endpoint-url", "notaurl", "http://"),
        ("endpoint-url", "ftp://x", "http://"),
        ("rate", "1e-19", "0.01 to 1000"),
        ("rate", "1001", "0.01 to 1000"),
        ("rate", "0", "0.01 to 1000"),
    ] {
        let mut command = latscope();
        common::aws_environment(&mut command);
        let _ = fs::remove_file(folder.path().join("latscope.toml"));
        command.args(["fetch", "--log-group", GROUP]);
        command
            .args([format!("--{option}"), value.to_owned()])
            .current_dir(folder.path());
        let text = said(&command.output().unwrap(), 2);
        assert!(
            text.contains(words) && text.contains(&format!("--{option}: ")),
            "{text}"
        );
        let value = match option {
            "rate" if value.contains('e') => "1.0e-19".to_owned(),
            "rate" => value.to_owned(),
            _ => format!("{value:?}"),
        };
        fs::write(
            folder.path().join("latscope.toml"),
            format!("[fetch]\n{option} = {value}\n"),
        )
        .unwrap();
        let text = said(&run(&folder, &format!("fetch --log-group {GROUP}")), 2);
        assert!(
            text.contains(words) && text.contains(&format!("[fetch] {option}: ")),
            "{text}"
        );
    }
    fs::write(folder.path().join("latscope.toml"), "store = \"\"\n").unwrap();
    let text = said(&run(&folder, &format!("fetch --log-group {GROUP}")), 2);
    assert!(text.contains("store: name a folder"), "{text}");
    fs::remove_file(folder.path().join("latscope.toml")).unwrap();
    let mut command = latscope();
    command.args(["fetch", "--log-group", GROUP, "--store", ""]);
    let text = said(&command.current_dir(folder.path()).output().unwrap(), 2);
    assert!(text.contains("--store"), "{text}");
}

#[test]
fn an_address_of_the_environment_that_is_none_is_told_at_once() {
    let folder = Folder::new();
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS"] {
        let mut command = latscope();
        common::aws_environment(&mut command);
        command.env(name, "notaurl").args(["fetch", "--log-group", GROUP]);
        let begun = std::time::Instant::now();
        let output = command.current_dir(folder.path()).output().unwrap();
        let text = said(&output, 1);
        assert!(
            text.contains("endpoint must contain scheme") && text.contains("AWS_ENDPOINT_URL"),
            "{text}"
        );
        assert!(begun.elapsed() < Duration::from_secs(15), "{text}");
    }
}

#[test]
fn a_group_that_turns_out_not_to_exist_says_how_to_find_its_name() {
    let wire = Wire::start(|call| match call.action.as_str() {
        "DescribeLogGroups" => Answer::exception(400, "AccessDeniedException", "no"),
        _ => Answer::exception(
            400,
            "ResourceNotFoundException",
            "The specified log group does not exist.",
        ),
    });
    let args = format!("--log-group {GROUP} {WINDOW} --rate 100");
    let output = fetch(&Folder::new(), &wire, &args);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.contains("aws logs describe-log-groups") && !output.status.success(),
        "{text}"
    );
}
