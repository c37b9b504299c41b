//! Floor 3: an event's message becomes a record, a rejection, or nothing of interest.
//!
//! Nothing here looks at more than one message, reads a clock or keeps any state, and no input
//! makes it panic.

mod bedrock_log;
mod call_facts;
mod candidates;
mod classify;
mod client;
mod escapes;
mod fields;
mod flat_glance;
mod flat_values;
mod gateway_log;
mod insights_bedrock;
mod insights_row;
mod lenient;
mod plain;
mod platform_event;
mod platform_flat;
mod platform_line;
mod prefilter;
mod record;
mod reduce;
mod reduced_json;
mod reduced_line;
mod reduced_timing;
mod rejection_marker;
mod report_line;
mod serverless;
mod timing;
mod timing_flat;
mod timing_glance;
mod timing_keys;
mod timing_mapping;
mod timing_memory;
mod timing_needles;
mod timing_search;
mod timing_spellings;

pub use call_facts::CallFacts;
pub use classify::{Parsed, Parser};
pub use client::{ClientRequest, ClientRun};
pub use gateway_log::GatewayRequest;
pub use platform_flat::Flat;
pub use record::{
    BedrockCall, Completeness, InitPhase, Lifecycle, LifecycleRecord, Record, Report, Status, Timing,
};
pub use reduce::{REDUCTION, Reduced};
pub use timing_keys::{KeyError, TimingKeys};
pub use timing_memory::TimingMemory;
