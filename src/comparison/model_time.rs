//! Bedrock's own latency against the time around it, and failed attempts.

use super::inference_share::EstimatedShare;
use super::ordered::Ordered;
use crate::dataset::Columns;
use crate::stats::{Confidence, Dependence, Interval, Probability, Proportion, Sample, SlowEpisodes};
use crate::summary::{QuantileSummary, RowBedrock, RowInference, bedrock_of, inference_of};

/// p50 and p95 of some times, in microseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantiles {
    /// p50.
    pub p50: QuantileSummary,
    /// p95.
    pub p95: QuantileSummary,
}

impl Quantiles {
    /// Of times in order of arrival, or in any order if that is not known. `None` if there are none.
    fn of(times: &[f64], is_timed: bool) -> Option<Self> {
        let sample = Sample::new(times.to_vec())?;
        let quantile = |p: Probability| sample.nearest_rank(p).value;
        let episodes = SlowEpisodes::above(times, quantile(Probability::P90));
        let at = |p: Probability| {
            let found = Dependence::around(times, p, quantile(p), || episodes.as_ref()).filter(|_| is_timed);
            let worth = found.and_then(|found| sample.clone().with_effective_size(found.effective_size()));
            QuantileSummary::of(worth.as_ref().unwrap_or(&sample), p)
        };
        Some(Self {
            p50: at(Probability::P50),
            p95: at(Probability::P95),
        })
    }
}

/// Bedrock's own latency and the rest of the inference time, of the requests with one call that tell both.
#[derive(Debug, Clone, PartialEq)]
pub struct BedrockTime {
    /// Bedrock's own latency.
    pub own: Quantiles,
    /// Inference minus Bedrock's own latency: SDK and network.
    pub around: Quantiles,
    /// Bedrock's own latency as a share of inference.
    pub share: EstimatedShare,
}

impl BedrockTime {
    /// `None` where no request tells it.
    pub(super) fn of(rows: &Columns, ordered: &Ordered) -> Option<Self> {
        let told = |row: usize| match (bedrock_of(rows, row), inference_of(rows, row)) {
            (RowBedrock::Known(own), RowInference::Known(inference)) => Some((own as f64, inference as f64)),
            _ => None,
        };
        let pairs: Vec<(f64, f64)> = ordered.iter().filter_map(told).collect();
        let times = |of: fn(&(f64, f64)) -> f64| -> Vec<f64> { pairs.iter().map(of).collect() };
        Some(Self {
            own: Quantiles::of(&times(|(own, _)| *own), ordered.is_timed)?,
            around: Quantiles::of(&times(|(own, inference)| inference - own), ordered.is_timed)?,
            share: EstimatedShare::of(
                pairs
                    .into_iter()
                    .filter(|(_, inference)| *inference > 0.0)
                    .collect(),
                ordered.is_timed,
            )?,
        })
    }
}

/// Failed attempts of the model call and the waits between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Retries {
    /// How many requests have a timing record. One that does not speak of failed attempts had none: many handlers log
    /// them only where there are some.
    pub matched: usize,
    /// How many had some.
    pub retried: usize,
    /// The share that had some, and its 95 % interval.
    pub share: (f64, Interval),
    /// Their time as a share of the duration of all these.
    pub of_duration: Option<EstimatedShare>,
    /// Their time, of those that had some.
    pub time: Quantiles,
}

impl Retries {
    /// `None` where no request tells of a failed attempt.
    pub(super) fn of(rows: &Columns, ordered: &Ordered) -> Option<Self> {
        if !rows.retry_us.told().any(|retry| retry > 0) {
            return None;
        }
        let all: Vec<(f64, f64)> = ordered
            .iter()
            .filter(|&row| rows.is_matched[row])
            .map(|row| {
                (
                    rows.retry_us.get(row).unwrap_or(0) as f64,
                    rows.duration_us[row] as f64,
                )
            })
            .collect();
        let times: Vec<f64> = all
            .iter()
            .map(|(retry, _)| *retry)
            .filter(|retry| *retry > 0.0)
            .collect();
        let (retried, requests) = (times.len(), all.len());
        let proportion = Proportion::new(retried as u64, requests as u64)?;
        // What is longer than its duration cannot be true.
        let is_part = |(retry, duration): &(f64, f64)| *duration > 0.0 && retry <= duration;
        Some(Self {
            matched: requests,
            retried,
            share: (proportion.share(), proportion.wilson(Confidence::C95)),
            time: Quantiles::of(&times, ordered.is_timed)?,
            of_duration: EstimatedShare::of(all.into_iter().filter(is_part).collect(), ordered.is_timed),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::arrivals::Arrivals;
    use crate::invocation::Outcome;
    use crate::summary::Failures;

    /// 100 requests of 100 ms with one call of 80 ms, of which Bedrock tells 60; every tenth was retried for 10 ms.
    fn rows() -> Columns {
        let count = 100;
        let mut rows = Columns {
            outcome: vec![Outcome::Success as u32; count],
            duration_us: vec![100_000; count],
            init_us: vec![None; count].into(),
            inference_us: vec![Some(80_000); count].into(),
            inference_is_bound: vec![false; count],
            calls: vec![Some(1); count].into(),
            is_matched: vec![true; count],
            retry_us: (0..count)
                .map(|n| Some(if n % 10 == 0 { 10_000 } else { 0 }))
                .collect(),
            ..Columns::default()
        };
        rows.facts.bedrock_latency_us = vec![Some(60_000); count].into();
        rows
    }

    #[test]
    fn bedrocks_latency_and_the_time_around_it_are_of_the_same_requests() {
        let mut rows = rows();
        rows.calls.set(0, Some(2));
        rows.facts.bedrock_latency_us.set(1, None);
        rows.outcome[2] = Outcome::Error as u32;
        let found =
            BedrockTime::of(&rows, &Ordered::of(&rows, &Arrivals::of(&rows), Failures::Apart)).unwrap();
        assert_eq!((found.share.requests, found.share.ratio), (97, 0.75));
        assert_eq!(found.own.p50.estimate.value, 60_000.0);
        assert_eq!(found.around.p95.estimate.value, 20_000.0);
        rows.facts.bedrock_latency_us = vec![None; 100].into();
        assert_eq!(
            BedrockTime::of(&rows, &Ordered::of(&rows, &Arrivals::of(&rows), Failures::Apart)),
            None
        );
    }

    #[test]
    fn retries_are_told_of_those_that_had_some() {
        let mut rows = rows();
        rows.is_matched[1] = false;
        // A handler may log only what there was.
        rows.retry_us.set(2, None);
        let found = Retries::of(&rows, &Ordered::of(&rows, &Arrivals::of(&rows), Failures::Apart)).unwrap();
        assert_eq!((found.matched, found.retried), (99, 10));
        assert_eq!(found.time.p50.estimate.value, 10_000.0);
        assert!((found.of_duration.unwrap().ratio - 1.0 / 99.0).abs() < 1e-12);
        rows.retry_us = vec![Some(0); 100].into();
        assert_eq!(
            Retries::of(&rows, &Ordered::of(&rows, &Arrivals::of(&rows), Failures::Apart)),
            None
        );
    }
}
