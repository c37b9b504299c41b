//! Which share of a total one of its parts has, and how much faster the whole could become.

use super::batch_means::batch_means_effect;
use super::interval::Interval;
use super::level::Confidence;
use super::median::median;
use super::special::student_quantile;
use super::sum::sums_of;

/// The share of a part, such as the time that the model takes, in a whole, such as the duration of
/// the request, over many requests. All results are without unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    pairs: Vec<(f64, f64)>,
    part: f64,
    whole: f64,
    /// The largest part of a request, and the largest rest of one.
    largest: [f64; 2],
}

impl Share {
    /// From (part, whole) of each request, both in the same unit. `None` if there is none, or if
    /// not 0 ≤ part ≤ whole, 0 < whole and whole finite in every one. What exceeds its whole is an
    /// error of measurement that the caller must have sorted out.
    pub fn from_pairs(pairs: Vec<(f64, f64)>) -> Option<Self> {
        let (mut is_valid, mut largest) = (!pairs.is_empty(), [0.0_f64; 2]);
        let [part, whole] = sums_of(&pairs, |&(part, whole)| {
            is_valid &= (part >= 0.0) & (part <= whole) & (whole > 0.0) & whole.is_finite();
            largest = [largest[0].max(part), largest[1].max(whole - part)];
            [part, whole]
        });
        is_valid.then_some(Self {
            pairs,
            part,
            whole,
            largest,
        })
    }

    /// The list that it was made from, to be filled anew.
    pub fn into_pairs(self) -> Vec<(f64, f64)> {
        self.pairs
    }

    /// How many requests.
    pub fn requests(&self) -> usize {
        self.pairs.len()
    }

    /// The ratio of the sums, from 0 to 1: the share of the time. Shares of several parts add up,
    /// which means or medians of the requests' ratios do not.
    pub fn ratio_of_sums(&self) -> f64 {
        self.part / self.whole
    }

    /// The median (type 8) of the requests' own ratios, from 0 to 1: a typical request's share.
    pub fn median_of_ratios(&self) -> Option<f64> {
        let mut ratios: Vec<f64> = self.pairs.iter().map(|(part, whole)| part / whole).collect();
        median(&mut ratios)
    }

    /// The interval of the ratio of sums by the jackknife on the logit scale with Student's
    /// distribution of n − 1 degrees (Miller 1974; Cochran, Sampling Techniques). `None` with
    /// fewer than two requests, or if leaving one out makes the share 0 or 1. It does not know of
    /// kinds of requests that are too rare to be in the sample.
    pub fn interval(&self, confidence: Confidence) -> Option<Interval> {
        self.interval_of_dependent(confidence, 1.0)
    }

    /// How many requests are worth one independent one, if the pairs were given in order of arrival:
    /// by the means of 25 batches of part − R·whole, at least 1. 1 with fewer than 50 requests.
    pub fn design_effect(&self) -> f64 {
        let ratio = self.ratio_of_sums();
        let rest = |(part, whole): &(f64, f64)| part - ratio * whole;
        batch_means_effect(&self.pairs, rest).unwrap_or(1.0).max(1.0)
    }

    /// The [interval](Self::interval) with the standard error times the root of a
    /// [design effect](Self::design_effect). `None` also if that is below 1 or not finite.
    pub fn interval_of_dependent(&self, confidence: Confidence, design_effect: f64) -> Option<Interval> {
        if !design_effect.is_finite() || design_effect < 1.0 {
            return None;
        }
        let n = self.pairs.len() as f64;
        // The logit of a share is the logarithm of the part over that of the rest, which leaving a request out moves by
        // those of what it leaves of either.
        let rest = self.whole - self.part;
        let centre = (self.part / rest).ln();
        let (of_part, of_rest) = (1.0 / self.part, 1.0 / rest);
        // Of many requests each is a small share of either sum, of which the logarithm has a short series.
        let is_small = self.largest[0] * of_part < SMALL && self.largest[1] * of_rest < SMALL;
        let [sum, squares] = match is_small {
            true => {
                self.moved(|part, rest| ln_without_small(part * of_part) - ln_without_small(rest * of_rest))
            }
            // What holds all of a sum must be all of it, which a product with the inverse need not say.
            false => self.moved(|part, other| (-(part / self.part)).ln_1p() - (-(other / rest)).ln_1p()),
        };
        // Not finite if leaving one out leaves nothing of the part or of the rest.
        if self.pairs.len() < 2 || !centre.is_finite() || !sum.is_finite() {
            return None;
        }
        let squares = (squares - sum * sum / n).max(0.0);
        let error =
            ((n - 1.0) / n * squares * design_effect).sqrt() * student_quantile(confidence.tail(), n - 1.0);
        let inverse = |x: f64| 1.0 / (1.0 + (-x).exp());
        Some(Interval {
            low: Some(inverse(centre - error)),
            high: Some(inverse(centre + error)),
        })
    }

    /// The sum and the sum of squares over all requests of what a part and its rest give.
    fn moved(&self, by: impl Fn(f64, f64) -> f64) -> [f64; 2] {
        sums_of(&self.pairs, |&(part, whole)| {
            let moved = by(part, whole - part);
            [moved, moved * moved]
        })
    }

    /// How many times faster the whole becomes at most if all but the part takes no time: 1/R
    /// (Amdahl 1967). `None` if the part is nothing.
    pub fn speedup_without_the_rest(&self) -> Option<f64> {
        (self.part > 0.0).then(|| self.whole / self.part)
    }

    /// How many times faster the whole becomes at most if the part takes no time: 1/(1 − R). `None`
    /// if the part is everything.
    pub fn speedup_without_the_part(&self) -> Option<f64> {
        (self.part < self.whole).then(|| self.whole / (self.whole - self.part))
    }

    /// How many times faster the whole becomes if the part is `factor` times faster:
    /// 1/((1 − R) + R/s). `None` unless the factor is positive.
    pub fn speedup_if_the_part_is_faster(&self, factor: f64) -> Option<f64> {
        (factor > 0.0).then(|| self.whole / (self.whole - self.part + self.part / factor))
    }
}

/// Below it four terms of [`ln_without_small`] are exact in double precision.
const SMALL: f64 = 1e-4;

/// ln(1 − x) of a small x, by its series.
fn ln_without_small(x: f64) -> f64 {
    -x * (1.0 + x * (0.5 + x * (1.0 / 3.0 + x * 0.25)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[test]
    fn where_one_request_holds_all_of_a_part_there_is_no_interval() {
        for part in 1..200 {
            let part = f64::from(part);
            for pairs in [
                vec![(part, 1000.0), (0.0, 1000.0)],
                vec![(1000.0, 1000.0), (1000.0 - part, 1000.0)],
            ] {
                let interval = Share::from_pairs(pairs).unwrap().interval(Confidence::C95);
                assert_eq!(interval, None, "{part}");
            }
        }
    }

    #[test]
    fn what_is_no_part_of_a_whole_has_no_share() {
        for pairs in [
            vec![],
            vec![(1.0, 0.5)],
            vec![(0.0, 0.0)],
            vec![(-1.0, 1.0)],
            vec![(f64::NAN, 1.0)],
        ] {
            assert_eq!(Share::from_pairs(pairs), None);
        }
        assert_eq!(Share::from_pairs(vec![(1.0, f64::INFINITY)]), None);
    }

    #[test]
    fn nothing_and_everything_have_no_bound() {
        let nothing = Share::from_pairs(vec![(0.0, 2.0), (0.0, 1.0)]).unwrap();
        assert_eq!(
            (nothing.ratio_of_sums(), nothing.interval(Confidence::C95)),
            (0.0, None)
        );
        assert_eq!(nothing.speedup_without_the_rest(), None);
        assert_eq!(nothing.speedup_without_the_part(), Some(1.0));
        let everything = Share::from_pairs(vec![(2.0, 2.0), (1.0, 1.0)]).unwrap();
        assert_eq!(
            (everything.ratio_of_sums(), everything.interval(Confidence::C95)),
            (1.0, None)
        );
        assert_eq!(everything.speedup_without_the_part(), None);
        assert_eq!(everything.speedup_if_the_part_is_faster(3.0), Some(3.0));
        assert_eq!(everything.speedup_if_the_part_is_faster(0.0), None);
        assert_eq!(
            Share::from_pairs(vec![(1.0, 2.0)])
                .unwrap()
                .interval(Confidence::C95),
            None
        );
    }

    #[test]
    fn requests_that_hang_together_widen_the_interval() {
        // Four episodes of 50 requests with a small share among 200 with a large one.
        let pair = |i: u32| {
            (
                if (i / 50).is_multiple_of(2) { 9.0 } else { 8.0 } + f64::from(i * 37 % 10) / 20.0,
                10.0,
            )
        };
        let ordered = Share::from_pairs((0..400).map(pair).collect()).unwrap();
        let mixed = Share::from_pairs((0..400).map(|i| pair(i * 187 % 400)).collect()).unwrap();
        assert!(ordered.design_effect() > 8.0 && mixed.design_effect() < 3.0);
        assert_eq!(
            Share::from_pairs(vec![(1.0, 2.0); 49]).unwrap().design_effect(),
            1.0
        );
        let width = |effect| {
            let interval = ordered.interval_of_dependent(Confidence::C95, effect).unwrap();
            let logit = |end: Option<f64>| end.map(|x| (x / (1.0 - x)).ln()).unwrap();
            logit(interval.high) - logit(interval.low)
        };
        assert!((width(9.0) / width(1.0) - 3.0).abs() < 1e-9);
        assert_eq!(ordered.interval_of_dependent(Confidence::C95, 0.9), None);
        assert_eq!(ordered.interval_of_dependent(Confidence::C95, f64::NAN), None);
    }

    proptest! {
        #[test]
        fn speedups_are_bounded_by_amdahl(pairs in vec((0.01_f64..0.99, 1.0_f64..1e6), 2..80), factor in 1.0_f64..1e3) {
            let pairs: Vec<_> = pairs.into_iter().map(|(ratio, whole)| (ratio * whole, whole)).collect();
            let rest = pairs.iter().map(|(part, whole)| (whole - part, *whole)).collect();
            let (share, rest) = (Share::from_pairs(pairs).unwrap(), Share::from_pairs(rest).unwrap());
            let (bound, faster) =
                (share.speedup_without_the_part().unwrap(), share.speedup_if_the_part_is_faster(factor).unwrap());
            prop_assert!(faster >= 1.0 - 1e-12 && faster <= bound && faster <= factor * (1.0 + 1e-12));
            prop_assert!((rest.speedup_without_the_rest().unwrap() / bound - 1.0).abs() < 1e-9);
            let (interval, others) = (share.interval(Confidence::C95).unwrap(), rest.interval(Confidence::C95).unwrap());
            prop_assert!(interval.low <= Some(share.ratio_of_sums()) && interval.high >= Some(share.ratio_of_sums()));
            prop_assert!((interval.low.unwrap() + others.high.unwrap() - 1.0).abs() < 1e-6);
        }
    }
}
