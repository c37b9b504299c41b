//! How a typical request fares, each prompt, and what invocations of unknown model would change.

use serde::Serialize;

use super::parts::{EstimateJson, QuantileJson, estimate_json, quantile_ms};
use crate::comparison::{Effects, PromptPairs, Unattributed};
use crate::render::json_shared::ends;
use crate::stats::Paired;

/// How a typical request fares.
#[derive(Serialize)]
pub(super) struct EffectsJson {
    candidate_faster: EstimateJson,
    typical_ratio: Option<EstimateJson>,
    mann_whitney_p: f64,
}

/// How a typical request fares.
pub(super) fn effects_json(effects: &Effects) -> EffectsJson {
    EffectsJson {
        candidate_faster: estimate_json((effects.candidate_faster, effects.candidate_faster_interval)),
        typical_ratio: effects.typical_ratio.map(estimate_json),
        mann_whitney_p: effects.mann_whitney_p,
    }
}

/// The same prompts on both sides.
#[derive(Serialize)]
pub(super) struct PromptPairsJson {
    share: f64,
    share_needed: f64,
    stopped: usize,
    paired: Option<PairedJson>,
}

#[derive(Serialize)]
struct PairedJson {
    prompts: usize,
    ratio: f64,
    ratio_ci95: [Option<f64>; 2],
    wilcoxon_p: f64,
}

/// The same prompts on both sides.
pub(super) fn prompt_pairs_json(pairs: &PromptPairs) -> PromptPairsJson {
    PromptPairsJson {
        share: pairs.share,
        share_needed: Paired::LEAST_SHARE,
        stopped: pairs.stopped,
        paired: pairs.paired.as_ref().map(|paired| PairedJson {
            prompts: paired.pairs,
            ratio: paired.ratio,
            ratio_ci95: ends(paired.interval),
            wilcoxon_p: paired.signed_rank.p,
        }),
    }
}

/// Invocations of unknown model.
#[derive(Serialize)]
pub(super) struct UnattributedJson {
    invocations: usize,
    timeouts: usize,
    errors: usize,
    verdict_holds: bool,
    if_all: Vec<IfAllJson>,
}

#[derive(Serialize)]
struct IfAllJson {
    p: f64,
    baseline_ms: Option<QuantileJson>,
    candidate_ms: Option<QuantileJson>,
}

/// Invocations of unknown model.
pub(super) fn unattributed_json(found: &Unattributed) -> UnattributedJson {
    let rows = found.if_all.iter();
    UnattributedJson {
        invocations: found.invocations,
        timeouts: found.timeouts,
        errors: found.errors,
        verdict_holds: found.verdict_holds,
        if_all: rows
            .map(|(p, baseline, candidate)| IfAllJson {
                p: p.as_f64(),
                baseline_ms: baseline.as_ref().map(quantile_ms),
                candidate_ms: candidate.as_ref().map(quantile_ms),
            })
            .collect(),
    }
}
