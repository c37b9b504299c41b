//! How a typical request fares, and each prompt.

use super::page::{Block, paragraph};
use super::report::sides;
use super::scale::{percent, percent_with_interval, plural, ratio_with, with_interval};
use crate::comparison::{Comparison, PromptPairs};
use crate::stats::{Check, Paired, Probability};
use crate::vocab::grouped;

/// The sentences of a report, beside the table of the quantiles.
pub(super) fn typical(comparison: &Comparison) -> Vec<Block> {
    let mut shown = Vec::new();
    if let Some(effects) = &comparison.effects {
        let faster = percent_with_interval(effects.candidate_faster, effects.candidate_faster_interval);
        let ratio = effects.typical_ratio.map_or_else(String::new, |(point, range)| {
            let found = with_interval(point, range, ratio_with);
            format!(" The median of all pairs' ratios is {found} (Hodges–Lehmann).")
        });
        shown.push(paragraph(format!(
            "Typically: a request of the candidate is faster than one of the baseline in {faster} of all pairs \
             (Brunner–Munzel).{ratio} For readers of benchstat, p of Mann–Whitney is {}; it says nothing of the tail.{}",
            p_value(effects.mann_whitney_p),
            dependent(comparison)
        )));
    }
    if let Some(pairs) = &comparison.pairs {
        shown.push(paragraph(prompt_by_prompt(pairs)));
    }
    shown
}

/// That requests are not independent, where they are not.
fn dependent(comparison: &Comparison) -> String {
    let Some(median) = comparison.total_at(Probability::P50) else {
        return String::new();
    };
    let told: Vec<String> = sides(comparison)
        .into_iter()
        .zip(&median.dependence)
        .filter_map(|(side, dependence)| {
            let found = dependence.filter(|found| found.check() != Check::Ok)?;
            Some(format!(
                "{} of {} say as much as {}",
                grouped(found.len as u64),
                side.name,
                grouped(found.effective_size() as u64)
            ))
        })
        .collect();
    match told.is_empty() {
        true => String::new(),
        false => format!(
            " All this takes requests for independent, which they are not at p50 ({}): the intervals are too narrow and p \
             too small.",
            told.join(", ")
        ),
    }
}

fn prompt_by_prompt(pairs: &PromptPairs) -> String {
    let Some(paired) = &pairs.paired else {
        return format!(
            "Prompt by prompt: not enough prompts are common to both sides ({}; {} are needed).",
            percent(pairs.share),
            percent(Paired::LEAST_SHARE)
        );
    };
    let stopped = match pairs.stopped {
        0 => String::new(),
        stopped => format!(
            " {} in it at the limit.",
            plural(stopped as u64, "stopped request is", "stopped requests are")
        ),
    };
    format!(
        "Prompt by prompt: over {} that both sides were given, {} of all, the candidate takes {} times as long at the \
         median; p of Wilcoxon's signed-rank test is {}.{stopped}",
        plural(paired.pairs as u64, "prompt", "prompts"),
        percent(pairs.share),
        with_interval(paired.ratio, paired.interval, ratio_with),
        p_value(paired.signed_rank.p)
    )
}

fn p_value(p: f64) -> String {
    match p < 0.001 {
        true => "below 0.001".to_owned(),
        false => format!("{p:.3}"),
    }
}
