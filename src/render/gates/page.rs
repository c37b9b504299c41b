//! Gates as Markdown.

use super::words::{conclusion, control_lines, doubt, measured, requests, verdict_word};
use crate::comparison::{Control, Judged};
use crate::render::page::{Block, Prose, Section, paragraph};
use crate::render::table::{Table, name, optional, text};

/// The section of a report; nothing where no gate was given.
pub(in crate::render) fn gates_section(judged: &Judged, control: Option<&Control>) -> Option<Section> {
    let blocks = gates_blocks(judged, &control_lines(judged, control));
    (!judged.results.is_empty()).then(|| Section {
        is_brief: true,
        ..Section::new("Gates", blocks)
    })
}

/// The table of gates, and below it what it does not hold.
pub(super) fn gates_blocks(judged: &Judged, notes: &[String]) -> Vec<Block> {
    let mut page = Table::new(2, &["gate", "verdict", "measured (95 % interval)", "requests"]);
    for result in &judged.results {
        page.row(vec![
            name(result.gate.to_string()),
            text(verdict_word(result.verdict).to_lowercase()),
            optional(result.measured.as_ref().map(measured)),
            optional(result.measured.as_ref().map(requests)),
        ]);
    }
    let doubts = judged.results.iter().filter_map(|result| {
        let doubt = doubt(result, judged)?;
        Some(format!("{}: {doubt}", result.gate))
    });
    let lines: Vec<Prose> = doubts.chain(notes.iter().cloned()).map(Prose::from).collect();
    let mut blocks = vec![Block::Table(page), paragraph(format!("{}.", conclusion(judged)))];
    if !lines.is_empty() {
        blocks.push(Block::List(lines));
    }
    blocks
}
