//! The columns of what is told beside times: what a fair comparison must know.

use polars::prelude::{
    Column, DataFrame, IntoColumn, NewChunkedArray, PolarsResult, UInt32Chunked, UInt64Chunked,
};

use super::columns::optional;
use super::optional::Optional;
use crate::invocation::Invocation;
use crate::vocab::Micros;

/// Position of the runtime version's ARN.
const RUNTIME: &str = "runtime";
/// Position of the way of initialisation.
const INITIALIZATION: &str = "initialization";
/// Tokens read.
const INPUT_TOKENS: &str = "input_tokens";
/// Tokens written.
const OUTPUT_TOKENS: &str = "output_tokens";
/// Limit on written tokens.
const MAX_TOKENS: &str = "max_tokens";
/// Temperature in thousandths.
const TEMPERATURE: &str = "temperature_milli";
/// Failed attempts.
const RETRIES: &str = "retries";
/// Time in the handler before the first call.
const BEFORE: &str = "before_us";
/// Time in the handler after the last call.
const AFTER: &str = "after_us";
/// Bedrock's own latency.
const BEDROCK_LATENCY: &str = "bedrock_latency_us";
/// From the request to the first token.
const TIME_TO_FIRST_TOKEN: &str = "time_to_first_token_us";
/// Whether the answer was streamed, 0 or 1.
const STREAMING: &str = "streaming";
/// What tells prompts apart.
const PROMPT: &str = "prompt";
/// Whether the last call was throttled, 0 or 1.
const THROTTLED: &str = "is_throttled";

/// The columns of these invocations.
pub(super) fn columns_of(invocations: &[Invocation]) -> Vec<Column> {
    let small = |name: &str, value: &dyn Fn(&Invocation) -> Option<u32>| -> Column {
        UInt32Chunked::from_iter_options(name.into(), invocations.iter().map(value)).into_column()
    };
    let large = |name: &str, value: &dyn Fn(&Invocation) -> Option<u64>| -> Column {
        UInt64Chunked::from_iter_options(name.into(), invocations.iter().map(value)).into_column()
    };
    let time = |name: &str, value: &dyn Fn(&Invocation) -> Option<Micros>| {
        large(name, &|i| value(i).map(Micros::as_micros))
    };
    vec![
        small(RUNTIME, &|i| i.runtime),
        small(INITIALIZATION, &|i| i.initialization),
        small(INPUT_TOKENS, &|i| i.facts.input_tokens),
        small(OUTPUT_TOKENS, &|i| i.facts.output_tokens),
        small(MAX_TOKENS, &|i| i.facts.max_tokens),
        small(TEMPERATURE, &|i| i.facts.temperature_milli),
        small(RETRIES, &|i| i.facts.retries),
        time(BEFORE, &|i| i.facts.before),
        time(AFTER, &|i| i.facts.after),
        time(BEDROCK_LATENCY, &|i| i.facts.bedrock_latency),
        time(TIME_TO_FIRST_TOKEN, &|i| i.facts.time_to_first_token),
        small(STREAMING, &|i| i.facts.streaming.map(u32::from)),
        large(PROMPT, &|i| i.facts.prompt),
        small(THROTTLED, &|i| Some(u32::from(i.facts.is_throttled))),
    ]
}

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
    /// Reads the columns of a frame.
    pub(super) fn of(frame: &DataFrame) -> PolarsResult<Self> {
        let small = |name: &str| -> PolarsResult<Optional<u32>> {
            Ok(optional(frame.column(name)?.as_materialized_series().u32()?))
        };
        let large = |name: &str| -> PolarsResult<Optional<u64>> {
            Ok(optional(frame.column(name)?.as_materialized_series().u64()?))
        };
        Ok(Self {
            runtime: small(RUNTIME)?,
            initialization: small(INITIALIZATION)?,
            input_tokens: small(INPUT_TOKENS)?,
            output_tokens: small(OUTPUT_TOKENS)?,
            max_tokens: small(MAX_TOKENS)?,
            temperature_milli: small(TEMPERATURE)?,
            retries: small(RETRIES)?,
            before_us: large(BEFORE)?,
            after_us: large(AFTER)?,
            bedrock_latency_us: large(BEDROCK_LATENCY)?,
            time_to_first_token_us: large(TIME_TO_FIRST_TOKEN)?,
            streaming: small(STREAMING)?
                .iter()
                .map(|code| code.map(|code| code == 1))
                .collect(),
            prompt: large(PROMPT)?,
            is_throttled: small(THROTTLED)?.iter().map(|code| code == Some(1)).collect(),
        })
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
