//! Sees the SDK's attempts at a call, which it repeats by itself.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_bedrockruntime::config::interceptors::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_sdk_bedrockruntime::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_bedrockruntime::error::BoxError;

/// The attempts at one call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attempts(Arc<Mutex<Seen>>);

#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    count: u32,
    first_sent: Option<Instant>,
    last: Option<Attempt>,
}

#[derive(Debug, Clone, Copy)]
struct Attempt {
    sent: Instant,
    ended: Option<Instant>,
}

/// The time of a call, divided.
///
/// ```text
/// handler [ before ][ attempt ][ wait ][ attempt ][ after ]
///                    |-- retry -------||inference|
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Divided {
    /// When the first attempt was sent.
    pub(crate) sent: Instant,
    /// The last attempt, from request sent to answer complete.
    pub(crate) inference: Duration,
    /// When that attempt was sent.
    pub(crate) last_sent: Instant,
    /// Attempts before it, and waiting.
    pub(crate) retry: Duration,
    /// How many attempts were before it.
    pub(crate) retries: u32,
}

impl Attempts {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        // Whole whenever the lock is free.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Divides a call that ended then. `is_waiting` says that it ended before it had come to a response, so that the
    /// time behind an attempt that had ended was spent on waiting for the next.
    ///
    /// `None` if nothing was sent.
    pub(crate) fn divide(&self, ended: Instant, is_waiting: bool) -> Option<Divided> {
        let seen = *self.seen();
        let (sent, last) = (seen.first_sent?, seen.last?);
        let end = last.ended.filter(|_| is_waiting).unwrap_or(ended);
        let inference = end.saturating_duration_since(last.sent);
        Some(Divided {
            sent,
            inference,
            last_sent: last.sent,
            retry: ended.saturating_duration_since(sent).saturating_sub(inference),
            retries: seen.count.saturating_sub(1),
        })
    }

    fn send(&self, now: Instant) {
        let mut seen = self.seen();
        seen.count += 1;
        seen.first_sent.get_or_insert(now);
        seen.last = Some(Attempt {
            sent: now,
            ended: None,
        });
    }

    fn end(&self, now: Instant) {
        if let Some(last) = &mut self.seen().last {
            last.ended.get_or_insert(now);
        }
    }
}

impl Intercept for Attempts {
    fn name(&self) -> &'static str {
        "Attempts"
    }

    /// Behind signing, right before the request goes out.
    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.send(Instant::now());
        Ok(())
    }

    fn read_after_attempt(
        &self,
        _: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.end(Instant::now());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Attempts from and to these milliseconds after an instant.
    fn attempts(of: &[(u32, Option<u32>)]) -> (Instant, Attempts) {
        let (zero, attempts) = (Instant::now(), Attempts::default());
        for (sent, ended) in of {
            attempts.send(zero + *sent * MS);
            if let Some(ended) = ended {
                attempts.end(zero + *ended * MS);
            }
        }
        (zero, attempts)
    }

    #[track_caller]
    fn assert_divided(
        of: &[(u32, Option<u32>)],
        ended: u32,
        is_waiting: bool,
        (inference, retry, retries): (u32, u32, u32),
    ) {
        let (zero, attempts) = attempts(of);
        let divided = attempts.divide(zero + ended * MS, is_waiting).unwrap();
        assert_eq!(divided.sent, zero + of[0].0 * MS);
        assert_eq!(divided.last_sent, zero + of[of.len() - 1].0 * MS);
        assert_eq!(
            (divided.inference, divided.retry, divided.retries),
            (inference * MS, retry * MS, retries)
        );
    }

    #[test]
    fn one_attempt_is_all_inference() {
        // [==========]
        assert_divided(&[(5, Some(105))], 105, false, (100, 0, 0));
    }

    #[test]
    fn a_stream_goes_on_behind_its_attempt() {
        // [==|=======]
        assert_divided(&[(5, Some(25))], 105, false, (100, 0, 0));
    }

    #[test]
    fn the_last_attempt_counts_and_the_time_before_is_retry() {
        // [==]  [==]      [=====]
        let three = [(0, Some(20)), (70, Some(90)), (190, Some(290))];
        assert_divided(&three, 290, false, (100, 190, 2));
    }

    #[test]
    fn a_call_given_up_in_an_attempt_counts_to_its_end() {
        // [==]  [=====X
        assert_divided(&[(0, Some(20)), (70, None)], 170, true, (100, 70, 1));
    }

    #[test]
    fn a_call_given_up_between_attempts_waited() {
        // [==]     X
        assert_divided(&[(0, Some(20))], 170, true, (20, 150, 0));
    }

    #[test]
    fn a_call_that_was_never_sent_has_no_times() {
        assert_eq!(Attempts::default().divide(Instant::now(), false), None);
    }
}
