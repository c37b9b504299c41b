//! What is simulated, and how much of it.

use latscope::stats::Probability;

use super::gates::Gates;
use super::intervals::{Budget, Cell, cells};
use super::methods::Method;
use super::shares::{SharesCount, shares};
use super::sources::{COARSELY_ROUNDED, PAIRS, Source};

/// How many requests each side has where they are independent.
pub(crate) const SIZES: [usize; 6] = [60, 100, 300, 400, 1000, 10_000];
/// Where they are not.
pub(crate) const DEPENDENT_SIZES: [usize; 3] = [300, 1000, 10_000];
/// For shares of inference.
pub(crate) const SHARE_SIZES: [usize; 4] = [30, 100, 300, 1000];
/// For gates of sides that are equal.
pub(crate) const GATE_SIZES: [usize; 3] = [100, 300, 1000];

/// The sources whose requests depend on each other; the first does not.
pub(crate) const DEPENDENT: [Source; 6] = [
    Source::Autoregressive(0.0),
    Source::Autoregressive(0.3),
    Source::Autoregressive(0.5),
    Source::Autoregressive(0.8),
    Source::Autoregressive(0.95),
    Source::Episodes,
];
/// What is asked of these.
pub(crate) const OF_DEPENDENT: [Method; 3] = [Method::Dependent, Method::Interpolated, Method::Independent];

/// The gates of which the true change is known.
pub(crate) const POWER: [(Probability, usize); 5] = [
    (Probability::P95, 100),
    (Probability::P95, 300),
    (Probability::P95, 1000),
    (Probability::P99, 300),
    (Probability::P99, 1000),
];
/// True changes, as shares.
pub(crate) const CHANGES: [f64; 3] = [0.0, 0.1, 0.5];

/// The runs of the page.
pub(crate) const RUNS: u32 = 2000;
/// Those of 10,000 requests.
pub(crate) const RUNS_OF_MANY: u32 = 1500;
/// Those of the bootstrap and of dependent requests.
pub(crate) const RUNS_OF_FEW: u32 = 1000;
/// Those of coarsely rounded requests.
pub(crate) const RUNS_OF_COARSE: u32 = 4000;
/// Those of gates.
pub(crate) const RUNS_OF_GATES: u32 = 2000;
/// Those of shares.
pub(crate) const RUNS_OF_SHARES: u32 = 4000;

/// All that the page shows.
pub(crate) struct Results {
    pub(crate) independent: Vec<Cell>,
    pub(crate) coarse: Vec<Cell>,
    pub(crate) dependent: Vec<Cell>,
    pub(crate) shares: Vec<(usize, SharesCount)>,
    pub(crate) equal: Vec<Gates>,
    pub(crate) equal_and_strongly_dependent: Vec<Gates>,
    pub(crate) power: Vec<Gates>,
}

fn with(runs: u32, threads: usize) -> Budget {
    Budget { runs, threads }
}

/// Everything, with the runs of the page.
pub(crate) fn all(threads: usize) -> Results {
    let independent = |source: Source, n: usize| {
        let runs = if n < 10_000 { RUNS } else { RUNS_OF_MANY };
        let methods = [
            (Method::Independent, runs),
            (Method::Mover, runs),
            (Method::Bootstrap, RUNS_OF_FEW),
        ];
        cells(source, n, &methods, with(runs, threads))
    };
    let of_pairs = |n: usize| {
        PAIRS
            .iter()
            .flat_map(move |pair| independent(Source::Pair(pair), n))
    };
    let coarse = |n: usize| {
        let methods = [(Method::Independent, RUNS_OF_COARSE)];
        cells(
            Source::Pair(&COARSELY_ROUNDED),
            n,
            &methods,
            with(RUNS_OF_COARSE, threads),
        )
    };
    let dependent = |n: usize| {
        let methods = OF_DEPENDENT.map(|method| (method, RUNS_OF_FEW));
        DEPENDENT
            .into_iter()
            .flat_map(move |source| cells(source, n, &methods, with(RUNS_OF_FEW, threads)))
    };
    let gates = |source, n, p, change| Gates::run(source, n, p, change, with(RUNS_OF_GATES, threads));
    let equal = |sources: &[Source]| -> Vec<Gates> {
        let of = |&source: &Source| GATE_SIZES.map(|n| gates(source, n, Probability::P95, 0.0));
        sources.iter().flat_map(of).collect()
    };
    let plain = Source::Pair(&PAIRS[0]);
    Results {
        independent: SIZES.into_iter().flat_map(of_pairs).collect(),
        coarse: SIZES.into_iter().flat_map(coarse).collect(),
        dependent: DEPENDENT_SIZES.into_iter().flat_map(dependent).collect(),
        shares: SHARE_SIZES
            .map(|n| (n, shares(n, with(RUNS_OF_SHARES, threads))))
            .to_vec(),
        equal: equal(&EQUAL),
        equal_and_strongly_dependent: equal(&STRONGLY_DEPENDENT),
        power: POWER
            .into_iter()
            .flat_map(|(p, n)| CHANGES.map(|change| gates(plain, n, p, change)))
            .collect(),
    }
}

/// The sources of both sides of the gates that must not fail.
pub(crate) static EQUAL: [Source; 4] = [
    Source::Pair(&PAIRS[0]),
    Source::Pair(&PAIRS[4]),
    Source::Autoregressive(0.5),
    Source::Halves(0.5),
];
/// Those beyond.
pub(crate) static STRONGLY_DEPENDENT: [Source; 3] = [
    Source::Autoregressive(0.8),
    Source::Autoregressive(0.95),
    Source::Episodes,
];
