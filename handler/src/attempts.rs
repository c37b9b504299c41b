//! Sees the SDK's attempts at a call, which it repeats by itself.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_bedrockruntime::config::interceptors::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_sdk_bedrockruntime::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_bedrockruntime::error::BoxError;

use crate::failure::Failure;

/// The attempts at one call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attempts(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    count: u32,
    first_sent: Option<Instant>,
    last: Option<Attempt>,
}

#[derive(Debug)]
struct Attempt {
    sent: Instant,
    ended: Option<Instant>,
    failure: Option<Failure>,
}

/// How a call ended, for the sake of its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// With its last attempt.
    WithAttempt,
    /// Then: the answer came behind the attempt, as a stream.
    Then(Instant),
    /// Then, without an answer: what lies behind the last attempt was spent on waiting for another.
    GivenUp(Instant),
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
    /// When the last attempt was sent.
    pub(crate) last_sent: Instant,
    /// The last attempt, from request sent to answer complete.
    pub(crate) inference: Duration,
    /// Attempts before it, and waiting.
    pub(crate) retry: Duration,
    /// How many attempts were before it.
    pub(crate) retries: u32,
}

impl Divided {
    /// When the call ended: where retries and inference lead to.
    pub(crate) fn ended(&self) -> Instant {
        self.sent + self.retry + self.inference
    }
}

impl Attempts {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        // Whole whenever the lock is free.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Divides the time of a call. `None` if nothing was sent.
    pub(crate) fn divide(&self, end: End, now: Instant) -> Option<Divided> {
        let seen = self.seen();
        let (sent, last) = (seen.first_sent?, seen.last.as_ref()?);
        let ended = last.ended.unwrap_or(now);
        let (complete, given_up) = match end {
            End::WithAttempt => (ended, ended),
            End::Then(then) => (then, then),
            End::GivenUp(then) => (last.ended.unwrap_or(then), then),
        };
        let before = last.sent.saturating_duration_since(sent);
        let behind = given_up.saturating_duration_since(complete);
        Some(Divided {
            sent,
            last_sent: last.sent,
            inference: complete.saturating_duration_since(last.sent),
            retry: before + behind,
            retries: seen.count.saturating_sub(1),
        })
    }

    /// Why the last attempt failed, if none is under way: a call that is given up while it waits failed for that.
    pub(crate) fn last_failure(&self) -> Option<Failure> {
        self.seen().last.as_ref()?.failure.clone()
    }

    fn send(&self, now: Instant) {
        let mut seen = self.seen();
        seen.count += 1;
        seen.first_sent.get_or_insert(now);
        seen.last = Some(Attempt {
            sent: now,
            ended: None,
            failure: None,
        });
    }

    fn end(&self, now: Instant, failure: Option<Failure>) {
        // An attempt that failed before it was sent is told to have ended too: the one before it has already.
        if let Some(last) = self.seen().last.as_mut().filter(|last| last.ended.is_none()) {
            last.ended = Some(now);
            last.failure = failure;
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
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let now = Instant::now();
        let error = context.output_or_error().and_then(Result::err);
        let failure = error.map(|error| Failure::of_attempt(error, context.response()));
        self.end(now, failure);
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
                attempts.end(zero + *ended * MS, None);
            }
        }
        (zero, attempts)
    }

    #[track_caller]
    fn assert_divided(
        of: &[(u32, Option<u32>)],
        end: fn(Instant) -> End,
        at: u32,
        (inference, retry, retries): (u32, u32, u32),
    ) {
        let (zero, attempts) = attempts(of);
        let divided = attempts.divide(end(zero + at * MS), zero + at * MS).unwrap();
        assert_eq!(divided.sent, zero + of[0].0 * MS);
        assert_eq!(divided.last_sent, zero + of[of.len() - 1].0 * MS);
        assert_eq!(
            (divided.inference, divided.retry, divided.retries),
            (inference * MS, retry * MS, retries)
        );
    }

    const WITH_ATTEMPT: fn(Instant) -> End = |_| End::WithAttempt;

    #[test]
    fn one_attempt_is_all_inference() {
        // [==========] .
        assert_divided(&[(5, Some(105))], WITH_ATTEMPT, 107, (100, 0, 0));
    }

    #[test]
    fn a_stream_goes_on_behind_its_attempt() {
        // [==|=======]
        assert_divided(&[(5, Some(25))], End::Then, 105, (100, 0, 0));
    }

    #[test]
    fn the_last_attempt_counts_and_the_time_before_is_retry() {
        // [==]  [==]      [=====] .
        let three = [(0, Some(20)), (70, Some(90)), (190, Some(290))];
        assert_divided(&three, WITH_ATTEMPT, 295, (100, 190, 2));
    }

    #[test]
    fn a_call_given_up_in_an_attempt_counts_to_its_end() {
        // [==]  [=====X
        assert_divided(&[(0, Some(20)), (70, None)], End::GivenUp, 170, (100, 70, 1));
    }

    #[test]
    fn a_call_given_up_between_attempts_waited() {
        // [==]     X
        assert_divided(&[(0, Some(20))], End::GivenUp, 170, (20, 150, 0));
    }

    #[test]
    fn an_attempt_that_was_never_sent_ends_nothing() {
        let (zero, attempts) = attempts(&[(0, Some(20))]);
        attempts.end(zero + 90 * MS, None);
        let divided = attempts
            .divide(End::GivenUp(zero + 90 * MS), zero + 90 * MS)
            .unwrap();
        assert_eq!((divided.inference, divided.retry), (20 * MS, 70 * MS));
    }

    #[test]
    fn the_parts_lead_to_the_end() {
        let (zero, attempts) = attempts(&[(0, Some(20)), (70, Some(90))]);
        let end = End::GivenUp(zero + 130 * MS);
        assert_eq!(
            attempts.divide(end, zero + 140 * MS).unwrap().ended(),
            zero + 130 * MS
        );
    }

    #[test]
    fn a_call_that_was_never_sent_has_no_times() {
        assert_eq!(Attempts::default().divide(End::WithAttempt, Instant::now()), None);
    }
}
