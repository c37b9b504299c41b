//! Why a query brought nothing, or not everything.

use std::fmt;

use crate::command::error::{Error, of_fetch};
use crate::command::exit::ExitStatus;
use crate::fetch::{self, Ending, OfQuery};
use crate::vocab::{counted, offer};

/// What ends `latscope query` early.
#[derive(Debug)]
pub enum QueryFault {
    /// No log group was named, and none is configured.
    NoGroupAsked,
    /// None of the functions has logged yet.
    NoGroupYet,
    /// A call failed, or something that was named does not exist.
    Call(fetch::Error),
    /// The user interrupted.
    Interrupted,
    /// There is no query of this name.
    Unknown {
        /// The name.
        name: String,
        /// Names that are like it.
        near: Vec<&'static str>,
    },
    /// It came to its end and brought no row.
    NoRows {
        /// What kind of log group it is for.
        kind: &'static str,
    },
    /// It did not come to its end.
    Broken {
        /// How it ended.
        ending: Ending,
        /// How many rows it had by then.
        rows: usize,
    },
}

impl QueryFault {
    /// The exit code.
    pub(in crate::command) fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Unknown { .. } | Self::NoGroupAsked => ExitStatus::Usage,
            Self::NoRows { .. } | Self::NoGroupYet => ExitStatus::NothingMatched,
            Self::Call(error) => of_fetch(error),
            Self::Interrupted => ExitStatus::Incomplete,
            Self::Broken { rows: 0, .. } => ExitStatus::Failure,
            Self::Broken { .. } => ExitStatus::Incomplete,
        }
    }
}

/// What ends commands that ask AWS, in the words of a query: those of a fetch speak of what it would have fetched.
pub(super) fn in_words_of_a_query(error: Error) -> Error {
    match error {
        Error::NoGroupAsked => QueryFault::NoGroupAsked.into(),
        Error::NothingToFetch => QueryFault::NoGroupYet.into(),
        Error::Fetch(error) => QueryFault::Call(error).into(),
        Error::Interrupted => QueryFault::Interrupted.into(),
        other => other,
    }
}

impl fmt::Display for QueryFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoGroupAsked => f.write_str(
                "no log group to query: give --function NAME, --log-group NAME, --log-group-prefix PREFIX or \
                 --log-group-pattern TEXT, or name them in the [fetch] table of latscope.toml",
            ),
            Self::NoGroupYet => f.write_str("there is no log group to query yet: has the function run?"),
            Self::Call(error) => write!(f, "{}", OfQuery(error)),
            Self::Interrupted => f.write_str("interrupted before the query came to its end"),
            Self::Unknown { name, near } => {
                let offered = offer(near);
                write!(
                    f,
                    "there is no query {name:?}{offered}\nlatscope query list shows all of them"
                )
            }
            Self::NoRows { kind } => write!(
                f,
                "the query found no event\nit is for this kind of log group: {kind}; latscope query list has others"
            ),
            Self::Broken { ending, rows } => {
                broken(f, ending)?;
                match rows {
                    0 => Ok(()),
                    rows => write!(
                        f,
                        "\nthe {} above are what it had by then: of a part of the events, so no count, sum or \
                         percentile holds",
                        counted(*rows as u64, "row")
                    ),
                }
            }
        }
    }
}

impl std::error::Error for QueryFault {}

/// How a query ended that did not come to its end, and what to do.
fn broken(f: &mut fmt::Formatter<'_>, ending: &Ending) -> fmt::Result {
    let (how, advice) = match ending {
        Ending::Complete => ("is complete".to_owned(), ""),
        Ending::TimedOut => (
            "ran out of time on the server".to_owned(),
            "take a shorter window or fewer log groups",
        ),
        Ending::NeverEnded => (
            "did not end, and was stopped".to_owned(),
            "take a shorter window or fewer log groups",
        ),
        Ending::Broken(Some(status)) => (format!("ended as {status}"), "try again"),
        Ending::Broken(None) => (
            "ended without a status".to_owned(),
            "try again; is --endpoint-url right?",
        ),
    };
    write!(f, "the query {how}\n{advice}")
}
