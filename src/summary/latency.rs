//! Which values of which invocations make a sample.
//!
//! The latency sample holds successful invocations and, censored at their limit and ranked above
//! all others, timeouts. Failures are counted apart: a quick failure is not a fast answer.

use super::metric::Metric;
use crate::dataset::Columns;
use crate::invocation::{Outcome, StartType};
use crate::stats::{Sample, Share};

/// What is done with failed invocations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Failures {
    /// They are counted, and their times are left out.
    #[default]
    Apart,
    /// Their times count like any other.
    Included,
}

/// The samples of one group. A sample is absent where no invocation has a value.
#[derive(Debug, Clone)]
pub struct Latencies {
    samples: [Option<Sample>; 6],
    /// Inference and duration of each invocation that has both.
    pub share: Option<Share>,
    /// Invocations whose inference time is longer than their duration: a wrong unit, or parallel
    /// calls without start times. Their inference and overhead are left out.
    pub inference_over_duration: usize,
    /// Timeouts without an inference time. They are in the other samples and not in inference's.
    pub timeouts_without_inference: usize,
}

/// Clocks of handler and platform may differ by this much of the duration: a thousandth.
pub(super) const CLOCK_TOLERANCE: u64 = 1000;

impl Latencies {
    /// The samples of these invocations.
    pub fn of(rows: &Columns, failures: Failures) -> Self {
        let mut samples = Metric::ALL.map(|metric| match metric {
            Metric::Total => None,
            metric => sample_of(rows, failures, metric),
        });
        samples[Metric::Total as usize] =
            total_of(rows, failures, samples[Metric::Duration as usize].as_ref());
        let InferenceDoubts {
            over_duration,
            timeouts_without,
        } = InferenceDoubts::of(rows, failures);
        Self {
            samples,
            share: share_of(rows, failures),
            inference_over_duration: over_duration,
            timeouts_without_inference: timeouts_without,
        }
    }

    /// The samples of these invocations, and those of each start type with the number of its invocations, 0 where it
    /// does not occur. Those of start types have no share.
    pub fn by_start(rows: &Columns, failures: Failures) -> (Self, [(usize, Self); StartType::ALL.len()]) {
        let mut parts: [Part; StartType::ALL.len()] = Default::default();
        let mut pairs = Vec::with_capacity(rows.len());
        for row in 0..rows.len() {
            let part = &mut parts[rows.start[row] as usize];
            part.invocations += 1;
            if is_in_sample(rows, failures, row) {
                let inference = inference_of(rows, row);
                part.add(rows, row, inference);
                pairs.extend(pair_of(rows, row, inference));
            }
        }
        let starts = parts.map(|part| (part.invocations, part.into_latencies()));
        let together = |metric: Metric| {
            let samples = starts.iter().filter_map(|(_, of_start)| of_start.sample(metric));
            samples.cloned().reduce(|all, more| all.and(&more))
        };
        let sum = |count: fn(&Self) -> usize| starts.iter().map(|(_, of_start)| count(of_start)).sum();
        let all = Self {
            samples: Metric::ALL.map(together),
            share: Share::from_pairs(pairs),
            inference_over_duration: sum(|of_start| of_start.inference_over_duration),
            timeouts_without_inference: sum(|of_start| of_start.timeouts_without_inference),
        };
        (all, starts)
    }

    /// The same with other samples, in the order of [`Metric::ALL`].
    #[must_use]
    pub fn with_samples(self, samples: [Option<Sample>; 6]) -> Self {
        Self { samples, ..self }
    }

    /// The sample of a metric.
    pub fn sample(&self, metric: Metric) -> Option<&Sample> {
        self.samples[metric as usize].as_ref()
    }
}

/// The inference time of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowInference {
    /// So many microseconds, at most the duration.
    Known(u64),
    /// It is longer than the duration, beyond what two clocks differ by.
    OverDuration,
    /// There is none.
    Unknown,
}

/// The inference time of a row, if it can be true.
#[inline]
pub fn inference_of(rows: &Columns, row: usize) -> RowInference {
    let duration = rows.duration_us[row];
    match rows.inference_us.get(row) {
        Some(inference) if inference > duration.saturating_add(duration / CLOCK_TOLERANCE) => {
            RowInference::OverDuration
        }
        Some(inference) => RowInference::Known(inference.min(duration)),
        None => RowInference::Unknown,
    }
}

/// The value of a metric of a row in microseconds, if it has one, and whether it is a lower bound.
#[inline]
pub fn value_of(rows: &Columns, row: usize, metric: Metric) -> Option<(u64, bool)> {
    value_given(rows, row, metric, inference_of(rows, row))
}

/// The same, of a row whose inference time was looked at already.
#[inline]
pub fn value_given(
    rows: &Columns,
    row: usize,
    metric: Metric,
    inference: RowInference,
) -> Option<(u64, bool)> {
    let is_timeout = rows.outcome[row] == Outcome::Timeout as u32;
    let duration = rows.duration_us[row];
    let init = rows.init_us.get(row);
    let inference = match inference {
        RowInference::Known(inference) => Some(inference),
        RowInference::OverDuration | RowInference::Unknown => None,
    };
    let inference_is_bound = rows.inference_is_bound[row];
    match metric {
        Metric::Duration => Some((duration, is_timeout)),
        Metric::Total => Some((duration.saturating_add(init.unwrap_or(0)), is_timeout)),
        Metric::Init => Some((init?, false)),
        Metric::Billed => Some((rows.billed_us.get(row)?, false)),
        Metric::Inference => Some((inference?, inference_is_bound)),
        // When the model's call was given up, the time around it is known all the same.
        Metric::Overhead => Some((duration - inference?, is_timeout && !inference_is_bound)),
    }
}

/// The rows that the latency figures hold.
fn in_sample(rows: &Columns, failures: Failures) -> impl Iterator<Item = usize> {
    (0..rows.len()).filter(move |row| is_in_sample(rows, failures, *row))
}

/// The sample of one metric.
pub(super) fn sample_of(rows: &Columns, failures: Failures, metric: Metric) -> Option<Sample> {
    // What a metric is, is asked once and not of each row.
    match metric {
        Metric::Duration => sample_by(rows, failures, |row| value_of(rows, row, Metric::Duration)),
        Metric::Init => sample_by(rows, failures, |row| value_of(rows, row, Metric::Init)),
        Metric::Inference => sample_by(rows, failures, |row| value_of(rows, row, Metric::Inference)),
        Metric::Overhead => sample_by(rows, failures, |row| value_of(rows, row, Metric::Overhead)),
        Metric::Total => sample_by(rows, failures, |row| value_of(rows, row, Metric::Total)),
        Metric::Billed => sample_by(rows, failures, |row| value_of(rows, row, Metric::Billed)),
    }
}

#[inline]
fn sample_by(
    rows: &Columns,
    failures: Failures,
    value: impl Fn(usize) -> Option<(u64, bool)>,
) -> Option<Sample> {
    let mut values = Values::default();
    for row in in_sample(rows, failures) {
        if let Some((value, is_bound)) = value(row) {
            values.add(value, is_bound, rows.len());
        }
    }
    values.into_sample()
}

/// The sample of total time: that of the duration where nobody waited.
pub(super) fn total_of(rows: &Columns, failures: Failures, duration: Option<&Sample>) -> Option<Sample> {
    let has_waited = |row: usize| rows.init_us.get(row).is_some_and(|init| init > 0);
    match in_sample(rows, failures).any(has_waited) {
        true => sample_of(rows, failures, Metric::Total),
        false => duration.cloned(),
    }
}

/// The share of inference in the duration.
pub(super) fn share_of(rows: &Columns, failures: Failures) -> Option<Share> {
    let mut pairs = Vec::with_capacity(rows.len());
    pairs.extend(in_sample(rows, failures).filter_map(|row| pair_of(rows, row, inference_of(rows, row))));
    Share::from_pairs(pairs)
}

/// In how many rows inference times are doubtful.
#[derive(Debug, Default)]
pub(super) struct InferenceDoubts {
    /// See [`Latencies::inference_over_duration`].
    pub(super) over_duration: usize,
    /// See [`Latencies::timeouts_without_inference`].
    pub(super) timeouts_without: usize,
}

impl InferenceDoubts {
    pub(super) fn of(rows: &Columns, failures: Failures) -> Self {
        let mut doubts = Self::default();
        in_sample(rows, failures).for_each(|row| doubts.add(rows, row, inference_of(rows, row)));
        doubts
    }

    #[inline]
    fn add(&mut self, rows: &Columns, row: usize, inference: RowInference) {
        match inference {
            RowInference::OverDuration => self.over_duration += 1,
            RowInference::Unknown if rows.outcome[row] == Outcome::Timeout as u32 => {
                self.timeouts_without += 1;
            }
            RowInference::Known(_) | RowInference::Unknown => {}
        }
    }
}

/// Whether the latency figures hold a row.
#[inline]
pub fn is_in_sample(rows: &Columns, failures: Failures, row: usize) -> bool {
    rows.outcome[row] != Outcome::Error as u32 || failures == Failures::Included
}

/// Inference and duration of a row that has both.
#[inline]
fn pair_of(rows: &Columns, row: usize, inference: RowInference) -> Option<(f64, f64)> {
    match inference {
        RowInference::Known(inference) if rows.duration_us[row] > 0 => {
            Some((inference as f64, rows.duration_us[row] as f64))
        }
        _ => None,
    }
}

/// Invocations, value by value.
#[derive(Default)]
struct Part {
    invocations: usize,
    values: [Values; 6],
    has_waited: bool,
    doubts: InferenceDoubts,
}

impl Part {
    #[inline]
    fn add(&mut self, rows: &Columns, row: usize, inference: RowInference) {
        self.has_waited |= rows.init_us.get(row).is_some_and(|init| init > 0);
        for (metric, values) in Metric::ALL.into_iter().zip(&mut self.values) {
            if let Some((value, is_bound)) = value_given(rows, row, metric, inference) {
                values.add(value, is_bound, rows.len());
            }
        }
        self.doubts.add(rows, row, inference);
    }

    fn into_latencies(mut self) -> Latencies {
        // Where nobody waited, total time is the duration.
        if !self.has_waited {
            self.values[Metric::Total as usize] = Values::default();
        }
        let mut samples = self.values.map(Values::into_sample);
        if !self.has_waited {
            samples[Metric::Total as usize] = samples[Metric::Duration as usize].clone();
        }
        Latencies {
            samples,
            share: None,
            inference_over_duration: self.doubts.over_duration,
            timeouts_without_inference: self.doubts.timeouts_without,
        }
    }
}

/// Values of one metric, lower bounds apart.
#[derive(Default)]
struct Values {
    exact: Vec<f64>,
    bounds: Vec<f64>,
}

impl Values {
    fn add(&mut self, micros: u64, is_bound: bool, most: usize) {
        if self.exact.is_empty() {
            // Room to which nothing is written costs nothing, and a list that grows is moved.
            self.exact.reserve_exact(most);
        }
        let list = if is_bound {
            &mut self.bounds
        } else {
            &mut self.exact
        };
        list.push(micros as f64);
    }

    fn into_sample(self) -> Option<Sample> {
        Sample::with_censored(self.exact, self.bounds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Probability;

    fn rows(count: usize) -> Columns {
        Columns {
            outcome: vec![Outcome::Success as u32; count],
            start: vec![StartType::Warm as u32; count],
            duration_us: (1..=count as u64).map(|n| n * 1000).collect(),
            init_us: vec![None; count].into(),
            billed_us: vec![None; count].into(),
            inference_us: vec![None; count].into(),
            inference_is_bound: vec![false; count],
            ..Columns::default()
        }
    }

    #[test]
    fn a_timeout_ranks_above_everything_and_a_failure_is_left_out() {
        let mut rows = rows(100);
        rows.outcome[0] = Outcome::Timeout as u32;
        rows.outcome[1] = Outcome::Error as u32;
        rows.duration_us[0] = 500_000;
        let latencies = Latencies::of(&rows, Failures::Apart);
        let sample = latencies.sample(Metric::Total).unwrap();
        assert_eq!((sample.len(), sample.censored()), (99, 1));
        let p99 = sample.quantile(Probability::P99);
        assert!(p99.censored);
        assert_eq!(
            Latencies::of(&rows, Failures::Included)
                .sample(Metric::Total)
                .unwrap()
                .len(),
            100
        );
    }

    #[test]
    fn inference_longer_than_its_invocation_is_counted_and_left_out() {
        let mut rows = rows(3);
        rows.inference_us = vec![Some(1001), Some(2003), Some(2900)].into();
        let latencies = Latencies::of(&rows, Failures::Apart);
        assert_eq!(latencies.inference_over_duration, 1);
        assert_eq!(
            latencies.sample(Metric::Inference).unwrap().values(),
            [1000.0, 2900.0]
        );
        assert_eq!(latencies.sample(Metric::Overhead).unwrap().values(), [0.0, 100.0]);
        assert_eq!(latencies.share.unwrap().ratio_of_sums(), 3900.0 / 4000.0);
    }

    #[test]
    fn of_a_call_given_up_the_time_around_it_is_exact() {
        let mut rows = rows(2);
        rows.outcome = vec![Outcome::Timeout as u32; 2];
        rows.inference_us = vec![Some(900), Some(1500)].into();
        rows.inference_is_bound = vec![true, false];
        let latencies = Latencies::of(&rows, Failures::Apart);
        let censored = |metric| latencies.sample(metric).unwrap().censored();
        assert_eq!(
            (
                censored(Metric::Total),
                censored(Metric::Inference),
                censored(Metric::Overhead)
            ),
            (2, 1, 1)
        );
    }
}
