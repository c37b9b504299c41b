//! How a quantile of one sample compares with that of another.
//!
//! Each sample's interval at every confidence level together is a distribution over where its
//! quantile may lie: a confidence distribution (Xie and Singh 2013). The difference of two is
//! their convolution, computed on a grid without drawing random numbers; on the logarithms of the
//! values the difference is the ratio. It is the analytic form of the binomial bootstrap of
//! Schultzberg and Ankargren (2022), and assumes independent values within and between samples
//! but nothing of their distributions.

use super::binomial::ContinuousBinomial;
use super::convolution::{Arm, interval_of_difference, share_of_negative_differences};
use super::dependence::Dependence;
use super::interval::{End, Interval};
use super::level::Confidence;
use super::normal::normal_quantile;
use super::probability::Probability;
use super::sample::Sample;

/// The points at which each confidence distribution is evaluated. Doubling them moves the ends
/// of a 99th percentile's ratio by less than 0.03 %.
const GRID: usize = 2048;

/// A quantile of a candidate sample against the same quantile of a baseline sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuantileComparison {
    /// Candidate over baseline, of the type 8 estimates; below 1 the candidate's is smaller. `None`
    /// if an estimate rests on a censored value or if any value is zero.
    pub ratio: Option<f64>,
    /// The interval of the ratio; unbounded if any value is zero.
    pub ratio_interval: Interval,
    /// Candidate minus baseline, of the type 8 estimates, in the samples' unit. `None` if an
    /// estimate rests on a censored value.
    pub difference: Option<f64>,
    /// The interval of the difference, in the samples' unit.
    pub difference_interval: Interval,
    /// The confidence that the candidate's quantile is smaller, from 0 to 1; ½ where nothing
    /// is known. Not the probability that a candidate request is faster.
    pub confidence_candidate_smaller: f64,
}

/// Compares the `p` quantile of `candidate` with that of `baseline`. An end of an interval is `None`
/// if the samples are too small, or too often censored, to bound it.
pub fn compare(
    baseline: &Sample,
    candidate: &Sample,
    p: Probability,
    confidence: Confidence,
) -> QuantileComparison {
    compare_on_grid(Reach::Between, baseline, candidate, p, confidence, GRID)
}

/// [`compare`] with each end moved outward to a value that was observed, instead of interpolating
/// between the values. For samples of strongly dependent values, whose interpolated intervals are
/// somewhat too narrow.
pub fn compare_outward(
    baseline: &Sample,
    candidate: &Sample,
    p: Probability,
    confidence: Confidence,
) -> QuantileComparison {
    compare_on_grid(Reach::Outward, baseline, candidate, p, confidence, GRID)
}

/// [`compare_outward`] if one of the samples depends strongly on its order, otherwise [`compare`]. The samples must
/// say themselves what their dependence leaves of them; a dependence that is not known is none.
pub fn compare_dependent(
    baseline: &Sample,
    candidate: &Sample,
    dependence: [Option<Dependence>; 2],
    p: Probability,
    confidence: Confidence,
) -> QuantileComparison {
    let is_strong = dependence.iter().flatten().any(Dependence::is_strong);
    let compare = if is_strong { compare_outward } else { compare };
    compare(baseline, candidate, p, confidence)
}

/// What a real rank between two values stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// A value between them.
    Between,
    /// The one of them that lies further out.
    Outward,
}

fn compare_on_grid(
    reach: Reach,
    baseline: &Sample,
    candidate: &Sample,
    p: Probability,
    confidence: Confidence,
    grid: usize,
) -> QuantileComparison {
    let scores: Vec<f64> = (0..grid)
        .map(|i| normal_quantile((i as f64 + 0.5) / grid as f64))
        .collect();
    let ranks = |size: f64| ContinuousBinomial::new(size, p).grid(&scores);
    let baseline_ranks = ranks(baseline.effective_size());
    let equally_large = baseline.effective_size() == candidate.effective_size();
    let candidate_ranks = if equally_large {
        baseline_ranks.clone()
    } else {
        ranks(candidate.effective_size())
    };
    let arms = |scale: fn(f64) -> f64| {
        (
            arm(reach, baseline, &baseline_ranks, scale),
            arm(reach, candidate, &candidate_ranks, scale),
        )
    };

    let estimates = (baseline.quantile(p), candidate.quantile(p));
    let known = !estimates.0.censored && !estimates.1.censored;
    let positive = baseline.min() > 0.0 && candidate.min() > 0.0;
    let linear = arms(|x| x);
    let logarithmic = positive.then(|| arms(f64::ln));
    let ratio_interval = logarithmic.as_ref().map_or(Interval::UNBOUNDED, |(a, b)| {
        let interval = interval_of_difference(b, a, confidence);
        Interval {
            low: interval.low.map(f64::exp),
            high: interval.high.map(f64::exp),
        }
    });
    // The confidence goes with the ratio where there is one: between ranks the two scales differ.
    let (a, b) = logarithmic.as_ref().unwrap_or(&linear);
    QuantileComparison {
        ratio: (known && positive).then(|| estimates.1.value / estimates.0.value),
        ratio_interval,
        difference: known.then_some(estimates.1.value - estimates.0.value),
        difference_interval: interval_of_difference(&linear.1, &linear.0, confidence),
        confidence_candidate_smaller: share_of_negative_differences(b, a),
    }
}

/// The confidence distribution of one side's quantile at the real ranks of the grid.
fn arm(reach: Reach, sample: &Sample, ranks: &[f64], scale: fn(f64) -> f64) -> Arm {
    let value = |t: f64, end| match reach {
        Reach::Between => sample.value_at(t, end, scale),
        Reach::Outward => sample.value_around(t, end, scale),
    };
    let values = |end| ranks.iter().map(|&t| value(t, end)).collect();
    let has_two_ends = reach == Reach::Outward || sample.censored() > 0 || sample.is_binned();
    Arm {
        low: values(End::Low),
        high: has_two_ends.then(|| values(End::High)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::histogram::Histogram;
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    const C95: Confidence = Confidence::C95;

    fn sample(values: &[f64]) -> Sample {
        Sample::new(values.to_vec()).unwrap()
    }

    /// x_i = 100 + ((i·7919) mod n)² / 50000, and the same faster by a tenth with another spread.
    fn arms(n: u64) -> (Sample, Sample) {
        let value = |i: u64| 100.0 + ((i * 7919) % n).pow(2) as f64 / 50_000.0;
        (
            Sample::new((0..n).map(value).collect()).unwrap(),
            Sample::new((0..n).map(|i| 0.9 * value(i) + (i % 7) as f64).collect()).unwrap(),
        )
    }

    #[test]
    fn a_finer_grid_moves_the_ends_little() {
        let (a, b) = arms(1000);
        let coarse = compare_on_grid(Reach::Between, &a, &b, Probability::P99, C95, 512).ratio_interval;
        let fine = compare_on_grid(Reach::Between, &a, &b, Probability::P99, C95, 4096).ratio_interval;
        for (coarse, fine) in [(coarse.low, fine.low), (coarse.high, fine.high)] {
            let (coarse, fine) = (coarse.unwrap(), fine.unwrap());
            assert!(coarse != fine && (coarse / fine - 1.0).abs() < 3e-4);
        }
    }

    #[test]
    fn a_zero_leaves_no_ratio_but_a_difference() {
        let (a, _) = arms(50);
        let with_zero = sample(&[a.values(), &[0.0]].concat());
        let result = compare(&a, &with_zero, Probability::P50, C95);
        assert_eq!((result.ratio, result.ratio_interval), (None, Interval::UNBOUNDED));
        assert!(result.difference.is_some() && result.difference_interval.low.is_some());
        assert!(result.confidence_candidate_smaller > 0.4 && result.confidence_candidate_smaller < 0.6);
    }

    #[test]
    fn timeouts_of_the_candidate_bound_it_from_below() {
        let (a, b) = arms(400);
        let timed_out = Sample::with_censored(b.values().to_vec(), vec![3000.0; 60]).unwrap();
        let result = compare(&a, &timed_out, Probability::P95, C95);
        assert_eq!((result.ratio, result.difference), (None, None));
        assert!(result.ratio_interval.low.unwrap() > 10.0);
        assert_eq!(result.ratio_interval.high, None);
        assert_eq!(result.confidence_candidate_smaller, 0.0);
        let reverse = compare(&timed_out, &a, Probability::P95, C95);
        assert!(reverse.ratio_interval.high.unwrap() < 0.1);
        assert_eq!(reverse.ratio_interval.low, None);
        // Where both quantiles are timeouts nothing can be said.
        let both = compare(&timed_out, &timed_out, Probability::P99, C95);
        assert_eq!(both.ratio_interval, Interval::UNBOUNDED);
        assert_eq!(both.confidence_candidate_smaller, 0.5);
        // Where no quantile is, the limit does not matter.
        let median = compare(&a, &timed_out, Probability::P50, C95);
        let all = sample(timed_out.values());
        assert_eq!(median, compare(&a, &all, Probability::P50, C95));
    }

    #[test]
    fn a_certain_order_is_certain() {
        let (a, _) = arms(100);
        let larger = sample(&a.values().iter().map(|x| 10.0 * x).collect::<Vec<_>>());
        assert_eq!(
            compare(&a, &larger, Probability::P50, C95).confidence_candidate_smaller,
            0.0
        );
        assert_eq!(
            compare(&larger, &a, Probability::P50, C95).confidence_candidate_smaller,
            1.0
        );
        assert_eq!(
            compare(&a, &a, Probability::P50, C95).confidence_candidate_smaller,
            0.5
        );
    }

    #[test]
    fn strong_dependence_of_either_side_moves_the_ends_outward() {
        let (a, b) = arms(400);
        let of = |run: usize| {
            let values: Vec<f64> = (0..400).map(|i| ((i / run) * 37 % 100) as f64).collect();
            Dependence::of(&values, Probability::P50)
        };
        let (weak, strong) = (of(1), of(10));
        assert!(!weak.unwrap().is_strong() && strong.unwrap().is_strong());
        let dependent = |dependence| compare_dependent(&a, &b, dependence, Probability::P50, C95);
        let between = compare(&a, &b, Probability::P50, C95);
        let outward = compare_outward(&a, &b, Probability::P50, C95);
        assert_ne!(between, outward);
        for dependence in [[None, None], [weak, None], [weak, weak]] {
            assert_eq!(dependent(dependence), between);
        }
        for dependence in [[strong, None], [None, strong], [strong, weak]] {
            assert_eq!(dependent(dependence), outward);
        }
    }

    fn close(a: Option<f64>, b: Option<f64>) -> bool {
        match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() <= 1e-8 * (1.0 + a.abs()),
            (a, b) => a == b,
        }
    }

    fn quantile() -> impl Strategy<Value = Probability> {
        (1_u32..100).prop_map(|percent| Probability::parse(&percent.to_string()).unwrap())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn swapping_the_samples_inverts_the_ratio(
            a in vec(1.0_f64..1e4, 1..150), b in vec(1.0_f64..1e4, 1..150), p in quantile(),
        ) {
            let (a, b) = (sample(&a), sample(&b));
            let (there, back) = (compare(&a, &b, p, C95), compare(&b, &a, p, C95));
            prop_assert!(close(there.ratio.map(f64::recip), back.ratio));
            prop_assert!(close(there.ratio_interval.low.map(f64::recip), back.ratio_interval.high));
            prop_assert!(close(there.ratio_interval.high.map(f64::recip), back.ratio_interval.low));
            prop_assert!(close(there.difference_interval.low.map(|x| -x), back.difference_interval.high));
            let sum = there.confidence_candidate_smaller + back.confidence_candidate_smaller;
            prop_assert!((sum - 1.0).abs() < 1e-12);
        }

        #[test]
        fn scaling_the_candidate_scales_the_ratio(
            a in vec(1.0_f64..1e4, 1..150), b in vec(1.0_f64..1e4, 1..150), factor in 0.1_f64..10.0, p in quantile(),
        ) {
            let scaled: Vec<f64> = b.iter().map(|x| factor * x).collect();
            let (a, b, scaled) = (sample(&a), sample(&b), sample(&scaled));
            let (one, other) = (compare(&a, &b, p, C95), compare(&a, &scaled, p, C95));
            prop_assert!(close(one.ratio.map(|x| factor * x), other.ratio));
            prop_assert!(close(one.ratio_interval.low.map(|x| factor * x), other.ratio_interval.low));
            prop_assert!(close(one.ratio_interval.high.map(|x| factor * x), other.ratio_interval.high));
        }

        #[test]
        fn a_huge_baseline_leaves_the_interval_of_the_candidate(b in vec(500.0_f64..1e4, 40..150)) {
            // The baseline's values hardly differ, so all uncertainty is the candidate's.
            let (a, b) = (sample(&vec![100.0; 500]), sample(&b));
            let ratio = compare(&a, &b, Probability::P50, C95).ratio_interval;
            let own = b.interval(Probability::P50, C95);
            prop_assert!((100.0 * ratio.low.unwrap() / own.low.unwrap() - 1.0).abs() < 0.02);
            prop_assert!((100.0 * ratio.high.unwrap() / own.high.unwrap() - 1.0).abs() < 0.02);
        }

        #[test]
        fn bucketing_widens_by_no_more_than_the_buckets(
            a in vec(1_u64..900_000_000, 1..150), b in vec(1_u64..900_000_000, 1..150), p in quantile(),
        ) {
            let counted = |values: &[u64]| {
                let mut histogram = Histogram::new(900_000_000).unwrap();
                values.iter().for_each(|&value| histogram.record(value));
                Sample::of_histogram(&histogram, &Histogram::new(2).unwrap()).unwrap()
            };
            let exact = |values: &[u64]| sample(&values.iter().map(|&x| x as f64).collect::<Vec<_>>());
            for compare in [compare, compare_outward] {
                let outer = compare(&counted(&a), &counted(&b), p, C95);
                let inner = compare(&exact(&a), &exact(&b), p, C95);
                prop_assert!((outer.ratio.unwrap() / inner.ratio.unwrap() - 1.0).abs() < 1.0 / 1000.0);
                let (outer, inner) = (outer.ratio_interval, inner.ratio_interval);
                prop_assert_eq!((outer.low.is_some(), outer.high.is_some()), (inner.low.is_some(), inner.high.is_some()));
                if let (Some(outer), Some(inner)) = (outer.low, inner.low) {
                    prop_assert!(outer <= inner * (1.0 + 1e-9) && outer >= inner * (1.0 - 1.0 / 500.0));
                }
                if let (Some(outer), Some(inner)) = (outer.high, inner.high) {
                    prop_assert!(outer >= inner * (1.0 - 1e-9) && outer <= inner * (1.0 + 1.0 / 500.0));
                }
            }
        }

        #[test]
        fn outward_is_no_narrower(
            a in vec(1.0_f64..1e4, 1..150), b in vec(1.0_f64..1e4, 1..150), p in quantile(), worth in 0.2_f64..1.0,
        ) {
            let dependent = |values: &[f64]| {
                let size = (worth * values.len() as f64).max(1.0);
                sample(values).with_effective_size(size).unwrap()
            };
            let (a, b) = (dependent(&a), dependent(&b));
            let (between, outward) = (compare(&a, &b, p, C95), compare_outward(&a, &b, p, C95));
            prop_assert_eq!(between.ratio, outward.ratio);
            for (inner, outer) in [
                (between.ratio_interval, outward.ratio_interval),
                (between.difference_interval, outward.difference_interval),
            ] {
                let slack = |x: f64| x - 1e-9 * x.abs();
                prop_assert!(outer.low.is_none() || slack(outer.low.unwrap()) <= inner.low.unwrap_or(f64::INFINITY));
                prop_assert!(outer.high.is_none() || slack(inner.high.unwrap_or(f64::NEG_INFINITY)) <= outer.high.unwrap());
            }
            let back = compare_outward(&b, &a, p, C95);
            prop_assert!(close(outward.ratio_interval.low.map(f64::recip), back.ratio_interval.high));
        }
    }
}
