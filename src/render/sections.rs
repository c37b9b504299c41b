//! The sections of the report, each with its table.

use super::answer::{quantiles_table, shown_quantiles, table_notes};
use super::figures::Figures;
use super::markdown::table;
use super::report::{image, notes, sides, two_columns};
use super::scale::{footnotes, millis, percent_with_interval, ratio};
use super::table::{Cell, Noted, Table, name, optional, text};
use super::typical::typical;
use crate::comparison::{Comparison, Side};
use crate::invocation::StartType;
use crate::stats::Probability;
use crate::summary::{Failures, Metric, MetricSummary};
use crate::vocab::grouped;

/// p50, p95 and p99, the headline first.
pub(super) fn latency(comparison: &Comparison, figures: &Figures) -> String {
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
         start types.\n\n{}{}\nBeside it, the duration alone, inference, and the total of warm invocations, with the \
         same margin:\n\n{}\n{}\n{}{}{}{}",
        part("total time", &comparison.total),
        image(figures.quantiles.as_ref()),
        beside("duration", &comparison.duration),
        beside("inference", &comparison.inference),
        beside("total, warm only", &comparison.warm),
        image(figures.ratios.as_ref()),
        typical(comparison),
        image(figures.ecdf.as_ref()),
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
                let gb_seconds = side.gb_seconds_per_thousand(comparison.failures);
                optional(gb_seconds.map(|gb_seconds| grouped(gb_seconds.round() as u64)))
            }),
        ),
    ];
    let failures = match comparison.failures {
        Failures::Apart => " Failures are not in these figures.",
        Failures::Included => "",
    };
    let sentence = mean(&comparison.baseline).zip(mean(&comparison.candidate));
    let sentence = sentence
        .filter(|(baseline, _)| *baseline > 0.0)
        .map(|(baseline, candidate)| {
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
