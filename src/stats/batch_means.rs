//! How much less a mean says because its values come in episodes.

use super::bits::Bits;
use super::sum::sum_of;

/// How many batches there are.
const BATCHES: usize = 25;

/// How many times larger the variance of the mean of the values of items, in order of their arrival, is than
/// that of the mean of as many independent ones: b·Var(means)/Var(values), from the means of 25
/// batches of b values each; what is left over at the end counts in the latter variance only. May be below 1.
/// `None` with fewer than 50 values or if all are equal. Without unit.
///
/// Law and Kelton, Simulation Modeling and Analysis, on batch means.
pub(crate) fn batch_means_effect<T>(items: &[T], value: impl Fn(&T) -> f64) -> Option<f64> {
    let size = items.len() / BATCHES;
    if size < 2 {
        return None;
    }
    let sum = |items: &[T]| sum_of(items, &value);
    let sums: Vec<f64> = items.chunks_exact(size).take(BATCHES).map(sum).collect();
    let all = sums.iter().sum::<f64>() + sum(&items[BATCHES * size..]);
    let centre = all / items.len() as f64;
    let squares = sum_of(items, |item| (value(item) - centre).powi(2));
    let means: Vec<f64> = sums.iter().map(|sum| sum / size as f64).collect();
    let centre = means.iter().sum::<f64>() / BATCHES as f64;
    let of_means = means.iter().map(|mean| (mean - centre).powi(2)).sum::<f64>() / (BATCHES - 1) as f64;
    let effect = size as f64 * of_means / (squares / items.len() as f64);
    effect.is_finite().then_some(effect)
}

/// The same of zeros and ones, whose squares need no second look.
pub(crate) fn batch_means_effect_of_bits(bits: &Bits) -> Option<f64> {
    let size = bits.len() / BATCHES;
    if size < 2 {
        return None;
    }
    let share = |ones: u64, of: usize| ones as f64 / of as f64;
    let means: Vec<f64> = (0..BATCHES)
        .map(|batch| share(bits.ones_between(batch * size, (batch + 1) * size), size))
        .collect();
    let centre = means.iter().sum::<f64>() / BATCHES as f64;
    let of_means = means.iter().map(|mean| (mean - centre).powi(2)).sum::<f64>() / (BATCHES - 1) as f64;
    let all = share(bits.ones(), bits.len());
    let effect = size as f64 * of_means / (all * (1.0 - all));
    effect.is_finite().then_some(effect)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64]) -> Option<f64> {
        batch_means_effect(values, |value| *value)
    }

    #[test]
    fn few_or_equal_values_tell_nothing() {
        assert_eq!(of(&[1.0; 200]), None);
        let few: Vec<f64> = (0..49).map(f64::from).collect();
        assert_eq!(of(&few), None);
    }

    #[test]
    fn one_step_is_one_observation_a_batch() {
        // The first 12 batches of 4 are 0, the others 1: nothing varies within a batch.
        let values: Vec<f64> = (0..100).map(|i| f64::from(u8::from(i >= 48))).collect();
        let effect = of(&values).unwrap();
        assert!((effect - 4.0 * 25.0 / 24.0).abs() < 1e-12, "{effect}");
        let alternating: Vec<f64> = (0..100).map(|i| f64::from(i % 2)).collect();
        assert_eq!(of(&alternating), Some(0.0));
    }

    #[test]
    fn zeros_and_ones_are_counted_alike() {
        for len in [40, 77, 1000, 12_345] {
            let values: Vec<f64> = (0..len)
                .map(|i| f64::from(u8::from(i % 97 < 9 || i * 31 % 40 == 1)))
                .collect();
            let bits = Bits::of(&values, |value| *value > 0.0);
            let (one, other) = (of(&values), batch_means_effect_of_bits(&bits));
            assert_eq!(one.is_some(), other.is_some());
            let near = |(one, other): (f64, f64)| (one / other - 1.0).abs() < 1e-9;
            assert!(one.zip(other).is_none_or(near), "{one:?} {other:?}");
        }
    }
}
