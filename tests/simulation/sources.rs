//! Where the requests of both sides come from: what is drawn, and what the truth is.

use std::fmt;

use latscope::stats::Probability;
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::law::{Law, Part};

/// Both sides' distributions of independent requests.
#[derive(Debug, PartialEq)]
pub(crate) struct Pair {
    pub(crate) name: &'static str,
    baseline: Law,
    candidate: Law,
    /// How many requests the baseline has for one of the candidate.
    times: usize,
}

/// By what the candidate's requests are multiplied.
const FASTER: f64 = 0.8;

const fn log_normal(median: f64, sigma: f64) -> Part {
    Part::LogNormal { median, sigma }
}

const NARROW: Law = Law::of(&[(1.0, log_normal(1.0, 0.5))]);
const WIDE: Law = Law::of(&[(1.0, log_normal(1.0, 1.0))]);
const COLD_1: Law = Law::of(&[(0.99, log_normal(1.0, 0.3)), (0.01, log_normal(6.0, 0.3))]);
const COLD_3: Law = Law::of(&[(0.97, log_normal(1.0, 0.3)), (0.03, log_normal(6.0, 0.3))]);
const COLD_5: Law = Law::of(&[(0.95, log_normal(1.0, 0.3)), (0.05, log_normal(6.0, 0.3))]);
const HEAVY: Law = Law::of(&[
    (0.9, log_normal(1.0, 0.5)),
    (
        0.1,
        Part::Pareto {
            least: 2.0,
            shape: 1.5,
        },
    ),
]);
/// Steps of a two-hundredth of the median.
const FINE: Law = Law {
    is_rounded: true,
    ..Law::of(&[(1.0, log_normal(200.0, 0.5))])
};
/// Steps of a twentieth of the median.
const COARSE: Law = Law {
    is_rounded: true,
    ..Law::of(&[(1.0, log_normal(20.0, 0.5))])
};

const fn alike(name: &'static str, law: Law) -> Pair {
    Pair {
        name,
        baseline: law,
        candidate: law.times(FASTER),
        times: 1,
    }
}

/// The pairs at which the interval is looked at.
pub(crate) static PAIRS: [Pair; 10] = [
    alike("lognormal σ 0.5", NARROW),
    alike("lognormal σ 1", WIDE),
    alike("1 % cold at 6 ×", COLD_1),
    alike("3 % cold at 6 ×", COLD_3),
    alike("5 % cold at 6 ×", COLD_5),
    alike("10 % Pareto 1.5", HEAVY),
    Pair {
        name: "lognormal, 3 % cold",
        baseline: NARROW,
        candidate: COLD_3.times(FASTER),
        times: 1,
    },
    Pair {
        name: "lognormal, Pareto",
        baseline: NARROW,
        candidate: HEAVY.times(FASTER),
        times: 1,
    },
    alike("rounded", FINE),
    Pair {
        times: 10,
        ..alike("10 n and n", NARROW)
    },
];

/// Beside them: so coarse that both quantiles are one of two numbers.
pub(crate) static COARSELY_ROUNDED: Pair = alike("rounded coarsely", COARSE);

/// Of how many requests a slow episode is.
pub(crate) const EPISODE: usize = 20;

/// Where requests come from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Source {
    /// Independent requests.
    Pair(&'static Pair),
    /// Lognormal requests (σ 0.5) whose logarithms are autoregressive, of two series.
    Autoregressive(f64),
    /// The same of one series, whose first half is the baseline.
    Halves(f64),
    /// The distribution with 5 % cold starts, but the slow requests come in episodes of [`EPISODE`].
    Episodes,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pair(pair) => f.write_str(pair.name),
            Self::Autoregressive(0.0) => f.write_str("independent"),
            Self::Autoregressive(coefficient) => write!(f, "AR {coefficient}"),
            Self::Halves(0.0) => f.write_str("independent, halves"),
            Self::Halves(coefficient) => write!(f, "AR {coefficient}, halves"),
            Self::Episodes => f.write_str("episodes"),
        }
    }
}

impl Source {
    /// The requests of baseline and candidate in order of arrival; `n` of the candidate.
    pub(crate) fn draw(&self, n: usize, rng: &mut ChaCha8Rng) -> [Vec<f64>; 2] {
        match *self {
            Self::Pair(pair) => {
                let mut of = |law: &Law, n: usize| (0..n).map(|_| law.draw(rng)).collect();
                [of(&pair.baseline, pair.times * n), of(&pair.candidate, n)]
            }
            Self::Autoregressive(coefficient) => [
                autoregressive(coefficient, n, rng),
                autoregressive(coefficient, n, rng),
            ],
            Self::Halves(coefficient) => {
                let mut first = autoregressive(coefficient, 2 * n, rng);
                let second = first.split_off(n);
                [first, second]
            }
            Self::Episodes => [episodes(n, rng), episodes(n, rng)],
        }
    }

    /// The true quantile of the candidate over that of the baseline.
    pub(crate) fn ratio(&self, p: Probability) -> f64 {
        match self {
            Self::Pair(pair) => pair.candidate.quantile(p.as_f64()) / pair.baseline.quantile(p.as_f64()),
            Self::Autoregressive(_) | Self::Halves(_) | Self::Episodes => 1.0,
        }
    }
}

fn autoregressive(coefficient: f64, n: usize, rng: &mut impl Rng) -> Vec<f64> {
    let innovation = (1.0 - coefficient * coefficient).sqrt();
    let mut last: f64 = rng.sample(StandardNormal);
    let mut series = Vec::with_capacity(n);
    for _ in 0..n {
        series.push((0.5 * last).exp());
        let z: f64 = rng.sample(StandardNormal);
        last = coefficient * last + innovation * z;
    }
    series
}

/// Episodes with geometric gaps, begun as if they had gone on for ever.
fn episodes(n: usize, rng: &mut impl Rng) -> Vec<f64> {
    let slow = COLD_5.parts[1].0;
    let gap = EPISODE as f64 * (1.0 - slow) / slow;
    let begins = 1.0 / (gap + 1.0);
    let mut left = match rng.random::<f64>() < slow {
        true => rng.random_range(1..=EPISODE),
        false => 0,
    };
    let mut series = Vec::with_capacity(n);
    // Whether an episode may begin was already asked where the first request is in a gap.
    let mut is_asked = left == 0;
    for _ in 0..n {
        if left == 0 && !is_asked && rng.random::<f64>() < begins {
            left = EPISODE;
        }
        is_asked = false;
        series.push(COLD_5.draw_of(usize::from(left > 0), rng));
        left = left.saturating_sub(1);
    }
    series
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn a_twentieth_of_the_time_is_slow_also_at_first() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let of = |rng: &mut ChaCha8Rng, n, times| -> f64 {
            let slow: usize = (0..times)
                .map(|_| episodes(n, rng).iter().filter(|value| **value > 2.7).count())
                .sum();
            slow as f64 / (n * times) as f64
        };
        assert!((of(&mut rng, 100_000, 4) - 0.05).abs() < 0.006);
        assert!((of(&mut rng, 2, 20_000) - 0.05).abs() < 0.006);
    }

    #[test]
    fn the_truth_is_where_many_draws_point() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        for pair in PAIRS.iter().chain([&COARSELY_ROUNDED]) {
            for law in [pair.baseline, pair.candidate] {
                let quantile = law.quantile(0.9);
                let below = (0..4000).filter(|_| law.draw(&mut rng) <= quantile).count();
                let expected = if law.is_rounded { 3520..3800 } else { 3520..3680 };
                assert!(expected.contains(&below), "{} {below}", pair.name);
            }
        }
    }
}
