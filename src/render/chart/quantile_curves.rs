//! Latency against percentile, a curve for each model.

use super::curve::{CONFIDENCE, Curve, MARKED, Stop, is_supported, position};
use super::frame::{Align, Area, LINE, Label, Line, MARGIN, Point, Sheet, WIDTH};
use super::palette::{AXIS, GRID, INK, SERIES};
use super::text::{self, SMALL};
use super::{ChartError, MAX_SERIES, Series, at_most, scale};
use crate::stats::Probability;

/// The quantiles with a tick, the most important ones first: where two are too close, the later
/// one is left out.
const TICKS: [&str; 9] = [
    "50", "99", "90", "99.9", "95", "99.99", "99.999", "99.9999", "99.99999",
];
const TOP: f64 = 74.0;
/// Between the end of the axis and the names.
const LEADER: f64 = 16.0;

/// A curve of type 8 quantiles for each series, with a band of their 95 % intervals, as far as
/// each sample supports: up to the highest quantile whose interval is finite, or to where requests
/// were stopped.
///
/// # Errors
/// If there is no series or more than [`MAX_SERIES`].
pub fn quantile_curves(metric: &str, series: &[Series<'_>]) -> Result<String, ChartError> {
    let (sheet, height) = lay_out(metric, series)?;
    sheet.finish(height, &title(metric), &words(metric, series))
}

fn title(metric: &str) -> String {
    format!("{} by percentile", text::in_words(metric))
}

/// Where positions and values lie in the figure.
struct Plot {
    area: Area,
    positions: f64,
    values: f64,
}

impl Plot {
    fn at(&self, position: f64, value: f64) -> Point {
        let Area {
            left,
            top,
            right,
            bottom,
        } = self.area;
        let x = left + (right - left) * (position / self.positions).min(1.0);
        let y = bottom - (bottom - top) * (value / self.values).min(1.0);
        (x, y)
    }
}

fn lay_out(metric: &str, series: &[Series<'_>]) -> Result<(Sheet, f64), ChartError> {
    if series.is_empty() {
        return Err(ChartError::Empty);
    }
    at_most(series.len(), MAX_SERIES, "series")?;
    let curves: Vec<Curve<'_>> = series
        .iter()
        .zip(&SERIES)
        .map(|(series, look)| Curve::new(series, look))
        .collect();

    let value = curves.iter().map(Curve::highest_value).fold(0.0, f64::max);
    // The limits at which requests were stopped may lie far above all that is known.
    let limits = curves.iter().filter_map(|curve| Some(curve.stop?.at_least));
    let value = if value > 0.0 {
        value
    } else {
        limits.fold(0.0, f64::max)
    };
    let bound = curves.iter().map(Curve::highest_bound).fold(0.0, f64::max);
    // An interval may reach far beyond the curve: then it is cut, and the figure says so.
    let values = (value * 1.08).max(bound.min(value * 1.5));
    let values = if values > 0.0 { values } else { 1.0 };
    let unbounded = |curve: &Curve<'_>| curve.knots.iter().any(|knot| knot.high.is_infinite());
    let cut = bound > values || curves.iter().any(unbounded);
    let single = curves.iter().any(|curve| !curve.dots.is_empty());
    let mut remark = "Line: quantile. Band: its 95 % interval".to_owned();
    remark.push_str(if cut { ", cut at the top." } else { "." });
    if single {
        remark.push_str(" Markers alone: too few requests.");
    }
    let mut sheet = Sheet::new(&title(metric), &remark);

    let (mut ticks, unit) = scale::linear(0.0, values, 6.0);
    for tick in &mut ticks {
        tick.label = format!("{} {unit}", tick.label);
    }
    let numbers = ticks.iter().map(|tick| text::width(&tick.label, SMALL, false));
    let texts = curves.iter().flat_map(|curve| {
        [
            text::width(&curve.name, SMALL, true),
            text::width(&curve.note, SMALL, false),
        ]
    });
    let names = texts.fold(0.0, f64::max).ceil();
    let area = Area {
        left: (MARGIN + numbers.fold(0.0, f64::max) + 8.0).ceil(),
        top: TOP,
        right: WIDTH - 12.0 - names - LEADER - 12.0,
        bottom: TOP + (2.3 * LINE * curves.len() as f64).max(300.0),
    };
    let ends = curves.iter().map(Curve::last_position);
    let positions = ends.fold(1.02, f64::max) * 1.005;
    let plot = Plot {
        area,
        positions,
        values,
    };

    for tick in ticks {
        let y = plot.at(0.0, tick.value).1;
        let colour = if tick.value == 0.0 { AXIS } else { GRID };
        sheet.horizontal(area.left, area.right, y, colour);
        sheet.label_if_free(Label::new((area.left - 8.0, y), &tick.label, Align::Right));
    }
    percentiles(&mut sheet, &plot);
    let opacity = if curves.len() > 3 { 0.08 } else { 0.16 };
    for curve in &curves {
        band(&mut sheet, &plot, curve, opacity);
    }
    let mut obstacles = Obstacles::default();
    for curve in &curves {
        let points: Vec<Point> = curve
            .knots
            .iter()
            .map(|knot| plot.at(knot.position, knot.value))
            .collect();
        obstacles.lines.push(points.clone());
        sheet.line(Line {
            points,
            colour: curve.look.colour,
            width: 2.2,
            dash: curve.look.dash,
            fill: 0.0,
        });
    }
    for curve in &curves {
        markers(&mut sheet, &plot, curve, &mut obstacles);
    }
    end_labels(&mut sheet, &plot, &curves, &mut obstacles);
    for curve in &curves {
        limit_label(&mut sheet, &plot, curve, &obstacles);
    }
    for curve in &curves {
        value_labels(&mut sheet, &plot, curve, &curves, &obstacles);
    }
    Ok((sheet, area.bottom + 56.0))
}

/// What no label within the plot may lie upon.
#[derive(Default)]
struct Obstacles {
    lines: Vec<Vec<Point>>,
    markers: Vec<Area>,
}

impl Obstacles {
    fn marker(&mut self, (x, y): Point) {
        self.markers.push(Area {
            left: x - 6.0,
            top: y - 6.0,
            right: x + 6.0,
            bottom: y + 6.0,
        });
    }

    /// Draws the label if it lies within the plot and upon nothing.
    fn label(&self, sheet: &mut Sheet, plot: &Plot, label: Label) -> bool {
        let (label_area, area) = (label.area(), plot.area);
        let inside = label_area.left > area.left + 2.0
            && label_area.right < area.right + 2.0
            && label_area.top > area.top - 10.0
            && label_area.bottom < area.bottom;
        let crosses = |line: &Vec<Point>| {
            line.windows(2)
                .any(|pair| label_area.is_crossed(pair[0], pair[1]))
        };
        inside
            && !self.markers.iter().any(|marker| marker.meets(&label_area))
            && !self.lines.iter().any(crosses)
            && sheet.label_if_free(label)
    }
}

/// Ticks of the quantiles.
fn percentiles(sheet: &mut Sheet, plot: &Plot) {
    let Area {
        left,
        top,
        right,
        bottom,
    } = plot.area;
    for p in TICKS
        .into_iter()
        .filter_map(|percent| Probability::parse(percent).ok())
    {
        if position(p) > plot.positions {
            continue;
        }
        let x = plot.at(position(p), 0.0).0;
        let label = Label::new((x, bottom + 15.0), &p.label(), Align::Middle);
        let mut room = label.area();
        (room.left, room.right) = (room.left - 4.0, room.right + 4.0);
        if !sheet.is_labelled(&room) {
            sheet.vertical(x, top, bottom + 5.0, GRID);
            sheet.label(label);
        }
    }
    let middle = ((left + right) / 2.0, bottom + 37.0);
    let axis = "percentile (logarithmic towards 100)";
    sheet.label_if_free(Label::new(middle, axis, Align::Middle));
}

fn band(sheet: &mut Sheet, plot: &Plot, curve: &Curve<'_>, opacity: f64) {
    let upper = curve.knots.iter().map(|knot| plot.at(knot.position, knot.high));
    let lower = curve
        .knots
        .iter()
        .rev()
        .map(|knot| plot.at(knot.position, knot.low));
    sheet.polygon(upper.chain(lower).collect(), curve.look.colour, opacity);
}

fn markers(sheet: &mut Sheet, plot: &Plot, curve: &Curve<'_>, obstacles: &mut Obstacles) {
    let marked = curve.knots.iter().filter(|knot| knot.marked);
    let marked = marked.map(|knot| (knot.position, knot.value));
    for (position, value) in marked.chain(curve.dots.iter().copied()) {
        let at = plot.at(position, value);
        sheet.marker_on_line(at, curve.look);
        obstacles.marker(at);
    }
    if let Some(stop) = curve.stop {
        arrow(sheet, plot, curve, stop, obstacles);
    }
}

/// Where the arrow points that stands at the end of a curve: up to the limit at which requests
/// were stopped, or to the top of the figure.
fn tip(plot: &Plot, curve: &Curve<'_>, stop: Stop) -> Point {
    let (_, end) = plot.at(curve.end().0, curve.end().1);
    let (x, limit) = plot.at(stop.position, stop.at_least);
    (x, limit.min(end - 26.0).max(plot.area.top - 4.0))
}

fn arrow(sheet: &mut Sheet, plot: &Plot, curve: &Curve<'_>, stop: Stop, obstacles: &mut Obstacles) {
    let start = plot.at(curve.end().0, curve.end().1);
    let (x, tip) = tip(plot, curve, stop);
    let points = vec![start, (x, start.1 - 2.0), (x, tip + 8.0)];
    let colour = curve.look.colour;
    let head = vec![(x, tip), (x + 5.0, tip + 10.0), (x - 5.0, tip + 10.0)];
    obstacles.lines.push(points.clone());
    obstacles.marker((x, tip + 5.0));
    sheet.line(Line {
        points,
        colour,
        width: 1.6,
        dash: "2 3",
        fill: 0.0,
    });
    sheet.polygon(head, colour, 1.0);
}

/// The limit beside the arrow.
fn limit_label(sheet: &mut Sheet, plot: &Plot, curve: &Curve<'_>, obstacles: &Obstacles) {
    let Some(stop) = curve.stop else { return };
    let (x, tip) = tip(plot, curve, stop);
    let limit = format!("≥ {}", text::duration(stop.at_least));
    for down in [6.0, 22.0, 38.0, 54.0] {
        for (x, align) in [(x + 10.0, Align::Left), (x - 10.0, Align::Right)] {
            let label = Label::new((x, tip + down), &limit, align);
            if obstacles.label(sheet, plot, label.colour(curve.look.text).bold()) {
                return;
            }
        }
    }
}

/// The names right of the axis, each as near to the end of its curve as the others allow.
fn end_labels(sheet: &mut Sheet, plot: &Plot, curves: &[Curve<'_>], obstacles: &mut Obstacles) {
    let row = 2.0 * LINE;
    let mut order: Vec<(usize, f64)> = curves
        .iter()
        .map(|curve| plot.at(curve.end().0, curve.end().1).1)
        .enumerate()
        .collect();
    order.sort_by(|(one, a), (other, b)| a.total_cmp(b).then(one.cmp(other)));
    let wanted: Vec<f64> = order.iter().map(|(_, y)| *y).collect();
    let limits = (plot.area.top + 4.0, plot.area.bottom - LINE);
    for ((at, end), y) in order.iter().zip(spread(&wanted, row + 2.0, limits)) {
        let curve = &curves[*at];
        let from = plot.at(curve.end().0, 0.0).0;
        let left = plot.area.right + LEADER;
        let colour = curve.look.colour;
        let starts = !curve.knots.is_empty() || !curve.dots.is_empty();
        let away = (y - end).abs() > 3.0 || left - from > LEADER + 12.0;
        if starts && away {
            let points = vec![(from + 7.0, *end), (plot.area.right + 2.0, *end), (left - 2.0, y)];
            obstacles.lines.push(points.clone());
            let (width, dash, fill) = (1.0, "1 3", 0.0);
            sheet.line(Line {
                points,
                colour,
                width,
                dash,
                fill,
            });
        }
        let marker = (left + 4.0, y);
        sheet.marker(marker, curve.look);
        let name = Label::new((left + 14.0, y), &curve.name, Align::Left);
        sheet.label(name.colour(INK).bold());
        sheet.label(Label::new((left + 14.0, y + LINE), &curve.note, Align::Left));
    }
}

/// Moves ascending places apart by at least `distance` within `limits`, each as little as the
/// others allow.
fn spread(wanted: &[f64], distance: f64, (first, last): (f64, f64)) -> Vec<f64> {
    let mut places = wanted.to_vec();
    let mut least = first;
    for place in &mut places {
        *place = place.max(least);
        least = *place + distance;
    }
    let mut most = last;
    for place in places.iter_mut().rev() {
        *place = place.min(most);
        most = *place - distance;
    }
    places
}

/// The values at the markers, where there is room: above the uppermost curve, below the others.
fn value_labels(
    sheet: &mut Sheet,
    plot: &Plot,
    curve: &Curve<'_>,
    curves: &[Curve<'_>],
    obstacles: &Obstacles,
) {
    const ABOVE: [(f64, f64, Align); 6] = [
        (-6.0, -13.0, Align::Right),
        (0.0, -16.0, Align::Middle),
        (-10.0, -25.0, Align::Right),
        (-10.0, 0.0, Align::Right),
        (0.0, -26.0, Align::Middle),
        (0.0, -38.0, Align::Middle),
    ];
    const BELOW: [(f64, f64, Align); 5] = [
        (9.0, 13.0, Align::Left),
        (0.0, 17.0, Align::Middle),
        (9.0, 24.0, Align::Left),
        (0.0, 28.0, Align::Middle),
        (10.0, 0.0, Align::Left),
    ];
    for knot in curve.knots.iter().filter(|knot| knot.marked) {
        let slower = curves
            .iter()
            .flat_map(|curve| &curve.knots)
            .any(|other| other.position == knot.position && other.value > knot.value);
        let (first, then) = if slower {
            (&BELOW[..], &ABOVE[..])
        } else {
            (&ABOVE[..], &BELOW[..])
        };
        // Among many curves only the nearest places say which one is meant.
        let near = if curves.len() > 3 { 2 } else { ABOVE.len() };
        let (x, y) = plot.at(knot.position, knot.value);
        let value = text::duration(knot.value);
        for (dx, dy, align) in first.iter().take(near).chain(then.iter().take(near)) {
            let label = Label::new((x + dx, y + dy), &value, *align);
            if obstacles.label(sheet, plot, label.colour(curve.look.text).bold()) {
                break;
            }
        }
    }
}

fn words(metric: &str, series: &[Series<'_>]) -> String {
    let mut words = format!("Quantiles of {} with 95 % intervals.", text::in_words(metric));
    for Series { name, sample } in series {
        words.push_str(&format!(
            " {}: n {}",
            text::in_words(name),
            text::whole(sample.len() as f64)
        ));
        for p in MARKED {
            let quantile = sample.quantile(p);
            let value = text::duration(quantile.value / 1000.0);
            if quantile.censored {
                words.push_str(&format!("; {} at least {value}", p.label()));
                continue;
            }
            if !is_supported(sample, p) {
                words.push_str(&format!("; {} not supported", p.label()));
                continue;
            }
            let interval = sample.interval(p, CONFIDENCE);
            let end = |end: Option<f64>| {
                end.map_or_else(|| "unknown".to_owned(), |end| text::duration(end / 1000.0))
            };
            words.push_str(&format!(
                "; {} {value} ({} to {})",
                p.label(),
                end(interval.low),
                end(interval.high)
            ));
        }
        words.push('.');
    }
    words
}

/// Fails if labels touch or leave the figure.
#[cfg(test)]
pub(super) fn assert_sound(metric: &str, series: &[Series<'_>]) {
    let (sheet, height) = lay_out(metric, series).unwrap();
    sheet.assert_labels_are_apart(height);
}

#[cfg(test)]
mod tests {
    use super::super::trial::{HOSTILE, assert_well_formed, exactly, latencies, show};
    use super::*;
    use crate::stats::Sample;

    fn checked(name: &str, series: &[(&str, &Sample)]) -> (Vec<String>, String) {
        let series: Vec<Series<'_>> = series
            .iter()
            .map(|(name, sample)| Series { name, sample })
            .collect();
        let metric = "Lambda duration";
        let (sheet, height) = lay_out(metric, &series).unwrap();
        let svg = quantile_curves(metric, &series).unwrap();
        show(&format!("curves_{name}"), &svg);
        sheet.assert_labels_are_apart(height);
        assert_well_formed(&svg);
        assert_eq!(svg, quantile_curves(metric, &series).unwrap());
        (sheet.texts().into_iter().map(str::to_owned).collect(), svg)
    }

    fn has(texts: &[String], text: &str) -> bool {
        texts.iter().any(|shown| shown == text)
    }

    #[test]
    fn values_and_names_stand_at_the_curves() {
        let haiku = latencies(1200, 1450.0, 3300.0, 5500.0);
        let nova = latencies(1200, 850.0, 1600.0, 2300.0);
        let long = [
            ("anthropic.claude-3-5-haiku-20241022-v1:0", &haiku),
            ("us.amazon.nova-lite-v1:0", &nova),
        ];
        let (texts, svg) = checked("long_names", &long);
        assert!(
            !has(&texts, long[0].0) && svg.contains(long[0].0),
            "in full in words only"
        );
        let (texts, svg) = checked("typical", &[("claude-haiku", &haiku), ("nova-lite", &nova)]);
        for sample in [&haiku, &nova] {
            for p in MARKED {
                let value = text::duration(sample.quantile(p).value / 1000.0);
                assert!(has(&texts, &value), "{value} {texts:?}");
            }
        }
        for text in ["claude-haiku", "nova-lite", "p50", "p90", "p95", "p99", "n 1,200"] {
            assert!(has(&texts, text), "{text} {texts:?}");
        }
        assert!(!has(&texts, "p99.9"), "not supported by 1200 requests");
        assert!(svg.contains("claude-haiku: n 1,200; p50 1,450 ms ("), "{svg}");
    }

    #[test]
    fn a_curve_ends_where_its_sample_ends() {
        let many = latencies(1200, 1450.0, 3300.0, 5500.0);
        let few = latencies(30, 2400.0, 3900.0, 5200.0);
        let (texts, svg) = checked("unequal", &[("warm", &many), ("cold", &few)]);
        let value = text::duration(few.quantile(Probability::P50).value / 1000.0);
        assert!(has(&texts, &value));
        assert!(svg.contains("cold: n 30; p50") && svg.contains("p95 not supported; p99 not supported"));
    }

    #[test]
    fn stopped_requests_end_the_curve() {
        let values: Vec<f64> = latencies(1100, 1450.0, 3300.0, 5500.0).values().to_vec();
        let stopped = Sample::with_censored(values, vec![29_000_000.0; 100]).unwrap();
        let nova = latencies(1200, 850.0, 1600.0, 2300.0);
        let (texts, svg) = checked("stopped", &[("claude-haiku", &stopped), ("nova-lite", &nova)]);
        assert!(
            has(&texts, "n 1,200, 100 timed out") && has(&texts, "≥ 29.0 s"),
            "{texts:?}"
        );
        assert!(svg.contains("p95 at least 29.0 s; p99 at least 29.0 s"));
        let all = Sample::with_censored(vec![], vec![29_000_000.0; 3]).unwrap();
        let (texts, _) = checked("all_stopped", &[("claude-haiku", &all)]);
        assert!(
            has(&texts, "n 3, all timed out") && has(&texts, "≥ 29.0 s"),
            "{texts:?}"
        );
        let all = Sample::with_censored(vec![], vec![29_000_000.0; 300]).unwrap();
        let (texts, _) = checked("all_300_stopped", &[("claude-haiku", &all)]);
        assert!(
            has(&texts, "n 300, all timed out") && has(&texts, "≥ 29.0 s"),
            "{texts:?}"
        );
    }

    #[test]
    fn extremes_are_drawn() {
        let one = exactly(&[1234.0]);
        let (texts, svg) = checked("one", &[("only one", &one)]);
        assert!(has(&texts, "n 1") && svg.contains("p50 not supported"), "{svg}");
        let equal = exactly(&[500.0; 1000]);
        let (texts, _) = checked("equal", &[("a", &equal), ("b", &equal)]);
        assert!(
            has(&texts, "a") && has(&texts, "b") && has(&texts, "500 ms"),
            "{texts:?}"
        );
        let zero = exactly(&[0.0; 100]);
        checked("zero", &[("nothing", &zero)]);
        let (fast, slow) = (
            latencies(400, 0.05, 0.2, 0.6),
            latencies(1200, 60_000.0, 500_000.0, 900_000.0),
        );
        let (texts, _) = checked("wide", &[("fast", &fast), ("slow", &slow)]);
        assert!(has(&texts, "60.0 s") && has(&texts, "0 s"), "{texts:?}");
    }

    #[test]
    fn a_curve_that_never_starts_stands_beside_others() {
        let stopped = Sample::with_censored(vec![], vec![29_000_000.0; 300]).unwrap();
        let nova = latencies(1200, 850.0, 1600.0, 2300.0);
        let (texts, _) = checked(
            "never_starts",
            &[("claude-haiku", &stopped), ("nova-lite", &nova)],
        );
        assert!(
            has(&texts, "≥ 29.0 s") && has(&texts, "n 300, all timed out"),
            "{texts:?}"
        );
        let few = exactly(&[2100.0, 2500.0, 2600.0]);
        let (texts, _) = checked("few", &[("claude-haiku", &few), ("nova-lite", &nova)]);
        assert!(has(&texts, "n 3") && has(&texts, "2,319 ms"), "{texts:?}");
        assert!(texts[1].ends_with(" Markers alone: too few requests."));
        let slowest: Vec<f64> = nova.values().to_vec();
        let cut = Sample::with_censored(slowest, vec![29_000_000.0; 100]).unwrap();
        let (texts, _) = checked("cut", &[("claude-haiku", &few), ("nova-lite", &cut)]);
        let remark =
            "Line: quantile. Band: its 95 % interval, cut at the top. Markers alone: too few requests.";
        assert_eq!(texts[1], remark, "the longest fits");
    }

    #[test]
    fn the_largest_figure_is_small_and_inert() {
        let names: Vec<String> = (0..MAX_SERIES)
            .map(|k| format!("{k}{}", HOSTILE[k % 6].repeat(40)))
            .collect();
        let samples: Vec<Sample> = (0..MAX_SERIES)
            .map(|k| {
                latencies(
                    20_000 + 7 * k,
                    800.0 + 90.0 * k as f64,
                    2000.0 + 80.0 * k as f64,
                    4000.0 + 3.0 * k as f64,
                )
            })
            .collect();
        let series: Vec<(&str, &Sample)> = names.iter().map(String::as_str).zip(&samples).collect();
        let quotes: Vec<_> = samples.iter().map(|sample| (HOSTILE[4], sample)).collect();
        checked("quotes", &quotes);
        let (texts, svg) = checked("largest", &series);
        assert!(texts.iter().filter(|text| text.starts_with("n 20,0")).count() == MAX_SERIES);
        assert!(svg.contains("&lt;script&gt;") && !svg.contains("<script"));
    }

    #[test]
    fn the_size_does_not_grow_with_the_sample() {
        let size = |n| {
            let sample = latencies(n, 1450.0, 3300.0, 5500.0);
            let series = [Series {
                name: "a",
                sample: &sample,
            }];
            quantile_curves("m", &series).unwrap().len()
        };
        assert!(size(300_000) < size(1000) + 1000);
    }

    #[test]
    fn what_cannot_be_drawn_is_an_error() {
        assert_eq!(quantile_curves("m", &[]), Err(ChartError::Empty));
        let sample = exactly(&[1.0]);
        let series = [Series {
            name: "a",
            sample: &sample,
        }; MAX_SERIES + 1];
        let (what, most) = ("series", MAX_SERIES);
        assert_eq!(
            quantile_curves("m", &series),
            Err(ChartError::TooMany { what, most })
        );
    }

    #[test]
    fn names_are_moved_apart_as_little_as_possible() {
        assert_eq!(
            spread(&[50.0, 50.0, 50.0], 10.0, (0.0, 100.0)),
            [50.0, 60.0, 70.0]
        );
        assert_eq!(spread(&[0.0, 99.0, 99.0], 10.0, (5.0, 100.0)), [5.0, 90.0, 100.0]);
        assert_eq!(spread(&[20.0, 80.0], 10.0, (0.0, 100.0)), [20.0, 80.0]);
    }
}
