//! The stages of the whole path in words.

use super::page::{marked_name, marked_strong};
use super::report::sides;
use super::scale::{millis, percent, plural};
use crate::comparison::{Comparison, Path, PathTail, TailDoubt};
use crate::summary::{Phase, Stage};
use crate::vocab::grouped;

/// A stage in the table.
pub(super) fn title(stage: Stage) -> &'static str {
    match stage {
        Stage::Inside(Phase::Before) => "handler, before the call",
        Stage::Inside(Phase::After) => "handler, after the call",
        Stage::Inside(Phase::Bedrock) => "Bedrock's own latency",
        stage => stage.name(),
    }
}

/// What the names mean that are not plain.
pub(super) fn meanings(path: &Path) -> Vec<String> {
    let is_told = |stage: Stage| {
        let mut means = path.sides.iter().filter_map(|side| side.stages.as_ref());
        means.any(|means| means.mean_us[stage.place()] > 0.0)
    };
    let meanings = [
        (Stage::Waiting, "waiting: from the intended time to the sending"),
        (
            Stage::Network,
            "network: what the caller waited beyond the gateway's response latency",
        ),
        (
            Stage::Gateway,
            "gateway: its response latency beyond that of the integration",
        ),
        (
            Stage::ToFunction,
            "way to the function: the integration's latency beyond what Lambda reports, there and back",
        ),
        (
            Stage::NetworkAndGateway,
            "network and gateway: both, where the gateway's response latency is not told",
        ),
        (
            Stage::GatewayAndWay,
            "gateway and way: both, where the integration's latency is not told",
        ),
        (
            Stage::OutsideFunction,
            "outside the function: network, gateway and way together, of requests without an access log record",
        ),
        (
            Stage::Inside(Phase::NotKnown),
            "not known: time in the function that is not told apart",
        ),
        (
            Stage::NotFound,
            "not found: what lies further in than any record that was found, or behind a caller who gave up while API Gateway went on",
        ),
    ];
    let told: Vec<&str> = meanings
        .into_iter()
        .filter(|(stage, _)| is_told(*stage))
        .map(|(_, meaning)| meaning)
        .collect();
    match told.is_empty() {
        true => Vec::new(),
        false => vec![told.join("; ")],
    }
}

/// Which stage makes the tail of one side.
pub(super) fn makes_the_tail(comparison: &Comparison, path: &Path, side: usize) -> Option<String> {
    let means = path.sides[side].stages.as_ref()?;
    let tail = means.tail.as_ref()?;
    let name = marked_strong(&marked_name(&sides(comparison)[side].name));
    let said = match tail.doubt {
        Some(TailDoubt::FewRequests { requests, needed, .. }) => format!(
            "which stage makes its tail cannot be told from {}: p99 needs {}.",
            plural(requests as u64, "request", "requests"),
            grouped(needed)
        ),
        Some(TailDoubt::FewEpisodes(episodes)) => format!(
            "which stage makes its tail cannot be told: p99 rests on {}.",
            plural(episodes as u64, "slow episode", "slow episodes")
        ),
        Some(TailDoubt::NoExcess) => {
            "its requests around p99 are no longer than those around p50.".to_owned()
        }
        None => makes(tail)?,
    };
    Some(format!("{name}: {said}"))
}

fn makes(tail: &PathTail) -> Option<String> {
    let (stage, share) = tail.largest()?;
    let bound = if tail.is_bound { "at least " } else { "" };
    let of_whom = match tail.is_of_slowest {
        true => "the slowest requests",
        false => "the requests around p99",
    };
    Some(format!(
        "{of_whom} take {bound}{} ms more than those around p50; the largest part of that is {}, {}.",
        millis(tail.excess_us),
        in_words(stage),
        percent(share)
    ))
}

/// A stage in a sentence.
fn in_words(stage: Stage) -> &'static str {
    match stage {
        Stage::Waiting => "waiting to be sent",
        Stage::Network => "the network",
        Stage::NetworkAndGateway => "the network with the gateway",
        Stage::Gateway => "the gateway",
        Stage::GatewayAndWay => "the gateway with the way to the function",
        Stage::ToFunction => "the way to the function",
        Stage::OutsideFunction => "what lies outside the function",
        Stage::NotFound => "what was not found",
        Stage::Inside(Phase::Init) => "waiting for a start",
        Stage::Inside(Phase::Before) => "the handler before the call",
        Stage::Inside(Phase::Retry) => "the time of retries",
        Stage::Inside(Phase::Bedrock) => "Bedrock's own latency",
        Stage::Inside(Phase::AroundBedrock) => "the time around Bedrock",
        Stage::Inside(Phase::Inference) => "inference",
        Stage::Inside(Phase::After) => "the handler after the call",
        Stage::Inside(Phase::Unexplained) => "unexplained time in the function",
        Stage::Inside(Phase::Other) => "other time in the function",
        Stage::Inside(Phase::NotKnown) => "time in the function that is not told apart",
    }
}
