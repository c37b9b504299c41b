//! A simulation of what the intervals and gates of the program promise: that so many hold the truth, that they are not
//! wider than others that do, and that gates do not fail without reason.
//!
//! Here few runs of everything are held to the rules of `rules.rs`. What they cannot show, many runs do: the ignored
//! test, whose page is `docs/simulation.md`.

// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod earlier;
mod gates;
mod intervals;
mod law;
mod methods;
mod page;
mod plan;
mod rules;
mod runs;
mod shares;
mod sources;

use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::thread;

use gates::Gates;
use intervals::{Budget, Cell, cells};
use latscope::stats::Probability;
use methods::Method;
use sources::{PAIRS, Source};

fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn budget(runs: u32) -> Budget {
    Budget {
        runs,
        threads: threads(),
    }
}

/// Few runs of every distribution.
static FEW: LazyLock<Vec<Cell>> = LazyLock::new(|| {
    let sizes = [(60, 40), (100, 50), (400, 50), (1000, 50), (10_000, 10)];
    let of = |(n, runs): (usize, u32)| {
        let methods = [(Method::Independent, runs), (Method::Mover, runs)];
        PAIRS
            .iter()
            .flat_map(move |pair| cells(Source::Pair(pair), n, &methods, budget(runs)))
    };
    sizes.into_iter().flat_map(of).collect()
});

#[test]
fn intervals_hold_the_truth_as_often_as_promised() {
    assert_eq!(rules::too_often_wrong(&FEW, Method::Independent), [""; 0]);
    for group in rules::by_size(&FEW) {
        let wrong = rules::too_often_wrong_together(&group, Method::Independent);
        assert_eq!(wrong, None, "n = {}, {}", group[0].n, group[0].p.label());
    }
    // Finite are all or none.
    let finite = |n, p| {
        let of = FEW.iter().filter(|cell| (cell.n, cell.p) == (n, p));
        let (mut finite, mut runs) = (0, 0);
        for count in of.map(|cell| cell.of(Method::Independent)) {
            finite += count.finite;
            runs += count.runs;
        }
        assert!(runs > 0 && (finite == 0 || finite == runs), "{finite} of {runs}");
        finite > 0
    };
    assert!(finite(60, Probability::P50) && finite(100, Probability::P95) && finite(400, Probability::P99));
    assert!(!finite(60, Probability::P95) && !finite(100, Probability::P99));
}

#[test]
fn intervals_are_no_wider_than_those_of_mover() {
    assert_eq!(rules::too_wide(&FEW), [""; 0]);
}

#[test]
fn a_bootstrap_is_found_to_hold_the_truth_too_seldom() {
    let methods = [(Method::Independent, 100), (Method::Bootstrap, 100)];
    // Of ten times as many requests on the baseline side, so that the candidate decides.
    let cells = cells(Source::Pair(&PAIRS[9]), 100, &methods, budget(100));
    let wrong = rules::too_often_wrong(&cells, Method::Bootstrap);
    assert!(wrong.iter().any(|cell| cell.contains("p99")), "{wrong:?}");
    assert_eq!(rules::too_often_wrong(&cells, Method::Independent), [""; 0]);
    let p99 = cells.iter().find(|cell| cell.p == Probability::P99).unwrap();
    assert_eq!(p99.of(Method::Independent).finite, 0);
}

#[test]
fn requests_that_depend_on_each_other_are_not_taken_for_independent() {
    let methods = [(Method::Dependent, 100), (Method::Independent, 100)];
    let cells = cells(Source::Autoregressive(0.8), 1000, &methods, budget(100));
    let held = |p, method| {
        let cell = cells.iter().find(|cell| cell.p == p).unwrap();
        cell.of(method).held()
    };
    for p in [Probability::P50, Probability::P95] {
        assert!(held(p, Method::Dependent) >= 88, "{}", held(p, Method::Dependent));
        assert!(
            held(p, Method::Independent) <= 80,
            "{}",
            held(p, Method::Independent)
        );
    }
    // Whoever takes them for independent is found out by the same rule.
    assert!(rules::too_often_wrong(&cells, Method::Independent).len() >= 2);
}

#[test]
fn gates_of_equal_sides_fail_no_more_often_than_stated() {
    let of = |source: &Source, n| Gates::run(*source, n, Probability::P95, 0.0, budget(100));
    let gates: Vec<Gates> = plan::EQUAL
        .iter()
        .flat_map(|source| [100, 1000].map(|n| of(source, n)))
        .collect();
    assert_eq!(rules::failing_too_often(&gates), [""; 0]);
    // One that looks at estimates alone fails where nothing differs.
    assert!(
        gates[0].outcomes[0].failed_by_estimate >= 10,
        "{:?}",
        gates[0].outcomes
    );
}

#[test]
fn a_gate_sees_what_is_half_as_slow_again() {
    let gates = Gates::run(Source::Pair(&PAIRS[0]), 1000, Probability::P95, 0.5, budget(60));
    assert_eq!(gates.outcomes[0].failed, 60);
    let same = Gates::run(Source::Pair(&PAIRS[0]), 1000, Probability::P95, 0.0, budget(60));
    assert!(same.outcomes[0].passed >= 10, "{:?}", same.outcomes);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let of = |threads| {
        let methods = [(Method::Dependent, 50), (Method::Bootstrap, 30)];
        let budget = Budget { runs: 50, threads };
        (
            cells(Source::Autoregressive(0.5), 100, &methods, budget),
            Gates::run(Source::Episodes, 100, Probability::P95, 0.1, budget),
        )
    };
    assert_eq!(of(1), of(3));
}

/// The shares take no time; the rest of the page is the ignored test's.
#[test]
fn the_page_is_of_this_program() {
    let page = fs::read_to_string(page_path()).unwrap();
    for n in [30, 100] {
        let row = page::share_row(n, &shares::shares(n, budget(plan::RUNS_OF_SHARES))).join(" | ");
        assert!(page.contains(&row), "{row} is not in the page: {}", page::COMMAND);
    }
    assert!(page.contains(page::COMMAND));
}

fn page_path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/simulation.md")
}

#[test]
#[ignore = "takes twelve minutes of CPU time"]
fn the_page_is_what_many_runs_give() {
    let page = page::page(&plan::all(threads()));
    if std::env::var_os("LATSCOPE_ACCEPT").is_some() {
        fs::write(page_path(), &page).unwrap();
    }
    assert!(fs::read_to_string(page_path()).unwrap() == page, "{page}");
}
