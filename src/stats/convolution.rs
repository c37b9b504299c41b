//! The difference of two quantities that are each known as equally likely grid values.

use super::interval::Interval;
use super::level::Confidence;

/// Equally likely values of one quantity, ascending; the outermost may be infinite.
#[derive(Debug)]
pub(crate) struct Arm {
    /// The values as lower bounds.
    pub(crate) low: Vec<f64>,
    /// The values as upper bounds, where they are others.
    pub(crate) high: Option<Vec<f64>>,
}

impl Arm {
    fn high(&self) -> &[f64] {
        self.high.as_ref().unwrap_or(&self.low)
    }
}

/// All differences of a value of `b` and a value of `a`, from one side.
struct Differences<'a> {
    b: &'a [f64],
    a: &'a [f64],
    /// What ∞ − ∞ is: −∞ for a lower bound, ∞ for an upper one.
    undefined_is_negative: bool,
}

impl<'a> Differences<'a> {
    fn from_below(b: &'a Arm, a: &'a Arm) -> Self {
        Self {
            b: &b.low,
            a: a.high(),
            undefined_is_negative: true,
        }
    }

    fn from_above(b: &'a Arm, a: &'a Arm) -> Self {
        Self {
            b: b.high(),
            a: &a.low,
            undefined_is_negative: false,
        }
    }

    fn len(&self) -> u64 {
        self.b.len() as u64 * self.a.len() as u64
    }

    /// How many differences fulfil `is_small`, which must hold for small ones and not for larger.
    fn count(&self, is_small: impl Fn(f64) -> bool) -> u64 {
        let (mut count, mut small) = (0, 0);
        for &a in self.a {
            while small < self.b.len() {
                let difference = self.b[small] - a;
                let counts = if difference.is_nan() {
                    self.undefined_is_negative
                } else {
                    is_small(difference)
                };
                if !counts {
                    break;
                }
                small += 1;
            }
            count += small as u64;
        }
        count
    }

    /// The difference of a rank from 1 to [`len`](Self::len); `None` if it is infinite.
    fn at_rank(&self, rank: u64) -> Option<f64> {
        let reaches = |r: f64| self.count(|difference| difference <= r) >= rank;
        if reaches(f64::NEG_INFINITY) || !reaches(f64::MAX) {
            return None;
        }
        let finite = |values: &[f64]| {
            let mut values = values.iter().copied().filter(|value| value.is_finite());
            let first = values.next()?;
            Some((first, values.next_back().unwrap_or(first)))
        };
        let ((b_min, b_max), (a_min, a_max)) = (finite(self.b)?, finite(self.a)?);
        let (mut low, mut high) = (b_min - a_max, b_max - a_min);
        if reaches(low) {
            return Some(low);
        }
        // Fewer than `rank` differences are at most `low`, at least as many at most `high`.
        for _ in 0..200 {
            let middle = low + 0.5 * (high - low);
            if high - low <= 1e-12 * low.abs().max(high.abs()) || middle <= low || middle >= high {
                break;
            }
            if reaches(middle) {
                high = middle;
            } else {
                low = middle;
            }
        }
        Some(self.next_above(low).unwrap_or(high))
    }

    /// The smallest finite difference above `r`.
    fn next_above(&self, r: f64) -> Option<f64> {
        let mut next: Option<f64> = None;
        let mut small = 0;
        for &a in self.a.iter().filter(|a| a.is_finite()) {
            while small < self.b.len() && self.b[small] - a <= r {
                small += 1;
            }
            let difference = self.b.get(small).map_or(f64::INFINITY, |b| b - a);
            if difference < next.unwrap_or(f64::INFINITY) {
                next = Some(difference);
            }
        }
        next
    }
}

/// The equal-tailed interval of b − a; an end that is infinite is `None`.
pub(crate) fn interval_of_difference(b: &Arm, a: &Arm, confidence: Confidence) -> Interval {
    let (below, above) = (Differences::from_below(b, a), Differences::from_above(b, a));
    // The same rank from both sides, so that swapping a and b mirrors the interval.
    let rank = ((confidence.tail() * below.len() as f64).ceil() as u64).max(1);
    Interval {
        low: below.at_rank(rank),
        high: above.at_rank((above.len() + 1).saturating_sub(rank)),
    }
}

/// The share of differences b − a below 0, those of exactly 0 and those undefined counted half.
pub(crate) fn share_of_negative_differences(b: &Arm, a: &Arm) -> f64 {
    let share = |differences: &Differences<'_>| {
        let negative = differences.count(|difference| difference < 0.0);
        let not_positive = differences.count(|difference| difference <= 0.0);
        (negative + not_positive) as f64 / (2 * differences.len()) as f64
    };
    0.5 * (share(&Differences::from_below(b, a)) + share(&Differences::from_above(b, a)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// Finite values, or infinite ones where the drawn number is near the edge.
    fn arm() -> impl Strategy<Value = Arm> {
        vec(0_i32..40, 1..25).prop_map(|mut drawn| {
            drawn.sort_unstable();
            let value = |x: i32| match x {
                0..4 => f64::NEG_INFINITY,
                36.. => f64::INFINITY,
                _ => f64::from(x) / 4.0,
            };
            Arm {
                low: drawn.into_iter().map(value).collect(),
                high: None,
            }
        })
    }

    proptest! {
        #[test]
        fn ranks_are_those_of_all_differences_sorted(b in arm(), a in arm(), at in 0.0_f64..1.0) {
            for from_below in [true, false] {
                let undefined = if from_below { f64::NEG_INFINITY } else { f64::INFINITY };
                let mut all: Vec<f64> = b.low.iter().flat_map(|b| a.low.iter().map(move |a| b - a)).collect();
                for difference in &mut all {
                    if difference.is_nan() {
                        *difference = undefined;
                    }
                }
                all.sort_by(f64::total_cmp);
                let index = (at * all.len() as f64) as usize;
                let expected = all[index].is_finite().then_some(all[index]);
                let differences = if from_below { Differences::from_below(&b, &a) } else { Differences::from_above(&b, &a) };
                prop_assert_eq!(differences.at_rank(index as u64 + 1), expected);
            }
        }

        #[test]
        fn the_share_counts_every_pair(b in arm(), a in arm()) {
            let mut sum = 0.0;
            for b in &b.low {
                for a in &a.low {
                    sum += if b < a { 1.0 } else if b > a { 0.0 } else { 0.5 };
                }
            }
            let share = share_of_negative_differences(&b, &a);
            prop_assert!((share - sum / (b.low.len() * a.low.len()) as f64).abs() < 1e-12);
        }
    }
}
