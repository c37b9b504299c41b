//! The query files: in the language that AWS documents, and of fields that there are. What they answer is tested in
//! `query_answers.rs`.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use common::insights_eval::Row;
use common::insights_fields::flatten;
use common::insights_ql::{Command, Expr, parse};
use common::insights_regex::captures;
use common::query_logs::{bedrock, corpus, parsed};
use common::root;
use latscope::fetch::{Holds, Patterns, Query};
use latscope::parse::TimingKeys;
use latscope_corpus::LogFormat;
use latscope_schema::{CallStatus, TimingRecord};
use serde_json::Value as Json;

/// Every file of `queries/` with its text.
fn files() -> BTreeMap<String, String> {
    let folder = fs::read_dir(root().join("queries")).unwrap();
    let files = folder
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "insights"));
    files
        .map(|path| {
            (
                path.file_stem().unwrap().to_string_lossy().into_owned(),
                fs::read_to_string(path).unwrap(),
            )
        })
        .collect()
}

#[test]
fn every_file_is_in_the_catalogue_and_in_the_language() {
    let known: BTreeSet<&str> = Query::all().iter().map(|query| query.name).collect();
    for name in files().keys().filter(|name| *name != "fetch") {
        assert!(known.contains(name.as_str()), "{name}");
    }
    for query in Query::all() {
        // With its comment, without it, and with another limit it is the same query.
        let commands = parsed(query);
        assert_eq!(parse(&query.text(None)).as_ref(), Ok(&commands), "{}", query.name);
        let limited = parse(&query.text(Some(7))).unwrap();
        assert_eq!(limited.last(), Some(&Command::Limit(7)), "{}", query.name);
    }
    // The query of fetch is filled in by the program.
    for patterns in [
        Patterns::of(TimingKeys::common().inference_keys()),
        Patterns::everything(),
    ] {
        for holds in [Holds::Functions, Holds::Anything] {
            let query = patterns.insights_query(holds, 10_000);
            parse(&query).unwrap_or_else(|error| panic!("{error}: {query}"));
        }
    }
}

#[test]
fn the_pages_name_every_query() {
    let page = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let (table, guide) = (page("queries/README.md"), page("docs/queries.md"));
    for query in Query::all() {
        let row = format!("| `{}` | {} | {} |", query.name, query.kind(), query.question());
        assert!(table.contains(&row), "{row}");
        assert!(guide.contains(&format!("`{}`", query.name)), "{}", query.name);
    }
}

#[test]
fn what_is_not_in_the_language_is_refused() {
    for query in [
        "",
        "filter",
        "select a",
        "filter a = ",
        "filter a == 1",
        "filter a = 'x",
        "filter a like b",
        "filter a like /x",
        "filter a = 1 | ",
        "filter a = 1 b",
        "filter (a = 1",
        "fields inference_ms",
        "fields foo-",
        "fields `foo-bar",
        "fields a as",
        "fields pct(a, 50)",
        "fields nofunction(a)",
        "fields strcontains(a)",
        "filter count(*) > 1",
        "stats pct(a) by b",
        "stats pct(a, 50, 60)",
        "stats a by b",
        "stats a + sum(b)",
        "stats sum(max(a))",
        "stats count(*) by count(*)",
        "stats count(*) by",
        "stats count(*) | stats count(*) | stats count(*)",
        "sort a | stats count(*)",
        "limit 1 | stats count(*)",
        "limit 0",
        "limit 10001",
        "limit many",
        "sort a upwards",
        "parse a /x/",
        "parse a \"x * y *\" as one",
        "parse a b",
        "fields 1h2",
        &format!("filter a = \"{}\"", "x".repeat(10_000)),
    ] {
        assert!(parse(query).is_err(), "{query}: {:?}", parse(query));
    }
    for query in [
        "# only\nfields `foo-bar`, abs(a - b) as c # behind\n| filter not (a = 1 or b like /x\\/y/) and c not in [1, 'x']",
        "stats count(*), 100 * sum(a) / count(*) as share, share * 2 as twice by bin(5m), @log | sort share desc, @log asc",
        "parse @message \"user=*, method:*\" as user, method | dedup user | display user, method | limit 5",
        "stats sum(a) as b by c | filter b > 1 | stats max(b)",
        "filter a =~ /x/ and b ^ 2 >= -3.5 | fields coalesce(a, 'b') as d",
    ] {
        parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    }
}

#[test]
fn operators_bind_as_they_should() {
    let one = |query: &str| match parse(query).unwrap().remove(0) {
        Command::Filter(expr) => expr,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        one("filter a or b and not c = 1 + 2 * 3"),
        one("filter a or (b and (not (c = (1 + (2 * 3)))))")
    );
    assert_eq!(one("filter a - b - c = 1"), one("filter ((a - b) - c) = 1"));
    assert_ne!(one("filter a - (b - c) = 1"), one("filter a - b - c = 1"));
}

/// Every named expression of a query.
fn named(commands: &[Command]) -> Vec<(&str, bool, &Expr)> {
    let of = commands.iter().flat_map(|command| match command {
        Command::Fields(of) | Command::Display(of) => of.iter().collect(),
        Command::Stats { of, by } => of.iter().chain(by).collect(),
        _ => Vec::new(),
    });
    of.map(|named| (named.name.as_str(), named.has_alias, &named.expr))
        .collect()
}

/// Whether a name has `p` and the number in it, and no digit behind: `p50` is no 5.
fn says_percentile(name: &str, p: f64) -> bool {
    let said = format!("p{p}");
    name.match_indices(&said)
        .any(|(at, _)| !name[at + said.len()..].starts_with(|c: char| c.is_ascii_digit()))
}

#[test]
fn the_name_of_a_percentile_says_which() {
    for (name, p, is_said) in [
        ("p50InferenceMs", 50.0, true),
        ("inference_p5", 5.0, true),
        ("p50", 5.0, false),
        ("p99", 9.0, false),
        ("p999", 99.0, false),
        ("p50andp5", 5.0, true),
        ("p95", 50.0, false),
    ] {
        assert_eq!(says_percentile(name, p), is_said, "{name} {p}");
    }
    let mut seen = 0;
    for query in Query::all() {
        for (name, has_alias, expr) in named(&parsed(query)) {
            for (_, arguments) in expr.calls().into_iter().filter(|(call, _)| *call == "pct") {
                let Expr::Number(p) = &arguments[1] else {
                    panic!("{}: {arguments:?}", query.name)
                };
                assert!(
                    has_alias && says_percentile(name, *p),
                    "{}: {name} is pct {p}",
                    query.name
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 30, "{seen}");
}

/// A row of computed values is known by a column with the name of a call; and how many events stand behind a number is
/// shown beside it.
#[test]
fn every_statistic_shows_how_many_events_it_is_of() {
    for query in Query::all() {
        let commands = parsed(query);
        let last = commands.iter().rev().find_map(|command| match command {
            Command::Stats { of, .. } => Some(of),
            _ => None,
        });
        if let Some(of) = last {
            assert!(
                of.iter()
                    .any(|named| named.name == "count(*)" && !named.has_alias),
                "{}",
                query.name
            );
        }
    }
}

/// "Supported logs and discovered fields", for every log and for Lambda's:
/// docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
const DISCOVERED: [&str; 14] = [
    "@timestamp",
    "@ingestionTime",
    "@message",
    "@logStream",
    "@log",
    "@requestId",
    "@duration",
    "@billedDuration",
    "@initDuration",
    "@type",
    "@maxMemoryUsed",
    "@memorySize",
    "@xrayTraceId",
    "@xraySegmentId",
];

/// Every field of a timing record.
fn of_timing() -> BTreeSet<String> {
    let record = TimingRecord {
        start_offset_ms: Some(1.0),
        operation_name: Some("x".into()),
        provider_name: Some("x".into()),
        request_model: Some("x".into()),
        response_model: Some("x".into()),
        input_tokens: Some(1),
        output_tokens: Some(1),
        max_tokens: Some(1),
        temperature: Some(1.0),
        inference_ms: Some(1.0),
        retry_ms: Some(1.0),
        retry_count: Some(1),
        handler_ms: Some(1.0),
        before_ms: Some(1.0),
        after_ms: Some(1.0),
        bedrock_latency_ms: Some(1.0),
        time_to_first_token_ms: Some(1.0),
        cold_start: Some(true),
        initialization_type: Some("x".into()),
        streaming: Some(true),
        status: Some(CallStatus::Ok),
        error_type: Some("x".into()),
        bedrock_request_id: Some("x".into()),
        api_gateway_request_id: Some("x".into()),
        prompt_length: Some(1),
        prompt_hash: Some("x".into()),
        ..TimingRecord::new("x")
    };
    fields_of(&serde_json::to_value(record).unwrap())
}

fn fields_of(json: &Json) -> BTreeSet<String> {
    let mut row = Row::new();
    flatten(json, &mut row);
    row.into_keys().collect()
}

#[test]
fn every_field_is_one_that_there_is() {
    let timing = of_timing();
    assert!(
        timing.contains("gen_ai.request.model") && timing.len() == 29,
        "{timing:?}"
    );
    let of_json = corpus(LogFormat::Json).events;
    let json: BTreeSet<String> = of_json
        .iter()
        .filter_map(|event| serde_json::from_str::<Json>(&event.message).ok())
        .filter(|json| json["type"].is_string())
        .flat_map(|json| fields_of(&json))
        // Documented, and only in logs of functions with SnapStart or that failed.
        .chain(["record.metrics.restoreDurationMs", "record.errorType"].map(str::to_owned))
        .collect();
    // A record of an error has a code.
    let of_bedrock = bedrock()
        .iter()
        .flat_map(fields_of)
        .chain(["errorCode".to_owned()])
        .collect::<BTreeSet<_>>();
    for query in Query::all() {
        let kind = query.kind();
        let mut known: BTreeSet<String> = DISCOVERED.map(str::to_owned).into();
        if kind.contains("timing") {
            known.extend(timing.iter().cloned());
        }
        if kind.contains("JSON") {
            known.extend(json.iter().cloned());
        }
        if kind.starts_with("Bedrock") {
            known.extend(of_bedrock.iter().cloned());
        }
        let is_known = |known: &BTreeSet<String>, expr: &Expr| {
            for field in expr.fields() {
                assert!(known.contains(&field), "{}: {field}", query.name);
            }
        };
        for command in parsed(query) {
            match command {
                Command::Fields(of) | Command::Display(of) => {
                    of.iter().for_each(|named| is_known(&known, &named.expr));
                    known.extend(of.into_iter().map(|named| named.name));
                }
                Command::Filter(expr) => is_known(&known, &expr),
                Command::Parse { field, names, .. } => {
                    is_known(&known, &Expr::Field(field));
                    known.extend(names);
                }
                Command::Stats { of, by } => {
                    by.iter().for_each(|named| is_known(&known, &named.expr));
                    let mut computed: BTreeSet<String> = by.into_iter().map(|named| named.name).collect();
                    for named in of {
                        let both = known.union(&computed).cloned().collect();
                        is_known(&both, &named.expr);
                        computed.insert(named.name);
                    }
                    // Behind stats there are no fields of events.
                    known = computed;
                }
                Command::Sort(keys) => keys.iter().for_each(|(key, _)| is_known(&known, key)),
                Command::Dedup(names) => names
                    .into_iter()
                    .for_each(|name| is_known(&known, &Expr::Field(name))),
                Command::Limit(_) => {}
            }
        }
    }
}

/// A message may hold a prompt: it may be searched, and never shown.
#[test]
fn no_query_shows_a_message() {
    for query in Query::all() {
        let commands = parsed(query);
        for (name, _, expr) in named(&commands) {
            let is_shown = matches!(expr, Expr::Field(field) if field == "@message");
            assert!(!is_shown && name != "@message", "{}", query.name);
        }
        // Without fields or stats the message is what a result shows.
        assert!(!named(&commands).is_empty(), "{}", query.name);
        for bodies in ["inputBodyJson", "outputBodyJson.output", "prompt"] {
            assert!(!query.text(None).contains(bodies), "{}: {bodies}", query.name);
        }
    }
}

#[test]
fn the_helper_finds_what_regular_expressions_find() {
    let found = captures("^a[0-9.]+ (?<name>x|yz)\\S*$|(?<rest>q)", "zq").unwrap();
    assert_eq!(found["rest"], "q");
    let found = captures(
        "Max: \\d+ MB\\s+Restore: (?<ms>[0-9.]+) ms",
        "Max: 12 MB\tRestore: 51.25 ms",
    )
    .unwrap();
    assert_eq!(found["ms"], "51.25");
    assert_eq!(captures("^\\S+ \\S+ Task", "x Task"), None);
}
