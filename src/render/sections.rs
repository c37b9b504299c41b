//! The sections of the report, each with its table.

use super::answer::{factor, quantiles_table, shown_quantiles, table_notes};
use super::markdown::table;
use super::report::{notes, sides, two_columns};
use super::scale::{footnotes, millis, percent, percent_with_interval, ratio};
use super::table::{Cell, Noted, Table, name, optional, text};
use super::typical::typical;
use crate::comparison::{Comparison, PARTS, Side};
use crate::dataset::Columns;
use crate::invocation::StartType;
use crate::stats::{Confidence, Grade, Probability, Share};
use crate::summary::{Failures, Metric, MetricSummary, is_in_sample};
use crate::vocab::grouped;

/// p50, p95 and p99, the headline first.
pub(super) fn latency(comparison: &Comparison, figure: &str) -> String {
    let part = |title: &str, compared: &[crate::comparison::ComparedQuantile]| {
        format!(
            "{}{}",
            table(&quantiles_table(comparison, compared, title)),
            notes(&table_notes(comparison, compared))
        )
    };
    let beside = |title: &str, compared: &[crate::comparison::ComparedQuantile]| {
        format!(
            "{}{}",
            table(&quantiles_table(comparison, compared, title)),
            notes(&footnotes(shown_quantiles(compared)))
        )
    };
    format!(
        "## Latency\n\nTotal time is duration plus the initialisation or restore that the request waited for, over all \
         start types.\n\n{}{figure}\nBeside it, the duration alone, inference, and the total of warm invocations, with the \
         same margin:\n\n{}\n{}\n{}{}",
        part("total time", &comparison.total),
        beside("duration", &comparison.duration),
        beside("inference", &comparison.inference),
        beside("total, warm only", &comparison.warm),
        typical(comparison),
    )
}

/// Every start type that occurs.
pub(super) fn cold_and_warm(comparison: &Comparison, figure: &str) -> String {
    let mut noted = Noted::default();
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
        ],
    );
    for start in StartType::ALL {
        for side in sides(comparison) {
            let Some(row) = side.start(start) else { continue };
            let sample = |metric: Metric| row.latencies.sample(metric).map(MetricSummary::of);
            let (total, init) = (sample(Metric::Total), sample(Metric::Init));
            let mut at = |summary: &Option<MetricSummary>, p: Probability| {
                noted.quantile(summary.as_ref().and_then(|summary| summary.quantile(p)))
            };
            page.row(vec![
                text(start.name()),
                name(side.name.clone()),
                text(grouped(row.invocations as u64)),
                text(percent_with_interval(row.share, row.share_interval)),
                at(&total, Probability::P50),
                at(&total, Probability::P95),
                at(&init, Probability::P50),
            ]);
        }
    }
    format!(
        "## Cold and warm\n\n{}{}{figure}",
        table(&page),
        notes(&noted.footnotes())
    )
}

/// Inference, overhead and init, and what they allow at most.
pub(super) fn where_the_time_goes(comparison: &Comparison, figure: &str) -> String {
    let both = |cell: &dyn Fn(&Side) -> Cell| sides(comparison).map(cell);
    let of_share = |what: &dyn Fn(&Share) -> Option<String>| {
        both(&|side| optional(side.all.share.as_ref().and_then(what)))
    };
    let mut noted = Noted::default();
    let mut quantile = |metric: Metric, p: Probability| {
        sides(comparison)
            .map(|side| noted.quantile(side.metric(metric).and_then(|metric| metric.quantile(p))))
    };
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
    if sides(comparison)
        .iter()
        .any(|side| retry_share(side, comparison.failures).is_some())
    {
        rows.push((
            "retries of the model call, share of duration",
            both(&|side| optional(retry_share(side, comparison.failures).map(percent))),
        ));
    }
    let has_share = sides(comparison).iter().any(|side| side.all.share.is_some());
    if has_share {
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
    }
    let mut lines = noted.footnotes();
    lines.extend(several_calls(comparison));
    if has_share {
        lines.insert(
            0,
            "The last rows are Amdahl's law applied to the duration.".to_owned(),
        );
    }
    format!(
        "## Where the time goes\n\n{}{}{figure}\n{}",
        two_columns(comparison, rows),
        notes(&lines),
        composition(comparison)
    )
}

/// How the calls of requests with several were put together, where there are any.
fn several_calls(comparison: &Comparison) -> Option<String> {
    let count = |is_counted: &dyn Fn(&Columns, usize) -> bool| {
        let of_side = |side: &Side| {
            (0..side.rows.len())
                .filter(|&row| is_counted(&side.rows, row))
                .count()
        };
        sides(comparison).map(of_side)
    };
    let several = count(&|rows, row| rows.calls[row].is_some_and(|calls| calls > 1));
    let summed = count(&|rows, row| rows.is_summed[row]).iter().sum::<usize>();
    if several == [0, 0] {
        return None;
    }
    let unit = match summed {
        0 => String::new(),
        summed => format!(", and the sum of its calls for {summed} without start times"),
    };
    Some(format!(
        "{} requests of {} and {} of {} made several model calls; inference is the time during which at least one \
         ran{unit}.",
        grouped(several[0] as u64),
        comparison.baseline.name,
        grouped(several[1] as u64),
        comparison.candidate.name
    ))
}

/// Share of failed model attempts in the duration of all requests with a timing record, where any
/// tells of one.
fn retry_share(side: &Side, failures: Failures) -> Option<f64> {
    let rows = &side.rows;
    let matched = (0..rows.len()).filter(|&row| rows.is_matched[row] && is_in_sample(rows, failures, row));
    let (retries, duration) = matched.fold((0, 0), |(retries, duration), row| {
        (
            retries + rows.retry_us[row].unwrap_or(0),
            duration + rows.duration_us[row],
        )
    });
    (retries > 0 && duration > 0).then(|| retries as f64 / duration as f64)
}

/// What the requests around each quantile are made of.
fn composition(comparison: &Comparison) -> String {
    let parts = used_parts(comparison);
    let mut titles = vec!["requests around", "side", "averaged"];
    titles.extend(parts.iter().map(|&part| PARTS[part]));
    let mut page = Table::new(2, &titles);
    let mut is_uncertain = false;
    for p in [Probability::P50, Probability::P95, Probability::P99] {
        for side in sides(comparison) {
            let Some(row) = side.composition.iter().find(|row| row.p == p) else {
                continue;
            };
            let total = side.metric(Metric::Total).and_then(|total| total.quantile(p));
            let is_small =
                total.is_some_and(|total| matches!(total.grade, Grade::MaxOnly | Grade::LowerBoundOnly));
            is_uncertain |= is_small;
            let mark = if is_small { "†" } else { "" };
            let mut cells = vec![
                text(format!("{}{mark}", p.label())),
                name(side.name.clone()),
                text(grouped(row.requests as u64)),
            ];
            cells.extend(parts.iter().map(|&part| text(millis(row.parts_us[part]))));
            page.row(cells);
        }
    }
    let note = if is_uncertain {
        vec!["† too few requests to tell which are around it; these are the slowest".to_owned()]
    } else {
        Vec::new()
    };
    format!(
        "Mean ms of each part over the requests that could be the quantile of total time; timeouts count as the \
         slowest, at the time they were stopped:\n\n{}{}",
        table(&page),
        notes(&note)
    )
}

/// The parts that any request around a quantile has.
fn used_parts(comparison: &Comparison) -> Vec<usize> {
    let is_used = |part: usize| {
        let mut rows = sides(comparison).into_iter().flat_map(|side| &side.composition);
        rows.any(|row| row.parts_us[part] > 0.0)
    };
    (0..PARTS.len()).filter(|&part| is_used(part)).collect()
}

/// What Lambda bills.
pub(super) fn billed(comparison: &Comparison) -> String {
    let both = |cell: &dyn Fn(&Side) -> Cell| sides(comparison).map(cell);
    let mean = |side: &Side| side.metric(Metric::Billed).map(|billed| billed.mean);
    let mut noted = Noted::default();
    let mut quantile = |p: Probability| {
        sides(comparison)
            .map(|side| noted.quantile(side.metric(Metric::Billed).and_then(|billed| billed.quantile(p))))
    };
    let rows = vec![
        (
            "mean billed ms per invocation",
            both(&|side| optional(mean(side).map(millis))),
        ),
        ("billed p50", quantile(Probability::P50)),
        ("billed p95", quantile(Probability::P95)),
        ("billed p99", quantile(Probability::P99)),
        (
            "GB-seconds per 1,000 invocations",
            both(&|side| {
                let gb_seconds = gb_seconds_per_thousand(side, comparison.failures);
                optional(gb_seconds.map(|gb_seconds| grouped(gb_seconds.round() as u64)))
            }),
        ),
    ];
    let failures = match comparison.failures {
        Failures::Apart => " Failures are not in these figures.",
        Failures::Included => "",
    };
    let sentence = mean(&comparison.baseline).zip(mean(&comparison.candidate));
    let sentence = sentence.map(|(baseline, candidate)| {
        format!(
            "\nPer invocation the candidate is billed {} times the baseline's duration.{failures}\n",
            ratio(candidate / baseline)
        )
    });
    format!(
        "## Billed duration\n\n{}{}{}",
        two_columns(comparison, rows),
        notes(&noted.footnotes()),
        sentence.unwrap_or_default()
    )
}

/// Memory times billed duration, over the invocations that tell both.
fn gb_seconds_per_thousand(side: &Side, failures: Failures) -> Option<f64> {
    let rows = &side.rows;
    let used: Vec<f64> = (0..rows.len())
        .filter(|&row| is_in_sample(rows, failures, row))
        .filter_map(|row| Some(f64::from(rows.memory_mb[row]?) / 1024.0 * rows.billed_us[row]? as f64 / 1e6))
        .collect();
    (!used.is_empty()).then(|| used.iter().sum::<f64>() / used.len() as f64 * 1000.0)
}
