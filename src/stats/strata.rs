//! Samples whose kinds of requests are brought to stated shares.

use super::probability::Probability;
use super::sample::Sample;
use super::sort::sorted_together;

/// The requests of one kind, in the caller's unit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stratum {
    /// The values of those that were completed.
    pub values: Vec<f64>,
    /// The limits at which the others were stopped.
    pub limits: Vec<f64>,
}

impl Stratum {
    /// How many requests there are, those that were stopped included.
    pub fn len(&self) -> usize {
        self.values.len() + self.limits.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The share of the requests that are not above a value. What was stopped is above it.
    fn share_up_to(&self, value: f64) -> f64 {
        let not_above = self.values.iter().filter(|x| **x <= value).count();
        not_above as f64 / self.len() as f64
    }
}

/// A sample in which each stratum has the stated share of all requests, by giving each request of a
/// stratum the weight share/n.
#[derive(Debug, Clone, PartialEq)]
pub struct Standardised {
    /// The strata that have a share, and it.
    strata: Vec<(Stratum, f64)>,
    sample: Sample,
}

impl Standardised {
    /// `None` if there are not as many shares as strata, a share is negative or not finite, all are 0,
    /// or a stratum of a positive share has fewer than two requests or a value that is no latency.
    pub fn new(strata: Vec<Stratum>, shares: &[f64]) -> Option<Self> {
        let sum: f64 = shares.iter().sum();
        let valid = |share: &f64| *share >= 0.0;
        if strata.len() != shares.len() || !shares.iter().all(valid) || !sum.is_finite() || sum <= 0.0 {
            return None;
        }
        let mut strata: Vec<(Stratum, f64)> = strata
            .into_iter()
            .zip(shares)
            .filter(|(_, share)| **share > 0.0)
            .map(|(stratum, share)| (stratum, share / sum))
            .collect();
        if strata.iter().any(|(stratum, _)| stratum.len() < 2) {
            return None;
        }
        let weight = |(stratum, share): &(Stratum, f64)| *share / stratum.len() as f64;
        // Equal values are in the order of their weights, whatever the order of the strata.
        strata.sort_by(|one, other| weight(one).total_cmp(&weight(other)));
        let weights: Vec<f64> = strata.iter().map(weight).collect();
        let lists = |of: fn(&Stratum) -> &[f64]| -> Vec<&[f64]> {
            strata.iter().map(|(stratum, _)| of(stratum)).collect()
        };
        let values = sorted_together(&lists(|stratum| &stratum.values));
        let limits = sorted_together(&lists(|stratum| &stratum.limits));
        let weights = values
            .1
            .iter()
            .chain(&limits.1)
            .map(|list| weights[usize::from(*list)]);
        let sample = Sample::weighted_in_order(values.0, limits.0, weights)?;
        Some(Self { strata, sample })
    }

    /// The sample as what it is worth at the `p` quantile.
    ///
    /// The variance of the estimated distribution function at the quantile is
    /// V = Σ T²·q(1 − q)/(n − 1) over the strata, with T the share and q the part of the stratum up to
    /// the quantile (Cochran, Sampling Techniques, on stratified sampling), and the sample is worth
    /// p(1 − p)/V independent requests, at least 1 and at most [`Sample::MAX_WORTH`] times its own.
    pub fn sample(&self, p: Probability) -> Option<Sample> {
        let quantile = self.sample.nearest_rank(p);
        let value = if quantile.censored {
            f64::INFINITY
        } else {
            quantile.value
        };
        let variance: f64 = self
            .strata
            .iter()
            .map(|(stratum, share)| {
                let below = stratum.share_up_to(value);
                share.powi(2) * below * (1.0 - below) / (stratum.len() - 1) as f64
            })
            .sum();
        let largest = self.sample.largest_effective_size();
        // The quotient is infinite if every stratum lies wholly on one side of the quantile.
        let worth = p.as_f64() * p.complement() / variance;
        self.sample.clone().with_effective_size(worth.clamp(1.0, largest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn stratum(values: &[f64]) -> Stratum {
        Stratum {
            values: values.to_vec(),
            limits: vec![],
        }
    }

    fn standardise(strata: &[Stratum], shares: &[f64], p: Probability) -> Option<Sample> {
        Standardised::new(strata.to_vec(), shares)?.sample(p)
    }

    #[test]
    fn shares_must_fit() {
        let two = [stratum(&[1.0, 2.0]), stratum(&[3.0])];
        for shares in [
            vec![1.0],
            vec![0.0, 0.0],
            vec![1.0, -1.0],
            vec![f64::NAN, 1.0],
            vec![f64::INFINITY, 1.0],
            vec![0.5, 0.5],
        ] {
            assert_eq!(standardise(&two, &shares, Probability::P50), None, "{shares:?}");
        }
        assert_eq!(standardise(&[], &[], Probability::P50), None);
        assert_eq!(
            standardise(&two, &[1.0, 0.0], Probability::P50).unwrap().values(),
            [1.0, 2.0]
        );
        assert_eq!((two[1].len(), Stratum::default().is_empty()), (1, true));
    }

    #[test]
    fn what_was_stopped_stays_above_all() {
        let cold = Stratum {
            values: vec![5.0, 6.0],
            limits: vec![30.0, 30.0],
        };
        let warm = stratum(&(1..=100).map(f64::from).collect::<Vec<_>>());
        let sample = standardise(&[cold, warm], &[0.2, 0.8], Probability::P90).unwrap();
        assert_eq!(sample.censored(), 2);
        // Timeouts are a tenth of the weight.
        assert!(!sample.nearest_rank(Probability::parse("89").unwrap()).censored);
        assert!(sample.nearest_rank(Probability::parse("91").unwrap()).censored);
    }

    proptest! {
        /// One stratum is a sample of independent values, but for n − 1 instead of n.
        #[test]
        fn one_stratum_is_the_sample_itself(values in vec(0.0_f64..1e6, 2..100), share in 0.01_f64..10.0) {
            let sample = standardise(&[stratum(&values)], &[share], Probability::P50).unwrap();
            let plain = Sample::new(values).unwrap();
            prop_assert_eq!(sample.values(), plain.values());
            prop_assert_eq!(sample.quantile(Probability::P50), plain.quantile(Probability::P50));
            prop_assert!(sample.effective_size() >= 1.0 && sample.effective_size() <= plain.len() as f64);
        }

        #[test]
        fn the_mean_is_the_mean_of_the_strata(
            a in vec(0.0_f64..1e6, 2..50), b in vec(0.0_f64..1e6, 2..50), share in 0.01_f64..0.99,
        ) {
            let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
            let strata = [stratum(&a), stratum(&b)];
            let sample = standardise(&strata, &[share, 1.0 - share], Probability::P90).unwrap();
            let expected = share * mean(&a) + (1.0 - share) * mean(&b);
            prop_assert!((sample.mean() - expected).abs() <= 1e-9 * expected.max(1.0));
            let other_way = standardise(&[strata[1].clone(), strata[0].clone()], &[1.0 - share, share], Probability::P90);
            prop_assert!((other_way.unwrap().effective_size() / sample.effective_size() - 1.0).abs() < 1e-9);
        }
    }
}
