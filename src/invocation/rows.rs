//! What the collector keeps of records whose invocation is not settled.

use xxhash_rust::xxh3::xxh3_64;

use latscope_schema::CallStatus;

use super::model_call::BedrockRow;
use super::path::Outside;
use crate::parse::{Lifecycle, Report};
use crate::vocab::{Micros, RequestId, Timestamp};

/// Everything that the general join works on.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) reports: Vec<ReportRow>,
    pub(super) timings: Vec<TimingRow>,
    pub(super) marks: Vec<MarkRow>,
    pub(super) inits: Vec<InitRow>,
    pub(super) bedrock: Vec<BedrockRow>,
    pub(super) outside: Outside,
}

/// Where a record stands in the input.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    pub(super) stream: u32,
    pub(super) at: Option<Timestamp>,
    pub(super) file: u32,
    pub(super) has_event_id: bool,
    pub(super) sequence: u64,
}

/// What tells an event from others: hashes of its event id, or of its stream, time and text, or of what it says; 0 where
/// nothing does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Told {
    pub(super) own: u128,
    /// That of its trace, where a report without an event id has one: copies may have left out the trace.
    pub(super) trace: u128,
    /// Whether nothing but its file tells it from the lines of others.
    pub(super) is_of_file: bool,
}

/// As [`Told`], of a request whose id is known: among the records of one request, 32 bits tell enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ToldOfRequest {
    pub(super) own: u32,
    pub(super) trace: u32,
}

impl Told {
    pub(super) fn of_request(self) -> ToldOfRequest {
        // 0 is nothing told, and 1 and 2 stand for something in the place of a trace.
        let folded = |hash: u128, least: u32| match hash {
            0 => 0,
            hash => (hash as u32).max(least),
        };
        ToldOfRequest {
            own: folded(self.own, 1),
            trace: folded(self.trace, 3),
        }
    }
}

/// A `REPORT`.
#[derive(Debug)]
pub(super) struct ReportRow {
    pub(super) report: Report,
    pub(super) standing: Standing,
    pub(super) told: Told,
    /// Where else the input has it, in forms that keep less.
    pub(super) repeats: Vec<Standing>,
}

/// A timing record.
#[derive(Debug)]
pub(super) struct TimingRow {
    pub(super) request_id: RequestId,
    pub(super) call: Call,
    pub(super) standing: Standing,
    pub(super) told: Told,
}

/// What a timing record tells. Names are positions in [`Tables`](super::tables::Tables).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Call {
    pub(super) call_index: Option<u32>,
    pub(super) start_offset: Option<Micros>,
    pub(super) model: Option<u32>,
    pub(super) inference: Option<Micros>,
    pub(super) retry: Option<Micros>,
    pub(super) cold_start: Option<bool>,
    pub(super) initialization: Option<u32>,
    pub(super) status: Option<CallStatus>,
    pub(super) bedrock: Option<BedrockId>,
    pub(super) is_embedded_metric: bool,
    pub(super) input_tokens: Option<u64>,
    pub(super) output_tokens: Option<u64>,
    pub(super) max_tokens: Option<u64>,
    /// In thousandths.
    pub(super) temperature_milli: Option<u32>,
    pub(super) retry_count: Option<u32>,
    pub(super) before: Option<Micros>,
    pub(super) after: Option<Micros>,
    pub(super) bedrock_latency: Option<Micros>,
    pub(super) time_to_first_token: Option<Micros>,
    pub(super) streaming: Option<bool>,
    /// Of the prompt's hash as it was logged.
    pub(super) prompt: Option<u64>,
}

/// Bedrock's id of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum BedrockId {
    /// As Bedrock writes it: a hash of a UUID in small letters. That any of a million times a million pairs are alike by chance
    /// has a probability below one in 10 million.
    Uuid(u64),
    /// Any other text, by its position in the tables.
    Other(u32),
}

impl BedrockId {
    pub(super) fn of_uuid(uuid: u128) -> Self {
        Self::Uuid(xxh3_64(&uuid.to_le_bytes()))
    }
}

/// A platform line that names a request.
#[derive(Debug)]
pub(super) struct MarkRow {
    pub(super) request_id: RequestId,
    pub(super) kind: MarkKind,
    pub(super) standing: Standing,
    pub(super) told: Told,
}

/// What a platform line says of its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum MarkKind {
    Start { version: Option<u32> },
    End,
    TimedOut,
    Crashed,
}

/// A platform line about an execution environment.
#[derive(Debug)]
pub(super) struct InitRow {
    pub(super) line: Lifecycle,
    pub(super) stream: u32,
    pub(super) at: Option<Timestamp>,
    pub(super) sequence: u64,
}
