//! Invocations whose records have been joined, in columns, until everything has come in.
//!
//! A draft is what an invocation is made of, and as much of each record as is needed to take it apart again: where a
//! record of the same request turns up elsewhere in the input, all of them are joined anew by the general way.

use std::sync::{Mutex, PoisonError};

use super::codes::Coded;
use super::joiner::at_before_ms;
use super::optional::{Optional, Spare};
use super::rows::{BedrockId, Call, MarkKind, MarkRow, ReportRow, Rows, Standing, TimingRow, Told};
use super::side_by_side::{Task, side_by_side};
use crate::parse::{Completeness, Report, Status};
use crate::vocab::{Micros, RequestId, Timestamp};
use latscope_schema::CallStatus;

/// A row of optional whole numbers, and columns of such rows.
macro_rules! columns {
    ($(#[$row_doc:meta])* $row:ident, $(#[$doc:meta])* $columns:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$row_doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub(super) struct $row {
            $($(#[$field_doc])* pub(super) $field: Option<$kind>,)*
        }

        $(#[$doc])*
        #[derive(Debug, Default)]
        pub(super) struct $columns {
            $($(#[$field_doc])* pub(super) $field: Optional<$kind>,)*
        }

        impl $columns {
            /// Adds rows.
            pub(super) fn extend(&mut self, rows: &[$row]) {
                $(self.$field.extend_with(rows.iter().map(|row| row.$field));)*
            }

            /// Takes a row out, in whose place the last one comes.
            pub(super) fn swap_remove(&mut self, at: usize) -> $row {
                $row { $($field: self.$field.swap_remove(at),)* }
            }

            /// Puts the rows into this order, which has each of them once, on so many threads.
            pub(super) fn reorder(&mut self, order: &[u32], threads: usize) {
                let spares = Mutex::new(Vec::new());
                let lock = || spares.lock().unwrap_or_else(PoisonError::into_inner);
                let columns: Vec<Task<'_>> = vec![$(Box::new(|| {
                    let mut spare: Spare = lock().pop().unwrap_or_default();
                    self.$field.reorder(order, &mut spare);
                    lock().push(spare);
                }),)*];
                side_by_side(columns, threads);
            }

            /// One behind the other, `len` in all; a column of the parts is given back as soon as it was read.
            pub(super) fn concat(parts: &mut [Self], len: usize) -> Self {
                Self {
                    $($field: Optional::concat(parts.iter_mut().map(|part| std::mem::take(&mut part.$field)), len),)*
                }
            }

            /// Adds the rows of others; there is room for `len` in all.
            pub(super) fn extend_from(&mut self, others: &Self, len: usize) {
                $(self.$field.extend_from(&others.$field, len);)*
            }
        }
    };
}

columns! {
    /// An invocation whose records have been joined. Names are positions in [`Tables`](super::tables::Tables), times of the
    /// day milliseconds, durations microseconds, words the codes of [`codes`](super::codes).
    Draft,
    /// Drafts in columns.
    Drafts {
        // What an invocation is made of.
        id_high: u64,
        id_low: u64,
        /// Position of an id that is no UUID.
        other_id: u32,
        file: u32,
        stream: u32,
        version: u32,
        ended_at: u64,
        memory_mb: u32,
        outcome: u32,
        duration: u64,
        billed: u64,
        /// As a record wrote it; of several calls the first.
        model: u32,
        model_use: u32,
        inference: u64,
        calls: u32,
        combined: u32,
        is_bound: u32,
        retry: u64,
        is_matched: u32,
        input_tokens: u32,
        output_tokens: u32,
        max_tokens: u32,
        temperature_milli: u32,
        retries: u32,
        before: u64,
        after: u64,
        bedrock_latency: u64,
        time_to_first_token: u64,
        streaming: u32,
        prompt: u64,
        is_throttled: u32,
        /// The handler's own word on how its environment was initialised.
        initialization: u32,

        // What tells its start type.
        /// Before the end; wrapped where it came after it.
        started_before_ms: u64,
        /// From its first record to its `REPORT`: see [`distance`].
        start_distance: u64,
        end_sequence: u64,
        init: u64,
        restore: u64,
        completeness: u32,
        cold_start: u32,
        /// Whether the first of its timing records that tells says so; where nothing stands here, `initialization` tells.
        is_provisioned: u32,

        // What else its records tell, where it can be taken apart.
        max_memory_used_mb: u32,
        status: u32,
        has_event_id: u32,
        start_told: u32,
        end_told: u32,
        /// From its `END` to its `REPORT`: see [`distance`].
        end_distance: u64,
        report_told: u32,
        report_trace: u32,
        timing_told: u32,
        timing_before_ms: u64,
        /// From its timing record to its `REPORT`: see [`distance`].
        timing_distance: u64,
        call_index: u32,
        start_offset: u64,
        call_status: u32,
        /// Of Bedrock's id of the call: see [`BedrockId::Uuid`].
        bedrock: u64,
        /// Of the prompt's hash as it was logged.
        prompt_hash: u64,
    }
}

impl Drafts {
    pub(super) fn len(&self) -> usize {
        self.outcome.len()
    }

    /// Gives back what only takes a draft apart again.
    pub(super) fn drop_records(&mut self) {
        let columns = [
            &mut self.end_distance,
            &mut self.timing_before_ms,
            &mut self.timing_distance,
            &mut self.start_offset,
            &mut self.bedrock,
        ];
        columns
            .into_iter()
            .for_each(|column| *column = Optional::default());
        let columns = [
            &mut self.max_memory_used_mb,
            &mut self.status,
            &mut self.has_event_id,
            &mut self.start_told,
            &mut self.end_told,
            &mut self.report_told,
            &mut self.report_trace,
            &mut self.timing_told,
            &mut self.call_index,
            &mut self.call_status,
        ];
        columns
            .into_iter()
            .for_each(|column| *column = Optional::default());
    }

    /// Gives back what only tells the start types.
    pub(super) fn drop_evidence(&mut self) {
        let columns = [
            &mut self.start_distance,
            &mut self.started_before_ms,
            &mut self.init,
            &mut self.restore,
        ];
        columns
            .into_iter()
            .for_each(|column| *column = Optional::default());
        let columns = [
            &mut self.completeness,
            &mut self.cold_start,
            &mut self.is_provisioned,
        ];
        columns
            .into_iter()
            .for_each(|column| *column = Optional::default());
    }

    /// Where the first record of a row stands in the input.
    pub(super) fn start_sequence(&self, row: usize) -> Option<u64> {
        Some(at_distance(
            self.end_sequence.get(row)?,
            self.start_distance.get(row)?,
        ))
    }

    /// The id of a row, where it is a UUID.
    pub(super) fn uuid(&self, row: usize) -> Option<u128> {
        let (high, low) = (self.id_high.get(row)?, self.id_low.get(row)?);
        Some(of_halves(high, low))
    }

    /// Does something with every row whose id is a UUID.
    pub(super) fn each_uuid(&self, mut then: impl FnMut(usize, u128)) {
        let mut highs = [None; ROWS_AT_A_TIME];
        for begin in (0..self.len()).step_by(ROWS_AT_A_TIME) {
            let rows = begin..self.len().min(begin + ROWS_AT_A_TIME);
            self.id_high
                .each(rows.clone(), |row, high| highs[row - begin] = high);
            self.id_low.each(rows, |row, low| {
                if let (Some(high), Some(low)) = (highs[row - begin], low) {
                    then(row, of_halves(high, low));
                }
            });
        }
    }
}

/// Halves of so many ids fit in the memory nearest to a processor.
const ROWS_AT_A_TIME: usize = 256;

/// How far a record stands from another, in records: small whichever of them comes first.
pub(super) fn distance(from: u64, to: u64) -> u64 {
    let ahead = to.wrapping_sub(from) as i64;
    // The sign in the lowest bit.
    ((ahead << 1) ^ (ahead >> 63)) as u64
}

/// Where the record stands that is so far from another: see [`distance`].
pub(super) fn at_distance(to: u64, distance: u64) -> u64 {
    let ahead = (distance >> 1) ^ 0_u64.wrapping_sub(distance & 1);
    to.wrapping_sub(ahead)
}

/// The number of these halves.
pub(super) fn of_halves(high: u64, low: u64) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

/// The halves of a number.
pub(super) fn halves(value: u128) -> (u64, u64) {
    ((value >> 64) as u64, value as u64)
}

impl Draft {
    /// Takes a settled invocation apart into the rows of its records.
    pub(super) fn loosen(&self, rows: &mut Rows) -> Option<()> {
        let id = of_halves(self.id_high?, self.id_low?);
        let request_id = RequestId::Uuid(id);
        let ended = Timestamp::from_epoch_millis(self.ended_at? as i64);
        let standing = |at, sequence| Standing {
            stream: self.stream.unwrap_or(0),
            at: Some(at),
            file: self.file.unwrap_or(0),
            has_event_id: self.has_event_id == Some(1),
            sequence,
        };
        let end_sequence = self.end_sequence?;
        let told = |own: Option<u32>| Told {
            own: u128::from(own.unwrap_or(0)),
            ..Told::default()
        };
        let micros = |value: Option<u64>| value.map(Micros::from_micros);
        rows.marks.push(MarkRow {
            request_id: request_id.clone(),
            kind: MarkKind::Start {
                version: self.version,
            },
            standing: standing(
                at_before_ms(ended, self.started_before_ms?),
                at_distance(end_sequence, self.start_distance?),
            ),
            told: told(self.start_told),
        });
        if let Some(distance) = self.end_distance {
            rows.marks.push(MarkRow {
                request_id: request_id.clone(),
                kind: MarkKind::End,
                // Nothing but what tells it from others is asked of it any more.
                standing: standing(ended, at_distance(end_sequence, distance)),
                told: told(self.end_told),
            });
        }
        if let (Some(before_ms), Some(distance)) = (self.timing_before_ms, self.timing_distance) {
            rows.timings.push(TimingRow {
                request_id: request_id.clone(),
                call: self.call(),
                standing: standing(
                    at_before_ms(ended, before_ms),
                    at_distance(end_sequence, distance),
                ),
                told: told(self.timing_told),
            });
        }
        rows.reports.push(ReportRow {
            report: Report {
                request_id,
                duration: micros(self.duration)?,
                billed: micros(self.billed),
                memory_size_mb: self.memory_mb,
                max_memory_used_mb: self.max_memory_used_mb,
                init: micros(self.init),
                restore: micros(self.restore),
                status: self.status.map(Status::of),
                error_type: None,
                trace: None,
                completeness: Completeness::Whole,
                at: None,
            },
            standing: standing(ended, end_sequence),
            told: Told {
                trace: u128::from(self.report_trace.unwrap_or(0)),
                ..told(self.report_told)
            },
            repeats: Vec::new(),
        });
        Some(())
    }

    /// Its only call.
    fn call(&self) -> Call {
        let micros = |value: Option<u64>| value.map(Micros::from_micros);
        Call {
            call_index: self.call_index,
            start_offset: micros(self.start_offset),
            model: self.model,
            inference: micros(self.inference),
            retry: micros(self.retry),
            cold_start: self.cold_start.map(|cold| cold == 1),
            initialization: self.initialization,
            status: self.call_status.map(CallStatus::of),
            bedrock: self.bedrock.map(BedrockId::Uuid),
            is_embedded_metric: false,
            input_tokens: self.input_tokens.map(u64::from),
            output_tokens: self.output_tokens.map(u64::from),
            max_tokens: self.max_tokens.map(u64::from),
            temperature_milli: self.temperature_milli,
            retry_count: self.retries,
            before: micros(self.before),
            after: micros(self.after),
            bedrock_latency: micros(self.bedrock_latency),
            time_to_first_token: micros(self.time_to_first_token),
            streaming: self.streaming.map(|streaming| streaming == 1),
            prompt: self.prompt_hash,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_distance_leads_back(from in prop_oneof![any::<u64>(), 0_u64..9], to in prop_oneof![any::<u64>(), 0_u64..9]) {
            prop_assert_eq!(at_distance(to, distance(from, to)), from);
            let twice = from.abs_diff(to).saturating_mul(2);
            prop_assert!(from.abs_diff(to) > i64::MAX as u64 || distance(from, to) <= twice);
        }
    }
}
