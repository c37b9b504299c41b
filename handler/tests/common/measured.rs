//! What was measured, against what Bedrock did by its own clock.

use std::time::Duration;

use serde_json::Value;

use super::bedrock::{Bedrock, Reply, answer};

/// Milliseconds.
pub const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Bedrock that answers every call after some time.
pub fn steady(after: u64) -> Bedrock {
    Bedrock::start(move |_| Reply::Whole(ms(after), answer("Hello.", (12, 3), 7)))
}

/// A number of a record or of timings.
#[track_caller]
pub fn number(of: &Value, name: &str) -> f64 {
    of[name]
        .as_f64()
        .unwrap_or_else(|| panic!("{name} is no number in {of}"))
}

/// What the handler's clock may show beyond the server's: the way over loopback, on a machine that is busy.
pub const SLACK_MS: f64 = 150.0;

/// Asserts that inference took what the server took for it, and not what it waited for.
#[track_caller]
pub fn assert_took(record: &Value, server_ms: f64) {
    let inference = number(record, "inference_ms");
    assert!(
        (server_ms - 1.0..server_ms + SLACK_MS).contains(&inference),
        "{server_ms}: {record}"
    );
}

/// Asserts that the parts of a record add up to its whole.
#[track_caller]
pub fn assert_adds_up(record: &Value) {
    let parts = ["before_ms", "retry_ms", "inference_ms", "after_ms"].map(|name| number(record, name));
    let whole = number(record, "handler_ms");
    // Each is cut to a microsecond.
    assert!((parts.iter().sum::<f64>() - whole).abs() < 0.01, "{record}");
}
