//! Inference's share of the time, and what it allows at most.

use super::ordered::Ordered;
use super::requests::WAITED;
use crate::dataset::Columns;
use crate::invocation::{Outcome, StartType};
use crate::stats::{Confidence, Interval, Probability, Sample, Share};
use crate::summary::{Latencies, Metric, QuantileSummary, RowInference, inference_of};

/// A share as a ratio of sums, with its 95 % interval as far as the requests depend on each other.
#[derive(Debug, Clone, PartialEq)]
pub struct EstimatedShare {
    /// How many requests it is of.
    pub requests: usize,
    /// The ratio of the sums.
    pub ratio: f64,
    /// Its interval, if there is one.
    pub interval: Option<Interval>,
}

impl EstimatedShare {
    /// Of (part, whole) of each request in order of arrival, or in any order if that is not known. `None` where the
    /// pairs make no [`Share`].
    pub(super) fn of(pairs: Vec<(f64, f64)>, is_timed: bool) -> Option<Self> {
        let share = Share::from_pairs(pairs)?;
        let effect = match is_timed {
            true => share.design_effect(),
            false => 1.0,
        };
        Some(Self {
            requests: share.requests(),
            ratio: share.ratio_of_sums(),
            interval: share.interval_of_dependent(Confidence::C95, effect),
        })
    }

    /// What follows from the share, and from the ends of its interval.
    fn bound(&self, of: fn(&Share) -> Option<f64>) -> Option<(f64, Interval)> {
        let at = |ratio: f64| of(&Share::from_pairs(vec![(ratio, 1.0)])?);
        let ends = self.interval.unwrap_or(Interval::UNBOUNDED);
        let (low, high) = (ends.low.and_then(at), ends.high.and_then(at));
        // Without overhead a smaller share allows more.
        let (low, high) = match low > high && high.is_some() {
            true => (high, low),
            false => (low, high),
        };
        Some((at(self.ratio)?, Interval { low, high }))
    }
}

/// Inference's share of the time of one side's requests, all or those of one start type.
#[derive(Debug, Clone, PartialEq)]
pub struct InferenceShare {
    /// Which start type; `None` for all.
    pub start: Option<StartType>,
    /// Its share of the duration: of what the handler takes.
    pub of_duration: EstimatedShare,
    /// Its share of total time: of what the caller waits for inside Lambda.
    pub of_total: EstimatedShare,
    /// Requests that waited for a start of which the log has no time, so that total time is a lower bound.
    pub without_init: usize,
}

impl InferenceShare {
    /// With fewer requests that waited for a start than so many nothing is said of the share among them.
    pub const FEWEST_COLD: usize = 10;

    /// Over all start types, then of each that occurs.
    pub(super) fn all(rows: &Columns, ordered: &Ordered) -> Vec<Self> {
        let mut occurs = [false; StartType::ALL.len()];
        for &row in &ordered.rows {
            occurs[rows.start[row] as usize] = true;
        }
        let starts = StartType::ALL.into_iter().filter(|start| occurs[*start as usize]);
        [None]
            .into_iter()
            .chain(starts.map(Some))
            .filter_map(|start| Self::of(rows, ordered, start))
            .collect()
    }

    fn of(rows: &Columns, ordered: &Ordered, start: Option<StartType>) -> Option<Self> {
        let is_start = |code: &&u32| start.is_none_or(|start| **code == start as u32);
        let most = rows.start.iter().filter(is_start).count();
        let told = || {
            let is_in = |row: &usize| start.is_none_or(|start| rows.start[*row] == start as u32);
            ordered.rows.iter().copied().filter(is_in).filter_map(|row| {
                let duration = rows.duration_us[row];
                match inference_of(rows, row) {
                    RowInference::Known(inference) if duration > 0 => Some((row, inference, duration)),
                    _ => None,
                }
            })
        };
        let (mut of_duration, mut without_init, mut has_waited) = (Vec::with_capacity(most), 0, false);
        for (row, inference, duration) in told() {
            let (is_cold, init) = (rows.start[row] == StartType::Cold as u32, rows.init_us[row]);
            without_init += usize::from(is_cold && init.is_none());
            has_waited |= init.is_some_and(|init| init > 0);
            of_duration.push((inference as f64, duration as f64));
        }
        let of_duration = EstimatedShare::of(of_duration, ordered.is_timed)?;
        let of_total = || {
            let total = |(row, inference, duration): (usize, u64, u64)| {
                let total = duration.saturating_add(rows.init_us[row].unwrap_or(0));
                (inference as f64, total as f64)
            };
            let mut of_total = Vec::with_capacity(of_duration.requests);
            of_total.extend(told().map(total));
            EstimatedShare::of(of_total, ordered.is_timed)
        };
        Some(Self {
            start,
            // Where nobody waited, total time is the duration.
            of_total: match has_waited {
                true => of_total()?,
                false => of_duration.clone(),
            },
            of_duration,
            without_init,
        })
    }

    /// Whether so few requests waited for this start that their share is not told.
    pub fn is_untold(&self) -> bool {
        self.is_of_waited() == Some(true) && self.of_duration.requests < Self::FEWEST_COLD
    }

    /// Whether it is of requests that waited for a start; nothing if it is of all.
    pub(super) fn is_of_waited(&self) -> Option<bool> {
        self.start.map(|start| WAITED.contains(&start))
    }
}

/// How many times as fast requests can become, applied to the duration.
#[derive(Debug, Clone, PartialEq)]
pub struct Speedups {
    /// If everything but inference took no time, with its 95 % interval.
    pub without_overhead: Option<(f64, Interval)>,
    /// If inference took no time.
    pub without_inference: Option<(f64, Interval)>,
    /// If inference took half the time.
    pub twice_as_fast: Option<(f64, Interval)>,
    /// For p95 and p99: the quantile of inference, and that of the duration over it, of the requests that tell both.
    /// `None` where timeouts are in one.
    pub of_quantiles: Vec<(QuantileSummary, Option<f64>)>,
}

impl Speedups {
    /// From the share of the duration over all start types, and from the rows and their samples. `None` where no
    /// request tells its inference time.
    pub(super) fn of(
        shares: &[InferenceShare],
        rows: &Columns,
        ordered: &Ordered,
        latencies: &Latencies,
    ) -> Option<Self> {
        let share = &shares.iter().find(|share| share.start.is_none())?.of_duration;
        let inferences = latencies.sample(Metric::Inference);
        let durations = inferences.and_then(|told| match latencies.sample(Metric::Duration) {
            Some(all) if all.len() == told.len() => Some(all.clone()),
            _ => durations_of_told(rows, ordered),
        });
        let of_quantiles = match (durations, inferences) {
            (Some(durations), Some(inferences)) => [Probability::P95, Probability::P99]
                .into_iter()
                .map(|p| {
                    let (whole, part) = (durations.quantile(p), inferences.quantile(p));
                    let is_exact = !whole.censored && !part.censored && part.value > 0.0;
                    let factor = is_exact.then(|| whole.value / part.value);
                    (QuantileSummary::of(inferences, p), factor)
                })
                .collect(),
            _ => Vec::new(),
        };
        Some(Self {
            without_overhead: share.bound(Share::speedup_without_the_rest),
            without_inference: share.bound(Share::speedup_without_the_part),
            twice_as_fast: share.bound(|share| share.speedup_if_the_part_is_faster(2.0)),
            of_quantiles,
        })
    }
}

/// The durations of the requests that tell their inference time.
fn durations_of_told(rows: &Columns, ordered: &Ordered) -> Option<Sample> {
    let told = ordered
        .rows
        .iter()
        .filter(|&&row| matches!(inference_of(rows, row), RowInference::Known(_)));
    let (stopped, complete): (Vec<usize>, Vec<usize>) =
        told.partition(|&&row| rows.outcome[row] == Outcome::Timeout as u32);
    let durations = |of: Vec<usize>| of.into_iter().map(|row| rows.duration_us[row] as f64).collect();
    Sample::with_censored(durations(complete), durations(stopped))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::arrivals::Arrivals;
    use crate::stats::Grade;
    use crate::summary::Failures;

    /// Requests of 100 ms, of which inference takes 90 and 80 in turns of 50, and a few cold ones that wait 100 ms more.
    fn rows(count: usize, cold: usize) -> Columns {
        let is_cold = |n: usize| n < cold;
        Columns {
            row: (0..count as u32).collect(),
            outcome: vec![Outcome::Success as u32; count],
            start: (0..count)
                .map(|n| if is_cold(n) { StartType::Cold } else { StartType::Warm } as u32)
                .collect(),
            ended_at: (0..count as i64)
                .map(|n| Some(crate::vocab::Timestamp::from_epoch_millis(n * 1000)))
                .collect(),
            duration_us: vec![100_000; count],
            init_us: (0..count).map(|n| is_cold(n).then_some(100_000)).collect(),
            inference_us: (0..count)
                .map(|n| Some(if (n / 50).is_multiple_of(2) { 90_000 } else { 80_000 } + n as u64 * 7 % 10))
                .collect(),
            inference_is_bound: vec![false; count],
            ..Columns::blank(count)
        }
    }

    #[test]
    fn a_share_has_two_denominators_and_a_row_for_each_start() {
        let rows = rows(400, 20);
        let shares = InferenceShare::all(&rows, &Ordered::of(&rows, &Arrivals::of(&rows), Failures::Apart));
        let starts: Vec<_> = shares.iter().map(|share| share.start).collect();
        assert_eq!(starts, [None, Some(StartType::Cold), Some(StartType::Warm)]);
        let ratios = |share: &InferenceShare| (share.of_duration.ratio, share.of_total.ratio);
        let (of_duration, of_total) = ratios(&shares[0]);
        assert!((of_duration - 0.85).abs() < 1e-3 && (of_total - 0.85 / 1.05).abs() < 1e-3);
        let (of_duration, of_total) = ratios(&shares[1]);
        assert!((of_duration - 0.9).abs() < 1e-3 && (of_total - 0.45).abs() < 1e-3);
        assert!(!shares[1].is_untold());
        let mut without_init = rows;
        without_init.init_us[0] = None;
        let shares = InferenceShare::all(
            &without_init,
            &Ordered::of(&without_init, &Arrivals::of(&without_init), Failures::Apart),
        );
        assert_eq!((shares[0].without_init, shares[2].without_init), (1, 0));
    }

    #[test]
    fn few_cold_requests_tell_no_share() {
        let rows = rows(400, 9);
        let shares = InferenceShare::all(&rows, &Ordered::of(&rows, &Arrivals::of(&rows), Failures::Apart));
        assert_eq!(
            shares.iter().map(InferenceShare::is_untold).collect::<Vec<_>>(),
            [false, true, false]
        );
    }

    #[test]
    fn episodes_widen_the_interval_where_the_order_is_known() {
        let timed = rows(400, 0);
        let mut untimed = timed.clone();
        untimed.ended_at = vec![None; 400];
        let width = |rows: &Columns| {
            let shares = InferenceShare::all(rows, &Ordered::of(rows, &Arrivals::of(rows), Failures::Apart));
            let interval = shares[0].of_duration.interval.unwrap();
            interval.high.unwrap() - interval.low.unwrap()
        };
        assert!(width(&timed) > 2.0 * width(&untimed));
    }

    #[test]
    fn the_bounds_follow_from_the_share_and_its_interval() {
        let rows = rows(400, 0);
        let ordered = Ordered::of(&rows, &Arrivals::of(&rows), Failures::Apart);
        let shares = InferenceShare::all(&rows, &ordered);
        let speedups =
            Speedups::of(&shares, &rows, &ordered, &Latencies::of(&rows, Failures::Apart)).unwrap();
        for (point, interval) in [
            speedups.without_overhead.unwrap(),
            speedups.without_inference.unwrap(),
            speedups.twice_as_fast.unwrap(),
        ] {
            assert!(
                interval.low < Some(point) && Some(point) < interval.high,
                "{point} {interval:?}"
            );
        }
        assert!((speedups.without_overhead.unwrap().0 - 1.0 / 0.85).abs() < 1e-3);
        let [(_, p95), (of_p99, p99)] = &speedups.of_quantiles[..] else {
            panic!();
        };
        assert!((p95.unwrap() - 100.0 / 90.0).abs() < 1e-3 && p99.is_some());
        assert_eq!(of_p99.grade, Grade::Wide);
        let mut stopped = rows;
        stopped.outcome[..5].fill(Outcome::Timeout as u32);
        let found = Speedups::of(
            &shares,
            &stopped,
            &ordered,
            &Latencies::of(&stopped, Failures::Apart),
        )
        .unwrap();
        assert_eq!(found.of_quantiles[1].1, None);
    }
}
