//! What `latscope fetch` asks the server for is what the parser makes records of.

// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/filter_pattern.rs"]
mod filter_pattern;
#[path = "common/fixture_lines.rs"]
mod fixture_lines;

use std::collections::BTreeSet;

use filter_pattern::regex::Regex;
use filter_pattern::{READINGS, Reading, selects};
use fixture_lines::{Line, cases, logged};
use latscope::fetch::{Holds, Patterns};
use latscope::parse::{Lifecycle, Parsed, Parser, Record, TimingKeys};
use proptest::prelude::*;

/// Whether a line must be fetched: `None` where nothing depends on it.
fn is_wanted(parser: &Parser, message: &str) -> Option<bool> {
    match parser.parse(message) {
        Parsed::Record(Record::Lifecycle(record)) if matches!(record.line, Lifecycle::Other) => None,
        Parsed::Record(_) | Parsed::Rejected(_) => Some(true),
        Parsed::Ignored => Some(false),
    }
}

fn patterns(keys: &TimingKeys) -> Patterns {
    Patterns::of(keys.inference_keys())
}

/// Whether one of the passes over a function's group brings a message.
fn is_selected(patterns: &Patterns, message: &str, reading: Reading) -> bool {
    is_selected_of(patterns, Holds::Functions, message, reading)
}

/// Whether one of the passes over a group that holds this brings a message.
fn is_selected_of(patterns: &Patterns, holds: Holds, message: &str, reading: Reading) -> bool {
    assert!(!patterns.is_dropped());
    let mut passes = patterns.passes(holds).iter();
    passes.any(|pass| selects(pass, message, reading).unwrap())
}

/// The regular expressions of a query's filter, of which one must match.
fn expressions(query: &str) -> Vec<Regex> {
    let lines = query
        .lines()
        .filter_map(|line| line.split_once(" @message like /"));
    lines
        .map(|(_, rest)| Regex::new(rest.strip_suffix('/').unwrap()).unwrap())
        .collect()
}

fn is_queried(expressions: &[Regex], message: &str) -> bool {
    expressions
        .iter()
        .any(|expression| expression.is_found_in(message))
}

/// Cases that are wanted and not selected, and cases that are selected and not wanted.
fn differences(is_selected: impl Fn(&Line) -> bool) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut lost, mut needless) = (BTreeSet::new(), BTreeSet::new());
    // What a client records is in no log group.
    for line in cases()
        .into_iter()
        .filter(|line| !line.name.starts_with("client-"))
    {
        let parser = Parser::new(line.keys.clone()).unwrap();
        match (is_wanted(&parser, &line.message), is_selected(&line)) {
            (Some(true), false) => _ = lost.insert(line.name),
            (Some(false), true) => _ = needless.insert(line.name),
            _ => {}
        }
    }
    (lost, needless)
}

/// Cases that no log group of CloudWatch holds: copies that another program or a web page changed, reports of other
/// clouds, `platform.end` of the old Logs API, and a marker of latscope's own store.
const NOT_OF_CLOUDWATCH: &str = "
    escaped-report-sls-v4 json-end json-end-without-id rejection-marker report-yandex sls-v3-report-cold
    sls-v3-report-status sls-v3-report-trace sls-v3-report-warm sls-v4-end sls-v4-report sls-v4-report-cut
    sls-v4-report-cut-in-fields sls-v4-report-one-line sls-v4-report-partly-redacted sls-v4-report-redacted
    sls-v4-report-xray sls-v4-start sls-v4-start-without-version
";

/// Access logs of API Gateway, which groups of functions do not hold.
const ACCESS_LOGS: &str = "
    access-log-dotted-names access-log-http-api access-log-http-api-console access-log-latency-alone
    access-log-latency-no-number access-log-rest-api access-log-rest-api-console access-log-throttled
    access-log-without-quotation-marks
";

/// An event of API Gateway that a function logged, which is sent of other groups than its own.
const LOGGED_EVENT: &str = "access-log-look-alike-event";

/// More of them, which the filter brings all the same.
const OTHER_BLANKS: &str = "report-no-break-spaces-everywhere report-tencent start-no-break-spaces";

/// Lines of applications that hold what is asked for as a word or a phrase, mostly because they quote the platform.
const QUOTING: &str = "
    application-json-quotes-platform-event application-json-quotes-report application-json-wraps-platform-event
    application-node-quotes-report application-python-lambda-local application-python-quotes-report
    bedrock-other-schema bedrock-schema-quoted crash-of-application escaped-application-quotes-report
    json-function-line timed-out-of-application timed-out-quoted timed-out-with-more-text
    timing-own-schema-elsewhere timing-time-is-null
";

/// Lines of applications that hold it inside other words.
const INSIDE_WORDS: &str = "application-other-key restore-start-of-application-word";

fn names(lists: &[&str]) -> BTreeSet<String> {
    lists
        .iter()
        .flat_map(|list| list.split_whitespace())
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_case_that_is_read_is_fetched_and_few_others() {
    let differ = |reading| differences(|line| is_selected(&patterns(&line.keys), &line.message, reading));
    let lost = names(&[NOT_OF_CLOUDWATCH, ACCESS_LOGS]);
    assert_eq!(
        differ(Reading::Substring),
        (lost.clone(), names(&[QUOTING, INSIDE_WORDS]))
    );
    assert_eq!(differ(Reading::Word), (lost.clone(), names(&[QUOTING])));
    assert_eq!(differ(Reading::DottedWord), (lost, names(&[QUOTING])));
    let lengths = [QUOTING, INSIDE_WORDS].map(|list| names(&[list]).len());
    assert_eq!(lengths, [16, 2], "README.md of the queries tells these numbers");
}

#[test]
fn of_any_other_group_access_logs_are_fetched_too() {
    let lost = names(&[NOT_OF_CLOUDWATCH]);
    for reading in READINGS {
        let (found, needless) = differences(|line| {
            is_selected_of(&patterns(&line.keys), Holds::Anything, &line.message, reading)
        });
        assert_eq!(found, lost, "{reading:?}");
        assert!(
            needless.is_superset(&names(&[QUOTING, LOGGED_EVENT])),
            "{needless:?}"
        );
        assert!(
            needless.is_subset(&names(&[QUOTING, INSIDE_WORDS, LOGGED_EVENT])),
            "{needless:?}"
        );
    }
    let (found, _) = differences(|line| {
        let query = patterns(&line.keys).insights_query(Holds::Anything, 10_000);
        is_queried(&expressions(&query), &line.message)
    });
    assert_eq!(found, names(&[NOT_OF_CLOUDWATCH, OTHER_BLANKS]));
}

#[test]
fn a_query_of_logs_insights_brings_the_same_cases() {
    let found = differences(|line| {
        let expressions = expressions(&patterns(&line.keys).insights_query(Holds::Functions, 10_000));
        is_queried(&expressions, &line.message)
    });
    assert_eq!(
        found,
        (
            names(&[NOT_OF_CLOUDWATCH, ACCESS_LOGS, OTHER_BLANKS]),
            // It asks for `REPORT RequestId` without the colon.
            names(&[QUOTING, INSIDE_WORDS, "application-accents"])
        )
    );
}

/// What is asked for of a group that holds this, without the signs of a pattern.
fn terms<'a>(holds: Holds, keys: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let access_logs = match holds {
        Holds::Functions => "",
        Holds::Anything => include_str!("../queries/access-logs.filter"),
    };
    let fixed = include_str!("../queries/fetch.filter").lines();
    fixed
        .chain(access_logs.lines())
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .chain(keys.map(str::to_owned))
        .collect()
}

#[test]
fn every_record_of_a_log_is_fetched_and_few_other_lines() {
    let keys = TimingKeys::common();
    let (parser, terms, patterns) = (
        Parser::new(keys.clone()).unwrap(),
        terms(Holds::Functions, keys.inference_keys()),
        patterns(&keys),
    );
    let expressions = expressions(&patterns.insights_query(Holds::Functions, 10_000));
    let (mut needless, mut queried, mut others) = ([0; READINGS.len()], 0, 0);
    for message in logged() {
        let is_queried = is_queried(&expressions, &message);
        let selected = READINGS.map(|reading| is_selected(&patterns, &message, reading));
        if is_wanted(&parser, &message).unwrap() {
            assert!(is_queried && selected == [true; READINGS.len()], "{message}");
            continue;
        }
        others += 1;
        queried += usize::from(is_queried);
        for (count, is_selected) in needless.iter_mut().zip(selected) {
            *count += usize::from(is_selected);
        }
        let quotes = terms.iter().any(|term| message.contains(term));
        assert_eq!(selected[0], quotes, "{message}");
        assert!(quotes || !is_queried, "{message}");
    }
    // The log is full of lines that quote the platform.
    assert_eq!((others, needless, queried), (6011, [1151; 3], 1151));
}

#[test]
fn a_request_id_is_asked_for_with_its_colon() {
    let patterns = patterns(&TimingKeys::common());
    for (message, selected) in [
        ("{ RequestId: '5a1c' }", [true, true, true]),
        ("RequestId:5a1c", [true, true, true]),
        ("x-RequestId: 5a1c", [true, true, false]),
        ("{ AWSRequestId: '5a1c' }", [true, false, false]),
    ] {
        let found = READINGS.map(|reading| is_selected(&patterns, message, reading));
        assert_eq!(found, selected, "{message}");
    }
}

#[test]
fn a_crash_of_every_type_is_fetched() {
    let keys = TimingKeys::common();
    let (parser, patterns) = (Parser::new(keys.clone()).unwrap(), patterns(&keys));
    let expressions = expressions(&patterns.insights_query(Holds::Functions, 10_000));
    // `internal/lambda/fatalerror/fatalerror.go` of Lambda's runtime interface emulator names them.
    for kind in [
        "Extension.InitError",
        "Extension.ExitError",
        "Extension.Crash",
        "Extension.LaunchError",
        "Runtime.ExitError",
        "Runtime.InvalidEntrypoint",
        "Runtime.InvalidWorkingDir",
        "Runtime.InvalidTaskConfig",
        "Runtime.TruncatedResponse",
        "Runtime.InvalidResponseModeHeader",
        "Runtime.Unknown",
    ] {
        let message = format!("RequestId: {ID} Error: the process ended\n{kind}\n");
        assert_eq!(is_wanted(&parser, &message), Some(true), "{kind}");
        for reading in READINGS {
            assert!(is_selected(&patterns, &message, reading), "{kind} {reading:?}");
        }
        assert!(is_queried(&expressions, &message), "{kind}");
    }
}

#[test]
fn look_alikes_are_not_fetched() {
    let patterns = patterns(&TimingKeys::common());
    let expressions = expressions(&patterns.insights_query(Holds::Functions, 10_000));
    for message in [
        "report requestid: 5a1c0f7e-3b2d-4e6f-8a90-1b2c3d4e5f60",
        "REPORT of RequestId 5a1c0f7e-3b2d-4e6f-8a90-1b2c3d4e5f60",
        r#"{"RequestId":"5a1c0f7e-3b2d-4e6f-8a90-1b2c3d4e5f60","AWSRequestId":"5a1c0f7e-3b2d-4e6f-8a90-1b2c3d4e5f60"}"#,
        "function_request_id: 5a1c0f7e-3b2d-4e6f-8a90-1b2c3d4e5f60",
        "RequestId 5a1c0f7e-3b2d-4e6f-8a90-1b2c3d4e5f60 took long",
        "INIT START",
        "Task has timed out",
        r#"{"time":"2031-03-04T05:06:07.961Z","type":"platform.end","record":{"requestId":"5a1c0f7e-3b2d-4e6f-8a90-1b2c3d4e5f60"}}"#,
        "Runtime Error",
        "[ERROR] Runtime.ImportModuleError: Unable to import module 'app'",
        "EXTENSION\tName: agent\tState: Ready\tEvents: [INVOKE, SHUTDOWN]",
        r#"{"type":"platform.extension","record":{"name":"agent","state":"Ready"}}"#,
        r#"{"type":"platform.initRuntimeDone","record":{"status":"success"}}"#,
        r#"{"type":"platform","event":"report"}"#,
        r#"{"schema":"latscope","timing":1}"#,
        r#"{"modelId":"a.b","requestId":"5a1c0f7e-3b2d-4e6f-8a90-1b2c3d4e5f60","took":12}"#,
        r#"{"inference":{"ms":12}}"#,
    ] {
        for reading in READINGS {
            assert!(!is_selected(&patterns, message, reading), "{message}");
        }
        assert!(!is_queried(&expressions, message), "{message}");
    }
}

const ID: &str = "5a1c0f7e-3b2d-4e6f-8a90-1b2c3d4e5f60";

/// The keys under which a time stands: the path as it is, each of its parts inside an object, and all between.
fn spellings(path: &str) -> Vec<Vec<&str>> {
    let within = path.match_indices('.').flat_map(|(dot, _)| {
        let inner = spellings(&path[dot + 1..]).into_iter();
        inner.map(move |keys| [vec![&path[..dot]], keys].concat())
    });
    std::iter::once(vec![path]).chain(within).collect()
}

/// A record with a time under these keys, each inside the object of the one before it.
fn record(keys: &[&str]) -> String {
    let mut value = serde_json::json!(12.5);
    for &key in keys.iter().rev() {
        value = serde_json::json!({ key: value });
    }
    value["function_request_id"] = ID.into();
    value.to_string()
}

/// Asserts that records with this key are fetched. Gives whether the parser reads all of them.
fn check_key(key: &str) -> bool {
    let mut keys = TimingKeys::common();
    keys.add("inference_ms", key, None).unwrap();
    let (parser, patterns) = (Parser::new(keys.clone()).unwrap(), patterns(&keys));
    let query = patterns.insights_query(Holds::Functions, 10_000);
    let expressions = expressions(&query);
    let mut are_read = true;
    for spelling in spellings(key) {
        let message = record(&spelling);
        if is_wanted(&parser, &message) != Some(true) {
            are_read = false;
            continue;
        }
        let queried = is_queried(&expressions, &message);
        assert!(queried || !query.contains("| filter"), "{message} {query}");
        if patterns.is_dropped() {
            continue;
        }
        // A key that is neither the whole path nor one part of it may count as one word, which nobody asked for.
        let is_asked_for = keys.inference_keys().any(|asked| spelling.contains(&asked));
        assert!(is_asked_for || ![1, key.split('.').count()].contains(&spelling.len()));
        for reading in READINGS {
            assert!(
                is_selected(&patterns, &message, reading)
                    || (reading == Reading::DottedWord && !is_asked_for),
                "{message} {reading:?}"
            );
        }
    }
    are_read
}

#[test]
fn records_under_the_users_keys_are_fetched() {
    for key in [
        "took",
        "b.took",
        "gen_ai.took",
        "$.metrics.0.took",
        "took ms",
        " took",
        "took?",
        "?took",
        "-took",
        "took-ms",
        "'took'",
        "*took*",
        "{took}",
        "[took]",
        "$.took",
        "a/b|c",
        "durée",
        "所要時間",
        "ms(µ)",
    ] {
        let mut keys = TimingKeys::common();
        keys.add("inference_ms", key, None).unwrap();
        assert!(!patterns(&keys).is_dropped(), "{key}");
        assert!(check_key(key), "{key}");
    }
}

/// Python's JSON writes signs that are not ASCII by their number.
#[test]
fn a_user_s_key_may_be_escaped_in_part() {
    let mut keys = TimingKeys::common();
    keys.add("inference_ms", "durée.took", None).unwrap();
    let (parser, patterns) = (Parser::new(keys.clone()).unwrap(), patterns(&keys));
    let selected = |message: &str| {
        assert_eq!(is_wanted(&parser, message), Some(true), "{message}");
        READINGS.map(|reading| is_selected(&patterns, message, reading))
    };
    let nested = format!(r#"{{"requestId":"{ID}","dur\u00e9e":{{"took":5}}}}"#);
    assert_eq!(selected(&nested), [true; 3]);
    // One word where dots join, and its spelling is not foreseen.
    let flat = format!(r#"{{"requestId":"{ID}","dur\u00e9e.took":5}}"#);
    assert_eq!(selected(&flat), [true, true, false]);
}

#[test]
fn without_a_filter_everything_is_fetched() {
    for key in ["100%", "?", ".", "?.$", "took.%"] {
        let mut keys = TimingKeys::common();
        keys.add("inference_ms", key, None).unwrap();
        let patterns = patterns(&keys);
        assert!(patterns.is_dropped() && patterns.all().is_empty(), "{key}");
        let reason = patterns.dropped_because().unwrap();
        assert!(
            reason.starts_with("no filter pattern can hold the key "),
            "{reason}"
        );
        check_key(key);
    }
    let everything = Patterns::everything();
    assert!(!everything.is_dropped() && everything.all().is_empty());
    assert_eq!(everything.dropped_because(), None);
}

/// The longest pattern of FilterLogEvents, and what a term needs besides itself: two quotation marks, the mark of
/// an alternative, a blank.
const LIMIT: usize = 1024;
const AROUND: usize = 4;

/// Variables of API Gateway, as an access log may name them.
const VARIABLES: [&str; 12] = [
    "routeKey",
    "resourcePath",
    "status",
    "responseLatency",
    "integrationLatency",
    "integration.latency",
    "integrationRequestId",
    "xrayTraceId",
    "errorResponseType",
    "path",
    "ip",
    "requestTimeEpoch",
];

fn variable() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["-", "200", "845", "POST /chat", "$default", "/chat", ID])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_key_its_records_are_fetched(key in "[a-zA-Z0-9_ ?.%\"\\\\'/|*+(){}\\[\\]^$:é模µ-]{1,12}") {
        check_key(&key);
    }

    /// Each pass is short enough, together they ask for everything, and they are few.
    #[test]
    fn terms_are_packed(keys in prop::collection::vec("[a-z][a-z_]{0,80}", 0..120)) {
        let patterns = Patterns::of(keys.iter().map(String::as_str));
        prop_assert_eq!(&patterns, &Patterns::of(keys.iter().map(String::as_str)));
        for holds in [Holds::Functions, Holds::Anything] {
            let all = terms(holds, keys.iter().map(String::as_str));
            let length: usize = all.iter().map(|term| term.len() + AROUND).sum();
            let fewest = length.div_ceil(LIMIT);
            if patterns.is_dropped() {
                // Those of any group are the more.
                prop_assert!(holds == Holds::Functions || fewest >= 4, "{length}");
                continue;
            }
            let passes = patterns.passes(holds);
            prop_assert!(passes.len() <= 4 && passes.len() <= fewest + 1);
            prop_assert!(passes.iter().all(|pass| pass.chars().count() <= LIMIT));
            for term in &all {
                let is_asked_for = |pass: &String| selects(pass, term, Reading::Word) == Ok(true);
                prop_assert!(passes.iter().any(is_asked_for), "{term}");
            }
            // A term that has a pass for itself has no mark.
            let count: usize = passes.iter().map(|pass| pass.matches('?').count().max(1)).sum();
            prop_assert_eq!(count, all.len());
        }
    }

    /// Whatever else of API Gateway's variables it holds, an access log record that is read is fetched.
    #[test]
    fn every_access_log_record_that_is_read_is_fetched(
        members in prop::collection::vec((prop::sample::select(VARIABLES.to_vec()), variable()), 1..10),
        is_numbered in any::<bool>(),
        gap in prop::sample::select(vec!["", " ", "\n  "]),
    ) {
        let keys = TimingKeys::common();
        let (parser, patterns) = (Parser::new(keys.clone()).unwrap(), patterns(&keys));
        let members: Vec<String> = members
            .iter()
            .map(|(name, value)| match is_numbered && value.parse::<u32>().is_ok() {
                true => format!("\"{name}\":{gap}{value}"),
                false => format!("\"{name}\":{gap}\"{value}\""),
            })
            .collect();
        let message = format!("{{{gap}\"requestId\":\"JKJaXmPLvHcESHA=\",{gap}{}}}", members.join(","));
        if is_wanted(&parser, &message) != Some(true) {
            return Ok(());
        }
        for reading in READINGS {
            prop_assert!(is_selected_of(&patterns, Holds::Anything, &message, reading), "{message} {reading:?}");
        }
        let query = patterns.insights_query(Holds::Anything, 10_000);
        prop_assert!(is_queried(&expressions(&query), &message), "{message}");
    }
}
