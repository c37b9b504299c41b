//! How latencies are distributed, requests of each kind by themselves.

use serde::{Deserialize, Serialize};

use super::MOST_SERIES;
use super::quantile_curves::Named;
use super::rounded::{bounded, millis, rounded};
use super::time_scale::{LONGEST_MS, TimeScale};
use crate::stats::{Confidence, Histogram, Probability, Sample, highest_finite_quantile};

/// How many bins the axis has.
pub const BINS: usize = 48;
/// A sample of fewer requests shows each of them instead of a density.
pub const FEWEST: usize = 20;
/// The largest latency that is counted in a bin, in microseconds.
const LONGEST_US: u64 = LONGEST_MS as u64 * 1000;

/// The distributions of all kinds of requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distributions {
    /// Which time.
    pub metric: String,
    /// The axis of all panels.
    pub scale: TimeScale,
    /// A panel for each kind.
    pub panels: Vec<DistributionPanel>,
}

/// Requests of one kind, such as warm or cold ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistributionPanel {
    /// Of what kind they are.
    pub title: String,
    /// The models that have such requests, at most [`MOST_SERIES`]; there may be none.
    pub series: Vec<Distribution>,
}

/// The latencies of one model's requests of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    /// The model.
    pub name: String,
    /// Its place among all models, which gives it its look.
    pub place: usize,
    /// How many requests.
    pub requests: usize,
    /// How many of them were stopped: they are in no bin.
    pub timed_out: usize,
    /// How many took more than an hour: they are in no bin either.
    pub over_an_hour: usize,
    /// The quickest answer in milliseconds, if there was one.
    pub first_ms: Option<f64>,
    /// The slowest answer in milliseconds.
    pub last_ms: Option<f64>,
    /// The median in milliseconds.
    pub median_ms: f64,
    /// Whether the median falls among stopped requests, so that it is a lower bound.
    pub median_is_at_least: bool,
    /// Whether there are enough requests for a median.
    pub median_is_supported: bool,
    /// The share of all requests in each of [`BINS`] equal parts of the axis, on average over bins that few requests
    /// share; nothing if there are fewer than [`FEWEST`].
    pub bins: Vec<f64>,
    /// The time of each answered request in milliseconds, if there are fewer than [`FEWEST`].
    pub each_ms: Vec<f64>,
}

impl Distributions {
    /// Of these kinds of requests.
    pub fn of(metric: &str, panels: &[(&str, Vec<Named<'_>>)]) -> Self {
        let samples = panels
            .iter()
            .flat_map(|(_, samples)| samples.iter().take(MOST_SERIES));
        let ends = samples.flat_map(|of| {
            let complete = complete(of.sample);
            [complete.first(), complete.last()].into_iter().flatten()
        });
        let scale = TimeScale::holding(ends.map(|micros| micros / 1000.0), BINS);
        let panels = panels.iter().map(|(title, samples)| DistributionPanel {
            title: bounded(title),
            series: samples
                .iter()
                .take(MOST_SERIES)
                .map(|of| Distribution::of(of, &scale))
                .collect(),
        });
        Self {
            metric: bounded(metric),
            panels: panels.collect(),
            scale,
        }
    }
}

/// The values of requests that ended, in microseconds.
fn complete(sample: &Sample) -> &[f64] {
    &sample.values()[..sample.len() - sample.censored()]
}

impl Distribution {
    fn of(of: &Named<'_>, scale: &TimeScale) -> Self {
        let sample = of.sample;
        let complete = complete(sample);
        let median = sample.quantile(Probability::P50);
        let is_few = sample.len() < FEWEST;
        let end = |micros: Option<&f64>| micros.copied().map(millis);
        Self {
            name: bounded(of.name),
            place: of.place,
            requests: sample.len(),
            timed_out: sample.censored(),
            over_an_hour: complete
                .iter()
                .rev()
                .take_while(|micros| micros.round() > LONGEST_US as f64)
                .count(),
            first_ms: end(complete.first()),
            last_ms: end(complete.last()),
            median_ms: millis(median.value),
            median_is_at_least: median.censored,
            median_is_supported: highest_finite_quantile(sample.effective_size(), Confidence::C95) >= 0.5,
            bins: match is_few {
                true => Vec::new(),
                false => shares(sample, scale).unwrap_or_default(),
            },
            each_ms: match is_few {
                true => complete.iter().copied().map(millis).collect(),
                false => Vec::new(),
            },
        }
    }
}

/// The share of all requests that fall into each bin, on average over bins that are drawn as one.
fn shares(sample: &Sample, scale: &TimeScale) -> Option<Vec<f64>> {
    let mut histogram = Histogram::new(LONGEST_US)?;
    for micros in complete(sample) {
        histogram.record(micros.round() as u64);
    }
    let mut shares = vec![0.0; BINS];
    for bucket in histogram.buckets() {
        let middle = (bucket.low as f64 + (bucket.high_exclusive - 1) as f64) / 2000.0;
        let bin = (scale.share(middle) * BINS as f64) as usize;
        shares[bin.min(BINS - 1)] += bucket.count as f64 / sample.len() as f64;
    }
    // With few requests wider bins, at the height of their mean: the area stays the same.
    for bins in shares.chunks_mut(merged(sample.len())) {
        let mean = bins.iter().sum::<f64>() / bins.len() as f64;
        bins.fill(rounded(mean));
    }
    Some(shares)
}

/// How many bins are drawn as one for so many requests.
fn merged(n: usize) -> usize {
    match n {
        ..80 => 3,
        80..240 => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{exactly, latencies};
    use super::*;

    fn of(sample: &Sample) -> Distribution {
        let named = Named {
            name: "a",
            place: 0,
            sample,
        };
        let found = Distributions::of("total time", &[("Warm", vec![named])]);
        found.panels[0].series[0].clone()
    }

    #[test]
    fn no_share_is_lost() {
        let wide: Vec<f64> = (0..842).map(|k| 0.05 * 1.02_f64.powi(k)).collect();
        for sample in [
            latencies(5000, 1450.0, 3300.0, 5500.0),
            latencies(1_000_000, 1450.0, 3300.0, 5500.0),
            exactly(&wide),
            exactly(&[0.0; 30]),
            exactly(&[777.0; 30]),
        ] {
            let bins = of(&sample).bins;
            assert_eq!(bins.len(), BINS);
            assert!((bins.iter().sum::<f64>() - 1.0).abs() < 1e-3, "{bins:?}");
        }
        let stopped = Sample::with_censored(vec![1000.0; 75], vec![9000.0; 25]).unwrap();
        let found = of(&stopped);
        assert!((found.bins.iter().sum::<f64>() - 0.75).abs() < 1e-3);
        assert_eq!((found.timed_out, found.median_ms), (25, 1.0));
    }

    #[test]
    fn few_requests_are_kept_one_by_one() {
        let found = of(&exactly(&[3.0, 1.0, 2.0]));
        assert_eq!((found.each_ms, found.bins), (vec![1.0, 2.0, 3.0], vec![]));
        let beyond = Sample::with_censored(vec![7.2e9; 30], vec![6e7; 4]).unwrap();
        assert_eq!(of(&beyond).over_an_hour, 30);
    }
}
