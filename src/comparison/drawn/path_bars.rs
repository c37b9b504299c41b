//! What each stage of the way from the caller to the model adds, around each quantile.

use super::MOST_SERIES;
use super::phase_bars::{PhaseBar, PhaseBars, PhasePart};
use super::rounded::{bounded, millis};
use crate::comparison::compare::Comparison;
use crate::comparison::path::PathSide;
use crate::stats::Probability;
use crate::summary::{Phase, Stage};

impl PhaseBars {
    /// The stages of the whole path, of sides of comparisons, 0 the baseline. Nothing where nobody outside the function
    /// recorded anything.
    pub fn of_path(sides: &[(&Comparison, usize)]) -> Self {
        let sides = &sides[..sides.len().min(MOST_SERIES)];
        // What begins elsewhere cannot stand beside it.
        let begins = sides
            .iter()
            .find_map(|(of, _)| Some(of.path.as_ref()?.is_from_client));
        let of = |(of, side): &(&Comparison, usize)| {
            let path = of
                .path
                .as_ref()
                .filter(|path| Some(path.is_from_client) == begins)?;
            Some(path.sides[*side].clone())
        };
        let found: Vec<(usize, &(&Comparison, usize), PathSide)> = sides
            .iter()
            .enumerate()
            .filter_map(|(place, side)| Some((place, side, of(side)?)))
            .collect();
        let has = |stage: &Stage| {
            let mut means = found.iter().filter_map(|(_, _, side)| side.stages.as_ref());
            means.any(|means| {
                means
                    .around
                    .iter()
                    .any(|around| around.mean_us[stage.place()] > 0.0)
            })
        };
        let stages: Vec<Stage> = Stage::all().filter(has).collect();
        let mut bars = Vec::new();
        for p in [Probability::P50, Probability::P95, Probability::P99] {
            for (place, (of, side), path) in &found {
                let Some(around) = path.stages.as_ref().and_then(|means| means.around(p)) else {
                    continue;
                };
                bars.push(PhaseBar {
                    name: bounded(match side {
                        0 => &of.baseline.name,
                        _ => &of.candidate.name,
                    }),
                    place: *place,
                    quantile: p.label(),
                    timed_out: around.limits,
                    is_of_slowest: of.path.as_ref().is_some_and(|path| path.is_of_slowest(*side, p)),
                    parts_ms: stages
                        .iter()
                        .map(|stage| millis(around.mean_us[stage.place()]))
                        .collect(),
                });
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
