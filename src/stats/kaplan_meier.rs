//! Quantiles where requests were stopped at different limits.

use super::interval::Interval;
use super::level::Confidence;
use super::normal::normal_quantile;
use super::probability::Probability;

/// The estimate of Kaplan and Meier (1958) of how many requests outlast a time. Unlike a
/// [`Sample`](super::Sample) it does not rank what was stopped last but takes it out of account after its
/// limit. It assumes that where a request is stopped does not depend on how long it would have taken.
#[derive(Debug, Clone, PartialEq)]
pub struct KaplanMeier {
    /// Where a request was completed, ascending.
    steps: Vec<Step>,
    smallest_limit: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Step {
    time: f64,
    /// The estimated share of requests that take longer.
    survival: f64,
    /// Σ d/(n(n − d)) up to here: the relative variance by Greenwood (1926).
    variance: f64,
}

/// S that equals a share but for rounding is at it.
const SLACK: f64 = 1e-12;

impl KaplanMeier {
    /// From complete values and from limits, each in any order and of the same unit. `None` if there
    /// are none or one is negative or not finite.
    pub fn of(values: &[f64], limits: &[f64]) -> Option<Self> {
        let valid = |value: &f64| value.is_finite() && *value >= 0.0;
        let all = values.len() + limits.len();
        if all == 0 || !values.iter().chain(limits).all(valid) {
            return None;
        }
        let sorted = |values: &[f64]| {
            let mut values = values.to_vec();
            values.sort_unstable_by(f64::total_cmp);
            values
        };
        let (values, limits) = (sorted(values), sorted(limits));
        let (mut survival, mut variance, mut passed) = (1.0, 0.0, 0);
        let mut steps = Vec::new();
        for tie in values.chunk_by(|a, b| a == b) {
            let time = tie[0];
            // What was stopped at the same time was still running.
            let stopped = limits.partition_point(|limit| *limit < time);
            let (running, completed) = ((all - passed - stopped) as f64, tie.len() as f64);
            survival *= 1.0 - completed / running;
            variance += completed / (running * (running - completed));
            passed += tie.len();
            steps.push(Step {
                time,
                survival,
                variance,
            });
        }
        Some(Self {
            steps,
            smallest_limit: limits.first().copied(),
        })
    }

    /// The estimated share of requests that take longer than a time, from 0 to 1.
    pub fn survival(&self, time: f64) -> f64 {
        let passed = self.steps.partition_point(|step| step.time <= time);
        passed
            .checked_sub(1)
            .map_or(1.0, |last| self.steps[last].survival)
    }

    /// The smallest limit at which a request was stopped. Beyond it no ratio is to be judged.
    pub fn smallest_limit(&self) -> Option<f64> {
        self.smallest_limit
    }

    /// The `p` quantile: the first time that at most the share 1 − p outlasts. `None` if so many
    /// were stopped before.
    pub fn quantile(&self, p: Probability) -> Option<f64> {
        self.first(p, |step| step.survival)
    }

    /// The interval of the `p` quantile by Brookmeyer and Crowley (1982): the times at which 1 − p is
    /// within the interval of the survival, on the scale ln(−ln S), which keeps it within 0 and 1. An
    /// end is `None` if it lies beyond what was completed.
    pub fn interval(&self, p: Probability, confidence: Confidence) -> Interval {
        let z = -normal_quantile(confidence.tail());
        let bound = |step: &Step, z: f64| {
            let spread = z * step.variance.sqrt() / -step.survival.ln();
            step.survival.powf(spread.exp())
        };
        // Where nobody is left the variance is infinite: there the upper bound before it stands.
        let is_known = |step: &Step| step.survival > 0.0;
        let last = self.steps.iter().rfind(|step| is_known(step));
        let last = last.map_or(1.0, |step| bound(step, -z));
        Interval {
            low: self.first(p, |step| if is_known(step) { bound(step, z) } else { 0.0 }),
            high: self.first(p, |step| if is_known(step) { bound(step, -z) } else { last }),
        }
    }

    fn first(&self, p: Probability, survival: impl Fn(&Step) -> f64) -> Option<f64> {
        let reached = |step: &&Step| survival(step) <= p.complement() + SLACK;
        self.steps.iter().find(reached).map(|step| step.time)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Sample, order_statistic_ranks};
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn percent() -> impl Strategy<Value = Probability> {
        (1_u32..100).prop_map(|k| Probability::parse(&k.to_string()).unwrap())
    }

    #[test]
    fn what_was_only_stopped_has_no_quantile() {
        assert_eq!(KaplanMeier::of(&[], &[]), None);
        assert_eq!(KaplanMeier::of(&[1.0], &[f64::INFINITY]), None);
        let stopped = KaplanMeier::of(&[], &[3.0, 2.0]).unwrap();
        assert_eq!(
            (stopped.quantile(Probability::P50), stopped.smallest_limit()),
            (None, Some(2.0))
        );
        assert_eq!(
            stopped.interval(Probability::P50, Confidence::C95),
            Interval::UNBOUNDED
        );
        assert_eq!(stopped.survival(9.0), 1.0);
        let one = KaplanMeier::of(&[4.0], &[]).unwrap();
        assert_eq!(
            (
                one.quantile(Probability::P50),
                one.survival(3.9),
                one.survival(4.0)
            ),
            (Some(4.0), 1.0, 0.0)
        );
    }

    /// The data of Brookmeyer and Crowley's kind in textbooks: the remission times of 21 patients of
    /// Freireich et al. (1963), with S as tabulated; the interval of the median on this scale.
    #[test]
    fn known_remission_times() {
        let values = [6.0, 6.0, 6.0, 7.0, 10.0, 13.0, 16.0, 22.0, 23.0];
        let limits = [
            6.0, 9.0, 10.0, 11.0, 17.0, 19.0, 20.0, 25.0, 32.0, 32.0, 34.0, 35.0,
        ];
        let curve = KaplanMeier::of(&values, &limits).unwrap();
        for (time, survival) in [
            (6.0, 0.857),
            (7.0, 0.807),
            (10.0, 0.753),
            (13.0, 0.690),
            (16.0, 0.627),
            (22.0, 0.538),
            (23.0, 0.448),
        ] {
            assert!((curve.survival(time) - survival).abs() < 5e-4, "{time}");
        }
        assert_eq!(curve.quantile(Probability::P50), Some(23.0));
        assert_eq!(
            curve.interval(Probability::P50, Confidence::C95),
            Interval {
                low: Some(13.0),
                high: None
            }
        );
    }

    proptest! {
        #[test]
        fn without_limits_it_is_the_nearest_rank(values in vec(0.0_f64..1e6, 1..100), p in percent()) {
            let curve = KaplanMeier::of(&values, &[]).unwrap();
            let sample = Sample::new(values).unwrap();
            prop_assert_eq!(curve.quantile(p), Some(sample.nearest_rank(p).value));
        }

        #[test]
        fn one_limit_above_all_changes_nothing_below(values in vec(0.0_f64..1e6, 1..60), stopped in 1_usize..20, p in percent()) {
            let limits = vec![2e6; stopped];
            let curve = KaplanMeier::of(&values, &limits).unwrap();
            let quantile = Sample::with_censored(values, limits).unwrap().nearest_rank(p);
            prop_assert_eq!(curve.quantile(p), (!quantile.censored).then_some(quantile.value));
        }

        #[test]
        fn the_interval_holds_the_quantile(values in vec(0.0_f64..1e3, 1..60), limits in vec(0.0_f64..1e3, 0..30), p in percent()) {
            let curve = KaplanMeier::of(&values, &limits).unwrap();
            let interval = curve.interval(p, Confidence::C95);
            if let Some(quantile) = curve.quantile(p) {
                prop_assert!(interval.low.is_none_or(|low| low <= quantile));
                prop_assert!(interval.high.is_none_or(|high| high >= quantile));
            }
            let wider = curve.interval(p, Confidence::C99);
            prop_assert!(wider.low <= interval.low || interval.low.is_none());
            prop_assert!(interval.high.is_none() || wider.high.is_none() || wider.high >= interval.high);
        }

        #[test]
        fn without_limits_it_is_near_the_exact_interval(values in vec(0.0_f64..1e6, 200..300)) {
            let curve = KaplanMeier::of(&values, &[]).unwrap().interval(Probability::P50, Confidence::C95);
            let sample = Sample::new(values).unwrap();
            let exact = order_statistic_ranks(sample.len() as u64, Probability::P50, Confidence::C95);
            let rank = |value: f64| sample.values().partition_point(|x| *x <= value) as u64;
            prop_assert!(rank(curve.low.unwrap()).abs_diff(exact.low.unwrap()) <= 3);
            prop_assert!(rank(curve.high.unwrap()).abs_diff(exact.high.unwrap()) <= 3);
        }
    }
}
