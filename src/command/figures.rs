//! The figures of a comparison.

use crate::comparison::{Comparison, PARTS, Side};
use crate::invocation::StartType;
use crate::render::chart::{self, Bar, ChartError, Panel, Series};
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
    let is_used = |part: usize| {
        sides(comparison)
            .iter()
            .any(|side| side.composition.iter().any(|row| row.parts_us[part] > 0.0))
    };
    let parts: Vec<usize> = (0..PARTS.len()).filter(|&part| is_used(part)).collect();
    let names: Vec<&str> = parts.iter().map(|&part| PARTS[part]).collect();
    let mut labels = Vec::new();
    for index in 0..3 {
        for side in sides(comparison) {
            if let Some(row) = side.composition.get(index) {
                labels.push((side, row, row.p.label()));
            }
        }
    }
    let bars: Vec<Bar<'_>> = labels
        .iter()
        .map(|(side, row, label)| Bar {
            series: &side.name,
            quantile: label,
            parts_ms: parts.iter().map(|&part| row.parts_us[part] / 1000.0).collect(),
        })
        .collect();
    chart::phases(&names, &bars)
}
