//! How fast one kind of call may be made in one region.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Hands out the moments at which calls may be made, at an even rate, which falls when the service throttles and rises
/// again when it does not.
///
/// A token bucket of one token: AWS does not say how deep its own is, and whoever shares the quota wants even use.
#[derive(Debug)]
pub struct Limiter {
    state: Mutex<State>,
    /// Calls a second that are aimed at.
    target: f64,
}

#[derive(Debug)]
struct State {
    /// Calls a second at present.
    rate: f64,
    /// When the next call may be made.
    next: Instant,
    /// When the rate was last lowered.
    lowered_at: Option<Instant>,
}

impl State {
    /// Takes the next place. When that is.
    fn take_place(&mut self, now: Instant) -> Instant {
        let interval = interval(self.rate);
        // Whoever is late by less than one call catches up, so that the rate is kept; more is lost.
        let earliest = now.checked_sub(interval);
        let at = earliest.map_or(self.next, |earliest| self.next.max(earliest));
        self.next = at.checked_add(interval).unwrap_or(at);
        at
    }
}

/// The longest time between two calls.
const LONGEST_INTERVAL: Duration = Duration::from_secs(3600);

/// The time between two calls, whatever the rate.
fn interval(per_second: f64) -> Duration {
    Duration::try_from_secs_f64(1.0 / per_second)
        .unwrap_or(LONGEST_INTERVAL)
        .min(LONGEST_INTERVAL)
}

/// What is left of the rate by one throttle.
const CUT: f64 = 0.5;

/// What part of the target each answer gives back.
const RECOVERY: f64 = 0.02;

/// The lowest rate, in parts of the target.
const FLOOR: f64 = 0.05;

impl Limiter {
    /// A limiter of so many calls a second.
    pub fn new(per_second: f64) -> Self {
        Self {
            state: Mutex::new(State {
                rate: per_second,
                next: Instant::now(),
                lowered_at: None,
            }),
            target: per_second,
        }
    }

    /// Calls a second that are aimed at.
    pub fn target(&self) -> f64 {
        self.target
    }

    /// Waits until the next call may be made, and takes its place. Returns when that was.
    pub(super) async fn permit(&self) -> Instant {
        let at = self.state().take_place(Instant::now());
        sleep_until(at).await;
        Instant::now()
    }

    /// The service throttled a call that was made at `sent`. Calls that were on their way together lower the rate once.
    pub(super) fn throttled(&self, sent: Instant) {
        let mut state = self.state();
        if state.lowered_at.is_none_or(|lowered| lowered < sent) {
            let now = Instant::now();
            state.rate = (state.rate * CUT).max(self.target * FLOOR);
            let after_pause = now.checked_add(interval(state.rate)).unwrap_or(now);
            state.next = state.next.max(after_pause);
            state.lowered_at = Some(now);
        }
    }

    /// The service answered.
    pub(super) fn answered(&self) {
        let mut state = self.state();
        state.rate = (state.rate + self.target * RECOVERY).min(self.target);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is whole whenever the lock is free.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many `FilterLogEvents` a second a region allows an account (the quotas page of CloudWatch Logs; they cannot be
/// raised).
pub fn filter_quota(region: &str) -> f64 {
    match region {
        "us-east-1" => 25.0,
        "ap-northeast-3" | "ap-southeast-3" | "ca-west-1" | "eu-central-1" | "il-central-1" => 5.0,
        _ => 10.0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whoever asks when: in no stretch of time are there more calls than the rate allows and the one that may be
        /// caught up.
        #[test]
        fn calls_never_come_in_a_burst(waits_ms in vec(0_u64..1500, 1..60)) {
            let limiter = Limiter::new(5.0);
            let begun = Instant::now() + Duration::from_secs(10);
            let mut now = begun;
            let mut calls = Vec::new();
            for wait in waits_ms {
                now += Duration::from_millis(wait);
                // Nobody is served before he asks.
                now = now.max(limiter.state().take_place(now));
                calls.push(now);
            }
            for (first, at) in calls.iter().enumerate() {
                let within = calls[first..].iter().take_while(|other| **other - *at < Duration::from_secs(2));
                prop_assert!(within.count() <= 11);
            }
        }

        /// Who always wants to call gets the whole rate, even if he is late each time.
        #[test]
        fn the_rate_is_used(late_ms in vec(0_u64..150, 50)) {
            let limiter = Limiter::new(5.0);
            let begun = Instant::now() + Duration::from_secs(10);
            let mut now = begun;
            for late in late_ms {
                now = now.max(limiter.state().take_place(now)) + Duration::from_millis(late);
            }
            prop_assert!(now - begun <= Duration::from_millis(50 * 200 + 150));
        }
    }

    #[test]
    fn throttles_of_one_moment_lower_the_rate_once_and_answers_restore_it() {
        let limiter = Limiter::new(10.0);
        let rate = |limiter: &Limiter| limiter.state().rate;
        let sent = Instant::now();
        limiter.throttled(sent);
        limiter.throttled(sent);
        assert_eq!(rate(&limiter), 5.0);
        (0..100).for_each(|_| limiter.answered());
        assert_eq!(rate(&limiter), 10.0);
        (0..20).for_each(|_| limiter.throttled(Instant::now() + Duration::from_secs(1)));
        assert_eq!(rate(&limiter), 0.5);
    }

    #[test]
    fn no_rate_is_too_odd() {
        for rate in [
            1e-300,
            1e-19,
            0.0,
            -0.0,
            -1.0,
            1e300,
            f64::INFINITY,
            f64::NAN,
            f64::MIN_POSITIVE,
        ] {
            let limiter = Limiter::new(rate);
            let now = Instant::now();
            limiter.throttled(now);
            limiter.answered();
            for _ in 0..3 {
                limiter.state().take_place(now);
            }
        }
        assert_eq!(interval(1e-19), LONGEST_INTERVAL);
        assert_eq!(interval(4.0), Duration::from_millis(250));
    }

    #[test]
    fn quotas_are_those_of_the_region() {
        let of = ["us-east-1", "eu-central-1", "eu-west-1"].map(filter_quota);
        assert_eq!(of, [25.0, 5.0, 10.0]);
    }
}
