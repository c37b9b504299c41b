//! Many invocations as counts: what is kept of a saved baseline that is too large to keep each of its invocations.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::gate::Rate;
use super::quantiles::Arm;
use super::rates::{SHOWN_RATES, design_effect};
use super::side::Side;
use crate::dataset::Columns;
use crate::invocation::{Outcome, StartType};
use crate::stats::{Dependence, Histogram, Probability, Sample};
use crate::summary::{Failures, Metric, value_of};

/// The largest time that has a bucket, in microseconds: longer than any invocation of a function with its start.
const LONGEST_US: u64 = 3600 * 1_000_000;

/// More than so many would not fit in memory again.
const MOST_INVOCATIONS: u64 = 500_000_000;

/// All invocations of a baseline, counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// How many invocations, failures included.
    pub invocations: u64,
    /// Those of each start type that occurs.
    pub starts: Vec<CountedStart>,
    /// How requests depend on those before them.
    dependence: Vec<KeptDependence>,
    /// Of failures, timeouts and throttles: how many requests are worth one independent one.
    rate_effects: [Option<f64>; 3],
    /// When the first and the last ended, milliseconds since the epoch.
    pub(super) span_ms: Option<(i64, i64)>,
    /// How far p95 of total time differs between the first and the second half, if it does.
    pub(super) noise_floor: Option<f64>,
}

/// The invocations of one start type, counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountedStart {
    /// The start type, a position in [`StartType::ALL`].
    start: u32,
    /// How many ended in each way, in the order of [`Outcome::ALL`].
    pub outcomes: [u64; 3],
    /// How many tell whether their last call was throttled.
    pub throttle_told: u64,
    /// How many say that it was.
    pub throttled: u64,
    /// The times of each metric, in the order of [`Metric::ALL`].
    times: Vec<CountedTimes>,
}

/// The times of one metric.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CountedTimes {
    /// Of answered invocations, in full.
    complete: Buckets,
    /// Where invocations were stopped.
    limits: Buckets,
    /// Of failures.
    failed: Buckets,
}

/// Counts by bucket: the smallest time of it in microseconds, and how many; and how many were longer than any bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Buckets {
    counts: Vec<(u64, u64)>,
    longer: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptDependence {
    /// A position in [`Metric::ALL`].
    metric: u32,
    /// A position in [`StartType::ALL`]; all start types if absent.
    start: Option<u32>,
    /// The quantile in thousandths.
    per_mille: u32,
    len: usize,
    autocorrelation_time: f64,
    batch_effect: f64,
    exceedances: usize,
    clusters: usize,
}

/// The quantiles whose dependence is kept, in thousandths. For another one the strongest of these is taken.
const KEPT_PER_MILLE: [u32; 5] = [500, 900, 950, 990, 999];

impl Counted {
    /// Counts the invocations of a side.
    pub(super) fn of(side: &Side, failures: Failures) -> Self {
        let starts = || {
            StartType::ALL
                .into_iter()
                .filter(|start| side.start(*start).is_some())
        };
        let mut dependence = Vec::new();
        for start in std::iter::once(None).chain(starts().map(Some)) {
            let wanted = Metric::ALL.map(|metric| (metric, start));
            for (metric, arm) in (0_u32..).zip(Arm::of_side(side, failures, wanted)) {
                let Some(arm) = arm else { continue };
                dependence.extend(KEPT_PER_MILLE.into_iter().filter_map(|per_mille| {
                    let found = arm.dependence(quantile(per_mille)?)?;
                    Some(KeptDependence {
                        metric,
                        start: start.map(|start| start as u32),
                        per_mille,
                        len: found.len,
                        autocorrelation_time: found.autocorrelation_time,
                        batch_effect: found.batch_effect,
                        exceedances: found.exceedances,
                        clusters: found.clusters,
                    })
                }));
            }
        }
        let [total] = Arm::of_side(side, failures, [(Metric::Total, None)]);
        Self {
            invocations: side.rows.len() as u64,
            starts: starts()
                .map(|start| CountedStart::of(&side.rows, start))
                .collect(),
            dependence,
            rate_effects: SHOWN_RATES.map(|rate| design_effect(rate, side)),
            span_ms: side
                .span
                .map(|span| (span.first.as_epoch_millis(), span.last.as_epoch_millis())),
            noise_floor: total.and_then(|arm| arm.noise_floor(Probability::P95)),
        }
    }

    /// The values of a metric, of one start type or of all.
    pub(super) fn sample(
        &self,
        metric: Metric,
        start: Option<StartType>,
        failures: Failures,
    ) -> Option<Sample> {
        let (mut complete, mut limits) = (Histogram::new(LONGEST_US)?, Histogram::new(LONGEST_US)?);
        let meant = |of: &&CountedStart| start.is_none_or(|start| of.start == start as u32);
        for times in self
            .starts
            .iter()
            .filter(meant)
            .filter_map(|of| of.times.get(metric as usize))
        {
            complete.merge(&times.complete.histogram()?).ok()?;
            limits.merge(&times.limits.histogram()?).ok()?;
            if failures == Failures::Included {
                complete.merge(&times.failed.histogram()?).ok()?;
            }
        }
        Sample::of_histogram(&complete, &limits)
    }

    /// How requests depend on each other at a quantile: that of the one that is kept, else the strongest of those that
    /// are kept of the metric.
    pub(super) fn dependence(
        &self,
        metric: Metric,
        start: Option<StartType>,
        p: Probability,
    ) -> Option<Dependence> {
        let of_metric = || {
            let meant = move |kept: &&KeptDependence| {
                kept.metric == metric as u32 && kept.start == start.map(|start| start as u32)
            };
            self.dependence.iter().filter(meant)
        };
        let same = of_metric().find(|kept| quantile(kept.per_mille) == Some(p));
        let stronger = |a: &&KeptDependence, b: &&KeptDependence| {
            a.found().design_effect().total_cmp(&b.found().design_effect())
        };
        same.or_else(|| of_metric().max_by(stronger))
            .map(KeptDependence::found)
    }

    /// To how many invocations it happened, and how many tell, of one start type or of all.
    pub(super) fn tally(&self, rate: Rate, start: Option<StartType>) -> (u64, u64) {
        let meant = |of: &&CountedStart| start.is_none_or(|start| of.start == start as u32);
        let of_start = |of: &CountedStart| match rate {
            Rate::Timeout => (of.outcomes[Outcome::Timeout as usize], of.invocations()),
            Rate::Error => (of.outcomes[Outcome::Error as usize], of.invocations()),
            Rate::Cold if of.start == StartType::Cold as u32 => (of.invocations(), of.invocations()),
            Rate::Cold => (0, of.invocations()),
            Rate::Throttle => (of.throttled, of.throttle_told),
        };
        let told = self.starts.iter().filter(meant).map(of_start);
        told.fold((0, 0), |sum, (count, total)| (sum.0 + count, sum.1 + total))
    }

    /// How many requests are worth one independent one, of a rate.
    pub(super) fn rate_effect(&self, rate: Rate) -> Option<f64> {
        let at = SHOWN_RATES.iter().position(|shown| *shown == rate)?;
        self.rate_effects[at]
    }

    /// How many invocations ended so.
    pub(super) fn ended(&self, outcome: Outcome) -> usize {
        self.starts
            .iter()
            .map(|of| of.outcomes[outcome as usize] as usize)
            .sum()
    }

    /// Whether every start type is there once.
    fn is_once_each(&self) -> bool {
        let starts: BTreeSet<u32> = self.starts.iter().map(|of| of.start).collect();
        starts.len() == self.starts.len()
    }

    /// Whether everything in it means something.
    pub(super) fn is_sound(&self) -> bool {
        let of_start = |of: &CountedStart| {
            let all = sum(of.outcomes.into_iter());
            let fits = |count: Option<u64>| count.is_some() && count <= all;
            let times = of.times.iter().all(|times| fits(times.count()));
            // Every invocation has a duration.
            let is_whole = of.times.first().and_then(CountedTimes::count) == all;
            let is_known = StartType::ALL.get(of.start as usize).is_some();
            is_known
                && of.times.len() == Metric::ALL.len()
                && times
                && is_whole
                && of.throttled <= of.throttle_told
        };
        let counted = sum(self.starts.iter().flat_map(|of| of.outcomes));
        counted == Some(self.invocations)
            && (1..=MOST_INVOCATIONS).contains(&self.invocations)
            && self.starts.iter().all(of_start)
            && self.is_once_each()
            && self.dependence.iter().all(|kept| kept.is_sound(self.invocations))
            && self
                .rate_effects
                .iter()
                .flatten()
                .all(|effect| effect.is_finite() && *effect >= 1.0)
            && self
                .noise_floor
                .is_none_or(|floor| floor.is_finite() && floor > 0.0)
            && self.span_ms.is_none_or(|(first, last)| first <= last)
    }
}

impl CountedStart {
    fn of(rows: &Columns, start: StartType) -> Self {
        let mut counted = Self {
            start: start as u32,
            outcomes: [0; 3],
            throttle_told: 0,
            throttled: 0,
            times: vec![CountedTimes::default(); Metric::ALL.len()],
        };
        let is_in = |row: &usize| rows.start[*row] == start as u32;
        for row in (0..rows.len()).filter(is_in) {
            counted.outcomes[rows.outcome[row] as usize] += 1;
            if rows.is_matched[row] {
                counted.throttle_told += 1;
                counted.throttled += u64::from(rows.facts.is_throttled.get(row) == Some(&true));
            }
        }
        for (metric, times) in Metric::ALL.into_iter().zip(&mut counted.times) {
            let of = |keep: &dyn Fn(usize, bool) -> bool| {
                let values = (0..rows.len()).filter(is_in).filter_map(|row| {
                    let (value, is_bound) = value_of(rows, row, metric)?;
                    keep(row, is_bound).then_some(value)
                });
                Buckets::of(values)
            };
            let is_failed = |row: usize| rows.outcome[row] == Outcome::Error as u32;
            *times = CountedTimes {
                complete: of(&|row, is_bound| !is_failed(row) && !is_bound),
                limits: of(&|row, is_bound| !is_failed(row) && is_bound),
                failed: of(&|row, _| is_failed(row)),
            };
        }
        counted
    }

    /// The start type.
    pub(super) fn start_type(&self) -> StartType {
        StartType::ALL[self.start as usize]
    }

    /// How many invocations.
    pub(super) fn invocations(&self) -> u64 {
        self.outcomes.iter().sum()
    }
}

impl CountedTimes {
    /// How many times there are, if that is a number that can be.
    fn count(&self) -> Option<u64> {
        let lists = [&self.complete, &self.limits, &self.failed];
        let counts = lists
            .iter()
            .flat_map(|list| list.counts.iter().map(|(_, count)| *count));
        sum(counts.chain(lists.iter().map(|list| list.longer)))
    }
}

impl Buckets {
    fn of(values: impl Iterator<Item = u64>) -> Self {
        let Some(mut histogram) = Histogram::new(LONGEST_US) else {
            return Self::default();
        };
        values.for_each(|value| histogram.record(value));
        Self {
            counts: histogram
                .buckets()
                .map(|bucket| (bucket.low, bucket.count))
                .collect(),
            longer: histogram.saturated(),
        }
    }

    fn histogram(&self) -> Option<Histogram> {
        let mut histogram = Histogram::new(LONGEST_US)?;
        self.counts
            .iter()
            .for_each(|(low, count)| histogram.record_many(*low, *count));
        histogram.record_many(LONGEST_US + 1, self.longer);
        Some(histogram)
    }
}

impl KeptDependence {
    fn is_sound(&self, invocations: u64) -> bool {
        let all = usize::try_from(invocations).unwrap_or(usize::MAX);
        (1..=all).contains(&self.len)
            && self.exceedances <= self.len
            && self.clusters <= self.exceedances
            && self.autocorrelation_time.is_finite()
            && self.batch_effect.is_finite()
    }

    fn found(&self) -> Dependence {
        Dependence {
            len: self.len,
            autocorrelation_time: self.autocorrelation_time,
            batch_effect: self.batch_effect,
            exceedances: self.exceedances,
            clusters: self.clusters,
        }
    }
}

/// The sum, if it is a number that can be.
fn sum(mut counts: impl Iterator<Item = u64>) -> Option<u64> {
    counts.try_fold(0_u64, u64::checked_add)
}

fn quantile(per_mille: u32) -> Option<Probability> {
    Probability::parse(&format!("{}.{}", per_mille / 10, per_mille % 10)).ok()
}
