//! Samples that the tests of reductions share.

use crate::comparison::side::{Identity, Side};
use crate::dataset::Columns;
use crate::stats::Sample;
use crate::summary::Failures;

/// A sample of `n` values in microseconds that rise from the median along a lognormal-like curve through the 95th
/// percentile and bend up to the 99th. All three are in milliseconds.
pub(crate) fn latencies(n: usize, p50: f64, p95: f64, p99: f64) -> Sample {
    let values = (0..n).map(|k| {
        let p = (k as f64 + 0.5) / n as f64;
        let z = z_score(p);
        let slope = if z < 0.0 {
            0.7 * (p95 / p50).ln() / 1.645
        } else {
            (p95 / p50).ln() / 1.645
        };
        let bend = (z - 1.645).max(0.0) * ((p99 / p95).ln() / 0.681 - slope);
        (1000.0 * p50 * (slope * z + bend).exp()).round()
    });
    Sample::new(values.collect()).unwrap()
}

/// The normal quantile by Tukey's lambda: close enough to draw.
fn z_score(p: f64) -> f64 {
    (p.powf(0.1349) - (1.0 - p).powf(0.1349)) / 0.1975
}

/// A sample of milliseconds.
pub(crate) fn exactly(ms: &[f64]) -> Sample {
    Sample::new(ms.iter().map(|ms| ms * 1000.0).collect()).unwrap()
}

/// A side of these invocations.
pub(crate) fn side(name: &str, rows: Columns) -> Side {
    let identity = Identity {
        name: name.to_owned(),
        ..Identity::default()
    };
    Side::of_rows(identity, rows, Failures::Apart)
}

/// A number as figures have it.
pub(crate) fn round(number: f64) -> f64 {
    super::rounded::rounded(number)
}
