//! From gates and sides to verdicts.

use super::arm::{Arm, extremes, killed};
use super::decide::{Verdict, decide};
use super::expression::Gate;
use super::judged::{GateResult, Judged, Measured, OnInconclusive, Reason};
use super::measure::{Counted, is_too_few, leaning, measure, needed};
use crate::comparison::control::{Control, ControlState};
use crate::comparison::side::Side;
use crate::dataset::Columns;
use crate::stats::Confidence;
use crate::summary::Failures;

/// The gates and how they are taken.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GateOptions {
    /// The gates; the first is the primary one.
    pub gates: Vec<Gate>,
    /// What an inconclusive one does.
    pub on_inconclusive: OnInconclusive,
    /// Whether a confounded comparison may decide.
    pub allows_uncontrolled: bool,
}

/// Decides every gate.
///
/// The first gate passes and fails on its 95 % interval. Every further one of G passes on its 95 %
/// interval and fails on that of 1 − 5 %/G: passing all needs no correction (Berger 1982), and the
/// chance that any of the others fails wrongly stays below that of the first.
pub fn judge(
    options: &GateOptions,
    baseline: Option<&Side>,
    candidate: &Side,
    control: Option<&Control>,
    failures: Failures,
) -> Judged {
    let confounded = control
        .filter(|control| control.state() == ControlState::Confounded && !options.allows_uncontrolled)
        .and_then(Control::first_difference);
    let judge_one = |(position, gate): (usize, &Gate)| {
        let fail_confidence = match position {
            0 => Confidence::C95,
            _ => Confidence::C95.shared_by(options.gates.len()),
        };
        let sides = Sides {
            gate,
            baseline: baseline.filter(|_| gate.needs_baseline()),
            candidate,
            failures,
            fail_confidence,
        };
        let mut result = sides.judge();
        if let Some(check) = confounded.filter(|_| gate.needs_baseline()) {
            result.verdict = Verdict::Inconclusive;
            result.reason = Some(Reason::Confounded {
                check: check.name,
                detail: check.detail.clone(),
            });
            result.leaning = None;
            result.needed = None;
        }
        result
    };
    Judged {
        results: options.gates.iter().enumerate().map(judge_one).collect(),
        on_inconclusive: options.on_inconclusive,
        allows_uncontrolled: options.allows_uncontrolled,
    }
}

/// One gate and what it is measured on.
struct Sides<'a> {
    gate: &'a Gate,
    baseline: Option<&'a Side>,
    candidate: &'a Side,
    failures: Failures,
    fail_confidence: Confidence,
}

impl Sides<'_> {
    fn judge(&self) -> GateResult {
        let none = Columns::default();
        let result = |verdict, measured, reason| GateResult {
            gate: *self.gate,
            verdict,
            measured,
            reason,
            leaning: None,
            needed: None,
            fail_confidence: self.fail_confidence,
        };
        let baseline = self.baseline.map(|side| self.counted(side, &none));
        let candidate = self.counted(self.candidate, &none);
        let nothing = |side: &Side| {
            let side = side.name.clone();
            result(Verdict::Inconclusive, None, Some(Reason::Nothing { side }))
        };
        let Some(candidate) = candidate else {
            return nothing(self.candidate);
        };
        let baseline = match (self.baseline, baseline) {
            (Some(side), Some(None)) => return nothing(side),
            (_, baseline) => baseline.flatten(),
        };
        let measured = measure(self.gate, baseline.as_ref(), &candidate, self.fail_confidence);
        let Some(measured) = measured else {
            return result(Verdict::Inconclusive, None, Some(Reason::Endless));
        };
        let verdict = self.decided(&measured);
        if verdict != Verdict::Inconclusive {
            let unknown = self.unknown_that_matter(verdict);
            let reason = unknown.map(|invocations| Reason::UnknownModel { invocations });
            let verdict = match reason {
                Some(_) => Verdict::Inconclusive,
                None => verdict,
            };
            return result(verdict, Some(measured), reason);
        }
        let counted: Vec<&Counted> = baseline.iter().chain([&candidate]).collect();
        let alone = decide(
            measured.interval,
            measured.interval,
            self.gate.operator,
            measured.threshold,
        );
        let is_open = measured.interval.low.is_none() || measured.interval.high.is_none();
        let reason = match (alone, is_open) {
            (Verdict::Fail, _) => Reason::OneOfSeveral,
            (_, true) if is_too_few(self.gate, &counted) => Reason::TooFew,
            (_, true) => Reason::Endless,
            (_, false) => Reason::Undecided,
        };
        GateResult {
            leaning: leaning(self.gate, &measured, baseline.as_ref(), &candidate),
            needed: needed(self.gate, &measured, &counted).filter(|_| reason != Reason::Endless),
            ..result(Verdict::Inconclusive, Some(measured), Some(reason))
        }
    }

    fn counted(&self, side: &Side, others: &Columns) -> Option<Counted> {
        let arm = Arm::of(self.gate, side, others, self.failures)?;
        let requests = arm.requests();
        Some(Counted { arm, requests })
    }

    fn decided(&self, measured: &Measured) -> Verdict {
        decide(
            measured.to_fail,
            measured.interval,
            self.gate.operator,
            measured.threshold,
        )
    }

    /// How many killed invocations without a model there are, if they could make it come to something else.
    fn unknown_that_matter(&self, verdict: Verdict) -> Option<usize> {
        let none = Columns::default();
        let holds = |of_baseline: &Columns, of_candidate: &Columns| {
            let baseline = match self.baseline {
                Some(side) => Some(self.counted(side, of_baseline)?),
                None => None,
            };
            let candidate = self.counted(self.candidate, of_candidate)?;
            let measured = measure(self.gate, baseline.as_ref(), &candidate, self.fail_confidence)?;
            Some(self.decided(&measured) == verdict)
        };
        let of_candidate = killed(self.gate, self.candidate);
        let of_baseline = self.baseline.map(|side| killed(self.gate, side));
        let candidate_cases = extremes(self.gate, &of_candidate);
        let is_candidate_safe = of_candidate.is_empty()
            || candidate_cases
                .iter()
                .all(|case| holds(&none, case) == Some(true));
        let is_baseline_safe = of_baseline
            .as_ref()
            .is_none_or(|rows| rows.is_empty() || holds(rows, &none) == Some(true));
        let baseline_count = of_baseline.as_ref().map_or(0, Columns::len);
        (!is_candidate_safe || !is_baseline_safe).then(|| of_candidate.len().max(baseline_count))
    }
}
