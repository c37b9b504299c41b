//! What was asked for.

use std::path::PathBuf;

use crate::command::config::FetchDefaults;
use crate::command::error::Error;
use crate::dataset::TimeBound;
use crate::fetch::{Access, Asked, Via};
use crate::vocab::{TimeRange, Timestamp};

/// What `latscope fetch` was asked for.
#[derive(Debug, Clone)]
pub struct FetchOptions {
    /// The log groups.
    pub asked: Asked,
    /// The beginning of the window.
    pub since: Option<TimeBound>,
    /// Its end; now if it is not given.
    pub until: Option<TimeBound>,
    /// How to get to AWS.
    pub access: Access,
    /// The store.
    pub store: Option<PathBuf>,
    /// How the names of log streams begin.
    pub stream_prefix: Option<String>,
    /// Whether all events are kept, the text of most being dropped.
    pub is_all_events: bool,
    /// By which API.
    pub via: Via,
    /// Whether nothing is fetched, and the plan printed.
    pub is_dry_run: bool,
    /// Whether it goes on until it is interrupted.
    pub is_following: bool,
    /// Whether nothing but errors is written.
    pub is_quiet: bool,
    /// How much is told: 1 for what was found, 2 for each call.
    pub verbosity: u8,
    /// Whether times are shown in this machine's zone.
    pub is_local: bool,
}

/// The window where none is given: what was logged in the last hour.
const DEFAULT_SINCE: TimeBound = TimeBound::Ago(3_600_000);

impl FetchOptions {
    /// Fills what was not given from the configuration.
    pub fn with_defaults(mut self, defaults: &FetchDefaults) -> Self {
        if self.asked.is_empty() {
            self.asked = defaults.asked.clone();
        }
        self.access = self.access.or(&defaults.access);
        self.stream_prefix = self.stream_prefix.or_else(|| defaults.stream_prefix.clone());
        self.since = self.since.or(defaults.since);
        self
    }

    /// The window, of which nothing lies in the future.
    ///
    /// # Errors
    /// If it is empty.
    pub(super) fn window(&self, now: Timestamp) -> Result<TimeRange, Error> {
        window(self.since, self.until, now)
    }

    /// Where events go. The command line always gives it.
    pub(super) fn store_dir(&self) -> PathBuf {
        self.store.clone().unwrap_or_default()
    }
}

/// The window between two bounds, of which nothing lies in the future.
///
/// # Errors
/// If it is empty.
pub(in crate::command) fn window(
    since: Option<TimeBound>,
    until: Option<TimeBound>,
    now: Timestamp,
) -> Result<TimeRange, Error> {
    let at = |bound: TimeBound| bound.resolve(Some(now)).unwrap_or(now);
    let window = TimeRange {
        from: at(since.unwrap_or(DEFAULT_SINCE)),
        // What has not happened yet cannot be asked for.
        to: until.map_or(now, at).min(now),
    };
    if window.is_empty() {
        return Err(Error::EmptyFetchWindow(window));
    }
    Ok(window)
}
