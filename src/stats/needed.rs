//! How many requests a decision about a quantile needs.

use super::interval::{Interval, min_n_two_sided};
use super::level::Confidence;
use super::normal::normal_quantile;
use super::probability::Probability;
use super::sample::Sample;

/// How far estimates of one quantile scatter on the logarithmic scale: their standard deviation
/// times √n, without unit. The more, the more requests are needed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogSpread(f64);

impl LogSpread {
    /// Of the `p` quantile of a lognormal distribution whose logarithm has the standard deviation
    /// `sigma`: σ·√(p(1 − p))/φ(z_p), the large-sample formula. `None` unless `sigma` is positive.
    pub fn lognormal(sigma: f64, p: Probability) -> Option<Self> {
        let z = normal_quantile(p.as_f64());
        let density = (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let spread = sigma * (p.as_f64() * p.complement()).sqrt() / density;
        (sigma > 0.0 && spread.is_finite()).then_some(Self(spread))
    }

    /// As a sample shows it: the width of the quantile's interval on the logarithmic scale over
    /// twice the normal quantile, times √n. `None` if an end is infinite or not positive.
    pub fn observed(sample: &Sample, p: Probability, confidence: Confidence) -> Option<Self> {
        let interval = sample.interval(p, confidence);
        let (low, high) = (interval.low?, interval.high?);
        let width = high.ln() - low.ln();
        let spread = width / (2.0 * z_of(confidence)) * (sample.len() as f64).sqrt();
        (low > 0.0 && spread.is_finite() && spread > 0.0).then_some(Self(spread))
    }
}

/// The normal quantile of one end of an interval.
fn z_of(confidence: Confidence) -> f64 {
    -normal_quantile(confidence.tail())
}

/// The requests on each of two sides from which the interval of the ratio of their quantiles
/// reaches no further than by `margin` (0.1 is 10 %) from its centre, and has two finite ends.
/// `None` unless the margin is positive.
pub fn requests_for_half_width(
    sides: [LogSpread; 2],
    margin: f64,
    p: Probability,
    confidence: Confidence,
) -> Option<u64> {
    requests(sides, z_of(confidence), margin, p, confidence)
}

/// The requests on each of two sides from which a gate that fails above a ratio of 1 + `margin`
/// passes with the probability `power` although nothing changed, by the normal approximation.
/// `None` unless the margin is positive and the power a probability.
pub fn requests_to_pass(
    sides: [LogSpread; 2],
    margin: f64,
    power: f64,
    p: Probability,
    confidence: Confidence,
) -> Option<u64> {
    let scores = z_of(confidence) + normal_quantile(power);
    (power > 0.5).then(|| requests(sides, scores, margin, p, confidence))?
}

fn requests(
    [a, b]: [LogSpread; 2],
    scores: f64,
    margin: f64,
    p: Probability,
    confidence: Confidence,
) -> Option<u64> {
    let variance = a.0 * a.0 + b.0 * b.0;
    let n = variance * (scores / margin.ln_1p()).powi(2);
    let is_known = margin > 0.0 && n.is_finite();
    is_known.then(|| (n.ceil() as u64).max(min_n_two_sided(p, confidence)))
}

/// By which factor the number of requests must grow until an interval of the width `log_width` on
/// the logarithmic scale reaches no further than `distance` from its centre: (w/2d)², because widths
/// shrink with the square root. `None` unless both are positive.
pub fn growth_needed(log_width: f64, distance: f64) -> Option<f64> {
    let factor = (log_width / (2.0 * distance)).powi(2);
    (log_width > 0.0 && distance > 0.0 && factor.is_finite()).then_some(factor)
}

/// How many requests on each side an interval of a ratio that took `requests` needs to become half as wide as 1 + δ:
/// n·(w/(2 ln(1 + δ)))². To be said with every inconclusive result. `None` if an end of the interval is missing or both
/// are the same, when there is nothing to scale, or δ is not positive.
pub fn requests_needed(requests: f64, ratio: Interval, half_width: f64) -> Option<u64> {
    let growth = growth_needed((ratio.high? / ratio.low?).ln(), half_width.ln_1p())?;
    let needed = (requests * growth).ceil();
    needed.is_finite().then_some(needed as u64)
}

/// The requests of which none must show something so that its share is known to be at most `share`:
/// the smallest n with (1 − share)ⁿ ≤ α/2. `None` unless the share is between 0 and 1.
pub fn requests_to_exclude(share: f64, confidence: Confidence) -> Option<u64> {
    let n = confidence.tail().ln() / (-share).ln_1p();
    (share > 0.0 && share < 1.0 && n.is_finite()).then(|| (n * (1.0 - 1e-12)).ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const C95: Confidence = Confidence::C95;

    fn symmetric(half_width: f64) -> Interval {
        Interval {
            low: Some(1.0 / (1.0 + half_width)),
            high: Some(1.0 + half_width),
        }
    }

    #[test]
    fn without_an_end_or_a_margin_nothing_can_be_scaled() {
        assert_eq!(requests_needed(100.0, Interval::UNBOUNDED, 0.1), None);
        assert_eq!(requests_needed(100.0, symmetric(0.2), 0.0), None);
    }

    proptest! {
        #[test]
        fn an_interval_as_wide_as_wanted_needs_as_many(requests in 100_u32..100_000, half_width in 0.01_f64..0.5) {
            let needed = requests_needed(f64::from(requests), symmetric(half_width), half_width).unwrap();
            prop_assert!(needed.abs_diff(u64::from(requests)) <= 1);
        }
    }

    fn lognormal(p: Probability) -> [LogSpread; 2] {
        [LogSpread::lognormal(0.5, p).unwrap(); 2]
    }

    #[test]
    fn requests_of_a_lognormal_distribution() {
        // By hand: (1.96/ln 1.1)² · 2 · 0.25 · p(1 − p)/φ(z)², and with 1.96 + 0.84.
        for (p, half_width, to_pass) in [
            (Probability::P50, 333, 679),
            (Probability::P95, 945, 1929),
            (Probability::P99, 2948, 6022),
        ] {
            let found = requests_for_half_width(lognormal(p), 0.1, p, C95).unwrap();
            assert!(found.abs_diff(half_width) <= 3, "{}: {found}", p.label());
            let found = requests_to_pass(lognormal(p), 0.1, 0.8, p, C95).unwrap();
            assert!(found.abs_diff(to_pass) <= 6, "{}: {found}", p.label());
        }
        // A wide margin still needs a finite interval.
        assert_eq!(
            requests_for_half_width(lognormal(Probability::P99), 5.0, Probability::P99, C95),
            Some(368)
        );
        for margin in [0.0, -0.1, f64::NAN] {
            assert_eq!(
                requests_for_half_width(lognormal(Probability::P50), margin, Probability::P50, C95),
                None
            );
        }
        assert_eq!(LogSpread::lognormal(0.0, Probability::P50), None);
    }

    #[test]
    fn a_pilot_of_any_size_tells_the_spread_of_its_distribution() {
        let pilot = |n: u32| {
            let values = (0..n).map(|i| {
                let z = normal_quantile((f64::from(i) + 0.5) / f64::from(n));
                (0.5 * z).exp() * 1e6
            });
            Sample::new(values.collect()).unwrap()
        };
        for (n, p) in [
            (400, Probability::P50),
            (4000, Probability::P50),
            (4000, Probability::P95),
        ] {
            let observed = LogSpread::observed(&pilot(n), p, C95).unwrap();
            let expected = LogSpread::lognormal(0.5, p).unwrap();
            assert!(
                (observed.0 / expected.0 - 1.0).abs() < 0.05,
                "{n} {}: {observed:?}",
                p.label()
            );
        }
        assert_eq!(LogSpread::observed(&pilot(50), Probability::P99, C95), None);
    }

    #[test]
    fn so_many_without_any_exclude_a_share() {
        assert_eq!(requests_to_exclude(0.01, C95), Some(368));
        assert_eq!(requests_to_exclude(0.001, C95), Some(3688));
        assert_eq!(requests_to_exclude(0.0, C95), None);
        assert_eq!(requests_to_exclude(1.0, C95), None);
    }

    #[test]
    fn four_times_the_requests_halve_an_interval() {
        assert_eq!(growth_needed(0.4, 0.1), Some(4.0));
        assert_eq!(growth_needed(0.4, 0.0), None);
        assert_eq!(growth_needed(f64::INFINITY, 0.1), None);
    }
}
