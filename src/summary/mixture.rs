//! What varies inside a group though nobody grouped by it.

use std::collections::BTreeMap;

use crate::dataset::{Columns, Key, Optional};

/// A property that takes several values inside one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mixture {
    /// The property.
    pub key: Key,
    /// Its values and how many invocations have each, most first; `None` where it is not known.
    pub values: Vec<(Option<u32>, usize)>,
}

/// The properties that are mixed in these rows, of those that make latencies incomparable.
pub fn mixtures(rows: &Columns) -> Vec<Mixture> {
    [
        (Key::Function, &rows.function),
        (Key::Version, &rows.version),
        (Key::Region, &rows.region),
        (Key::Memory, &rows.memory_mb),
    ]
    .into_iter()
    .map(|(key, column)| Mixture {
        key,
        values: value_counts(column),
    })
    .filter(|mixture| mixture.values.len() > 1)
    .collect()
}

/// The distinct values of a column and how often each occurs, most first.
pub fn value_counts(column: &Optional<u32>) -> Vec<(Option<u32>, usize)> {
    let mut counts: BTreeMap<Option<u32>, usize> = BTreeMap::new();
    for (value, count) in column.runs() {
        *counts.entry(value).or_default() += count;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|&(value, count)| (std::cmp::Reverse(count), value));
    counts
}
