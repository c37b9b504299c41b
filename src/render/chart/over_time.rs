//! Rolling quantiles of total time over the time of day, a panel for each model.

use super::clock::{self, Clock};
use super::frame::{Align, Area, LINE, Label, Line, MARGIN, Mark, Marks, Point, Sheet, WIDTH};
use super::names::{KeyItem, key};
use super::obstacles::spread;
use super::palette::{self, AXIS, GRID, INK, Look, MUTED};
use super::text;
use super::{Chart, ChartError, MAX_SERIES, at_most, listed, scale};
use crate::comparison::drawn::{Moment, OverTime, OverTimeOf, OverTimePoint};

const LEFT: f64 = 130.0;
const RIGHT: f64 = WIDTH - MARGIN - 34.0;
/// The widest name of a series.
const NAME: f64 = 190.0;
/// The height of a strip of moments.
const STRIP: f64 = 16.0;
/// From the largest to the smallest time so many times the axis is logarithmic.
const LOGARITHMIC_FROM: f64 = 12.0;

/// For each series p50 and p95 of the requests around each time, and below when cold starts, failures and timeouts
/// came. Long pauses are cut out of the common axis. Where a quantile falls among stopped requests, triangles show how
/// long it is at least.
///
/// # Errors
/// If no request with a latency has a time, or if there are more than [`MAX_SERIES`].
pub fn over_time(data: &OverTime) -> Result<Chart, ChartError> {
    let (sheet, height) = lay_out(data)?;
    sheet.finish(height, TITLE, alt(data), &words(data))
}

const TITLE: &str = "Total time by time of arrival";

/// The common axis of times that requests took.
#[derive(Clone, Copy)]
struct Times {
    low: f64,
    high: f64,
    is_logarithmic: bool,
}

impl Times {
    fn of(data: &OverTime) -> Self {
        let points = data.series.iter().flat_map(|series| &series.points);
        let points = points.flat_map(|point| [point.p50_ms, point.p95_ms]);
        let single = data.series.iter().flat_map(|series| &series.single);
        let all: Vec<f64> = points.chain(single.map(|request| request.ms)).collect();
        let high = all.iter().copied().fold(0.0, f64::max);
        let high = if high > 0.0 { high } else { 1.0 };
        let low = all.iter().copied().fold(high, f64::min).max(0.001);
        match high / low > LOGARITHMIC_FROM {
            true => Self {
                low: low * 0.9,
                high: high * 1.1,
                is_logarithmic: true,
            },
            false => Self {
                low: 0.0,
                high: high * 1.06,
                is_logarithmic: false,
            },
        }
    }

    /// From 0 to 1.
    fn share(&self, ms: f64) -> f64 {
        let share = match self.is_logarithmic {
            true => (ms.max(self.low) / self.low).ln() / (self.high / self.low).ln(),
            false => ms / self.high,
        };
        share.clamp(0.0, 1.0)
    }
}

pub(super) fn lay_out(data: &OverTime) -> Result<(Sheet, f64), ChartError> {
    let is_shown = |series: &OverTimeOf| !series.points.is_empty() || !series.single.is_empty();
    if !data.series.iter().any(is_shown) {
        return Err(ChartError::Empty);
    }
    at_most(data.series.len(), MAX_SERIES, "series")?;
    let [first, second] = remarks(data);
    let mut sheet = Sheet::new(TITLE, &first);
    if !second.is_empty() {
        sheet.label(Label::new((MARGIN, 47.0 + LINE), &second, Align::Left));
    }
    let times = Times::of(data);
    let clock = Clock::new(&data.timeline, LEFT, RIGHT);
    let height = match data.series.len() {
        ..3 => 118.0,
        3 | 4 => 90.0,
        _ => 64.0,
    };
    let mut top = if second.is_empty() { 74.0 } else { 74.0 + LINE };
    let mut panels = Vec::new();
    for series in &data.series {
        let item = KeyItem {
            name: &series.name,
            note: format!(", {}", counts(series)),
            look: palette::of_place(series.place),
        };
        let plot = key(&mut sheet, (MARGIN, top), &[item], NAME) + 8.0;
        let area = Area {
            left: LEFT,
            top: plot,
            right: RIGHT,
            bottom: plot + height,
        };
        panels.push((series, area));
        top = area.bottom + 8.0 + STRIP * strips(series).count() as f64 + 18.0;
    }
    let bottom = top - 18.0;
    for (_, area) in &panels {
        levels(&mut sheet, times, *area, &clock);
    }
    let areas: Vec<Area> = panels.iter().map(|(_, area)| *area).collect();
    clock.axis(&mut sheet, &areas, bottom);
    for (series, area) in &panels {
        panel(&mut sheet, series, *area, times, &clock);
    }
    Ok((sheet, bottom + 54.0))
}

/// What the lines are, and what else there is to see.
fn remarks(data: &OverTime) -> [String; 2] {
    let windows = data.series.iter().filter(|series| !series.points.is_empty());
    let windows = windows.map(|series| series.window);
    let lines = match (windows.clone().min(), windows.max()) {
        (Some(least), Some(most)) => {
            let text = |window: usize| text::whole(window as f64);
            let range = if least < most {
                format!("{} to ", text(least))
            } else {
                String::new()
            };
            format!("Lines: p50 and p95 of {range}{} requests at a time.", text(most))
        }
        _ => String::new(),
    };
    let mut others = Vec::new();
    if data.series.iter().any(|series| !series.single.is_empty()) {
        others.push("Dot or plus: one request.");
    }
    if data.series.iter().any(|series| points_at_least(series) > 0) {
        others.push("Triangle: at least so long.");
    }
    if data.timeline.stretches.len() > 1 {
        others.push("Long pauses are cut out, short windows are wider.");
    }
    match lines.is_empty() {
        true => [others.join(" "), String::new()],
        false => [lines, others.join(" ")],
    }
}

/// How many quantiles or requests are lower bounds.
fn points_at_least(series: &OverTimeOf) -> usize {
    let points = series.points.iter().filter(|point| point.p95_is_at_least);
    let single = series.single.iter().filter(|request| request.is_at_least);
    points.count() + single.count()
}

/// How many requests there are, and what is left out.
fn counts(series: &OverTimeOf) -> String {
    let count = |count: usize| text::whole(count as f64);
    let mut counts = format!("n {}", count(series.requests));
    if let Some(all) = series.excerpt_of {
        counts.push_str(&format!(", an excerpt of {}", count(all)));
    }
    if series.untimed > 0 {
        counts.push_str(&format!(
            "; {} without a time are left out",
            count(series.untimed)
        ));
    }
    counts
}

/// What happened at moments, where it did.
fn strips(series: &OverTimeOf) -> impl Iterator<Item = (&'static str, usize, &[Moment])> {
    [
        ("cold", series.cold_count, &series.cold[..]),
        ("failed", series.failed_count, &series.failed[..]),
        ("timed out", series.timed_out_count, &series.timed_out[..]),
    ]
    .into_iter()
    .filter(|(_, count, _)| *count > 0)
}

/// Ticks of the times that requests took.
fn levels(sheet: &mut Sheet, times: Times, area: Area, clock: &Clock<'_>) {
    let ticks = match times.is_logarithmic {
        true => scale::logarithmic(times.low, times.high),
        false => {
            let (mut ticks, unit) = scale::linear(
                0.0,
                times.high,
                if area.bottom - area.top < 80.0 { 3.0 } else { 4.0 },
            );
            for tick in &mut ticks {
                tick.label = format!("{} {unit}", tick.label);
            }
            ticks
        }
    };
    for tick in ticks {
        let y = area.bottom - (area.bottom - area.top) * times.share(tick.value);
        let label = Label::new((area.left - 8.0, y), &tick.label, Align::Right);
        if sheet.label_if_free(label) {
            clock.horizontal(sheet, y, GRID);
        }
    }
}

fn panel(sheet: &mut Sheet, series: &OverTimeOf, area: Area, times: Times, clock: &Clock<'_>) {
    let look = palette::of_place(series.place);
    let y = |ms: f64| area.bottom - (area.bottom - area.top) * times.share(ms);
    for curve in series.points.chunk_by(|_, next| !next.is_first) {
        let at = |point: &OverTimePoint, ms: f64| (clock.x(point.at_ms), y(ms));
        // Up to a bound nothing is filled: what lies above it is as likely.
        let is_bound = |point: &OverTimePoint| point.p50_is_at_least || point.p95_is_at_least;
        for part in curve.chunk_by(|one, next| is_bound(one) == is_bound(next)) {
            if part.first().is_some_and(is_bound) {
                continue;
            }
            let upper = part.iter().map(|point| at(point, point.p95_ms));
            let lower = part.iter().rev().map(|point| at(point, point.p50_ms));
            sheet.polygon(upper.chain(lower).collect(), look.colour, 0.13);
        }
        let p50 = curve
            .iter()
            .map(|point| (at(point, point.p50_ms), point.p50_is_at_least));
        let p95 = curve
            .iter()
            .map(|point| (at(point, point.p95_ms), point.p95_is_at_least));
        quantile(sheet, &p50.collect::<Vec<_>>(), look, (2.2, ""));
        quantile(sheet, &p95.collect::<Vec<_>>(), look, (1.8, "6 3"));
    }
    if let Some(last) = series.points.last() {
        let x = clock.x(last.at_ms) + 9.0;
        let ends = [y(last.p95_ms), y(last.p50_ms)];
        // Not on the axis at the bottom.
        let places = spread(&ends, 15.0, (area.top - 4.0, area.bottom - 8.0));
        for (label, place) in ["p95", "p50"].into_iter().zip(places) {
            sheet.label_if_free(
                Label::new((x, place), label, Align::Left)
                    .colour(look.text)
                    .bold(),
            );
        }
    }
    let single = |is_at_least: bool| -> Vec<Point> {
        let meant = series
            .single
            .iter()
            .filter(|request| request.is_at_least == is_at_least);
        meant
            .map(|request| (clock.x(request.at_ms), y(request.ms)))
            .collect()
    };
    sheet.marks(Marks {
        points: single(false),
        colour: look.colour,
        width: if look.filled { 4.6 } else { 1.6 },
        height: 0.0,
        mark: if look.filled { Mark::Dot } else { Mark::Plus },
        opacity: 0.8,
    });
    triangles(sheet, &single(true), look);
    clock.horizontal(sheet, area.bottom, AXIS);
    let mut strip = area.bottom + 8.0;
    for (what, count, moments) in strips(series) {
        let middle = strip + STRIP / 2.0;
        let label = format!("{what} {}", text::short(count));
        sheet.label(Label::new((area.left - 8.0, middle), &label, Align::Right));
        clock.horizontal(sheet, middle, GRID);
        sheet.marks(Marks {
            points: moments
                .iter()
                .map(|moment| (clock.x(moment.at_ms), middle - 4.5))
                .collect(),
            colour: if what == "cold" { MUTED } else { INK },
            width: if what == "cold" { 1.4 } else { 2.4 },
            height: 9.0,
            mark: Mark::Stroke,
            opacity: 1.0,
        });
        strip += STRIP;
    }
}

/// A line through the quantiles that are known, and triangles where they are bounds.
fn quantile(sheet: &mut Sheet, points: &[(Point, bool)], look: &Look, (width, dash): (f64, &'static str)) {
    for part in points.chunk_by(|one, next| one.1 == next.1) {
        let places: Vec<Point> = part.iter().map(|(place, _)| *place).collect();
        if part.first().is_some_and(|(_, is_bound)| *is_bound) {
            triangles(sheet, &places, look);
            continue;
        }
        let colour = look.colour;
        let fill = 0.0;
        sheet.line(Line {
            points: places,
            colour,
            width,
            dash,
            fill,
        });
    }
}

/// Triangles that point up, none too near to the one before it.
fn triangles(sheet: &mut Sheet, places: &[Point], look: &Look) {
    let mut last = f64::NEG_INFINITY;
    for &(x, y) in places {
        if x - last >= 9.0 {
            let head = vec![(x, y - 6.0), (x + 4.0, y + 1.5), (x - 4.0, y + 1.5)];
            sheet.polygon(head, look.colour, 1.0);
            last = x;
        }
    }
}

/// What the figure finds: between what p95 moves, and whether pauses are cut out.
fn alt(data: &OverTime) -> String {
    let each = data.series.iter().map(|series| {
        let name = text::in_words(&series.name);
        let exact = || series.points.iter().filter(|point| !point.p95_is_at_least);
        let low = exact().map(|point| point.p95_ms).fold(f64::INFINITY, f64::min);
        let high = exact().map(|point| point.p95_ms).fold(0.0, f64::max);
        let is_bound = series.points.iter().any(|point| point.p95_is_at_least);
        match (low.is_finite(), is_bound) {
            (true, false) => format!(
                "between {} and {} for {name}",
                text::duration(low),
                text::duration(high)
            ),
            (true, true) => format!(
                "from {} to where requests timed out for {name}",
                text::duration(low)
            ),
            (false, true) => format!("among timed out requests for {name}"),
            (false, false) => format!("not told by the requests of {name}"),
        }
    });
    let windows = match data.timeline.stretches.len() {
        ..2 => String::new(),
        several => format!(", in {several} windows that are far apart"),
    };
    format!("{TITLE}{windows}: rolling p95 is {}", listed(each))
}

fn words(data: &OverTime) -> String {
    let each = data.series.iter().map(|series| {
        let happened =
            strips(series).map(|(what, count, _)| format!("; {what} {}", text::whole(count as f64)));
        let (name, counts) = (text::in_words(&series.name), counts(series));
        format!("{name}: {counts}{}.", happened.collect::<String>())
    });
    let each: Vec<String> = each.collect();
    let span = clock::in_words(&data.timeline);
    format!("{span} {}", each.join(" "))
}

#[cfg(test)]
mod tests {
    use super::super::trial::{self, HOSTILE, hostile_names};
    use super::*;
    use crate::comparison::drawn::{SingleRequest, Stretch, Timeline};

    const START: i64 = 1_795_165_200_000;
    const HOUR: i64 = 3_600_000;

    fn series(name: &str, place: usize, from_ms: i64, length_ms: i64, level: f64) -> OverTimeOf {
        let points = (0..120).map(|k: i64| OverTimePoint {
            at_ms: from_ms + length_ms * k / 120,
            is_first: k == 0,
            p50_ms: level + (20 * (k % 7)) as f64,
            p50_is_at_least: false,
            p95_ms: 2.0 * level + (30 * (k % 11)) as f64,
            p95_is_at_least: false,
        });
        let moments = |every: i64| -> Vec<Moment> {
            let times = (0..length_ms / every).map(|k| from_ms + k * every);
            times.take(150).map(|at_ms| Moment { at_ms, count: 1 }).collect()
        };
        OverTimeOf {
            name: name.to_owned(),
            place,
            requests: 1200,
            untimed: 0,
            excerpt_of: None,
            window: 60,
            points: points.collect(),
            single: Vec::new(),
            cold_count: 39,
            cold: moments((length_ms / 39).max(1)),
            failed_count: 0,
            failed: Vec::new(),
            timed_out_count: 0,
            timed_out: Vec::new(),
        }
    }

    fn data(stretches: &[(i64, i64)], series: Vec<OverTimeOf>) -> OverTime {
        let stretches = stretches.iter().map(|(from_ms, length)| Stretch {
            from_ms: *from_ms,
            to_ms: from_ms + length,
        });
        OverTime {
            timeline: Timeline {
                stretches: stretches.collect(),
            },
            series,
        }
    }

    fn checked(name: &str, data: &OverTime) -> (Vec<String>, String) {
        trial::checked(&format!("over_time_{name}"), data, lay_out, over_time)
    }

    fn has(texts: &[String], text: &str) -> bool {
        texts.iter().any(|shown| shown == text)
    }

    #[test]
    fn both_quantiles_are_named_and_the_day_is_told() {
        let two = [
            series("claude-haiku", 0, START, 2 * HOUR, 1450.0),
            series("nova-lite", 1, START, 2 * HOUR, 850.0),
        ];
        let (texts, svg) = checked("typical", &data(&[(START, 2 * HOUR)], two.to_vec()));
        for text in [
            "claude-haiku, n 1,200",
            "p50",
            "p95",
            "cold 39",
            "09:30",
            "2026-11-20 UTC",
        ] {
            assert!(has(&texts, text), "{text} {texts:?}");
        }
        assert!(
            svg.contains("rolling p95 is between 2,900 ms and 3,200 ms for claude-haiku and between"),
            "{svg}"
        );
    }

    #[test]
    fn windows_far_apart_stand_beside_each_other() {
        let week = 168 * HOUR;
        let two = [
            series("claude-haiku", 0, START, HOUR, 1450.0),
            series("nova-lite", 1, START + week + 1000, 60_000, 850.0),
        ];
        let apart = data(&[(START, HOUR), (START + week + 1000, 60_000)], two.to_vec());
        let (texts, svg) = checked("apart", &apart);
        assert!(
            has(&texts, "2026-11-20 UTC") && has(&texts, "2026-11-27"),
            "{texts:?}"
        );
        assert!(svg.contains("in 2 windows that are far apart: "));
    }

    #[test]
    fn bounds_are_triangles_and_single_requests_dots() {
        let mut of = series("a", 0, START, HOUR, 1000.0);
        for point in &mut of.points[60..] {
            (point.p95_ms, point.p95_is_at_least) = (15_000.0, true);
        }
        of.untimed = 7;
        (of.timed_out_count, of.timed_out) = (
            60,
            vec![Moment {
                at_ms: START + HOUR / 2,
                count: 60,
            }],
        );
        (of.failed_count, of.failed) = (
            1,
            vec![Moment {
                at_ms: START,
                count: 1,
            }],
        );
        let (texts, svg) = checked("bounds", &data(&[(START, HOUR)], vec![of]));
        assert!(
            has(&texts, "a, n 1,200; 7 without a time are left out") && has(&texts, "timed out 60"),
            "{texts:?}"
        );
        assert!(
            svg.contains("rolling p95 is from 2,000 ms to where requests timed out for a."),
            "{svg}"
        );
        let mut few = series("a", 0, START, 1, 1.0);
        few.points.clear();
        few.single = vec![SingleRequest {
            at_ms: START,
            ms: 5.0,
            is_at_least: true,
        }];
        let (texts, _) = checked("one", &data(&[(START + 7, 0)], vec![few]));
        assert!(has(&texts, "2026-11-20 09:00:00 UTC"), "{texts:?}");
    }

    #[test]
    fn extremes_are_drawn() {
        let long = 3000 * 24 * HOUR;
        checked(
            "years",
            &data(&[(START, long)], vec![series("a", 0, START, long, 1.0)]),
        );
        let mut wide = series("a", 0, START, 60_000, 0.001);
        wide.points[7].p95_ms = 9e8;
        checked("wide", &data(&[(START, 60_000)], vec![wide]));
        let mut zero = series("a", 0, START, 60_000, 0.0);
        for point in &mut zero.points {
            (point.p50_ms, point.p95_ms) = (0.0, 0.0);
        }
        checked("zero", &data(&[(START, 60_000)], vec![zero]));
        let ends = [(i64::MIN, 9), (0, 9), (i64::MAX - 9, 9)];
        checked("ends", &data(&ends, vec![series("a", 0, 0, 9, 1.0)]));
        assert_eq!(over_time(&OverTime::default()), Err(ChartError::Empty));
    }

    #[test]
    fn the_largest_figure_is_small_and_inert() {
        let stretches: Vec<(i64, i64)> = (0..6)
            .map(|k| (START + k * 1000 * HOUR, HOUR * (k + 1)))
            .collect();
        let of = |names: &[String]| {
            let names = names.iter().enumerate();
            let series = names.map(|(at, name)| {
                let mut of = series(name, at, START, 5000 * HOUR, 700.0 + 90.0 * at as f64);
                (of.failed_count, of.failed) = (123_456, of.cold.clone());
                (of.timed_out_count, of.timed_out) = (1_234_567, of.cold.clone());
                of.untimed = 1_000_000;
                of
            });
            data(&stretches, series.collect())
        };
        let (_, svg) = checked("largest", &of(&hostile_names()));
        assert!(svg.contains("&lt;script&gt;") && !svg.contains("<script"));
        checked("quotes", &of(&vec![HOSTILE[4].to_owned(); MAX_SERIES]));
        let (what, most) = ("series", MAX_SERIES);
        let many = data(&stretches, vec![series("a", 0, START, HOUR, 1.0); MAX_SERIES + 1]);
        assert_eq!(over_time(&many), Err(ChartError::TooMany { what, most }));
    }
}
