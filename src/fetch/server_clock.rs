//! How far the clock of this machine is from that of the service.
//!
//! A slice counts as settled by its time. On a machine whose clock is ahead, one that has hardly begun would, and what is
//! logged in it later would never be fetched. Every answer of the service tells the time in its `Date` header.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_cloudwatchlogs::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_cloudwatchlogs::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_cloudwatchlogs::error::BoxError;
use chrono::DateTime;

use crate::vocab::Timestamp;

/// Less than this is the way of the answer, and that the header has whole seconds.
const NOTHING_MS: i64 = 5_000;

/// Compares the clocks with every answer.
#[derive(Debug, Clone)]
pub(super) struct ServerClock {
    /// This machine's clock.
    now: fn() -> Timestamp,
    ahead_ms: Arc<AtomicI64>,
}

impl ServerClock {
    pub(super) fn new(now: fn() -> Timestamp) -> Self {
        Self {
            now,
            ahead_ms: Arc::default(),
        }
    }

    /// How many milliseconds this machine's clock is ahead; negative if it is behind, 0 as long as nothing was answered.
    pub(super) fn ahead_ms(&self) -> i64 {
        self.ahead_ms.load(Ordering::Relaxed)
    }
}

impl Intercept for ServerClock {
    fn name(&self) -> &'static str {
        "ServerClock"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        if let Some(date) = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok()) {
            let ahead = (self.now)().millis_since(Timestamp::from_epoch_millis(date.timestamp_millis()));
            let ahead = if ahead.abs() < NOTHING_MS { 0 } else { ahead };
            self.ahead_ms.store(ahead, Ordering::Relaxed);
        }
        Ok(())
    }
}
