//! What is told of the rows beside times: what a fair comparison must know.

use super::columns::{column_of, picked};
use crate::invocation::{Invocations, Optional};

/// The facts of the rows of a selection or group, all lists as long as the others of its columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FactColumns {
    /// Runtime version, a position in the names.
    pub runtime: Optional<u32>,
    /// Way of initialisation, a position in the names.
    pub initialization: Optional<u32>,
    /// Tokens read.
    pub input_tokens: Optional<u32>,
    /// Tokens written.
    pub output_tokens: Optional<u32>,
    /// Limit on written tokens.
    pub max_tokens: Optional<u32>,
    /// Sampling temperature in thousandths.
    pub temperature_milli: Optional<u32>,
    /// Failed attempts of the model calls.
    pub retries: Optional<u32>,
    /// Time in the handler before the first call, in microseconds.
    pub before_us: Optional<u64>,
    /// Time in the handler after the last call, in microseconds.
    pub after_us: Optional<u64>,
    /// Bedrock's own latency, in microseconds.
    pub bedrock_latency_us: Optional<u64>,
    /// From the request to the first token, in microseconds.
    pub time_to_first_token_us: Optional<u64>,
    /// Whether the answer was streamed.
    pub streaming: Vec<Option<bool>>,
    /// Equal for equal prompts.
    pub prompt: Optional<u64>,
    /// Whether the last call was throttled.
    pub is_throttled: Vec<bool>,
}

impl FactColumns {
    /// Those of these rows; of all where none are given.
    pub(super) fn of(all: &Invocations, rows: Option<&[u32]>) -> Self {
        Self {
            runtime: picked(&all.runtime, rows),
            initialization: picked(&all.initialization, rows),
            input_tokens: picked(&all.input_tokens, rows),
            output_tokens: picked(&all.output_tokens, rows),
            max_tokens: picked(&all.max_tokens, rows),
            temperature_milli: picked(&all.temperature_milli, rows),
            retries: picked(&all.retries, rows),
            before_us: picked(&all.before_us, rows),
            after_us: picked(&all.after_us, rows),
            bedrock_latency_us: picked(&all.bedrock_latency_us, rows),
            time_to_first_token_us: picked(&all.time_to_first_token_us, rows),
            streaming: column_of(&all.streaming, rows, |code| code.map(|code| code == 1)),
            prompt: picked(&all.prompt, rows),
            is_throttled: column_of(&all.is_throttled, rows, |code| code == Some(1)),
        }
    }

    /// These rows, in this order. A list that is empty, as tests leave them, stays so.
    pub(super) fn pick(&self, rows: &[u32]) -> Self {
        fn pick<T: Copy>(column: &[T], rows: &[u32]) -> Vec<T> {
            let value = |row: &u32| column.get(*row as usize).copied();
            rows.iter().filter_map(value).collect()
        }
        Self {
            runtime: self.runtime.pick(rows),
            initialization: self.initialization.pick(rows),
            input_tokens: self.input_tokens.pick(rows),
            output_tokens: self.output_tokens.pick(rows),
            max_tokens: self.max_tokens.pick(rows),
            temperature_milli: self.temperature_milli.pick(rows),
            retries: self.retries.pick(rows),
            before_us: self.before_us.pick(rows),
            after_us: self.after_us.pick(rows),
            bedrock_latency_us: self.bedrock_latency_us.pick(rows),
            time_to_first_token_us: self.time_to_first_token_us.pick(rows),
            streaming: pick(&self.streaming, rows),
            prompt: self.prompt.pick(rows),
            is_throttled: pick(&self.is_throttled, rows),
        }
    }
}
