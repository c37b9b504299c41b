//! Latency against percentile, a curve for each model.

use super::curve::{Curve, Stop, note, position};
use super::frame::{Align, Area, LINE, Label, Line, MARGIN, Point, Sheet, WIDTH};
use super::names::{EndName, LEADER, end_names};
use super::obstacles::Obstacles;
use super::palette::{AXIS, GRID};
use super::text::{self, SMALL};
use super::{Chart, ChartError, MAX_SERIES, at_most, listed, scale};
use crate::comparison::drawn::{Knot, QuantileCurve, QuantileCurves};
use crate::stats::Probability;

/// The quantiles with a tick, the most important ones first: where two are too close, the later
/// one is left out.
const TICKS: [&str; 9] = [
    "50", "99", "90", "99.9", "95", "99.99", "99.999", "99.9999", "99.99999",
];
const TOP: f64 = 74.0;

/// A curve of type 8 quantiles for each series, with a band of their 95 % intervals, as far as
/// each sample supports: up to the highest quantile whose interval is finite, or to where requests
/// were stopped.
///
/// # Errors
/// If there is no series or more than [`MAX_SERIES`].
pub fn quantile_curves(data: &QuantileCurves) -> Result<Chart, ChartError> {
    let (sheet, height) = lay_out(data)?;
    sheet.finish(height, &title(data), alt(data), &words(data))
}

fn title(data: &QuantileCurves) -> String {
    format!("{} by percentile", text::in_words(&data.metric))
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

pub(super) fn lay_out(data: &QuantileCurves) -> Result<(Sheet, f64), ChartError> {
    if data.series.is_empty() {
        return Err(ChartError::Empty);
    }
    at_most(data.series.len(), MAX_SERIES, "series")?;
    let curves: Vec<Curve<'_>> = data.series.iter().map(Curve::of).collect();

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
    let mut sheet = Sheet::new(&title(data), &remark);

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
    sheet.tell_axis(area.left, area.right, plot.positions);
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
    let names: Vec<EndName<'_>> = curves.iter().map(|curve| end_name(curve, &plot)).collect();
    end_names(&mut sheet, area, &names, &mut obstacles);
    for curve in &curves {
        limit_label(&mut sheet, &plot, curve, &obstacles);
    }
    for curve in &curves {
        value_labels(&mut sheet, &plot, curve, &curves, &obstacles);
    }
    Ok((sheet, area.bottom + 56.0))
}

/// The name of a curve, and where the curve ends.
fn end_name<'a>(curve: &'a Curve<'_>, plot: &Plot) -> EndName<'a> {
    EndName {
        name: &curve.name,
        note: &curve.note,
        look: curve.look,
        end: plot.at(curve.end().0, curve.end().1),
        starts: !curve.knots.is_empty() || !curve.dots.is_empty(),
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
        let position = position(p.complement());
        if position > plot.positions {
            continue;
        }
        let x = plot.at(position, 0.0).0;
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
            if obstacles.label(sheet, plot.area, label.colour(curve.look.text).bold()) {
                return;
            }
        }
    }
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
        let value = text::duration_within(
            knot.value,
            Some(knot.low).filter(|low| *low > 0.0),
            Some(knot.high).filter(|high| high.is_finite()),
        );
        for (dx, dy, align) in first.iter().take(near).chain(then.iter().take(near)) {
            let label = Label::new((x + dx, y + dy), &value, *align);
            if obstacles.label(sheet, plot.area, label.colour(curve.look.text).bold()) {
                break;
            }
        }
    }
}

/// A quantile with the digits that its interval supports.
fn told(quantile: &Knot) -> String {
    text::duration_within(quantile.ms, quantile.low_ms, quantile.high_ms)
}

/// What the figure finds: p95 of each, and how they compare.
fn alt(data: &QuantileCurves) -> String {
    let each = data.series.iter().map(|series| {
        let name = text::in_words(&series.name);
        let Some(p95) = series.named.iter().find(|named| named.label == "p95") else {
            return format!("not known for {name}");
        };
        let value = told(&p95.quantile);
        let times = series
            .p95_ratio
            .map_or_else(String::new, |ratio| format!(" ({} times)", text::ratio(ratio)));
        match (p95.is_at_least, p95.is_supported) {
            (true, _) => format!("at least {value} for {name}"),
            (false, true) => format!("{value} for {name}{times}"),
            (false, false) => format!("not supported by the requests of {name} (n {})", series.requests),
        }
    });
    let metric = text::in_words(&data.metric);
    format!("{metric} by percentile: p95 is {}", listed(each))
}

fn words(data: &QuantileCurves) -> String {
    let each = data.series.iter().map(words_of);
    each.collect::<Vec<_>>().join(" ")
}

fn words_of(series: &QuantileCurve) -> String {
    let note = note(series.requests, series.timed_out);
    let mut words = format!("{}: {note}", text::in_words(&series.name));
    for named in &series.named {
        let (label, quantile) = (&named.label, &named.quantile);
        let value = told(quantile);
        if named.is_at_least {
            words.push_str(&format!("; {label} at least {value}"));
        } else if !named.is_supported {
            words.push_str(&format!("; {label} not supported"));
        } else {
            let end = |end: Option<f64>| end.map_or_else(|| "unknown".to_owned(), text::duration);
            let (low, high) = (end(quantile.low_ms), end(quantile.high_ms));
            words.push_str(&format!("; {label} {value} ({low} to {high})"));
        }
    }
    words.push('.');
    words
}

#[cfg(test)]
mod tests {
    use super::super::trial::{self, HOSTILE, exactly, latencies, named};
    use super::*;
    use crate::stats::{Confidence, Sample};

    fn data(series: &[(&str, &Sample)]) -> QuantileCurves {
        QuantileCurves::of("Lambda duration", &named(series), &[])
    }

    fn checked(name: &str, series: &[(&str, &Sample)]) -> (Vec<String>, String) {
        trial::checked(&format!("curves_{name}"), &data(series), lay_out, quantile_curves)
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
            for p in [Probability::P50, Probability::P95, Probability::P99] {
                let value = within(sample, p);
                assert!(has(&texts, &value), "{value} {texts:?}");
            }
        }
        for text in ["claude-haiku", "nova-lite", "p50", "p90", "p95", "p99", "n 1,200"] {
            assert!(has(&texts, text), "{text} {texts:?}");
        }
        assert!(!has(&texts, "p99.9"), "not supported by 1200 requests");
        assert!(svg.contains("claude-haiku: n 1,200; p50 1,450 ms ("), "{svg}");
    }

    /// A quantile with the digits that its interval supports.
    fn within(sample: &Sample, p: Probability) -> String {
        let range = sample.interval(p, Confidence::C95);
        let [low, high] = [range.low, range.high].map(|end| end.map(|end| end / 1000.0));
        text::duration_within(sample.quantile(p).value / 1000.0, low, high)
    }

    #[test]
    fn a_curve_ends_where_its_sample_ends() {
        let many = latencies(1200, 1450.0, 3300.0, 5500.0);
        let few = latencies(30, 2400.0, 3900.0, 5200.0);
        let (texts, svg) = checked("unequal", &[("warm", &many), ("cold", &few)]);
        let value = within(&few, Probability::P50);
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
        assert!(has(&texts, "n 3") && has(&texts, "2,320 ms"), "{texts:?}");
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
            quantile_curves(&data(&[("a", &sample)])).unwrap().svg.len()
        };
        assert!(size(300_000) < size(1000) + 1000);
    }

    #[test]
    fn what_cannot_be_drawn_is_an_error() {
        assert_eq!(quantile_curves(&data(&[])), Err(ChartError::Empty));
        let sample = exactly(&[1.0]);
        let mut many = data(&[("a", &sample)]);
        many.series = vec![many.series[0].clone(); MAX_SERIES + 1];
        let (what, most) = ("series", MAX_SERIES);
        assert_eq!(quantile_curves(&many), Err(ChartError::TooMany { what, most }));
    }

    #[test]
    fn the_finding_is_p95_of_each() {
        let (slow, fast) = (
            latencies(1200, 1450.0, 3300.0, 5500.0),
            latencies(1200, 850.0, 1600.0, 2300.0),
        );
        let few = exactly(&[3.0]);
        let named = named(&[("haiku", &slow), ("nova", &fast), ("few", &few)]);
        let chart = quantile_curves(&QuantileCurves::of("Total time", &named, &[Some(0.4849)])).unwrap();
        assert_eq!(
            chart.alt,
            "Total time by percentile: p95 is 3,310 ms for haiku, 1,604 ms for nova (0.48 times) and not supported by \
             the requests of few (n 1)"
        );
    }
}
