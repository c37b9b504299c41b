//! `latscope drive` against an API on loopback: what it sends and when, and what its records say.
//!
//! A machine that is busy elsewhere starts requests late, and then a run is invalid by right. So whether a run is valid is
//! asserted where that is certain, and by `validity.rs` on its own.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use common::paced::{Paced, Reply};
use common::schema::faults;
use common::{Done, Folder, Run, root};
use latscope_schema::{ClientRecord, ClientRunEnd, ClientRunStart};
use serde_json::{Value, json};

const HAIKU: &str = "anthropic.claude-3-haiku-20240307-v1:0";
const NOVA: &str = "amazon.nova-lite-v1:0";

/// A run against an API, into `run.ndjson`.
fn run(api: &Paced, args: &str) -> Run {
    Run::new("drive --out run.ndjson --url").arg(&api.url).args(args)
}

/// Two models.
fn two() -> String {
    format!("--model haiku={HAIKU} --model nova={NOVA}")
}

/// Asserts that a run came to its end: with 0, or with 8 where nothing but the load of this machine made it invalid.
#[track_caller]
fn ended(done: Done) -> Done {
    let is_slow = done.status() == Some(8)
        && !done.stdout().contains("invalid: no request")
        && !done.stdout().contains("invalid: interrupted");
    let code = if is_slow { 8 } else { 0 };
    done.code(code)
}

/// The lines of a run: its start, its records and its end, each valid by the schema.
struct Lines {
    start: Value,
    records: Vec<Value>,
    end: Value,
}

fn lines(text: &str) -> Lines {
    let schema = std::fs::read_to_string(root().join("docs/client.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let mut lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for line in &lines {
        let kind = match (line["schema"].as_str(), line["event"].as_str()) {
            (Some("latscope.client/v1"), None) => "record",
            (Some("latscope.client-run/v1"), Some(event)) => event,
            _ => panic!("{line}"),
        };
        let said = faults(&schema["$defs"][kind], line);
        assert_eq!(said, Vec::<String>::new(), "{line}");
        assert_eq!(faults(&schema, line), Vec::<String>::new(), "{line}");
        let text = line.to_string();
        match kind {
            "record" => drop(serde_json::from_str::<ClientRecord<'_>>(&text).unwrap()),
            "start" => drop(serde_json::from_str::<ClientRunStart<'_>>(&text).unwrap()),
            _ => drop(serde_json::from_str::<ClientRunEnd<'_>>(&text).unwrap()),
        }
    }
    let start = lines.remove(0);
    let end = lines.pop().unwrap();
    assert_eq!((&start["event"], &end["event"]), (&json!("start"), &json!("end")));
    assert!(lines.iter().all(|line| line["run_id"] == start["run_id"]));
    assert_eq!(end["requests"], lines.len());
    Lines {
        start,
        records: lines,
        end,
    }
}

fn number(record: &Value, field: &str) -> f64 {
    record[field]
        .as_f64()
        .unwrap_or_else(|| panic!("{field}: {record}"))
}

/// Nearest rank.
fn quantile(mut values: Vec<f64>, p: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(p * values.len() as f64).ceil() as usize - 1]
}

#[test]
fn requests_go_out_as_planned_and_records_say_what_was_seen() {
    let api = Paced::start(|asked| {
        Reply::after(Duration::from_millis(20))
            .header(&format!("x-lambda-request-id: l-{}", asked.number))
            .header(&format!("apigw-requestid: g{}=", asked.number))
            .header("x-amzn-trace-id: Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0")
    });
    let args = format!(
        "{} --requests 16 --rate 40/s --warm-up 3 --burst 5 --idle 1s --max-tokens 64 --seed 7",
        two()
    );
    let done = ended(run(&api, &args).arg("--header").arg("X-Tenant: test").done());
    let Lines { start, records, end } = lines(&done.read("run.ndjson"));
    assert_eq!(start["seed"], 7);
    assert_eq!(start["target"], json!(api.url.trim_start_matches("http://")));
    assert_eq!(
        ["warm_up_requests", "steady_requests", "burst_requests"].map(|field| start[field].as_u64().unwrap()),
        [3, 16, 5]
    );
    assert_eq!((&end["ending"], &end["ok"]), (&json!("complete"), &json!(24)));
    let numbers: BTreeSet<u64> = records
        .iter()
        .map(|record| record["sequence"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, (0..24).collect());

    let asked = api.asked();
    assert_eq!(asked.len(), 24);
    let mut by_lambda = BTreeMap::new();
    for request in &asked {
        assert_eq!(request.line, "POST / HTTP/1.1");
        assert_eq!(request.headers["content-type"], "application/json");
        assert_eq!(request.headers["x-tenant"], "test");
        assert!(request.headers["user-agent"].starts_with("latscope/"));
        let fields: Vec<&String> = request.body.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["max_tokens", "model", "prompt"]);
        assert_eq!(request.body["max_tokens"], 64);
        by_lambda.insert(format!("l-{}", request.number), request);
    }
    for record in &records {
        let request = by_lambda[record["lambda_request_id"].as_str().unwrap()];
        assert_eq!(record["gen_ai.request.model"], request.body["model"]);
        assert_eq!(record["api_gateway_request_id"], format!("g{}=", request.number));
        let own = format!("{}-{}", record["run_id"].as_str().unwrap(), record["sequence"]);
        assert_eq!(request.headers["x-latscope-request-id"], own);
        assert!(record["trace_id"].as_str().unwrap().starts_with("Root="));
        let prompt = request.body["prompt"].as_str().unwrap();
        assert_eq!(record["prompt_length"], prompt.len());
        assert_eq!(record["prompt_hash"].as_str().unwrap().len(), 32);
        let is = format!("number {}.", record["prompt_number"]);
        assert!(prompt.ends_with(&is), "{prompt}");
        assert_eq!(
            (
                &record["gen_ai.usage.input_tokens"],
                &record["gen_ai.usage.output_tokens"]
            ),
            (&json!(5), &json!(61))
        );
        assert_eq!(
            (&record["http_status"], &record["streaming"]),
            (&json!(200), &json!(false))
        );
        assert!(record["request_bytes"] == request.headers["content-length"].parse::<u64>().unwrap());
        // What it is made of, to the microsecond.
        let (latency, late, service) = (
            number(record, "latency_ms"),
            number(record, "late_ms"),
            number(record, "service_ms"),
        );
        assert!((latency - late - service).abs() < 0.0025, "{record}");
        assert!(
            service >= 20.0 && number(record, "time_to_first_byte_ms") <= latency,
            "{record}"
        );
        assert_eq!(record["time_to_first_token_ms"], Value::Null);
    }
    // Blocks of 8 steady requests are balanced, and both models have the same prompts.
    let steady: Vec<&Value> = records
        .iter()
        .filter(|record| record["phase"] == "steady")
        .collect();
    let of = |block: u64, model: &str| -> BTreeSet<u64> {
        let is = |record: &&&Value| record["block"] == block && record["model_name"] == model;
        steady
            .iter()
            .filter(is)
            .map(|record| record["prompt_number"].as_u64().unwrap())
            .collect()
    };
    for block in 0..2 {
        assert_eq!(of(block, "haiku").len(), 4);
        assert_eq!(of(block, "haiku"), of(block, "nova"));
    }
    // The silence before the burst.
    let intended = |phase: &str| {
        let of = records.iter().filter(|record| record["phase"] == phase);
        of.map(|record| number(record, "intended_ms")).collect::<Vec<_>>()
    };
    let last = intended("steady").into_iter().fold(0.0, f64::max);
    assert!(intended("burst").iter().all(|at| *at > last + 1000.0));
    let stdout = done.stdout();
    for text in [
        "steady  haiku",
        "burst   nova",
        "not counted: 3 requests to warm up",
        "latscope fetch --function NAME",
        "--input .latscope --input ",
    ] {
        assert!(stdout.contains(text), "{text}: {stdout}");
    }
    // Eight requests are enough for a median and not for more.
    assert!(
        stdout.contains("– too few requests; needed of a model: p50 6, p95 72, p99 368"),
        "{stdout}"
    );
    assert!(
        done.stderr().contains("24 of 24 requests sent in"),
        "{}",
        done.stderr()
    );
}

#[test]
fn a_seed_gives_the_same_order_again() {
    let order = |seed: &str| -> Vec<Value> {
        let api = Paced::after(Duration::ZERO);
        let done = ended(
            run(
                &api,
                &format!("{} --requests 12 --rate 200/s --seed {seed}", two()),
            )
            .done(),
        );
        let mut records = lines(&done.read("run.ndjson")).records;
        records.sort_by_key(|record| record["sequence"].as_u64());
        let fields = ["model_name", "prompt_number", "intended_ms", "block"];
        records
            .iter()
            .map(|record| json!(fields.map(|field| record[field].clone())))
            .collect()
    };
    assert_eq!(order("3"), order("3"));
    assert_ne!(order("3"), order("4"));
}

#[test]
fn neither_prompts_nor_answers_nor_secrets_are_kept() {
    let api = Paced::after(Duration::ZERO);
    let url = format!("{}?key=qu3ry", api.url);
    let done =
        Run::new("drive --out run.ndjson --model a --requests 4 --rate 50/s --prompts prompts.txt --url")
            .arg(url)
            .args("--bearer-env TOKEN --api-key-env KEY --header-env X-Other=OTHER")
            .env("TOKEN", "b3arer")
            .env("KEY", "k3y")
            .env("OTHER", "0ther")
            .file("prompts.txt", "my pr0mpt\nanother pr0mpt\n")
            .done();
    let done = ended(done);
    let asked = api.asked();
    assert_eq!(asked.len(), 4);
    assert_eq!(asked[0].line, "POST /?key=qu3ry HTTP/1.1");
    assert_eq!(asked[0].headers["authorization"], "Bearer b3arer");
    assert_eq!(asked[0].headers["x-api-key"], "k3y");
    assert_eq!(asked[0].headers["x-other"], "0ther");
    let prompts: BTreeSet<&str> = asked
        .iter()
        .map(|asked| asked.body["prompt"].as_str().unwrap())
        .collect();
    assert_eq!(prompts.len(), 2);
    let all = [done.read("run.ndjson"), done.stdout(), done.stderr()].concat();
    for secret in ["qu3ry", "b3arer", "k3y", "0ther", "pr0mpt", "forty-two"] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
}

#[test]
fn requests_are_signed_with_the_credentials_of_the_environment() {
    let api = Paced::after(Duration::ZERO);
    let done = run(
        &api,
        "--model a --requests 2 --rate 50/s --sigv4 --region eu-west-1 --sigv4-service lambda",
    )
    .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    .env("AWS_SECRET_ACCESS_KEY", "s3cret")
    .env("AWS_SESSION_TOKEN", "t0ken")
    .done();
    let done = ended(done);
    let asked = api.asked();
    let authorization = &asked[0].headers["authorization"];
    assert!(
        authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"),
        "{authorization}"
    );
    assert!(
        authorization.contains("/eu-west-1/lambda/aws4_request"),
        "{authorization}"
    );
    assert!(
        authorization.contains("SignedHeaders=content-type;host;"),
        "{authorization}"
    );
    assert_eq!(asked[0].headers["x-amz-security-token"], "t0ken");
    let all = [done.read("run.ndjson"), done.stdout(), done.stderr()].concat();
    assert!(
        !["s3cret", "t0ken", "AKID"]
            .iter()
            .any(|secret| all.contains(secret)),
        "{all}"
    );
}

#[test]
fn a_body_of_another_api_is_filled_and_its_stream_is_followed() {
    let piece = |ms: u64, text: &str| (Duration::from_millis(ms), format!("data: {text}\n\n"));
    let api = Paced::start(move |_| Reply {
        status: 200,
        headers: vec!["content-type: text/event-stream".to_owned()],
        pieces: vec![
            piece(0, r#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#),
            piece(60, r#"{"choices":[{"delta":{"content":"Hi"}}]}"#),
            piece(
                60,
                r#"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}"#,
            ),
        ],
        closes: false,
    });
    let template = r#"{"stream": true, "model": "{model}", "messages": [{"role": "user", "content": "{prompt}"}], "n": {max_tokens}}"#;
    let done = run(
        &api,
        "--model a --requests 3 --rate 20/s --body body.json --prompts prompts.ndjson --max-tokens 7",
    )
    .file("body.json", template)
    .file("prompts.ndjson", r#"{"prompt": "a \"quoted\"\nprompt"}"#)
    .done();
    let done = ended(done);
    let body = &api.asked()[0].body;
    assert_eq!(body["messages"][0]["content"], "a \"quoted\"\nprompt");
    assert_eq!((&body["model"], &body["n"]), (&json!("a"), &json!(7)));
    for record in lines(&done.read("run.ndjson")).records {
        assert_eq!(record["streaming"], true);
        assert_eq!(
            (
                &record["gen_ai.usage.input_tokens"],
                &record["gen_ai.usage.output_tokens"]
            ),
            (&json!(3), &json!(2))
        );
        let [byte, token, end] = ["time_to_first_byte_ms", "time_to_first_token_ms", "latency_ms"]
            .map(|field| number(&record, field));
        assert!(token >= byte + 55.0 && end >= token + 55.0, "{record}");
    }
}

#[test]
fn failures_are_counted_apart_and_a_run_without_success_is_invalid() {
    let api = Paced::start(|asked| match asked.number % 4 {
        0 => Reply::after(Duration::ZERO).status(429),
        1 => Reply::after(Duration::ZERO).status(503),
        2 => Reply::after(Duration::ZERO).status(0),
        _ => Reply::after(Duration::ZERO),
    });
    let done = ended(run(&api, "--model a --requests 40 --rate 100/s --arrival uniform").done());
    let Lines { records, end, .. } = lines(&done.read("run.ndjson"));
    let counts = ["ok", "throttled", "http_errors", "broken"].map(|field| end[field].as_u64().unwrap());
    assert_eq!(counts, [10, 10, 10, 10]);
    let kinds: BTreeSet<(String, String)> = records
        .iter()
        .filter(|record| record["outcome"] != "ok")
        .map(|record| {
            [&record["outcome"], &record["error.type"]]
                .map(|text| text.as_str().unwrap().to_owned())
                .into()
        })
        .collect();
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        [
            pair("broken", "connection_closed"),
            pair("http_error", "http_503"),
            pair("throttled", "http_429")
        ]
    );
    let done = done.stdout_has("failures: 10 × connection_closed, 10 × http_429, 10 × http_503");
    drop(done);

    let none = Paced::start(|_| Reply::after(Duration::ZERO).status(500));
    let done = run(&none, "--model a --requests 5 --rate 100/s").done().code(8);
    let done = done.stdout_has("invalid: no request was answered with success");
    assert!(!done.stdout().contains("Next"), "{}", done.stdout());
    assert_eq!(lines(&done.read("run.ndjson")).end["is_valid"], false);
}

#[test]
fn what_takes_too_long_is_given_up_and_stays_a_lower_bound() {
    let api =
        Paced::start(|asked| Reply::after(Duration::from_millis(if asked.number < 3 { 3000 } else { 1 })));
    let done = ended(run(&api, "--model a --requests 20 --rate 40/s --timeout 1s").done());
    let Lines { records, end, .. } = lines(&done.read("run.ndjson"));
    assert_eq!((&end["timeouts"], &end["ok"]), (&json!(3), &json!(17)));
    for record in records.iter().filter(|record| record["outcome"] == "timeout") {
        assert!(
            (1000.0..2500.0).contains(&number(record, "service_ms")),
            "{record}"
        );
        assert_eq!(record["http_status"], Value::Null);
        assert_eq!(record["error.type"], "timeout");
    }
    // The median is known. Whether a request was given up is not hidden by what is shown of it.
    done.stdout_has("a        20  17       3")
        .stdout_has("failures: 3 × timeout\n")
        .stdout_has("failures are counted apart");
}

#[test]
fn failures_of_a_warm_up_are_not_told_of() {
    let api =
        Paced::start(|asked| Reply::after(Duration::ZERO).status(if asked.number < 3 { 500 } else { 200 }));
    let done = ended(
        run(
            &api,
            "--model a --requests 6 --warm-up 3 --rate 10/s --arrival uniform",
        )
        .done(),
    );
    assert_eq!(lines(&done.read("run.ndjson")).end["http_errors"], 3);
    assert!(!done.stdout().contains("failures:"), "{}", done.stdout());
}

#[test]
fn a_failure_has_no_first_token_and_a_stream_may_tell_of_one() {
    let api = Paced::start(|asked| {
        let text = match asked.number {
            0 => "data: Hi\n\n",
            1 => "event: error\ndata: {\"message\": \"overloaded\"}\n\n",
            // Without an end of its line.
            _ => "data: Hi",
        };
        Reply {
            headers: vec!["content-type: text/event-stream".to_owned()],
            pieces: vec![(Duration::ZERO, text.to_owned())],
            ..Reply::after(Duration::ZERO)
        }
        .status(if asked.number == 0 { 500 } else { 200 })
    });
    let done = ended(run(&api, "--model a --requests 3 --rate 5/s --arrival uniform").done());
    let mut records = lines(&done.read("run.ndjson")).records;
    records.sort_by_key(|record| record["sequence"].as_u64());
    let seen = records.iter().map(|record| {
        let outcome = record["outcome"].as_str().unwrap();
        (
            outcome,
            record["error.type"].as_str(),
            record["time_to_first_token_ms"].is_number(),
        )
    });
    assert_eq!(
        seen.collect::<Vec<_>>(),
        [
            ("http_error", Some("http_500"), false),
            ("broken", Some("stream_error"), false),
            ("ok", None, true)
        ]
    );
}

#[test]
fn a_server_that_serves_one_connection_at_a_time_is_not_kept_by_idle_ones() {
    let closing = |_: &_| Reply {
        closes: true,
        ..Reply::after(Duration::from_millis(1)).header("connection: close")
    };
    let args = "--model a --requests 12 --rate 10/s --timeout 5s";
    for more in ["--spare-connections 0", ""] {
        let api = Paced::one_at_a_time(closing);
        let done = ended(run(&api, &format!("{args} {more}")).done());
        let Lines { records, end, .. } = lines(&done.read("run.ndjson"));
        assert_eq!(end["ok"], 12);
        let latencies = records.iter().map(|record| number(record, "latency_ms"));
        let median = quantile(latencies.collect(), 0.5);
        assert!(median < 100.0, "{more}: {median} ms");
        let new = records.iter().filter(|record| record["new_connection"] == true);
        assert!(more.is_empty() || new.count() == 11);
    }
    // It waits for more from the first connection, while requests wait on the others.
    let api = Paced::one_at_a_time(|_| Reply::after(Duration::from_millis(1)));
    let done = run(
        &api,
        "--model a --requests 6 --rate 5/s --timeout 1s --spare-connections 2",
    )
    .done();
    assert!(lines(&done.read("run.ndjson")).end["timeouts"].as_u64().unwrap() >= 1);
    done.stdout_has(" timed out on connections that were opened ahead and never answered")
        .stdout_has("--spare-connections 0");
}

#[test]
fn a_server_that_closes_its_connections_is_connected_to_again() {
    let api = Paced::start(|_| Reply {
        closes: true,
        ..Reply::after(Duration::ZERO).header("connection: close")
    });
    let done = ended(run(&api, "--model a --requests 20 --rate 50/s").done());
    let Lines { records, end, .. } = lines(&done.read("run.ndjson"));
    assert_eq!(end["ok"], 20);
    let connections: BTreeSet<usize> = api.asked().iter().map(|asked| asked.connection).collect();
    assert_eq!(connections.len(), 20);
    for record in records {
        // The time of a connection is told where there was one, and is part of the latency.
        let is_new = record["new_connection"] == true;
        assert_eq!(is_new, record["connect_ms"].is_number(), "{record}");
        assert!(!is_new || number(&record, "connect_ms") <= number(&record, "service_ms"));
    }
}

#[test]
fn connections_are_used_again() {
    let api = Paced::after(Duration::from_millis(1));
    let done = ended(run(&api, "--model a --requests 50 --rate 50/s --arrival uniform").done());
    let connections: BTreeSet<usize> = api.asked().iter().map(|asked| asked.connection).collect();
    // A machine that stands still for a moment sends several at once.
    assert!(connections.len() <= 35, "{} connections", connections.len());
    let records = lines(&done.read("run.ndjson")).records;
    let old = records.iter().filter(|record| record["new_connection"] == false);
    assert!(old.count() >= 40);
}

/// Sends requests one after another over one connection, each as soon as the last is answered, as a closed loop does.
fn closed_loop(api: &Paced, time: Duration) -> Vec<f64> {
    let place = api.url.trim_start_matches("http://").trim_end_matches('/');
    let stream = TcpStream::connect(place).unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut reader, mut writer) = (BufReader::new(stream.try_clone().unwrap()), stream);
    let begun = Instant::now();
    let mut latencies = Vec::new();
    while begun.elapsed() < time {
        let sent = Instant::now();
        writer
            .write_all(b"POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}")
            .unwrap();
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(reader.read_line(&mut line).unwrap() > 0);
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        reader.read_exact(&mut vec![0; length]).unwrap();
        latencies.push(sent.elapsed().as_secs_f64() * 1000.0);
    }
    latencies
}

/// What a histogram's correction for a known interval makes of values: behind each the ones that a stall kept from being
/// sent.
fn corrected(values: &[f64], interval: f64) -> Vec<f64> {
    let mut all = Vec::new();
    for value in values {
        let mut value = *value;
        all.push(value);
        while value - interval >= interval {
            value -= interval;
            all.push(value);
        }
    }
    all
}

/// The case of docs/drive.md at half its length: 20 ms of service with a stall of 0.75 s every 5 s, for 15 s.
#[test]
fn a_stall_that_a_closed_loop_hides_is_seen() {
    const PERIOD: Duration = Duration::from_millis(5000);
    const STALL: Duration = Duration::from_millis(750);
    const SERVICE: Duration = Duration::from_millis(20);
    let stalling = || {
        let begun = Instant::now();
        Paced::start(move |_| {
            let now = begun.elapsed().as_micros() % PERIOD.as_micros();
            // The last part of each period.
            let stall_begins = (PERIOD - STALL).as_micros();
            let left = match now >= stall_begins {
                true => PERIOD - Duration::from_micros(u64::try_from(now).unwrap()),
                false => Duration::ZERO,
            };
            Reply::after(left + SERVICE)
        })
    };
    let time = 3 * PERIOD;
    let api = stalling();
    let closed = thread::spawn({
        let api = stalling();
        move || closed_loop(&api, time)
    });
    let done = ended(run(&api, "--model a --requests 300 --rate 20/s").done());
    let closed = closed.join().unwrap();
    let Lines { records, .. } = lines(&done.read("run.ndjson"));
    let latencies: Vec<f64> = records
        .iter()
        .map(|record| number(record, "latency_ms"))
        .collect();
    // About one in 200 of the closed loop met a stall: none of its percentiles up to p99 shows it.
    let hidden = quantile(closed.clone(), 0.99);
    assert!((20.0..100.0).contains(&hidden), "closed loop: {hidden} ms");
    // 15 % of the requests of an open loop did, and the longest had to wait for nearly all of it.
    let open = quantile(latencies.clone(), 0.99);
    assert!((550.0..1000.0).contains(&open), "open loop: {open} ms");
    let corrected = quantile(corrected(&closed, 20.0), 0.99);
    assert!((550.0..1000.0).contains(&corrected), "corrected: {corrected} ms");
    assert!(quantile(latencies, 0.5) < 100.0);
    println!("p99: closed loop {hidden:.0} ms, corrected {corrected:.0} ms, open loop {open:.0} ms");
}

#[test]
fn a_driver_that_cannot_keep_up_says_so_and_still_counts_from_the_intended_time() {
    let api = Paced::after(Duration::from_millis(100));
    let args = "--model a --requests 30 --rate 50/s --arrival uniform --max-in-flight 2";
    let done = run(&api, args).done().code(8);
    let Lines { records, end, .. } = lines(&done.read("run.ndjson"));
    assert_eq!((&end["is_valid"], &end["ok"]), (&json!(false), &json!(30)));
    assert!(end["late_requests"].as_u64().unwrap() > 20, "{end}");
    // 20 a second are all that two in flight allow.
    assert!(number(&end, "achieved_rate_share") < 0.6, "{end}");
    // The last one was meant to be sent at 0.58 s and waited until fourteen pairs before it were through.
    let last = records
        .iter()
        .max_by_key(|record| record["sequence"].as_u64())
        .unwrap();
    assert!(
        number(last, "latency_ms") > 700.0 && number(last, "service_ms") < number(last, "latency_ms") / 2.0,
        "{last}"
    );
    done.stdout_has("invalid: the driver was saturated")
        .stdout_has("requests waited for others to end: a lower --rate, or a higher --max-in-flight");
}

#[test]
fn a_burst_that_waits_for_others_is_none() {
    let api = Paced::after(Duration::from_millis(400));
    let args = "--model a --requests 2 --rate 100/s --arrival uniform --burst 4 --max-in-flight 4";
    let done = run(&api, args).done().code(8);
    let end = lines(&done.read("run.ndjson")).end;
    assert_eq!((&end["is_valid"], &end["ok"]), (&json!(false), &json!(6)));
    assert!(end["late_burst_requests"].as_u64().unwrap() >= 2, "{end}");
    done.stdout_has("invalid: a burst was not sent at once: ")
        .stdout_has("requests waited for others to end: ");
}

#[test]
fn nothing_is_sent_where_it_is_not_wanted() {
    let api = Paced::after(Duration::ZERO);
    let done = run(&api, &format!("{} --model other --dry-run", two()))
        .done()
        .code(0)
        .stderr_is("");
    let done = done
        .stdout_has("Requests: 100 in ")
        .stdout_has("100 at 1/s, exponential gaps")
        .stdout_has("seed 1")
        .stdout_has("an estimate")
        .stdout_has("unknown for other: no price is known")
        .stdout_has("Records: run.ndjson");
    assert!(!done.path("run.ndjson").exists());
    for (args, said) in [
        ("--requests 2000", "--max-requests 2000"),
        ("--requests 900 --max-tokens 100000", "--max-cost "),
        ("--burst 51", "--max-in-flight 51"),
        ("--requests 0", "no request"),
        ("--requests 900 --rate 1/h", "longer than a week"),
        ("--bearer-env NOT_SET", "NOT_SET is not set"),
        (
            "--bearer-env s3cret.x",
            "expecting the name of an environment variable",
        ),
        (
            "--api-key-env 1s3cret",
            "expecting the name of an environment variable",
        ),
        (
            "--header X-Session-Token:s3cret",
            "--header-env x-session-token=VARIABLE",
        ),
        ("--requests 60 --max-cost 0.01", "more than the limit of $0.01"),
        (
            "--header Authorization:s3cret",
            "--header-env authorization=VARIABLE",
        ),
        ("--prompts nothing.txt", "holds no prompt"),
        ("--body nothing.txt", "{prompt}"),
        ("--rate 1000000/s", "--rate"),
        ("--idle 5m", "--burst"),
        ("--stream --body nothing.txt", "cannot be used with"),
    ] {
        let done = run(&api, &format!("{} {args}", two()))
            .file("nothing.txt", "\n")
            .done();
        let done = done.code(2).stderr_has(said);
        assert!(!done.stderr().contains("s3cret"), "{}", done.stderr());
        assert!(!done.path("run.ndjson").exists(), "{args}");
    }
    let done = run(&api, "--model a").file("run.ndjson", "kept").done().code(2);
    let done = done.stderr_has("run.ndjson is there already");
    assert_eq!(done.read("run.ndjson"), "kept");
    run(&api, "--model a --prompts missing.txt")
        .done()
        .code(3)
        .stderr_has("missing.txt");
    for url in ["nowhere", "http://user:s3cret@localhost/"] {
        let done = Run::new("drive --model a --url")
            .arg(url)
            .done()
            .code(2)
            .stderr_has("--url: ");
        assert!(!done.stderr().contains("s3cret"), "{}", done.stderr());
    }
    Run::new("drive --model a --out - --url")
        .arg(&api.url)
        .done()
        .code(2)
        .stderr_has("./-");
    let open = |url: &str, args: &str| {
        let done = Run::new("drive --model a --dry-run --url").arg(url).args(args);
        let done = done.env("TOKEN", "s3cret").done().code(0);
        done.stdout().contains("is sent over http, which others can read")
    };
    assert!(open("http://example.org/", "--sigv4 --region us-east-1"));
    assert!(open("http://127.example.org/", "--bearer-env TOKEN"));
    assert!(!open("http://[::1]:80/", "--bearer-env TOKEN"));
    assert!(!open("http://example.org/", ""));
    assert_eq!(api.asked().len(), 0);
}

#[test]
fn limits_can_be_raised() {
    let api = Paced::after(Duration::ZERO);
    run(
        &api,
        &format!("{} --requests 2000 --max-requests 2000 --dry-run", two()),
    )
    .done()
    .code(0)
    .stdout_has("2,000 at 1/s");
}

#[test]
fn an_api_that_cannot_be_reached_is_said_to_be_before_anything_is_sent() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let done = Run::new("drive --model a --out run.ndjson --url")
        .arg(format!("http://127.0.0.1:{port}/"))
        .done()
        .code(1)
        .stderr_has("cannot be reached")
        .stderr_has("nothing was sent");
    assert!(!done.path("run.ndjson").exists());
}

#[test]
fn a_run_stops_where_it_has_cost_too_much() {
    let api = Paced::start(|_| {
        let body = json!({"usage": {"input_tokens": 1_000_000, "output_tokens": 100_000}});
        Reply {
            pieces: vec![(Duration::ZERO, body.to_string())],
            ..Reply::after(Duration::ZERO)
        }
    });
    // 0.25 + 0.125 dollars a request at list prices.
    let done = run(&api, &format!("--model {HAIKU} --requests 100 --rate 20/s"))
        .done()
        .code(8);
    let end = lines(&done.read("run.ndjson")).end;
    assert_eq!(end["ending"], "cost_limit");
    let sent = end["requests"].as_u64().unwrap();
    assert!((3..50).contains(&sent), "{sent}");
    done.stdout_has("invalid: stopped at the cost limit after ");
    // Whoever waits for the end of another begins when its cost is known.
    let before = api.asked().len();
    let args = format!("--model {HAIKU} --requests 40 --rate 200/s --max-in-flight 1 --max-cost 0.3");
    run(&api, &args).done().code(8);
    assert_eq!(api.asked().len(), before + 1);
}

#[test]
fn what_a_server_failed_at_may_have_been_paid_for() {
    let ending = |status: u16| {
        let api = Paced::start(move |asked| {
            // 0.99 dollars.
            let (status, body) = match asked.number {
                0 => (
                    200,
                    json!({"usage": {"input_tokens": 0, "output_tokens": 792_000}}),
                ),
                _ => (status, json!({})),
            };
            Reply {
                status,
                pieces: vec![(Duration::ZERO, body.to_string())],
                ..Reply::after(Duration::ZERO)
            }
        });
        // A quarter of a cent each by assumed tokens.
        let args = format!("--model {HAIKU} --requests 40 --rate 50/s --max-tokens 2000");
        let done = run(&api, &args).done();
        lines(&done.read("run.ndjson")).end["ending"].clone()
    };
    assert_eq!(ending(503), "cost_limit");
    assert_eq!(ending(403), "complete");
}

/// A run that is interrupted after so long, and again a second later where that is wanted.
#[cfg(unix)]
fn interrupted(
    api: &Paced,
    args: &str,
    after: Duration,
    times: u32,
) -> (Option<i32>, String, String, Duration) {
    let folder = Folder::new();
    let child = common::latscope()
        .args(["drive", "--out", "run.ndjson", "--url", &api.url])
        .args(args.split(' '))
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    thread::sleep(after);
    let begun = Instant::now();
    for time in 0..times {
        thread::sleep(Duration::from_secs(time.into()));
        let killed = Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status()
            .unwrap();
        assert!(killed.success());
    }
    let output = child.wait_with_output().unwrap();
    let text = std::fs::read_to_string(folder.path().join("run.ndjson")).unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), text, stdout, begun.elapsed())
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_finishes_its_file() {
    // The first is answered soon after the interruption, the others long after the grace.
    let api = Paced::start(|asked| Reply::after(Duration::from_secs(if asked.number == 0 { 4 } else { 60 })));
    let args = "--model a --requests 500 --rate 5/s --arrival uniform";
    let (code, text, stdout, took) = interrupted(&api, args, Duration::from_millis(2500), 1);
    assert_eq!(code, Some(8), "{stdout}");
    let Lines { records, end, .. } = lines(&text);
    assert_eq!(
        (&end["ending"], &end["is_valid"]),
        (&json!("interrupted"), &json!(false))
    );
    assert_eq!(end["ok"], 1);
    let cancelled = end["cancelled"].as_u64().unwrap();
    assert!(
        (1..100).contains(&cancelled) && cancelled as usize == records.len() - 1,
        "{end}"
    );
    assert_eq!(api.asked().len(), records.len());
    assert!(took < Duration::from_secs(20), "{took:?}");
    assert!(
        stdout.contains("invalid: interrupted after ") && stdout.contains(" of 500 requests"),
        "{stdout}"
    );
}

#[cfg(unix)]
#[test]
fn an_interruption_is_heard_after_the_cost_limit_and_a_second_one_ends_all() {
    let costly = || {
        Paced::start(|asked| {
            let body = json!({"usage": {"input_tokens": 0, "output_tokens": 1_000_000}});
            let wait = Duration::from_secs(if asked.number == 0 { 1 } else { 60 });
            Reply {
                pieces: vec![(wait, body.to_string())],
                ..Reply::after(wait)
            }
        })
    };
    let args = format!("--model {HAIKU} --requests 100 --rate 5/s --arrival uniform --timeout 50s");
    for (times, least, most) in [(1, 4, 15), (2, 1, 4)] {
        let (code, text, stdout, took) = interrupted(&costly(), &args, Duration::from_millis(2500), times);
        assert_eq!(code, Some(8), "{stdout}");
        let end = lines(&text).end;
        assert_eq!((&end["ending"], &end["ok"]), (&json!("cost_limit"), &json!(1)));
        assert!(
            (Duration::from_secs(least)..Duration::from_secs(most)).contains(&took),
            "{times}: {took:?}"
        );
    }
}

#[test]
fn a_terminal_is_shown_how_far_the_run_is_and_a_pipe_is_not() {
    const TERMINAL: &str = "
import os, pty, subprocess, sys
terminal, other_end = pty.openpty()
program = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=other_end)
os.close(other_end)
try:
    while block := os.read(terminal, 65536):
        sys.stdout.buffer.write(block)
except OSError:
    pass # It was closed.
sys.exit(program.wait() not in (0, 8))
";
    let api = Paced::after(Duration::from_millis(10));
    let shown = |options: &[&str]| {
        let folder = Folder::new();
        let output = Command::new("python3")
            .args([
                "-c",
                TERMINAL,
                env!("CARGO_BIN_EXE_latscope"),
                "drive",
                "--url",
                &api.url,
            ])
            .args([
                "--model",
                "a",
                "--requests",
                "30",
                "--rate",
                "20/s",
                "--out",
                "run.ndjson",
            ])
            .args(options)
            .env("TERM", "xterm")
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let text = shown(&[]);
    assert!(
        text.contains(" of 30 sent, ") && text.contains(" in flight, 0 failed") && text.contains(" so far"),
        "{text:?}"
    );
    // What a run may cost must be known.
    let text = shown(&["--quiet"]);
    assert!(
        text.starts_with("warning: the cost is unknown for a: ") && text.lines().count() == 1,
        "{text:?}"
    );
    let done = ended(run(&api, "--model a --requests 5 --rate 50/s").done());
    assert!(
        !done.stderr().contains("in flight, 0 failed"),
        "{}",
        done.stderr()
    );
}
