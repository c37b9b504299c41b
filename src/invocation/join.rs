//! Rows of one request id become invocations.

use std::collections::BTreeSet;

use latscope_schema::CallStatus;

use super::collect::Streams;
use super::environment::{Classified, Served, classify};
use super::inference::combine;
use super::ledger::Ledger;
use super::names::{Interner, Model, Names, SourceFile};
use super::request::{Invocation, ModelUse, Outcome};
use crate::parse::{Lifecycle, Report, Status, Timing};
use crate::vocab::{Micros, ModelId, RequestId, Timestamp};

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
    pub(super) sequence: u64,
}

#[derive(Debug)]
pub(super) struct TimingRow {
    pub(super) timing: Timing,
    pub(super) stream: u32,
    pub(super) at: Option<Timestamp>,
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
struct Attempt<'a> {
    timings: Vec<&'a TimingRow>,
    started_at: Option<Timestamp>,
    start_sequence: Option<u64>,
    version: Option<u32>,
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
        let order = |row: &ReportRow| (is_unnamed(row.stream), row.sequence);
        a.key().cmp(&b.key()).then(order(a).cmp(&order(b)))
    });
    rows.timings.sort_by(|a, b| {
        let order = |row: &TimingRow| (is_unnamed(row.stream), row.sequence);
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

/// Drops what two files tell of the same moment, where one of them keeps no stream names, so that
/// its events could not be told from the other's. Rows must be sorted, named streams first.
fn drop_repeated(rows: &mut Rows, is_unnamed: impl Fn(u32) -> bool, ledger: &mut Ledger) {
    let before = (rows.reports.len(), rows.timings.len());
    rows.reports.dedup_by(|b, a| {
        let is_elsewhere = a.stream != b.stream && is_unnamed(b.stream);
        is_elsewhere && a.at.is_some() && a.at == b.at && a.report == b.report
    });
    rows.timings.dedup_by(|b, a| {
        let is_elsewhere = a.stream != b.stream && is_unnamed(b.stream);
        is_elsewhere && a.at.is_some() && a.at == b.at && a.timing == b.timing
    });
    let reports = (before.0 - rows.reports.len()) as u64;
    let timings = (before.1 - rows.timings.len()) as u64;
    ledger.report_records -= reports;
    ledger.timing_records -= timings;
    ledger.duplicates += reports + timings;
}

/// Where a record stands.
#[derive(Clone, Copy)]
struct Position {
    stream: u32,
    at: Option<Timestamp>,
    sequence: u64,
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

    /// Without times, the `REPORT` of a record is the first that follows it.
    fn order_distance(&self, position: Position) -> (bool, u64) {
        if self.at.is_some() || position.at.is_some() {
            return (false, 0);
        }
        (
            self.sequence < position.sequence,
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
    fn outcome(&self, report: &Report) -> Outcome {
        // Until about 2024 a timeout was billed at the limit while the duration printed lay above.
        let is_billed_short = report
            .billed
            .is_some_and(|billed| billed.saturating_add(Micros::from_millis(1)) < report.duration);
        let last_call = self.timings.last().and_then(|row| row.timing.status);
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

/// Puts invocations together and collects the names that occur in them.
struct Builder<'a> {
    streams: &'a Streams,
    names: [Interner; 4],
    versions: Interner,
    models: Vec<(ModelId, BTreeSet<Box<str>>)>,
}

const STREAM: usize = 0;
const FUNCTION: usize = 1;
const REGION: usize = 2;
const MODEL: usize = 3;

impl<'a> Builder<'a> {
    fn new(streams: &'a Streams) -> Self {
        Self {
            streams,
            names: Default::default(),
            versions: Interner::default(),
            models: Vec::new(),
        }
    }

    fn invocation(&mut self, row: &ReportRow, attempt: &Attempt<'_>, start: Classified) -> Invocation {
        let report = &row.report;
        let stream = self.streams.get(row.stream);
        let timings: Vec<&Timing> = attempt.timings.iter().map(|row| &row.timing).collect();
        let version = attempt
            .version
            .map(|version| self.streams.versions.text(version))
            .or(stream.version.as_deref());
        let mut name = |kind: usize, text: Option<&str>| text.map(|text| self.names[kind].position(text));
        let (stream_name, function, region) = (
            name(STREAM, stream.name.as_deref()),
            name(FUNCTION, stream.function.as_deref()),
            name(REGION, stream.region.as_deref()),
        );
        Invocation {
            request_id: report.request_id.clone(),
            file: row.file,
            stream: stream_name,
            function,
            version: version.map(|version| self.versions.position(version)),
            region,
            ended_at: row.at,
            memory_mb: report.memory_size_mb,
            start: start.start,
            outcome: attempt.outcome(report),
            duration: report.duration,
            waited_init: start.waited_init,
            billed: report.billed,
            model: self.model_use(&timings),
            inference: combine(&timings),
            retry: timings
                .iter()
                .filter_map(|timing| timing.retry)
                .reduce(Micros::saturating_add),
            is_matched: !timings.is_empty(),
        }
    }

    fn model_use(&mut self, timings: &[&Timing]) -> ModelUse {
        let mut used = ModelUse::Unnamed;
        for timing in timings {
            let Some(model) = &timing.model else { continue };
            let position = self.names[MODEL].position(model.base_id());
            if position as usize == self.models.len() {
                self.models.push((model.clone(), BTreeSet::new()));
            }
            if let Some(as_logged) = &timing.model_as_logged {
                self.models[position as usize].1.insert(as_logged.clone());
            }
            used = match used {
                ModelUse::Unnamed => ModelUse::One(position),
                ModelUse::One(other) if other == position => used,
                ModelUse::One(_) | ModelUse::Several => ModelUse::Several,
            };
        }
        used
    }

    /// Sorts names and invocations, so that nothing depends on the order of the input.
    fn finish(self, mut invocations: Vec<Invocation>, files: Vec<SourceFile>) -> (Vec<Invocation>, Names) {
        let [stream_names, functions, regions, model_ids] = self.names;
        let (stream_names, new_stream) = stream_names.into_sorted();
        let (functions, new_function) = functions.into_sorted();
        let (regions, new_region) = regions.into_sorted();
        let (versions, new_version) = self.versions.into_sorted();
        let (_, new_model) = model_ids.into_sorted();
        let mut models: Vec<(u32, Model)> = new_model
            .iter()
            .zip(self.models)
            .map(|(&position, (id, as_logged))| {
                let as_logged = as_logged.into_iter().collect();
                (position, Model { id, as_logged })
            })
            .collect();
        models.sort_by_key(|(position, _)| *position);
        let mut models: Vec<Model> = models.into_iter().map(|(_, model)| model).collect();
        let same = merge_bare_names(&mut models);
        let moved = |position: Option<u32>, new: &[u32]| position.map(|position| new[position as usize]);
        for invocation in &mut invocations {
            invocation.stream = moved(invocation.stream, &new_stream);
            invocation.function = moved(invocation.function, &new_function);
            invocation.region = moved(invocation.region, &new_region);
            invocation.version = moved(invocation.version, &new_version);
            if let ModelUse::One(position) = &mut invocation.model {
                *position = same[new_model[*position as usize] as usize];
            }
        }
        // Rows were in order of request id, so equal ends keep that order.
        invocations.sort_by_key(|invocation| invocation.ended_at);
        let names = Names {
            files,
            streams: stream_names,
            functions,
            versions,
            regions,
            models,
        };
        (invocations, names)
    }
}

/// Merges models that records name by words alone (`nova-lite`) with the one model of these logs
/// that has these words. Returns for each old position the new one.
fn merge_bare_names(models: &mut Vec<Model>) -> Vec<u32> {
    let full = |bare: &Model, models: &[Model]| {
        let mut same = (0..models.len()).filter(|&other| {
            let other = &models[other].id;
            !other.is_bare() && other.short_name() == bare.id.short_name()
        });
        same.next().filter(|_| same.next().is_none())
    };
    let goes_to: Vec<usize> = (0..models.len())
        .map(|position| {
            let model = &models[position];
            let full = full(model, models).filter(|_| model.id.is_bare());
            full.unwrap_or(position)
        })
        .collect();
    for (position, &target) in goes_to
        .iter()
        .enumerate()
        .filter(|(position, target)| position != *target)
    {
        let names = std::mem::take(&mut models[position].as_logged);
        models[target].as_logged.extend(names);
        models[target].as_logged.sort();
    }
    let mut moved = vec![0; models.len()];
    let mut kept = 0;
    for (position, &target) in goes_to.iter().enumerate() {
        if position == target {
            moved[position] = kept;
            kept += 1;
        }
    }
    for (position, &target) in goes_to.iter().enumerate() {
        moved[position] = moved[target];
    }
    let mut position = 0;
    models.retain(|_| {
        position += 1;
        goes_to[position - 1] == position - 1
    });
    moved
}
