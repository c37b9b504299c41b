//! The template's dashboard is what `latscope dashboard` prints. `LATSCOPE_ACCEPT=1` writes it into the template.

// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;

use common::analyser::latscope;

const TEMPLATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/template.yaml");
const BEGINS: &str = "      # The dashboard begins.\n";
const ENDS: &str = "      # The dashboard ends.\n";

/// The dashboard of the stack, whose names CloudFormation fills in, as a block of the template.
fn dashboard(options: &[&str]) -> String {
    let mut args = vec![
        "dashboard",
        "--function",
        "${Function}",
        "--log-group",
        "${LogGroup}",
    ];
    args.extend(["--api-id", "${HttpApi}", "--region", "${AWS::Region}"]);
    args.extend(options);
    let body = latscope(&args);
    body.lines().map(|line| format!("          {line}\n")).collect()
}

#[test]
fn the_template_embeds_what_latscope_dashboard_prints() {
    let expected = format!(
        "      # Written by tests/template_dashboard.rs: latscope dashboard, with --emf where there are metrics.\n      \
         DashboardBody: !If\n        - HasMetrics\n        - !Sub |\n{}        - !Sub |\n{}",
        dashboard(&["--emf"]),
        dashboard(&[])
    );
    let template = fs::read_to_string(TEMPLATE).unwrap();
    let (before, rest) = template.split_once(BEGINS).unwrap();
    let (embedded, after) = rest.split_once(ENDS).unwrap();
    if std::env::var_os("LATSCOPE_ACCEPT").is_some() {
        fs::write(TEMPLATE, format!("{before}{BEGINS}{expected}{ENDS}{after}")).unwrap();
        return;
    }
    assert!(
        embedded == expected,
        "the dashboard in template.yaml is not that of latscope dashboard: LATSCOPE_ACCEPT=1 cargo test \
         -p latscope-handler --test template_dashboard writes it"
    );
}
