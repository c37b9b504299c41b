//! Rows of one request id become invocations.

use latscope_schema::CallStatus;

use super::build::Builder;
use super::collect::Streams;
use super::environment::{Classified, Served, classify};
use super::inference::counting;
use super::ledger::Ledger;
use super::names::{Names, SourceFile};
use super::request::{Invocation, Outcome};
use crate::parse::{Lifecycle, Report, Status, Timing};
use crate::vocab::{Micros, RequestId, Timestamp};

/// How far outside an invocation's time a record with its id may lie, in milliseconds. A retry
/// shares the id and comes a minute later at the earliest.
const SLACK_MS: i64 = 30_000;

/// Everything that the collector keeps, in order of arrival.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) reports: Vec<ReportRow>,
    pub(super) timings: Vec<TimingRow>,
    pub(super) marks: Vec<MarkRow>,
    pub(super) inits: Vec<InitRow>,
}

#[derive(Debug)]
pub(super) struct ReportRow {
    pub(super) report: Report,
    pub(super) stream: u32,
    pub(super) at: Option<Timestamp>,
    pub(super) file: u32,
    pub(super) has_event_id: bool,
    pub(super) sequence: u64,
}

#[derive(Debug)]
pub(super) struct TimingRow {
    pub(super) timing: Timing,
    pub(super) stream: u32,
    pub(super) at: Option<Timestamp>,
    pub(super) has_event_id: bool,
    pub(super) sequence: u64,
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

/// What belongs to one `REPORT`.
#[derive(Default)]
pub(super) struct Attempt<'a> {
    pub(super) timings: Vec<&'a TimingRow>,
    started_at: Option<Timestamp>,
    start_sequence: Option<u64>,
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
) -> (Vec<Invocation>, Names) {
    let is_unnamed = |stream: u32| streams.get(stream).name.is_none();
    rows.reports.sort_by(|a, b| {
        let order = |row: &ReportRow| (is_unnamed(row.stream), !row.has_event_id, row.sequence);
        a.key().cmp(&b.key()).then(order(a).cmp(&order(b)))
    });
    rows.timings.sort_by(|a, b| {
        let order = |row: &TimingRow| (is_unnamed(row.stream), !row.has_event_id, row.sequence);
        a.key().cmp(&b.key()).then(order(a).cmp(&order(b)))
    });
    drop_repeated(&mut rows, is_unnamed, ledger);
    rows.marks
        .sort_by(|a, b| (&a.request_id, a.at, a.sequence).cmp(&(&b.request_id, b.at, b.sequence)));

    let attempts = assign(&rows, ledger);
    let starts = classify_all(&rows, &attempts, streams);
    let mut builder = Builder::new(streams);
    let invocations = rows
        .reports
        .iter()
        .zip(&attempts)
        .zip(starts)
        .map(|((row, attempt), start)| builder.invocation(row, attempt, start))
        .collect();
    for row in &attempts {
        *(if row.timings.is_empty() {
            &mut ledger.report_without_timing
        } else {
            &mut ledger.matched
        }) += 1;
    }
    builder.finish(invocations, files)
}

/// Drops what two files tell of the same moment, where one of them keeps no stream names or no event
/// ids, so that its events could not be told from the other's. Rows must be sorted by key, and those
/// of which more is known must come first.
fn drop_repeated(rows: &mut Rows, is_unnamed: impl Fn(u32) -> bool, ledger: &mut Ledger) {
    // Two rows of one form are two events; of two forms they are one event saved twice.
    let is_another_form = |a: (u32, bool), b: (u32, bool)| {
        let (is_same_stream, is_known_less) = (a.0 == b.0, is_unnamed(b.0));
        if is_same_stream { a.1 != b.1 } else { is_known_less }
    };
    let reports = drop_from_runs(
        &mut rows.reports,
        |a, b| a.key() == b.key(),
        |a, b| {
            let forms = ((a.stream, a.has_event_id), (b.stream, b.has_event_id));
            a.at.is_some() && a.report == b.report && is_another_form(forms.0, forms.1)
        },
    );
    let timings = drop_from_runs(
        &mut rows.timings,
        |a, b| a.key() == b.key(),
        |a, b| {
            let forms = ((a.stream, a.has_event_id), (b.stream, b.has_event_id));
            a.at.is_some() && a.timing == b.timing && is_another_form(forms.0, forms.1)
        },
    );
    ledger.report_records -= reports;
    ledger.timing_records -= timings;
    ledger.duplicates += reports + timings;
}

/// Drops every row that repeats one before it in the same run of equal keys. Returns how many. Each
/// row that stays may be repeated once by each of several others, but stands for one event.
fn drop_from_runs<T>(
    rows: &mut Vec<T>,
    is_same_run: impl Fn(&T, &T) -> bool,
    repeats: impl Fn(&T, &T) -> bool,
) -> u64 {
    let mut is_dropped = vec![false; rows.len()];
    let mut first = 0;
    for row in 0..rows.len() {
        if !is_same_run(&rows[first], &rows[row]) {
            first = row;
        }
        is_dropped[row] = (first..row).any(|other| !is_dropped[other] && repeats(&rows[other], &rows[row]));
    }
    let mut position = 0;
    let before = rows.len();
    rows.retain(|_| {
        position += 1;
        !is_dropped[position - 1]
    });
    (before - rows.len()) as u64
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
    fn key(&self) -> impl Ord + '_ {
        let report = &self.report;
        // Without times the order of the file is the order of events.
        let order = if self.at.is_none() { self.sequence } else { 0 };
        (&report.request_id, self.at, order, report.duration, report.billed)
    }

    /// When the handler was entered, as far as `REPORT` alone tells.
    fn began_at(&self) -> Option<Timestamp> {
        self.at.map(|at| at.before(self.report.duration))
    }

    /// Without times, the `REPORT` of a record is the first that follows it; that of a line which may
    /// also come after it is the nearest.
    fn order_distance(&self, position: Position) -> (bool, u64) {
        if self.at.is_some() && position.at.is_some() {
            return (false, 0);
        }
        (
            position.comes_before && self.sequence < position.sequence,
            self.sequence.abs_diff(position.sequence),
        )
    }

    /// How far a time lies outside this invocation, in milliseconds.
    fn distance_ms(&self, at: Option<Timestamp>) -> i64 {
        let (Some(at), Some(from), Some(to)) = (at, self.began_at(), self.at) else {
            return 0;
        };
        from.millis_since(at).max(at.millis_since(to)).max(0)
    }
}

impl TimingRow {
    fn position(&self) -> Position {
        Position {
            stream: self.stream,
            at: self.at,
            sequence: self.sequence,
            comes_before: true,
        }
    }

    fn key(&self) -> impl Ord + '_ {
        let timing = &self.timing;
        (
            &timing.request_id,
            timing.call_index,
            timing.start_offset,
            self.at,
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
        // A redacted id is shared by strangers: what carries it belongs to nobody.
        let nearest = |position: Position| {
            if id.is_redacted() {
                None
            } else {
                nearest(group, position)
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
                Some(index) => attempts[first + index].mark(row),
                None => ledger.started_without_report += u64::from(row.is_start()),
            }
        }
        first += group.len();
    }
    ledger.timing_without_report += timings.count() as u64;
    ledger.started_without_report += marks.filter(|row| row.is_start()).count() as u64;
    attempts
}

/// Which `REPORT` of the same request id a record belongs to: one whose time covers the record's,
/// in the same stream rather than in another. None where all are too far away.
fn nearest(group: &[ReportRow], position: Position) -> Option<usize> {
    group
        .iter()
        .enumerate()
        .filter(|(_, row)| row.distance_ms(position.at) <= SLACK_MS)
        .min_by_key(|(_, row)| {
            (
                row.stream != position.stream,
                row.distance_ms(position.at),
                row.order_distance(position),
            )
        })
        .map(|(index, _)| index)
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
    fn mark(&mut self, row: &MarkRow) {
        match row.kind {
            MarkKind::Start { version } => {
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
fn classify_all(rows: &Rows, attempts: &[Attempt<'_>], streams: &Streams) -> Vec<Classified> {
    let served = rows.reports.iter().zip(attempts).map(|(row, attempt)| Served {
        stream: row.stream,
        has_stream_name: streams.get(row.stream).name.is_some(),
        started_at: attempt.started_at.or_else(|| row.began_at()),
        ended_at: row.at,
        start_sequence: attempt.start_sequence.unwrap_or(row.sequence),
        end_sequence: row.sequence,
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
