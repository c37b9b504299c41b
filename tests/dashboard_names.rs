//! The names that `latscope dashboard` is given: those of functions, log groups, APIs and regions, and no others.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::dashboards::{NAMES, body, of_type, run};

#[test]
fn names_are_names_or_are_refused() {
    for (option, name) in [
        ("--function", "a\"b"),
        ("--function", ""),
        ("--function", "${Function"),
        ("--log-group", "/a' | limit 1"),
        ("--log-group", "a\u{1b}[31m"),
        ("--api-id", "a,b"),
        ("--region", "eu west"),
        ("--rest-api-name", " "),
        ("--rest-api-name", "a${b"),
        ("--rest-api-name", "a${!b}"),
    ] {
        let given = ["--function", "chat", "--region", "eu-west-1"];
        let kept = given.chunks(2).filter(|pair| pair[0] != option).flatten();
        let run = kept.fold(run(""), |run, arg| run.arg(*arg));
        let done = run.arg(option).arg(name).done().code(2);
        assert!(
            done.stdout().is_empty() && done.stderr().contains(option),
            "{}",
            done.stderr()
        );
        assert!(!done.stderr().contains('\u{1b}'), "{:?}", done.stderr());
    }
    // The name of a REST API may hold anything.
    let hostile = "a\"}],\\ 'b";
    let done = run(NAMES).arg("--rest-api-name").arg(hostile).done().code(0);
    let body = body(&done);
    let graphs = of_type(&body, "metric");
    let named = graphs
        .iter()
        .find(|graph| graph["metrics"][0][0] == "AWS/ApiGateway")
        .unwrap();
    assert_eq!(named["metrics"][0][3], hostile);
}

#[test]
fn a_function_may_be_given_by_its_arn_and_the_region_by_the_environment() {
    let arn = "arn:aws:lambda:eu-west-1:123456789012:function:chat:PROD";
    let of_arn = run(&format!("--function {arn}"))
        .env("AWS_REGION", "eu-west-1")
        .done()
        .code(0);
    assert_eq!(of_arn.stdout(), run(NAMES).done().code(0).stdout());
    run("--function chat")
        .done()
        .code(2)
        .stderr_has("no region: give --region REGION");
    // The ARN's region is the function's, whatever the environment says.
    for environment in ["", "us-east-1"] {
        let alone = run(&format!("--function {arn}")).env("AWS_REGION", environment);
        assert_eq!(alone.done().code(0).stdout(), run(NAMES).done().code(0).stdout());
    }
    run(&format!("--function {arn} --region us-east-1"))
        .done()
        .code(2)
        .stderr_has("--region: the function is in eu-west-1");
}

#[test]
fn a_table_reads_no_more_log_groups_than_a_query_takes() {
    let groups = |count: usize| {
        (0..count)
            .map(|n| format!(" --log-group /g/{n}"))
            .collect::<String>()
    };
    let args = "--function chat --region eu-west-1";
    run(&format!("{args}{}", groups(50))).done().code(0);
    run(&format!("{args}{}", groups(51)))
        .done()
        .code(2)
        .stderr_has("a query takes 50 log groups at most, and these are 51");
}
