//! What latencies would be with other cold starts.

use super::probability::Probability;
use super::sample::Sample;
use super::strata::{Standardised, Stratum};

/// The requests of one side, those that waited for an initialisation apart, in the caller's unit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ColdStartWhatIf {
    /// Those that waited, with what they waited.
    pub cold: Stratum,
    /// The others.
    pub warm: Stratum,
}

impl ColdStartWhatIf {
    /// As it was. `None` if there are no requests or a value is no latency.
    pub fn observed(&self) -> Option<Sample> {
        let both = |of: fn(&Stratum) -> &Vec<f64>| [of(&self.cold).as_slice(), of(&self.warm)].concat();
        Sample::with_censored(both(|stratum| &stratum.values), both(|stratum| &stratum.limits))
    }

    /// Without the cold starts. `None` also if there are no others.
    pub fn warm_only(&self) -> Option<Sample> {
        Sample::with_censored(self.warm.values.clone(), self.warm.limits.clone())
    }

    /// With the stated share of cold starts instead of the observed one, from 0 to 1. A benchmark's own
    /// share is mostly made by how it sends requests. `None` as for [`Standardised`].
    pub fn at_cold_share(self, share: f64) -> Option<Standardised> {
        Standardised::new(vec![self.cold, self.warm], &[share, 1.0 - share])
    }

    /// Whether the `p` quantile lies among the cold starts if these are the slowest and have the
    /// stated share.
    pub fn is_among_cold_starts(p: Probability, share: f64) -> bool {
        share > p.complement()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn stratum(values: &[f64], limits: &[f64]) -> Stratum {
        Stratum {
            values: values.to_vec(),
            limits: limits.to_vec(),
        }
    }

    #[test]
    fn where_there_are_no_others() {
        let nothing = ColdStartWhatIf::default();
        assert_eq!((nothing.observed(), nothing.warm_only()), (None, None));
        let cold = ColdStartWhatIf {
            cold: stratum(&[6.0], &[8.0]),
            warm: Stratum::default(),
        };
        assert_eq!(cold.warm_only(), None);
        assert_eq!(cold.observed().unwrap().censored(), 1);
        assert_eq!(cold.clone().at_cold_share(0.1), None);
        assert!(cold.at_cold_share(1.0).is_some());
        assert!(ColdStartWhatIf::is_among_cold_starts(Probability::P99, 0.02));
        assert!(!ColdStartWhatIf::is_among_cold_starts(Probability::P99, 0.01));
    }

    proptest! {
        #[test]
        fn at_its_own_share_it_is_as_it_was(
            cold in vec(1.0_f64..200.0, 2..20), warm in vec(1.0_f64..100.0, 2..60), percent in 1_u32..100,
        ) {
            let p = Probability::parse(&percent.to_string()).unwrap();
            let all = ColdStartWhatIf { cold: stratum(&cold, &[]), warm: stratum(&warm, &[]) };
            let before = all.observed().unwrap();
            let share = cold.len() as f64 / (cold.len() + warm.len()) as f64;
            let own = all.at_cold_share(share).unwrap().sample(p).unwrap();
            prop_assert_eq!(own.values(), before.values());
            prop_assert!((own.mean() / before.mean() - 1.0).abs() < 1e-9);
        }
    }
}
