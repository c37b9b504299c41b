//! Two samples compared at equal values of a covariate, such as the length of the answer.

use super::probability::Probability;
use super::sample::Sample;
use super::sort::ascending;
use super::strata::{Standardised, Stratum};

/// A request with what its latency may depend on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// What the samples are to be made equal in, such as the number of output tokens.
    pub covariate: f64,
    /// The latency, or the limit at which the request was stopped.
    pub value: f64,
    /// Whether it was stopped.
    pub censored: bool,
}

/// Both samples cut into strata by the covariate. In each the baseline's share and the candidate's
/// are brought to the mean of both (post-stratification; Cochran, Sampling Techniques).
#[derive(Debug, Clone, PartialEq)]
pub struct PostStratification {
    edges: Vec<f64>,
    /// Baseline and candidate; nothing if a value is no latency.
    standardised: Option<[Standardised; 2]>,
    dropped: usize,
    support: f64,
}

/// Where strata end, as shares of all requests, and where there are few requests.
const EDGES: [f64; 11] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975];
const EDGES_OF_FEW: [f64; 4] = [0.2, 0.4, 0.6, 0.8];

impl PostStratification {
    /// With fewer requests than so many on either side the strata are quintiles, or too many strata
    /// would be dropped. What differs inside the highest one stays in p95 then.
    pub const FEW: usize = 100;
    /// With fewer requests than so many on either side a stratum is dropped.
    pub const FEWEST_IN_A_STRATUM: usize = 5;
    /// With less [`support`](Self::support) the samples barely overlap.
    pub const LEAST_SUPPORT: f64 = 0.8;

    /// Strata at quantiles of the covariate over both samples together: the tenths and 95 and
    /// 97.5 %, or fifths. A value on an edge belongs to the stratum below it. `None` if a
    /// covariate is not finite or no stratum has enough requests on both sides.
    pub fn by_quantiles(baseline: &[Observation], candidate: &[Observation]) -> Option<Self> {
        let sorted =
            |observations: &[Observation]| ascending(observations.iter().map(|x| x.covariate).collect());
        let observations = [baseline, candidate].map(|side| side.iter().copied());
        Self::by_sorted_quantiles(observations, [&sorted(baseline), &sorted(candidate)])
    }

    /// [`by_quantiles`](Self::by_quantiles), where the covariates of baseline and candidate are also given ascending.
    pub fn by_sorted_quantiles(
        observations: [impl Iterator<Item = Observation>; 2],
        sorted: [&[f64]; 2],
    ) -> Option<Self> {
        let ends = sorted
            .iter()
            .flat_map(|sorted| sorted.first().into_iter().chain(sorted.last()));
        if sorted.iter().all(|sorted| sorted.is_empty()) || ends.into_iter().any(|x| !x.is_finite()) {
            return None;
        }
        let sizes = sorted.map(|sorted| sorted.len());
        let few = sizes[0].min(sizes[1]) < Self::FEW;
        let shares: &[f64] = if few { &EDGES_OF_FEW } else { &EDGES };
        let mut edges: Vec<f64> = shares.iter().map(|&share| type7(sorted, share)).collect();
        edges.dedup();

        // Without a branch, which would be mispredicted.
        let stratum_of =
            |x: Observation| -> usize { edges.iter().map(|&edge| usize::from(edge < x.covariate)).sum() };
        let mut strata = vec![<[Stratum; 2]>::default(); edges.len() + 1];
        for (side, observations) in observations.into_iter().enumerate() {
            // About as many as there are below each edge.
            let mut before = 0;
            for (at, stratum) in strata.iter_mut().enumerate() {
                let edge = edges.get(at).copied().unwrap_or(f64::INFINITY);
                let up_to = sorted[side].partition_point(|&x| x <= edge);
                stratum[side].values.reserve(up_to - before);
                before = up_to;
            }
            for x in observations {
                let stratum = &mut strata[stratum_of(x)][side];
                let list = if x.censored {
                    &mut stratum.limits
                } else {
                    &mut stratum.values
                };
                list.push(x.value);
            }
        }
        let found = strata
            .iter()
            .filter(|pair| pair.iter().any(|side| !side.is_empty()))
            .count();
        strata.retain(|pair| pair.iter().all(|side| side.len() >= Self::FEWEST_IN_A_STRATUM));
        let share = |[a, b]: &[Stratum; 2]| {
            0.5 * (a.len() as f64 / sizes[0] as f64 + b.len() as f64 / sizes[1] as f64)
        };
        let shares: Vec<f64> = strata.iter().map(share).collect();
        let kept = strata.len();
        let (baseline, candidate) = strata.into_iter().map(|[base, cand]| (base, cand)).unzip();
        let standardised = |strata: Vec<Stratum>| Standardised::new(strata, &shares);
        (kept > 0).then(|| Self {
            edges,
            dropped: found - kept,
            // A sum of shares may round to more than all.
            support: shares.iter().sum::<f64>().min(1.0),
            standardised: standardised(baseline)
                .zip(standardised(candidate))
                .map(|(base, cand)| [base, cand]),
        })
    }

    /// Where strata end, ascending, those of dropped ones included.
    pub fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// How many strata were dropped because one side hardly has such requests.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// The share of the requests, as mean of both sides, that is in the strata kept; from 0 to 1.
    pub fn support(&self) -> f64 {
        self.support
    }

    /// Whether enough requests have the like on the other side for a verdict.
    pub fn is_supported(&self) -> bool {
        self.support >= Self::LEAST_SUPPORT
    }

    /// The baseline and the candidate with equal shares of the strata, for comparing their `p`
    /// quantile. `None` if a value is no latency.
    pub fn samples(&self, p: Probability) -> Option<(Sample, Sample)> {
        let [baseline, candidate] = self.standardised.as_ref()?;
        Some((baseline.sample(p)?, candidate.sample(p)?))
    }
}

/// The quantile of type 7 of Hyndman and Fan, numpy's default, of two sorted lists together: as an edge it
/// need not be unbiased.
fn type7(sorted: [&[f64]; 2], share: f64) -> f64 {
    let last = sorted[0].len() + sorted[1].len() - 1;
    let position = share * last as f64;
    let below = at_place(sorted, position as usize);
    let above = at_place(sorted, (position as usize + 1).min(last));
    below + position.fract() * (above - below)
}

/// The value at a place, counted from 0, of two sorted lists together.
fn at_place([one, other]: [&[f64]; 2], place: usize) -> f64 {
    // How many of the first list come before: the fewest with which no value of the second before is larger.
    let (mut low, mut high) = (place.saturating_sub(other.len()), place.min(one.len()));
    while low < high {
        let middle = low + (high - low) / 2;
        if other[place - middle - 1] > one[middle] {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    let next = |list: &[f64], at: usize| list.get(at).copied().unwrap_or(f64::INFINITY);
    next(one, low).min(next(other, place - low))
}

#[cfg(test)]
mod tests {
    use super::super::{Confidence, compare};
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn observations(pairs: &[(f64, f64)]) -> Vec<Observation> {
        let complete = |&(covariate, value)| Observation {
            covariate,
            value,
            censored: false,
        };
        pairs.iter().map(complete).collect()
    }

    #[test]
    fn without_overlap_nothing_is_adjusted() {
        let short = observations(&(0..50).map(|i| (f64::from(i), 1.0)).collect::<Vec<_>>());
        let long = observations(&(0..50).map(|i| (f64::from(100 + i), 1.0)).collect::<Vec<_>>());
        // The middle fifth alone holds both, without overlap either.
        let both = PostStratification::by_quantiles(&short, &long).unwrap();
        assert_eq!(
            (both.support(), both.dropped(), both.is_supported()),
            (0.2, 4, false)
        );
        assert_eq!(PostStratification::by_quantiles(&[], &[]), None);
        assert_eq!(PostStratification::by_quantiles(&short, &[]), None);
        let unknown = observations(&[(f64::NAN, 1.0)]);
        assert_eq!(PostStratification::by_quantiles(&short, &unknown), None);
    }

    #[test]
    fn equal_lengths_are_one_stratum() {
        let equal = observations(&vec![(7.0, 3.0); 40]);
        let both = PostStratification::by_quantiles(&equal, &equal).unwrap();
        assert_eq!(
            (both.edges(), both.dropped(), both.support()),
            (&[7.0][..], 0, 1.0)
        );
    }

    #[test]
    fn timeouts_are_kept() {
        let mut slow = observations(
            &(0..60)
                .map(|i| (f64::from(i % 6), f64::from(i)))
                .collect::<Vec<_>>(),
        );
        slow[3].censored = true;
        let both = PostStratification::by_quantiles(&slow, &slow).unwrap();
        assert_eq!(both.samples(Probability::P50).unwrap().0.censored(), 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn two_sorted_lists_are_one(mut one in vec(0_u32..30, 0..20), mut other in vec(0_u32..30, 1..20)) {
            one.sort_unstable();
            other.sort_unstable();
            let numbers = |list: &[u32]| list.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
            let mut both = [one.clone(), other.clone()].concat();
            both.sort_unstable();
            let found = |place: usize| at_place([&numbers(&one), &numbers(&other)], place);
            prop_assert_eq!((0..both.len()).map(found).collect::<Vec<_>>(), numbers(&both));
        }

        /// The candidate is as fast for each length, but its answers are shorter: 0.81 without strata. Of half as
        /// many lengths, one ratio in 20,000 was farther from 1 by chance.
        #[test]
        fn shorter_answers_do_not_win(lengths in vec(10.0_f64..1000.0, 800..1000)) {
            let latency = |length: f64| (length, 100.0 + 5.0 * length);
            let base = observations(&lengths.iter().map(|&x| latency(x)).collect::<Vec<_>>());
            let cand = observations(&lengths.iter().map(|&x| latency(0.8 * x)).collect::<Vec<_>>());
            let both = PostStratification::by_quantiles(&base, &cand).unwrap();
            prop_assert!(both.support() > 0.7 && both.support() <= 1.0);
            let (a, b) = both.samples(Probability::P50).unwrap();
            let adjusted = compare(&a, &b, Probability::P50, Confidence::C95).ratio.unwrap();
            prop_assert!((adjusted - 1.0).abs() < 0.1, "{adjusted}");
        }

        #[test]
        fn the_order_does_not_matter(pairs in vec((1.0_f64..50.0, 1.0_f64..1e4), 100..200)) {
            let (a, b) = (observations(&pairs[..60]), observations(&pairs[60..]));
            let (mut c, mut d) = (a.clone(), b.clone());
            c.reverse();
            d.rotate_left(7);
            let one = PostStratification::by_quantiles(&a, &b).and_then(|both| both.samples(Probability::P90));
            let other = PostStratification::by_quantiles(&c, &d).and_then(|both| both.samples(Probability::P90));
            prop_assert_eq!(one, other);
        }
    }
}
