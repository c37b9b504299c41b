//! Gates on a terminal.

use super::words::{CheckView, conclusion, control_lines, doubt, finding, verdict_word};
use crate::comparison::{Control, Judged};
use crate::render::terminal::Style;
use crate::vocab::visible;

/// What `latscope check` prints.
pub fn check_text(view: &CheckView<'_>, style: Style) -> String {
    let mut text = format!("{}, with 95 % intervals\n", style.strong(&view.subject(&visible)));
    text.push_str(&decisions(view.judged, style));
    for note in view.notes() {
        text.push_str(&format!("{}\n", visible(&note)));
    }
    text
}

/// What `latscope report` prints of gates.
pub fn gate_lines(judged: &Judged, control: Option<&Control>, style: Style) -> String {
    let mut text = decisions(judged, style);
    for line in control_lines(judged, control) {
        text.push_str(&format!("{}\n", visible(&line)));
    }
    text
}

/// A line for each gate, what speaks against deciding it below, and what all come to.
fn decisions(judged: &Judged, style: Style) -> String {
    let words = judged.results.iter().map(|result| verdict_word(result.verdict));
    let width = words.map(str::len).max().unwrap_or(0);
    let mut text = String::new();
    for result in &judged.results {
        let word = format!("{:width$}", verdict_word(result.verdict));
        text.push_str(&format!(
            "{}  {}: {}\n",
            style.strong(&word),
            result.gate,
            finding(result)
        ));
        if let Some(doubt) = doubt(result, judged) {
            text.push_str(&format!("{:width$}  {}\n", "", visible(&doubt)));
        }
    }
    text.push_str(&format!("{}\n", conclusion(judged)));
    text
}
