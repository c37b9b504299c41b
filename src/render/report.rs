//! `report.md`: the page that answers whether the candidate would help.

use super::adjusted;
use super::answer::{sentences, without_model};
use super::control;
use super::cost::{cost_section, cost_sentence};
use super::figures::{Figure, Figures};
use super::gates::gates_section;
use super::limits;
use super::page::{Block, Page, Prose, Section, Way, marked_name, marked_strong, noted_table, paragraph};
use super::path;

use super::sections::{billed, cold_and_warm, latency, total_time, warm_only};
use super::slowest;
use super::summary::{conditions_line, ledger_line, ledger_lines, shown_time, window_line, window_text};
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

/// The page, before any dialect.
pub fn report_page(view: &ReportView<'_>) -> Page {
    let comparison = view.comparison;
    let figures = view.figures;
    let figure = |figure: &Option<Figure>| figure.as_ref().map(figure_block);
    let gates = view
        .gates
        .and_then(|judged| gates_section(judged, Some(&comparison.control)));
    // The answer shows the tables of both, too.
    let (mut cold, conditions) = (cold_and_warm(comparison), adjusted::section(comparison));
    let ways = ways(comparison, [&cold, &conditions]);
    cold.blocks.extend(figure(&figures.distributions));
    let sections = [
        Some(answer(view, ways, figure(&figures.quantiles))),
        gates,
        Some(compared(view)),
        Some(latency(
            comparison,
            figure(&figures.ratios),
            figure(&figures.ecdf),
        )),
        unattributed(comparison),
        Some(control::section(comparison, figure(&figures.over_time))),
        Some(conditions),
        token_speed::section(comparison, figure(&figures.tokens)),
        Some(cold),
        Some(where_time_goes::section(
            comparison,
            figure(&figures.inference_share),
            figure(&figures.phases),
        )),
        path::section(comparison, figure(&figures.path)),
        what_if_section(comparison, view.what_if),
        Some(billed(comparison)),
        Some(cost_section(comparison, view.cost, figure(&figures.cost))),
        Some(limits::section(comparison)),
        slowest::section(comparison, view.dataset, view.is_local),
        Some(warnings(comparison)),
        Some(method(comparison.failures)),
    ];
    let [baseline, candidate] = sides(comparison).map(|side| marked_name(&side.name));
    Page {
        title: Prose::marked(&format!("{candidate} against {baseline}")),
        sections: sections.into_iter().flatten().collect(),
    }
}

impl ReportView<'_> {
    /// The window, the conditions, and both sums of the ledger, a line each.
    pub(super) fn origin_lines(&self) -> Vec<String> {
        origin_lines(
            self.window,
            self.span,
            self.is_local,
            self.conditions,
            self.ledger,
        )
    }
}

/// The window, the conditions, and both sums of the ledger, a line each.
pub(super) fn origin_lines(
    window: Window,
    span: Option<Span>,
    is_local: bool,
    conditions: &[Condition],
    ledger: &Ledger,
) -> Vec<String> {
    let mut lines = vec![window_line(window, span, is_local)];
    lines.extend(conditions_line(conditions));
    lines.extend(ledger_lines(ledger));
    lines
}

/// Both sides, baseline first.
pub(super) fn sides(comparison: &Comparison) -> [&Side; 2] {
    [&comparison.baseline, &comparison.candidate]
}

/// A table with a column for each side.
pub(super) fn two_columns(comparison: &Comparison, rows: Vec<(&str, [Cell; 2])>) -> Table {
    let mut page = Table::new(1, &["", &comparison.baseline.name, &comparison.candidate.name]);
    for (title, [baseline, candidate]) in rows {
        page.row(vec![text(title), baseline, candidate]);
    }
    page
}

pub(super) fn figure_block(figure: &Figure) -> Block {
    Block::Figure {
        file: figure.file.to_owned(),
        alt: figure.alt.clone(),
    }
}

fn compared(view: &ReportView<'_>) -> Section {
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
    Section::new(
        "What was compared",
        noted_table(two_columns(comparison, rows), view.origin_lines()),
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
    let shown: Vec<String> = side
        .column(key)
        .map_or_else(Vec::new, value_counts)
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

fn unattributed(comparison: &Comparison) -> Option<Section> {
    let found = comparison.unattributed.as_ref()?;
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
        "Whichever side each belongs to, p95 says the same.".to_owned()
    } else {
        marked_strong("Depending on the side each belongs to, p95 could say something else.")
    };
    let sentence = format!("{}. {verdict}", without_model(found, "on neither side"));
    let mut blocks = vec![Block::Text(Prose::marked(&sentence))];
    blocks.extend(noted_table(page, noted.footnotes()));
    Some(Section::new("Invocations of unknown model", blocks))
}

/// The first screen: what happened, why, whether it can be believed, and the figures it stands on.
fn answer(view: &ReportView<'_>, ways: Vec<Way>, figure: Option<Block>) -> Section {
    let comparison = view.comparison;
    let [first, second, control] = sentences(comparison, &marked_name);
    let text = |text: &str| Block::Text(Prose::marked(text));
    let mut blocks = vec![text(&format!("{} {second}", marked_strong(&first)))];
    if !control.is_empty() {
        blocks.push(text(&control));
    }
    blocks.push(Block::Choice(ways));
    blocks.extend(
        cost_sentence(comparison, view.cost, &marked_name).map(|sentence| text(&format!("{sentence}."))),
    );
    blocks.push(paragraph(ledger_line(view.ledger)));
    blocks.extend(figure);
    Section {
        is_brief: true,
        ..Section::new("Answer", blocks)
    }
}

/// The figures that the answer stands on, and others that may be looked at instead.
fn ways(comparison: &Comparison, [cold, conditions]: [&Section; 2]) -> Vec<Way> {
    let ways = [
        ("All requests", total_time(comparison)),
        ("Warm only", warm_only(comparison)),
        ("By start", cold.blocks.clone()),
        ("At equal conditions", conditions.blocks.clone()),
    ];
    let way = |(label, blocks): (&str, Vec<Block>)| Way {
        label: label.to_owned(),
        blocks,
    };
    ways.into_iter().map(way).collect()
}

fn warnings(comparison: &Comparison) -> Section {
    let lines = comparison
        .warnings
        .iter()
        .map(|warning| warning.to_string().into());
    let block = match comparison.warnings.is_empty() {
        true => paragraph("None of the checks found anything."),
        false => Block::List(lines.collect()),
    };
    Section::new("Warnings", vec![block])
}

pub(super) fn method(failures: Failures) -> Section {
    let failures = match failures {
        Failures::Apart => "Failures are counted apart from latency",
        Failures::Included => "Failures count as latencies like any other (--outcome all)",
    };
    let text = format!(
        "Each REPORT is one invocation; timing records were joined to it by request id. {failures}; timeouts are in \
         it as lower bounds. Quantiles are Hyndman–Fan type 8, their intervals come from order statistics, and \
         ratios from the convolution of both sides' confidence distributions: nothing is resampled. Compared \
         quantiles count dependent requests as what they are worth; intervals of which nothing is said assume \
         independent ones. What the logs do not tell is not taken for alike. \
         Numbers with an interval have the digits that it supports: up to the second of half its width."
    );
    Section::new("How this was measured", vec![paragraph(text)])
}
