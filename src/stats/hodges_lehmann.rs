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
    /// The ratio, without unit. `None` if a value is zero or censored; weights do not count.
    pub fn ratio(baseline: &Sample, candidate: &Sample, confidence: Confidence) -> Option<Self> {
        let positive = baseline.min() > 0.0 && candidate.min() > 0.0;
        let result = Self::on(Scale::Ratio, baseline, candidate, confidence);
        if positive { result } else { None }
    }

    /// The difference, in the unit of the samples. `None` if a value is censored.
    pub fn difference(baseline: &Sample, candidate: &Sample, confidence: Confidence) -> Option<Self> {
        Self::on(Scale::Difference, baseline, candidate, confidence)
    }

    fn on(scale: Scale, baseline: &Sample, candidate: &Sample, confidence: Confidence) -> Option<Self> {
        if baseline.censored() + candidate.censored() > 0 {
            return None;
        }
        let pairs = Pairs::new(scale, baseline.values(), candidate.values());
        let (n, m) = (baseline.len() as f64, candidate.len() as f64);
        let z = -normal_quantile(confidence.tail());
        let rank = (n * m / 2.0 - z * (n * m * (n + m + 1.0) / 12.0).sqrt()).floor();
        let rank = (rank >= 1.0).then_some(rank as u64);
        let all = pairs.len();
        let (middle, next) = pairs.at_rank_and_next(all.div_ceil(2));
        Some(Self {
            estimate: scale.middle(middle, if all.is_multiple_of(2) { next } else { middle }),
            interval: Interval {
                low: rank.map(|rank| pairs.at_rank(rank)),
                high: rank.map(|rank| pairs.at_rank(all + 1 - rank)),
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
        let stopped = Sample::with_censored(vec![1.0], vec![2.0]).unwrap();
        assert_eq!(
            HodgesLehmann::difference(&stopped, &stopped, Confidence::C95),
            None
        );
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
