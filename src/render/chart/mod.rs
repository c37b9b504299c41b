//! Figures as SVG text, a file for each, drawn from what [`drawn`](crate::comparison::drawn) has of them.
//!
//! A figure takes plain numbers and names and gives the text of one SVG file, and what it finds in one sentence.
//! Equal input gives equal bytes, and no input makes a file larger than 200 KB. Names come from logs; they are drawn
//! as text and never act.
//!
//! Colour never carries a distinction alone: series differ also in dashes and markers, parts also
//! in lightness, and all of them are named where they are drawn. Every figure stands on an opaque card, so that it can
//! be read on a dark page. What is drawn is also said in words, in the `<desc>` of the file.

#[cfg(test)]
mod any_input;
mod clock;
mod cost;
mod curve;
mod distributions;
mod ecdf;
mod frame;
mod inference_share;
mod names;
mod obstacles;
mod over_time;
mod palette;
mod phases;
mod quantile_curves;
mod ratios;
mod scale;
mod svg;
mod text;
mod tokens;
#[cfg(test)]
mod trial;

pub use cost::cost;
pub use distributions::distributions;
pub use ecdf::ecdf;
pub use inference_share::inference_share;
pub use over_time::over_time;
pub use phases::{path, phases};
pub use quantile_curves::quantile_curves;
pub use ratios::ratios;
pub use tokens::tokens;

use std::fmt;

/// The most series that one panel shows.
pub const MAX_SERIES: usize = palette::SERIES.len();

/// A figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// What it finds, in a sentence without its full stop. Names in it are made visible and bounded, but not escaped.
    pub alt: String,
    /// The SVG file.
    pub svg: String,
}

/// Why a figure could not be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChartError {
    /// There is nothing to draw.
    Empty,
    /// There is more of it than the figure can show; the number is the most that it can.
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The most that can be shown.
        most: usize,
    },
    /// A duration is negative, infinite or not a number, or a bar has not one for each part.
    Value,
    /// The drawing library failed.
    Draw(String),
}

impl fmt::Display for ChartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("there is nothing to draw"),
            Self::TooMany { what, most } => write!(f, "a figure shows at most {most} {what}"),
            Self::Value => f.write_str("a part of a bar has no drawable duration"),
            Self::Draw(error) => write!(f, "the figure could not be drawn: {error}"),
        }
    }
}

impl std::error::Error for ChartError {}

/// An error if there are more than `most`.
fn at_most(count: usize, most: usize, what: &'static str) -> Result<(), ChartError> {
    if count > most {
        return Err(ChartError::TooMany { what, most });
    }
    Ok(())
}

/// The most things that a sentence lists.
const MOST_LISTED: usize = 4;

/// `a, b and c`, or the first of more and how many others there are.
fn listed(each: impl ExactSizeIterator<Item = String>) -> String {
    let count = each.len();
    let mut parts: Vec<String> = match count > MOST_LISTED {
        true => each.take(MOST_LISTED - 1).collect(),
        false => each.collect(),
    };
    if count > MOST_LISTED {
        parts.push(format!("{} more", count + 1 - MOST_LISTED));
    }
    let last = parts.pop().unwrap_or_default();
    match parts.is_empty() {
        true => last,
        false => format!("{} and {last}", parts.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::trial::{checked, round};
    use super::*;
    use crate::comparison::drawn::{Distributions, Named, PhaseBar, PhaseBars, PhasePart, QuantileCurves};
    use crate::stats::Sample;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// A few or some hundred latencies between a microsecond and an hour and more, close together
    /// or far apart, some of them stopped.
    fn sample() -> impl Strategy<Value = Sample> {
        let few_or_many = prop_oneof![1..8_usize, 8..60_usize, 300..900_usize];
        let exponents = (0.0..9.8_f64, prop_oneof![Just(0.0), 0.0..0.2_f64, 0.2..4.0_f64]);
        (few_or_many, exponents, 0.0..1.3_f64).prop_map(|(n, (low, span), ended)| {
            let value = |k: usize| 10_f64.powf(low + span * (k as f64 / n as f64).powi(3)).round();
            let ended = ((n as f64 * ended) as usize).min(n);
            let stopped = vec![value(n); n - ended];
            Sample::with_censored((0..ended).map(value).collect(), stopped).unwrap()
        })
    }

    fn name() -> impl Strategy<Value = String> {
        prop_oneof!["[a-z.:-]{0,60}", "[WM@%]{1,60}", "\\PC{0,60}", any::<String>()]
    }

    fn named_samples(most: usize) -> impl Strategy<Value = Vec<(String, Sample)>> {
        vec((name(), sample()), 0..=most)
    }

    fn of(samples: &[(String, Sample)]) -> Vec<Named<'_>> {
        let samples = samples.iter().enumerate();
        samples
            .map(|(place, (name, sample))| Named { name, place, sample })
            .collect()
    }

    #[test]
    fn long_lists_are_cut() {
        let list = |count: usize| listed((0..count).map(|at| at.to_string()));
        assert_eq!(list(0), "");
        assert_eq!(list(1), "0");
        assert_eq!(list(2), "0 and 1");
        assert_eq!(list(4), "0, 1, 2 and 3");
        assert_eq!(list(10), "0, 1, 2 and 7 more");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn labels_of_any_curves_are_apart(metric in name(), samples in named_samples(MAX_SERIES)) {
            let data = QuantileCurves::of(&metric, &of(&samples), &[Some(0.5)]);
            if !samples.is_empty() {
                checked("", &data, quantile_curves::lay_out, quantile_curves);
            }
        }

        #[test]
        fn labels_of_any_distributions_are_apart(
            titles in (name(), name()), one in named_samples(MAX_SERIES), other in named_samples(MAX_SERIES),
        ) {
            let panels = [(titles.0.as_str(), of(&one)), (titles.1.as_str(), of(&other))];
            let is_answered = |(_, sample): &(String, Sample)| sample.censored() < sample.len();
            if one.iter().chain(&other).any(is_answered) {
                checked("", &Distributions::of("latency", &panels), distributions::lay_out, distributions);
            }
        }

        #[test]
        fn labels_of_any_phases_are_apart(
            parts in vec(name(), 1..=10),
            bars in vec((0..10_usize, 0..3_usize, vec(prop_oneof![Just(0.0), 0.01..10.0_f64, 10.0..9e5_f64], 10)), 1..=30),
            names in (vec(name(), 10), vec(name(), 3)),
        ) {
            let bars = bars.iter().map(|(place, quantile, parts_ms)| PhaseBar {
                name: names.0[*place].clone(),
                place: *place,
                quantile: names.1[*quantile].clone(),
                timed_out: quantile % 2,
                is_of_slowest: *place % 3 == 0,
                parts_ms: parts_ms[..parts.len()].iter().copied().map(round).collect(),
            });
            let bars = bars.collect();
            let parts = parts.into_iter().enumerate().map(|(place, name)| PhasePart { name, place }).collect();
            checked("", &PhaseBars { parts, bars }, phases::lay_out, phases);
        }
    }
}
