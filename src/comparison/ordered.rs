//! The requests of one side in order of their arrival.

use super::arrivals::Arrivals;
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
    /// Of the rows of a side, which came so.
    pub(super) fn of(rows: &Columns, arrivals: &Arrivals, failures: Failures) -> Self {
        let is_in = |row: &usize| is_in_sample(rows, failures, *row);
        Self {
            rows: arrivals.in_order_if_known().filter(is_in).collect(),
            is_timed: arrivals.in_order().is_some(),
        }
    }
}
