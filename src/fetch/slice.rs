//! One slice: a stretch of time of one log group, and what fetching it needs and gives.

use tokio::sync::mpsc;

use super::groups::Target;
use super::intake::{Flow, Intake, Keep};
use super::pattern::{Holds, Patterns};
use super::scan::Scan;
use crate::source::store::{Finished, SegmentPlace, StoreError};
use crate::vocab::TimeRange;

/// A stretch of time of one log group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slice {
    /// Position of its group.
    pub(super) target: usize,
    pub(super) range: TimeRange,
    /// How often it was halved because its pages went round.
    pub(super) halvings: u8,
}

impl Slice {
    /// How often a slice is halved before it is given up.
    pub(super) const HALVINGS: u8 = 3;
}

/// What became of a slice.
#[derive(Debug)]
pub(super) enum SliceEnd {
    /// All of it was fetched.
    Whole(Finished),
    /// It holds much, and is fetched in these parts.
    Divided(Vec<TimeRange>),
    /// Its pages went round, and it is fetched in these parts.
    Halved(Vec<TimeRange>),
    /// Not all of it can be had, for this reason.
    Incomplete(Finished, String),
}

/// What all slices need.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) keep: Keep,
    pub(super) patterns: Patterns,
    pub(super) flow: Flow,
    pub(super) scan: Scan,
    pub(super) place: SegmentPlace,
    /// Where details go, if anybody wants them.
    pub(super) details: Option<mpsc::UnboundedSender<String>>,
}

impl Context {
    /// Begins to take in a slice.
    pub(super) fn intake(&self, target: &Target, range: TimeRange) -> Result<Intake<'_>, StoreError> {
        let writer = self.place.begin(&target.group, range)?;
        Ok(Intake::new(&self.keep, range, writer, &self.flow))
    }

    /// The pattern of each pass over a group; one pass without a pattern for all events.
    pub(super) fn patterns(&self, target: &Target) -> impl Iterator<Item = Option<&str>> {
        let passes = self.patterns.passes(Holds::of_group(&target.group.name));
        let everything = passes.is_empty().then_some(None);
        passes
            .iter()
            .map(|pattern| Some(pattern.as_str()))
            .chain(everything)
    }

    /// Tells a detail, if anybody wants it.
    pub(super) fn say(&self, line: impl FnOnce() -> String) {
        if let Some(details) = &self.details {
            // Who listened may be gone.
            let _ = details.send(line());
        }
    }
}
