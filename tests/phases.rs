//! "Where the time goes" of a report: phases, what makes the tail, inference's share, Bedrock's own latency.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{Run, event, request_id};
use serde_json::{Map, Value, json};

const HAIKU: &str = "anthropic.claude-3-haiku-20240307-v1:0";
const NOVA: &str = "amazon.nova-lite-v1:0";
const STREAM: &str = "2026/11/20/[7]0123456789abcdef0123456789abcdef";
const START: i64 = 1_795_165_200_000;

/// A request to be. Times in milliseconds.
#[derive(Debug, Clone, Default)]
struct Request {
    is_candidate: bool,
    inference: f64,
    init: Option<f64>,
    before: Option<f64>,
    retry: Option<f64>,
    after: Option<f64>,
    bedrock: Option<f64>,
    /// What of the duration is in no record.
    rest: f64,
}

impl Request {
    fn duration(&self) -> f64 {
        let told = [self.before, self.retry, self.after];
        self.inference + self.rest + told.iter().flatten().sum::<f64>()
    }
}

/// `each` requests to each model in turn. Those of the baseline tell every phase, and every twentieth was retried for
/// 2 s; those of the candidate tell inference alone.
fn requests(each: usize) -> Vec<Request> {
    (0..2 * each)
        .map(|n| {
            let is_candidate = n % 2 == 1;
            let spread = (n / 2 * 37 % 100) as f64;
            let inference = 500.0 + spread;
            match is_candidate {
                true => Request {
                    is_candidate,
                    inference,
                    rest: 30.0,
                    ..Request::default()
                },
                false => Request {
                    is_candidate,
                    inference,
                    before: Some(12.0),
                    retry: Some(if n / 2 % 20 == 7 { 2_000.0 } else { 0.0 }),
                    after: Some(4.0),
                    bedrock: Some(inference - 40.0),
                    rest: 3.0,
                    ..Request::default()
                },
            }
        })
        .collect()
}

fn logged(request: &Request, number: u64) -> String {
    let id = request_id(number);
    let duration = request.duration();
    let took = duration + request.init.unwrap_or(0.0);
    let start = START + number as i64 * 60_000;
    let end = start + took.ceil() as i64;
    let mut timing = Map::new();
    let model = if request.is_candidate { NOVA } else { HAIKU };
    for (key, value) in [
        ("schema", json!("latscope.timing/v1")),
        ("request_id", json!(id)),
        ("gen_ai.request.model", json!(model)),
        ("inference_ms", json!(request.inference)),
        ("before_ms", json!(request.before)),
        ("retry_ms", json!(request.retry)),
        ("after_ms", json!(request.after)),
        ("bedrock_latency_ms", json!(request.bedrock)),
        ("cold_start", json!(request.init.is_some())),
        ("status", json!("ok")),
    ] {
        if value != Value::Null {
            timing.insert(key.to_owned(), value);
        }
    }
    let init = request
        .init
        .map_or_else(String::new, |init| format!("Init Duration: {init:.2} ms\t"));
    [
        event(number * 10, start, STREAM, &format!("START RequestId: {id} Version: 7\n")),
        event(number * 10 + 1, end, STREAM, &format!("{}\n", Value::Object(timing))),
        event(
            number * 10 + 2,
            end,
            STREAM,
            &format!(
                "REPORT RequestId: {id}\tDuration: {duration:.2} ms\tBilled Duration: {} ms\tMemory Size: 512 MB\t\
                 Max Memory Used: 90 MB\t{init}\n",
                took.ceil()
            ),
        ),
    ]
    .concat()
}

/// The section, and the figure.
fn section(requests: &[Request]) -> (String, String) {
    let logs: String = requests
        .iter()
        .zip(0..)
        .map(|(request, number)| logged(request, number))
        .collect();
    let run = Run::new("report --input logs.ndjson --out out --baseline haiku --candidate nova-lite");
    let done = run.file("logs.ndjson", logs).done().code(0);
    let page = done.read("out/report.md");
    let section = page.split("## Where the time goes\n").nth(1).unwrap();
    (
        section.split("\n## ").next().unwrap().to_owned(),
        done.read("out/phases.svg"),
    )
}

/// The cells of the first row that begins with these.
#[track_caller]
fn row(section: &str, start: &[&str]) -> Vec<String> {
    let cells = |line: &str| -> Vec<String> {
        let cells = line.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().replace('`', "")).collect()
    };
    let found = section
        .lines()
        .map(cells)
        .find(|row| row.starts_with(&start.iter().map(|&cell| cell.to_owned()).collect::<Vec<_>>()));
    found.unwrap_or_else(|| panic!("no {start:?} in {section}"))[start.len()..].to_vec()
}

#[test]
fn every_phase_is_told_as_far_as_the_records_tell_it() {
    let (section, figure) = section(&requests(600));
    let titles = row(&section, &["requests around", "side"]);
    assert_eq!(
        titles,
        [
            "averaged",
            "waited for a start",
            "before",
            "retry",
            "Bedrock",
            "around Bedrock",
            "inference",
            "after",
            "unexplained",
            "other",
        ]
    );
    let number = |cell: &String| cell.replace(',', "").parse::<f64>().unwrap();
    let of = |side: &str| {
        row(&section, &["p50", side])[2..]
            .iter()
            .map(number)
            .collect::<Vec<f64>>()
    };
    let baseline = of("claude-3-haiku");
    assert_eq!((baseline[0], baseline[3], baseline[4]), (12.0, 40.0, 0.0));
    assert_eq!((baseline[5], baseline[6], baseline[7]), (4.0, 3.0, 0.0));
    let candidate = of("nova-lite");
    // What the handler does not tell is not called unexplained.
    assert_eq!(candidate[..4], [0.0; 4]);
    assert_eq!(candidate[5..], [0.0, 0.0, 30.0]);
    assert!((540.0..560.0).contains(&candidate[4]), "{candidate:?}");
    for name in ["before", "retry", "around Bedrock", "unexplained", "other"] {
        assert!(figure.contains(&format!(">{name}<")), "{name}");
    }
    assert!(!figure.contains(">not known<"));
    assert!(
        section.contains("unexplained: duration minus all that was logged"),
        "{section}"
    );
}

#[test]
fn the_phase_that_makes_the_tail_is_named() {
    let (section, _) = section(&requests(600));
    assert!(
        section.contains("; the largest part of that is retries, ")
            && section.contains("; the largest part of that is inference, "),
        "{section}"
    );
    let excess = row(&section, &["p99 over p50", "claude-3-haiku"]);
    assert_eq!(
        (&excess[2], &excess[3]),
        (&"+0.00".to_owned(), &"+2,000".to_owned())
    );
    let share = row(&section, &["share of that", "claude-3-haiku"]);
    let percent: f64 = share[3].trim_end_matches(" %").parse().unwrap();
    assert!((90.0..110.0).contains(&percent), "{share:?}");
    // Thirty requests were retried, all of the same length.
    assert_eq!(
        row(&section, &["requests with failed attempts of the model call"]),
        ["30 of 600, 5.0 % (3.5–7.0)", "–"]
    );
    assert!(row(&section, &["retries p50 (where there are any)"])[0].starts_with("2,000 "));
}

#[test]
fn what_makes_the_tail_is_not_told_of_few_requests() {
    let (section, _) = section(&requests(50));
    assert_eq!(
        section
            .matches("what makes its tail cannot be told from 50 requests, worth 48 independent ones: p99 needs 368.")
            .count(),
        2,
        "{section}"
    );
    assert!(!section.contains("share of that"), "{section}");
}

#[test]
fn of_somewhat_few_requests_the_slowest_are_described() {
    let (section, _) = section(&requests(300));
    assert!(
        section.contains("**`claude-3-haiku`**: the slowest requests take ")
            && !section.contains("the requests around p99"),
        "{section}"
    );
}

#[test]
fn bedrocks_own_latency_stands_against_the_time_around_it() {
    let mut planted = requests(600);
    for request in planted
        .iter_mut()
        .filter(|request| !request.is_candidate)
        .take(100)
    {
        request.bedrock = None;
    }
    planted[400].bedrock = Some(5_000.0);
    let (section, _) = section(&planted);
    assert!(
        row(&section, &["Bedrock's own latency p50"])[0].starts_with("510 ("),
        "{section}"
    );
    assert_eq!(
        row(&section, &["around it p50 (inference − Bedrock's own)"]),
        ["40.0 (40.0–40.0)", "–"]
    );
    assert_eq!(
        row(&section, &["requests that tell Bedrock's own latency"]),
        ["499 of 600", "0 of 600"]
    );
    let share = &row(&section, &["Bedrock's own share of inference"])[0];
    assert!(share.starts_with("92.7 % ("), "{share}");
    assert!(
        section.contains("claude-3-haiku: Bedrock's own latency of 1 request is longer than inference, so it counts as not told"),
        "{section}"
    );
}

#[test]
fn where_no_record_tells_bedrocks_latency_there_is_no_row_for_it() {
    let mut planted = requests(60);
    for request in &mut planted {
        (request.bedrock, request.before, request.after, request.retry) = (None, None, None, None);
    }
    let (section, _) = section(&planted);
    for absent in ["Bedrock", "retr", "unexplained", "before"] {
        assert!(!section.contains(absent), "{absent}: {section}");
    }
    assert_eq!(
        row(&section, &["requests around", "side"])[2..],
        ["inference", "other"]
    );
}

#[test]
fn phases_longer_than_the_duration_are_counted_and_not_known() {
    let mut planted = requests(600);
    // The retries are in the inference time too.
    for request in planted
        .iter_mut()
        .filter(|request| request.retry == Some(2_000.0))
    {
        request.rest = -1_990.0;
    }
    let (section, _) = section(&planted);
    assert!(
        section.contains("claude-3-haiku: the logged phases of 30 requests are longer than the duration"),
        "{section}"
    );
    assert_eq!(
        row(&section, &["requests around", "side"]).last().unwrap(),
        "not known"
    );
}

#[test]
fn inferences_share_is_told_by_start_and_of_both_times() {
    let mut planted = requests(600);
    for (n, request) in planted.iter_mut().enumerate() {
        // Twenty cold starts of the baseline, and four of the candidate.
        let is_cold = match request.is_candidate {
            true => n % 300 == 1,
            false => n % 60 == 0,
        };
        request.init = is_cold.then_some(500.0);
    }
    let (section, _) = section(&planted);
    let share = |start: &str, side: &str| row(&section, &[start, side]);
    assert_eq!(share("cold", "claude-3-haiku")[0], "20");
    assert_eq!(
        share("cold", "nova-lite"),
        ["4", "not estimable", "not estimable"]
    );
    let [requests, of_duration, of_total] = &share("warm", "nova-lite")[..] else {
        panic!()
    };
    assert_eq!((requests.as_str(), of_duration), ("596", of_total));
    assert!(of_duration.starts_with("94.8 % ("), "{of_duration}");
    let all = share("all starts", "claude-3-haiku");
    let point = |cell: &String| cell.split(' ').next().unwrap().parse::<f64>().unwrap();
    assert!(point(&all[1]) > point(&all[2]) + 1.0, "{all:?}");
    let few = "nova-lite: 4 requests that waited for a start are too few to tell their share";
    assert!(
        section.contains(few) && !section.contains("claude-3-haiku: 20 requests"),
        "{section}"
    );
}
