//! What is said of everything that ends a command.

use std::fmt;

use super::error::Error;
use crate::invocation::Ledger;
use crate::vocab::{Timestamp, grouped, visible};

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
            Self::Drive(fault) => write!(f, "{fault}"),
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
            Self::OnlyOutside(ledger) => {
                let requests = ledger.client_records - ledger.client_run_lines;
                let told = listed([
                    (requests, ["record of a client", "records of clients"]),
                    (
                        ledger.gateway_records,
                        [
                            "access log record of API Gateway",
                            "access log records of API Gateway",
                        ],
                    ),
                ]);
                let told = match told.is_empty() {
                    true => "lines of a client's runs".to_owned(),
                    false => told,
                };
                write!(
                    f,
                    "no invocation found: the input holds {told} and no function's log; give that too, with another --input, \
                     or bring it by latscope fetch"
                )?;
                if requests > 0 {
                    f.write_str("; latscope summary shows what callers saw")?;
                }
                reasons(f, ledger)
            }
            Self::OnlyWarmUp { invocations } => {
                let told = listed([(*invocations as u64, ["invocation", "invocations"])]);
                write!(
                    f,
                    "no invocation left: the input holds {told} of a client's warm-up, which does not count; give the function's \
                     log of the time after it too"
                )
            }
            Self::NothingSelected {
                window,
                has_conditions,
                invocations,
                requests,
                calls,
            } => {
                let told = listed([
                    (*requests as u64, ["request of a client", "requests of clients"]),
                    (
                        *calls as u64,
                        [
                            "model call of Bedrock's own logs",
                            "model calls of Bedrock's own logs",
                        ],
                    ),
                ]);
                let window = format!(
                    "in the window ({} to {})",
                    shown(window.since, "the first event"),
                    shown(window.until, "the last event")
                );
                match (invocations, has_conditions) {
                    (0, true) => write!(
                        f,
                        "conditions (--where) are about invocations, and the input holds none: it holds {told}"
                    ),
                    (0, false) => write!(f, "of {told} none lies {window}"),
                    (_, true) => write!(
                        f,
                        "no invocation lies {window} and meets the conditions; without them there are {invocations}"
                    ),
                    (_, false) => write!(
                        f,
                        "no invocation lies {window}; without it there are {invocations}"
                    ),
                }
            }
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
            Self::Baseline(error) => write!(f, "{error}"),
            Self::Figure(error) => write!(f, "cannot draw a figure: {error}"),
            Self::Read { path, source } => write!(f, "cannot read {}: {source}", path.display()),
            Self::NoReport { path, reason } => write!(
                f,
                "cannot render {}: {reason}; latscope report writes such a file",
                path.display()
            ),
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

/// How many there are of each kind, where there are any, named as one and as several.
fn listed<const KINDS: usize>(kinds: [(u64, [&str; 2]); KINDS]) -> String {
    let told: Vec<String> = kinds
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, names)| format!("{count} {}", names[usize::from(count != 1)]))
        .collect();
    told.join(" and ")
}
