//! The numbers that a gate is decided on.

use super::arm::Arm;
use super::expression::{Gate, Quantity, Threshold};
use super::judged::{Leaning, Measured, Needed, Purpose, Scale};
use crate::comparison::quantiles::{Worth, compare_worth};
use crate::stats::{
    Confidence, Decision, Interval, Operator, Probability, Proportion, QuantileComparison, Sample,
    growth_needed, min_n_two_sided, requests_to_exclude,
};

/// The numbers of one side and how many requests they are of.
#[derive(Debug, Clone)]
pub(super) struct Counted {
    pub(super) arm: Arm,
    pub(super) requests: usize,
}

/// What is measured with these sides, at the level on which gates pass and at that on which this one fails. `None` if
/// a side has nothing to measure.
pub(super) fn measure(
    gate: &Gate,
    baseline: Option<&Counted>,
    candidate: &Counted,
    fail_confidence: Confidence,
) -> Option<Measured> {
    let both = |interval: &dyn Fn(Confidence) -> Interval| {
        let passing = interval(Confidence::C95);
        let failing = if fail_confidence == Confidence::C95 {
            passing
        } else {
            interval(fail_confidence)
        };
        (passing, failing)
    };
    let measured = |scale, estimate, is_bound, threshold, (interval, to_fail)| Measured {
        scale,
        estimate,
        is_bound,
        interval,
        to_fail,
        threshold,
        requests: candidate.requests,
        baseline_requests: None,
    };
    // At the level on which gates pass, and at the other one if that differs.
    let compared =
        |base: &Worth, cand: &Worth, p: Probability, interval: fn(&QuantileComparison) -> Interval| {
            let found = compare_worth([base, cand], p, Confidence::C95);
            let ends = both(&|level| match level == Confidence::C95 {
                true => interval(&found),
                false => interval(&compare_worth([base, cand], p, level)),
            });
            (found, ends)
        };
    let samples = match (baseline.map(|counted| &counted.arm), &candidate.arm) {
        (Some(Arm::Times(baseline)), Arm::Times(candidate)) => Some((baseline, candidate)),
        _ => None,
    };
    let baseline_requests = baseline.map(|counted| counted.requests);
    match (gate.quantity, gate.threshold) {
        (Quantity::Quantile(p, _), Threshold::Relative(percent)) => {
            let (base, cand) = samples?;
            let (found, ends) = compared(base, cand, p, |found| found.ratio_interval);
            let threshold = 1.0 + percent / 100.0;
            Some(Measured {
                baseline_requests,
                ..measured(Scale::Ratio, found.ratio, false, threshold, ends)
            })
        }
        (Quantity::Quantile(p, _), Threshold::Difference(amount, unit)) => {
            let (base, cand) = samples?;
            let (found, ends) = compared(base, cand, p, |found| found.difference_interval);
            Some(Measured {
                baseline_requests,
                ..measured(
                    Scale::Difference,
                    found.difference,
                    false,
                    unit.micros(amount),
                    ends,
                )
            })
        }
        (Quantity::Quantile(p, _), Threshold::Time(amount, unit)) => {
            let Arm::Times((sample, dependence)) = &candidate.arm else {
                return None;
            };
            let estimate = sample.quantile(p);
            let is_strong = dependence.is_some_and(|found| found.is_strong());
            let ends = both(&|level| match is_strong {
                true => sample.interval_outward(p, level),
                false => sample.interval(p, level),
            });
            Some(measured(
                Scale::Time,
                Some(estimate.value),
                estimate.censored,
                unit.micros(amount),
                ends,
            ))
        }
        (_, Threshold::Share(percent)) => {
            let threshold = percent / 100.0;
            match &candidate.arm {
                Arm::Share(share, effect) => {
                    let interval = |level| share.interval_of_dependent(level, *effect);
                    let ends = both(&|level| interval(level).unwrap_or(Interval::UNBOUNDED));
                    Some(measured(
                        Scale::Share,
                        Some(share.ratio_of_sums()),
                        false,
                        threshold,
                        ends,
                    ))
                }
                Arm::Count { count, total } => {
                    let proportion = Proportion::new(*count, *total)?;
                    let ends = both(&|level| proportion.clopper_pearson(level));
                    Some(measured(
                        Scale::Share,
                        Some(proportion.share()),
                        false,
                        threshold,
                        ends,
                    ))
                }
                Arm::Times(_) => None,
            }
        }
        _ => None,
    }
}

/// Whether an end is infinite because there are too few requests for it.
pub(super) fn is_too_few(gate: &Gate, sides: &[&Counted]) -> bool {
    let least = |sample: &Sample| match gate.quantity {
        Quantity::Quantile(p, _) => sample.effective_size() < min_n_two_sided(p, Confidence::C95) as f64,
        Quantity::InferenceShare | Quantity::Rate(_) => false,
    };
    sides.iter().any(|side| match &side.arm {
        Arm::Times((sample, _)) => least(sample),
        Arm::Share(share, _) => share.requests() < 2,
        Arm::Count { .. } => false,
    })
}

/// The fewest slow episodes that a side's quantile rests on, where they are too few to prove anything of it.
pub(super) fn few_episodes(gate: &Gate, sides: &[&Counted]) -> Option<usize> {
    let Quantity::Quantile(p, _) = gate.quantity else {
        return None;
    };
    let episodes = sides.iter().filter_map(|side| match &side.arm {
        Arm::Times((_, dependence)) => dependence.filter(|found| found.rests_on_few_clusters(p)),
        Arm::Share(..) | Arm::Count { .. } => None,
    });
    episodes.map(|found| found.clusters).min()
}

/// More than this is no advice.
const MOST_REQUESTS: f64 = 1e9;

/// About how many requests would decide, if more of the same came.
pub(super) fn needed(gate: &Gate, measured: &Measured, sides: &[&Counted]) -> Option<Needed> {
    let shared = |purpose: Purpose, requests: u64| Needed {
        purpose,
        requests,
        baseline_requests: measured.baseline_requests.map(|_| requests),
    };
    if let (Quantity::Quantile(p, _), true) = (gate.quantity, is_too_few(gate, sides)) {
        return Some(shared(Purpose::TwoEnds, min_n_two_sided(p, Confidence::C95)));
    }
    if measured.scale == Scale::Share && measured.estimate == Some(0.0) {
        let requests = requests_to_exclude(measured.threshold, Confidence::C95)?;
        return Some(shared(Purpose::Estimate, requests));
    }
    let (low, high) = (measured.interval.low?, measured.interval.high?);
    let is_logarithmic = matches!(measured.scale, Scale::Ratio | Scale::Time);
    let scale = |x: f64| if is_logarithmic { x.ln() } else { x };
    let width = scale(high) - scale(low);
    // An interval no wider than the margin decides where nothing changed.
    let margin = match measured.scale {
        Scale::Ratio => Some(scale(measured.threshold).abs()),
        Scale::Difference => Some(measured.threshold.abs()),
        Scale::Time | Scale::Share => None,
    };
    let of_margin = margin.and_then(|margin| growth_needed(width, margin));
    let of_estimate = || {
        let distance = (scale(measured.estimate?) - scale(measured.threshold)).abs();
        growth_needed(width, distance)
    };
    let (purpose, growth) = match of_margin.filter(|growth| *growth > 1.0) {
        Some(growth) => (Purpose::Margin, growth),
        None => (Purpose::Estimate, of_estimate()?),
    };
    let times = |requests: usize| {
        let more = (requests as f64 * growth).ceil();
        (growth > 1.0 && more < MOST_REQUESTS).then_some(more as u64)
    };
    Some(Needed {
        purpose,
        requests: times(measured.requests)?,
        baseline_requests: match measured.baseline_requests {
            Some(requests) => Some(times(requests)?),
            None => None,
        },
    })
}

/// Where it leans: the confidence that the ratio is on the one side of the threshold, else the side of the estimate.
pub(super) fn leaning(
    gate: &Gate,
    measured: &Measured,
    baseline: Option<&Counted>,
    candidate: &Counted,
) -> Option<Leaning> {
    let below = match gate.operator {
        Operator::Above => Decision::Pass,
        Operator::Below => Decision::Fail,
    };
    let above = match gate.operator {
        Operator::Above => Decision::Fail,
        Operator::Below => Decision::Pass,
    };
    let towards = |is_below: bool| if is_below { below } else { above };
    if let (Scale::Ratio, Some(baseline), Quantity::Quantile(p, _)) =
        (measured.scale, baseline, gate.quantity)
        && let (Arm::Times(base), Arm::Times(cand)) = (&baseline.arm, &candidate.arm)
        && let Some(raised) = scaled(&base.0, measured.threshold)
    {
        let found = compare_worth([&(raised, base.1), cand], p, Confidence::C95);
        let confidence = found.confidence_candidate_smaller;
        return (confidence != 0.5).then(|| Leaning {
            towards: towards(confidence > 0.5),
            confidence: Some(confidence.max(1.0 - confidence)),
        });
    }
    let estimate = measured.estimate?;
    if measured.is_bound && estimate <= measured.threshold {
        return None;
    }
    (estimate != measured.threshold).then(|| Leaning {
        towards: towards(estimate < measured.threshold),
        confidence: None,
    })
}

/// The sample with all its values multiplied.
fn scaled(sample: &Sample, factor: f64) -> Option<Sample> {
    let (complete, limits) = sample.complete_and_limits();
    let scaled = |values: &[f64]| values.iter().map(|value| value * factor).collect();
    Sample::with_censored(scaled(complete), scaled(limits))?.with_effective_size(sample.effective_size())
}
