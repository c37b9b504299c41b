//! A part of the input, from its events to what they told.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use memchr::memmem;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed, xxh3_128, xxh3_128_with_seed};

use super::assemble::{MIX, is_of_one};
use super::blanks::without_blanks;
use super::codes::Coded;
use super::collect::Span;
use super::facts::{milli, prompt_hash};
use super::joiner::Joiner;
use super::ledger::Ledger;
use super::model_call::BedrockRow;
use super::path::{ClientRow, GatewayRow, Outside};
use super::rows::{Call, InitRow, MarkKind, MarkRow, ReportRow, Standing, TimingRow, Told};
use super::streams::region_of_arn;
use super::tables::Tables;
use crate::parse::{CallFacts, Flat, Lifecycle, Parsed, Parser, Record, Report, Timing, TimingMemory};
use crate::source::{Found, Item, RawEvent, Take};
use crate::vocab::{Micros, Place, RequestId, Timestamp};

/// What a part of a file told. Parts come from any thread and are taken in by a
/// [`Assembler`](super::Assembler) in the order of the input.
#[derive(Debug, Default)]
pub struct Part {
    /// The file in an archive that begins with it.
    pub(super) member: Option<String>,
    pub(super) tables: Tables,
    pub(super) joiner: Joiner,
    /// What names no request.
    pub(super) lone: Vec<Lone>,
    /// What those outside the function told.
    pub(super) outside: Outside,
    pub(super) ledger: Ledger,
    pub(super) rejected: Vec<(Place, Cow<'static, str>)>,
    pub(super) span: Option<Span>,
    /// How many records there are, by which they are numbered.
    pub(super) records: u64,
    /// How many lines there are, where places are counted from its beginning.
    pub(super) lines: u64,
    /// In how many lines of blocks bytes of Windows-1252 were met.
    pub(super) repaired_lines: u64,
    /// What the file was, which ends with it.
    pub(super) found: Option<Found>,
}

/// A record that names no request, or a call of Bedrock's.
#[derive(Debug)]
pub(super) enum Lone {
    Init(InitRow, Told),
    LogsDropped(u64, Told),
    Other(Told),
    Bedrock(Box<BedrockRow>, Told),
}

/// Takes the events of a part in.
#[derive(Debug)]
pub struct Sifter {
    parser: Arc<Parser>,
    /// See [`Sifter::reading_quickly`].
    is_quick: bool,
    /// See [`Sifter::keeping_times_only`].
    is_times_only: bool,
    part: Part,
    /// What tells an event from others; kept to be filled again.
    words: Vec<u8>,
    timings: TimingMemory,
}

impl Sifter {
    /// A sifter that reads messages with this parser.
    pub fn new(parser: Arc<Parser>) -> Self {
        Self {
            parser,
            is_quick: false,
            is_times_only: false,
            part: Part::default(),
            words: Vec::new(),
            timings: TimingMemory::new(false),
        }
    }

    /// The same, to which events may be given that were cut instead of being parsed, and which need not be given those that
    /// cannot be records.
    #[must_use]
    pub fn reading_quickly(self, is_quick: bool) -> Self {
        Self { is_quick, ..self }
    }

    /// The same, which forgets what timing records tell beside times, as far as only a comparison asks for it.
    #[must_use]
    pub fn keeping_times_only(self, is_times_only: bool) -> Self {
        Self {
            is_times_only,
            timings: TimingMemory::new(is_times_only),
            ..self
        }
    }

    /// How many lines the part had.
    pub fn count_lines(&mut self, lines: u64) {
        self.part.lines += lines;
    }

    /// Whether so much has come together that it is worth being taken in.
    pub fn is_full(&self) -> bool {
        self.part.records >= FULL_RECORDS || self.part.rejected.len() >= FULL_REJECTED
    }

    /// Takes note of events that were passed over, and when these were.
    pub(super) fn passed_over(&mut self, events: u64, span: Option<Span>) {
        self.part.ledger.ignored += events;
        if let Some(Span { first, last }) = span {
            self.part.widen_span(first);
            self.part.widen_span(last);
        }
    }

    /// Whether something was rejected since the last part ended.
    pub fn has_rejected(&self) -> bool {
        !self.part.rejected.is_empty()
    }

    /// What has been told since the last part.
    pub fn end_part(&mut self) -> Part {
        let mut part = std::mem::take(&mut self.part);
        part.joiner.finish(&part.tables.models);
        part
    }

    /// Takes a usual line of the platform, if it is one.
    fn flat(&mut self, event: &RawEvent<'_>, is_escaped: bool) -> bool {
        let Some(flat) = self.parser.parse_flat(&event.message, is_escaped) else {
            return false;
        };
        if let Some(at) = event.at {
            self.part.widen_span(at);
        }
        self.part.flat(event, flat, &mut self.words);
        true
    }

    /// Takes a usual timing record of our own, if it is one.
    fn timing(&mut self, event: &RawEvent<'_>, is_escaped: bool) -> bool {
        let Self {
            parser,
            is_times_only,
            part,
            words,
            timings,
            ..
        } = self;
        let taken = parser.parse_usual_timing(&event.message, is_escaped, timings, |timing| {
            if *is_times_only {
                timing.facts = CallFacts::default();
            }
            if let Some(at) = event.at {
                part.widen_span(at);
            }
            let (standing, told) = part.standing(event, Kind::of_timing(timing), words);
            part.timing(timing, standing, told);
        });
        taken.is_some()
    }

    fn event(&mut self, event: &RawEvent<'_>) {
        if !event.is_row && (self.flat(event, false) || self.timing(event, false)) {
            return;
        }
        if let Some(at) = event.at {
            self.part.widen_span(at);
        }
        let parsed = match event.is_row {
            true => self.parser.parse_row(&event.message),
            false => self.parser.parse(&event.message),
        };
        match parsed {
            Parsed::Ignored => self.part.ledger.ignored += 1,
            Parsed::Rejected(reason) => self.part.rejected.push((event.place, reason)),
            Parsed::Record(mut record) => {
                if let Record::Timing(timing) = &mut record
                    && self.is_times_only
                {
                    timing.facts = CallFacts::default();
                }
                self.part.record(event, record, &mut self.words);
            }
        }
    }
}

impl Take for Sifter {
    /// A file in an archive begins a part: what came before it must have been ended.
    fn take(&mut self, item: Item<'_>) {
        match item {
            Item::Event(event) => self.event(&event),
            Item::Rejected { place, reason } => self.part.rejected.push((place, reason)),
            Item::Member { name } => self.part.member = Some(name),
            Item::Read(found) => self.part.found = Some(found),
        }
    }

    fn is_quick(&self) -> bool {
        self.is_quick
    }

    #[inline]
    fn is_no_record(&self, message: &[u8], is_escaped: bool) -> bool {
        self.parser.is_no_record(message, is_escaped)
    }

    #[inline]
    fn pass_over(&mut self, at: Option<Timestamp>) {
        if let Some(at) = at {
            self.part.widen_span(at);
        }
        self.part.ledger.ignored += 1;
    }

    fn take_escaped(&mut self, event: &RawEvent<'_>) -> bool {
        // What tells it from others must not be its text.
        if event.event_id.is_none() {
            return false;
        }
        self.flat(event, true) || self.timing(event, true)
    }

    fn repaired(&mut self, lines: u64) {
        self.part.repaired_lines += lines;
    }
}

/// A part of so many rejections is taken in.
const FULL_REJECTED: usize = 1024;

/// A part of so many records is taken in.
const FULL_RECORDS: u64 = 4096;

/// What begins the trace of a `REPORT`.
static TRACE: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new("XRAY TraceId:"));

/// What it depends on by what a record is told from others.
#[derive(Clone, Copy)]
struct Kind<'r> {
    says: Says<'r>,
    /// Whether a trace may stand in its text.
    may_be_traced: bool,
    /// Whether nothing but a copy of it has its text.
    is_record: bool,
    /// Whether another may be equal, for two environments begin in the same moment.
    is_of_anyone: bool,
    /// Whether it names its request by an id of its own.
    identifies: bool,
}

/// What an event of a stream and a moment says, if not its text tells it from others: a line of a request whose id is known
/// says no more than what is read of it.
#[derive(Clone, Copy)]
enum Says<'r> {
    Text,
    Report(&'r Report),
    /// With a version.
    Start(Option<&'r str>),
    End,
}

impl Says<'_> {
    /// A hash of it; `None` where its text tells it.
    #[inline]
    fn hash(self) -> Option<u64> {
        let micros = |time: Option<Micros>| time.map_or(u64::MAX, Micros::as_micros);
        let half = |number: Option<u32>| u64::from(number.unwrap_or(u32::MAX));
        let text = |text: Option<&str>| text.map_or(0, |text| xxh3_64(text.as_bytes()));
        let numbers: [u64; 8] = match self {
            Says::Text => return None,
            Says::Report(report) => [
                1 + u64::from(report.completeness.code()),
                report.duration.as_micros(),
                micros(report.billed),
                half(report.memory_size_mb) << 32 | half(report.max_memory_used_mb),
                micros(report.init),
                micros(report.restore),
                report.status.map_or(0, |status| 1 + u64::from(status.code())),
                text(report.error_type.as_deref()),
            ],
            Says::Start(version) => return Some(xxh3_64_with_seed(b"START", text(version))),
            Says::End => return Some(xxh3_64(b"END")),
        };
        let mut bytes = [0; 64];
        let (words, _) = bytes.as_chunks_mut::<8>();
        for (word, number) in words.iter_mut().zip(numbers) {
            *word = number.to_le_bytes();
        }
        Some(xxh3_64(&bytes))
    }
}

impl<'r> Kind<'r> {
    fn of(record: &'r Record<'_>) -> Self {
        let kind = Self::RECORD;
        match record {
            Record::Report(report) => Self::of_report(report),
            Record::Timing(timing) => Self::of_timing(timing),
            Record::Bedrock(_) | Record::Gateway(_) | Record::Client(_) | Record::ClientRun(_) => kind,
            Record::Lifecycle(line) => match &line.line {
                Lifecycle::Start {
                    request_id, version, ..
                } if is_of_one(request_id) => Self::of_mark(Says::Start(version.as_deref())),
                Lifecycle::End { request_id } if is_of_one(request_id) => Self::of_mark(Says::End),
                line => Self {
                    is_of_anyone: !line.names_a_request(),
                    ..Self::of_mark(Says::Text)
                },
            },
        }
    }

    fn of_report(report: &'r Report) -> Self {
        let says = match is_of_one(&report.request_id) {
            true => Says::Report(report),
            false => Says::Text,
        };
        Self {
            says,
            may_be_traced: true,
            // Nothing tells one without an id from another.
            is_record: report.request_id != RequestId::absent(),
            identifies: !report.request_id.is_redacted(),
            ..Self::RECORD
        }
    }

    fn of_timing(timing: &Timing<'_>) -> Self {
        Self {
            identifies: !timing.request_id.is_redacted(),
            ..Self::RECORD
        }
    }

    /// Of a line that names its request.
    fn of_mark(says: Says<'r>) -> Self {
        Self {
            says,
            is_record: false,
            ..Self::RECORD
        }
    }

    /// Of a record that names no request.
    const RECORD: Self = Self {
        says: Says::Text,
        may_be_traced: false,
        is_record: true,
        is_of_anyone: false,
        identifies: false,
    };
}

impl Part {
    pub(super) fn widen_span(&mut self, at: Timestamp) {
        Span::widen(&mut self.span, at);
    }

    /// Takes a usual line of the platform.
    fn flat(&mut self, event: &RawEvent<'_>, flat: Flat<'_>, words: &mut Vec<u8>) {
        let (request_id, kind, says) = match flat {
            Flat::Report(report) => {
                let kind = Kind {
                    may_be_traced: false,
                    ..Kind::of_report(&report)
                };
                let (standing, told) = self.standing(event, kind, words);
                return self.report(report, standing, told);
            }
            Flat::Start { request_id, version } => {
                let position = self.tables.streams.versions.position(version);
                let kind = MarkKind::Start {
                    version: Some(position),
                };
                (request_id, kind, Says::Start(Some(version)))
            }
            Flat::End { request_id } => (request_id, MarkKind::End, Says::End),
        };
        self.ledger.lifecycle += 1;
        let request_id = RequestId::Uuid(request_id);
        let says = if is_of_one(&request_id) { says } else { Says::Text };
        let (standing, told) = self.standing(event, Kind::of_mark(says), words);
        self.joiner.mark(MarkRow {
            request_id,
            kind,
            standing,
            told,
        });
    }

    /// Where the next record stands, and what tells it from others.
    fn standing(&mut self, event: &RawEvent<'_>, kind: Kind<'_>, words: &mut Vec<u8>) -> (Standing, Told) {
        let stream = self.tables.streams.of(event);
        let told = self.told(event, kind, stream, words);
        self.records += 1;
        let standing = Standing {
            stream,
            at: event.at,
            file: 0,
            has_event_id: event.event_id.is_some(),
            sequence: self.records,
        };
        (standing, told)
    }

    /// Takes a timing record, which is too large to be handed on.
    fn timing(&mut self, timing: &Timing<'_>, standing: Standing, told: Told) {
        self.ledger.timing_records += 1;
        let at = standing.at.or(timing.at);
        at.into_iter().for_each(|at| self.widen_span(at));
        if let Some(id) = &timing.client_request_id {
            self.outside.caller(&timing.request_id, id);
        }
        let call = call(timing, &mut self.tables);
        self.joiner.timing(TimingRow {
            request_id: timing.request_id.clone(),
            call,
            standing: Standing { at, ..standing },
            told,
        });
    }

    fn report(&mut self, report: Report, standing: Standing, told: Told) {
        self.ledger.report_records += 1;
        if let Some(trace) = report.trace {
            self.outside.trace(&report.request_id, trace);
        }
        let at = standing.at.or(report.at);
        at.into_iter().for_each(|at| self.widen_span(at));
        let row = ReportRow {
            report,
            standing: Standing { at, ..standing },
            told,
            repeats: Vec::new(),
        };
        self.joiner.report(row, &self.tables.models);
    }

    fn record(&mut self, event: &RawEvent<'_>, record: Record<'_>, words: &mut Vec<u8>) {
        let (standing, told) = self.standing(event, Kind::of(&record), words);
        match record {
            Record::Report(report) => self.report(report, standing, told),
            Record::Timing(timing) => self.timing(&timing, standing, told),
            Record::Bedrock(call) => {
                self.ledger.bedrock_records += 1;
                // Its own time is that of the call; the event's is that of its delivery.
                let at = call.at.or(event.at);
                at.into_iter().for_each(|at| self.widen_span(at));
                let id = self.tables.bedrock_id(&call.request_id);
                let model = self.tables.models.position(&call.model_as_logged);
                let row = BedrockRow { call, at, id, model };
                self.lone.push(Lone::Bedrock(Box::new(row), told));
            }
            // An id of their own tells these from others.
            Record::Gateway(request) => {
                self.ledger.gateway_records += 1;
                // Relative times count back from what the log itself says.
                event
                    .at
                    .or(request.at)
                    .into_iter()
                    .for_each(|at| self.widen_span(at));
                let at = request.at.or(event.at);
                self.outside.gateways.push(GatewayRow { request, at });
            }
            Record::Client(request) => {
                self.ledger.client_records += 1;
                let model = self.tables.models.position(&request.model_as_asked);
                self.outside.clients.push(ClientRow { request, model });
            }
            Record::ClientRun(run) => {
                self.ledger.client_records += 1;
                self.outside.run(run);
            }
            Record::Lifecycle(record) => {
                self.ledger.lifecycle += 1;
                let at = event.at.or(record.at);
                at.into_iter().for_each(|at| self.widen_span(at));
                self.lifecycle(record.line, Standing { at, ..standing }, told);
            }
        }
    }

    /// What tells this very event from others: its event id, else its stream, time and text, or what it says. Of lines with
    /// neither a time nor an id only records can be told apart: a retry repeats the `START` and `END` of its request to the
    /// letter.
    fn told(&self, event: &RawEvent<'_>, kind: Kind<'_>, stream: u32, words: &mut Vec<u8>) -> Told {
        let is_told = event.at.is_some() && !(kind.is_of_anyone && event.log_stream.is_none());
        if event.event_id.is_none() && !is_told && !kind.is_record {
            return Told::default();
        }
        let at = event.at.map_or(i64::MIN, Timestamp::as_epoch_millis);
        let place = self.tables.streams.hash(stream) ^ (at as u64).rotate_left(32);
        if let Some(id) = &event.event_id {
            return Told {
                own: xxh3_128_with_seed(id.as_bytes(), place),
                ..Told::default()
            };
        }
        // Long texts are hashed several times as fast without a seed.
        let place = u128::from(xxh3_64(&place.to_le_bytes())).wrapping_mul(MIX);
        // What another file without ids and times repeats is found later, and tells where in that file it stands.
        let is_of_file = event.at.is_none() && kind.identifies;
        // A copy may have left out the second line, which tells one trace from another.
        let message = event.message.as_bytes();
        let trace_at = if kind.may_be_traced {
            TRACE.find(message)
        } else {
            None
        };
        let (text, trace) = message.split_at(trace_at.unwrap_or(message.len()));
        let trace = trace.get(TRACE.needle().len()..);
        // What JSON says stands in several ways in it, and without a time its text may hold one.
        let is_line = event.at.is_some() && !event.is_row && !is_json(&event.message);
        let says = if is_line { kind.says } else { Says::Text };
        let own = match says.hash() {
            Some(says) => u128::from(says),
            None => xxh3_128(without_blanks(text, words)),
        };
        Told {
            own: own ^ place,
            trace: trace.map_or(0, |trace| xxh3_128(trace.trim_ascii())),
            is_of_file,
        }
    }

    fn lifecycle(&mut self, line: Lifecycle, standing: Standing, told: Told) {
        let Standing {
            stream, at, sequence, ..
        } = standing;
        let mut mark = |request_id, kind| {
            self.joiner.mark(MarkRow {
                request_id,
                kind,
                standing,
                told,
            });
        };
        match line {
            Lifecycle::Start {
                request_id,
                version,
                function_arn,
            } => {
                if let Some(arn) = function_arn {
                    self.tables.streams.learn_function_arn(stream, &arn);
                }
                let version = version.map(|version| self.tables.streams.versions.position(&version));
                mark(request_id, MarkKind::Start { version });
            }
            Lifecycle::End { request_id } => mark(request_id, MarkKind::End),
            Lifecycle::TimedOut { request_id } => mark(request_id, MarkKind::TimedOut),
            Lifecycle::Crashed { request_id } => mark(request_id, MarkKind::Crashed),
            Lifecycle::LogsDropped { records } => self.lone.push(Lone::LogsDropped(records, told)),
            Lifecycle::Other => self.lone.push(Lone::Other(told)),
            line => {
                // What tells of the stream is not kept with each of its lines.
                let mut line = line;
                if let Lifecycle::InitStart {
                    function_name,
                    function_version,
                    runtime_arn,
                    initialization_type,
                    ..
                } = &mut line
                {
                    let streams = &mut self.tables.streams;
                    let runtime_arn = runtime_arn.take();
                    let runtime = runtime_arn.as_deref().map(|arn| streams.runtimes.position(arn));
                    streams.learn(stream, |known| {
                        known.function = known.function.take().or(function_name.take());
                        known.version = known.version.take().or(function_version.take());
                        let region = runtime_arn.as_deref().and_then(region_of_arn);
                        known.region = known.region.take().or_else(|| region.map(Into::into));
                        known.runtime = known.runtime.or(runtime);
                        known.initialization = known
                            .initialization
                            .take()
                            .or_else(|| initialization_type.clone());
                    });
                }
                let row = InitRow {
                    line,
                    stream,
                    at,
                    sequence,
                };
                self.lone.push(Lone::Init(row, told));
            }
        }
    }
}

/// Whether a message is in JSON, if it is a record.
fn is_json(message: &str) -> bool {
    let message = message.trim_start_matches('\u{feff}').trim_start();
    message.starts_with('{')
}

/// What a timing record tells, with its names put into the tables.
fn call(timing: &Timing<'_>, tables: &mut Tables) -> Call {
    let facts = &timing.facts;
    Call {
        call_index: timing.call_index,
        start_offset: timing.start_offset,
        model: timing
            .model_as_logged
            .as_deref()
            .map(|name| tables.models.position(name)),
        inference: timing.inference,
        retry: timing.retry,
        cold_start: timing.cold_start,
        initialization: timing
            .initialization_type
            .as_deref()
            .map(|name| tables.initializations.position(name)),
        status: timing.status,
        bedrock: timing
            .bedrock_request_id
            .as_deref()
            .map(|id| tables.bedrock_id(id)),
        is_embedded_metric: timing.is_embedded_metric,
        input_tokens: facts.input_tokens,
        output_tokens: facts.output_tokens,
        max_tokens: facts.max_tokens,
        temperature_milli: facts.temperature.and_then(milli),
        retry_count: facts.retry_count,
        before: facts.before,
        after: facts.after,
        bedrock_latency: facts.bedrock_latency,
        time_to_first_token: facts.time_to_first_token,
        streaming: facts.streaming,
        prompt: facts.prompt_hash.as_deref().map(prompt_hash),
    }
}
