//! `report.md`: the page that answers whether the candidate would help.

use super::adjusted;
use super::answer::sentences;
use super::control;
use super::cost::cost_section;
use super::figures::{Figure, Figures};
use super::gates::gates_section;
use super::limits;
use super::markdown::{code, escape, table};
use super::scale::plural;
use super::sections::{billed, cold_and_warm, latency};
use super::summary::{conditions_line, ledger_lines, shown_time, window_line, window_text};
use super::table::{Cell, Noted, Table, name, optional, text};
use super::token_speed;
use super::what_if::{WhatIfView, what_if_section};
use super::where_time_goes;
use crate::comparison::{Comparison, CostComparison, Judged, Side};
use crate::dataset::{Condition, Dataset, Key, Window};
use crate::invocation::{Ledger, Span};
use crate::summary::{Failures, value_counts};
use crate::vocab::grouped;

/// Everything that a report shows.
#[derive(Debug, Clone, Copy)]
pub struct ReportView<'a> {
    /// The comparison.
    pub comparison: &'a Comparison,
    /// The selected invocations, for the names that sides refer to.
    pub dataset: &'a Dataset,
    /// What a thousand requests of each side cost.
    pub cost: &'a CostComparison,
    /// What total time would be.
    pub what_if: &'a [WhatIfView<'a>],
    /// What became of every event.
    pub ledger: &'a Ledger,
    /// The window that was asked for, resolved.
    pub window: Window,
    /// The time that the input covers.
    pub span: Option<Span>,
    /// Whether times are shown in this machine's zone instead of UTC.
    pub is_local: bool,
    /// What all invocations of both sides have in common.
    pub conditions: &'a [Condition],
    /// The gates and what became of them, where there are any.
    pub gates: Option<&'a Judged>,
    /// The figures.
    pub figures: &'a Figures,
}

/// The page as Markdown.
pub fn report_markdown(view: &ReportView<'_>) -> String {
    let comparison = view.comparison;
    let figures = view.figures;
    let sections = [
        format!(
            "# {} against {}\n",
            code(&comparison.candidate.name),
            code(&comparison.baseline.name)
        ),
        compared(view),
        answer(comparison),
        view.gates.map_or_else(String::new, |judged| {
            gates_section(judged, Some(&comparison.control))
        }),
        latency(comparison, figures),
        unattributed(comparison),
        control::section(comparison, &image(figures.over_time.as_ref())),
        adjusted::section(comparison),
        token_speed::section(comparison, &image(figures.tokens.as_ref())),
        cold_and_warm(comparison, &image(figures.distributions.as_ref())),
        where_time_goes::section(
            comparison,
            &image(figures.inference_share.as_ref()),
            &image(figures.phases.as_ref()),
        ),
        what_if_section(comparison, view.what_if),
        billed(comparison),
        cost_section(comparison, view.cost, &image(figures.cost.as_ref())),
        limits::section(comparison),
        warnings(comparison),
        method(comparison.failures),
    ];
    let sections: Vec<String> = sections
        .into_iter()
        .filter(|section| !section.is_empty())
        .collect();
    sections.join("\n")
}

impl ReportView<'_> {
    /// The window, the conditions, and both sums of the ledger, a line each.
    pub(super) fn origin_lines(&self) -> Vec<String> {
        let mut lines = vec![window_line(self.window, self.span, self.is_local)];
        lines.extend(conditions_line(self.conditions));
        lines.extend(ledger_lines(self.ledger));
        lines
    }
}

/// Both sides, baseline first.
pub(super) fn sides(comparison: &Comparison) -> [&Side; 2] {
    [&comparison.baseline, &comparison.candidate]
}

/// A table with a column for each side.
pub(super) fn two_columns(comparison: &Comparison, rows: Vec<(&str, [Cell; 2])>) -> String {
    let mut page = Table::new(1, &["", &comparison.baseline.name, &comparison.candidate.name]);
    for (title, [baseline, candidate]) in rows {
        page.row(vec![text(title), baseline, candidate]);
    }
    table(&page)
}

/// Footnotes below a table, nothing where there are none.
pub(super) fn notes(lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let lines: Vec<String> = lines.iter().map(|line| escape(line)).collect();
    format!("\n{}\n", lines.join("  \n"))
}

/// A figure as the page shows it, nothing where it is absent.
pub(super) fn image(figure: Option<&Figure>) -> String {
    figure.map_or_else(String::new, |figure| {
        format!("\n![{}]({})\n", escape(&figure.alt), figure.file)
    })
}

fn compared(view: &ReportView<'_>) -> String {
    let comparison = view.comparison;
    let both = |cell: &dyn Fn(&Side) -> Cell| sides(comparison).map(cell);
    let mut rows = Vec::new();
    if sides(comparison).iter().any(|side| !side.model_ids.is_empty()) {
        rows.push(("model ids", both(&|side| ids(&side.model_ids))));
    }
    rows.push(("invocations", both(&|side| counts(side))));
    if comparison.unattributed.is_some() {
        let count = |side: &Side| text(format!("{}, see below", grouped(side.without_model.len() as u64)));
        rows.push(("of unknown model, on neither side", both(&count)));
    }
    if sides(comparison).iter().any(|side| side.window != view.window) {
        rows.push((
            "window",
            both(&|side| text(window_text(side.window, view.is_local))),
        ));
    }
    rows.push((
        "first and last",
        both(&|side| {
            let shown = |at| shown_time(at, view.is_local);
            optional(
                side.span
                    .map(|span| format!("{} to {}", shown(span.first), shown(span.last))),
            )
        }),
    ));
    for (title, key) in [
        ("function", Key::Function),
        ("version", Key::Version),
        ("memory (MB)", Key::Memory),
        ("region", Key::Region),
    ] {
        rows.push((title, both(&|side| values(view.dataset, side, key))));
    }
    let lines: Vec<String> = view.origin_lines().iter().map(|line| escape(line)).collect();
    format!(
        "## What was compared\n\n{}\n{}\n",
        two_columns(comparison, rows),
        lines.join("  \n")
    )
}

fn counts(side: &Side) -> Cell {
    let group = &side.group;
    text(format!(
        "{} ({} failed, {} timed out)",
        grouped(group.invocations as u64),
        grouped(group.errors as u64),
        grouped(group.timeouts as u64)
    ))
}

/// The values of a property on one side, most frequent first.
fn values(dataset: &Dataset, side: &Side, key: Key) -> Cell {
    let shown: Vec<String> = value_counts(side.column(key))
        .into_iter()
        .map(|(value, _)| value.map_or_else(|| "not known".to_owned(), |value| dataset.label(key, value)))
        .collect();
    text(shown.join(", "))
}

/// Model ids, one code span if there is one.
fn ids(ids: &[String]) -> Cell {
    match ids {
        [] => Cell::Empty,
        [one] => name(one.clone()),
        several => text(several.join(", ")),
    }
}

fn unattributed(comparison: &Comparison) -> String {
    let Some(found) = &comparison.unattributed else {
        return String::new();
    };
    let kinds: Vec<String> = [(found.timeouts, "timed out"), (found.errors, "failed")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", grouped(count as u64)))
        .collect();
    let kinds = if kinds.is_empty() {
        String::new()
    } else {
        format!(" ({})", kinds.join(", "))
    };
    let mut noted = Noted::default();
    let mut page = Table::new(
        1,
        &[
            "total time if all were its own",
            &comparison.baseline.name,
            &comparison.candidate.name,
        ],
    );
    for (p, baseline, candidate) in &found.if_all {
        page.row(vec![
            text(p.label()),
            noted.quantile(baseline.as_ref()),
            noted.quantile(candidate.as_ref()),
        ]);
    }
    let verdict = if found.verdict_holds {
        "Whichever side each belongs to, p95 says the same."
    } else {
        "**Depending on the side each belongs to, p95 could say something else.**"
    };
    format!(
        "{} no known model{kinds} and {} on neither side. {verdict}\n\n{}{}",
        plural(found.invocations as u64, "invocation has", "invocations have"),
        if found.invocations == 1 { "counts" } else { "count" },
        table(&page),
        notes(&noted.footnotes())
    )
}

fn answer(comparison: &Comparison) -> String {
    let [first, second, control] = sentences(comparison, &code);
    let control = match control.is_empty() {
        true => control,
        false => format!("\n{}\n", escape(&control)),
    };
    format!("## Answer\n\n**{first}** {second}\n{control}")
}

fn warnings(comparison: &Comparison) -> String {
    if comparison.warnings.is_empty() {
        return "## Warnings\n\nNone of the checks found anything.\n".to_owned();
    }
    let lines = comparison
        .warnings
        .iter()
        .map(|warning| format!("- {}\n", escape(&warning.to_string())));
    format!("## Warnings\n\n{}", lines.collect::<String>())
}

fn method(failures: Failures) -> String {
    let failures = match failures {
        Failures::Apart => "Failures are counted apart from latency",
        Failures::Included => "Failures count as latencies like any other (--outcome all)",
    };
    format!(
        "## How this was measured\n\n\
         Each REPORT is one invocation; timing records were joined to it by request id. {failures}; timeouts are in \
         it as lower bounds. Quantiles are Hyndman–Fan type 8, their intervals come from order statistics, and \
         ratios from the convolution of both sides' confidence distributions: nothing is resampled. Compared \
         quantiles count dependent requests as what they are worth; intervals of which nothing is said assume \
         independent ones. What the logs do not tell is not taken for alike.\n"
    )
}
