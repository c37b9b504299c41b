//! The sections of the report, each with its table.

use super::answer::{quantiles_table, shown_quantiles, table_notes};
use super::page::{Block, Section, noted_table, paragraph};
use super::report::{sides, two_columns};
use super::scale::{footnotes, millis, percent_with_interval, ratio};
use super::table::{Cell, Noted, Table, name, optional, text};
use super::typical::typical;
use crate::comparison::{ComparedQuantile, Comparison, Side};
use crate::invocation::StartType;
use crate::stats::Probability;
use crate::summary::{Failures, Metric, MetricSummary};
use crate::vocab::grouped;

/// Compared quantiles of total time, which the answer stands on.
pub(super) fn total_time(comparison: &Comparison) -> Vec<Block> {
    let page = quantiles_table(comparison, &comparison.total, "total time");
    noted_table(page, table_notes(comparison, &comparison.total))
}

/// Compared quantiles of total time of warm invocations.
pub(super) fn warm_only(comparison: &Comparison) -> Vec<Block> {
    beside(comparison, "total, warm only", &comparison.warm)
}

fn beside(comparison: &Comparison, title: &str, compared: &[ComparedQuantile]) -> Vec<Block> {
    let page = quantiles_table(comparison, compared, title);
    noted_table(page, footnotes(shown_quantiles(compared)))
}

/// Compared quantiles beside total time, and what else tells the sides apart.
pub(super) fn latency(comparison: &Comparison, ratios: Option<Block>, ecdf: Option<Block>) -> Section {
    let introduction = "Total time, which the answer is about, is duration plus the initialisation or restore that the request \
         waited for, over all start types. Beside it, the duration alone, inference, and the total of warm invocations, \
         with the same margin:";
    let mut blocks = vec![paragraph(introduction)];
    blocks.extend(beside(comparison, "duration", &comparison.duration));
    blocks.extend(beside(comparison, "inference", &comparison.inference));
    blocks.extend(warm_only(comparison));
    blocks.extend(ratios);
    blocks.extend(typical(comparison));
    blocks.extend(ecdf);
    Section::new("Latency", blocks)
}

/// Every start type that occurs.
pub(super) fn cold_and_warm(comparison: &Comparison) -> Section {
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
    Section::new("Cold and warm", noted_table(page, noted.footnotes()))
}

/// What Lambda bills.
pub(super) fn billed(comparison: &Comparison) -> Section {
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
                "Per invocation the candidate is billed {} times the baseline's duration.{failures}",
                ratio(candidate / baseline)
            )
        });
    let mut blocks = noted_table(two_columns(comparison, rows), noted.footnotes());
    blocks.extend(sentence.map(paragraph));
    Section::new("Billed duration", blocks)
}
