//! Gates of equal sides and of others.

use super::{percent, size, table, texts};
use crate::earlier;
use crate::gates::{Gates, MARGINS};
use crate::plan::{self, Results};

pub(super) fn equal(results: &Results) -> String {
    let rows = |gates: &[Gates]| -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        for gates in gates {
            for (margin, outcomes) in MARGINS.into_iter().zip(&gates.outcomes) {
                let share = |count| percent(count, outcomes.runs);
                rows.push(vec![
                    gates.source.to_string(),
                    size(gates.n),
                    format!("+{:.0} %", 100.0 * margin),
                    format!("{:.2}", 100.0 * outcomes.failed as f64 / outcomes.runs as f64),
                    share(outcomes.passed),
                    share(outcomes.inconclusive()),
                    share(outcomes.failed_by_estimate),
                ]);
            }
        }
        rows
    };
    let header = texts([
        "requests come as",
        "requests",
        "gate `p95 >`",
        "fail",
        "pass",
        "inconclusive",
        "fail by estimates alone",
    ]);
    format!(
        "## Gates of equal sides\n\n\
         Nothing differs, so no gate should fail. At +0 % the truth is on the threshold: there the nominal 2.5 % may be\n\
         reached. *Halves* are the first and second half of one series. Intervals are moved outward where dependence is strong,\n\
         and a gate is inconclusive where a side has few slow episodes. In percent:\n{}\
         Strongly dependent:\n{}",
        table(&header, &rows(&results.equal)),
        table(&header, &rows(&results.equal_and_strongly_dependent)),
    )
}

pub(super) fn power(results: &Results) -> String {
    let mut header = texts(["quantile", "requests"]);
    for change in plan::CHANGES {
        let change = format!("+{:.0} %", 100.0 * change);
        header.extend(["estimates", "gate", "taken for independent"].map(|of| format!("{change}: {of}")));
    }
    header.push("+0 %: gate passes".to_owned());
    let rows: Vec<Vec<String>> = results
        .power
        .chunks(plan::CHANGES.len())
        .map(|gates| {
            let (n, p) = (gates[0].n, gates[0].p);
            let known = earlier::POWER
                .iter()
                .find(|failed| (failed.p, failed.n) == (p, n));
            let mut row = vec![p.label(), size(n)];
            for (at, gates) in gates.iter().enumerate() {
                let outcomes = &gates.outcomes[0];
                let with = |count: u64, known: Option<f64>| {
                    let known = known.map_or_else(String::new, |known| format!(" ({known})"));
                    format!("{}{known}", percent(count, outcomes.runs))
                };
                row.push(with(
                    outcomes.failed_by_estimate,
                    known.map(|known| known.of_changes[at].0),
                ));
                row.push(percent(outcomes.failed, outcomes.runs));
                row.push(with(
                    outcomes.failed_if_independent,
                    known.map(|known| known.of_changes[at].1),
                ));
            }
            let same = &gates[0].outcomes[0];
            row.push(percent(same.passed, same.runs));
            row
        })
        .collect();
    format!(
        "## Power\n\n\
         How often `> +10%` fails, in percent, for lognormal requests (σ 0.5) by the true change: by the estimates alone; by the\n\
         interval, as the gate does, which asks whether requests depend on each other; and by the interval that takes them for\n\
         independent, as the earlier simulation did, whose figures are in brackets. The threshold is not exceeded at\n\
         +0 % and +10 %.\n{}\
         p99 of 300 requests is not estimable. A gate on estimates fails in half of all runs where the change is just the\n\
         allowed one, and in a quarter where nothing changed and requests are few. What the interval costs is that it passes\n\
         less often; what the question costs is some power where requests are few.\n",
        table(&header, &rows),
    )
}
