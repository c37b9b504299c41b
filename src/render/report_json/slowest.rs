//! The slowest requests.

use serde::Serialize;

use crate::comparison::SlowRequest;
use crate::dataset::Dataset;
use crate::render::json_shared::{ms, time_text};

/// A request that took long.
#[derive(Serialize)]
pub(super) struct SlowJson {
    request_id: String,
    total_ms: f64,
    is_lower_bound: bool,
    inference_ms: Option<f64>,
    start: &'static str,
    ended: Option<String>,
}

/// The slowest requests of one side, of those with an id.
pub(super) fn slowest_json(dataset: &Dataset, slowest: &[SlowRequest]) -> Vec<SlowJson> {
    let one = |request: &SlowRequest| {
        Some(SlowJson {
            request_id: dataset.request_id(request.row)?.to_string(),
            total_ms: ms(request.total_us as f64),
            is_lower_bound: request.is_timeout,
            inference_ms: request.inference_us.map(|inference| ms(inference as f64)),
            start: request.start.name(),
            ended: time_text(request.ended_at),
        })
    };
    slowest.iter().filter_map(one).collect()
}
