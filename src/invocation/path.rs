//! Requests as those outside the function saw them: callers of the API, and API Gateway.
//!
//! ```text
//! client      |==================== latency ====================|
//! gateway        |============ response latency ============|
//! integration       |====== integration latency =======|
//! function             |= Init =|======= Duration =======|
//! ```
//!
//! No two of them share a clock, so nothing but ids joins them, and nothing but lengths is compared.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::Hash;

use latscope_schema::client_request_id;
pub use latscope_schema::{ClientOutcome, ClientPhase};

use super::collect::Span;
use super::invocations::Invocations;
use super::ledger::Ledger;
use super::request::Outcome;
use crate::parse::{ClientRequest, ClientRun, GatewayRequest};
use crate::vocab::{Micros, RequestId, Timestamp, TraceId};

/// A request that a client or API Gateway recorded, with whatever of it was found elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct PathRequest {
    /// Position of the model that the client asked for in [`Names`](super::Names).
    pub model: Option<u32>,
    /// When it began, by the clock of the client, or else of the gateway.
    pub at: Option<Timestamp>,
    /// What its caller saw.
    pub client: Option<ClientSeen>,
    /// What API Gateway logged.
    pub gateway: Option<GatewaySeen>,
    /// Its invocation.
    pub invocation: Option<InvocationSeen>,
}

impl PathRequest {
    /// The part of a client's run that it belongs to, if a client recorded it.
    pub fn phase(&self) -> Option<ClientPhase> {
        self.client.map(|client| client.phase)
    }
}

/// The invocation of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvocationSeen {
    /// Its row in [`Invocations`].
    pub row: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether Bedrock refused its last call because there were too many.
    pub is_throttled: bool,
}

/// A request as its caller saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientSeen {
    /// Position of its run among [`PathRun`]s.
    pub run: u32,
    /// The part of the run.
    pub phase: ClientPhase,
    /// From the time at which it was meant to be sent to its end.
    pub latency: Micros,
    /// From its sending to its end.
    pub service: Option<Micros>,
    /// How it ended.
    pub outcome: ClientOutcome,
    /// The status of the response.
    pub http_status: Option<u16>,
}

/// A request as API Gateway logged it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GatewaySeen {
    /// The status of the response.
    pub status: Option<u16>,
    /// From the request to the response, in whole milliseconds.
    pub response_latency: Option<Micros>,
    /// What of it the integration took, in whole milliseconds.
    pub integration_latency: Option<Micros>,
    /// Whether the function was called.
    pub integration: Integration,
    /// Whether it gave up waiting for the function.
    pub gave_up: bool,
}

/// Whether API Gateway called the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Integration {
    /// It did.
    Called,
    /// It answered by itself.
    NotCalled,
    /// Its log does not tell.
    Unknown,
}

/// A run of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathRun {
    /// Its name.
    pub id: Box<str>,
    /// Whether its schedule was kept. Nothing where its last line is missing.
    pub is_valid: Option<bool>,
    /// How many of its requests are there.
    pub requests: u64,
}

/// What those outside the function told, as it came in.
#[derive(Debug, Default)]
pub(super) struct Outside {
    pub(super) clients: Vec<ClientRow>,
    pub(super) gateways: Vec<GatewayRow>,
    runs: Vec<ClientRun>,
    /// The trace of each request id that has one.
    traces: Vec<(u128, TraceId)>,
    /// The request id of each id that a caller gave.
    callers: Vec<(Box<str>, u128)>,
}

/// A client's record, with its model in the tables.
#[derive(Debug)]
pub(super) struct ClientRow {
    pub(super) request: Box<ClientRequest>,
    pub(super) model: u32,
}

/// A record of API Gateway, and its time.
#[derive(Debug)]
pub(super) struct GatewayRow {
    pub(super) request: Box<GatewayRequest>,
    pub(super) at: Option<Timestamp>,
}

impl Outside {
    pub(super) fn run(&mut self, run: ClientRun) {
        self.runs.push(run);
    }

    /// Notes the trace of an invocation.
    pub(super) fn trace(&mut self, request_id: &RequestId, trace: TraceId) {
        if let RequestId::Uuid(id) = request_id
            && *id != 0
        {
            self.traces.push((*id, trace));
        }
    }

    /// Notes the id that the caller of an invocation gave its request.
    pub(super) fn caller(&mut self, request_id: &RequestId, client_id: &str) {
        if let RequestId::Uuid(id) = request_id
            && *id != 0
        {
            self.callers.push((client_id.into(), *id));
        }
    }

    /// Takes in what a part told, whose models stand at other positions.
    pub(super) fn absorb(&mut self, part: Self, models: &[u32]) {
        let moved = |row: ClientRow| ClientRow {
            model: models[row.model as usize],
            ..row
        };
        self.clients.extend(part.clients.into_iter().map(moved));
        self.gateways.extend(part.gateways);
        self.runs.extend(part.runs);
        self.traces.extend(part.traces);
        self.callers.extend(part.callers);
    }

    /// Drops records of the same request, and counts them; those that say something else are counted apart, too. The order of
    /// the input decides nothing.
    pub(super) fn drop_repeated(&mut self, ledger: &mut Ledger) {
        self.clients
            .sort_by(|a, b| order(&a.request).cmp(&order(&b.request)));
        let before = self.clients.len();
        let key = |row: &ClientRow| (row.request.run_id.clone(), row.request.sequence);
        let mut conflicts = 0;
        self.clients.dedup_by(|next, kept| {
            let is_same = key(next) == key(kept);
            conflicts += u64::from(is_same && next.request != kept.request);
            is_same
        });
        let clients = (before - self.clients.len()) as u64;
        self.gateways
            .sort_by(|a, b| (&a.request, a.at).cmp(&(&b.request, b.at)));
        let before = self.gateways.len();
        self.gateways.dedup_by(|next, kept| {
            let is_same = next.request.request_id == kept.request.request_id;
            conflicts += u64::from(is_same && next.request != kept.request);
            is_same
        });
        let gateways = (before - self.gateways.len()) as u64;
        // The lines of a run are told by what they say.
        let before = self.runs.len();
        self.runs
            .sort_by(|a, b| (&a.run_id, a.is_valid).cmp(&(&b.run_id, b.is_valid)));
        self.runs.dedup();
        let runs = (before - self.runs.len()) as u64;
        ledger.client_run_lines = self.runs.len() as u64;
        ledger.path_conflicts = conflicts;
        ledger.client_records -= clients + runs;
        ledger.gateway_records -= gateways;
        ledger.duplicates += clients + gateways + runs;
    }

    /// Joins what belongs to one request. Must have no repeated records; `model_at` says where the models of the tables
    /// stand.
    pub(super) fn join(
        self,
        invocations: &Invocations,
        model_at: &[Option<u32>],
        ledger: &mut Ledger,
    ) -> (Vec<PathRequest>, Vec<PathRun>) {
        if self.clients.is_empty() && self.gateways.is_empty() {
            return (Vec::new(), self.runs_of());
        }
        let client_ids: Vec<String> = self
            .clients
            .iter()
            .map(|row| client_request_id(&row.request.run_id, row.request.sequence))
            .collect();
        let found = Found::of(&self, invocations, &client_ids);
        let gateway_of: Vec<Option<usize>> = self
            .clients
            .iter()
            .zip(&client_ids)
            .map(|(row, client_id)| found.gateway(&row.request, client_id))
            .collect();
        let gateway_of = claimed_once(gateway_of);
        let of_gateways: Vec<Option<u32>> = self
            .gateways
            .iter()
            .map(|row| found.of_gateway(&row.request))
            .collect();
        let of_gateways = claimed_once(of_gateways);
        let of_clients = self.clients.iter().zip(&client_ids).zip(&gateway_of);
        let of_clients = of_clients.map(|((row, client_id), gateway)| {
            let of_gateway = gateway.and_then(|gateway| of_gateways[gateway]);
            let by_ids = found.of_client(&row.request).or(of_gateway);
            by_ids.or_else(|| found.rows.get(found.called_by(client_id)?).copied().flatten())
        });
        let of_clients = claimed_once(of_clients.collect());

        let runs = self.runs_of();
        let run_at: HashMap<&str, u32> = runs.iter().map(|run| &*run.id).zip(0..).collect();
        let seen = |row: u32| InvocationSeen::of(invocations, row);
        let seen_by_gateway = |gateway: usize| GatewaySeen::of(&self.gateways[gateway].request);
        let mut requests: Vec<PathRequest> = Vec::new();
        let mut is_of_client = vec![false; self.gateways.len()];
        for ((row, gateway), invocation) in self.clients.iter().zip(&gateway_of).zip(&of_clients) {
            if let Some(gateway) = gateway {
                is_of_client[*gateway] = true;
            }
            let request = &row.request;
            requests.push(PathRequest {
                model: model_at[row.model as usize],
                at: request.at,
                client: run_at
                    .get(&*request.run_id)
                    .map(|run| ClientSeen::of(request, *run)),
                gateway: gateway.map(seen_by_gateway),
                invocation: invocation.and_then(seen),
            });
            ledger.client_joined += u64::from(invocation.is_some());
            ledger.client_with_gateway += u64::from(gateway.is_some());
        }
        let taken: HashSet<u32> = of_clients.iter().flatten().copied().collect();
        for (gateway, row) in self.gateways.iter().enumerate() {
            let invocation = of_gateways[gateway];
            ledger.gateway_joined += u64::from(invocation.is_some());
            if !is_of_client[gateway] {
                requests.push(PathRequest {
                    model: None,
                    at: row.at,
                    client: None,
                    gateway: Some(seen_by_gateway(gateway)),
                    invocation: invocation
                        .filter(|invocation| !taken.contains(invocation))
                        .and_then(seen),
                });
            }
        }
        // Records are in the order of their names, which decides between equal times.
        requests.sort_by_key(|request| request.at);
        (requests, runs)
    }

    /// The time that its requests cover.
    pub(super) fn span(&self) -> Option<Span> {
        let times = || self.clients.iter().filter_map(|row| row.request.at);
        Some(Span {
            first: times().min()?,
            last: times().max()?,
        })
    }

    /// The runs, by name.
    fn runs_of(&self) -> Vec<PathRun> {
        let mut runs: BTreeMap<&str, (Option<bool>, u64)> = BTreeMap::new();
        for run in &self.runs {
            let (is_valid, _) = runs.entry(&run.run_id).or_default();
            // Of a run that ends twice the worse is believed.
            *is_valid = match (*is_valid, run.is_valid) {
                (Some(one), Some(other)) => Some(one && other),
                (one, other) => one.or(other),
            };
        }
        for row in &self.clients {
            runs.entry(&row.request.run_id).or_default().1 += 1;
        }
        let run = |(id, (is_valid, requests)): (&str, (Option<bool>, u64))| PathRun {
            id: id.into(),
            is_valid,
            requests,
        };
        runs.into_iter().map(run).collect()
    }
}

/// The order of clients' requests: by what tells each from others, then by whatever else they say.
fn order(request: &ClientRequest) -> impl Ord + '_ {
    let ids = (
        &request.lambda_request_id,
        &request.gateway_request_id,
        &request.gateway_extended_id,
        request.trace,
    );
    (
        (&request.run_id, request.sequence, request.at),
        (
            request.latency,
            request.service,
            request.outcome as u8,
            request.http_status,
        ),
        (request.phase as u8, &request.model_as_asked),
        ids,
    )
}

impl InvocationSeen {
    fn of(invocations: &Invocations, row: u32) -> Option<Self> {
        let invocation = invocations.get(row as usize)?;
        Some(Self {
            row,
            outcome: invocation.outcome,
            is_throttled: invocation.facts.is_throttled,
        })
    }
}

impl ClientSeen {
    fn of(request: &ClientRequest, run: u32) -> Self {
        Self {
            run,
            phase: request.phase,
            latency: request.latency,
            service: request.service,
            outcome: request.outcome,
            http_status: request.http_status,
        }
    }
}

impl GatewaySeen {
    fn of(request: &GatewayRequest) -> Self {
        let was_called = request.lambda_request_id.is_some() || request.integration_latency.is_some();
        Self {
            status: request.status,
            response_latency: request.response_latency,
            integration_latency: request.integration_latency,
            gave_up: request.is_integration_timeout(),
            integration: match (was_called, request.tells_integration) {
                (true, _) => Integration::Called,
                (false, true) => Integration::NotCalled,
                (false, false) => Integration::Unknown,
            },
        }
    }
}

/// Where ids lead.
struct Found<'a> {
    /// The only invocation with each id that is asked for.
    rows: HashMap<RequestId, Option<u32>>,
    /// The only request id with each trace.
    ids_of_traces: HashMap<TraceId, Option<u128>>,
    /// The only record of API Gateway with each of its own ids.
    gateways: HashMap<&'a str, Option<usize>>,
    /// That which called this request.
    by_request_id: HashMap<&'a RequestId, Option<usize>>,
    by_trace: HashMap<TraceId, Option<usize>>,
    /// The only request id with each id that a client gave and recorded.
    called_by: HashMap<&'a str, Option<RequestId>>,
}

impl<'a> Found<'a> {
    fn of(outside: &'a Outside, invocations: &Invocations, client_ids: &[String]) -> Self {
        let (clients, gateways) = (&outside.clients, &outside.gateways);
        let asked_traces: HashSet<TraceId> = clients
            .iter()
            .filter_map(|row| row.request.trace)
            .chain(gateways.iter().filter_map(|row| row.request.trace))
            .collect();
        let is_asked = |(_, trace): &&(u128, TraceId)| asked_traces.contains(trace);
        let ids_of_traces = only(
            outside
                .traces
                .iter()
                .filter(is_asked)
                .map(|(id, trace)| (*trace, *id)),
        );
        let ids = clients
            .iter()
            .filter_map(|row| row.request.lambda_request_id.clone());
        let ids = ids.chain(
            gateways
                .iter()
                .filter_map(|row| row.request.lambda_request_id.clone()),
        );
        let of_traces = ids_of_traces.values().flatten().map(|id| RequestId::Uuid(*id));
        let asked_clients: HashSet<&str> = client_ids.iter().map(String::as_str).collect();
        let callers = outside.callers.iter().map(|(client_id, id)| (&**client_id, *id));
        let callers = callers.filter(|(client_id, _)| asked_clients.contains(client_id));
        let called_by = only(callers.map(|(client_id, id)| (client_id, RequestId::Uuid(id))));
        let of_callers = called_by.values().flatten().cloned();
        let ids = ids.chain(of_traces).chain(of_callers);
        let asked: HashSet<RequestId> = ids.filter(|id| !id.is_redacted()).collect();
        let rows = (0..invocations.len()).zip(0_u32..).filter_map(|(row, position)| {
            let id = invocations.request_id(row).filter(|id| asked.contains(id))?;
            Some((id, position))
        });
        let numbered = || gateways.iter().enumerate();
        let own = numbered().map(|(at, row)| (&*row.request.request_id, at));
        let extended = numbered().filter_map(|(at, row)| Some((row.request.extended_id.as_deref()?, at)));
        Self {
            rows: only(rows),
            gateways: only(own.chain(extended)),
            by_request_id: only(
                numbered().filter_map(|(at, row)| Some((row.request.lambda_request_id.as_ref()?, at))),
            ),
            by_trace: only(numbered().filter_map(|(at, row)| Some((row.request.trace?, at)))),
            ids_of_traces,
            called_by,
        }
    }

    /// The request id that Lambda gave to what a client called by this id.
    fn called_by(&self, client_id: &str) -> Option<&RequestId> {
        self.called_by.get(client_id)?.as_ref()
    }

    /// The record of API Gateway about a client's request.
    fn gateway(&self, request: &ClientRequest, client_id: &str) -> Option<usize> {
        let ids = [&request.gateway_request_id, &request.gateway_extended_id];
        let own = ids
            .into_iter()
            .flatten()
            .find_map(|id| self.gateways.get(&**id).copied());
        let by_id = || {
            self.by_request_id
                .get(request.lambda_request_id.as_ref()?)
                .copied()
        };
        let by_trace = || self.by_trace.get(&request.trace?).copied();
        let by_caller = || self.by_request_id.get(self.called_by(client_id)?).copied();
        own.or_else(by_id).or_else(by_trace).or_else(by_caller).flatten()
    }

    fn of_client(&self, request: &ClientRequest) -> Option<u32> {
        self.row(request.lambda_request_id.as_ref(), request.trace)
    }

    fn of_gateway(&self, request: &GatewayRequest) -> Option<u32> {
        self.row(request.lambda_request_id.as_ref(), request.trace)
    }

    /// The invocation of a request id, or else of a trace.
    fn row(&self, id: Option<&RequestId>, trace: Option<TraceId>) -> Option<u32> {
        if let Some(id) = id.filter(|id| !id.is_redacted()) {
            return self.rows.get(id).copied().flatten();
        }
        let id = self.ids_of_traces.get(&trace?).copied().flatten()?;
        self.rows.get(&RequestId::Uuid(id)).copied().flatten()
    }
}

/// What each key leads to; nothing where it leads to several.
fn only<K: Hash + Eq, V: PartialEq>(pairs: impl Iterator<Item = (K, V)>) -> HashMap<K, Option<V>> {
    let mut map: HashMap<K, Option<V>> = HashMap::new();
    for (key, value) in pairs {
        map.entry(key)
            .and_modify(|held| {
                if held.as_ref() != Some(&value) {
                    *held = None;
                }
            })
            .or_insert(Some(value));
    }
    map
}

/// What one alone claims; what several do is nobody's.
fn claimed_once<T: Copy + Hash + Eq>(claims: Vec<Option<T>>) -> Vec<Option<T>> {
    let mut counts: HashMap<T, usize> = HashMap::new();
    for claim in claims.iter().flatten() {
        *counts.entry(*claim).or_default() += 1;
    }
    claims
        .into_iter()
        .map(|claim| claim.filter(|claim| counts[claim] == 1))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::invocation::{Collected, Collector};
    use crate::parse::{Parser, TimingKeys};
    use crate::source::{Item, RawEvent};
    use crate::vocab::Place;

    fn id(n: u64) -> String {
        format!("8f507cfc-5719-4a0b-9d5e-{n:012x}")
    }

    fn trace(n: u64) -> String {
        format!("1-643eb81e-{n:024x}")
    }

    fn collected(messages: &[String]) -> Collected {
        let mut collector = Collector::new(Parser::new(TimingKeys::common()).unwrap());
        collector.begin_file(Path::new("a"), 0);
        for (line, message) in (1..).zip(messages) {
            let event = RawEvent::bare(Place::Line(line), message.as_str());
            assert_eq!(collector.take(Item::Event(event)), None, "{message}");
        }
        collector.finish()
    }

    fn report(n: u64, trace: Option<&str>) -> String {
        let trace = trace.map_or_else(String::new, |trace| {
            format!("\nXRAY TraceId: {trace}\tSegmentId: 4c72ac137fd02fb0\tSampled: true\t")
        });
        format!(
            "REPORT RequestId: {}\tDuration: 5.00 ms\tBilled Duration: 5 ms\tMemory Size: 128 MB\tMax Memory Used: 9 MB\t{trace}",
            id(n)
        )
    }

    fn client(sequence: u64, ids: &Value) -> String {
        let mut record = json!({
            "schema": "latscope.client/v1", "run_id": "r", "sequence": sequence, "phase": "steady", "block": 0,
            "model_name": "a", "gen_ai.request.model": "amazon.nova-lite-v1:0", "prompt_number": 1, "prompt_length": 1,
            "prompt_hash": "0", "intended_at": "2026-11-26T10:00:00.000Z", "intended_ms": 0.0, "service_ms": 9.0,
            "latency_ms": 10.0, "outcome": "ok", "http_status": 200, "request_bytes": 1, "response_bytes": 1,
        });
        let fields = record.as_object_mut().unwrap();
        fields.extend(ids.as_object().unwrap().clone());
        record.to_string()
    }

    fn gateway(request_id: &str, ids: &Value) -> String {
        let mut record = json!({
            "requestId": request_id, "routeKey": "POST /", "status": "200", "responseLatency": "8",
            "integrationLatency": "7",
        });
        let fields = record.as_object_mut().unwrap();
        fields.extend(ids.as_object().unwrap().clone());
        record.to_string()
    }

    /// Whether each request has a client, a gateway, and an invocation.
    fn found(collected: &Collected) -> Vec<[bool; 3]> {
        let has = |request: &PathRequest| {
            [
                request.client.is_some(),
                request.gateway.is_some(),
                request.invocation.is_some(),
            ]
        };
        collected.requests.iter().map(has).collect()
    }

    #[test]
    fn a_request_is_joined_by_the_ids_that_its_records_have() {
        let all = [true; 3];
        for (client_ids, gateway_ids) in [
            (
                json!({"api_gateway_request_id": "g="}),
                json!({"integrationRequestId": id(1)}),
            ),
            (
                json!({"api_gateway_extended_request_id": "e="}),
                json!({"extendedRequestId": "e=", "awsEndpointRequestId": id(1)}),
            ),
            (
                json!({"lambda_request_id": id(1)}),
                json!({"integrationRequestId": id(1)}),
            ),
            (
                json!({"trace_id": format!("Root={}", trace(7))}),
                json!({"xrayTraceId": trace(7)}),
            ),
            (
                json!({"lambda_request_id": id(1), "trace_id": trace(7)}),
                json!({"xrayTraceId": trace(7)}),
            ),
        ] {
            let lines = [
                report(1, Some(&trace(7))),
                client(0, &client_ids),
                gateway("g=", &gateway_ids),
            ];
            let collected = collected(&lines);
            assert_eq!(found(&collected), [all], "{client_ids} {gateway_ids}");
            let ledger = &collected.ledger;
            let counts = [
                ledger.client_joined,
                ledger.client_with_gateway,
                ledger.gateway_joined,
            ];
            assert_eq!(counts, [1; 3], "{client_ids} {gateway_ids}");
        }
        // Where there is no gateway.
        let url = [report(1, None), client(0, &json!({"lambda_request_id": id(1)}))];
        assert_eq!(found(&collected(&url)), [[true, false, true]]);
    }

    /// A timing record of an invocation that a caller gave an id.
    fn called(n: u64, client_id: &str) -> String {
        json!({
            "schema": "latscope.timing/v1", "request_id": id(n), "inference_ms": 1.0, "client_request_id": client_id,
        })
        .to_string()
    }

    #[test]
    fn what_got_no_response_is_joined_by_the_id_that_its_client_gave_it() {
        let given_up = || client(3, &json!({"outcome": "timeout"}));
        let lines = [
            report(1, None),
            called(1, "r-3"),
            called(1, "r-3"),
            gateway("g=", &json!({"integrationRequestId": id(1)})),
            given_up(),
        ];
        for from in 0..lines.len() {
            let mut turned = lines.to_vec();
            turned.rotate_left(from);
            assert_eq!(found(&collected(&turned)), [[true; 3]]);
        }
        let without_gateway = [report(1, None), called(1, "r-3"), given_up()];
        assert_eq!(found(&collected(&without_gateway)), [[true, false, true]]);
        // Another request's, another run's, one that two invocations have, and one whose invocation is another request's.
        for others in [
            vec![report(1, None), called(1, "r-4")],
            vec![report(1, None), called(1, "s-3")],
            vec![
                report(1, None),
                called(1, "r-3"),
                report(2, None),
                called(2, "r-3"),
            ],
            vec![
                report(1, None),
                called(1, "r-3"),
                client(9, &json!({"lambda_request_id": id(1)})),
            ],
            vec![called(1, "r-3")],
        ] {
            let lines: Vec<String> = others.into_iter().chain([given_up()]).collect();
            let collected = collected(&lines);
            assert_eq!(collected.ledger.client_joined, 0, "{lines:?}");
        }
        // The ids of a response come first.
        let other = client(3, &json!({"lambda_request_id": id(2)}));
        let lines = [report(1, None), called(1, "r-3"), report(2, None), other];
        let collected = collected(&lines);
        let row = collected.requests[0].invocation.unwrap().row as usize;
        assert_eq!(collected.invocations.request_id(row), RequestId::parse(&id(2)));
    }

    #[test]
    fn what_leads_to_several_leads_nowhere() {
        let traced = [
            report(1, Some(&trace(7))),
            report(2, Some(&trace(7))),
            client(0, &json!({"trace_id": trace(7)})),
        ];
        assert_eq!(found(&collected(&traced)), [[true, false, false]]);
        // A function that was called again by the same id.
        let again = [
            report(1, None),
            report(1, None).replace("5.00 ms", "6.00 ms"),
            client(0, &json!({"lambda_request_id": id(1)})),
        ];
        assert_eq!(found(&collected(&again)), [[true, false, false]]);
        let both = [
            report(1, None),
            client(0, &json!({"lambda_request_id": id(1)})),
            client(1, &json!({"lambda_request_id": id(1)})),
        ];
        assert_eq!(found(&collected(&both)), [[true, false, false]; 2]);
        let redacted = [
            report(1, None).replace(&id(1), "00000000-0000-0000-0000-000000000000"),
            client(
                0,
                &json!({"lambda_request_id": "00000000-0000-0000-0000-000000000000"}),
            ),
        ];
        assert_eq!(found(&collected(&redacted)), [[true, false, false]]);
    }

    #[test]
    fn what_is_there_twice_counts_once() {
        let lines = [
            client(0, &json!({"lambda_request_id": id(1)})),
            gateway("g=", &json!({})),
            client(0, &json!({"lambda_request_id": id(1)})),
            gateway("g=", &json!({})),
            report(1, None),
        ];
        let collected = collected(&lines);
        assert_eq!(found(&collected), [[false, true, false], [true, false, true]]);
        let ledger = &collected.ledger;
        let counts = [ledger.client_records, ledger.gateway_records, ledger.duplicates];
        assert_eq!((counts, ledger.events()), ([1, 1, 2], 5));
    }

    #[test]
    fn a_run_that_ends_says_whether_its_schedule_was_kept() {
        let run = |id: &str, is_valid: Option<bool>| {
            match is_valid {
            None => json!({"schema": "latscope.client-run/v1", "event": "start", "run_id": id}).to_string(),
            Some(is_valid) => json!({
                "schema": "latscope.client-run/v1", "event": "end", "run_id": id, "ended_at": "2026-11-26T10:00:00.000Z",
                "ending": "complete", "is_valid": is_valid, "reasons": [], "requests": 1, "ok": 1, "throttled": 0,
                "http_errors": 0, "timeouts": 0, "broken": 0, "cancelled": 0, "late_limit_ms": 5.0, "late_requests": 0,
            })
            .to_string(),
        }
        };
        let lines = [
            run("r", None),
            client(0, &json!({})),
            run("r", Some(false)),
            run("s", None),
        ];
        let collected = collected(&lines);
        let runs: Vec<_> = collected
            .runs
            .iter()
            .map(|run| (&*run.id, run.is_valid, run.requests))
            .collect();
        assert_eq!(runs, [("r", Some(false), 1), ("s", None, 0)]);
        assert_eq!(
            (collected.ledger.client_records, collected.ledger.client_run_lines),
            (4, 3)
        );
    }

    proptest! {
        /// Records may stand in any order.
        #[test]
        fn the_order_of_records_decides_nothing(
            lines in prop::collection::vec((0_u64..4, 0_u64..4, 0_u64..4), 1..12),
            by in 0_usize..12,
        ) {
            // Which report of an id a timing record is of, is told by times, and these have none.
            let has_calls = lines.iter().any(|(_, _, kind)| *kind == 3);
            let mut seen = HashSet::new();
            let is_told = |(n, _, kind): &&(u64, u64, u64)| {
                !has_calls || matches!(kind, 1 | 2) || seen.insert((*n, *kind))
            };
            let lines: Vec<(u64, u64, u64)> = lines.iter().filter(is_told).copied().collect();
            let line = |(n, m, kind): &(u64, u64, u64)| match kind {
                3 => called(*n, &format!("r-{m}")),
                0 => report(*n, Some(&trace(*m))),
                1 => client(*n, &json!({"api_gateway_request_id": format!("g{m}"), "trace_id": trace(*n)})),
                _ => gateway(&format!("g{n}"), &json!({"integrationRequestId": id(*m)})),
            };
            let lines: Vec<String> = lines.iter().map(line).collect();
            let mut turned = lines.clone();
            turned.rotate_left(by % lines.len());
            let (one, other) = (collected(&lines), collected(&turned));
            prop_assert_eq!(&one.requests, &other.requests);
            prop_assert_eq!(one.ledger, other.ledger);
        }
    }
}
