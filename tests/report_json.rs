//! `report.json` against its published schema, and against the page beside it.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::schema::faults;
use common::{Folder, Run, event, fixture, latscope, request_id, root};
use serde_json::{Map, Value, json};

const HAIKU: &str = "anthropic.claude-3-haiku-20240307-v1:0";
const NOVA: &str = "amazon.nova-lite-v1:0";

fn schema() -> Value {
    let text = std::fs::read_to_string(root().join("docs/report.schema.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The report as JSON, which is as its schema says, and the page.
#[track_caller]
fn read(folder: &std::path::Path) -> (Value, String) {
    let read = |name: &str| std::fs::read_to_string(folder.join("out").join(name)).unwrap();
    let json: Value = serde_json::from_str(&read("report.json")).unwrap();
    assert_eq!(faults(&schema(), &json), Vec::<String>::new());
    (json, read("report.md"))
}

/// The report of these logs.
#[track_caller]
fn report(logs: &str, args: &str) -> (Value, String) {
    let folder = Folder::new();
    std::fs::write(folder.path().join("logs.ndjson"), logs).unwrap();
    run(
        &folder,
        &format!("report --input logs.ndjson --out out --quiet {args}"),
    );
    read(folder.path())
}

#[track_caller]
fn run(folder: &Folder, args: &str) {
    let args = args.split(' ').filter(|arg| !arg.is_empty());
    let args = args.map(|arg| match arg {
        "FIXTURE" => fixture().into_os_string(),
        arg => arg.into(),
    });
    let mut command = latscope();
    let output = command.args(args).current_dir(folder.path()).output().unwrap();
    assert_ne!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[track_caller]
fn of_fixture(args: &str) -> (Value, String) {
    let folder = Folder::new();
    run(
        &folder,
        &format!("report --baseline haiku --candidate nova-lite --input FIXTURE --out out --quiet {args}"),
    );
    read(folder.path())
}

/// One request of a version: its `REPORT`, and its record unless it wrote none.
fn request(number: u64, version: u64, duration_ms: f64, more: &str, record: Option<Value>) -> String {
    let id = request_id(number);
    let stream = format!("2026/11/20/[{version}]0123456789abcdef0123456789abcdef");
    let start = 1_795_165_200_000 + number as i64 * 30_000;
    let end = start + duration_ms.ceil() as i64;
    let mut lines = vec![event(
        number * 10,
        start,
        &stream,
        &format!("START RequestId: {id} Version: {version}\n"),
    )];
    if let Some(Value::Object(told)) = record {
        let mut record = Map::new();
        record.insert("schema".to_owned(), "latscope.timing/v1".into());
        record.insert("request_id".to_owned(), id.clone().into());
        record.extend(told);
        lines.push(event(
            number * 10 + 1,
            end,
            &stream,
            &format!("{}\n", Value::Object(record)),
        ));
    }
    let report = format!(
        "REPORT RequestId: {id}\tDuration: {duration_ms:.2} ms\tBilled Duration: {} ms\tMemory Size: 512 MB\t\
         Max Memory Used: 90 MB\t{more}\n",
        duration_ms.ceil()
    );
    lines.push(event(number * 10 + 2, end, &stream, &report));
    lines.concat()
}

/// As many requests to each of two models in turn, each with the record that is made of its place among those of its
/// model, whether it is the candidate's, and its duration.
fn two_models(each: u64, record: impl Fn(u64, bool, f64) -> (f64, Value)) -> String {
    (0..2 * each)
        .map(|number| {
            let (place, is_candidate) = (number / 2 * 37 % each, number % 2 == 1);
            let duration = if is_candidate { 500.0 } else { 900.0 } * (0.7 + place as f64 / each as f64);
            let (duration, told) = record(place, is_candidate, duration);
            let model = if is_candidate { NOVA } else { HAIKU };
            let mut whole = json!({"gen_ai.request.model": model, "cold_start": false, "status": "ok",
                "inference_ms": duration - 60.0});
            whole
                .as_object_mut()
                .unwrap()
                .extend(told.as_object().unwrap().clone());
            request(number, 7, duration, "", Some(whole))
        })
        .collect()
}

const MODELS: &str = "--baseline haiku --candidate nova-lite";

#[test]
fn the_fixture_gives_what_the_schema_says() {
    let (plain, _) = of_fixture("");
    assert_eq!(plain["gates"], Value::Null);
    assert_eq!(plain["what_if"], json!([]));
    assert_eq!(plain["sides"]["baseline"]["excerpt_invocations"], Value::Null);
    let (more, _) = of_fixture(
        "--what-if inference*0.5 --what-if init=0,overhead=0 --fail-on p95>+10% --fail-on p99(total,cold)>+10% \
         --fail-on inference_share>99% --architecture arm64 --since 2026-11-20T09:30:00Z",
    );
    assert_eq!(more["window"]["since"], "2026-11-20T09:30:00.000Z");
    let gates = more["gates"]["results"].as_array().unwrap();
    assert_eq!((gates.len(), &gates[0]["verdict"]), (3, &json!("pass")));
    assert_eq!(more["gates"]["verdict"], "inconclusive");
    assert_eq!(more["what_if"][1]["change"], "init=0,overhead=0");
    let p95 = |which: &str| {
        more["what_if"][0]["candidate"][which][1]["estimate"]
            .as_f64()
            .unwrap()
    };
    assert!(p95("then_ms") < 0.55 * p95("before_ms"));
    let architectures = more["cost"]["per_1000_requests"]["architectures"]
        .as_array()
        .unwrap();
    assert_eq!(architectures.len(), 1);
}

/// Every figure is a number that the page shows rounded.
#[test]
fn the_page_shows_the_same_figures() {
    let (json, page) = of_fixture("");
    let two = |number: f64| format!("{number:.2}");
    let whole = |number: f64| thousands(number);
    let tens = |number: f64| thousands((number / 10.0).round() * 10.0);
    let one = |number: f64| format!("{number:.1}");
    let percent = |number: f64| format!("{:.1} %", number * 100.0);
    let usd = |number: f64| format!("${number:.3}");
    type Form<'f> = &'f dyn Fn(f64) -> String;
    let shown: [(&str, Form<'_>, &str); 21] = [
        ("/quantiles/total/2/comparison/ratio", &two, "0.48"),
        ("/quantiles/total/2/comparison/ratio_ci95/0", &two, "0.44"),
        ("/quantiles/total/2/comparison/difference_ms", &tens, "-1,670"),
        ("/quantiles/total/2/baseline/estimate_ms", &tens, "3,230"),
        ("/quantiles/total/2/candidate/ci95_ms/1", &whole, "1,639"),
        ("/quantiles/total_warm/3/candidate/estimate_ms", &tens, "2,280"),
        ("/effects/candidate_faster/estimate", &percent, "83.9 %"),
        ("/prompt_pairs/paired/ratio", &two, "0.60"),
        ("/unattributed/if_all/2/baseline_ms/estimate", &tens, "3,240"),
        ("/answers/baseline/ms_per_output_token/estimate", &two, "9.69"),
        ("/answers/candidate/line/fixed_ms/estimate", &whole, "263"),
        ("/starts/0/candidate/total_ms/p50/estimate", &whole, "1,103"),
        (
            "/time_spent/baseline/inference_shares/0/of_total/estimate",
            &percent,
            "98.5 %",
        ),
        (
            "/time_spent/candidate/bedrock/own_ms/p95/estimate",
            &whole,
            "1,508",
        ),
        (
            "/time_spent/candidate/speedups/without_inference/estimate",
            &one,
            "46.5",
        ),
        ("/time_spent/baseline/tail/excess_ms", &whole, "4,706"),
        ("/time_spent/baseline/tail/largest_share", &percent, "84.8 %"),
        ("/billed/gb_seconds_per_1000_invocations/baseline", &whole, "843"),
        (
            "/cost/per_1000_requests/architectures/0/total_usd/baseline",
            &usd,
            "$0.324",
        ),
        ("/limits/baseline/own/longest_completed_share", &percent, "46.2 %"),
        ("/fan_out/2/candidate/median_ms/estimate", &whole, "1,480"),
    ];
    for (pointer, form, text) in shown {
        let number = json.pointer(pointer).and_then(Value::as_f64);
        let number = number.unwrap_or_else(|| panic!("no number at {pointer}"));
        assert_eq!(form(number), text, "{pointer}");
        assert!(page.contains(&text.replace('-', "−")), "{pointer}: {text}");
    }
    for (pointer, value) in [
        ("/sides/candidate/name", json!("nova-lite")),
        (
            "/sides/candidate/memory_mb",
            json!([{"value": 512, "invocations": 1200}]),
        ),
        ("/sides/candidate/function/0/value", Value::Null),
        ("/quantiles/total/2/primary", json!(true)),
        ("/quantiles/duration/2/primary", json!(false)),
        ("/quantiles/total/2/verdict", json!("improved")),
        ("/control/state", json!("unverified")),
        ("/time_spent/baseline/tail/largest_phase", json!("bedrock")),
        ("/rates/1/rate", json!("timeout_rate")),
        ("/rates/1/baseline/count", json!(3)),
        ("/limits/baseline/own/timeouts_s", json!([15])),
        ("/limits/baseline/gateway/0/possible", json!(3)),
        ("/figures/phases/file", json!("phases.svg")),
        ("/warnings", json!([])),
    ] {
        assert_eq!(json.pointer(pointer), Some(&value), "{pointer}");
    }
}

/// A whole number with commas behind the thousands.
fn thousands(number: f64) -> String {
    decimals(number, 0)
}

/// A number with so many decimals and commas behind the thousands.
fn decimals(number: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", number.abs());
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if number < 0.0 { "-" } else { "" };
    format!("{sign}{grouped}{rest}")
}

/// Every number of a document.
fn numbers(json: &Value, found: &mut Vec<f64>) {
    match json {
        Value::Number(number) => found.push(number.as_f64().unwrap()),
        Value::Array(items) => items.iter().for_each(|item| numbers(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| numbers(field, found)),
        _ => {}
    }
}

/// Numbers of a page outside code spans, figures and times of day, as they stand there. What belongs to a word, such as
/// p95, is none.
fn shown_numbers(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (position, text) in page.split('`').enumerate() {
        let is_code = position % 2 == 1;
        for word in text
            .lines()
            .filter(|line| !is_code && !line.starts_with("!["))
            .flat_map(str::split_whitespace)
        {
            let mut rest = word;
            while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
                let is_number = |c: char| c.is_ascii_digit() || ",.".contains(c);
                let number: String = rest[start..].chars().take_while(|c| is_number(*c)).collect();
                let (before, after) = (&rest[..start], &rest[start + number.len()..]);
                if !before.ends_with(char::is_alphanumeric)
                    && !after.starts_with(|c: char| "-:".contains(c) || c.is_alphabetic())
                {
                    found.push(number.trim_end_matches([',', '.']).to_owned());
                }
                rest = after;
            }
        }
    }
    found
}

/// Numbers of the page's own words: levels of confidence, the type of quantile, and how many requests or answers.
const OF_WORDS: [&str; 5] = ["95", "97.5", "8", "1,000", "2,000"];

#[test]
fn every_number_of_the_page_is_in_the_json() {
    let told = two_models(300, |place, is_candidate, duration| {
        let told = json!({
            "gen_ai.usage.input_tokens": 400 + place % 50, "gen_ai.usage.output_tokens": 100 + place * 53 % 100,
            "before_ms": 12, "after_ms": 4, "bedrock_latency_ms": duration - 100.0,
            "retry_ms": if place % 20 == 7 { 30 } else { 0 }, "retry_count": u64::from(place % 20 == 7),
        });
        match is_candidate && place % 10 == 3 {
            true => (4000.0, json!({"status": "timeout", "inference_ms": 3990.0})),
            false => (duration, told),
        }
    });
    for (json, page) in [
        of_fixture("--what-if inference*0.5 --fail-on p95>+10% --fail-on timeout_rate>0.1%"),
        report(&told, &format!("{MODELS} --what-if retry=0")),
    ] {
        let mut known = Vec::new();
        numbers(&json, &mut known);
        let texts = json.to_string();
        let mut forms: std::collections::HashSet<String> = OF_WORDS.map(str::to_owned).into();
        for number in known {
            for scaled in [number.abs(), number.abs() * 100.0, (number - 1.0).abs() * 100.0] {
                forms.extend((0..9).map(|places| decimals(scaled, places)));
                // The page rounds halves up.
                forms.insert(thousands(scaled.round()));
            }
        }
        let shown = shown_numbers(&page);
        assert!(shown.len() > 300, "{shown:?}");
        let missing: Vec<&String> = shown
            .iter()
            .filter(|number| !forms.contains(*number) && !texts.contains(number.as_str()))
            .collect();
        assert!(missing.is_empty(), "{page}\nnot in report.json: {missing:?}");
    }
}

#[test]
fn records_that_tell_much_fill_much() {
    let logs = two_models(300, |place, is_candidate, duration| {
        let told = json!({
            "gen_ai.usage.input_tokens": 400 + place % 50, "gen_ai.usage.output_tokens": 100 + place * 53 % 100,
            "time_to_first_token_ms": 100 + place, "prompt_hash": format!("{place:016x}"), "before_ms": 12, "after_ms": 4,
            "bedrock_latency_ms": duration - 100.0, "retry_ms": if place % 20 == 7 { 30 } else { 0 },
            "retry_count": u64::from(place % 20 == 7),
        });
        (
            if is_candidate && place % 100 == 3 {
                duration + 3000.0
            } else {
                duration
            },
            told,
        )
    });
    let (json, page) = report(&logs, MODELS);
    assert_eq!(json["time_spent"]["baseline"]["retries"]["retried"], 15);
    assert_eq!(json["answers"]["candidate"]["told_first_token"], 300);
    let first_token = &json["answers"]["candidate"]["first_token_ms"]["p50"]["estimate"];
    assert!(
        (first_token.as_f64().unwrap() - 249.5).abs() < 1.0,
        "{first_token}"
    );
    assert_eq!(json["prompt_pairs"]["paired"]["prompts"], 300);
    assert_eq!(json["adjusted"]["cold_share"], Value::Null);
    assert_eq!(
        json["adjusted"]["length"]["compared"].as_array().unwrap().len(),
        3
    );
    assert!(
        page.contains("requests with failed attempts of the model call"),
        "{page}"
    );
}

#[test]
fn versions_without_records_have_nulls_and_no_zeros() {
    let of = |version: u64, base: f64, told: bool| -> String {
        (0..100)
            .map(|place| {
                let duration = base + (place * 37 % 100) as f64;
                let record = told.then(|| json!({"inference_ms": duration - 20.0, "status": "ok"}));
                request(place * 2 + version % 2, version, duration, "", record)
            })
            .collect()
    };
    let args = "--baseline version=7 --candidate version=8";
    // Nobody tells an inference time.
    let (json, _) = report(&(of(7, 900.0, false) + &of(8, 500.0, false)), args);
    assert_eq!(json["sides"]["baseline"]["model_ids"], json!([]));
    assert_eq!(json["sides"]["baseline"]["inference_ms"], Value::Null);
    assert_eq!(json["quantiles"]["inference"][2]["baseline"], Value::Null);
    assert_eq!(json["quantiles"]["inference"][2]["comparison"], Value::Null);
    assert_eq!(json["time_spent"]["baseline"]["of_total_time"], Value::Null);
    assert_eq!(json["time_spent"]["baseline"]["speedups"], Value::Null);
    assert_eq!(json["answers"], json!({"baseline": null, "candidate": null}));
    assert_eq!(json["unattributed"], Value::Null);
    let cost = &json["cost"]["per_1000_requests"];
    assert_eq!(cost["bedrock_tokens_usd"]["baseline"], Value::Null);
    assert_eq!(cost["architectures"][0]["total_usd"]["difference"], Value::Null);
    assert!(cost["gb_seconds"]["baseline"].as_f64().unwrap() > 0.0);
    // One side does.
    let (json, _) = report(&(of(7, 900.0, true) + &of(8, 500.0, false)), args);
    assert_eq!(json["quantiles"]["inference"][2]["baseline"]["n"], 100);
    assert_eq!(json["quantiles"]["inference"][2]["candidate"], Value::Null);
    assert_eq!(json["quantiles"]["inference"][2]["verdict"], Value::Null);
}

#[test]
fn timeouts_leave_ends_and_estimates_open() {
    let logs = two_models(100, |place, is_candidate, duration| {
        match is_candidate && place < 20 {
            true => (3000.0, json!({"status": "timeout", "inference_ms": 2990.0})),
            false => (duration, json!({})),
        }
    });
    let (json, _) = report(&logs, MODELS);
    let p95 = &json["quantiles"]["total"][2];
    assert_eq!(p95["candidate"]["is_lower_bound"], true);
    assert_eq!(p95["candidate"]["ci95_ms"][1], Value::Null);
    assert_eq!(p95["comparison"]["ratio"], Value::Null);
    assert_eq!(p95["comparison"]["difference_ms"], Value::Null);
    assert_eq!(p95["comparison"]["ratio_ci95"][1], Value::Null);
    assert!(
        p95["comparison"]["ratio_ci95"][0].as_f64().unwrap() > 1.0,
        "{p95}"
    );
    assert_eq!(json["limits"]["candidate"]["longest_is_lower_bound"], true);
    assert_eq!(json["limits"]["candidate"]["own"], Value::Null);
}

#[test]
fn few_requests_and_several_limits_are_told() {
    let (few, _) = report(&two_models(5, |_, _, duration| (duration, json!({}))), MODELS);
    let doubt = &few["time_spent"]["baseline"]["tail"]["doubt"];
    assert_eq!(
        (&doubt["kind"], &doubt["requests"]),
        (&json!("few_requests"), &json!(5))
    );
    assert_eq!(few["time_spent"]["baseline"]["tail"]["phase_shares"], Value::Null);
    assert_eq!(
        few["quantiles"]["total"][2]["baseline"]["ci95_ms"][1],
        Value::Null
    );
    assert_eq!(few["several_limits"], Value::Null);
    let logs = two_models(300, |place, is_candidate, duration| {
        match (is_candidate, place * 7 % 300) {
            (true, 0..3) => (1200.0, json!({"status": "timeout", "inference_ms": 1190.0})),
            (true, 3..27) => (2000.0 + place as f64, json!({"inference_ms": 1900.0})),
            _ => (duration, json!({})),
        }
    });
    let (several, page) = report(&logs, MODELS);
    assert!(page.contains("Kaplan"), "{page}");
    assert_eq!(several["several_limits"]["baseline"], Value::Null);
    let limited = &several["several_limits"]["candidate"];
    assert_eq!(
        (&limited["smallest_limit_ms"], &limited["stopped"]),
        (&json!(1200.0), &json!(3))
    );
    let undecided = several["several_limits"]["undecided"].as_array().unwrap();
    assert!(undecided.contains(&json!(0.95)), "{undecided:?}");
    assert_eq!(several["quantiles"]["total"][2]["verdict"], "inconclusive");
}

#[test]
fn a_counted_baseline_tells_its_excerpt() {
    let folder = Folder::new();
    run(
        &folder,
        "baseline save counted --select haiku --exact-up-to 400 --input FIXTURE",
    );
    run(
        &folder,
        "report --baseline saved=counted --candidate nova-lite --input FIXTURE --out out --quiet",
    );
    let (json, _) = read(folder.path());
    assert_eq!(json["sides"]["baseline"]["invocations"], 1199);
    let kept = json["sides"]["baseline"]["excerpt_invocations"].as_u64().unwrap();
    assert!((400..410).contains(&kept), "{kept}");
    assert_eq!(json["quantiles"]["total"][2]["baseline"]["n"], 1197);
    assert_eq!(json["limits"]["baseline"]["own"], Value::Null);
}

#[test]
fn names_of_logs_stay_names() {
    let hostile = "<b>\u{1b}[31m\u{202e}x\"\\";
    let logs = two_models(40, |_, is_candidate, duration| {
        let told = if is_candidate {
            json!({})
        } else {
            json!({"gen_ai.request.model": hostile})
        };
        (duration, told)
    });
    let run = Run::new("report --input logs.ndjson --out out --quiet --candidate nova-lite --baseline");
    let done = run.arg(hostile).file("logs.ndjson", logs).done().code(0);
    let text = done.read("out/report.json");
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    let json: Value = serde_json::from_str(&text).unwrap();
    let name = json["sides"]["baseline"]["name"].as_str().unwrap();
    assert!(name.contains("<b>\u{1b}[31m\u{202e}x\"\\"), "{name:?}");
}

/// Every object of the schema.
fn objects<'s>(schema: &'s Value, at: &str, found: &mut Vec<(String, &'s Map<String, Value>)>) {
    match schema {
        Value::Object(rules) => {
            if rules
                .get("properties")
                .is_some_and(|properties| !properties["type"].is_string())
            {
                found.push((at.to_owned(), rules));
            }
            for (name, inner) in rules {
                objects(inner, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) => items.iter().for_each(|inner| objects(inner, at, found)),
        _ => {}
    }
}

/// Words that tell the unit of a number.
const UNITS: [&str; 16] = [
    " ms",
    "share",
    "0 to 1",
    "ratio",
    "Candidate over baseline",
    "imes as fast",
    "US dollars",
    "GB-second",
    "unit of its field",
    "on scale",
    "seconds",
    "Percent",
    "percent",
    "independent",
    "milliseconds",
    "tokens per",
];

#[test]
fn the_schema_describes_every_field_with_its_unit_and_allows_no_other() {
    let schema = schema();
    let mut found = Vec::new();
    objects(&schema, "", &mut found);
    assert!(found.len() > 60, "{}", found.len());
    for (at, rules) in found {
        assert_eq!(rules["additionalProperties"], false, "{at}");
        let properties = rules["properties"].as_object().unwrap();
        let mut names: Vec<&str> = properties.keys().map(String::as_str).collect();
        names.sort_unstable();
        match rules.get("required") {
            Some(required) => {
                let required = required.as_array().unwrap().iter().filter_map(Value::as_str);
                let mut required: Vec<&str> = required.collect();
                required.sort_unstable();
                assert_eq!(names, required, "{at}");
            }
            None => {
                let text = rules["description"].as_str().unwrap_or_default().to_lowercase();
                assert!(
                    text.contains("one of"),
                    "{at}: nothing is required, and it is no choice"
                );
            }
        }
        for (name, property) in properties {
            let text = property["description"].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{at}: {name} is not described");
            let types = property["type"].to_string();
            let is_told = UNITS.iter().any(|unit| text.contains(unit)) || name.ends_with("_ms");
            assert!(
                !types.contains("\"number\"") || is_told,
                "{at}: {name} has no unit: {text}"
            );
        }
    }
}
