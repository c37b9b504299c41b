//! How often intervals hold the true ratio, and how wide they are.

use latscope::stats::{Confidence, Probability, min_n_two_sided};

use super::methods::{Answer, Arm, Method};
use super::runs::{Tally, random, sum};
use super::sources::Source;

/// The quantiles that are looked at.
pub(crate) const QUANTILES: [Probability; 3] = [Probability::P50, Probability::P95, Probability::P99];

/// By so much, as a share, an end may miss the truth.
const ROUNDING: f64 = 1e-9;

/// What came of the intervals of one method.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Count {
    pub(crate) runs: u64,
    /// With both ends finite.
    pub(crate) finite: u64,
    /// Of these, how many hold the truth.
    pub(crate) covered: u64,
    /// How many lie above the truth, and how many below; an infinite end never misses.
    pub(crate) above: u64,
    pub(crate) below: u64,
    /// How many rest on too few slow episodes for a verdict.
    pub(crate) few: u64,
    /// Of these, how many miss the truth.
    pub(crate) few_missed: u64,
    /// The sum of the logarithmic widths of the finite ones.
    pub(crate) width: f64,
}

impl Tally for Count {
    fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        self.finite += other.finite;
        self.covered += other.covered;
        self.above += other.above;
        self.below += other.below;
        self.few += other.few;
        self.few_missed += other.few_missed;
        self.width += other.width;
    }
}

impl Count {
    fn of(answer: Answer, truth: f64) -> Self {
        let (low, high) = (answer.interval.low, answer.interval.high);
        // Where values are tied an end can be the truth but for rounding.
        let is_above = low.is_some_and(|low| low > truth * (1.0 + ROUNDING));
        let is_below = high.is_some_and(|high| high < truth * (1.0 - ROUNDING));
        let holds = !is_above && !is_below;
        let width = low.zip(high).map(|(low, high)| high.ln() - low.ln());
        Self {
            runs: 1,
            finite: u64::from(width.is_some()),
            covered: u64::from(width.is_some() && holds),
            above: u64::from(is_above),
            below: u64::from(is_below),
            few: u64::from(answer.rests_on_few),
            few_missed: u64::from(answer.rests_on_few && !holds),
            width: width.unwrap_or(0.0),
        }
    }

    /// How many of all intervals, with infinite ends too, hold the truth.
    pub(crate) fn held(&self) -> u64 {
        self.runs - self.above - self.below
    }

    /// The mean logarithmic width of the finite ones.
    pub(crate) fn mean_width(&self) -> f64 {
        self.width / self.finite as f64
    }
}

/// What came of each method at one quantile.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cell {
    pub(crate) source: Source,
    pub(crate) n: usize,
    pub(crate) p: Probability,
    methods: Vec<(Method, Count)>,
}

impl Cell {
    pub(crate) fn of(&self, method: Method) -> &Count {
        let found = self.methods.iter().find(|(of, _)| *of == method);
        &found.unwrap().1
    }

    pub(crate) fn has(&self, method: Method) -> bool {
        self.methods.iter().any(|(of, _)| *of == method)
    }
}

/// How much is simulated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    pub(crate) runs: u32,
    pub(crate) threads: usize,
}

/// So many runs show that too few requests for a finite interval never have one.
const RUNS_WITHOUT_END: u32 = 100;

/// One source at one size: a cell for each quantile. Each method has its number of runs, the first of the budget's.
pub(crate) fn cells(source: Source, n: usize, methods: &[(Method, u32)], budget: Budget) -> Vec<Cell> {
    let name = format!("{source} n={n}");
    let ratios = QUANTILES.map(|p| source.ratio(p));
    let counts: Vec<Count> = sum(budget.runs, budget.threads, |run| {
        let mut rng = random(&name, run);
        let arms = source.draw(n, &mut rng).map(Arm::new);
        let mut counts = Vec::new();
        for (p, ratio) in QUANTILES.into_iter().zip(ratios) {
            let is_enough = n as u64 >= min_n_two_sided(p, Confidence::C95);
            counts.extend(methods.iter().map(|&(method, runs)| {
                match run < runs && (is_enough || run < RUNS_WITHOUT_END) {
                    true => Count::of(method.answer(&arms, p, &mut rng), ratio),
                    false => Count::default(),
                }
            }));
        }
        counts
    });
    let of_quantiles = QUANTILES.into_iter().zip(counts.chunks_exact(methods.len()));
    of_quantiles
        .map(|(p, counts)| Cell {
            source,
            n,
            p,
            methods: methods
                .iter()
                .map(|(method, _)| *method)
                .zip(counts.iter().cloned())
                .collect(),
        })
        .collect()
}
