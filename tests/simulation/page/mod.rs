//! The results as a page.

mod dependent;
mod gates;
mod independent;

use std::fmt::Write as _;

use crate::methods::Method;
use crate::plan::{RUNS, RUNS_OF_FEW, RUNS_OF_GATES, RUNS_OF_MANY, RUNS_OF_SHARES, Results};
use crate::rules::{failing_too_often, too_often_wrong, too_wide};
use crate::runs::SEED;

pub(crate) use dependent::share_row;

pub(crate) const COMMAND: &str =
    "LATSCOPE_ACCEPT=1 cargo test --release --no-default-features --test simulation -- --ignored";

/// A share in percent.
fn percent(count: u64, total: u64) -> String {
    match total {
        0 => "–".to_owned(),
        _ => format!("{:.1}", 100.0 * count as f64 / total as f64),
    }
}

fn size(n: usize) -> String {
    match n {
        10_000 => "10,000".to_owned(),
        n => n.to_string(),
    }
}

fn table(header: &[String], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule = vec!["---".to_owned(); header.len()];
    let rows: String = rows.iter().map(|row| line(row)).collect();
    format!("\n{}{}{rows}\n", line(header), line(&rule))
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

/// The page.
pub(crate) fn page(results: &Results) -> String {
    [
        head(),
        findings(results),
        independent::coverage(results),
        independent::widths(results),
        dependent::series(results),
        dependent::shares(results),
        gates::equal(results),
        gates::power(results),
    ]
    .concat()
    .replace("\n\n\n", "\n\n")
}

fn head() -> String {
    format!(
        "# Simulation\n\n\
         How often the intervals and gates of latscope {} hold what [statistics.md](statistics.md) promises, counted on\n\
         requests whose true quantiles are known. `{COMMAND}`\n\
         writes this page anew; without `LATSCOPE_ACCEPT=1` it says whether the page is still true. It takes twelve\n\
         minutes of CPU time. Few runs of the same are a test of every change:\n\
         `cargo test --no-default-features --test simulation`. The code is in `tests/simulation/`.\n\n\
         Random numbers come from ChaCha8 with the seed {SEED} and the name of what is drawn, one stream for each run, so\n\
         the same program gives the same page, on any number of threads. True quantiles come from the distribution\n\
         function, by bisection. *Earlier* stands for the simulation by which the methods were chosen; its code is not\n\
         here, and some of its distributions are not known in full.\n\n\
         Independent requests have {RUNS} runs for each row and size, {RUNS_OF_MANY} at 10,000 requests; the bootstrap and dependent\n\
         requests {RUNS_OF_FEW}, gates {RUNS_OF_GATES}, shares and coarsely rounded ones {RUNS_OF_SHARES}. One standard error of 95 % is 0.5, 0.6 and 0.7 points\n\
         with {RUNS}, {RUNS_OF_MANY} and {RUNS_OF_FEW} runs.\n\n",
        env!("CARGO_PKG_VERSION"),
    )
}

fn list(found: &[String]) -> String {
    match found {
        [] => " none.\n".to_owned(),
        found => found.iter().fold(String::from("\n"), |mut text, found| {
            let _ = writeln!(text, "  - {found}");
            text
        }),
    }
}

fn findings(results: &Results) -> String {
    let coverage = too_often_wrong(&results.independent, Method::Independent);
    let coarse = too_often_wrong(&results.coarse, Method::Independent);
    let width = too_wide(&results.independent);
    let gates = failing_too_often(&results.equal);
    let strong = failing_too_often(&results.equal_and_strongly_dependent);
    format!(
        "## What is asked for, and where it is not met\n\n\
         A rule counts as broken where chance does not explain it: where the exact limit of Clopper and Pearson, at\n\
         99.5 %, lies beyond what is asked for. All that are broken are listed.\n\n\
         - Of the finite 95 % intervals of a ratio of independent requests at least 94 % hold the truth. Broken by:{}\
         - The same of requests rounded to steps of 5 % of their median. Broken by:{}\
         - In the mean over the distributions the intervals are no wider than those of MOVER (at 100, 300, 1000 and\n  \
           10,000 requests), and at most 1/0.93 of the bootstrap's from 1000 requests on. Broken by:{}\
         - A gate on equal sides fails at most in 2.5 %, for independent and for moderately dependent requests. Broken\n  \
           by:{}\
         - The same for strongly dependent requests. Broken by:{}\n",
        list(&coverage),
        list(&coarse),
        list(&width),
        list(&gates),
        list(&strong),
    )
}
