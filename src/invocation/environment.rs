//! What kind of start each invocation had, from the life of its execution environment.
//!
//! A log stream is one environment after another: each begins with `INIT_START` or
//! `RESTORE_START`, or with the stream. Only the first invocation of an environment can be other
//! than warm. "Has Init Duration" alone is not the rule: provisioned and proactive
//! initialisations print it too although nobody waited, and a failed initialisation that ran
//! again inside the invocation does not print it although somebody did.

use std::cmp::Ordering;

use super::codes::Coded;
use super::drafts::Drafts;
use super::joiner::at_before_ms;
use super::names::Interner;
use super::optional::Optional;
use super::request::StartType;
use super::rows::InitRow;
use super::tables::Tables;
use crate::parse::{Completeness, InitPhase, Lifecycle, Status};
use crate::vocab::{Micros, Timestamp};

/// An initialisation that ended longer than this before the first request was not waited for.
const WAITED_GAP_MS: i64 = 1_000;

/// The longest on-demand initialisation before Lambda stops it.
const INIT_LIMIT_MS: i64 = 10_000;

/// An initialisation that began longer than this before the first request was not begun for it, whatever
/// became of it.
const BEGUN_GAP_MS: i64 = 2 * INIT_LIMIT_MS;

/// How an environment of provisioned concurrency was initialised.
pub(super) const PROVISIONED: &str = "provisioned-concurrency";

/// An invocation as this file sees it.
#[derive(Debug, Clone, Copy)]
struct Served {
    has_stream_name: bool,
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    start_sequence: u64,
    end_sequence: u64,
    init: Option<Micros>,
    restore: Option<Micros>,
    completeness: Completeness,
    /// The handler's own word on whether this was its first call.
    cold_start: Option<bool>,
    /// The handler's own word on how its environment was initialised.
    is_provisioned: bool,
}

/// The start type of an invocation and what it waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Classified {
    start: StartType,
    waited_init: Option<Micros>,
}

/// The start types of all invocations.
#[derive(Debug, Default)]
pub(super) struct Starts {
    pub(super) start: Optional<u32>,
    pub(super) waited_init: Optional<u64>,
    /// How many were judged by their own records alone.
    pub(super) told_alone: u64,
}

/// One step in the life of a stream.
#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Init(&'a InitRow),
    Serve(u32, Option<Timestamp>, u64),
}

/// What is asked while the steps of a stream are put into order.
struct Steps<'a> {
    drafts: &'a Drafts,
    other_ids: &'a Interner,
    has_name: bool,
}

impl Step<'_> {
    fn at(&self) -> Option<Timestamp> {
        match self {
            Self::Init(row) => row.at,
            Self::Serve(_, at, _) => *at,
        }
    }

    fn sequence(&self) -> u64 {
        match self {
            Self::Init(row) => row.sequence,
            Self::Serve(_, _, sequence) => *sequence,
        }
    }

    /// At one time the beginning of an environment, its report, and the invocations.
    fn rank(&self) -> u8 {
        match self {
            Self::Init(row) => match row.line {
                Lifecycle::InitReport { .. } => 2,
                Lifecycle::RestoreReport { .. } => 3,
                Lifecycle::RestoreStart => 1,
                _ => 0,
            },
            Self::Serve(..) => 4,
        }
    }
}

impl Steps<'_> {
    /// Order inside a stream: by time, and at the same time the beginning of an environment, its report, and the
    /// invocations by their end and their request id. Without times, and where streams have no names and may be mixed, as read.
    fn compare(&self, a: &Step<'_>, b: &Step<'_>) -> Ordering {
        let by_sequence = || a.sequence().cmp(&b.sequence());
        a.at().cmp(&b.at()).then_with(|| {
            if !self.has_name || a.at().is_none() {
                return by_sequence();
            }
            let ranked = a.rank().cmp(&b.rank());
            ranked
                .then_with(|| match (a, b) {
                    (Step::Serve(a, ..), Step::Serve(b, ..)) => {
                        let (a, b) = (*a as usize, *b as usize);
                        self.drafts
                            .compare_ends(a, b)
                            .then_with(|| self.drafts.compare_requests(a, b, self.other_ids))
                    }
                    _ => Ordering::Equal,
                })
                .then_with(by_sequence)
        })
    }
}

/// Classifies every invocation; the result is in the same order.
pub(super) fn classify(drafts: &Drafts, inits: &[InitRow], tables: &Tables, other_ids: &Interner) -> Starts {
    let has_name = |stream: u32| tables.streams.get(stream).name.is_some();
    let provisioned: Vec<bool> = tables
        .initializations
        .texts()
        .map(|text| text == PROVISIONED)
        .collect();
    let served = |row: usize| drafts.served(row, &provisioned, &has_name);
    // Rows of each stream, in the order in which they came.
    let streams = tables.streams.len();
    let mut begin = vec![0_u32; streams + 1];
    let stream_of = |row: usize| drafts.stream.get(row).unwrap_or(0) as usize;
    for row in 0..drafts.len() {
        begin[stream_of(row) + 1] += 1;
    }
    for stream in 0..streams {
        begin[stream + 1] += begin[stream];
    }
    let mut rows = vec![0_u32; drafts.len()];
    let mut next = begin.clone();
    for (row, number) in (0..drafts.len()).zip(0_u32..) {
        let place = &mut next[stream_of(row)];
        rows[*place as usize] = number;
        *place += 1;
    }
    let mut inits: Vec<&InitRow> = inits.iter().collect();
    inits.sort_by_key(|row| row.stream);
    let mut inits = inits.as_slice();

    let mut classified = vec![StartType::Unknown.code() as u8; drafts.len()];
    // Few wait.
    let mut waited: Vec<(u32, u64)> = Vec::new();
    let mut told_alone = 0;
    let mut steps: Vec<Step<'_>> = Vec::new();
    for (stream, number) in (0..streams).zip(0_u32..) {
        let (own, others) = inits.split_at(inits.partition_point(|row| row.stream <= number));
        inits = others;
        steps.clear();
        steps.extend(own.iter().map(|row| Step::Init(row)));
        for &row in &rows[begin[stream] as usize..begin[stream + 1] as usize] {
            let at = row as usize;
            steps.push(Step::Serve(
                row,
                drafts.started_at(at),
                drafts.start_sequence.get(at).unwrap_or(0),
            ));
        }
        let order = Steps {
            drafts,
            other_ids,
            has_name: has_name(number),
        };
        steps.sort_by(|a, b| order.compare(a, b));
        let is_alone = !is_one_environment_at_a_time(&steps, &served);
        let mut environment = Environment::default();
        for step in &steps {
            match step {
                Step::Init(row) if !is_alone => environment.init(row),
                Step::Init(_) => {}
                Step::Serve(row, ..) => {
                    let served = served(*row as usize);
                    let of = match is_alone {
                        true => alone(&served),
                        false => environment.serve(&served),
                    };
                    told_alone += u64::from(is_alone);
                    classified[*row as usize] = of.start.code() as u8;
                    waited.extend(of.waited_init.map(|init| (*row, init.as_micros())));
                }
            }
        }
    }
    waited.sort_unstable();
    let mut waited = waited.into_iter().peekable();
    Starts {
        start: classified.iter().map(|start| Some(u32::from(*start))).collect(),
        waited_init: (0..drafts.len())
            .map(|row| Some(waited.next_if(|(of, _)| *of as usize == row)?.1))
            .collect(),
        told_alone,
    }
}

impl Drafts {
    fn ended(&self, row: usize) -> Option<Timestamp> {
        self.ended_at
            .get(row)
            .map(|at| Timestamp::from_epoch_millis(at as i64))
    }

    fn started_at(&self, row: usize) -> Option<Timestamp> {
        let ended = self.ended(row).unwrap_or(Timestamp::from_epoch_millis(0));
        self.started_before_ms
            .get(row)
            .map(|before| at_before_ms(ended, before))
    }

    /// The order of the ends of two invocations, not known ones first.
    pub(super) fn compare_ends(&self, a: usize, b: usize) -> Ordering {
        self.ended(a).cmp(&self.ended(b))
    }

    /// The order of two invocations that ended in the same moment: by request id, by what they took, and at last as they
    /// stand in the input.
    pub(super) fn compare_requests(&self, a: usize, b: usize, other_ids: &Interner) -> Ordering {
        let other = |row: usize| self.other_id.get(row).map(|id| other_ids.text(id));
        let untimed = |row: usize| match self.ended_at.get(row) {
            None => self.end_sequence.get(row),
            Some(_) => None,
        };
        let number = |row: usize| (untimed(row), self.duration.get(row), self.billed.get(row));
        // A UUID comes before any other id.
        other(a)
            .cmp(&other(b))
            .then_with(|| self.uuid(a).cmp(&self.uuid(b)))
            .then_with(|| number(a).cmp(&number(b)))
    }

    fn served(&self, row: usize, provisioned: &[bool], has_name: &dyn Fn(u32) -> bool) -> Served {
        let micros = |value: Option<u64>| value.map(Micros::from_micros);
        let is_provisioned = match self.is_provisioned.get(row) {
            Some(told) => told == 1,
            None => self
                .initialization
                .get(row)
                .is_some_and(|told| provisioned[told as usize]),
        };
        Served {
            has_stream_name: has_name(self.stream.get(row).unwrap_or(0)),
            started_at: self.started_at(row),
            ended_at: self.ended(row),
            start_sequence: self.start_sequence.get(row).unwrap_or(0),
            end_sequence: self.end_sequence.get(row).unwrap_or(0),
            init: micros(self.init.get(row)),
            restore: micros(self.restore.get(row)),
            completeness: Completeness::of(self.completeness.get(row).unwrap_or(0)),
            cold_start: self.cold_start.get(row).map(|cold| cold == 1),
            is_provisioned,
        }
    }
}

/// Whether the invocations of a stream follow one another. A named stream is one environment; a
/// file without stream names may mix many, which shows when invocations overlap.
fn is_one_environment_at_a_time(stream: &[Step<'_>], served: &dyn Fn(usize) -> Served) -> bool {
    let mut before: Option<Served> = None;
    for step in stream {
        let Step::Serve(row, ..) = step else { continue };
        let served = served(*row as usize);
        if served.has_stream_name {
            return true;
        }
        if let Some(before) = before {
            let overlaps = match (before.ended_at, served.started_at) {
                (Some(ended), Some(started)) => ended.millis_since(started) > 1,
                _ => served.start_sequence < before.end_sequence,
            };
            if overlaps {
                return false;
            }
        }
        before = Some(served);
    }
    true
}

/// What has happened since an environment began.
#[derive(Default)]
struct Environment {
    has_served: bool,
    /// Whether others served in this stream before it began.
    follows_others: bool,
    /// End of the last invocation: its time and its place in the input.
    last_served: Option<(Option<Timestamp>, u64)>,
    has_init_start: bool,
    init_start: Option<Timestamp>,
    initialization_type: Option<Box<str>>,
    /// Whether a snapshot was restored, and how long that took if it succeeded.
    has_restore: bool,
    restore: Option<Micros>,
    /// Duration of an initialisation that succeeded, where it was reported apart.
    init: Option<Micros>,
    /// Time of failed initialisations before the invocation.
    failed_init: Option<Micros>,
    /// Whether an initialisation ran again inside the invocation.
    has_rerun: bool,
    /// When the last initialisation was reported.
    last_report: Option<Timestamp>,
}

impl Environment {
    fn init(&mut self, row: &InitRow) {
        let phase = match &row.line {
            Lifecycle::InitStart { phase, .. } | Lifecycle::InitReport { phase, .. } => *phase,
            _ => None,
        };
        if phase == Some(InitPhase::Invoke) && self.is_serving(row) {
            // It belongs to the invocation that is known already.
            return;
        }
        match &row.line {
            // Inside an invocation it is the same environment that tries again.
            Lifecycle::InitStart {
                phase: Some(InitPhase::Invoke),
                ..
            } => self.has_rerun = true,
            Lifecycle::InitStart {
                initialization_type, ..
            } => {
                *self = Self {
                    has_init_start: true,
                    init_start: row.at,
                    initialization_type: initialization_type.clone(),
                    ..self.next()
                };
            }
            Lifecycle::RestoreStart => *self = self.next(),
            Lifecycle::RestoreReport { duration, status } => {
                if self.has_served {
                    *self = self.next();
                }
                if matches!(status, None | Some(Status::Success)) {
                    self.has_restore = true;
                    self.restore = *duration;
                } else {
                    // The environment is initialised anew, inside the invocation that waited.
                    self.last_report = row.at;
                    self.add_failed(*duration);
                }
            }
            Lifecycle::InitReport {
                duration,
                phase,
                status,
                initialization_type,
            } => {
                if self.has_served {
                    *self = self.next();
                }
                self.initialization_type = self
                    .initialization_type
                    .take()
                    .or_else(|| initialization_type.clone());
                self.last_report = row.at;
                let has_failed = matches!(status, Some(Status::Error | Status::Timeout));
                match phase {
                    Some(InitPhase::Invoke) => self.has_rerun = true,
                    Some(InitPhase::SnapStart) => {}
                    Some(InitPhase::Init) | None if has_failed => {
                        self.add_failed(*duration);
                    }
                    Some(InitPhase::Init) | None => self.init = *duration,
                }
            }
            _ => {}
        }
    }

    /// The environment that begins after this one.
    fn next(&self) -> Self {
        Self {
            follows_others: self.follows_others || self.has_served,
            ..Self::default()
        }
    }

    fn add_failed(&mut self, duration: Option<Micros>) {
        let before = self.failed_init.unwrap_or(Micros::ZERO);
        self.failed_init = Some(before.saturating_add(duration.unwrap_or(Micros::ZERO)));
    }

    /// Whether a line stands inside the last invocation.
    fn is_serving(&self, row: &InitRow) -> bool {
        self.last_served
            .is_some_and(|(ended_at, end_sequence)| match (ended_at, row.at) {
                (Some(ended), Some(at)) => at <= ended,
                _ => row.sequence < end_sequence,
            })
    }

    fn serve(&mut self, served: &Served) -> Classified {
        let begins_anew = self.has_served && (served.init.is_some() || served.restore.is_some());
        if begins_anew {
            *self = self.next();
        }
        let classified = if self.has_served {
            Classified {
                start: StartType::Warm,
                waited_init: None,
            }
        } else {
            self.first(served)
        };
        self.has_served = true;
        self.last_served = Some((served.ended_at, served.end_sequence));
        classified
    }

    /// The first invocation of the environment that the log shows.
    fn first(&self, served: &Served) -> Classified {
        let is_provisioned = self.is_provisioned(served);
        if served.restore.is_some() || self.has_restore {
            return waited(StartType::Restored, served.restore.or(self.restore));
        }
        if is_provisioned && (served.init.is_some() || self.has_init_start || served.cold_start == Some(true))
        {
            return waited(StartType::Provisioned, None);
        }
        if let Some(init) = served.init {
            return match self.gap_ms(served, Some(init)) {
                Some(gap) if gap > WAITED_GAP_MS => waited(StartType::Proactive, None),
                _ => waited(StartType::Cold, Some(init)),
            };
        }
        if self.failed_init.is_some() || self.has_rerun {
            let gap = served
                .started_at
                .zip(self.last_report)
                .map(|(start, end)| start.millis_since(end));
            let was_waited_for = gap.is_none_or(|gap| gap <= WAITED_GAP_MS);
            return waited(
                StartType::InitRetried,
                self.failed_init.filter(|_| was_waited_for),
            );
        }
        if self.has_init_start {
            // The log shows the beginning of this environment and its REPORT tells no Init Duration.
            // A whole REPORT would tell it of an initialisation that the request waited for, so this one ran
            // inside, after a first one that took no longer than it may; a line cut off and a Managed Instance
            // tell none of any.
            // Without stream names the beginning may be that of another environment.
            let is_anothers = !served.has_stream_name && self.follows_others;
            if served.cold_start == Some(false) || is_anothers {
                return without_environment(served);
            }
            let limit = match (self.init, served.completeness) {
                (Some(_), _) => WAITED_GAP_MS,
                (None, Completeness::Whole) => BEGUN_GAP_MS,
                (None, _) => INIT_LIMIT_MS,
            };
            return match self.gap_ms(served, self.init) {
                Some(gap) if gap > limit => waited(StartType::Proactive, None),
                _ => waited(StartType::Cold, self.init),
            };
        }
        without_environment(served)
    }

    fn is_provisioned(&self, served: &Served) -> bool {
        match &self.initialization_type {
            Some(kind) => **kind == *PROVISIONED,
            None => served.is_provisioned,
        }
    }

    /// Milliseconds from the end of the initialisation to the invocation, where both are known.
    fn gap_ms(&self, served: &Served, init: Option<Micros>) -> Option<i64> {
        let init_ms = i64::try_from(init.unwrap_or(Micros::ZERO).as_micros() / 1000).ok()?;
        let (began, started) = (self.init_start?, served.started_at?);
        // Times cut to whole seconds may lie a second further apart than they did.
        let precision_ms = if began.is_whole_second() && started.is_whole_second() {
            1000
        } else {
            0
        };
        Some(started.millis_since(began) - init_ms - precision_ms)
    }
}

/// An invocation whose environment cannot be told: it is judged by its own records alone.
fn alone(served: &Served) -> Classified {
    if served.restore.is_some() {
        return waited(StartType::Restored, served.restore);
    }
    if served.is_provisioned && (served.init.is_some() || served.cold_start == Some(true)) {
        return waited(StartType::Provisioned, None);
    }
    match served.init {
        Some(init) => waited(StartType::Cold, Some(init)),
        None => without_environment(served),
    }
}

/// Neither `REPORT` nor the platform's lines speak of an initialisation.
fn without_environment(served: &Served) -> Classified {
    let start = match (served.cold_start, served.completeness) {
        // The initialisation ran inside the duration, or its lines are not in the log.
        (Some(true), _) => StartType::Cold,
        (Some(false), _) | (None, Completeness::Whole) => StartType::Warm,
        (None, Completeness::CutOff | Completeness::DurationOnly | Completeness::FieldsChosen) => {
            StartType::Unknown
        }
    };
    waited(start, None)
}

fn waited(start: StartType, waited_init: Option<Micros>) -> Classified {
    Classified { start, waited_init }
}
