//! The query files: in the language that AWS documents, of fields that there are, and with the answers that latscope
//! itself gives on the same logs.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use common::insights_eval::{Row, Value, answer, discovered, flatten, number};
use common::insights_ql::{Command, Expr, parse};
use common::insights_regex::captures;
use common::{Run, root};
use latscope::fetch::{Patterns, Query};
use latscope::parse::TimingKeys;
use latscope_corpus::{Amount, Corpus, Form, LogFormat, Scenario, generate, save_bedrock, write_ndjson};
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

fn parsed(query: &Query) -> Vec<Command> {
    parse(query.file).unwrap_or_else(|error| panic!("{}: {error}", query.name))
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
        let query = patterns.insights_query(10_000);
        parse(&query).unwrap_or_else(|error| panic!("{error}: {query}"));
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

#[test]
fn the_name_of_a_percentile_says_which() {
    let mut seen = 0;
    for query in Query::all() {
        for (name, has_alias, expr) in named(&parsed(query)) {
            for (_, arguments) in expr.calls().into_iter().filter(|(call, _)| *call == "pct") {
                let Expr::Number(p) = arguments[1] else {
                    panic!("{}: {arguments:?}", query.name)
                };
                assert!(
                    has_alias && name.contains(&format!("p{p}")),
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
    flatten("", json, &mut row);
    row.into_keys().collect()
}

/// What happens of everything now and then, in a log format.
fn corpus(log_format: LogFormat) -> Corpus {
    let mut scenario = Scenario {
        requests: 400,
        log_format,
        lost_timing: Amount::Exactly(3),
        without_call: Amount::Exactly(4),
        multi_call: Amount::NONE,
        retries: Amount::NONE,
        duplicates: Amount::NONE,
        malformed: Amount::NONE,
        ..Scenario::haiku_vs_nova_lite()
    };
    for model in &mut scenario.models {
        model.killed = Amount::Exactly(3);
    }
    generate(&scenario)
}

/// Bedrock's own records of the calls of a log.
fn bedrock() -> Vec<Json> {
    let corpus = corpus(LogFormat::Text);
    let saved = save_bedrock(Form::BedrockInvocationLogs, &corpus);
    let lines = String::from_utf8(saved[0].bytes.clone()).unwrap();
    let record = |line: &str| {
        let event: Json = serde_json::from_str(line).unwrap();
        serde_json::from_str(event["message"].as_str().unwrap()).unwrap()
    };
    lines.lines().map(record).collect()
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

/// The fields of every event of a log.
fn events(corpus: &Corpus) -> Vec<Row> {
    let fields = |event: &latscope_corpus::Event| {
        discovered(
            &event.message,
            event.timestamp,
            &event.log_stream_name,
            "123456789012:/aws/lambda/chat",
        )
    };
    corpus.events.iter().map(fields).collect()
}

/// What a query answers on a log.
fn answers(name: &str, events: &[Row]) -> Vec<Row> {
    answer(&parsed(Query::named(name).unwrap()), events)
}

/// What latscope says of the same log, by these properties.
fn summary(corpus: &Corpus, by: &str) -> Json {
    let mut bytes = Vec::new();
    write_ndjson(&corpus.events, &mut bytes).unwrap();
    let run = Run::new("summary --quiet --format json --input log.ndjson --by").arg(by);
    run.file("log.ndjson", bytes).done().code(0).json()
}

#[track_caller]
fn of(row: &Row, column: &str) -> f64 {
    number(&row[column]).unwrap_or_else(|| panic!("{column} in {row:?}"))
}

#[track_caller]
fn near(one: f64, other: f64) {
    assert!(
        (one - other).abs() <= 1e-9 * other.abs().max(1.0),
        "{one} and {other}"
    );
}

#[test]
fn queries_of_reports_count_what_latscope_counts() {
    for (prefix, log_format) in [("report", LogFormat::Text), ("json", LogFormat::Json)] {
        let corpus = corpus(log_format);
        let events = events(&corpus);
        let all = &summary(&corpus, "")["groups"][0];
        let invocations = all["invocations"].as_f64().unwrap();
        for name in [format!("{prefix}-cold-starts"), "cold-starts".to_owned()] {
            let rows = answers(&name, &events);
            assert_eq!(rows.len(), 1);
            near(of(&rows[0], "count(*)"), invocations);
            let truth = corpus
                .truth
                .invocations
                .iter()
                .filter(|invocation| invocation.init_us.is_some());
            let inits: Vec<f64> = truth
                .map(|invocation| invocation.init_us.unwrap() as f64 / 1000.0)
                .collect();
            assert!(!inits.is_empty());
            near(of(&rows[0], "coldStarts"), inits.len() as f64);
            near(
                of(&rows[0], "coldStartPercent"),
                100.0 * inits.len() as f64 / invocations,
            );
            near(
                of(&rows[0], "maxInitMs"),
                inits.iter().copied().fold(0.0, f64::max),
            );
        }
        let rows = answers(&format!("{prefix}-latency"), &events);
        near(rows.iter().map(|row| of(row, "count(*)")).sum(), invocations);
        let slowest = corpus
            .truth
            .invocations
            .iter()
            .map(|one| one.duration_us + one.init_us.unwrap_or_default());
        let slowest = slowest.max().unwrap() as f64 / 1000.0;
        near(
            rows.iter().map(|row| of(row, "maxTotalMs")).fold(0.0, f64::max),
            slowest,
        );
        near(
            of(&answers(&format!("{prefix}-slowest"), &events)[0], "totalMs"),
            slowest,
        );
        let cost = answers(&format!("{prefix}-cost"), &events);
        let billed: u64 = corpus.truth.invocations.iter().map(|one| one.billed_us).sum();
        near(
            cost.iter().map(|row| of(row, "billedSeconds")).sum(),
            billed as f64 / 1e6,
        );
        // 512 MB are half a GB.
        let gb_seconds = billed as f64 / 1e6 * f64::from(Scenario::haiku_vs_nova_lite().memory_mb) / 1024.0;
        near(cost.iter().map(|row| of(row, "gbSeconds")).sum(), gb_seconds);
        near(of(&cost[0], "usdX86"), gb_seconds * 0.000_016_666_7);
    }
}

#[test]
fn timeouts_of_reports_are_counted_once() {
    for (prefix, log_format) in [("report", LogFormat::Text), ("json", LogFormat::Json)] {
        let corpus = corpus(log_format);
        let rows = answers(&format!("{prefix}-errors"), &events(&corpus));
        let killed = 6.0;
        match log_format {
            LogFormat::Text => {
                near(of(&rows[0], "timeouts"), killed);
                near(of(&rows[0], "invocations"), corpus.truth.invocations.len() as f64);
                near(of(&rows[0], "errors"), 0.0);
            }
            LogFormat::Json => {
                let of_status = |wanted: &str| -> f64 {
                    let rows = rows
                        .iter()
                        .filter(|row| row["record.status"] == Value::Text(wanted.to_owned()));
                    rows.map(|row| of(row, "count(*)")).sum()
                };
                near(of_status("timeout"), killed);
                near(
                    of_status("success"),
                    corpus.truth.invocations.len() as f64 - killed,
                );
            }
        }
    }
}

#[test]
fn queries_of_timing_records_agree_with_latscope() {
    let corpus = corpus(LogFormat::Text);
    let events = events(&corpus);
    let summary = summary(&corpus, "model");
    let shares = answers("report-inference-share", &events);
    let latencies = answers("latency", &events);
    let mut compared = 0;
    for group in summary["groups"].as_array().unwrap() {
        // Those of no model have no timing record.
        let Some(id) = group["model_id"].as_str() else {
            continue;
        };
        let model = Value::Text(id.to_owned());
        let rows: Vec<&Row> = latencies.iter().filter(|row| row["model"] == model).collect();
        let inference = &group["inference_ms"];
        let count: f64 = rows.iter().map(|row| of(row, "count(*)")).sum();
        near(count, inference["count"].as_f64().unwrap());
        // A percentile lies between the neighbours of its own definition.
        for p in ["p50", "p95", "p99"] {
            let mut all: Vec<f64> = corpus
                .truth
                .invocations
                .iter()
                .filter(|one| one.model.as_deref() == Some(id) && one.timing_logged)
                .filter_map(|one| one.inference_us.map(|us| us as f64 / 1000.0))
                .collect();
            all.sort_by(f64::total_cmp);
            assert!(all.len() > 100);
            let of_one = answer(
                &parse(&format!(
                    "filter `gen_ai.request.model` = \"{id}\" and (status = \"ok\" or status = \"timeout\") \
                 | stats pct(`inference_ms`, {}) as {p}",
                    &p[1..]
                ))
                .unwrap(),
                &events,
            );
            let (found, own) = (of(&of_one[0], p), inference[p].as_f64().unwrap());
            let position = all.partition_point(|value| *value < own);
            assert!(
                all[position.saturating_sub(2)] <= found && found <= all[(position + 1).min(all.len() - 1)],
                "{p}: {found} and {own}"
            );
        }
        let share = shares.iter().find(|row| row["modelOfRequest"] == model).unwrap();
        let ratio = group["inference_share"]["ratio_of_sums"].as_f64().unwrap();
        near(of(share, "percentOfDuration"), 100.0 * ratio);
        compared += 1;
    }
    assert_eq!(
        compared,
        2,
        "{}",
        serde_json::to_string_pretty(&summary["groups"][0]).unwrap()
    );
}

/// A request of two calls has its handler time in both records, and counts it once.
#[test]
fn handler_time_counts_once_a_request() {
    let record = |request: &str, call: u32, model: &str, inference: f64, status: &str| {
        let line = serde_json::json!({
            "schema": "latscope.timing/v1", "request_id": request, "call_index": call, "gen_ai.request.model": model,
            "inference_ms": inference, "handler_ms": 100.0, "status": status,
        });
        discovered(&line.to_string(), 0, "s", "g")
    };
    let events = [
        record("r1", 0, "a", 30.0, "ok"),
        record("r1", 1, "a", 40.0, "ok"),
        record("r2", 0, "a", 90.0, "ok"),
        // Of two models, and of none that answered.
        record("r3", 0, "a", 1.0, "ok"),
        record("r3", 1, "b", 1.0, "ok"),
        record("r4", 0, "a", 1.0, "throttled"),
    ];
    let rows = answers("inference-share", &events);
    assert_eq!(rows.len(), 1, "{rows:?}");
    near(of(&rows[0], "count(*)"), 2.0);
    near(of(&rows[0], "inferencePercent"), 80.0);
    let errors = answers("errors", &events);
    let throttled = errors
        .iter()
        .find(|row| row["status"] == Value::Text("throttled".to_owned()))
        .unwrap();
    near(of(throttled, "count(*)"), 1.0);
}

#[test]
fn tokens_and_calls_of_bedrock_are_summed() {
    let records = bedrock();
    let events: Vec<Row> = records
        .iter()
        .map(|json| discovered(&json.to_string(), 0, "s", "g"))
        .collect();
    let sum = |of: &dyn Fn(&Json) -> f64| records.iter().map(of).sum::<f64>();
    let tokens = answers("bedrock-tokens", &events);
    let written = sum(&|json| json["output"]["outputTokenCount"].as_f64().unwrap_or_default());
    near(tokens.iter().map(|row| of(row, "outputTokens")).sum(), written);
    let latency = |json: &Json| json["output"]["outputBodyJson"]["metrics"]["latencyMs"].as_f64();
    let with_latency =
        sum(&|json| f64::from(u8::from(latency(json).is_some() && json["errorCode"].is_null())));
    let latencies = answers("bedrock-latency", &events);
    near(
        latencies.iter().map(|row| of(row, "withLatency")).sum(),
        with_latency,
    );
    let slowest = records.iter().filter_map(latency).fold(0.0, f64::max);
    assert!(slowest > 0.0);
    near(
        of(
            &answers("bedrock-slowest", &events)[0],
            "output.outputBodyJson.metrics.latencyMs",
        ),
        slowest,
    );
    let errors = answers("bedrock-errors", &events);
    near(
        errors.iter().map(|row| of(row, "count(*)")).sum(),
        records.len() as f64,
    );
    // The handler's own records tell the same of the calls that were answered.
    let corpus = corpus(LogFormat::Text);
    let tokens = answers("tokens", &self::events(&corpus));
    let answered: f64 = corpus
        .events
        .iter()
        .filter_map(|event| serde_json::from_str::<Json>(&event.message).ok())
        .filter(|json| json["schema"] == "latscope.timing/v1" && json["status"] == "ok")
        .map(|json| json["gen_ai.usage.output_tokens"].as_f64().unwrap())
        .sum();
    near(tokens.iter().map(|row| of(row, "outputTokens")).sum(), answered);
    near(
        of(&tokens[0], "msPerOutputToken") * of(&tokens[0], "outputTokens") / of(&tokens[0], "count(*)"),
        {
            let model = tokens[0]["model"].clone();
            let of_model = self::events(&corpus).into_iter().filter(|row| {
                row.get("gen_ai.request.model") == Some(&model)
                    && row.get("status") == Some(&Value::Text("ok".to_owned()))
            });
            let times: Vec<f64> = of_model.map(|row| of(&row, "inference_ms")).collect();
            times.iter().sum::<f64>() / times.len() as f64
        },
    );
}

/// A start from a snapshot has a Restore Duration and no Init Duration.
#[test]
fn restores_are_told_from_cold_starts_and_counted_in_the_total() {
    let text = |more: &str| {
        let line = format!(
            "REPORT RequestId: 79b5e81f-9cdd-4145-b1f6-7c50ef8a2a36\tDuration: 100.00 ms\tBilled Duration: 100 ms\tMemory \
             Size: 512 MB\tMax Memory Used: 90 MB\t{more}\n"
        );
        discovered(&line, 0, "s", "g")
    };
    let json = |more: Json| {
        let mut metrics =
            serde_json::json!({"durationMs": 100.0, "billedDurationMs": 100, "memorySizeMB": 512});
        metrics
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let line =
            serde_json::json!({"type": "platform.report", "record": {"requestId": "x", "metrics": metrics}});
        discovered(&line.to_string(), 0, "s", "g")
    };
    let of_text = [
        text(""),
        text("Init Duration: 30.00 ms\t"),
        text("Restore Duration: 51.25 ms\tBilled Restore Duration: 3 ms\t"),
    ];
    let of_json = [
        json(serde_json::json!({})),
        json(serde_json::json!({"initDurationMs": 30.0})),
        json(serde_json::json!({"restoreDurationMs": 51.25})),
    ];
    for (prefix, events) in [("report", of_text), ("json", of_json)] {
        let starts = answers(&format!("{prefix}-cold-starts"), &events);
        assert_eq!(
            (of(&starts[0], "coldStarts"), of(&starts[0], "restores")),
            (1.0, 1.0),
            "{prefix}"
        );
        near(of(&starts[0], "p95RestoreMs"), 51.25);
        let totals = answers(&format!("{prefix}-latency"), &events);
        let totals: Vec<f64> = totals.iter().map(|row| of(row, "maxTotalMs")).collect();
        // Sorted by coldStart, then by restored.
        assert_eq!(totals, [100.0, 151.25, 130.0], "{prefix}");
        near(
            of(&answers(&format!("{prefix}-slowest"), &events)[0], "totalMs"),
            151.25,
        );
    }
}
