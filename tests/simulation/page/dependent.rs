//! Dependent requests, and shares of inference.

use super::{percent, size, table, texts};
use crate::earlier;
use crate::intervals::Cell;
use crate::methods::Method;
use crate::plan::{self, Results};
use crate::shares::{self, SharesCount};
use crate::sources::{EPISODE, Source};

pub(super) fn series(results: &Results) -> String {
    let row = |cell: &Cell, earlier: Option<String>| {
        let (report, interpolated, naive) = (
            cell.of(Method::Dependent),
            cell.of(Method::Interpolated),
            cell.of(Method::Independent),
        );
        let missed = report.above + report.below - report.few_missed;
        let mut row = vec![
            cell.source.to_string(),
            size(cell.n),
            cell.p.label(),
            percent(report.held(), report.runs),
            percent(report.finite, report.runs),
            percent(report.covered, report.finite),
            percent(report.few, report.runs),
            percent(missed, report.runs),
            percent(interpolated.held(), interpolated.runs),
            percent(naive.held(), naive.runs),
        ];
        row.extend(earlier);
        row
    };
    let header = |last: &[&str]| -> Vec<String> {
        let first = [
            "requests come as",
            "requests",
            "quantile",
            "held",
            "finite",
            "held of finite",
            "few episodes",
            "missed, not few",
            "held if never moved outward",
            "held if taken for independent",
        ];
        first.iter().chain(last).map(|text| (*text).to_owned()).collect()
    };
    let known = |cell: &&Cell| cell.of(Method::Independent).finite > 0;
    let (episodes, series): (Vec<&Cell>, Vec<&Cell>) = results
        .dependent
        .iter()
        .filter(known)
        .partition(|cell| cell.source == Source::Episodes);
    let mut series: Vec<&Cell> = series;
    series.sort_by_key(|cell| {
        let position = plan::DEPENDENT.iter().position(|source| *source == cell.source);
        (position, cell.n)
    });
    let of_series: Vec<Vec<String>> = series.iter().map(|cell| row(cell, None)).collect();
    let of_episodes: Vec<Vec<String>> = episodes
        .iter()
        .map(|cell| {
            let known = earlier::EPISODES.iter().find(|(n, _)| *n == cell.n);
            let is_tail = cell.p.as_f64() > 0.9;
            row(
                cell,
                Some(known.filter(|_| is_tail).map_or("–", |known| known.1).to_owned()),
            )
        })
        .collect();
    format!(
        "## Dependent requests\n\n\
         The logarithms are autoregressive (AR) with the coefficient given, σ 0.5, both sides alike. *Held*, in percent: how\n\
         many of all 95 % intervals hold the truth, those with an infinite end too; beside it how many have two finite ends,\n\
         and how many of these hold it. *Few episodes*: a side's exceedances come in fewer than ten clusters of two or more on\n\
         average, so that there is no verdict and no gate decides; *missed, not few* are misses that a verdict could rest on. Intervals are those of reports and gates:\n\
         for the effective size, moved outward where one side's design effect is above 3. At 300 requests p99 has no finite interval.\n{}\
         Earlier: moved outward at least 96.0 for AR up to 0.8 and 92.5 to 98.5 for AR 0.95; interpolated 94.2 to 98.3 for AR up\n\
         to 0.8; taken for independent 58 for AR 0.8 at p50, and 28 to 31 for AR 0.95. The report moves outward only what is\n\
         strongly dependent, so its figures are between the two. Where hardly any interval is finite, those are finite whose\n\
         requests look less dependent than they are, and of these fewer hold the truth; the rule of ten episodes keeps\n\
         many of them from verdicts. Independent requests pay some width for the question whether\n\
         they are: {}.\n\n\
         Slow episodes: {EPISODE} requests each, 5 % of all, with the gap between fast and slow as above, in which p95 lies.\n{}",
        table(&header(&[]), &of_series),
        cost(results),
        table(&header(&["earlier"]), &of_episodes),
    )
}

/// How much wider intervals of independent requests are for asking whether they are.
fn cost(results: &Results) -> String {
    let independent = results
        .dependent
        .iter()
        .filter(|cell| cell.source == plan::DEPENDENT[0]);
    let of = |cell: &Cell| {
        let (asked, plain) = (cell.of(Method::Dependent), cell.of(Method::Independent));
        (plain.finite > 0).then(|| {
            let wider = asked.mean_width() / plain.mean_width();
            format!("{} {} {wider:.2}", size(cell.n), cell.p.label())
        })
    };
    independent.filter_map(of).collect::<Vec<_>>().join(", ")
}

pub(crate) fn share_row(n: usize, count: &SharesCount) -> Vec<String> {
    let known = earlier::SHARES.iter().find(|(size, _)| *size == n);
    vec![
        size(n),
        percent(count.covered, count.runs),
        known.map_or_else(|| "–".to_owned(), |known| format!("{:.1}", known.1)),
    ]
}

pub(super) fn shares(results: &Results) -> String {
    let rows: Vec<Vec<String>> = results
        .shares
        .iter()
        .map(|(n, count)| share_row(*n, count))
        .collect();
    format!(
        "## Inference share\n\n\
         With {:.0} % cold starts of 30 to 40 times the usual overhead, and a true share of {:.3}. In percent, how many 95 %\n\
         intervals hold it:\n{}\
         No formula mends what is missing: without any cold start, as in 40 % of 30 requests, nothing tells of them. The earlier\n\
         cold starts are not known; milder ones are missed less.\n\n",
        100.0 * shares::COLD,
        shares::truth(),
        table(&texts(["requests", "held", "earlier"]), &rows),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependent_sizes_have_earlier_figures() {
        assert!(
            plan::DEPENDENT_SIZES
                .iter()
                .all(|n| earlier::EPISODES.iter().any(|(size, _)| size == n))
        );
    }
}
