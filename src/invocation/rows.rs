//! What the collector keeps of each record until everything has come in.

use super::model_call::BedrockRow;
use crate::parse::{Lifecycle, Report, Timing};
use crate::vocab::{RequestId, Timestamp};

/// Everything that the collector keeps, in order of arrival.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) reports: Vec<ReportRow>,
    pub(super) timings: Vec<TimingRow>,
    pub(super) marks: Vec<MarkRow>,
    pub(super) inits: Vec<InitRow>,
    pub(super) bedrock: Vec<BedrockRow>,
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

/// A `REPORT`.
#[derive(Debug)]
pub(super) struct ReportRow {
    pub(super) report: Report,
    pub(super) standing: Standing,
    /// Where else the input has it, in forms that keep less.
    pub(super) repeats: Vec<Standing>,
}

/// A timing record.
#[derive(Debug)]
pub(super) struct TimingRow {
    pub(super) timing: Timing,
    pub(super) standing: Standing,
}

/// A platform line that names a request.
#[derive(Debug)]
pub(super) struct MarkRow {
    pub(super) request_id: RequestId,
    pub(super) kind: MarkKind,
    pub(super) stream: u32,
    pub(super) at: Option<Timestamp>,
    pub(super) sequence: u64,
}

/// What a platform line says of its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum MarkKind {
    Start { version: Option<u32> },
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
