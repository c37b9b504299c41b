//! `report.md`: the page that answers whether the candidate would help.

use super::answer::{factor, quantiles_table, sentences, table_notes};
use super::markdown::{code, escape, table};
use super::scale::{estimate, grouped, millis, percent, percent_with_interval, ratio};
use super::summary::{ledger_lines, shown_time, window_line};
use super::table::{Cell, Table, name, optional, text};
use crate::comparison::{Comparison, PARTS, Side};
use crate::dataset::{Dataset, Key, Window};
use crate::invocation::{Ledger, Span, StartType};
use crate::stats::{Confidence, Probability, Sample, Share};
use crate::summary::{Metric, MetricSummary, value_counts};

/// A figure that the page shows.
#[derive(Debug, Clone, Copy)]
pub struct Figure<'a> {
    /// Its file name, beside the page.
    pub file: &'a str,
    /// What it finds, in words.
    pub alt: &'a str,
}

/// The figures of the page.
#[derive(Debug, Clone, Copy)]
pub struct Figures<'a> {
    /// Latency quantile curves of both sides.
    pub quantiles: Figure<'a>,
    /// Distributions, cold and warm apart.
    pub distributions: Figure<'a>,
    /// Time by phase at p50, p95 and p99.
    pub phases: Figure<'a>,
}

/// The page as Markdown.
pub fn report_markdown(
    comparison: &Comparison,
    dataset: &Dataset,
    ledger: &Ledger,
    (window, span, is_local): (Window, Option<Span>, bool),
    figures: Figures<'_>,
) -> String {
    let (baseline, candidate) = (&comparison.baseline, &comparison.candidate);
    let sections = [
        format!("# {} against {}\n", code(&candidate.name), code(&baseline.name)),
        compared(
            comparison,
            dataset,
            ledger,
            &window_line(window, span, is_local),
            is_local,
        ),
        answer(comparison),
        latency(comparison, figures.quantiles),
        cold_and_warm(comparison, figures.distributions),
        where_the_time_goes(comparison, figures.phases),
        billed(comparison),
        limits(comparison),
        warnings(comparison),
        method(),
    ];
    sections.join("\n")
}

fn sides(comparison: &Comparison) -> [&Side; 2] {
    [&comparison.baseline, &comparison.candidate]
}

/// A table with a column for each side.
fn two_columns(comparison: &Comparison, first_title: &str, rows: Vec<(&str, [Cell; 2])>) -> String {
    let mut page = Table::new(
        1,
        &[first_title, &comparison.baseline.name, &comparison.candidate.name],
    );
    for (title, [baseline, candidate]) in rows {
        page.row(vec![text(title), baseline, candidate]);
    }
    table(&page)
}

fn image(figure: Figure<'_>) -> String {
    format!("\n![{}]({})\n", escape(figure.alt), figure.file)
}

fn compared(
    comparison: &Comparison,
    dataset: &Dataset,
    ledger: &Ledger,
    window: &str,
    is_local: bool,
) -> String {
    let both = |cell: &dyn Fn(&Side) -> Cell| sides(comparison).map(cell);
    let property = |key: Key, side: &Side| {
        let column = match key {
            Key::Function => &side.rows.function,
            Key::Version => &side.rows.version,
            Key::Region => &side.rows.region,
            _ => &side.rows.memory_mb,
        };
        let values = value_counts(column).into_iter();
        let shown: Vec<String> = values
            .map(|(value, _)| value.map_or_else(|| "not known".to_owned(), |value| dataset.label(key, value)))
            .collect();
        text(shown.join(", "))
    };
    let counts = |side: &Side| {
        let group = &side.group;
        text(format!(
            "{} ({} failed, {} timed out)",
            grouped(group.invocations as u64),
            group.errors,
            group.timeouts
        ))
    };
    let mut rows = vec![];
    if sides(comparison).iter().any(|side| !side.model_ids.is_empty()) {
        rows.push(("model ids", both(&|side| ids(&side.model_ids))));
    }
    rows.push(("invocations", both(&counts)));
    rows.push((
        "first and last",
        both(&|side| {
            optional(side.span.map(|span| {
                format!(
                    "{} to {}",
                    shown_time(span.first, is_local),
                    shown_time(span.last, is_local)
                )
            }))
        }),
    ));
    for (title, key) in [
        ("function", Key::Function),
        ("version", Key::Version),
        ("memory (MB)", Key::Memory),
        ("region", Key::Region),
    ] {
        rows.push((title, both(&|side| property(key, side))));
    }
    let [events, invocations] = ledger_lines(ledger);
    format!(
        "## What was compared\n\n{}\n{window}  \n{events}  \n{invocations}\n{}",
        two_columns(comparison, "", rows),
        unattributed(comparison)
    )
}

/// Model ids, one code span if there is one.
fn ids(ids: &[String]) -> Cell {
    match ids {
        [] => Cell::Empty,
        [one] => name(one.clone()),
        several => text(several.join(", ")),
    }
}

fn unattributed(comparison: &Comparison) -> String {
    let Some(found) = &comparison.unattributed else {
        return String::new();
    };
    let kinds: Vec<String> = [(found.timeouts, "timed out"), (found.errors, "failed")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let kinds = if kinds.is_empty() {
        String::new()
    } else {
        format!(" ({})", kinds.join(", "))
    };
    let (have, count) = match found.invocations {
        1 => ("1 invocation has".to_owned(), "counts"),
        several => (format!("{several} invocations have"), "count"),
    };
    let mut page = Table::new(
        1,
        &[
            "total time if all were its own",
            &comparison.baseline.name,
            &comparison.candidate.name,
        ],
    );
    for (p, baseline, candidate) in &found.if_all {
        let cell = |quantile: &Option<crate::stats::Quantile>| optional(quantile.map(estimate));
        page.row(vec![text(p.label()), cell(baseline), cell(candidate)]);
    }
    format!(
        "\n{have} no known model{kinds} and {count} on neither side. In the worst case for a side, all of them are \
         its own:\n\n{}",
        table(&page)
    )
}

fn answer(comparison: &Comparison) -> String {
    let [first, second] = sentences(comparison, &code);
    format!("## Answer\n\n**{first}** {second}\n")
}

fn latency(comparison: &Comparison, figure: Figure<'_>) -> String {
    let part = |title: &str, compared: &[crate::comparison::ComparedQuantile]| {
        let notes: Vec<String> = table_notes(compared).iter().map(|note| escape(note)).collect();
        format!(
            "{}\n{}\n",
            table(&quantiles_table(comparison, compared, title)),
            notes.join("  \n")
        )
    };
    let plain = |title: &str, compared: &[crate::comparison::ComparedQuantile]| {
        table(&quantiles_table(comparison, compared, title))
    };
    format!(
        "## Latency\n\nTotal time is duration plus the initialisation or restore that the request waited for, over all \
         start types.\n\n{}{}\nBeside it, the duration alone and the total of warm invocations:\n\n{}\n{}",
        part("total time", &comparison.total),
        image(figure),
        plain("duration", &comparison.duration),
        plain("total, warm only", &comparison.warm),
    )
}

fn cold_and_warm(comparison: &Comparison, figure: Figure<'_>) -> String {
    let mut page = Table::new(
        2,
        &[
            "start",
            "side",
            "invocations",
            "share",
            "total p50",
            "total p95",
            "init p50",
            "init max",
        ],
    );
    for start in StartType::ALL {
        for side in sides(comparison) {
            let Some(row) = side.start(start) else { continue };
            let sample = |metric: Metric| row.latencies.sample(metric).map(MetricSummary::of);
            let (total, init) = (sample(Metric::Total), sample(Metric::Init));
            let at = |summary: &Option<MetricSummary>, p: Probability| {
                let quantile = summary.as_ref().and_then(|summary| summary.quantile(p));
                optional(quantile.map(super::scale::quantile))
            };
            page.row(vec![
                text(start.name()),
                name(side.name.clone()),
                text(grouped(row.invocations as u64)),
                text(percent_with_interval(row.share, row.share_interval)),
                at(&total, Probability::P50),
                at(&total, Probability::P95),
                optional(
                    init.as_ref()
                        .and_then(|init| init.quantile(Probability::P50))
                        .map(|p50| estimate(p50.estimate)),
                ),
                optional(init.as_ref().map(|init| millis(init.max))),
            ]);
        }
    }
    let summaries: Vec<MetricSummary> = sides(comparison)
        .iter()
        .flat_map(|side| &side.starts)
        .filter_map(|row| row.latencies.sample(Metric::Total).map(MetricSummary::of))
        .collect();
    let shown = summaries.iter().flat_map(|summary| {
        [Probability::P50, Probability::P95]
            .into_iter()
            .filter_map(|p| summary.quantile(p))
    });
    let notes: Vec<String> = super::scale::footnotes(shown)
        .iter()
        .map(|note| escape(note))
        .collect();
    let notes = if notes.is_empty() {
        String::new()
    } else {
        format!("\n{}\n", notes.join("  \n"))
    };
    format!("## Cold and warm\n\n{}{notes}{}", table(&page), image(figure))
}

fn where_the_time_goes(comparison: &Comparison, figure: Figure<'_>) -> String {
    let both = |cell: &dyn Fn(&Side) -> Cell| sides(comparison).map(cell);
    let share = |side: &Side| side.all.share.clone();
    let quantile = |metric: Metric, p: Probability| {
        both(&|side| {
            optional(
                side.metric(metric)
                    .and_then(|metric| metric.quantile(p))
                    .map(super::scale::quantile),
            )
        })
    };
    let of_share =
        |what: &dyn Fn(&Share) -> Option<String>| both(&|side| optional(share(side).as_ref().and_then(what)));
    let mut rows = vec![
        (
            "inference share of duration (ratio of sums)",
            of_share(&|share| {
                let ratio = share.ratio_of_sums();
                let range = share.interval(Confidence::C95);
                Some(range.map_or_else(|| percent(ratio), |range| percent_with_interval(ratio, range)))
            }),
        ),
        (
            "inference share of a typical request (median)",
            of_share(&|share| share.median_of_ratios().map(percent)),
        ),
        ("inference p50", quantile(Metric::Inference, Probability::P50)),
        ("inference p95", quantile(Metric::Inference, Probability::P95)),
        (
            "overhead p50 (duration − inference)",
            quantile(Metric::Overhead, Probability::P50),
        ),
        ("overhead p95", quantile(Metric::Overhead, Probability::P95)),
        (
            "init p50 (where waited for)",
            quantile(Metric::Init, Probability::P50),
        ),
    ];
    if sides(comparison).iter().any(|side| retry_share(side).is_some()) {
        rows.push((
            "retries of the model call, share of duration",
            both(&|side| optional(retry_share(side).map(percent))),
        ));
    }
    rows.extend([
        (
            "at most, with no overhead at all",
            of_share(&|share| Some(format!("{}× as fast", factor(share.speedup_without_the_rest()?)))),
        ),
        (
            "at most, with an infinitely fast model",
            of_share(&|share| Some(format!("{}× as fast", factor(share.speedup_without_the_part()?)))),
        ),
        (
            "with a model twice as fast",
            of_share(&|share| {
                Some(format!(
                    "{}× as fast",
                    factor(share.speedup_if_the_part_is_faster(2.0)?)
                ))
            }),
        ),
    ]);
    format!(
        "## Where the time goes\n\n{}\nThe last rows are Amdahl's law applied to the duration.\n{}\n{}",
        two_columns(comparison, "", rows),
        image(figure),
        composition(comparison)
    )
}

/// Share of failed model attempts in the duration of the invocations that tell.
fn retry_share(side: &Side) -> Option<f64> {
    let rows = &side.rows;
    let told = || (0..rows.len()).filter_map(|row| Some((rows.retry_us[row]?, rows.duration_us[row])));
    let retries: u64 = told().map(|(retry, _)| retry).sum();
    let duration: u64 = told().map(|(_, duration)| duration).sum();
    (retries > 0 && duration > 0).then(|| retries as f64 / duration as f64)
}

/// What the requests around each quantile are made of.
fn composition(comparison: &Comparison) -> String {
    let is_used = |part: usize| {
        sides(comparison)
            .iter()
            .any(|side| side.composition.iter().any(|row| row.parts_us[part] > 0.0))
    };
    let parts: Vec<usize> = (0..PARTS.len()).filter(|&part| is_used(part)).collect();
    let mut titles = vec!["requests around", "side", "averaged"];
    titles.extend(parts.iter().map(|&part| PARTS[part]));
    let mut page = Table::new(2, &titles);
    for p in [Probability::P50, Probability::P95, Probability::P99] {
        for side in sides(comparison) {
            let Some(row) = side.composition.iter().find(|row| row.p == p) else {
                continue;
            };
            let mut cells = vec![
                text(p.label()),
                name(side.name.clone()),
                text(grouped(row.requests as u64)),
            ];
            cells.extend(parts.iter().map(|&part| text(millis(row.parts_us[part]))));
            page.row(cells);
        }
    }
    format!(
        "Mean ms of each part over the requests that could be the quantile of total time:\n\n{}",
        table(&page)
    )
}

fn billed(comparison: &Comparison) -> String {
    let both = |cell: &dyn Fn(&Side) -> Cell| sides(comparison).map(cell);
    let sample = |side: &Side| side.all.sample(Metric::Billed).cloned();
    let quantile = |p: Probability| {
        both(&|side| {
            optional(
                side.metric(Metric::Billed)
                    .and_then(|billed| billed.quantile(p))
                    .map(super::scale::quantile),
            )
        })
    };
    let rows = vec![
        (
            "mean billed ms per invocation",
            both(&|side| optional(sample(side).map(|sample| millis(sample.mean())))),
        ),
        ("billed p50", quantile(Probability::P50)),
        ("billed p95", quantile(Probability::P95)),
        ("billed p99", quantile(Probability::P99)),
        (
            "GB-seconds per 1,000 invocations",
            both(&|side| {
                optional(gb_seconds_per_thousand(side).map(|gb_seconds| format!("{gb_seconds:.0}")))
            }),
        ),
    ];
    let means = sample(&comparison.baseline).zip(sample(&comparison.candidate));
    let ratio = means.map(|(baseline, candidate): (Sample, Sample)| {
        format!(
            "\nPer invocation the candidate is billed {} times the baseline's duration. Failures are not in these \
             figures.\n",
            ratio(candidate.mean() / baseline.mean())
        )
    });
    format!(
        "## Billed duration\n\n{}{}",
        two_columns(comparison, "", rows),
        ratio.unwrap_or_default()
    )
}

/// Memory times billed duration, over the invocations that tell both.
fn gb_seconds_per_thousand(side: &Side) -> Option<f64> {
    let rows = &side.rows;
    let used: Vec<f64> = (0..rows.len())
        .filter_map(|row| Some(f64::from(rows.memory_mb[row]?) / 1024.0 * rows.billed_us[row]? as f64 / 1e6))
        .collect();
    (!used.is_empty()).then(|| used.iter().sum::<f64>() / used.len() as f64 * 1000.0)
}

fn limits(comparison: &Comparison) -> String {
    let both = |cell: &dyn Fn(&Side) -> Cell| sides(comparison).map(cell);
    let mut rows = vec![
        (
            "timed out",
            both(&|side| text(grouped(side.group.timeouts as u64))),
        ),
        (
            "longest total time",
            both(&|side| optional(side.metric(Metric::Total).map(|total| millis(total.max)))),
        ),
    ];
    for (index, title) in [
        "over 29 s (API Gateway REST default)",
        "over 30 s (API Gateway HTTP)",
    ]
    .into_iter()
    .enumerate()
    {
        rows.push((
            title,
            both(&|side| {
                optional(side.margins.get(index).map(|margin| {
                    format!(
                        "{} of {} (below {} with 95 % confidence)",
                        margin.over,
                        grouped(margin.invocations),
                        percent(margin.upper_bound)
                    )
                }))
            }),
        ));
    }
    format!(
        "## Timeouts and limits\n\n{}\nTimeouts rank above every other request in all quantiles. A request that Lambda \
         stopped at its own limit before 29 s counts as under 29 s here.\n",
        two_columns(comparison, "", rows)
    )
}

fn warnings(comparison: &Comparison) -> String {
    if comparison.warnings.is_empty() {
        return "## Warnings\n\nNone of the checks found anything.\n".to_owned();
    }
    let lines = comparison
        .warnings
        .iter()
        .map(|warning| format!("- {}\n", escape(&warning.to_string())));
    format!("## Warnings\n\n{}", lines.collect::<String>())
}

fn method() -> String {
    "## How this was measured\n\n\
     Each REPORT is one invocation; timing records were joined to it by request id. Failures are counted apart from \
     latency; timeouts are in it as lower bounds. Quantiles are Hyndman–Fan type 8, their intervals come from order \
     statistics, and ratios from the convolution of both sides' confidence distributions: nothing is resampled. The \
     intervals assume independent requests. What the logs do not tell, such as prompts and traffic, was not checked.\n"
        .to_owned()
}
