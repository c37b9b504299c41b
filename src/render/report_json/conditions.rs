//! Total time at other conditions than those that were.

use serde::Serialize;

use super::parts::{RatioJson, ratio_json};
use crate::comparison::{ADJUSTED, Adjusted};
use crate::stats::QuantileComparison;

/// Total time at equal conditions.
#[derive(Serialize)]
pub(super) struct AdjustedJson {
    length: Option<LengthJson>,
    cold_share: Option<ColdShareJson>,
    without_cold: Option<Vec<AtQuantileJson>>,
    without_init: Option<Vec<AtQuantileJson>>,
}

#[derive(Serialize)]
struct LengthJson {
    support: f64,
    is_supported: bool,
    is_called_for: bool,
    baseline_requests: usize,
    candidate_requests: usize,
    compared: Option<Vec<AtQuantileJson>>,
}

#[derive(Serialize)]
struct ColdShareJson {
    share: f64,
    compared: Vec<AtQuantileJson>,
}

#[derive(Serialize)]
struct AtQuantileJson {
    p: f64,
    comparison: Option<RatioJson>,
}

/// Total time at equal conditions.
pub(super) fn adjusted_json(adjusted: &Adjusted) -> AdjustedJson {
    AdjustedJson {
        length: adjusted.length.as_ref().map(|length| LengthJson {
            support: length.support,
            is_supported: length.is_supported,
            is_called_for: length.is_called_for,
            baseline_requests: length.requests[0],
            candidate_requests: length.requests[1],
            compared: length.is_supported.then(|| rows(&length.compared)),
        }),
        cold_share: adjusted
            .cold_share
            .as_ref()
            .map(|(share, compared)| ColdShareJson {
                share: *share,
                compared: rows(compared),
            }),
        without_cold: adjusted.without_cold.as_deref().map(rows),
        without_init: adjusted.without_init.as_deref().map(rows),
    }
}

fn rows(compared: &[Option<QuantileComparison>]) -> Vec<AtQuantileJson> {
    let at_quantiles = ADJUSTED.into_iter().zip(compared);
    at_quantiles
        .map(|(p, found)| AtQuantileJson {
            p: p.as_f64(),
            comparison: found.as_ref().map(ratio_json),
        })
        .collect()
}
