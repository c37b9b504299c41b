//! Model calls as Bedrock's own invocation logs have them: without Lambda.

use std::collections::BTreeMap;

use super::metric::MetricSummary;
use crate::dataset::Window;
use crate::invocation::ModelCall;
use crate::stats::Sample;

/// The calls of one model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelCallSummary {
    /// Position of the model in the names; none where the log does not tell.
    pub model: Option<u32>,
    /// Calls, failed ones included.
    pub calls: usize,
    /// Calls that Bedrock answered with an error.
    pub errors: usize,
    /// Calls whose invocation was found.
    pub joined: usize,
    /// Bedrock's own latency of the calls that succeeded and tell it.
    pub latency: Option<MetricSummary>,
    /// Tokens read, where any call tells.
    pub input_tokens: Option<u64>,
    /// Tokens written, where any call tells.
    pub output_tokens: Option<u64>,
}

/// Describes the calls in a window, model by model.
pub fn model_calls(calls: &[ModelCall], window: Window) -> Vec<ModelCallSummary> {
    let mut by_model: BTreeMap<Option<u32>, Vec<&ModelCall>> = BTreeMap::new();
    for call in calls.iter().filter(|call| window.holds(call.at)) {
        by_model.entry(call.model).or_default().push(call);
    }
    by_model
        .into_iter()
        .map(|(model, calls)| of_model(model, &calls))
        .collect()
}

fn of_model(model: Option<u32>, calls: &[&ModelCall]) -> ModelCallSummary {
    let count = |is_in: fn(&ModelCall) -> bool| calls.iter().filter(|call| is_in(call)).count();
    let sum = |tokens: fn(&ModelCall) -> Option<u64>| {
        calls
            .iter()
            .filter_map(|call| tokens(call))
            .reduce(u64::saturating_add)
    };
    let latencies = calls
        .iter()
        .filter(|call| !call.has_failed)
        .filter_map(|call| call.latency)
        .map(|latency| latency.as_micros() as f64);
    ModelCallSummary {
        model,
        calls: calls.len(),
        errors: count(|call| call.has_failed),
        joined: count(|call| call.is_joined),
        latency: Sample::new(latencies.collect()).as_ref().map(MetricSummary::of),
        input_tokens: sum(|call| call.input_tokens),
        output_tokens: sum(|call| call.output_tokens),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::{Micros, Timestamp};

    #[test]
    fn failed_calls_and_calls_outside_the_window_are_no_latencies() {
        let call = |second: i64, latency: Option<u64>, has_failed: bool| ModelCall {
            model: Some(0),
            at: Some(Timestamp::from_epoch_millis(second * 1000)),
            latency: latency.map(Micros::from_millis),
            input_tokens: Some(10),
            output_tokens: None,
            has_failed,
            is_joined: second == 1,
        };
        let calls = [
            call(1, Some(100), false),
            call(2, Some(300), false),
            call(3, Some(5), true),
            call(4, None, false),
            call(9, Some(7), false),
        ];
        let window = Window {
            since: None,
            until: Some(Timestamp::from_epoch_millis(5000)),
        };
        let summaries = model_calls(&calls, window);
        let [summary] = summaries.as_slice() else {
            panic!("one model")
        };
        assert_eq!((summary.calls, summary.errors, summary.joined), (4, 1, 1));
        assert_eq!((summary.input_tokens, summary.output_tokens), (Some(40), None));
        let latency = summary.latency.as_ref().unwrap();
        assert_eq!(
            (latency.count, latency.min, latency.max),
            (2, 100_000.0, 300_000.0)
        );
    }
}
