//! The answer of a comparison in two sentences and one table.

use super::scale::{estimate, footnotes, interval, millis, percent, quantile, ratio};
use super::table::{Cell, Table, text};
use super::terminal::{self, Style};
use crate::comparison::{ComparedQuantile, Comparison};
use crate::stats::{Interval, Probability};
use crate::summary::QuantileSummary;
use crate::vocab::visible;

/// How names are shown in a sentence: as the dialect has it.
pub(super) type ShowName<'a> = &'a dyn Fn(&str) -> String;

/// Both sentences of the answer.
pub(super) fn sentences(comparison: &Comparison, show: ShowName<'_>) -> [String; 2] {
    [headline(comparison, show), cause(comparison, show)]
}

/// What happened to p95 of total time.
fn headline(comparison: &Comparison, show: ShowName<'_>) -> String {
    let (baseline, candidate) = (show(&comparison.baseline.name), show(&comparison.candidate.name));
    let found = comparison.headline().and_then(|quantile| {
        Some((
            quantile.baseline.as_ref()?,
            quantile.candidate.as_ref()?,
            quantile.comparison.as_ref()?,
        ))
    });
    let Some((base, cand, compared)) = found else {
        return format!("{baseline} and {candidate} cannot be compared: one side has no latency to show.");
    };
    let values = format!(
        "p95 of total time is {} ms with {candidate} and {} ms with {baseline}",
        estimate(cand.estimate),
        estimate(base.estimate)
    );
    let range = compared.ratio_interval;
    let Some(point) = compared.ratio.filter(|_| range != Interval::UNBOUNDED) else {
        let reason = if compared.ratio.is_none() {
            "it falls among timeouts on one side at least".to_owned()
        } else {
            format!(
                "{} and {} requests cannot bound their ratio (p95 needs {} on each side)",
                comparison.baseline.group.invocations, comparison.candidate.group.invocations, base.n_needed
            )
        };
        let median = median(comparison)
            .map(|median| format!("; {median}"))
            .unwrap_or_default();
        return format!(
            "Whether {candidate} is faster at p95 cannot be told: {values}, but {reason}{median}."
        );
    };
    let measured = format!("{} times {}", ratio(point), with_level(range));
    if range.high.is_some_and(|high| high < 1.0) {
        format!("{candidate} is faster: {values}, {measured}.")
    } else if range.low.is_some_and(|low| low > 1.0) {
        format!("{candidate} is slower: {values}, {measured}.")
    } else {
        format!("No difference is shown: {values}, {measured}, which leaves room for both directions.")
    }
}

/// What can be said of p50 where p95 is out of reach.
fn median(comparison: &Comparison) -> Option<String> {
    let row = comparison.total.iter().find(|row| row.p == Probability::P50)?;
    let found = row.comparison?;
    let range = found.ratio_interval;
    (range.low.is_some() && range.high.is_some()).then(|| {
        Some(format!(
            "p50 is {} times {}",
            ratio(found.ratio?),
            with_level(range)
        ))
    })?
}

fn with_level(range: Interval) -> String {
    let shown = interval(range, ratio);
    format!("(95 % interval {}", shown.trim_start_matches('('))
}

/// What the time is made of, and what that allows.
fn cause(comparison: &Comparison, show: ShowName<'_>) -> String {
    let (baseline, candidate) = (&comparison.baseline, &comparison.candidate);
    let Some(time) = baseline.time else {
        return "Where the time goes cannot be told, because no timing record of the baseline has an inference time."
            .to_owned();
    };
    let of_candidate = candidate
        .time
        .map(|time| format!(" ({} with {})", percent(time.inference), show(&candidate.name)))
        .unwrap_or_default();
    let parts = format!(
        "With {}, inference is {} of total time{of_candidate}, cold starts are {} and all else in the function {}",
        show(&baseline.name),
        percent(time.inference),
        percent(time.init),
        percent(time.other)
    );
    if time.inference > 0.0 {
        let limit = factor(1.0 / time.inference);
        format!("{parts}, so work on all but the model can make requests at most {limit} times as fast.")
    } else {
        format!("{parts}.")
    }
}

/// A speed-up factor.
pub(super) fn factor(factor: f64) -> String {
    if factor < 1.1 {
        format!("{factor:.3}")
    } else if factor < 100.0 {
        format!("{factor:.2}")
    } else {
        format!("{factor:.0}")
    }
}

/// The table of compared quantiles, with the sides' names as titles.
pub(super) fn quantiles_table(
    comparison: &Comparison,
    compared: &[ComparedQuantile],
    first_title: &str,
) -> Table {
    let (baseline, candidate) = (&comparison.baseline.name, &comparison.candidate.name);
    let mut table = Table::new(1, &[first_title, baseline, candidate, "ratio", "difference"]);
    for row in compared {
        let side = |summary: &Option<QuantileSummary>| {
            summary
                .as_ref()
                .map_or(Cell::Empty, |summary| text(quantile(summary)))
        };
        let (ratio, difference) = match &row.comparison {
            Some(found) => (
                point_and_interval(found.ratio, found.ratio_interval, ratio),
                point_and_interval(found.difference, found.difference_interval, signed_millis),
            ),
            None => (Cell::Empty, Cell::Empty),
        };
        table.row(vec![
            text(row.p.label()),
            side(&row.baseline),
            side(&row.candidate),
            ratio,
            difference,
        ]);
    }
    table
}

fn point_and_interval(point: Option<f64>, range: Interval, form: fn(f64) -> String) -> Cell {
    match point {
        Some(point) => text(format!("{} {}", form(point), interval(range, form))),
        None => text("not estimable"),
    }
}

/// A difference in milliseconds with its sign.
fn signed_millis(micros: f64) -> String {
    let sign = if micros < 0.0 { "−" } else { "+" };
    format!("{sign}{}", millis(micros.abs()))
}

/// The footnotes of a table of compared quantiles.
pub(super) fn table_notes(compared: &[ComparedQuantile]) -> Vec<String> {
    let summaries = compared
        .iter()
        .flat_map(|row| row.baseline.iter().chain(&row.candidate));
    let mut notes =
        vec!["ms (95 % interval); ratio and difference are candidate against baseline".to_owned()];
    notes.extend(footnotes(summaries));
    notes
}

/// What `latscope report` prints: the answer, the headline's table, and the number of warnings.
pub fn brief(comparison: &Comparison, style: Style) -> String {
    let show = |name: &str| visible(name);
    let [first, second] = sentences(comparison, &show);
    let mut shown = format!("{}\n{second}\n\n", style.strong(&first));
    shown.push_str(&terminal::table(
        &quantiles_table(comparison, &comparison.total, "total time"),
        style,
    ));
    for note in table_notes(&comparison.total) {
        shown.push_str(&format!("{}\n", style.faint(&note)));
    }
    if let Some(unattributed) = &comparison.unattributed {
        let have = if unattributed.invocations == 1 {
            "invocation has"
        } else {
            "invocations have"
        };
        shown.push_str(&format!(
            "{} {have} no known model and count on neither side; the report says what that could change\n",
            unattributed.invocations
        ));
    }
    if !comparison.warnings.is_empty() {
        shown.push('\n');
    }
    for warning in &comparison.warnings {
        shown.push_str(&format!(
            "{} {}\n",
            style.strong("warning:"),
            visible(&warning.to_string())
        ));
    }
    shown
}
