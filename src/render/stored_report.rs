//! A report as it was written to `report.json`, and the forms that are made of it.

use serde::Deserialize;
use serde_json::Value;

use super::chart::ChartError;
use super::figures::Figures;
use super::html::report_html;
use super::markdown::report_markdown;
use super::page::Page;
use super::ranking::RANKING_SCHEMA;
use super::report_json::SCHEMA;
use crate::comparison::Drawn;

/// What the forms of a report are made of: its page, and what its figures show.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredReport {
    /// The page.
    pub page: Page,
    /// What the figures show.
    pub drawn: Drawn,
}

/// Why a stored report cannot be read.
#[derive(Debug)]
pub enum StoredReportError {
    /// It is no JSON, or lacks what a report of this version has.
    Form(serde_json::Error),
    /// It is something else, or a report of another version, with this schema.
    Schema(Option<String>),
    /// A list of what its figures show is longer than any that latscope writes.
    TooLong,
}

/// No list of what a figure shows is longer.
const LONGEST: usize = 500;

/// The length of the longest list in a value.
fn longest(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(longest).fold(items.len(), usize::max),
        Value::Object(fields) => fields.values().map(longest).max().unwrap_or(0),
        _ => 0,
    }
}

impl std::fmt::Display for StoredReportError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            // What the parser says may quote the file, which holds names from logs.
            Self::Form(error) => write!(
                f,
                "it is no {SCHEMA}: line {}, column {} is not as that form has it",
                error.line(),
                error.column()
            ),
            Self::Schema(Some(schema)) => write!(f, "it is {schema} and not {SCHEMA}"),
            Self::TooLong => write!(
                f,
                "a list of what its figures show has more than {LONGEST} entries"
            ),
            Self::Schema(None) => write!(f, "it names no schema, so it is no {SCHEMA}"),
        }
    }
}

impl std::error::Error for StoredReportError {}

impl StoredReport {
    /// Reads the text of a `report.json`.
    ///
    /// # Errors
    /// If it is none, or one of another version.
    pub fn read(json: &str) -> Result<Self, StoredReportError> {
        #[derive(Deserialize)]
        struct Named {
            schema: Option<String>,
        }
        #[derive(Deserialize)]
        struct Stored {
            page: Page,
            drawn: Drawn,
        }
        let named: Named = serde_json::from_str(json).map_err(StoredReportError::Form)?;
        if ![Some(SCHEMA), Some(RANKING_SCHEMA)].contains(&named.schema.as_deref()) {
            return Err(StoredReportError::Schema(named.schema));
        }
        let whole: Value = serde_json::from_str(json).map_err(StoredReportError::Form)?;
        if longest(&whole["drawn"]) > LONGEST {
            return Err(StoredReportError::TooLong);
        }
        let Stored { page, drawn } = serde_json::from_str(json).map_err(StoredReportError::Form)?;
        Ok(Self { page, drawn })
    }

    /// The figures.
    ///
    /// # Errors
    /// If one cannot be drawn, which is a defect of latscope or of whoever wrote the file.
    pub fn figures(&self) -> Result<Figures, ChartError> {
        Figures::of(&self.drawn)
    }

    /// `report.md`, whole or in its short form.
    pub fn markdown(&self, is_brief: bool) -> String {
        report_markdown(&self.page, is_brief)
    }

    /// `report.html`.
    pub fn html(&self, figures: &Figures) -> String {
        let svg = |file: &str| {
            let figure = figures.all().find(|figure| figure.file == file);
            figure.map(|figure| figure.svg.clone())
        };
        report_html(&self.page, &self.drawn.quantiles, &svg)
    }
}
