//! The signed-rank test of paired values.

use super::normal::normal_tail;

/// With at most so many differences the p-value is exact.
const EXACT_UP_TO: usize = 50;

/// The signed-rank test of Wilcoxon (1945) of whether differences of pairs lie symmetrically around 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignedRank {
    /// How many differences are not 0; the others are left out.
    pub used: usize,
    /// The sum of the ranks, by size, of the positive ones; equal sizes share their mean rank.
    pub positive_ranks: f64,
    /// The two-sided p-value: exact for at most 50 differences of different sizes, otherwise
    /// by the normal distribution with the corrections for ties and continuity. 1 if none is used.
    pub p: f64,
}

impl SignedRank {
    /// Of differences in any order. `None` if one is not a number.
    pub fn of(differences: &[f64]) -> Option<Self> {
        if differences.iter().any(|difference| difference.is_nan()) {
            return None;
        }
        let mut used: Vec<f64> = differences.iter().copied().filter(|x| *x != 0.0).collect();
        used.sort_unstable_by(|a, b| a.abs().total_cmp(&b.abs()));
        let (mut positive_ranks, mut tied, mut passed) = (0.0, 0.0, 0.0);
        for tie in used.chunk_by(|a, b| a.abs() == b.abs()) {
            let size = tie.len() as f64;
            let positive = tie.iter().filter(|x| **x > 0.0).count() as f64;
            positive_ranks += positive * (passed + 0.5 * (size + 1.0));
            tied += size * (size * size - 1.0);
            passed += size;
        }
        let n = used.len() as f64;
        let variance = (n * (n + 1.0) * (2.0 * n + 1.0) - 0.5 * tied) / 24.0;
        let p = if used.len() <= EXACT_UP_TO && tied == 0.0 {
            exact(positive_ranks, used.len())
        } else {
            let distance = (positive_ranks - n * (n + 1.0) / 4.0).abs();
            2.0 * normal_tail((distance - 0.5).max(0.0) / variance.sqrt())
        };
        Some(Self {
            used: used.len(),
            positive_ranks,
            p,
        })
    }
}

/// The two-sided p-value from all signs of n ranks.
fn exact(ranks: f64, n: usize) -> f64 {
    let most = n * (n + 1) / 2;
    let mut shares = vec![0.0; most + 1];
    shares[0] = 1.0;
    for rank in 1..=n {
        for sum in (0..=most).rev() {
            let with = if sum >= rank { shares[sum - rank] } else { 0.0 };
            shares[sum] = 0.5 * (shares[sum] + with);
        }
    }
    let smaller = ranks.min(most as f64 - ranks);
    let tail: f64 = shares
        .iter()
        .enumerate()
        .take_while(|(sum, _)| *sum as f64 <= smaller)
        .map(|(_, share)| share)
        .sum();
    (2.0 * tail).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[test]
    fn without_a_difference() {
        for none in [&[][..], &[0.0, 0.0]] {
            assert_eq!(
                SignedRank::of(none),
                Some(SignedRank {
                    used: 0,
                    positive_ranks: 0.0,
                    p: 1.0
                })
            );
        }
        assert_eq!(SignedRank::of(&[f64::NAN]), None);
    }

    /// Darwin's differences of the heights of crossed and self-fertilised plants, in eighths of an
    /// inch (The Effects of Cross and Self Fertilisation, 1876), by scipy's `wilcoxon`.
    #[test]
    fn darwins_plants() {
        let differences = [6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75].map(f64::from);
        let test = SignedRank::of(&differences).unwrap();
        assert_eq!(
            (test.used, test.positive_ranks, test.p),
            (15, 96.0, 0.041_259_765_625)
        );
    }

    #[test]
    fn the_approximation_meets_the_exact_value() {
        let differences: Vec<f64> = (1..=50)
            .map(|i| f64::from(if i % 3 == 0 { -i } else { i }))
            .collect();
        let test = SignedRank::of(&differences).unwrap();
        let distance: f64 = (test.positive_ranks - 50.0 * 51.0 / 4.0).abs() - 0.5;
        let normal = 2.0 * normal_tail(distance / (50.0 * 51.0 * 101.0 / 24.0_f64).sqrt());
        assert!((test.p / normal - 1.0).abs() < 0.05, "{} {normal}", test.p);
    }

    proptest! {
        #[test]
        fn turning_all_signs_changes_nothing(differences in vec(-30_i32..30, 0..80)) {
            let differences: Vec<f64> = differences.into_iter().map(f64::from).collect();
            let turned: Vec<f64> = differences.iter().rev().map(|x| -x).collect();
            let (one, other) = (SignedRank::of(&differences).unwrap(), SignedRank::of(&turned).unwrap());
            prop_assert!((one.p - other.p).abs() < 1e-12 && one.p > 0.0 && one.p <= 1.0);
            let all = (one.used * (one.used + 1)) as f64 / 2.0;
            prop_assert_eq!(one.positive_ranks + other.positive_ranks, all);
        }
    }
}
