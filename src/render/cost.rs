//! The cost section of the report, and its line in the answer.

use super::answer::ShowName;
use super::page::{Block, Section, noted_table};
use super::scale::{interval, ratio_with, with_interval};
use super::table::{Cell, Table, optional, text};
use crate::comparison::{Architecture, ComparedCost, Comparison, Cost, CostComparison, CostItem};
use crate::stats::{Interval, MeanEstimate};
use crate::vocab::{grouped, visible};

/// What a thousand requests cost.
pub(super) fn cost_section(comparison: &Comparison, cost: &CostComparison, figure: Option<Block>) -> Section {
    let sides = [&comparison.baseline.name, &comparison.candidate.name];
    let mut page = Table::new(1, &["", sides[0], sides[1], "ratio", "difference"]);
    for row in &cost.rows {
        let form = form(row.item);
        let side = |mean: Option<MeanEstimate>| optional(mean.map(|mean| form(mean.value)));
        let [of_ratio, of_difference] = compared(row, form);
        page.row(vec![
            text(title(row.item)),
            side(row.baseline),
            side(row.candidate),
            of_ratio,
            of_difference,
        ]);
    }
    let mut blocks = noted_table(page, lines(comparison, cost));
    blocks.extend(figure);
    Section::new("Cost per 1,000 requests", blocks)
}

/// The cost in one sentence, where it is known or a price is missing.
pub(super) fn cost_sentence(
    comparison: &Comparison,
    cost: &CostComparison,
    show: ShowName<'_>,
) -> Option<String> {
    let names = [show(&comparison.baseline.name), show(&comparison.candidate.name)];
    let unpriced = unpriced(cost);
    if !unpriced.is_empty() {
        let unpriced: Vec<String> = unpriced.iter().map(|model| show(model)).collect();
        return Some(format!(
            "Cost of 1,000 requests: not known, for there is no price of {}; --prices FILE gives one",
            unpriced.join(" and ")
        ));
    }
    let totals = |architecture: &Architecture| {
        let row = cost.row(CostItem::Total(*architecture))?;
        Some((row.baseline?.value, row.candidate?.value))
    };
    let (first, others) = cost.architectures.split_first()?;
    let (baseline, candidate) = totals(first)?;
    let others = others.iter().filter_map(|architecture| {
        let (baseline, candidate) = totals(architecture)?;
        Some(format!(
            "; on {} {} and {}",
            architecture.name(),
            dollars(baseline),
            dollars(candidate)
        ))
    });
    let replaced = cost
        .replaced_by
        .iter()
        .map(|by| format!(", {}", visible(&by.name)));
    Some(format!(
        "Cost of 1,000 requests on {}: {} with {} and {} with {}{} (prices of {}{})",
        first.name(),
        dollars(baseline),
        names[0],
        dollars(candidate),
        names[1],
        others.collect::<String>(),
        cost.date,
        replaced.collect::<String>()
    ))
}

/// What a thousand requests of baseline and candidate cost together, on the first architecture.
pub(super) fn total_dollars(cost: &CostComparison) -> [Option<String>; 2] {
    let first = cost.architectures.first();
    let row = first.and_then(|architecture| cost.row(CostItem::Total(*architecture)));
    let of =
        |mean: fn(&ComparedCost) -> Option<MeanEstimate>| row.and_then(mean).map(|mean| dollars(mean.value));
    [of(|row| row.baseline), of(|row| row.candidate)]
}

fn title(item: CostItem) -> String {
    match item {
        CostItem::GbSeconds => "GB-seconds".to_owned(),
        CostItem::InputTokens => "input tokens".to_owned(),
        CostItem::OutputTokens => "output tokens".to_owned(),
        CostItem::Duration(architecture) => format!("Lambda duration, {}", architecture.name()),
        CostItem::Requests => "Lambda requests".to_owned(),
        CostItem::Tokens => "Bedrock tokens".to_owned(),
        CostItem::Total(architecture) => format!("together, {}", architecture.name()),
    }
}

fn form(item: CostItem) -> fn(f64) -> String {
    match item {
        CostItem::GbSeconds | CostItem::InputTokens | CostItem::OutputTokens => amount,
        CostItem::Duration(_) | CostItem::Requests | CostItem::Tokens | CostItem::Total(_) => dollars,
    }
}

/// Ratio and difference, each with its interval.
fn compared(row: &ComparedCost, form: fn(f64) -> String) -> [Cell; 2] {
    let Some(found) = row.comparison else {
        return [Cell::Empty, Cell::Empty];
    };
    let with = |point: String, range: Interval, form: &dyn Fn(f64) -> String| {
        text(format!("{point} {}", interval(range, form)))
    };
    let signed = |value: f64| {
        let sign = if value < 0.0 { "−" } else { "+" };
        format!("{sign}{}", form(value.abs()))
    };
    [
        found.ratio.map_or(Cell::Empty, |point| {
            text(with_interval(point, found.ratio_interval, ratio_with))
        }),
        with(signed(found.difference), found.difference_interval, &signed),
    ]
}

/// What the figures rest on, and what is missing.
fn lines(comparison: &Comparison, cost: &CostComparison) -> Vec<String> {
    let both = [&comparison.baseline, &comparison.candidate];
    let sides = both.map(|side| &side.name);
    let invocations = |at: usize| match both[at].counted.is_some() {
        true => format!(
            "{} kept of {}",
            grouped(both[at].rows.len() as u64),
            grouped(both[at].group.invocations as u64)
        ),
        false => grouped([&cost.baseline, &cost.candidate][at].requests as u64),
    };
    let costs = [&cost.baseline, &cost.candidate];
    let replaced: Vec<String> = cost
        .replaced_by
        .iter()
        .map(|by| {
            let comma = if by.region.is_empty() { "" } else { ", " };
            format!(
                "; figures of {} ({}{comma}{}) come first",
                by.name, by.date, by.region
            )
        })
        .collect();
    let mut lines = vec![
        format!(
            "US dollars at on-demand prices of {}, list of {}{}; 95 % intervals, where requests vary",
            cost.region,
            cost.date,
            replaced.concat()
        ),
        format!(
            "over all {} and {} invocations, failures and timeouts among them, for Lambda bills each",
            invocations(0),
            invocations(1)
        ),
    ];
    if cost.architectures.len() > 1 {
        lines.push(
            "the logs do not tell the architecture, so both are shown; --architecture x86_64 or arm64 shows one"
                .to_owned(),
        );
    }
    for (name, side) in sides.into_iter().zip(costs) {
        lines.extend(missing(name, side));
    }
    let unpriced = unpriced(cost);
    if !unpriced.is_empty() {
        lines.push(format!(
            "no price is known of {}, so its tokens have no cost; --prices FILE gives one",
            unpriced.join(" and ")
        ));
    }
    lines
}

/// Models of either side that have no price, each once.
fn unpriced(cost: &CostComparison) -> Vec<&str> {
    let mut models: Vec<&str> = Vec::new();
    for model in cost.baseline.unpriced.iter().chain(&cost.candidate.unpriced) {
        if !models.contains(&model.as_str()) {
            models.push(model);
        }
    }
    models
}

/// What one side's figures lack.
fn missing(name: &str, cost: &Cost) -> Vec<String> {
    let count = |count: usize| grouped(count as u64);
    let mut lines = Vec::new();
    if cost.with_duration < cost.requests {
        lines.push(format!(
            "{name}: GB-seconds are the mean of {} of {} invocations; the others do not tell billed duration or \
             memory, or are billed otherwise",
            count(cost.with_duration),
            count(cost.requests)
        ));
    }
    if cost.with_tokens == 0 {
        lines.push(format!(
            "{name}: no timing record tells tokens, so they have no cost and nothing is added up"
        ));
    } else if cost.with_tokens < cost.requests {
        lines.push(format!(
            "{name}: tokens are the mean of the {} of {} invocations that tell them",
            count(cost.with_tokens),
            count(cost.requests)
        ));
    }
    if cost.tokens_without_model > 0 {
        lines.push(format!(
            "{name}: the tokens of {} invocations have no known model and are not priced",
            count(cost.tokens_without_model)
        ));
    }
    for (invocations, way, how) in [
        (
            cost.provisioned,
            "provisioned concurrency",
            "a lower price for duration and one for the time it is kept",
        ),
        (cost.managed, "managed instances", "by the instance"),
    ] {
        if invocations > 0 {
            lines.push(format!(
                "{name}: {} invocations ran on {way}, which is billed otherwise ({how}) and is not in the cost",
                count(invocations)
            ));
        }
    }
    for (model, percent) in &cost.surcharged {
        lines.push(format!(
            "{name}: {model} was called through regional profiles, which cost {percent} % more; that is in it"
        ));
    }
    for (model, percent) in &cost.perhaps_surcharged {
        lines.push(format!(
            "{name}: {model} costs {percent} % more through regional profiles or in a single region; the logs do not \
             tell, and that is not in it"
        ));
    }
    if !cost.other_regions.is_empty() {
        lines.push(format!(
            "{name}: ran in {}, where prices may differ",
            cost.other_regions.join(", ")
        ));
    }
    lines
}

/// US dollars: `$1,234`, `$12.30`, `$0.0141`.
fn dollars(usd: f64) -> String {
    if usd >= 999.5 {
        format!("${}", grouped(usd.round() as u64))
    } else if usd >= 0.9995 {
        format!("${usd:.2}")
    } else {
        format!("${}", three_digits(usd))
    }
}

/// A number without unit: `1,234`, `12.3`, `0.0141`.
fn amount(number: f64) -> String {
    if number >= 99.95 {
        grouped(number.round() as u64)
    } else {
        three_digits(number)
    }
}

/// A number below 1,000 with three digits that count.
fn three_digits(number: f64) -> String {
    if number <= 0.0 {
        return "0".to_owned();
    }
    // At most what tells a millionth of a cent.
    let decimals = (2.0 - number.log10().floor()).clamp(0.0, 8.0) as usize;
    format!("{number:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_and_amounts_keep_three_digits() {
        for (usd, text) in [
            (0.0, "$0"),
            (0.000_2, "$0.000200"),
            (0.014_062, "$0.0141"),
            (0.999_9, "$1.00"),
            (12.345, "$12.35"),
            (1234.5, "$1,235"),
        ] {
            assert_eq!(dollars(usd), text);
        }
        for (number, text) in [
            (843.2, "843"),
            (12.345, "12.3"),
            (1.0, "1.00"),
            (490_123.4, "490,123"),
        ] {
            assert_eq!(amount(number), text);
        }
    }
}
