//! What was seen, as the lines of a run.

use std::time::Duration;

use latscope_schema::{
    CLIENT_RUN_SCHEMA, CLIENT_SCHEMA, ClientModel, ClientPhase, ClientRecord, ClientRunEnd, ClientRunStart,
};
use tokio::time::Instant;

use super::job::Job;
use super::run::{Ending, Outcome};
use super::send::Seen;
use crate::vocab::Timestamp;

/// Milliseconds to the microsecond.
fn millis(time: Duration) -> f64 {
    time.as_micros() as f64 / 1000.0
}

/// The first line.
pub(super) fn start(job: &Job, started: Timestamp) -> ClientRunStart<'_> {
    let count = |phase| job.slots.iter().filter(|slot| slot.phase == phase).count() as u64;
    let model = |model: &'_ super::job::Model| ClientModel {
        name: model.name.clone().into(),
        id: model.id.clone().into(),
    };
    ClientRunStart {
        schema: CLIENT_RUN_SCHEMA.into(),
        event: "start".into(),
        run_id: job.run_id.as_str().into(),
        latscope_version: env!("CARGO_PKG_VERSION").into(),
        started_at: started.to_string().into(),
        target: job.target.shown().into(),
        models: job.models.iter().map(model).collect(),
        seed: job.seed,
        arrival: job.arrival.as_str().into(),
        rate_per_second: job.per_second,
        requests_per_block: job.per_block as u64,
        prompts: job.prompts.len() as u64,
        warm_up_requests: count(ClientPhase::WarmUp),
        steady_requests: count(ClientPhase::Steady),
        burst_requests: count(ClientPhase::Burst),
        max_in_flight: job.max_in_flight as u64,
        timeout_ms: millis(job.timeout),
    }
}

/// The line of a request.
pub(super) fn request<'a>(
    job: &'a Job,
    seen: &'a Seen,
    begin: Instant,
    started: Timestamp,
) -> ClientRecord<'a> {
    let slot = &job.slots[seen.sequence];
    let (model, prompt) = (&job.models[slot.model], &job.prompts[slot.prompt]);
    let intended = begin + slot.at;
    let since = |at: Instant| millis(at.saturating_duration_since(intended));
    let answer = seen.answer.as_ref();
    let after_ms = i64::try_from(slot.at.as_millis()).unwrap_or(i64::MAX);
    ClientRecord {
        schema: CLIENT_SCHEMA.into(),
        run_id: job.run_id.as_str().into(),
        sequence: seen.sequence as u64,
        phase: slot.phase,
        block: slot.block,
        model_name: model.name.as_str().into(),
        request_model: model.id.as_str().into(),
        max_tokens: job.template.has_max_tokens().then_some(u64::from(job.max_tokens)),
        prompt_number: slot.prompt as u64 + 1,
        prompt_length: prompt.length() as u64,
        prompt_hash: prompt.hash.as_str().into(),
        intended_at: started.after_millis(after_ms).to_string().into(),
        intended_ms: millis(slot.at),
        late_ms: seen.begun.map(since),
        new_connection: seen.has_connection.then_some(seen.connect.is_some()),
        connect_ms: seen.connect.map(millis),
        time_to_first_byte_ms: seen.first_byte.map(since),
        time_to_first_token_ms: seen.first_token.map(since),
        service_ms: seen.begun.map(|begun| millis(seen.ended - begun)),
        latency_ms: since(seen.ended),
        outcome: seen.outcome,
        http_status: seen.status,
        error_type: seen.error.as_deref().map(Into::into),
        streaming: answer.map(|answer| answer.is_streamed()),
        request_bytes: seen.request_bytes as u64,
        response_bytes: answer.map_or(0, |answer| answer.bytes),
        input_tokens: answer.and_then(|answer| answer.input_tokens),
        output_tokens: answer.and_then(|answer| answer.output_tokens),
        lambda_request_id: seen.ids.lambda.as_deref().map(Into::into),
        api_gateway_request_id: seen.ids.api_gateway.as_deref().map(Into::into),
        api_gateway_extended_request_id: seen.ids.api_gateway_extended.as_deref().map(Into::into),
        trace_id: seen.ids.trace.as_deref().map(Into::into),
    }
}

/// The last line.
pub(super) fn end(job: &Job, outcome: &Outcome, ended: Timestamp) -> ClientRunEnd<'static> {
    let counts = outcome.tally.counts();
    let pace = &outcome.tally.pace;
    let is_burst = job.slots.iter().any(|slot| slot.phase == ClientPhase::Burst);
    ClientRunEnd {
        schema: CLIENT_RUN_SCHEMA.into(),
        event: "end".into(),
        run_id: job.run_id.clone().into(),
        ended_at: ended.to_string().into(),
        ending: match outcome.ending {
            Ending::Complete => "complete",
            Ending::Interrupted => "interrupted",
            Ending::CostLimit => "cost_limit",
        }
        .into(),
        is_valid: outcome.is_valid(),
        reasons: outcome.reasons().into_iter().map(Into::into).collect(),
        requests: counts.all(),
        ok: counts.ok,
        throttled: counts.throttled,
        http_errors: counts.http_errors,
        timeouts: counts.timeouts,
        broken: counts.broken,
        cancelled: counts.cancelled,
        late_limit_ms: millis(pace.limit()),
        late_requests: pace.late(),
        late_burst_requests: is_burst.then(|| outcome.tally.bursts.late()),
        achieved_rate_share: pace.achieved().map(|share| (share * 1e6).round() / 1e6),
    }
}
