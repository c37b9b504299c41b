//! The rank test of Mann and Whitney, for comparison with tools that use it.

use super::normal::normal_tail;
use super::ordering::Placements;
use super::sample::Sample;

/// The test of Mann and Whitney (1947) of whether two samples have the same distribution.
///
/// Its p-value is no basis for a verdict: with equal medians and unequal spread it is wrong far too
/// often, and it does not look at tails.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MannWhitney {
    /// Over all pairs, how often the candidate's is the larger one, ties counted half.
    pub u_candidate: f64,
    /// The standard deviation of U with the correction for ties.
    pub sigma: f64,
    /// The two-sided p-value: exact with at most 8 values a side and no ties, otherwise by the
    /// normal distribution with the continuity correction of ½. 1 if all values are equal.
    pub p: f64,
}

/// With at most so many values a side the p-value is exact.
const EXACT_UP_TO: usize = 8;

impl MannWhitney {
    /// Of two samples. What was stopped is above all else and equal to each other.
    pub fn of(baseline: &Sample, candidate: &Sample) -> Self {
        Self::of_placements(&Placements::of(baseline, candidate))
    }

    /// [`of`](Self::of), where it is known how the samples lie in each other.
    pub fn of_placements(placements: &Placements) -> Self {
        let sizes = placements.sizes();
        let (n, m) = (sizes.0 as f64, sizes.1 as f64);
        let all = n + m;
        let (tied, u_candidate) = (placements.tied(), placements.wins_of_second());
        let sigma = (n * m / 12.0 * (all + 1.0 - tied / (all * (all - 1.0))))
            .max(0.0)
            .sqrt();
        let small = sizes.0.max(sizes.1) <= EXACT_UP_TO;
        let p = if small && tied == 0.0 {
            exact(u_candidate, sizes.0, sizes.1)
        } else if sigma > 0.0 {
            let z = ((u_candidate - n * m / 2.0).abs() - 0.5).max(0.0) / sigma;
            2.0 * normal_tail(z)
        } else {
            1.0
        };
        Self {
            u_candidate,
            sigma,
            p,
        }
    }
}

/// The two-sided p-value from all orders of n and m different values.
fn exact(u: f64, n: usize, m: usize) -> f64 {
    // counts[k][u]: the choices of k of the values seen so far whose pairs won add up to u.
    let mut counts = vec![vec![0.0; n * m + 1]; m + 1];
    counts[0][0] = 1.0;
    for passed in 0..n + m {
        for k in (0..m.min(passed + 1)).rev() {
            // The next value is the candidate's: it is larger than all passed ones of the baseline.
            let Some(wins) = passed.checked_sub(k).filter(|wins| *wins <= n) else {
                continue;
            };
            for u in (0..=n * m - wins).rev() {
                counts[k + 1][u + wins] += counts[k][u];
            }
        }
    }
    let larger = u.max((n * m) as f64 - u);
    let total: f64 = counts[m].iter().sum();
    let beyond: f64 = counts[m]
        .iter()
        .enumerate()
        .filter(|(u, _)| *u as f64 >= larger)
        .map(|(_, count)| count)
        .sum();
    (2.0 * beyond / total).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn sample(values: &[f64]) -> Sample {
        Sample::new(values.to_vec()).unwrap()
    }

    #[test]
    fn equal_values_differ_in_nothing() {
        let test = MannWhitney::of(&sample(&[5.0; 4]), &sample(&[5.0; 6]));
        assert_eq!((test.u_candidate, test.sigma, test.p), (12.0, 0.0, 1.0));
        assert_eq!(MannWhitney::of(&sample(&[1.0]), &sample(&[2.0])).p, 1.0);
    }

    #[test]
    fn every_order_is_counted_once() {
        // Of the 6 orders of 2 and 2 values U is 0, 1, 2, 2, 3, 4.
        for (u, p) in [(0.0, 1.0 / 3.0), (1.0, 2.0 / 3.0), (2.0, 1.0), (4.0, 1.0 / 3.0)] {
            assert!((exact(u, 2, 2) - p).abs() < 1e-12, "{u}");
        }
    }

    proptest! {
        #[test]
        fn swapping_the_samples_changes_nothing(a in vec(0_u32..60, 1..30), b in vec(0_u32..60, 1..30)) {
            let of = |values: &[u32]| Sample::new(values.iter().map(|&x| f64::from(x)).collect()).unwrap();
            let (there, back) = (MannWhitney::of(&of(&a), &of(&b)), MannWhitney::of(&of(&b), &of(&a)));
            prop_assert!((there.p - back.p).abs() < 1e-12 && there.p > 0.0 && there.p <= 1.0);
            prop_assert_eq!(there.u_candidate + back.u_candidate, (a.len() * b.len()) as f64);
        }
    }
}
