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
    mixtures_of(&value_counts_of(rows))
}

/// How often each value occurs of what makes latencies incomparable.
pub(super) fn value_counts_of(rows: &Columns) -> BTreeMap<Key, BTreeMap<Option<u32>, usize>> {
    let columns = [
        (Key::Function, &rows.function),
        (Key::Version, &rows.version),
        (Key::Region, &rows.region),
        (Key::Memory, &rows.memory_mb),
    ];
    columns.map(|(key, column)| (key, counts(column))).into()
}

/// The properties of which there are several values.
pub(super) fn mixtures_of(counts: &BTreeMap<Key, BTreeMap<Option<u32>, usize>>) -> Vec<Mixture> {
    [Key::Function, Key::Version, Key::Region, Key::Memory]
        .into_iter()
        .filter_map(|key| Some((key, counts.get(&key)?)))
        .filter(|(_, counts)| counts.len() > 1)
        .map(|(key, counts)| Mixture {
            key,
            values: most_first(counts),
        })
        .collect()
}

fn counts(column: &Optional<u32>) -> BTreeMap<Option<u32>, usize> {
    let mut counts: BTreeMap<Option<u32>, usize> = BTreeMap::new();
    let (mut last, mut count) = (None, 0);
    column.each(0..column.len(), |_, value| {
        if value != last {
            *counts.entry(last).or_default() += count;
            (last, count) = (value, 0);
        }
        count += 1;
    });
    *counts.entry(last).or_default() += count;
    counts.retain(|_, count| *count > 0);
    counts
}

fn most_first(counts: &BTreeMap<Option<u32>, usize>) -> Vec<(Option<u32>, usize)> {
    let mut counts: Vec<_> = counts.iter().map(|(value, count)| (*value, *count)).collect();
    counts.sort_by_key(|&(value, count)| (std::cmp::Reverse(count), value));
    counts
}

/// The distinct values of a column and how often each occurs, most first.
pub fn value_counts(column: &Optional<u32>) -> Vec<(Option<u32>, usize)> {
    most_first(&counts(column))
}
