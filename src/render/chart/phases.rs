//! Stacked bars: what the requests' time was spent on.

use super::frame::{Align, Area, LINE, Label, MARGIN, Sheet, WIDTH};
use super::palette::{self, CARD, GRID, INK, PARTS, Rgb};
use super::text::{self, SMALL};
use super::{Chart, ChartError, MAX_SERIES, at_most, listed, scale};
use crate::comparison::drawn::{PhaseBar, PhaseBars, PhasePart};

/// The most bars that a figure shows.
const MAX_BARS: usize = 3 * MAX_SERIES;
/// The height of a bar.
const BAR: f64 = 22.0;
/// From the top of one bar to that of the next.
const ROW: f64 = 28.0;
/// Between two groups.
const GAP: f64 = 14.0;
/// The widest name of a series.
const NAME: f64 = 170.0;
/// The widest name of a part.
const PART_NAME: f64 = 200.0;

/// Stacked horizontal bars in groups of quantiles, a bar for each model.
///
/// # Errors
/// If there is no bar or part or too many of them, or if a duration cannot be drawn.
pub fn phases(data: &PhaseBars) -> Result<Chart, ChartError> {
    drawn(data, Subject::TotalTime)
}

/// The same of the whole path from the caller to the model.
///
/// # Errors
/// As [`phases`].
pub fn path(data: &PhaseBars) -> Result<Chart, ChartError> {
    drawn(data, Subject::WholePath)
}

/// What the bars are of.
#[derive(Debug, Clone, Copy)]
enum Subject {
    TotalTime,
    WholePath,
}

impl Subject {
    const fn title(self) -> &'static str {
        match self {
            Self::TotalTime => "Where the time goes",
            Self::WholePath => "The whole path",
        }
    }

    const fn subtitle(self) -> &'static str {
        match self {
            Self::TotalTime => "Mean over the requests around each percentile of total time.",
            Self::WholePath => "Mean over the requests around each percentile of the whole.",
        }
    }
}

fn drawn(data: &PhaseBars, subject: Subject) -> Result<Chart, ChartError> {
    let (sheet, height) = lay_out_as(data, subject)?;
    sheet.finish(height, subject.title(), alt(data, subject), &words(data))
}

#[cfg(test)]
pub(super) fn lay_out(data: &PhaseBars) -> Result<(Sheet, f64), ChartError> {
    lay_out_as(data, Subject::TotalTime)
}

fn lay_out_as(data: &PhaseBars, subject: Subject) -> Result<(Sheet, f64), ChartError> {
    let PhaseBars { parts, bars } = data;
    if parts.is_empty() || bars.is_empty() {
        return Err(ChartError::Empty);
    }
    at_most(parts.len(), PARTS.len(), "parts of a bar")?;
    let highest = parts
        .iter()
        .map(|part| part.place.saturating_add(1))
        .fold(0, usize::max);
    at_most(highest, PARTS.len(), "parts")?;
    at_most(bars.len(), MAX_BARS, "bars")?;
    let highest = bars
        .iter()
        .map(|bar| bar.place.saturating_add(1))
        .fold(0, usize::max);
    at_most(highest, MAX_SERIES, "series")?;
    let drawable = |ms: &f64| ms.is_finite() && *ms >= 0.0;
    let complete = |bar: &PhaseBar| bar.parts_ms.len() == parts.len() && bar.parts_ms.iter().all(drawable);
    let longest = bars.iter().map(total).fold(0.0, f64::max);
    if !bars.iter().all(complete) || !longest.is_finite() {
        return Err(ChartError::Value);
    }

    let mut subtitle = subject.subtitle().to_owned();
    if bars.iter().any(|bar| bar.timed_out > 0) {
        subtitle.push_str(" ≥: some timed out.");
    }
    if bars.iter().any(|bar| bar.is_of_slowest) {
        subtitle.push_str(" †: too few, the slowest.");
    }
    let mut sheet = Sheet::new(subject.title(), &subtitle);
    let mut top = key(&mut sheet, parts) + 18.0;
    let shown = |bar: &PhaseBar| text::fit(&bar.name, SMALL, false, NAME);
    let widest = bars
        .iter()
        .map(|bar| text::width(&shown(bar), SMALL, false))
        .fold(0.0, f64::max);
    let quantiles = bars
        .iter()
        .map(|bar| text::width(&text::fit(&bar.quantile, SMALL, true, 60.0), SMALL, true));
    let names_left = MARGIN + quantiles.fold(24.0, f64::max).ceil() + 14.0;
    let left = (names_left + 16.0 + widest + 10.0).ceil();
    let totals = bars.iter().map(|bar| text::width(&sum(bar), SMALL, true));
    let right = (WIDTH - MARGIN - totals.fold(0.0, f64::max) - 8.0).floor();
    let x = |ms: f64| left + (right - left) * if longest > 0.0 { ms / longest } else { 0.0 };

    let bars_top = top;
    let mut group = None;
    let mut rows = Vec::new();
    for bar in bars {
        let starts = group != Some(&bar.quantile);
        if starts && group.is_some() {
            top += GAP;
        }
        group = Some(&bar.quantile);
        rows.push((bar, top, starts));
        top += ROW;
    }
    let bottom = top - (ROW - BAR) + 8.0;
    axis(&mut sheet, longest, (left, right), (bars_top - 8.0, bottom));

    for (bar, top, starts) in rows {
        let middle = top + BAR / 2.0;
        if starts {
            let quantile = text::fit(&bar.quantile, SMALL, true, 60.0);
            sheet.label(
                Label::new((MARGIN, middle), &quantile, Align::Left)
                    .colour(INK)
                    .bold(),
            );
        }
        sheet.marker((names_left + 5.0, middle), palette::of_place(bar.place));
        sheet.label(Label::new((names_left + 16.0, middle), &shown(bar), Align::Left).colour(INK));
        stack(&mut sheet, parts, bar, top, x);
    }
    Ok((sheet, bottom + 34.0))
}

/// Ticks below the bars.
fn axis(sheet: &mut Sheet, longest: f64, (left, right): (f64, f64), (top, bottom): (f64, f64)) {
    let longest = if longest > 0.0 { longest } else { 1.0 };
    let (ticks, unit) = scale::linear(0.0, longest, 6.0);
    for tick in ticks {
        let x = left + (right - left) * tick.value / longest;
        sheet.vertical(x, top, bottom, GRID);
        let label = format!("{} {unit}", tick.label);
        sheet.label_if_free(Label::new((x, bottom + 13.0), &label, Align::Middle));
    }
}

/// The parts with their fills and names, as many lines as they need. Returns where they end.
fn key(sheet: &mut Sheet, parts: &[PhasePart]) -> f64 {
    let (mut x, mut y) = (MARGIN, 72.0);
    for part in parts {
        let (fill, _) = look(part);
        let name = text::fit(&part.name, SMALL, false, PART_NAME);
        let width = 20.0 + text::width(&name, SMALL, false);
        if x > MARGIN && x + width > WIDTH - MARGIN {
            (x, y) = (MARGIN, y + LINE + 2.0);
        }
        let area = Area {
            left: x,
            top: y - 7.0,
            right: x + 14.0,
            bottom: y + 7.0,
        };
        sheet.rect(area, fill);
        sheet.label(Label::new((x + 20.0, y), &name, Align::Left).colour(INK));
        x = (x + width + 20.0).ceil();
    }
    y + 7.0
}

/// One bar, with what fits into its parts, and its total.
fn stack(sheet: &mut Sheet, parts: &[PhasePart], bar: &PhaseBar, top: f64, x: impl Fn(f64) -> f64) {
    let middle = top + BAR / 2.0;
    let mut passed = 0.0;
    for (part, ms) in parts.iter().zip(&bar.parts_ms) {
        let (fill, ink) = look(part);
        let (left, right) = (x(passed).round(), x(passed + ms).round());
        passed += ms;
        if right <= left {
            continue;
        }
        // A thin line between parts, unless that would leave nothing of this one.
        let separated = if right - left > 2.0 { right - 1.0 } else { right };
        let area = Area {
            left,
            top,
            right: separated,
            bottom: top + BAR,
        };
        sheet.rect(area, fill);
        let value = text::duration(*ms);
        let room = right - left - 10.0;
        let both = format!("{} {value}", text::fit(&part.name, SMALL, false, PART_NAME));
        for words in [both, value] {
            if text::width(&words, SMALL, false) <= room {
                let at = ((left + right) / 2.0, middle);
                sheet.label(Label::new(at, &words, Align::Middle).colour(ink));
                break;
            }
        }
    }
    let end = x(passed).round();
    let label = Label::new((end + 6.0, middle), &sum(bar), Align::Left)
        .colour(INK)
        .bold();
    // Grid lines shall not cross the number.
    let area = label.area();
    let behind = Area {
        left: end,
        top: top + 2.0,
        right: area.right,
        bottom: top + BAR - 2.0,
    };
    sheet.rect(behind, CARD);
    sheet.label(label);
}

/// The fill of a part and the colour of the text on it.
fn look(part: &PhasePart) -> (Rgb, Rgb) {
    PARTS[part.place.min(PARTS.len() - 1)]
}

fn total(bar: &PhaseBar) -> f64 {
    bar.parts_ms.iter().sum()
}

/// The total as it is written: a lower bound where requests were stopped, with a mark where they are just the slowest.
fn sum(bar: &PhaseBar) -> String {
    let bound = if bar.timed_out > 0 { "≥ " } else { "" };
    let mark = if bar.is_of_slowest { "†" } else { "" };
    format!("{bound}{}{mark}", text::duration(total(bar)))
}

/// What the figure finds: the longest part around the highest quantile for which any model has requests enough.
fn alt(data: &PhaseBars, subject: Subject) -> String {
    let is_told = |bar: &&PhaseBar| !bar.is_of_slowest;
    let highest = data.bars.iter().rev().find(is_told);
    let Some(highest) = highest.or(data.bars.last()) else {
        return subject.title().to_owned();
    };
    let quantile = &highest.quantile;
    let bars = data.bars.iter().filter(|bar| &bar.quantile == quantile);
    let each: Vec<String> = bars
        .map(|bar| {
            let parts = data.parts.iter().zip(&bar.parts_ms);
            let longest = parts.max_by(|a, b| a.1.total_cmp(b.1));
            let share = |ms: f64| if ms > 0.0 { ms / total(bar) } else { 0.0 };
            longest.map_or_else(String::new, |(part, ms)| {
                let (part, name) = (text::in_words(&part.name), text::in_words(&bar.name));
                format!("{part} with {} for {name}", text::percent(share(*ms)))
            })
        })
        .collect();
    let which = match highest.is_of_slowest {
        true => "of the slowest requests".to_owned(),
        false => format!("around {}", text::in_words(quantile)),
    };
    format!(
        "{}: the longest part {which} is {}",
        subject.title(),
        listed(each.into_iter())
    )
}

fn words(data: &PhaseBars) -> String {
    let part_names: Vec<String> = data.parts.iter().map(|part| text::in_words(&part.name)).collect();
    let mut words = format!(
        "Stacked bars of the duration of the parts: {}.",
        part_names.join(", ")
    );
    for bar in &data.bars {
        let (name, quantile) = (text::in_words(&bar.name), text::in_words(&bar.quantile));
        let parts: Vec<String> = bar.parts_ms.iter().map(|ms| text::duration(*ms)).collect();
        words.push_str(&format!(
            " {name}, {quantile}: {}, in total {}.",
            parts.join(" + "),
            sum(bar)
        ));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::trial::{self, HOSTILE, hostile_names};
    use super::*;

    const NAMES: [&str; 3] = ["init", "model inference", "other Lambda time"];

    /// Parts with these names, in places of which some are left out.
    fn parts(names: &[&str]) -> Vec<PhasePart> {
        let last = |position: usize| PARTS.len() - names.len() + position;
        let part = |(position, name): (usize, &&str)| PhasePart {
            name: (*name).to_owned(),
            place: if position == 0 { 0 } else { last(position) },
        };
        names.iter().enumerate().map(part).collect()
    }

    /// A bar of the first model, or of the second if it is a nova.
    fn bar(name: &str, quantile: &str, parts: &[f64]) -> PhaseBar {
        PhaseBar {
            name: name.to_owned(),
            place: usize::from(name.contains("nova")),
            quantile: quantile.to_owned(),
            timed_out: 0,
            is_of_slowest: false,
            parts_ms: parts.to_vec(),
        }
    }

    fn data(part_names: &[&str], bars: &[PhaseBar]) -> PhaseBars {
        PhaseBars {
            parts: parts(part_names),
            bars: bars.to_vec(),
        }
    }

    fn checked(name: &str, part_names: &[&str], bars: &[PhaseBar]) -> (Vec<String>, String) {
        let data = data(part_names, bars);
        trial::checked(&format!("phases_{name}"), &data, lay_out, phases)
    }

    #[test]
    fn parts_and_totals_are_labelled() {
        let bars = [
            bar("claude-haiku", "p50", &[0.0, 1402.0, 48.0]),
            bar("nova-lite", "p50", &[0.0, 803.0, 47.0]),
            bar("claude-haiku", "p95", &[310.0, 2890.0, 100.0]),
            bar("nova-lite", "p95", &[290.0, 1228.0, 82.0]),
            bar("claude-haiku", "p99", &[1180.0, 4170.0, 150.0]),
            bar("nova-lite", "p99", &[1090.0, 1080.0, 130.0]),
        ];
        let long: Vec<_> = bars
            .iter()
            .map(|bar| PhaseBar {
                name: match bar.place {
                    1 => "us.amazon.nova-lite-v1:0".to_owned(),
                    _ => "anthropic.claude-3-5-haiku-20241022-v1:0".to_owned(),
                },
                ..bar.clone()
            })
            .collect();
        checked("long_names", &NAMES, &long);
        let (texts, svg) = checked("typical", &NAMES, &bars);
        for text in [
            "init",
            "model inference 4,170 ms",
            "5,500 ms",
            "p99",
            "nova-lite",
            "850 ms",
        ] {
            assert!(texts.iter().any(|shown| shown == text), "{text} {texts:?}");
        }
        assert_eq!(texts.iter().filter(|text| *text == "p50").count(), 1);
        assert!(svg.contains("claude-haiku, p99: 1,180 ms + 4,170 ms + 150 ms, in total 5,500 ms."));
        // Two parts of length 0 are not drawn: the card, three fills of the key, six grounds of
        // totals, six ticks and sixteen parts.
        assert_eq!(svg.matches("<rect").count(), 1 + 3 + 6 + 6 + 16);
    }

    #[test]
    fn a_part_keeps_its_colour_whatever_others_there_are() {
        let drawn = |places: &[usize]| {
            let part = |&place: &usize| PhasePart {
                name: "x".to_owned(),
                place,
            };
            let parts = places.iter().map(part).collect();
            let bars = vec![bar("a", "p50", &vec![100.0; places.len()])];
            phases(&PhaseBars { parts, bars }).unwrap().svg
        };
        let fill = |(r, g, b): Rgb| format!("#{r:02X}{g:02X}{b:02X}");
        let every: Vec<usize> = (0..PARTS.len()).collect();
        let (few, all) = (drawn(&[3, 7]), drawn(&every));
        for (place, (colour, _)) in PARTS.into_iter().enumerate() {
            assert!(all.contains(&fill(colour)), "{place}");
            assert_eq!(few.contains(&fill(colour)), place == 3 || place == 7, "{place}");
        }
        let (what, most) = ("parts", PARTS.len());
        let mut over = data(&["x"], &[bar("a", "p50", &[1.0])]);
        over.parts[0].place = PARTS.len();
        assert_eq!(phases(&over), Err(ChartError::TooMany { what, most }));
    }

    #[test]
    fn all_phases_of_two_models_fit() {
        let names = [
            "init",
            "before",
            "retry",
            "Bedrock",
            "around Bedrock",
            "inference",
            "after",
            "unexplained",
            "other",
            "not known",
        ];
        let of =
            |scale: f64| [110.0, 6.0, 240.0, 900.0, 80.0, 60.0, 4.0, 3.0, 20.0, 300.0].map(|ms| ms * scale);
        let bars: Vec<_> = ["p50", "p95", "p99"]
            .into_iter()
            .zip([1.0, 2.5, 4.0])
            .flat_map(|(quantile, scale)| {
                [("claude-haiku", scale), ("nova-lite", scale / 2.0)]
                    .map(|(name, scale)| bar(name, quantile, &of(scale)))
            })
            .collect();
        let (texts, _) = checked("all", &names, &bars);
        for name in names {
            assert!(texts.iter().any(|text| text == name), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_drawn_is_an_error() {
        let of = |names: &[&str], bars: &[PhaseBar]| phases(&data(names, bars));
        assert_eq!(of(&NAMES, &[]), Err(ChartError::Empty));
        assert_eq!(of(&[], &[bar("a", "p50", &[])]), Err(ChartError::Empty));
        for values in [
            &[1.0, 2.0][..],
            &[1.0, -2.0, 3.0],
            &[1.0, f64::NAN, 3.0],
            &[f64::MAX; 3],
        ] {
            assert_eq!(of(&NAMES, &[bar("a", "p50", values)]), Err(ChartError::Value));
        }
        let error = |what, most| Err(ChartError::TooMany { what, most });
        let many = vec![bar("a", "p50", &[1.0; 3]); MAX_BARS + 1];
        assert_eq!(of(&NAMES, &many), error("bars", MAX_BARS));
        let mut over = bar("a", "p50", &[1.0; 3]);
        over.place = MAX_SERIES;
        assert_eq!(of(&NAMES, &[over]), error("series", MAX_SERIES));
    }

    #[test]
    fn stopped_requests_make_a_bound() {
        let mut stopped = bar("a", "p99", &[0.0, 900.0, 100.0]);
        stopped.timed_out = 2;
        let (texts, svg) = checked("stopped", &NAMES, &[stopped]);
        assert!(texts.iter().any(|text| text == "≥ 1,000 ms"), "{texts:?}");
        assert!(svg.contains("the longest part around p99 is model inference with 90.0 % for a. "));
    }

    #[test]
    fn extremes_are_drawn() {
        let (texts, _) = checked("zero", &NAMES, &[bar("only", "p50", &[0.0; 3])]);
        assert!(texts.iter().any(|text| text == "0 ms"));
        let wide = [
            bar("fast", "p50", &[0.01, 0.03, 0.01]),
            bar("slow", "p50", &[0.0, 900_000.0, 0.0]),
        ];
        let (texts, _) = checked("wide", &NAMES, &wide);
        assert!(texts.iter().any(|text| text == "0.05 ms") && texts.iter().any(|text| text == "900 s"));
    }

    #[test]
    fn the_largest_figure_is_small_and_inert() {
        let part_names = [HOSTILE[0], HOSTILE[1], HOSTILE[2], HOSTILE[3]];
        let of_all = |names: &[String], quantiles: &[String]| -> Vec<PhaseBar> {
            let places = names.iter().enumerate();
            let groups = quantiles.iter().flat_map(|quantile| {
                places.clone().map(move |(place, name)| PhaseBar {
                    place,
                    ..bar(name, quantile, &[2468.0, 2345.0, 2265.0, 2921.0])
                })
            });
            groups.collect()
        };
        let quantiles = ["p50", "<p95>&", "p99 of all that there is"].map(str::to_owned);
        let (_, svg) = checked("largest", &part_names, &of_all(&hostile_names(), &quantiles));
        // Nothing takes more bytes for its width than apostrophes.
        let names: Vec<String> = (0..MAX_SERIES).map(|k| format!("{k}{}", HOSTILE[4])).collect();
        let quantiles = ["a", "b", "c"].map(|group| HOSTILE[4].to_owned() + group);
        checked("quotes", &[HOSTILE[4]; 4], &of_all(&names, &quantiles));
        assert!(svg.contains("&lt;script&gt;") && !svg.contains("<script"));
    }
}
