//! The summary of every group, for people.

use super::scale::{footnotes, grouped, millis, percent, quantile};
use super::table::{Cell, Table, name, optional, text};
use super::terminal::Style;
use super::{markdown, terminal};
use crate::dataset::{Dataset, Key, Window};
use crate::invocation::{Ledger, Span};
use crate::stats::Probability;
use crate::summary::{GroupSummary, Metric, QuantileSummary, Warning};
use crate::vocab::Timestamp;

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
    /// The time that the input covers.
    pub span: Option<Span>,
    /// What became of every event.
    pub ledger: &'a Ledger,
    /// What a reader must know.
    pub warnings: &'a [Warning],
    /// Whether times are shown in this machine's zone instead of UTC.
    pub is_local: bool,
}

impl SummaryView<'_> {
    /// What stands beside the table: window, both sums of the ledger, warnings.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = vec![window_line(self.window, self.span, self.is_local)];
        notes.extend(ledger_lines(self.ledger));
        notes.extend(self.warnings.iter().map(|warning| format!("warning: {warning}")));
        notes
    }
}

/// The summary for a terminal.
pub fn summary_terminal(view: &SummaryView<'_>, style: Style) -> String {
    let mut shown = format!("{}\n\n", window_line(view.window, view.span, view.is_local));
    shown.push_str(&terminal::table(&groups_table(view), style));
    for note in notes(view) {
        shown.push_str(&format!("{}\n", style.faint(&note)));
    }
    shown.push('\n');
    for line in ledger_lines(view.ledger) {
        shown.push_str(&format!("{line}\n"));
    }
    for warning in view.warnings {
        let text = crate::vocab::visible(&warning.to_string());
        shown.push_str(&format!("{} {text}\n", style.strong("warning:")));
    }
    shown
}

/// The summary as Markdown.
pub fn summary_markdown(view: &SummaryView<'_>) -> String {
    let mut shown = format!("{}\n\n", window_line(view.window, view.span, view.is_local));
    shown.push_str(&markdown::table(&groups_table(view)));
    for note in notes(view) {
        shown.push_str(&format!("\n{}\n", markdown::escape(&note)));
    }
    shown.push('\n');
    for line in ledger_lines(view.ledger) {
        shown.push_str(&format!("{line}\n"));
    }
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

fn notes(view: &SummaryView<'_>) -> Vec<String> {
    let mut notes =
        vec!["ms; total = duration + init or restore that was waited for; (95 % interval)".to_owned()];
    notes.extend(footnotes(
        view.groups.iter().flat_map(|group| shown_quantiles(group)),
    ));
    notes
}

/// The quantiles of total time that the table shows.
fn shown_quantiles(group: &GroupSummary) -> Vec<&QuantileSummary> {
    let total = group.metric(Metric::Total);
    [Probability::P50, Probability::P95, Probability::P99]
        .into_iter()
        .filter_map(|p| total?.quantile(p))
        .collect()
}

fn groups_table(view: &SummaryView<'_>) -> Table {
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
    let mut table = Table::new(view.keys.len(), &titles);
    for group in view.groups {
        let mut row: Vec<Cell> = group
            .values
            .iter()
            .map(|(key, value)| {
                value.map_or_else(
                    || text("(not known)"),
                    |value| name(view.dataset.label(*key, value)),
                )
            })
            .collect();
        row.extend(
            [group.invocations, group.errors, group.timeouts].map(|count| text(grouped(count as u64))),
        );
        let total = group.metric(Metric::Total);
        for p in [Probability::P50, Probability::P95, Probability::P99] {
            row.push(optional(total.and_then(|total| total.quantile(p)).map(quantile)));
        }
        for metric in [Metric::Init, Metric::Inference] {
            let p50 = group
                .metric(metric)
                .and_then(|metric| metric.quantile(Probability::P50));
            row.push(optional(p50.map(|p50| millis(p50.estimate.value))));
        }
        row.push(optional(
            group
                .inference_share
                .as_ref()
                .map(|share| percent(share.ratio_of_sums)),
        ));
        table.row(row);
    }
    table
}

/// The window and what of it the input covers, in one line.
pub fn window_line(window: Window, span: Option<Span>, is_local: bool) -> String {
    let show = |at: Timestamp| shown_time(at, is_local);
    let covered = match span {
        Some(span) => format!("{} to {}", show(span.first), show(span.last)),
        None => "unknown times (no event has one)".to_owned(),
    };
    if window.is_open() {
        return format!("Window: all of the input, {covered}");
    }
    let since = window.since.map_or_else(|| "the first event".to_owned(), show);
    let until = window.until.map_or_else(|| "the last event".to_owned(), show);
    format!("Window: {since} to {until}; the input covers {covered}")
}

/// A time in UTC, or in this machine's zone.
pub(super) fn shown_time(at: Timestamp, is_local: bool) -> String {
    match at.to_utc() {
        Some(utc) if is_local => utc
            .with_timezone(&chrono::Local)
            .to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        _ => at.to_string(),
    }
}

/// Both sums of the ledger, one line each.
pub(super) fn ledger_lines(ledger: &Ledger) -> [String; 2] {
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
    [
        format!("Events: {} = {}", grouped(ledger.events()), shown.join(" + ")),
        format!(
            "Invocations: {} = {} matched + {} REPORT without timing; timing without REPORT: {}",
            grouped(ledger.invocations()),
            grouped(ledger.matched),
            grouped(ledger.report_without_timing),
            grouped(ledger.timing_without_report)
        ),
    ]
}
