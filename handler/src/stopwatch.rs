//! When each part of a request ended, on the monotonic clock.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Time that is left to build the response and write the record before Lambda kills the function.
const RESERVE: Duration = Duration::from_millis(300);

/// The longest time that Lambda gives an invocation.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// Runs from the handler being entered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch {
    begun: Instant,
    deadline: Instant,
}

impl Stopwatch {
    /// Starts now. `deadline_ms` is when Lambda ends the invocation, in milliseconds since the epoch. One that has
    /// long passed is none: local runtimes make it up, as cargo-lambda does.
    pub(crate) fn start(deadline_ms: u64) -> Self {
        let begun = Instant::now();
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        let deadline = Duration::from_millis(deadline_ms);
        let left = match now.saturating_sub(deadline) > LONGEST {
            true => LONGEST,
            false => deadline.saturating_sub(now),
        };
        Self {
            begun,
            deadline: begun + left.saturating_sub(RESERVE),
        }
    }

    /// When a call must be given up.
    pub(crate) const fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Milliseconds from the start to then.
    pub(crate) fn until(&self, then: Instant) -> f64 {
        millis(then.saturating_duration_since(self.begun))
    }
}

/// Milliseconds, to the microsecond.
pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch_ms() -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
    }

    #[test]
    fn a_call_is_given_up_before_lambda_ends_the_function() {
        let watch = Stopwatch::start(epoch_ms() + 10_000);
        let left = watch.until(watch.deadline());
        assert!((9000.0..=9700.0).contains(&left), "{left}");
    }

    #[test]
    fn a_deadline_that_is_too_near_or_has_just_passed_leaves_no_time() {
        for deadline_ms in [epoch_ms() + 200, epoch_ms() - 1, epoch_ms() - 60_000] {
            let watch = Stopwatch::start(deadline_ms);
            assert_eq!(watch.until(watch.deadline()), 0.0);
        }
    }

    #[test]
    fn a_deadline_that_has_long_passed_is_none() {
        for deadline_ms in [0, 600_000] {
            let watch = Stopwatch::start(deadline_ms);
            assert_eq!(watch.until(watch.deadline()), millis(LONGEST - RESERVE));
        }
    }

    #[test]
    fn milliseconds_keep_microseconds() {
        assert_eq!(millis(Duration::from_nanos(1_234_567_899)), 1234.567);
    }
}
