//! Stretches of time.

use super::Timestamp;

/// The times from `from` up to, but without, `to`. Empty if `to` does not lie behind `from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeRange {
    /// The first time in it.
    pub from: Timestamp,
    /// The first time behind it.
    pub to: Timestamp,
}

impl TimeRange {
    /// From one time up to, but without, another.
    pub const fn new(from: Timestamp, to: Timestamp) -> Self {
        Self { from, to }
    }

    /// From milliseconds since the epoch.
    #[cfg(test)]
    pub(crate) const fn of_epoch_millis(from: i64, to: i64) -> Self {
        Self::new(
            Timestamp::from_epoch_millis(from),
            Timestamp::from_epoch_millis(to),
        )
    }

    /// Whether no time lies in it.
    pub fn is_empty(self) -> bool {
        self.to <= self.from
    }

    /// How many milliseconds lie in it.
    pub fn millis(self) -> i64 {
        self.to.millis_since(self.from).max(0)
    }

    /// Whether a time lies in it.
    pub fn holds(self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }

    /// Whether some time lies in both.
    pub fn overlaps(self, other: Self) -> bool {
        self.intersect(other).is_some()
    }

    /// Whether every time of another lies in this one too.
    pub fn covers(self, other: Self) -> bool {
        other.is_empty() || (self.from <= other.from && other.to <= self.to)
    }

    /// The times that lie in both, if there are any.
    pub fn intersect(self, other: Self) -> Option<Self> {
        let both = Self::new(self.from.max(other.from), self.to.min(other.to));
        (!both.is_empty()).then_some(both)
    }

    /// The range in pieces that end at whole multiples of `step_ms` since the epoch, so that overlapping
    /// ranges are cut at the same times. In one piece if the step is not positive.
    pub fn cut(self, step_ms: i64) -> Vec<Self> {
        let mut pieces = Vec::new();
        let mut from = self.from;
        while from < self.to {
            let next = from
                .as_epoch_millis()
                .checked_div_euclid(step_ms)
                .filter(|_| step_ms > 0)
                .and_then(|steps| (steps + 1).checked_mul(step_ms))
                .map_or(self.to, Timestamp::from_epoch_millis);
            let to = next.min(self.to);
            pieces.push(Self::new(from, to));
            from = to;
        }
        pieces
    }
}

/// What of `within` lies in none of the covered ranges: sorted, not empty, and apart from each other.
pub fn gaps(within: TimeRange, covered: &[TimeRange]) -> Vec<TimeRange> {
    let mut covered: Vec<TimeRange> = covered
        .iter()
        .filter_map(|range| range.intersect(within))
        .collect();
    covered.sort_unstable();
    let mut gaps = Vec::new();
    let mut from = within.from;
    for range in covered {
        if from < range.from {
            gaps.push(TimeRange::new(from, range.from));
        }
        from = from.max(range.to);
    }
    if from < within.to {
        gaps.push(TimeRange::new(from, within.to));
    }
    gaps
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const fn range(from: i64, to: i64) -> TimeRange {
        TimeRange::of_epoch_millis(from, to)
    }

    fn ranges() -> impl Strategy<Value = TimeRange> {
        (-40..40_i64, -40..40_i64).prop_map(|(from, to)| range(from, to))
    }

    fn times(range: TimeRange) -> Vec<i64> {
        let holds = |at: &i64| range.holds(Timestamp::from_epoch_millis(*at));
        (-50..50).filter(holds).collect()
    }

    #[test]
    fn the_end_is_not_in_it() {
        let hour = range(0, 3_600_000);
        assert!(hour.holds(hour.from) && !hour.holds(hour.to));
        assert_eq!(hour.millis(), 3_600_000);
        assert!(!hour.overlaps(range(3_600_000, 3_600_001)));
        assert!(hour.overlaps(range(3_599_999, 4_000_000)));
        assert_eq!(range(5, 5).millis(), 0);
        assert_eq!(range(i64::MIN, i64::MAX).millis(), i64::MAX);
    }

    #[test]
    fn cuts_lie_at_multiples_of_the_step() {
        assert_eq!(
            range(-5, 12).cut(5),
            [range(-5, 0), range(0, 5), range(5, 10), range(10, 12)]
        );
        assert_eq!(range(3, 4).cut(10), [range(3, 4)]);
        assert_eq!(range(3, 40).cut(0), [range(3, 40)]);
        assert_eq!(range(3, 40).cut(-7), [range(3, 40)]);
        assert_eq!(range(4, 3).cut(10), []);
        let far = range(i64::MAX - 5, i64::MAX);
        assert_eq!(far.cut(i64::MAX - 10), [far]);
    }

    proptest! {
        #[test]
        fn ranges_are_sets_of_times(a in ranges(), b in ranges()) {
            let (in_a, in_b) = (times(a), times(b));
            let both: Vec<i64> = in_a.iter().copied().filter(|at| in_b.contains(at)).collect();
            prop_assert_eq!(a.is_empty(), in_a.is_empty());
            prop_assert_eq!(a.millis(), in_a.len() as i64);
            prop_assert_eq!(a.overlaps(b), !both.is_empty());
            prop_assert_eq!(a.intersect(b).map(times).unwrap_or_default(), both);
            // Of two empty ranges each covers the other.
            prop_assert_eq!(a.covers(b), in_b.iter().all(|at| in_a.contains(at)));
        }

        #[test]
        fn pieces_together_are_the_whole(whole in ranges(), step in -3..30_i64) {
            let pieces = whole.cut(step);
            let together: Vec<i64> = pieces.iter().copied().flat_map(times).collect();
            prop_assert_eq!(together, times(whole));
            prop_assert!(pieces.iter().all(|piece| !piece.is_empty()));
            if step > 0 {
                let steps = |at: i64| at.div_euclid(step);
                for piece in &pieces {
                    prop_assert_eq!(
                        steps(piece.from.as_epoch_millis()),
                        steps(piece.to.as_epoch_millis() - 1)
                    );
                }
            }
        }

        #[test]
        fn gaps_are_what_no_range_holds(within in ranges(), covered in vec(ranges(), 0..6)) {
            let found = gaps(within, &covered);
            let is_covered =
                |at: i64| covered.iter().any(|range| range.holds(Timestamp::from_epoch_millis(at)));
            let open: Vec<i64> = times(within).into_iter().filter(|at| !is_covered(*at)).collect();
            prop_assert_eq!(found.iter().copied().flat_map(times).collect::<Vec<_>>(), open);
            prop_assert!(found.windows(2).all(|pair| pair[0].to < pair[1].from));
            prop_assert!(found.iter().all(|gap| !gap.is_empty()));
        }
    }
}
