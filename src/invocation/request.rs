//! One invocation and everything known of it.

use super::facts::Facts;
use crate::vocab::{Micros, RequestId, Timestamp};

/// One invocation: one `REPORT`, with what else the logs tell of it.
///
/// Names are positions in [`Names`](super::Names).
#[derive(Debug, Clone, PartialEq)]
pub struct Invocation {
    /// Lambda request id. Retries share it.
    pub request_id: RequestId,
    /// Position of the file in which the `REPORT` was found.
    pub file: u32,
    /// Log stream, where the log keeps it.
    pub stream: Option<u32>,
    /// Function, from the log group, the stream or an ARN.
    pub function: Option<u32>,
    /// Function version, from `START` or the stream.
    pub version: Option<u32>,
    /// Region, from an ARN.
    pub region: Option<u32>,
    /// Runtime version, from the initialisation of its environment.
    pub runtime: Option<u32>,
    /// How its environment was initialised (`on-demand`, `provisioned-concurrency`, …), from the initialisation or a
    /// timing record.
    pub initialization: Option<u32>,
    /// Time of the `REPORT`.
    pub ended_at: Option<Timestamp>,
    /// Configured memory in MB.
    pub memory_mb: Option<u32>,
    /// What kind of start it was.
    pub start: StartType,
    /// How it ended.
    pub outcome: Outcome,
    /// The handler's time, as `REPORT` prints it.
    pub duration: Micros,
    /// Initialisation or restore time that this invocation waited for; none if it did not wait,
    /// or if the log does not tell how long.
    pub waited_init: Option<Micros>,
    /// Billed duration.
    pub billed: Option<Micros>,
    /// The models of its timing records.
    pub model: ModelUse,
    /// Inference time, if a timing record was found that has one.
    pub inference: Option<Inference>,
    /// Time lost to failed attempts of the model call, where the timing record tells.
    pub retry: Option<Micros>,
    /// What the timing records tell beside times.
    pub facts: Facts,
    /// Whether a timing record was found.
    pub is_matched: bool,
}

impl Invocation {
    /// What the caller waited for inside Lambda: duration plus the initialisation or restore
    /// before it. A lower bound of the client's wait, which also holds placement and the network.
    pub fn total(&self) -> Micros {
        self.duration
            .saturating_add(self.waited_init.unwrap_or(Micros::ZERO))
    }
}

/// What kind of start an invocation had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StartType {
    /// A new environment was initialised while the request waited.
    Cold,
    /// The environment had served before, or nothing speaks for a first invocation.
    Warm,
    /// A SnapStart environment was restored while the request waited.
    Restored,
    /// First invocation of an environment of provisioned concurrency: initialised beforehand.
    Provisioned,
    /// First invocation of an environment that was initialised on demand, well before it.
    Proactive,
    /// Initialisation failed or timed out and ran again inside the invocation.
    InitRetried,
    /// The log does not tell.
    Unknown,
}

impl StartType {
    /// Every kind, in the order of output.
    pub const ALL: [Self; 7] = [
        Self::Cold,
        Self::Warm,
        Self::Restored,
        Self::Provisioned,
        Self::Proactive,
        Self::InitRetried,
        Self::Unknown,
    ];

    /// The name in outputs and selections.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
            Self::Restored => "restored",
            Self::Provisioned => "provisioned",
            Self::Proactive => "proactive",
            Self::InitRetried => "init_retried",
            Self::Unknown => "unknown",
        }
    }
}

/// How an invocation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It gave its answer.
    Success,
    /// It failed: the platform, the handler's record of its last model call, or both say so.
    Error,
    /// It ran into a time limit, Lambda's or the handler's own: its times are lower bounds.
    Timeout,
}

impl Outcome {
    /// Every outcome, in the order of output.
    pub const ALL: [Self; 3] = [Self::Success, Self::Error, Self::Timeout];

    /// The name in outputs and selections.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
            Self::Timeout => "timeout",
        }
    }
}

/// Which models the timing records of an invocation name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelUse {
    /// None: there is no timing record, or it names no model.
    Unnamed,
    /// One model.
    One(u32),
    /// Several, so that the invocation's time belongs to none of them.
    Several,
}

/// The inference time of one invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inference {
    /// Time during which at least one call ran, or the sum of the calls: see `combined`.
    pub time: Micros,
    /// How many calls.
    pub calls: u32,
    /// How several calls were put together.
    pub combined: CallsCombined,
    /// Whether the last call was given up at a deadline, so that the time is a lower bound.
    pub is_lower_bound: bool,
}

/// How the calls of one invocation were put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallsCombined {
    /// There was one call.
    Single,
    /// The union of their intervals: all start times are known.
    Union,
    /// The sum: a start time is missing, so calls that ran at the same time count twice.
    Sum,
}
