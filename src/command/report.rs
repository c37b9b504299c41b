//! `latscope report`: would the candidate help?

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::error::Error;
use super::exit::ExitStatus;
use super::figures::{Drawn, draw};
use super::load::{Common, Loaded};
use super::prices::prices;
use super::selector::Selector;
use crate::comparison::{
    Architecture, Comparison, CostComparison, GateOptions, Identity, Side, WhatIf, WhatIfOutcome,
    compare_sides, judge,
};
use crate::dataset::{Columns, Condition, Dataset, ModelSource, Selection, Window};
use crate::parse::TimingKeys;
use crate::render::{Figure, ReportView, Style, WhatIfView, brief, gate_lines, report_markdown};
use crate::summary::Warning;
use crate::vocab::visible;

/// What `latscope report` was asked for.
#[derive(Debug, Clone)]
pub struct ReportOptions {
    /// Options that commands share.
    pub common: Common,
    /// What there is today.
    pub baseline: Selector,
    /// What might replace it.
    pub candidate: Selector,
    /// What the exit code depends on beside the report.
    pub gates: GateOptions,
    /// Where the report is written; by default `reports/<baseline>-vs-<candidate>`.
    pub out: Option<PathBuf>,
    /// A file whose prices replace those that come with latscope.
    pub prices: Option<PathBuf>,
    /// The architecture of the functions, which logs do not tell.
    pub architecture: Option<Architecture>,
    /// Changes whose effect on total time is shown, each by itself.
    pub what_if: Vec<WhatIf>,
}

/// Compares two selections and writes the report; then decides the gates.
///
/// # Errors
/// If nothing can be read, a selector selects nothing, or the report cannot be written.
pub fn report(
    options: &ReportOptions,
    keys: TimingKeys,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> Result<ExitStatus, Error> {
    let common = &options.common;
    let prices = prices(options.prices.as_deref()).map_err(Error::Config)?;
    let windows: Vec<_> = [&options.baseline, &options.candidate]
        .iter()
        .filter_map(|selector| selector.window())
        .collect();
    let loaded = Loaded::read(common, keys, &windows, stderr)?;
    if loaded.dataset.is_empty() {
        return Err(Error::OnlyModelCalls {
            calls: loaded.model_calls.len(),
        });
    }
    let (selected, selection) = loaded.select(common)?;
    let selectors = [&options.baseline, &options.candidate];
    let comparison = compare(common, selectors, &loaded, &selected, &selection)?;
    let judged = (!options.gates.gates.is_empty()).then(|| {
        let (baseline, candidate) = (&comparison.baseline, &comparison.candidate);
        let control = Some(&comparison.control);
        judge(
            &options.gates,
            Some(baseline),
            candidate,
            control,
            common.failures,
        )
    });
    let out = options.out.clone().unwrap_or_else(|| default_out(options));
    let figures = draw(&comparison).map_err(|error| Error::Figure(error.to_string()))?;
    let sides = [&comparison.baseline, &comparison.candidate];
    let cost = CostComparison::of(
        sides.map(|side| &side.rows),
        selected.names(),
        &prices,
        options.architecture,
    );
    let what_if: Vec<WhatIfView<'_>> = options
        .what_if
        .iter()
        .map(|what_if| WhatIfView {
            what_if,
            outcomes: sides
                .iter()
                .map(|side| WhatIfOutcome::of(what_if, &side.rows, common.failures))
                .collect(),
        })
        .collect();
    let view = ReportView {
        comparison: &comparison,
        dataset: &selected,
        cost: &cost,
        what_if: &what_if,
        ledger: &loaded.ledger,
        window: selection.window,
        span: loaded.span,
        is_local: common.is_local,
        conditions: &selection.conditions,
        gates: judged.as_ref(),
        figures: figures.each_ref().map(|figure| {
            figure.as_ref().map(|figure| Figure {
                file: figure.file,
                alt: &figure.alt,
            })
        }),
    };
    write_report(&out, &report_markdown(&view), &figures)?;
    if !common.is_quiet {
        let style = Style {
            is_coloured: common.is_coloured,
        };
        let drawn = figures.iter().flatten().count();
        let gates = judged.as_ref().map_or_else(String::new, |judged| {
            let lines = gate_lines(judged, Some(&comparison.control), style);
            format!("\n{lines}")
        });
        let text = format!(
            "{}{gates}\nWrote {} and {drawn} figure{}\n",
            brief(&view, style),
            visible(&out.join("report.md").to_string_lossy()),
            if drawn == 1 { "" } else { "s" }
        );
        stdout.write_all(text.as_bytes()).map_err(Error::Output)?;
    }
    Ok(judged.as_ref().map_or(ExitStatus::Success, ExitStatus::of_gates))
}

/// The side that a selector means.
pub(super) fn side_of(
    selector: &Selector,
    common: &Common,
    loaded: &Loaded,
    common_selection: &Selection,
) -> Result<Side, Error> {
    let resolved = selector.resolve(loaded, &common.inputs)?;
    let rows = loaded.dataset.select(&[common_selection, &resolved.selection])?;
    let identity = Identity {
        name: resolved.name,
        model_ids: resolved.model_ids,
        window: common_selection.window.and(resolved.selection.window),
        selected_by: resolved
            .selection
            .conditions
            .iter()
            .filter_map(Condition::key)
            .collect(),
        without_model: without_model(loaded, common_selection, &resolved.selection)?,
    };
    let side = Side::of(identity, &rows, common.failures)?;
    let is_input = !selector.inputs().is_empty();
    side.ok_or_else(|| Error::EmptySide {
        selector: selector.text().to_owned(),
        duplicates: if is_input { loaded.ledger.duplicates } else { 0 },
    })
}

/// Compares what two selectors mean, baseline first.
pub(super) fn compare(
    common: &Common,
    selectors: [&Selector; 2],
    loaded: &Loaded,
    selected: &Dataset,
    common_selection: &Selection,
) -> Result<Comparison, Error> {
    let side = |selector| side_of(selector, common, loaded, common_selection);
    let (baseline, candidate) = rayon::join(|| side(selectors[0]), || side(selectors[1]));
    let (baseline, candidate) = (baseline?, candidate?);
    if baseline.rows.row == candidate.rows.row {
        return Err(Error::SameSides {
            invocations: baseline.rows.len(),
        });
    }
    let windows = [common_selection.window, baseline.window, candidate.window];
    let mut comparison = compare_sides(baseline, candidate, common.failures, selected, &loaded.ledger);
    comparison.warnings.splice(0..0, loaded.warnings.iter().cloned());
    comparison
        .warnings
        .extend(selector_warnings(&selectors, loaded, selected, &windows)?);
    Ok(comparison)
}

/// What speaks against how sides were selected.
pub(super) fn selector_warnings(
    selectors: &[&Selector],
    loaded: &Loaded,
    selected: &Dataset,
    windows: &[Window],
) -> Result<Vec<Warning>, Error> {
    let mut warnings: Vec<Warning> = loaded.untimed(windows)?.into_iter().collect();
    if loaded.ledger.duplicates > 0 && selectors.iter().any(|selector| !selector.inputs().is_empty()) {
        warnings.push(Warning::RepeatedAcrossInputs(loaded.ledger.duplicates));
    }
    let sources = selected.rows()?.model_source;
    let several = sources
        .iter()
        .filter(|source| **source == ModelSource::Several)
        .count();
    if several > 0 && selectors.iter().any(|selector| selector.names_a_model()) {
        warnings.push(Warning::SeveralModels(several));
    }
    Ok(warnings)
}

/// The invocations that would be on a side if their model were known and were its model.
fn without_model(loaded: &Loaded, common: &Selection, side: &Selection) -> Result<Columns, Error> {
    if side.model.is_none() {
        return Ok(Columns::default());
    }
    let any_model = Selection {
        model: None,
        ..side.clone()
    };
    let rows = loaded.dataset.select(&[common, &any_model])?.rows()?;
    Ok(rows.only(|row| rows.model_source[row] == ModelSource::None))
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

fn write_report(out: &Path, page: &str, figures: &[Option<Drawn>; 3]) -> Result<(), Error> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source: io::Error| Error::Write { path, source }
    };
    fs::create_dir_all(out).map_err(failed(out))?;
    let figures = figures
        .iter()
        .flatten()
        .map(|figure| (figure.file, figure.svg.as_str()));
    for (name, text) in figures.chain([("report.md", page)]) {
        let path = out.join(name);
        fs::write(&path, text).map_err(failed(&path))?;
    }
    Ok(())
}
