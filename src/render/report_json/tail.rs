//! What the requests around a quantile are made of, and what makes the tail.

use serde::Serialize;

use crate::comparison::{Composition, Tail, TailDoubt};
use crate::render::json_shared::ms;
use crate::summary::Phase;

/// Something of each phase.
#[derive(Serialize)]
struct PhasesJson {
    init: f64,
    before: f64,
    retry: f64,
    bedrock: f64,
    around_bedrock: f64,
    inference: f64,
    after: f64,
    unexplained: f64,
    other: f64,
    not_known: f64,
}

/// The requests around a quantile of total time.
#[derive(Serialize)]
pub(super) struct CompositionJson {
    p: f64,
    requests: usize,
    waited: usize,
    waited_share: f64,
    timeouts: usize,
    phases_ms: PhasesJson,
}

/// What makes the tail.
#[derive(Serialize)]
pub(super) struct TailJson {
    excess_ms: f64,
    is_lower_bound: bool,
    is_of_slowest: bool,
    phases_ms: PhasesJson,
    phase_shares: Option<PhasesJson>,
    largest_phase: Option<String>,
    largest_share: Option<f64>,
    doubt: Option<DoubtJson>,
}

/// Why it cannot be told what makes a tail.
#[derive(Serialize)]
pub(super) struct DoubtJson {
    kind: &'static str,
    requests: Option<usize>,
    worth: Option<usize>,
    needed: Option<u64>,
    episodes: Option<usize>,
}

/// The requests around a quantile of total time.
pub(super) fn composition_json(found: &Composition) -> CompositionJson {
    CompositionJson {
        p: found.p.as_f64(),
        requests: found.requests,
        waited: found.waited,
        waited_share: found.waited as f64 / found.requests as f64,
        timeouts: found.timeouts,
        phases_ms: phases(|phase| ms(found.phases_us[phase as usize])),
    }
}

/// What makes the tail. Shares are told where it is not doubted.
pub(super) fn tail_json(tail: &Tail) -> TailJson {
    let largest = tail.largest().filter(|_| tail.doubt.is_none());
    let excess = |phase: Phase| tail.phases_us[phase as usize];
    TailJson {
        excess_ms: ms(tail.excess_us),
        is_lower_bound: tail.is_bound,
        is_of_slowest: tail.is_of_slowest,
        phases_ms: phases(|phase| ms(excess(phase))),
        phase_shares: largest.map(|_| phases(|phase| tail.share(excess(phase)).unwrap_or_default())),
        largest_phase: largest.map(|(phase, _)| key(phase)),
        largest_share: largest.map(|(_, share)| share),
        doubt: tail.doubt.map(doubt),
    }
}

/// The field of a phase.
fn key(phase: Phase) -> String {
    phase.name().to_lowercase().replace(' ', "_")
}

fn phases(of: impl Fn(Phase) -> f64) -> PhasesJson {
    PhasesJson {
        init: of(Phase::Init),
        before: of(Phase::Before),
        retry: of(Phase::Retry),
        bedrock: of(Phase::Bedrock),
        around_bedrock: of(Phase::AroundBedrock),
        inference: of(Phase::Inference),
        after: of(Phase::After),
        unexplained: of(Phase::Unexplained),
        other: of(Phase::Other),
        not_known: of(Phase::NotKnown),
    }
}

/// Why it cannot be told what makes a tail.
pub(super) fn doubt(doubt: TailDoubt) -> DoubtJson {
    let none = DoubtJson {
        kind: "no_excess",
        requests: None,
        worth: None,
        needed: None,
        episodes: None,
    };
    match doubt {
        TailDoubt::NoExcess => none,
        TailDoubt::FewEpisodes(episodes) => DoubtJson {
            kind: "few_episodes",
            episodes: Some(episodes),
            ..none
        },
        TailDoubt::FewRequests {
            requests,
            worth,
            needed,
        } => DoubtJson {
            kind: "few_requests",
            requests: Some(requests),
            worth: Some(worth),
            needed: Some(needed),
            ..none
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phase_has_a_field_of_its_own() {
        let json = serde_json::to_value(phases(|phase| phase as usize as f64)).unwrap();
        for phase in Phase::ALL {
            assert_eq!(json[key(phase)], phase as usize as f64, "{}", key(phase));
        }
    }
}
