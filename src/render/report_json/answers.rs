//! How long the answers of a side are and how fast they are written.

use serde::Serialize;

use super::parts::{
    EstimateJson, MiddleAndTailJson, QuantileJson, estimate_json, quantile_json, quantile_ms,
};
use crate::comparison::Answers;
use crate::render::json_shared::{ends_ms, ms};
use crate::stats::{Interval, TheilSen};

/// The answers of one side.
#[derive(Serialize)]
pub(super) struct AnswersJson {
    answered: usize,
    told: usize,
    ms_per_output_token: Option<EstimateJson>,
    typical_ms_per_output_token: Option<QuantileJson>,
    output_tokens_per_second: Option<QuantileJson>,
    line: Option<LineJson>,
    told_first_token: usize,
    first_token_ms: MiddleAndTailJson,
}

/// Inference as a fixed part and so much for each output token.
#[derive(Serialize)]
struct LineJson {
    ms_per_output_token: EstimateJson,
    fixed_ms: EstimateJson,
}

/// The answers of one side.
pub(super) fn answers_json(answers: &Answers) -> AnswersJson {
    AnswersJson {
        answered: answers.answered,
        told: answers.told,
        ms_per_output_token: answers.per_token.map(|found| in_ms(found.ratio, found.interval)),
        typical_ms_per_output_token: answers.typical_per_token.as_ref().map(quantile_ms),
        output_tokens_per_second: answers.tokens_per_second.as_ref().map(quantile_json),
        line: answers.line.map(line),
        told_first_token: answers.told_first_token,
        first_token_ms: MiddleAndTailJson {
            p50: answers.first_token_p50.as_ref().map(quantile_ms),
            p95: answers.first_token_p95.as_ref().map(quantile_ms),
        },
    }
}

fn line(found: TheilSen) -> LineJson {
    LineJson {
        ms_per_output_token: in_ms(found.slope, found.slope_interval),
        fixed_ms: in_ms(found.intercept, found.intercept_interval),
    }
}

/// Microseconds, or microseconds per token, in milliseconds.
fn in_ms(micros: f64, interval: Interval) -> EstimateJson {
    let [low, high] = ends_ms(interval);
    estimate_json((ms(micros), Interval { low, high }))
}
