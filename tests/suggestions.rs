//! A word that is not known is answered with the nearest one that is.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{Run, invocation};

const HAIKU: &str = "anthropic.claude-3-haiku-20240307-v1:0";
const NOVA: &str = "us.amazon.nova-lite-v1:0";

fn logs() -> String {
    let of = |n: u64| invocation(n, if n.is_multiple_of(2) { HAIKU } else { NOVA }, 400.0, 420.0);
    (0..20).map(of).collect()
}

/// The arguments, each by itself, then what must be said.
#[track_caller]
fn refused(code: i32, args: &[&str], said: &str) {
    let run = args.iter().fold(Run::new(""), |run, arg| run.arg(*arg));
    run.file("logs.ndjson", logs()).done().code(code).stderr_has(said);
}

#[test]
fn keys_of_selectors_conditions_and_groups() {
    let report = |selector| ["report", "--baseline", selector, "--candidate", "nova-lite"];
    refused(2, &report("modle=haiku"), "; did you mean model?");
    refused(2, &report("verison=12"), "; did you mean version?");
    refused(2, &report("model=haiku,sav=x"), "; did you mean saved?");
    refused(2, &report("start=wram"), "; did you mean warm?");
    refused(2, &report("status=sucess"), "; did you mean success?");
    refused(2, &["summary", "--where", "memry=512"], "; did you mean memory?");
    refused(2, &["summary", "--where", "start=clod"], "; did you mean cold?");
    refused(2, &["summary", "--by", "modle,start"], "; did you mean model?");
}

#[test]
fn a_word_that_is_like_none_gets_the_list_alone() {
    let args = ["report", "--baseline", "colour=red", "--candidate", "nova-lite"];
    let run = args
        .iter()
        .fold(Run::new(""), |run, arg| run.arg(*arg))
        .done()
        .code(2);
    let said = run.stderr();
    assert!(said.contains("is none of model, since"), "{said}");
    assert!(!said.contains("did you mean"), "{said}");
}

#[test]
fn models_are_offered_as_they_can_be_asked_for() {
    let report = |model| {
        [
            "report",
            "--input",
            "logs.ndjson",
            "--candidate",
            "nova-lite",
            "--baseline",
            model,
        ]
    };
    refused(4, &report("haikku"), "; did you mean claude-3-haiku?");
    refused(4, &report("claud-3-haiku"), "; did you mean claude-3-haiku?");
    refused(4, &report("nova-light"), "; did you mean nova-lite?");
    refused(
        4,
        &report("model=amazon.nova-lit-v1:0"),
        "; did you mean nova-lite?",
    );
    let run = report("gpt").iter().fold(Run::new(""), |run, arg| run.arg(*arg));
    let said = run.file("logs.ndjson", logs()).done().code(4).stderr();
    assert!(!said.contains("did you mean"), "{said}");
}

#[test]
fn what_a_gate_measures() {
    let check = |gate| ["check", "--baseline", "a", "--candidate", "b", "--fail-on", gate];
    refused(2, &check("p95(totl) > +10%"), "; did you mean total?");
    refused(2, &check("p95(total, wram) > +10%"), "; did you mean warm?");
    refused(2, &check("P95(total) > +10%"), "; did you mean p95?");
    refused(2, &check("timeouts > 1%"), "; did you mean timeout_rate?");
    refused(
        2,
        &check("inference_shar < 90%"),
        "; did you mean inference_share?",
    );
    refused(2, &check("timeout_rate(could) > 1%"), "; did you mean cold?");
    refused(
        2,
        &["plan", "--quantile", "p95(infrence)"],
        "; did you mean inference?",
    );
}

#[test]
fn parts_of_a_what_if() {
    refused(
        2,
        &["summary", "--what-if", "infrence*0.5"],
        "; did you mean inference?",
    );
    refused(
        2,
        &["summary", "--what-if", "init=0,retries=0"],
        "; did you mean retry?",
    );
}

#[test]
fn formats_commands_and_options() {
    refused(2, &["summary", "--format", "jsn"], "'json'");
    refused(2, &["store", "export", "--format", "parket"], "'parquet'");
    refused(2, &["sumary"], "'summary'");
    refused(2, &["query", "lst"], "'list'");
    refused(2, &["summary", "--inptu", "logs.ndjson"], "'--input'");
}

#[test]
fn names_of_baselines_and_queries() {
    let args = [
        "report",
        "--baseline",
        "saved=octobr",
        "--candidate",
        "haiku",
        "--input",
        "logs.ndjson",
    ];
    let run = args.iter().fold(Run::new(""), |run, arg| run.arg(*arg));
    let run = run
        .file("logs.ndjson", logs())
        .file("baselines/october.json.gz", "");
    run.done().code(4).stderr_has("; did you mean october?");
    refused(2, &["query", "show", "latncy"], "did you mean latency?");
}

#[test]
fn fields_of_timing_records() {
    Run::new("summary --input logs.ndjson")
        .file("logs.ndjson", logs())
        .file("latscope.toml", "[timing]\ninference_sm = \"took\"\n")
        .done()
        .code(2)
        .stderr_has("; did you mean inference_ms?");
}
