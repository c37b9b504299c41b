//! Which share of the requests was answered within a time.

use serde::{Deserialize, Serialize};

use super::MOST_SERIES;
use super::quantile_curves::Named;
use super::rounded::{bounded, evenly, millis, rounded};
use super::time_scale::TimeScale;
use crate::stats::Probability;

/// The most steps of one function.
const STEPS: usize = 200;

/// The empirical distribution functions of all models.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ecdfs {
    /// Which time.
    pub metric: String,
    /// The axis of all of them.
    pub scale: TimeScale,
    /// At most [`MOST_SERIES`].
    pub series: Vec<Ecdf>,
}

/// The empirical distribution function of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ecdf {
    /// The model.
    pub name: String,
    /// Its place among all models, which gives it its look.
    pub place: usize,
    /// How many requests.
    pub requests: usize,
    /// How many of them were stopped: they are among the requests and in no step.
    pub timed_out: usize,
    /// The least time after which one was stopped, in milliseconds.
    pub stopped_from_ms: Option<f64>,
    /// The time within which half of all requests was answered, in milliseconds, unless that falls among stopped ones.
    pub p50_ms: Option<f64>,
    /// The same of nine tenths.
    pub p90_ms: Option<f64>,
    /// Its steps, ascending: all of them, or some at equal distances of their ranks.
    pub points: Vec<EcdfPoint>,
}

/// A step of an empirical distribution function.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EcdfPoint {
    /// A time in milliseconds.
    pub ms: f64,
    /// The share of all requests that took at most so long.
    pub share: f64,
}

impl Ecdfs {
    /// Of these models.
    pub fn of(metric: &str, samples: &[Named<'_>]) -> Self {
        let series: Vec<Ecdf> = samples.iter().take(MOST_SERIES).map(Ecdf::of).collect();
        let points = series.iter().flat_map(|series| &series.points);
        let limits = series.iter().filter_map(|series| series.stopped_from_ms);
        let times = points.map(|point| point.ms).chain(limits);
        Self {
            metric: bounded(metric),
            scale: TimeScale::holding(times, 1),
            series,
        }
    }
}

impl Ecdf {
    fn of(of: &Named<'_>) -> Self {
        let sample = of.sample;
        let n = sample.len() as f64;
        let (complete, limits) = sample.values().split_at(sample.len() - sample.censored());
        // The last of each step's equal values has its rank.
        let is_last = |rank: &usize| complete.get(rank + 1) != Some(&complete[*rank]);
        let last: Vec<usize> = (0..complete.len()).filter(is_last).collect();
        let ranks: Vec<usize> = match last.len() <= STEPS {
            true => last,
            false => {
                let ends = [0, complete.len() - 1];
                let mut ranks: Vec<usize> = evenly(complete.len(), STEPS - ends.len())
                    .chain(ends)
                    .map(|rank| complete.partition_point(|value| *value <= complete[rank]) - 1)
                    .collect();
                ranks.sort_unstable();
                ranks.dedup();
                ranks
            }
        };
        let mut points: Vec<EcdfPoint> = Vec::with_capacity(ranks.len());
        for rank in ranks {
            let point = EcdfPoint {
                ms: millis(complete[rank]),
                share: rounded((rank + 1) as f64 / n),
            };
            match points.last_mut() {
                Some(last) if last.ms == point.ms => *last = point,
                _ => points.push(point),
            }
        }
        let quantile = |p: Probability| {
            let found = sample.quantile(p);
            (!found.censored).then(|| millis(found.value))
        };
        Self {
            name: bounded(of.name),
            place: of.place,
            requests: sample.len(),
            timed_out: sample.censored(),
            p50_ms: quantile(Probability::P50),
            p90_ms: quantile(Probability::P90),
            stopped_from_ms: limits.first().copied().map(millis),
            points,
        }
    }

    /// The time in milliseconds of the first step that reaches this share of all requests; nothing if more than the rest
    /// was stopped.
    pub fn time_of(&self, share: f64) -> Option<f64> {
        let reached = self.points.iter().find(|point| point.share >= share);
        reached.map(|point| point.ms)
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{exactly, latencies};
    use super::*;
    use crate::stats::Sample;

    fn ecdf(sample: &Sample) -> Ecdf {
        Ecdf::of(&Named {
            name: "a",
            place: 0,
            sample,
        })
    }

    #[test]
    fn few_values_make_exact_steps() {
        let of = ecdf(&exactly(&[20.0, 10.0, 20.0, 40.0]));
        let steps: Vec<(f64, f64)> = of.points.iter().map(|point| (point.ms, point.share)).collect();
        assert_eq!(steps, [(10.0, 0.25), (20.0, 0.75), (40.0, 1.0)]);
        assert_eq!((of.time_of(0.5), of.time_of(1.0)), (Some(20.0), Some(40.0)));
    }

    #[test]
    fn stopped_requests_make_no_step() {
        let of = ecdf(&Sample::with_censored(vec![10_000.0], vec![9000.0; 3]).unwrap());
        assert_eq!(of.points.last().map(|point| point.share), Some(0.25));
        assert_eq!((of.timed_out, of.stopped_from_ms), (3, Some(9.0)));
        assert_eq!(of.time_of(0.5), None);
        assert!(
            ecdf(&Sample::with_censored(vec![], vec![9000.0]).unwrap())
                .points
                .is_empty()
        );
    }

    #[test]
    fn many_values_are_thinned_and_every_step_is_one_of_theirs() {
        for n in [201, 5000, 1_000_000] {
            let sample = latencies(n, 1450.0, 3300.0, 5500.0);
            let of = ecdf(&sample);
            assert!(of.points.len() <= STEPS && of.points.len() > 150, "{n}");
            assert_eq!(of.points.last().unwrap().share, 1.0);
            assert_eq!(of.points.last().unwrap().ms, millis(sample.max()));
            for pair in of.points.windows(2) {
                assert!(pair[0].ms < pair[1].ms && pair[0].share < pair[1].share);
                assert!(pair[1].share - pair[0].share < 0.011);
            }
        }
        let equal = ecdf(&exactly(&[500.0; 1000]));
        assert_eq!(
            equal.points,
            [EcdfPoint {
                ms: 500.0,
                share: 1.0
            }]
        );
    }
}
