//! Ways to an interval of a ratio of quantiles: the program's, and others to compare it with.

use latscope::stats::{Confidence, Dependence, Interval, Probability, Sample, compare, compare_dependent};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::Beta;

/// A way to an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// The program's for independent requests.
    Independent,
    /// The program's: of what the dependence leaves of the requests, moved outward where it is strong.
    Dependent,
    /// The same, never moved outward.
    Interpolated,
    /// The method of variance estimates recovery, from both exact intervals of order statistics.
    Mover,
    /// The percentile bootstrap of the nearest rank.
    Bootstrap,
}

/// The replicates of a bootstrap.
pub(crate) const REPLICATES: usize = 1000;

/// What a method says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) interval: Interval,
    /// Whether the quantile rests on too few slow episodes for a verdict.
    pub(crate) rests_on_few: bool,
}

/// One side's requests.
pub(crate) struct Arm {
    series: Vec<f64>,
    pub(crate) sample: Sample,
}

impl Arm {
    /// From requests in order of arrival.
    pub(crate) fn new(series: Vec<f64>) -> Self {
        let sample = Sample::new(series.clone()).unwrap();
        Self { series, sample }
    }

    fn worth(&self, p: Probability) -> (Sample, Dependence) {
        let dependence = Dependence::of(&self.series, p).unwrap();
        let sample = self.sample.clone();
        (
            sample.with_effective_size(dependence.effective_size()).unwrap(),
            dependence,
        )
    }
}

impl Method {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Independent => "independent",
            Self::Dependent => "dependent",
            Self::Interpolated => "interpolated",
            Self::Mover => "MOVER",
            Self::Bootstrap => "the bootstrap",
        }
    }

    pub(crate) fn answer(self, arms: &[Arm; 2], p: Probability, rng: &mut ChaCha8Rng) -> Answer {
        let [baseline, candidate] = arms;
        let plain = |interval| Answer {
            interval,
            rests_on_few: false,
        };
        match self {
            Self::Independent => {
                plain(compare(&baseline.sample, &candidate.sample, p, Confidence::C95).ratio_interval)
            }
            Self::Dependent | Self::Interpolated => {
                let [(base, of_base), (cand, of_cand)] = [baseline.worth(p), candidate.worth(p)];
                let both = [of_base, of_cand];
                let compared = match self {
                    Self::Dependent => compare_dependent(&base, &cand, both.map(Some), p, Confidence::C95),
                    _ => compare(&base, &cand, p, Confidence::C95),
                };
                Answer {
                    interval: compared.ratio_interval,
                    rests_on_few: both.iter().any(|found| found.rests_on_few_clusters(p)),
                }
            }
            Self::Mover => plain(mover(&baseline.sample, &candidate.sample, p)),
            Self::Bootstrap => plain(bootstrap(&baseline.sample, &candidate.sample, p, rng)),
        }
    }
}

/// Zou and Donner 2008, on logarithms.
fn mover(baseline: &Sample, candidate: &Sample, p: Probability) -> Interval {
    let of = |sample: &Sample| {
        let estimate = sample.quantile(p).value.ln();
        // With as many independent values as there are, the ranks of the exact interval.
        let exact = sample.interval_outward(p, Confidence::C95);
        let below = exact.low.map(|low| estimate - low.ln());
        let above = exact.high.map(|high| high.ln() - estimate);
        (estimate, below, above)
    };
    let (base, cand) = (of(baseline), of(candidate));
    let centre = cand.0 - base.0;
    let both = |a: Option<f64>, b: Option<f64>| Some(a?.hypot(b?));
    Interval {
        low: both(cand.1, base.2).map(|below| (centre - below).exp()),
        high: both(cand.2, base.1).map(|above| (centre + above).exp()),
    }
}

/// A resample's k-th value is the original's of rank ⌈n·U⌉, where U is the k-th of n uniform numbers: nothing
/// has to be resampled one by one.
fn bootstrap(baseline: &Sample, candidate: &Sample, p: Probability, rng: &mut ChaCha8Rng) -> Interval {
    let mut of = |sample: &Sample| -> Vec<f64> {
        let n = sample.len();
        let rank = p.rank(n as u64) as usize;
        let uniform = Beta::new(rank as f64, (n - rank + 1) as f64).unwrap();
        let at = |u: f64| ((n as f64 * u).ceil() as usize).clamp(1, n) - 1;
        (0..REPLICATES)
            .map(|_| sample.values()[at(rng.sample(uniform))])
            .collect()
    };
    let (base, cand) = (of(baseline), of(candidate));
    let ratios = cand.iter().zip(&base).map(|(cand, base)| cand / base).collect();
    let ratios = Sample::new(ratios).unwrap();
    let percentile = |text| Some(ratios.nearest_rank(Probability::parse(text).unwrap()).value);
    Interval {
        low: percentile("2.5"),
        high: percentile("97.5"),
    }
}
