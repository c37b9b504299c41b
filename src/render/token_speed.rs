//! The answers of both sides: how fast they are written.

use super::digits::Digits;
use super::page::{Block, Section, noted_table, paragraph};
use super::report::two_columns;
use super::scale::{millis_with, with_interval};
use super::table::{Cell, Noted, optional};
use crate::comparison::{Answers, Comparison};
use crate::stats::TheilSen;
use crate::summary::QuantileSummary;
use crate::vocab::grouped;

/// The section of the report, nothing where no request tells of its answer.
pub(super) fn section(comparison: &Comparison, figure: Option<Block>) -> Option<Section> {
    let answers = &comparison.answers;
    let is_told = |is_told: fn(&Answers) -> bool| answers.iter().flatten().any(is_told);
    if answers.iter().all(Option::is_none) {
        return None;
    }
    let both = |cell: &dyn Fn(&Answers) -> Option<String>| {
        [0, 1].map(|side| optional(answers[side].as_ref().and_then(cell)))
    };
    let mut rows: Vec<(&str, [Cell; 2])> = Vec::new();
    let mut lines = Vec::new();
    let mut noted = Noted::default();
    let mut at = |of: fn(&Answers) -> Option<&QuantileSummary>| {
        [0, 1].map(|side| noted.quantile(answers[side].as_ref().and_then(of)))
    };
    if is_told(|side| side.told > 0) {
        rows.extend([
            (
                "answers that tell output tokens and inference",
                both(&|side| Some(told(side.told, side.answered))),
            ),
            (
                "ms per output token (ratio of sums)",
                both(&|side| {
                    let found = side.per_token?;
                    Some(with_interval(found.ratio, found.interval, millis_with))
                }),
            ),
            (
                "ms per output token of a typical request (median)",
                at(|side| side.typical_per_token.as_ref()),
            ),
            (
                "output tokens per second of a typical request (median)",
                both(&|side| side.tokens_per_second.as_ref().map(speed)),
            ),
            (
                "inference: ms for each output token",
                both(&|side| {
                    let line = side.line?;
                    Some(with_interval(line.slope, line.slope_interval, signed))
                }),
            ),
            (
                "inference: fixed part in ms",
                both(&|side| {
                    let line = side.line?;
                    Some(with_interval(line.intercept, line.intercept_interval, signed))
                }),
            ),
        ]);
        lines.push(
            format!(
                "inference is about the fixed part plus so much for each output token (Theil–Sen, over at most {} answers); \
                 the interval of the fixed part belongs to that of the slope",
                grouped(TheilSen::MOST_POINTS as u64)
            ),
        );
        lines.push(
            "ms per token is no fair adjustment: the fixed part counts for more where answers are short, so a model that \
             writes less looks slower by it; the lengths are made equal above"
                .to_owned(),
        );
    }
    if is_told(|side| side.told_first_token > 0) {
        rows.extend([
            (
                "answers that tell the time to their first token",
                both(&|side| Some(told(side.told_first_token, side.answered))),
            ),
            (
                "time to first token p50",
                at(|side| side.first_token_p50.as_ref()),
            ),
            (
                "time to first token p95",
                at(|side| side.first_token_p95.as_ref()),
            ),
        ]);
    }
    lines.extend(noted.footnotes());
    let introduction = "A description, with 95 % intervals that take requests for independent, but for those of the ratio of sums.";
    let mut blocks = vec![paragraph(introduction)];
    blocks.extend(noted_table(two_columns(comparison, rows), lines));
    blocks.extend(figure);
    Some(Section::new("Answers", blocks))
}

fn told(count: usize, answered: usize) -> String {
    format!("{} of {}", grouped(count as u64), grouped(answered as u64))
}

/// Tokens a second with their interval.
fn speed(summary: &QuantileSummary) -> String {
    let form = |speed: f64, digits: Digits| digits.fixed(speed, 1);
    with_interval(summary.estimate.value, summary.interval, form)
}

/// Microseconds as milliseconds, with a sign where they are negative.
fn signed(micros: f64, digits: Digits) -> String {
    let sign = if micros < 0.0 { "−" } else { "" };
    format!("{sign}{}", millis_with(micros.abs(), digits))
}
