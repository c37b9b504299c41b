//! What latencies would be with other cold starts.

use super::probability::Probability;
use super::sample::Sample;
use super::strata::{Standardised, Stratum};

/// A request and what it waited for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StartedRequest {
    /// The initialisation that it waited for; 0 if none.
    pub init: f64,
    /// The time after that, or the limit at which it was stopped.
    pub handler: f64,
    /// Whether it was a cold start.
    pub cold: bool,
    /// Whether it was stopped.
    pub censored: bool,
}

/// The latencies of requests as they were and as they would be with other cold starts.
///
/// Without any, two samples bound the answer: a cold start's first call may itself be slower, so
/// neither dropping it nor taking off its initialisation alone is the truth. How far they are apart
/// says how much that matters.
#[derive(Debug, Clone, PartialEq)]
pub struct ColdStartWhatIf {
    requests: Vec<StartedRequest>,
}

impl ColdStartWhatIf {
    /// Of requests in any order.
    pub fn new(requests: Vec<StartedRequest>) -> Self {
        Self { requests }
    }

    /// Initialisation and handler together. `None` if there are no requests or a time is no latency.
    pub fn observed(&self) -> Option<Sample> {
        sample(self.requests.iter(), |request| request.init + request.handler)
    }

    /// Without the cold starts. `None` also if there are no others.
    pub fn warm_only(&self) -> Option<Sample> {
        let warm = self.requests.iter().filter(|request| !request.cold);
        sample(warm, |request| request.init + request.handler)
    }

    /// With the cold starts, but without what any request waited for initialisation.
    pub fn init_removed(&self) -> Option<Sample> {
        sample(self.requests.iter(), |request| request.handler)
    }

    /// With the stated share of cold starts instead of the observed one, from 0 to 1, for the `p`
    /// quantile. A benchmark's own share is mostly made by how it sends requests. `None` as for
    /// [`Standardised`].
    pub fn at_cold_share(&self, share: f64) -> Option<Standardised> {
        let mut strata = <[Stratum; 2]>::default();
        for request in &self.requests {
            let stratum = &mut strata[usize::from(!request.cold)];
            let list = if request.censored {
                &mut stratum.limits
            } else {
                &mut stratum.values
            };
            list.push(request.init + request.handler);
        }
        Standardised::new(strata.to_vec(), &[share, 1.0 - share])
    }

    /// Whether the `p` quantile lies among the cold starts if these are the slowest and have the
    /// stated share.
    pub fn is_among_cold_starts(p: Probability, share: f64) -> bool {
        share > p.complement()
    }
}

fn sample<'r>(
    requests: impl Iterator<Item = &'r StartedRequest>,
    time: impl Fn(&StartedRequest) -> f64,
) -> Option<Sample> {
    let (stopped, complete): (Vec<_>, Vec<_>) = requests.partition(|request| request.censored);
    let times = |requests: Vec<&StartedRequest>| requests.into_iter().map(&time).collect();
    Sample::with_censored(times(complete), times(stopped))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn requests(drawn: &[(bool, f64, f64, bool)]) -> ColdStartWhatIf {
        let request = |&(cold, init, handler, censored): &(bool, f64, f64, bool)| StartedRequest {
            init: if cold { init } else { 0.0 },
            handler,
            cold,
            censored,
        };
        ColdStartWhatIf::new(drawn.iter().map(request).collect())
    }

    #[test]
    fn where_there_are_no_others() {
        let nothing = requests(&[]);
        assert_eq!(
            (nothing.observed(), nothing.warm_only(), nothing.init_removed()),
            (None, None, None)
        );
        let cold = requests(&[(true, 5.0, 1.0, false), (true, 6.0, 2.0, true)]);
        assert_eq!(cold.warm_only(), None);
        assert_eq!(cold.init_removed().unwrap().values(), [1.0, 2.0]);
        assert_eq!(cold.observed().unwrap().censored(), 1);
        assert_eq!(cold.at_cold_share(0.1), None);
        assert!(cold.at_cold_share(1.0).is_some());
        assert!(ColdStartWhatIf::is_among_cold_starts(Probability::P99, 0.02));
        assert!(!ColdStartWhatIf::is_among_cold_starts(Probability::P99, 0.01));
    }

    proptest! {
        #[test]
        fn taking_off_initialisation_makes_nothing_slower(
            drawn in vec((proptest::bool::weighted(0.2), 1.0_f64..100.0, 1.0_f64..100.0, proptest::bool::weighted(0.1)), 4..80),
            percent in 1_u32..100,
        ) {
            let p = Probability::parse(&percent.to_string()).unwrap();
            let all = requests(&drawn);
            let (before, after) = (all.observed().unwrap(), all.init_removed().unwrap());
            prop_assert!(after.nearest_rank(p).value <= before.nearest_rank(p).value);
            let cold = drawn.iter().filter(|request| request.0).count();
            prop_assume!(cold >= 2 && drawn.len() - cold >= 2);
            // At its own share of cold starts it is as it was.
            let own = all.at_cold_share(cold as f64 / drawn.len() as f64).unwrap().sample(p).unwrap();
            prop_assert_eq!(own.values(), before.values());
            prop_assert!((own.mean() / before.mean() - 1.0).abs() < 1e-9);
        }
    }
}
