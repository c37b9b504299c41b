//! Inference time against output tokens.

use serde::{Deserialize, Serialize};

use super::MOST_SERIES;
use super::rounded::{bounded, evenly, millis, rounded};
use crate::comparison::answers::{Answers, answered, times_and_tokens};
use crate::comparison::side::Side;

/// The most points of one model.
const POINTS: usize = 400;

/// Inference time against output tokens of all models.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenPoints {
    /// The models whose answers tell both, at most [`MOST_SERIES`].
    pub series: Vec<TokenPointsOf>,
}

/// Inference time against output tokens of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenPointsOf {
    /// The model.
    pub name: String,
    /// Its place among all models, which gives it its look.
    pub place: usize,
    /// How many answers tell both. What was stopped is none of them.
    pub told: usize,
    /// Some of them, evenly spaced in the order of tokens and then of time.
    pub points: Vec<TokenPoint>,
    /// The line through all of them, if there is one.
    pub line: Option<TokenLine>,
}

/// One answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenPoint {
    /// Its output tokens.
    pub tokens: f64,
    /// Its inference time in milliseconds.
    pub ms: f64,
}

/// Inference is about the fixed part plus so much for each token.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenLine {
    /// The fixed part in milliseconds.
    pub fixed_ms: f64,
    /// Milliseconds for each token.
    pub ms_per_token: f64,
    /// The shortest answer in tokens, where the line begins.
    pub from_tokens: f64,
    /// The longest answer, where it ends.
    pub to_tokens: f64,
}

impl TokenPoints {
    /// Of these sides with what is known of their answers.
    pub fn of(sides: &[(&Side, Option<&Answers>)]) -> Self {
        let series = sides.iter().enumerate().filter_map(|(place, (side, answers))| {
            let told: Vec<(f64, f64)> = times_and_tokens(&side.rows, answered(&side.rows, &side.arrivals))
                .into_iter()
                .map(|(time, tokens)| (tokens, time))
                .collect();
            TokenPointsOf::of(&side.name, place, told, *answers)
        });
        Self {
            series: series.take(MOST_SERIES).collect(),
        }
    }
}

impl TokenPointsOf {
    /// Of (tokens, microseconds) of each answer.
    fn of(name: &str, place: usize, mut told: Vec<(f64, f64)>, answers: Option<&Answers>) -> Option<Self> {
        told.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let ends = (told.first()?.0, told.last()?.0);
        let line = answers.and_then(|answers| answers.line);
        Some(Self {
            name: bounded(name),
            place,
            told: told.len(),
            points: evenly(told.len(), POINTS)
                .map(|at| TokenPoint {
                    tokens: rounded(told[at].0),
                    ms: millis(told[at].1),
                })
                .collect(),
            line: line.map(|line| TokenLine {
                fixed_ms: millis(line.intercept),
                ms_per_token: millis(line.slope),
                from_tokens: rounded(ends.0),
                to_tokens: rounded(ends.1),
            }),
        })
    }
}

impl TokenLine {
    /// The time of so many tokens on the line, in milliseconds.
    pub fn at(&self, tokens: f64) -> f64 {
        self.fixed_ms + self.ms_per_token * tokens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_thinned_in_the_order_of_tokens() {
        let told = |n: usize| -> Vec<(f64, f64)> {
            let tokens = (0..n).map(|k| ((k * 7919) % n) as f64);
            tokens.map(|tokens| (tokens + 1.0, 1000.0 * tokens)).collect()
        };
        let of = |n| TokenPointsOf::of("a", 0, told(n), None).unwrap();
        assert_eq!(of(3).points.len(), 3);
        for n in [401, 1_000_003] {
            let found = of(n);
            assert_eq!((found.points.len(), found.told), (POINTS, n));
            assert!(
                found
                    .points
                    .windows(2)
                    .all(|pair| pair[0].tokens <= pair[1].tokens)
            );
            assert!(serde_json::to_string(&found).unwrap().len() < 16_000);
            let mut turned = told(n);
            turned.reverse();
            assert_eq!(TokenPointsOf::of("a", 0, turned, None).unwrap(), found);
        }
        assert_eq!(TokenPointsOf::of("a", 0, Vec::new(), None), None);
    }
}
