//! How the latencies are distributed, a panel under another.

use super::frame::{Align, Area, LINE, Label, Line, MARGIN, Point, Sheet, WIDTH};
use super::palette::{AXIS, GRID, INK, Look, SERIES};
use super::scale::{self, Tick};
use super::text::{self, SMALL};
use super::{ChartError, MAX_SERIES, Series, at_most};
use crate::stats::{Confidence, Histogram, Probability, Sample, highest_finite_quantile};

/// How many bins the axis has.
const BINS: usize = 48;
/// A sample of fewer requests shows each of them instead of a density.
const FEWEST: usize = 20;
/// The most panels of a figure.
const MAX_PANELS: usize = 7;
/// The most series of all panels together.
const MAX_SHOWN: usize = 2 * MAX_SERIES;
/// The largest latency that is counted in a bin, in microseconds: an hour.
const LONGEST: u64 = 3_600_000_000;
/// The smallest latency that has a place on a logarithmic axis, in milliseconds.
const SHORTEST: f64 = 0.001;
/// From this ratio of the largest to the smallest latency the axis is logarithmic.
const LOGARITHMIC_FROM: f64 = 8.0;
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

/// Requests of one kind, such as warm or cold ones.
#[derive(Debug, Clone)]
pub struct Panel<'a> {
    /// Of what kind they are.
    pub title: &'a str,
    /// A sample for each model that has such requests; there may be none.
    pub series: Vec<Series<'a>>,
}

/// The densities of latencies: the share of requests in each of a fixed number of bins, for all
/// panels on one axis. Few requests are drawn in fewer, wider bins at the height of their mean; fewer
/// than 20 are shown as one tick for each.
///
/// A series should stand at the same place in all panels: that is what gives it its colour.
///
/// # Errors
/// If there is no panel, or if there are too many panels or series.
pub fn distributions(metric: &str, panels: &[Panel<'_>]) -> Result<String, ChartError> {
    let (sheet, height) = lay_out(metric, panels)?;
    sheet.finish(height, &title(metric), &words(metric, panels))
}

fn title(metric: &str) -> String {
    format!("Distribution of {}", text::in_words(metric))
}

/// The common axis of all panels, in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Axis {
    low: f64,
    high: f64,
    logarithmic: bool,
}

impl Axis {
    fn new(panels: &[Panel<'_>]) -> Self {
        let samples = panels.iter().flat_map(|panel| &panel.series);
        let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
        for series in samples {
            let complete = complete(series.sample);
            if let (Some(first), Some(last)) = (complete.first(), complete.last()) {
                low = low.min(first / 1000.0);
                high = high.max(last / 1000.0);
            }
        }
        let longest = LONGEST as f64 / 1000.0;
        (low, high) = (low.clamp(SHORTEST, longest), high.clamp(SHORTEST, longest));
        if high < low {
            (low, high) = (1.0, 1000.0);
        }
        let logarithmic = high / low > LOGARITHMIC_FROM;
        if logarithmic {
            return Self {
                low: low * 0.9,
                high: high * 1.1,
                logarithmic,
            };
        }
        // The counts of the histogram are as wide as 1/1024 of their values: no bin is narrower.
        // They are whole microseconds too.
        let span = high - low;
        let narrowest = (0.06 * high).max(BINS as f64 * SHORTEST);
        let slack = (narrowest - span).max(0.04 * span) / 2.0;
        Self {
            low: (low - slack).max(0.0),
            high: high + slack,
            logarithmic,
        }
    }

    /// Where a latency lies between both ends, from 0 to 1.
    fn share(&self, ms: f64) -> f64 {
        let share = if self.logarithmic {
            (ms.max(SHORTEST) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (ms - self.low) / (self.high - self.low)
        };
        share.clamp(0.0, 1.0)
    }

    fn x(&self, ms: f64) -> f64 {
        LEFT + (RIGHT - LEFT) * self.share(ms)
    }

    fn ticks(&self) -> Vec<Tick> {
        if self.logarithmic {
            return scale::logarithmic(self.low, self.high);
        }
        let (mut ticks, unit) = scale::linear(self.low, self.high, 7.0);
        for tick in &mut ticks {
            tick.label = format!("{} {unit}", tick.label);
        }
        ticks
    }
}

/// The values of requests that ended, in microseconds.
fn complete(sample: &Sample) -> &[f64] {
    &sample.values()[..sample.len() - sample.censored()]
}

/// The share of all requests that fall into each bin, on average over bins that are drawn as one.
fn shares(sample: &Sample, axis: &Axis) -> Option<[f64; BINS]> {
    let mut histogram = Histogram::new(LONGEST)?;
    for micros in complete(sample) {
        histogram.record(micros.round() as u64);
    }
    let mut shares = [0.0; BINS];
    for bucket in histogram.buckets() {
        let middle = (bucket.low as f64 + (bucket.high_exclusive - 1) as f64) / 2000.0;
        let bin = (axis.share(middle) * BINS as f64) as usize;
        shares[bin.min(BINS - 1)] += bucket.count as f64 / sample.len() as f64;
    }
    // With few requests wider bins, at the height of their mean: the area stays the same.
    for bins in shares.chunks_mut(merged(sample.len())) {
        let mean = bins.iter().sum::<f64>() / bins.len() as f64;
        bins.fill(mean);
    }
    Some(shares)
}

/// How many bins are drawn as one for so many requests.
fn merged(n: usize) -> usize {
    match n {
        ..80 => 3,
        80..240 => 2,
        _ => 1,
    }
}

fn lay_out(metric: &str, panels: &[Panel<'_>]) -> Result<(Sheet, f64), ChartError> {
    if panels.is_empty() {
        return Err(ChartError::Empty);
    }
    at_most(panels.len(), MAX_PANELS, "panels")?;
    for panel in panels {
        at_most(panel.series.len(), MAX_SERIES, "series")?;
    }
    let shown = panels.iter().map(|panel| panel.series.len()).sum();
    at_most(shown, MAX_SHOWN, "series in all panels")?;

    let axis = Axis::new(panels);
    let series = || panels.iter().flat_map(|panel| &panel.series);
    let mut remark = format!("Share of requests per 1/{BINS} of the axis. Marker: median.");
    if series().any(|series| series.sample.len() < FEWEST) {
        remark.push_str(&format!(" Under {FEWEST} requests: a tick for each."));
    }
    let mut sheet = Sheet::new(&title(metric), &remark);
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
    let name = text::fit(metric, SMALL, false, 400.0);
    let scale = if axis.logarithmic {
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
fn kinds(panel: &Panel<'_>) -> (usize, usize) {
    let few = |series: &&Series<'_>| series.sample.len() < FEWEST;
    let few = panel.series.iter().filter(few).count();
    (panel.series.len() - few, few)
}

fn height(panel: &Panel<'_>) -> f64 {
    let (many, few) = kinds(panel);
    let height = RUG * few as f64 + if many > 0 { DENSITY } else { 0.0 };
    if many > 0 && few > 0 {
        height + 10.0
    } else {
        height
    }
}

/// The title of a panel and its series, as many lines as they need. Returns where they end.
fn key(sheet: &mut Sheet, panel: &Panel<'_>, top: f64) -> f64 {
    let title = Label::new(
        (MARGIN, top),
        &text::fit(panel.title, SMALL, true, TITLE),
        Align::Left,
    );
    let title = title.colour(INK).bold();
    let first = (title.area().right + 24.0).max(LEFT + 20.0).ceil();
    sheet.label(title);
    if panel.series.is_empty() {
        sheet.label(Label::new((first, top), "no requests", Align::Left));
    }
    let (mut x, mut y) = (first, top);
    for (series, look) in panel.series.iter().zip(&SERIES) {
        let counts = format!(", {}", counts(series.sample));
        let room = WIDTH - MARGIN - first - 13.0 - text::width(&counts, SMALL, false);
        let name = text::fit(series.name, SMALL, false, room.min(NAME));
        let label = name + &counts;
        let width = 13.0 + text::width(&label, SMALL, false);
        if x > first && x + width > WIDTH - MARGIN {
            (x, y) = (first, y + LINE);
        }
        sheet.marker((x + 4.0, y), look);
        sheet.label(Label::new((x + 13.0, y), &label, Align::Left).colour(INK));
        x = (x + width + 24.0).ceil();
    }
    y + 8.0
}

/// How many requests there are, and how many of them are in no bin.
fn counts(sample: &Sample) -> String {
    let mut counts = format!("n {}", text::whole(sample.len() as f64));
    let beyond = complete(sample)
        .iter()
        .rev()
        .take_while(|micros| micros.round() > LONGEST as f64)
        .count();
    for (count, what) in [(sample.censored(), "timed out"), (beyond, "over an hour")] {
        if count > 0 {
            counts.push_str(&format!(", {} {what}", text::whole(count as f64)));
        }
    }
    counts
}

fn draw_panel(sheet: &mut Sheet, panel: &Panel<'_>, axis: &Axis, top: f64) {
    let (many, _) = kinds(panel);
    let mut row = top;
    if many > 0 {
        densities(sheet, panel, axis, top);
        row += DENSITY + 10.0;
    }
    for (series, look) in panel.series.iter().zip(&SERIES) {
        if series.sample.len() < FEWEST {
            rug(sheet, series.sample, look, axis, row);
            row += RUG;
        }
    }
}

/// The densities of all large samples of a panel on one scale.
fn densities(sheet: &mut Sheet, panel: &Panel<'_>, axis: &Axis, top: f64) {
    let bottom = top + DENSITY;
    let large: Vec<(&Sample, &Look, [f64; BINS])> = panel
        .series
        .iter()
        .zip(&SERIES)
        .filter(|(series, _)| series.sample.len() >= FEWEST)
        .filter_map(|(series, look)| Some((series.sample, look, shares(series.sample, axis)?)))
        .collect();
    let peak = large
        .iter()
        .flat_map(|(_, _, shares)| shares)
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
    for (_, look, shares) in &large {
        let line = Line {
            points: steps(shares, bottom, y),
            colour: look.colour,
            width: 1.8,
            dash: look.dash,
            fill: if large.len() > 3 { 0.04 } else { 0.12 },
        };
        sheet.line(line);
    }
    sheet.horizontal(LEFT, RIGHT, bottom, AXIS);
    for (sample, look, _) in &large {
        let median = sample.quantile(Probability::P50);
        let known = highest_finite_quantile(sample.effective_size(), Confidence::C95) >= 0.5;
        let ms = median.value / 1000.0;
        if known && !median.censored && ms <= axis.high {
            sheet.marker_on_line((axis.x(ms), bottom), look);
        }
    }
}

/// The outline of a histogram, from its first bin that is not empty to its last one.
fn steps(shares: &[f64; BINS], bottom: f64, y: impl Fn(f64) -> f64) -> Vec<Point> {
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
fn rug(sheet: &mut Sheet, sample: &Sample, look: &Look, axis: &Axis, top: f64) {
    let (upper, lower) = (top + 3.0, top + RUG - 5.0);
    sheet.horizontal(LEFT, RIGHT, lower, AXIS);
    for micros in complete(sample) {
        let x = axis.x(micros / 1000.0);
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

fn words(metric: &str, panels: &[Panel<'_>]) -> String {
    let mut words = format!("Distribution of {}.", text::in_words(metric));
    for panel in panels {
        words.push_str(&format!(" {}:", text::in_words(panel.title)));
        if panel.series.is_empty() {
            words.push_str(" no requests.");
        }
        for (at, series) in panel.series.iter().enumerate() {
            let sample = series.sample;
            let (name, counts) = (text::in_words(series.name), counts(sample));
            let separator = if at > 0 { ";" } else { "" };
            words.push_str(&format!("{separator} {name} {counts}"));
            if let (Some(first), Some(last)) = (complete(sample).first(), complete(sample).last()) {
                let (first, last) = (text::duration(first / 1000.0), text::duration(last / 1000.0));
                let median = sample.quantile(Probability::P50);
                let at_least = if median.censored { "at least " } else { "" };
                let median = text::duration(median.value / 1000.0);
                words.push_str(&format!(", from {first} to {last}, median {at_least}{median}"));
            }
        }
        if !panel.series.is_empty() {
            words.push('.');
        }
    }
    words
}

/// Fails if labels touch or leave the figure.
#[cfg(test)]
pub(super) fn assert_sound(metric: &str, panels: &[Panel<'_>]) {
    let (sheet, height) = lay_out(metric, panels).unwrap();
    sheet.assert_labels_are_apart(height);
}

#[cfg(test)]
mod tests {
    use super::super::trial::{HOSTILE, assert_well_formed, exactly, latencies, show};
    use super::*;

    const METRIC: &str = "Lambda duration";

    fn panel<'a>(title: &'a str, series: &[(&'a str, &'a Sample)]) -> Panel<'a> {
        let series = series
            .iter()
            .map(|(name, sample)| Series { name, sample })
            .collect();
        Panel { title, series }
    }

    fn checked(name: &str, panels: &[Panel<'_>]) -> (Vec<String>, String) {
        let (sheet, height) = lay_out(METRIC, panels).unwrap();
        let svg = distributions(METRIC, panels).unwrap();
        show(&format!("distributions_{name}"), &svg);
        sheet.assert_labels_are_apart(height);
        assert_well_formed(&svg);
        assert_eq!(svg, distributions(METRIC, panels).unwrap());
        (sheet.texts().into_iter().map(str::to_owned).collect(), svg)
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
    fn no_share_is_lost() {
        let wide: Vec<f64> = (0..842).map(|k| 0.05 * 1.02_f64.powi(k)).collect();
        let wide = exactly(&wide);
        for sample in [
            latencies(5000, 1450.0, 3300.0, 5500.0),
            wide,
            exactly(&[0.0; 30]),
            exactly(&[777.0; 30]),
        ] {
            let panels = [panel("", &[("a", &sample)])];
            let shares = shares(&sample, &Axis::new(&panels)).unwrap();
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        }
        let stopped = Sample::with_censored(vec![1000.0; 75], vec![9000.0; 25]).unwrap();
        let panels = [panel("", &[("a", &stopped)])];
        let shares = shares(&stopped, &Axis::new(&panels)).unwrap();
        assert!((shares.iter().sum::<f64>() - 0.75).abs() < 1e-9);
    }

    #[test]
    fn a_panel_may_be_empty() {
        let haiku = latencies(300, 1450.0, 1900.0, 2400.0);
        let (texts, svg) = checked(
            "empty_panel",
            &[panel("Warm", &[("a", &haiku)]), panel("Cold", &[])],
        );
        assert!(has(&texts, "no requests") && svg.contains("Cold: no requests."));
        let (texts, _) = checked("empty", &[panel("Warm", &[]), panel("Cold", &[])]);
        assert_eq!(texts.iter().filter(|text| *text == "no requests").count(), 2);
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
        let (texts, _) = checked("stopped", &[panel("Warm", &[("a", &stopped)])]);
        assert!(has(&texts, "a, n 40, 40 timed out"), "{texts:?}");
    }

    #[test]
    fn the_largest_figure_is_small_and_inert() {
        let names: Vec<String> = (0..MAX_SERIES)
            .map(|k| format!("{k}{}", HOSTILE[k % 6].repeat(40)))
            .collect();
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
            distributions("m", &panels).unwrap().len()
        };
        assert!(size(300_000) < size(1000) + 1000);
    }

    #[test]
    fn what_cannot_be_drawn_is_an_error() {
        assert_eq!(distributions("m", &[]), Err(ChartError::Empty));
        let sample = exactly(&[1.0]);
        let full = panel("Warm", &[("a", &sample); MAX_SERIES]);
        let over = panel("Warm", &[("a", &sample); MAX_SERIES + 1]);
        let error = |what, most| Err(ChartError::TooMany { what, most });
        assert_eq!(distributions("m", &[over]), error("series", MAX_SERIES));
        let (three, many) = (vec![full; 3], vec![panel("", &[]); MAX_PANELS + 1]);
        assert_eq!(
            distributions("m", &three),
            error("series in all panels", MAX_SHOWN)
        );
        assert_eq!(distributions("m", &many), error("panels", MAX_PANELS));
    }
}
