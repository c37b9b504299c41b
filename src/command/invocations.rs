//! Invocations as a table, written to a file: of `latscope store export`, and of both sides beside a report.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::error::Error;
use super::load::Loaded;
use crate::comparison::{Comparison, Side};
use crate::dataset::{Export, write_parquet};
use crate::invocation::Invocation;
use crate::render::{export_csv, export_ndjson};

/// A form of exported invocations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// Apache Parquet.
    Parquet,
    /// Comma-separated values.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

impl ExportFormat {
    /// What names of such files end with.
    const fn extension(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }
}

/// Writes a table.
pub(super) fn write_rows(rows: &Export, format: ExportFormat, writer: &mut dyn Write) -> Result<(), Error> {
    match format {
        ExportFormat::Parquet => write_parquet(rows, writer).map_err(Error::Dataset),
        ExportFormat::Csv => writer
            .write_all(export_csv(rows).as_bytes())
            .map_err(Error::Output),
        ExportFormat::Ndjson => export_ndjson(rows, writer).map_err(Error::Output),
    }
}

/// Writes a table to a file.
pub(super) fn write_rows_to(path: &Path, rows: &Export, format: ExportFormat) -> Result<(), Error> {
    let failed = |source| Error::Write {
        path: path.to_owned(),
        source,
    };
    let mut file = BufWriter::new(File::create(path).map_err(failed)?);
    write_rows(rows, format, &mut file).map_err(|error| match error {
        Error::Output(source) => failed(source),
        error => error,
    })?;
    file.flush().map_err(failed)
}

/// Writes the invocations of both sides of a comparison into a folder. Where, and how many rows.
pub(super) fn write_sides(
    comparison: &Comparison,
    loaded: &Loaded,
    format: ExportFormat,
    out: &Path,
) -> Result<(PathBuf, usize), Error> {
    let baseline = invocations_of(&comparison.baseline, loaded)?;
    let candidate = invocations_of(&comparison.candidate, loaded)?;
    let rows = Export::of_sides(
        vec![("baseline", baseline), ("candidate", candidate)],
        loaded.dataset.names(),
    );
    let path = out.join("invocations").with_extension(format.extension());
    write_rows_to(&path, &rows, format)?;
    Ok((path, rows.len()))
}

/// The invocations of a side.
fn invocations_of(side: &Side, loaded: &Loaded) -> Result<Vec<Invocation>, Error> {
    let rows = side.rows.row.iter();
    let all = loaded.dataset.invocations();
    let found: Option<Vec<Invocation>> = rows.map(|row| all.get(*row as usize)).collect();
    found.ok_or_else(|| Error::Internal(format!("invocations of {} are not in the logs", side.name)))
}
