//! What a report describes beside its verdicts: rates, limits, calls at once, answers, prompts.

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

/// How a request ends.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    /// With one of these words in its record.
    Record(&'static str),
    /// Killed by Lambda, without a record.
    Killed,
}

/// A request to be.
#[derive(Debug, Clone)]
struct Request {
    model: &'static str,
    /// Its place among those of its model, which they come to in no order.
    place: u64,
    duration_ms: f64,
    output_tokens: u64,
    first_token_ms: Option<u64>,
    prompt: Option<u64>,
    end: End,
}

/// 300 requests to each of two models, half a minute apart and in no order.
fn requests() -> Vec<Request> {
    (0..REQUESTS)
        .map(|n| {
            let of_both = n * 227 % REQUESTS;
            let (place, is_baseline) = (of_both / 2, of_both.is_multiple_of(2));
            Request {
                model: if is_baseline { HAIKU } else { NOVA },
                place,
                duration_ms: if is_baseline { 900.0 } else { 500.0 } * (0.7 + place as f64 / 300.0),
                output_tokens: 100 + place * 53 % 100,
                first_token_ms: None,
                prompt: None,
                end: End::Record("ok"),
            }
        })
        .collect()
}

/// The requests, those of the candidate changed.
fn with(plant: impl Fn(&mut Request)) -> Vec<Request> {
    let mut planted = requests();
    planted
        .iter_mut()
        .filter(|request| request.model == NOVA)
        .for_each(plant);
    planted
}

/// What is printed, and the page.
fn report(requests: &[Request]) -> (String, String) {
    let logs: String = requests
        .iter()
        .zip(0..)
        .map(|(request, n)| logged(request, n))
        .collect();
    let run = Run::new("report --input logs.ndjson --out out --baseline haiku --candidate nova-lite");
    let done = run.file("logs.ndjson", logs).done().code(0);
    (done.stdout(), done.read("out/report.md"))
}

fn logged(request: &Request, number: u64) -> String {
    let id = request_id(number);
    let took = request.duration_ms;
    let start = START + number as i64 * 30_000;
    let end = start + took.ceil() as i64;
    let mut lines = vec![event(
        number * 10,
        start,
        STREAM,
        &format!("START RequestId: {id} Version: 7\n"),
    )];
    let mut status = "";
    match request.end {
        End::Killed => status = "Status: timeout\n",
        End::Record(word) => {
            let mut record = json!({
                "schema": "latscope.timing/v1", "request_id": id, "gen_ai.request.model": request.model,
                "inference_ms": took - 10.0, "cold_start": false, "status": word,
            });
            if word == "ok" {
                record["gen_ai.usage.output_tokens"] = request.output_tokens.into();
            }
            if let Some(first) = request.first_token_ms {
                record["time_to_first_token_ms"] = first.into();
            }
            if let Some(prompt) = request.prompt {
                record["prompt_hash"] = format!("{prompt:016x}").into();
            }
            lines.push(event(number * 10 + 1, end, STREAM, &format!("{record}\n")));
        }
    }
    let report = format!(
        "REPORT RequestId: {id}\tDuration: {took:.2} ms\tBilled Duration: {} ms\tMemory Size: 512 MB\t\
         Max Memory Used: 90 MB\t{status}\n",
        took.ceil()
    );
    lines.push(event(number * 10 + 2, end, STREAM, &report));
    lines.concat()
}

/// The cells of the row with this title.
#[track_caller]
fn row<'p>(page: &'p str, title: &str) -> Vec<&'p str> {
    let line = page
        .lines()
        .find(|line| line.starts_with(&format!("| {title} |")));
    let line = line.unwrap_or_else(|| panic!("no {title} in {page}"));
    let cells = line.trim_matches('|').split('|').map(str::trim);
    cells.skip(1).collect()
}

#[test]
fn rates_stand_beside_their_difference() {
    // 30 of 300 fail, every second of them because it was throttled.
    let planted = with(|request| {
        if request.place.is_multiple_of(10) {
            request.end = End::Record(if request.place.is_multiple_of(20) {
                "throttled"
            } else {
                "error"
            });
        }
    });
    let (answer, page) = report(&planted);
    assert_eq!(row(&page, "failed")[0], "0 of 300: 0 % (0–1.26)");
    let shown = row(&page, "failed");
    assert!(shown[1].starts_with("30 of 300: 10.0 % ("), "{shown:?}");
    assert!(shown[2].starts_with("+10.0 (+"), "{shown:?}");
    let throttled = row(&page, "throttled, of those with a timing record");
    assert!(throttled[1].starts_with("15 of 300: 5.0 % ("), "{throttled:?}");
    assert_eq!(row(&page, "timed out")[2], "0.0 (−1.3 to +1.3)");
    assert!(
        answer.contains("failures differ: 0.00 % (0.00–1.26) of the baseline, 10.00 %"),
        "{answer}"
    );
}

#[test]
fn the_functions_own_timeout_is_told_by_what_it_killed() {
    let (_, page) = report(&requests());
    assert_eq!(
        row(&page, "the function's own timeout"),
        ["not known", "not known"]
    );
    assert!(!page.contains("| reached it |"), "{page}");
    let killed = with(|request| {
        if request.place % 100 == 7 {
            (request.end, request.duration_ms) = (End::Killed, 3000.0);
        }
    });
    let (_, page) = report(&killed);
    assert_eq!(row(&page, "the function's own timeout"), ["3 s", "3 s"]);
    // Who called which model is not known, so all three may be of either.
    let reached = row(&page, "reached it");
    assert!(reached[0].starts_with("0 to 3 of 303 (below 2.5"), "{reached:?}");
    assert!(reached[1].starts_with("0 to 3 of 300 (below 2.7"), "{reached:?}");
    // The slowest of 900 · (0.7 + 299/300) ms.
    assert_eq!(
        row(&page, "longest completed request, as a share of it")[0],
        "50.9 %"
    );
    assert!(
        page.contains("3 invocations of unknown model are in no rate, 3 timeouts and 0 failures among them"),
        "{page}"
    );
}

#[test]
fn no_verdict_holds_beyond_the_smallest_of_several_limits() {
    let planted = |stopped_ms: f64| {
        with(|request| match request.place * 7 % 300 {
            0..3 => (request.end, request.duration_ms) = (End::Record("timeout"), stopped_ms),
            3..27 => request.duration_ms = 2000.0 + request.place as f64,
            _ => {}
        })
    };
    let (answer, page) = report(&planted(3000.0));
    assert!(answer.contains("nova-lite is slower"), "{answer}");
    assert_eq!(row(&page, "p95")[4], "regressed");
    assert!(!page.contains("Kaplan"), "{page}");

    let (answer, page) = report(&planted(900.0));
    assert!(
        answer.contains("Whether nova-lite is faster at p95 cannot be told"),
        "{answer}"
    );
    assert!(
        answer.contains(
            "warning: nova-lite: some requests were stopped at 900 ms while others ran on, and how long they would have \
             taken is not known; so there is no verdict on p90, p95, p99"
        ),
        "{answer}"
    );
    assert_eq!(
        [row(&page, "p50")[4], row(&page, "p95")[4]],
        ["improved", "inconclusive"]
    );
    // What reaches the limit with its interval alone is not decided either.
    assert_eq!(row(&page, "p90")[4], "inconclusive");
    let table = page.split("| total time (Kaplan–Meier) |").nth(1).unwrap();
    let curve = row(table, "`nova-lite`");
    assert_eq!(curve[4..], ["3", "900"]);
    let p95: f64 = curve[2]
        .split(' ')
        .next()
        .unwrap()
        .replace(',', "")
        .parse()
        .unwrap();
    assert!((2000.0..2300.0).contains(&p95), "{curve:?}");
    assert!(
        page.contains("So no verdict holds on p90, p95, p99 of total time"),
        "{page}"
    );
}

#[test]
fn several_calls_at_once_are_as_slow_as_the_slowest() {
    let (_, page) = report(&requests());
    let table = page.split("| calls at once |").nth(1).unwrap();
    assert!(
        page.contains("If the calls are independent, that is as follows"),
        "{page}"
    );
    // p70.7 of 900 · (0.7 + i/300) ms.
    let two = row(table, "2");
    assert_eq!(two[..3], ["`claude-3-haiku`", "9.75 %", "1.99 %"]);
    let median: f64 = two[3]
        .split(' ')
        .next()
        .unwrap()
        .replace(',', "")
        .parse()
        .unwrap();
    assert!((median - 1266.0).abs() < 5.0, "{two:?}");
    let many = row(table, "100");
    assert_eq!(many[1..], ["99.41 %", "63.4 %", "needs 533", "needs 7,192"]);
}

#[test]
fn answers_are_described_with_what_a_token_takes() {
    let mut planted = requests();
    for request in &mut planted {
        let is_candidate = request.model == NOVA;
        let per_token = if is_candidate { 2.0 } else { 4.0 };
        request.duration_ms = 60.0 + per_token * request.output_tokens as f64 + (request.place % 3) as f64;
        request.first_token_ms = is_candidate.then_some(80);
    }
    let (_, page) = report(&planted);
    assert_eq!(
        row(&page, "answers that tell output tokens and inference"),
        ["300 of 300", "300 of 300"]
    );
    let slope = row(&page, "inference: ms for each output token");
    assert!(
        slope[0].starts_with("4.00 (") && slope[1].starts_with("2.00 ("),
        "{slope:?}"
    );
    // Ten milliseconds of each request are no inference.
    let fixed = row(&page, "inference: fixed part in ms");
    assert!(
        fixed
            .iter()
            .all(|cell| cell.starts_with("50.") || cell.starts_with("51.")),
        "{fixed:?}"
    );
    let first = row(&page, "time to first token p50");
    assert_eq!(first, ["–", "80.0 (80.0–80.0)"]);
    assert_eq!(
        row(&page, "answers that tell the time to their first token"),
        ["0 of 300", "300 of 300"]
    );
    assert!(page.contains("ms per token is no fair adjustment"), "{page}");
}

#[test]
fn the_same_prompts_are_compared_one_by_one() {
    let mut planted = requests();
    planted
        .iter_mut()
        .for_each(|request| request.prompt = Some(request.place));
    let (_, page) = report(&planted);
    assert!(
        page.contains(
            "Prompt by prompt: over 300 prompts that both sides were given, 100 % of all, the candidate takes 0.56 \
             (0.56–0.56) times as long at the median; p of Wilcoxon's signed-rank test is below 0.001."
        ),
        "{page}"
    );
    planted
        .iter_mut()
        .filter(|request| request.model == NOVA && request.place < 60)
        .for_each(|request| request.prompt = Some(request.place + 1000));
    let (_, page) = report(&planted);
    assert!(
        page.contains(
            "Prompt by prompt: not enough prompts are common to both sides (66.7 %; 90.0 % are needed)."
        ),
        "{page}"
    );
    let (_, page) = report(&requests());
    assert!(!page.contains("Prompt by prompt"), "{page}");
}

#[test]
fn effects_of_dependent_requests_say_so() {
    const SAID: &str = "takes requests for independent, which they are not at p50";
    let (_, page) = report(&requests());
    assert!(!page.contains(SAID), "{page}");
    let mut planted = requests();
    for (n, request) in planted.iter_mut().enumerate() {
        // Every second half hour is slow.
        request.duration_ms += if n / 60 % 2 == 0 { 0.0 } else { 2000.0 };
    }
    let (_, page) = report(&planted);
    assert!(page.contains(SAID), "{page}");
}
