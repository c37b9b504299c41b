//! The table of invocations as text.

use std::io::{self, Write};

use serde::{Serialize, Serializer};
use serde_json::{Number, Value};

use super::csv::{line, name};
use crate::dataset::{Export, ExportValues};

/// The table as CSV (RFC 4180), a header first. What is not known is an empty cell.
pub fn export_csv(export: &Export) -> String {
    let header = export.columns.iter().map(|column| column.name.to_owned());
    let mut csv = line(header.collect());
    for row in 0..export.len() {
        let cells = export.columns.iter().map(|column| cell(&column.values, row));
        csv.push_str(&line(cells.collect()));
    }
    csv
}

fn cell(values: &ExportValues, row: usize) -> String {
    match values {
        ExportValues::Text(values) => values[row].as_deref().map(name),
        ExportValues::Millis(values) => values[row].map(|value| value.to_string()),
        ExportValues::Whole(values) => values[row].map(|value| value.to_string()),
        ExportValues::Truth(values) => Some(values[row].to_string()),
    }
    .unwrap_or_default()
}

/// The table as JSON objects, one a line. What is not known is null.
///
/// # Errors
/// If the writer fails.
pub fn export_ndjson(export: &Export, writer: &mut dyn Write) -> io::Result<()> {
    for row in 0..export.len() {
        serde_json::to_writer(&mut *writer, &Row { export, row })?;
        writer.write_all(b"\n")?;
    }
    Ok(())
}

/// One row as an object, with its fields in the order of the columns.
struct Row<'e> {
    export: &'e Export,
    row: usize,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let columns = self.export.columns.iter();
        serializer.collect_map(columns.map(|column| (column.name, value(&column.values, self.row))))
    }
}

fn value(values: &ExportValues, row: usize) -> Value {
    match values {
        ExportValues::Text(values) => values[row].clone().map_or(Value::Null, Value::String),
        ExportValues::Millis(values) => values[row]
            .and_then(Number::from_f64)
            .map_or(Value::Null, Value::Number),
        ExportValues::Whole(values) => values[row].map_or(Value::Null, Value::from),
        ExportValues::Truth(values) => Value::Bool(values[row]),
    }
}
