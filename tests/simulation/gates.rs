//! How often a gate `p95 > +10%` fails, and how often one does that looks at estimates alone.

use latscope::stats::{Decision, Probability};

use super::intervals::Budget;
use super::methods::{Arm, Method};
use super::runs::{Tally, random, sum};
use super::sources::Source;

/// The margins of the gates: the usual one, and none, at which the truth of equal sides lies.
pub(crate) const MARGINS: [f64; 2] = [0.1, 0.0];

/// What gates of one margin came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Outcomes {
    pub(crate) runs: u64,
    pub(crate) failed: u64,
    pub(crate) passed: u64,
    /// How many would fail if the requests were taken for independent.
    pub(crate) failed_if_independent: u64,
    /// How often the ratio of the estimates alone exceeds the margin.
    pub(crate) failed_by_estimate: u64,
}

impl Tally for Outcomes {
    fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        self.failed += other.failed;
        self.passed += other.passed;
        self.failed_if_independent += other.failed_if_independent;
        self.failed_by_estimate += other.failed_by_estimate;
    }
}

impl Outcomes {
    pub(crate) fn inconclusive(&self) -> u64 {
        self.runs - self.failed - self.passed
    }
}

/// Gates on the same requests, of which only the margin differs.
#[derive(Debug, PartialEq)]
pub(crate) struct Gates {
    pub(crate) source: Source,
    pub(crate) n: usize,
    pub(crate) p: Probability,
    /// By how much the candidate's quantile is truly larger, as a share.
    pub(crate) change: f64,
    /// Of each of [`MARGINS`].
    pub(crate) outcomes: Vec<Outcomes>,
}

impl Gates {
    pub(crate) fn run(source: Source, n: usize, p: Probability, change: f64, budget: Budget) -> Self {
        let name = format!("{source} n={n} {} gate +{change}", p.label());
        let factor = (1.0 + change) / source.ratio(p);
        let outcomes = sum(budget.runs, budget.threads, |run| {
            let mut rng = random(&name, run);
            let [baseline, mut candidate] = source.draw(n, &mut rng);
            candidate.iter_mut().for_each(|value| *value *= factor);
            let arms = [baseline, candidate].map(Arm::new);
            let independent = Method::Independent.answer(&arms, p, &mut rng).interval;
            let answer = Method::Dependent.answer(&arms, p, &mut rng);
            let [baseline, candidate] = arms.map(|arm| arm.sample.quantile(p).value);
            let of_margin = |margin| {
                // Few slow episodes prove nothing.
                let result = match answer.rests_on_few {
                    true => Decision::Inconclusive,
                    false => Decision::of_growth(answer.interval, margin),
                };
                Outcomes {
                    runs: 1,
                    failed: u64::from(result == Decision::Fail),
                    passed: u64::from(result == Decision::Pass),
                    failed_if_independent: u64::from(
                        Decision::of_growth(independent, margin) == Decision::Fail,
                    ),
                    failed_by_estimate: u64::from(candidate / baseline > 1.0 + margin),
                }
            };
            MARGINS.map(of_margin).to_vec()
        });
        Self {
            source,
            n,
            p,
            change,
            outcomes,
        }
    }
}
