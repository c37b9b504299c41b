//! Everything that ends a command, and its exit code.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::config::ConfigError;
use super::exit::ExitStatus;
use super::query::QueryFault;
use super::selector::SelectorError;
use crate::dataset::Window;
use crate::fetch::{self, Outcome};
use crate::invocation::Ledger;
use crate::source::store::StoreError;
use crate::summary::Warning;
use crate::vocab::{TimeRange, Timestamp, grouped, visible};
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
    /// The window and the conditions hold no invocation.
    NothingSelected {
        /// The window.
        window: Window,
        /// How many invocations there are outside them.
        invocations: usize,
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
    /// A figure could not be drawn.
    Figure(String),
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
            Self::Fetch(error) => of_fetch(error),
            // What is denied comes before what does not exist, and that before what only failed.
            Self::IncompleteFetch { errors, .. } => errors
                .iter()
                .map(of_fetch)
                .filter(|status| matches!(status, ExitStatus::AccessDenied | ExitStatus::NothingMatched))
                .max_by_key(|status| status.code())
                .unwrap_or(ExitStatus::Incomplete),
            Self::Source(_)
            | Self::NothingReadable(_)
            | Self::NoStore(_)
            | Self::Store(_)
            | Self::DamagedSegment { .. }
            | Self::DamagedStore { .. } => ExitStatus::Unreadable,
            Self::Query(fault) => fault.exit_status(),
            Self::Interrupted => ExitStatus::Incomplete,
            Self::NoInvocation(_)
            | Self::NothingFetched(_)
            | Self::NothingStored { .. }
            | Self::NothingToFetch
            | Self::OnlyModelCalls { .. }
            | Self::NothingSelected { .. }
            | Self::EmptySide { .. }
            | Self::NoBaseTime => ExitStatus::NothingMatched,
            Self::Selector(error) if error.is_usage() => ExitStatus::Usage,
            Self::Selector(_) => ExitStatus::NothingMatched,
            Self::Dataset(dataset::Error::NothingNamed { .. }) => ExitStatus::NothingMatched,
            Self::Dataset(dataset::Error::Engine(_))
            | Self::Figure(_)
            | Self::Write { .. }
            | Self::Output(_)
            | Self::Internal(_) => ExitStatus::Failure,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoInput => f.write_str(
                "no logs to read: give files or folders with --input PATH, or fetch some first.\n\
                 To fetch logs: latscope fetch --function NAME --since 1h\n\
                 To try it:     latscope summary --input fixtures/haiku-vs-nova-lite",
            ),
            Self::NoStore(dir) => write!(
                f,
                "no store at {}: latscope fetch makes one, and --store DIR names another",
                dir.display()
            ),
            Self::NothingFetched(dir) => write!(
                f,
                "no fetch into the store at {} has come to its end: run latscope fetch again, which goes on where it \
                 stopped",
                dir.display()
            ),
            Self::Store(error) => write!(f, "{error}"),
            Self::DamagedSegment {
                file,
                damage,
                group,
                range,
            } => write!(
                f,
                "the store is damaged: {}: {damage}\nrun latscope fetch for {group} from {} to {} again, which replaces \
                 it; latscope store verify names everything that is damaged",
                file.display(),
                range.from,
                range.to
            ),
            Self::NothingStored { window, warnings } => {
                write!(
                    f,
                    "the store holds no event of the window ({} to {})",
                    shown(window.since, "the first event"),
                    shown(window.until, "the last event")
                )?;
                for warning in warnings {
                    write!(f, "\n{warning}")?;
                }
                Ok(())
            }
            Self::DamagedStore { store, damaged } => write!(
                f,
                "the store at {} is damaged in {} places; what is damaged counts as missing, and the next fetch of \
                 its time gets it again",
                store.display(),
                grouped(*damaged as u64)
            ),
            Self::NoGroupAsked => f.write_str(
                "no log group to fetch: give --function NAME, --log-group NAME, --log-group-prefix PREFIX or \
                 --log-group-pattern TEXT, or name them in the [fetch] table of latscope.toml",
            ),
            Self::NothingToFetch => f.write_str("there is no log group to fetch"),
            Self::EmptyFetchWindow(window) => write!(
                f,
                "the window is empty: it begins at {} and ends at {}",
                window.from, window.to
            ),
            Self::Fetch(error) => write!(f, "{error}"),
            Self::Usage(said) => f.write_str(said),
            Self::Query(fault) => write!(f, "{fault}"),
            Self::Interrupted => f.write_str("interrupted before anything was fetched"),
            Self::IncompleteFetch {
                reasons,
                is_interrupted,
                slices: (done, all),
                ..
            } => {
                write!(
                    f,
                    "the window is not complete: {done} of {all} slices were fetched"
                )?;
                if *is_interrupted {
                    f.write_str(" before it was interrupted")?;
                }
                for reason in reasons {
                    write!(f, "\n{reason}")?;
                }
                f.write_str("\nrun the same command again to fetch the rest")
            }
            Self::Source(error) => write!(f, "{error}"),
            Self::NothingReadable(ledger) => {
                f.write_str("nothing in the input could be read")?;
                reasons(f, ledger)
            }
            Self::NoInvocation(ledger) => {
                match (ledger.events(), ledger.timing_records) {
                    (0, _) => f.write_str("the input is empty: it holds no log event")?,
                    (events, 0) => write!(
                        f,
                        "no invocation found: none of the {events} events is a REPORT line or a platform.report event"
                    )?,
                    (events, timings) => write!(
                        f,
                        "no invocation found: of {events} events {timings} are timing records, but none is a REPORT \
                         line or a platform.report event"
                    )?,
                }
                reasons(f, ledger)
            }
            Self::OnlyModelCalls { calls } => write!(
                f,
                "no invocation found: the input holds {calls} model calls of Bedrock's own logs, which know nothing of \
                 Lambda; latscope summary shows their latency by model"
            ),
            Self::NothingSelected { window, invocations } => write!(
                f,
                "no invocation lies in the window ({} to {}) and meets the conditions; without them there are \
                 {invocations}",
                shown(window.since, "the first event"),
                shown(window.until, "the last event")
            ),
            Self::EmptyWindow(window) => write!(
                f,
                "the window is empty: it begins at {} and ends at {}",
                shown(window.since, ""),
                shown(window.until, "")
            ),
            Self::EmptySide {
                selector,
                duplicates: 0,
            } => {
                write!(f, "no invocation is selected by {selector:?}")
            }
            Self::EmptySide { selector, duplicates } => write!(
                f,
                "no invocation is selected by {selector:?}; {duplicates} events of the input were there before and \
                 count for the first input that holds them"
            ),
            Self::SameSides { invocations } => write!(
                f,
                "--baseline and --candidate select the same {invocations} invocations; there is nothing to compare"
            ),
            Self::NoBaseTime => f.write_str(
                "a relative time counts back from the newest event, and no event of this input has a time",
            ),
            Self::Selector(error) => write!(f, "{error}"),
            Self::Dataset(error) => write!(f, "{error}"),
            Self::Config(error) => write!(f, "{error}"),
            Self::Figure(error) => write!(f, "cannot draw a figure: {error}"),
            Self::Write { path, source } => write!(f, "cannot write {}: {source}", path.display()),
            Self::Output(error) => write!(f, "cannot write the output: {error}"),
            Self::Internal(error) => write!(f, "a defect of latscope: {error}"),
        }
    }
}

/// A time, or words for an open end.
fn shown(at: Option<Timestamp>, open: &str) -> String {
    at.map_or_else(|| open.to_owned(), |at| at.to_string())
}

/// The first rejections, with their places.
fn reasons(f: &mut fmt::Formatter<'_>, ledger: &Ledger) -> fmt::Result {
    for rejected in ledger.first_rejected.iter().take(5) {
        let origin = visible(&rejected.origin.to_string());
        write!(f, "\n  {origin}: {}", rejected.reason)?;
    }
    match ledger.rejected.saturating_sub(5) {
        0 => Ok(()),
        more => write!(f, "\n  and {more} more"),
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

fn of_fetch(error: &fetch::Error) -> ExitStatus {
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
