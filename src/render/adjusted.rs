//! Total time at other conditions than those that were.

use super::answer::point_and_interval;
use super::page::{Section, noted_table, paragraph};
use super::report::sides;
use super::scale::{percent, ratio_with};
use super::table::{Cell, Table, text};
use crate::comparison::{ADJUSTED, Comparison};
use crate::stats::QuantileComparison;
use crate::vocab::grouped;

/// The section of the report.
pub(super) fn section(comparison: &Comparison) -> Section {
    let adjusted = &comparison.adjusted;
    let titles: Vec<String> = ADJUSTED.iter().map(|p| p.label()).collect();
    let mut heads = vec!["ratio of total time"];
    heads.extend(titles.iter().map(String::as_str));
    let mut page = Table::new(1, &heads);
    let as_it_was = ADJUSTED.map(|p| {
        let row = comparison.total_at(p);
        row.and_then(|row| row.comparison)
    });
    let mut row = |title: String, compared: &[Option<QuantileComparison>]| {
        let mut cells = vec![text(title)];
        cells.extend(compared.iter().map(cell));
        page.row(cells);
    };
    row("as it was".to_owned(), &as_it_was);
    let mut notes = Vec::new();
    if let Some(length) = &adjusted.length {
        let support = format!("{:.0} %", length.support * 100.0);
        if length.is_supported {
            row("at the same lengths of answers".to_owned(), &length.compared);
            notes.push(format!(
                "lengths: {support} of the requests that tell their tokens ({} and {}) have the like on the other side; {}",
                grouped(length.requests[0] as u64),
                grouped(length.requests[1] as u64),
                if length.is_called_for {
                    "answers differ in length, so a model may be faster for writing less"
                } else {
                    "answers are about as long on both sides"
                }
            ));
        } else {
            notes.push(format!(
                "lengths barely overlap ({support} of the requests have the like on the other side), so nothing is adjusted \
                 for them"
            ));
        }
    } else {
        notes.push("the logs do not tell how long answers were, so nothing is adjusted for it".to_owned());
    }
    if let Some((share, compared)) = &adjusted.cold_share {
        row(
            format!("with {} cold starts on both sides", percent(*share)),
            compared,
        );
    }
    if let Some(compared) = &adjusted.without_cold {
        row("without requests that waited for a start".to_owned(), compared);
    }
    if let Some(compared) = &adjusted.without_init {
        row("with them, without what they waited".to_owned(), compared);
    }
    let introduction = format!(
        "Candidate against baseline, with 95 % intervals; only the first row counts dependent requests as what they are \
         worth{}.",
        of_excerpt(comparison)
    );
    let mut blocks = vec![paragraph(introduction)];
    blocks.extend(noted_table(page, notes));
    Section::new("At equal conditions", blocks)
}

/// That all rows but the first are of what was kept in full, where a saved side was counted.
fn of_excerpt(comparison: &Comparison) -> String {
    let counted = sides(comparison)
        .into_iter()
        .filter(|side| side.counted.is_some());
    let kept: Vec<String> = counted
        .map(|side| {
            let (kept, all) = (side.rows.len() as u64, side.group.invocations as u64);
            format!("the {} of {} that were kept in full", grouped(kept), grouped(all))
        })
        .collect();
    match kept.is_empty() {
        true => String::new(),
        false => format!(", and the others are of {}", kept.join(" and ")),
    }
}

fn cell(compared: &Option<QuantileComparison>) -> Cell {
    let Some(found) = compared else {
        return Cell::Empty;
    };
    point_and_interval(found.ratio, found.ratio_interval, ratio_with)
}
