//! How two sorted samples lie in each other, by order alone.

use super::sample::Sample;

/// Values by order alone, ascending: those that were completed, and above them, all equal, those that were stopped.
/// Weights do not count.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ranked<'v> {
    complete: &'v [f64],
    stopped: usize,
}

impl<'v> From<&'v Sample> for Ranked<'v> {
    fn from(sample: &'v Sample) -> Self {
        let (complete, limits) = sample.complete_and_limits();
        Self {
            complete,
            stopped: limits.len(),
        }
    }
}

impl<'v> From<&'v [f64]> for Ranked<'v> {
    /// Of sorted values.
    fn from(complete: &'v [f64]) -> Self {
        Self { complete, stopped: 0 }
    }
}

impl Ranked<'_> {
    fn len(self) -> usize {
        self.complete.len() + self.stopped
    }
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

/// Goes through the distinct values of two lists together, ascending, as groups.
#[inline]
fn for_each_tie(a: Ranked<'_>, b: Ranked<'_>, mut each: impl FnMut(Tie)) {
    let (xs, ys) = (a.complete, b.complete);
    let (mut a_below, mut b_below) = (0, 0);
    while a_below < xs.len() || b_below < ys.len() {
        let value = match (xs.get(a_below), ys.get(b_below)) {
            (Some(&x), Some(&y)) => x.min(y),
            (Some(&value), None) | (None, Some(&value)) => value,
            (None, None) => break,
        };
        let (mut after_a, mut after_b) = (a_below, b_below);
        while xs.get(after_a) == Some(&value) {
            after_a += 1;
        }
        while ys.get(after_b) == Some(&value) {
            after_b += 1;
        }
        each(Tie {
            a_below,
            a: after_a - a_below,
            b_below,
            b: after_b - b_below,
        });
        (a_below, b_below) = (after_a, after_b);
    }
    if a.stopped + b.stopped > 0 {
        each(Tie {
            a_below,
            a: a.stopped,
            b_below,
            b: b.stopped,
        });
    }
}

/// Of each of some ascending values how many of an ascending list are before it, as `is_before` has it of one of the list
/// and a value; infinity must be before none.
///
/// The halves of the values at a time, since each step waits for the one before it; without a branch by the values,
/// which would be mispredicted at every other step.
pub fn counts_before(values: &[f64], list: &[f64], is_before: impl Fn(f64, f64) -> bool) -> Vec<u32> {
    let mut counts = vec![0; values.len()];
    let middle = values.len() / 2;
    let before_middle = values
        .get(middle)
        .map_or(0, |&value| list.partition_point(|&one| is_before(one, value)));
    let (mut low, mut high) = ((0, 0), (middle, before_middle));
    let mut step = |(value, before): &mut (usize, usize)| {
        let one = list.get(*before).copied().unwrap_or(f64::INFINITY);
        let has_more = is_before(one, values[*value]);
        // The last time counts.
        counts[*value] = *before as u32;
        *before += usize::from(has_more);
        *value += usize::from(!has_more);
    };
    while low.0 < middle && high.0 < values.len() {
        step(&mut low);
        step(&mut high);
    }
    while low.0 < middle {
        step(&mut low);
    }
    while high.0 < values.len() {
        step(&mut high);
    }
    counts
}

/// How often a value of `b` is larger than one of `a`, over all pairs, ties counted half: the U of
/// Mann and Whitney for `b`. Both ascend, and none is infinite.
pub(crate) fn wins_of_second(a: &[f64], b: &[f64]) -> f64 {
    let sum = |counts: Vec<u32>| counts.into_iter().map(u64::from).sum::<u64>();
    let smaller = sum(counts_before(b, a, |of_a, of_b| of_a < of_b));
    let or_equal = sum(counts_before(b, a, |of_a, of_b| of_a <= of_b));
    (smaller + or_equal) as f64 / 2.0
}

/// How the values of two lists lie in each other, summed up exactly: what [`Superiority`](super::Superiority) and
/// [`MannWhitney`](super::MannWhitney) are made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placements {
    n: usize,
    m: usize,
    /// Twice the wins of the second list.
    twice_wins: u128,
    /// Of each list the sum of squares of twice the number of smaller values of the other, ties counted half.
    squares: [u128; 2],
    /// Over all groups of t equal values of both lists, Σ t(t² − 1).
    tied: u128,
}

impl Placements {
    /// Of two samples of fewer than 10⁹ values each. What was stopped is above all else and equal to each other;
    /// weights and effective sizes do not count.
    pub fn of(baseline: &Sample, candidate: &Sample) -> Self {
        Self::of_ranked(baseline.into(), candidate.into())
    }

    fn of_ranked(a: Ranked<'_>, b: Ranked<'_>) -> Self {
        let (mut twice_wins, mut squares, mut tied) = (0_u128, [0_u128; 2], 0_u128);
        for_each_tie(a, b, |tie| {
            let of_a = (2 * tie.b_below + tie.b) as u64;
            let of_b = (2 * tie.a_below + tie.a) as u64;
            let (count_a, count_b) = (tie.a as u64, tie.b as u64);
            twice_wins += u128::from(count_b * of_b);
            squares[0] += u128::from(count_a * of_a) * u128::from(of_a);
            squares[1] += u128::from(count_b * of_b) * u128::from(of_b);
            let size = count_a + count_b;
            tied += u128::from(size * size - 1) * u128::from(size);
        });
        Self {
            n: a.len(),
            m: b.len(),
            twice_wins,
            squares,
            tied,
        }
    }

    /// How many values each list has.
    pub(crate) fn sizes(&self) -> (usize, usize) {
        (self.n, self.m)
    }

    /// How often a value of the second list is larger, over all pairs, ties counted half: the U of Mann and Whitney.
    pub(crate) fn wins_of_second(&self) -> f64 {
        self.twice_wins as f64 / 2.0
    }

    /// The share of all pairs in which the second list's value is larger, ties counted half.
    pub(crate) fn share_of_second(&self) -> f64 {
        self.wins_of_second() / (self.n as f64 * self.m as f64)
    }

    /// Σ t(t² − 1) over all groups of t equal values of both lists.
    pub(crate) fn tied(&self) -> f64 {
        self.tied as f64
    }

    /// Of each list the sum of squared distances of its placements from their mean: a placement is the share of
    /// the other list that is smaller, ties counted half.
    pub(crate) fn squared_distances(&self) -> [f64; 2] {
        let (n, m) = (self.n as u128, self.m as u128);
        let of = |count: u128, squares: u128, sum: u128, other: usize| {
            (count * squares - sum * sum) as f64 / (4.0 * count as f64 * (other as f64).powi(2))
        };
        [
            of(n, self.squares[0], 2 * n * m - self.twice_wins, self.m),
            of(m, self.squares[1], self.twice_wins, self.n),
        ]
    }
}

/// The largest distance between the two samples' distribution functions: D of Kolmogorov and
/// Smirnov, from 0 to 1. With many requests any difference is significant, so it is to be judged by
/// its size.
pub fn kolmogorov_smirnov(baseline: &Sample, candidate: &Sample) -> f64 {
    largest_distance(baseline.into(), candidate.into())
}

/// D of two lists.
pub(crate) fn largest_distance(a: Ranked<'_>, b: Ranked<'_>) -> f64 {
    let (n, m) = (a.len() as f64, b.len() as f64);
    let mut largest = 0.0_f64;
    for_each_tie(a, b, |tie| {
        let distance = (tie.a_below + tie.a) as f64 / n - (tie.b_below + tie.b) as f64 / m;
        largest = largest.max(distance.abs());
    });
    largest
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
        // 6 beats 1 and 5; each timeout beats 1 and 5 and ties with a's.
        assert_eq!(Placements::of(&a, &b).wins_of_second(), 7.0);
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
            let (one, other) = (Ranked::from(&a[..]), Ranked::from(&b[..]));
            prop_assert_eq!(Placements::of_ranked(one, other).wins_of_second(), wins);
            prop_assert_eq!(wins_of_second(&a, &b), wins);
            prop_assert_eq!(wins_of_second(&b, &a), (a.len() * b.len()) as f64 - wins);
            let d = largest_distance(one, other);
            let distance = |at: f64| {
                let share = |values: &[f64]| values.iter().filter(|x| **x <= at).count() as f64 / values.len() as f64;
                (share(&a) - share(&b)).abs()
            };
            let naive = (0..30).map(f64::from).map(distance).fold(0.0, f64::max);
            prop_assert!(a.is_empty() || b.is_empty() || (d - naive).abs() < 1e-12);
        }
    }
}
