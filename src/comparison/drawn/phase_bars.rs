//! What the time of the requests around each quantile is spent on.

use serde::{Deserialize, Serialize};

use super::MOST_SERIES;
use super::rounded::{bounded, millis};
use crate::comparison::compare::Comparison;
use crate::stats::Probability;
use crate::summary::Phase;

/// Time by phase of all models.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhaseBars {
    /// The phases that any bar has.
    pub parts: Vec<PhasePart>,
    /// At most three for each of [`MOST_SERIES`] models.
    pub bars: Vec<PhaseBar>,
}

/// A part of the bars.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhasePart {
    /// What it is called.
    pub name: String,
    /// Its place among all phases that there may be, which gives it its colour.
    pub place: usize,
}

/// The mean composition of the latency of one model's requests around one quantile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhaseBar {
    /// The model.
    pub name: String,
    /// Its place among all models, which gives it its look.
    pub place: usize,
    /// Such as `p95`. Bars that follow each other with the same one are a group.
    pub quantile: String,
    /// How many of the requests were stopped: their time is a lower bound.
    pub timed_out: usize,
    /// Whether there are too few requests to tell which are around the quantile: these are the slowest.
    pub is_of_slowest: bool,
    /// The mean of each part in milliseconds.
    pub parts_ms: Vec<f64>,
}

impl PhaseBars {
    /// Of sides of comparisons, 0 the baseline.
    pub fn of(sides: &[(&Comparison, usize)]) -> Self {
        let sides = &sides[..sides.len().min(MOST_SERIES)];
        let is_used = |phase: &Phase| sides.iter().any(|(of, side)| of.time_spent[*side].has(*phase));
        let phases: Vec<Phase> = Phase::ALL.into_iter().filter(is_used).collect();
        let mut bars = Vec::new();
        for p in [Probability::P50, Probability::P95, Probability::P99] {
            for (place, (of, side)) in sides.iter().enumerate() {
                bars.extend(of.time_spent[*side].around(p).map(|found| {
                    PhaseBar {
                        name: bounded(&of.side(*side).name),
                        place,
                        quantile: p.label(),
                        timed_out: found.timeouts,
                        is_of_slowest: of.is_of_slowest(*side, p),
                        parts_ms: phases
                            .iter()
                            .map(|&phase| millis(found.phases_us[phase as usize]))
                            .collect(),
                    }
                }));
            }
        }
        let part = |phase: Phase| PhasePart {
            name: phase.name().to_owned(),
            place: phase as usize,
        };
        Self {
            parts: phases.iter().copied().map(part).collect(),
            bars,
        }
    }
}
