//! Numbers in the order of times that they have.

use std::cmp::Ordering;

use crate::stats::sort_words;

/// Puts the numbers below `len` into the order of their times, not known ones first, and at one time into that of `ties`.
/// What is there of `order` is forgotten.
pub(super) fn by_time(
    order: &mut Vec<u64>,
    len: usize,
    at: impl Fn(usize) -> Option<i64>,
    ties: impl Fn(usize, usize) -> Ordering,
) {
    let times = || (0..len).filter_map(&at);
    let (first, last) = (times().min().unwrap_or(0), times().max().unwrap_or(0));
    let bits = usize::BITS - len.leading_zeros();
    let span = first.abs_diff(last).saturating_add(1);
    order.clear();
    if span.leading_zeros() < bits {
        // Times that lie thousands of years apart do not fit beside a number.
        order.extend((0..len).map(|number| number as u64));
        order.sort_by(|a, b| {
            let (a, b) = (*a as usize, *b as usize);
            at(a).cmp(&at(b)).then_with(|| ties(a, b))
        });
        return;
    }
    // The time in the upper bits of each, and the number in the lower ones.
    let since_first = |number| at(number).map_or(0, |at| first.abs_diff(at) + 1);
    order.extend((0..len).map(|number| since_first(number) << bits | number as u64));
    sort_words(order);
    let number = |one: u64| one & !(u64::MAX << bits);
    for same in order.chunk_by_mut(|a, b| a >> bits == b >> bits) {
        if same.len() > 1 {
            same.sort_by(|a, b| ties(number(*a) as usize, number(*b) as usize));
        }
    }
    order.iter_mut().for_each(|one| *one = number(*one));
}

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
        let mut expected: Vec<u64> = (0..times.len() as u64).collect();
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
            times in vec(prop::option::of(prop_oneof![-5_i64..5, i64::MAX - 2..=i64::MAX, i64::MIN..i64::MIN + 2]), 0..40),
            near in vec(prop::option::of(-9_i64..9), 0..40),
        ) {
            sorted(&times);
            sorted(&near);
        }
    }
}
