//! The requests of one side in order of their arrival.

use super::arrivals::Arrivals;
use crate::dataset::Columns;
use crate::summary::{Failures, is_in_sample};

/// The rows that latency figures hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ordered {
    rows: Vec<u32>,
    /// Whether their order of arrival is known.
    pub(super) is_timed: bool,
}

impl Ordered {
    /// Of the rows of a side, which came so.
    pub(super) fn of(rows: &Columns, arrivals: &Arrivals, failures: Failures) -> Self {
        let is_in = |row: &usize| is_in_sample(rows, failures, *row);
        let mut in_order = Vec::with_capacity(rows.len());
        in_order.extend(arrivals.in_order_if_known().filter(is_in).map(|row| row as u32));
        Self {
            rows: in_order,
            is_timed: arrivals.in_order().is_some(),
        }
    }

    /// In order of arrival, or as they came if that is not known.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.rows.iter().map(|row| *row as usize)
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }
}
