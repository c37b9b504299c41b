//! Rolling quantiles of total time over the time of day.

use serde::{Deserialize, Serialize};

use super::MOST_SERIES;
use super::rounded::{bounded, evenly, millis};
use super::timeline::Timeline;
use crate::comparison::side::Side;
use crate::invocation::{Outcome, StartType};
use crate::stats::{Probability, Quantile, Sample};
use crate::summary::{Failures, Metric, is_in_sample, value_of};

/// About how many points a curve has.
const POINTS: usize = 120;
/// A point is of this share of all requests …
const OF_ALL: usize = 20;
/// … and of at least so many, below which p95 is hardly more than the slowest of them.
const FEWEST: usize = 40;
/// The most single requests that are shown where there are too few for a point.
const SINGLE: usize = 100;
/// The most moments of one kind that are shown.
const MOMENTS: usize = 150;
/// A curve is broken where no request came for this share of the axis.
const PAUSE: f64 = 0.1;

/// Total time over the time of day, of all models.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverTime {
    /// The axis of all of them.
    pub timeline: Timeline,
    /// The models whose requests have times, at most [`MOST_SERIES`].
    pub series: Vec<OverTimeOf>,
}

/// Total time over the time of day, of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverTimeOf {
    /// The model.
    pub name: String,
    /// Its place among all models, which gives it its look.
    pub place: usize,
    /// How many requests have a time, failures included.
    pub requests: usize,
    /// How many have none and are left out.
    pub untimed: usize,
    /// Of how many requests these are an excerpt, where they are one.
    pub excerpt_of: Option<usize>,
    /// How many requests each point is of, at most.
    pub window: usize,
    /// Rolling quantiles in order of time.
    pub points: Vec<OverTimePoint>,
    /// Requests where there are too few for a point, in order of time.
    pub single: Vec<SingleRequest>,
    /// How many requests were cold starts.
    pub cold_count: usize,
    /// When they were.
    pub cold: Vec<Moment>,
    /// How many requests failed.
    pub failed_count: usize,
    /// When they did.
    pub failed: Vec<Moment>,
    /// How many requests were stopped.
    pub timed_out_count: usize,
    /// When they came.
    pub timed_out: Vec<Moment>,
}

/// The quantiles of some requests that came after each other.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverTimePoint {
    /// When the middle one of them came, in milliseconds since the epoch.
    pub at_ms: i64,
    /// Whether a curve begins here, after a pause.
    pub is_first: bool,
    /// Their median in milliseconds.
    pub p50_ms: f64,
    /// Whether it is a lower bound.
    pub p50_is_at_least: bool,
    /// Their p95 in milliseconds.
    pub p95_ms: f64,
    /// Whether it is a lower bound.
    pub p95_is_at_least: bool,
}

/// A request by itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SingleRequest {
    /// When it came, in milliseconds since the epoch.
    pub at_ms: i64,
    /// Its total time in milliseconds.
    pub ms: f64,
    /// Whether it was stopped then.
    pub is_at_least: bool,
}

/// When something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    /// In milliseconds since the epoch, the first of it.
    pub at_ms: i64,
    /// How often it happened about then.
    pub count: usize,
}

/// A request in the sample: when it came, its total time in microseconds, and whether that is a lower bound.
type Timed = (i64, f64, bool);

impl OverTime {
    /// Of these sides.
    pub fn of(sides: &[&Side], failures: Failures) -> Self {
        let sides = &sides[..sides.len().min(MOST_SERIES)];
        let times: Vec<Vec<i64>> = sides
            .iter()
            .map(|side| side.arrivals.timed().map(|(_, at)| at.round() as i64).collect())
            .collect();
        let lists: Vec<&[i64]> = times.iter().map(Vec::as_slice).collect();
        let timeline = Timeline::of(&lists);
        let series = sides.iter().enumerate();
        Self {
            series: series
                .filter_map(|(place, side)| OverTimeOf::of(side, place, &timeline, failures))
                .collect(),
            timeline,
        }
    }
}

impl OverTimeOf {
    fn of(side: &Side, place: usize, timeline: &Timeline, failures: Failures) -> Option<Self> {
        let rows = &side.rows;
        let requests = side.arrivals.timed().count();
        let when = |is_meant: &dyn Fn(usize) -> bool| -> Vec<i64> {
            let meant = side.arrivals.timed().filter(|(row, _)| is_meant(*row));
            meant.map(|(_, at)| at.round() as i64).collect()
        };
        let cold = when(&|row| rows.start[row] == StartType::Cold as u32);
        let failed = when(&|row| rows.outcome[row] == Outcome::Error as u32);
        let timed_out = when(&|row| rows.outcome[row] == Outcome::Timeout as u32);
        let timed: Vec<Timed> = side
            .arrivals
            .timed()
            .filter(|(row, _)| is_in_sample(rows, failures, *row))
            .filter_map(|(row, at)| {
                let (micros, is_bound) = value_of(rows, row, Metric::Total)?;
                Some((at.round() as i64, micros as f64, is_bound))
            })
            .collect();
        let window = (timed.len() / OF_ALL).max(FEWEST);
        let mut of = Self {
            name: bounded(&side.name),
            place,
            requests,
            untimed: rows.len() - requests,
            excerpt_of: side.counted.as_ref().map(|_| side.group.invocations),
            window,
            points: Vec::new(),
            single: Vec::new(),
            cold_count: cold.len(),
            cold: moments(&cold, timeline),
            failed_count: failed.len(),
            failed: moments(&failed, timeline),
            timed_out_count: timed_out.len(),
            timed_out: moments(&timed_out, timeline),
        };
        let mut few = Vec::new();
        for run in runs(&timed, timeline) {
            match run.len() < FEWEST {
                true => few.extend_from_slice(run),
                false => of.points.extend(rolling(run, window, timed.len())),
            }
        }
        of.single = evenly(few.len(), SINGLE)
            .map(|at| SingleRequest {
                at_ms: few[at].0,
                ms: millis(few[at].1),
                is_at_least: few[at].2,
            })
            .collect();
        (requests > 0).then_some(of)
    }
}

/// Requests between which there is no pause.
fn runs<'a>(timed: &'a [Timed], timeline: &Timeline) -> impl Iterator<Item = &'a [Timed]> {
    let pause = PAUSE * timeline.length_ms();
    timed.chunk_by(move |one, next| {
        (next.0.saturating_sub(one.0)) as f64 <= pause
            && timeline.stretch_of(one.0) == timeline.stretch_of(next.0)
    })
}

/// The quantiles of some requests at a time, which move along the run.
fn rolling(run: &[Timed], window: usize, all: usize) -> impl Iterator<Item = OverTimePoint> {
    let window = window.min(run.len());
    let steps = run.len() - window;
    let points = (POINTS * run.len() / all.max(1)).clamp(2, steps.max(1) + 1);
    (0..points).filter_map(move |point| {
        let from = point * steps / (points - 1).max(1);
        let part = &run[from..from + window];
        let of_kind = |is_bound: bool| {
            let meant = part.iter().filter(|request| request.2 == is_bound);
            meant.map(|request| request.1).collect()
        };
        let sample = Sample::with_censored(of_kind(false), of_kind(true))?;
        let [p50, p95]: [Quantile; 2] = [Probability::P50, Probability::P95].map(|p| sample.quantile(p));
        Some(OverTimePoint {
            at_ms: part[window / 2].0,
            is_first: point == 0,
            p50_ms: millis(p50.value),
            p50_is_at_least: p50.censored,
            p95_ms: millis(p95.value),
            p95_is_at_least: p95.censored,
        })
    })
}

/// Each of these ascending times, or those that are near each other together.
fn moments(times: &[i64], timeline: &Timeline) -> Vec<Moment> {
    let length = timeline.length_ms();
    if times.len() <= MOMENTS || length <= 0.0 {
        let alike = times.chunk_by(|one, next| one == next);
        return alike.filter_map(moment).take(MOMENTS).collect();
    }
    let part = |at: i64| (timeline.passed_ms(at) / length * MOMENTS as f64) as usize;
    let near = times.chunk_by(|one, next| part(*one).min(MOMENTS - 1) == part(*next).min(MOMENTS - 1));
    near.filter_map(moment).collect()
}

fn moment(times: &[i64]) -> Option<Moment> {
    Some(Moment {
        at_ms: *times.first()?,
        count: times.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::trial::side;
    use super::*;
    use crate::dataset::Columns;
    use crate::vocab::Timestamp;

    /// A request a second that takes 100 ms and more by and by.
    fn rows(count: usize) -> Columns {
        let mut rows = Columns::blank(count);
        rows.duration_us = (0..count as u64).map(|n| 100_000 + n).collect();
        let ended = (0..count as i64).map(|n| Some(Timestamp::from_epoch_millis(1_000_000 + n * 1000)));
        rows.ended_at = ended.collect();
        rows
    }

    fn of(rows: Columns) -> OverTimeOf {
        OverTime::of(&[&side("a", rows)], Failures::Apart)
            .series
            .remove(0)
    }

    #[test]
    fn the_curve_follows_a_drift() {
        let found = of(rows(1000));
        assert_eq!((found.window, found.requests, found.untimed), (50, 1000, 0));
        assert_eq!(found.points.len(), POINTS);
        let (first, last) = (found.points[0], found.points[POINTS - 1]);
        assert!(first.is_first && found.points.iter().filter(|point| point.is_first).count() == 1);
        assert_eq!((first.p50_ms, last.p50_ms), (100.0245, 100.9745));
        assert!(found.points.iter().all(|point| point.p50_ms <= point.p95_ms));
        assert!(found.points.windows(2).all(|pair| pair[0].at_ms < pair[1].at_ms));
    }

    #[test]
    fn a_million_requests_make_no_more() {
        let mut many = rows(1_000_000);
        many.start = vec![StartType::Cold as u32; many.len()];
        let found = of(many);
        assert!(found.points.len() <= POINTS + 2 && found.cold.len() <= MOMENTS);
        assert_eq!(
            found.cold.iter().map(|moment| moment.count).sum::<usize>(),
            1_000_000
        );
        assert!(serde_json::to_string(&found).unwrap().len() < 30_000);
    }

    #[test]
    fn what_has_no_time_is_counted_and_what_failed_is_marked() {
        let mut some = rows(100);
        some.ended_at[7] = None;
        some.outcome[3] = Outcome::Error as u32;
        some.outcome[50..60].fill(Outcome::Timeout as u32);
        some.start[0] = StartType::Cold as u32;
        let found = of(some);
        assert_eq!((found.requests, found.untimed), (99, 1));
        assert_eq!(
            (found.cold_count, found.failed_count, found.timed_out_count),
            (1, 1, 10)
        );
        assert_eq!(
            found.failed[0],
            Moment {
                at_ms: 1_002_900,
                count: 1
            }
        );
        assert!(found.points.iter().any(|point| point.p95_is_at_least));
        let mut none = rows(3);
        none.ended_at = vec![None; 3];
        assert!(
            OverTime::of(&[&side("a", none)], Failures::Apart)
                .series
                .is_empty()
        );
    }

    #[test]
    fn few_requests_are_shown_one_by_one_and_windows_apart() {
        let mut apart = rows(200);
        for (at, ended) in apart.ended_at.iter_mut().enumerate().skip(170) {
            *ended = Some(Timestamp::from_epoch_millis(900_000_000 + at as i64 * 1000));
        }
        let side = side("a", apart);
        let found = OverTime::of(&[&side], Failures::Apart);
        assert_eq!(found.timeline.stretches.len(), 2);
        assert_eq!(found.series[0].single.len(), 30);
        assert_eq!(of(rows(1)).single.len(), 1);
        assert_eq!(of(rows(39)).single.len(), 39);
    }
}
