//! What many calls at once make of a slow one, and how often a limit is exceeded.

use super::proportion::Proportion;
use super::sample::Sample;

/// The probability that at least one of `calls` is slow if each is with probability `slow`:
/// 1 − (1 − q)^k (Dean and Barroso 2013, "The tail at scale"). If they are independent; calls that meet
/// the same episode are not.
pub fn any_slow(slow: f64, calls: u32) -> f64 {
    -(f64::from(calls) * (-slow).ln_1p()).exp_m1()
}

/// Which quantile of a single call is the `p` quantile of the slowest of `calls`: p^(1/k). Without
/// unit. If they are independent. `p` of 0.99 needs 0.999 of a single call where there are ten.
pub fn quantile_of_one(p: f64, calls: u32) -> f64 {
    (p.ln() / f64::from(calls.max(1))).exp()
}

impl Sample {
    /// The share of requests above a limit; its [`upper_bound_95`](Proportion::upper_bound_95) is
    /// what they prove. What was stopped counts as above: at the limit or beyond it is, and below
    /// it would have been by the same assumption by which it ranks last. Weights do not count.
    pub fn exceeding(&self, limit: f64) -> Option<Proportion> {
        let (complete, _) = self.complete_and_limits();
        let above = self.len() - complete.partition_point(|value| *value <= limit);
        Proportion::new(above as u64, self.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_call_is_itself() {
        assert_eq!((any_slow(0.0, 100), any_slow(1.0, 3)), (0.0, 1.0));
        assert_eq!(quantile_of_one(0.99, 0), quantile_of_one(0.99, 1));
    }

    #[test]
    fn timeouts_exceed() {
        let sample = Sample::with_censored(vec![1.0, 2.0, 3.0], vec![2.5]).unwrap();
        let share = |limit| sample.exceeding(limit).unwrap().share();
        assert_eq!([0.0, 1.0, 2.0, 3.0, 9.0].map(share), [1.0, 0.75, 0.5, 0.25, 0.25]);
    }

    proptest! {
        #[test]
        fn one_undoes_the_other(p in 0.01_f64..0.999, calls in 1_u32..1000) {
            let single = quantile_of_one(p, calls);
            prop_assert!(single >= p * (1.0 - 1e-12) && single < 1.0);
            prop_assert!((any_slow(1.0 - single, calls) - (1.0 - p)).abs() < 1e-9);
        }
    }
}
