//! Outputs on the fixture, byte by byte. To accept a change that was meant, run the tests with
//! `LATSCOPE_ACCEPT=1` and read the difference before committing it.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::golden::assert_golden;
use common::{Run, fixture};

/// The files of a report.
const REPORT: [&str; 12] = [
    "report.md",
    "report.html",
    "report.json",
    "quantiles.svg",
    "ratios.svg",
    "ecdf.svg",
    "over-time.svg",
    "tokens.svg",
    "distributions.svg",
    "inference-share.svg",
    "phases.svg",
    "cost.svg",
];

#[test]
fn the_committed_report_is_what_the_fixture_gives() {
    let run = Run::new("report --baseline haiku --candidate nova-lite --input");
    let done = run.arg(fixture()).done().code(0).stderr_is("");
    for file in REPORT {
        let path = format!("reports/haiku-vs-nova-lite/{file}");
        assert_golden(&path, &done.read(&path));
    }
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let of_threads = |threads: &'static str| -> Vec<Vec<u8>> {
        let run =
            Run::new("report --baseline haiku --candidate nova-lite --fail-on p95>+10% --out out --input")
                .env("RAYON_NUM_THREADS", threads)
                .env("POLARS_MAX_THREADS", threads);
        let done = run.arg(fixture()).done().code(0);
        let files = REPORT.map(|file| done.bytes(&format!("out/{file}")));
        files.into_iter().chain([done.stdout().into_bytes()]).collect()
    };
    let one = of_threads("1");
    assert!(one.iter().all(|file| file.len() > 500));
    for threads in ["2", "8"] {
        assert!(of_threads(threads) == one, "{threads} threads");
    }
}

#[test]
fn the_summary_of_the_fixture_is_as_it_was() {
    for (format, file) in [
        ("table", "summary.txt"),
        ("markdown", "summary.md"),
        ("csv", "summary.csv"),
        ("json", "summary.json"),
    ] {
        let run = Run::new(&format!("summary --format {format} --input"));
        let done = run.arg(fixture()).done().code(0);
        assert_golden(&format!("tests/golden/{file}"), &done.stdout());
    }
}

#[test]
fn what_if_on_the_fixture_is_as_it_was() {
    let run = Run::new("summary --by model --what-if inference*0.5 --what-if init=0,overhead=0 --input");
    let done = run.arg(fixture()).done().code(0);
    assert_golden("tests/golden/what-if.txt", &done.stdout());
}

/// A second run, and another number of threads for whatever uses threads, change no byte.
#[test]
fn the_same_input_gives_the_same_bytes() {
    let report = |threads: &'static str| {
        let run = Run::new("report --baseline haiku --candidate nova-lite --out out --input").arg(fixture());
        let done = run.env("POLARS_MAX_THREADS", threads).done().code(0);
        (
            done.stdout(),
            REPORT.map(|file| done.read(&format!("out/{file}"))),
        )
    };
    let once = report("1");
    assert!(once == report("1") && once == report("4"));
}
