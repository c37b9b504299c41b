//! The figures of a comparison.

use crate::comparison::{Comparison, Side};
use crate::invocation::StartType;
use crate::render::chart::{self, Bar, ChartError, Panel, Part, Series};
use crate::render::used_phases;
use crate::stats::Probability;
use crate::summary::Metric;

/// A figure: its file name, what it finds in words, and its SVG text.
pub(super) struct Drawn {
    pub(super) file: &'static str,
    pub(super) alt: String,
    pub(super) svg: String,
}

/// Draws the figures of the report: quantile curves, distributions, and time by part. A figure for
/// which there is no request to draw is absent.
pub(super) fn draw(comparison: &Comparison) -> Result<[Option<Drawn>; 3], ChartError> {
    let drawn = |file: &'static str, alt: String, svg: Result<String, ChartError>| match svg {
        Ok(svg) => Ok(Some(Drawn { file, alt, svg })),
        Err(ChartError::Empty) => Ok(None),
        Err(error) => Err(error),
    };
    Ok([
        drawn(
            "quantiles.svg",
            quantiles_alt(comparison),
            quantile_curves(comparison),
        )?,
        drawn(
            "distributions.svg",
            "Distributions of total time, warm and cold apart".to_owned(),
            distributions(comparison),
        )?,
        drawn(
            "phases.svg",
            "Time by part around p50, p95 and p99 of total time".to_owned(),
            phases(comparison),
        )?,
    ])
}

fn quantiles_alt(comparison: &Comparison) -> String {
    let headline = comparison.headline().and_then(|quantile| quantile.comparison);
    let sides = format!("{} and {}", comparison.baseline.name, comparison.candidate.name);
    match headline.and_then(|found| found.ratio) {
        Some(ratio) => {
            format!("Quantiles of total time of {sides}; p95 of the second is {ratio:.2} times the first")
        }
        None => format!("Quantiles of total time of {sides}"),
    }
}

fn sides(comparison: &Comparison) -> [&Side; 2] {
    [&comparison.baseline, &comparison.candidate]
}

fn quantile_curves(comparison: &Comparison) -> Result<String, ChartError> {
    let series: Vec<Series<'_>> = sides(comparison)
        .into_iter()
        .filter_map(|side| {
            Some(Series {
                name: &side.name,
                sample: side.all.sample(Metric::Total)?,
            })
        })
        .collect();
    chart::quantile_curves("Total time", &series)
}

/// Cold is every start that a request waited for.
fn distributions(comparison: &Comparison) -> Result<String, ChartError> {
    let panel = |title: &'static str, start: StartType| Panel {
        title,
        series: sides(comparison)
            .into_iter()
            .filter_map(|side| {
                Some(Series {
                    name: &side.name,
                    sample: side.start(start)?.latencies.sample(Metric::Total)?,
                })
            })
            .collect(),
    };
    let mut panels = vec![panel("Warm", StartType::Warm), panel("Cold", StartType::Cold)];
    for (title, start) in [
        ("Restored", StartType::Restored),
        ("Provisioned", StartType::Provisioned),
        ("Proactive", StartType::Proactive),
        ("Init retried", StartType::InitRetried),
        ("Unknown start", StartType::Unknown),
    ] {
        let panel = panel(title, start);
        if !panel.series.is_empty() {
            panels.push(panel);
        }
    }
    if panels.iter().all(|panel| panel.series.is_empty()) {
        return Err(ChartError::Empty);
    }
    chart::distributions("total time", &panels)
}

fn phases(comparison: &Comparison) -> Result<String, ChartError> {
    let phases = used_phases(comparison);
    let parts: Vec<Part<'_>> = phases
        .iter()
        .map(|phase| Part {
            name: phase.name(),
            place: *phase as usize,
        })
        .collect();
    let mut labels = Vec::new();
    for p in [Probability::P50, Probability::P95, Probability::P99] {
        for (side, spent) in sides(comparison).into_iter().zip(&comparison.time_spent) {
            labels.extend(spent.around(p).map(|found| (side, found, p.label())));
        }
    }
    let bars: Vec<Bar<'_>> = labels
        .iter()
        .map(|(side, found, label)| Bar {
            series: &side.name,
            quantile: label,
            parts_ms: phases
                .iter()
                .map(|&phase| found.phases_us[phase as usize] / 1000.0)
                .collect(),
        })
        .collect();
    chart::phases(&parts, &bars)
}
