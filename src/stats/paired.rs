//! Two samples of the same work, compared pair by pair.

use super::interval::Interval;
use super::level::Confidence;
use super::median::median;
use super::probability::Probability;
use super::sample::Sample;
use super::sort::sort_keyed;
use super::wilcoxon::SignedRank;

/// Candidate over baseline for the same work, such as the same prompt. What differs from one piece of
/// work to the next cancels, which makes it far sharper than comparing both samples as wholes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paired {
    /// How many pairs there are.
    pub pairs: usize,
    /// The median of the ratios, taken of their logarithms.
    pub ratio: f64,
    /// Its interval: that of any median, between the logarithms of the ratios.
    pub interval: Interval,
    /// The signed-rank test of the logarithms.
    pub signed_rank: SignedRank,
}

impl Paired {
    /// The least [share of work that both were given](KeyedPairs::share) for which it is worth doing.
    pub const LEAST_SHARE: f64 = 0.9;

    /// Of pairs (baseline, candidate) in any order. `None` if there are none or a value is not
    /// positive and finite.
    pub fn of(pairs: &[(f64, f64)], confidence: Confidence) -> Option<Self> {
        let valid = |&(a, b): &(f64, f64)| a > 0.0 && b > 0.0 && a.is_finite() && b.is_finite();
        if !pairs.iter().all(valid) {
            return None;
        }
        let ratios: Vec<f64> = pairs.iter().map(|(a, b)| b / a).collect();
        let mut logarithms: Vec<f64> = ratios.iter().map(|ratio| ratio.ln()).collect();
        let signed_rank = SignedRank::of(&logarithms)?;
        let sample = Sample::new(ratios)?;
        let interval = sample.interval_on(Probability::P50, confidence, f64::ln);
        Some(Self {
            pairs: pairs.len(),
            ratio: median(&mut logarithms)?.exp(),
            interval: Interval {
                low: interval.low.map(f64::exp),
                high: interval.high.map(f64::exp),
            },
            signed_rank,
        })
    }
}

/// The values of two samples brought together by what they were given.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyedPairs {
    /// (baseline, candidate) of each key that both have, the median of its values on each side, in the
    /// order of the keys.
    pub pairs: Vec<(f64, f64)>,
    /// The share of all keys that both have, from 0 to 1.
    pub share: f64,
}

impl KeyedPairs {
    /// Of (key, value) in any order. `None` if there are none.
    pub fn of(baseline: Vec<(u64, f64)>, candidate: Vec<(u64, f64)>) -> Option<Self> {
        let (a, b) = (medians(baseline), medians(candidate));
        let (mut pairs, mut at) = (Vec::new(), 0);
        for &(key, value) in &a {
            while b.get(at).is_some_and(|other| other.0 < key) {
                at += 1;
            }
            if let Some(other) = b.get(at).filter(|other| other.0 == key) {
                pairs.push((value, other.1));
            }
        }
        let keys = a.len() + b.len() - pairs.len();
        (keys > 0).then(|| Self {
            share: pairs.len() as f64 / keys as f64,
            pairs,
        })
    }
}

/// The median of the values of each key, in the order of the keys.
fn medians(mut keyed: Vec<(u64, f64)>) -> Vec<(u64, f64)> {
    sort_keyed(&mut keyed);
    let (mut kept, mut start) = (0, 0);
    while let Some(&(key, first)) = keyed.get(start) {
        let count = keyed[start..].iter().take_while(|pair| pair.0 == key).count();
        // They ascend, so that the median is of those in the middle.
        let middle = keyed[start + count / 2].1;
        let median = match count {
            1 => first,
            _ if count.is_multiple_of(2) => 0.5 * (keyed[start + count / 2 - 1].1 + middle),
            _ => middle,
        };
        keyed[kept] = (key, median);
        (kept, start) = (kept + 1, start + count);
    }
    keyed.truncate(kept);
    keyed
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    const C95: Confidence = Confidence::C95;

    #[test]
    fn keys_bring_values_together() {
        let baseline = vec![(2, 10.0), (1, 4.0), (2, 30.0), (7, 1.0)];
        let candidate = vec![(9, 1.0), (2, 5.0), (1, 8.0)];
        let paired = KeyedPairs::of(baseline, candidate.clone()).unwrap();
        assert_eq!(paired.pairs, [(4.0, 8.0), (20.0, 5.0)]);
        assert_eq!(paired.share, 0.5);
        assert_eq!(KeyedPairs::of(vec![], vec![]), None);
        assert_eq!(KeyedPairs::of(vec![], candidate).unwrap().share, 0.0);
    }

    #[test]
    fn few_pairs_have_no_interval() {
        let one = Paired::of(&[(2.0, 3.0)], C95).unwrap();
        assert_eq!((one.pairs, one.interval), (1, Interval::UNBOUNDED));
        assert!((one.ratio - 1.5).abs() < 1e-12);
        assert_eq!(Paired::of(&[], C95), None);
        assert_eq!(Paired::of(&[(0.0, 3.0)], C95), None);
    }

    #[test]
    fn what_is_hidden_among_prompts_is_seen_in_pairs() {
        // Prompts differ a hundredfold, the candidate is 5 % slower on each.
        let pairs: Vec<(f64, f64)> = (0..60)
            .map(|i| 10.0 * f64::from(i * 37 % 60 + 1))
            .map(|x| (x, 1.05 * x))
            .collect();
        let paired = Paired::of(&pairs, C95).unwrap();
        assert!(paired.interval.low.unwrap() > 1.049 && paired.interval.high.unwrap() < 1.051);
        assert!(paired.signed_rank.p < 1e-9);
    }

    proptest! {
        #[test]
        fn swapping_the_samples_inverts(pairs in vec((1.0_f64..1e4, 1.0_f64..1e4), 1..60), factor in 0.1_f64..10.0) {
            let swapped: Vec<(f64, f64)> = pairs.iter().map(|&(a, b)| (b, a)).collect();
            let (there, back) = (Paired::of(&pairs, C95).unwrap(), Paired::of(&swapped, C95).unwrap());
            prop_assert!((there.ratio * back.ratio - 1.0).abs() < 1e-9);
            prop_assert!((there.signed_rank.p - back.signed_rank.p).abs() < 1e-9);
            match (there.interval.low, back.interval.high) {
                (Some(low), Some(high)) => prop_assert!((low * high - 1.0).abs() < 1e-7),
                (low, high) => prop_assert_eq!(low, high),
            }
            let scaled: Vec<(f64, f64)> = pairs.iter().map(|&(a, b)| (a, factor * b)).collect();
            prop_assert!((Paired::of(&scaled, C95).unwrap().ratio / (factor * there.ratio) - 1.0).abs() < 1e-9);
        }
    }
}
