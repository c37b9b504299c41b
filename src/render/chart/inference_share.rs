//! Which share of its duration each request spends on inference, a row for each model.

use super::frame::{Align, Label, Line, MARGIN, Point, Sheet, WIDTH};
use super::names::{KeyItem, key};
use super::palette::{self, AXIS, GRID};
use super::scale;
use super::text;
use super::{Chart, ChartError, MAX_SERIES, at_most, listed};
use crate::comparison::drawn::{BINS, InferenceShareOf, InferenceShares};

const LEFT: f64 = MARGIN + 6.0;
const RIGHT: f64 = WIDTH - MARGIN - 22.0;
/// The height of a row's bins.
const ROW: f64 = 52.0;
/// From the bins of one row to those of the next: room for a name.
const GAP: f64 = 34.0;
/// The widest name of a series.
const NAME: f64 = 190.0;

/// The bins of each series on one axis, with the median and the middle nine tenths.
///
/// # Errors
/// If there is no series or more than [`MAX_SERIES`].
pub fn inference_share(data: &InferenceShares) -> Result<Chart, ChartError> {
    let (sheet, height) = lay_out(data)?;
    sheet.finish(height, TITLE, alt(data), &words(data))
}

const TITLE: &str = "Share of inference in the duration of each request";

pub(super) fn lay_out(data: &InferenceShares) -> Result<(Sheet, f64), ChartError> {
    if data.series.is_empty() {
        return Err(ChartError::Empty);
    }
    at_most(data.series.len(), MAX_SERIES, "series")?;
    let remark = "Height: share of requests. Marker: median. Bar: from the 5th to the 95th percentile.";
    let mut sheet = Sheet::new(TITLE, remark);
    let x = |share: f64| {
        let place = (share - data.from) / (1.0 - data.from).max(f64::MIN_POSITIVE);
        LEFT + (RIGHT - LEFT) * place.clamp(0.0, 1.0)
    };
    let mut top = 76.0;
    let mut rows = Vec::new();
    for series in &data.series {
        let item = KeyItem {
            name: &series.name,
            note: format!(", {}", summary(series)),
            look: palette::of_place(series.place),
        };
        let bins = key(&mut sheet, (MARGIN, top), &[item], NAME) + 6.0;
        rows.push((series, bins));
        top = bins + ROW + GAP;
    }
    let bottom = top - GAP + 8.0;
    let plots: Vec<f64> = rows.iter().map(|(_, bins)| *bins).collect();
    axis(&mut sheet, data.from, &plots, bottom, x);
    let highest = data
        .series
        .iter()
        .flat_map(|series| &series.bins)
        .copied()
        .fold(0.0, f64::max);
    for (series, top) in rows {
        row(
            &mut sheet,
            series,
            top,
            if highest > 0.0 { highest } else { 1.0 },
            x,
        );
    }
    Ok((sheet, bottom + 48.0))
}

/// How many requests, and of which share a typical one is.
fn summary(series: &InferenceShareOf) -> String {
    let mut words = format!(
        "n {}: median {}",
        text::short(series.requests),
        text::percent(series.p50)
    );
    for (count, what) in [
        (series.timed_out, "timed out, left out"),
        (series.untold, "do not tell"),
        (series.below, "further left"),
    ] {
        if count > 0 {
            words.push_str(&format!("; {} {what}", text::short(count)));
        }
    }
    words
}

fn axis(sheet: &mut Sheet, from: f64, plots: &[f64], bottom: f64, x: impl Fn(f64) -> f64) {
    let (low, high) = (100.0 * from, 100.0);
    let step = scale::step(high - low, 5.0);
    let decimals = (-step.log10() - 1e-9).ceil().clamp(0.0, 4.0) as usize;
    for multiple in 0..=6 {
        let percent = high - f64::from(multiple) * step;
        if percent < low - 1e-6 {
            break;
        }
        let place = x(percent / 100.0);
        let text = format!("{percent:.decimals$} %");
        if sheet.label_if_spaced(Label::new((place, bottom + 13.0), &text, Align::Middle), 5.0) {
            for top in plots {
                sheet.vertical(place, *top, top + ROW + 10.0, GRID);
            }
        }
    }
    let middle = ((LEFT + RIGHT) / 2.0, bottom + 33.0);
    sheet.label_if_free(Label::new(middle, "inference over duration", Align::Middle));
}

fn row(sheet: &mut Sheet, series: &InferenceShareOf, top: f64, highest: f64, x: impl Fn(f64) -> f64) {
    let look = palette::of_place(series.place);
    let bottom = top + ROW;
    let edge = |bin: usize| (LEFT + (RIGHT - LEFT) * bin as f64 / BINS as f64).round();
    let mut points: Vec<Point> = Vec::new();
    for (bin, share) in series.bins.iter().enumerate().take(BINS) {
        if *share > 0.0 {
            let y = (bottom - (ROW * share / highest).max(1.0)).round();
            points.extend([
                (edge(bin), bottom),
                (edge(bin), y),
                (edge(bin + 1), y),
                (edge(bin + 1), bottom),
            ]);
        }
    }
    sheet.polygon(points, look.colour, 0.45);
    sheet.horizontal(LEFT, RIGHT, bottom, AXIS);
    let y = bottom + 6.0;
    sheet.line(Line {
        points: vec![(x(series.p5), y), (x(series.p95), y)],
        colour: look.colour,
        width: 2.4,
        dash: look.dash,
        fill: 0.0,
    });
    sheet.marker_on_line((x(series.p50), y), look);
}

/// What the figure finds: the share of a typical request.
fn alt(data: &InferenceShares) -> String {
    let each = data.series.iter().map(|series| {
        let (p5, p50, p95) = (
            text::percent(series.p5),
            text::percent(series.p50),
            text::percent(series.p95),
        );
        let name = text::in_words(&series.name);
        format!("{p50} for {name} (nine of ten between {p5} and {p95})")
    });
    format!("{TITLE}: typically {}", listed(each))
}

fn words(data: &InferenceShares) -> String {
    let each = data.series.iter().map(|series| {
        let name = text::in_words(&series.name);
        format!("{name}: {}.", summary(series))
    });
    each.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::trial::{self, HOSTILE, hostile_names};
    use super::*;

    fn series(name: &str, place: usize, peak: usize) -> InferenceShareOf {
        let bins = (0..BINS).map(|bin| {
            let away = bin.abs_diff(peak) as f64;
            if away < 9.0 {
                (0.1 * (-away / 3.0).exp() * 1e5).round() / 1e5
            } else {
                0.0
            }
        });
        InferenceShareOf {
            name: name.to_owned(),
            place,
            requests: 1194,
            timed_out: 3,
            untold: 2,
            below: 12,
            bins: bins.collect(),
            p5: 0.962,
            p50: 0.985,
            p95: 0.993,
        }
    }

    fn checked(name: &str, from: f64, series: Vec<InferenceShareOf>) -> (Vec<String>, String) {
        let data = InferenceShares { from, series };
        trial::checked(
            &format!("inference_share_{name}"),
            &data,
            lay_out,
            inference_share,
        )
    }

    #[test]
    fn every_row_says_what_is_typical() {
        let two = vec![series("claude-haiku", 0, 40), series("nova-lite", 1, 30)];
        let (texts, svg) = checked("typical", 0.95, two);
        let row = "nova-lite, n 1,194: median 98.5 %; 3 timed out, left out; 2 do not tell; 12 further left";
        assert!(texts.iter().any(|text| text == row), "{texts:?}");
        assert!(texts.iter().any(|text| text == "99 %"), "{texts:?}");
        assert!(svg.contains("typically 98.5 % for claude-haiku (nine of ten between 96.2 % and 99.30 %)"));
    }

    #[test]
    fn extremes_are_drawn() {
        let mut whole = series("all of it", 0, 47);
        whole.bins.fill(0.0);
        whole.bins[BINS - 1] = 1.0;
        (whole.p5, whole.p50, whole.p95) = (1.0, 1.0, 1.0);
        checked("whole", 0.999, vec![whole]);
        let mut none = series("nothing", 0, 0);
        (none.p5, none.p50, none.p95) = (0.0, 0.0, 0.0);
        let (texts, _) = checked("none", 0.0, vec![none]);
        assert!(texts.iter().any(|text| text == "20 %"), "{texts:?}");
        let empty = InferenceShares {
            from: 0.0,
            series: vec![],
        };
        assert_eq!(inference_share(&empty), Err(ChartError::Empty));
    }

    #[test]
    fn the_largest_figure_is_small_and_inert() {
        let of = |names: &[String]| -> Vec<InferenceShareOf> {
            let names = names.iter().enumerate();
            names
                .map(|(place, name)| series(name, place, 4 * place))
                .collect()
        };
        let (_, svg) = checked("largest", 0.5, of(&hostile_names()));
        assert!(svg.contains("&lt;script&gt;") && !svg.contains("<script"));
        checked("quotes", 0.5, of(&vec![HOSTILE[4].to_owned(); MAX_SERIES]));
        let (what, most) = ("series", MAX_SERIES);
        let data = InferenceShares {
            from: 0.5,
            series: vec![series("a", 0, 3); MAX_SERIES + 1],
        };
        assert_eq!(inference_share(&data), Err(ChartError::TooMany { what, most }));
    }
}
