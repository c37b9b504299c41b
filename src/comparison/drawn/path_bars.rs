//! What each stage of the way from the caller to the model adds, around each quantile.

use super::MOST_SERIES;
use super::phase_bars::{PhaseBar, PhaseBars, PhasePart};
use super::rounded::{bounded, millis};
use crate::comparison::compare::Comparison;
use crate::stats::Probability;
use crate::summary::{Phase, Stage};

impl PhaseBars {
    /// The stages of the whole path, of sides of comparisons, 0 the baseline. Nothing where nobody outside the function
    /// recorded anything.
    pub fn of_path<'c>(sides: &[(&'c Comparison, usize)]) -> Self {
        let sides = &sides[..sides.len().min(MOST_SERIES)];
        // What begins elsewhere cannot stand beside it.
        let begins = sides
            .iter()
            .find_map(|(of, _)| Some(of.path.as_ref()?.is_from_client));
        let of = |(of, side): &(&'c Comparison, usize)| {
            let path = of.path.as_ref()?;
            let means = path.sides[*side].stages.as_ref()?;
            (Some(path.is_from_client) == begins).then_some((path, means))
        };
        let found: Vec<_> = sides
            .iter()
            .enumerate()
            .filter_map(|(place, side)| Some((place, side, of(side)?)))
            .collect();
        let has = |stage: &Stage| {
            let mut around = found.iter().flat_map(|(_, _, (_, means))| &means.around);
            around.any(|around| around.mean_us[stage.place()] > 0.0)
        };
        let stages: Vec<Stage> = Stage::all().filter(has).collect();
        let mut bars = Vec::new();
        for p in [Probability::P50, Probability::P95, Probability::P99] {
            for (place, (of, side), (path, means)) in &found {
                bars.extend(means.around(p).map(|around| {
                    PhaseBar {
                        name: bounded(&of.side(*side).name),
                        place: *place,
                        quantile: p.label(),
                        timed_out: around.limits,
                        is_of_slowest: path.is_of_slowest(*side, p),
                        parts_ms: stages
                            .iter()
                            .map(|stage| millis(around.mean_us[stage.place()]))
                            .collect(),
                    }
                }));
            }
        }
        let part = |stage: Stage| PhasePart {
            name: stage.name().to_owned(),
            place: place_of(stage),
        };
        Self {
            parts: stages.into_iter().map(part).collect(),
            bars,
        }
    }
}

/// The place that gives a stage its colour: phases have that of their own figure.
fn place_of(stage: Stage) -> usize {
    let phases = Phase::ALL.len();
    match stage {
        Stage::Inside(phase) => phase as usize,
        Stage::NotFound => phases + 7,
        outside => phases + outside.place(),
    }
}
