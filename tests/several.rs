//! Several candidates against one baseline, ranked.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::schema::faults;
use common::{Done, Run, root};
use latscope_corpus::{Environments, ModelProfile, Scenario, generate, write_ndjson};
use serde_json::{Value, json};

const BASELINE: &str = "anthropic.claude-3-haiku-20240307-v1:0";

/// Logs of these models, equally many requests each, interleaved.
fn logs(models: &[(&str, f64)], each: usize) -> Vec<u8> {
    let profile = |(id, median): &(&str, f64)| ModelProfile::new(id, *median);
    let scenario = Scenario {
        requests: each * models.len(),
        models: models.iter().map(profile).collect(),
        noise_per_request: 0.0,
        environments: Environments {
            recycle_share: 0.0,
            ..Scenario::default().environments
        },
        ..Scenario::default()
    };
    let mut bytes = Vec::new();
    write_ndjson(&generate(&scenario).events, &mut bytes).unwrap();
    bytes
}

fn four() -> Vec<u8> {
    let models = [
        (BASELINE, 1000.0),
        ("amazon.nova-pro-v1:0", 1500.0),
        ("amazon.nova-micro-v1:0", 500.0),
        ("amazon.nova-lite-v1:0", 700.0),
    ];
    logs(&models, 300)
}

fn report(logs: Vec<u8>, more: &str) -> Run {
    Run::new("report --baseline haiku --out out --input logs.ndjson")
        .args(more)
        .file("logs.ndjson", logs)
}

fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.filter(|path| path.is_file());
    files
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// The ranking, which is as its schema says.
#[track_caller]
fn ranking(done: &Done) -> Value {
    let read = |name: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(root().join("docs").join(name)).unwrap()).unwrap()
    };
    let found: Value = serde_json::from_str(&done.read("out/report.json")).unwrap();
    // What both kinds of report share is described once.
    let (mut schema, report) = (read("ranking.schema.json"), read("report.schema.json"));
    for shared in ["page", "drawn"] {
        assert_eq!(
            schema["properties"][shared]["$ref"],
            format!("report.schema.json#/properties/{shared}")
        );
        schema["properties"][shared] = report["properties"][shared].clone();
    }
    for name in ["prose", "block"] {
        schema["$defs"][name] = report["$defs"][name].clone();
    }
    assert_eq!(faults(&schema, &found), Vec::<String>::new());
    found
}

fn of_each<'r>(ranking: &'r Value, field: &str) -> Vec<&'r Value> {
    let candidates = ranking["candidates"].as_array().unwrap();
    candidates.iter().map(|candidate| &candidate[field]).collect()
}

#[test]
fn all_models_are_ranked_by_their_ratio() {
    let done = report(four(), "--all-models").done().code(0);
    let found = ranking(&done);
    assert_eq!(found["schema"], "latscope.ranking/v1");
    assert_eq!(found["baseline"], "claude-3-haiku");
    assert_eq!(of_each(&found, "name"), ["nova-micro", "nova-lite", "nova-pro"]);
    assert_eq!(of_each(&found, "verdict"), ["improved", "improved", "regressed"]);
    for (ratio, median) in of_each(&found, "ratio").iter().zip([0.5, 0.7, 1.5]) {
        let ratio = ratio.as_f64().unwrap();
        assert!((ratio / median - 1.0).abs() < 0.2, "{ratio} of {median}");
    }
    let text = done.stdout();
    let said =
        "Of 3 candidates, 2 are shown to be faster than claude-3-haiku at p95 of total time: nova-micro, 0.";
    assert!(text.contains(said), "{text}");
    let page = done.read("out/report.md");
    assert!(
        page.contains("| [`nova-lite`](nova-lite/report.md) | 300 | "),
        "{page}"
    );
    let html = done.read("out/report.html");
    assert!(html.contains("<a href=\"nova-lite/report.html\"><code>nova-lite</code></a>"));
    // Whoever leads there finds it.
    for folder in ["nova-micro", "nova-lite", "nova-pro"] {
        assert!(done.path(&format!("out/{folder}/report.html")).is_file());
    }
}

#[test]
fn each_candidate_has_the_report_that_it_would_have_alone() {
    let done = report(four(), "--candidate nova-pro --candidate nova-lite")
        .done()
        .code(0);
    assert_eq!(of_each(&ranking(&done), "name"), ["nova-lite", "nova-pro"]);
    let alone = report(four(), "--candidate nova-lite").done().code(0);
    let (one, other) = (files(&done.path("out/nova-lite")), files(&alone.path("out")));
    assert!(one.len() > 10 && one.keys().eq(other.keys()));
    for (name, text) in &one {
        assert!(*text == other[name], "{name}");
    }
}

#[test]
fn the_order_of_candidates_changes_no_byte() {
    let of = |more: &str| files(&report(four(), more).done().code(0).path("out"));
    let one = of("--candidate nova-pro --candidate nova-lite --candidate nova-micro");
    let other = of("--candidate nova-micro --candidate nova-lite --candidate nova-pro");
    assert!(one.len() > 10 && one == other);
    assert!(one == of("--all-models"));
}

/// Of nine candidates the smallest p-value counts nine times, and no later one is below an earlier one (Holm).
#[test]
fn a_claim_must_hold_among_all() {
    let run = Run::new("report --out out --all-models --input")
        .arg(root().join("fixtures/edges/ten-models.ndjson.gz"))
        .args("--baseline")
        .arg(format!("model={BASELINE}"));
    let done = run.done().code(0);
    let found = ranking(&done);
    let p_values: Vec<(String, f64)> = of_each(&found, "folder")
        .iter()
        .filter_map(|folder| {
            let folder = folder.as_str().unwrap();
            let report: Value =
                serde_json::from_str(&done.read(&format!("out/{folder}/report.json"))).unwrap();
            let smaller =
                report["quantiles"]["total"][2]["comparison"]["confidence_candidate_smaller"].as_f64()?;
            Some((folder.to_owned(), 2.0 * smaller.min(1.0 - smaller)))
        })
        .collect();
    assert!(p_values.len() == 9);
    let mut sorted = p_values;
    sorted.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut highest = 0.0_f64;
    for (at, (folder, p)) in sorted.iter().enumerate() {
        highest = highest.max(p * (9 - at) as f64).min(1.0);
        let candidates = found["candidates"].as_array().unwrap();
        let told = candidates
            .iter()
            .find(|one| one["folder"] == json!(folder))
            .unwrap();
        let holm = told["holm_p"].as_f64().unwrap();
        assert!((holm - highest).abs() < 1e-9, "{folder}: {holm} and {highest}");
        let alone = told["verdict_alone"].as_str().unwrap();
        let expected = if holm > 0.05 { "inconclusive" } else { alone };
        assert!(alone == "equivalent" || told["verdict"] == expected, "{folder}");
    }
    // One is shown alone and not among all, and says so wherever it is shown.
    let lite = found["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "nova-lite")
        .unwrap();
    assert_eq!(
        (&lite["verdict_alone"], &lite["verdict"]),
        (&json!("improved"), &json!("inconclusive"))
    );
    let page = done.read("out/report.md");
    assert!(
        page.contains("| improved° | unverified |")
            && page.contains("° shown alone, but not among all 9 (Holm, 5 %)")
    );
    assert!(page.starts_with("# 9 candidates against `claude-3-haiku`"));
    assert!(page.contains("**None of the 9 candidates is shown to be faster than"));
    assert!(done.read("out/ratios.svg").contains(">improved°</text>"));
    assert!(done.read("out/nova-lite/ratios.svg").contains(">improved</text>"));
}

#[test]
fn a_gate_is_decided_for_each_and_the_gravest_counts() {
    let gates = "--candidate nova-lite --candidate nova-pro --fail-on p95>+10%";
    let done = report(four(), gates).done().code(10);
    let text = done.stdout();
    assert!(
        text.contains("Gates of nova-pro:\nFAIL  ") && !text.contains("Gates of nova-lite"),
        "{text}"
    );
    assert!(done.read("out/nova-pro/report.md").contains("## Gates"));
    report(
        four(),
        "--candidate nova-lite --candidate nova-micro --fail-on p95>+10%",
    )
    .done()
    .code(0);
}

#[test]
fn more_candidates_than_figures_show() {
    let ids: Vec<String> = (0..12)
        .map(|n| format!("vendor{n}.model-number-{n}-v1:0"))
        .collect();
    let models: Vec<(&str, f64)> = [(BASELINE, 1000.0)]
        .into_iter()
        .chain(
            ids.iter()
                .enumerate()
                .map(|(n, id)| (id.as_str(), 500.0 + 100.0 * n as f64)),
        )
        .collect();
    let done = report(logs(&models, 40), "--all-models").done().code(0);
    let page = done.read("out/report.md");
    assert!(
        page.contains("All figures show the first 9 of the 12 candidates."),
        "{page}"
    );
    assert_eq!(page.matches("/report.md)").count(), 24);
    let first = ranking(&done)["candidates"][0]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(done.read("out/quantiles.svg").contains(&first));
}

#[test]
fn names_that_make_one_folder_are_kept_apart() {
    let long = "n".repeat(300);
    let models = [
        (BASELINE, 1000.0),
        ("a|b", 500.0),
        ("A b", 600.0),
        ("..", 700.0),
        ("acme.report.html", 800.0),
        ("acme.con", 900.0),
        (long.as_str(), 950.0),
    ];
    let done = report(logs(&models, 40), "--all-models").done().code(0);
    let found = ranking(&done);
    let mut folders: Vec<String> = of_each(&found, "folder")
        .iter()
        .map(|folder| folder.as_str().unwrap().to_lowercase())
        .collect();
    folders.sort();
    let cut = "n".repeat(100);
    assert_eq!(
        folders,
        [
            "a-b",
            "a-b-2",
            "candidate",
            "model-con-",
            "model-report.html-",
            &cut
        ]
    );
    for folder in of_each(&found, "folder") {
        let folder = folder.as_str().unwrap();
        assert!(done.path(&format!("out/{folder}/report.md")).is_file());
    }
}

#[test]
fn many_long_candidates_have_a_folder_by_default() {
    let ids: Vec<String> = (0..5).map(|n| format!("vendor.{}-{n}", "m".repeat(70))).collect();
    let models: Vec<(&str, f64)> = [(BASELINE, 1000.0)]
        .into_iter()
        .chain(ids.iter().map(|id| (id.as_str(), 800.0)))
        .collect();
    let run = Run::new("report --baseline haiku --input logs.ndjson").file("logs.ndjson", logs(&models, 20));
    let run = ids
        .iter()
        .fold(run, |run, id| run.arg("--candidate").arg(format!("model={id}")));
    let done = run.done().code(0);
    assert!(done.path("reports/haiku-vs-5-candidates/report.html").is_file());
}

#[test]
fn what_cannot_be_ranked_is_said() {
    let twice = report(
        four(),
        "--candidate nova-lite --candidate model=amazon.nova-lite-v1:0",
    )
    .done();
    twice.code(2).stderr_has(
        "two candidates are the same 300 invocations: --candidate nova-lite and --candidate model=",
    );
    let both = report(four(), "--candidate nova-lite --all-models").done();
    both.code(2).stderr_has("cannot be used with");
    let neither = report(four(), "").done();
    neither.code(2).stderr_has("--candidate <SELECTOR>");
    let alone = report(logs(&[(BASELINE, 1000.0)], 20), "--all-models").done();
    alone
        .code(2)
        .stderr_has("--all-models: these logs hold no model but the baseline's");
    let itself = report(four(), "--candidate nova-lite --candidate haiku").done();
    itself.code(2).stderr_has("same");
}

#[test]
fn a_stored_ranking_gives_the_same_bytes_again() {
    let first = files(&report(four(), "--all-models").done().code(0).path("out"));
    let done = Run::new("render report.json --out again").file("report.json", &first["report.json"]);
    let mut again = files(&done.done().code(0).path("again"));
    again.insert("report.json".to_owned(), first["report.json"].clone());
    assert!(again.keys().eq(first.keys()));
    for (name, text) in &first {
        assert!(again[name] == *text, "{name}");
    }
}

/// A model whose handler is killed before it can name its model is not shown to be faster for it.
#[test]
fn requests_of_unknown_model_stand_beside_the_answer() {
    let mut dies = ModelProfile::new("amazon.nova-lite-v1:0", 600.0);
    dies.killed = latscope_corpus::Amount::Share(0.3);
    let scenario = Scenario {
        requests: 900,
        models: vec![
            ModelProfile::new(BASELINE, 1000.0),
            dies,
            ModelProfile::new("amazon.nova-micro-v1:0", 500.0),
        ],
        noise_per_request: 0.0,
        ..Scenario::default()
    };
    let mut bytes = Vec::new();
    write_ndjson(&generate(&scenario).events, &mut bytes).unwrap();
    let done = report(bytes, "--all-models").done().code(0);
    let said = "90 invocations have no known model (90 timed out) and count for no model. Depending on the model each belongs to, \
                p95 could say something else of ";
    assert!(done.stdout().contains(said), "{}", done.stdout());
    let page = done.read("out/report.md");
    assert!(
        page.contains("90 invocations have no known model (90 timed out) and count for no model."),
        "{page}"
    );
}

/// What speaks against one comparison is said with its name.
#[test]
fn warnings_of_each_comparison_are_shown() {
    let run = Run::new("report --baseline start=warm --all-models --out out --input")
        .arg(root().join("fixtures/edges/ten-models.ndjson.gz"));
    let done = run.done().code(0);
    let (text, page) = (done.stdout(), done.read("out/report.md"));
    assert!(
        text.contains("warning: nova-lite: 80 invocations are on both sides"),
        "{text}"
    );
    assert!(
        page.contains("- `nova-lite`: 80 invocations are on both sides"),
        "{page}"
    );
    assert!(!text.contains("p99 needs"), "{text}");
}

#[test]
fn a_saved_baseline_is_ranked_against_the_other_models() {
    let run = Run::new("baseline save base --select haiku --baselines saved --input logs.ndjson")
        .file("logs.ndjson", four());
    let saved = run.done().code(0);
    let file = fs::read_dir(saved.path("saved"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let name = file.file_name().unwrap().to_str().unwrap().to_owned();
    let run =
        Run::new("report --baseline saved=base --all-models --baselines saved --out out --input logs.ndjson");
    let run = run
        .file("logs.ndjson", four())
        .file(&format!("saved/{name}"), fs::read(file).unwrap());
    let found = ranking(&run.done().code(0));
    assert_eq!(of_each(&found, "name"), ["nova-micro", "nova-lite", "nova-pro"]);
}
