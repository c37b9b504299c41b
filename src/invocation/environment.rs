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
use super::request::StartType;
use super::rows::InitRow;
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
pub(super) struct Served {
    has_stream_name: bool,
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
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
pub(super) struct Classified {
    pub(super) start: StartType,
    pub(super) waited_init: Option<Micros>,
}

impl Drafts {
    pub(super) fn ended(&self, row: usize) -> Option<Timestamp> {
        self.ended_at
            .get(row)
            .map(|at| Timestamp::from_epoch_millis(at as i64))
    }

    pub(super) fn started_at(&self, row: usize) -> Option<Timestamp> {
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

    pub(super) fn served(&self, row: usize, provisioned: &[bool], has_stream_name: bool) -> Served {
        let micros = |value: Option<u64>| value.map(Micros::from_micros);
        let is_provisioned = match self.is_provisioned.get(row) {
            Some(told) => told == 1,
            None => self
                .initialization
                .get(row)
                .is_some_and(|told| provisioned[told as usize]),
        };
        Served {
            has_stream_name,
            started_at: self.started_at(row),
            ended_at: self.ended(row),
            end_sequence: self.end_sequence.get(row).unwrap_or(0),
            init: micros(self.init.get(row)),
            restore: micros(self.restore.get(row)),
            completeness: Completeness::of(self.completeness.get(row).unwrap_or(0)),
            cold_start: self.cold_start.get(row).map(|cold| cold == 1),
            is_provisioned,
        }
    }
}

/// What has happened since an environment began.
#[derive(Default)]
pub(super) struct Environment {
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
    pub(super) fn init(&mut self, row: &InitRow) {
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

    /// Whether an invocation whose `REPORT` tells neither an initialisation nor a restore is a warm one.
    pub(super) fn has_served(&self) -> bool {
        self.has_served
    }

    /// Takes such a one.
    pub(super) fn serve_warm(&mut self, ended_at: Option<Timestamp>, end_sequence: u64) {
        self.last_served = Some((ended_at, end_sequence));
    }

    pub(super) fn serve(&mut self, served: &Served) -> Classified {
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
pub(super) fn alone(served: &Served) -> Classified {
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
