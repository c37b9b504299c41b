//! Which share of its duration each request spends on inference.

use serde::{Deserialize, Serialize};

use super::MOST_SERIES;
use super::distributions::BINS;
use super::rounded::{bounded, rounded};
use crate::comparison::side::Side;
use crate::invocation::Outcome;
use crate::stats::{Probability, Sample};
use crate::summary::{Failures, RowInference, inference_of, is_in_sample};

/// How much of the axis there may be below 1: the first of these that holds all but the lowest hundredth.
const ROOMS: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0];

/// The shares of inference of all models' requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InferenceShares {
    /// Where the common axis begins; it ends at 1.
    pub from: f64,
    /// The models whose requests tell it, at most [`MOST_SERIES`].
    pub series: Vec<InferenceShareOf>,
}

/// The shares of inference of one model's requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InferenceShareOf {
    /// The model.
    pub name: String,
    /// Its place among all models, which gives it its look.
    pub place: usize,
    /// How many requests tell it.
    pub requests: usize,
    /// How many were stopped, so that it is not known of them.
    pub timed_out: usize,
    /// How many do not tell it.
    pub untold: usize,
    /// How many lie below the axis.
    pub below: usize,
    /// The share of these requests in each of [`BINS`] equal parts of the axis.
    pub bins: Vec<f64>,
    /// The share above which 95 % of the requests are.
    pub p5: f64,
    /// That of a typical request.
    pub p50: f64,
    /// The share above which 5 % of the requests are.
    pub p95: f64,
}

/// The shares of one side before the axis is known.
struct Shares<'s> {
    side: &'s Side,
    place: usize,
    sample: Sample,
    timed_out: usize,
    untold: usize,
}

impl InferenceShares {
    /// Of these sides.
    pub fn of(sides: &[&Side], failures: Failures) -> Self {
        let found: Vec<Shares<'_>> = sides
            .iter()
            .enumerate()
            .filter_map(|(place, side)| Shares::of(side, place, failures))
            .take(MOST_SERIES)
            .collect();
        let lowest = Probability::parse("1").map_or(1.0, |p1| {
            let of = found.iter().map(|shares| shares.sample.quantile(p1).value);
            of.fold(1.0, f64::min)
        });
        let room = ROOMS
            .into_iter()
            .find(|room| 1.0 - lowest <= *room)
            .unwrap_or(1.0);
        let from = rounded(1.0 - room);
        Self {
            series: found.iter().map(|shares| shares.reduced(from)).collect(),
            from,
        }
    }
}

impl<'s> Shares<'s> {
    fn of(side: &'s Side, place: usize, failures: Failures) -> Option<Self> {
        let rows = &side.rows;
        let (mut shares, mut timed_out, mut untold) = (Vec::new(), 0, 0);
        for row in (0..rows.len()).filter(|&row| is_in_sample(rows, failures, row)) {
            let duration = rows.duration_us[row];
            let is_stopped = rows.outcome[row] == Outcome::Timeout as u32 || rows.inference_is_bound[row];
            match inference_of(rows, row) {
                _ if is_stopped => timed_out += 1,
                RowInference::Known(inference) if duration > 0 => {
                    shares.push(inference as f64 / duration as f64);
                }
                _ => untold += 1,
            }
        }
        Some(Self {
            side,
            place,
            sample: Sample::new(shares)?,
            timed_out,
            untold,
        })
    }

    fn reduced(&self, from: f64) -> InferenceShareOf {
        let values = self.sample.values();
        let n = values.len();
        let below = values.partition_point(|share| *share < from);
        let mut counts = [0_usize; BINS];
        for share in &values[below..] {
            let bin = (share - from) / (1.0 - from) * BINS as f64;
            counts[(bin as usize).min(BINS - 1)] += 1;
        }
        let quantile = |percent: &str| {
            let p = Probability::parse(percent).unwrap_or(Probability::P50);
            rounded(self.sample.quantile(p).value)
        };
        InferenceShareOf {
            name: bounded(&self.side.name),
            place: self.place,
            requests: n,
            timed_out: self.timed_out,
            untold: self.untold,
            below,
            bins: counts.map(|count| rounded(count as f64 / n as f64)).to_vec(),
            p5: quantile("5"),
            p50: quantile("50"),
            p95: quantile("95"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::side;
    use super::*;
    use crate::dataset::Columns;

    #[test]
    fn the_axis_holds_what_is_typical_and_counts_the_rest() {
        let mut rows = Columns::blank(1000);
        rows.duration_us = vec![100_000; 1000];
        rows.inference_us = (0..1000).map(|n| Some(98_000 + n)).collect();
        rows.inference_us.set(0, Some(50_000));
        rows.inference_us.set(1, None);
        rows.outcome[2] = Outcome::Timeout as u32;
        rows.inference_is_bound[3] = true;
        let side = side("a", rows);
        let found = InferenceShares::of(&[&side], Failures::Apart);
        assert_eq!(found.from, 0.98);
        let of = &found.series[0];
        assert_eq!((of.requests, of.timed_out, of.untold, of.below), (997, 2, 1, 1));
        assert!((of.bins.iter().sum::<f64>() - 996.0 / 997.0).abs() < 1e-4);
        assert!((of.p50 - 0.985).abs() < 1e-4 && of.p5 < of.p50 && of.p50 < of.p95);
    }

    #[test]
    fn a_side_that_tells_nothing_is_absent() {
        let (silent, told) = (side("a", Columns::blank(9)), {
            let mut rows = Columns::blank(9);
            rows.duration_us = vec![10; 9];
            rows.inference_us = vec![Some(10); 9].into();
            side("b", rows)
        });
        let found = InferenceShares::of(&[&silent, &told], Failures::Apart);
        assert_eq!(found.series.len(), 1);
        assert_eq!((found.series[0].place, found.series[0].bins[BINS - 1]), (1, 1.0));
    }
}
