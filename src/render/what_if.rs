//! What total time would be: tables of before and after.

use super::page::{Block, Prose, Section, noted_table, paragraph};
use super::report;
use super::scale::plural;
use super::table::{Cell, Noted, Table, name};
use crate::comparison::{Comparison, WhatIf, WhatIfOutcome};

/// One expression, and what it does to each side of a report or to each group of a summary, in their order.
#[derive(Debug, Clone)]
pub struct WhatIfView<'a> {
    /// The expression.
    pub what_if: &'a WhatIf,
    /// What comes of it; nothing where there is no latency.
    pub outcomes: Vec<Option<WhatIfOutcome>>,
}

/// What a reader must know of the figures.
const EXPLANATION: &str = "ms (95 % interval); then = each invocation recomputed by itself, all else as it was; timeouts stay lower bounds";

/// The table of one expression and its footnotes. `titles` are those of the first columns, and `labels` their cells
/// in each row.
pub(super) fn what_if_table(
    view: &WhatIfView<'_>,
    titles: &[&str],
    labels: Vec<Vec<Cell>>,
) -> (Table, Vec<String>) {
    let of_quantiles = ["p50", "p50 then", "p95", "p95 then", "p99", "p99 then"];
    let mut noted = Noted::default();
    let mut page = Table::new(titles.len(), &[titles, &of_quantiles].concat());
    let mut untold = Vec::new();
    for (mut cells, outcome) in labels.into_iter().zip(&view.outcomes) {
        let Some(outcome) = outcome else {
            cells.extend(vec![Cell::Empty; of_quantiles.len()]);
            page.row(cells);
            continue;
        };
        for (before, after) in outcome.before.iter().zip(&outcome.after) {
            cells.extend([noted.quantile(Some(before)), noted.quantile(Some(after))]);
        }
        page.row(cells);
        for (part, count) in &outcome.untold {
            match untold.iter_mut().find(|(other, _)| other == part) {
                Some((_, sum)) => *sum += count,
                None => untold.push((*part, *count)),
            }
        }
    }
    let mut notes = vec![EXPLANATION.to_owned()];
    notes.extend(noted.footnotes());
    notes.extend(untold.into_iter().map(|(part, count)| {
        format!(
            "{} no {} and kept {} total",
            plural(count as u64, "invocation tells", "invocations tell"),
            part.name(),
            if count == 1 { "its" } else { "their" }
        )
    }));
    (page, notes)
}

/// The section of the report, nothing where nothing was asked.
pub(super) fn what_if_section(comparison: &Comparison, views: &[WhatIfView<'_>]) -> Option<Section> {
    let of_view = |view: &WhatIfView<'_>| {
        let (page, notes) = sides_table(comparison, view);
        let mut blocks = vec![Block::Text(Prose::name(view.what_if.text()))];
        blocks.extend(noted_table(page, notes));
        blocks
    };
    let mut blocks = vec![paragraph("Total time before and then, if:")];
    blocks.extend(views.iter().flat_map(of_view));
    (!views.is_empty()).then(|| Section::new("What if", blocks))
}

/// The table of both sides.
pub(super) fn sides_table(comparison: &Comparison, view: &WhatIfView<'_>) -> (Table, Vec<String>) {
    let labels = report::sides(comparison).map(|side| vec![name(side.name.clone())]);
    what_if_table(view, &["total time"], labels.to_vec())
}

/// The title of an expression's table on a terminal.
pub(super) fn what_if_title(view: &WhatIfView<'_>) -> String {
    format!("What if {}", view.what_if.text())
}
