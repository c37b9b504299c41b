//! What must hold, and who breaks it. A rule is broken only where chance does not explain it: where the exact limit
//! of Clopper and Pearson, at 99.5 %, lies beyond what is asked for.

use latscope::stats::{Confidence, Proportion};

use super::gates::{Gates, MARGINS};
use super::intervals::{Cell, Count};
use super::methods::Method;

/// Of the intervals with finite ends so many must hold the truth.
pub(crate) const COVERAGE: f64 = 0.94;
/// Of the gates whose threshold is not exceeded at most so many may fail: what one end of an interval leaves.
pub(crate) const FAILURES: f64 = 0.025;
/// The width over that of MOVER is at most so much in the mean over the sources, at [`MOVER_SIZES`]: the earlier
/// simulation found MOVER's to be 1.00 to 1.30 of it. The last half per cent is for chance.
pub(crate) const OF_MOVER: f64 = 1.005;
/// The sizes of the earlier simulation.
pub(crate) const MOVER_SIZES: [usize; 4] = [100, 300, 1000, 10_000];
/// The width over that of the percentile bootstrap is at most so much in the mean over the sources, from [`LARGE`]
/// requests on: the earlier simulation found the bootstrap's to be 0.93 to 1.00 of it.
pub(crate) const OF_BOOTSTRAP: f64 = 1.0 / 0.93;
/// See [`OF_BOOTSTRAP`].
pub(crate) const LARGE: usize = 1000;

fn limits(count: u64, total: u64) -> (f64, f64) {
    let proportion = Proportion::new(count, total).unwrap();
    let interval = proportion.clopper_pearson(Confidence::C99);
    (interval.low.unwrap(), interval.high.unwrap())
}

fn name(cell: &Cell) -> String {
    format!("{}, n = {}, {}", cell.source, cell.n, cell.p.label())
}

/// The cells in which too few of a method's finite intervals hold the truth.
pub(crate) fn too_often_wrong(cells: &[Cell], method: Method) -> Vec<String> {
    let is_wrong = |cell: &&Cell| {
        let count = cell.of(method);
        count.finite > 0 && limits(count.covered, count.finite).1 < COVERAGE
    };
    let told = |cell: &Cell| {
        let count = cell.of(method);
        format!(
            "{}: {} of {} hold the truth",
            name(cell),
            count.covered,
            count.finite
        )
    };
    cells.iter().filter(is_wrong).map(told).collect()
}

/// The same of all cells of one size and quantile together.
pub(crate) fn too_often_wrong_together(cells: &[&Cell], method: Method) -> Option<String> {
    let total = |of: fn(&Count) -> u64| cells.iter().map(|cell| of(cell.of(method))).sum();
    let (covered, finite): (u64, u64) = (total(|count| count.covered), total(|count| count.finite));
    let is_wrong = finite > 0 && limits(covered, finite).1 < COVERAGE;
    is_wrong.then(|| format!("{covered} of {finite} hold the truth"))
}

/// How wide the program's finite intervals are, over those of another method.
pub(crate) fn relative_width(cell: &Cell, other: Method) -> Option<f64> {
    let (ours, other) = (cell.of(Method::Independent), cell.of(other));
    let has_width = ours.finite > 0 && other.finite > 0 && other.mean_width() > 0.0;
    has_width.then(|| ours.mean_width() / other.mean_width())
}

/// The mean of [`relative_width`] over the sources.
pub(crate) fn mean_relative_width(cells: &[&Cell], other: Method) -> Option<f64> {
    let widths: Vec<f64> = cells
        .iter()
        .filter_map(|cell| relative_width(cell, other))
        .collect();
    (!widths.is_empty()).then(|| widths.iter().sum::<f64>() / widths.len() as f64)
}

/// The sizes and quantiles at which the program's intervals are too wide in the mean over the sources.
pub(crate) fn too_wide(cells: &[Cell]) -> Vec<String> {
    let mut wide = Vec::new();
    for together in by_size(cells) {
        let (n, p) = (together[0].n, together[0].p);
        let mut check = |method: Method, most: f64| {
            let width = mean_relative_width(&together, method).filter(|width| *width > most);
            wide.extend(
                width.map(|width| format!("n = {n}, {}: {width:.3} of {}", p.label(), method.name())),
            );
        };
        if MOVER_SIZES.contains(&n) {
            check(Method::Mover, OF_MOVER);
        }
        if n >= LARGE && together[0].has(Method::Bootstrap) {
            check(Method::Bootstrap, OF_BOOTSTRAP);
        }
    }
    wide
}

/// The cells of each size and quantile.
pub(crate) fn by_size(cells: &[Cell]) -> Vec<Vec<&Cell>> {
    let mut groups: Vec<Vec<&Cell>> = Vec::new();
    for cell in cells {
        match groups
            .iter_mut()
            .find(|group| (group[0].n, group[0].p) == (cell.n, cell.p))
        {
            Some(group) => group.push(cell),
            None => groups.push(vec![cell]),
        }
    }
    groups
}

/// The gates that fail too often although their threshold is not exceeded.
pub(crate) fn failing_too_often(gates: &[Gates]) -> Vec<String> {
    let mut found = Vec::new();
    for gates in gates {
        for (margin, outcomes) in MARGINS.into_iter().zip(&gates.outcomes) {
            let is_true = gates.change <= margin + 1e-12;
            if is_true && limits(outcomes.failed, outcomes.runs).0 > FAILURES {
                found.push(format!(
                    "{}, n = {}, {} > +{:.0} %: {} of {} fail",
                    gates.source,
                    gates.n,
                    gates.p.label(),
                    100.0 * margin,
                    outcomes.failed,
                    outcomes.runs
                ));
            }
        }
    }
    found
}
