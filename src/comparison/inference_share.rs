//! Inference's share of the time, and what it allows at most.

use super::ordered::Ordered;
use super::requests::WAITED;
use crate::dataset::Columns;
use crate::invocation::{Outcome, StartType};
use crate::stats::{Confidence, Interval, Probability, Sample, Share, ascending, without};
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
        Some(Self::of_share(&Share::from_pairs(pairs)?, is_timed))
    }

    fn of_share(share: &Share, is_timed: bool) -> Self {
        let effect = match is_timed {
            true => share.design_effect(),
            false => 1.0,
        };
        Self {
            requests: share.requests(),
            ratio: share.ratio_of_sums(),
            interval: share.interval_of_dependent(Confidence::C95, effect),
        }
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
        let mut counts = [0; StartType::ALL.len()];
        for row in ordered.iter() {
            counts[rows.start[row] as usize] += 1;
        }
        let has_several = counts.iter().filter(|count| **count > 0).count() > 1;
        let room = |count: usize| Told {
            pairs: Vec::with_capacity(count),
            ..Told::default()
        };
        let mut all = room(ordered.len());
        let mut of_starts = counts.map(|count| room(if has_several { count } else { 0 }));
        for row in ordered.iter() {
            let duration = rows.duration_us[row];
            let (RowInference::Known(inference), true) = (inference_of(rows, row), duration > 0) else {
                continue;
            };
            let start = rows.start[row];
            let init = rows.init_us.get(row);
            let is_untold = start == StartType::Cold as u32 && init.is_none();
            let pair = (inference as f64, duration as f64);
            // Where nobody waited, total time is the duration.
            let total = init
                .filter(|init| *init > 0)
                .map(|init| duration.saturating_add(init) as f64);
            all.add(pair, total, is_untold);
            if has_several {
                of_starts[start as usize].add(pair, total, is_untold);
            }
        }
        let mut shares = vec![all.share(None, ordered.is_timed)];
        let each = StartType::ALL.into_iter().zip(of_starts).zip(counts);
        for ((start, told), _) in each.filter(|(_, count)| *count > 0) {
            let start = Some(start);
            shares.push(match has_several {
                true => told.share(start, ordered.is_timed),
                false => shares[0].clone().map(|share| Self { start, ..share }),
            });
        }
        shares.into_iter().flatten().collect()
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

/// The requests of a start type, or of all, that tell their inference time.
#[derive(Default)]
struct Told {
    /// Inference and duration of each.
    pairs: Vec<(f64, f64)>,
    /// The positions of those that waited for their start, with their total time.
    waited: Vec<(usize, f64)>,
    /// See [`InferenceShare::without_init`].
    without_init: usize,
}

impl Told {
    #[inline]
    fn add(&mut self, pair: (f64, f64), total: Option<f64>, is_without_init: bool) {
        if let Some(total) = total {
            self.waited.push((self.pairs.len(), total));
        }
        self.pairs.push(pair);
        self.without_init += usize::from(is_without_init);
    }

    fn share(self, start: Option<StartType>, is_timed: bool) -> Option<InferenceShare> {
        let share = Share::from_pairs(self.pairs)?;
        let of_duration = EstimatedShare::of_share(&share, is_timed);
        let of_total = if self.waited.is_empty() {
            of_duration.clone()
        } else {
            let mut pairs = share.into_pairs();
            for (at, total) in self.waited {
                pairs[at].1 = total;
            }
            EstimatedShare::of(pairs, is_timed)?
        };
        Some(InferenceShare {
            start,
            of_duration,
            of_total,
            without_init: self.without_init,
        })
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
            all => durations_of_told(rows, ordered, all?),
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

/// The durations of the requests that tell their inference time: those of all without the others, which are fewer.
fn durations_of_told(rows: &Columns, ordered: &Ordered, all: &Sample) -> Option<Sample> {
    let (mut complete, mut stopped) = (Vec::new(), Vec::new());
    for row in ordered.iter() {
        if !matches!(inference_of(rows, row), RowInference::Known(_)) {
            let list = match rows.outcome[row] == Outcome::Timeout as u32 {
                true => &mut stopped,
                false => &mut complete,
            };
            list.push(rows.duration_us[row] as f64);
        }
    }
    let (all_complete, all_stopped) = all.complete_and_limits();
    Sample::with_censored(
        without(all_complete, &ascending(complete)),
        without(all_stopped, &ascending(stopped)),
    )
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
        without_init.init_us.set(0, None);
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
