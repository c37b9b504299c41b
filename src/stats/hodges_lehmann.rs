//! By how much a typical request is faster: the median over all pairs of requests.

use super::interval::Interval;
use super::level::Confidence;
use super::normal::normal_quantile;
use super::pairs::{Pairs, Scale};
use super::sample::Sample;

/// The estimate of Hodges and Lehmann (1963) of the shift between two samples, with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HodgesLehmann {
    /// The median of candidate over baseline, or of candidate minus baseline, over all pairs of one
    /// request of each.
    pub estimate: f64,
    /// Its interval from the order of the pairs: the ranks ⌊nm/2 − z·√(nm(n + m + 1)/12)⌋ from below
    /// and from above. An end is `None` where there is no such rank.
    pub interval: Interval,
}

impl HodgesLehmann {
    /// The ratio, without unit. `None` if a value is zero, or it falls among pairs of
    /// which one was stopped; weights do not count.
    pub fn ratio(baseline: &Sample, candidate: &Sample, confidence: Confidence) -> Option<Self> {
        let is_positive = baseline.min() > 0.0 && candidate.min() > 0.0;
        is_positive.then(|| Self::on(Scale::Ratio, baseline, candidate, confidence))?
    }

    /// The difference, in the unit of the samples. `None` if it falls among pairs that were stopped.
    pub fn difference(baseline: &Sample, candidate: &Sample, confidence: Confidence) -> Option<Self> {
        Self::on(Scale::Difference, baseline, candidate, confidence)
    }

    fn on(scale: Scale, baseline: &Sample, candidate: &Sample, confidence: Confidence) -> Option<Self> {
        let ((a, _), (b, _)) = (baseline.complete_and_limits(), candidate.complete_and_limits());
        if a.is_empty() || b.is_empty() {
            return None;
        }
        let stopped = (baseline.censored() as u64, candidate.censored() as u64);
        // A pair whose baseline was stopped lies below all others, one whose candidate was above; where both were,
        // nobody knows.
        let below = stopped.0 * b.len() as u64;
        let unknown = stopped.0 * stopped.1;
        let pairs = Pairs::new(scale, a, b);
        let at = |rank: u64, unknown_below: u64| {
            let rank = rank.checked_sub(below + unknown_below)?;
            (1..=pairs.len()).contains(&rank).then_some(rank)
        };
        let (n, m) = (baseline.len() as f64, candidate.len() as f64);
        let z = -normal_quantile(confidence.tail());
        let rank = (n * m / 2.0 - z * (n * m * (n + m + 1.0) / 12.0).sqrt()).floor();
        let rank = (rank >= 1.0).then_some(rank as u64);
        let all = baseline.len() as u64 * candidate.len() as u64;
        let middle_rank = at(all.div_ceil(2), unknown / 2)?;
        let (middle, next) = pairs.at_rank_and_next(middle_rank);
        Some(Self {
            estimate: scale.middle(middle, if all.is_multiple_of(2) { next } else { middle }),
            interval: Interval {
                low: rank.and_then(|rank| Some(pairs.at_rank(at(rank, unknown)?))),
                high: rank.and_then(|rank| Some(pairs.at_rank(at(all + 1 - rank, 0)?))),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn sample(values: &[f64]) -> Sample {
        Sample::new(values.to_vec()).unwrap()
    }

    #[test]
    fn few_values_have_no_interval() {
        let one = HodgesLehmann::ratio(&sample(&[2.0]), &sample(&[3.0]), Confidence::C95).unwrap();
        assert_eq!((one.estimate, one.interval), (1.5, Interval::UNBOUNDED));
        assert_eq!(
            HodgesLehmann::ratio(&sample(&[0.0]), &sample(&[3.0]), Confidence::C95),
            None
        );
        let difference = HodgesLehmann::difference(&sample(&[0.0]), &sample(&[3.0]), Confidence::C95);
        assert_eq!(difference.unwrap().estimate, 3.0);
        let stopped = Sample::with_censored(vec![], vec![2.0]).unwrap();
        assert_eq!(
            HodgesLehmann::difference(&stopped, &sample(&[1.0]), Confidence::C95),
            None
        );
    }

    #[test]
    fn what_was_stopped_is_above_all() {
        let list = |factor: f64| (100..160).map(|i| factor * f64::from(i)).collect::<Vec<_>>();
        let of = |a: &Sample, b: &Sample| HodgesLehmann::ratio(a, b, Confidence::C95).unwrap();
        let base = sample(&list(1.0));
        let with = |limit: f64| Sample::with_censored(list(0.5), vec![limit; 3]).unwrap();
        // Where they were stopped does not matter, and they count as any time that is longer than all others.
        let (stopped, long) = (
            of(&base, &with(200.0)),
            of(&base, &sample(&[list(0.5), vec![1e9; 3]].concat())),
        );
        assert_eq!(stopped, of(&base, &with(900.0)));
        assert_eq!(stopped, long);
        let back = of(&with(200.0), &base);
        assert!((stopped.estimate * back.estimate - 1.0).abs() < 1e-9);
        // If both were, the ends allow for either.
        let both = of(&with(200.0), &with(200.0));
        assert!(both.interval.low.unwrap() < 1.0 && both.interval.high.unwrap() > 1.0);
        let mostly = Sample::with_censored(vec![1.0], vec![2.0; 9]).unwrap();
        assert_eq!(HodgesLehmann::ratio(&base, &mostly, Confidence::C95), None);
    }

    proptest! {
        #[test]
        fn it_is_the_median_of_all_pairs(a in vec(1.0_f64..1e4, 1..40), b in vec(1.0_f64..1e4, 1..40)) {
            let mut all: Vec<f64> = a.iter().flat_map(|x| b.iter().map(move |y| (y / x).ln())).collect();
            all.sort_by(f64::total_cmp);
            let median = 0.5 * (all[(all.len() - 1) / 2] + all[all.len() / 2]);
            let ratio = HodgesLehmann::ratio(&sample(&a), &sample(&b), Confidence::C95).unwrap();
            prop_assert!((ratio.estimate.ln() - median).abs() < 1e-12);
            let back = HodgesLehmann::ratio(&sample(&b), &sample(&a), Confidence::C95).unwrap();
            prop_assert!((ratio.estimate * back.estimate - 1.0).abs() < 1e-9);
            let ends = (ratio.interval.low, back.interval.high);
            prop_assert!(ends.0.is_none() && ends.1.is_none() || (ends.0.unwrap() * ends.1.unwrap() - 1.0).abs() < 1e-9);
            if let Interval { low: Some(low), high: Some(high) } = ratio.interval {
                prop_assert!(low <= ratio.estimate * (1.0 + 1e-12) && ratio.estimate <= high * (1.0 + 1e-12));
            }
        }
    }
}
