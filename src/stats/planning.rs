//! How many requests a comparison takes.

use super::interval::{Interval, min_n_two_sided};
use super::level::Confidence;
use super::normal::normal_quantile;
use super::probability::Probability;

/// How many requests the comparison of one quantile between two samples of equal size takes.
///
/// The normal approximation: the logarithm of the ratio has the standard error s/√n with n requests
/// on each side. It plans a comparison; it does not judge one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    p: Probability,
    confidence: Confidence,
    /// s, the standard error of ln(candidate/baseline) times √n.
    unit_error: f64,
}

impl Plan {
    /// The spread of latencies if nothing is known: the standard deviation of their logarithms.
    pub const DEFAULT_SIGMA: f64 = 0.5;

    /// From a comparison that was made with `requests` on each side: s = √n·w/(2z) from the width w
    /// of the interval's logarithm. What that had of dependence and adjustment is in it. `None` if an
    /// end of the interval is missing or it is empty.
    pub fn from_pilot(
        p: Probability,
        confidence: Confidence,
        requests: f64,
        ratio: Interval,
    ) -> Option<Self> {
        let width = log_width(ratio)?;
        let z = -normal_quantile(confidence.tail());
        let unit_error = requests.sqrt() * width / (2.0 * z);
        (unit_error > 0.0 && unit_error.is_finite()).then_some(Self {
            p,
            confidence,
            unit_error,
        })
    }

    /// From nothing but a guess: independent lognormal latencies, the standard deviation of whose
    /// logarithms is `sigma` > 0. s = σ·√(2p(1 − p))/φ(z), z being the normal `p` quantile: the
    /// asymptotic error of a sample quantile (David and Nagaraja, Order Statistics), for two.
    /// `None` unless sigma is positive and finite.
    pub fn of_lognormal(p: Probability, confidence: Confidence, sigma: f64) -> Option<Self> {
        let z = normal_quantile(p.as_f64());
        let density = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
        let unit_error = sigma * (2.0 * p.as_f64() * p.complement()).sqrt() / density;
        (unit_error > 0.0 && unit_error.is_finite()).then_some(Self {
            p,
            confidence,
            unit_error,
        })
    }

    /// The requests on each side from which the interval reaches from the ratio divided by 1 + δ
    /// to the ratio times 1 + δ: (z·s/ln(1 + δ))², but no fewer than bound the quantile on both
    /// sides. `None` unless δ is positive.
    pub fn for_half_width(&self, half_width: f64) -> Option<u64> {
        let z = -normal_quantile(self.confidence.tail());
        self.requests(z, half_width.ln_1p())
    }

    /// The requests on each side with which the gate of [`GateResult`](super::GateResult) passes with the
    /// probability `power` if the true ratio is `ratio`: ((z + z′)·s/ln((1 + δ)/ratio))² with z′ the
    /// normal quantile of the power, but no fewer than bound the quantile on both sides. `None`
    /// unless the ratio is below 1 + δ.
    pub fn for_power(&self, margin: f64, ratio: f64, power: Probability) -> Option<u64> {
        let z = -normal_quantile(self.confidence.tail()) + normal_quantile(power.as_f64());
        self.requests(z, margin.ln_1p() - ratio.ln())
    }

    fn requests(&self, z: f64, distance: f64) -> Option<u64> {
        let requests = (z * self.unit_error / distance).powi(2).ceil();
        let enough = min_n_two_sided(self.p, self.confidence);
        (distance > 0.0 && requests.is_finite()).then(|| (requests as u64).max(enough))
    }
}

/// How many requests on each side an interval of a ratio that took `requests` needs to become half
/// as wide as 1 + δ: n·(w/(2 ln(1 + δ)))². To be said with every inconclusive result. `None` if an end
/// of the interval is missing, when there is nothing to scale, or δ is not positive.
pub fn requests_needed(requests: f64, ratio: Interval, half_width: f64) -> Option<u64> {
    let needed = (requests * (log_width(ratio)? / (2.0 * half_width.ln_1p())).powi(2)).ceil();
    (half_width > 0.0 && needed.is_finite()).then_some(needed as u64)
}

/// ln(high/low) of a bounded interval of a ratio.
fn log_width(ratio: Interval) -> Option<f64> {
    let width = (ratio.high? / ratio.low?).ln();
    width.is_finite().then_some(width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const C95: Confidence = Confidence::C95;

    fn power(percent: u32) -> Probability {
        Probability::parse(&percent.to_string()).unwrap()
    }

    fn symmetric(half_width: f64) -> Interval {
        Interval {
            low: Some(1.0 / (1.0 + half_width)),
            high: Some(1.0 + half_width),
        }
    }

    #[test]
    fn orders_of_magnitude() {
        // The formula with σ = ½, z = 1.96 and φ of normal quantiles from tables.
        for (p, requests) in [
            (Probability::P50, 332),
            (Probability::P95, 944),
            (Probability::P99, 2947),
        ] {
            let plan = Plan::of_lognormal(p, C95, Plan::DEFAULT_SIGMA).unwrap();
            let found = plan.for_half_width(0.1).unwrap();
            assert!(found.abs_diff(requests) <= 2, "{} {found}", p.label());
        }
        let plan = Plan::of_lognormal(Probability::P95, C95, Plan::DEFAULT_SIGMA).unwrap();
        let found = plan.for_power(0.1, 1.0, power(80)).unwrap();
        assert!(found.abs_diff(1928) <= 2, "{found}");
        // A median needs as many as bound it, however little latencies vary.
        let calm = Plan::of_lognormal(Probability::P50, C95, 1e-6).unwrap();
        assert_eq!(calm.for_half_width(0.1), Some(6));
    }

    #[test]
    fn what_cannot_be_planned() {
        let p = Probability::P50;
        assert_eq!(Plan::from_pilot(p, C95, 100.0, Interval::UNBOUNDED), None);
        assert_eq!(Plan::from_pilot(p, C95, 100.0, symmetric(0.0)), None);
        assert_eq!(Plan::of_lognormal(p, C95, 0.0), None);
        let plan = Plan::from_pilot(p, C95, 100.0, symmetric(0.2)).unwrap();
        assert_eq!(plan.for_half_width(0.0), None);
        assert_eq!(plan.for_power(0.1, 1.1, power(80)), None);
        assert_eq!(plan.for_power(0.1, 1.2, power(80)), None);
        assert_eq!(requests_needed(100.0, Interval::UNBOUNDED, 0.1), None);
        assert_eq!(requests_needed(100.0, symmetric(0.2), 0.0), None);
    }

    proptest! {
        #[test]
        fn a_pilot_as_wide_as_wanted_needs_as_many(requests in 100_u32..100_000, half_width in 0.01_f64..0.5) {
            let n = f64::from(requests);
            let plan = Plan::from_pilot(Probability::P50, C95, n, symmetric(half_width)).unwrap();
            for needed in [plan.for_half_width(half_width).unwrap(), requests_needed(n, symmetric(half_width), half_width).unwrap()] {
                prop_assert!(needed.abs_diff(u64::from(requests)) <= 1);
            }
            // With a power of ½ the interval reaches the margin just as often as not.
            prop_assert_eq!(plan.for_power(half_width, 1.0, Probability::P50), plan.for_half_width(half_width));
            prop_assert!(plan.for_power(half_width, 1.0, power(90)) >= plan.for_power(half_width, 1.0, power(80)));
            prop_assert!(plan.for_power(half_width, 0.9, power(80)) <= plan.for_power(half_width, 1.0, power(80)));
        }
    }
}
