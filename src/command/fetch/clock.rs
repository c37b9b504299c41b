//! The time of AWS.

use std::sync::Arc;

use super::text;
use crate::fetch::Regional;
use crate::vocab::Timestamp;

/// How far the clocks of two machines may be apart that talk to each other: AWS refuses calls beyond some minutes.
pub(in crate::command) const CLOCKS_APART_MS: i64 = 15 * 60_000;

/// The time of AWS, as this machine's clock and its difference tell it.
#[derive(Debug, Clone, Copy)]
pub(in crate::command) struct Clock {
    local: fn() -> Timestamp,
    ahead_ms: i64,
}

impl Clock {
    /// Of the regions the one whose time is the most different counts.
    pub(in crate::command) fn compared(local: fn() -> Timestamp, regions: &[Arc<Regional>]) -> Self {
        let differences = regions.iter().map(|regional| regional.clock_ahead_ms());
        Self {
            local,
            ahead_ms: differences.max_by_key(|ms| ms.abs()).unwrap_or_default(),
        }
    }

    /// The time now.
    pub(in crate::command) fn now(self) -> Timestamp {
        let local = (self.local)().as_epoch_millis();
        Timestamp::from_epoch_millis(local.saturating_sub(self.ahead_ms))
    }

    /// A line about the difference, if there is one.
    pub(in crate::command) fn told(self) -> Option<String> {
        let by = text::duration(self.ahead_ms.unsigned_abs() as f64 / 1000.0);
        let how = match self.ahead_ms {
            0 => return None,
            1.. => "ahead of",
            _ => "behind",
        };
        Some(format!(
            "the clock of this machine is {by} {how} that of AWS, whose time is used"
        ))
    }
}
