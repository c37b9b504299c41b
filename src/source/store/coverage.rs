//! What of a window a report can rest on.

use super::capture::Capture;
use super::group::LogGroup;
use super::reading::Store;
use crate::vocab::{TimeRange, gaps};

/// What a store does not have of a window.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// The times that were not fetched as a whole, sorted.
    pub missing: Vec<TimeRange>,
    /// Why not, as far as a fetch said so: each reason once.
    pub incomplete: Vec<String>,
}

impl Store {
    /// What of a window no whole segment of the group covers that is as wide as `capture`. Whether these are settled or
    /// damaged does not matter here.
    pub fn covered(&self, group: &LogGroup, window: TimeRange, capture: &Capture) -> Coverage {
        let covered: Vec<TimeRange> = self
            .overlapping(group, window)
            .filter(|segment| segment.is_whole() && segment.capture.is_as_wide_as(capture))
            .map(|segment| segment.range)
            .collect();
        let missing = gaps(window, &covered);
        let mut incomplete: Vec<String> = Vec::new();
        for segment in self.overlapping(group, window) {
            let Some(reason) = &segment.incomplete else {
                continue;
            };
            let is_about_it = missing.iter().any(|gap| gap.overlaps(segment.range));
            if is_about_it && !incomplete.contains(reason) {
                incomplete.push(reason.clone());
            }
        }
        Coverage { missing, incomplete }
    }
}
