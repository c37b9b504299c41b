//! Inference time against output tokens, dots and a line for each model.

use super::frame::{Align, Area, Label, Line, MARGIN, Mark, Marks, Point, Sheet, WIDTH};
use super::names::{EndName, LEADER, end_names};
use super::obstacles::Obstacles;
use super::palette::{self, AXIS, CARD, GRID};
use super::scale::{self, Tick};
use super::text::{self, SMALL};
use super::{Chart, ChartError, MAX_SERIES, at_most, listed};
use crate::comparison::drawn::{TokenLine, TokenPoints, TokenPointsOf};

const TOP: f64 = 74.0;
const HEIGHT: f64 = 300.0;
/// The widest name of a series.
const NAME: f64 = 172.0;
/// The widest formula.
const FORMULA: f64 = 230.0;
/// Of so few answers the dots are larger.
const FEW: usize = 20;

/// Some answers of each series as dots, and the line through all of them.
///
/// # Errors
/// If no series has a point, or if there are more than [`MAX_SERIES`].
pub fn tokens(data: &TokenPoints) -> Result<Chart, ChartError> {
    let (sheet, height) = lay_out(data)?;
    sheet.finish(height, TITLE, alt(data), &words(data))
}

const TITLE: &str = "Inference time by length of the answer";

pub(super) fn lay_out(data: &TokenPoints) -> Result<(Sheet, f64), ChartError> {
    at_most(data.series.len(), MAX_SERIES, "series")?;
    let points = || data.series.iter().flat_map(|series| &series.points);
    if points().next().is_none() {
        return Err(ChartError::Empty);
    }
    let is_thinned = data.series.iter().any(|series| series.points.len() < series.told);
    let some = if is_thinned { " (some are left out)" } else { "" };
    let remark = format!("Dot or plus: an answer{some}. Line: the fixed part and so much for each token.");
    let mut sheet = Sheet::new(TITLE, &remark);

    let tokens = points().map(|point| point.tokens).fold(0.0, f64::max);
    let lines = data.series.iter().filter_map(|series| series.line);
    let tokens = lines.map(|line| line.to_tokens).fold(tokens, f64::max);
    let times = points().map(|point| point.ms).fold(0.0, f64::max);
    let (tokens, times) = (or_one(tokens) * 1.03, or_one(times) * 1.06);
    let (mut time_ticks, unit) = scale::linear(0.0, times, 6.0);
    for tick in &mut time_ticks {
        tick.label = format!("{} {unit}", tick.label);
    }
    let notes: Vec<(String, String)> = data.series.iter().map(named).collect();
    let widths = notes
        .iter()
        .flat_map(|(name, note)| [text::width(name, SMALL, true), text::width(note, SMALL, false)]);
    let numbers = time_ticks
        .iter()
        .map(|tick| text::width(&tick.label, SMALL, false));
    let rows = 36.0 * data.series.len() as f64 + 20.0;
    let area = Area {
        left: (MARGIN + numbers.fold(0.0, f64::max) + 8.0).ceil(),
        top: TOP,
        right: WIDTH - 12.0 - widths.fold(0.0, f64::max).ceil() - LEADER - 14.0,
        bottom: TOP + HEIGHT.max(rows),
    };
    let at = |x: f64, y: f64| -> Point {
        let x = area.left + (area.right - area.left) * (x / tokens).clamp(0.0, 1.0);
        (
            x,
            area.bottom - (area.bottom - area.top) * (y / times).clamp(0.0, 1.0),
        )
    };
    for tick in time_ticks {
        let y = at(0.0, tick.value).1;
        let colour = if tick.value == 0.0 { AXIS } else { GRID };
        sheet.horizontal(area.left, area.right, y, colour);
        sheet.label_if_free(Label::new((area.left - 8.0, y), &tick.label, Align::Right));
    }
    token_ticks(&mut sheet, tokens, area, &at);
    for series in &data.series {
        let look = palette::of_place(series.place);
        sheet.marks(Marks {
            points: series
                .points
                .iter()
                .map(|point| at(point.tokens, point.ms))
                .collect(),
            colour: look.colour,
            width: match (series.points.len() <= FEW, look.filled) {
                (true, true) => 7.0,
                (false, true) => 4.0,
                (true, false) => 2.0,
                (false, false) => 1.2,
            },
            height: 0.0,
            mark: if look.filled { Mark::Dot } else { Mark::Plus },
            opacity: if look.filled { 0.45 } else { 0.7 },
        });
    }
    let mut obstacles = Obstacles::default();
    let mut names = Vec::new();
    for (series, (name, note)) in data.series.iter().zip(&notes) {
        let look = palette::of_place(series.place);
        let last = series
            .points
            .last()
            .map_or((0.0, 0.0), |point| (point.tokens, point.ms));
        let end = series.line.map_or_else(
            || at(last.0, last.1),
            |line| line_of(&mut sheet, series, line, tokens, times, &at),
        );
        names.push(EndName {
            name,
            note,
            look,
            end,
            starts: true,
        });
    }
    end_names(&mut sheet, area, &names, &mut obstacles);
    Ok((sheet, area.bottom + 56.0))
}

/// One, in place of nothing that an axis could end at.
fn or_one(value: f64) -> f64 {
    if value > 0.0 { value } else { 1.0 }
}

/// The name of a series and what its line says.
fn named(series: &TokenPointsOf) -> (String, String) {
    let note = series.line.map_or_else(
        || format!("n {}, no line", text::whole(series.told as f64)),
        |line| formula(&line),
    );
    (
        text::fit(&series.name, SMALL, true, NAME),
        text::fit(&note, SMALL, false, FORMULA),
    )
}

/// `263 ms + 8.1 ms/token`.
fn formula(line: &TokenLine) -> String {
    let sign = if line.ms_per_token < 0.0 { "−" } else { "+" };
    let each = text::duration(line.ms_per_token.abs());
    format!("{} {sign} {each}/token", signed(line.fixed_ms))
}

/// A duration that may be negative.
fn signed(ms: f64) -> String {
    let sign = if ms < 0.0 { "−" } else { "" };
    format!("{sign}{}", text::duration(ms.abs()))
}

/// The line as far as it lies within the figure. Returns where it ends.
fn line_of(
    sheet: &mut Sheet,
    series: &TokenPointsOf,
    line: TokenLine,
    tokens: f64,
    times: f64,
    at: &impl Fn(f64, f64) -> Point,
) -> Point {
    const PIECES: u32 = 64;
    let look = palette::of_place(series.place);
    let (from, to) = (line.from_tokens.min(tokens), line.to_tokens.min(tokens));
    let inside = |x: &f64| (0.0..=times).contains(&line.at(*x));
    let points: Vec<Point> = (0..=PIECES)
        .map(|piece| from + (to - from) * f64::from(piece) / f64::from(PIECES))
        .filter(inside)
        .map(|x| at(x, line.at(x)))
        .collect();
    for (colour, width, dash) in [(CARD, 5.0, ""), (look.colour, 2.4, look.dash)] {
        sheet.line(Line {
            points: points.clone(),
            colour,
            width,
            dash,
            fill: 0.0,
        });
    }
    points.last().copied().unwrap_or_else(|| at(to, line.at(to)))
}

fn token_ticks(sheet: &mut Sheet, tokens: f64, area: Area, at: &impl Fn(f64, f64) -> Point) {
    let step = scale::step(tokens, 7.0).max(1.0);
    let ticks = (0..=8).map(|multiple| f64::from(multiple) * step);
    for value in ticks.take_while(|value| *value <= tokens) {
        let label = text::whole(value);
        let tick = Tick { value, label };
        let x = at(tick.value, 0.0).0;
        let label = Label::new((x, area.bottom + 15.0), &tick.label, Align::Middle);
        if sheet.label_if_spaced(label, 5.0) {
            sheet.vertical(x, area.top, area.bottom + 4.0, GRID);
        }
    }
    let middle = ((area.left + area.right) / 2.0, area.bottom + 37.0);
    sheet.label_if_free(Label::new(middle, "output tokens", Align::Middle));
}

/// What the figure finds: the line of each series.
fn alt(data: &TokenPoints) -> String {
    let each = data.series.iter().map(|series| {
        let name = text::in_words(&series.name);
        match series.line {
            Some(line) => format!("{} for {name}", formula(&line)),
            None => format!("no line for {name}"),
        }
    });
    format!("{TITLE}: {}", listed(each))
}

fn words(data: &TokenPoints) -> String {
    let each = data.series.iter().map(|series| {
        let (name, told) = (text::in_words(&series.name), text::whole(series.told as f64));
        let range = series.points.first().zip(series.points.last());
        let range = range.map_or_else(String::new, |(first, last)| {
            let (first, last) = (text::whole(first.tokens), text::whole(last.tokens));
            format!(", of {first} to {last} tokens")
        });
        let shown = text::whole(series.points.len() as f64);
        format!("{name}: {shown} of {told} answers are shown{range}.")
    });
    each.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::trial::{self, HOSTILE, hostile_names};
    use super::*;
    use crate::comparison::drawn::TokenPoint;

    fn series(name: &str, place: usize, count: usize, fixed_ms: f64, ms_per_token: f64) -> TokenPointsOf {
        let points = (0..count).map(|k| {
            let tokens = (20 + k * 480 / count) as f64;
            let noise = 0.7 + 0.6 * ((k * 37 % 101) as f64 / 100.0);
            TokenPoint {
                tokens,
                ms: ((fixed_ms + ms_per_token * tokens) * noise).abs().round(),
            }
        });
        TokenPointsOf {
            name: name.to_owned(),
            place,
            told: 3 * count,
            points: points.collect(),
            line: (count > 1).then_some(TokenLine {
                fixed_ms,
                ms_per_token,
                from_tokens: 20.0,
                to_tokens: 500.0,
            }),
        }
    }

    fn checked(name: &str, series: Vec<TokenPointsOf>) -> (Vec<String>, String) {
        trial::checked(
            &format!("tokens_{name}"),
            &TokenPoints { series },
            lay_out,
            tokens,
        )
    }

    #[test]
    fn every_line_says_what_a_token_takes() {
        let two = vec![
            series("claude-haiku", 0, 400, 310.0, 9.3),
            series("nova-lite", 1, 400, 263.0, 3.4),
        ];
        let (texts, svg) = checked("typical", two);
        for text in [
            "claude-haiku",
            "310 ms + 9.3 ms/token",
            "263 ms + 3.4 ms/token",
            "output tokens",
        ] {
            assert!(texts.iter().any(|shown| shown == text), "{text} {texts:?}");
        }
        assert!(svg.contains("nova-lite: 400 of 1,200 answers are shown, of 20 to 498 tokens."));
        assert_eq!(svg.matches("<path").count(), 2);
    }

    #[test]
    fn extremes_are_drawn() {
        checked("one", vec![series("only", 1, 1, 100.0, 1.0)]);
        checked("falling", vec![series("a", 0, 50, 900.0, -3.0)]);
        checked("none_within", vec![series("a", 0, 50, -9e9, 0.1)]);
        checked(
            "tiny",
            vec![series("a", 0, 50, 0.001, 1e-6), series("b", 1, 50, 9e8, 1e5)],
        );
        let mut zero = series("a", 0, 30, 0.0, 0.0);
        zero.points
            .iter_mut()
            .for_each(|point| (point.tokens, point.ms) = (0.0, 0.0));
        checked("zero", vec![zero]);
        let nothing = TokenPoints {
            series: vec![series("a", 0, 0, 1.0, 1.0)],
        };
        assert_eq!(tokens(&nothing), Err(ChartError::Empty));
    }

    #[test]
    fn the_largest_figure_is_small_and_inert() {
        let names = hostile_names();
        let of = |names: &[String]| -> Vec<TokenPointsOf> {
            let names = names.iter().enumerate();
            names
                .map(|(place, name)| series(name, place, 400, 100.0 + 9.0 * place as f64, 2.0 + place as f64))
                .collect()
        };
        let (_, svg) = checked("largest", of(&names));
        assert!(svg.contains("&lt;script&gt;") && !svg.contains("<script"));
        checked("quotes", of(&vec![HOSTILE[4].to_owned(); MAX_SERIES]));
        let (what, most) = ("series", MAX_SERIES);
        let series = vec![series("a", 0, 3, 1.0, 1.0); MAX_SERIES + 1];
        assert_eq!(
            tokens(&TokenPoints { series }),
            Err(ChartError::TooMany { what, most })
        );
    }
}
