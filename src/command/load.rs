//! From the inputs to a dataset: what every command begins with.

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use super::error::Error;
use super::progress::Reading;
use super::stored::{self, Asked};
use crate::dataset::{Condition, Dataset, Selection, TimeBound, Window};
use crate::invocation::{
    ClientPhase, Collected, Gathering, Invocations, Ledger, Listen, ModelCall, Names, PathRequest, PathRun,
    Span,
};
use crate::parse::{Parser, TimingKeys};
use crate::render::Style;
use crate::source::{BLOCK_BYTES, Form, Found, Located, locate};
use crate::summary::{Failures, Warning};
use crate::vocab::{Rejected, Timestamp, grouped, visible};

/// Options that commands share.
#[derive(Debug, Clone, Default)]
pub struct Common {
    /// Files, folders and `-`.
    pub inputs: Vec<PathBuf>,
    /// The store that is read where there are no inputs.
    pub store: Option<PathBuf>,
    /// Beginning of the window.
    pub since: Option<TimeBound>,
    /// End of the window.
    pub until: Option<TimeBound>,
    /// What all invocations must have in common.
    pub conditions: Vec<Condition>,
    /// Whether failures count as latencies.
    pub failures: Failures,
    /// Whether times are read and shown in this machine's zone.
    pub is_local: bool,
    /// Whether nothing but results and errors is written.
    pub is_quiet: bool,
    /// Whether details of reading are written.
    pub is_verbose: bool,
    /// Whether every rejection is written, with its place and reason.
    pub explains_rejected: bool,
    /// Whether the standard error is a terminal, whose lines can be written again.
    pub is_stderr_terminal: bool,
    /// How text is shown on the standard output.
    pub style: Style,
    /// On how many threads logs are read; as many as there are processors where none are given.
    pub threads: Option<NonZero<usize>>,
    /// Whether every line is parsed, also those that cannot be records.
    pub is_strict: bool,
}

/// Everything that was read.
#[derive(Debug)]
pub struct Loaded {
    /// All invocations.
    pub dataset: Dataset,
    /// How many of them have no time.
    pub without_time: usize,
    /// Bedrock's own records of model calls.
    pub model_calls: Vec<ModelCall>,
    /// Requests that clients and API Gateway recorded.
    pub requests: Vec<PathRequest>,
    /// Runs of clients.
    pub runs: Vec<PathRun>,
    /// What became of every event.
    pub ledger: Ledger,
    /// The time that the input covers.
    pub span: Option<Span>,
    /// The window where none is asked for: that of the latest fetch, if a store was read.
    pub default_window: Window,
    /// What a store does not hold, and other doubts about it.
    pub warnings: Vec<Warning>,
}

/// What was read, before it is put into columns.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) collected: Collected,
    default_window: Window,
    warnings: Vec<Warning>,
}

/// What is kept of invocations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Their times, what they are grouped by, and what became of each.
    Times,
    /// All that is told of them, their ids and what a fair comparison must know among it.
    Everything,
}

/// How often a store is read again that changed while it was read.
const ATTEMPTS: u32 = 5;

/// Reads all inputs, or the store where there are none: all of it if windows are asked for, else the latest fetch.
///
/// # Errors
/// If there is neither, or something cannot be read.
pub(super) fn collect(
    common: &Common,
    keys: TimingKeys,
    windows: &[Asked],
    kept: Kept,
    stderr: &mut (dyn Write + Send),
) -> Result<Read, Error> {
    let mapping = keys.mapping();
    let parser = Parser::new(keys).map_err(|error| Error::Internal(error.to_string()))?;
    let read = match (common.inputs.as_slice(), &common.store) {
        ([], None) => return Err(Error::NoInput),
        ([], Some(dir)) => from_store(dir, common, &parser, kept, (windows, &mapping), stderr)?,
        (inputs, _) => Read {
            collected: from_files(&locate(inputs)?, common, parser, kept, stderr)?,
            default_window: Window::default(),
            warnings: Vec::new(),
        },
    };
    let collected = &read.collected;
    tell_rejections(common, &collected.ledger, stderr);
    let is_of_client = collected.requests.iter().any(|request| request.client.is_some());
    if !collected.invocations.is_empty() || !collected.model_calls.is_empty() || is_of_client {
        return Ok(read);
    }
    let ledger = Box::new(collected.ledger.clone());
    let is_unreadable = ledger.rejected > 0 && ledger.rejected == ledger.events();
    let is_of_store = common.inputs.is_empty();
    Err(match (is_unreadable, is_of_store) {
        (true, _) => Error::NothingReadable(ledger),
        (false, true) if ledger.events() == 0 => Error::NothingStored {
            window: read.default_window,
            warnings: read.warnings,
        },
        _ if ledger.gateway_records > 0 || ledger.client_records > 0 => Error::OnlyOutside(ledger),
        _ => Error::NoInvocation(ledger),
    })
}

/// The invocations that a client asked for before what counts.
fn warm_up(requests: &[PathRequest]) -> HashSet<u32> {
    let of_warm_up = requests
        .iter()
        .filter(|request| request.phase() == Some(ClientPhase::WarmUp));
    of_warm_up
        .filter_map(|request| Some(request.invocation?.row))
        .collect()
}

fn from_files(
    files: &[Located],
    common: &Common,
    parser: Parser,
    kept: Kept,
    stderr: &mut (dyn Write + Send),
) -> Result<Collected, Error> {
    let reading = Reading::of(files, common);
    let threads = common.threads.map_or_else(|| threads(files), NonZero::get);
    let gathering = Gathering {
        threads,
        is_strict: common.is_strict,
        is_times_only: kept == Kept::Times,
        block_bytes: BLOCK_BYTES,
        tell_bytes: &|bytes| reading.add(bytes),
    };
    let mut notes = Notes { common, stderr };
    let assembler = gathering.gather(files, &Arc::new(parser), &mut notes)?;
    reading.joins();
    Ok(assembler.finish(threads))
}

/// As many threads as there are processors for this process; one where the files are read in the time that it takes to begin
/// another.
fn threads(files: &[Located]) -> usize {
    let size = |file: &Located| {
        let metadata = fs::metadata(&file.path).ok()?;
        metadata.is_file().then_some(metadata.len())
    };
    // Where it is many, not all of many files need be asked.
    let few = files.iter().try_fold(0, |total: u64, file| {
        let total = total.saturating_add(size(file)?);
        (total <= ONE_THREAD_BYTES).then_some(total)
    });
    few.map_or_else(processors, |_| 1)
}

/// As many as there are for this process.
pub(super) fn processors() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// See [`threads`].
const ONE_THREAD_BYTES: u64 = 1 << 20;

/// Writes what was asked for about reading.
struct Notes<'a> {
    common: &'a Common,
    stderr: &'a mut (dyn Write + Send),
}

impl Listen for Notes<'_> {
    fn read(&mut self, path: &str, found: &Found) {
        if self.common.is_verbose {
            note(
                self.stderr,
                &format!("read {}: {}", visible(path), described(found)),
            );
        }
    }

    fn rejected(&mut self, rejected: &Rejected) {
        if self.common.explains_rejected {
            note(self.stderr, &rejection(rejected));
        }
    }
}

/// Reads a store, which a fetch may change meanwhile: then its segments are replaced by others, and it is read again.
fn from_store(
    dir: &Path,
    common: &Common,
    parser: &Parser,
    kept: Kept,
    (windows, mapping): (&[Asked], &[String]),
    stderr: &mut (dyn Write + Send),
) -> Result<Read, Error> {
    let in_all = common.threads.map_or_else(processors, NonZero::get);
    let mut attempt = 1;
    loop {
        let read = stored::choose(dir, windows, mapping, in_all).and_then(|chosen| {
            let collected = from_files(&chosen.files, common, parser.clone(), kept, stderr)?;
            Ok((chosen, collected))
        });
        match read {
            Err(Error::DamagedSegment { .. } | Error::Source(_)) if attempt < ATTEMPTS => attempt += 1,
            Err(error) => return Err(error),
            Ok((chosen, collected)) => {
                if let Some(line) = chosen.line(common).filter(|_| !common.is_quiet) {
                    note(stderr, &visible(&line));
                }
                return Ok(Read {
                    collected,
                    default_window: chosen.window,
                    warnings: chosen.warnings,
                });
            }
        }
    }
}

impl Loaded {
    /// Reads all inputs, or the store where there are none. `windows` are those that are asked for besides the common
    /// one.
    ///
    /// # Errors
    /// If there is neither, one cannot be read, or none holds an invocation.
    pub fn read(
        common: &Common,
        keys: TimingKeys,
        windows: &[(Option<TimeBound>, Option<TimeBound>)],
        kept: Kept,
        stderr: &mut (dyn Write + Send),
    ) -> Result<Self, Error> {
        let mut windows = windows.to_vec();
        if common.since.is_some() || common.until.is_some() {
            windows.push((common.since, common.until));
        }
        let Read {
            mut collected,
            default_window,
            warnings,
        } = collect(common, keys, &windows, kept, stderr)?;
        let warm_up = warm_up(&collected.requests);
        let mut warnings = warnings;
        warnings.extend((!warm_up.is_empty()).then_some(Warning::WarmUpLeftOut(warm_up.len())));
        if kept == Kept::Times {
            collected.invocations.drop_ids();
        }
        let without_time = collected.invocations.without_time();
        Ok(Self {
            dataset: Dataset::new(collected.invocations, collected.names)?.without(&warm_up)?,
            without_time,
            model_calls: collected.model_calls,
            requests: collected.requests,
            runs: collected.runs,
            ledger: collected.ledger,
            span: collected.span,
            default_window,
            warnings,
        })
    }

    /// Why what needs invocations cannot go on.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn must_have_invocations(&self) -> Result<(), Error> {
        if !self.dataset.is_empty() {
            return Ok(());
        }
        Err(match (warm_up(&self.requests).len(), self.model_calls.len()) {
            (0, 0) => Error::OnlyOutside(Box::new(self.ledger.clone())),
            (0, calls) => Error::OnlyModelCalls { calls },
            (invocations, _) => Error::OnlyWarmUp { invocations },
        })
    }

    /// The window that the common options mean. Relative times count back from the newest event.
    ///
    /// # Errors
    /// If a relative time is given and no event has a time.
    pub fn window(&self, since: Option<TimeBound>, until: Option<TimeBound>) -> Result<Window, Error> {
        let base: Option<Timestamp> = self.span.map(|span| span.last);
        let resolve = |bound: Option<TimeBound>| match bound {
            Some(bound) => bound.resolve(base).map(Some).ok_or(Error::NoBaseTime),
            None => Ok(None),
        };
        Ok(Window {
            since: resolve(since)?,
            until: resolve(until)?,
        })
    }

    /// The window that the common options mean; that of the latest fetch where they mean none and a store was read.
    ///
    /// # Errors
    /// If a relative time is given and no event has a time.
    pub fn common_window(&self, common: &Common) -> Result<Window, Error> {
        Ok(self.window(common.since, common.until)?.and(self.default_window))
    }

    /// The invocations that the common options select, and what these options mean.
    ///
    /// # Errors
    /// If there are none, or a name does not occur in the logs.
    pub fn select(&self, common: &Common) -> Result<(Dataset, Selection), Error> {
        let window = self.common_window(common)?;
        if window.is_empty() {
            return Err(Error::EmptyWindow(window));
        }
        let selection = Selection {
            window,
            conditions: common.conditions.clone(),
            model: None,
        };
        // A condition may name what no invocation has, and without any that would be all of it.
        if !self.dataset.is_empty() {
            let selected = self.dataset.select(&[&selection])?;
            if !selected.is_empty() {
                return Ok((selected, selection));
            }
        }
        let (requests, calls) = self.outside(Window::default());
        Err(Error::NothingSelected {
            window,
            has_conditions: !common.conditions.is_empty(),
            invocations: self.dataset.len(),
            requests,
            calls,
        })
    }

    /// How many requests of clients, and how many model calls of Bedrock's own logs, lie in a window.
    pub(super) fn outside(&self, window: Window) -> (usize, usize) {
        let of_clients = self.requests.iter().filter(|request| request.client.is_some());
        let calls = self.model_calls.iter();
        (
            of_clients.filter(|request| window.holds(request.at)).count(),
            calls.filter(|call| window.holds(call.at)).count(),
        )
    }

    /// What was read where nothing had to be: both sides of the comparison are saved.
    ///
    /// # Errors
    /// If the column engine fails.
    pub(super) fn without_logs() -> Result<Self, Error> {
        Ok(Self {
            dataset: Dataset::new(Invocations::default(), Names::default())?,
            without_time: 0,
            model_calls: Vec::new(),
            requests: Vec::new(),
            runs: Vec::new(),
            ledger: Ledger::default(),
            span: None,
            default_window: Window::default(),
            warnings: Vec::new(),
        })
    }

    /// No invocation at all, for inputs that hold model calls alone.
    ///
    /// # Errors
    /// If the column engine fails.
    pub fn nothing(&self, window: Window) -> Result<(Dataset, Selection), Error> {
        let selection = Selection {
            window,
            conditions: Vec::new(),
            model: None,
        };
        let nothing = Dataset::new(Invocations::default(), self.dataset.names().clone())?;
        Ok((nothing, selection))
    }

    /// The doubt about invocations without a time, where any window was asked for.
    pub fn untimed(&self, windows: &[Window]) -> Option<Warning> {
        let is_doubted = self.without_time > 0 && !windows.iter().all(Window::is_open);
        is_doubted.then_some(Warning::WithoutTime(self.without_time))
    }
}

/// Writes a line that is not the result. A reader of the standard error that is gone changes
/// nothing about the result.
pub(super) fn note(stderr: &mut dyn Write, line: &str) {
    let _ = writeln!(stderr, "{line}");
}

/// Writes the rejections that were asked for: the first ones with their places, or how many there were for each
/// reason after all of them were written as they came.
fn tell_rejections(common: &Common, ledger: &Ledger, stderr: &mut dyn Write) {
    if common.is_verbose && !common.explains_rejected {
        for rejected in &ledger.first_rejected {
            note(stderr, &rejection(rejected));
        }
    }
    if common.explains_rejected {
        for (reason, count) in &ledger.rejected_reasons {
            note(
                stderr,
                &format!("{} rejected: {}", grouped(*count), visible(reason)),
            );
        }
    }
}

/// One rejection, in a line.
pub(super) fn rejection(rejected: &Rejected) -> String {
    let origin = visible(&rejected.origin.to_string());
    format!("rejected {origin}: {}", visible(&rejected.reason))
}

/// Form, compression and encoding of a file, in words.
pub(super) fn described(found: &Found) -> String {
    let mut words = vec![found.form.to_string()];
    words.extend(found.compressions.iter().rev().map(ToString::to_string));
    if !matches!(found.form, Form::Binary | Form::Empty) {
        words.push(found.encoding.to_string());
    }
    words.join(", ")
}
