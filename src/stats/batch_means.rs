//! How much less a mean says because its values come in episodes.

use super::bits::Bits;

/// How many batches there are.
const BATCHES: usize = 25;

/// How many times larger the variance of the mean of `values`, in order of their arrival, is than
/// that of the mean of as many independent ones: b·Var(means)/Var(values), from the means of 25
/// batches of b values each; what is left over at the end counts in the latter variance only. May be below 1.
/// `None` with fewer than 50 values or if all are equal. Without unit.
///
/// Law and Kelton, Simulation Modeling and Analysis, on batch means.
pub(crate) fn batch_means_effect(values: &[f64]) -> Option<f64> {
    let size = values.len() / BATCHES;
    if size < 2 {
        return None;
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let means: Vec<f64> = values.chunks_exact(size).take(BATCHES).map(mean).collect();
    let squares = |values: &[f64]| {
        let centre = mean(values);
        values.iter().map(|value| (value - centre).powi(2)).sum::<f64>()
    };
    let of_means = squares(&means) / (BATCHES - 1) as f64;
    let effect = size as f64 * of_means / (squares(values) / values.len() as f64);
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

    #[test]
    fn few_or_equal_values_tell_nothing() {
        assert_eq!(batch_means_effect(&[1.0; 200]), None);
        let few: Vec<f64> = (0..49).map(f64::from).collect();
        assert_eq!(batch_means_effect(&few), None);
    }

    #[test]
    fn one_step_is_one_observation_a_batch() {
        // The first 12 batches of 4 are 0, the others 1: nothing varies within a batch.
        let values: Vec<f64> = (0..100).map(|i| f64::from(u8::from(i >= 48))).collect();
        let effect = batch_means_effect(&values).unwrap();
        assert!((effect - 4.0 * 25.0 / 24.0).abs() < 1e-12, "{effect}");
        let alternating: Vec<f64> = (0..100).map(|i| f64::from(i % 2)).collect();
        assert_eq!(batch_means_effect(&alternating), Some(0.0));
    }

    #[test]
    fn zeros_and_ones_are_counted_alike() {
        for len in [40, 77, 1000, 12_345] {
            let values: Vec<f64> = (0..len)
                .map(|i| f64::from(u8::from(i % 97 < 9 || i * 31 % 40 == 1)))
                .collect();
            let bits = Bits::of(&values, |value| *value > 0.0);
            let (one, other) = (batch_means_effect(&values), batch_means_effect_of_bits(&bits));
            assert_eq!(one.is_some(), other.is_some());
            let near = |(one, other): (f64, f64)| (one / other - 1.0).abs() < 1e-9;
            assert!(one.zip(other).is_none_or(near), "{one:?} {other:?}");
        }
    }
}
