//! The stages of a request on its way from its caller to the model and back.

use super::latency::CLOCK_TOLERANCE;
use super::phases::{Phase, RowPhases};
use crate::dataset::Columns;
use crate::invocation::{Integration, PathRequest, StartType};

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
    /// What lies further in than any record that was found, or behind a caller who gave up while the gateway went on, or cannot
    /// be told from records that contradict each other.
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
    /// invocation. `None` if there is no such record. What was given up, `is_limit`, may have gone on further in.
    pub fn of(
        request: &PathRequest,
        is_from_client: bool,
        is_limit: bool,
        row: Option<(&Columns, usize)>,
    ) -> Option<Self> {
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
                    found.is_untrue = !is_limit;
                    let stage = match is_limit && level == FUNCTION {
                        true => Stage::Inside(Phase::NotKnown),
                        false => Stage::NotFound,
                    };
                    found.set(stage, outer);
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
        let last = GOES_ON.map(|phase| phase as usize);
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
        let is_cold = rows.start[row] == StartType::Cold as u32;
        let is_unknown = rows.start[row] == StartType::Unknown as u32;
        tell(
            Phase::Init,
            !is_unknown && (!is_cold || rows.init_us.get(row).is_some()),
        );
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

/// Phases in which a function may go on after its answer, as extensions do.
const GOES_ON: [Phase; 2] = [Phase::Unexplained, Phase::Other];

/// What may come after the answer, in microseconds.
fn after_answer(phases: &RowPhases) -> u64 {
    GOES_ON.into_iter().map(|phase| phases.us[phase as usize]).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::invocation::{ClientOutcome, ClientPhase, ClientSeen, GatewaySeen};
    use crate::vocab::Micros;

    /// What was recorded of one request, in milliseconds: the client's latency and service, the gateway's response and
    /// integration, and the function's initialisation, time before the call, inference, Bedrock's own, time after the
    /// call, and duration.
    #[derive(Debug, Clone, Copy, Default)]
    struct Recorded {
        client: Option<(u64, Option<u64>)>,
        response: Option<u64>,
        integration: Option<u64>,
        function: Option<[u64; 6]>,
    }

    fn whole() -> Recorded {
        Recorded {
            client: Some((1_000, Some(990))),
            response: Some(950),
            integration: Some(940),
            function: Some([100, 20, 700, 680, 10, 800]),
        }
    }

    fn stages(recorded: Recorded, is_from_client: bool) -> Option<RequestStages> {
        let micros = |ms: u64| Micros::from_millis(ms);
        let client = recorded.client.map(|(latency, service)| ClientSeen {
            run: 0,
            phase: ClientPhase::Steady,
            latency: micros(latency),
            service: service.map(micros),
            outcome: ClientOutcome::Ok,
            http_status: Some(200),
        });
        let has_gateway = recorded.response.is_some() || recorded.integration.is_some();
        let gateway = has_gateway.then(|| GatewaySeen {
            status: Some(200),
            response_latency: recorded.response.map(micros),
            integration_latency: recorded.integration.map(micros),
            integration: match recorded.integration.or(recorded.function.map(|_| 0)) {
                Some(_) => Integration::Called,
                None => Integration::NotCalled,
            },
            gave_up: false,
        });
        let request = PathRequest {
            model: None,
            at: None,
            client,
            gateway,
            invocation: None,
        };
        let Some([init, before, inference, bedrock, after, duration]) = recorded.function else {
            return RequestStages::of(&request, is_from_client, false, None);
        };
        let us = |ms: u64| vec![Some(ms * 1000)].into();
        let mut rows = Columns {
            duration_us: vec![duration * 1000],
            init_us: us(init),
            inference_us: us(inference),
            calls: vec![Some(1)].into(),
            ..Columns::blank(1)
        };
        rows.facts.before_us = us(before);
        rows.facts.after_us = us(after);
        rows.facts.bedrock_latency_us = us(bedrock);
        rows.retry_us = us(0);
        RequestStages::of(&request, is_from_client, false, Some((&rows, 0)))
    }

    /// The stages that took time, in milliseconds.
    #[track_caller]
    fn took(recorded: Recorded) -> Vec<(&'static str, u64)> {
        let found = stages(recorded, recorded.client.is_some()).unwrap();
        let of = |stage: Stage| (stage.name(), found.us[stage.place()] / 1000);
        Stage::all().map(of).filter(|(_, ms)| *ms > 0).collect()
    }

    #[test]
    fn each_stage_is_what_one_record_has_beyond_the_next() {
        assert_eq!(
            took(whole()),
            [
                ("waiting", 10),
                ("network", 40),
                ("gateway", 10),
                ("way to the function", 40),
                ("init", 100),
                ("before", 20),
                ("Bedrock", 680),
                ("around Bedrock", 20),
                ("after", 10),
                ("unexplained", 70),
            ]
        );
    }

    #[test]
    fn what_a_missing_record_would_tell_apart_is_one_stage() {
        let with = |change: fn(&mut Recorded)| {
            let mut recorded = whole();
            change(&mut recorded);
            took(recorded)
        };
        let outside = |found: Vec<(&'static str, u64)>| {
            let is_inside = |name: &str| Phase::ALL.iter().any(|phase| phase.name() == name);
            let outside = found.into_iter().filter(|(name, _)| !is_inside(name));
            outside.collect::<Vec<_>>()
        };
        let function_url = with(|recorded| (recorded.response, recorded.integration) = (None, None));
        assert_eq!(
            outside(function_url),
            [("waiting", 10), ("outside the function", 90)]
        );
        let without_integration = with(|recorded| recorded.integration = None);
        assert_eq!(
            outside(without_integration),
            [("waiting", 10), ("network", 40), ("gateway and way", 50)]
        );
        let without_response = with(|recorded| recorded.response = None);
        assert_eq!(
            outside(without_response),
            [
                ("waiting", 10),
                ("network and gateway", 50),
                ("way to the function", 40)
            ]
        );
        let without_client = with(|recorded| recorded.client = None);
        assert_eq!(
            outside(without_client),
            [("gateway", 10), ("way to the function", 40)]
        );
        let without_function = with(|recorded| recorded.function = None);
        assert_eq!(
            without_function,
            [
                ("waiting", 10),
                ("network", 40),
                ("gateway", 10),
                ("not found", 940)
            ]
        );
        let client_alone = Recorded {
            client: whole().client,
            ..Recorded::default()
        };
        assert_eq!(took(client_alone), [("waiting", 10), ("not found", 990)]);
        let never_sent = Recorded {
            client: Some((50, None)),
            ..Recorded::default()
        };
        assert_eq!(took(never_sent), [("waiting", 50)]);
        let refused = Recorded {
            response: Some(3),
            client: Some((20, Some(20))),
            ..Recorded::default()
        };
        assert_eq!(took(refused), [("network", 17), ("gateway", 3)]);
        assert_eq!(stages(client_alone, false), None);
    }

    #[test]
    fn what_was_told_is_told_although_it_took_no_time() {
        let told = |recorded: Recorded, stage: Stage| stages(recorded, true).unwrap().is_told[stage.place()];
        let mut warm = whole();
        warm.function = Some([0, 0, 700, 700, 0, 700]);
        for phase in [
            Phase::Init,
            Phase::Before,
            Phase::AroundBedrock,
            Phase::After,
            Phase::Unexplained,
        ] {
            assert!(told(warm, Stage::Inside(phase)), "{phase:?}");
        }
        let mut without = whole();
        (without.response, without.integration, without.function) = (None, None, None);
        for stage in [
            Stage::Network,
            Stage::Gateway,
            Stage::ToFunction,
            Stage::Inside(Phase::Init),
        ] {
            assert!(!told(without, stage), "{stage:?}");
        }
    }

    #[test]
    fn a_function_may_go_on_after_its_answer_and_whole_milliseconds_may_be_short() {
        // 70 ms after the answer are no part of what was waited for.
        let mut longer = whole();
        longer.integration = Some(830);
        let found = took(longer);
        assert!(
            found.contains(&("gateway", 120)) && found.contains(&("after", 10)),
            "{found:?}"
        );
        let is_gone = |name: &str| !found.iter().any(|(found, _)| *found == name);
        assert!(
            is_gone("unexplained") && is_gone("way to the function"),
            "{found:?}"
        );
        assert!(!stages(longer, true).unwrap().is_untrue);
        let mut rounded = whole();
        rounded.integration = Some(952);
        assert!(!stages(rounded, true).unwrap().is_untrue);
        for change in [
            |recorded: &mut Recorded| recorded.integration = Some(954),
            |recorded: &mut Recorded| recorded.integration = Some(820),
            |recorded: &mut Recorded| recorded.response = Some(1_200),
        ] {
            let mut wrong = whole();
            change(&mut wrong);
            let found = stages(wrong, true).unwrap();
            assert!(found.is_untrue, "{wrong:?}");
            assert_eq!(found.us.iter().sum::<u64>(), 1_000_000);
        }
    }

    #[test]
    fn every_stage_has_a_place_of_its_own() {
        let places: Vec<usize> = Stage::all().map(Stage::place).collect();
        assert_eq!(places, (0..STAGES).collect::<Vec<_>>());
    }

    proptest! {
        #[test]
        fn the_stages_add_up_to_the_outermost_record(
            client in prop::option::of((0_u64..5_000, prop::option::of(0_u64..6_000))),
            (response, integration) in (prop::option::of(0_u64..5_000), prop::option::of(0_u64..5_000)),
            function in prop::option::of(prop::array::uniform6(0_u64..3_000)),
            is_from_client: bool,
        ) {
            let recorded = Recorded { client, response, integration, function };
            let outermost = if is_from_client && client.is_some() { client.map(|(latency, _)| latency) } else { response };
            let found = stages(recorded, is_from_client);
            prop_assert_eq!(found.map(|found| found.us.iter().sum::<u64>()), outermost.map(|ms| ms * 1000));
            let found = found.unwrap_or_default();
            for (us, is_told) in found.us.iter().zip(found.is_told) {
                prop_assert!(*us == 0 || is_told);
            }
        }
    }
}
