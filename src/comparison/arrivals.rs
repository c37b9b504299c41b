//! When requests came.

use crate::dataset::Columns;

/// The requests of a side in order of their arrival: the end of the invocation less its duration and the
/// initialisation that it waited for.
#[derive(Debug, Clone, Default)]
pub struct Arrivals {
    /// Positions in the side's rows. Rows without a time are left out.
    rows: Vec<u32>,
    /// When each of them came, in milliseconds since the epoch.
    at_ms: Vec<f64>,
    /// How many rows there are.
    all: usize,
}

impl Arrivals {
    /// The arrivals of these rows.
    pub fn of(rows: &Columns) -> Self {
        let arrival = |at: u32| {
            let row = at as usize;
            let ended = rows.ended_at.get(row).copied().flatten()?.as_epoch_millis() as f64;
            let took = rows.duration_us[row].saturating_add(rows.init_us.get(row).unwrap_or(0));
            Some((at, ended - took as f64 / 1000.0))
        };
        let mut arrivals: Vec<(u32, f64)> = Vec::with_capacity(rows.len());
        arrivals.extend((0_u32..).take(rows.len()).filter_map(arrival));
        // Stable, for rows are nearly in order and those that came at one time stay in it.
        let place = |at: u32| rows.row.get(at as usize);
        arrivals.sort_by(|a, b| a.1.total_cmp(&b.1).then_with(|| place(a.0).cmp(&place(b.0))));
        Self {
            all: rows.len(),
            rows: arrivals.iter().map(|(row, _)| *row).collect(),
            at_ms: arrivals.into_iter().map(|(_, at)| at).collect(),
        }
    }

    /// The positions of all rows in order of arrival; `None` if one has no time.
    pub fn in_order(&self) -> Option<impl Iterator<Item = usize> + '_> {
        let is_complete = self.rows.len() == self.all;
        is_complete.then(|| self.rows.iter().map(|&row| row as usize))
    }

    /// The positions of all rows, in order of arrival if that is known of each.
    pub fn in_order_if_known(&self) -> impl Iterator<Item = usize> + '_ {
        let in_order = self.in_order();
        let as_they_come = 0..if in_order.is_some() { 0 } else { self.all };
        in_order.into_iter().flatten().chain(as_they_come)
    }

    /// The positions of the rows that have a time, in order of arrival, and when they came in milliseconds since the
    /// epoch.
    pub fn timed(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.rows
            .iter()
            .map(|&row| row as usize)
            .zip(self.at_ms.iter().copied())
    }

    /// When they came, in milliseconds since the epoch, ascending; `None` if one has no time.
    pub fn times_ms(&self) -> Option<&[f64]> {
        (self.rows.len() == self.all).then_some(&self.at_ms)
    }
}
