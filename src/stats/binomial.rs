//! Which ranks a quantile can have: the binomial distribution, whole and continued between ranks.

use std::cell::RefCell;
use std::collections::VecDeque;

use super::chebyshev::interpolate;
use super::level::Confidence;
use super::normal::normal_quantile;
use super::probability::Probability;
use super::special::incomplete_beta;

/// The ranks, counted from 1, whose values bound a quantile. `None` is infinite: with so few
/// values, no value is known to lie beyond the quantile on that side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RankInterval {
    /// The rank of the lower end.
    pub low: Option<u64>,
    /// The rank of the upper end.
    pub high: Option<u64>,
}

/// The ranks L and U of the exact equal-tailed interval of the `p` quantile from `n` values: the
/// largest L with P(Bin(n, p) ≤ L − 1) ≤ α/2 and the smallest U with P(Bin(n, p) ≤ U − 1) ≥ 1 − α/2.
/// Free of any assumption on the distribution but independence; ties only raise the coverage
/// (David and Nagaraja, Order Statistics; Hahn and Meeker, Statistical Intervals).
pub fn order_statistic_ranks(n: u64, p: Probability, confidence: Confidence) -> RankInterval {
    let tail = confidence.tail();
    // P(Bin ≤ L − 1) of exactly α/2 is within: the sums of rounded products must not exclude it.
    let slack = 1e-12;
    let end = n.saturating_add(1);
    let low = last_rank(end, |k| below(n, p, k) <= tail * (1.0 + slack));
    let high = last_rank(end, |k| below(n, p, k) < (1.0 - tail) * (1.0 - slack)) + 1;
    RankInterval {
        low: (low > 0).then_some(low),
        high: (high <= n).then_some(high),
    }
}

/// The largest k in 0 ≤ k < `end` with `holds(k)`, which is true up to some k and at 0.
fn last_rank(end: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, end);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// P(Bin(n, p) ≤ k − 1) for 0 ≤ k ≤ n: fewer than k of n values lie below the quantile.
fn below(n: u64, p: Probability, k: u64) -> f64 {
    if k == 0 {
        return 0.0;
    }
    incomplete_beta((n - k + 1) as f64, k as f64, p.complement(), p.as_f64())
}

/// The binomial distribution of `m` trials continued to real numbers: F(t) = I₁₋ₚ(m − t, t + 1)
/// for −1 < t < m, which is P(Bin(m, p) ≤ t) at whole t. `m` need not be whole: it is how many
/// independent values the sample is worth.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ContinuousBinomial {
    m: f64,
    p: f64,
    q: f64,
    sigma: f64,
    skewness: f64,
    kurtosis: f64,
}

impl ContinuousBinomial {
    /// `m` at least 1.
    pub(crate) fn new(m: f64, p: Probability) -> Self {
        let (p, q) = (p.as_f64(), p.complement());
        let variance = m * p * q;
        let sigma = variance.sqrt();
        Self {
            m,
            p,
            q,
            sigma,
            skewness: (q - p) / sigma,
            kurtosis: (1.0 - 6.0 * p * q) / variance,
        }
    }

    /// Whether the normal approximation with its corrections errs by less than 0.01 ranks.
    fn is_nearly_normal(&self) -> bool {
        self.m * self.p.min(self.q) >= 1000.0
    }

    /// The expansion of Cornish and Fisher (1938) to the fourth moment, at the normal quantile
    /// `z`, with the continuity correction of half a rank.
    fn expansion(&self, z: f64) -> f64 {
        let (z2, g1, g2) = (z * z, self.skewness, self.kurtosis);
        let bracket =
            z + g1 * (z2 - 1.0) / 6.0 + g2 * z * (z2 - 3.0) / 24.0 - g1 * g1 * z * (2.0 * z2 - 5.0) / 36.0;
        self.m * self.p + self.sigma * bracket - 0.5
    }

    /// F(t) on the normal scale, where it is nearly a straight line.
    fn normal_score(&self, t: f64) -> f64 {
        normal_quantile(incomplete_beta(self.m - t, t + 1.0, self.q, self.p))
    }

    /// The t with F(t) = Φ(`z`).
    pub(crate) fn quantile(&self, z: f64) -> f64 {
        let guess = self.expansion(z);
        if self.is_nearly_normal() {
            return guess;
        }
        let asked = [self.m, self.p, z].map(f64::to_bits);
        let known =
            SOLVED.with_borrow(|solved| solved.iter().find(|(key, _)| *key == asked).map(|(_, t)| *t));
        known.unwrap_or_else(|| {
            let t = self.solve(z, guess, self.sigma);
            SOLVED.with_borrow_mut(|solved| {
                solved.truncate(MOST_SOLVED - 1);
                solved.push_front((asked, t));
            });
            t
        })
    }

    /// The t of every normal quantile in the ascending `scores`. Where t lies outside [0, m − 1],
    /// between no two ranks, it is infinite.
    pub(crate) fn grid(&self, scores: &[f64]) -> Vec<f64> {
        let (first, last) = (self.normal_score(0.0), self.normal_score(self.m - 1.0));
        let start = scores.partition_point(|&z| z < first);
        let end = start.max(scores.partition_point(|&z| z <= last));
        let inside = &scores[start..end];
        let mut grid = vec![f64::NEG_INFINITY; start];
        if self.is_nearly_normal() {
            grid.extend(inside.iter().map(|&z| self.expansion(z)));
        } else {
            let solve = |z: f64, guess: Option<f64>| {
                self.solve(z, guess.unwrap_or_else(|| self.expansion(z)), self.sigma)
            };
            let many = inside.len() >= WORTH_INTERPOLATING;
            let interpolated = many.then(|| interpolate(inside, FORETOLD, solve)).flatten();
            grid.extend(interpolated.unwrap_or_else(|| inside.iter().map(|&z| solve(z, None)).collect()));
        }
        grid.resize(scores.len(), f64::INFINITY);
        grid
    }

    /// Secant steps from `guess` with the slope dt/dz, held inside a shrinking bracket.
    fn solve(&self, z: f64, guess: f64, slope: f64) -> f64 {
        let (mut low, mut high) = (-1.0, self.m);
        let mut slope = slope;
        let mut t = if guess > low && guess < high {
            guess
        } else {
            0.5 * (low + high)
        };
        let mut previous: Option<(f64, f64)> = None;
        for _ in 0..200 {
            let error = self.normal_score(t) - z;
            if error < 0.0 {
                low = t;
            } else {
                high = t;
            }
            if let Some((last_t, last_error)) = previous {
                let secant = (t - last_t) / (error - last_error);
                if secant.is_finite() && secant > 0.0 {
                    slope = secant;
                }
            }
            previous = Some((t, error));
            let step = t - error * slope;
            let inside = step > low && step < high;
            if error == 0.0 || high - low <= TOLERANCE || (inside && (step - t).abs() <= TOLERANCE) {
                return if inside { step } else { t };
            }
            t = if inside { step } else { 0.5 * (low + high) };
        }
        t
    }
}

thread_local! {
    /// What was solved last, by m, p and z: the metrics of a group mostly have as many values each.
    static SOLVED: RefCell<VecDeque<([u64; 3], f64)>> = const { RefCell::new(VecDeque::new()) };
}

/// How many solutions are kept, for a few ends of a few quantiles each.
const MOST_SOLVED: usize = 32;

/// In ranks. The last secant step leaves far less than its own length.
const TOLERANCE: f64 = 1e-9;

/// From so many points on interpolation is quicker than solving for each.
const WORTH_INTERPOLATING: usize = 100;

/// In ranks: how well the values at new nodes of the interpolation must be foretold by the old ones.
/// With the new ones it errs by far less.
const FORETOLD: f64 = 1e-8;

/// The real number t that the count of values below the `p` quantile, out of `m`, does not exceed
/// with probability `u`; also a rank counted from 0. It is the solution of I₁₋ₚ(m − t, t + 1) = u; where m·min(p, 1 − p) is
/// at least 1000, its Cornish–Fisher expansion, which errs by less than 0.01 ranks.
///
/// `None` unless m ≥ 1 is finite and 0 < u < 1.
pub fn continuous_binomial_quantile(u: f64, m: f64, p: Probability) -> Option<f64> {
    let valid = m >= 1.0 && m.is_finite() && u > 0.0 && u < 1.0;
    valid.then(|| ContinuousBinomial::new(m, p).quantile(normal_quantile(u)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn probability() -> impl Strategy<Value = Probability> {
        (1_u32..10_000).prop_map(|k| Probability::parse(&format!("{}.{:02}", k / 100, k % 100)).unwrap())
    }

    #[test]
    fn a_probability_of_exactly_the_tail_is_within() {
        // P(Bin(1, 0.95) ≤ 0) = 0.05, just what a 90 % interval leaves.
        let ranks = order_statistic_ranks(1, Probability::P95, Confidence::C90);
        assert_eq!(
            ranks,
            RankInterval {
                low: Some(1),
                high: None
            }
        );
    }

    #[test]
    fn nothing_is_known_from_nothing() {
        let ranks = order_statistic_ranks(0, Probability::P50, Confidence::C95);
        assert_eq!(
            ranks,
            RankInterval {
                low: None,
                high: None
            }
        );
    }

    proptest! {
        #[test]
        fn the_quantile_solves_its_equation(m in 1.0_f64..2000.0, p in probability(), u in 0.0005_f64..0.9995) {
            let binomial = ContinuousBinomial::new(m, p);
            prop_assert!(!binomial.is_nearly_normal());
            let t = binomial.quantile(normal_quantile(u));
            let (step, f) = (1e-8 * m.max(1.0), |t| incomplete_beta(m - t, t + 1.0, binomial.q, binomial.p));
            prop_assert!(f((t - step).max(-1.0)) <= u && f((t + step).min(m)) >= u, "t = {t}");
        }

        #[test]
        fn the_grid_is_the_quantile(m in 1.0_f64..20_000.0, p in probability()) {
            let binomial = ContinuousBinomial::new(m, p);
            let scores: Vec<f64> = (0..200).map(|i| normal_quantile((f64::from(i) + 0.5) / 200.0)).collect();
            for (t, &z) in binomial.grid(&scores).into_iter().zip(&scores) {
                let alone = binomial.quantile(z);
                if t.is_finite() {
                    prop_assert!((t - alone).abs() < 1e-8 * m.max(1.0));
                } else if t > 0.0 {
                    prop_assert!(alone > m - 1.0 - 0.01);
                } else {
                    prop_assert!(alone < 0.01);
                }
            }
        }

        #[test]
        fn the_ranks_cover_as_promised_and_no_less_would(n in 1_u64..3000, p in probability()) {
            let ranks = order_statistic_ranks(n, p, Confidence::C95);
            let low = ranks.low.unwrap_or(0);
            prop_assert!(below(n, p, low) <= 0.025 + 1e-12);
            prop_assert!(low == n || below(n, p, low + 1) > 0.025 - 1e-12);
            if let Some(high) = ranks.high {
                prop_assert!(low < high);
                prop_assert!(below(n, p, high) >= 0.975 - 1e-12);
                prop_assert!(below(n, p, high - 1) < 0.975 + 1e-12);
            } else {
                prop_assert!(below(n, p, n) < 0.975 + 1e-12);
            }
        }
    }
}
