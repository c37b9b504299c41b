//! Tables of text, without any dialect.

use serde::{Deserialize, Serialize};

use super::scale::{Mark, footnotes, marked, quantile};
use crate::summary::QuantileSummary;

/// A table: titles, and rows of as many cells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Table {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<Cell>>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Column {
    pub(super) title: String,
    pub(super) align: Align,
}

/// Whether a folder is one that latscope names, beside the page: a report.json may have been written by anybody.
pub(super) fn is_folder(name: &str) -> bool {
    let is_of_names = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.starts_with('.') && !name.is_empty() && name.chars().all(is_of_names)
}

/// On which side cells stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Align {
    Left,
    Right,
}

/// One cell, not yet escaped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Cell {
    /// Text that latscope wrote.
    Text(String),
    /// A name from a log, and the folder beside the page that holds the report about it.
    Report {
        /// The name.
        name: String,
        /// The folder.
        report: String,
    },
    /// A name from a log.
    Name {
        /// The name.
        name: String,
    },
    /// Text that leads somewhere.
    Link {
        /// The address.
        link: String,
        /// What is shown.
        text: String,
    },
    /// Nothing to show.
    Empty,
}

impl Table {
    /// A table with these titles; those after the first `left` are right-aligned.
    pub(super) fn new(left: usize, titles: &[&str]) -> Self {
        let columns = titles.iter().enumerate().map(|(position, title)| Column {
            title: (*title).to_owned(),
            align: if position < left {
                Align::Left
            } else {
                Align::Right
            },
        });
        Self {
            columns: columns.collect(),
            rows: Vec::new(),
        }
    }

    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }
}

/// Collects the quantiles that a table shows, for its footnotes.
#[derive(Debug, Default)]
pub(super) struct Noted {
    shown: Vec<QuantileSummary>,
}

impl Noted {
    /// The cell of a quantile with its interval and the mark of its grade.
    pub(super) fn quantile(&mut self, summary: Option<&QuantileSummary>) -> Cell {
        let Some(summary) = summary else {
            return Cell::Empty;
        };
        self.shown.push(summary.clone());
        text(quantile(summary))
    }

    /// The cell of a quantile with the mark of its grade, without its interval.
    pub(super) fn marked(&mut self, summary: Option<&QuantileSummary>) -> Cell {
        let Some(summary) = summary else {
            return Cell::Empty;
        };
        self.shown.push(summary.clone());
        text(marked(summary))
    }

    /// The mark of a quantile's grade, for a cell that shows what follows from the quantile.
    pub(super) fn mark(&mut self, summary: &QuantileSummary) -> &'static str {
        self.shown.push(summary.clone());
        Mark::of(summary).map_or("", Mark::sign)
    }

    /// What the marks of the table mean.
    pub(super) fn footnotes(&self) -> Vec<String> {
        footnotes(&self.shown)
    }
}

/// A cell of text.
pub(super) fn text(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

/// A cell with a name from a log.
pub(super) fn name(name: impl Into<String>) -> Cell {
    Cell::Name { name: name.into() }
}

/// A cell of text, or an empty one.
pub(super) fn optional(content: Option<String>) -> Cell {
    content.map_or(Cell::Empty, Cell::Text)
}
