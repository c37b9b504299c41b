//! Every column: its name, unit and meaning; and the way from invocations to columns and back to
//! plain numbers.
//!
//! Names are positions in [`Names`], times are microseconds, an absent
//! value is null.

use polars::prelude::{
    ChunkedArray, Column, DataFrame, Int64Chunked, IntoColumn, NewChunkedArray, PolarsNumericType,
    PolarsResult, UInt32Chunked, UInt64Chunked,
};

use super::facts::{self, FactColumns};
use super::optional::{Optional, Whole};
use crate::invocation::{Invocation, ModelUse, Names};
use crate::vocab::{Micros, Timestamp};

/// Position of the invocation in the whole dataset, which tells it from all others.
pub(super) const ROW: &str = "row";
/// Which of the given inputs the invocation came from.
pub(super) const ARGUMENT: &str = "argument";
/// Position of its log stream.
pub(super) const STREAM: &str = "stream";
/// Position of its function.
pub(super) const FUNCTION: &str = "function";
/// Position of its function version.
pub(super) const VERSION: &str = "version";
/// Position of its region.
pub(super) const REGION: &str = "region";
/// Configured memory in MB.
pub(super) const MEMORY: &str = "memory_mb";
/// Position of its model.
pub(super) const MODEL: &str = "model";
/// How the model is known: a [`ModelSource`].
pub(super) const MODEL_SOURCE: &str = "model_source";
/// Position of its start type in `StartType::ALL`.
pub(super) const START: &str = "start";
/// Position of its outcome in `Outcome::ALL`.
pub(super) const OUTCOME: &str = "outcome";
/// Time of the `REPORT`, milliseconds since the epoch.
pub(super) const ENDED_AT: &str = "ended_at_ms";
/// `REPORT` duration.
pub(super) const DURATION: &str = "duration_us";
/// Initialisation or restore time that was waited for.
pub(super) const INIT: &str = "init_us";
/// Billed duration.
pub(super) const BILLED: &str = "billed_us";
/// Inference time.
pub(super) const INFERENCE: &str = "inference_us";
/// Whether the inference time is a lower bound, 0 or 1.
pub(super) const INFERENCE_IS_BOUND: &str = "inference_is_bound";
/// Time of failed attempts of the model call.
pub(super) const RETRY: &str = "retry_us";
/// Whether a timing record was joined, 0 or 1.
pub(super) const MATCHED: &str = "is_matched";
/// Calls combined by adding up although they may overlap, 0 or 1.
pub(super) const CALLS_SUMMED: &str = "calls_summed";
/// Number of model calls with a time.
pub(super) const CALLS: &str = "calls";

/// How the model of an invocation is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelSource {
    /// It is not.
    None = 0,
    /// A timing record names it.
    Logged = 1,
    /// It is the only model that its function version used in the window.
    Inferred = 2,
    /// Its timing records name several.
    Several = 3,
}

impl ModelSource {
    pub(super) fn from_code(code: u32) -> Self {
        match code {
            1 => Self::Logged,
            2 => Self::Inferred,
            3 => Self::Several,
            _ => Self::None,
        }
    }
}

/// The columns of these invocations.
pub(super) fn frame_of(invocations: &[Invocation], names: &Names) -> PolarsResult<DataFrame> {
    let small = |name: &str, value: &dyn Fn(&Invocation) -> Option<u32>| -> Column {
        UInt32Chunked::from_iter_options(name.into(), invocations.iter().map(value)).into_column()
    };
    let time = |name: &str, value: &dyn Fn(&Invocation) -> Option<Micros>| -> Column {
        let values = invocations
            .iter()
            .map(|invocation| value(invocation).map(Micros::as_micros));
        UInt64Chunked::from_iter_options(name.into(), values).into_column()
    };
    let ended = invocations
        .iter()
        .map(|invocation| invocation.ended_at.map(Timestamp::as_epoch_millis));
    let argument = |file: u32| {
        let argument = names.files.get(file as usize).map_or(0, |file| file.argument);
        u32::try_from(argument).unwrap_or(u32::MAX)
    };
    let rows = (0..invocations.len()).map(|row| u32::try_from(row).ok());
    let mut columns = vec![
        UInt32Chunked::from_iter_options(ROW.into(), rows).into_column(),
        small(ARGUMENT, &|i| Some(argument(i.file))),
        small(STREAM, &|i| i.stream),
        small(FUNCTION, &|i| i.function),
        small(VERSION, &|i| i.version),
        small(REGION, &|i| i.region),
        small(MEMORY, &|i| i.memory_mb),
        small(MODEL, &|i| match i.model {
            ModelUse::One(model) => Some(model),
            ModelUse::Unnamed | ModelUse::Several => None,
        }),
        small(MODEL_SOURCE, &|i| {
            Some(match i.model {
                ModelUse::Unnamed => ModelSource::None as u32,
                ModelUse::One(_) => ModelSource::Logged as u32,
                ModelUse::Several => ModelSource::Several as u32,
            })
        }),
        small(START, &|i| Some(i.start as u32)),
        small(OUTCOME, &|i| Some(i.outcome as u32)),
        Int64Chunked::from_iter_options(ENDED_AT.into(), ended).into_column(),
        time(DURATION, &|i| Some(i.duration)),
        time(INIT, &|i| i.waited_init),
        time(BILLED, &|i| i.billed),
        time(INFERENCE, &|i| i.inference.map(|inference| inference.time)),
        small(INFERENCE_IS_BOUND, &|i| {
            Some(u32::from(
                i.inference.is_some_and(|inference| inference.is_lower_bound),
            ))
        }),
        time(RETRY, &|i| i.retry),
        small(MATCHED, &|i| Some(u32::from(i.is_matched))),
        small(CALLS_SUMMED, &|i| {
            let combined = i.inference.map(|inference| inference.combined);
            Some(u32::from(combined == Some(crate::invocation::CallsCombined::Sum)))
        }),
        small(CALLS, &|i| i.inference.map(|inference| inference.calls)),
    ];
    columns.extend(facts::columns_of(invocations));
    DataFrame::new(invocations.len(), columns)
}

/// The values of a column. Most columns have all of them or none, which is read without looking at each.
pub(super) fn optional<T: PolarsNumericType>(column: &ChunkedArray<T>) -> Optional<T::Native>
where
    T::Native: Whole,
{
    match column.cont_slice() {
        Ok(values) => values.iter().copied().map(Some).collect(),
        Err(_) if column.null_count() == column.len() => Optional::none(column.len()),
        Err(_) => column.iter().collect(),
    }
}

/// The values of a column that has all.
fn plain<T: PolarsNumericType>(column: &ChunkedArray<T>) -> Vec<T::Native>
where
    T::Native: Default,
{
    match column.cont_slice() {
        Ok(values) => values.to_vec(),
        Err(_) => column.iter().map(Option::unwrap_or_default).collect(),
    }
}

/// The rows of a selection or group as plain numbers, all lists equally long and in the order of
/// the frame.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// Position in the whole dataset, which tells an invocation from all others.
    pub row: Vec<u32>,
    /// Outcome, a position in `Outcome::ALL`.
    pub outcome: Vec<u32>,
    /// Start type, a position in `StartType::ALL`.
    pub start: Vec<u32>,
    /// Model, a position in the names.
    pub model: Optional<u32>,
    /// How the model is known.
    pub model_source: Vec<ModelSource>,
    /// Time of the `REPORT`.
    pub ended_at: Vec<Option<Timestamp>>,
    /// Function, a position in the names.
    pub function: Optional<u32>,
    /// Function version, a position in the names.
    pub version: Optional<u32>,
    /// Region, a position in the names.
    pub region: Optional<u32>,
    /// Configured memory in MB.
    pub memory_mb: Optional<u32>,
    /// Duration in microseconds.
    pub duration_us: Vec<u64>,
    /// Initialisation or restore time that was waited for, in microseconds.
    pub init_us: Optional<u64>,
    /// Billed duration in microseconds.
    pub billed_us: Optional<u64>,
    /// Inference time in microseconds.
    pub inference_us: Optional<u64>,
    /// Whether the inference time is a lower bound.
    pub inference_is_bound: Vec<bool>,
    /// Time of failed attempts of the model call, in microseconds.
    pub retry_us: Optional<u64>,
    /// Whether a timing record was joined.
    pub is_matched: Vec<bool>,
    /// Whether several calls were added up although they may overlap.
    pub is_summed: Vec<bool>,
    /// Number of model calls with a time.
    pub calls: Optional<u32>,
    /// Log stream, a position in the names.
    pub stream: Optional<u32>,
    /// What is told beside times.
    pub facts: FactColumns,
}

impl Columns {
    /// Reads the columns of a frame.
    pub(super) fn of(frame: &DataFrame) -> PolarsResult<Self> {
        let small = |name: &str| -> PolarsResult<Optional<u32>> {
            Ok(optional(frame.column(name)?.as_materialized_series().u32()?))
        };
        let code = |name: &str| -> PolarsResult<Vec<u32>> {
            Ok(plain(frame.column(name)?.as_materialized_series().u32()?))
        };
        let truth = |name: &str| -> PolarsResult<Vec<bool>> {
            Ok(code(name)?.into_iter().map(|code| code == 1).collect())
        };
        let time = |name: &str| -> PolarsResult<Optional<u64>> {
            Ok(optional(frame.column(name)?.as_materialized_series().u64()?))
        };
        let ended = frame.column(ENDED_AT)?.as_materialized_series().i64()?;
        Ok(Self {
            row: code(ROW)?,
            outcome: code(OUTCOME)?,
            start: code(START)?,
            model: small(MODEL)?,
            model_source: code(MODEL_SOURCE)?
                .into_iter()
                .map(ModelSource::from_code)
                .collect(),
            ended_at: ended
                .iter()
                .map(|at| at.map(Timestamp::from_epoch_millis))
                .collect(),
            function: small(FUNCTION)?,
            version: small(VERSION)?,
            region: small(REGION)?,
            memory_mb: small(MEMORY)?,
            duration_us: plain(frame.column(DURATION)?.as_materialized_series().u64()?),
            init_us: time(INIT)?,
            billed_us: time(BILLED)?,
            inference_us: time(INFERENCE)?,
            inference_is_bound: truth(INFERENCE_IS_BOUND)?,
            retry_us: time(RETRY)?,
            is_matched: truth(MATCHED)?,
            is_summed: truth(CALLS_SUMMED)?,
            calls: small(CALLS)?,
            stream: small(STREAM)?,
            facts: FactColumns::of(frame)?,
        })
    }

    /// These rows, in this order.
    pub(super) fn pick(&self, rows: &[u32]) -> Self {
        fn pick<T: Copy>(column: &[T], rows: &[u32]) -> Vec<T> {
            rows.iter().map(|&row| column[row as usize]).collect()
        }
        Self {
            row: pick(&self.row, rows),
            outcome: pick(&self.outcome, rows),
            start: pick(&self.start, rows),
            model: self.model.pick(rows),
            model_source: pick(&self.model_source, rows),
            ended_at: pick(&self.ended_at, rows),
            function: self.function.pick(rows),
            version: self.version.pick(rows),
            region: self.region.pick(rows),
            memory_mb: self.memory_mb.pick(rows),
            duration_us: pick(&self.duration_us, rows),
            init_us: self.init_us.pick(rows),
            billed_us: self.billed_us.pick(rows),
            inference_us: self.inference_us.pick(rows),
            inference_is_bound: pick(&self.inference_is_bound, rows),
            retry_us: self.retry_us.pick(rows),
            is_matched: pick(&self.is_matched, rows),
            is_summed: pick(&self.is_summed, rows),
            calls: self.calls.pick(rows),
            stream: self.stream.pick(rows),
            facts: self.facts.pick(rows),
        }
    }

    /// The rows that a test keeps.
    #[must_use]
    pub fn only(&self, is_kept: impl Fn(usize) -> bool) -> Self {
        let rows: Vec<u32> = (0_u32..)
            .take(self.len())
            .filter(|&row| is_kept(row as usize))
            .collect();
        self.pick(&rows)
    }

    /// The rows at these positions, in this order.
    #[must_use]
    pub fn only_of(&self, positions: &[u32]) -> Self {
        self.pick(positions)
    }

    /// So many warm invocations that succeeded in no time, of which nothing else is known, for tests to fill in.
    #[cfg(test)]
    pub(crate) fn blank(count: usize) -> Self {
        Self {
            row: (0_u32..).take(count).collect(),
            outcome: vec![crate::invocation::Outcome::Success as u32; count],
            start: vec![crate::invocation::StartType::Warm as u32; count],
            model: vec![None; count].into(),
            model_source: vec![ModelSource::None; count],
            ended_at: vec![None; count],
            function: vec![None; count].into(),
            version: vec![None; count].into(),
            region: vec![None; count].into(),
            memory_mb: vec![None; count].into(),
            duration_us: vec![0; count],
            init_us: vec![None; count].into(),
            billed_us: vec![None; count].into(),
            inference_us: vec![None; count].into(),
            inference_is_bound: vec![false; count],
            retry_us: vec![None; count].into(),
            is_matched: vec![false; count],
            is_summed: vec![false; count],
            calls: vec![None; count].into(),
            stream: vec![None; count].into(),
            facts: FactColumns::default(),
        }
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.outcome.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.outcome.is_empty()
    }
}
