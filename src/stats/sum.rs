//! Adding up many numbers.

/// How many sums are kept at a time: each addition would wait for the one before it.
const LANES: usize = 8;

/// The sum of the values of items: of every eighth, and then of these eight. The same on every machine, and nearer to the
/// exact sum than one after another.
#[inline]
pub(crate) fn sum_of<T>(items: &[T], value: impl Fn(&T) -> f64) -> f64 {
    let [sum] = sums_of(items, |item| [value(item)]);
    sum
}

/// The same of several values of each item, which is looked at once.
#[inline]
pub(crate) fn sums_of<T, const N: usize>(items: &[T], mut values: impl FnMut(&T) -> [f64; N]) -> [f64; N] {
    let mut lanes = [[0.0; N]; LANES];
    for chunk in items.chunks(LANES) {
        for (lane, item) in lanes.iter_mut().zip(chunk) {
            for (sum, value) in lane.iter_mut().zip(values(item)) {
                *sum += value;
            }
        }
    }
    std::array::from_fn(|at| lanes.iter().map(|lane| lane[at]).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_sum(values in vec(-1000_i32..1000, 0..100)) {
            let sum: i32 = values.iter().sum();
            prop_assert_eq!(sum_of(&values, |value| f64::from(*value)), f64::from(sum));
        }
    }
}
