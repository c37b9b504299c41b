//! What kind of start each invocation had, from the life of its execution environment.
//!
//! A log stream is one environment after another: each begins with `INIT_START` or
//! `RESTORE_START`, or with the stream. Only the first invocation of an environment can be other
//! than warm. "Has Init Duration" alone is not the rule: provisioned and proactive
//! initialisations print it too although nobody waited, and a failed initialisation that ran
//! again inside the invocation does not print it although somebody did.

use std::collections::HashSet;

use super::request::StartType;
use super::rows::InitRow;
use crate::parse::{Completeness, InitPhase, Lifecycle, Report, Status};
use crate::vocab::{Micros, Timestamp};

/// An initialisation that ended longer than this before the first request was not waited for.
const WAITED_GAP_MS: i64 = 1_000;

/// The longest on-demand initialisation before Lambda stops it.
const INIT_LIMIT_MS: i64 = 10_000;

/// An initialisation that began longer than this before the first request was not begun for it, whatever
/// became of it.
const BEGUN_GAP_MS: i64 = 2 * INIT_LIMIT_MS;

/// An invocation as this file sees it.
pub(super) struct Served<'a> {
    pub(super) stream: u32,
    pub(super) has_stream_name: bool,
    pub(super) started_at: Option<Timestamp>,
    pub(super) ended_at: Option<Timestamp>,
    pub(super) start_sequence: u64,
    pub(super) end_sequence: u64,
    pub(super) report: &'a Report,
    /// The handler's own word on whether this was its first call.
    pub(super) cold_start: Option<bool>,
    /// The handler's own word on how its environment was initialised.
    pub(super) initialization_type: Option<&'a str>,
}

/// The start type of an invocation and what it waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Classified {
    pub(super) start: StartType,
    pub(super) waited_init: Option<Micros>,
}

/// One step in the life of a stream.
enum Step<'a> {
    Init(&'a InitRow),
    Serve(usize, &'a Served<'a>),
}

impl Step<'_> {
    fn stream(&self) -> u32 {
        match self {
            Self::Init(row) => row.stream,
            Self::Serve(_, served) => served.stream,
        }
    }

    /// Order inside a stream: by time, and at the same time the beginning of an environment, its report, and the
    /// invocations by their end and their request id. Without times, and where streams have no names and may be mixed, as read.
    fn key(&self, is_named: bool) -> impl Ord + use<> {
        let (at, rank, tie, sequence) = match self {
            Self::Init(row) => {
                let rank = match row.line {
                    Lifecycle::InitReport { .. } => 2,
                    Lifecycle::RestoreReport { .. } => 3,
                    Lifecycle::RestoreStart => 1,
                    _ => 0,
                };
                (row.at, rank, (None, 0), row.sequence)
            }
            // Positions follow the order of request ids.
            Self::Serve(index, served) => (
                served.started_at,
                4,
                (served.ended_at, *index),
                served.start_sequence,
            ),
        };
        if is_named && at.is_some() {
            (at, rank, tie, sequence)
        } else {
            (at, 0, (None, 0), sequence)
        }
    }
}

/// Classifies every invocation; the result is in the same order. Also tells how many were judged by their own
/// records alone.
pub(super) fn classify(served: &[Served<'_>], inits: &[InitRow]) -> (Vec<Classified>, u64) {
    let mut steps: Vec<Step<'_>> = inits.iter().map(Step::Init).collect();
    steps.extend(
        served
            .iter()
            .enumerate()
            .map(|(index, served)| Step::Serve(index, served)),
    );
    let unnamed: HashSet<u32> = served
        .iter()
        .filter(|served| !served.has_stream_name)
        .map(|served| served.stream)
        .collect();
    steps.sort_by(|a, b| {
        let key = |step: &Step<'_>| (step.stream(), step.key(!unnamed.contains(&step.stream())));
        key(a).cmp(&key(b))
    });
    let unknown = Classified {
        start: StartType::Unknown,
        waited_init: None,
    };
    let mut classified = vec![unknown; served.len()];
    let mut told_alone = 0;
    for stream in steps.chunk_by(|a, b| a.stream() == b.stream()) {
        if is_one_environment_at_a_time(stream) {
            let mut environment = Environment::default();
            for step in stream {
                match step {
                    Step::Init(row) => environment.init(row),
                    Step::Serve(index, served) => classified[*index] = environment.serve(served),
                }
            }
        } else {
            for step in stream {
                if let Step::Serve(index, served) = step {
                    classified[*index] = alone(served);
                    told_alone += 1;
                }
            }
        }
    }
    (classified, told_alone)
}

/// Whether the invocations of a stream follow one another. A named stream is one environment; a
/// file without stream names may mix many, which shows when invocations overlap.
fn is_one_environment_at_a_time(stream: &[Step<'_>]) -> bool {
    let mut before: Option<&Served<'_>> = None;
    for step in stream {
        let Step::Serve(_, served) = step else { continue };
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

    fn serve(&mut self, served: &Served<'_>) -> Classified {
        let report = served.report;
        let begins_anew = self.has_served && (report.init.is_some() || report.restore.is_some());
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
    fn first(&self, served: &Served<'_>) -> Classified {
        let report = served.report;
        let is_provisioned = self.is_provisioned(served);
        if report.restore.is_some() || self.has_restore {
            return waited(StartType::Restored, report.restore.or(self.restore));
        }
        if is_provisioned && (report.init.is_some() || self.has_init_start || served.cold_start == Some(true))
        {
            return waited(StartType::Provisioned, None);
        }
        if let Some(init) = report.init {
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
            let limit = match (self.init, report.completeness) {
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

    fn is_provisioned(&self, served: &Served<'_>) -> bool {
        let kind = self.initialization_type.as_deref().or(served.initialization_type);
        kind == Some("provisioned-concurrency")
    }

    /// Milliseconds from the end of the initialisation to the invocation, where both are known.
    fn gap_ms(&self, served: &Served<'_>, init: Option<Micros>) -> Option<i64> {
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
fn alone(served: &Served<'_>) -> Classified {
    let report = served.report;
    if report.restore.is_some() {
        return waited(StartType::Restored, report.restore);
    }
    if served.initialization_type == Some("provisioned-concurrency")
        && (report.init.is_some() || served.cold_start == Some(true))
    {
        return waited(StartType::Provisioned, None);
    }
    match report.init {
        Some(init) => waited(StartType::Cold, Some(init)),
        None => without_environment(served),
    }
}

/// Neither `REPORT` nor the platform's lines speak of an initialisation.
fn without_environment(served: &Served<'_>) -> Classified {
    let start = match (served.cold_start, served.report.completeness) {
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
