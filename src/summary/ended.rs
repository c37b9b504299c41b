//! Where requests ended, and what that makes of them in a sample of latencies.

use crate::invocation::{ClientOutcome, Integration, Outcome, PathRequest};

/// How far a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It was answered.
    Answered,
    /// There was no connection, or it broke, and nothing further in tells of it.
    Broken,
    /// The caller gave up.
    GivenUp,
    /// API Gateway answered by itself because there were too many.
    ThrottledByGateway,
    /// API Gateway answered by itself for another reason.
    RefusedByGateway,
    /// API Gateway gave up waiting for the function.
    GatewayLimit,
    /// API Gateway called the function and no invocation of it is known: Lambda refused the call, or its log is not there.
    BeforeFunction,
    /// The function ran into its time limit.
    FunctionTimeout,
    /// The function failed.
    InFunction,
    /// Bedrock refused the call because there were too many.
    ThrottledByBedrock,
    /// The function succeeded and its answer was an error, or did not arrive.
    AfterFunction,
    /// It got an error, and nothing tells from whom.
    ErrorFromSomewhere,
    /// The run ended first.
    Cancelled,
}

impl Ended {
    /// Every way, from without to within.
    pub const ALL: [Self; 13] = [
        Self::Answered,
        Self::Broken,
        Self::GivenUp,
        Self::ThrottledByGateway,
        Self::RefusedByGateway,
        Self::GatewayLimit,
        Self::BeforeFunction,
        Self::FunctionTimeout,
        Self::InFunction,
        Self::ThrottledByBedrock,
        Self::AfterFunction,
        Self::ErrorFromSomewhere,
        Self::Cancelled,
    ];

    /// The name in machine outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Broken => "broken",
            Self::GivenUp => "given_up",
            Self::ThrottledByGateway => "throttled_by_gateway",
            Self::RefusedByGateway => "refused_by_gateway",
            Self::GatewayLimit => "gateway_limit",
            Self::BeforeFunction => "before_function",
            Self::FunctionTimeout => "function_timeout",
            Self::InFunction => "in_function",
            Self::ThrottledByBedrock => "throttled_by_bedrock",
            Self::AfterFunction => "after_function",
            Self::ErrorFromSomewhere => "error_from_somewhere",
            Self::Cancelled => "cancelled",
        }
    }

    /// The name in words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Broken => "no connection, or it broke",
            Self::GivenUp => "given up by the caller",
            Self::ThrottledByGateway => "throttled by API Gateway",
            Self::RefusedByGateway => "refused by API Gateway",
            Self::GatewayLimit => "given up by API Gateway",
            Self::BeforeFunction => "called by API Gateway, no invocation known",
            Self::FunctionTimeout => "timed out in the function",
            Self::InFunction => "failed in the function",
            Self::ThrottledByBedrock => "throttled by Bedrock",
            Self::AfterFunction => "answered with an error by the function, or lost on the way back",
            Self::ErrorFromSomewhere => "error, from whom is not known",
            Self::Cancelled => "cancelled with the run",
        }
    }

    /// How far this request came.
    pub fn of(request: &PathRequest) -> Self {
        let (client, gateway) = (request.client, request.gateway);
        let outcome = request.invocation.map(|invocation| invocation.outcome);
        let status = gateway.and_then(|gateway| gateway.status);
        let is_answered = match (client, status) {
            (Some(client), _) => client.outcome == ClientOutcome::Ok,
            (None, Some(status)) => (200..300).contains(&status),
            (None, None) => outcome == Some(Outcome::Success),
        };
        if is_answered {
            return Self::Answered;
        }
        match client.map(|client| client.outcome) {
            Some(ClientOutcome::Cancelled) => return Self::Cancelled,
            Some(ClientOutcome::Timeout) => return Self::GivenUp,
            _ => {}
        }
        if let Some(gateway) = gateway {
            match (gateway.integration, status) {
                _ if gateway.gave_up => return Self::GatewayLimit,
                (Integration::NotCalled, Some(429)) => return Self::ThrottledByGateway,
                (Integration::NotCalled, _) => return Self::RefusedByGateway,
                _ => {}
            }
        }
        if let Some(invocation) = request.invocation {
            return match (invocation.outcome, invocation.is_throttled) {
                (Outcome::Timeout, _) => Self::FunctionTimeout,
                (_, true) => Self::ThrottledByBedrock,
                (Outcome::Error, false) => Self::InFunction,
                (Outcome::Success, false) => Self::AfterFunction,
            };
        }
        match (
            gateway.map(|gateway| gateway.integration),
            client.map(|client| client.outcome),
        ) {
            (Some(Integration::Called), _) => Self::BeforeFunction,
            (_, Some(ClientOutcome::Broken)) => Self::Broken,
            _ => Self::ErrorFromSomewhere,
        }
    }
}

/// What a request is to a sample of the times that the client or the gateway recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestUse {
    /// It was answered.
    Value,
    /// It was given up at a limit: it would have taken longer.
    Limit,
    /// It failed, or has no such time.
    Failed,
}

impl RequestUse {
    /// To times of the client, or else of the gateway.
    pub fn of(request: &PathRequest, is_from_client: bool) -> Self {
        let has_record = match is_from_client {
            true => request.client.is_some(),
            false => request.gateway.is_some(),
        };
        match Ended::of(request) {
            _ if !has_record => Self::Failed,
            Ended::Answered => Self::Value,
            // The gateway may have answered all the same.
            Ended::GivenUp if !is_from_client => Self::Value,
            Ended::GivenUp | Ended::GatewayLimit | Ended::FunctionTimeout => Self::Limit,
            _ => Self::Failed,
        }
    }
}

/// How many requests ended in each way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EndedCounts([usize; Ended::ALL.len()]);

impl EndedCounts {
    /// Those of these requests.
    pub fn of<'a>(requests: impl Iterator<Item = &'a PathRequest>) -> Self {
        let mut counts = Self::default();
        for request in requests {
            counts.0[Ended::of(request) as usize] += 1;
        }
        counts
    }

    /// How many ended so.
    pub fn get(&self, ended: Ended) -> usize {
        self.0[ended as usize]
    }

    /// All of them.
    pub fn sum(&self) -> usize {
        self.0.iter().sum()
    }
}
