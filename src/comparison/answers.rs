//! How long the answers of a side are and how fast they are written. A description: no basis of a comparison.

use super::arrivals::Arrivals;
use crate::dataset::Columns;
use crate::invocation::Outcome;
use crate::stats::{Confidence, Probability, RatioOfSums, Sample, TheilSen};
use crate::summary::{QuantileSummary, RowInference, inference_of};

/// The answers of one side. Requests are taken for independent but in the ratio of sums.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    /// Answered requests.
    pub answered: usize,
    /// Those of them that tell their output tokens and their inference time.
    pub told: usize,
    /// Inference time of all over the output tokens of all, in microseconds per token, with its 95 % interval.
    pub per_token: Option<RatioOfSums>,
    /// The median of the requests' own microseconds per output token.
    pub typical_per_token: Option<QuantileSummary>,
    /// The median of the requests' own output tokens per second.
    pub tokens_per_second: Option<QuantileSummary>,
    /// Inference time over output tokens: microseconds, and microseconds per token.
    pub line: Option<TheilSen>,
    /// Those that tell the time to their first token.
    pub told_first_token: usize,
    /// The median of that time, in microseconds.
    pub first_token_p50: Option<QuantileSummary>,
    /// Its p95.
    pub first_token_p95: Option<QuantileSummary>,
}

impl Answers {
    /// The answers of a side, if any request tells of its own.
    pub(super) fn of(rows: &Columns, arrivals: &Arrivals) -> Option<Self> {
        let mut count = 0;
        let pairs = times_and_tokens(rows, answered(rows, arrivals).inspect(|_| count += 1));
        let first_token = &rows.facts.time_to_first_token_us;
        let first: Vec<f64> = match first_token.is_told() {
            true => answered(rows, arrivals)
                .filter_map(|row| first_token.get(row))
                .map(|time| time as f64)
                .collect(),
            false => Vec::new(),
        };
        if pairs.is_empty() && first.is_empty() {
            return None;
        }
        let told_first_token = first.len();
        let first_token = Sample::new(first);
        let first_token = |p| Some(QuantileSummary::of(first_token.as_ref()?, p));
        let per_token = Sample::new(pairs.iter().map(|(time, tokens)| time / tokens).collect());
        // As sorted as they are, the other way round.
        let per_second =
            |per_token: &Sample| per_token.values().iter().rev().map(|time| 1e6 / time).collect();
        Some(Self {
            answered: count,
            told: pairs.len(),
            per_token: RatioOfSums::of(&pairs, Confidence::C95),
            typical_per_token: per_token
                .as_ref()
                .map(|times| QuantileSummary::of(times, Probability::P50)),
            tokens_per_second: per_token
                .as_ref()
                .and_then(|times| Sample::new(per_second(times)))
                .map(|speeds| QuantileSummary::of(&speeds, Probability::P50)),
            line: TheilSen::of(
                pairs.iter().map(|&(time, tokens)| (tokens, time)),
                Confidence::C95,
            ),
            told_first_token,
            first_token_p50: first_token(Probability::P50),
            first_token_p95: first_token(Probability::P95),
        })
    }
}

/// Answered requests, in order of arrival if that is known of each.
pub(super) fn answered<'r>(rows: &'r Columns, arrivals: &'r Arrivals) -> impl Iterator<Item = usize> + 'r {
    let in_order = arrivals.in_order_if_known();
    in_order.filter(|&row| rows.outcome[row] == Outcome::Success as u32)
}

/// Inference time in microseconds and output tokens of each of these [`answered`] requests that tells both.
pub(super) fn times_and_tokens(rows: &Columns, answered: impl Iterator<Item = usize>) -> Vec<(f64, f64)> {
    let mut pairs = Vec::with_capacity(rows.len());
    pairs.extend(answered.filter_map(|row| {
        let tokens = f64::from(rows.facts.output_tokens.get(row)?);
        let RowInference::Known(time) = inference_of(rows, row) else {
            return None;
        };
        let is_whole = !rows.inference_is_bound[row] && time > 0 && tokens > 0.0;
        is_whole.then_some((time as f64, tokens))
    }));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &Columns) -> Option<Answers> {
        Answers::of(rows, &Arrivals::of(rows))
    }

    /// 40 answers of 10, 20, … tokens that take 100 ms and 5 ms a token.
    fn rows() -> Columns {
        let tokens: Vec<u32> = (1..=40).map(|n| n * 10).collect();
        let inference: Vec<u64> = tokens.iter().map(|n| 100_000 + 5000 * u64::from(*n)).collect();
        let mut rows = Columns {
            outcome: vec![Outcome::Success as u32; 40],
            duration_us: inference.iter().map(|time| time + 10_000).collect(),
            inference_us: inference.into_iter().map(Some).collect(),
            inference_is_bound: vec![false; 40],
            ..Columns::default()
        };
        rows.facts.output_tokens = tokens.into_iter().map(Some).collect();
        rows
    }

    #[test]
    fn the_line_finds_the_fixed_part_and_what_a_token_takes() {
        let answers = of(&rows()).unwrap();
        assert_eq!(
            (answers.answered, answers.told, answers.told_first_token),
            (40, 40, 0)
        );
        let line = answers.line.unwrap();
        assert!((line.slope - 5000.0).abs() < 1e-6 && (line.intercept - 100_000.0).abs() < 1e-3);
        // 40 · 100 ms + 8,200 · 5 ms over 8,200 tokens.
        let ratio = answers.per_token.unwrap().ratio;
        assert!((ratio - 45_000.0 / 8.2).abs() < 1e-6, "{ratio}");
        let speed = answers.tokens_per_second.unwrap().estimate.value;
        let typical = answers.typical_per_token.unwrap().estimate.value;
        assert!((speed * typical / 1e6 - 1.0).abs() < 0.01, "{speed} {typical}");
        assert_eq!(answers.first_token_p50, None);
    }

    #[test]
    fn only_whole_answers_count() {
        let mut some = rows();
        some.outcome[0] = Outcome::Timeout as u32;
        some.inference_is_bound[1] = true;
        some.facts.output_tokens.set(2, None);
        some.facts.output_tokens.set(3, Some(0));
        some.inference_us.set(4, None);
        some.inference_us.set(5, Some(9_000_000));
        let answers = of(&some).unwrap();
        assert_eq!((answers.answered, answers.told), (39, 34));
        some.facts.output_tokens = vec![None; 40].into();
        assert_eq!(of(&some), None);
        some.facts.time_to_first_token_us = vec![Some(120_000); 40].into();
        let answers = of(&some).unwrap();
        assert_eq!((answers.told, answers.told_first_token), (0, 39));
        assert_eq!(answers.first_token_p50.unwrap().estimate.value, 120_000.0);
    }
}
