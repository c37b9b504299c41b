//! The answer of a comparison in two sentences and one table.

use super::aligned;
use super::bars::bars;
use super::control;
use super::cost::cost_sentence;
use super::digits::{Digits, apart_from_one};
use super::report::ReportView;
use super::scale::{
    Form, estimate, footnotes, interval, percent, plural, quantile, ratio, ratio_with, signed_millis_with,
    with_interval,
};
use super::table::{Cell, Table, name, text};
use super::terminal::Style;
use super::what_if::{sides_table, what_if_title};
use crate::comparison::{ComparedQuantile, Comparison, ControlState, Direction, Side, Unattributed};
use crate::stats::{Grade, Interval, Probability, Verdict};
use crate::summary::{Metric, QuantileSummary};
use crate::vocab::{counted, grouped, visible};

/// How names are shown in a sentence: as the dialect has it.
pub(super) type ShowName<'a> = &'a dyn Fn(&str) -> String;

/// The sentences of the answer: what happened, what the time is made of, and whether it can be believed, which for a
/// confounded comparison is said in the first.
pub(super) fn sentences(comparison: &Comparison, show: ShowName<'_>) -> [String; 3] {
    let (headline, cause) = (headline(comparison, show), cause(comparison, show));
    let control = control::sentence(&comparison.control, &visible);
    match comparison.control.state() {
        ControlState::Confounded => [format!("{headline} {control}"), cause, String::new()],
        ControlState::Controlled | ControlState::Unverified => [headline, cause, control],
    }
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
        estimate(cand),
        estimate(base)
    );
    let range = compared.ratio_interval;
    let measured = match (compared.ratio, range.low, range.high) {
        (Some(point), ..) => times(point, range),
        // An estimate among timeouts gives no ratio, but a bound of it.
        (None, Some(low), None) => format!("at least {} times (97.5 % confidence)", ratio(low)),
        (None, _, Some(high)) => format!("at most {} times (97.5 % confidence)", ratio(high)),
        (None, None, None) => String::new(),
    };
    if comparison.is_beyond_a_limit(Probability::P95) {
        let median = median(comparison)
            .filter(|_| !comparison.is_beyond_a_limit(Probability::P50))
            .map_or_else(String::new, |median| format!("; {median}"));
        return format!(
            "Whether {candidate} is faster at p95 cannot be told: {values}, but some requests were stopped where others ran \
             on, and p95 reaches that limit{median}."
        );
    }
    if let Some(episodes) = comparison.headline().and_then(ComparedQuantile::few_episodes) {
        return format!(
            "Whether {candidate} is faster at p95 cannot be told: {values}, but the slow requests of a side came in {}, \
             too few to prove anything.",
            counted(episodes as u64, "episode")
        );
    }
    match Direction::of(range) {
        Direction::Faster => format!("{candidate} is faster: {values}, {measured}."),
        Direction::Slower => format!("{candidate} is slower: {values}, {measured}."),
        Direction::Unclear if range.low.is_some() && range.high.is_some() => {
            let found = comparison.headline();
            if found.is_some_and(|found| found.verdict == Some(Verdict::Equivalent)) {
                let margin = whole_percent(comparison.margin);
                return format!("Neither is faster by more than {margin}: {values}, {measured}.");
            }
            let needed = found
                .and_then(|found| found.requests_needed)
                .map_or_else(String::new, |needed| {
                    format!("; about {} requests on each side would tell", grouped(needed))
                });
            format!("No difference is shown, nor is one ruled out: {values}, {measured}{needed}.")
        }
        Direction::Unclear => {
            let median = median(comparison)
                .map(|median| format!("; {median}"))
                .unwrap_or_default();
            let reason = undecided(comparison, base, cand, show);
            format!("Whether {candidate} is faster at p95 cannot be told: {values}, but {reason}{median}.")
        }
    }
}

/// Why the ratio of p95 has no interval.
fn undecided(
    comparison: &Comparison,
    base: &QuantileSummary,
    cand: &QuantileSummary,
    show: ShowName<'_>,
) -> String {
    let count = |side: &Side| side.metric(Metric::Total).map_or(0, |total| total.count as u64);
    let counts = (count(&comparison.baseline), count(&comparison.candidate));
    if counts.0.min(counts.1) < base.n_needed {
        return format!(
            "{} and {} requests with a latency cannot bound their ratio (p95 needs {} on each side)",
            grouped(counts.0),
            grouped(counts.1),
            base.n_needed
        );
    }
    for (side, summary) in [base, cand].into_iter().enumerate() {
        if summary.grade <= Grade::LowerBoundOnly {
            let name = [&comparison.baseline, &comparison.candidate][side].name.as_str();
            let found = comparison.headline().and_then(|found| found.dependence[side]);
            let worth = found.map_or(0.0, |found| found.effective_size());
            return format!(
                "the {} requests of {} are worth {} independent ones, and an upper end of p95 takes {}",
                grouped([counts.0, counts.1][side]),
                show(name),
                grouped(worth as u64),
                summary.n_needed
            );
        }
    }
    let reach = |summary: &QuantileSummary| summary.estimate.censored || summary.interval.high.is_none();
    match (reach(base), reach(cand)) {
        (true, true) => "timeouts leave p95 no upper end on either side".to_owned(),
        (true, false) => format!(
            "timeouts leave p95 of {} no upper end",
            show(&comparison.baseline.name)
        ),
        (false, true) => format!(
            "timeouts leave p95 of {} no upper end",
            show(&comparison.candidate.name)
        ),
        (false, false) => "the two samples together do not bound their ratio".to_owned(),
    }
}

/// What can be said of p50 where p95 is out of reach.
fn median(comparison: &Comparison) -> Option<String> {
    let row = comparison.total_at(Probability::P50)?;
    let found = row.comparison?;
    let range = found.ratio_interval;
    (range.low.is_some() && range.high.is_some())
        .then(|| Some(format!("p50 is {}", times(found.ratio?, range))))?
}

/// `0.48 times (95 % interval 0.44–0.53)`.
fn times(point: f64, range: Interval) -> String {
    let digits = Digits::of(range);
    let ratio = |ratio: f64| ratio_with(ratio, digits);
    let level = match (range.low, range.high) {
        (Some(low), Some(high)) => format!("(95 % interval {}–{})", ratio(low), ratio(high)),
        (Some(low), None) => format!("(at least {} with 97.5 % confidence)", ratio(low)),
        (None, Some(high)) => format!("(at most {} with 97.5 % confidence)", ratio(high)),
        (None, None) => "(no interval)".to_owned(),
    };
    format!("{} times {level}", ratio(point))
}

/// What the time is made of, and what that allows.
fn cause(comparison: &Comparison, show: ShowName<'_>) -> String {
    let (baseline, candidate) = (&comparison.baseline, &comparison.candidate);
    let Some(time) = baseline.time else {
        return "Where the time goes cannot be told, because no request of the baseline in the latency figures has an inference time."
            .to_owned();
    };
    let of_candidate = candidate
        .time
        .map(|time| format!(" ({} with {})", percent(time.inference), show(&candidate.name)))
        .unwrap_or_default();
    let unknown = if time.unknown > 0.0 {
        format!(
            ", and {} is time of requests whose inference time is not known",
            percent(time.unknown)
        )
    } else {
        String::new()
    };
    let cold = match (time.init_is_bound, time.init > 0.0) {
        (false, _) => percent(time.init),
        (true, true) => format!("at least {}", percent(time.init)),
        (true, false) => "of a length that is not logged".to_owned(),
    };
    let parts = format!(
        "With {}, inference is {} of total time{of_candidate}, cold starts are {}, all else in the function {}{unknown}",
        show(&baseline.name),
        percent(time.inference),
        cold,
        percent(time.other)
    );
    match time.most_speedup().map(factor) {
        Some(limit) => {
            format!("{parts}, so work on all but the model can make requests at most {limit} times as fast.")
        }
        None => format!("{parts}; with so much unknown, what tuning could bring is not told."),
    }
}

/// A speed-up factor.
pub(super) fn factor(factor: f64) -> String {
    factor_with(factor, Digits::ALL)
}

/// A speed-up factor with no more than these digits.
pub(super) fn factor_with(factor: f64, digits: Digits) -> String {
    let decimals = match factor {
        100.0.. => 0,
        1.1.. => 2,
        _ => 3,
    };
    apart_from_one(factor, digits.fixed(factor, decimals))
}

/// How many invocations have no known model, and where they do not count.
pub(super) fn without_model(found: &Unattributed, place: &str) -> String {
    let kinds: Vec<String> = [(found.timeouts, "timed out"), (found.errors, "failed")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", grouped(count as u64)))
        .collect();
    let kinds = match kinds.is_empty() {
        true => String::new(),
        false => format!(" ({})", kinds.join(", ")),
    };
    format!(
        "{} no known model{kinds} and {} {place}",
        plural(found.invocations as u64, "invocation has", "invocations have"),
        if found.invocations == 1 { "counts" } else { "count" },
    )
}

/// The table of compared quantiles, with the sides' names as titles.
pub(super) fn quantiles_table(
    comparison: &Comparison,
    compared: &[ComparedQuantile],
    first_title: &str,
) -> Table {
    let (baseline, candidate) = (&comparison.baseline.name, &comparison.candidate.name);
    let titles = [first_title, baseline, candidate, "ratio", "difference", "verdict"];
    let mut table = Table::new(1, &titles);
    for row in compared {
        let side = |summary: &Option<QuantileSummary>| {
            summary
                .as_ref()
                .map_or(Cell::Empty, |summary| text(quantile(summary)))
        };
        let (ratio, difference) = match &row.comparison {
            Some(found) => (
                point_and_interval(found.ratio, found.ratio_interval, ratio_with),
                point_and_interval(found.difference, found.difference_interval, signed_millis_with),
            ),
            None => (Cell::Empty, Cell::Empty),
        };
        table.row(vec![
            text(row.p.label()),
            side(&row.baseline),
            side(&row.candidate),
            ratio,
            difference,
            verdict(row),
        ]);
    }
    table
}

/// The verdict, marked where it is one claim too many.
fn verdict(row: &ComparedQuantile) -> Cell {
    let mark = if row.is_claim_too_many() { "°" } else { "" };
    row.verdict
        .map_or(Cell::Empty, |verdict| text(format!("{}{mark}", verdict.as_str())))
}

pub(super) fn point_and_interval(point: Option<f64>, range: Interval, form: Form) -> Cell {
    match point {
        Some(point) => text(with_interval(point, range, form)),
        None if range != Interval::UNBOUNDED => text(interval(range, |end| form(end, Digits::ALL))),
        None => text("not estimable"),
    }
}

/// The quantiles that a table of compared quantiles shows.
pub(super) fn shown_quantiles(compared: &[ComparedQuantile]) -> impl Iterator<Item = &QuantileSummary> {
    compared
        .iter()
        .flat_map(|row| row.baseline.iter().chain(&row.candidate))
}

/// The footnotes of the first table of compared quantiles.
pub(super) fn table_notes(comparison: &Comparison, compared: &[ComparedQuantile]) -> Vec<String> {
    let mut notes = vec![
        "ms (95 % interval); ratio and difference are candidate against baseline".to_owned(),
        format!(
            "verdict: whether the interval of the ratio proves a change by more than {}; p95 is the primary one, the others \
             are exploratory",
            whole_percent(comparison.margin)
        ),
    ];
    notes.extend(too_many_claims(comparison));
    notes.extend(needed(compared));
    notes.extend(footnotes(shown_quantiles(compared)));
    notes
}

/// What the mark of a verdict means, if one is marked.
fn too_many_claims(comparison: &Comparison) -> Option<String> {
    let tables = [
        &comparison.total,
        &comparison.duration,
        &comparison.inference,
        &comparison.warm,
    ];
    let all = || tables.into_iter().flatten();
    let count = all().filter(|row| row.holm_p.is_some()).count();
    all().any(ComparedQuantile::is_claim_too_many).then(|| {
        format!("° shown alone, but not among the {count} exploratory comparisons of this report (Holm, 5 %)")
    })
}

/// A margin in per cent, with a decimal where it has one.
fn whole_percent(share: f64) -> String {
    let tenths = (share * 1000.0).round() / 10.0;
    let shown = if tenths > 0.0 { tenths } else { share * 100.0 };
    format!("{shown} %")
}

/// How many requests would tell what these did not.
fn needed(compared: &[ComparedQuantile]) -> Option<String> {
    let each: Vec<String> = compared
        .iter()
        .filter_map(|row| Some(format!("{} {}", row.p.label(), grouped(row.requests_needed?))))
        .collect();
    (!each.is_empty()).then(|| {
        format!(
            "requests on each side that would tell, if the ratio stays as it is: about {}",
            each.join(", ")
        )
    })
}

/// What `latscope report` prints: where the numbers come from, the answer, the headline's table, and
/// the warnings.
pub fn brief(view: &ReportView<'_>, style: Style) -> String {
    let comparison = view.comparison;
    let show = |name: &str| visible(name);
    let [first, second, control] = sentences(comparison, &show);
    let mut shown = String::new();
    for line in view.origin_lines() {
        shown.push_str(&format!("{}\n", visible(&line)));
    }
    shown.push_str(&format!("\n{}\n{second}\n", style.strong(&first)));
    if !control.is_empty() {
        shown.push_str(&format!("{control}\n"));
    }
    shown.push('\n');
    shown.push_str(&aligned::table(
        &quantiles_table(comparison, &comparison.total, "total time"),
        style,
    ));
    for note in table_notes(comparison, &comparison.total) {
        shown.push_str(&format!("{}\n", style.faint(&note)));
    }
    if let Some(sentence) = cost_sentence(comparison, view.cost, &show) {
        shown.push_str(&format!("{sentence}\n"));
    }
    if let Some(found) = &comparison.unattributed {
        let counted = without_model(found, "on neither side");
        shown.push_str(&format!("{counted}; the report says what that could change\n"));
    }
    let sides = [&comparison.baseline, &comparison.candidate];
    let sides = sides.map(|side| (vec![name(&side.name)], side.group.total.clone()));
    let drawn = bars(&["side"], sides, style);
    if !drawn.is_empty() {
        shown.push_str(&format!("\n{drawn}"));
    }
    for what_if in view.what_if {
        let (table, notes) = sides_table(comparison, what_if);
        let title = style.strong(&visible(&what_if_title(what_if)));
        shown.push_str(&format!("\n{title}\n{}", aligned::table(&table, style)));
        for note in notes {
            shown.push_str(&format!("{}\n", style.faint(&note)));
        }
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
