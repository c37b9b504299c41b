//! Figures as SVG text: curves of quantiles, distributions, and stacked phases.
//!
//! A figure takes plain numbers and names and gives the text of one SVG file. Equal input gives
//! equal bytes, and no input makes a file larger than 60 KB: curves have a fixed number of points and
//! histograms a fixed number of bins. Names come from logs; they are drawn as text and never act.
//!
//! Colour never carries a distinction alone: series differ also in dashes and markers, parts also
//! in lightness, and all of them are named where they are drawn. What is drawn is also said in
//! words, in the `<desc>` of the file.

mod curve;
mod distributions;
mod frame;
mod palette;
mod phases;
mod quantile_curves;
mod scale;
mod text;
#[cfg(test)]
mod trial;

pub use distributions::{Panel, distributions};
pub use phases::{Bar, Part, phases};
pub use quantile_curves::quantile_curves;

use crate::stats::Sample;
use std::fmt;

/// The most series that one panel shows.
pub const MAX_SERIES: usize = palette::SERIES.len();

/// The requests of one model.
#[derive(Debug, Clone, Copy)]
pub struct Series<'a> {
    /// The name that is shown. It may be any text.
    pub name: &'a str,
    /// The latencies in microseconds.
    pub sample: &'a Sample,
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

#[cfg(test)]
mod tests {
    use super::trial::assert_well_formed;
    use super::*;
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

    fn series(samples: &[(String, Sample)]) -> Vec<Series<'_>> {
        samples
            .iter()
            .map(|(name, sample)| Series { name, sample })
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn labels_of_any_curves_are_apart(metric in name(), samples in named_samples(MAX_SERIES)) {
            let series = series(&samples);
            if !series.is_empty() {
                quantile_curves::assert_sound(&metric, &series);
                assert_well_formed(&quantile_curves(&metric, &series).unwrap());
            }
        }

        #[test]
        fn labels_of_any_distributions_are_apart(
            titles in (name(), name()), one in named_samples(MAX_SERIES), other in named_samples(MAX_SERIES),
        ) {
            let panels = [
                Panel { title: &titles.0, series: series(&one) },
                Panel { title: &titles.1, series: series(&other) },
            ];
            distributions::assert_sound("latency", &panels);
            assert_well_formed(&distributions("latency", &panels).unwrap());
        }

        #[test]
        fn labels_of_any_phases_are_apart(
            parts in vec(name(), 1..=10),
            bars in vec((0..10_usize, 0..3_usize, vec(prop_oneof![Just(0.0), 0.01..10.0_f64, 10.0..9e5_f64], 10)), 1..=30),
            names in (vec(name(), 10), vec(name(), 3)),
        ) {
            let parts: Vec<Part<'_>> = parts.iter().enumerate().map(|(place, name)| Part { name, place }).collect();
            let bars: Vec<Bar<'_>> = bars.iter().take(120 / parts.len()).map(|(series, quantile, parts_ms)| Bar {
                series: &names.0[*series],
                quantile: &names.1[*quantile],
                parts_ms: parts_ms[..parts.len()].to_vec(),
            }).collect();
            phases::assert_sound(&parts, &bars);
            assert_well_formed(&phases(&parts, &bars).unwrap());
        }
    }
}
