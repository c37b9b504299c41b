//! The summary of every group, for people.

use super::bars::bars;
use super::clients::{self, clients_table};
use super::scale::percent;
use super::table::{Cell, Noted, Table, name, optional, text};
use super::terminal::Style;
use super::what_if::{WhatIfView, what_if_table, what_if_title};
use super::{aligned, markdown};
use crate::dataset::{Condition, Dataset, Key, Window};
use crate::invocation::{Ledger, Span};
use crate::stats::Probability;
use crate::summary::{Clients, Failures, GroupSummary, Metric, ModelCallSummary, QuantileSummary, Warning};
use crate::vocab::{Timestamp, counted, grouped, visible};

/// Everything that a summary shows.
#[derive(Debug, Clone, Copy)]
pub struct SummaryView<'a> {
    /// The selected invocations, for the names that groups refer to.
    pub dataset: &'a Dataset,
    /// What was grouped by.
    pub keys: &'a [Key],
    /// The groups.
    pub groups: &'a [GroupSummary],
    /// The window that was asked for, resolved.
    pub window: Window,
    /// What all invocations have in common.
    pub conditions: &'a [Condition],
    /// Whether failures count as latencies.
    pub failures: Failures,
    /// The time that the input covers.
    pub span: Option<Span>,
    /// Model calls as Bedrock's own logs have them.
    pub model_calls: &'a [ModelCallSummary],
    /// What callers saw.
    pub clients: Option<&'a Clients>,
    /// What total time of each group would be.
    pub what_if: &'a [WhatIfView<'a>],
    /// What became of every event.
    pub ledger: &'a Ledger,
    /// What a reader must know.
    pub warnings: &'a [Warning],
    /// Whether times are shown in this machine's zone instead of UTC.
    pub is_local: bool,
}

impl SummaryView<'_> {
    /// What stands beside the table: window, conditions, both sums of the ledger, warnings.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = self.selection_lines();
        notes.extend(ledger_lines(self.ledger));
        if !self.model_calls.is_empty() {
            notes
                .push("Bedrock's own records are no rows of the CSV; the other formats show them".to_owned());
        }
        if self.clients.is_some() {
            notes.push("what callers saw is no row of the CSV; the other formats show it".to_owned());
        }
        if !self.what_if.is_empty() {
            notes.push("what --what-if asks for is not in the CSV; the other formats show it".to_owned());
        }
        notes.extend(self.warnings.iter().map(|warning| format!("warning: {warning}")));
        notes
    }

    fn selection_lines(&self) -> Vec<String> {
        let mut lines = vec![window_line(self.window, self.span, self.is_local)];
        lines.extend(conditions_line(self.conditions));
        lines
    }
}

/// The summary for a terminal.
pub fn summary_terminal(view: &SummaryView<'_>, style: Style) -> String {
    let mut shown = String::new();
    for line in view.selection_lines() {
        shown.push_str(&format!("{}\n", visible(&line)));
    }
    for (title, table, notes) in tables(view) {
        shown.push('\n');
        if let Some(title) = title {
            shown.push_str(&format!("{}\n", style.strong(&visible(&title))));
        }
        shown.push_str(&aligned::table(&table, style));
        for note in notes {
            shown.push_str(&format!("{}\n", style.faint(&note)));
        }
    }
    let drawn = group_bars(view, style);
    if !drawn.is_empty() {
        shown.push_str(&format!("\n{drawn}"));
    }
    shown.push('\n');
    for line in ledger_lines(view.ledger) {
        shown.push_str(&format!("{line}\n"));
    }
    for warning in view.warnings {
        let text = visible(&warning.to_string());
        shown.push_str(&format!("{} {text}\n", style.strong("warning:")));
    }
    style.wrapped(&shown)
}

/// The bars of every group.
fn group_bars(view: &SummaryView<'_>, style: Style) -> String {
    let titles: Vec<&str> = view.keys.iter().map(|key| key.name()).collect();
    let groups = view.groups.iter();
    bars(
        &titles,
        groups.map(|group| (labels(view, group), group.total.clone())),
        style,
    )
}

/// The summary as Markdown.
pub fn summary_markdown(view: &SummaryView<'_>) -> String {
    let lines = |lines: Vec<String>| {
        let lines: Vec<String> = lines.iter().map(|line| markdown::escape(line)).collect();
        lines.join("  \n")
    };
    let mut shown = format!("{}\n\n", lines(view.selection_lines()));
    for (title, table, notes) in tables(view) {
        if let Some(title) = title {
            shown.push_str(&format!("{}\n\n", markdown::escape(&title)));
        }
        shown.push_str(&format!("{}\n{}\n\n", markdown::table(&table), lines(notes)));
    }
    shown.push_str(&format!("{}\n", lines(ledger_lines(view.ledger))));
    if !view.warnings.is_empty() {
        shown.push('\n');
    }
    for warning in view.warnings {
        shown.push_str(&format!(
            "- **Warning:** {}\n",
            markdown::escape(&warning.to_string())
        ));
    }
    shown
}

const MODEL_CALLS: &str =
    "Model calls in Bedrock's own logs, without Lambda: the latency is Bedrock's, from request to last token";

/// Every table with its title and its footnotes.
fn tables(view: &SummaryView<'_>) -> Vec<(Option<String>, Table, Vec<String>)> {
    let mut tables = Vec::new();
    if !view.groups.is_empty() {
        let (table, notes) = groups_table(view);
        tables.push((None, table, notes));
        for what_if in view.what_if {
            let titles: Vec<&str> = view.keys.iter().map(|key| key.name()).collect();
            let labels: Vec<Vec<Cell>> = view.groups.iter().map(|group| labels(view, group)).collect();
            let (table, notes) = match titles.as_slice() {
                [] => what_if_table(what_if, &[""], vec![vec![text("all")]; labels.len()]),
                titles => what_if_table(what_if, titles, labels),
            };
            tables.push((Some(what_if_title(what_if)), table, notes));
        }
    }
    if !view.model_calls.is_empty() {
        let (table, notes) = calls_table(view);
        tables.push((Some(MODEL_CALLS.to_owned()), table, notes));
    }
    if let Some(clients) = view.clients {
        let (table, notes) = clients_table(clients, view.dataset, view.failures);
        tables.push((Some(clients::TITLE.to_owned()), table, notes));
    }
    tables
}

/// The table of model calls and its footnotes.
fn calls_table(view: &SummaryView<'_>) -> (Table, Vec<String>) {
    let titles = [
        "model",
        "calls",
        "errors",
        "joined",
        "with latency",
        "latency p50",
        "latency p95",
        "latency p99",
        "input tokens",
        "output tokens",
    ];
    let mut noted = Noted::default();
    let mut table = Table::new(1, &titles);
    for calls in view.model_calls {
        let latency = calls.latency.as_ref();
        let count = latency.map_or(0, |latency| latency.count);
        let mut row = vec![calls.model.map_or_else(
            || text("(not known)"),
            |model| name(view.dataset.label(Key::Model, model)),
        )];
        row.extend([calls.calls, calls.errors, calls.joined, count].map(|count| text(grouped(count as u64))));
        let quantile = |p: Probability| -> Option<&QuantileSummary> { latency?.quantile(p) };
        for p in [Probability::P50, Probability::P95, Probability::P99] {
            row.push(noted.quantile(quantile(p)));
        }
        for tokens in [calls.input_tokens, calls.output_tokens] {
            row.push(optional(tokens.map(grouped)));
        }
        table.row(row);
    }
    let mut notes = vec![
        "ms (95 % interval); joined = the invocation that made the call was found by Bedrock's request id"
            .to_owned(),
    ];
    notes.extend(noted.footnotes());
    (table, notes)
}

/// The values of the keys that a group was made by.
fn labels(view: &SummaryView<'_>, group: &GroupSummary) -> Vec<Cell> {
    let label = |(key, value): &(Key, Option<u32>)| {
        value.map_or_else(
            || text("(not known)"),
            |value| name(view.dataset.label(*key, value)),
        )
    };
    group.values.iter().map(label).collect()
}

/// The table of groups and its footnotes.
fn groups_table(view: &SummaryView<'_>) -> (Table, Vec<String>) {
    let mut titles: Vec<&str> = view.keys.iter().map(|key| key.name()).collect();
    titles.extend([
        "n",
        "errors",
        "timeouts",
        "total p50",
        "total p95",
        "total p99",
        "init p50",
        "inference p50",
        "inference share",
    ]);
    let mut noted = Noted::default();
    let mut table = Table::new(view.keys.len(), &titles);
    for group in view.groups {
        let mut row = labels(view, group);
        row.extend(
            [group.invocations, group.errors, group.timeouts].map(|count| text(grouped(count as u64))),
        );
        let quantile =
            |metric: Metric, p: Probability| group.metric(metric).and_then(|metric| metric.quantile(p));
        for p in [Probability::P50, Probability::P95, Probability::P99] {
            row.push(noted.quantile(quantile(Metric::Total, p)));
        }
        for metric in [Metric::Init, Metric::Inference] {
            row.push(noted.marked(quantile(metric, Probability::P50)));
        }
        row.push(optional(
            group
                .inference_share
                .as_ref()
                .map(|share| percent(share.ratio_of_sums)),
        ));
        table.row(row);
    }
    let mut notes =
        vec!["ms; total = duration + init or restore that was waited for; (95 % interval)".to_owned()];
    notes.extend(noted.footnotes());
    (table, notes)
}

/// What all invocations have in common, if anything was asked for.
pub(super) fn conditions_line(conditions: &[Condition]) -> Option<String> {
    let shown: Vec<String> = conditions.iter().map(ToString::to_string).collect();
    (!shown.is_empty()).then(|| format!("Of these only: {}", shown.join(", ")))
}

/// The window and what of it the input covers, in one line.
pub(super) fn window_line(window: Window, span: Option<Span>, is_local: bool) -> String {
    let show = |at: Timestamp| shown_time(at, is_local);
    let covered = match span {
        Some(span) => format!("{} to {}", show(span.first), show(span.last)),
        None => "at times not known".to_owned(),
    };
    if window.is_open() {
        return format!("Window: all of the input, {covered}");
    }
    format!(
        "Window: {}; the input covers {covered}",
        window_text(window, is_local)
    )
}

/// The two ends of a window.
pub(super) fn window_text(window: Window, is_local: bool) -> String {
    let show = |at: Timestamp| shown_time(at, is_local);
    let since = window.since.map_or_else(|| "the first event".to_owned(), show);
    let until = window.until.map_or_else(|| "the last event".to_owned(), show);
    format!("{since} to {until}")
}

/// A time in UTC, or in this machine's zone.
pub fn shown_time(at: Timestamp, is_local: bool) -> String {
    match at.to_utc() {
        Some(utc) if is_local => utc
            .with_timezone(&chrono::Local)
            .to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        _ => at.to_string(),
    }
}

/// What was read, in one line.
pub(super) fn ledger_line(ledger: &Ledger) -> String {
    format!(
        "Read: {}, {} rejected; {}, {} with a timing record.",
        counted(ledger.events(), "event"),
        grouped(ledger.rejected),
        counted(ledger.invocations(), "invocation"),
        grouped(ledger.matched)
    )
}

/// Both sums of the ledger, one line each.
pub(super) fn ledger_lines(ledger: &Ledger) -> Vec<String> {
    let bins = [
        (ledger.report_records, "REPORT"),
        (ledger.timing_records, "timing"),
        (ledger.bedrock_records, "Bedrock"),
        (ledger.gateway_records, "gateway"),
        (ledger.client_records, "client"),
        (ledger.lifecycle, "lifecycle"),
        (ledger.duplicates, "duplicate"),
        (ledger.rejected, "rejected"),
        (ledger.ignored, "ignored"),
    ];
    // Kinds of record that later inputs bring are shown where there are any.
    let always = [
        "REPORT",
        "timing",
        "lifecycle",
        "duplicate",
        "rejected",
        "ignored",
    ];
    let shown: Vec<String> = bins
        .into_iter()
        .filter(|(count, bin)| *count > 0 || always.contains(bin))
        .map(|(count, bin)| format!("{} {bin}", grouped(count)))
        .collect();
    let mut lines = vec![
        format!(
            "Events read: {} = {}",
            grouped(ledger.events()),
            shown.join(" + ")
        ),
        format!(
            "Invocations read: {} = {} matched + {} REPORT without timing; timing without REPORT: {}",
            grouped(ledger.invocations()),
            grouped(ledger.matched),
            grouped(ledger.report_without_timing),
            grouped(ledger.timing_without_report)
        ),
    ];
    if ledger.bedrock_records > 0 {
        lines.push(format!(
            "Bedrock records read: {}, of which {} joined to an invocation",
            grouped(ledger.bedrock_records),
            grouped(ledger.bedrock_joined)
        ));
    }
    if ledger.gateway_records > 0 {
        lines.push(format!(
            "Access log records of API Gateway read: {}, of which {} joined to an invocation",
            grouped(ledger.gateway_records),
            grouped(ledger.gateway_joined)
        ));
    }
    if ledger.client_records > 0 {
        lines.push(format!(
            "Client records read: {} = {} joined to an invocation + {} not + {} of runs; joined to an access log record: {}",
            grouped(ledger.client_records),
            grouped(ledger.client_joined),
            grouped(ledger.client_records - ledger.client_joined - ledger.client_run_lines),
            grouped(ledger.client_run_lines),
            grouped(ledger.client_with_gateway)
        ));
    }
    lines
}
