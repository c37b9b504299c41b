//! What the requests around p50, p95 and p99 of total time are made of, and what makes the tail.

use super::page::{Block, Prose, marked_name, marked_strong, noted_table, paragraph};
use super::scale::{millis, percent, signed_millis};
use super::table::{Cell, Table, name, text};
use super::where_time_goes::spent;
use crate::comparison::{Comparison, Composition, Side, Tail, TailDoubt, TimeSpent};
use crate::stats::Probability;
use crate::summary::Phase;
use crate::vocab::grouped;

/// The phases that any request around a quantile has, on either side.
pub(super) fn used_phases(comparison: &Comparison) -> Vec<Phase> {
    let is_used = |phase: &Phase| comparison.time_spent.iter().any(|spent| spent.has(*phase));
    Phase::ALL.into_iter().filter(is_used).collect()
}

/// The table and what it says of the tail.
pub(super) fn tables(comparison: &Comparison) -> Vec<Block> {
    let phases = used_phases(comparison);
    let mut titles = vec!["requests around", "side", "averaged", "waited for a start"];
    titles.extend(phases.iter().map(|phase| phase.name()));
    let mut page = Table::new(2, &titles);
    let mut is_uncertain = false;
    for p in [Probability::P50, Probability::P95, Probability::P99] {
        for (index, (side, spent)) in spent(comparison).into_iter().enumerate() {
            let Some(found) = spent.around(p) else { continue };
            let is_small = comparison.is_of_slowest(index, p);
            is_uncertain |= is_small;
            let mark = if is_small { "†" } else { "" };
            let mut cells = vec![
                text(format!("{}{mark}", p.label())),
                name(side.name.clone()),
                text(grouped(found.requests as u64)),
                text(waited(found)),
            ];
            cells.extend(
                phases
                    .iter()
                    .map(|&phase| text(millis(found.phases_us[phase as usize]))),
            );
            page.row(cells);
        }
    }
    for (index, (side, spent)) in spent(comparison).into_iter().enumerate() {
        let Some(tail) = &spent.tail else { continue };
        let mark = if comparison.is_of_slowest(index, Probability::P99) {
            "†"
        } else {
            ""
        };
        let mut line = |title: String, cell: &dyn Fn(f64) -> Cell| {
            let mut cells = vec![text(title), name(side.name.clone()), Cell::Empty, Cell::Empty];
            cells.extend(phases.iter().map(|&phase| cell(tail.phases_us[phase as usize])));
            page.row(cells);
        };
        line(format!("p99 over p50{mark}"), &|excess| {
            text(signed_millis(excess))
        });
        if tail.excess_us > 0.0 && tail.doubt.is_none() {
            let share = |excess: f64| {
                tail.share(excess)
                    .map_or(Cell::Empty, |share| text(signed_percent(share)))
            };
            line("share of that".to_owned(), &share);
        }
    }
    let mut lines = meanings(&phases);
    if is_uncertain {
        lines.push("† too few requests to tell which are around it; these are the slowest".to_owned());
    }
    let sentences: Vec<String> = spent(comparison)
        .iter()
        .filter_map(|(side, spent)| sentence(side, spent))
        .collect();
    let introduction = "Mean ms of each part over the requests that could be the quantile of total time; timeouts count as the \
         slowest, at the time they were stopped:";
    let mut blocks = vec![paragraph(introduction)];
    blocks.extend(noted_table(page, lines));
    if !sentences.is_empty() {
        blocks.push(Block::Text(Prose::marked(&sentences.join(" "))));
    }
    blocks
}

fn waited(found: &Composition) -> String {
    match found.waited {
        0 => "0".to_owned(),
        waited => format!(
            "{} ({})",
            grouped(waited as u64),
            percent(waited as f64 / found.requests as f64)
        ),
    }
}

/// A share that may be negative.
fn signed_percent(share: f64) -> String {
    // Of what is shown as less than 0.01 % the sign says nothing.
    let sign = if share < -5e-5 { "−" } else { "" };
    format!("{sign}{}", percent(share.abs()))
}

/// What the names of the phases mean, of those that are not plain.
fn meanings(phases: &[Phase]) -> Vec<String> {
    let meaning = |phase: &Phase| match phase {
        Phase::Before => Some("before: the handler before the call"),
        Phase::Retry => Some("retry: failed attempts and waits"),
        Phase::Bedrock => Some("Bedrock: its own latency"),
        Phase::AroundBedrock => Some("around Bedrock: the rest of inference, SDK and network"),
        Phase::Inference if phases.contains(&Phase::Bedrock) => {
            Some("inference: where Bedrock's own latency is not told")
        }
        Phase::After => Some("after: the handler after the call"),
        Phase::Unexplained => Some("unexplained: duration minus all that was logged"),
        Phase::Other if phases.contains(&Phase::Unexplained) => {
            Some("other: the same where the handler does not tell its time before and after the call")
        }
        Phase::NotKnown => Some("not known: the duration of requests without a believable inference time"),
        Phase::Init | Phase::Inference | Phase::Other => None,
    };
    let meanings: Vec<&str> = phases.iter().filter_map(meaning).collect();
    match meanings.is_empty() {
        true => Vec::new(),
        false => vec![meanings.join("; ")],
    }
}

/// What makes the tail of one side.
fn sentence(side: &Side, spent: &TimeSpent) -> Option<String> {
    let tail = spent.tail.as_ref()?;
    let name = marked_strong(&marked_name(&side.name));
    let text = match tail.doubt {
        Some(TailDoubt::FewRequests {
            requests,
            worth,
            needed,
        }) => {
            let worth = match worth < requests {
                true => format!(", worth {} independent ones", grouped(worth as u64)),
                false => String::new(),
            };
            format!(
                "what makes its tail cannot be told from {} requests{worth}: p99 needs {}.",
                grouped(requests as u64),
                grouped(needed)
            )
        }
        Some(TailDoubt::FewEpisodes(episodes)) => format!(
            "what makes its tail cannot be told: p99 rests on {episodes} slow episode{}.",
            if episodes == 1 { "" } else { "s" }
        ),
        Some(TailDoubt::NoExcess) => {
            "its requests around p99 are no longer than those around p50.".to_owned()
        }
        None => makes(tail, spent)?,
    };
    Some(format!("{name}: {text}"))
}

fn makes(tail: &Tail, spent: &TimeSpent) -> Option<String> {
    let (phase, share) = tail.largest()?;
    let (middle, top) = (spent.around(Probability::P50)?, spent.around(Probability::P99)?);
    let bound = if tail.is_bound { "at least " } else { "" };
    let of_whom = match tail.is_of_slowest {
        true => "the slowest requests",
        false => "the requests around p99",
    };
    Some(format!(
        "{of_whom} take {bound}{} ms more than those around p50 (means of {} and {}); the largest part of that is {}, {}.",
        millis(tail.excess_us),
        grouped(top.requests as u64),
        grouped(middle.requests as u64),
        in_words(phase),
        percent(share)
    ))
}

/// A phase in a sentence.
const fn in_words(phase: Phase) -> &'static str {
    match phase {
        Phase::Init => "waiting for a start",
        Phase::Before => "the handler before the call",
        Phase::Retry => "retries",
        Phase::Bedrock => "Bedrock's own latency",
        Phase::AroundBedrock => "the time around Bedrock",
        Phase::Inference => "inference",
        Phase::After => "the handler after the call",
        Phase::Unexplained => "unexplained time",
        Phase::Other => "other time in the function",
        Phase::NotKnown => "time of requests without a believable inference time",
    }
}
