//! The share of requests answered within a time, a step function for each model.

use super::curve::note;
use super::frame::{Align, Area, Label, Line, MARGIN, Point, Sheet, WIDTH};
use super::names::{KeyItem, key, name_beside};
use super::obstacles::Obstacles;
use super::palette::{self, AXIS, GRID};
use super::text::{self, SMALL};
use super::{Chart, ChartError, MAX_SERIES, at_most, listed, scale};
use crate::comparison::drawn::{Ecdf, Ecdfs};

const LEFT: f64 = 66.0;
const RIGHT: f64 = WIDTH - MARGIN - 4.0;
const HEIGHT: f64 = 280.0;
/// The widest name of a series.
const NAME: f64 = 170.0;
/// Up to so many steps are drawn as such.
const STEPPED: usize = 60;
/// The shares beside which a name may stand, the best first.
const NAMED: [f64; 9] = [0.5, 0.38, 0.62, 0.25, 0.75, 0.12, 0.85, 0.92, 0.05];

/// A step function for each series: which share of all its requests was answered within a time. Requests that were
/// stopped are no step; a dotted line shows how far the function may rise.
///
/// # Errors
/// If there is no series or more than [`MAX_SERIES`].
pub fn ecdf(data: &Ecdfs) -> Result<Chart, ChartError> {
    let (sheet, height) = lay_out(data)?;
    sheet.finish(height, &title(data), alt(data), &words(data))
}

fn title(data: &Ecdfs) -> String {
    format!(
        "Share of requests answered, by {}",
        text::in_words(&data.metric).to_lowercase()
    )
}

pub(super) fn lay_out(data: &Ecdfs) -> Result<(Sheet, f64), ChartError> {
    if data.series.is_empty() {
        return Err(ChartError::Empty);
    }
    at_most(data.series.len(), MAX_SERIES, "series")?;
    // Names stand at their functions if all of them find room there, else in a key.
    Ok(drawn(data, false)
        .or_else(|| drawn(data, true))
        .unwrap_or_default())
}

/// The figure with a key, or with a name at each function if there is room.
fn drawn(data: &Ecdfs, has_key: bool) -> Option<(Sheet, f64)> {
    let mut remark = "Markers: p50 and p90.".to_owned();
    if data.series.iter().any(|series| series.timed_out > 0) {
        remark.push_str(" Dotted: the rest timed out and took longer.");
    }
    let last = data.series.iter().filter_map(|series| series.points.last());
    if last.clone().any(|last| last.ms > data.scale.high_ms) {
        remark.push_str(" Right end: over an hour.");
    }
    let mut sheet = Sheet::new(&title(data), &remark);
    let mut top = 72.0;
    if has_key {
        let items: Vec<KeyItem<'_>> = data
            .series
            .iter()
            .map(|series| KeyItem {
                name: &series.name,
                note: format!(", {}", note(series.requests, series.timed_out)),
                look: palette::of_place(series.place),
            })
            .collect();
        top = key(&mut sheet, (MARGIN, top), &items, NAME) + 12.0;
    }
    let area = Area {
        left: LEFT,
        top,
        right: RIGHT,
        bottom: top + HEIGHT,
    };
    axes(&mut sheet, data, area);
    let at = |ms: f64, share: f64| -> Point {
        let x = area.left + (area.right - area.left) * data.scale.share(ms);
        (x, area.bottom - HEIGHT * share.clamp(0.0, 1.0))
    };
    let mut obstacles = Obstacles::default();
    for series in &data.series {
        function(&mut sheet, &mut obstacles, series, area, at);
    }
    for series in &data.series {
        for (quantile, share) in [(series.p50_ms, 0.5), (series.p90_ms, 0.9)] {
            if let Some(ms) = quantile {
                let place = at(ms, share);
                sheet.marker_on_line(place, palette::of_place(series.place));
                obstacles.marker(place);
            }
        }
    }
    if has_key {
        return Some((sheet, area.bottom + 58.0));
    }
    let mut is_named = true;
    for series in &data.series {
        is_named &= name(&mut sheet, &mut obstacles, series, area, at);
    }
    is_named.then_some((sheet, area.bottom + 58.0))
}

fn axes(sheet: &mut Sheet, data: &Ecdfs, area: Area) {
    for quarter in 0..=4 {
        let y = area.bottom - HEIGHT * f64::from(quarter) / 4.0;
        let colour = if quarter == 0 { AXIS } else { GRID };
        sheet.horizontal(area.left, area.right, y, colour);
        let label = format!("{} %", 25 * quarter);
        sheet.label_if_free(Label::new((area.left - 8.0, y), &label, Align::Right));
    }
    for tick in scale::of(&data.scale, 7.0) {
        let x = area.left + (area.right - area.left) * data.scale.share(tick.value);
        let label = Label::new((x, area.bottom + 16.0), &tick.label, Align::Middle);
        if sheet.label_if_spaced(label, 6.0) {
            sheet.vertical(x, area.top, area.bottom, GRID);
        }
    }
    let scale = match data.scale.is_logarithmic {
        true => "logarithmic scale",
        false => "linear scale",
    };
    let caption = format!("{}, {scale}", text::fit(&data.metric, SMALL, false, 400.0));
    let middle = ((area.left + area.right) / 2.0, area.bottom + 38.0);
    sheet.label_if_free(Label::new(middle, &caption, Align::Middle));
}

fn function(
    sheet: &mut Sheet,
    obstacles: &mut Obstacles,
    series: &Ecdf,
    area: Area,
    at: impl Fn(f64, f64) -> Point,
) {
    let look = palette::of_place(series.place);
    let mut points: Vec<Point> = Vec::new();
    let mut share = 0.0;
    // Of many requests only some steps are known: between them the function is somewhere near the straight line.
    let is_stepped = series.points.len() <= STEPPED;
    for point in &series.points {
        if is_stepped || share == 0.0 {
            points.push(at(point.ms, share));
        }
        points.push(at(point.ms, point.share));
        share = point.share;
    }
    // Up to where the first request was stopped it is known that no more were answered.
    let end = points.last().copied().unwrap_or((area.left, area.bottom));
    let known = match series.stopped_from_ms {
        Some(ms) => at(ms, share).0.max(end.0),
        None => area.right,
    };
    if points.is_empty() {
        points.push(end);
    }
    points.push((known, end.1));
    obstacles.line(&points);
    sheet.line(Line {
        points: points.clone(),
        colour: look.colour,
        width: 2.2,
        dash: look.dash,
        fill: 0.0,
    });
    if series.timed_out > 0 {
        let rest = vec![(known, end.1), (area.right, end.1)];
        obstacles.line(&rest);
        sheet.line(Line {
            points: rest,
            colour: look.colour,
            width: 1.6,
            dash: "2 3",
            fill: 0.0,
        });
    }
}

/// The name beside the function, on the side where nothing else is.
fn name(
    sheet: &mut Sheet,
    obstacles: &mut Obstacles,
    series: &Ecdf,
    area: Area,
    at: impl Fn(f64, f64) -> Point,
) -> bool {
    let look = palette::of_place(series.place);
    let shown = text::fit(&series.name, SMALL, true, NAME);
    let note = note(series.requests, series.timed_out);
    let mut places = Vec::new();
    for share in NAMED {
        let Some(ms) = series.time_of(share) else { continue };
        let (x, y) = at(ms, share);
        places.push(((x + 12.0, y + 4.0), Align::Left));
        places.push(((x - 12.0, y - 14.0), Align::Right));
    }
    if series.points.is_empty() {
        places.push(((area.left + 12.0, area.bottom - 30.0), Align::Left));
    }
    name_beside(sheet, obstacles, area, &places, 0, (&shown, &note), look)
}

/// What the figure finds: within which time nine tenths were answered.
fn alt(data: &Ecdfs) -> String {
    let each = data.series.iter().map(|series| {
        let name = text::in_words(&series.name);
        match series.p90_ms {
            Some(ms) => format!("within {} for {name}", text::duration(ms)),
            None => format!("not at all for {name}, of which more timed out"),
        }
    });
    format!(
        "{}: 90 % of the requests are answered {}",
        text::in_words(&data.metric),
        listed(each)
    )
}

fn words(data: &Ecdfs) -> String {
    let each = data.series.iter().map(|series| {
        let name = text::in_words(&series.name);
        let note = note(series.requests, series.timed_out);
        let quantiles = [("p50", series.p50_ms), ("p90", series.p90_ms)].into_iter();
        let quantiles = quantiles.filter_map(|(name, ms)| Some(format!("{name} {}", text::duration(ms?))));
        let stopped = series
            .stopped_from_ms
            .map(|ms| format!("the others took at least {}", text::duration(ms)));
        let parts: Vec<String> = [note].into_iter().chain(quantiles).chain(stopped).collect();
        format!("{name}: {}.", parts.join("; "))
    });
    each.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::trial::{self, HOSTILE, exactly, hostile_names, latencies, named};
    use super::*;
    use crate::stats::Sample;

    fn checked(name: &str, series: &[(&str, &Sample)]) -> (Vec<String>, String) {
        let data = Ecdfs::of("Total time", &named(series));
        trial::checked(&format!("ecdf_{name}"), &data, lay_out, ecdf)
    }

    fn has(texts: &[String], text: &str) -> bool {
        texts.iter().any(|shown| shown == text)
    }

    #[test]
    fn names_stand_at_the_functions() {
        let haiku = latencies(1200, 1450.0, 3300.0, 5500.0);
        let nova = latencies(1200, 850.0, 1600.0, 2300.0);
        let (texts, svg) = checked("typical", &[("claude-haiku", &haiku), ("nova-lite", &nova)]);
        for text in ["claude-haiku", "nova-lite", "n 1,200", "50 %", "1 s"] {
            assert!(has(&texts, text), "{text} {texts:?}");
        }
        assert!(
            svg.contains("90 % of the requests are answered within 2,"),
            "{svg}"
        );
        let long = [
            ("anthropic.claude-3-5-haiku-20241022-v1:0", &haiku),
            ("us.amazon.nova-lite-v1:0", &nova),
        ];
        checked("long_names", &long);
    }

    #[test]
    fn stopped_requests_are_never_a_step() {
        let values: Vec<f64> = latencies(900, 1450.0, 3300.0, 5500.0).values().to_vec();
        let stopped = Sample::with_censored(values, vec![29_000_000.0; 300]).unwrap();
        let nova = latencies(1200, 850.0, 1600.0, 2300.0);
        let (texts, svg) = checked("stopped", &[("claude-haiku", &stopped), ("nova-lite", &nova)]);
        assert!(has(&texts, "n 1,200, 300 timed out"), "{texts:?}");
        assert!(
            svg.contains("the others took at least 29.0 s") && svg.contains("not at all for claude-haiku")
        );
        let all = Sample::with_censored(vec![], vec![29_000_000.0; 3]).unwrap();
        let (texts, _) = checked("all_stopped", &[("claude-haiku", &all)]);
        assert!(has(&texts, "n 3, all timed out"), "{texts:?}");
    }

    #[test]
    fn extremes_are_drawn() {
        checked("one", &[("only one", &exactly(&[1234.0]))]);
        let equal = exactly(&[500.0; 1000]);
        checked("equal", &[("a", &equal), ("b", &equal)]);
        checked("zero", &[("nothing", &exactly(&[0.0; 100]))]);
        let (fast, slow) = (
            latencies(400, 0.05, 0.2, 0.6),
            latencies(1200, 60_000.0, 500_000.0, 900_000.0),
        );
        checked("wide", &[("fast", &fast), ("slow", &slow)]);
    }

    #[test]
    fn the_largest_figure_is_small_and_inert() {
        let names = hostile_names();
        let samples: Vec<Sample> = (0..MAX_SERIES)
            .map(|k| latencies(20_000 + 7 * k, 800.0 + 90.0 * k as f64, 2000.0, 4000.0))
            .collect();
        let series: Vec<(&str, &Sample)> = names.iter().map(String::as_str).zip(&samples).collect();
        let (_, svg) = checked("largest", &series);
        assert!(svg.contains("&lt;script&gt;") && !svg.contains("<script"));
        let quotes: Vec<_> = samples.iter().map(|sample| (HOSTILE[4], sample)).collect();
        checked("quotes", &quotes);
    }

    #[test]
    fn what_cannot_be_drawn_is_an_error() {
        assert_eq!(ecdf(&Ecdfs::of("m", &[])), Err(ChartError::Empty));
        let mut many = Ecdfs::of("m", &named(&[("a", &exactly(&[1.0]))]));
        many.series = vec![many.series[0].clone(); MAX_SERIES + 1];
        let (what, most) = ("series", MAX_SERIES);
        assert_eq!(ecdf(&many), Err(ChartError::TooMany { what, most }));
    }
}
