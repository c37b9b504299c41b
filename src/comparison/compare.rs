//! The comparison itself.

use super::adjusted::Adjusted;
use super::control::Control;
use super::doubts::doubts;
use super::effects::Effects;
use super::quantiles::{Arm, COMPARED, ComparedQuantile, compared};
use super::side::Side;
use super::time_spent::TimeSpent;
use super::unattributed::Unattributed;
use crate::dataset::Dataset;
use crate::invocation::{Ledger, StartType};
use crate::stats::{Probability, Verdict};
use crate::summary::{Failures, Metric, Warning};

/// Two sides, compared. Ratios are candidate over baseline: below 1 the candidate is faster.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// What there is today.
    pub baseline: Side,
    /// What might replace it.
    pub candidate: Side,
    /// Total time over all start types: the headline.
    pub total: Vec<ComparedQuantile>,
    /// Duration over all start types.
    pub duration: Vec<ComparedQuantile>,
    /// Inference over all start types.
    pub inference: Vec<ComparedQuantile>,
    /// Total time of warm invocations.
    pub warm: Vec<ComparedQuantile>,
    /// The margin δ of the verdicts: a change below it counts as none.
    pub margin: f64,
    /// Where the time of each side goes.
    pub time_spent: [TimeSpent; 2],
    /// How a typical request fares.
    pub effects: Option<Effects>,
    /// Total time at equal conditions.
    pub adjusted: Adjusted,
    /// Invocations whose model is not known, where models are compared.
    pub unattributed: Option<Unattributed>,
    /// Whether the sides differ in nothing else.
    pub control: Control,
    /// What was done with failed invocations.
    pub failures: Failures,
    /// What a reader must know.
    pub warnings: Vec<Warning>,
}

impl Comparison {
    /// The compared p95 of total time, which the headline is about.
    pub fn headline(&self) -> Option<&ComparedQuantile> {
        self.total.iter().find(|quantile| quantile.p == Probability::P95)
    }
}

/// Compares two sides.
pub fn compare_sides(
    baseline: Side,
    candidate: Side,
    failures: Failures,
    dataset: &Dataset,
    ledger: &Ledger,
) -> Comparison {
    let arms = |metric| [&baseline, &candidate].map(|side| Arm::of_side(side, failures, metric));
    let [total_base, total_cand] = arms(Metric::Total);
    // No margin below what the baseline differs from itself by means anything.
    let floor = total_base
        .as_ref()
        .and_then(|arm| arm.noise_floor(Probability::P95));
    let margin = floor.unwrap_or(0.0).max(Verdict::DEFAULT_MARGIN);
    let of = |[base, cand]: &[Option<Arm>; 2]| compared(base.as_ref(), cand.as_ref(), margin);
    let warm = [&baseline, &candidate].map(|side| {
        let is_warm = |row: usize| side.rows.start[row] == StartType::Warm as u32;
        Arm::of(&side.rows, failures, Metric::Total, is_warm)
    });
    let control = Control::of_sides(&baseline, &candidate, floor, dataset);
    let total = compared(total_base.as_ref(), total_cand.as_ref(), margin);
    let duration = of(&arms(Metric::Duration));
    let inference = of(&arms(Metric::Inference));
    let warm = of(&warm);
    let time_spent = TimeSpent::of_sides([&baseline, &candidate], &total, failures);
    let effects = Effects::of(&baseline, &candidate);
    let adjusted = Adjusted::of(&baseline, &candidate, failures);
    let unattributed = Unattributed::of(&baseline, &candidate, &COMPARED, failures);
    let warnings = doubts(&baseline, &candidate, &total, dataset, ledger);
    Comparison {
        baseline,
        candidate,
        total,
        duration,
        inference,
        warm,
        margin,
        time_spent,
        effects,
        adjusted,
        unattributed,
        control,
        failures,
        warnings,
    }
}
