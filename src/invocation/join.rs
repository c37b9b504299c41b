//! Rows of one request id become invocations.

use std::collections::HashSet;

use latscope_schema::CallStatus;

use super::build::Builder;
use super::environment::{Classified, Served, classify};
use super::inference::counting;
use super::ledger::Ledger;
use super::model_call::{ModelCall, complete, drop_repeated_calls, joined_ids};
use super::names::{Names, SourceFile};
use super::repeats::drop_repeated;
use super::request::{Invocation, Outcome};
use super::rows::{MarkKind, MarkRow, ReportRow, Rows, Standing, TimingRow};
use super::streams::Streams;
use crate::parse::{Completeness, Report, Status};
use crate::vocab::{Micros, RequestId, Timestamp};

/// How far outside an invocation's time a record with its id may lie, in milliseconds. A retry
/// shares the id and comes a minute later at the earliest.
const SLACK_MS: i64 = 30_000;

/// What belongs to one `REPORT`.
#[derive(Default)]
pub(super) struct Attempt<'a> {
    pub(super) timings: Vec<&'a TimingRow>,
    started_at: Option<Timestamp>,
    start_sequence: Option<u64>,
    has_own_start: bool,
    pub(super) version: Option<u32>,
    is_timed_out: bool,
    is_crashed: bool,
}

/// Joins the rows and fills the ledger's second sum.
pub(super) fn join(
    mut rows: Rows,
    streams: &Streams,
    files: Vec<SourceFile>,
    ledger: &mut Ledger,
) -> (Vec<Invocation>, Vec<ModelCall>, Names) {
    let is_unnamed = |stream: u32| streams.get(stream).name.is_none();
    tell_whole_rows(&mut rows.reports);
    let reports = drop_repeated(&mut rows.reports, is_unnamed);
    let timings = drop_repeated(&mut rows.timings, is_unnamed);
    let calls = drop_repeated_calls(&mut rows.bedrock);
    ledger.report_records -= reports;
    ledger.timing_records -= timings;
    ledger.bedrock_records -= calls;
    ledger.duplicates += reports + timings + calls;
    complete(&mut rows.timings, &rows.bedrock, ledger);
    // Rows are large: their keys are sorted, and each is moved once.
    rows.reports.sort_by_cached_key(|row| {
        let stream = &streams.get(row.standing.stream).name;
        (row.key(), stream, row.standing.sequence)
    });
    rows.timings
        .sort_by_cached_key(|row| (row.key(), row.standing.sequence));
    rows.marks
        .sort_by(|a, b| (&a.request_id, a.at, a.sequence).cmp(&(&b.request_id, b.at, b.sequence)));

    let attempts = assign(&rows, ledger);
    let (starts, told_alone) = classify_all(&rows, &attempts, streams);
    ledger.start_told_alone = told_alone;
    let mut builder = Builder::new(streams);
    let invocations = rows
        .reports
        .iter()
        .zip(&attempts)
        .zip(starts)
        .map(|((row, attempt), start)| builder.invocation(row, attempt, start))
        .collect();
    let joined = joined_ids(&attempts);
    let calls: Vec<ModelCall> = rows
        .bedrock
        .iter()
        .map(|row| builder.model_call(row, &joined))
        .collect();
    ledger.bedrock_joined = calls.iter().filter(|call| call.is_joined).count() as u64;
    for row in &attempts {
        *(if row.timings.is_empty() {
            &mut ledger.report_without_timing
        } else {
            &mut ledger.matched
        }) += 1;
    }
    builder.finish(invocations, calls, files)
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
    fn outside_ms(self, duration: Micros, at: Option<Timestamp>) -> i64 {
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
        let timing = &self.timing;
        (
            timing.request_id.clone(),
            timing.call_index,
            timing.start_offset,
            self.standing.at,
            timing.inference,
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
        while let Some(row) = timings.next_if(|row| row.timing.request_id <= *id) {
            match nearest(row.position()) {
                Some(index) if row.timing.request_id == *id => attempts[first + index].timings.push(row),
                _ => ledger.timing_without_report += 1,
            }
        }
        while let Some(row) = marks.next_if(|row| row.request_id <= *id) {
            match nearest(row.position()).filter(|_| row.request_id == *id) {
                Some(index) => attempts[first + index].mark(row, row.stream == group[index].standing.stream),
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
        .map(|row| (row.stream, row.sequence))
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
            stream: self.stream,
            at: self.at,
            sequence: self.sequence,
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
                self.started_at = self.started_at.or(row.at);
                self.start_sequence = self.start_sequence.or(Some(row.sequence));
                self.version = self.version.or(version);
            }
            MarkKind::TimedOut => self.is_timed_out = true,
            MarkKind::Crashed => self.is_crashed = true,
        }
    }

    /// How the invocation ended. The platform's word counts first, then the handler's own on its
    /// last model call.
    pub(super) fn outcome(&self, report: &Report) -> Outcome {
        // Until about 2024 a timeout was billed at the limit while the duration printed lay above.
        let is_billed_short = report
            .billed
            .is_some_and(|billed| billed.saturating_add(Micros::from_millis(1)) < report.duration);
        let calls = counting(self.timings.iter().map(|row| &row.timing));
        let last_call = calls.last().and_then(|timing| timing.status);
        match (report.status, last_call) {
            (Some(Status::Timeout), _) => Outcome::Timeout,
            _ if self.is_timed_out || is_billed_short => Outcome::Timeout,
            (Some(Status::Error), _) => Outcome::Error,
            _ if self.is_crashed => Outcome::Error,
            (_, Some(CallStatus::Timeout)) => Outcome::Timeout,
            (_, Some(CallStatus::Error | CallStatus::Throttled)) => Outcome::Error,
            _ => Outcome::Success,
        }
    }
}

/// Finds the start type of every invocation, stream by stream.
fn classify_all(rows: &Rows, attempts: &[Attempt<'_>], streams: &Streams) -> (Vec<Classified>, u64) {
    let served = rows.reports.iter().zip(attempts).map(|(row, attempt)| Served {
        stream: row.standing.stream,
        has_stream_name: streams.get(row.standing.stream).name.is_some(),
        started_at: attempt.started_at.or_else(|| row.began_at()),
        ended_at: row.standing.at,
        start_sequence: attempt.start_sequence.unwrap_or(row.standing.sequence),
        end_sequence: row.standing.sequence,
        report: &row.report,
        cold_start: attempt
            .timings
            .iter()
            .filter_map(|row| row.timing.cold_start)
            .max(),
        initialization_type: attempt
            .timings
            .iter()
            .find_map(|row| row.timing.initialization_type.as_deref()),
    });
    classify(&served.collect::<Vec<_>>(), &rows.inits)
}
