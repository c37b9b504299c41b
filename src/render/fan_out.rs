//! What becomes of several calls at once.

use super::page::{Block, noted_table, paragraph};
use super::report::sides;
use super::scale::{percent, quantile};
use super::table::{Cell, Table, name, text};
use crate::comparison::Comparison;
use crate::stats::Grade;
use crate::summary::QuantileSummary;
use crate::vocab::grouped;

/// The table of a report, nothing without latencies.
pub(super) fn fan_out(comparison: &Comparison) -> Vec<Block> {
    let titles = [
        "calls at once",
        "side",
        "any slower than p95",
        "than p99",
        "median of the slowest",
        "p95 of the slowest",
    ];
    let mut page = Table::new(2, &titles);
    let mut shown: Vec<&QuantileSummary> = Vec::new();
    for row in &comparison.fan_out {
        for (side, slowest) in sides(comparison).into_iter().zip(&row.sides) {
            let Some(slowest) = slowest else { continue };
            shown.extend([&slowest.median, &slowest.p95]);
            page.row(vec![
                text(grouped(u64::from(row.calls))),
                name(side.name.clone()),
                text(percent(row.any_over_p95)),
                text(percent(row.any_over_p99)),
                cell(&slowest.median),
                cell(&slowest.p95),
            ]);
        }
    }
    if shown.is_empty() {
        return Vec::new();
    }
    let mut lines = vec!["total time in ms (95 % interval)".to_owned()];
    if shown.iter().any(|summary| summary.grade == Grade::Wide) {
        lines.push("* few requests, wide interval".to_owned());
    }
    if shown.iter().any(|summary| is_too_few(summary)) {
        lines.push("needs: so many independent requests for an interval with two ends".to_owned());
    }
    let counted = || shown.iter().filter(|summary| !is_too_few(summary));
    if counted().any(|summary| summary.interval.high.is_none()) {
        lines.push("(≥ …) the upper end falls among timeouts".to_owned());
    }
    if counted().any(|summary| summary.estimate.censored) {
        lines.push("≥ falls among timeouts, so it is a lower bound".to_owned());
    }
    let introduction = "If one action makes several calls at once and waits for all of them, its time is that of the slowest. If \
         the calls are independent, that is as follows; where they meet slow episodes together, fewer actions are slow:";
    let mut blocks = vec![paragraph(introduction)];
    blocks.extend(noted_table(page, lines));
    blocks
}

fn is_too_few(summary: &QuantileSummary) -> bool {
    matches!(summary.grade, Grade::MaxOnly | Grade::LowerBoundOnly)
}

fn cell(summary: &QuantileSummary) -> Cell {
    match is_too_few(summary) {
        true => text(format!("needs {}", grouped(summary.n_needed))),
        false => text(quantile(summary)),
    }
}
