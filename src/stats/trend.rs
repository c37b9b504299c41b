//! Whether latencies drift while they are measured.

use super::check::Check;
use super::median::median;
use super::normal::normal_tail;

/// The trend in a series of medians: the test of Mann (1945) and Kendall, and the slope of Sen (1968).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// S: over all pairs, how many more rise than fall.
    pub s: i64,
    /// The variance of S if there is no trend, corrected for ties.
    pub variance: f64,
    /// (S ∓ 1)/√variance; 0 if S is 0.
    pub z: f64,
    /// The two-sided p-value by the normal distribution.
    pub p: f64,
    /// The median of the slopes of all pairs, per step of the series.
    pub slope: f64,
    /// The change from the first step to the last at that slope, as a share of the median.
    pub total_change: f64,
}

impl Trend {
    /// The most blocks that a series of requests is cut into, and the fewest requests of a block.
    pub const MOST_BLOCKS: usize = 30;
    /// See [`MOST_BLOCKS`](Self::MOST_BLOCKS).
    pub const FEWEST_IN_A_BLOCK: usize = 10;
    /// From this p-value on there is no trend.
    pub const LEVEL: f64 = 0.01;
    /// A total change below which a trend does not matter, and above which it confounds.
    pub const CHANGE_OK: f64 = 0.05;
    /// See [`CHANGE_OK`](Self::CHANGE_OK).
    pub const CHANGE_CONFOUNDED: f64 = 0.1;

    /// In the latencies of requests in order of their arrival, by the medians of at most 30 blocks of
    /// at least 10 requests each. What was stopped counts with its limit. `None` if that is fewer than
    /// three blocks or a value is not finite.
    pub fn of_requests(values: &[f64]) -> Option<Self> {
        let blocks = (values.len() / Self::FEWEST_IN_A_BLOCK).min(Self::MOST_BLOCKS);
        if blocks < 3 {
            return None;
        }
        let start = |block: usize| block * values.len() / blocks;
        let medians: Option<Vec<f64>> = (0..blocks)
            .map(|block| median(&mut values[start(block)..start(block + 1)].to_vec()))
            .collect();
        Self::of(&medians?)
    }

    /// In a series. `None` with fewer than three values or if one is not finite. A pair of all values
    /// is looked at, so it must be short.
    pub fn of(series: &[f64]) -> Option<Self> {
        if series.len() < 3 || series.iter().any(|value| !value.is_finite()) {
            return None;
        }
        let n = series.len() as f64;
        let (mut s, mut slopes) = (0, Vec::new());
        for (i, before) in series.iter().enumerate() {
            for (step, after) in series[i + 1..].iter().enumerate() {
                s += i64::from(after > before) - i64::from(after < before);
                slopes.push((after - before) / (step + 1) as f64);
            }
        }
        let mut sorted = series.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let term = |t: f64| t * (t - 1.0) * (2.0 * t + 5.0);
        let tied: f64 = sorted
            .chunk_by(|a, b| a == b)
            .map(|tie| term(tie.len() as f64))
            .sum();
        let variance = (term(n) - tied) / 18.0;
        let z = if s == 0 {
            0.0
        } else {
            (s - s.signum()) as f64 / variance.sqrt()
        };
        let slope = median(&mut slopes)?;
        let change = slope * (n - 1.0);
        Some(Self {
            s,
            variance,
            z,
            p: 2.0 * normal_tail(z.abs()),
            slope,
            total_change: if change == 0.0 {
                0.0
            } else {
                change / median(&mut sorted)?
            },
        })
    }

    /// Whether the drift matters.
    pub fn check(&self) -> Check {
        if self.p >= Self::LEVEL {
            return Check::Ok;
        }
        Check::of_larger_is_worse(self.total_change.abs(), Self::CHANGE_OK, Self::CHANGE_CONFOUNDED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[test]
    fn short_series_have_no_trend() {
        assert_eq!(Trend::of(&[1.0, 2.0]), None);
        assert_eq!(Trend::of(&[1.0, 2.0, f64::INFINITY]), None);
        assert_eq!(Trend::of_requests(&[1.0; 29]), None);
        let flat = Trend::of(&[5.0; 10]).unwrap();
        assert_eq!(
            (flat.s, flat.z, flat.p, flat.slope, flat.total_change),
            (0, 0.0, 1.0, 0.0, 0.0)
        );
        assert_eq!(flat.check(), Check::Ok);
    }

    #[test]
    fn a_drift_is_judged_by_its_size() {
        let of = |change: f64| {
            let value =
                |i: u32| 100.0 * (1.0 + change * f64::from(i) / 999.0) + f64::from(i * 37 % 10) / 10.0;
            Trend::of_requests(&(0..1000).map(value).collect::<Vec<_>>()).unwrap()
        };
        for (change, check) in [
            (0.02, Check::Ok),
            (0.07, Check::Warn),
            (0.2, Check::Confounded),
            (-0.2, Check::Confounded),
        ] {
            let trend = of(change);
            assert!(
                trend.p < Trend::LEVEL && (trend.total_change - change).abs() < 0.03,
                "{trend:?}"
            );
            assert_eq!(trend.check(), check, "{change}");
        }
    }

    proptest! {
        #[test]
        fn turning_the_series_turns_the_trend(series in vec(0_u32..20, 3..40)) {
            let mut series: Vec<f64> = series.into_iter().map(f64::from).collect();
            let there = Trend::of(&series).unwrap();
            series.reverse();
            let back = Trend::of(&series).unwrap();
            prop_assert_eq!((there.s, there.z, there.slope), (-back.s, -back.z, -back.slope));
            prop_assert_eq!(there.p, back.p);
            prop_assert!(there.p > 0.0 && there.p <= 1.0);
        }
    }
}
