//! `latscope check`: gates for continuous integration.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

use super::error::Error;
use super::exit::ExitStatus;
use super::load::Common;
use super::selector::Selector;
use super::sides::{Chosen, Comparing, choose, compare, selector_warnings};
use super::surroundings::Surroundings;
use crate::comparison::{Control, GateOptions, Side, judge};
use crate::dataset::Key;
use crate::parse::TimingKeys;
use crate::render::{CheckView, check_json, check_junit, check_text, github_annotations, github_summary};
use crate::stats::Verdict;
use crate::summary::{RowDoubts, Warning, input_warnings};

/// The form of the output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CheckFormat {
    /// A line for each gate.
    #[default]
    Text,
    /// `latscope.check/v1`.
    Json,
    /// Annotations and a job summary of GitHub Actions.
    Github,
    /// JUnit XML.
    Junit,
}

/// What `latscope check` was asked for.
#[derive(Debug, Clone)]
pub struct CheckOptions {
    /// Options that commands share.
    pub common: Common,
    /// What there is today, where a gate compares with it.
    pub baseline: Option<Selector>,
    /// What is checked.
    pub candidate: Selector,
    /// The gates.
    pub gates: GateOptions,
    /// The folder of saved baselines.
    pub baselines: PathBuf,
    /// The form of the output.
    pub format: CheckFormat,
}

/// What gates are decided on.
struct Checked {
    baseline: Option<Side>,
    candidate: Side,
    control: Option<Control>,
    warnings: Vec<Warning>,
}

/// Decides gates and says so.
///
/// # Errors
/// If nothing can be read, a selector selects nothing, or the output cannot be written.
pub fn check(
    options: &CheckOptions,
    keys: TimingKeys,
    surroundings: &Surroundings,
    stdout: &mut dyn Write,
    stderr: &mut (dyn Write + Send),
) -> Result<ExitStatus, Error> {
    let common = &options.common;
    let checked = checked(options, keys, stderr)?;
    let judged = judge(
        &options.gates,
        checked.baseline.as_ref(),
        &checked.candidate,
        checked.control.as_ref(),
        common.failures,
    );
    let status = ExitStatus::of_gates(&judged);
    let view = CheckView {
        judged: &judged,
        baseline: checked.baseline.as_ref(),
        candidate: &checked.candidate,
        control: checked.control.as_ref(),
        warnings: &checked.warnings,
        exit_code: status.code(),
    };
    let text = match options.format {
        CheckFormat::Text => check_text(&view, common.style),
        CheckFormat::Json => check_json(&view).map_err(|error| Error::Internal(error.to_string()))?,
        CheckFormat::Github => {
            append_summary(surroundings, &github_summary(&view))?;
            github_annotations(&view)
        }
        CheckFormat::Junit => check_junit(&view),
    };
    stdout.write_all(text.as_bytes()).map_err(Error::Output)?;
    Ok(status)
}

fn checked(
    options: &CheckOptions,
    keys: TimingKeys,
    stderr: &mut (dyn Write + Send),
) -> Result<Checked, Error> {
    let common = &options.common;
    if let Some(baseline) = &options.baseline {
        let selectors = [baseline, &options.candidate];
        let comparing = Comparing {
            common,
            margin: Verdict::DEFAULT_MARGIN,
            baselines: &options.baselines,
            keeps_invocations: false,
        };
        let comparison = compare(&comparing, selectors, keys, stderr)?;
        return Ok(Checked {
            baseline: Some(comparison.baseline),
            candidate: comparison.candidate,
            control: Some(comparison.control),
            warnings: comparison.warnings,
        });
    }
    let selector = &options.candidate;
    let chosen = choose(common, &[selector], false, &options.baselines, keys, stderr)?;
    let Chosen {
        loaded,
        selected,
        selection,
        sides,
    } = chosen;
    let candidate = sides
        .into_iter()
        .next()
        .ok_or_else(|| Error::Internal("no side of one selector".to_owned()))?;
    let label = |key: Key, value: Option<u32>| {
        value.map_or_else(|| "not known".to_owned(), |value| selected.label(key, value))
    };
    let mut warnings = loaded.warnings.clone();
    warnings.extend(candidate.excerpt());
    warnings.extend(input_warnings(&loaded.ledger));
    let doubts = RowDoubts::of(&candidate.rows, &candidate.group);
    warnings.extend(doubts.warnings(&candidate.name, &label));
    let windows = [selection.window, candidate.window];
    warnings.extend(selector_warnings(&[selector], &loaded, &selected, &windows)?);
    Ok(Checked {
        baseline: None,
        candidate,
        control: None,
        warnings,
    })
}

/// Appends to the job summary, if the step has one.
fn append_summary(surroundings: &Surroundings, page: &str) -> Result<(), Error> {
    let Some(path) = &surroundings.step_summary else {
        return Ok(());
    };
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(page.as_bytes()))
        .map_err(|source| Error::Write {
            path: path.clone(),
            source,
        })
}
