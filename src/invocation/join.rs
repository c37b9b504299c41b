//! The general join: rows of one request id become invocations, in whatever order and form they came.

use std::collections::HashSet;

use super::codes::{Coded, ModelKind};
use super::drafts::{Draft, Drafts, distance, halves};
use super::environment::PROVISIONED;
use super::facts::Facts;
use super::inference::{combine, counting};
use super::joiner::{before_ms, outcome};
use super::ledger::Ledger;
use super::model_call::{complete, drop_repeated_calls};
use super::names::Interner;
use super::repeats::drop_repeated;
use super::request::{CallsCombined, Outcome};
use super::rows::{BedrockId, Call, MarkKind, MarkRow, ReportRow, Rows, Standing, TimingRow};
use super::tables::{Models, Tables};
use crate::parse::{Completeness, Report};
use crate::vocab::{Micros, RequestId, Timestamp};

/// How far outside an invocation's time a record with its id may lie, in milliseconds. A retry
/// shares the id and comes a minute later at the earliest.
pub(super) const SLACK_MS: i64 = 30_000;

/// What belongs to one `REPORT`.
#[derive(Default)]
struct Attempt<'a> {
    timings: Vec<&'a TimingRow>,
    started_at: Option<Timestamp>,
    start_sequence: Option<u64>,
    has_own_start: bool,
    version: Option<u32>,
    is_timed_out: bool,
    is_crashed: bool,
}

/// What the general join gives.
#[derive(Debug, Default)]
pub(super) struct Joined {
    pub(super) drafts: Drafts,
    /// Request ids that are no UUIDs, by position.
    pub(super) other_ids: Interner,
    /// Models that records of invocations name, as they write them.
    pub(super) models: HashSet<u32>,
    /// Calls that invocations made.
    pub(super) calls: HashSet<BedrockId>,
}

/// Joins the rows, which become sorted, and fills the ledger's second sum.
pub(super) fn join(rows: &mut Rows, tables: &Tables, ledger: &mut Ledger) -> Joined {
    let is_unnamed = |stream: u32| tables.streams.name(stream).is_none();
    tell_whole_rows(&mut rows.reports);
    let reports = drop_repeated(&mut rows.reports, is_unnamed, &tables.models);
    let timings = drop_repeated(&mut rows.timings, is_unnamed, &tables.models);
    let calls = drop_repeated_calls(&mut rows.bedrock);
    ledger.report_records -= reports;
    ledger.timing_records -= timings;
    ledger.bedrock_records -= calls;
    ledger.duplicates += reports + timings + calls;
    complete(&mut rows.timings, &rows.bedrock, &tables.models, ledger);
    // Rows are large: their keys are sorted, and each is moved once.
    rows.reports.sort_by_cached_key(|row| {
        let stream = tables.streams.name(row.standing.stream);
        (row.key(), stream, row.standing.sequence)
    });
    rows.timings
        .sort_by_cached_key(|row| (row.key(), row.standing.sequence));
    rows.marks.sort_by(|a, b| {
        let key = |row: &MarkRow| (row.standing.at, row.standing.sequence);
        a.request_id.cmp(&b.request_id).then_with(|| key(a).cmp(&key(b)))
    });

    let mut joined = Joined::default();
    for (row, attempt) in rows.reports.iter().zip(assign(rows, ledger)) {
        *(if attempt.timings.is_empty() {
            &mut ledger.report_without_timing
        } else {
            &mut ledger.matched
        }) += 1;
        let calls = attempt.timings.iter().filter_map(|row| row.call.bedrock);
        joined.calls.extend(calls);
        let draft = attempt.draft(row, tables, &mut joined);
        joined.drafts.extend(std::slice::from_ref(&draft));
    }
    joined
}

/// A query of Logs Insights chose the fields of its rows. Where a row of a file has an Init Duration it was among
/// them, so that a row without one says that there was none.
fn tell_whole_rows(reports: &mut [ReportRow]) {
    let is_chosen = |row: &ReportRow| row.report.completeness == Completeness::FieldsChosen;
    let chosen: HashSet<u32> = reports
        .iter()
        .filter(|row| is_chosen(row) && row.report.init.is_some())
        .map(|row| row.standing.file)
        .collect();
    for row in reports
        .iter_mut()
        .filter(|row| is_chosen(row) && chosen.contains(&row.standing.file))
    {
        row.report.completeness = Completeness::Whole;
    }
}

/// Where a record stands.
#[derive(Clone, Copy)]
struct Position {
    stream: u32,
    at: Option<Timestamp>,
    sequence: u64,
    /// Whether it always stands before its `REPORT`.
    comes_before: bool,
}

impl ReportRow {
    fn key(&self) -> impl Ord + use<> {
        let report = &self.report;
        // Without times the order of the file is the order of events.
        let Standing { at, sequence, .. } = self.standing;
        let order = if at.is_none() { sequence } else { 0 };
        let request_id = report.request_id.clone();
        (request_id, at, order, report.duration, report.billed)
    }

    /// When the handler was entered, as far as `REPORT` alone tells.
    fn began_at(&self) -> Option<Timestamp> {
        self.standing.at.map(|at| at.before(self.report.duration))
    }

    /// Everywhere in the input where it stands.
    fn standings(&self) -> impl Iterator<Item = Standing> + '_ {
        std::iter::once(self.standing).chain(self.repeats.iter().copied())
    }

    /// Whether it stands in a stream.
    fn stands_in(&self, stream: u32) -> bool {
        self.standings().any(|standing| standing.stream == stream)
    }

    /// How far a record lies outside this invocation: not at all in time, in the same stream, next in order. None
    /// where it is too far away.
    fn distance(&self, position: Position, starts: &[(u32, u64)]) -> Option<impl Ord + use<>> {
        let duration = self.report.duration;
        self.standings()
            .filter(|standing| !standing.is_of_another_attempt(position, starts))
            .map(|standing| {
                let outside_ms = standing.outside_ms(duration, position.at);
                (
                    standing.stream != position.stream,
                    outside_ms,
                    standing.order_distance(position),
                )
            })
            .filter(|(_, outside_ms, _)| *outside_ms <= SLACK_MS)
            .min()
    }
}

impl Standing {
    /// Whether, in a stream without times, another attempt begins between a record and this `REPORT`.
    fn is_of_another_attempt(self, position: Position, starts: &[(u32, u64)]) -> bool {
        let (low, high) = (
            self.sequence.min(position.sequence),
            self.sequence.max(position.sequence),
        );
        let is_untimed = self.stream == position.stream && (self.at.is_none() || position.at.is_none());
        is_untimed
            && starts
                .iter()
                .any(|(stream, start)| *stream == self.stream && low < *start && *start < high)
    }

    /// Without times, the `REPORT` of a record is the first that follows it; that of a line which may
    /// also come after it is the nearest.
    fn order_distance(self, position: Position) -> (bool, u64) {
        if self.at.is_some() && position.at.is_some() {
            return (false, 0);
        }
        (
            position.comes_before && self.sequence < position.sequence,
            self.sequence.abs_diff(position.sequence),
        )
    }

    /// How far a time lies outside an invocation that took `duration`, in milliseconds.
    pub(super) fn outside_ms(self, duration: Micros, at: Option<Timestamp>) -> i64 {
        let (Some(at), Some(to)) = (at, self.at) else {
            return 0;
        };
        to.before(duration)
            .millis_since(at)
            .max(at.millis_since(to))
            .max(0)
    }
}

impl TimingRow {
    fn position(&self) -> Position {
        Position {
            stream: self.standing.stream,
            at: self.standing.at,
            sequence: self.standing.sequence,
            comes_before: true,
        }
    }

    fn key(&self) -> impl Ord + use<> {
        let call = &self.call;
        (
            self.request_id.clone(),
            call.call_index,
            call.start_offset,
            self.standing.at,
            call.inference,
        )
    }
}

/// Finds the attempt of each timing record and platform line. Rows must be sorted by request id.
fn assign<'a>(rows: &'a Rows, ledger: &mut Ledger) -> Vec<Attempt<'a>> {
    let mut attempts: Vec<Attempt<'a>> = rows.reports.iter().map(|_| Attempt::default()).collect();
    let (mut timings, mut marks) = (rows.timings.iter().peekable(), rows.marks.iter().peekable());
    let mut first = 0;
    for group in rows
        .reports
        .chunk_by(|a, b| a.report.request_id == b.report.request_id)
    {
        let id = &group[0].report.request_id;
        // Where times are known, they tell attempts apart.
        let is_untimed = group
            .iter()
            .any(|row| row.standings().any(|standing| standing.at.is_none()));
        let starts: Vec<(u32, u64)> = match is_untimed {
            true => starts_of(&rows.marks, id).collect(),
            false => Vec::new(),
        };
        // A redacted id is shared by strangers: what carries it belongs to nobody.
        let nearest = |position: Position| {
            if id.is_redacted() {
                None
            } else {
                nearest(group, position, &starts)
            }
        };
        while let Some(row) = timings.next_if(|row| row.request_id <= *id) {
            match nearest(row.position()) {
                Some(index) if row.request_id == *id => attempts[first + index].timings.push(row),
                _ => ledger.timing_without_report += 1,
            }
        }
        while let Some(row) = marks.next_if(|row| row.request_id <= *id) {
            match nearest(row.position()).filter(|_| row.request_id == *id) {
                Some(index) => {
                    attempts[first + index].mark(row, row.standing.stream == group[index].standing.stream);
                }
                None => ledger.started_without_report += u64::from(row.is_start()),
            }
        }
        first += group.len();
    }
    ledger.timing_without_report += timings.count() as u64;
    ledger.started_without_report += marks.filter(|row| row.is_start()).count() as u64;
    attempts
}

/// Where attempts of a request begin. Marks must be sorted by request id.
fn starts_of<'a>(marks: &'a [MarkRow], id: &'a RequestId) -> impl Iterator<Item = (u32, u64)> + 'a {
    let begin = marks.partition_point(|row| row.request_id < *id);
    let of_id = marks[begin..].iter().take_while(move |row| row.request_id == *id);
    of_id
        .filter(|row| row.is_start())
        .map(|row| (row.standing.stream, row.standing.sequence))
}

/// Which `REPORT` of the same request id a record belongs to: one whose time covers the record's, in the same stream
/// rather than in another. None where all are too far away, or where nothing tells which. `starts` are the places where
/// attempts of the request begin.
fn nearest(group: &[ReportRow], position: Position, starts: &[(u32, u64)]) -> Option<usize> {
    let (_, index) = group
        .iter()
        .enumerate()
        .filter_map(|(index, row)| Some((row.distance(position, starts)?, index)))
        .min()?;
    // Without a time, the order of lines tells something in their own stream alone.
    let is_told = position.at.is_some() || group.len() == 1 || group[index].stands_in(position.stream);
    is_told.then_some(index)
}

impl MarkRow {
    fn is_start(&self) -> bool {
        matches!(self.kind, MarkKind::Start { .. })
    }

    fn position(&self) -> Position {
        Position {
            stream: self.standing.stream,
            at: self.standing.at,
            sequence: self.standing.sequence,
            comes_before: self.is_start(),
        }
    }
}

impl Attempt<'_> {
    /// Takes a platform line. One of the `REPORT`'s own stream counts before others.
    fn mark(&mut self, row: &MarkRow, is_of_stream: bool) {
        match row.kind {
            MarkKind::Start { version } => {
                if is_of_stream && !self.has_own_start {
                    // What came from another stream, or from a form that keeps less, is forgotten.
                    self.has_own_start = true;
                    (self.started_at, self.start_sequence) = (None, None);
                    self.version = version;
                }
                self.started_at = self.started_at.or(row.standing.at);
                self.start_sequence = self.start_sequence.or(Some(row.standing.sequence));
                self.version = self.version.or(version);
            }
            MarkKind::TimedOut => self.is_timed_out = true,
            MarkKind::Crashed => self.is_crashed = true,
            MarkKind::End => {}
        }
    }

    /// The invocation of this `REPORT`.
    fn draft(&self, row: &ReportRow, tables: &Tables, joined: &mut Joined) -> Draft {
        let report = &row.report;
        let calls = counting(self.timings.iter().map(|row| &row.call));
        let standing = row.standing;
        let started_at = self.started_at.or_else(|| row.began_at());
        // Both are told from the same moment, whatever it is where the end is not known.
        let ended = standing.at.unwrap_or(Timestamp::from_epoch_millis(0));
        let ((id_high, id_low), other_id) = match &report.request_id {
            RequestId::Uuid(id) => (halves(*id), None),
            RequestId::Other(text) => ((0, 0), Some(joined.other_ids.position(text))),
        };
        let (model_use, model) = model_use(&calls, &tables.models, &mut joined.models);
        let inference = combine(&calls);
        let retry = calls
            .iter()
            .filter_map(|call| call.retry)
            .reduce(Micros::saturating_add);
        let combined = inference.map_or(CallsCombined::Single, |inference| inference.combined);
        let mut draft = Draft {
            id_high: Some(id_high),
            id_low: Some(id_low),
            other_id,
            file: Some(standing.file),
            stream: Some(standing.stream),
            version: self.version,
            ended_at: standing.at.map(|at| at.as_epoch_millis() as u64),
            memory_mb: report.memory_size_mb,
            outcome: Some(self.outcome(report, &calls).code()),
            duration: Some(report.duration.as_micros()),
            billed: report.billed.map(Micros::as_micros),
            model,
            model_use: Some(model_use.code()),
            inference: inference.map(|inference| inference.time.as_micros()),
            calls: inference.map(|inference| inference.calls),
            combined: Some(combined.code()),
            is_bound: Some(u32::from(
                inference.is_some_and(|inference| inference.is_lower_bound),
            )),
            retry: retry.map(Micros::as_micros),
            is_matched: Some(u32::from(!calls.is_empty())),
            initialization: calls.iter().find_map(|call| call.initialization),
            started_before_ms: started_at.map(|at| before_ms(ended, at)),
            start_distance: Some(distance(
                self.start_sequence.unwrap_or(standing.sequence),
                standing.sequence,
            )),
            end_sequence: Some(standing.sequence),
            init: report.init.map(Micros::as_micros),
            restore: report.restore.map(Micros::as_micros),
            completeness: Some(report.completeness.code()),
            cold_start: self
                .timings
                .iter()
                .filter_map(|row| row.call.cold_start)
                .max()
                .map(u32::from),
            is_provisioned: Some(u32::from(self.is_provisioned(tables))),
            ..Draft::default()
        };
        Facts::of(&calls).put_into(&mut draft);
        draft
    }

    /// Whether the handler says that its environment was initialised beforehand.
    fn is_provisioned(&self, tables: &Tables) -> bool {
        let told = self.timings.iter().find_map(|row| row.call.initialization);
        told.is_some_and(|told| tables.initializations.text(told) == PROVISIONED)
    }

    /// How the invocation ended.
    fn outcome(&self, report: &Report, calls: &[&Call]) -> Outcome {
        let last_call = calls.last().and_then(|call| call.status);
        outcome(report, self.is_timed_out, self.is_crashed, last_call)
    }
}

/// The models of an invocation's calls: how many, and the name of the first. All names go to `named`.
fn model_use(calls: &[&Call], models: &Models, named: &mut HashSet<u32>) -> (ModelKind, Option<u32>) {
    let mut used = (ModelKind::Unnamed, None);
    for position in calls.iter().filter_map(|call| call.model) {
        let Some(model) = models.model(position) else {
            continue;
        };
        named.insert(position);
        used = match used {
            (ModelKind::Unnamed, _) => (ModelKind::One, Some(position)),
            (ModelKind::One, Some(other)) if models.model(other) == Some(model) => used,
            _ => (ModelKind::Several, None),
        };
    }
    used
}
