//! From gates and sides to verdicts.

use super::arm::{Arm, extremes, killed};
use super::expression::{Gate, Quantity};
use super::judged::{GateResult, Judged, Measured, OnInconclusive, Reason};
use super::measure::{Counted, few_episodes, is_too_few, leaning, measure, needed};
use crate::comparison::control::{Control, ControlState};
use crate::comparison::several_limits::is_beyond_a_limit;
use crate::comparison::side::Side;
use crate::dataset::Columns;
use crate::stats::{Confidence, Decision};
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
            result.verdict = Decision::Inconclusive;
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
        let (baseline, candidate) = rayon::join(
            || self.baseline.map(|side| self.counted(side, &none)),
            || self.counted(self.candidate, &none),
        );
        let nothing = |side: &Side| {
            let side = side.name.clone();
            result(Decision::Inconclusive, None, Some(Reason::Nothing { side }))
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
            return result(Decision::Inconclusive, None, Some(Reason::Endless));
        };
        let verdict = self.decided(&measured);
        let counted: Vec<&Counted> = baseline.iter().chain([&candidate]).collect();
        if verdict != Decision::Inconclusive {
            let few = few_episodes(self.gate, &counted).map(|episodes| Reason::FewEpisodes { episodes });
            let unknown = || self.unknown_that_matter(verdict);
            let reason = self.limited(baseline.as_ref(), &candidate).or(few);
            let reason = reason.or_else(|| unknown().map(|invocations| Reason::UnknownModel { invocations }));
            let verdict = match reason {
                Some(_) => Decision::Inconclusive,
                None => verdict,
            };
            return result(verdict, Some(measured), reason);
        }
        let alone = Decision::of(
            measured.interval,
            measured.interval,
            self.gate.operator,
            measured.threshold,
        );
        let is_open = measured.interval.low.is_none() || measured.interval.high.is_none();
        let reason = match (alone, is_open) {
            (Decision::Fail, _) => Reason::OneOfSeveral,
            (_, true) if is_too_few(self.gate, &counted) => Reason::TooFew,
            (_, true) => Reason::Endless,
            (_, false) => Reason::Undecided,
        };
        GateResult {
            leaning: leaning(self.gate, &measured, baseline.as_ref(), &candidate),
            needed: needed(self.gate, &measured, &counted).filter(|_| reason != Reason::Endless),
            ..result(Decision::Inconclusive, Some(measured), Some(reason))
        }
    }

    fn counted(&self, side: &Side, others: &Columns) -> Option<Counted> {
        let arm = Arm::of(self.gate, side, others, self.failures)?;
        let requests = arm.requests();
        Some(Counted { arm, requests })
    }

    /// Which side's requests were stopped at different times, so that nothing is known of a quantile there.
    fn limited(&self, baseline: Option<&Counted>, candidate: &Counted) -> Option<Reason> {
        let Quantity::Quantile(p, _) = self.gate.quantity else {
            return None;
        };
        let sides = [(self.baseline, baseline), (Some(self.candidate), Some(candidate))];
        let is_limited = |(side, counted): &(Option<&Side>, Option<&Counted>)| match (side, counted) {
            (Some(side), Some(counted)) => match &counted.arm {
                Arm::Times((sample, _)) => is_beyond_a_limit(side, sample, p),
                Arm::Share(..) | Arm::Count { .. } => false,
            },
            _ => false,
        };
        let (side, _) = sides.into_iter().find(is_limited)?;
        Some(Reason::SeveralLimits {
            side: side?.name.clone(),
        })
    }

    fn decided(&self, measured: &Measured) -> Decision {
        Decision::of(
            measured.to_fail,
            measured.interval,
            self.gate.operator,
            measured.threshold,
        )
    }

    /// How many killed invocations without a model there are, if they could make it come to something else.
    fn unknown_that_matter(&self, verdict: Decision) -> Option<usize> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::control::{Check, CheckState};
    use crate::comparison::gate::judged::Purpose;
    use crate::comparison::side::Identity;

    /// `count` invocations of some spread around `scale` milliseconds.
    fn side(name: &str, count: u64, scale: f64) -> Side {
        let value = |n: u64| 1.0 + ((n * 7919) % count) as f64 / count as f64;
        let rows = Columns {
            duration_us: (0..count).map(|n| (scale * 1000.0 * value(n)) as u64).collect(),
            ..Columns::blank(count as usize)
        };
        let identity = Identity {
            name: name.to_owned(),
            ..Identity::default()
        };
        Side::of_rows(identity, rows, Failures::Apart)
    }

    fn judged(gates: &[&str], baseline: &Side, candidate: &Side, control: &Control, allows: bool) -> Judged {
        let options = GateOptions {
            gates: gates.iter().map(|text| text.parse().unwrap()).collect(),
            on_inconclusive: OnInconclusive::Distinct,
            allows_uncontrolled: allows,
        };
        judge(
            &options,
            Some(baseline),
            candidate,
            Some(control),
            Failures::Apart,
        )
    }

    fn control(states: &[CheckState]) -> Control {
        let check = |state: &CheckState| Check {
            name: "memory",
            state: *state,
            detail: format!("{state:?}"),
        };
        Control {
            checks: states.iter().map(check).collect(),
        }
    }

    #[test]
    fn a_confounded_comparison_decides_nothing_but_what_compares_nothing() {
        let (base, cand) = (side("old", 500, 100.0), side("new", 500, 200.0));
        let gates = ["p95 > +10%", "p95 > +50ms", "p95 > 150ms", "timeout_rate > 50%"];
        let verdicts = |states: &[CheckState], allows: bool| -> Vec<Decision> {
            let judged = judged(&gates, &base, &cand, &control(states), allows);
            judged.results.iter().map(|result| result.verdict).collect()
        };
        use Decision::{Fail, Inconclusive, Pass};
        let decided = [Fail, Fail, Fail, Pass];
        assert_eq!(
            verdicts(&[CheckState::Alike, CheckState::Differs], false),
            [Inconclusive, Inconclusive, Fail, Pass]
        );
        assert_eq!(verdicts(&[CheckState::Differs], true), decided);
        for states in [
            &[CheckState::Alike][..],
            &[CheckState::Unknown],
            &[CheckState::Unproven],
            &[],
        ] {
            assert_eq!(verdicts(states, false), decided);
        }
        let confounded = judged(&gates, &base, &cand, &control(&[CheckState::Differs]), false);
        assert_eq!(
            confounded.results[0].reason,
            Some(Reason::Confounded {
                check: "memory",
                detail: "Differs".to_owned()
            })
        );
        assert_eq!(confounded.verdict(), Fail);
    }

    #[test]
    fn all_gates_but_the_first_fail_on_a_wider_interval_and_pass_on_the_same() {
        let (base, cand) = (side("old", 400, 100.0), side("new", 400, 120.0));
        let none = Control::default();
        let alone = judged(&["p50 > +10%"], &base, &cand, &none, false);
        let found = alone.results[0].measured.unwrap();
        assert_eq!(found.interval, found.to_fail);
        let low = (found.interval.low.unwrap() - 1.0) * 100.0;
        // Just below the end of the 95 % interval: enough alone, not as one of several.
        let near = format!("p50 > +{:.4}%", low - 1e-3);
        assert_eq!(
            judged(&[&near], &base, &cand, &none, false).verdict(),
            Decision::Fail
        );
        let several = judged(&["p99 > +90%", &near, "p50 < -90%"], &base, &cand, &none, false);
        assert_eq!(several.results[1].verdict, Decision::Inconclusive);
        assert_eq!(several.results[1].reason, Some(Reason::OneOfSeveral));
        assert!(several.results[1].fail_confidence.as_f64() > 0.98);
        let first = judged(&[&near, "p99 > +90%"], &base, &cand, &none, false);
        assert_eq!(first.results[0].verdict, Decision::Fail);
        let high = (found.interval.high.unwrap() - 1.0) * 100.0;
        let passes = format!("p50 > +{:.4}%", high + 1e-3);
        let several = judged(&["p99 > +90%", &passes], &base, &cand, &none, false);
        assert_eq!(several.results[1].verdict, Decision::Pass);
    }

    #[test]
    fn an_undecided_gate_says_what_it_takes_and_where_it_leans() {
        let (base, cand) = (side("old", 40, 100.0), side("new", 40, 101.0));
        let none = Control::default();
        let judge = |gate: &str| judged(&[gate], &base, &cand, &none, false).results[0].clone();
        let few = judge("p99 > +10%");
        assert_eq!(few.reason, Some(Reason::TooFew));
        let needed = few.needed.unwrap();
        assert_eq!(
            (needed.purpose, needed.requests, needed.baseline_requests),
            (Purpose::TwoEnds, 368, Some(368))
        );
        let wide = judge("p50 > +1%");
        assert_eq!(wide.reason, Some(Reason::Undecided));
        // n·(w/(2 ln(1 + δ)))², by the definition.
        let interval = wide.measured.unwrap().interval;
        let width = (interval.high.unwrap() / interval.low.unwrap()).ln();
        let expected = (40.0 * (width / (2.0 * 1.01_f64.ln())).powi(2)).ceil() as u64;
        let needed = wide.needed.unwrap();
        assert_eq!((needed.purpose, needed.requests), (Purpose::Margin, expected));
        let leaning = judge("p50 > +10%").leaning.unwrap();
        assert_eq!(leaning.towards, Decision::Pass);
        assert!(leaning.confidence.unwrap() > 0.5);
        assert_eq!(judge("p50 < +10%").leaning.unwrap().towards, Decision::Fail);
        let none = judge("timeout_rate > 0.1%").needed.unwrap();
        assert_eq!(
            (none.purpose, none.requests, none.baseline_requests),
            (Purpose::Estimate, 3688, None)
        );
        let nothing = judge("p95(inference) > 1s");
        assert_eq!(
            (nothing.verdict, nothing.reason),
            (
                Decision::Inconclusive,
                Some(Reason::Nothing {
                    side: "new".to_owned()
                })
            )
        );
    }
}
