//! Whether a comparison is a fair one, in words and as a table.

use super::page::{Block, Section, paragraph};
use super::table::{Table, text};
use crate::comparison::{CheckState, Comparison, Control, ControlState};

/// What can be believed, in one sentence. `show` makes harmless what the logs named.
pub(super) fn sentence(control: &Control, show: &dyn Fn(&str) -> String) -> String {
    match control.state() {
        ControlState::Controlled => {
            "Controlled: of all that is checked nothing else differs between the sides.".to_owned()
        }
        ControlState::Confounded => {
            let differing: Vec<_> = control.of(CheckState::Differs).collect();
            let first = differing.first().map_or_else(String::new, |check| {
                format!("{} ({})", check.name, show(&check.detail))
            });
            let others = match differing.len() - 1 {
                0 => String::new(),
                1 => ", and 1 other".to_owned(),
                more => format!(", and {more} others"),
            };
            format!("Confounded: the sides also differ in {first}{others}, which may be the reason.")
        }
        ControlState::Unverified => {
            let listed = |state| {
                control
                    .of(state)
                    .map(|check| check.name)
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            let unknown = listed(CheckState::Unknown);
            let unproven = listed(CheckState::Unproven);
            let parts: Vec<String> = [
                ("the logs do not tell ", unknown),
                ("not proven alike: ", unproven),
            ]
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(words, names)| format!("{words}{names}"))
            .collect();
            format!(
                "Unverified: no other difference was seen, but {}.",
                parts.join("; ")
            )
        }
    }
}

/// The section of the report.
pub(super) fn section(comparison: &Comparison, figure: Option<Block>) -> Section {
    let control = &comparison.control;
    let mut page = Table::new(3, &["should be alike", "", "seen"]);
    for check in &control.checks {
        let state = match check.state {
            CheckState::Alike => "alike",
            CheckState::Unproven => "not proven",
            CheckState::Unknown => "not known",
            CheckState::Differs => "differs",
        };
        page.row(vec![text(check.name), text(state), text(check.detail.clone())]);
    }
    let sentence = sentence(control, &str::to_owned);
    let mut blocks = vec![paragraph(sentence), Block::Table(page)];
    blocks.extend(figure);
    Section::new("Is the comparison controlled?", blocks)
}
