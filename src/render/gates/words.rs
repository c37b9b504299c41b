//! What is said of gates, in words, before any dialect escapes it.

use std::collections::BTreeSet;

use crate::comparison::{
    CheckState, Control, ControlState, GateResult, Judged, Measured, OnInconclusive, Purpose, Reason, Scale,
    Side,
};
use crate::render::scale::{interval, millis, percent, plural, signed_millis};
use crate::stats::{Decision, Interval};
use crate::summary::Warning;
use crate::vocab::{counted, grouped};

/// Everything that the outputs of a check show.
#[derive(Debug, Clone, Copy)]
pub struct CheckView<'a> {
    /// The gates and what became of them.
    pub judged: &'a Judged,
    /// What there is today, where it was given.
    pub baseline: Option<&'a Side>,
    /// What is checked.
    pub candidate: &'a Side,
    /// Whether the sides differ in nothing else, where there are two.
    pub control: Option<&'a Control>,
    /// What a reader must know.
    pub warnings: &'a [Warning],
    /// The exit code.
    pub exit_code: u8,
}

impl CheckView<'_> {
    /// What was checked, the names as the dialect shows them.
    pub(super) fn subject(&self, show: &dyn Fn(&str) -> String) -> String {
        let candidate = show(&self.candidate.name);
        match self.baseline {
            Some(baseline) => format!("{candidate} against {}", show(&baseline.name)),
            None => candidate,
        }
    }

    /// What the gates do not hold, a line each: control, invocations on no side, warnings. May hold names.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut lines = control_lines(self.judged, self.control);
        let sides = self.baseline.into_iter().chain([self.candidate]);
        let unknown: BTreeSet<u32> = sides.flat_map(|side| &side.without_model.row).copied().collect();
        if !unknown.is_empty() {
            lines.push(format!(
                "{} on no side, for no record names the model",
                plural(unknown.len() as u64, "invocation is", "invocations are")
            ));
        }
        lines.extend(self.warnings.iter().map(|warning| format!("warning: {warning}")));
        lines
    }
}

/// The verdict as it stands in front of a gate.
pub(super) const fn verdict_word(verdict: Decision) -> &'static str {
    match verdict {
        Decision::Pass => "PASS",
        Decision::Inconclusive => "INCONCLUSIVE",
        Decision::Fail => "FAIL",
    }
}

/// Estimate and interval.
pub(super) fn measured(measured: &Measured) -> String {
    let bound = if measured.is_bound { "≥ " } else { "" };
    let (unit, range) = shown(measured.scale, measured.interval);
    match measured.estimate {
        Some(estimate) => format!("{bound}{}{unit} {range}", number(measured.scale, estimate)),
        None if measured.interval == Interval::UNBOUNDED => "no estimate".to_owned(),
        None => format!("no estimate, {range}{unit}"),
    }
}

fn shown(scale: Scale, range: Interval) -> (&'static str, String) {
    let unit = match scale {
        Scale::Ratio | Scale::Share => " %",
        Scale::Difference | Scale::Time => " ms",
    };
    // Signs of both ends would hide a dash between them.
    let text = match (scale, range.low, range.high) {
        (Scale::Ratio | Scale::Difference, Some(low), Some(high)) => {
            format!("({} to {})", number(scale, low), number(scale, high))
        }
        _ => interval(range, |end| number(scale, end)),
    };
    (unit, text)
}

/// A number of a scale without its unit.
fn number(scale: Scale, value: f64) -> String {
    match scale {
        Scale::Ratio => {
            let change = (value - 1.0) * 100.0;
            let sign = if change < 0.0 { "−" } else { "+" };
            format!("{sign}{:.1}", change.abs())
        }
        Scale::Difference => signed_millis(value),
        Scale::Time => millis(value),
        Scale::Share => percent(value).trim_end_matches(" %").to_owned(),
    }
}

/// How many requests were measured.
pub(super) fn requests(measured: &Measured) -> String {
    let own = counted(measured.requests as u64, "request");
    match measured.baseline_requests {
        Some(baseline) => format!("{own} against {}", grouped(baseline as u64)),
        None => own,
    }
}

/// What was measured, in a sentence part: `+32.1 % (+21.0 to +43.2), 1,199 requests against 1,200`.
pub(super) fn finding(result: &GateResult) -> String {
    match &result.measured {
        Some(found) => format!("{}, {}", measured(found), requests(found)),
        None => "nothing was measured".to_owned(),
    }
}

/// Why a gate is inconclusive, where it leans and what it would take. May hold names.
pub(super) fn doubt(result: &GateResult, judged: &Judged) -> Option<String> {
    let mut parts = vec![reason(result, judged)?];
    parts.extend(result.needed.map(|needed| {
        let own = counted(needed.requests, "request");
        let all = match needed.baseline_requests {
            Some(baseline) if baseline == needed.requests => format!("{own} on each side"),
            Some(baseline) => format!("{own} against {}", grouped(baseline)),
            None => own,
        };
        match needed.purpose {
            Purpose::TwoEnds => format!("it takes at least {all}"),
            Purpose::Margin => format!("about {all} would make it as narrow as the margin"),
            Purpose::Estimate => format!("about {all} would decide it if the estimate stayed"),
        }
    }));
    parts.extend(result.leaning.map(|leaning| {
        let sure = leaning.confidence.map_or_else(String::new, |confidence| {
            format!(" ({} confidence)", percent(confidence))
        });
        format!("it leans to {}{sure}", leaning.towards.name())
    }));
    Some(parts.join("; "))
}

fn reason(result: &GateResult, judged: &Judged) -> Option<String> {
    Some(match result.reason.as_ref()? {
        Reason::Confounded { check, detail } => format!(
            "the sides differ in more than what is compared: {check}: {detail}; --allow-uncontrolled decides all the same"
        ),
        Reason::Nothing { side } => format!("no request of {side} has what the gate measures"),
        Reason::TooFew => "there are too few requests for an interval with two ends".to_owned(),
        Reason::Endless => {
            "timeouts, or values at the end of what is possible, leave the interval without an end".to_owned()
        }
        Reason::FewEpisodes { episodes } => format!(
            "the slow requests came in {}, too few to prove anything of this quantile",
            counted(*episodes as u64, "episode")
        ),
        Reason::SeveralLimits { side } => format!(
            "some requests of {side} were stopped where others ran on, and this quantile reaches that limit"
        ),
        Reason::Undecided => "the interval holds the threshold".to_owned(),
        Reason::OneOfSeveral => {
            let wider = result.measured.map_or_else(String::new, |found| {
                let (unit, range) = shown(found.scale, found.to_fail);
                format!(" {range}{unit}")
            });
            format!(
                "it would fail alone, but among {} gates all but the first fail only on their {:.2} % interval{wider}",
                judged.results.len(),
                result.fail_confidence.as_f64() * 100.0
            )
        }
        Reason::UnknownModel { invocations } => format!(
            "{} that timed out or failed before the model was logged would change this if they were of one side",
            counted(*invocations as u64, "invocation")
        ),
    })
}

/// What all gates come to.
pub(super) fn conclusion(judged: &Judged) -> String {
    let count = |verdict: Decision| {
        judged
            .results
            .iter()
            .filter(|result| result.verdict == verdict)
            .count()
    };
    let (failed, open) = (count(Decision::Fail), count(Decision::Inconclusive));
    let all = counted(judged.results.len() as u64, "gate");
    let open = match (open, judged.on_inconclusive) {
        (0, _) => String::new(),
        (open, OnInconclusive::Pass | OnInconclusive::Warn) => {
            format!(", {open} inconclusive, which counts as passed")
        }
        (open, OnInconclusive::Fail) => format!(", {open} inconclusive, which counts as failed"),
        (open, OnInconclusive::Distinct) => format!(", {open} inconclusive"),
    };
    format!("{all}: {} passed, {failed} failed{open}", count(Decision::Pass))
}

/// Whether the sides differ in anything else, where gates compare them. May hold names.
pub(super) fn control_lines(judged: &Judged, control: Option<&Control>) -> Vec<String> {
    let Some(control) = control.filter(|_| judged.compares()) else {
        return Vec::new();
    };
    let of = |states: &[CheckState]| {
        let checks = control
            .checks
            .iter()
            .filter(|check| states.contains(&check.state));
        checks
            .map(|check| format!("{}: {}", check.name, check.detail))
            .collect::<Vec<_>>()
    };
    let unverified = of(&[CheckState::Unknown, CheckState::Unproven]);
    let mut lines = match control.state() {
        ControlState::Controlled => {
            vec!["Controlled: nothing else that the logs tell differs between the sides.".to_owned()]
        }
        ControlState::Unverified if unverified.is_empty() => {
            vec!["Unverified: whether anything else differs between the sides was not checked.".to_owned()]
        }
        ControlState::Unverified => Vec::new(),
        ControlState::Confounded => {
            let allowed = if judged.allows_uncontrolled {
                "allowed by --allow-uncontrolled"
            } else {
                "so what compares the sides is inconclusive"
            };
            vec![format!(
                "Confounded, {allowed}: {}",
                of(&[CheckState::Differs]).join("; ")
            )]
        }
    };
    if !unverified.is_empty() {
        lines.push(format!("Unverified: {}", unverified.join("; ")));
    }
    lines
}
