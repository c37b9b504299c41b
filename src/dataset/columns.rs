//! The rows of a selection or group as plain numbers: what each column means, and its unit.
//!
//! Names are positions in [`Names`](crate::invocation::Names), times are microseconds.

use super::facts::FactColumns;
use crate::invocation::{CallsCombined, Invocations, Optional, Whole};
use crate::vocab::Timestamp;

/// What stands for a position that is not known, so that columns have a number in every row.
pub(super) const UNKNOWN: u32 = u32::MAX;

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

/// The values of these rows; of all where none are given.
pub(super) fn picked<T: Whole>(column: &Optional<T>, rows: Option<&[u32]>) -> Optional<T> {
    match rows {
        Some(rows) => column.pick(rows),
        None => column.clone(),
    }
}

/// What becomes of the value of each of these rows; of all where none are given.
pub(super) fn column_of<T: Whole, V>(
    column: &Optional<T>,
    rows: Option<&[u32]>,
    value: impl Fn(Option<T>) -> V,
) -> Vec<V> {
    match rows {
        Some(rows) => rows.iter().map(|row| value(column.get(*row as usize))).collect(),
        None => {
            let mut values = Vec::with_capacity(column.len());
            column.each(0..column.len(), |_, of_row| values.push(value(of_row)));
            values
        }
    }
}

/// These rows, unless they are all of them in their order.
pub(super) fn places<'r>(all: &Invocations, rows: &'r [u32]) -> Option<&'r [u32]> {
    let is_whole = rows.len() == all.len() && rows.iter().zip(0_u32..).all(|(row, at)| *row == at);
    (!is_whole).then_some(rows)
}

impl Columns {
    /// These rows of all invocations, with the model that each is thought to have used.
    pub(super) fn of(
        all: &Invocations,
        row: Vec<u32>,
        model: Optional<u32>,
        model_source: Vec<ModelSource>,
    ) -> Self {
        let summed_up = Self::summed_up_of(all, &row, model, model_source);
        let rows = places(all, &row);
        Self {
            ended_at: (row.iter().map(|row| all.ended_at(*row as usize))).collect(),
            retry_us: picked(&all.retry_us, rows),
            calls: picked(&all.calls, rows),
            stream: picked(&all.stream, rows),
            facts: FactColumns::of(all, rows),
            row,
            ..summed_up
        }
    }

    /// What a summary asks of these rows: times, and what they are counted by. The other lists are empty, that of their positions
    /// among them.
    pub(super) fn summed_up_of(
        all: &Invocations,
        row: &[u32],
        model: Optional<u32>,
        model_source: Vec<ModelSource>,
    ) -> Self {
        let rows = places(all, row);
        let codes = |column: &Optional<u32>| column_of(column, rows, |code| code.unwrap_or(0));
        let truth = |column: &Optional<u32>| column_of(column, rows, |code| code == Some(1));
        Self {
            outcome: codes(&all.outcome),
            start: codes(&all.start),
            model,
            model_source,
            function: picked(&all.function, rows),
            version: picked(&all.version, rows),
            region: picked(&all.region, rows),
            memory_mb: picked(&all.memory_mb, rows),
            duration_us: column_of(&all.duration_us, rows, |duration| duration.unwrap_or(0)),
            init_us: picked(&all.waited_init_us, rows),
            billed_us: picked(&all.billed_us, rows),
            inference_us: picked(&all.inference_us, rows),
            inference_is_bound: truth(&all.inference_is_bound),
            is_matched: truth(&all.is_matched),
            is_summed: (0..row.len())
                .map(|at| all.combined(row[at] as usize) == CallsCombined::Sum)
                .collect(),
            ..Self::default()
        }
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
