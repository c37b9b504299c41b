//! How the latencies are distributed, a panel under another.

use super::curve::note;
use super::frame::{Align, Area, Label, Line, MARGIN, Point, Sheet, WIDTH};
use super::names::{self, KeyItem};
use super::palette::{self, AXIS, GRID, INK, Look};
use super::scale::{self, Tick};
use super::text::{self, SMALL};
use super::{Chart, ChartError, MAX_SERIES, at_most, listed};
use crate::comparison::drawn::{BINS, Distribution, DistributionPanel, Distributions, FEWEST, TimeScale};

/// The most panels of a figure.
const MAX_PANELS: usize = 7;
/// The most series of all panels together.
const MAX_SHOWN: usize = 2 * MAX_SERIES;
/// The height of the densities in a panel.
const DENSITY: f64 = 118.0;
/// The height of the ticks of one small sample.
const RUG: f64 = 22.0;
/// Where the plots begin.
const LEFT: f64 = 66.0;
const RIGHT: f64 = WIDTH - MARGIN - 4.0;
/// The widest title of a panel and name of a series.
const TITLE: f64 = 130.0;
const NAME: f64 = 180.0;

/// The densities of latencies: the share of requests in each of a fixed number of bins, for all
/// panels on one axis. Few requests are drawn in fewer, wider bins at the height of their mean; fewer
/// than 20 are shown as one tick for each.
///
/// # Errors
/// If no request of any panel was answered, or if there are too many panels or series.
pub fn distributions(data: &Distributions) -> Result<Chart, ChartError> {
    let (sheet, height) = lay_out(data)?;
    sheet.finish(height, &title(data), alt(data), &words(data))
}

fn title(data: &Distributions) -> String {
    format!("Distribution of {}", text::in_words(&data.metric))
}

/// The common axis of all panels.
struct Axis<'a>(&'a TimeScale);

impl Axis<'_> {
    fn x(&self, ms: f64) -> f64 {
        LEFT + (RIGHT - LEFT) * self.0.share(ms)
    }

    fn ticks(&self) -> Vec<Tick> {
        scale::of(self.0, 7.0)
    }
}

pub(super) fn lay_out(data: &Distributions) -> Result<(Sheet, f64), ChartError> {
    let panels = &data.panels;
    let mut answered = panels.iter().flat_map(|panel| &panel.series);
    if answered.all(|series| series.first_ms.is_none()) {
        return Err(ChartError::Empty);
    }
    at_most(panels.len(), MAX_PANELS, "panels")?;
    for panel in panels {
        at_most(panel.series.len(), MAX_SERIES, "series")?;
    }
    let shown = panels.iter().map(|panel| panel.series.len()).sum();
    at_most(shown, MAX_SHOWN, "series in all panels")?;

    let axis = Axis(&data.scale);
    let series = || panels.iter().flat_map(|panel| &panel.series);
    let mut remark = format!("Share of requests per 1/{BINS} of the axis. Marker: median.");
    if series().any(|series| series.requests < FEWEST) {
        remark.push_str(&format!(" Under {FEWEST} requests: a tick for each."));
    }
    let mut sheet = Sheet::new(&title(data), &remark);
    let mut top = 78.0;
    let mut plots = Vec::new();
    for panel in panels {
        let keys = key(&mut sheet, panel, top);
        let plot = keys + 10.0;
        let height = height(panel);
        plots.push((panel, plot));
        top = plot + height + 34.0;
    }
    let bottom = top - 34.0;

    // The grid of all panels lies below whatever they show.
    let labels: Vec<Tick> = axis.ticks();
    for tick in &labels {
        let x = axis.x(tick.value);
        let label = Label::new((x, bottom + 16.0), &tick.label, Align::Middle);
        let mut room = label.area();
        (room.left, room.right) = (room.left - 6.0, room.right + 6.0);
        if room.right > WIDTH || sheet.is_labelled(&room) {
            continue;
        }
        sheet.label(label);
        for (panel, top) in &plots {
            if !panel.series.is_empty() {
                sheet.vertical(x, *top, top + height(panel), GRID);
            }
        }
    }
    for (panel, top) in plots {
        draw_panel(&mut sheet, panel, &axis, top);
    }
    let name = text::fit(&data.metric, SMALL, false, 400.0);
    let scale = if data.scale.is_logarithmic {
        "logarithmic scale"
    } else {
        "linear scale"
    };
    let caption = format!("{name}, {scale}");
    let middle = ((LEFT + RIGHT) / 2.0, bottom + 38.0);
    sheet.label_if_free(Label::new(middle, &caption, Align::Middle));
    Ok((sheet, bottom + 58.0))
}

/// How many of the series are shown as a density, and how many as ticks.
fn kinds(panel: &DistributionPanel) -> (usize, usize) {
    let few = |series: &&Distribution| series.requests < FEWEST;
    let few = panel.series.iter().filter(few).count();
    (panel.series.len() - few, few)
}

fn height(panel: &DistributionPanel) -> f64 {
    let (many, few) = kinds(panel);
    let height = RUG * few as f64 + if many > 0 { DENSITY } else { 0.0 };
    if many > 0 && few > 0 {
        height + 10.0
    } else {
        height
    }
}

/// The title of a panel and its series, as many lines as they need. Returns where they end.
fn key(sheet: &mut Sheet, panel: &DistributionPanel, top: f64) -> f64 {
    let title = Label::new(
        (MARGIN, top),
        &text::fit(&panel.title, SMALL, true, TITLE),
        Align::Left,
    );
    let title = title.colour(INK).bold();
    let first = (title.area().right + 24.0).max(LEFT + 20.0).ceil();
    sheet.label(title);
    if panel.series.is_empty() {
        sheet.label(Label::new((first, top), "no requests", Align::Left));
    }
    let items: Vec<KeyItem<'_>> = panel
        .series
        .iter()
        .map(|series| KeyItem {
            name: &series.name,
            note: format!(", {}", counts(series)),
            look: palette::of_place(series.place),
        })
        .collect();
    names::key(sheet, (first, top), &items, NAME)
}

/// How many requests there are, and how many of them are in no bin.
fn counts(series: &Distribution) -> String {
    let counts = note(series.requests, series.timed_out);
    match series.over_an_hour {
        0 => counts,
        beyond => format!("{counts}, {} over an hour", text::whole(beyond as f64)),
    }
}

fn draw_panel(sheet: &mut Sheet, panel: &DistributionPanel, axis: &Axis<'_>, top: f64) {
    let (many, _) = kinds(panel);
    let mut row = top;
    if many > 0 {
        densities(sheet, panel, axis, top);
        row += DENSITY + 10.0;
    }
    for series in &panel.series {
        if series.requests < FEWEST {
            rug(sheet, series, axis, row);
            row += RUG;
        }
    }
}

/// The densities of all large samples of a panel on one scale.
fn densities(sheet: &mut Sheet, panel: &DistributionPanel, axis: &Axis<'_>, top: f64) {
    let bottom = top + DENSITY;
    let large = || panel.series.iter().filter(|series| series.requests >= FEWEST);
    let peak = large()
        .flat_map(|series| &series.bins)
        .copied()
        .fold(0.0, f64::max);
    let peak = if peak > 0.0 { peak * 1.04 } else { 1.0 };
    let y = |share: f64| bottom - DENSITY * share / peak;

    let step = scale::step(100.0 * peak, 3.0);
    for percent in (1..=3).map(|times| step * f64::from(times)) {
        if percent / 100.0 <= peak {
            let y = y(percent / 100.0);
            sheet.horizontal(LEFT, RIGHT, y, GRID);
            let decimals = usize::from(step < 1.0);
            let label = format!("{percent:.decimals$} %");
            sheet.label_if_free(Label::new((LEFT - 8.0, y), &label, Align::Right));
        }
    }
    for series in large() {
        let look = palette::of_place(series.place);
        let line = Line {
            points: steps(&series.bins, bottom, y),
            colour: look.colour,
            width: 1.8,
            dash: look.dash,
            fill: if large().count() > 3 { 0.04 } else { 0.12 },
        };
        sheet.line(line);
    }
    sheet.horizontal(LEFT, RIGHT, bottom, AXIS);
    for series in large() {
        let is_known = series.median_is_supported && !series.median_is_at_least;
        if is_known && series.median_ms <= axis.0.high_ms {
            let at = (axis.x(series.median_ms), bottom);
            sheet.marker_on_line(at, palette::of_place(series.place));
        }
    }
}

/// The outline of a histogram, from its first bin that is not empty to its last one.
fn steps(shares: &[f64], bottom: f64, y: impl Fn(f64) -> f64) -> Vec<Point> {
    let occupied = |share: &f64| *share > 0.0;
    let (Some(first), Some(last)) = (
        shares.iter().position(occupied),
        shares.iter().rposition(occupied),
    ) else {
        return Vec::new();
    };
    // Edges on whole pixels, so that outlines of different samples coincide.
    let x = |bin: usize| (LEFT + (RIGHT - LEFT) * bin as f64 / BINS as f64).round();
    let mut points = vec![(x(first), bottom)];
    for (bin, share) in shares.iter().enumerate().take(last + 1).skip(first) {
        let y = y(*share).round();
        points.push((x(bin), y));
        points.push((x(bin + 1), y));
    }
    points.push((x(last + 1), bottom));
    points
}

/// A tick for each request of a small sample.
fn rug(sheet: &mut Sheet, series: &Distribution, axis: &Axis<'_>, top: f64) {
    let look: &Look = palette::of_place(series.place);
    let (upper, lower) = (top + 3.0, top + RUG - 5.0);
    sheet.horizontal(LEFT, RIGHT, lower, AXIS);
    for ms in &series.each_ms {
        let x = axis.x(*ms);
        let (left, right) = (x.round() - 1.0, x.round() + 1.0);
        let (top, bottom) = (upper, lower);
        sheet.rect(
            Area {
                left,
                top,
                right,
                bottom,
            },
            look.colour,
        );
    }
    sheet.marker((LEFT - 14.0, (upper + lower) / 2.0), look);
}

/// What the figure finds: the median of each kind of requests.
fn alt(data: &Distributions) -> String {
    let panels = data.panels.iter().filter(|panel| !panel.series.is_empty());
    let panels: Vec<String> = panels
        .map(|panel| {
            let each = panel.series.iter().map(|series| {
                let (name, median) = (text::in_words(&series.name), text::duration(series.median_ms));
                let at_least = if series.median_is_at_least {
                    "at least "
                } else {
                    ""
                };
                format!("{at_least}{median} for {name}")
            });
            format!("{}: {}", text::in_words(&panel.title), listed(each))
        })
        .collect();
    format!("{}, by median. {}", title(data), panels.join("; "))
}

fn words(data: &Distributions) -> String {
    let mut words = String::new();
    for panel in &data.panels {
        words.push_str(&format!(" {}:", text::in_words(&panel.title)));
        if panel.series.is_empty() {
            words.push_str(" no requests.");
        }
        for (at, series) in panel.series.iter().enumerate() {
            let (name, counts) = (text::in_words(&series.name), counts(series));
            let separator = if at > 0 { ";" } else { "" };
            words.push_str(&format!("{separator} {name} {counts}"));
            if let Some((first, last)) = series.first_ms.zip(series.last_ms) {
                let (first, last) = (text::duration(first), text::duration(last));
                let at_least = if series.median_is_at_least {
                    "at least "
                } else {
                    ""
                };
                let median = text::duration(series.median_ms);
                words.push_str(&format!(", from {first} to {last}, median {at_least}{median}"));
            }
        }
        if !panel.series.is_empty() {
            words.push('.');
        }
    }
    words.trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::trial::{self, HOSTILE, exactly, hostile_names, latencies, named};
    use super::*;
    use crate::stats::Sample;

    type Panel<'a> = (&'a str, Vec<(&'a str, &'a Sample)>);

    fn data(panels: &[Panel<'_>]) -> Distributions {
        let panels: Vec<_> = panels
            .iter()
            .map(|(title, samples)| (*title, named(samples)))
            .collect();
        Distributions::of("Lambda duration", &panels)
    }

    fn panel<'a>(title: &'a str, series: &[(&'a str, &'a Sample)]) -> Panel<'a> {
        (title, series.to_vec())
    }

    fn checked(name: &str, panels: &[Panel<'_>]) -> (Vec<String>, String) {
        let name = format!("distributions_{name}");
        trial::checked(&name, &data(panels), lay_out, distributions)
    }

    fn has(texts: &[String], text: &str) -> bool {
        texts.iter().any(|shown| shown == text)
    }

    #[test]
    fn panels_share_an_axis() {
        let (haiku, nova) = (
            latencies(1200, 1450.0, 3300.0, 5500.0),
            latencies(1200, 850.0, 1600.0, 2300.0),
        );
        let (cold_haiku, cold_nova) = (
            latencies(30, 2700.0, 4600.0, 6900.0),
            latencies(12, 2000.0, 2900.0, 3700.0),
        );
        let warm = panel("Warm", &[("claude-haiku", &haiku), ("nova-lite", &nova)]);
        let cold = panel(
            "Cold",
            &[("claude-haiku", &cold_haiku), ("nova-lite", &cold_nova)],
        );
        let (texts, svg) = checked("typical", &[warm, cold]);
        for text in [
            "Warm",
            "Cold",
            "claude-haiku, n 1,200",
            "claude-haiku, n 30",
            "nova-lite, n 12",
            "1 s",
            "Lambda duration, logarithmic scale",
        ] {
            assert!(has(&texts, text), "{text} {texts:?}");
        }
        assert!(texts[1].ends_with("Under 20 requests: a tick for each.") && !texts[1].contains('…'));
        assert_eq!(texts.iter().filter(|text| *text == "1 s").count(), 1);
        // Three densities, and a tick for each of twelve requests.
        assert_eq!(svg.matches("fill-opacity").count(), 3);
        assert_eq!(svg.matches("width=\"2\" height=\"14\"").count(), 12);
    }

    #[test]
    fn a_panel_may_be_empty() {
        let haiku = latencies(300, 1450.0, 1900.0, 2400.0);
        let (texts, svg) = checked(
            "empty_panel",
            &[panel("Warm", &[("a", &haiku)]), panel("Cold", &[])],
        );
        assert!(has(&texts, "no requests") && svg.contains("Cold: no requests."));
        let of_second = Distributions::of("", &[("", named(&[("a", &haiku), ("b", &haiku)]).split_off(1))]);
        assert_eq!(of_second.panels[0].series[0].place, 1, "a series keeps its look");
    }

    #[test]
    fn extremes_are_drawn() {
        let one = exactly(&[1234.0]);
        let (texts, svg) = checked("one", &[panel("Warm", &[("a", &one)])]);
        assert!(has(&texts, "a, n 1") && has(&texts, "Lambda duration, linear scale"));
        assert_eq!(svg.matches("width=\"2\" height=\"14\"").count(), 1);
        let equal = exactly(&[500.0; 1000]);
        let (texts, _) = checked("equal", &[panel("Warm", &[("a", &equal), ("b", &equal)])]);
        assert!(has(&texts, "500 ms"), "{texts:?}");
        let zero = exactly(&[0.0; 100]);
        checked("zero", &[panel("Warm", &[("a", &zero)])]);
        let (fast, slow) = (
            latencies(400, 0.06, 0.2, 0.6),
            latencies(1200, 60_000.0, 500_000.0, 900_000.0),
        );
        let (texts, _) = checked("wide", &[panel("Warm", &[("fast", &fast), ("slow", &slow)])]);
        assert!(has(&texts, "0.1 ms") && has(&texts, "100 s"), "{texts:?}");
        let beyond = Sample::with_censored(vec![7.2e9; 30], vec![6e7; 4]).unwrap();
        let (texts, _) = checked("beyond", &[panel("Warm", &[("a", &beyond)])]);
        assert!(has(&texts, "a, n 34, 4 timed out, 30 over an hour"), "{texts:?}");
        let stopped = Sample::with_censored(vec![], vec![6e7; 40]).unwrap();
        let nothing = data(&[panel("Warm", &[("a", &stopped)])]);
        assert_eq!(distributions(&nothing), Err(ChartError::Empty));
        let both = panel("Warm", &[("a", &stopped), ("b", &equal)]);
        let (texts, _) = checked("stopped", &[both]);
        assert!(has(&texts, "a, n 40, all timed out"), "{texts:?}");
    }

    #[test]
    fn the_largest_figure_is_small_and_inert() {
        let names = hostile_names();
        let many: Vec<Sample> = (0..MAX_SERIES)
            .map(|k| latencies(3000 + 7 * k, 800.0 + 90.0 * k as f64, 2000.0, 9000.0))
            .collect();
        let few: Vec<Sample> = (0..MAX_SERIES)
            .map(|k| latencies(19, 900.0 + 90.0 * k as f64, 2000.0, 4000.0))
            .collect();
        let names = || names.iter().map(String::as_str);
        let many: Vec<_> = names().zip(&many).collect();
        let few: Vec<_> = names().zip(&few).collect();
        let (_, svg) = checked("largest", &[panel(HOSTILE[0], &many), panel(HOSTILE[1], &many)]);
        assert!(svg.contains("&lt;script&gt;") && !svg.contains("<script"));
        let quotes: Vec<_> = many.iter().map(|(_, sample)| (HOSTILE[4], *sample)).collect();
        checked(
            "quotes",
            &[panel(HOSTILE[4], &quotes), panel(HOSTILE[4], &quotes)],
        );
        checked("mixed", &[panel("Warm", &many), panel("Cold", &few)]);
        checked("few", &[panel("Warm", &few), panel("Cold", &few)]);
    }

    #[test]
    fn the_size_does_not_grow_with_the_sample() {
        let size = |n| {
            let sample = latencies(n, 1450.0, 3300.0, 5500.0);
            let panels = [panel("Warm", &[("a", &sample)])];
            distributions(&data(&panels)).unwrap().svg.len()
        };
        assert!(size(300_000) < size(1000) + 1000);
    }

    #[test]
    fn what_cannot_be_drawn_is_an_error() {
        assert_eq!(distributions(&data(&[])), Err(ChartError::Empty));
        let empty = data(&[panel("Warm", &[]), panel("Cold", &[])]);
        assert_eq!(distributions(&empty), Err(ChartError::Empty));
        let sample = exactly(&[1.0]);
        let mut many = data(&[panel("Warm", &[("a", &sample)])]);
        let one = many.panels[0].series[0].clone();
        many.panels[0].series = vec![one; MAX_SERIES];
        let error = |what, most| Err(ChartError::TooMany { what, most });
        let three = Distributions {
            panels: vec![many.panels[0].clone(); 3],
            ..many.clone()
        };
        assert_eq!(distributions(&three), error("series in all panels", MAX_SHOWN));
        let eight = Distributions {
            panels: vec![many.panels[0].clone(); MAX_PANELS + 1],
            ..many.clone()
        };
        assert_eq!(distributions(&eight), error("panels", MAX_PANELS));
        let over = many.panels[0].series[0].clone();
        many.panels[0].series.push(over);
        assert_eq!(distributions(&many), error("series", MAX_SERIES));
    }
}
