//! What a thousand requests cost against p95, a point for each model.

use super::frame::{Align, Area, Label, Line, MARGIN, Point, Sheet, WIDTH};
use super::names::{KeyItem, key, name_beside};
use super::obstacles::Obstacles;
use super::palette::{self, AXIS, GRID, Look};
use super::scale;
use super::text::{self, SMALL};
use super::{Chart, ChartError, MAX_SERIES, at_most, listed};
use crate::comparison::drawn::{CostPoint, CostPoints};

const HEIGHT: f64 = 250.0;
const RIGHT: f64 = WIDTH - MARGIN - 10.0;
/// The widest name of a series.
const NAME: f64 = 190.0;
/// Beyond this many times the largest estimate an interval is cut.
const CUT: f64 = 1.6;

/// A point for each model with the intervals of its cost and of its p95. Where a bound is not known the bar ends in an
/// arrow. A model without a price is named below.
///
/// # Errors
/// If there is no point or more than [`MAX_SERIES`].
pub fn cost(data: &CostPoints) -> Result<Chart, ChartError> {
    let (sheet, height) = lay_out(data)?;
    sheet.finish(height, TITLE, alt(data), &words(data))
}

const TITLE: &str = "Cost of 1,000 requests against p95 of total time";

pub(super) fn lay_out(data: &CostPoints) -> Result<(Sheet, f64), ChartError> {
    if data.points.is_empty() {
        return Err(ChartError::Empty);
    }
    at_most(data.points.len(), MAX_SERIES, "series")?;
    // Names stand at their points if all of them find room there, else in a key.
    Ok(drawn(data, false)
        .or_else(|| drawn(data, true))
        .unwrap_or_default())
}

/// The end of an axis from 0 that holds all estimates, and intervals unless they are much longer.
fn end(estimates: impl Iterator<Item = f64>, bounds: impl Iterator<Item = f64>) -> f64 {
    let estimate = estimates.fold(0.0, f64::max);
    let bound = bounds.fold(estimate, f64::max);
    let end = bound.min(CUT * estimate) * 1.12;
    if end > 0.0 { end } else { 1.0 }
}

fn drawn(data: &CostPoints, has_key: bool) -> Option<(Sheet, f64)> {
    let prices = format!("{}, prices of {}", data.architecture, data.date);
    let remark = format!("{prices}. Bars: 95 % intervals. Cheaper is left, faster is below.");
    let mut sheet = Sheet::new(TITLE, &remark);
    let mut top = 72.0;
    if has_key {
        let items: Vec<KeyItem<'_>> = data
            .points
            .iter()
            .map(|point| KeyItem {
                name: &point.name,
                note: format!(": {}", values(point)),
                look: palette::of_place(point.place),
            })
            .collect();
        top = key(&mut sheet, (MARGIN, top), &items, NAME) + 12.0;
    }
    let points = || data.points.iter();
    let usd = end(
        points().map(|point| point.usd),
        points().filter_map(|point| Some(point.usd_interval?[1])),
    );
    let time = end(
        points().map(|point| point.p95_ms),
        points().filter_map(|point| point.high_ms),
    );
    let (mut ticks, unit) = scale::linear(0.0, time, 5.0);
    for tick in &mut ticks {
        tick.label = format!("{} {unit}", tick.label);
    }
    let widest = ticks.iter().map(|tick| text::width(&tick.label, SMALL, false));
    let area = Area {
        left: (MARGIN + widest.fold(0.0, f64::max) + 8.0).ceil(),
        top,
        right: RIGHT,
        bottom: top + HEIGHT,
    };
    let at = |x: f64, y: f64| -> Point {
        let x = area.left + (area.right - area.left) * (x / usd).clamp(0.0, 1.0);
        (x, area.bottom - HEIGHT * (y / time).clamp(0.0, 1.0))
    };
    for tick in ticks {
        let y = at(0.0, tick.value).1;
        let colour = if tick.value == 0.0 { AXIS } else { GRID };
        sheet.horizontal(area.left, area.right, y, colour);
        sheet.label_if_free(Label::new((area.left - 8.0, y), &tick.label, Align::Right));
    }
    let step = scale::step(usd, 6.0);
    let decimals = (-step.log10() - 1e-9).ceil().clamp(0.0, 6.0) as usize;
    for multiple in 0..=7 {
        let value = f64::from(multiple) * step;
        if value > usd {
            break;
        }
        let x = at(value, 0.0).0;
        let label = match decimals {
            0 => format!("${}", text::whole(value)),
            _ => format!("${value:.decimals$}"),
        };
        if sheet.label_if_spaced(Label::new((x, area.bottom + 15.0), &label, Align::Middle), 5.0) {
            sheet.vertical(x, area.top, area.bottom + 4.0, GRID);
        }
    }
    let middle = ((area.left + area.right) / 2.0, area.bottom + 37.0);
    sheet.label_if_free(Label::new(middle, "US dollars for 1,000 requests", Align::Middle));
    let mut obstacles = Obstacles::default();
    for point in points() {
        bars(&mut sheet, &mut obstacles, point, (usd, time), &at);
    }
    for point in points() {
        let place = at(point.usd, point.p95_ms);
        sheet.marker_on_line(place, palette::of_place(point.place));
        obstacles.marker(place);
    }
    let mut is_named = true;
    for point in points().filter(|_| !has_key) {
        is_named &= name(
            &mut sheet,
            &mut obstacles,
            point,
            area,
            at(point.usd, point.p95_ms),
        );
    }
    let mut bottom = area.bottom + 56.0;
    for line in left_out(data) {
        let line = text::fit(&line, SMALL, false, WIDTH - 2.0 * MARGIN);
        sheet.label(Label::new((MARGIN, bottom + 2.0), &line, Align::Left));
        bottom += 19.0;
    }
    (is_named || has_key).then_some((sheet, bottom))
}

/// Both intervals. A bar that leaves the figure or is not bounded ends in an arrow.
fn bars(
    sheet: &mut Sheet,
    obstacles: &mut Obstacles,
    point: &CostPoint,
    (usd, time): (f64, f64),
    at: &impl Fn(f64, f64) -> Point,
) {
    let look = palette::of_place(point.place);
    let (x, y) = at(point.usd, point.p95_ms);
    let low = at(0.0, point.low_ms.unwrap_or(0.0)).1;
    let is_open = point.is_at_least || point.high_ms.is_none_or(|high| high > time);
    let high = match is_open {
        true => at(0.0, time).1,
        false => at(0.0, point.high_ms.unwrap_or(point.p95_ms)).1,
    };
    let from = if point.is_at_least { y } else { low };
    let mut bar = |points: Vec<Point>, dash: &'static str| {
        obstacles.line(&points);
        sheet.line(Line {
            points,
            colour: look.colour,
            width: 1.8,
            dash,
            fill: 0.0,
        });
    };
    bar(
        vec![(x, from), (x, high)],
        if point.is_at_least { "2 3" } else { "" },
    );
    if !point.is_at_least && point.low_ms.is_some() {
        bar(vec![(x - 4.0, low), (x + 4.0, low)], "");
    }
    if !is_open {
        bar(vec![(x - 4.0, high), (x + 4.0, high)], "");
    }
    if let Some([low, high]) = point.usd_interval {
        let (left, right) = (at(low, 0.0).0, at(high, 0.0).0);
        bar(vec![(left, y), (right, y)], "");
        for end in [(left, low), (right, high)]
            .into_iter()
            .filter(|(_, usd_end)| *usd_end <= usd)
        {
            bar(vec![(end.0, y - 4.0), (end.0, y + 4.0)], "");
        }
    }
    if is_open {
        arrow(sheet, (x, high), look);
    }
}

/// The head of an arrow that points up.
fn arrow(sheet: &mut Sheet, (x, y): Point, look: &Look) {
    let head = vec![(x, y - 8.0), (x + 5.0, y + 2.0), (x - 5.0, y + 2.0)];
    sheet.polygon(head, look.colour, 1.0);
}

fn name(sheet: &mut Sheet, obstacles: &mut Obstacles, point: &CostPoint, area: Area, (x, y): Point) -> bool {
    let shown = text::fit(&point.name, SMALL, true, NAME);
    let places = [
        ((x + 12.0, y - 22.0), Align::Left),
        ((x + 12.0, y + 14.0), Align::Left),
        ((x - 12.0, y - 22.0), Align::Right),
        ((x - 12.0, y + 14.0), Align::Right),
        ((x + 12.0, y - 46.0), Align::Left),
        ((x + 12.0, y + 38.0), Align::Left),
        ((x - 12.0, y - 46.0), Align::Right),
        ((x - 12.0, y + 38.0), Align::Right),
    ];
    let look = palette::of_place(point.place);
    // Right beside its point a name needs no marker, which would look like another point.
    name_beside(sheet, obstacles, area, &places, 4, (&shown, &values(point)), look)
}

/// Both values of a point.
fn values(point: &CostPoint) -> String {
    let at_least = if point.is_at_least { "≥ " } else { "" };
    format!(
        "{}, p95 {at_least}{}",
        text::dollars(point.usd),
        text::duration_within(point.p95_ms, point.low_ms, point.high_ms)
    )
}

/// The models that are not shown, a line each.
fn left_out(data: &CostPoints) -> impl Iterator<Item = String> + '_ {
    let names = data.left_out.iter().take(MAX_SERIES);
    names.map(|model| {
        let name = text::fit(&model.name, SMALL, false, 2.0 * NAME);
        format!("Left out: {name}, for {}.", model.why)
    })
}

/// What the figure finds: both values of each model.
fn alt(data: &CostPoints) -> String {
    let each = data.points.iter().map(|point| {
        let at_least = if point.is_at_least { "at least " } else { "" };
        format!(
            "{} and {at_least}{} for {}",
            text::dollars(point.usd),
            text::duration_within(point.p95_ms, point.low_ms, point.high_ms),
            text::in_words(&point.name)
        )
    });
    let mut alt = format!("{TITLE}: {}", listed(each));
    let mut reasons: Vec<&str> = data.left_out.iter().map(|model| model.why.as_str()).collect();
    reasons.sort_unstable();
    reasons.dedup();
    for why in reasons {
        let models = data.left_out.iter().filter(|model| model.why == why);
        let names: Vec<String> = models.map(|model| text::in_words(&model.name)).collect();
        let verb = if names.len() == 1 { "is" } else { "are" };
        alt.push_str(&format!(
            "; {} {verb} left out, for {why}",
            listed(names.into_iter())
        ));
    }
    alt
}

fn words(data: &CostPoints) -> String {
    let each = data.points.iter().map(|point| {
        let end = |end: Option<f64>| end.map_or_else(|| "unknown".to_owned(), text::duration);
        let cost = point.usd_interval.map_or_else(
            || "no interval".to_owned(),
            |[low, high]| format!("{} to {}", text::dollars(low), text::dollars(high)),
        );
        format!(
            "{}: {}; 95 % intervals {cost} and {} to {}.",
            text::in_words(&point.name),
            values(point),
            end(point.low_ms),
            end(point.high_ms)
        )
    });
    let each: Vec<String> = each.collect();
    format!(
        "On {}, at the prices of {}. {}",
        text::in_words(&data.architecture),
        text::in_words(&data.date),
        each.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::super::trial::{self, HOSTILE, hostile_names, round};
    use super::*;
    use crate::comparison::drawn::Unpriced;

    fn point(name: &str, place: usize, usd: f64, p95_ms: f64) -> CostPoint {
        CostPoint {
            name: name.to_owned(),
            place,
            usd: round(usd),
            usd_interval: Some([round(0.97 * usd), round(1.03 * usd)]),
            p95_ms: round(p95_ms),
            is_at_least: false,
            low_ms: Some(round(0.9 * p95_ms)),
            high_ms: Some(round(1.1 * p95_ms)),
        }
    }

    fn data(points: Vec<CostPoint>) -> CostPoints {
        CostPoints {
            architecture: "x86_64".to_owned(),
            date: "2026-11-26".to_owned(),
            points,
            left_out: Vec::new(),
        }
    }

    fn checked(name: &str, data: &CostPoints) -> (Vec<String>, String) {
        trial::checked(&format!("cost_{name}"), data, lay_out, cost)
    }

    #[test]
    fn every_point_is_named_with_its_values() {
        let two = data(vec![
            point("claude-3-haiku", 0, 0.324, 3227.0),
            point("nova-lite", 1, 0.0731, 1559.0),
        ]);
        let (texts, svg) = checked("typical", &two);
        for text in ["claude-3-haiku", "nova-lite", "$0.0731, p95 1,560 ms", "$0.1"] {
            assert!(texts.iter().any(|shown| shown == text), "{text} {texts:?}");
        }
        assert!(
            svg.contains("$0.324 and 3,230 ms for claude-3-haiku and $0.0731 and 1,560 ms for nova-lite.")
        );
    }

    #[test]
    fn bounds_point_upwards_and_unpriced_models_are_said_to_be() {
        let mut stopped = point("claude-3-haiku", 0, 0.324, 15_000.0);
        (stopped.is_at_least, stopped.high_ms) = (true, None);
        let mut few = point("nova-lite", 1, 0.07, 1559.0);
        few.high_ms = None;
        few.usd_interval = None;
        let mut some = data(vec![stopped, few]);
        some.left_out.push(Unpriced {
            name: "<mystery>".to_owned(),
            why: "no price is known".to_owned(),
        });
        let (texts, svg) = checked("bounds", &some);
        assert!(
            texts.iter().any(|text| text == "$0.324, p95 ≥ 15.0 s"),
            "{texts:?}"
        );
        assert!(
            texts
                .iter()
                .any(|text| text == "Left out: <mystery>, for no price is known.")
        );
        assert!(svg.contains("&lt;mystery&gt; is left out, for no price is known."));
        some.points.clear();
        assert_eq!(cost(&some), Err(ChartError::Empty));
    }

    #[test]
    fn extremes_are_drawn() {
        checked("one", &data(vec![point("only", 0, 0.3, 100.0)]));
        checked(
            "equal",
            &data((0..3).map(|at| point("alike", at, 0.3, 100.0)).collect()),
        );
        checked("zero", &data(vec![point("free", 0, 0.0, 0.0)]));
        checked(
            "wide",
            &data(vec![point("a", 0, 1e-6, 0.01), point("b", 1, 9e9, 9e9)]),
        );
    }

    #[test]
    fn the_largest_figure_is_small_and_inert() {
        let of = |names: &[String]| {
            let names = names.iter().enumerate();
            let points =
                names.map(|(at, name)| point(name, at, 0.1 + at as f64 / 50.0, 900.0 + 90.0 * at as f64));
            let mut data = data(points.collect());
            let left_out = data.points.iter().map(|point| Unpriced {
                name: point.name.clone(),
                why: "no price is known".to_owned(),
            });
            data.left_out = left_out.collect();
            data
        };
        let (_, svg) = checked("largest", &of(&hostile_names()));
        assert!(svg.contains("&lt;script&gt;") && !svg.contains("<script"));
        checked("quotes", &of(&vec![HOSTILE[4].to_owned(); MAX_SERIES]));
        let (what, most) = ("series", MAX_SERIES);
        let many = data(vec![point("a", 0, 1.0, 1.0); MAX_SERIES + 1]);
        assert_eq!(cost(&many), Err(ChartError::TooMany { what, most }));
    }
}
