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
            match whole.iter().max() {
                // Tokens and requests in flight are few different values, which need to be counted only.
                Some(&largest) if largest < 1 << 16 => sort_by_counting(&whole, largest, values),
                _ => {
                    radsort::sort(&mut whole);
                    for (value, whole) in values.iter_mut().zip(whole) {
                        *value = f64::from(whole);
                    }
                }
            }
        } else if values.iter().all(|value| value.is_sign_positive()) {
            // By the upper half of their bits, which tells nearly all apart.
            let upper = |value: &f64| (value.to_bits() >> 32) as u32;
            radsort::sort_by_key(values, upper);
            for alike in values.chunk_by_mut(|a, b| upper(a) == upper(b)) {
                alike.sort_unstable_by(f64::total_cmp);
            }
        } else {
            radsort::sort(values);
        }
    }
}

/// Writes whole numbers up to `largest` in ascending order.
fn sort_by_counting(whole: &[u32], largest: u32, sorted: &mut [f64]) {
    let mut counts = vec![0_usize; largest as usize + 1];
    for &value in whole {
        counts[value as usize] += 1;
    }
    let mut rest = sorted;
    for (value, count) in counts.into_iter().enumerate() {
        let (equal, above) = rest.split_at_mut(count);
        equal.fill(value as f64);
        rest = above;
    }
}

/// Numbers in ascending order.
pub fn ascending(mut values: Vec<f64>) -> Vec<f64> {
    sort(&mut values);
    values
}

/// Two ascending lists as one.
///
/// From both ends at a time, since each step waits for the one before it; without a branch by the values, which would be
/// mispredicted at every other step.
pub fn merged<T: Copy + PartialOrd + Default>(mut one: &[T], mut other: &[T]) -> Vec<T> {
    let mut merged = vec![T::default(); one.len() + other.len()];
    let mut rest = merged.as_mut_slice();
    loop {
        // So many steps from either end use up neither list.
        let steps = one.len().min(other.len()) / 2;
        if steps < FEWEST_STEPS {
            break;
        }
        let (mut at_one, mut at_other) = (0, 0);
        let (mut end_one, mut end_other) = (one.len(), other.len());
        let (low, high) = rest.split_at_mut(one.len() + other.len() - steps);
        for (low, high) in low.iter_mut().zip(high.iter_mut().rev()) {
            let (a, b) = (one[at_one], other[at_other]);
            let is_first = a <= b;
            *low = if is_first { a } else { b };
            at_one += usize::from(is_first);
            at_other += usize::from(!is_first);
            let (a, b) = (one[end_one - 1], other[end_other - 1]);
            let is_last = a > b;
            *high = if is_last { a } else { b };
            end_one -= usize::from(is_last);
            end_other -= usize::from(!is_last);
        }
        (one, other) = (&one[at_one..end_one], &other[at_other..end_other]);
        rest = &mut low[steps..];
    }
    let (few, mut many) = if one.len() < other.len() {
        (one, other)
    } else {
        (other, one)
    };
    for &value in few {
        let (before, after) = many.split_at(many.partition_point(|other| *other <= value));
        rest[..before.len()].copy_from_slice(before);
        rest[before.len()] = value;
        rest = &mut rest[before.len() + 1..];
        many = after;
    }
    rest.copy_from_slice(many);
    merged
}

/// Where one list has fewer than twice so many values left, their places in the other one are searched.
const FEWEST_STEPS: usize = 8;

/// Two ascending lists, of the first without the values of the second, which it has.
pub fn without(sorted: &[f64], removed: &[f64]) -> Vec<f64> {
    let mut removed = removed.iter().peekable();
    let mut kept = Vec::with_capacity(sorted.len());
    kept.extend(sorted.iter().filter(|value| removed.next_if_eq(value).is_none()));
    kept
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
pub(crate) fn sorted_together(lists: &[&[f64]]) -> (Vec<f64>, Vec<u16>) {
    let count: usize = lists.iter().map(|list| list.len()).sum();
    let bits = lists.len().next_power_of_two().ilog2();
    if count >= MANY && bits <= 16 {
        let all = || lists.iter().flat_map(|list| list.iter());
        let (mut is_whole, mut largest) = (true, 0.0_f64);
        for &value in all() {
            is_whole &= is_small_and_whole(value);
            largest = largest.max(value);
        }
        if is_whole && largest < f64::from(u32::MAX >> bits) {
            let keys = sorted_keys(lists, |value, at| (value as u32) << bits | at as u32);
            let list = |key: &u32| (key & ((1 << bits) - 1)) as u16;
            let value = |key: &u32| f64::from(key >> bits);
            return (keys.iter().map(value).collect(), keys.iter().map(list).collect());
        }
        if is_whole {
            let keys = sorted_keys(lists, |value, at| (value as u64) << bits | at as u64);
            let list = |key: &u64| (key & ((1 << bits) - 1)) as u16;
            let value = |key: &u64| (key >> bits) as f64;
            return (keys.iter().map(value).collect(), keys.iter().map(list).collect());
        }
    }
    let numbered = (0..).zip(lists);
    let mut pairs: Vec<(f64, u16)> = numbered
        .flat_map(|(at, list)| list.iter().map(move |value| (*value, at)))
        .collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    pairs.into_iter().unzip()
}

/// The keys of all values of several lists, which order by value and then by list, ascending.
fn sorted_keys<K: radsort::Key + Copy + PartialOrd + Default>(
    lists: &[&[f64]],
    key: impl Fn(f64, usize) -> K,
) -> Vec<K> {
    let keys_of = |at: usize| lists[at].iter().map(|value| key(*value, at)).collect::<Vec<K>>();
    if lists.len() == 2 && lists.iter().all(|list| list.is_sorted()) {
        return merged(&keys_of(0), &keys_of(1));
    }
    let mut keys = Vec::with_capacity(lists.iter().map(|list| list.len()).sum());
    for (at, list) in lists.iter().enumerate() {
        keys.extend(list.iter().map(|value| key(*value, at)));
    }
    radsort::sort(&mut keys);
    keys
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
            let pairs: Vec<(f64, usize)> = values.into_iter().zip(of.into_iter().map(usize::from)).collect();
            prop_assert!(pairs.is_sorted());
            for (at, mut list) in lists.into_iter().enumerate() {
                sort(&mut list);
                prop_assert!(pairs.iter().filter(|pair| pair.1 == at).map(|pair| pair.0).eq(list));
            }
        }

        #[test]
        fn two_lists_become_one(one in vec(0_u32..50, 0..60), other in vec(0_u32..50, 0..60)) {
            let [one, other] = [one, other].map(|list| ascending(list.into_iter().map(f64::from).collect()));
            prop_assert_eq!(merged(&one, &other), ascending([one.clone(), other.clone()].concat()));
            prop_assert_eq!(without(&merged(&one, &other), &other), one);
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
