//! How two sorted samples lie in each other, by order alone.

use super::sample::Sample;

/// The values of a sample by order alone: what was stopped is infinite. Ascending. Weights do not
/// count.
pub(crate) fn ordered(sample: &Sample) -> Vec<f64> {
    let complete = sample.len() - sample.censored();
    let mut values = sample.values().to_vec();
    values[complete..].fill(f64::INFINITY);
    values
}

/// A group of equal values in two sorted lists together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tie {
    /// How many values of the first list are smaller.
    pub(crate) a_below: usize,
    /// How many of the first list are equal.
    pub(crate) a: usize,
    /// How many values of the second list are smaller.
    pub(crate) b_below: usize,
    /// How many of the second list are equal.
    pub(crate) b: usize,
}

/// The distinct values of two sorted lists together, ascending, as groups.
pub(crate) fn ties<'v>(a: &'v [f64], b: &'v [f64]) -> impl Iterator<Item = Tie> + 'v {
    let (mut at_a, mut at_b) = (0, 0);
    std::iter::from_fn(move || {
        let value = match (a.get(at_a), b.get(at_b)) {
            (Some(&a), Some(&b)) => a.min(b),
            (Some(&value), None) | (None, Some(&value)) => value,
            (None, None) => return None,
        };
        let equal = |values: &[f64], at: usize| values[at..].iter().take_while(|x| **x == value).count();
        let tie = Tie {
            a_below: at_a,
            a: equal(a, at_a),
            b_below: at_b,
            b: equal(b, at_b),
        };
        at_a += tie.a;
        at_b += tie.b;
        Some(tie)
    })
}

/// How often a value of `b` is larger than one of `a`, over all pairs, ties counted half: the U of
/// Mann and Whitney for `b`.
pub(crate) fn wins_of_second(a: &[f64], b: &[f64]) -> f64 {
    ties(a, b)
        .map(|tie| tie.b as f64 * (tie.a_below as f64 + 0.5 * tie.a as f64))
        .sum()
}

/// The largest distance between the two samples' distribution functions: D of Kolmogorov and
/// Smirnov, from 0 to 1. With many requests any difference is significant, so it is to be judged by
/// its size.
pub fn kolmogorov_smirnov(baseline: &Sample, candidate: &Sample) -> f64 {
    largest_distance(&ordered(baseline), &ordered(candidate))
}

/// D of two sorted lists.
pub(crate) fn largest_distance(a: &[f64], b: &[f64]) -> f64 {
    let (n, m) = (a.len() as f64, b.len() as f64);
    ties(a, b)
        .map(|tie| ((tie.a_below + tie.a) as f64 / n - (tie.b_below + tie.b) as f64 / m).abs())
        .fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[test]
    fn what_was_stopped_is_above_all_and_equal() {
        let a = Sample::with_censored(vec![5.0, 1.0], vec![2.0]).unwrap();
        let b = Sample::with_censored(vec![6.0], vec![3.0, 4.0]).unwrap();
        let (a, b) = (ordered(&a), ordered(&b));
        assert_eq!(a, [1.0, 5.0, f64::INFINITY]);
        // 6 beats 1 and 5; each timeout beats 1 and 5 and ties with a's.
        assert_eq!(wins_of_second(&a, &b), 7.0);
    }

    proptest! {
        #[test]
        fn all_pairs_are_counted(a in vec(0_u32..30, 0..50), b in vec(0_u32..30, 0..50)) {
            let sorted = |values: &[u32]| {
                let mut values: Vec<f64> = values.iter().map(|&x| f64::from(x)).collect();
                values.sort_by(f64::total_cmp);
                values
            };
            let (a, b) = (sorted(&a), sorted(&b));
            let mut wins = 0.0;
            for x in &a {
                for y in &b {
                    wins += if y > x { 1.0 } else if y < x { 0.0 } else { 0.5 };
                }
            }
            prop_assert_eq!(wins_of_second(&a, &b), wins);
            prop_assert_eq!(wins_of_second(&b, &a), (a.len() * b.len()) as f64 - wins);
            let d = largest_distance(&a, &b);
            let distance = |at: f64| {
                let share = |values: &[f64]| values.iter().filter(|x| **x <= at).count() as f64 / values.len() as f64;
                (share(&a) - share(&b)).abs()
            };
            let naive = (0..30).map(f64::from).map(distance).fold(0.0, f64::max);
            prop_assert!(a.is_empty() || b.is_empty() || (d - naive).abs() < 1e-12);
        }
    }
}
