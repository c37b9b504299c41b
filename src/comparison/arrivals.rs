//! When requests came.

use crate::dataset::Columns;

/// When each request came, in milliseconds, in order of time: the end of its invocation less its duration and the
/// initialisation that it waited for. Rows without a time are left out.
pub(super) fn arrivals(rows: &Columns) -> Vec<(usize, f64)> {
    let mut arrivals: Vec<(usize, f64)> = (0..rows.len())
        .filter_map(|row| {
            let ended = rows.ended_at.get(row).copied().flatten()?.as_epoch_millis() as f64;
            let took = rows.duration_us[row].saturating_add(rows.init_us[row].unwrap_or(0));
            Some((row, ended - took as f64 / 1000.0))
        })
        .collect();
    arrivals.sort_unstable_by(|a, b| a.1.total_cmp(&b.1).then(rows.row[a.0].cmp(&rows.row[b.0])));
    arrivals
}

/// Whether every row has a time.
pub(super) fn is_timed(rows: &Columns) -> bool {
    rows.ended_at.len() == rows.len() && rows.ended_at.iter().all(Option::is_some)
}
