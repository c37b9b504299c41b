//! The usual invocation is joined as its records come in and is held as a few numbers: one `START`, at most one `END`, at
//! most one timing record, and behind them the `REPORT`, all in one stream. Whatever is not so waits for everything.

use std::collections::HashMap;

use latscope_schema::CallStatus;

use super::codes::{Coded, ModelKind};
use super::drafts::{Draft, Drafts, distance, halves};
use super::facts::Facts;
use super::folded::Folded;
use super::join::SLACK_MS;
use super::request::{CallsCombined, Outcome};
use super::rows::{BedrockId, MarkKind, MarkRow, ReportRow, Rows, TimingRow, ToldOfRequest};
use super::tables::Models;
use crate::parse::{Completeness, Report, Status};
use crate::vocab::{Micros, RequestId, Timestamp};

/// Rows that fit in the memory nearest to a processor.
const FEW_DRAFTS: usize = 32;

/// Joins records as they come.
#[derive(Debug, Default)]
pub(super) struct Joiner {
    /// Which of the slots a request has.
    open: HashMap<u128, u32, Folded>,
    slots: Vec<Open>,
    /// Slots that nobody has.
    free: Vec<u32>,
    pub(super) settled: Drafts,
    /// What was settled last.
    last: Vec<Draft>,
    /// Whether a `REPORT` came of whose request no `START` was there.
    has_early_report: bool,
    /// What cannot be joined yet.
    pub(super) loose: Rows,
}

/// What is there of a request so far.
#[derive(Debug, Default)]
struct Open {
    start: Option<MarkRow>,
    end: Option<MarkRow>,
    timing: Option<TimingRow>,
}

impl Joiner {
    /// Takes a platform line that names a request.
    pub(super) fn mark(&mut self, row: MarkRow) {
        let RequestId::Uuid(id) = row.request_id else {
            return self.loose.marks.push(row);
        };
        let slot = match row.kind {
            MarkKind::Start { .. } => &mut self.slot(id).start,
            MarkKind::End => match self.open.get(&id).copied() {
                Some(slot) => &mut self.slots[slot as usize].end,
                // Where its `REPORT` stands before it, or its `START` elsewhere.
                None if self.ends_one_of_last(id, &row) => return,
                None => return self.loose.marks.push(row),
            },
            MarkKind::TimedOut | MarkKind::Crashed => return self.loose.marks.push(row),
        };
        match slot {
            Some(_) => self.loose.marks.push(row),
            None => *slot = Some(row),
        }
    }

    /// Takes a timing record.
    pub(super) fn timing(&mut self, row: TimingRow) {
        let RequestId::Uuid(id) = row.request_id else {
            return self.loose.timings.push(row);
        };
        let slot = &mut self.slot(id).timing;
        match slot {
            Some(_) => self.loose.timings.push(row),
            None => *slot = Some(row),
        }
    }

    /// Takes a `REPORT`, behind which nothing of its request is expected any more.
    pub(super) fn report(&mut self, row: ReportRow, models: &Models) {
        self.has_early_report |= !self.settle(row, models);
    }

    /// Whether the `START` of the request was there; else the rows are loose.
    fn settle(&mut self, row: ReportRow, models: &Models) -> bool {
        let slot = match row.report.request_id {
            RequestId::Uuid(id) => self.open.remove(&id).map(|slot| (id, slot)),
            RequestId::Other(_) => None,
        };
        let Some((id, slot)) = slot else {
            self.loose.reports.push(row);
            return false;
        };
        self.free.push(slot);
        if self.last.len() == FEW_DRAFTS {
            self.keep_last();
        }
        let open = &mut self.slots[slot as usize];
        // It is filled where it stays: it is too large to be handed on.
        let draft = self.last.push_mut(Draft::default());
        let is_started = open.start.is_some();
        if open.settle(id, &row, models, draft).is_some() {
            open.clear();
        } else {
            self.last.pop();
            open.loosen(&mut self.loose);
            self.loose.reports.push(row);
        }
        is_started
    }

    /// Adds an `END` to a request that was settled a moment before and has none, if it is a usual one: in the same millisecond.
    fn ends_one_of_last(&mut self, id: u128, row: &MarkRow) -> bool {
        let (high, low) = halves(id);
        let standing = row.standing;
        let is_of = |draft: &&mut Draft| (draft.id_low, draft.id_high) == (Some(low), Some(high));
        let Some(draft) = self.last.iter_mut().rev().find(is_of) else {
            return false;
        };
        let is_usual = draft.end_distance.is_none()
            && draft.ended_at == standing.at.map(|at| at.as_epoch_millis() as u64)
            && (draft.stream, draft.file) == (Some(standing.stream), Some(standing.file))
            && draft.has_event_id == Some(u32::from(standing.has_event_id))
            && !row.told.is_of_file;
        if let Some(sequence) = draft.end_sequence.filter(|_| is_usual) {
            draft.end_told = Some(row.told.of_request().own).filter(|told| *told != 0);
            draft.end_distance = Some(distance(standing.sequence, sequence));
        }
        is_usual
    }

    /// What is there of a request, if anything.
    fn open_of(&mut self, id: &RequestId) -> Option<&mut Open> {
        match id {
            RequestId::Uuid(id) => self.open.get(id).map(|slot| &mut self.slots[*slot as usize]),
            RequestId::Other(_) => None,
        }
    }

    /// The slot of a request, which is empty if it has none yet.
    fn slot(&mut self, id: u128) -> &mut Open {
        let (slots, free) = (&mut self.slots, &mut self.free);
        let slot = *self.open.entry(id).or_insert_with(|| {
            free.pop().unwrap_or_else(|| {
                slots.push(Open::default());
                // There are no more of them than requests that fit in memory.
                slots.len() as u32 - 1
            })
        });
        &mut self.slots[slot as usize]
    }

    /// Puts what was settled last into columns, each of which takes several rows at once.
    fn keep_last(&mut self) {
        self.settled.extend(&self.last);
        self.last.clear();
    }

    /// Settles what came the other way round, as in rows of Logs Insights: all others before the `START`. Of a request that has
    /// more records than these, [`finish`](super::finish) takes apart what is settled here, as everywhere.
    fn settle_early_reports(&mut self, models: &Models) {
        for row in std::mem::take(&mut self.loose.marks) {
            let open = self
                .open_of(&row.request_id)
                .filter(|_| row.kind == MarkKind::End);
            match open.map(|open| &mut open.end) {
                Some(end @ None) => *end = Some(row),
                _ => self.loose.marks.push(row),
            }
        }
        for row in std::mem::take(&mut self.loose.timings) {
            match self.open_of(&row.request_id).map(|open| &mut open.timing) {
                Some(timing @ None) => *timing = Some(row),
                _ => self.loose.timings.push(row),
            }
        }
        for row in std::mem::take(&mut self.loose.reports) {
            self.settle(row, models);
        }
    }

    /// Nothing more comes: what is open is loose.
    pub(super) fn finish(&mut self, models: &Models) {
        if self.has_early_report && !self.open.is_empty() {
            self.settle_early_reports(models);
        }
        self.keep_last();
        self.open.clear();
        self.free.clear();
        for mut open in self.slots.drain(..) {
            open.loosen(&mut self.loose);
        }
    }
}

impl Open {
    fn clear(&mut self) {
        (self.start, self.end, self.timing) = (None, None, None);
    }

    fn loosen(&mut self, loose: &mut Rows) {
        loose.marks.extend(self.start.take());
        loose.marks.extend(self.end.take());
        loose.timings.extend(self.timing.take());
    }

    /// Makes an empty draft that of the invocation of these records, if they are the usual ones.
    fn settle(&self, id: u128, report: &ReportRow, models: &Models, draft: &mut Draft) -> Option<()> {
        let start = self.start.as_ref()?;
        let MarkKind::Start { version } = start.kind else {
            return None;
        };
        let standing = report.standing;
        let ended = standing.at?;
        let is_beside = |other: super::rows::Standing| {
            let outside_ms = standing.outside_ms(report.report.duration, other.at);
            other.at.is_some()
                && (other.stream, other.file) == (standing.stream, standing.file)
                && other.has_event_id == standing.has_event_id
                && outside_ms <= SLACK_MS
        };
        let rows = [
            Some(start.standing),
            self.end.as_ref().map(|row| row.standing),
            self.timing.as_ref().map(|row| row.standing),
        ];
        if id == 0 || !rows.into_iter().flatten().all(is_beside) {
            return None;
        }
        let Report {
            duration,
            billed,
            memory_size_mb,
            max_memory_used_mb,
            init,
            restore,
            status,
            error_type: None,
            completeness: Completeness::Whole,
            ..
        } = report.report
        else {
            return None;
        };
        let ToldOfRequest { own, trace } = report.told.of_request();
        let before = |at: Option<Timestamp>| at.map(|at| before_ms(ended, at));
        let told = |told: super::rows::Told| Some(told.of_request().own).filter(|told| *told != 0);
        let (id_high, id_low) = halves(id);
        draft.id_high = Some(id_high);
        draft.id_low = Some(id_low);
        draft.file = Some(standing.file);
        draft.stream = Some(standing.stream);
        draft.version = version;
        draft.ended_at = Some(ended.as_epoch_millis() as u64);
        draft.memory_mb = memory_size_mb;
        draft.duration = Some(duration.as_micros());
        draft.billed = billed.map(Micros::as_micros);
        draft.init = init.map(Micros::as_micros);
        draft.restore = restore.map(Micros::as_micros);
        draft.completeness = Some(Completeness::Whole.code());
        draft.max_memory_used_mb = max_memory_used_mb;
        draft.status = status.map(Coded::code);
        draft.started_before_ms = before(start.standing.at);
        draft.start_distance = Some(distance(start.standing.sequence, standing.sequence));
        draft.end_sequence = Some(standing.sequence);
        draft.has_event_id = Some(u32::from(standing.has_event_id));
        draft.start_told = told(start.told);
        draft.end_told = self.end.as_ref().and_then(|row| told(row.told));
        draft.end_distance = self
            .end
            .as_ref()
            .map(|row| distance(row.standing.sequence, standing.sequence));
        draft.report_told = Some(own).filter(|told| *told != 0);
        draft.report_trace = Some(trace).filter(|told| *told != 0);
        draft.outcome = Some(outcome(&report.report, false, false, self.last_status()).code());
        draft.model_use = Some(ModelKind::Unnamed.code());
        draft.combined = Some(CallsCombined::Single.code());
        draft.is_bound = Some(0);
        draft.is_matched = Some(0);
        draft.is_throttled = Some(0);
        match &self.timing {
            Some(timing) => timing.settle(draft, ended, models),
            None => Some(()),
        }
    }

    fn last_status(&self) -> Option<CallStatus> {
        self.timing.as_ref().and_then(|row| row.call.status)
    }
}

/// From a moment to the end; wrapped where it came after it.
pub(super) fn before_ms(ended: Timestamp, at: Timestamp) -> u64 {
    ended.as_epoch_millis().wrapping_sub(at.as_epoch_millis()) as u64
}

/// The moment so long before the end: see [`before_ms`].
pub(super) fn at_before_ms(ended: Timestamp, before_ms: u64) -> Timestamp {
    Timestamp::from_epoch_millis(ended.as_epoch_millis().wrapping_sub(before_ms as i64))
}

impl TimingRow {
    /// Adds the only call of an invocation to its draft, if it is a usual one.
    fn settle(&self, draft: &mut Draft, ended: Timestamp, models: &Models) -> Option<()> {
        let call = &self.call;
        let model = call.model.filter(|model| models.model(*model).is_some())?;
        let inference = call.inference?;
        let bedrock = match call.bedrock {
            None => None,
            Some(BedrockId::Uuid(id)) => Some(id),
            Some(BedrockId::Other(_)) => return None,
        };
        // Larger counts are read by the general way, which says that they are large.
        let count = |count: Option<u64>| match count {
            None => Some(None),
            Some(count) => u32::try_from(count).ok().map(Some),
        };
        if call.is_embedded_metric || draft.model_use != Some(ModelKind::Unnamed.code()) {
            return None;
        }
        let is_bound = call.status == Some(CallStatus::Timeout);
        let told = self.told.of_request().own;
        draft.model = Some(model);
        draft.model_use = Some(ModelKind::One.code());
        draft.inference = Some(inference.as_micros());
        draft.calls = Some(1);
        draft.is_bound = Some(u32::from(is_bound));
        draft.retry = call.retry.map(Micros::as_micros);
        draft.is_matched = Some(1);
        draft.input_tokens = count(call.input_tokens)?;
        draft.output_tokens = count(call.output_tokens)?;
        draft.max_tokens = count(call.max_tokens)?;
        draft.initialization = call.initialization;
        draft.cold_start = call.cold_start.map(u32::from);
        draft.timing_told = Some(told).filter(|told| *told != 0);
        draft.timing_before_ms = self.standing.at.map(|at| before_ms(ended, at));
        draft.timing_distance = draft
            .end_sequence
            .map(|end| distance(self.standing.sequence, end));
        draft.call_index = call.call_index;
        draft.start_offset = call.start_offset.map(Micros::as_micros);
        draft.call_status = call.status.map(Coded::code);
        draft.bedrock = bedrock;
        draft.prompt_hash = call.prompt;
        Facts::of_numbers(&[call]).put_into(draft);
        Some(())
    }
}

/// How an invocation ended. The platform's word counts first, then the handler's own on its last model call.
pub(super) fn outcome(
    report: &Report,
    is_timed_out: bool,
    is_crashed: bool,
    last_call: Option<CallStatus>,
) -> Outcome {
    // Until about 2024 a timeout was billed at the limit while the duration printed lay above.
    let is_billed_short = report
        .billed
        .is_some_and(|billed| billed.saturating_add(Micros::from_millis(1)) < report.duration);
    match (report.status, last_call) {
        (Some(Status::Timeout), _) => Outcome::Timeout,
        _ if is_timed_out || is_billed_short => Outcome::Timeout,
        (Some(Status::Error), _) => Outcome::Error,
        _ if is_crashed => Outcome::Error,
        (_, Some(CallStatus::Timeout)) => Outcome::Timeout,
        (_, Some(CallStatus::Error | CallStatus::Throttled)) => Outcome::Error,
        _ => Outcome::Success,
    }
}
