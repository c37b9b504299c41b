//! The comparison itself.

use rayon::join;

use super::adjusted::Adjusted;
use super::answers::Answers;
use super::control::Control;
use super::doubts::doubts;
use super::effects::Effects;
use super::fan_out::{FanOut, fan_out};
use super::limits::SideLimits;
use super::path::Path;
use super::prompt_pairs::PromptPairs;
use super::quantiles::{Arm, COMPARED, ComparedQuantile, adjust_exploratory, compared, give_verdicts};
use super::rates::ComparedRate;
use super::several_limits::SeveralLimits;
use super::side::Side;
use super::slowest::{SlowRequest, slowest};
use super::time_spent::TimeSpent;
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
    /// Where the time of each side goes.
    pub time_spent: [TimeSpent; 2],
    /// How a typical request fares.
    pub effects: Option<Effects>,
    /// The same prompts on both sides; absent where the logs do not tell prompts apart.
    pub pairs: Option<PromptPairs>,
    /// Total time at equal conditions.
    pub adjusted: Adjusted,
    /// The answers of baseline and candidate; absent where a side does not tell of them.
    pub answers: [Option<Answers>; 2],
    /// How often requests of each side fail, time out or are throttled.
    pub rates: Vec<ComparedRate>,
    /// How near baseline and candidate come to limits of time.
    pub limits: [SideLimits; 2],
    /// The slowest requests of baseline and candidate.
    pub slowest: [Vec<SlowRequest>; 2],
    /// What becomes of several calls at once.
    pub fan_out: Vec<FanOut>,
    /// What comes of requests that were stopped at different times, where some were.
    pub several_limits: Option<SeveralLimits>,
    /// What callers and API Gateway saw; absent where nobody outside the function recorded anything.
    pub path: Option<Path>,
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
        self.total_at(Probability::P95)
    }

    /// A compared quantile of total time.
    pub fn total_at(&self, p: Probability) -> Option<&ComparedQuantile> {
        self.total.iter().find(|quantile| quantile.p == p)
    }

    /// A side, 0 the baseline.
    pub fn side(&self, side: usize) -> &Side {
        match side {
            0 => &self.baseline,
            _ => &self.candidate,
        }
    }

    /// Whether a side, 0 the baseline, has too few requests to tell which are around a quantile of its total time, so that
    /// the slowest stand for them.
    pub fn is_of_slowest(&self, side: usize, p: Probability) -> bool {
        self.total_at(p)
            .is_some_and(|compared| compared.is_of_slowest(side))
    }

    /// The same with what callers and API Gateway saw of its requests, and what must be known of that.
    #[must_use]
    pub fn with_path(self, path: Option<Path>) -> Self {
        let names = [self.baseline.name.as_str(), self.candidate.name.as_str()];
        let of_path: Vec<Warning> = path.iter().flat_map(|path| path.warnings(names)).collect();
        let mut warnings = self.warnings;
        warnings.extend(of_path);
        Self {
            path,
            warnings,
            ..self
        }
    }

    /// Whether requests stopped at several limits leave a quantile of total time without a verdict.
    pub fn is_beyond_a_limit(&self, p: Probability) -> bool {
        let several = self.several_limits.as_ref();
        several.is_some_and(|several| several.undecided.contains(&p))
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
    let of = |at: usize| compared(base[at].as_ref(), cand[at].as_ref());
    // What is independent of each other runs beside each other; the results do not depend on how.
    let answers = |side: &Side| Answers::of(&side.rows, &side.arrivals);
    let (
        (mut total, (mut duration, (mut inference, mut warm))),
        ((floor, control), (adjusted, (effects, (pairs, answers)))),
    ) = join(
        || {
            let rest = || join(|| of(1), || join(|| of(2), || of(3)));
            join(|| of(0), rest)
        },
        || {
            let control = || {
                let floor = base[0].as_ref().and_then(|arm| arm.noise_floor(Probability::P95));
                let at_p95 = [&base[0], &cand[0]].map(|arm| arm.as_ref()?.dependence(Probability::P95));
                (
                    floor,
                    Control::of_sides(&baseline, &candidate, at_p95, floor, dataset),
                )
            };
            let adjusted = || Adjusted::of(&baseline, &candidate, failures);
            let effects = || Effects::of(&baseline, &candidate);
            let pairs = || PromptPairs::of([&baseline.rows, &candidate.rows], failures);
            let answers = || join(|| answers(&baseline), || answers(&candidate));
            join(control, || {
                join(adjusted, || join(effects, || join(pairs, answers)))
            })
        },
    );
    // No margin below what the baseline differs from itself by means anything.
    let margin = floor.unwrap_or(0.0).max(margin);
    for (at, quantiles) in [&mut total, &mut duration, &mut inference, &mut warm]
        .into_iter()
        .enumerate()
    {
        give_verdicts(quantiles, base[at].as_ref(), cand[at].as_ref(), margin);
    }
    let sides = [&baseline, &candidate];
    let several_limits = SeveralLimits::of(sides)
        .map(|several| several.judging(sides, [&mut total, &mut duration, &mut inference, &mut warm]));
    adjust_exploratory([&mut total, &mut duration, &mut inference, &mut warm]);
    let (total_now, effect) = (&total, |side: usize| design_effect(&total, side));
    let limits = |side: usize| SideLimits::of(sides[side], effect(side));
    let slowest = || sides.map(|side| slowest(side, failures));
    let (time_spent, (rates, ((fan_out, slowest), (limits, (unattributed, mut warnings))))) = join(
        || TimeSpent::of_sides(sides, total_now, failures),
        || {
            let limits = || [limits(0), limits(1)];
            let others = || {
                join(
                    || Unattributed::of(sides[0], sides[1], &COMPARED, failures),
                    || doubts(sides[0], sides[1], total_now, dataset, ledger),
                )
            };
            join(
                || ComparedRate::all(sides),
                || {
                    join(
                        || (fan_out([base[0].as_ref(), cand[0].as_ref()]), slowest()),
                        || join(limits, others),
                    )
                },
            )
        },
    );
    let answers = [answers.0, answers.1];
    if let Some(several) = &several_limits {
        warnings.splice(0..0, several.warnings(sides.map(|side| side.name.as_str())));
    }
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
        pairs,
        adjusted,
        answers,
        rates,
        limits,
        slowest,
        fan_out,
        several_limits,
        path: None,
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

/// How many requests of a side are worth one independent one at p95 of total time; 1 where their order is not known.
fn design_effect(total: &[ComparedQuantile], side: usize) -> f64 {
    let headline = total.iter().find(|quantile| quantile.p == Probability::P95);
    headline
        .and_then(|quantile| quantile.dependence[side])
        .map_or(1.0, |dependence| dependence.design_effect())
}
