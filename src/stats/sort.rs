//! Sorting many times.

/// From so many values on a radix sort is faster: measured at 1,000,000 in a third of the time.
const MANY: usize = 4096;

/// Sorts values that are numbers, ascending.
pub(crate) fn sort(values: &mut [f64]) {
    if values.len() < MANY {
        values.sort_unstable_by(f64::total_cmp);
    } else if !values.is_sorted() {
        // Whole microseconds and tokens fit in half the width, which is a third of the time again.
        if values.iter().all(|value| is_small_and_whole(*value)) {
            let mut whole: Vec<u32> = values.iter().map(|value| *value as u32).collect();
            radsort::sort(&mut whole);
            for (value, whole) in values.iter_mut().zip(whole) {
                *value = f64::from(whole);
            }
        } else {
            radsort::sort(values);
        }
    }
}

/// Numbers in ascending order.
pub fn ascending(mut values: Vec<f64>) -> Vec<f64> {
    sort(&mut values);
    values
}

/// Two ascending lists as one.
pub fn merged(one: &[f64], other: &[f64]) -> Vec<f64> {
    let mut merged = Vec::with_capacity(one.len() + other.len());
    let (mut at_one, mut at_other) = (0, 0);
    while at_one < one.len() && at_other < other.len() {
        let (a, b) = (one[at_one], other[at_other]);
        // Without a branch, which would be mispredicted at every other step.
        let is_first = a <= b;
        merged.push(if is_first { a } else { b });
        at_one += usize::from(is_first);
        at_other += usize::from(!is_first);
    }
    merged.extend_from_slice(&one[at_one..]);
    merged.extend_from_slice(&other[at_other..]);
    merged
}

/// Whether nothing is lost in 32 bits, but for the sign of zero.
fn is_small_and_whole(value: f64) -> bool {
    f64::from(value as u32) == value
}

/// Sorts pairs of numbers, such as value and weight, ascending by the first, and by the second where those are equal.
pub(crate) fn sort_pairs(pairs: &mut [(f64, f64)]) {
    if pairs.len() >= MANY {
        if pairs.iter().all(|pair| is_small_and_whole(pair.0)) {
            radsort::sort_by_key(pairs, |pair| pair.0 as u32);
        } else if pairs.iter().all(|pair| !pair.0.is_nan()) {
            radsort::sort_by_key(pairs, |pair| pair.0);
        }
    }
    // Of what is sorted by value only ties are left.
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
}

/// The values of several lists together, ascending, and the list that each is of; equal values in the order of the lists.
pub(crate) fn sorted_together(lists: &[&[f64]]) -> (Vec<f64>, Vec<usize>) {
    let count: usize = lists.iter().map(|list| list.len()).sum();
    let all = || {
        let numbered = lists.iter().enumerate();
        numbered.flat_map(|(at, list)| list.iter().map(move |value| (*value, at)))
    };
    const BITS: u32 = 16;
    let fits = count >= MANY && lists.len() < 1 << BITS;
    if fits && all().all(|(value, _)| is_small_and_whole(value)) {
        let mut keys: Vec<u64> = all()
            .map(|(value, at)| (value as u64) << BITS | at as u64)
            .collect();
        radsort::sort(&mut keys);
        let value = |key: &u64| (key >> BITS) as f64;
        let list = |key: &u64| (key & ((1 << BITS) - 1)) as usize;
        return (keys.iter().map(value).collect(), keys.iter().map(list).collect());
    }
    let mut pairs: Vec<(f64, usize)> = all().collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    pairs.into_iter().unzip()
}

/// Sorts keys, ascending.
pub(crate) fn sort_keys(keys: &mut [u64]) {
    if keys.len() < MANY {
        keys.sort_unstable();
        return;
    }
    let shift = telling_half(keys.iter().copied());
    radsort::sort_by_key(keys, |key| (key >> shift) as u32);
    for alike in keys.chunk_by_mut(|a, b| a >> shift == b >> shift) {
        alike.sort_unstable();
    }
}

/// Sorts values that have a key, ascending by key, and by value where those are equal.
pub(crate) fn sort_keyed(pairs: &mut [(u64, f64)]) {
    let by_both = |a: &(u64, f64), b: &(u64, f64)| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1));
    if pairs.len() < MANY {
        pairs.sort_unstable_by(by_both);
        return;
    }
    let shift = telling_half(pairs.iter().map(|pair| pair.0));
    radsort::sort_by_key(pairs, |pair| (pair.0 >> shift) as u32);
    for alike in pairs.chunk_by_mut(|a, b| a.0 >> shift == b.0 >> shift) {
        alike.sort_unstable_by(by_both);
    }
}

/// By how many bits keys are to be shifted so that 32 of them tell nearly all apart: hashes are told apart by their upper
/// half, small numbers by their lower one.
fn telling_half(mut keys: impl Iterator<Item = u64>) -> u32 {
    if keys.any(|key| key > u64::from(u32::MAX)) {
        32
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn keys_order_before_values(pairs in vec((0_u64..50, 0_u32..5), 1..400)) {
            for shift in [0, 20, 40] {
                let keyed = pairs.iter().map(|(key, value)| (key << shift, f64::from(*value)));
                let mut many = keyed.collect::<Vec<_>>().repeat(MANY / pairs.len() + 1);
                sort_keyed(&mut many);
                prop_assert!(many.is_sorted());
                let mut keys: Vec<u64> = many.iter().rev().map(|pair| pair.0).collect();
                sort_keys(&mut keys);
                prop_assert!(keys.iter().eq(many.iter().map(|pair| &pair.0)));
            }
        }

        #[test]
        fn weights_order_what_is_equal(pairs in vec((0_u32..50, 0_u32..5), 1..400), scale in prop_oneof![Just(1.0), Just(0.3)]) {
            let pairs: Vec<_> = pairs.into_iter().map(|(a, b)| (scale * f64::from(a), f64::from(b))).collect();
            let mut few = pairs.clone();
            sort_pairs(&mut few);
            prop_assert!(few.is_sorted());
            let mut many = pairs.repeat(MANY / pairs.len() + 1);
            sort_pairs(&mut many);
            prop_assert!(many.is_sorted());
        }

        #[test]
        fn lists_are_sorted_together(lists in vec(vec(0_u32..300, 0..40), 0..9), copies in 1_usize..400, is_whole: bool) {
            let scale = if is_whole { 1.0 } else { 0.7 };
            let value = |&x: &u32| scale * f64::from(x);
            let lists: Vec<Vec<f64>> = lists.iter().map(|list| list.iter().map(value).collect::<Vec<_>>().repeat(copies)).collect();
            let (values, of) = sorted_together(&lists.iter().map(Vec::as_slice).collect::<Vec<_>>());
            let pairs: Vec<(f64, usize)> = values.into_iter().zip(of).collect();
            prop_assert!(pairs.is_sorted());
            for (at, mut list) in lists.into_iter().enumerate() {
                sort(&mut list);
                prop_assert!(pairs.iter().filter(|pair| pair.1 == at).map(|pair| pair.0).eq(list));
            }
        }

        #[test]
        fn two_lists_become_one(one in vec(0_u32..50, 0..60), other in vec(0_u32..50, 0..60)) {
            let [one, other] = [one, other].map(|list| ascending(list.into_iter().map(f64::from).collect()));
            prop_assert_eq!(merged(&one, &other), ascending([one, other].concat()));
        }

        #[test]
        fn few_and_many_are_sorted_alike(values in vec(0.0_f64..6e9, 1..400), is_whole: bool) {
            let values: Vec<f64> = values.into_iter().map(|x| if is_whole { x.floor() } else { x }).collect();
            let mut few = values.clone();
            sort(&mut few);
            prop_assert!(few.is_sorted());
            let mut many = values.repeat(MANY / values.len() + 1);
            sort(&mut many);
            prop_assert!(many.is_sorted());
            many.dedup();
            few.dedup();
            prop_assert_eq!(few, many);
        }
    }
}
