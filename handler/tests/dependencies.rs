//! What the handler is linked from: its start-up time is part of what latscope measures.

// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::process::Command;

#[test]
fn nothing_of_the_analysis_is_linked() {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--package",
            "latscope-handler",
            "--edges",
            "normal",
        ])
        .args(["--prefix", "none", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let tree = String::from_utf8(output.stdout).unwrap();
    let names: BTreeSet<&str> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| !name.is_empty())
        .collect();
    assert!(
        names.contains("lambda_http") && names.contains("latscope-schema"),
        "{names:?}"
    );
    // The analyser, its engines, another service's SDK, a second TLS stack, log machinery.
    let unwanted = [
        "latscope",
        "polars",
        "plotters",
        "clap",
        "chrono",
        "aws-sdk-cloudwatchlogs",
        "aws-sdk-lambda",
        "aws-sdk-sso",
        "aws-lc-sys",
        "openssl",
        "tracing-subscriber",
        "regex",
    ];
    let linked: Vec<&str> = unwanted.into_iter().filter(|name| names.contains(name)).collect();
    assert_eq!(linked, Vec::<&str>::new());
}
