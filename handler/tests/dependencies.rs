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
    // The analyser and its engines, a second TLS stack, log machinery.
    let unwanted = [
        "latscope",
        "plotters",
        "clap",
        "chrono",
        "aws-lc-sys",
        "openssl",
        "tracing-subscriber",
        "regex",
    ];
    let is_unwanted = |name: &&&str| unwanted.contains(*name) || name.starts_with("polars");
    let linked: Vec<&&str> = names.iter().filter(is_unwanted).collect();
    let services: Vec<&&str> = names.iter().filter(|name| name.starts_with("aws-sdk-")).collect();
    // aws-config brings STS, for roles to be assumed.
    assert_eq!(services, [&"aws-sdk-bedrockruntime", &"aws-sdk-sts"]);
    assert_eq!(linked, Vec::<&&str>::new());
}
