//! The figures of the earlier simulation, by which the methods were chosen. Its code is not here.

use latscope::stats::Probability;

/// The worst coverage of the program's method by size and for p50, p95 and p99, in percent.
pub(crate) const COVERAGE: [(usize, [Option<f64>; 3]); 5] = [
    (100, [Some(96.2), Some(97.6), None]),
    (300, [Some(95.8), Some(96.1), None]),
    (400, [None, None, Some(95.7)]),
    (1000, [Some(95.2), Some(95.7), Some(96.2)]),
    (10_000, [Some(94.7), Some(95.1), Some(95.0)]),
];

/// What of slow episodes' intervals held the truth, by size.
pub(crate) const EPISODES: [(usize, &str); 3] = [(300, "83"), (1000, "86–91"), (10_000, "94–98")];

/// What of the intervals of an inference share held the truth, in percent.
pub(crate) const SHARES: [(usize, f64); 4] = [(30, 77.7), (100, 90.2), (300, 93.6), (1000, 94.8)];

/// How often a gate failed.
pub(crate) struct Failed {
    pub(crate) p: Probability,
    pub(crate) n: usize,
    /// For each true change, in percent: by the estimates alone, and by the interval.
    pub(crate) of_changes: [(f64, f64); 3],
}

const fn failed(p: Probability, n: usize, of_changes: [(f64, f64); 3]) -> Failed {
    Failed { p, n, of_changes }
}

/// How often gates failed.
pub(crate) const POWER: [Failed; 5] = [
    failed(Probability::P95, 100, [(25.0, 0.2), (51.0, 1.0), (99.0, 40.0)]),
    failed(Probability::P95, 300, [(13.0, 0.1), (48.0, 1.5), (100.0, 93.0)]),
    failed(Probability::P95, 1000, [(2.7, 0.0), (52.0, 2.5), (100.0, 100.0)]),
    failed(Probability::P99, 300, [(24.0, 0.0), (49.0, 0.0), (98.0, 0.0)]),
    failed(Probability::P99, 1000, [(12.0, 0.0), (51.0, 1.4), (100.0, 93.0)]),
];

/// The requests on each side from which the interval of lognormal requests (σ 0.5) reaches 10 % to each side, for
/// large samples: of p50, p95 and p99.
pub(crate) const REQUESTS_FOR_A_TENTH: [f64; 3] = [332.0, 944.0, 2950.0];
