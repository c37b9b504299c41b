//! Whether two samples were taken at the same times.

use std::borrow::Cow;

use super::check::Check;
use super::ordering::wins_of_second;
use super::sort::ascending;

/// How far the times of two samples' requests are mixed. What changes slowly, such as the load of a
/// service, then meets both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeOverlap {
    /// The common part of both distributions of times, Σ min(f, g) over 20 equal bins of all times;
    /// from 0 to 1.
    pub overlap: f64,
    /// The probability that a candidate request came later than a baseline request, equal times
    /// counted half: ½ where they are interleaved.
    pub candidate_later: f64,
}

const BINS: usize = 20;

/// Times in order, most often as they are.
fn in_order(times: &[f64]) -> Cow<'_, [f64]> {
    match times.is_sorted() {
        true => Cow::Borrowed(times),
        false => Cow::Owned(ascending(times.to_vec())),
    }
}

impl TimeOverlap {
    /// An overlap from which the windows are the same, and below which they are others.
    pub const OVERLAP_OK: f64 = 0.8;
    /// See [`OVERLAP_OK`](Self::OVERLAP_OK).
    pub const OVERLAP_WARN: f64 = 0.5;
    /// How far from ½ the order of the requests may be to be interleaved, and to be unclear.
    pub const ORDER_OK: f64 = 0.1;
    /// See [`ORDER_OK`](Self::ORDER_OK).
    pub const ORDER_WARN: f64 = 0.2;

    /// Of times in any order and any unit. `None` if one list is empty or a time is not finite.
    pub fn of(baseline: &[f64], candidate: &[f64]) -> Option<Self> {
        let all = || baseline.iter().chain(candidate);
        if baseline.is_empty() || candidate.is_empty() || !all().all(|time| time.is_finite()) {
            return None;
        }
        let start = all().copied().fold(f64::INFINITY, f64::min);
        let end = all().copied().fold(f64::NEG_INFINITY, f64::max);
        let counts = |times: &[f64]| {
            let mut counts = [0_u64; BINS];
            for time in times {
                // Not a number, hence 0, if all times are the same.
                let bin = (time - start) / (end - start) * BINS as f64;
                counts[(bin as usize).min(BINS - 1)] += 1;
            }
            counts.map(|count| count as f64 / times.len() as f64)
        };
        let overlap = counts(baseline)
            .into_iter()
            .zip(counts(candidate))
            .map(|(a, b)| a.min(b))
            .sum();
        let [earlier, later] = [baseline, candidate].map(in_order);
        let pairs = baseline.len() as f64 * candidate.len() as f64;
        Some(Self {
            overlap,
            candidate_later: wins_of_second(&earlier, &later) / pairs,
        })
    }

    /// Whether both were taken in the same window.
    pub fn overlap_check(&self) -> Check {
        if self.overlap >= Self::OVERLAP_OK {
            Check::Ok
        } else if self.overlap >= Self::OVERLAP_WARN {
            Check::Warn
        } else {
            Check::Confounded
        }
    }

    /// Whether they were interleaved.
    pub fn interleaving_check(&self) -> Check {
        // The ends of both ranges belong to them, in spite of rounding.
        let distance = (self.candidate_later - 0.5).abs() - 1e-12;
        if distance <= Self::ORDER_OK {
            Check::Ok
        } else if distance <= Self::ORDER_WARN {
            Check::Warn
        } else {
            Check::Confounded
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[test]
    fn one_moment_is_the_same() {
        let same = TimeOverlap::of(&[5.0], &[5.0, 5.0]).unwrap();
        assert_eq!((same.overlap, same.candidate_later), (1.0, 0.5));
        assert_eq!(
            (same.overlap_check(), same.interleaving_check()),
            (Check::Ok, Check::Ok)
        );
        assert_eq!(TimeOverlap::of(&[], &[1.0]), None);
        assert_eq!(TimeOverlap::of(&[1.0], &[f64::NAN]), None);
    }

    #[test]
    fn thresholds() {
        let of = |overlap, candidate_later| TimeOverlap {
            overlap,
            candidate_later,
        };
        let check = |overlap| of(overlap, 0.5).overlap_check();
        assert_eq!(
            [0.8, 0.79, 0.5, 0.49].map(check),
            [Check::Ok, Check::Warn, Check::Warn, Check::Confounded]
        );
        let check = |later| of(1.0, later).interleaving_check();
        assert_eq!(
            [0.4, 0.6, 0.39, 0.7, 0.71].map(check),
            [Check::Ok, Check::Ok, Check::Warn, Check::Warn, Check::Confounded]
        );
    }

    proptest! {
        #[test]
        fn swapping_the_samples_mirrors(a in vec(0.0_f64..1e6, 1..60), b in vec(0.0_f64..1e6, 1..60)) {
            let (there, back) = (TimeOverlap::of(&a, &b).unwrap(), TimeOverlap::of(&b, &a).unwrap());
            prop_assert_eq!(there.overlap, back.overlap);
            prop_assert!((there.candidate_later + back.candidate_later - 1.0).abs() < 1e-12);
            prop_assert!(there.overlap >= 0.0 && there.overlap <= 1.0 + 1e-12);
            let same = TimeOverlap::of(&a, &a).unwrap();
            prop_assert!((same.overlap - 1.0).abs() < 1e-12 && (same.candidate_later - 0.5).abs() < 1e-12);
        }
    }
}
