//! What each of those on the way saw, compared.

use super::Request;
use crate::comparison::quantiles::{Arm, ComparedQuantile, compared};
use crate::stats::{Sample, Series};
use crate::summary::{Ended, Metric, RequestUse, RowBedrock, bedrock_of, value_of};

/// A place on the way at which times are recorded, from without to within.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// The caller, from the time at which the request was meant to be sent.
    ClientLatency,
    /// The caller, from the sending.
    ClientService,
    /// The gateway, from the request to its response.
    GatewayResponse,
    /// The gateway, of what it called.
    Integration,
    /// Lambda: duration and the initialisation that was waited for.
    Function,
    /// The handler, of the model call.
    Inference,
    /// Bedrock itself.
    Bedrock,
}

impl Point {
    /// Every point, from without to within.
    pub const ALL: [Self; 7] = [
        Self::ClientLatency,
        Self::ClientService,
        Self::GatewayResponse,
        Self::Integration,
        Self::Function,
        Self::Inference,
        Self::Bedrock,
    ];

    /// That of which the stages are parts.
    pub(super) const fn outermost(is_from_client: bool) -> Self {
        match is_from_client {
            true => Self::ClientLatency,
            false => Self::GatewayResponse,
        }
    }

    /// The name in machine outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientLatency => "client_latency",
            Self::ClientService => "client_service",
            Self::GatewayResponse => "gateway_response",
            Self::Integration => "integration",
            Self::Function => "function",
            Self::Inference => "inference",
            Self::Bedrock => "bedrock",
        }
    }

    /// The name in words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::ClientLatency => "client, from the intended time",
            Self::ClientService => "client, from the sending",
            Self::GatewayResponse => "API Gateway, response",
            Self::Integration => "API Gateway, integration",
            Self::Function => "Lambda, total",
            Self::Inference => "inference",
            Self::Bedrock => "Bedrock's own latency",
        }
    }

    /// What it saw of a request in microseconds, and whether that is a lower bound.
    fn value(self, request: &Request<'_>, is_from_client: bool) -> Option<(u64, bool)> {
        let is_limit = request.usage(is_from_client) == RequestUse::Limit;
        let client = request.seen.client.filter(|_| is_from_client);
        let gateway = request.seen.gateway;
        let outside = match self {
            Self::ClientLatency => Some(client?.latency),
            Self::ClientService => Some(client?.service?),
            Self::GatewayResponse => Some(gateway?.response_latency?),
            Self::Integration => Some(gateway?.integration_latency?),
            Self::Function | Self::Inference | Self::Bedrock => None,
        };
        if let Some(time) = outside {
            // What the caller gave up may have been answered by the gateway all the same.
            let is_gateways = matches!(self, Self::GatewayResponse | Self::Integration);
            let is_bound = match is_gateways {
                true => matches!(
                    Ended::of(request.seen),
                    Ended::GatewayLimit | Ended::FunctionTimeout
                ),
                false => is_limit,
            };
            return Some((time.as_micros(), is_bound));
        }
        let (rows, row) = request.columns()?;
        match self {
            Self::Function => value_of(rows, row, Metric::Total),
            Self::Inference => value_of(rows, row, Metric::Inference),
            _ => match bedrock_of(rows, row) {
                RowBedrock::Known(own) => Some((own, false)),
                RowBedrock::OverInference | RowBedrock::Unknown => None,
            },
        }
    }
}

/// What one of them saw on both sides.
#[derive(Debug, Clone)]
pub struct ComparedPoint {
    /// Which.
    pub point: Point,
    /// Its quantiles on both sides, of the same requests at every point that recorded them.
    pub quantiles: Vec<ComparedQuantile>,
    /// How many requests of each side it recorded.
    pub requests: [usize; 2],
}

impl ComparedPoint {
    /// Every point that recorded anything of these samples, which are in order of time.
    pub(super) fn all(samples: &[Vec<Request<'_>>; 2], is_from_client: bool) -> Vec<Self> {
        Point::ALL
            .into_iter()
            .filter_map(|point| {
                let arms = samples
                    .each_ref()
                    .map(|sample| arm(sample, point, is_from_client));
                let requests = arms
                    .each_ref()
                    .map(|arm| arm.as_ref().map_or(0, |(_, requests)| *requests));
                let [baseline, candidate] = arms.each_ref().map(|arm| arm.as_ref().map(|(arm, _)| arm));
                (requests != [0, 0]).then(|| Self {
                    point,
                    quantiles: compared(baseline, candidate),
                    requests,
                })
            })
            .collect()
    }
}

/// The values of a point on one side, and how many there are.
fn arm(sample: &[Request<'_>], point: Point, is_from_client: bool) -> Option<(Arm<'static>, usize)> {
    let is_timed = sample.iter().all(|request| request.seen.at.is_some());
    let mut series = Series::with_capacity(sample.len());
    let (mut values, mut limits) = (Vec::new(), Vec::new());
    for (value, is_bound) in sample
        .iter()
        .filter_map(|request| point.value(request, is_from_client))
    {
        series.push((!is_bound).then_some(value));
        if is_bound { &mut limits } else { &mut values }.push(value as f64);
    }
    let requests = values.len() + limits.len();
    let sample = Sample::with_censored(values, limits)?;
    Some((Arm::of_series(sample, is_timed.then_some(series)), requests))
}
