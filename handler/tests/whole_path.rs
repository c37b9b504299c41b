//! From the caller to the model and back: `latscope drive`, a gateway, the handler under the emulator, and Bedrock, with a
//! delay put in at each place. What each of them wrote tells of the same requests, and latscope finds what was put in.

// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

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

#[test]
fn the_report_of_the_three_files_reads_the_functions_log() {
    let run = whole_run();
    let report = latscope(
        &report_args(run, "report")
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
    );
    let all = REQUESTS + WARM_UP - THROTTLED.len();
    assert!(
        report.contains(&format!("Invocations read: {all} = {all} matched")),
        "{report}"
    );
}

fn report_args(run: &Run, out: &str) -> Vec<String> {
    let mut args: Vec<String> = ["report", "--baseline", "haiku", "--candidate", "nova-lite"]
        .map(str::to_owned)
        .to_vec();
    for name in ["run.ndjson", "access.ndjson", "function.log"] {
        args.extend(["--input".to_owned(), run.file(name)]);
    }
    args.extend(["--out".to_owned(), run.file(out)]);
    args
}
