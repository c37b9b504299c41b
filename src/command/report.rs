//! `latscope report`: would the candidate help?

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::error::Error;
use super::load::{Common, Loaded};
use super::selector::{Resolved, Selector};
use crate::comparison::{Comparison, PARTS, Side, compare_sides};
use crate::dataset::{Columns, Dataset, Selection, Window};
use crate::invocation::StartType;
use crate::parse::TimingKeys;
use crate::render::chart::{self, Bar, Panel, Series};
use crate::render::{Figure, Figures, Style, brief, report_markdown};
use crate::summary::Metric;

/// What `latscope report` was asked for.
#[derive(Debug, Clone)]
pub struct ReportOptions {
    /// Options that commands share.
    pub common: Common,
    /// What there is today.
    pub baseline: Selector,
    /// What might replace it.
    pub candidate: Selector,
    /// Where the report is written; by default `reports/<baseline>-vs-<candidate>`.
    pub out: Option<PathBuf>,
}

const QUANTILES_FILE: &str = "quantiles.svg";
const DISTRIBUTIONS_FILE: &str = "distributions.svg";
const PHASES_FILE: &str = "phases.svg";

/// Compares two selections and writes the report.
///
/// # Errors
/// If nothing can be read, a selector selects nothing, or the report cannot be written.
pub fn report(
    options: &ReportOptions,
    keys: TimingKeys,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> Result<(), Error> {
    let common = &options.common;
    let loaded = Loaded::read(common, keys, stderr)?;
    let (selected, window) = loaded.select(common)?;
    let comparison = compare(options, &loaded, &selected)?;
    let out = options.out.clone().unwrap_or_else(|| default_out(options));
    write_report(&comparison, &loaded, &selected, window, common.is_local, &out)?;
    if !common.is_quiet {
        let style = Style {
            is_coloured: common.is_coloured,
        };
        let window = crate::render::window_line(window, loaded.span, common.is_local);
        let text = format!(
            "{window}\n\n{}\nWrote {} and 3 figures\n",
            brief(&comparison, style),
            out.join("report.md").display()
        );
        stdout.write_all(text.as_bytes()).map_err(Error::Output)?;
    }
    Ok(())
}

fn compare(options: &ReportOptions, loaded: &Loaded, selected: &Dataset) -> Result<Comparison, Error> {
    let common = &options.common;
    let resolve = |selector: &Selector| selector.resolve(loaded, &common.inputs);
    let (baseline, candidate) = (resolve(&options.baseline)?, resolve(&options.candidate)?);
    let without_model = without_model(selected, &[&baseline.selection, &candidate.selection])?;
    let side = |resolved: Resolved, selector: &Selector| -> Result<Side, Error> {
        let rows = selected.select(&resolved.selection)?;
        let side = Side::of(resolved.name, resolved.model_ids, &rows, common.failures)?;
        side.ok_or_else(|| Error::EmptySide {
            selector: selector.text().to_owned(),
        })
    };
    let (baseline, candidate) = (
        side(baseline, &options.baseline)?,
        side(candidate, &options.candidate)?,
    );
    if baseline.rows.row == candidate.rows.row {
        return Err(Error::SameSides {
            invocations: baseline.rows.len(),
        });
    }
    Ok(compare_sides(
        baseline,
        candidate,
        &without_model,
        common.failures,
        selected,
        &loaded.ledger,
    ))
}

/// The invocations that would be on a side if their model were known and were its model.
fn without_model(selected: &Dataset, selections: &[&Selection]) -> Result<Columns, Error> {
    let mut rows = BTreeSet::new();
    for selection in selections.iter().filter(|selection| selection.model.is_some()) {
        let any_model = Selection {
            model: None,
            ..(*selection).clone()
        };
        let columns = selected.select(&any_model)?.rows()?;
        let unknown = columns
            .row
            .iter()
            .zip(&columns.model)
            .filter(|(_, model)| model.is_none());
        rows.extend(unknown.map(|(row, _)| *row));
    }
    Ok(selected.only(&rows)?.rows()?)
}

/// `reports/<baseline>-vs-<candidate>`, with nothing in it that a file name should not hold.
fn default_out(options: &ReportOptions) -> PathBuf {
    let plain = |text: &str| -> String {
        let allowed = |c: char| {
            if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') {
                c
            } else {
                '-'
            }
        };
        text.chars().map(allowed).collect()
    };
    let (baseline, candidate) = (plain(options.baseline.text()), plain(options.candidate.text()));
    Path::new("reports").join(format!("{baseline}-vs-{candidate}"))
}

fn write_report(
    comparison: &Comparison,
    loaded: &Loaded,
    selected: &Dataset,
    window: Window,
    is_local: bool,
    out: &Path,
) -> Result<(), Error> {
    let quantiles_alt = quantiles_alt(comparison);
    let figures = Figures {
        quantiles: Figure {
            file: QUANTILES_FILE,
            alt: &quantiles_alt,
        },
        distributions: Figure {
            file: DISTRIBUTIONS_FILE,
            alt: "Distributions of total time, warm and cold apart",
        },
        phases: Figure {
            file: PHASES_FILE,
            alt: "Time by part around p50, p95 and p99 of total time",
        },
    };
    let page = report_markdown(
        comparison,
        selected,
        &loaded.ledger,
        (window, loaded.span, is_local),
        figures,
    );
    let drawn =
        |figure: Result<String, chart::ChartError>| figure.map_err(|error| Error::Figure(error.to_string()));
    let files = [
        ("report.md", page),
        (QUANTILES_FILE, drawn(quantile_curves(comparison))?),
        (DISTRIBUTIONS_FILE, drawn(distributions(comparison))?),
        (PHASES_FILE, drawn(phases(comparison))?),
    ];
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source: io::Error| Error::Write { path, source }
    };
    fs::create_dir_all(out).map_err(failed(out))?;
    for (name, text) in files {
        let path = out.join(name);
        fs::write(&path, text).map_err(failed(&path))?;
    }
    Ok(())
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

fn quantile_curves(comparison: &Comparison) -> Result<String, chart::ChartError> {
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
fn distributions(comparison: &Comparison) -> Result<String, chart::ChartError> {
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
    chart::distributions("total time", &panels)
}

fn phases(comparison: &Comparison) -> Result<String, chart::ChartError> {
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
