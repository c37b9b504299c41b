//! Events come in, in any order; rows go out to the join.

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_128;

use super::join::join;
use super::ledger::Ledger;
use super::model_call::{BedrockRow, ModelCall};
use super::names::{Names, SourceFile};
use super::request::Invocation;
use super::rows::{InitRow, MarkKind, MarkRow, ReportRow, Rows, Standing, TimingRow};
use super::streams::{Streams, region_of_arn};
use crate::parse::{Lifecycle, Parsed, Parser, Record};
use crate::source::{Item, RawEvent};
use crate::vocab::{Origin, Place, Rejected, RequestId, Timestamp};

/// First and last time that occurs in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The oldest event.
    pub first: Timestamp,
    /// The newest event.
    pub last: Timestamp,
}

/// Everything that the input told.
#[derive(Debug, Clone, PartialEq)]
pub struct Collected {
    /// The invocations, by time of their end, then by request id.
    pub invocations: Vec<Invocation>,
    /// Bedrock's own records of model calls, by time, then by Bedrock's request id.
    pub model_calls: Vec<ModelCall>,
    /// The names that they refer to.
    pub names: Names,
    /// What became of every event.
    pub ledger: Ledger,
    /// The time that the input covers, if any event has a time.
    pub span: Option<Span>,
}

/// Takes events in and sorts them into rows.
#[derive(Debug)]
pub struct Collector {
    parser: Parser,
    files: Vec<SourceFile>,
    /// Position of the file that was begun last, which may be an archive of others.
    archive: usize,
    pub(super) streams: Streams,
    rows: Rows,
    seen: HashSet<u128>,
    /// What tells an event from others; kept to be filled again.
    told: Vec<u8>,
    ledger: Ledger,
    span: Option<Span>,
    sequence: u64,
}

impl Collector {
    /// A collector that reads messages with this parser.
    pub fn new(parser: Parser) -> Self {
        Self {
            parser,
            files: Vec::new(),
            archive: 0,
            streams: Streams::default(),
            rows: Rows::default(),
            seen: HashSet::new(),
            told: Vec::new(),
            ledger: Ledger::default(),
            span: None,
            sequence: 0,
        }
    }

    /// Begins a file; what comes next is from it. `argument` says which of the given inputs led
    /// to it.
    pub fn begin_file(&mut self, path: &Path, argument: usize) {
        self.archive = self.files.len();
        self.files.push(SourceFile {
            path: Arc::from(path.to_string_lossy()),
            argument,
        });
    }

    /// The path of the current file, `-` where there is none.
    pub fn path(&self) -> Arc<str> {
        self.files
            .last()
            .map_or_else(|| Arc::from("-"), |file| Arc::clone(&file.path))
    }

    /// Takes what a reader found in the current file. Returns what of it was rejected.
    pub fn take(&mut self, item: Item<'_>) -> Option<Rejected> {
        match item {
            Item::Event(event) => return self.event(&event),
            Item::Rejected { place, reason } => return Some(self.reject(place, reason)),
            Item::Member { name } => self.begin_member(&name),
            Item::Read(_) => {}
        }
        None
    }

    /// Begins a file inside the archive that was begun last.
    fn begin_member(&mut self, name: &str) {
        let (path, argument) = match self.files.get(self.archive) {
            Some(archive) => (format!("{}/{name}", archive.path), archive.argument),
            None => (name.to_owned(), 0),
        };
        self.files.push(SourceFile {
            path: Arc::from(path),
            argument,
        });
    }

    fn reject(&mut self, place: Place, reason: Cow<'static, str>) -> Rejected {
        let path = self.path();
        let rejected = Rejected {
            origin: Origin { path, place },
            reason,
        };
        self.ledger.reject(rejected.clone());
        rejected
    }

    fn event(&mut self, event: &RawEvent<'_>) -> Option<Rejected> {
        if let Some(at) = event.at {
            self.widen_span(at);
        }
        let parsed = match event.is_row {
            true => self.parser.parse_row(&event.message),
            false => self.parser.parse(&event.message),
        };
        match parsed {
            Parsed::Ignored => self.ledger.ignored += 1,
            Parsed::Rejected(reason) => return Some(self.reject(event.place, reason)),
            Parsed::Record(record) if self.is_duplicate(event, &record) => self.ledger.duplicates += 1,
            Parsed::Record(record) => self.record(event, record),
        }
        None
    }

    fn widen_span(&mut self, at: Timestamp) {
        let span = self.span.get_or_insert(Span { first: at, last: at });
        span.first = span.first.min(at);
        span.last = span.last.max(at);
    }

    /// Whether this very event was there before: by event id, else by stream, time and text. Of
    /// lines with neither a time nor an id only records can be told apart: a retry repeats the
    /// `START` and `END` of its request to the letter.
    fn is_duplicate(&mut self, event: &RawEvent<'_>, record: &Record) -> bool {
        let is_record = match record {
            // Nothing tells one from another.
            Record::Report(report) if report.request_id == RequestId::absent() => false,
            record => !matches!(record, Record::Lifecycle(_)),
        };
        // Two environments may begin in the same moment.
        let is_of_anyone = matches!(record, Record::Lifecycle(line) if !line.line.names_a_request());
        let is_told = event.at.is_some() && !(is_of_anyone && event.log_stream.is_none());
        if event.event_id.is_none() && !is_told && !is_record {
            return false;
        }
        // A copy may have left out the second line, which tells one trace from another.
        let (text, trace) = match (record, event.message.split_once("XRAY TraceId:")) {
            (Record::Report(_), Some((text, trace))) => (text, Some(trace)),
            _ => (&*event.message, None),
        };
        let told = &mut self.told;
        told.clear();
        let stream = event.log_stream.as_deref().unwrap_or("");
        told.extend_from_slice(&stream.len().to_le_bytes());
        told.extend_from_slice(stream.as_bytes());
        match &event.event_id {
            Some(id) => told.extend_from_slice(id.as_bytes()),
            // Forms differ in the white space that they keep.
            None => {
                let words = text.as_bytes().split(u8::is_ascii_whitespace);
                words.for_each(|word| told.extend_from_slice(word));
            }
        }
        let at = event.at.map_or(i64::MIN, Timestamp::as_epoch_millis);
        told.extend_from_slice(&at.to_le_bytes());
        // What another file without ids and times repeats is found later, and tells where in that file it stands.
        let is_of_file = event.event_id.is_none() && event.at.is_none() && identifies(record);
        let file = if is_of_file { self.files.len() } else { 0 };
        told.extend_from_slice(&file.to_le_bytes());
        told.push(u8::from(event.event_id.is_some()));
        if event.event_id.is_some() || !matches!(record, Record::Report(_)) {
            return !self.seen.insert(xxh3_128(told));
        }
        let mut with = |trace: &str| {
            let length = told.len();
            told.extend_from_slice(trace.trim().as_bytes());
            let hash = xxh3_128(told);
            told.truncate(length);
            hash
        };
        let (untraced, traced) = (with("without a trace"), with("with any trace"));
        match trace.map(with) {
            Some(trace) => {
                self.seen.insert(traced);
                !self.seen.insert(trace) || self.seen.contains(&untraced)
            }
            None => !self.seen.insert(untraced) || self.seen.contains(&traced),
        }
    }

    fn record(&mut self, event: &RawEvent<'_>, record: Record) {
        // A file was begun before its events, and there are not 4 billion of them.
        let file = u32::try_from(self.files.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let stream = self.streams.of(event, file);
        self.sequence += 1;
        let sequence = self.sequence;
        let standing = |at| Standing {
            stream,
            at,
            file,
            has_event_id: event.event_id.is_some(),
            sequence,
        };
        match record {
            Record::Report(report) => {
                self.ledger.report_records += 1;
                let at = event.at.or(report.at);
                at.into_iter().for_each(|at| self.widen_span(at));
                self.rows.reports.push(ReportRow {
                    report,
                    standing: standing(at),
                    repeats: Vec::new(),
                });
            }
            Record::Timing(timing) => {
                self.ledger.timing_records += 1;
                let at = event.at.or(timing.at);
                at.into_iter().for_each(|at| self.widen_span(at));
                self.rows.timings.push(TimingRow {
                    timing,
                    standing: standing(at),
                });
            }
            Record::Bedrock(call) => {
                self.ledger.bedrock_records += 1;
                // Its own time is that of the call; the event's is that of its delivery.
                let at = call.at.or(event.at);
                at.into_iter().for_each(|at| self.widen_span(at));
                self.rows.bedrock.push(BedrockRow { call, at });
            }
            Record::Lifecycle(record) => {
                self.ledger.lifecycle += 1;
                let at = event.at.or(record.at);
                at.into_iter().for_each(|at| self.widen_span(at));
                self.lifecycle(record.line, stream, at, sequence);
            }
        }
    }

    fn lifecycle(&mut self, line: Lifecycle, stream: u32, at: Option<Timestamp>, sequence: u64) {
        let mark = |request_id, kind| MarkRow {
            request_id,
            kind,
            stream,
            at,
            sequence,
        };
        match line {
            Lifecycle::Start {
                request_id,
                version,
                function_arn,
            } => {
                if let Some(arn) = function_arn {
                    self.streams.learn_function_arn(stream, &arn);
                }
                let version = version.map(|version| self.streams.versions.position(&version));
                self.rows
                    .marks
                    .push(mark(request_id, MarkKind::Start { version }));
            }
            Lifecycle::TimedOut { request_id } => self.rows.marks.push(mark(request_id, MarkKind::TimedOut)),
            Lifecycle::Crashed { request_id } => self.rows.marks.push(mark(request_id, MarkKind::Crashed)),
            Lifecycle::LogsDropped { records } => {
                self.ledger.dropped_by_lambda = self.ledger.dropped_by_lambda.saturating_add(records);
            }
            Lifecycle::End { .. } | Lifecycle::Other => {}
            line => {
                if let Lifecycle::InitStart {
                    function_name,
                    function_version,
                    runtime_arn,
                    initialization_type,
                    ..
                } = &line
                {
                    self.streams.learn(stream, |known| {
                        known.function = known.function.take().or_else(|| function_name.clone());
                        known.version = known.version.take().or_else(|| function_version.clone());
                        let region = runtime_arn.as_deref().and_then(region_of_arn);
                        known.region = known.region.take().or_else(|| region.map(Into::into));
                        known.runtime = known.runtime.take().or_else(|| runtime_arn.clone());
                        known.initialization = known
                            .initialization
                            .take()
                            .or_else(|| initialization_type.clone());
                    });
                }
                self.rows.inits.push(InitRow {
                    line,
                    stream,
                    at,
                    sequence,
                });
            }
        }
    }

    /// Joins everything that came in.
    pub fn finish(self) -> Collected {
        let Self {
            files,
            streams,
            rows,
            mut ledger,
            span,
            ..
        } = self;
        let (invocations, model_calls, names) = join(rows, &streams, files, &mut ledger);
        Collected {
            invocations,
            model_calls,
            names,
            ledger,
            span,
        }
    }
}

/// Whether a record names its request by an id of its own.
fn identifies(record: &Record) -> bool {
    match record {
        Record::Report(report) => !report.request_id.is_redacted(),
        Record::Timing(timing) => !timing.request_id.is_redacted(),
        Record::Lifecycle(_) | Record::Bedrock(_) => false,
    }
}
