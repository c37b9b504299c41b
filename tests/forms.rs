//! The same invocations in every form in which logs are saved.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use common::{Folder, Run, root};
use latscope::invocation::{Collected, Collector, Invocation};
use latscope::parse::{Parser, TimingKeys};
use latscope::source::{locate, read_file};
use latscope_corpus::{Corpus, Event, Form, SavedFile, Scenario, generate, save};
use proptest::prelude::*;
use serde_json::Value;

const GROUP: &str = "/aws/lambda/chat-api";

fn scenario(name: &str, seed: u64) -> Scenario {
    Scenario {
        seed,
        ..Scenario::preset(name).unwrap()
    }
}

fn put(folder: &Path, files: &[SavedFile]) {
    for file in files {
        let path = folder.join(&file.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &file.bytes).unwrap();
    }
}

/// Everything that a folder gives.
fn collect(folder: &Path) -> Collected {
    let mut collector = Collector::new(Parser::new(TimingKeys::common()).unwrap());
    for file in locate(&[folder.to_owned()]).unwrap() {
        collector.begin_file(&file.path, file.argument);
        read_file(&file.path, &mut |item| {
            collector.take(item);
        })
        .unwrap();
    }
    collector.finish()
}

fn saved(form: Form, events: &[Event]) -> Collected {
    let folder = Folder::new();
    put(folder.path(), &save(form, events, GROUP));
    collect(folder.path())
}

/// Invocations without the places that differ from form to form: the file, and the function, which some forms know
/// from the log group.
fn invocations(collected: &Collected) -> Vec<Invocation> {
    let mut invocations = collected.invocations.to_vec();
    for invocation in &mut invocations {
        (invocation.file, invocation.function) = (0, None);
    }
    invocations
}

fn of_lambda() -> impl Iterator<Item = Form> {
    let of_bedrock = |form: &Form| form.name().starts_with("bedrock-");
    Form::ALL.iter().copied().filter(move |form| !of_bedrock(form))
}

#[test]
fn lossless_forms_give_the_same_invocations() {
    for (preset, seed) in [("forms", 1), ("forms-json", 1), ("forms", 2), ("forms-json", 3)] {
        let corpus = generate(&scenario(preset, seed));
        let expected = saved(Form::Ndjson, &corpus.events);
        assert_eq!(expected.invocations.len(), corpus.truth.invocations.len());
        for form in of_lambda().filter(|form| form.is_lossless()) {
            let found = saved(form, &corpus.events);
            assert_eq!(
                invocations(&found),
                invocations(&expected),
                "{preset} {}",
                form.name()
            );
            assert_eq!(found.names.streams, expected.names.streams, "{}", form.name());
            assert_eq!(found.names.models, expected.names.models, "{}", form.name());
            let bins = |collected: &Collected| {
                let ledger = &collected.ledger;
                (
                    ledger.report_records,
                    ledger.timing_records,
                    ledger.lifecycle,
                    ledger.duplicates,
                    ledger.rejected,
                    ledger.matched,
                )
            };
            assert_eq!(bins(&found), bins(&expected), "{preset} {}", form.name());
        }
    }
}

/// What a form that loses something still tells of each invocation.
fn numbers(collected: &Collected) -> Vec<(String, u64, Option<u64>)> {
    let mut numbers: Vec<_> = collected
        .invocations
        .iter()
        .map(|found| {
            let billed = found.billed.map(latscope::vocab::Micros::as_micros);
            (found.request_id.to_string(), found.duration.as_micros(), billed)
        })
        .collect();
    numbers.sort();
    numbers
}

#[test]
fn lossy_forms_keep_every_invocation_and_its_numbers() {
    let cut = |form: Form| form.name() == "log-result";
    let without_ids = |form: Form| form.name() == "sls-logs-v3";
    let without_timing = |form: Form| form.name().contains("-fields") || form.name() == "insights-flat";
    for preset in ["forms", "forms-json"] {
        let corpus = generate(&scenario(preset, 1));
        let expected = saved(Form::Ndjson, &corpus.events);
        for form in of_lambda().filter(|form| !form.is_lossless() && !cut(*form) && !without_ids(*form)) {
            // Logs Insights discovers fields of the text format alone.
            if without_timing(form) && preset == "forms-json" {
                continue;
            }
            let found = saved(form, &corpus.events);
            assert_eq!(numbers(&found), numbers(&expected), "{preset} {}", form.name());
            assert_eq!(
                found.ledger.rejected,
                expected.ledger.rejected,
                "{preset} {}",
                form.name()
            );
            let matched = if without_timing(form) {
                0
            } else {
                expected.ledger.matched
            };
            assert_eq!(found.ledger.matched, matched, "{preset} {}", form.name());
        }
    }
}

#[test]
fn a_form_without_ids_keeps_durations_and_starts() {
    let corpus = generate(&scenario("forms", 1));
    let expected = saved(Form::Ndjson, &corpus.events);
    let form = Form::from_name("sls-logs-v3").unwrap();
    let found = saved(form, &corpus.events);
    let durations = |collected: &Collected| {
        let mut durations: BTreeMap<(u64, bool), u64> = BTreeMap::new();
        for invocation in collected.invocations.iter() {
            let key = (invocation.duration.as_micros(), invocation.waited_init.is_some());
            *durations.entry(key).or_default() += 1;
        }
        durations
    };
    // The event that the logs hold twice cannot be told from another one.
    let (found, mut expected) = (durations(&found), durations(&expected));
    let twice: Vec<_> = found
        .iter()
        .filter(|(key, count)| expected.get(key) != Some(*count))
        .collect();
    assert_eq!(twice.len(), 1);
    *expected.get_mut(twice[0].0).unwrap() += 1;
    assert_eq!(found, expected);
}

fn summary(args: &str, folder: &Path) -> Value {
    let run = Run::new(&format!("summary --format json {args} --input")).arg(folder);
    run.done().code(0).json()
}

#[test]
fn summaries_are_the_same_to_the_last_digit() {
    let corpus = generate(&scenario("forms", 1));
    let of = |form: Form| {
        let folder = Folder::new();
        put(folder.path(), &save(form, &corpus.events, GROUP));
        summary(
            "--by model,start,version,memory,region,stream,status",
            folder.path(),
        )
    };
    let expected = of(Form::Ndjson);
    for form in of_lambda().filter(|form| form.is_lossless()) {
        let found = of(form);
        for part in ["groups", "window", "warnings"] {
            assert_eq!(found[part], expected[part], "{} of {}", part, form.name());
        }
    }
}

/// All forms in one folder, in two orders of their names: what they have in common counts once.
#[test]
fn the_same_events_in_many_forms_count_once() {
    for preset in ["forms", "forms-json"] {
        let corpus = generate(&scenario(preset, 1));
        let alone = Folder::new();
        put(alone.path(), &save(Form::Ndjson, &corpus.events, GROUP));
        let expected = summary("", alone.path());
        for is_reversed in [false, true] {
            let folder = Folder::new();
            for (position, form) in of_lambda()
                .filter(|form| form.name() != "sls-logs-v3")
                .enumerate()
            {
                let number = if is_reversed { 999 - position } else { position };
                let below = folder.path().join(format!("{number:03}"));
                put(&below, &save(form, &corpus.events, GROUP));
            }
            let found = summary("", folder.path());
            assert_eq!(found["groups"], expected["groups"], "{preset}");
            for count in [
                "report_records",
                "timing_records",
                "matched",
                "timing_without_report",
            ] {
                assert_eq!(
                    found["ledger"][count], expected["ledger"][count],
                    "{preset} {count}"
                );
            }
        }
    }
}

fn packed(compression: &str, name: &str, bytes: &[u8]) -> Vec<u8> {
    match compression {
        "gzip" => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        "bzip2" => {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        "zstd" => ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest),
        _ => {
            let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
            let options = zip::write::SimpleFileOptions::default();
            archive.start_file(name, options).unwrap();
            archive.write_all(bytes).unwrap();
            archive.start_file("__MACOSX/._x", options).unwrap();
            archive.write_all(b"not a log").unwrap();
            archive.finish().unwrap().into_inner()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    /// However events are spread over files, in whatever lossless forms and order: the result is the same.
    #[test]
    fn any_split_into_files_of_any_form_gives_the_same(
        seed in 0_u64..1000,
        is_json in any::<bool>(),
        files in prop::collection::vec((0_usize..100, any::<u32>()), 1..6),
        spread in any::<u64>(),
    ) {
        let corpus = generate(&scenario(if is_json { "forms-json" } else { "forms" }, seed));
        let lossless: Vec<Form> = of_lambda().filter(|form| form.is_lossless()).collect();
        let expected = saved(Form::Ndjson, &corpus.events);
        let mut parts: Vec<Vec<Event>> = vec![Vec::new(); files.len()];
        let mut state = spread | 1;
        for event in &corpus.events {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            parts[(state >> 33) as usize % files.len()].push(event.clone());
        }
        let folder = Folder::new();
        for ((form, order), events) in files.iter().zip(&parts).filter(|(_, events)| !events.is_empty()) {
            let form = lossless[form % lossless.len()];
            let below = folder.path().join(format!("{order:010}-{}", form.name()));
            put(&below, &save(form, events, GROUP));
        }
        let found = collect(folder.path());
        prop_assert_eq!(invocations(&found), invocations(&expected));
        prop_assert_eq!(found.ledger.matched, expected.ledger.matched);
    }
}

/// Each compression, of several forms, from a file and from standard input; and one in another.
#[test]
fn every_compression_of_any_form_is_unpacked() {
    let corpus = generate(&scenario("forms", 1));
    let expected = {
        let folder = Folder::new();
        put(folder.path(), &save(Form::Ndjson, &corpus.events, GROUP));
        summary("", folder.path())
    };
    for form in [
        "ndjson",
        "filter-log-events-pretty",
        "insights-console-csv",
        "tail-detailed",
    ] {
        let file = save(Form::from_name(form).unwrap(), &corpus.events, GROUP).remove(0);
        for compression in ["gzip", "bzip2", "zstd", "zip"] {
            let once = packed(compression, &file.path, &file.bytes);
            let twice = packed("gzip", "x", &once);
            for bytes in [once, twice] {
                let run = Run::new("summary --format json --input log").file("log", &bytes);
                assert_eq!(
                    run.done().code(0).json()["groups"],
                    expected["groups"],
                    "{compression} {form}"
                );
                let run = Run::new("summary --format json --input -").stdin(bytes);
                assert_eq!(
                    run.done().code(0).json()["groups"],
                    expected["groups"],
                    "{compression} {form} -"
                );
            }
        }
    }
}

#[test]
fn bedrock_s_own_logs_are_shown_alone_and_joined_to_invocations() {
    let corpus = generate(&scenario("forms", 1));
    let folder = Folder::new();
    let bedrock = folder.path().join("bedrock");
    for form in ["bedrock-invocation-logs", "bedrock-s3"] {
        let saved = latscope_corpus::save_bedrock(Form::from_name(form).unwrap(), &corpus);
        put(&bedrock.join(form), &saved);
    }
    let alone = summary("", &bedrock);
    assert_eq!(
        (alone["groups"].clone(), &alone["ledger"]["invocations"]),
        (Value::Array(vec![]), &0.into())
    );
    let calls = alone["model_calls"].as_array().unwrap();
    assert_eq!(calls.len(), 2);
    let answered = answered_calls(&corpus);
    for call in calls {
        let latencies = &answered[call["model"].as_str().unwrap()];
        let latency = &call["bedrock_latency_ms"];
        assert_eq!(latency["count"], latencies.len(), "{call}");
        let longest = *latencies.iter().max().unwrap() as f64 / 1000.0;
        assert_eq!(latency["max"], longest);
        assert_eq!(call["joined"], 0);
    }
    // A report needs invocations, and says what there is instead.
    Run::new("report --baseline haiku --candidate nova-lite --input")
        .arg(&bedrock)
        .done()
        .code(4)
        .stderr_has("model calls of Bedrock's own logs");
    put(
        &folder.path().join("lambda"),
        &save(Form::Ndjson, &corpus.events, GROUP),
    );
    let both = summary("", folder.path());
    let records = both["ledger"]["bedrock_records"].as_u64().unwrap();
    assert_eq!(both["ledger"]["bedrock_joined"], records);
    let joined: u64 = both["model_calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| call["joined"].as_u64().unwrap())
        .sum();
    assert_eq!(joined, records);
}

/// Bedrock's own latency of every call whose record tells it, by model: what the fixture's truth says through the
/// timing records, which hold the same figure.
fn answered_calls(corpus: &Corpus) -> BTreeMap<String, Vec<u64>> {
    let mut latencies: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let logs = latscope_corpus::save_bedrock(Form::from_name("bedrock-invocation-logs").unwrap(), corpus);
    let events = String::from_utf8(logs[0].bytes.clone()).unwrap();
    for line in events.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let record: Value = serde_json::from_str(event["message"].as_str().unwrap()).unwrap();
        let body = &record["output"]["outputBodyJson"];
        let streamed = body.as_array().and_then(|chunks| {
            let metrics =
                |chunk: &Value| chunk["amazon-bedrock-invocationMetrics"]["invocationLatency"].as_f64();
            chunks.iter().find_map(metrics)
        });
        let is_plain = record["operation"] == "InvokeModel";
        let latency = streamed.or_else(|| body["metrics"]["latencyMs"].as_f64().filter(|_| !is_plain));
        let short = if record["modelId"].as_str().unwrap().contains("nova") {
            "nova-lite"
        } else {
            "claude-3-haiku"
        };
        if let Some(latency) = latency {
            latencies
                .entry(short.to_owned())
                .or_default()
                .push((latency * 1000.0) as u64);
        }
    }
    latencies
}

#[test]
fn the_page_on_forms_names_every_one() {
    let page = fs::read_to_string(root().join("docs/formats.md")).unwrap();
    for form in Form::ALL {
        let name = form.name();
        let short = name.rsplit_once('-').map(|(_, last)| format!("`…-{last}`"));
        let is_named =
            page.contains(&format!("`{name}`")) || short.is_some_and(|short| page.contains(&short));
        assert!(is_named, "docs/formats.md does not name {name}");
    }
}

/// The committed fixtures are what the generator writes, byte by byte.
#[test]
fn the_committed_forms_are_what_the_generator_writes() {
    let corpus = generate(&Scenario {
        requests: 6,
        ..Scenario::preset("forms").unwrap()
    });
    let mut written = 0;
    for form in Form::ALL {
        let files = if form.name().starts_with("bedrock-") {
            latscope_corpus::save_bedrock(*form, &corpus)
        } else {
            save(*form, &corpus.events, GROUP)
        };
        for file in files {
            let path = root().join("fixtures/forms").join(form.name()).join(&file.path);
            let committed = fs::read(&path).unwrap_or_default();
            assert!(
                committed == file.bytes,
                "{} is not what the generator writes",
                path.display()
            );
            written += 1;
        }
    }
    assert_eq!(locate(&[root().join("fixtures/forms")]).unwrap().len(), written);
}
