//! Sides whose requests were stopped at different times: ranking timeouts last is then a guess.

use super::quantiles::{COMPARED, ComparedQuantile};
use super::side::Side;
use crate::invocation::StartType;
use crate::stats::{Confidence, Interval, KaplanMeier, Probability, Sample, Verdict};
use crate::summary::{Metric, Warning};

/// What comes of several limits on a side.
#[derive(Debug, Clone, PartialEq)]
pub struct SeveralLimits {
    /// Baseline and candidate; absent where nothing clearly outlasts the smallest limit.
    pub sides: [Option<LimitedSide>; 2],
    /// The quantiles of total time that get no verdict for it.
    pub undecided: Vec<Probability>,
}

/// Total time of a side some of whose requests clearly outlast the smallest limit of others.
#[derive(Debug, Clone, PartialEq)]
pub struct LimitedSide {
    /// Where the first request was stopped, in microseconds of total time.
    pub smallest: f64,
    /// How many requests were stopped.
    pub stopped: usize,
    /// Each compared quantile by Kaplan and Meier with its 95 % interval, in microseconds; no estimate if too many
    /// requests were stopped before.
    pub quantiles: Vec<(Probability, Option<f64>, Interval)>,
}

/// A limit is clearly outlasted by more than this share of it, and by more than [`CLEARLY_US`]: where a handler gives
/// up at a deadline, and where Lambda kills, durations differ by some milliseconds.
const CLEARLY: f64 = 0.1;
/// See [`CLEARLY`]; in microseconds.
const CLEARLY_US: f64 = 500_000.0;

impl SeveralLimits {
    /// Of two sides. `None` if neither has several.
    pub(super) fn of(sides: [&Side; 2]) -> Option<Self> {
        let found = sides.map(|side| {
            let is_limited = is_outlasted(side.all.sample(Metric::Duration)?);
            is_limited
                .then(|| LimitedSide::of(side.all.sample(Metric::Total)?))
                .flatten()
        });
        found.iter().any(Option::is_some).then_some(Self {
            sides: found,
            undecided: Vec::new(),
        })
    }

    /// Takes the verdicts away of those quantiles that reach where the first request of a side was stopped: of total
    /// time, duration, inference, and total time of warm invocations.
    pub(super) fn judging(mut self, sides: [&Side; 2], compared: [&mut Vec<ComparedQuantile>; 4]) -> Self {
        let of = |metric| sides.map(|side| side.all.sample(metric));
        let warm = sides.map(|side| side.start(StartType::Warm)?.latencies.sample(Metric::Total));
        let samples = [
            of(Metric::Total),
            of(Metric::Duration),
            of(Metric::Inference),
            warm,
        ];
        let undecided = compared
            .into_iter()
            .zip(samples)
            .map(|(compared, samples)| self.judge_nothing_beyond(compared, samples));
        // The first are those of total time, which is what is said of.
        let undecided: Vec<Vec<Probability>> = undecided.collect();
        self.undecided = undecided.into_iter().next().unwrap_or_default();
        self
    }

    /// Those of the compared quantiles of these samples that have lost their verdict.
    fn judge_nothing_beyond(
        &self,
        compared: &mut [ComparedQuantile],
        samples: [Option<&Sample>; 2],
    ) -> Vec<Probability> {
        let mut undecided = Vec::new();
        for quantile in compared.iter_mut().filter(|quantile| quantile.verdict.is_some()) {
            let summaries = [&quantile.baseline, &quantile.candidate];
            let is_reached = (0..2).any(|side| {
                let smallest = self.sides[side]
                    .as_ref()
                    .and(samples[side])
                    .and_then(smallest_limit);
                let ends = summaries[side]
                    .as_ref()
                    .map(|summary| (summary.estimate.value, summary.interval.high));
                smallest.zip(ends).is_some_and(|(smallest, (estimate, high))| {
                    estimate >= smallest || high.is_none_or(|high| high >= smallest)
                })
            });
            if is_reached {
                quantile.verdict = Some(Verdict::Inconclusive);
                quantile.requests_needed = None;
                undecided.push(quantile.p);
            }
        }
        undecided
    }

    /// What a reader must know of the verdicts that are not given.
    pub(super) fn warnings(&self, names: [&str; 2]) -> Vec<Warning> {
        if self.undecided.is_empty() {
            return Vec::new();
        }
        let quantiles: Vec<String> = self.undecided.iter().map(|p| p.label()).collect();
        let of = |position: usize| {
            Some(Warning::SeveralLimits {
                of: names[position].to_owned(),
                smallest_ms: (self.sides[position].as_ref()?.smallest / 1000.0).round() as u64,
                quantiles: quantiles.clone(),
            })
        };
        (0..2).filter_map(of).collect()
    }
}

impl LimitedSide {
    fn of(sample: &Sample) -> Option<Self> {
        let (complete, limits) = sample.complete_and_limits();
        let curve = KaplanMeier::of(complete, limits)?;
        let at = |p| (p, curve.quantile(p), curve.interval(p, Confidence::C95));
        Some(Self {
            smallest: curve.smallest_limit()?,
            stopped: limits.len(),
            quantiles: COMPARED.map(at).to_vec(),
        })
    }
}

fn smallest_limit(sample: &Sample) -> Option<f64> {
    sample.complete_and_limits().1.first().copied()
}

/// Whether a quantile of a side's sample reaches where the first of several limits stopped a request.
pub(super) fn is_beyond_a_limit(side: &Side, sample: &Sample, p: Probability) -> bool {
    let reaches = |smallest: f64| {
        let high = sample.interval(p, Confidence::C95).high;
        sample.quantile(p).value >= smallest || high.is_none_or(|high| high >= smallest)
    };
    side.all.sample(Metric::Duration).is_some_and(is_outlasted) && smallest_limit(sample).is_some_and(reaches)
}

/// Whether the duration of any request clearly outlasts where another was stopped. Initialisation does not count: no
/// limit of the function is on it.
fn is_outlasted(durations: &Sample) -> bool {
    smallest_limit(durations).is_some_and(|smallest| {
        let longest = durations.max();
        longest > smallest * (1.0 + CLEARLY) && longest > smallest + CLEARLY_US
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_several_if_one_is_clearly_outlasted() {
        let is_several = |stopped_ms: &[u64], completed_ms: &[u64]| {
            let micros = |times: &[u64]| times.iter().map(|ms| (ms * 1000) as f64).collect();
            is_outlasted(&Sample::with_censored(micros(completed_ms), micros(stopped_ms)).unwrap())
        };
        assert!(!is_several(&[], &[100, 90_000]));
        assert!(
            !is_several(&[3000, 3003, 3160], &[900]),
            "one limit, printed with what it took to kill"
        );
        assert!(!is_several(&[120_000, 122_066], &[]));
        assert!(
            !is_several(&[1000, 1300], &[1400]),
            "a deadline and what the handler did around it"
        );
        assert!(is_several(&[3000, 10_000], &[900]));
        assert!(
            is_several(&[3000], &[900, 8000]),
            "another limit that nothing reached"
        );
    }
}
