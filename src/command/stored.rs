//! What of a store is read.

use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use super::error::Error;
use super::load::Common;
use crate::dataset::{TimeBound, Window};
use crate::render::shown_time;
use crate::source::Located;
use crate::source::store::{Coverage, Fetch, LogGroup, Segment, Store};
use crate::summary::Warning;
use crate::vocab::{TimeRange, Timestamp, counted, gaps};

/// How long before the window an invocation may have begun that ends in it: Lambda's longest time limit. What was
/// fetched of that time tells how it began.
const LEAD_MS: i64 = 15 * 60_000;

/// A window as it was asked for.
pub(super) type Asked = (Option<TimeBound>, Option<TimeBound>);

/// The files of a store that are read, and what is to be said about them.
#[derive(Debug)]
pub(super) struct Chosen {
    dir: PathBuf,
    pub(super) files: Vec<Located>,
    /// The window of the latest fetch; open if another was asked for.
    pub(super) window: Window,
    pub(super) warnings: Vec<Warning>,
    groups: usize,
    /// Log groups that have events in the window and are not read.
    others: usize,
}

/// Chooses the segments of a store: those of the latest fetch, its window and its log groups, or all if windows are asked
/// for. `mapping` are the keys of timing records that are configured; segments are checked on so many threads.
///
/// # Errors
/// If there is no store, nothing was fetched into it, or a segment is damaged.
pub(super) fn choose(
    dir: &Path,
    asked: &[Asked],
    mapping: &[String],
    threads: usize,
) -> Result<Chosen, Error> {
    let store = Store::open(dir)?.ok_or(Error::NoInput)?;
    let Some(latest) = store.latest_fetch() else {
        return Err(Error::NothingFetched(dir.to_owned()));
    };
    let of_latest = |segment: &&Segment| latest.groups.iter().any(|group| group.is_same(&segment.group));
    let window = asked.is_empty().then_some(latest.window);
    let reach = window.map(|window| TimeRange {
        from: window.from.after_millis(-LEAD_MS),
        ..window
    });
    let in_reach: Vec<&Segment> = store
        .segments()
        .iter()
        .filter(|segment| reach.is_none_or(|reach| segment.range.overlaps(reach)))
        .collect();
    let segments: Vec<&Segment> = in_reach
        .iter()
        .copied()
        .filter(|segment| window.is_none() || of_latest(segment))
        .collect();
    let groups = groups_of(&segments);
    let mut warnings = Vec::new();
    warnings.extend(not_all_fetched(&store, latest, asked, &segments));
    if segments
        .iter()
        .any(|segment| is_of_other_keys(segment, &segments, mapping))
    {
        warnings.push(Warning::OtherTimingKeys);
    }
    Ok(Chosen {
        dir: dir.to_owned(),
        files: files(&store, &segments, threads)?,
        window: window.map_or_else(Window::default, |window| Window {
            since: Some(window.from),
            until: Some(window.to),
        }),
        warnings,
        groups: groups.len(),
        others: groups_of(&in_reach).len() - groups.len(),
    })
}

/// The doubt about what of the windows the store lacks, of the log group that lacks the most. A group that was never
/// fetched in a window is not asked about there, unless the latest fetch was about it.
fn not_all_fetched(store: &Store, latest: &Fetch, asked: &[Asked], segments: &[&Segment]) -> Option<Warning> {
    let in_windows: Vec<(&LogGroup, TimeRange)> = match asked {
        [] => latest.groups.iter().map(|group| (group, latest.window)).collect(),
        asked => asked
            .iter()
            .filter_map(|asked| resolved(asked, segments))
            .flat_map(|window| {
                let there = segments.iter().filter(|segment| segment.range.overlaps(window));
                let groups = groups_of(&there.copied().collect::<Vec<_>>());
                groups.into_iter().map(move |group| (group, window))
            })
            .collect(),
    };
    let (coverage, window) = in_windows
        .into_iter()
        .map(|(group, window)| (store.covered(group, window, &latest.capture), window))
        .max_by_key(|(coverage, _)| missing_ms(coverage))
        .filter(|(coverage, _)| missing_ms(coverage) > 0)
        .or_else(|| {
            let is_doubted = asked.is_empty() && !latest.complete;
            is_doubted.then(|| (Coverage::default(), latest.window))
        })?;
    Some(Warning::NotAllFetched {
        missing_ms: missing_ms(&coverage),
        window_ms: window.millis(),
        reasons: match coverage.incomplete.is_empty() && window == latest.window {
            true => latest.incomplete.clone(),
            false => coverage.incomplete,
        },
    })
}

/// The files, the newest first: where segments hold the same events, the first that is read counts.
fn files(store: &Store, segments: &[&Segment], threads: usize) -> Result<Vec<Located>, Error> {
    let mut files = Vec::new();
    let checked = on_threads(segments, threads, |segment| store.check(segment));
    for (segment, checked) in segments.iter().zip(checked).rev() {
        checked.map_err(|damage| Error::DamagedSegment {
            file: store.dir().join(&segment.file),
            damage: damage.to_string(),
            group: segment.group.name.clone(),
            range: segment.range,
        })?;
        files.extend(store.path(segment).map(|path| Located {
            path,
            argument: 0,
            is_verified: true,
        }));
    }
    Ok(files)
}

/// What is found of each, looked for on at most so many threads.
fn on_threads<T: Sync, R: Send>(all: &[T], threads: usize, find: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let find_in = |part: &[T]| -> Vec<R> { part.iter().map(&find).collect() };
    let mut parts = all.chunks(all.len().div_ceil(threads.max(1)).max(1));
    let Some(own) = parts.next() else {
        return Vec::new();
    };
    thread::scope(|scope| {
        let others: Vec<_> = parts.map(|part| scope.spawn(|| find_in(part))).collect();
        let mut found = find_in(own);
        for other in others {
            found.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        found
    })
}

fn groups_of<'s>(segments: &[&'s Segment]) -> Vec<&'s LogGroup> {
    let mut groups: Vec<&LogGroup> = Vec::new();
    for segment in segments {
        if !groups.iter().any(|group| group.is_same(&segment.group)) {
            groups.push(&segment.group);
        }
    }
    groups
}

/// A window that was asked for, in which an end that is open is that of the store; relative times count back from its
/// newest event, as they do when the events are read.
fn resolved((since, until): &Asked, segments: &[&Segment]) -> Option<TimeRange> {
    let newest = segments.iter().filter_map(|segment| segment.last).max();
    let from = segments.iter().map(|segment| segment.range.from).min()?;
    let to = segments.iter().map(|segment| segment.range.to).max()?;
    let at = |bound: &Option<TimeBound>, open: Timestamp| match bound {
        Some(bound) => bound.resolve(newest),
        None => Some(open),
    };
    let window = TimeRange::new(at(since, from)?, at(until, to)?);
    (!window.is_empty()).then_some(window)
}

fn missing_ms(coverage: &Coverage) -> i64 {
    coverage.missing.iter().map(|range| range.millis()).sum()
}

/// Whether a segment was fetched with other keys than those that are configured, and no other segment of the same time
/// with these.
fn is_of_other_keys(segment: &Segment, segments: &[&Segment], mapping: &[String]) -> bool {
    if segment.capture.timing_keys == mapping {
        return false;
    }
    let with_these: Vec<TimeRange> = segments
        .iter()
        .filter(|other| other.group.is_same(&segment.group) && other.capture.timing_keys == mapping)
        .map(|other| other.range)
        .collect();
    !gaps(segment.range, &with_these).is_empty()
}

impl Chosen {
    /// What is read, where nothing else was asked for.
    pub(super) fn line(&self, common: &Common) -> Option<String> {
        let (since, until) = (self.window.since?, self.window.until?);
        let mut line = format!(
            "Store {}: the window of the latest fetch, {} to {}, {}",
            self.dir.display(),
            shown_time(since, common.is_local),
            shown_time(until, common.is_local),
            counted(self.groups as u64, "log group")
        );
        if self.others > 0 {
            let others = counted(self.others as u64, "other log group");
            line.push_str(&format!("; --since or --until reads {others} too"));
        }
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn as_many_threads_as_are_allowed_and_every_answer_in_its_place() {
        for threads in 1..6 {
            for count in 0..9 {
                let all: Vec<usize> = (0..count).collect();
                let found = on_threads(&all, threads, |of| (*of, thread::current().id()));
                let (order, ids): (Vec<usize>, HashSet<_>) = found.into_iter().unzip();
                assert_eq!(order, all);
                assert!(ids.len() <= threads.min(count), "{count} on {threads}: {ids:?}");
                assert!(threads > 1 || ids.iter().all(|id| *id == thread::current().id()));
            }
        }
        let found = on_threads(&[1, 2, 3, 4], 2, |_| thread::current().id());
        assert!(found[0] == found[1] && found[2] == found[3] && found[0] != found[2]);
    }
}
