//! Plain text for a terminal, with or without colour.

use super::table::{Align, Cell, Table};
use crate::vocab::visible;

/// Whether text is coloured. Colour never carries a meaning of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether escape sequences may be written.
    pub is_coloured: bool,
}

impl Style {
    /// Text that stands out.
    pub(super) fn strong(self, text: &str) -> String {
        if self.is_coloured {
            format!("\u{1b}[1m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// Text that stands back.
    pub(super) fn faint(self, text: &str) -> String {
        if self.is_coloured {
            format!("\u{1b}[2m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// A table with aligned columns.
pub(super) fn table(table: &Table, style: Style) -> String {
    let shown: Vec<Vec<String>> = table
        .rows
        .iter()
        .map(|row| {
            row.iter()
                .map(|cell| match cell {
                    Cell::Text(text)
                    | Cell::Name { name: text }
                    | Cell::Report { name: text, .. }
                    | Cell::Link { text, .. } => visible(text),
                    Cell::Empty => "–".to_owned(),
                })
                .collect()
        })
        .collect();
    let titles: Vec<String> = table
        .columns
        .iter()
        .map(|column| visible(&column.title))
        .collect();
    let width = |column: usize| {
        let cells = shown.iter().map(|row| row[column].chars().count());
        cells.chain([titles[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..table.columns.len()).map(width).collect();
    let line = |cells: &[String]| {
        let padded = cells
            .iter()
            .enumerate()
            .map(|(column, cell)| match table.columns[column].align {
                Align::Left => format!("{cell:<width$}", width = widths[column]),
                Align::Right => format!("{cell:>width$}", width = widths[column]),
            });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut text = format!("{}\n", style.strong(&line(&titles)));
    for row in &shown {
        text.push_str(&line(row));
        text.push('\n');
    }
    text
}
