//! What is asked of single requests in more than one check.

use crate::dataset::Columns;
use crate::invocation::{Outcome, StartType};

/// The starts of requests that waited for an initialisation or restore.
pub(super) const WAITED: [StartType; 3] = [StartType::Cold, StartType::Restored, StartType::InitRetried];

/// Whether a request waited for an initialisation or restore.
pub(super) fn has_waited(rows: &Columns, row: usize) -> bool {
    WAITED.iter().any(|start| rows.start[row] == *start as u32)
}

/// What the answered requests alone have of something: a function that was killed writes no record.
pub(super) fn answered<T>(
    rows: &Columns,
    value: impl Fn(usize) -> Option<T>,
) -> impl Iterator<Item = Option<T>> {
    let is_answered = |row: &usize| rows.outcome[*row] == Outcome::Success as u32;
    (0..rows.len()).filter(is_answered).map(value)
}
