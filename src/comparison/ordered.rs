//! The requests of one side in order of their arrival.

use super::arrivals::{arrivals, is_timed};
use crate::dataset::Columns;
use crate::summary::{Failures, is_in_sample};

/// The rows that latency figures hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ordered {
    /// In order of arrival, or as they came if that is not known.
    pub(super) rows: Vec<usize>,
    /// Whether their order of arrival is known.
    pub(super) is_timed: bool,
}

impl Ordered {
    /// Of these invocations.
    pub(super) fn of(rows: &Columns, failures: Failures) -> Self {
        let is_timed = is_timed(rows);
        let in_order: Vec<usize> = match is_timed {
            true => arrivals(rows).into_iter().map(|(row, _)| row).collect(),
            false => (0..rows.len()).collect(),
        };
        let is_in = |row: &usize| is_in_sample(rows, failures, *row);
        Self {
            rows: in_order.into_iter().filter(is_in).collect(),
            is_timed,
        }
    }
}
