//! How times are spread, drawn with block characters: one row of bars for each group, over one axis.

use super::aligned;
use super::scale::millis;
use super::table::{Cell, Table, text};
use super::terminal::Style;
use crate::stats::Sample;
use crate::summary::Shapes;
use crate::vocab::grouped;

/// The heights of bars, lowest first.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

const TITLE: &str = "total time, from left to right on a logarithmic scale";
const NOTE: &str =
    "each bar: how many requests took so long; the row's tallest is full, and blank means none";
const BOUNDS_NOTE: &str =
    "stopped: timeouts, which are in no bar, because how long they would have taken is not known";

/// Bars of the total time of groups, under the titles and labels of each; nothing where there is no terminal to draw them
/// on, or no time is known.
pub(super) fn bars(
    titles: &[&str],
    groups: impl IntoIterator<Item = (Vec<Cell>, Option<Sample>)>,
    style: Style,
) -> String {
    let (labels, samples): (Vec<Vec<Cell>>, Vec<Option<Sample>>) = groups.into_iter().unzip();
    let samples: Vec<Option<&Sample>> = samples.iter().map(Option::as_ref).collect();
    let drawn = style.width().and_then(|width| {
        let steps = (width / 3).clamp(12, 40);
        Shapes::of(&samples, steps).map(|shapes| (steps, shapes))
    });
    let Some((steps, shapes)) = drawn else {
        return String::new();
    };
    let has_bounds = samples.iter().flatten().any(|sample| sample.censored() > 0);
    let axis = axis(&shapes, steps);
    let bounds = has_bounds.then_some("stopped");
    let all: Vec<&str> = titles
        .iter()
        .copied()
        .chain([axis.as_str()])
        .chain(bounds)
        .collect();
    let mut table = Table::new(titles.len(), &all);
    for (mut row, shape) in labels.into_iter().zip(&shapes.shapes) {
        row.push(
            shape
                .as_ref()
                .map_or(Cell::Empty, |shape| text(row_of_bars(&shape.counts))),
        );
        if has_bounds {
            let bounds = shape
                .as_ref()
                .map(|shape| text(grouped(shape.lower_bounds as u64)));
            row.push(bounds.unwrap_or(Cell::Empty));
        }
        table.row(row);
    }
    let mut shown = format!("{}\n{}", style.strong(TITLE), aligned::table(&table, style));
    shown.push_str(&format!("{}\n", style.faint(NOTE)));
    if has_bounds {
        shown.push_str(&format!("{}\n", style.faint(BOUNDS_NOTE)));
    }
    shown
}

/// The ends of the axis, at the ends of so many columns.
fn axis(shapes: &Shapes, steps: usize) -> String {
    let (low, high) = (millis(shapes.low), format!("{} ms", millis(shapes.high)));
    match steps.checked_sub(low.len() + high.len()) {
        Some(room) if room > 2 => format!("{low}{}{high}", " ".repeat(room)),
        _ => format!("{low}–{high}"),
    }
}

/// A bar for each count, against the largest.
fn row_of_bars(counts: &[usize]) -> String {
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let bar = |count: usize| match (count * HEIGHTS.len()).div_ceil(most) {
        0 => ' ',
        height => HEIGHTS[height - 1],
    };
    counts.iter().map(|count| bar(*count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::table::name;

    fn drawn(columns: Option<usize>) -> String {
        let millis = |values: &[u32]| values.iter().map(|value| f64::from(*value) * 1000.0).collect();
        let sample = |values: &[u32], limits: &[u32]| Sample::with_censored(millis(values), millis(limits));
        let groups = [
            ("a", sample(&[100, 100, 100, 100, 200, 1_000], &[900])),
            ("bb", sample(&[1_000, 1_000], &[])),
            ("c", None),
        ];
        let style = Style {
            columns,
            ..Style::default()
        };
        let groups = groups.map(|(label, sample)| (vec![name(label)], sample));
        bars(&["model"], groups, style)
    }

    #[test]
    fn groups_stand_over_one_axis_and_what_was_stopped_beside_it() {
        assert_eq!(
            drawn(Some(60)),
            "total time, from left to right on a logarithmic scale\n\
             model  100         1,000 ms  stopped\n\
             a      █     ▂            ▂        1\n\
             bb                        █        0\n\
             c                         –        –\n\
             each bar: how many requests took so long; the row's tallest is full, and blank means none\n\
             stopped: timeouts, which are in no bar, because how long they would have taken is not known\n"
        );
        assert!(drawn(Some(30)).contains("\nmodel  100–1,000 ms  stopped\n"));
        assert_eq!(drawn(None), "");
    }
}
