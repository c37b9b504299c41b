//! Requests as callers of the API saw them, whatever is known of them elsewhere.

use std::collections::BTreeMap;

use super::ended::{EndedCounts, RequestUse};
use super::metric::MetricSummary;
use crate::dataset::Window;
use crate::invocation::{ClientOutcome, ClientPhase, PathRequest, PathRun};
use crate::stats::Sample;

/// What callers saw of the requests in a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Clients {
    /// By model, those at the rate of a run before those of bursts.
    pub groups: Vec<ClientSummary>,
    /// Requests of warm-ups, which are in no group.
    pub warm_up: usize,
    /// The runs that requests in the window belong to, by name.
    pub runs: Vec<PathRun>,
}

/// The requests of one model in one part of the runs.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientSummary {
    /// Position of the model that was asked for in the names.
    pub model: Option<u32>,
    /// Whether they were sent all at once.
    pub is_burst: bool,
    /// Requests, failed ones included.
    pub requests: usize,
    /// Requests that were answered.
    pub answered: usize,
    /// Requests that were stopped at a time limit: the caller's own, API Gateway's or the function's.
    pub timeouts: usize,
    /// Requests that were throttled.
    pub throttled: usize,
    /// Requests that failed in another way.
    pub other_failures: usize,
    /// Requests that the end of their run cut off.
    pub cancelled: usize,
    /// Where all of them ended.
    pub ended: EndedCounts,
    /// From the intended time to the end, of those that were answered, and of timeouts as lower bounds.
    pub latency: Option<MetricSummary>,
}

/// Describes the requests of clients in a window. `None` if there are none.
pub fn clients(requests: &[PathRequest], runs: &[PathRun], window: Window) -> Option<Clients> {
    let mut groups: BTreeMap<(Option<u32>, bool), Vec<&PathRequest>> = BTreeMap::new();
    let (mut warm_up, mut counts) = (0, vec![0_u64; runs.len()]);
    for request in requests.iter().filter(|request| window.holds(request.at)) {
        let Some(client) = request.client else { continue };
        if let Some(count) = counts.get_mut(client.run as usize) {
            *count += 1;
        }
        match client.phase {
            ClientPhase::WarmUp => warm_up += 1,
            phase => groups
                .entry((request.model, phase == ClientPhase::Burst))
                .or_default()
                .push(request),
        }
    }
    if warm_up == 0 && groups.is_empty() {
        return None;
    }
    let of_window = |(run, count): (&PathRun, u64)| PathRun {
        requests: count,
        ..run.clone()
    };
    Some(Clients {
        groups: groups
            .into_iter()
            .map(|((model, is_burst), requests)| of_group(model, is_burst, &requests))
            .collect(),
        warm_up,
        runs: runs
            .iter()
            .zip(counts)
            .filter(|(_, count)| *count > 0)
            .map(of_window)
            .collect(),
    })
}

impl Clients {
    /// How many runs could not keep their schedule, and of how many nothing tells whether they did.
    pub fn doubtful_runs(&self) -> (usize, usize) {
        let count = |is_valid: Option<bool>| self.runs.iter().filter(|run| run.is_valid == is_valid).count();
        (count(Some(false)), count(None))
    }
}

fn of_group(model: Option<u32>, is_burst: bool, requests: &[&PathRequest]) -> ClientSummary {
    let (mut answered, mut limits) = (Vec::new(), Vec::new());
    let (mut throttled, mut other_failures, mut cancelled) = (0, 0, 0);
    for request in requests {
        let Some(client) = request.client else { continue };
        let latency_us = client.latency.as_micros() as f64;
        match (RequestUse::of(request, true), client.outcome) {
            (RequestUse::Value, _) => answered.push(latency_us),
            (RequestUse::Limit, _) => limits.push(latency_us),
            (RequestUse::Failed, ClientOutcome::Throttled) => throttled += 1,
            (RequestUse::Failed, ClientOutcome::Cancelled) => cancelled += 1,
            (RequestUse::Failed, _) => other_failures += 1,
        }
    }
    ClientSummary {
        model,
        is_burst,
        requests: requests.len(),
        answered: answered.len(),
        timeouts: limits.len(),
        throttled,
        other_failures,
        cancelled,
        ended: EndedCounts::of(requests.iter().copied()),
        latency: Sample::with_censored(answered, limits)
            .as_ref()
            .map(MetricSummary::of),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invocation::ClientSeen;
    use crate::vocab::{Micros, Timestamp};

    fn request(second: i64, phase: ClientPhase, outcome: ClientOutcome, millis: u64) -> PathRequest {
        PathRequest {
            model: Some(0),
            at: Some(Timestamp::from_epoch_millis(second * 1000)),
            client: Some(ClientSeen {
                run: 0,
                phase,
                latency: Micros::from_millis(millis),
                service: None,
                outcome,
                http_status: None,
            }),
            gateway: None,
            invocation: None,
        }
    }

    fn runs() -> Vec<PathRun> {
        let run = |id: &str, is_valid| PathRun {
            id: id.into(),
            is_valid,
            requests: 9,
        };
        vec![run("a", Some(false)), run("b", None)]
    }

    #[test]
    fn timeouts_are_lower_bounds_and_other_failures_no_latencies() {
        let steady = |second, outcome, millis| request(second, ClientPhase::Steady, outcome, millis);
        let requests = [
            steady(1, ClientOutcome::Ok, 100),
            steady(2, ClientOutcome::Ok, 200),
            steady(3, ClientOutcome::Timeout, 50),
            steady(4, ClientOutcome::Throttled, 1),
            steady(5, ClientOutcome::HttpError, 2),
            steady(6, ClientOutcome::Broken, 3),
            steady(7, ClientOutcome::Cancelled, 4),
            request(1, ClientPhase::WarmUp, ClientOutcome::Ok, 9000),
            request(8, ClientPhase::Burst, ClientOutcome::Ok, 700),
            steady(99, ClientOutcome::Ok, 8000),
        ];
        let window = Window {
            since: None,
            until: Some(Timestamp::from_epoch_millis(50_000)),
        };
        let clients = clients(&requests, &runs(), window).unwrap();
        let [steady, burst] = clients.groups.as_slice() else {
            panic!("one model in two parts")
        };
        assert_eq!(
            (steady.is_burst, burst.is_burst, clients.warm_up),
            (false, true, 1)
        );
        assert_eq!(
            (
                steady.requests,
                steady.answered,
                steady.timeouts,
                steady.throttled,
                steady.other_failures,
                steady.cancelled
            ),
            (7, 2, 1, 1, 2, 1)
        );
        let latency = steady.latency.as_ref().unwrap();
        assert_eq!((latency.count, latency.max), (3, 200_000.0));
        assert_eq!(burst.latency.as_ref().unwrap().count, 1);
        // The run of no request is not told of, and the others count what is in the window.
        assert_eq!((clients.runs.len(), clients.runs[0].requests), (1, 9));
        assert_eq!(clients.doubtful_runs(), (1, 0));
    }

    #[test]
    fn without_records_of_clients_there_is_nothing() {
        let gateway_alone = PathRequest {
            client: None,
            ..request(1, ClientPhase::Steady, ClientOutcome::Ok, 1)
        };
        assert_eq!(clients(&[gateway_alone], &runs(), Window::default()), None);
    }
}
