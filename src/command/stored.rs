//! What of a store is read.

use std::path::{Path, PathBuf};

use super::error::Error;
use super::load::Common;
use crate::dataset::Window;
use crate::render::shown_time;
use crate::source::Located;
use crate::source::store::{Segment, Store};
use crate::summary::Warning;
use crate::vocab::{TimeRange, Timestamp, gaps};

/// How long before the window an invocation may have begun that ends in it: Lambda's longest time limit. What was
/// fetched of that time tells how it began.
const LEAD_MS: i64 = 15 * 60_000;

/// The files of a store that are read, and what is to be said about them.
#[derive(Debug)]
pub(super) struct Chosen {
    dir: PathBuf,
    pub(super) files: Vec<Located>,
    /// The window of the latest fetch; open if another was asked for.
    pub(super) window: Window,
    pub(super) warnings: Vec<Warning>,
}

/// Chooses the segments of a store: those of the window of the latest fetch, or all if another window is asked for.
///
/// # Errors
/// If there is no store, nothing was fetched into it, or a segment is damaged.
pub(super) fn choose(dir: &Path, has_window: bool, mapping: &[String]) -> Result<Chosen, Error> {
    // A fetch that goes on meanwhile replaces segments; then what the store holds has changed.
    match choose_once(dir, has_window, mapping) {
        Err(Error::DamagedSegment { .. }) => choose_once(dir, has_window, mapping),
        other => other,
    }
}

fn choose_once(dir: &Path, has_window: bool, mapping: &[String]) -> Result<Chosen, Error> {
    let store = Store::open(dir)?.ok_or(Error::NoInput)?;
    let Some(latest) = store.latest_fetch() else {
        return Err(Error::NothingFetched(dir.to_owned()));
    };
    let window = (!has_window).then_some(latest.window);
    let reach = window.map(|window| TimeRange {
        from: Timestamp::from_epoch_millis(window.from.as_epoch_millis().saturating_sub(LEAD_MS)),
        ..window
    });
    let segments: Vec<&Segment> = store
        .segments()
        .iter()
        .filter(|segment| reach.is_none_or(|reach| segment.range.overlaps(reach)))
        .collect();
    let mut files = Vec::new();
    for segment in &segments {
        store.check(segment).map_err(|damage| Error::DamagedSegment {
            file: dir.join(&segment.file),
            damage: damage.to_string(),
        })?;
        files.extend(store.path(segment).map(|path| Located { path, argument: 0 }));
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let mut warnings = Vec::new();
    if let Some(window) = window {
        let missing = latest
            .groups
            .iter()
            .map(|group| missing_ms(&segments, group, window))
            .max()
            .unwrap_or_default();
        if missing > 0 || !latest.complete {
            warnings.push(Warning::NotAllFetched {
                missing_ms: missing,
                window_ms: window.millis(),
                reasons: latest.incomplete.clone(),
            });
        }
    }
    if segments
        .iter()
        .any(|segment| segment.capture.timing_keys != mapping)
    {
        warnings.push(Warning::OtherTimingKeys);
    }
    Ok(Chosen {
        dir: dir.to_owned(),
        files,
        window: window.map_or_else(Window::default, |window| Window {
            since: Some(window.from),
            until: Some(window.to),
        }),
        warnings,
    })
}

/// How much of a window no segment of a group covers.
fn missing_ms(segments: &[&Segment], group: &crate::source::store::LogGroup, window: TimeRange) -> i64 {
    let covered: Vec<TimeRange> = segments
        .iter()
        .filter(|segment| segment.group == *group)
        .map(|segment| segment.range)
        .collect();
    gaps(window, &covered).into_iter().map(TimeRange::millis).sum()
}

impl Chosen {
    /// Which window is read, where it is not the one that was asked for.
    pub(super) fn line(&self, common: &Common) -> Option<String> {
        let (since, until) = (self.window.since?, self.window.until?);
        Some(format!(
            "Store {}: the window of the latest fetch, {} to {}",
            self.dir.display(),
            shown_time(since, common.is_local),
            shown_time(until, common.is_local)
        ))
    }
}
