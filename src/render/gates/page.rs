//! Gates as Markdown.

use super::words::{conclusion, control_lines, doubt, measured, requests, verdict_word};
use crate::comparison::{Control, Judged};
use crate::render::markdown::{escape, table};
use crate::render::table::{Table, name, optional, text};

/// The section of a report; nothing where no gate was given.
pub(in crate::render) fn gates_section(judged: &Judged, control: Option<&Control>) -> String {
    if judged.results.is_empty() {
        return String::new();
    }
    format!(
        "## Gates\n\n{}",
        gates_page(judged, &control_lines(judged, control))
    )
}

/// The table of gates, and below it what it does not hold.
pub(super) fn gates_page(judged: &Judged, notes: &[String]) -> String {
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
        Some(format!(
            "- {}: {}\n",
            escape(&result.gate.to_string()),
            escape(&doubt)
        ))
    });
    let notes = notes.iter().map(|line| format!("- {}\n", escape(line)));
    let lines: String = doubts.chain(notes).collect();
    let gap = if lines.is_empty() { "" } else { "\n" };
    format!("{}\n{}.\n{gap}{lines}", table(&page), escape(&conclusion(judged)))
}
