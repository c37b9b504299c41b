//! Which slices of the window are fetched.

use std::time::Duration;

use crate::vocab::{TimeRange, Timestamp};

/// How long a slice may be, shortest first. Each is a whole number of the one before, so that slices of different
/// fetches end at the same moments.
const STEPS_MS: [i64; 6] = [60_000, 300_000, 900_000, 3_600_000, 6 * 3_600_000, 24 * 3_600_000];

/// The length of slices that cuts a window into about so many.
pub(super) fn step_ms(window: TimeRange, slices: usize) -> i64 {
    let slices = i64::try_from(slices).unwrap_or(i64::MAX).max(1);
    let wanted = window.millis() / slices;
    let longest = STEPS_MS[STEPS_MS.len() - 1];
    STEPS_MS
        .into_iter()
        .find(|&step| step >= wanted)
        .unwrap_or(longest)
}

/// Where time is settled: events before this are all there. A whole minute, so that slices that end there end where
/// others do.
pub fn settled_before(now: Timestamp, settling: Duration) -> Timestamp {
    let settling = i64::try_from(settling.as_millis()).unwrap_or(i64::MAX);
    let millis = now.as_epoch_millis().saturating_sub(settling);
    Timestamp::from_epoch_millis(millis - millis.rem_euclid(60_000))
}

/// Cuts what is missing into slices: at the steps, and where time is settled, so that little is fetched again.
pub(super) fn slices(missing: &[TimeRange], step_ms: i64, settled: Timestamp) -> Vec<TimeRange> {
    let mut slices = Vec::new();
    for range in missing {
        let (before, after) = split_at(*range, settled);
        slices.extend(before.into_iter().flat_map(|range| range.cut(step_ms)));
        // What is not settled will be fetched again, a minute at a time.
        slices.extend(after.into_iter().flat_map(|range| range.cut(STEPS_MS[0])));
    }
    slices
}

fn split_at(range: TimeRange, at: Timestamp) -> (Option<TimeRange>, Option<TimeRange>) {
    let before = TimeRange::new(range.from, range.to.min(at));
    let after = TimeRange::new(range.from.max(at), range.to);
    let kept = |range: TimeRange| (!range.is_empty()).then_some(range);
    (kept(before), kept(after))
}

/// How many parts a slice should have whose first page held so many events, reached `newest`, and was not the last.
/// `None` if the rest is few pages, which are followed.
pub(super) fn parts(range: TimeRange, events: usize, newest: Timestamp) -> Option<i64> {
    /// Pages that a part should have. They are filled to nineteen twentieths, since a part that holds a little more
    /// than two pages takes three calls.
    const PAGES: i64 = 2;
    const PARTS: i64 = 64;
    /// A page with fewer tells nothing: the server stopped reading, and where it stopped is not known.
    const FULL: usize = 500;
    if events < FULL {
        return None;
    }
    let covered = newest.millis_since(range.from).saturating_add(1);
    let covered = covered.clamp(1, range.millis().max(1));
    let pages = range.millis() / covered;
    let part = (covered * PAGES * 19 / 20).max(1);
    (pages > PAGES + 1).then(|| ((range.millis() - 1) / part + 1).clamp(2, PARTS.min(range.millis())))
}

/// A range in so many parts of about equal length.
pub(super) fn divide(range: TimeRange, parts: i64) -> Vec<TimeRange> {
    let parts = parts.clamp(1, range.millis().max(1));
    let at = |part: i64| {
        let offset = i128::from(range.millis()) * i128::from(part) / i128::from(parts);
        let offset = i64::try_from(offset).unwrap_or(i64::MAX);
        Timestamp::from_epoch_millis(range.from.as_epoch_millis() + offset)
    };
    (0..parts)
        .map(|part| TimeRange::new(at(part), at(part + 1)))
        .filter(|range| !range.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn range(from: i64, to: i64) -> TimeRange {
        TimeRange::of_epoch_millis(from, to)
    }

    /// That the ranges follow each other without a gap from end to end.
    fn joined(ranges: &[TimeRange]) -> Option<TimeRange> {
        let (first, last) = (ranges.first()?, ranges.last()?);
        let is_whole = ranges.windows(2).all(|pair| pair[0].to == pair[1].from);
        (is_whole && ranges.iter().all(|range| !range.is_empty()))
            .then_some(TimeRange::new(first.from, last.to))
    }

    proptest! {
        #[test]
        fn slices_cover_what_is_missing_once(
            from in -1_000_000_i64..1_000_000_000, length in 1_i64..100_000_000,
            settled in -1_000_000_i64..1_100_000_000, slices_wanted in 1_usize..64,
        ) {
            let window = range(from, from + length);
            let step = step_ms(window, slices_wanted);
            let cut = slices(&[window], step, Timestamp::from_epoch_millis(settled));
            prop_assert_eq!(joined(&cut), Some(window));
            prop_assert!(cut.iter().all(|slice| slice.to.as_epoch_millis() <= settled
                || slice.from.as_epoch_millis() >= settled));
        }

        #[test]
        fn parts_cover_the_slice_once(from in -1000_i64..1000, length in 1_i64..5000, wanted in 1_i64..100) {
            let whole = range(from, from + length);
            let parts = divide(whole, wanted);
            prop_assert_eq!(joined(&parts), Some(whole));
            prop_assert!(parts.len() as i64 <= wanted);
        }
    }

    #[test]
    fn a_dense_slice_is_divided_and_a_short_one_is_not() {
        let whole = range(0, 1000);
        let newest = Timestamp::from_epoch_millis;
        assert_eq!(parts(whole, 10_000, newest(9)), Some(53));
        assert_eq!(parts(whole, 10_000, newest(0)), Some(64));
        assert_eq!(parts(whole, 10_000, newest(399)), None);
        assert_eq!(parts(whole, 10, newest(9)), None);
        // One millisecond cannot be divided.
        assert_eq!(parts(range(5, 6), 10_000, newest(5)), None);
    }

    #[test]
    fn steps_follow_the_window() {
        let hour = range(0, 3_600_000);
        assert_eq!(step_ms(hour, 24), 300_000);
        assert_eq!(step_ms(hour, 1), 3_600_000);
        assert_eq!(step_ms(range(0, 100 * 24 * 3_600_000), 24), 24 * 3_600_000);
        assert_eq!(step_ms(range(0, 10), 24), 60_000);
    }
}
