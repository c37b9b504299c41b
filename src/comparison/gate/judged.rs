//! What became of a gate, with everything that an output says of it.

use super::expression::Gate;
use crate::stats::{Confidence, Decision, Interval};

/// What an inconclusive gate does to the exit code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnInconclusive {
    /// It counts as passed.
    Pass,
    /// It counts as passed, with a warning.
    Warn,
    /// It counts as failed.
    Fail,
    /// It has an exit code of its own.
    #[default]
    Distinct,
}

impl OnInconclusive {
    /// The word in options and outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Distinct => "exit-11",
        }
    }
}

/// What the numbers of a gate are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Candidate over baseline, without unit.
    Ratio,
    /// Candidate minus baseline, in microseconds.
    Difference,
    /// Microseconds.
    Time,
    /// From 0 to 1.
    Share,
}

impl Scale {
    /// The word in machine outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ratio => "ratio",
            Self::Difference => "difference_ms",
            Self::Time => "time_ms",
            Self::Share => "share",
        }
    }
}

/// The numbers that a gate is decided on, all on one scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// What they are.
    pub scale: Scale,
    /// The estimate, where there is one.
    pub estimate: Option<f64>,
    /// Whether the estimate falls among timeouts: then it is a lower bound.
    pub is_bound: bool,
    /// The 95 % interval, on which a gate passes.
    pub interval: Interval,
    /// The interval on which it fails: wider than the other for every gate but the first.
    pub to_fail: Interval,
    /// Where the gate begins to fail.
    pub threshold: f64,
    /// Requests of the candidate that were measured.
    pub requests: usize,
    /// Requests of the baseline that were measured, where it is compared with.
    pub baseline_requests: Option<usize>,
}

/// Why a gate is inconclusive.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// The sides differ in something else.
    Confounded {
        /// What differs.
        check: &'static str,
        /// How.
        detail: String,
    },
    /// No request of a side has what is measured.
    Nothing {
        /// The side.
        side: String,
    },
    /// The end of the interval that matters is infinite for want of requests.
    TooFew,
    /// It is infinite because of timeouts, or there is no interval at all.
    Endless,
    /// The quantile rests on so few slow episodes that no interval of it can be believed.
    FewEpisodes {
        /// How many.
        episodes: usize,
    },
    /// Requests of a side were stopped at different times, and the quantile reaches the first of these.
    SeveralLimits {
        /// The side.
        side: String,
    },
    /// The interval holds the threshold.
    Undecided,
    /// It would fail on its own; among several gates that is not sure enough.
    OneOfSeveral,
    /// Invocations whose model is not known, and which timed out or failed, would change the verdict if they were of
    /// one side.
    UnknownModel {
        /// How many.
        invocations: usize,
    },
}

/// Where an inconclusive gate leans.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Leaning {
    /// To pass or to fail.
    pub towards: Decision,
    /// How sure, where that is known, from ½ to 1.
    pub confidence: Option<f64>,
}

/// What a number of requests would bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// An interval with two ends.
    TwoEnds,
    /// An interval as narrow as the margin of the gate.
    Margin,
    /// An interval that ends before the threshold, if the estimate stays what it is.
    Estimate,
}

/// About how many requests an undecided gate needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needed {
    /// For what.
    pub purpose: Purpose,
    /// Of the candidate.
    pub requests: u64,
    /// Of the baseline, where it is compared with.
    pub baseline_requests: Option<u64>,
}

/// One gate and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct GateResult {
    /// The gate.
    pub gate: Gate,
    /// What it came to.
    pub verdict: Decision,
    /// What it was decided on; nothing where a side has nothing to measure.
    pub measured: Option<Measured>,
    /// Why it is inconclusive, if it is.
    pub reason: Option<Reason>,
    /// Where it leans, if it is inconclusive and that can be said.
    pub leaning: Option<Leaning>,
    /// How many requests would decide it, if it is inconclusive and that can be said.
    pub needed: Option<Needed>,
    /// The level of the interval on which it fails.
    pub fail_confidence: Confidence,
}

/// All gates, in the order in which they were given.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// Each gate.
    pub results: Vec<GateResult>,
    /// What an inconclusive one does.
    pub on_inconclusive: OnInconclusive,
    /// Whether a comparison that is not controlled was allowed to decide.
    pub allows_uncontrolled: bool,
}

impl Judged {
    /// What all gates come to: one that fails decides, then one that is inconclusive.
    pub fn verdict(&self) -> Decision {
        let verdicts = self.results.iter().map(|result| result.verdict);
        verdicts.max().unwrap_or(Decision::Inconclusive)
    }

    /// Whether any gate compares the sides.
    pub fn compares(&self) -> bool {
        self.results.iter().any(|result| result.gate.needs_baseline())
    }
}
