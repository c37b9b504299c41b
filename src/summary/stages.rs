//! The stages of a request on its way from its caller to the model and back.

use super::latency::CLOCK_TOLERANCE;
use super::phases::{Phase, RowPhases};
use crate::dataset::Columns;
use crate::invocation::{Integration, PathRequest};

/// A part of what a caller waits for. Those of one request are told apart as far as its records tell them, and always add up
/// to what its outermost record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// At the caller, from the time at which it was meant to be sent to its sending.
    Waiting,
    /// What the caller waited beyond the gateway's response latency: the network, TLS, and what API Gateway does not count.
    Network,
    /// Network and gateway together, where the gateway does not tell its response latency.
    NetworkAndGateway,
    /// The gateway's response latency beyond that of the integration.
    Gateway,
    /// The gateway and the way to the function together, where the integration's latency is not told.
    GatewayAndWay,
    /// The integration's latency beyond what the function took: the way there and back, and Lambda before the function.
    ToFunction,
    /// All outside the function together, where there is no record of the gateway.
    OutsideFunction,
    /// Inside the function.
    Inside(Phase),
    /// What lies further in than any record that was found, or cannot be told from records that contradict each other.
    NotFound,
}

/// How many stages there are.
pub const STAGES: usize = 8 + Phase::ALL.len();

impl Stage {
    /// Those on the way to the function, in its order.
    const OUTSIDE: [Self; 7] = [
        Self::Waiting,
        Self::Network,
        Self::NetworkAndGateway,
        Self::Gateway,
        Self::GatewayAndWay,
        Self::ToFunction,
        Self::OutsideFunction,
    ];

    /// Every stage, in the order of the way.
    pub fn all() -> impl Iterator<Item = Self> {
        let inside = Phase::ALL.into_iter().map(Self::Inside);
        Self::OUTSIDE.into_iter().chain(inside).chain([Self::NotFound])
    }

    /// Its place in the order of the way.
    pub const fn place(self) -> usize {
        match self {
            Self::Waiting => 0,
            Self::Network => 1,
            Self::NetworkAndGateway => 2,
            Self::Gateway => 3,
            Self::GatewayAndWay => 4,
            Self::ToFunction => 5,
            Self::OutsideFunction => 6,
            Self::Inside(phase) => 7 + phase as usize,
            Self::NotFound => STAGES - 1,
        }
    }

    /// The name in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Network => "network",
            Self::NetworkAndGateway => "network and gateway",
            Self::Gateway => "gateway",
            Self::GatewayAndWay => "gateway and way",
            Self::ToFunction => "way to the function",
            Self::OutsideFunction => "outside the function",
            Self::Inside(phase) => phase.name(),
            Self::NotFound => "not found",
        }
    }
}

/// The stages of one request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestStages {
    /// Microseconds of each of [`Stage::all`]; together the time of the outermost record.
    pub us: [u64; STAGES],
    /// Which of them its records tell, if only that they took no time.
    pub is_told: [bool; STAGES],
    /// Whether a record further in is longer than one further out, beyond what rounding makes.
    pub is_untrue: bool,
}

/// API Gateway tells whole milliseconds.
const GATEWAY_ROUNDING_US: u64 = 1000;

impl RequestStages {
    /// The stages of a request from its caller on, or from the gateway on where it is to begin there, with the row of its
    /// invocation. `None` if there is no such record.
    pub fn of(request: &PathRequest, is_from_client: bool, row: Option<(&Columns, usize)>) -> Option<Self> {
        let client = request.client.filter(|_| is_from_client);
        let response = request.gateway.and_then(|gateway| gateway.response_latency);
        let integration = request.gateway.and_then(|gateway| gateway.integration_latency);
        let phases = row.map(|(rows, row)| RowPhases::of(rows, row));
        let levels = [
            client.map(|client| client.service.unwrap_or_default().min(client.latency).as_micros()),
            response.map(|latency| latency.as_micros()),
            integration.map(|latency| latency.as_micros()),
            phases.map(|phases| phases.us.iter().fold(0, |sum: u64, us| sum.saturating_add(*us))),
        ];
        let mut found = Self::default();
        if let Some(client) = client {
            let service = levels[0].unwrap_or(0);
            found.set(Stage::Waiting, client.latency.as_micros() - service);
        } else {
            response?;
        }
        let mut outer: Option<(usize, u64)> = None;
        for (level, time) in levels.into_iter().enumerate() {
            let Some(mut time) = time else { continue };
            if let Some((from, outer)) = outer {
                let tolerance = 2 * GATEWAY_ROUNDING_US + outer / CLOCK_TOLERANCE;
                // A function may go on after it has answered.
                let goes_on = if level == FUNCTION {
                    phases.map_or(0, |phases| after_answer(&phases))
                } else {
                    0
                };
                if time > outer.saturating_add(tolerance).saturating_add(goes_on) {
                    found.is_untrue = true;
                    found.set(Stage::NotFound, outer);
                    return Some(found);
                }
                time = time.min(outer);
                found.set(between(from, level), outer - time);
            }
            outer = Some((level, time));
        }
        let (innermost, time) = outer?;
        match (innermost == FUNCTION).then_some(phases).flatten() {
            Some(phases) => found.inside(phases, time, row),
            None => {
                let is_gateways = request
                    .gateway
                    .is_some_and(|gateway| gateway.integration == Integration::NotCalled);
                let stage = if is_gateways && innermost == RESPONSE {
                    Stage::Gateway
                } else {
                    Stage::NotFound
                };
                found.set(stage, time);
            }
        }
        Some(found)
    }

    /// Takes the phases of the function, of which so much was waited for.
    fn inside(&mut self, mut phases: RowPhases, waited_us: u64, row: Option<(&Columns, usize)>) {
        let mut excess = phases.us.iter().sum::<u64>().saturating_sub(waited_us);
        let longest = (0..phases.us.len())
            .max_by_key(|phase| phases.us[*phase])
            .unwrap_or(0);
        let last = [Phase::Unexplained, Phase::Other, Phase::After].map(|phase| phase as usize);
        for phase in last.into_iter().chain([longest]).chain(0..phases.us.len()) {
            let taken = phases.us[phase].min(excess);
            phases.us[phase] -= taken;
            excess -= taken;
        }
        for (phase, us) in Phase::ALL.into_iter().zip(phases.us) {
            let stage = Stage::Inside(phase);
            self.us[stage.place()] = us;
            self.is_told[stage.place()] = us > 0;
        }
        let Some((rows, row)) = row else { return };
        let mut tell = |phase: Phase, is_told: bool| self.is_told[Stage::Inside(phase).place()] |= is_told;
        tell(Phase::Init, true);
        tell(Phase::Before, rows.facts.before_us.get(row).is_some());
        tell(Phase::After, rows.facts.after_us.get(row).is_some());
        tell(Phase::Retry, rows.retry_us.get(row).is_some());
        let is_bedrock_told = phases.us[Phase::Bedrock as usize] > 0;
        tell(Phase::AroundBedrock, is_bedrock_told);
        let has_both = rows.facts.before_us.get(row).is_some() && rows.facts.after_us.get(row).is_some();
        tell(Phase::Unexplained, has_both);
    }

    fn set(&mut self, stage: Stage, us: u64) {
        self.us[stage.place()] = us;
        self.is_told[stage.place()] = true;
    }
}

/// The places of what was measured, from without to within: the client, the response of the gateway, its integration, and the
/// function.
const RESPONSE: usize = 1;
const FUNCTION: usize = 3;

/// The stage between two of these.
fn between(outer: usize, inner: usize) -> Stage {
    match (outer, inner) {
        (0, 1) => Stage::Network,
        (0, 2) => Stage::NetworkAndGateway,
        (0, _) => Stage::OutsideFunction,
        (1, 2) => Stage::Gateway,
        (1, _) => Stage::GatewayAndWay,
        _ => Stage::ToFunction,
    }
}

/// What may come after the answer, in microseconds.
fn after_answer(phases: &RowPhases) -> u64 {
    [Phase::After, Phase::Unexplained, Phase::Other]
        .into_iter()
        .map(|phase| phases.us[phase as usize])
        .sum()
}
