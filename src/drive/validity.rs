//! Whether the schedule was kept. Where it was not, the latencies are those of another load than was asked for.

use std::time::Duration;

/// A request may be late by this much whatever the rate.
const LEAST_LIMIT: Duration = Duration::from_millis(5);

/// Or by this share of the mean gap.
const SHARE_OF_GAP: f64 = 0.01;

/// More late requests than this share are too many. A single one is let pass however few requests there are.
const MOST_LATE: f64 = 0.01;

/// The rate must be this share of the planned one.
const LEAST_RATE: f64 = 0.99;

/// When requests were meant to be begun, and when they were.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    limit: Duration,
    due: u64,
    late: u64,
    /// The first and the last time that was meant, after the start of the run.
    intended: Option<(Duration, Duration)>,
    /// The same of the times that were.
    actual: Option<(Duration, Duration)>,
    has_reached_cap: bool,
}

impl Pace {
    pub(super) fn new(per_second: f64) -> Self {
        let gap = Duration::try_from_secs_f64(SHARE_OF_GAP / per_second).unwrap_or(Duration::MAX);
        Self::with_limit(gap.max(LEAST_LIMIT))
    }

    /// Of requests that are to be sent at once: they have no rate.
    pub(super) fn of_bursts() -> Self {
        Self::with_limit(LEAST_LIMIT)
    }

    fn with_limit(limit: Duration) -> Self {
        Self {
            limit,
            due: 0,
            late: 0,
            intended: None,
            actual: None,
            has_reached_cap: false,
        }
    }

    /// A request that was meant to be begun at one time and was at another.
    pub(super) fn add(&mut self, intended: Duration, actual: Duration, has_waited: bool) {
        self.due(intended, actual, has_waited);
        let with = |range: Option<(Duration, Duration)>, time: Duration| match range {
            Some((first, last)) => Some((first.min(time), last.max(time))),
            None => Some((time, time)),
        };
        self.intended = with(self.intended, intended);
        self.actual = with(self.actual, actual);
    }

    /// A request that was meant to be begun at one time, and by another was not.
    pub(super) fn due(&mut self, intended: Duration, until: Duration, has_waited: bool) {
        self.has_reached_cap |= has_waited;
        self.due += 1;
        self.late += u64::from(until.saturating_sub(intended) > self.limit);
    }

    /// Beyond this a request is late: 5 ms, or 1 % of the mean gap if that is more.
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// How many were late.
    pub fn late(&self) -> u64 {
        self.late
    }

    /// Whether requests had to wait for others to end.
    pub fn has_reached_cap(&self) -> bool {
        self.has_reached_cap
    }

    /// The share of those whose time had come that were late.
    pub fn late_share(&self) -> f64 {
        match self.due {
            0 => 0.0,
            due => self.late as f64 / due as f64,
        }
    }

    /// The rate of those that were begun as a share of the planned one. Nothing for fewer than two.
    pub fn achieved(&self) -> Option<f64> {
        let span = |(first, last): (Duration, Duration)| (last - first).as_secs_f64();
        let (intended, actual) = (span(self.intended?), span(self.actual?));
        (intended > 0.0 && actual > 0.0).then(|| intended / actual)
    }

    /// Whether more than 1 % of the requests were late.
    pub fn is_late(&self) -> bool {
        self.late > 1 && self.late_share() > MOST_LATE
    }

    /// Whether less than 99 % of the rate was reached, by more than one late request would explain.
    pub fn is_slow(&self) -> bool {
        let behind = match (self.intended, self.actual) {
            (Some((_, intended)), Some((_, actual))) => actual.saturating_sub(intended),
            _ => Duration::ZERO,
        };
        behind > self.limit && self.achieved().is_some_and(|share| share < LEAST_RATE)
    }

    /// Whether the driver could not keep up.
    pub fn is_saturated(&self) -> bool {
        self.is_late() || self.is_slow()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(per_second: f64, requests: u64, late_ms: impl Fn(u64) -> u64) -> Pace {
        let mut pace = Pace::new(per_second);
        for number in 0..requests {
            let intended = Duration::from_secs_f64(number as f64 / per_second);
            pace.add(intended, intended + Duration::from_millis(late_ms(number)), false);
        }
        pace
    }

    #[test]
    fn the_limit_is_5_ms_or_a_hundredth_of_the_gap() {
        assert_eq!(Pace::new(100.0).limit(), Duration::from_millis(5));
        assert_eq!(Pace::new(0.5).limit(), Duration::from_millis(20));
        assert_eq!(Pace::new(1e-300).limit(), Duration::MAX);
    }

    #[test]
    fn more_than_one_in_a_hundred_late_is_too_many() {
        let of = |late: u64| pace(10.0, 1000, |number| if number < late { 6 } else { 5 });
        assert!(!of(10).is_saturated());
        assert!(of(11).is_saturated());
        assert_eq!(of(11).late(), 11);
        let few = |late: u64| pace(10.0, 20, |number| if number < late { 6 } else { 0 });
        assert!(!few(1).is_saturated());
        assert!(few(2).is_saturated());
    }

    #[test]
    fn less_than_99_percent_of_the_rate_is_too_slow() {
        // The last one alone is late, by 2 % of all the time.
        let slow = pace(10.0, 101, |number| if number == 100 { 200 } else { 0 });
        assert!(!slow.is_late() && slow.is_slow());
        assert!((slow.achieved().unwrap() - 10.0 / 10.2).abs() < 1e-9);
        // As far behind at the end as at the beginning.
        assert!(!pace(10.0, 101, |_| 5).is_slow());
        let one = pace(10.0, 1, |_| 1000);
        assert_eq!((one.achieved(), one.is_saturated()), (None, false));
        assert_eq!(pace(10.0, 0, |_| 0).late_share(), 0.0);
    }

    #[test]
    fn what_was_never_begun_is_late_by_as_long_as_it_waited() {
        let mut pace = pace(10.0, 10, |_| 0);
        let seconds = Duration::from_secs;
        pace.due(seconds(2), seconds(2), false);
        assert!(pace.late() == 0 && !pace.has_reached_cap());
        pace.due(seconds(2), seconds(3), true);
        pace.due(seconds(2), seconds(4), true);
        assert!(pace.is_late() && !pace.is_slow() && pace.has_reached_cap());
    }
}
