//! The comparison itself.

use rayon::join;

use super::adjusted::Adjusted;
use super::control::Control;
use super::doubts::doubts;
use super::effects::Effects;
use super::quantiles::{Arm, COMPARED, ComparedQuantile, compared};
use super::side::Side;
use super::unattributed::Unattributed;
use crate::dataset::Dataset;
use crate::invocation::{Ledger, StartType};
use crate::stats::Probability;
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

/// Compares two sides. A change below `margin`, a share, counts as none.
pub fn compare_sides(
    baseline: Side,
    candidate: Side,
    failures: Failures,
    margin: f64,
    dataset: &Dataset,
    ledger: &Ledger,
) -> Comparison {
    let (base, cand) = join(|| arms(&baseline, failures), || arms(&candidate, failures));
    // No margin below what the baseline differs from itself by means anything.
    let floor = base[0].as_ref().and_then(|arm| arm.noise_floor(Probability::P95));
    let margin = floor.unwrap_or(0.0).max(margin);
    let of = |at: usize| compared(base[at].as_ref(), cand[at].as_ref(), margin);
    // What is independent of each other runs beside each other; the results do not depend on how.
    let ((total, (duration, (inference, warm))), (control, (adjusted, effects))) = join(
        || {
            let rest = || join(|| of(1), || join(|| of(2), || of(3)));
            join(|| of(0), rest)
        },
        || {
            let adjusted = || Adjusted::of(&baseline, &candidate, failures);
            let effects = || Effects::of(&baseline, &candidate);
            join(
                || Control::of_sides(&baseline, &candidate, floor, dataset),
                || join(adjusted, effects),
            )
        },
    );
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
        effects,
        adjusted,
        unattributed,
        control,
        failures,
        warnings,
    }
}

/// Total time, duration, inference, and total time of warm invocations.
fn arms(side: &Side, failures: Failures) -> [Option<Arm<'_>>; 4] {
    let wanted = [
        (Metric::Total, None),
        (Metric::Duration, None),
        (Metric::Inference, None),
        (Metric::Total, Some(StartType::Warm)),
    ];
    Arm::of_side(side, failures, wanted)
}
