//! "The whole path" of a report: what was recorded outside the function, joined to it.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::schema::faults;
use common::{Done, Run, event, request_id, root};
use serde_json::{Map, Value, json};

const HAIKU: &str = "anthropic.claude-3-haiku-20240307-v1:0";
const NOVA: &str = "amazon.nova-lite-v1:0";
const STREAM: &str = "2026/11/20/[7]0123456789abcdef0123456789abcdef";
const START: i64 = 1_795_165_200_000;

/// What a request took at each stage, in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Stages {
    waiting: f64,
    network: f64,
    gateway: f64,
    way: f64,
    init: f64,
    before: f64,
    bedrock: f64,
    around: f64,
    after: f64,
    unexplained: f64,
}

impl Stages {
    fn duration(&self) -> f64 {
        self.before + self.bedrock + self.around + self.after + self.unexplained
    }

    fn integration(&self) -> f64 {
        self.way + self.init + self.duration()
    }

    fn response(&self) -> f64 {
        self.integration() + self.gateway
    }

    fn service(&self) -> f64 {
        self.response() + self.network
    }
}

/// What a request took. Every twentieth of the candidate waits long on its way to the function.
fn stages(n: usize, is_candidate: bool) -> Stages {
    let spread = (n * 37 % 100) as f64;
    Stages {
        waiting: 1.0,
        network: 30.0,
        gateway: 3.0,
        way: if is_candidate && n % 20 == 11 { 900.0 } else { 12.0 },
        init: 0.0,
        before: 5.0,
        bedrock: if is_candidate { 400.0 } else { 800.0 } + spread,
        around: 10.0,
        after: 2.0,
        unexplained: 1.0,
    }
}

/// The records of requests to two models in turn.
#[derive(Debug, Default)]
struct Logs {
    function: Vec<String>,
    access: Vec<String>,
    client: Vec<String>,
}

fn run_line(event: &str, more: &Value) -> String {
    let mut line = json!({"schema": "latscope.client-run/v1", "event": event, "run_id": "r"});
    line.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    line.to_string()
}

fn ended(is_valid: bool) -> String {
    run_line(
        "end",
        &json!({
            "ended_at": "2026-11-20T10:00:00.000Z", "ending": "complete", "is_valid": is_valid, "reasons": [],
            "requests": 1, "ok": 1, "throttled": 0, "http_errors": 0, "timeouts": 0, "broken": 0, "cancelled": 0,
            "late_limit_ms": 5.0, "late_requests": 0,
        }),
    )
}

impl Logs {
    /// `each` requests to each model, all of which were answered.
    fn of(each: usize) -> Self {
        let mut logs = Self::default();
        logs.client.push(run_line("start", &json!({})));
        for n in 0..2 * each {
            logs.answered(n);
        }
        logs.client.push(ended(true));
        logs
    }

    fn answered(&mut self, n: usize) {
        let is_candidate = n % 2 == 1;
        let took = stages(n / 2, is_candidate);
        let model = if is_candidate { NOVA } else { HAIKU };
        let id = request_id(n as u64 + 1);
        let ended = START + n as i64 * 2_000;
        let timing = json!({
            "schema": "latscope.timing/v1", "request_id": id, "call_index": 0, "gen_ai.request.model": model,
            "inference_ms": took.bedrock + took.around, "bedrock_latency_ms": took.bedrock, "before_ms": took.before,
            "after_ms": took.after, "status": "ok",
        });
        let report = format!(
            "REPORT RequestId: {id}\tDuration: {:.2} ms\tBilled Duration: {:.0} ms\tMemory Size: 512 MB\tMax Memory Used: 90 MB\t\n",
            took.duration(),
            took.duration().ceil()
        );
        self.function
            .push(event(2 * n as u64, ended - 1, STREAM, &timing.to_string()));
        self.function
            .push(event(2 * n as u64 + 1, ended, STREAM, &report));
        self.access.push(
            json!({
                "requestId": format!("g{n}="), "requestTimeEpoch": (ended - 900).to_string(), "routeKey": "POST /",
                "status": "200", "responseLatency": format!("{:.0}", took.response()),
                "integrationLatency": format!("{:.0}", took.integration()), "integrationRequestId": id,
            })
            .to_string(),
        );
        let line = client(n, model, took.service() + took.waiting, took.service());
        self.client.push(with(
            &line,
            &json!({"api_gateway_request_id": format!("g{n}="), "lambda_request_id": id}),
        ));
    }

    fn report(&self) -> Done {
        self.report_with("")
    }

    fn report_with(&self, more: &str) -> Done {
        self.run(&format!(
            "report --baseline haiku --candidate nova-lite --out out {more}"
        ))
    }

    fn run(&self, command: &str) -> Done {
        let mut run = Run::new(command);
        for (name, lines) in [
            ("function.ndjson", &self.function),
            ("access.log", &self.access),
            ("run.ndjson", &self.client),
        ] {
            if !lines.is_empty() {
                run = run
                    .file(name, &(lines.join("\n") + "\n"))
                    .arg("--input")
                    .arg(name);
            }
        }
        run.done()
    }

    fn path(&self) -> Value {
        let done = self.report().code(0);
        let report: Value = serde_json::from_str(&done.read("out/report.json")).unwrap();
        let schema = std::fs::read_to_string(root().join("docs/report.schema.json")).unwrap();
        let schema: Value = serde_json::from_str(&schema).unwrap();
        assert_eq!(faults(&schema, &report), Vec::<String>::new());
        report["path"].clone()
    }
}

fn client(n: usize, model: &str, latency: f64, service: f64) -> Value {
    json!({
        "schema": "latscope.client/v1", "run_id": "r", "sequence": n, "phase": "steady", "block": n / 8, "model_name": "m",
        "gen_ai.request.model": model, "prompt_number": 1, "prompt_length": 1, "prompt_hash": "0",
        "intended_at": format!("2026-11-20T09:{:02}:{:02}.{:03}Z", n / 60 % 60, n % 60, n % 1000), "intended_ms": n as f64,
        "service_ms": service, "latency_ms": latency, "outcome": "ok", "http_status": 200, "request_bytes": 1,
        "response_bytes": 1,
    })
}

fn with(record: &Value, more: &Value) -> String {
    let mut fields: Map<String, Value> = record.as_object().unwrap().clone();
    fields.extend(more.as_object().unwrap().clone());
    Value::Object(fields).to_string()
}

fn stage<'p>(path: &'p Value, side: &str, stage: &str) -> &'p Value {
    let stages = path["sides"][side]["stages"].as_array().unwrap();
    stages.iter().find(|found| found["stage"] == stage).unwrap()
}

#[track_caller]
fn assert_near(found: &Value, expected: f64, by: f64) {
    let found = found.as_f64().unwrap();
    assert!(
        (found - expected).abs() <= by,
        "{found} is not {expected} within {by}"
    );
}

#[test]
fn every_stage_is_found_and_what_makes_the_tail() {
    let path = Logs::of(400).path();
    assert_eq!(
        (&path["begins_at"], &path["has_gateway"]),
        (&json!("client"), &json!(true))
    );
    for side in ["baseline", "candidate"] {
        let is_candidate = side == "candidate";
        let of = |value: fn(&Stages) -> f64| {
            let values = (0..400).map(|n| value(&stages(n, is_candidate)));
            values.sum::<f64>() / 400.0
        };
        for (name, expected, by) in [
            ("waiting", of(|took| took.waiting), 0.001),
            // API Gateway tells whole milliseconds, as all of these are.
            ("network", of(|took| took.network), 0.001),
            ("gateway", of(|took| took.gateway), 0.001),
            ("way_to_the_function", of(|took| took.way), 0.001),
            ("init", 0.0, 0.0),
            ("before", of(|took| took.before), 0.001),
            ("bedrock", of(|took| took.bedrock), 0.001),
            ("around_bedrock", of(|took| took.around), 0.001),
            ("after", of(|took| took.after), 0.001),
            ("unexplained", of(|took| took.unexplained), 0.001),
        ] {
            assert_near(&stage(&path, side, name)["mean_ms"], expected, by);
        }
        for name in [
            "outside_the_function",
            "network_and_gateway",
            "inference",
            "not_found",
        ] {
            assert_eq!(stage(&path, side, name)["mean_ms"], Value::Null, "{name}");
        }
        assert_eq!(path["sides"][side]["in_sample"], 400);
        assert_eq!(path["sides"][side]["ended"]["answered"], 400);
    }
    let tail = |side: &str| path["sides"][side]["tail"]["largest_stage"].clone();
    assert_eq!(
        (tail("baseline"), tail("candidate")),
        (json!("bedrock"), json!("way_to_the_function"))
    );
    let points: Vec<&str> = path["points"]
        .as_array()
        .unwrap()
        .iter()
        .map(|point| point["point"].as_str().unwrap())
        .collect();
    assert_eq!(
        points,
        [
            "client_latency",
            "client_service",
            "gateway_response",
            "integration",
            "function",
            "inference",
            "bedrock"
        ]
    );
}

#[test]
fn the_page_tells_the_path_and_draws_it() {
    let logs = Logs::of(400);
    let done = logs.report().code(0);
    let page = done.read("out/report.md");
    let (_, section) = page.split_once("## The whole path\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    assert!(
        section.contains("| way to the function | 12.0 | 56.4 |"),
        "{section}"
    );
    assert!(
        section.contains("the largest part of that is the way to the function"),
        "{section}"
    );
    assert!(section.contains("![The whole path: "), "{section}");
    assert!(
        section.contains("| answered | 400 (100 %) | 400 (100 %) |"),
        "{section}"
    );
    assert!(!section.contains("| unknown"), "{section}");
    assert!(
        page.contains("Client records read: 802 = 800 joined to an invocation + 0 not + 2 of runs"),
        "{page}"
    );
    assert!(
        page.contains("Access log records of API Gateway read: 800, of which 800 joined to an invocation")
    );
    let svg = done.read("out/path.svg");
    assert!(svg.contains("way to the function") && svg.contains("p99"));
    // The page and its figures are those of report.json alone.
    let json = done.read("out/report.json");
    let again = Run::new("render report.json --out again")
        .file("report.json", &json)
        .done()
        .code(0);
    for file in ["report.md", "report.html", "path.svg"] {
        assert_eq!(
            again.read(&format!("again/{file}")),
            done.read(&format!("out/{file}")),
            "{file}"
        );
    }
}

#[test]
fn what_was_not_recorded_is_unknown_and_not_nothing() {
    let mut logs = Logs::of(30);
    logs.access.clear();
    let path = logs.path();
    for name in ["network", "gateway", "way_to_the_function"] {
        assert_eq!(stage(&path, "baseline", name)["mean_ms"], Value::Null, "{name}");
    }
    assert_near(
        &stage(&path, "baseline", "outside_the_function")["mean_ms"],
        45.0,
        0.001,
    );
    let page = logs.report().read("out/report.md");
    assert!(
        page.contains("| gateway | unknown | unknown | unknown | unknown | unknown |"),
        "{page}"
    );
    assert!(page.contains("no access log was read"), "{page}");

    let mut logs = Logs::of(30);
    logs.client.clear();
    let path = logs.path();
    assert_eq!(path["begins_at"], "gateway");
    for name in ["waiting", "network"] {
        assert_eq!(stage(&path, "baseline", name)["mean_ms"], Value::Null, "{name}");
    }
    assert_near(&stage(&path, "baseline", "gateway")["mean_ms"], 3.0, 0.001);

    let mut logs = Logs::of(30);
    logs.access.clear();
    logs.client.clear();
    assert_eq!(logs.path(), Value::Null);
    let done = logs.report();
    assert!(!done.read("out/report.md").contains("The whole path"));
}

#[test]
fn requests_that_never_reached_lambda_appear_where_they_ended() {
    let mut logs = Logs::of(30);
    let end = logs.client.pop().unwrap();
    let mut failed = |n: usize, model: &str, more: Value, access: Option<Value>| {
        let line = client(n, model, 40.0, 40.0);
        logs.client.push(with(&line, &more));
        logs.access.extend(access.map(|access| access.to_string()));
    };
    let refused = |id: &str, status: &str| {
        json!({"requestId": id, "routeKey": "POST /", "status": status, "responseLatency": "1", "integrationLatency": "-",
            "integrationRequestId": "-"})
    };
    failed(
        100,
        NOVA,
        json!({"outcome": "throttled", "http_status": 429, "api_gateway_request_id": "t1"}),
        Some(refused("t1", "429")),
    );
    failed(
        101,
        NOVA,
        json!({"outcome": "http_error", "http_status": 403, "api_gateway_request_id": "t2"}),
        Some(refused("t2", "403")),
    );
    failed(102, HAIKU, json!({"outcome": "timeout"}), None);
    failed(103, HAIKU, json!({"outcome": "broken"}), None);
    let called = json!({"requestId": "t3", "routeKey": "POST /", "status": "503", "responseLatency": "9",
        "integrationLatency": "8", "integrationRequestId": request_id(9_999)});
    failed(
        104,
        HAIKU,
        json!({"outcome": "http_error", "http_status": 503, "api_gateway_request_id": "t3"}),
        Some(called),
    );
    failed(105, HAIKU, json!({"outcome": "cancelled"}), None);
    failed(106, HAIKU, json!({"phase": "warm_up"}), None);
    failed(107, HAIKU, json!({"phase": "burst"}), None);
    // Nobody knows what these asked for.
    logs.access.push(refused("t4", "429").to_string());
    logs.client.push(end);
    let path = logs.path();
    let ended = |side: &str| {
        let ended = path["sides"][side]["ended"].as_object().unwrap();
        let told = ended.iter().filter(|(_, count)| **count != 0);
        told.map(|(way, count)| format!("{way} {count}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        ended("candidate"),
        ["answered 30", "refused_by_gateway 1", "throttled_by_gateway 1"]
    );
    assert_eq!(
        ended("baseline"),
        [
            "answered 30",
            "before_function 1",
            "broken 1",
            "cancelled 1",
            "given_up 1"
        ]
    );
    assert_eq!(path["of_no_side"]["throttled_by_gateway"], 1);
    let baseline = &path["sides"]["baseline"];
    assert_eq!((&baseline["warm_up"], &baseline["burst"]), (&json!(1), &json!(1)));
    // What the caller gave up would have taken longer.
    assert_eq!(baseline["in_sample"], 31);
    let page = logs.report().read("out/report.md");
    assert!(
        page.contains("| throttled by API Gateway | 0 | 1 (3.12 %) | 1 (100 %) |"),
        "{page}"
    );
}

#[test]
fn a_run_that_could_not_keep_its_schedule_is_warned_of() {
    let mut logs = Logs::of(30);
    logs.client.pop();
    assert_eq!(logs.path()["cut_runs"], 1);
    logs.client.push(ended(false));
    let done = logs.report().code(0);
    let page = done.read("out/report.md");
    assert!(
        page.contains("1 run of a client could not keep the schedule"),
        "{page}"
    );
}

#[test]
fn records_that_contradict_each_other_are_counted_and_not_told_apart() {
    let mut logs = Logs::of(30);
    logs.access[0] = logs.access[0].replace("\"integrationLatency\":\"", "\"integrationLatency\":\"9");
    let path = logs.path();
    assert_eq!(path["sides"]["baseline"]["untrue"], 1);
    assert!(stage(&path, "baseline", "not_found")["mean_ms"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_warm_up_counts_nowhere_and_a_burst_is_warned_of() {
    let mut logs = Logs::of(30);
    for (line, phase) in [(1, "warm_up"), (2, "warm_up"), (3, "burst")] {
        logs.client[line] = logs.client[line].replace("steady", phase);
    }
    let done = logs.report().code(0);
    let report: Value = serde_json::from_str(&done.read("out/report.json")).unwrap();
    let of = |pointer: &str| report.pointer(pointer).unwrap().clone();
    assert_eq!(of("/ledger/invocations"), 60);
    assert_eq!(of("/sides/baseline/invocations"), 29);
    assert_eq!(of("/sides/candidate/invocations"), 29);
    assert_eq!(of("/path/sides/baseline/warm_up"), 1);
    assert_eq!(of("/path/sides/baseline/burst"), 1);
    assert_eq!(of("/path/sides/baseline/in_sample"), 28);
    assert_eq!(of("/path/sides/baseline/invocations_without"), 0);
    assert_eq!(of("/path/sides/candidate/in_sample"), 29);
    let page = done.read("out/report.md");
    assert!(
        page.contains("2 invocations of a client's warm-up are left out"),
        "{page}"
    );
    assert!(
        page.contains("claude-3-haiku: 1 invocation of a client's bursts counts in all but the whole path"),
        "{page}"
    );
}

#[test]
fn the_order_and_the_files_of_records_decide_nothing() {
    let logs = Logs::of(40);
    let path = logs.path();
    let mut turned = Logs {
        function: logs.function.iter().rev().cloned().collect(),
        access: logs.access.iter().rev().cloned().collect(),
        client: logs.client.iter().rev().cloned().collect(),
    };
    assert_eq!(turned.path(), path);
    // All in one file, and some of it twice.
    turned.client.extend(logs.access.iter().cloned());
    turned.client.extend(logs.client.iter().take(9).cloned());
    turned.access.clear();
    assert_eq!(turned.path(), path);
}

#[test]
fn several_candidates_have_a_path_each() {
    let logs = Logs::of(40);
    let (mini, micro) = ("amazon.nova-lite-v1:0", "amazon.nova-micro-v1:0");
    let half = |lines: &[String]| -> Vec<String> {
        let renamed = |(at, line): (usize, &String)| match at % 8 {
            0..4 => line.replace(mini, micro),
            _ => line.clone(),
        };
        lines.iter().enumerate().map(renamed).collect()
    };
    let function = half(&logs.function);
    let run = Run::new(
        "report --baseline haiku --all-models --out out --input function.ndjson access.log run.ndjson",
    );
    let run = run.file("function.ndjson", &(function.join("\n") + "\n"));
    let run = run.file("access.log", &(logs.access.join("\n") + "\n"));
    let done = run
        .file("run.ndjson", &(logs.client.join("\n") + "\n"))
        .done()
        .code(0);
    assert!(done.read("out/report.md").contains("(path.svg)"));
    let both: Vec<String> = ["nova-lite", "nova-micro"]
        .map(|name| done.read(&format!("out/{name}/report.md")))
        .to_vec();
    for page in both {
        assert!(page.contains("## The whole path"), "{page}");
    }
}

/// The time that a quantile of a point has on a side, and whether it is a lower bound.
fn quantile(path: &Value, point: &str, side: &str, p: f64) -> (f64, bool) {
    let points = path["points"].as_array().unwrap();
    let point = points.iter().find(|found| found["point"] == point).unwrap();
    let quantiles = point["quantiles"].as_array().unwrap();
    let found = quantiles.iter().find(|found| found["p"] == p).unwrap();
    let of = &found[side];
    (
        of["estimate"].as_f64().unwrap(),
        of["is_lower_bound"].as_bool().unwrap(),
    )
}

/// Logs of 30 requests to each model, of which three to the baseline ran into their function's limit.
fn stopped_in_the_function() -> Logs {
    let mut logs = Logs::of(30);
    // The function of three of the baseline's requests is killed at 15 s, and its caller gets an error.
    for n in [0, 2, 4] {
        let report = &mut logs.function[2 * n + 1];
        let duration = format!("Duration: {:.2} ms\\t", stages(n / 2, false).duration());
        assert!(report.contains(&duration), "{report} {duration}");
        *report = report
            .replace(&duration, "Duration: 15000.00 ms\\t")
            .replace("90 MB\\t", "90 MB\\tStatus: timeout\\t");
        let access = &mut logs.access[n];
        let mut record: Value = serde_json::from_str(access).unwrap();
        record["status"] = json!("500");
        record["responseLatency"] = json!("15020");
        record["integrationLatency"] = json!("15012");
        *access = record.to_string();
        let client = &mut logs.client[n + 1];
        *client = with(
            &serde_json::from_str(client).unwrap(),
            &json!({"outcome": "http_error", "http_status": 500, "latency_ms": 15_051.0, "service_ms": 15_050.0}),
        );
    }
    logs
}

#[test]
fn what_callers_saw_is_the_same_in_summary_and_report() {
    let mut logs = stopped_in_the_function();
    // API Gateway gave up two of the candidate's, and a third was throttled by it.
    for (n, access, client) in [
        (
            1,
            json!({"status": "503", "integrationStatus": "-"}),
            json!({"outcome": "http_error", "http_status": 503}),
        ),
        (
            3,
            json!({"status": "503", "integrationStatus": "-"}),
            json!({"outcome": "http_error", "http_status": 503}),
        ),
        (
            5,
            json!({"status": "429"}),
            json!({"outcome": "throttled", "http_status": 429}),
        ),
    ] {
        let changed = |line: &str, more| with(&serde_json::from_str(line).unwrap(), more);
        logs.access[n] = changed(&logs.access[n], &access);
        logs.client[n + 1] = changed(&logs.client[n + 1], &client);
    }
    let path = logs.path();
    let summary = logs.run("summary --format json").code(0).json();
    for (side, model) in [("baseline", "claude-3-haiku"), ("candidate", "nova-lite")] {
        let groups = summary["clients"]["groups"].as_array().unwrap();
        let group = groups.iter().find(|group| group["model"] == model).unwrap();
        assert_eq!(group["ended"], path["sides"][side]["ended"], "{side}");
        assert_eq!(group["latency_ms"]["count"], path["sides"][side]["in_sample"]);
        for (p, name) in [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")] {
            let (time, is_bound) = quantile(&path, "client_latency", side, p);
            assert_near(&group["latency_ms"][name], time, 0.0);
            let censored = group["latency_ms"]["censored"].as_array().unwrap();
            assert_eq!(censored.contains(&json!(name)), is_bound, "{side} {name}");
        }
    }
    // Models are in the order of their names.
    let of = |model: usize, key: &str| summary["clients"]["groups"][model][key].as_u64().unwrap();
    let counts = |model| ["answered", "timeouts", "throttled", "other_failures"].map(|key| of(model, key));
    assert_eq!([counts(0), counts(1)], [[27, 2, 1, 0], [27, 3, 0, 0]]);
}

#[test]
fn what_was_stopped_is_a_lower_bound_wherever_it_was_stopped() {
    let logs = stopped_in_the_function();
    let path = logs.path();
    assert_eq!(path["sides"]["baseline"]["ended"]["function_timeout"], 3);
    assert_eq!(path["sides"]["baseline"]["in_sample"], 30);
    for point in ["client_latency", "gateway_response", "integration", "function"] {
        let (time, is_bound) = quantile(&path, point, "baseline", 0.95);
        assert!(is_bound && time >= 15_000.0, "{point}: {time} {is_bound}");
    }
    let page = logs.report().read("out/report.md");
    assert!(
        page.contains("≥: requests that were given up are among them"),
        "{page}"
    );
    let said = "under --outcome all too";
    assert!(!page.contains(said), "{page}");
    let of_all = logs.report_with("--outcome all").code(0);
    assert!(of_all.read("out/report.md").contains(said));
    let report: Value = serde_json::from_str(&of_all.read("out/report.json")).unwrap();
    assert_eq!(report["path"], path);
    logs.run("summary --outcome all").code(0).stdout_has(said);
}

#[test]
fn an_error_of_the_functions_own_is_no_limit_of_the_gateway() {
    let mut logs = Logs::of(30);
    logs.client.clear();
    let change = |logs: &mut Logs, n: usize, more: Value| {
        let record: Value = serde_json::from_str(&logs.access[n]).unwrap();
        logs.access[n] = with(&record, &more);
    };
    change(&mut logs, 0, json!({"status": "504", "integrationStatus": "200"}));
    change(
        &mut logs,
        2,
        json!({"status": "503", "integrationStatus": "-", "responseLatency": "30002", "integrationLatency": "30000"}),
    );
    change(&mut logs, 4, json!({"status": "403", "integrationStatus": "200"}));
    let path = logs.path();
    let ended = &path["sides"]["baseline"]["ended"];
    let counts = ["answered", "gateway_limit", "after_function"].map(|way| ended[way].as_u64().unwrap());
    assert_eq!(counts, [27, 1, 2]);
    assert_eq!(
        (
            &path["sides"]["baseline"]["in_sample"],
            &path["sides"]["baseline"]["failed"]
        ),
        (&json!(28), &json!(2))
    );
    assert_eq!(path["sides"]["baseline"]["untrue"], 0);
    assert!(quantile(&path, "gateway_response", "baseline", 0.99).1);
}

#[test]
fn what_a_client_gave_up_is_not_counted_again_by_what_the_gateway_says() {
    let mut logs = Logs::of(30);
    // There was no response, so no ids.
    let given_up = client(0, HAIKU, 60_000.0, 60_000.0);
    logs.client[1] = with(&given_up, &json!({"outcome": "timeout"}));
    let path = logs.path();
    let baseline = &path["sides"]["baseline"];
    assert_eq!(
        (&baseline["ended"]["answered"], &baseline["ended"]["given_up"]),
        (&json!(29), &json!(1))
    );
    assert_eq!(
        (&baseline["requests"], &baseline["without_client"]),
        (&json!(30), &json!(1))
    );
    // Around p99 it alone tells nothing further in; around p50 the others do.
    let network = stage(&path, "baseline", "network");
    assert_eq!(
        (&network["told"], &baseline["in_sample"]),
        (&json!(29), &json!(30))
    );
    let page = logs.report().read("out/report.md");
    assert!(
        page.contains("(29 of 30)") && page.contains("only n of the m requests tell it"),
        "{page}"
    );
    assert!(page.contains("1 more that no client recorded left out"), "{page}");
}

#[test]
fn a_few_records_of_clients_do_not_stand_for_all() {
    let mut logs = Logs::of(30);
    logs.client.truncate(5);
    logs.client.push(ended(true));
    let path = logs.path();
    assert_eq!(
        (&path["begins_at"], &path["sides"]["baseline"]["in_sample"]),
        (&json!("gateway"), &json!(30))
    );
    for line in 1..5 {
        logs.client[line] = logs.client[line].replace("steady", "warm_up");
    }
    let path = logs.path();
    assert_eq!(
        (&path["begins_at"], &path["sides"]["baseline"]["in_sample"]),
        (&json!("gateway"), &json!(28))
    );
}

#[test]
fn what_selects_invocations_leaves_out_what_has_none_and_says_so() {
    let mut logs = Logs::of(30);
    let end = logs.client.pop().unwrap();
    logs.client.push(with(
        &client(100, NOVA, 40.0, 40.0),
        &json!({"outcome": "broken"}),
    ));
    logs.client.push(end);
    assert_eq!(logs.path()["unassigned"], 0);
    let done = logs.report_with("--where memory=512").code(0);
    let report: Value = serde_json::from_str(&done.read("out/report.json")).unwrap();
    assert_eq!(report["path"]["unassigned"], 1);
    assert_eq!(report["path"]["sides"]["candidate"]["ended"]["broken"], 0);
    assert!(
        done.read("out/report.md")
            .contains("1 request without an invocation left out")
    );
}

#[test]
fn records_of_one_id_that_say_something_else_are_warned_of() {
    let mut logs = Logs::of(30);
    logs.client
        .push(logs.client[1].replace("\"latency_ms\":", "\"latency_ms\":1"));
    logs.client.push(logs.client[2].clone());
    let done = logs.report().code(0);
    let report: Value = serde_json::from_str(&done.read("out/report.json")).unwrap();
    assert_eq!(report["ledger"]["duplicates"], 2);
    assert!(
        done.read("out/report.md")
            .contains("1 record of clients or API Gateway has the ids of another one")
    );
}
