//! `latscope explain`: the words of the outputs, as `docs/terms.md` has them.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;

use common::{Run, root};
use latscope::comparison::{Part, Rate};
use latscope::invocation::StartType;
use latscope::summary::Metric;

fn explained(word: &str) -> String {
    Run::new("explain")
        .arg(word)
        .done()
        .code(0)
        .stderr_is("")
        .stdout()
}

#[test]
fn what_must_be_explained_is() {
    for word in [
        "p95",
        "quantile",
        "interval",
        "share",
        "inference share",
        "controlled",
        "confounded",
        "unverified",
        "verdict",
        "margin",
        "equivalent",
        "inconclusive",
        "cold",
        "warm",
        "total",
        "duration",
        "inference",
        "overhead",
        "init",
        "timeouts",
        "dependence",
        "episodes",
        "effective size",
        "ratio",
        "Hodges–Lehmann",
        "hodges-lehmann",
        "Holm",
        "noise floor",
        "adjusted",
        "cold share",
        "ledger",
        "duplicate",
        "rejected",
        "unattributed",
        "cost",
        "what-if",
        "gate",
        "baseline",
        "saved baseline",
        "Amdahl",
        "†",
        "≥",
        "improved",
        "regressed",
    ] {
        let text = explained(word);
        assert!(text.lines().count() >= 3, "{word}: {text}");
    }
}

#[test]
fn the_words_that_options_and_tables_use_are_explained() {
    let metrics = Metric::ALL.map(Metric::title);
    let starts = StartType::ALL.map(StartType::name);
    let words = metrics
        .into_iter()
        .chain(starts)
        .chain(Rate::ALL.map(Rate::name))
        .chain(Part::ALL.map(Part::name));
    for word in words {
        explained(word);
    }
}

#[test]
fn any_quantile_is_explained_with_the_requests_that_it_needs() {
    let p99 = explained("p99");
    assert!(
        p99.contains("p99: 99 % of the requests take at most so long"),
        "{p99}"
    );
    assert!(p99.contains("from 368 independent"), "{p99}");
    let p999 = explained("P99.9");
    assert!(p999.contains("p99.9: 99.9 %") && p999.contains("3,688"), "{p999}");
    Run::new("explain p100").done().code(2);
}

#[test]
fn words_may_be_written_in_any_way() {
    let text = explained("effective size");
    assert_eq!(explained("Effective-Size"), text);
    assert_eq!(Run::new("explain effective size").done().code(0).stdout(), text);
    assert_eq!(explained("timeout_rate"), explained("Timeout Rate"));
}

#[test]
fn an_unknown_word_names_the_nearest_and_exits_with_2() {
    Run::new("explain confonded").done().code(2).stderr_is(
        "error: \"confonded\" is not explained; did you mean confounded?\nlatscope explain lists all words\n",
    );
    Run::new("explain xyzzy")
        .done()
        .code(2)
        .stderr_is("error: \"xyzzy\" is not explained\nlatscope explain lists all words\n");
}

#[test]
fn all_words_have_a_line_each_in_the_order_of_the_page() {
    let list = Run::new("explain").done().code(0).stderr_is("").stdout();
    let page = fs::read_to_string(root().join("docs/terms.md")).unwrap();
    let headings: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .map(|names| names.split(',').next().unwrap())
        .collect();
    assert_eq!(list.lines().count(), headings.len());
    for (line, heading) in list.lines().zip(headings) {
        assert!(line.starts_with(heading), "{line}");
        assert!(line.chars().count() <= 100, "{line}");
    }
}

#[test]
fn texts_fit_and_hold_no_markup() {
    let list = Run::new("explain").done().code(0).stdout();
    for line in list.lines() {
        let word = line.split("  ").next().unwrap();
        let text = explained(word);
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        for markup in ["](", "`", "**", ".md", "::", "## "] {
            assert!(!text.contains(markup), "{word}: {markup} in {text}");
        }
    }
}

#[test]
fn a_broken_configuration_does_not_matter() {
    let run = Run::new("explain p95").file("latscope.toml", "nonsense");
    run.done().code(0).stderr_is("");
}
