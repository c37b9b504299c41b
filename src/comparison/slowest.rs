//! The slowest requests of a side, to be looked up.

use super::side::Side;
use crate::dataset::{Columns, Optional};
use crate::invocation::{Outcome, StartType};
use crate::summary::{Failures, Metric, RowInference, inference_of, is_in_sample, value_of};
use crate::vocab::Timestamp;

/// How many of a side are listed.
pub const SLOWEST: usize = 10;

/// A request that took long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlowRequest {
    /// Its position in the dataset.
    pub row: u32,
    /// Total time in microseconds.
    pub total_us: u64,
    /// Whether it timed out, so that it would have taken longer.
    pub is_timeout: bool,
    /// Inference time in microseconds, if it can be true.
    pub inference_us: Option<u64>,
    /// How it started.
    pub start: StartType,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Its function, a position in the names.
    pub function: Option<u32>,
    /// Its region, a position in the names.
    pub region: Option<u32>,
}

/// The slowest requests of a side, the longest first; of equal ones timeouts, and then the earlier, first. None of a saved
/// side, of which no ids are kept.
pub(super) fn slowest(side: &Side, failures: Failures) -> Vec<SlowRequest> {
    if side.is_saved {
        return Vec::new();
    }
    let rows = &side.rows;
    // Those found so far, the slowest first.
    let mut found: Vec<(u64, bool, usize)> = Vec::with_capacity(SLOWEST + 1);
    for row in (0..rows.len()).filter(|&row| is_in_sample(rows, failures, row)) {
        let Some((total, is_timeout)) = value_of(rows, row, Metric::Total) else {
            continue;
        };
        let rank = (total, is_timeout);
        if found.len() == SLOWEST && found.last().is_some_and(|last| (last.0, last.1) >= rank) {
            continue;
        }
        let place = found.partition_point(|other| (other.0, other.1) >= rank);
        found.insert(place, (total, is_timeout, row));
        found.truncate(SLOWEST);
    }
    found
        .into_iter()
        .map(|(_, _, row)| slow_request(rows, row))
        .collect()
}

fn slow_request(rows: &Columns, row: usize) -> SlowRequest {
    let name = |column: &Optional<u32>| column.get(row);
    SlowRequest {
        row: rows.row[row],
        total_us: rows.duration_us[row].saturating_add(rows.init_us.get(row).unwrap_or(0)),
        is_timeout: rows.outcome[row] == Outcome::Timeout as u32,
        inference_us: match inference_of(rows, row) {
            RowInference::Known(inference) => Some(inference),
            RowInference::OverDuration | RowInference::Unknown => None,
        },
        start: StartType::ALL[rows.start[row] as usize],
        ended_at: rows.ended_at[row],
        function: name(&rows.function),
        region: name(&rows.region),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::side::Identity;

    #[test]
    fn the_longest_come_first_and_the_earlier_of_equal_ones() {
        let count = 40;
        let mut rows = Columns {
            duration_us: (0..count as u64).map(|n| 1000 + n / 2).collect(),
            ..Columns::blank(count)
        };
        rows.outcome[37] = Outcome::Timeout as u32;
        rows.outcome[39] = Outcome::Error as u32;
        rows.init_us.set(0, Some(5000));
        let side = Side::of_rows(Identity::default(), rows, Failures::Apart);
        let found = slowest(&side, Failures::Apart);
        let listed: Vec<u32> = found.iter().map(|request| request.row).collect();
        assert_eq!(listed, [0, 38, 37, 36, 34, 35, 32, 33, 30, 31]);
        assert!(found[2].is_timeout && found[0].total_us == 6000);
        assert_eq!(slowest(&side, Failures::Included)[1].row, 38);
    }
}
