//! What differs beside the model is named, and the same requests without it are not called confounded.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{Run, event, request_id};
use serde_json::json;

const HAIKU: &str = "anthropic.claude-3-haiku-20240307-v1:0";
const NOVA: &str = "amazon.nova-lite-v1:0";
const STREAM: &str = "2026/11/20/[7]0123456789abcdef0123456789abcdef";
const START: i64 = 1_795_165_200_000;
const REQUESTS: u64 = 600;

/// A request to be.
#[derive(Debug, Clone)]
struct Request {
    model: &'static str,
    /// When it comes, in milliseconds after the first.
    at: i64,
    duration_ms: f64,
    memory_mb: u32,
    init_ms: Option<f64>,
    input_tokens: u64,
    output_tokens: u64,
    is_streamed: bool,
    prompt: u64,
    has_failed: bool,
}

impl Request {
    fn is_candidate(&self) -> bool {
        self.model == NOVA
    }
}

/// Requests to both models in no order, half a minute apart, alike but for the model.
fn requests() -> Vec<Request> {
    (0..REQUESTS)
        .map(|n| {
            // Each model gets every place once.
            let place = n * 227 % REQUESTS;
            let rank = (place / 2) as f64 / (REQUESTS / 2) as f64;
            let is_baseline = place.is_multiple_of(2);
            let base = if is_baseline { 900.0 } else { 500.0 };
            Request {
                model: if is_baseline { HAIKU } else { NOVA },
                at: n as i64 * 30_000,
                duration_ms: base * (0.7 + rank),
                memory_mb: 512,
                init_ms: None,
                input_tokens: 300 + place / 2 * 37 % 200,
                output_tokens: 100 + place / 2 * 53 % 100,
                is_streamed: false,
                prompt: place / 2,
                has_failed: false,
            }
        })
        .collect()
}

/// What of a report matters here: the answer, and the page.
fn report(requests: &[Request]) -> (String, String) {
    let logs: String = requests
        .iter()
        .zip(0..)
        .map(|(request, n)| logged(request, n))
        .collect();
    let run = Run::new("report --input logs.ndjson --out out --baseline haiku --candidate nova-lite");
    let done = run.file("logs.ndjson", logs).done().code(0);
    let page = done.read("out/report.md");
    (done.stdout(), page)
}

fn logged(request: &Request, number: u64) -> String {
    let id = request_id(number);
    let took = request.duration_ms + request.init_ms.unwrap_or(0.0);
    let end = START + request.at + took.ceil() as i64;
    let timing = json!({
        "schema": "latscope.timing/v1", "request_id": id, "gen_ai.request.model": request.model,
        "inference_ms": request.duration_ms - 10.0, "cold_start": request.init_ms.is_some(),
        "initialization_type": "on-demand", "status": if request.has_failed { "error" } else { "ok" },
        "gen_ai.usage.input_tokens": request.input_tokens, "gen_ai.usage.output_tokens": request.output_tokens,
        "gen_ai.request.max_tokens": 512, "gen_ai.request.temperature": 0.2,
        "streaming": request.is_streamed, "prompt_hash": format!("{:016x}", request.prompt),
    });
    let init = request
        .init_ms
        .map_or_else(String::new, |init| format!("Init Duration: {init:.2} ms\t"));
    let report = format!(
        "REPORT RequestId: {id}\tDuration: {:.2} ms\tBilled Duration: {} ms\tMemory Size: {} MB\tMax Memory Used: 90 MB\t\
         {init}\n",
        request.duration_ms,
        took.ceil(),
        request.memory_mb
    );
    [
        event(
            number * 10,
            end - took as i64,
            STREAM,
            &format!("START RequestId: {id} Version: 7\n"),
        ),
        event(number * 10 + 1, end, STREAM, &format!("{timing}\n")),
        event(number * 10 + 2, end, STREAM, &report),
    ]
    .concat()
}

/// Asserts that a plant in the candidate's requests, and in nothing else, is what confounds.
#[track_caller]
fn assert_named(plant: impl Fn(&mut Request), name: &str) {
    let mut planted = requests();
    planted
        .iter_mut()
        .filter(|request| request.is_candidate())
        .for_each(plant);
    let (answer, page) = report(&planted);
    assert!(
        answer.contains("Confounded: the sides also differ in "),
        "{answer}"
    );
    assert!(page.contains(&format!("| {name} | differs |")), "{page}");
}

#[test]
fn requests_that_are_alike_are_not_called_confounded() {
    let (answer, page) = report(&requests());
    assert!(!answer.contains("Confounded"), "{answer}");
    assert!(!page.contains("| differs |"), "{page}");
    for alike in [
        "memory",
        "streaming",
        "time window",
        "interleaving",
        "prompts",
        "input tokens",
        "cold share",
    ] {
        assert!(page.contains(&format!("| {alike} | alike |")), "{alike}: {page}");
    }
    // No log tells these.
    assert!(
        answer.contains("Unverified: no other difference was seen, but the logs do not tell function"),
        "{answer}"
    );
}

#[test]
fn other_memory_is_named_in_the_headline() {
    let mut planted = requests();
    planted
        .iter_mut()
        .filter(|request| request.is_candidate())
        .for_each(|request| request.memory_mb = 1024);
    let (answer, _) = report(&planted);
    let headline = answer
        .lines()
        .find(|line| line.starts_with("nova-lite is faster"))
        .unwrap();
    assert!(
        headline.ends_with(
            "Confounded: the sides also differ in memory (512 against 1024), which may be the reason."
        ),
        "{headline}"
    );
}

#[test]
fn windows_apart_are_named() {
    assert_named(|request| request.at += 10 * 3_600_000, "time window");
    assert_named(|request| request.at += 10 * 3_600_000, "interleaving");
}

#[test]
fn streaming_on_one_side_is_named() {
    assert_named(|request| request.is_streamed = true, "streaming");
}

#[test]
fn other_prompts_are_named() {
    assert_named(|request| request.prompt += 1_000_000, "prompts");
}

#[test]
fn longer_prompts_are_named() {
    assert_named(
        |request| {
            request.prompt += 1_000_000;
            request.input_tokens *= 2;
        },
        "input tokens",
    );
}

#[test]
fn more_requests_at_once_are_named() {
    // Eight come at the same moment.
    assert_named(
        |request| request.at = request.at / 480_000 * 480_000,
        "requests in flight",
    );
}

#[test]
fn a_warmer_candidate_is_named() {
    let mut planted = requests();
    for (n, request) in planted
        .iter_mut()
        .filter(|request| !request.is_candidate())
        .enumerate()
    {
        request.init_ms = (n % 10 == 0).then_some(400.0);
    }
    let (answer, page) = report(&planted);
    assert!(
        answer.contains("Confounded: the sides also differ in cold share (10.00 % against 0.00 %)"),
        "{answer}"
    );
    assert!(page.contains("| cold share | differs |"), "{page}");
}

#[test]
fn a_model_that_writes_less_is_not_called_faster_at_equal_length() {
    let mut planted = requests();
    for (n, request) in planted.iter_mut().enumerate() {
        // Both take four milliseconds a token; the candidate writes less.
        let tokens = 100.0 + (n as f64 * 0.754_877_666 % 1.0) * 200.0;
        let tokens = if request.is_candidate() {
            tokens * 0.85
        } else {
            tokens
        };
        request.output_tokens = tokens as u64;
        request.duration_ms = 50.0 + 4.0 * request.output_tokens as f64 + (n * 7 % 10) as f64;
    }
    let (answer, page) = report(&planted);
    assert!(answer.contains("nova-lite is faster"), "{answer}");
    assert!(
        page.contains("answers differ in length, so a model may be faster for writing less"),
        "{page}"
    );
    let row = page
        .lines()
        .find(|line| line.starts_with("| at the same lengths of answers |"))
        .unwrap();
    let median = row.split('|').nth(2).unwrap().trim();
    let ratio: f64 = median.split(' ').next().unwrap().parse().unwrap();
    assert!((0.95..1.05).contains(&ratio), "{row}");
}

#[test]
fn failures_that_are_quick_are_no_fast_answers() {
    let mut planted = requests();
    for (n, request) in planted
        .iter_mut()
        .filter(|request| request.is_candidate())
        .enumerate()
    {
        if n % 8 == 0 {
            request.has_failed = true;
            request.duration_ms = 12.0;
        }
    }
    let (answer, _) = report(&planted);
    assert!(
        answer.contains("failures differ: 0.00 % (0.00–1.26) of the baseline, 12.67 %"),
        "{answer}"
    );
}
