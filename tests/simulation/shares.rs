//! How often the interval of an inference share holds the truth where few requests start cold.

use latscope::stats::{Confidence, Share};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::intervals::Budget;
use super::runs::{Tally, random, sum};

/// How many requests wait for an initialisation.
pub(crate) const COLD: f64 = 0.03;
/// The median times of inference, of what is around it, and of an initialisation, and their spreads.
const INFERENCE: (f64, f64) = (1.0, 0.5);
const OVERHEAD: (f64, f64) = (0.05, 0.5);
const INITIALISATION: (f64, f64) = (2.0, 0.3);

/// How many intervals hold the truth.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct SharesCount {
    pub(crate) runs: u64,
    pub(crate) covered: u64,
}

impl Tally for SharesCount {
    fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        self.covered += other.covered;
    }
}

/// The true ratio of the sums.
pub(crate) fn truth() -> f64 {
    let mean = |(median, sigma): (f64, f64)| median * (0.5 * sigma * sigma).exp();
    let inference = mean(INFERENCE);
    inference / (inference + mean(OVERHEAD) + COLD * mean(INITIALISATION))
}

pub(crate) fn shares(n: usize, budget: Budget) -> SharesCount {
    let (name, truth) = (format!("share n={n}"), truth());
    sum(budget.runs, budget.threads, |run| {
        let mut rng = random(&name, run);
        let share = Share::from_pairs((0..n).map(|_| request(&mut rng)).collect()).unwrap();
        let interval = share.interval(Confidence::C95).unwrap();
        let holds = interval.low.unwrap() <= truth && truth <= interval.high.unwrap();
        SharesCount {
            runs: 1,
            covered: u64::from(holds),
        }
    })
}

/// Inference and all that its caller waited for.
fn request(rng: &mut impl Rng) -> (f64, f64) {
    let mut draw = |(median, sigma): (f64, f64)| {
        let z: f64 = rng.sample(StandardNormal);
        median * (sigma * z).exp()
    };
    let (inference, overhead, initialisation) = (draw(INFERENCE), draw(OVERHEAD), draw(INITIALISATION));
    let is_cold = rng.random::<f64>() < COLD;
    (
        inference,
        inference + overhead + if is_cold { initialisation } else { 0.0 },
    )
}
