//! What becomes of a user's action that makes several calls at once.

use super::quantiles::Arm;
use crate::stats::{Probability, any_slow, quantile_of_one};
use crate::summary::QuantileSummary;

/// How many calls at once are looked at.
const CALLS: [u32; 4] = [2, 5, 10, 100];

/// So many calls at once, if they are independent.
#[derive(Debug, Clone, PartialEq)]
pub struct FanOut {
    /// How many.
    pub calls: u32,
    /// The probability that at least one is slower than the p95 of a single one.
    pub any_over_p95: f64,
    /// The same for its p99.
    pub any_over_p99: f64,
    /// Total time of the slowest, of baseline and candidate; absent without latencies.
    pub sides: [Option<Slowest>; 2],
}

/// The total time of the slowest of several calls, as quantiles of a single one.
#[derive(Debug, Clone, PartialEq)]
pub struct Slowest {
    /// Its median.
    pub median: QuantileSummary,
    /// Its p95.
    pub p95: QuantileSummary,
}

/// Several calls at once, of the total times of both sides.
pub(super) fn fan_out(arms: [Option<&Arm<'_>>; 2]) -> Vec<FanOut> {
    let slowest = |position: usize, calls: u32| {
        let arm = arms[position]?;
        let of = |p: Probability| {
            let p = of_one(p, calls)?;
            Some(QuantileSummary::of(&arm.worth(p).0, p))
        };
        Some(Slowest {
            median: of(Probability::P50)?,
            p95: of(Probability::P95)?,
        })
    };
    CALLS
        .into_iter()
        .map(|calls| FanOut {
            calls,
            any_over_p95: any_slow(Probability::P95.complement(), calls),
            any_over_p99: any_slow(Probability::P99.complement(), calls),
            sides: [slowest(0, calls), slowest(1, calls)],
        })
        .collect()
}

/// The quantile of one call that is that of the slowest, in percent to eight decimals.
fn of_one(p: Probability, calls: u32) -> Option<Probability> {
    let percent = quantile_of_one(p.as_f64(), calls) * 100.0;
    Probability::parse(&format!("{percent:.8}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_of_several_is_a_higher_quantile_of_one() {
        let share = |p: Probability, calls| of_one(p, calls).unwrap().as_f64();
        for (p, calls, expected) in [
            (Probability::P50, 2, std::f64::consts::FRAC_1_SQRT_2),
            (Probability::P50, 100, 0.993_092_495_4),
            (Probability::P95, 10, 0.994_883_803_5),
            (Probability::P95, 100, 0.999_487_198_4),
        ] {
            assert!(
                (share(p, calls) - expected).abs() < 1e-9,
                "{calls}: {}",
                share(p, calls)
            );
        }
    }
}
