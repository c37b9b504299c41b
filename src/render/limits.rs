//! Failures, timeouts, and how near requests come to limits of time.

use super::digits::Digits;
use super::fan_out::fan_out;
use super::page::{Block, Section, noted_table, paragraph};
use super::report::{sides, two_columns};
use super::scale::{millis, percent, percent_with_interval, plural, with_interval};
use super::several_limits::several_limits;
use super::table::{Cell, Table, optional, text};
use crate::comparison::{Comparison, Margin, OwnTimeout, Rate, RateOfSide, Side, SideLimits};
use crate::invocation::Outcome;
use crate::stats::ProportionDifference;
use crate::summary::Metric;
use crate::vocab::grouped;

/// The section of the report.
pub(super) fn section(comparison: &Comparison) -> Section {
    let parts = [rates, margins, several_limits, fan_out];
    let blocks = parts.into_iter().flat_map(|part| part(comparison)).collect();
    Section::new("Timeouts and limits", blocks)
}

/// How often requests fail, time out or are throttled.
fn rates(comparison: &Comparison) -> Vec<Block> {
    let [baseline, candidate] = sides(comparison).map(|side| side.name.as_str());
    let mut page = Table::new(1, &["share of invocations", baseline, candidate, "difference"]);
    for rate in &comparison.rates {
        if rate.sides.iter().all(Option::is_none) {
            continue;
        }
        let title = match rate.rate {
            Rate::Error => "failed",
            Rate::Timeout => "timed out",
            Rate::Cold => "cold",
            Rate::Throttle => "throttled, of those with a timing record",
        };
        let [base, cand] = rate.sides.map(|side| optional(side.as_ref().map(rate_of_side)));
        let difference = optional(rate.difference.as_ref().map(points));
        page.row(vec![text(title), base, cand, difference]);
    }
    let mut lines = vec![
        "with 95 % intervals (Wilson); the difference is candidate minus baseline in percentage points (Newcombe); what \
         comes in episodes counts as what it is worth"
            .to_owned(),
    ];
    lines.extend(nobodys(comparison));
    noted_table(page, lines)
}

fn rate_of_side(side: &RateOfSide) -> String {
    format!(
        "{} of {}: {}",
        grouped(side.count),
        grouped(side.total),
        percent_with_interval(side.share(), side.interval())
    )
}

fn points(difference: &ProportionDifference) -> String {
    with_interval(difference.difference, difference.interval, signed_points)
}

/// A difference of shares in percentage points, with its sign unless it rounds to none.
fn signed_points(share: f64, digits: Digits) -> String {
    let points = digits.in_unit(-2).fixed(share.abs() * 100.0, 2);
    let is_none = points.trim_matches(['0', '.']).is_empty();
    match (is_none, share < 0.0) {
        (true, _) => points,
        (_, true) => format!("−{points}"),
        (_, false) => format!("+{points}"),
    }
}

/// Invocations without a model, which no rate of a model holds.
fn nobodys(comparison: &Comparison) -> Option<String> {
    let found = comparison.unattributed.as_ref()?;
    Some(format!(
        "{} in no rate, {} and {} among them: a handler that is killed cannot name its model",
        plural(
            found.invocations as u64,
            "invocation of unknown model is",
            "invocations of unknown model are"
        ),
        plural(found.timeouts as u64, "timeout", "timeouts"),
        plural(found.errors as u64, "failure", "failures"),
    ))
}

/// How near requests come to the limits of API Gateway and of their function.
fn margins(comparison: &Comparison) -> Vec<Block> {
    let both = |cell: &dyn Fn(&Side) -> Cell| sides(comparison).map(cell);
    let limits = |cell: &dyn Fn(&SideLimits) -> Option<String>| {
        [0, 1].map(|side| optional(cell(&comparison.limits[side])))
    };
    let mut rows = vec![(
        "longest total time",
        both(&|side| {
            let total = side.metric(Metric::Total);
            let bound = if side.group.timeouts > 0 { "≥ " } else { "" };
            optional(total.map(|total| format!("{bound}{}", millis(total.max))))
        }),
    )];
    let titles = [
        "29 s or more (API Gateway REST default)",
        "30 s or more (API Gateway HTTP)",
    ];
    for (index, title) in titles.into_iter().enumerate() {
        rows.push((title, limits(&|side| side.gateway.get(index).map(margin))));
    }
    rows.push((
        "the function's own timeout",
        limits(&|side| {
            Some(
                side.own
                    .as_ref()
                    .map_or_else(|| "not known".to_owned(), own_timeout),
            )
        }),
    ));
    if comparison.limits.iter().any(|side| side.own.is_some()) {
        rows.push((
            "reached it",
            limits(&|side| side.own.as_ref().map(|own| margin(&own.margin))),
        ));
        rows.push((
            "longest completed request, as a share of it",
            limits(&|side| side.own.as_ref()?.longest.map(percent)),
        ));
    }
    let is_stopped = |side: &&Side| side.rows.outcome.contains(&(Outcome::Timeout as u32));
    let mut lines = Vec::new();
    if sides(comparison).iter().any(is_stopped) {
        lines.push(
            "Timeouts rank above every other request in all quantiles. One that was stopped before a limit might have \
             reached it, so it counts as possible.",
        );
    }
    let own = || comparison.limits.iter().filter_map(|side| side.own.as_ref());
    if own().any(|own| own.margin.possible > 0) {
        lines.push(
            "What the function's timeout killed before it named its model counts as possible on either side.",
        );
    }
    if own().next().is_none() {
        lines.push("The function's own timeout is told only by a request that it killed.");
    }
    if own().any(|own| own.longest.is_some_and(|share| share > 1.0)) {
        lines
            .push("A completed request outlasted the function's timeout, so it was another one for a while.");
    }
    let mut blocks = vec![Block::Table(two_columns(comparison, rows))];
    if !lines.is_empty() {
        blocks.push(paragraph(lines.join(" ")));
    }
    blocks
}

fn own_timeout(own: &OwnTimeout) -> String {
    let seconds: Vec<String> = own
        .seconds
        .iter()
        .map(|seconds| format!("{} s", grouped(*seconds)))
        .collect();
    seconds.join(" and ")
}

fn margin(margin: &Margin) -> String {
    let count = match margin.possible {
        0 => grouped(margin.over),
        possible => format!("{} to {}", grouped(margin.over), grouped(margin.over + possible)),
    };
    format!(
        "{count} of {} (below {} with 95 % confidence)",
        grouped(margin.requests),
        percent(margin.upper_bound)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_have_a_sign_unless_they_round_to_none() {
        let shown =
            [0.0125, -0.0125, 0.0, 0.000_01, -0.000_01].map(|share| signed_points(share, Digits::ALL));
        assert_eq!(shown, ["+1.25", "−1.25", "0.00", "0.00", "0.00"]);
    }
}
