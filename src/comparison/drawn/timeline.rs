//! An axis of days and hours on which long pauses are cut out.

use serde::{Deserialize, Serialize};

/// The most stretches of an axis.
const STRETCHES: usize = 6;
/// A pause is cut out if it is longer than this share of the rest.
const CUT_FROM: f64 = 0.3;

/// The times at which there were requests, in milliseconds since the epoch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timeline {
    /// Ascending; between them no request came for so long that the pause is cut out.
    pub stretches: Vec<Stretch>,
}

/// A time without a long pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stretch {
    /// When it begins, in milliseconds since the epoch.
    pub from_ms: i64,
    /// When it ends.
    pub to_ms: i64,
}

impl Stretch {
    /// How long it is, in milliseconds.
    pub fn length_ms(&self) -> f64 {
        (self.to_ms.saturating_sub(self.from_ms)) as f64
    }
}

impl Timeline {
    /// Of these times in milliseconds since the epoch, each list ascending.
    pub(super) fn of(lists: &[&[i64]]) -> Self {
        let mut all: Vec<i64> = lists.concat();
        all.sort_unstable();
        let (Some(&first), Some(&last)) = (all.first(), all.last()) else {
            return Self::default();
        };
        let pauses = longest(&all);
        let mut rest = last.saturating_sub(first) as f64;
        let mut cut = Vec::new();
        for pause in pauses {
            let length = pause.length_ms();
            // Of a few requests that are far apart nothing is cut out.
            if length <= CUT_FROM * rest || length >= rest {
                break;
            }
            rest -= length;
            cut.push(pause);
        }
        cut.sort_by_key(|pause| pause.from_ms);
        let mut stretches = Vec::new();
        let mut from_ms = first;
        for pause in cut {
            stretches.push(Stretch {
                from_ms,
                to_ms: pause.from_ms,
            });
            from_ms = pause.to_ms;
        }
        stretches.push(Stretch { from_ms, to_ms: last });
        Self { stretches }
    }

    /// How long all stretches are together, in milliseconds.
    pub fn length_ms(&self) -> f64 {
        self.stretches.iter().map(Stretch::length_ms).sum()
    }

    /// In which stretch a time is, if it is in one.
    pub fn stretch_of(&self, at_ms: i64) -> Option<usize> {
        let holds = |stretch: &Stretch| (stretch.from_ms..=stretch.to_ms).contains(&at_ms);
        self.stretches.iter().position(holds)
    }

    /// How much of the stretches lies before a time, in milliseconds.
    pub(super) fn passed_ms(&self, at_ms: i64) -> f64 {
        let before =
            |stretch: &Stretch| at_ms.min(stretch.to_ms).saturating_sub(stretch.from_ms).max(0) as f64;
        self.stretches.iter().map(before).sum()
    }
}

/// The longest pauses between ascending times, the longest first: as many as may be cut out.
fn longest(times: &[i64]) -> Vec<Stretch> {
    let mut longest: Vec<Stretch> = Vec::with_capacity(STRETCHES);
    for pair in times.windows(2) {
        let pause = Stretch {
            from_ms: pair[0],
            to_ms: pair[1],
        };
        let length = pause.length_ms();
        let is_among =
            longest.len() < STRETCHES - 1 || longest.last().is_some_and(|last| last.length_ms() < length);
        if is_among {
            let place = longest.partition_point(|other| other.length_ms() >= length);
            longest.insert(place, pause);
            longest.truncate(STRETCHES - 1);
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(lists: &[&[i64]]) -> Vec<(i64, i64)> {
        let timeline = Timeline::of(lists);
        let ends = timeline.stretches.iter();
        ends.map(|stretch| (stretch.from_ms, stretch.to_ms)).collect()
    }

    #[test]
    fn windows_that_are_far_apart_stand_beside_each_other() {
        let hour = |from: i64| -> Vec<i64> { (0..60).map(|minute| from + minute * 60_000).collect() };
        let day = 86_400_000;
        let (one, other) = (hour(0), hour(4 * day));
        let minutes = 59 * 60_000;
        assert_eq!(
            ends(&[&one, &other]),
            [(0, minutes), (4 * day, 4 * day + minutes)]
        );
        let timeline = Timeline::of(&[&one, &other]);
        assert_eq!(timeline.length_ms(), 2.0 * minutes as f64);
        assert_eq!(timeline.passed_ms(2 * day), minutes as f64);
        assert_eq!(
            (timeline.stretch_of(4 * day), timeline.stretch_of(2 * day)),
            (Some(1), None)
        );
        assert_eq!(ends(&[&one, &hour(1000)]), [(0, minutes + 1000)]);
    }

    #[test]
    fn there_are_few_stretches() {
        assert_eq!(ends(&[]), []);
        assert_eq!(ends(&[&[5]]), [(5, 5)]);
        assert_eq!(ends(&[&[5, 9]]), [(5, 9)]);
        let doubling: Vec<i64> = (0..60).map(|power| 1_i64 << power).collect();
        assert!(ends(&[&doubling]).len() <= STRETCHES);
        assert_eq!(ends(&[&[i64::MIN, 0, i64::MAX]]).len(), 1);
    }
}
