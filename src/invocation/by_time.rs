//! Numbers in the order of times that they have.

use std::cmp::Ordering;

/// Puts the numbers below `len` into the order of their times, not known ones first, and at one time into that of `ties`.
/// What is there of `order` is forgotten.
///
/// Logs stand nearly in their order. So numbers first go, without a comparison, where those of their stretch of time stand; few
/// share a stretch, and of these few stand elsewhere.
pub(super) fn by_time(
    order: &mut Vec<u32>,
    len: usize,
    at: impl Fn(usize) -> Option<i64>,
    ties: impl Fn(usize, usize) -> Ordering,
) {
    let compare = |a: usize, b: usize| at(a).cmp(&at(b)).then_with(|| ties(a, b));
    let by_number = |a: &u32, b: &u32| compare(*a as usize, *b as usize);
    order.clear();
    // There are not 4 billion invocations.
    order.extend((0_u32..).take(len));
    if (1..len).all(|number| compare(number - 1, number) != Ordering::Greater) {
        return;
    }
    if len <= FEW {
        order.sort_by(by_number);
        return;
    }
    let times = || (0..len).filter_map(&at);
    let (first, last) = (times().min().unwrap_or(0), times().max().unwrap_or(0));
    let widest = (len / IN_A_STRETCH) as u64;
    let shift = (0..u64::BITS).find(|shift| last.abs_diff(first) >> shift <= widest);
    let shift = shift.unwrap_or(0);
    let stretch = |number| at(number).map_or(0, |at| 1 + (first.abs_diff(at) >> shift) as usize);
    // Where each stretch begins, which its numbers then move to its end.
    let mut ends = vec![0_u32; widest as usize + 3];
    (0..len).for_each(|number| ends[stretch(number) + 1] += 1);
    for at in 1..ends.len() {
        ends[at] += ends[at - 1];
    }
    for (number, row) in (0..len).zip(0_u32..) {
        let end = &mut ends[stretch(number)];
        order[*end as usize] = row;
        *end += 1;
    }
    let mut rest = order.as_mut_slice();
    let mut begin = 0;
    for end in ends {
        let (of_stretch, others) = rest.split_at_mut((end - begin) as usize);
        of_stretch.sort_by(by_number);
        (rest, begin) = (others, end);
    }
}

/// So many are sorted as they are.
const FEW: usize = 64;

/// As many numbers share a stretch, where times lie evenly.
const IN_A_STRETCH: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[track_caller]
    fn sorted(times: &[Option<i64>]) {
        let tie = |number: usize| number * 7 % 5;
        let ties = |a: usize, b: usize| tie(a).cmp(&tie(b));
        let mut order = vec![9];
        by_time(&mut order, times.len(), |number| times[number], ties);
        let mut expected: Vec<u32> = (0..times.len() as u32).collect();
        expected.sort_by_key(|number| (times[*number as usize], tie(*number as usize)));
        assert_eq!(order, expected);
    }

    #[test]
    fn many_are_sorted_like_few() {
        let times: Vec<Option<i64>> = (0..10_000)
            .map(|number| Some(number * 7_919 % 10_007).filter(|at| at % 3 > 0))
            .collect();
        sorted(&times);
    }

    proptest! {
        #[test]
        fn they_are_sorted_by_time_and_by_what_tells_equal_ones_apart(
            times in vec(prop::option::of(prop_oneof![-5_i64..5, i64::MAX - 2..=i64::MAX, i64::MIN..i64::MIN + 2]), 0..140),
            near in vec(prop::option::of(-9_i64..9), 0..140),
        ) {
            sorted(&times);
            sorted(&near);
        }
    }
}
