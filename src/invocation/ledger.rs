//! What became of every event.

use std::collections::BTreeMap;

use crate::vocab::Rejected;

/// How many rejections are kept with their place; all are counted.
pub const REJECTED_KEPT: usize = 1000;

/// Every event that was read lies in exactly one bin, and so does every invocation. Both sums
/// balance by construction, and every output shows them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// `REPORT` lines and `platform.report` events.
    pub report_records: u64,
    /// Timing records of handlers.
    pub timing_records: u64,
    /// Bedrock's own invocation log records.
    pub bedrock_records: u64,
    /// Access log records of API Gateway.
    pub gateway_records: u64,
    /// Records of callers of the API, and the first and last lines of their runs.
    pub client_records: u64,
    /// Platform lines that are kept as evidence: `START`, `END`, `INIT_START` and the like.
    pub lifecycle: u64,
    /// Records and platform lines that were there before.
    pub duplicates: u64,
    /// Events and lines that could not be read.
    pub rejected: u64,
    /// Lines of the application.
    pub ignored: u64,
    /// Invocations to which a timing record was joined.
    pub matched: u64,
    /// Invocations without a timing record.
    pub report_without_timing: u64,
    /// Timing records that found no `REPORT`.
    pub timing_without_report: u64,
    /// Bedrock records that were joined to an invocation.
    pub bedrock_joined: u64,
    /// Access log records of API Gateway that were joined to an invocation.
    pub gateway_joined: u64,
    /// Requests of clients that were joined to an invocation.
    pub client_joined: u64,
    /// Requests of clients that were joined to an access log record.
    pub client_with_gateway: u64,
    /// Records of clients and of API Gateway that have the ids of another one and say something else.
    pub path_conflicts: u64,
    /// First and last lines of clients' runs.
    pub client_run_lines: u64,
    /// Timing records without an inference time, which took Bedrock's own latency for it.
    pub inference_from_bedrock: u64,
    /// Invocations that overlap others in an input without stream names, so that nothing but their own records tells
    /// their start type.
    pub start_told_alone: u64,
    /// Invocations of which a `START` was found and no `REPORT`.
    pub started_without_report: u64,
    /// The first rejections, with their places, in the order of reading.
    pub first_rejected: Vec<Rejected>,
    /// How many rejections there were for each reason.
    pub rejected_reasons: BTreeMap<String, u64>,
    /// Log records that Lambda says it dropped before they were stored.
    pub dropped_by_lambda: u64,
}

impl Ledger {
    /// All events: the sum of the bins.
    pub fn events(&self) -> u64 {
        self.report_records
            + self.timing_records
            + self.bedrock_records
            + self.gateway_records
            + self.client_records
            + self.lifecycle
            + self.duplicates
            + self.rejected
            + self.ignored
    }

    /// All invocations: the sum of the bins.
    pub fn invocations(&self) -> u64 {
        self.matched + self.report_without_timing
    }

    /// Adds the counts of a part, but for what it rejected.
    pub(super) fn add(&mut self, part: &Self) {
        self.report_records += part.report_records;
        self.timing_records += part.timing_records;
        self.bedrock_records += part.bedrock_records;
        self.gateway_records += part.gateway_records;
        self.client_records += part.client_records;
        self.lifecycle += part.lifecycle;
        self.ignored += part.ignored;
    }

    /// Counts a rejection and keeps its place while there is room.
    pub(super) fn reject(&mut self, rejected: Rejected) {
        self.rejected += 1;
        *self
            .rejected_reasons
            .entry(rejected.reason.to_string())
            .or_default() += 1;
        if self.first_rejected.len() < REJECTED_KEPT {
            self.first_rejected.push(rejected);
        }
    }
}
