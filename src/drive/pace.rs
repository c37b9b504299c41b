//! The schedule, kept by a thread that does nothing else: timers of an asynchronous runtime are a millisecond coarse.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use tokio::time::Instant;

use super::plan::Slot;

/// So long before a request its connection is looked after.
const LEAD: Duration = Duration::from_secs(1);

/// Calls `send` with the number of each slot at its time, and `prepare` a moment before, with how many come at once, where
/// there is a moment. Whoever waits for a slot that is late is not waited for: the next ones keep their times. Ends with the
/// last slot, or when `stop` says so.
pub(super) fn pace(
    slots: &[Slot],
    start: Instant,
    stop: &Receiver<()>,
    mut prepare: impl FnMut(usize),
    mut send: impl FnMut(usize),
) {
    for (number, slot) in slots.iter().enumerate() {
        let at = start + slot.at;
        let left = at.saturating_duration_since(Instant::now());
        if left > LEAD {
            if is_stopped(stop, left - LEAD) {
                return;
            }
            let at_once = slots[number..].iter().take_while(|other| other.at == slot.at);
            prepare(at_once.count());
        }
        loop {
            let left = at.saturating_duration_since(Instant::now());
            if is_stopped(stop, left) {
                return;
            }
            // A wait may end early.
            if Instant::now() >= at {
                break;
            }
        }
        send(number);
    }
}

/// Waits so long, or until it is told to stop.
fn is_stopped(stop: &Receiver<()>, wait: Duration) -> bool {
    !matches!(stop.recv_timeout(wait), Err(RecvTimeoutError::Timeout))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use latscope_schema::ClientPhase;

    use super::*;

    fn slots(at_ms: &[u64]) -> Vec<Slot> {
        let slot = |ms: &u64| Slot {
            phase: ClientPhase::Steady,
            block: 0,
            at: Duration::from_millis(*ms),
            model: 0,
            prompt: 0,
        };
        at_ms.iter().map(slot).collect()
    }

    #[test]
    fn nothing_is_sent_before_its_time_and_nothing_is_left_out() {
        let start = Instant::now();
        let slots = slots(&[0, 20, 20, 60]);
        let (_stop, stopped) = channel();
        let mut sent = Vec::new();
        pace(
            &slots,
            start,
            &stopped,
            |_| {},
            |number| sent.push((number, start.elapsed())),
        );
        let numbers: Vec<usize> = sent.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [0, 1, 2, 3]);
        assert!(sent.iter().all(|(number, at)| *at >= slots[*number].at));
    }

    #[test]
    fn a_stop_ends_the_wait_and_a_pause_is_used_to_prepare() {
        let (stop, stopped) = channel();
        let mut prepared = Vec::new();
        let mut sent = 0;
        let slots = slots(&[0, 1100, 1100, 3_600_000]);
        pace(
            &slots,
            Instant::now(),
            &stopped,
            |count| {
                prepared.push(count);
                if prepared.len() == 1 {
                    stop.send(()).unwrap();
                }
            },
            |_| sent += 1,
        );
        assert_eq!((prepared, sent), (vec![2], 1));
    }
}
