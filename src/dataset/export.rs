//! Invocations as a table for other programs: one row each, names in full, times in milliseconds.

use std::io::Write;

use polars::prelude::{Column, DataFrame, NamedFrom, Series};
use polars_io::parquet::write::{KeyValueMetadata, ParquetWriter};

use super::frame::Error;
use crate::invocation::{Invocation, ModelUse, Names};
use crate::vocab::{Micros, Timestamp};

/// The version of the table, which Parquet files carry under the key `latscope.schema`.
pub const EXPORT_SCHEMA: &str = "latscope.invocations/v1";

/// Invocations as columns, in the order of the invocations.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    /// The columns, all equally long.
    pub columns: Vec<ExportColumn>,
    rows: usize,
}

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportColumn {
    /// Its name, with the unit in it.
    pub name: &'static str,
    /// Its values; what is not known is `None`.
    pub values: ExportValues,
}

/// The values of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum ExportValues {
    /// Names, ids and times of day.
    Text(Vec<Option<String>>),
    /// Milliseconds, exact to the microsecond.
    Millis(Vec<Option<f64>>),
    /// Whole numbers.
    Whole(Vec<Option<i64>>),
    /// Yes or no.
    Truth(Vec<bool>),
}

impl Export {
    /// The table of these invocations.
    pub fn of(invocations: impl IntoIterator<Item = Invocation>, names: &Names) -> Self {
        let invocations: Vec<Invocation> = invocations.into_iter().collect();
        let all = || invocations.iter();
        let text = |name, value: &dyn Fn(&Invocation) -> Option<String>| ExportColumn {
            name,
            values: ExportValues::Text(all().map(value).collect()),
        };
        let millis = |name, value: &dyn Fn(&Invocation) -> Option<Micros>| ExportColumn {
            name,
            // Below 2^53 microseconds, 285 years, the quotient is the nearest number to the decimal.
            values: ExportValues::Millis(
                all()
                    .map(|i| value(i).map(|micros| micros.as_micros() as f64 / 1000.0))
                    .collect(),
            ),
        };
        let whole = |name, value: &dyn Fn(&Invocation) -> Option<i64>| ExportColumn {
            name,
            values: ExportValues::Whole(all().map(value).collect()),
        };
        let truth = |name, value: &dyn Fn(&Invocation) -> bool| ExportColumn {
            name,
            values: ExportValues::Truth(all().map(value).collect()),
        };
        let named = |list: &[Box<str>], position: Option<u32>| {
            position.and_then(|position| list.get(position as usize).map(ToString::to_string))
        };
        let model = |i: &Invocation| match i.model {
            ModelUse::One(model) => Some(model),
            ModelUse::Unnamed | ModelUse::Several => None,
        };
        let columns = vec![
            text("request_id", &|i| Some(i.request_id.to_string())),
            text("ended_at", &|i| i.ended_at.map(|at| at.to_string())),
            whole("ended_at_ms", &|i| i.ended_at.map(Timestamp::as_epoch_millis)),
            text("region", &|i| named(&names.regions, i.region)),
            text("function", &|i| named(&names.functions, i.function)),
            text("version", &|i| named(&names.versions, i.version)),
            text("log_stream", &|i| named(&names.streams, i.stream)),
            whole("memory_mb", &|i| i.memory_mb.map(i64::from)),
            text("model", &|i| model(i).map(|model| names.model_label(model))),
            text("model_id", &|i| {
                model(i).map(|model| names.models[model as usize].id.to_string())
            }),
            text("start_type", &|i| Some(i.start.name().to_owned())),
            text("outcome", &|i| Some(i.outcome.name().to_owned())),
            millis("total_ms", &|i| Some(i.total())),
            millis("duration_ms", &|i| Some(i.duration)),
            millis("init_ms", &|i| i.waited_init),
            millis("billed_ms", &|i| i.billed),
            millis("inference_ms", &|i| i.inference.map(|inference| inference.time)),
            truth("inference_is_lower_bound", &|i| {
                i.inference.is_some_and(|inference| inference.is_lower_bound)
            }),
            whole("inference_calls", &|i| {
                i.inference.map(|inference| i64::from(inference.calls))
            }),
            millis("retry_ms", &|i| i.retry),
            whole("retry_count", &|i| i.facts.retries.map(i64::from)),
            millis("before_ms", &|i| i.facts.before),
            millis("after_ms", &|i| i.facts.after),
            millis("bedrock_latency_ms", &|i| i.facts.bedrock_latency),
            millis("time_to_first_token_ms", &|i| i.facts.time_to_first_token),
            whole("input_tokens", &|i| i.facts.input_tokens.map(i64::from)),
            whole("output_tokens", &|i| i.facts.output_tokens.map(i64::from)),
            whole("max_tokens", &|i| i.facts.max_tokens.map(i64::from)),
            truth("is_matched", &|i| i.is_matched),
        ];
        Self {
            columns,
            rows: invocations.len(),
        }
    }

    /// The table of the invocations of several sides, one side after the other, with a leading column `side`. An invocation
    /// of two sides is in two rows.
    pub fn of_sides(sides: Vec<(&str, Vec<Invocation>)>, names: &Names) -> Self {
        let column = sides
            .iter()
            .flat_map(|(side, invocations)| invocations.iter().map(|_| Some((*side).to_owned())));
        let column = ExportColumn {
            name: "side",
            values: ExportValues::Text(column.collect()),
        };
        let invocations = sides.into_iter().flat_map(|(_, invocations)| invocations);
        let mut table = Self::of(invocations, names);
        table.columns.insert(0, column);
        table
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }
}

/// Writes the table as Apache Parquet.
///
/// # Errors
/// If the column engine or the writer fails.
pub fn write_parquet(export: &Export, writer: &mut dyn Write) -> Result<(), Error> {
    let column = |column: &ExportColumn| -> Column {
        let name = column.name.into();
        match &column.values {
            ExportValues::Text(values) => Series::new(name, values.as_slice()),
            ExportValues::Millis(values) => Series::new(name, values.as_slice()),
            ExportValues::Whole(values) => Series::new(name, values.as_slice()),
            ExportValues::Truth(values) => Series::new(name, values.as_slice()),
        }
        .into()
    };
    let mut frame = DataFrame::new(export.len(), export.columns.iter().map(column).collect())?;
    let schema = vec![("latscope.schema".to_owned(), EXPORT_SCHEMA.to_owned())];
    ParquetWriter::new(writer)
        .with_key_value_metadata(Some(KeyValueMetadata::from_static(schema)))
        .finish(&mut frame)?;
    Ok(())
}
