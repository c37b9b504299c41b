//! From the caller to the model and back: `latscope drive`, a gateway, the handler under the emulator, and Bedrock, with a
//! delay put in at each place. What each of them wrote tells of the same requests, and latscope finds what was put in.

// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use common::analyser::{drive, latscope};
use common::bedrock::{Bedrock, Reply, answer};
use common::gateway::{Delays, Fate, Gateway, Passage};
use common::measured::ms;
use common::rie::{Function, HAIKU, NOVA};
use serde_json::Value;

/// What is put in, in milliseconds.
const NETWORK_MS: u64 = 15;
const GATEWAY_MS: u64 = 10;
const BETWEEN_MS: u64 = 20;
const HAIKU_MS: u64 = 90;
const NOVA_MS: u64 = 30;

/// Requests that count, and those before them, the first of which meets a cold start.
const REQUESTS: usize = 48;
const WARM_UP: usize = 4;

/// Which requests the gateway throttles, of all, from 0.
const THROTTLED: [u64; 3] = [9, 20, 33];

/// What a run left: its files, and what the fakes measured of themselves.
struct Run {
    folder: PathBuf,
    /// What the caller saw, without warm-up, in the order of the schedule.
    requests: Vec<Value>,
    /// The access log.
    access: Vec<Value>,
    /// What the gateway took, by its request id.
    passages: BTreeMap<String, Passage>,
    /// The timing records, by the gateway's request id.
    timing: BTreeMap<String, Value>,
    /// Milliseconds that Bedrock took, by its request id.
    bedrock: BTreeMap<String, f64>,
}

impl Run {
    fn file(&self, name: &str) -> String {
        self.folder.join(name).to_str().unwrap().to_owned()
    }

    /// The requests that count and were answered with success, of a model.
    fn answered(&self, model: &str) -> Vec<&Value> {
        let of_model =
            |request: &&Value| request["gen_ai.request.model"] == model && request["outcome"] == "ok";
        self.requests.iter().filter(of_model).collect()
    }

    /// The gateway's side of a request.
    fn passage(&self, request: &Value) -> &Passage {
        &self.passages[request["api_gateway_request_id"].as_str().unwrap()]
    }
}

fn lines(text: &str) -> Vec<Value> {
    let lines = text.lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The run, which is made once.
fn whole_run() -> &'static Run {
    static RUN: OnceLock<Run> = OnceLock::new();
    RUN.get_or_init(|| {
        let bedrock = Bedrock::start(|call| {
            let took = if call.model == HAIKU { HAIKU_MS } else { NOVA_MS };
            Reply::Whole(ms(took), answer("Hello.", (12, 3), took as u32))
        });
        let function = Arc::new(Mutex::new(Function::start(&bedrock.url, &[])));
        let delays = Delays {
            network: ms(NETWORK_MS),
            own: ms(GATEWAY_MS),
            integration: ms(BETWEEN_MS),
        };
        let gateway = Gateway::start(&function, delays, |nth| match THROTTLED.contains(&nth) {
            true => Fate::Throttled,
            false => Fate::Served,
        });
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("whole-path");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let out = folder.join("run.ndjson");
        let (requests, warm_up) = (REQUESTS.to_string(), WARM_UP.to_string());
        // A request takes 140 ms at most, and the next comes after 250, so that the emulator is free.
        let mut args = vec!["--url", &gateway.url, "--rate", "4/s", "--arrival", "uniform"];
        args.extend(["--requests", &requests, "--warm-up", &warm_up, "--seed", "7"]);
        let models = [format!("haiku={HAIKU}"), format!("nova-lite={NOVA}")];
        args.extend(["--model", &models[0], "--model", &models[1], "--quiet"]);
        args.extend(["--out", out.to_str().unwrap()]);
        drive(&args);

        let all = REQUESTS + WARM_UP;
        let log = function.lock().unwrap().log_with_reports(all - THROTTLED.len());
        fs::write(folder.join("function.log"), &log).unwrap();
        fs::write(folder.join("access.ndjson"), gateway.access_log()).unwrap();

        let records = lines(&fs::read_to_string(&out).unwrap());
        let mut requests: Vec<Value> = records
            .into_iter()
            .filter(|record| record["phase"] == "steady")
            .collect();
        requests.sort_by_key(|record| record["sequence"].as_u64());
        let timing = log.lines().filter(|line| line.starts_with("{\"schema\""));
        let timing = timing.map(|line| {
            let record: Value = serde_json::from_str(line).unwrap();
            (
                record["api_gateway_request_id"].as_str().unwrap().to_owned(),
                record,
            )
        });
        let passages = gateway.passages().into_iter();
        let calls = bedrock.calls().into_iter();
        Run {
            requests,
            access: lines(&gateway.access_log()),
            passages: passages
                .map(|passage| (passage.request_id.clone(), passage))
                .collect(),
            timing: timing.collect(),
            bedrock: calls
                .map(|call| (format!("bedrock-{}", call.nth), bedrock.took_ms(call.nth)))
                .collect(),
            folder,
        }
    })
}

/// How long a caller waits who gives up, and what Bedrock takes for the request that he gives up.
const PATIENCE: &str = "1s";
const SLOW_MS: u64 = 1_700;

#[test]
fn what_a_caller_gives_up_is_found_by_its_own_id_behind_him() {
    let bedrock = Bedrock::start(|call| {
        let took = if call.nth == 3 { SLOW_MS } else { NOVA_MS };
        Reply::Whole(ms(took), answer("Hello.", (12, 3), took as u32))
    });
    let function = Arc::new(Mutex::new(Function::start(&bedrock.url, &[])));
    let gateway = Gateway::start(&function, Delays::default(), |_| Fate::Served);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("given-up");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let out = file("run.ndjson");
    let mut args = vec!["--url", &gateway.url, "--rate", "0.5/s", "--arrival", "uniform"];
    args.extend(["--requests", "4", "--warm-up", "1", "--seed", "7"]);
    args.extend(["--timeout", PATIENCE, "--quiet", "--out", &out]);
    let models = [format!("haiku={HAIKU}"), format!("nova-lite={NOVA}")];
    args.extend(["--model", &models[0], "--model", &models[1]]);
    drive(&args);

    let log = function.lock().unwrap().log_with_reports(5);
    fs::write(file("function.log"), &log).unwrap();
    fs::write(file("access.ndjson"), gateway.access_log()).unwrap();
    let records = lines(&fs::read_to_string(&out).unwrap());
    let given_up: Vec<&Value> = records
        .iter()
        .filter(|record| record["outcome"] == "timeout")
        .collect();
    assert!(!given_up.is_empty());
    for record in &given_up {
        // Nothing in it leads to the others but its name.
        for id in ["lambda_request_id", "api_gateway_request_id", "trace_id"] {
            assert!(record.get(id).is_none(), "{record}");
        }
        let id = format!("{}-{}", record["run_id"].as_str().unwrap(), record["sequence"]);
        assert!(
            log.contains(&format!("\"client_request_id\":\"{id}\"")),
            "{id} {log}"
        );
    }

    let inputs = ["run.ndjson", "access.ndjson", "function.log"].map(file);
    let report_in = file("report");
    let mut args = vec!["report", "--baseline", "haiku", "--candidate", "nova-lite"];
    args.push("--input");
    args.extend(inputs.iter().map(String::as_str));
    args.extend(["--out", &report_in]);
    latscope(&args);
    let report = fs::read_to_string(Path::new(&report_in).join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    for name in ["client_joined", "client_with_gateway", "gateway_joined"] {
        assert_eq!(report["ledger"][name], 5, "{name}");
    }
    let sides = &report["path"]["sides"];
    let of_both = |key: &str| -> u64 {
        let values = ["baseline", "candidate"].map(|side| sides[side].pointer(key).and_then(Value::as_u64));
        values.into_iter().flatten().sum()
    };
    let is_counted = |record: &&&Value| record["phase"] == "steady";
    let counted = given_up.iter().filter(is_counted).count() as u64;
    assert!(counted > 0);
    assert_eq!(of_both("/ended/given_up"), counted);
    assert_eq!(of_both("/ended/answered"), 4 - counted);
    for key in ["/in_sample", "/with_invocation", "/with_gateway"] {
        assert_eq!(of_both(key), 4, "{key}");
    }
    assert_eq!((of_both("/without_client"), of_both("/untrue")), (0, 0));
}

/// A number of a record, or a number that it has as text.
#[track_caller]
fn number(record: &Value, name: &str) -> f64 {
    let value = &record[name];
    let number = value.as_f64().or_else(|| value.as_str()?.parse().ok());
    number.unwrap_or_else(|| panic!("{name} is no number in {record}"))
}

#[test]
fn every_place_knows_a_request_by_the_same_ids() {
    let run = whole_run();
    assert_eq!(run.requests.len(), REQUESTS);
    assert_eq!(run.access.len(), REQUESTS + WARM_UP);
    assert_eq!(run.timing.len(), REQUESTS + WARM_UP - THROTTLED.len());
    let access: BTreeMap<&str, &Value> = run
        .access
        .iter()
        .map(|line| (line["requestId"].as_str().unwrap(), line))
        .collect();
    assert_eq!(access.len(), run.access.len());
    for request in &run.requests {
        let id = request["api_gateway_request_id"].as_str().unwrap();
        let line = access[id];
        assert_eq!(line["status"], request["http_status"].to_string(), "{request}");
        // Each place is within the one before it.
        let caller = number(request, "service_ms");
        let gateway = number(line, "responseLatency");
        assert!(caller >= gateway + NETWORK_MS as f64, "{request} {line}");
        if request["outcome"] == "throttled" {
            assert_eq!(line["integrationRequestId"], "-");
            assert_eq!(line["integrationLatency"], "-");
            assert_eq!(line["errorResponseType"], "THROTTLED");
            assert!(!run.timing.contains_key(id) && request.get("lambda_request_id").is_none());
            continue;
        }
        assert_eq!(request["outcome"], "ok", "{request}");
        let record = &run.timing[id];
        for lambda in [&request["lambda_request_id"], &line["integrationRequestId"]] {
            assert_eq!(lambda, &record["request_id"]);
        }
        let integration = number(line, "integrationLatency");
        let handler = number(record, "handler_ms");
        // Latencies are cut to whole milliseconds.
        assert!(gateway + 1.0 >= integration + GATEWAY_MS as f64, "{line}");
        assert!(
            integration + 1.0 >= handler + BETWEEN_MS as f64,
            "{line} {record}"
        );
        assert!(handler >= number(record, "inference_ms"), "{record}");
    }
}

#[test]
fn what_is_throttled_at_the_gateway_ends_there() {
    let run = whole_run();
    let throttled = run
        .requests
        .iter()
        .filter(|request| request["outcome"] == "throttled");
    let throttled: Vec<&Value> = throttled.collect();
    assert_eq!(throttled.len(), THROTTLED.len());
    for request in throttled {
        let passage = run.passage(request);
        assert_eq!((passage.status, passage.integration), (429, None));
        assert!(passage.lambda_request_id.is_none());
    }
}

/// Milliseconds that a stage may take beyond what was measured: loopback, the emulator, and a machine that is busy.
const SLACK_MS: f64 = 20.0;

/// Whole milliseconds are cut, so that a length of API Gateway is too short by less than this.
const CUT_MS: f64 = 1.0;

/// The report of the three files, which is made once.
fn report() -> &'static Value {
    static REPORT: OnceLock<Value> = OnceLock::new();
    REPORT.get_or_init(|| {
        let run = whole_run();
        let out = run.file("report");
        let files = ["run.ndjson", "access.ndjson", "function.log"].map(|name| run.file(name));
        let mut args = vec!["report", "--baseline", "haiku", "--candidate", "nova-lite"];
        args.push("--input");
        args.extend(files.iter().map(String::as_str));
        args.extend(["--out", &out]);
        latscope(&args);
        let report = fs::read_to_string(Path::new(&out).join("report.json")).unwrap();
        serde_json::from_str(&report).unwrap()
    })
}

/// The path of a model's side.
fn side(model: &str) -> &'static Value {
    let side = if model == HAIKU { "baseline" } else { "candidate" };
    &report()["path"]["sides"][side]
}

/// The mean of a stage in milliseconds.
#[track_caller]
fn stage(model: &str, name: &str) -> f64 {
    let mut stages = side(model)["stages"].as_array().unwrap().iter();
    let found = stages.find(|stage| stage["stage"] == name);
    number(found.unwrap_or_else(|| panic!("no {name}")), "mean_ms")
}

fn mean(of: &[&Value], number: impl Fn(&Value) -> f64) -> f64 {
    of.iter().map(|request| number(request)).sum::<f64>() / of.len() as f64
}

fn as_ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Asserts that a stage is what was measured, within these errors below and above.
#[track_caller]
fn assert_is(found: f64, measured: f64, (below, above): (f64, f64), what: &str) {
    // Times are kept to the microsecond.
    assert!(
        (measured - below - 0.002..measured + above + 0.002).contains(&found),
        "{what}: {found} found, {measured} measured"
    );
}

#[test]
fn latscope_finds_what_was_put_in_at_each_stage() {
    let run = whole_run();
    assert_eq!(report()["path"]["begins_at"], "client");
    for (model, told) in [(HAIKU, HAIKU_MS), (NOVA, NOVA_MS)] {
        let requests = run.answered(model);
        assert_eq!(side(model)["in_sample"], requests.len());
        assert_eq!(side(model)["untrue"], 0);
        let of_gateway =
            |time: fn(&Passage) -> Duration| mean(&requests, |one| as_ms(time(run.passage(one))));
        let network = of_gateway(|passage| passage.network);
        let own = of_gateway(|passage| passage.response - passage.integration.unwrap());
        let way = of_gateway(|passage| passage.integration.unwrap() - passage.function.unwrap());
        let inference = mean(&requests, |one| {
            let record = &run.timing[one["api_gateway_request_id"].as_str().unwrap()];
            run.bedrock[record["bedrock_request_id"].as_str().unwrap()]
        });
        // What was measured is what was put in, or more where the machine was busy.
        for (measured, put_in) in [
            (network, NETWORK_MS),
            (own, GATEWAY_MS),
            (way, BETWEEN_MS),
            (inference, told),
        ] {
            assert!(measured >= put_in as f64, "{measured} {put_in}");
        }

        let waiting = mean(&requests, |one| number(one, "late_ms"));
        assert_is(stage(model, "waiting"), waiting, (0.0, 0.0), "waiting");
        assert_is(
            stage(model, "network"),
            network,
            (0.0, CUT_MS + SLACK_MS),
            "network",
        );
        // A difference of two lengths that were both cut.
        assert_is(stage(model, "gateway"), own, (CUT_MS, CUT_MS), "gateway");
        let found = stage(model, "way_to_the_function");
        assert_is(found, way, (CUT_MS, SLACK_MS), "way to the function");
        let of_bedrock = stage(model, "bedrock");
        assert_is(of_bedrock, told as f64, (0.0, 0.0), "Bedrock's own latency");
        let found = of_bedrock + stage(model, "around_bedrock");
        assert_is(found, inference, (1.0, SLACK_MS), "inference");

        // Nothing is left over: the stages are what the caller waited.
        let stages = side(model)["stages"].as_array().unwrap().iter();
        let together: f64 = stages.filter_map(|stage| stage["mean_ms"].as_f64()).sum();
        let latency = mean(&requests, |one| number(one, "latency_ms"));
        assert_is(together, latency, (0.0, 0.0), "together");
    }
}

#[test]
fn requests_end_where_they_ended() {
    let run = whole_run();
    let mut throttled = 0;
    for model in [HAIKU, NOVA] {
        let of_model = run
            .requests
            .iter()
            .filter(|one| one["gen_ai.request.model"] == model);
        let (ended, answered) = (&side(model)["ended"], run.answered(model).len());
        let refused = of_model.count() - answered;
        assert_eq!(ended["answered"], answered, "{ended}");
        assert_eq!(ended["throttled_by_gateway"], refused, "{ended}");
        let all: u64 = ended
            .as_object()
            .unwrap()
            .values()
            .filter_map(Value::as_u64)
            .sum();
        assert_eq!(all, (answered + refused) as u64, "{ended}");
        throttled += refused;
    }
    assert_eq!(throttled, THROTTLED.len());
    let warm_up = [HAIKU, NOVA].map(|model| side(model)["warm_up"].as_u64().unwrap());
    assert_eq!(warm_up.iter().sum::<u64>(), WARM_UP as u64);
}

#[test]
fn every_line_of_the_three_files_is_accounted_for() {
    let run = whole_run();
    let ledger = &report()["ledger"];
    let all = REQUESTS + WARM_UP;
    let called = all - THROTTLED.len();
    let lines = ["run.ndjson", "access.ndjson", "function.log"]
        .map(|name| fs::read_to_string(run.file(name)).unwrap().lines().count());
    assert_eq!(lines[..2], [all + 2, all]);
    for (name, count) in [
        ("events", lines.iter().sum()),
        // A record for each request, the first line and the last.
        ("client_records", lines[0]),
        ("client_run_lines", 2),
        ("client_with_gateway", all),
        ("client_joined", called),
        ("gateway_records", lines[1]),
        ("gateway_joined", called),
        ("timing_records", called),
        ("report_records", called),
        ("invocations", called),
        ("matched", called),
        ("duplicates", 0),
        ("rejected", 0),
        ("ignored", 0),
    ] {
        assert_eq!(ledger[name], count, "{name}: {ledger}");
    }
}
