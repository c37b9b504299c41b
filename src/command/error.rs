//! Everything that ends a command, and its exit code.

use std::io;
use std::path::PathBuf;

use super::config::ConfigError;
use super::exit::ExitStatus;
use super::query::QueryFault;
use super::saved::{BaselineError, BaselineFault};
use super::selector_error::SelectorError;
use crate::dataset::Window;
use crate::drive;
use crate::fetch::{self, Outcome};
use crate::invocation::Ledger;
use crate::source::store::StoreError;
use crate::summary::Warning;
use crate::vocab::TimeRange;
use crate::{dataset, source};

/// Why a command ended early.
#[derive(Debug)]
pub enum Error {
    /// No input was given and there is no store.
    NoInput,
    /// There is no store.
    NoStore(PathBuf),
    /// There is a store, and no fetch has come to its end.
    NothingFetched(PathBuf),
    /// The store could not be read or written.
    Store(StoreError),
    /// A segment of the store is not as it was written.
    DamagedSegment {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        damage: String,
        /// Its log group.
        group: String,
        /// Its time.
        range: TimeRange,
    },
    /// The store holds no event that is asked for.
    NothingStored {
        /// The window.
        window: Window,
        /// What is known of why.
        warnings: Vec<Warning>,
    },
    /// Something in the store is damaged.
    DamagedStore {
        /// The store.
        store: PathBuf,
        /// How many segments and lines of the manifest.
        damaged: usize,
    },
    /// No log group was named, and none is configured.
    NoGroupAsked,
    /// None of the functions has logged yet.
    NothingToFetch,
    /// The window of a fetch ends before it begins.
    EmptyFetchWindow(TimeRange),
    /// An API could not be driven.
    Drive(drive::Fault),
    /// Nothing could be fetched.
    Fetch(fetch::Error),
    /// What was typed cannot be meant, as these words say.
    Usage(String),
    /// A query brought nothing, or not everything.
    Query(QueryFault),
    /// The user interrupted before anything was fetched.
    Interrupted,
    /// Not all of the window was fetched.
    IncompleteFetch {
        /// Why.
        reasons: Vec<String>,
        /// What kept groups from being read.
        errors: Vec<fetch::Error>,
        /// Whether the user interrupted.
        is_interrupted: bool,
        /// Slices that were fetched, and slices in all.
        slices: (usize, usize),
    },
    /// An input could not be read.
    Source(source::Error),
    /// Nothing in the input could be read.
    NothingReadable(Box<Ledger>),
    /// The input holds no invocation.
    NoInvocation(Box<Ledger>),
    /// The input holds Bedrock's own records alone, which are no invocations.
    OnlyModelCalls {
        /// How many.
        calls: usize,
    },
    /// The input holds records of clients or of API Gateway alone, which are no invocations.
    OnlyOutside(Box<Ledger>),
    /// All invocations are those of a client's warm-up, which do not count.
    OnlyWarmUp {
        /// How many.
        invocations: usize,
    },
    /// The window and the conditions hold nothing.
    NothingSelected {
        /// The window.
        window: Window,
        /// Whether there are conditions, which only invocations can meet.
        has_conditions: bool,
        /// How many invocations there are without both.
        invocations: usize,
        /// How many requests of clients.
        requests: usize,
        /// How many model calls of Bedrock's own logs.
        calls: usize,
    },
    /// The window ends before it begins.
    EmptyWindow(Window),
    /// One side of the comparison holds no invocation.
    EmptySide {
        /// The selector.
        selector: String,
        /// Duplicates in the input, where the side is an input.
        duplicates: u64,
    },
    /// Both sides are the same invocations.
    SameSides {
        /// How many.
        invocations: usize,
    },
    /// A relative time has nothing to count back from.
    NoBaseTime,
    /// A selector cannot be resolved.
    Selector(SelectorError),
    /// Selecting or grouping failed.
    Dataset(dataset::Error),
    /// The configuration cannot be used.
    Config(ConfigError),
    /// A baseline cannot be saved or used.
    Baseline(BaselineError),
    /// A figure could not be drawn.
    Figure(String),
    /// A report could not be read.
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is no report that could be rendered.
    NoReport {
        /// The file.
        path: PathBuf,
        /// What it is instead, or where it is not as it should be.
        reason: String,
    },
    /// A file could not be written.
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The output could not be written.
    Output(io::Error),
    /// A defect of latscope.
    Internal(String),
}

impl From<BaselineError> for Error {
    fn from(error: BaselineError) -> Self {
        Self::Baseline(error)
    }
}

impl Error {
    /// The exit code.
    pub fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitStatus::Success,
            Self::NoInput
            | Self::EmptyWindow(_)
            | Self::EmptyFetchWindow(_)
            | Self::NoGroupAsked
            | Self::Usage(_)
            | Self::SameSides { .. }
            | Self::Config(_) => ExitStatus::Usage,
            Self::Baseline(error) => match error.fault() {
                BaselineFault::Missing { .. } => ExitStatus::NothingMatched,
                BaselineFault::Exists => ExitStatus::Usage,
                BaselineFault::Io(_) => ExitStatus::Failure,
                BaselineFault::OtherSchema(_) | BaselineFault::Malformed(_) | BaselineFault::Damaged(_) => {
                    ExitStatus::Unreadable
                }
            },
            Self::Fetch(error) => of_fetch(error),
            // What is denied comes before what does not exist, and that before what only failed.
            Self::IncompleteFetch { errors, .. } => errors
                .iter()
                .map(of_fetch)
                .filter(|status| matches!(status, ExitStatus::AccessDenied | ExitStatus::NothingMatched))
                .max_by_key(|status| status.code())
                .unwrap_or(ExitStatus::Incomplete),
            Self::Source(_)
            | Self::Read { .. }
            | Self::NoReport { .. }
            | Self::NothingReadable(_)
            | Self::NoStore(_)
            | Self::Store(_)
            | Self::DamagedSegment { .. }
            | Self::DamagedStore { .. } => ExitStatus::Unreadable,
            Self::Query(fault) => fault.exit_status(),
            Self::Drive(drive::Fault::Interrupted) => ExitStatus::InvalidRun,
            Self::Interrupted => ExitStatus::Incomplete,
            Self::NoInvocation(_)
            | Self::NothingFetched(_)
            | Self::NothingStored { .. }
            | Self::NothingToFetch
            | Self::OnlyModelCalls { .. }
            | Self::OnlyOutside(_)
            | Self::OnlyWarmUp { .. }
            | Self::NothingSelected { .. }
            | Self::EmptySide { .. }
            | Self::NoBaseTime => ExitStatus::NothingMatched,
            Self::Selector(error) if error.is_usage() => ExitStatus::Usage,
            Self::Selector(_) => ExitStatus::NothingMatched,
            Self::Dataset(dataset::Error::NothingNamed { .. }) => ExitStatus::NothingMatched,
            Self::Dataset(dataset::Error::Engine(_))
            | Self::Figure(_)
            | Self::Drive(_)
            | Self::Write { .. }
            | Self::Output(_)
            | Self::Internal(_) => ExitStatus::Failure,
        }
    }
}

impl Error {
    /// Whether the same may succeed later without anybody doing anything.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, Self::Fetch(fetch::Error::Call(fault)) if fault.is_worth_a_repeat())
    }

    /// What is said of a fetch that did not bring everything.
    pub(super) fn incomplete_fetch(outcome: Outcome) -> Self {
        let done = outcome.groups.iter().map(|group| group.done).sum();
        let all = outcome.groups.iter().map(|group| group.slices).sum();
        Self::IncompleteFetch {
            reasons: outcome.incomplete,
            errors: outcome.errors,
            is_interrupted: outcome.is_interrupted,
            slices: (done, all),
        }
    }
}

/// The exit code of what ends a fetch or a query.
pub(super) fn of_fetch(error: &fetch::Error) -> ExitStatus {
    match error {
        error if error.is_authentication() => ExitStatus::Authentication,
        error if error.is_access() => ExitStatus::AccessDenied,
        fetch::Error::NoRegion => ExitStatus::Usage,
        error if error.is_not_found() => ExitStatus::NothingMatched,
        fetch::Error::UnreadableClass { .. } | fetch::Error::Store(_) => ExitStatus::Unreadable,
        _ => ExitStatus::Failure,
    }
}

impl std::error::Error for Error {}

/// Errors of other floors that are one here.
macro_rules! from {
    ($($error:ty => $variant:ident),+ $(,)?) => {
        $(impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        })+
    };
}

from! {
    StoreError => Store,
    fetch::Error => Fetch,
    source::Error => Source,
    dataset::Error => Dataset,
    QueryFault => Query,
    SelectorError => Selector,
    ConfigError => Config,
}
