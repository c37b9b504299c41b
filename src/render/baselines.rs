//! What is said of saved baselines.

use super::aligned::table;
use super::table::{Table, name, text};
use super::terminal::Style;
use crate::comparison::SavedBaseline;
use crate::vocab::{counted, grouped, visible};

/// A saved baseline, or why it cannot be used.
#[derive(Debug)]
pub struct SavedRow {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub baseline: Result<SavedBaseline, String>,
}

/// What was saved, and what to do with it.
pub fn saved_line(path: &str, name: &str, saved: &SavedBaseline) -> String {
    let kept = match saved.is_exact() {
        true => String::new(),
        false => format!(
            ", as counts of 3 significant digits and an excerpt of {}",
            grouped(saved.kept() as u64)
        ),
    };
    format!(
        "Saved {} of {} in {}{kept}\nCompare with it: latscope report --baseline saved={name} --candidate …\n",
        counted(saved.invocations(), "invocation"),
        visible(&saved.name),
        visible(path)
    )
}

/// The baselines of a folder.
pub fn baselines_table(dir: &str, rows: &[SavedRow]) -> String {
    if rows.is_empty() {
        return format!(
            "No baseline is saved in {}. latscope baseline save NAME --select SELECTOR saves one.\n",
            visible(dir)
        );
    }
    let mut listed = Table::new(3, &["name", "what", "selected by", "invocations", "kept in full"]);
    let mut faults = String::new();
    for row in rows {
        match &row.baseline {
            Ok(saved) => listed.row(vec![
                name(row.name.clone()),
                name(saved.name.clone()),
                name(saved.selected_by.join(", ")),
                text(grouped(saved.invocations())),
                text(grouped(saved.kept() as u64)),
            ]),
            Err(fault) => faults.push_str(&format!("{}\n", visible(fault))),
        }
    }
    let plain = Style::default();
    let table = if listed.rows.is_empty() {
        String::new()
    } else {
        table(&listed, plain)
    };
    format!("{table}{faults}")
}
