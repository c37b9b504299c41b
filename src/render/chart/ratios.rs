//! Every compared quantile as a ratio with its interval, against the margin.

use super::frame::{Align, Area, LINE, Label, Line, MARGIN, Sheet, WIDTH};
use super::palette::{self, AXIS, CARD, GRID, INK, Look, Rgb};
use super::text::{self, HEADING, SMALL};
use super::{Chart, ChartError, MAX_SERIES, at_most, listed};
use crate::comparison::drawn::{ComparedRatio, Ratios, RatiosOf};
use crate::render::digits::Digits;
use crate::stats::Interval;

/// The margin within which a change counts as none.
const WITHIN: Rgb = (0xec, 0xec, 0xe6);
/// The ground of the primary quantile.
const PRIMARY: Rgb = (0xf6, 0xf1, 0xdc);
/// So many candidates at most are shown with all metrics.
const MOST_IN_FULL: usize = 3;
/// The most ratios of one candidate.
const MAX_RATIOS: usize = 20;
const ROW: f64 = 19.0;
/// Between the ratios of two metrics.
const GAP: f64 = 9.0;
/// Where quantiles are named, the plot begins and ends, and words begin.
const QUANTILE: f64 = 122.0;
const LEFT: f64 = 162.0;
const RIGHT: f64 = 430.0;
const WORDS: f64 = 450.0;
/// Where verdicts begin.
const VERDICT: f64 = 604.0;
/// An interval is cut beyond this many times the outermost ratio.
const CUT: f64 = 2.5;
/// What the axis holds at most.
const EDGE: (f64, f64) = (0.01, 100.0);

/// The ratios of each candidate to the baseline on a logarithmic axis, of more than three candidates those of the metric
/// on which the comparison decides. An interval that is open or leaves the figure ends in an arrow; what proves nothing
/// is hollow and dashed.
///
/// # Errors
/// If no ratio and no bound of one is known, or if there are too many.
pub fn ratios(data: &Ratios) -> Result<Chart, ChartError> {
    let (sheet, height) = lay_out(data)?;
    sheet.finish(height, &title(data), alt(data), &words(data))
}

fn title(data: &Ratios) -> String {
    match &data.candidates[..] {
        [one] => format!(
            "{} against {}",
            text::in_words(&one.name),
            text::in_words(&data.baseline)
        ),
        _ => format!("Ratios to {}", text::in_words(&data.baseline)),
    }
}

/// The title with as much of both names as there is room for.
fn heading(data: &Ratios) -> String {
    const ROOM: f64 = 280.0;
    let fit = |name: &str| text::fit(name, HEADING, true, ROOM);
    match &data.candidates[..] {
        [one] => format!("{} against {}", fit(&one.name), fit(&data.baseline)),
        _ => format!(
            "Ratios to {}",
            text::fit(&data.baseline, HEADING, true, 2.0 * ROOM)
        ),
    }
}

/// The logarithmic axis.
#[derive(Clone, Copy)]
struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    /// Holds all ratios, both ends of the margin, and intervals unless they are much longer.
    fn of(data: &Ratios) -> Self {
        let most = 1.0 + data.margin.max(0.0);
        let all = || data.candidates.iter().flat_map(|candidate| &candidate.ratios);
        let positive = |number: &f64| *number > 0.0;
        let (mut low, mut high) = (1.0 / most, most);
        for ratio in all().filter_map(|found| found.ratio).filter(positive) {
            (low, high) = (low.min(ratio), high.max(ratio));
        }
        let (least, most) = (low / CUT, high * CUT);
        for end in all()
            .flat_map(|found| [found.low, found.high])
            .flatten()
            .filter(positive)
        {
            (low, high) = (low.min(end.max(least)), high.max(end.min(most)));
        }
        // At least as much room as tells the margin from one.
        let slack = (high / low).powf(0.06).max(1.02);
        Self {
            low: (low / slack).clamp(EDGE.0, 0.98),
            high: (high * slack).clamp(1.02, EDGE.1),
        }
    }

    fn x(&self, ratio: f64) -> f64 {
        let place = (ratio.max(f64::MIN_POSITIVE) / self.low).ln() / (self.high / self.low).ln();
        LEFT + (RIGHT - LEFT) * place.clamp(0.0, 1.0)
    }
}

pub(super) fn lay_out(data: &Ratios) -> Result<(Sheet, f64), ChartError> {
    at_most(data.candidates.len(), MAX_SERIES, "series")?;
    let mut all = data.candidates.iter().flat_map(|candidate| &candidate.ratios);
    let is_told =
        |found: &ComparedRatio| found.ratio.is_some() || found.low.is_some() || found.high.is_some();
    if !all.any(is_told) {
        return Err(ChartError::Empty);
    }
    let most = data.candidates.iter().map(|candidate| candidate.ratios.len());
    let most = most.fold(0, usize::max);
    at_most(most, MAX_RATIOS, "ratios of one candidate")?;
    let mut sheet = Sheet::new(&heading(data), &remark(data));
    let axis = Axis::of(data);
    let mut top = 66.0;
    let mut blocks = Vec::new();
    for candidate in &data.candidates {
        if data.candidates.len() > 1 {
            top += 12.0;
            sheet.marker((MARGIN + 4.0, top), palette::of_place(candidate.place));
            let name = text::fit(&candidate.name, SMALL, true, WIDTH - 2.0 * MARGIN - 13.0);
            sheet.label(
                Label::new((MARGIN + 13.0, top), &name, Align::Left)
                    .colour(INK)
                    .bold(),
            );
            top += LINE - 4.0;
        }
        let first = top + 4.0;
        let rows = rows(data, candidate, first);
        top = rows.last().map_or(first, |(_, _, y)| y + ROW / 2.0) + 4.0;
        blocks.push((candidate, rows, (first, top)));
    }
    for (_, rows, ends) in &blocks {
        ground(&mut sheet, data, axis, rows, *ends);
    }
    let ends: Vec<(f64, f64)> = blocks.iter().map(|block| block.2).collect();
    ticks(&mut sheet, axis, top, &ends);
    for (candidate, rows, _) in &blocks {
        for (ratio, metric, y) in rows {
            row(
                &mut sheet,
                ratio,
                *metric,
                *y,
                axis,
                palette::of_place(candidate.place),
            );
        }
    }
    Ok((sheet, top + 52.0))
}

fn remark(data: &Ratios) -> String {
    let mut shown = data.candidates.iter().flat_map(|candidate| &candidate.ratios);
    if shown.any(|found| is_shown(data, found) && found.is_claim_too_many) {
        // There is room for no more.
        let grey = match data.margin > 0.0 {
            true => format!(" Grey: within {} of 1.", margin(data.margin)),
            false => String::new(),
        };
        return format!("95 % intervals.{grey} Hollow: inconclusive. °: not among all.");
    }
    let mut remark = "Ratio with 95 % interval.".to_owned();
    if data.margin > 0.0 {
        remark.push_str(&format!(" Grey: within {} of 1, no change.", margin(data.margin)));
    }
    remark.push_str(" Hollow: inconclusive.");
    remark
}

/// Of many candidates only the metric is shown on which the comparison decides.
fn is_shown(data: &Ratios, found: &ComparedRatio) -> bool {
    let mut all = data.candidates.iter().flat_map(|candidate| &candidate.ratios);
    let primary = all.find(|ratio| ratio.is_primary);
    data.candidates.len() <= MOST_IN_FULL || primary.is_none_or(|primary| primary.metric == found.metric)
}

/// A ratio, the name of its metric if it is the first of it, and where it stands.
type Row<'a> = (&'a ComparedRatio, Option<&'a str>, f64);

fn rows<'a>(data: &Ratios, candidate: &'a RatiosOf, first: f64) -> Vec<Row<'a>> {
    let mut y = first + ROW / 2.0;
    let mut rows: Vec<Row<'_>> = Vec::new();
    for ratio in candidate.ratios.iter().filter(|ratio| is_shown(data, ratio)) {
        let before = rows.last().map(|(before, ..)| before.metric.as_str());
        let is_first = before != Some(&ratio.metric);
        if is_first && before.is_some() {
            y += GAP;
        }
        rows.push((ratio, is_first.then_some(ratio.metric.as_str()), y));
        y += ROW;
    }
    rows
}

/// What lies behind the ratios of one candidate.
fn ground(sheet: &mut Sheet, data: &Ratios, axis: Axis, rows: &[Row<'_>], (top, bottom): (f64, f64)) {
    for (_, _, y) in rows.iter().filter(|(ratio, ..)| ratio.is_primary) {
        let area = Area {
            left: MARGIN - 8.0,
            top: y - ROW / 2.0,
            right: WIDTH - MARGIN + 8.0,
            bottom: y + ROW / 2.0,
        };
        sheet.rect(area, PRIMARY);
    }
    let most = 1.0 + data.margin.max(0.0);
    let area = Area {
        left: axis.x(1.0 / most).round(),
        top,
        right: axis.x(most).round(),
        bottom,
    };
    sheet.rect(area, WITHIN);
}

/// Round ratios below all candidates, and which way is faster.
fn ticks(sheet: &mut Sheet, axis: Axis, bottom: f64, blocks: &[(f64, f64)]) {
    const TICKS: [f64; 23] = [
        1.0, 0.5, 2.0, 0.1, 10.0, 0.2, 5.0, 0.01, 100.0, 0.05, 20.0, 0.02, 50.0, 0.8, 1.25, 0.9, 1.1, 0.3,
        3.0, 0.6, 0.4, 0.7, 1.5,
    ];
    for ratio in TICKS {
        if ratio < axis.low || ratio > axis.high {
            continue;
        }
        let x = axis.x(ratio);
        if sheet.label_if_spaced(
            Label::new((x, bottom + 12.0), &format!("{ratio}"), Align::Middle),
            8.0,
        ) {
            let colour = if ratio == 1.0 { AXIS } else { GRID };
            for (top, bottom) in blocks {
                sheet.vertical(x, *top, *bottom, colour);
            }
        }
    }
    let y = bottom + 31.0;
    let one = axis.x(1.0);
    for (x, text, align) in [
        (one - 14.0, "← faster", Align::Right),
        (one + 14.0, "slower →", Align::Left),
    ] {
        sheet.label_if_free(Label::new((x, y), text, align));
    }
}

fn row(sheet: &mut Sheet, found: &ComparedRatio, metric: Option<&str>, y: f64, axis: Axis, look: &Look) {
    let label = |x: f64, text: &str, align: Align| {
        let label = Label::new((x, y), text, align);
        if found.is_primary {
            label.colour(INK).bold()
        } else {
            label
        }
    };
    if let Some(metric) = metric {
        let metric = text::fit(metric, SMALL, true, QUANTILE - MARGIN - 8.0);
        sheet.label(Label::new((MARGIN, y), &metric, Align::Left).colour(INK).bold());
    }
    let quantile = text::fit(&found.quantile, SMALL, true, LEFT - QUANTILE - 6.0);
    sheet.label(label(QUANTILE, &quantile, Align::Left));
    let value = text::fit(&value(found), SMALL, true, VERDICT - WORDS - 8.0);
    sheet.label(label(WORDS, &value, Align::Left));
    let verdict = text::fit(&verdict(found), SMALL, true, WIDTH - VERDICT - 6.0);
    sheet.label(label(VERDICT, &verdict, Align::Left));
    interval(sheet, found, y, axis, look);
    if let Some(ratio) = found.ratio.filter(|ratio| (axis.low..=axis.high).contains(ratio)) {
        let size = if found.is_primary { 6.2 } else { 4.4 };
        let at = (axis.x(ratio), y);
        sheet.square(at, size + 1.4, CARD);
        sheet.square(at, size, look.colour);
        if !is_proven(found) {
            sheet.square(at, size - 1.8, CARD);
        }
    }
}

/// The interval, with an arrow where it goes on.
fn interval(sheet: &mut Sheet, found: &ComparedRatio, y: f64, axis: Axis, look: &Look) {
    if found.ratio.is_none() && found.low.is_none() && found.high.is_none() {
        return;
    }
    let (low, high) = (found.low.unwrap_or(0.0), found.high.unwrap_or(f64::INFINITY));
    let (from, to) = (axis.x(low), axis.x(high.min(f64::MAX)));
    let dash = if is_proven(found) { "" } else { "3 3" };
    sheet.line(Line {
        points: vec![(from, y), (to, y)],
        colour: look.colour,
        width: if found.is_primary { 3.2 } else { 2.0 },
        dash,
        fill: 0.0,
    });
    for (x, goes_on, way) in [(from, low < axis.low, -1.0), (to, high > axis.high, 1.0)] {
        if goes_on {
            let head = vec![
                (x + way * 8.0, y),
                (x - way * 2.0, y - 4.5),
                (x - way * 2.0, y + 4.5),
            ];
            sheet.polygon(head, look.colour, 1.0);
        } else {
            sheet.line(Line {
                points: vec![(x, y - 4.0), (x, y + 4.0)],
                colour: look.colour,
                width: 1.6,
                dash: "",
                fill: 0.0,
            });
        }
    }
}

/// Whether it says something that holds.
fn is_proven(found: &ComparedRatio) -> bool {
    let says = found
        .verdict
        .as_deref()
        .is_some_and(|verdict| verdict != "inconclusive");
    says && !found.is_claim_too_many
}

fn verdict(found: &ComparedRatio) -> String {
    let mark = if found.is_claim_too_many { "°" } else { "" };
    found
        .verdict
        .as_ref()
        .map_or_else(String::new, |verdict| format!("{verdict}{mark}"))
}

/// `0.48 (0.44–0.53)`, `(≥ 0.44)`, `not estimable`.
fn value(found: &ComparedRatio) -> String {
    let range = Interval {
        low: found.low,
        high: found.high,
    };
    let digits = Digits::of(range);
    let form = |ratio: f64| text::ratio_with(ratio, digits);
    let interval = match (found.low, found.high) {
        (Some(low), Some(high)) => Some(format!("({}–{})", form(low), form(high))),
        (Some(low), None) => Some(format!("(≥ {})", form(low))),
        (None, Some(high)) => Some(format!("(≤ {})", form(high))),
        (None, None) => None,
    };
    match (found.ratio, interval) {
        (Some(ratio), Some(interval)) => format!("{} {interval}", form(ratio)),
        (Some(ratio), None) => format!("{} (no interval)", form(ratio)),
        (None, Some(interval)) => interval,
        (None, None) => "not estimable".to_owned(),
    }
}

/// `5 %`.
fn margin(share: f64) -> String {
    let percent = 100.0 * share.max(0.0);
    if percent >= 99.95 {
        return format!("{} %", text::whole(percent));
    }
    let percent = format!("{percent:.1}");
    format!("{} %", percent.trim_end_matches(".0"))
}

/// What the figure finds: the primary ratio of each candidate.
fn alt(data: &Ratios) -> String {
    let each = data.candidates.iter().map(|candidate| {
        let name = text::in_words(&candidate.name);
        let Some(primary) = candidate.ratios.iter().find(|ratio| ratio.is_primary) else {
            return format!("not known for {name}");
        };
        let verdict = match primary.is_claim_too_many {
            true => format!("{}, but not among all,", verdict(primary).trim_end_matches('°')),
            false => verdict(primary),
        };
        let separator = if verdict.is_empty() { "" } else { ", " };
        format!("{}{separator}{verdict} for {name}", value(primary))
    });
    let primary = data.candidates.iter().flat_map(|candidate| &candidate.ratios);
    let primary = primary.filter(|ratio| ratio.is_primary).map(|ratio| {
        format!(
            "{} of {}",
            text::in_words(&ratio.quantile),
            text::in_words(&ratio.metric)
        )
    });
    let primary = primary.take(1).collect::<String>();
    let (baseline, each) = (text::in_words(&data.baseline), listed(each));
    format!("Ratios to {baseline} with 95 % intervals: {primary} is {each}")
}

fn words(data: &Ratios) -> String {
    let each = data.candidates.iter().map(|candidate| {
        let ratios: Vec<String> = candidate
            .ratios
            .iter()
            .map(|found| {
                let (quantile, metric) = (text::in_words(&found.quantile), text::in_words(&found.metric));
                format!("{quantile} of {metric} {} {}", value(found), verdict(found))
                    .trim_end()
                    .to_owned()
            })
            .collect();
        format!("{}: {}.", text::in_words(&candidate.name), ratios.join("; "))
    });
    let each: Vec<String> = each.collect();
    format!(
        "A change by less than {} counts as none. {}",
        margin(data.margin),
        each.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::super::trial::{self, HOSTILE, hostile_names, round};
    use super::*;

    fn ratio(
        metric: &str,
        quantile: &str,
        ratio: Option<f64>,
        low: Option<f64>,
        high: Option<f64>,
    ) -> ComparedRatio {
        let verdict = match (low, high) {
            (_, Some(high)) if high < 1.0 / 1.05 => "improved",
            (Some(low), _) if low > 1.05 => "regressed",
            _ => "inconclusive",
        };
        ComparedRatio {
            metric: metric.to_owned(),
            quantile: quantile.to_owned(),
            is_primary: metric == "total time" && quantile == "p95",
            ratio,
            low,
            high,
            verdict: Some(verdict.to_owned()),
            is_claim_too_many: false,
        }
    }

    fn candidate(name: &str, place: usize, middle: f64) -> RatiosOf {
        let metrics = ["total time", "duration", "inference", "total, warm"];
        let quantiles = [("p50", 0.05), ("p90", 0.1), ("p95", 0.15), ("p99", 0.4)];
        let ratios = metrics.iter().flat_map(|metric| {
            quantiles.iter().map(move |(quantile, half)| {
                let (low, high) = (round(middle * (1.0 - half)), round(middle * (1.0 + half)));
                ratio(metric, quantile, Some(round(middle)), Some(low), Some(high))
            })
        });
        RatiosOf {
            name: name.to_owned(),
            place,
            ratios: ratios.collect(),
        }
    }

    fn data(candidates: Vec<RatiosOf>) -> Ratios {
        Ratios {
            baseline: "claude-3-haiku".to_owned(),
            margin: 0.05,
            candidates,
        }
    }

    fn checked(name: &str, data: &Ratios) -> (Vec<String>, String) {
        trial::checked(&format!("ratios_{name}"), data, lay_out, ratios)
    }

    #[test]
    fn every_ratio_has_a_row() {
        let (texts, svg) = checked("typical", &data(vec![candidate("nova-lite", 1, 0.5)]));
        assert_eq!(texts.iter().filter(|text| *text == "improved").count(), 16);
        for text in ["total time", "p99", "0.50 (0.42–0.57)", "0.5", "1", "← faster"] {
            assert!(texts.iter().any(|shown| shown == text), "{text} {texts:?}");
        }
        assert!(
            svg.contains("p95 of total time is 0.50 (0.42–0.57), improved for nova-lite."),
            "{svg}"
        );
        assert!(!svg.contains("stroke-dasharray"));
        let (texts, svg) = checked("inconclusive", &data(vec![candidate("nova-lite", 1, 1.02)]));
        assert!(texts.iter().any(|text| text == "inconclusive"));
        assert!(svg.matches("stroke-dasharray").count() >= 15, "{svg}");
    }

    #[test]
    fn open_intervals_are_arrows() {
        let arrows = |low, high| {
            let mut one = candidate("a", 1, 1.0);
            one.ratios = vec![ratio("total time", "p95", None, low, high)];
            let (_, svg) = checked("open", &data(vec![one]));
            svg.matches("<polygon").count()
        };
        assert_eq!(arrows(Some(0.9), Some(1.1)), 0);
        assert_eq!(arrows(Some(0.9), None), 1);
        assert_eq!(arrows(None, Some(1.1)), 1);
        assert_eq!(arrows(Some(1e-9), Some(1e9)), 2);
    }

    #[test]
    fn extremes_are_drawn() {
        let mut one = candidate("a", 1, 1.0);
        one.ratios = vec![
            ratio("total time", "p95", Some(1e-9), Some(1e-12), Some(2e-9)),
            ratio("total time", "p99", Some(1e9), Some(1e8), None),
            ratio("duration", "p50", Some(0.0), Some(0.0), Some(0.0)),
            ratio("duration", "p90", None, None, None),
            ratio("inference", "p50", Some(1.0), Some(1.0), Some(1.0)),
        ];
        one.ratios[1].is_claim_too_many = true;
        let (texts, _) = checked("wide", &data(vec![one]));
        assert!(
            texts.iter().any(|text| text == "1.000 (1.000–1.000)"),
            "{texts:?}"
        );
        assert!(texts.iter().any(|text| text == "not estimable"), "{texts:?}");
        assert!(texts.iter().any(|text| text == "regressed°"), "{texts:?}");
        let mut narrow = data(vec![candidate("a", 1, 1.0)]);
        narrow.margin = 0.0;
        checked("no_margin", &narrow);
        assert_eq!(ratios(&data(vec![])), Err(ChartError::Empty));
        let mut none = candidate("a", 1, 1.0);
        none.ratios = vec![ratio("total time", "p95", None, None, None)];
        assert_eq!(ratios(&data(vec![none])), Err(ChartError::Empty));
    }

    #[test]
    fn the_largest_figure_is_small_and_inert() {
        let of = |names: &[String]| {
            let names = names.iter().enumerate();
            let candidates = names.map(|(at, name)| candidate(name, at, 0.6 + at as f64 / 10.0));
            let mut data = data(candidates.collect());
            data.baseline = HOSTILE[1].repeat(30);
            data
        };
        let (texts, svg) = checked("largest", &of(&hostile_names()));
        assert!(
            !texts.iter().any(|text| text == "duration"),
            "only what decides is shown"
        );
        assert!(svg.contains("&lt;script&gt;") && !svg.contains("<script"));
        checked("quotes", &of(&vec![HOSTILE[4].to_owned(); MAX_SERIES]));
        let error = |what, most| Err(ChartError::TooMany { what, most });
        let many = data(vec![candidate("a", 0, 1.0); MAX_SERIES + 1]);
        assert_eq!(ratios(&many), error("series", MAX_SERIES));
        let mut over = data(vec![candidate("a", 0, 1.0)]);
        let one = over.candidates[0].ratios[0].clone();
        over.candidates[0].ratios = vec![one; MAX_RATIOS + 1];
        assert_eq!(ratios(&over), error("ratios of one candidate", MAX_RATIOS));
    }
}
