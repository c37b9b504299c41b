//! A common axis of times.

use serde::{Deserialize, Serialize};

use super::rounded::rounded;

/// The largest latency that has a place on an axis, in milliseconds: an hour.
pub(super) const LONGEST_MS: f64 = 3_600_000.0;
/// The smallest that has a place on a logarithmic axis, in milliseconds.
const SHORTEST_MS: f64 = 0.001;
/// From this ratio of the largest to the smallest latency the axis is logarithmic.
const LOGARITHMIC_FROM: f64 = 8.0;

/// An axis of times.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeScale {
    /// Where it begins, in milliseconds.
    pub low_ms: f64,
    /// Where it ends, in milliseconds.
    pub high_ms: f64,
    /// Whether equal ratios have equal room, instead of equal differences.
    pub is_logarithmic: bool,
}

impl TimeScale {
    /// An axis that holds all of these times in milliseconds; from 1 ms to 1 s if there are none. If it is linear, it
    /// is wide enough for so many bins of whole microseconds, none narrower than 1/800 of its values.
    pub(super) fn holding(times_ms: impl Iterator<Item = f64>, bins: usize) -> Self {
        let ends = times_ms.fold((f64::INFINITY, 0.0_f64), |(low, high), time| {
            (low.min(time), high.max(time))
        });
        let (mut low, mut high) = (
            ends.0.clamp(SHORTEST_MS, LONGEST_MS),
            ends.1.clamp(SHORTEST_MS, LONGEST_MS),
        );
        if high < low {
            (low, high) = (1.0, 1000.0);
        }
        let is_logarithmic = high / low > LOGARITHMIC_FROM;
        (low, high) = if is_logarithmic {
            (low * 0.9, high * 1.1)
        } else {
            // The counts of a histogram are as wide as 1/1024 of their values: no bin is narrower.
            let span = high - low;
            let narrowest = (0.06 * high).max(bins as f64 * SHORTEST_MS);
            let slack = (narrowest - span).max(0.04 * span) / 2.0;
            ((low - slack).max(0.0), high + slack)
        };
        Self {
            low_ms: rounded(low),
            high_ms: rounded(high),
            is_logarithmic,
        }
    }

    /// Where a time in milliseconds lies between both ends, from 0 to 1.
    pub fn share(&self, ms: f64) -> f64 {
        let share = if self.is_logarithmic {
            (ms.max(SHORTEST_MS) / self.low_ms).ln() / (self.high_ms / self.low_ms).ln()
        } else {
            (ms - self.low_ms) / (self.high_ms - self.low_ms)
        };
        share.clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_apart_times_make_a_logarithmic_axis() {
        let scale = |times: &[f64]| TimeScale::holding(times.iter().copied(), 48);
        assert!(scale(&[1.0, 9.0]).is_logarithmic && !scale(&[1.0, 7.0]).is_logarithmic);
        for times in [
            &[][..],
            &[0.0],
            &[500.0],
            &[0.001, 1e12],
            &[970.0, 1030.0],
            &[1e9],
        ] {
            let scale = scale(times);
            assert!(scale.low_ms < scale.high_ms, "{scale:?}");
            let shares: Vec<f64> = times.iter().map(|ms| scale.share(*ms)).collect();
            assert!(
                shares.iter().all(|share| (0.0..=1.0).contains(share)),
                "{shares:?}"
            );
        }
        assert!((scale(&[10.0, 1000.0]).share(100.0) - 0.5).abs() < 0.01);
    }
}
