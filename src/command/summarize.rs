//! `latscope summary`: every group of invocations.

use std::io::Write;
use std::num::NonZero;

use super::error::Error;
use super::load::{Common, Kept, Loaded, note, processors};
use crate::comparison::{WhatIf, WhatIfOutcome};
use crate::dataset::{Dataset, Key, Window};
use crate::parse::TimingKeys;
use crate::render::{SummaryView, WhatIfView, summary_csv, summary_json, summary_markdown, summary_terminal};
use crate::summary::{RowDoubts, Warning, clients, input_warnings, model_calls};
use crate::vocab::visible;

/// The form of the output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// Aligned columns for a terminal.
    #[default]
    Table,
    /// `latscope.summary/v1`.
    Json,
    /// One row a group.
    Csv,
    /// GitHub's Markdown.
    Markdown,
}

/// What `latscope summary` was asked for.
#[derive(Debug, Clone)]
pub struct SummaryOptions {
    /// Options that commands share.
    pub common: Common,
    /// What is grouped by.
    pub by: Vec<Key>,
    /// The form of the output.
    pub format: Format,
    /// Changes whose effect on total time is shown, each by itself.
    pub what_if: Vec<WhatIf>,
}

/// Summarises the inputs.
///
/// # Errors
/// If nothing can be read or nothing matches.
pub fn summarize(
    options: &SummaryOptions,
    keys: TimingKeys,
    stdout: &mut dyn Write,
    stderr: &mut (dyn Write + Send),
) -> Result<(), Error> {
    let common = &options.common;
    let kept = match options.what_if.as_slice() {
        [] => Kept::Times,
        _ => Kept::Everything,
    };
    let loaded = Loaded::read(common, keys, &[], kept, stderr)?;
    let window = loaded.common_window(common)?;
    // Conditions are about invocations, which records of Bedrock's and of clients are not. Those that are joined to one would
    // be a sample without what never came to the function.
    let (calls, clients) = match common.conditions.as_slice() {
        [] => (
            model_calls(&loaded.model_calls, window),
            clients(&loaded.requests, &loaded.runs, window),
        ),
        _ => (Vec::new(), None),
    };
    let is_something = !calls.is_empty() || clients.is_some();
    let (selected, selection) = match loaded.select(common) {
        Ok(selected) => selected,
        Err(Error::NothingSelected { .. }) if is_something => loaded.nothing(window)?,
        Err(error) => return Err(error),
    };
    let (groups, doubts) = match selected.is_empty() {
        true => (Vec::new(), RowDoubts::default()),
        false => {
            let threads = common.threads.map_or_else(processors, NonZero::get);
            crate::summary::summarize(&selected, &options.by, common.failures, threads)?
        }
    };
    let mut warnings = warnings(&loaded, &selected, &doubts, window)?;
    if !common.conditions.is_empty() {
        let (requests, calls) = loaded.outside(window);
        warnings.extend((requests + calls > 0).then_some(Warning::NotConditioned { requests, calls }));
    }
    if let Some(clients) = &clients {
        let (invalid, cut) = clients.doubtful_runs();
        warnings.extend(Warning::of_runs(invalid, cut));
    }
    let what_if = what_if(options, &selected)?;
    let view = SummaryView {
        dataset: &selected,
        keys: &options.by,
        groups: &groups,
        model_calls: &calls,
        clients: clients.as_ref(),
        window,
        conditions: &selection.conditions,
        failures: common.failures,
        span: loaded.span,
        what_if: &what_if,
        ledger: &loaded.ledger,
        warnings: &warnings,
        is_local: common.is_local,
    };
    let text = match options.format {
        Format::Table => summary_terminal(&view, common.style),
        Format::Markdown => summary_markdown(&view),
        Format::Json => summary_json(&view).map_err(|error| Error::Internal(error.to_string()))?,
        Format::Csv => summary_csv(&view),
    };
    stdout.write_all(text.as_bytes()).map_err(Error::Output)?;
    if options.format == Format::Csv && !common.is_quiet {
        // CSV has no place for what the other forms say beside the table.
        for line in view.notes() {
            note(stderr, &visible(&line));
        }
    }
    Ok(())
}

/// What comes of each change in each group, groups in the order of the summary.
fn what_if<'a>(options: &'a SummaryOptions, selected: &Dataset) -> Result<Vec<WhatIfView<'a>>, Error> {
    if options.what_if.is_empty() {
        return Ok(Vec::new());
    }
    let groups = selected.group_by(&options.by)?;
    let failures = options.common.failures;
    let mut views: Vec<WhatIfView<'a>> = options
        .what_if
        .iter()
        .map(|what_if| WhatIfView {
            what_if,
            outcomes: Vec::with_capacity(groups.len()),
        })
        .collect();
    for group in &groups {
        let rows = selected.rows_of(group)?;
        for view in &mut views {
            view.outcomes
                .push(WhatIfOutcome::of(view.what_if, &rows, failures));
        }
    }
    Ok(views)
}

/// The doubts about the input and about the selected invocations as a whole.
fn warnings(
    loaded: &Loaded,
    selected: &Dataset,
    doubts: &RowDoubts,
    window: Window,
) -> Result<Vec<Warning>, Error> {
    let mut warnings = loaded.warnings.clone();
    warnings.extend(input_warnings(&loaded.ledger));
    let label = |key: Key, value: Option<u32>| {
        value.map_or_else(|| "not known".to_owned(), |value| selected.label(key, value))
    };
    warnings.extend(doubts.warnings("all invocations", &label));
    warnings.extend(loaded.untimed(&[window]));
    Ok(warnings)
}
