//! Generated logs against the exact truth about them.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::Run;
use latscope::invocation::{Collected, Collector, ModelUse};
use latscope::parse::{Parser, TimingKeys};
use latscope::source::read_stream;
use latscope_corpus::{
    Amount, Assignment, CallOutcome, Corpus, Event, LogFormat, Outcome, Scenario, TimingStyle,
    TruthInvocation, generate, write_filter_log_events, write_ndjson, write_text,
};
use proptest::prelude::*;
use serde_json::Value;

fn ndjson(events: &[Event]) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_ndjson(events, &mut bytes).unwrap();
    bytes
}

fn collect(files: &[Vec<u8>]) -> Collected {
    let mut collector = Collector::new(Parser::new(TimingKeys::common()).unwrap());
    for (number, bytes) in files.iter().enumerate() {
        collector.begin_file(Path::new(&format!("{number}")), number);
        read_stream(&bytes[..], &mut |item| drop(collector.take(item))).unwrap();
    }
    collector.finish()
}

/// What the handler's own word makes of the platform's.
fn outcome(truth: &TruthInvocation) -> &'static str {
    match (truth.status, truth.call_status) {
        (Outcome::Timeout, _) | (Outcome::Success, Some(CallOutcome::Timeout)) => "timeout",
        (Outcome::Error, _) | (Outcome::Success, Some(CallOutcome::Error | CallOutcome::Throttled)) => {
            "error"
        }
        (Outcome::Success, _) => "success",
    }
}

/// Everything that is known of an invocation, to be compared for equality.
type Known = (
    String,
    Option<i64>,
    String,
    &'static str,
    u64,
    Option<u64>,
    Option<u64>,
    Option<u64>,
    Option<String>,
);

fn truths(corpus: &Corpus, has_streams: bool) -> Vec<Known> {
    let mut known: Vec<Known> = corpus
        .truth
        .invocations
        .iter()
        .map(|truth| {
            (
                truth.request_id.clone(),
                Some(truth.end_epoch_ms as i64),
                if has_streams {
                    truth.start.to_string()
                } else {
                    String::new()
                },
                outcome(truth),
                truth.duration_us,
                truth.init_us.filter(|_| has_streams),
                truth.inference_us,
                Some(truth.billed_us),
                truth.model.clone().filter(|_| truth.timing_logged),
            )
        })
        .collect();
    known.sort();
    known
}

fn found(collected: &Collected, has_streams: bool) -> Vec<Known> {
    let mut known: Vec<Known> = collected
        .invocations
        .iter()
        .map(|found| {
            (
                found.request_id.to_string(),
                found.ended_at.map(latscope::vocab::Timestamp::as_epoch_millis),
                if has_streams {
                    found.start.name().to_owned()
                } else {
                    String::new()
                },
                found.outcome.name(),
                found.duration.as_micros(),
                found
                    .waited_init
                    .map(latscope::vocab::Micros::as_micros)
                    .filter(|_| has_streams),
                found.inference.map(|inference| inference.time.as_micros()),
                found.billed.map(latscope::vocab::Micros::as_micros),
                match found.model {
                    ModelUse::One(model) => Some(collected.names.models[model as usize].id.to_string()),
                    ModelUse::Unnamed | ModelUse::Several => None,
                },
            )
        })
        .collect();
    known.sort();
    known
}

#[track_caller]
fn assert_same(corpus: &Corpus, collected: &Collected, has_streams: bool) {
    let (truths, found) = (truths(corpus, has_streams), found(collected, has_streams));
    for (truth, found) in truths.iter().zip(&found) {
        assert_eq!(found, truth);
    }
    assert_eq!(found.len(), truths.len());
}

#[track_caller]
fn assert_same_counts(corpus: &Corpus, collected: &Collected) {
    let (counts, ledger) = (&corpus.truth.counts, &collected.ledger);
    assert_eq!(
        [
            ledger.events(),
            ledger.report_records,
            ledger.timing_records,
            ledger.lifecycle,
            ledger.duplicates,
            ledger.rejected,
            ledger.ignored,
        ],
        [
            counts.events,
            counts.report_records,
            counts.timing_records,
            counts.lifecycle,
            counts.duplicates,
            counts.rejected,
            counts.ignored,
        ],
        "{:?}",
        ledger.rejected_reasons
    );
    assert_eq!(ledger.invocations(), collected.invocations.len() as u64);
    let with_timing = collected
        .invocations
        .iter()
        .filter(|invocation| invocation.is_matched);
    assert_eq!(ledger.matched, with_timing.count() as u64);
}

/// Every start type, outcome, format and style of timing record.
fn scenarios() -> Vec<(&'static str, Scenario)> {
    let faulty = |mut scenario: Scenario| {
        for model in &mut scenario.models {
            model.killed = Amount::Share(0.01);
            model.deadlines = Amount::Share(0.01);
            model.throttled = Amount::Share(0.02);
            model.errors = Amount::Share(0.02);
            model.crashes = Amount::Share(0.01);
        }
        scenario.requests = 1500;
        scenario.multi_call = Amount::Share(0.1);
        scenario.retries = Amount::Share(0.02);
        scenario.duplicates = Amount::Share(0.01);
        scenario.lost_timing = Amount::Share(0.01);
        scenario.without_call = Amount::Share(0.01);
        scenario.malformed = Amount::Share(0.01);
        scenario.xray_share = 0.2;
        scenario.environments.recycle_share = 0.05;
        scenario
    };
    let base = || faulty(Scenario::default());
    let with = |change: fn(&mut Scenario)| {
        let mut scenario = base();
        change(&mut scenario);
        scenario
    };
    vec![
        ("plain", base()),
        ("JSON log format", with(|s| s.log_format = LogFormat::Json)),
        (
            "proactive initialisation",
            with(|s| s.environments.proactive_share = 0.5),
        ),
        (
            "failed initialisation",
            with(|s| s.environments.init_failure_share = 0.4),
        ),
        (
            "failed initialisation, JSON",
            with(|s| {
                s.environments.init_failure_share = 0.4;
                s.environments.proactive_share = 0.2;
                s.log_format = LogFormat::Json;
            }),
        ),
        ("SnapStart", with(|s| s.environments.snapstart = true)),
        (
            "SnapStart, JSON",
            with(|s| {
                s.environments.snapstart = true;
                s.log_format = LogFormat::Json;
            }),
        ),
        (
            "provisioned concurrency",
            with(|s| s.environments.provisioned = 3),
        ),
        (
            "provisioned concurrency, JSON",
            with(|s| {
                s.environments.provisioned = 3;
                s.log_format = LogFormat::Json;
            }),
        ),
        (
            "Node's console",
            with(|s| s.timing_style = TimingStyle::NodeConsole),
        ),
        (
            "Powertools",
            with(|s| s.timing_style = TimingStyle::PowertoolsPython),
        ),
        ("Rust's spans", with(|s| s.timing_style = TimingStyle::RustSpan)),
        ("no offsets", with(|s| s.log_offsets = false)),
        (
            "a version a model",
            with(|s| {
                s.assignment = Assignment::VersionPerModel;
                s.versions = vec!["7".to_owned(), "8".to_owned()];
            }),
        ),
    ]
}

#[test]
fn every_invocation_of_every_scenario_is_found_as_it_was() {
    for (name, scenario) in scenarios() {
        println!("{name}");
        let corpus = generate(&scenario);
        let collected = collect(&[ndjson(&corpus.events)]);
        assert_same_counts(&corpus, &collected);
        assert_same(&corpus, &collected, true);
    }
}

#[test]
fn the_forms_of_saving_give_the_same_invocations() {
    for (name, scenario) in scenarios() {
        println!("{name}");
        let corpus = generate(&scenario);
        let expected = collect(&[ndjson(&corpus.events)]);
        for pretty in [false, true] {
            let mut document = Vec::new();
            write_filter_log_events(&corpus.events, &mut document, pretty).unwrap();
            let collected = collect(&[document]);
            assert_eq!(collected.invocations, expected.invocations);
            assert_same_counts(&corpus, &collected);
        }
        // Text keeps neither stream nor event id, so start types cannot all be told; the rest can.
        let mut text = Vec::new();
        write_text(&corpus.events, &mut text).unwrap();
        let collected = collect(&[text]);
        assert_same(&corpus, &collected, false);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    /// Any order of the lines, and any split into files in any order, gives the same result.
    #[test]
    fn order_and_split_do_not_matter(seed in 0_u64..1000, order in any::<u64>(), files in 1_usize..5) {
        let (_, mut scenario) = scenarios().swap_remove((seed % 14) as usize);
        scenario.seed = seed;
        scenario.requests = 60;
        let corpus = generate(&scenario);
        let expected = collect(&[ndjson(&corpus.events)]);
        let mut lines: Vec<Vec<u8>> = corpus.events.iter().map(|event| ndjson(std::slice::from_ref(event))).collect();
        let mut state = order | 1;
        for last in (1..lines.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            lines.swap(last, (state >> 33) as usize % (last + 1));
        }
        let split: Vec<Vec<u8>> = lines.chunks(lines.len().div_ceil(files)).map(<[_]>::concat).collect();
        let collected = collect(&split);
        let without_file = |collected: &Collected| {
            let mut invocations = collected.invocations.to_vec();
            invocations.iter_mut().for_each(|invocation| invocation.file = 0);
            invocations
        };
        prop_assert_eq!(without_file(&collected), without_file(&expected));
        prop_assert_eq!(collected.ledger.events(), expected.ledger.events());
        prop_assert_eq!(collected.ledger.matched, expected.ledger.matched);
    }
}

/// A group of the truth, as the summary would have it.
#[derive(Default)]
struct TruthGroup {
    invocations: u64,
    errors: u64,
    timeouts: u64,
    /// For each metric of the output the exact values and the lower bounds, in microseconds.
    metrics: BTreeMap<&'static str, (Vec<u64>, Vec<u64>)>,
    inference: u64,
    duration: u64,
}

impl TruthGroup {
    fn add(&mut self, truth: &TruthInvocation) {
        self.invocations += 1;
        let outcome = outcome(truth);
        self.errors += u64::from(outcome == "error");
        self.timeouts += u64::from(outcome == "timeout");
        if outcome == "error" {
            return;
        }
        let is_bound = outcome == "timeout";
        let gave_up = truth.call_status == Some(CallOutcome::Timeout);
        self.value("duration_ms", truth.duration_us, is_bound);
        self.value("total_ms", truth.total_us, is_bound);
        self.value("billed_ms", truth.billed_us, false);
        if let Some(init) = truth.init_us {
            self.value("init_ms", init, false);
        }
        if let Some(inference) = truth.inference_us {
            self.value("inference_ms", inference, gave_up);
            self.value("overhead_ms", truth.duration_us - inference, is_bound && !gave_up);
            self.inference += inference;
            self.duration += truth.duration_us;
        }
    }

    fn value(&mut self, metric: &'static str, micros: u64, is_bound: bool) {
        let (exact, bounds) = self.metrics.entry(metric).or_default();
        if is_bound {
            bounds.push(micros);
        } else {
            exact.push(micros);
        }
    }
}

/// Type 8 in its plainest form, in milliseconds.
fn type_8(exact: &[u64], bounds: &[u64], p: f64) -> f64 {
    let mut values = exact.to_vec();
    values.sort_unstable();
    let mut bounds = bounds.to_vec();
    bounds.sort_unstable();
    values.extend(bounds);
    let n = values.len() as f64;
    let h = ((n + 1.0 / 3.0) * p + 1.0 / 3.0).clamp(1.0, n);
    let below = values[h.floor() as usize - 1] as f64;
    let above = values[(h.ceil() as usize).min(values.len()) - 1] as f64;
    (below + (h - h.floor()) * (above - below)) / 1000.0
}

#[track_caller]
fn assert_close(found: &Value, expected: f64, what: &str) {
    let found = found.as_f64().unwrap_or_else(|| panic!("{what} is {found}"));
    assert!(
        (found - expected).abs() <= 1e-9 * expected.abs().max(1.0),
        "{what}: {found}, not {expected}"
    );
}

/// The whole program on 100,000 requests, number by number.
#[test]
fn a_hundred_thousand_requests_give_every_count_quantile_and_share_of_the_truth() {
    let corpus = generate(&Scenario::large());
    let run =
        Run::new("summary --format json --input logs.ndjson").file("logs.ndjson", ndjson(&corpus.events));
    let summary = run.done().code(0).stderr_is("").json();

    let counts = serde_json::to_value(corpus.truth.counts).unwrap();
    for (bin, count) in counts.as_object().unwrap() {
        assert_eq!(summary["ledger"][bin], *count, "{bin}");
    }
    let mut groups: BTreeMap<(Option<String>, String), TruthGroup> = BTreeMap::new();
    for truth in &corpus.truth.invocations {
        let model = truth.model.clone().filter(|_| truth.timing_logged);
        groups
            .entry((model, truth.start.to_string()))
            .or_default()
            .add(truth);
    }
    let found: BTreeMap<(Option<String>, String), &Value> = summary["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| {
            let text = |key: &str| group[key].as_str().map(str::to_owned);
            ((text("model_id"), text("start").unwrap()), group)
        })
        .collect();
    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        groups.keys().collect::<Vec<_>>()
    );
    for (key, truth) in &groups {
        let group = found[key];
        assert_eq!(group["invocations"], truth.invocations, "{key:?}");
        assert_eq!(group["errors"], truth.errors, "{key:?}");
        assert_eq!(group["timeouts"], truth.timeouts, "{key:?}");
        for metric in [
            "duration_ms",
            "init_ms",
            "inference_ms",
            "overhead_ms",
            "total_ms",
            "billed_ms",
        ] {
            let Some((exact, bounds)) = truth.metrics.get(metric) else {
                assert_eq!(group[metric], Value::Null, "{key:?} {metric}");
                continue;
            };
            let found = &group[metric];
            let all = || exact.iter().chain(bounds);
            let what = |part: &str| format!("{key:?} {metric} {part}");
            let count = all().count();
            assert_eq!(found["count"], count, "{}", what("count"));
            assert_close(&found["min"], *all().min().unwrap() as f64 / 1000.0, &what("min"));
            assert_close(&found["max"], *all().max().unwrap() as f64 / 1000.0, &what("max"));
            let mean = all().sum::<u64>() as f64 / count as f64 / 1000.0;
            assert_close(&found["mean"], mean, &what("mean"));
            for (name, p) in [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99)] {
                assert_close(&found[name], type_8(exact, bounds, p), &what(name));
                let [low, high] = [0, 1].map(|end| found["ci95"][name][end].as_f64());
                let value = found[name].as_f64().unwrap();
                assert!(low.is_none_or(|low| low <= value), "{}", what(name));
                assert!(high.is_none_or(|high| value <= high), "{}", what(name));
            }
        }
        if truth.duration > 0 {
            let share = truth.inference as f64 / truth.duration as f64;
            assert_close(
                &group["inference_share"]["ratio_of_sums"],
                share,
                &format!("{key:?} share"),
            );
        } else {
            assert_eq!(group["inference_share"], Value::Null);
        }
    }
}
