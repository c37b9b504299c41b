//! Metrics in CloudWatch's [embedded metric format][emf], of which CloudWatch makes metrics without any query.
//!
//! One line beside each timing record, where `METRICS=emf` asks for it. The names here are what `latscope dashboard
//! --emf` draws.
//!
//! [emf]: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use latscope_schema::{CallStatus, TimingRecord};
use serde_json::{Map, Value, json};

/// The namespace of all metrics.
const NAMESPACE: &str = "latscope";

const MILLISECONDS: &str = "Milliseconds";
const COUNT: &str = "Count";
const PERCENT: &str = "Percent";

/// The line of a record. `model` is its name in the dimension.
pub(crate) fn line(record: &TimingRecord<'_>, function: &str, model: &str) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    of(record, function, model, now.as_millis() as u64).to_string()
}

fn of(record: &TimingRecord<'_>, function: &str, model: &str, now_ms: u64) -> Value {
    let values = values(record);
    let metrics: Vec<Value> = values
        .iter()
        .map(|(name, unit, _)| json!({"Name": name, "Unit": unit}))
        .collect();
    let mut line = Map::new();
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": now_ms,
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": [["FunctionName", "Model"], ["FunctionName", "Model", "Start"]],
                "Metrics": metrics,
            }],
        }),
    );
    let start = if is_cold(record) { "cold" } else { "warm" };
    for (name, value) in [("FunctionName", function), ("Model", model), ("Start", start)] {
        line.insert(name.to_owned(), json!(value));
    }
    for (name, _, value) in values {
        line.insert(name.to_owned(), value);
    }
    Value::Object(line)
}

/// Whether the request waited for the initialisation of its environment. Provisioned ones were ready before.
fn is_cold(record: &TimingRecord<'_>) -> bool {
    record.cold_start == Some(true)
        && record.initialization_type.as_deref() != Some("provisioned-concurrency")
}

/// Metrics that the record has: name, unit and value.
fn values(record: &TimingRecord<'_>) -> Vec<(&'static str, &'static str, Value)> {
    let is = |status| u32::from(record.status == Some(status));
    let has_failed = record.status.is_some_and(|status| status != CallStatus::Ok);
    // A failure is no fast answer, and a call that was given up has a lower bound, which a percentile would take for a
    // time.
    let answered = |time: Option<f64>| time.filter(|_| !has_failed);
    let times = [
        ("InferenceTime", answered(record.inference_ms)),
        ("HandlerTime", answered(record.handler_ms)),
        ("RetryTime", record.retry_ms),
        ("BedrockLatency", answered(record.bedrock_latency_ms)),
        ("TimeToFirstToken", answered(record.time_to_first_token_ms)),
    ];
    // Of this call, since metrics by model cannot be divided by each other where the models are not known by name.
    let share = answered(record.inference_ms)
        .zip(record.handler_ms)
        .filter(|(_, handler)| *handler > 0.0)
        .map(|(inference, handler)| ("InferenceShare", PERCENT, json!(100.0 * inference / handler)));
    let counts = [
        ("InputTokens", record.input_tokens),
        ("OutputTokens", record.output_tokens),
        ("Calls", Some(1)),
        ("Errors", Some(u64::from(has_failed))),
        ("Throttles", Some(u64::from(is(CallStatus::Throttled)))),
        ("Timeouts", Some(u64::from(is(CallStatus::Timeout)))),
        ("ColdStart", Some(u64::from(is_cold(record)))),
        ("Retries", record.retry_count.map(u64::from)),
    ];
    let times = times
        .into_iter()
        .filter_map(|(name, value)| Some((name, MILLISECONDS, json!(value?))));
    let counts = counts
        .into_iter()
        .filter_map(|(name, value)| Some((name, COUNT, json!(value?))));
    times.chain(share).chain(counts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> TimingRecord<'static> {
        TimingRecord {
            inference_ms: Some(812.5),
            handler_ms: Some(1000.0),
            output_tokens: Some(128),
            retry_count: Some(1),
            cold_start: Some(true),
            status: Some(CallStatus::Ok),
            ..TimingRecord::new("r-1")
        }
    }

    #[test]
    fn every_metric_that_is_named_has_its_value() {
        let line = of(&record(), "chat", "nova-lite", 1_795_341_600_123);
        assert_eq!(
            line,
            json!({
                "_aws": {
                    "Timestamp": 1_795_341_600_123_u64,
                    "CloudWatchMetrics": [{
                        "Namespace": "latscope",
                        "Dimensions": [["FunctionName", "Model"], ["FunctionName", "Model", "Start"]],
                        "Metrics": [
                            {"Name": "InferenceTime", "Unit": "Milliseconds"},
                            {"Name": "HandlerTime", "Unit": "Milliseconds"},
                            {"Name": "InferenceShare", "Unit": "Percent"},
                            {"Name": "OutputTokens", "Unit": "Count"},
                            {"Name": "Calls", "Unit": "Count"},
                            {"Name": "Errors", "Unit": "Count"},
                            {"Name": "Throttles", "Unit": "Count"},
                            {"Name": "Timeouts", "Unit": "Count"},
                            {"Name": "ColdStart", "Unit": "Count"},
                            {"Name": "Retries", "Unit": "Count"},
                        ],
                    }],
                },
                "FunctionName": "chat", "Model": "nova-lite", "Start": "cold",
                "InferenceTime": 812.5, "HandlerTime": 1000.0, "InferenceShare": 81.25,
                "OutputTokens": 128,
                "Calls": 1, "Errors": 0, "Throttles": 0, "Timeouts": 0, "ColdStart": 1, "Retries": 1,
            })
        );
    }

    #[test]
    fn a_call_that_failed_counts_and_has_no_inference_time() {
        let failed = TimingRecord {
            status: Some(CallStatus::Throttled),
            cold_start: Some(false),
            ..record()
        };
        let line = of(&failed, "chat", "nova-lite", 0);
        for metric in ["InferenceTime", "HandlerTime", "InferenceShare"] {
            assert_eq!(line[metric], Value::Null, "{metric}");
        }
        assert_eq!((&line["Errors"], &line["Throttles"]), (&json!(1), &json!(1)));
        assert_eq!((&line["Timeouts"], &line["Start"]), (&json!(0), &json!("warm")));
    }

    #[test]
    fn a_provisioned_environment_is_not_cold() {
        let provisioned = TimingRecord {
            initialization_type: Some("provisioned-concurrency".into()),
            ..record()
        };
        let line = of(&provisioned, "chat", "nova-lite", 0);
        assert_eq!((&line["Start"], &line["ColdStart"]), (&json!("warm"), &json!(0)));
    }
}
