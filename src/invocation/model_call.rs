//! Bedrock's own records of model calls, and what they add to the handler's.

use std::collections::HashMap;

use super::ledger::Ledger;
use super::rows::{BedrockId, TimingRow};
use super::tables::Models;
use crate::parse::BedrockCall;
use crate::vocab::{Micros, Timestamp};

/// One model call as Bedrock's own invocation log has it: without Lambda, and with Bedrock's own latency.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelCall {
    /// Position of the model in [`Names`](super::Names).
    pub model: Option<u32>,
    /// When it was made, in whole seconds.
    pub at: Option<Timestamp>,
    /// From the request to the last token, as Bedrock saw it; none where the log does not tell.
    pub latency: Option<Micros>,
    /// Tokens read by the model.
    pub input_tokens: Option<u64>,
    /// Tokens written by the model.
    pub output_tokens: Option<u64>,
    /// Whether Bedrock answered with an error.
    pub has_failed: bool,
    /// Whether the invocation that made it was found.
    pub is_joined: bool,
}

/// A record of Bedrock, with where it stood in the input.
#[derive(Debug)]
pub(super) struct BedrockRow {
    pub(super) call: BedrockCall,
    pub(super) at: Option<Timestamp>,
    /// The call's own id, in the tables.
    pub(super) id: BedrockId,
    /// The model, in the tables.
    pub(super) model: u32,
}

/// Drops records of the same call: Bedrock gives every attempt an id of its own. Returns how many.
pub(super) fn drop_repeated_calls(rows: &mut Vec<BedrockRow>) -> u64 {
    // Of two records the one that tells the latency is kept, and the order of the input decides nothing.
    let order = |row: &BedrockRow| {
        let call = &row.call;
        (
            call.latency.is_none(),
            call.latency,
            call.output_tokens.is_none(),
            call.output_tokens,
            row.at,
        )
    };
    rows.sort_by(|a, b| {
        let id = a.call.request_id.cmp(&b.call.request_id);
        id.then_with(|| order(a).cmp(&order(b)))
    });
    let before = rows.len();
    rows.dedup_by(|next, kept| next.call.request_id == kept.call.request_id);
    (before - rows.len()) as u64
}

/// Fills in what a handler's record does not say and Bedrock's record of the same call does: the model and, where
/// no inference time was logged, Bedrock's own latency.
pub(super) fn complete(timings: &mut [TimingRow], rows: &[BedrockRow], models: &Models, ledger: &mut Ledger) {
    if rows.is_empty() {
        return;
    }
    let by_id: HashMap<BedrockId, &BedrockRow> = rows.iter().map(|row| (row.id, row)).collect();
    for row in timings {
        let call = &mut row.call;
        let Some(known) = call.bedrock.and_then(|id| by_id.get(&id)) else {
            continue;
        };
        if call.model.and_then(|model| models.model(model)).is_none() {
            call.model = Some(known.model);
        }
        if call.inference.is_none() && known.call.latency.is_some() {
            call.inference = known.call.latency;
            ledger.inference_from_bedrock += 1;
        }
    }
}
