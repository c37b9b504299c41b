//! What the requests around a quantile of total time are made of, and what makes the tail.

use super::quantiles::ComparedQuantile;
use super::requests::has_waited;
use crate::dataset::Columns;
use crate::invocation::Outcome;
use crate::stats::{Attribution, Dependence, Grade, Probability, Sample};
use crate::summary::{Failures, Phase, QuantileSummary, RowPhases, is_in_sample};

/// What the requests around a quantile of total time are made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Composition {
    /// The quantile.
    pub p: Probability,
    /// How many requests were averaged.
    pub requests: usize,
    /// How many of them waited for an initialisation or restore.
    pub waited: usize,
    /// How many of them timed out.
    pub timeouts: usize,
    /// The mean of each of [`Phase::ALL`], in microseconds.
    pub phases_us: Vec<f64>,
}

/// By how much the requests around p99 of total time are longer than those around p50, and in which phases.
#[derive(Debug, Clone, PartialEq)]
pub struct Tail {
    /// The difference of both means of total time, in microseconds.
    pub excess_us: f64,
    /// The same for each of [`Phase::ALL`]: negative where the requests around p50 have more of it.
    pub phases_us: Vec<f64>,
    /// What must be known before it is believed, if anything.
    pub doubt: Option<TailDoubt>,
    /// Whether requests around p99 timed out, so that the excess is a lower bound.
    pub is_bound: bool,
    /// Whether p99 has no upper end, so that the requests around it are just the slowest.
    pub is_of_slowest: bool,
}

/// Why it cannot be told what makes the tail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TailDoubt {
    /// There are too few requests for a p99, which is the largest value then.
    FewRequests {
        /// How many there are.
        requests: usize,
        /// How many independent ones they are worth, rounded down.
        worth: usize,
        /// How many independent ones an interval of p99 takes.
        needed: u64,
    },
    /// The requests above p99 came in too few slow episodes.
    FewEpisodes(usize),
    /// The requests around p99 are no longer than those around p50.
    NoExcess,
}

impl Tail {
    /// The phase with the largest excess, and its share of the whole. It may be above one, where other phases are
    /// shorter around p99.
    pub fn largest(&self) -> Option<(Phase, f64)> {
        let phases = Phase::ALL.into_iter().zip(&self.phases_us);
        let (phase, excess) = phases.reduce(|most, next| if next.1 > most.1 { next } else { most })?;
        Some((phase, self.share(*excess)?))
    }

    /// A phase's share of the excess, if there is any.
    pub fn share(&self, phase_us: f64) -> Option<f64> {
        (self.excess_us > 0.0).then(|| phase_us / self.excess_us)
    }
}

/// What composes p50, p95 and p99 of `total`, which is of all these rows.
pub(super) fn composition(rows: &Columns, total: &Sample, failures: Failures) -> Vec<Composition> {
    let mut in_sample = Vec::with_capacity(rows.len());
    in_sample.extend((0..rows.len()).filter(|&row| is_in_sample(rows, failures, row)));
    if in_sample.len() != total.len() {
        return Vec::new();
    }
    // Timeouts rank above all others, here as in the quantiles.
    let is_timeout = |row: usize| rows.outcome[row] == Outcome::Timeout as u32;
    let rank = |&row: &usize| {
        let above = if is_timeout(row) { ABOVE_ALL_US } else { 0.0 };
        rows.duration_us[row].saturating_add(rows.init_us.get(row).unwrap_or(0)) as f64 + above
    };
    let ranks: Vec<f64> = in_sample.iter().map(rank).collect();
    let (complete, limits) = total.complete_and_limits();
    let at_rank = |rank: usize| match complete.get(rank - 1) {
        Some(total) => *total,
        None => limits[rank - 1 - complete.len()] + ABOVE_ALL_US,
    };
    let one = |is_so: bool| if is_so { 1.0 } else { 0.0 };
    let parts = |request: usize| {
        let row = in_sample[request];
        let phases = RowPhases::of(rows, row).us.map(|us| us as f64);
        phases
            .into_iter()
            .chain([one(has_waited(rows, row)), one(is_timeout(row))])
            .collect()
    };
    [Probability::P50, Probability::P95, Probability::P99]
        .into_iter()
        .filter_map(|p| {
            let attribution = Attribution::of_requests(&ranks, at_rank, p, parts)?;
            let requests = attribution.last_rank + 1 - attribution.first_rank;
            let (phases, [waited, timeouts]) = attribution.mean_components.split_last_chunk()?;
            let count = |share: &f64| (share * requests as f64).round() as usize;
            Some(Composition {
                p,
                requests,
                waited: count(waited),
                timeouts: count(timeouts),
                phases_us: phases.to_vec(),
            })
        })
        .collect()
}

/// Longer than any invocation, and small enough to keep microseconds apart in floating point.
pub(super) const ABOVE_ALL_US: f64 = 1e15;

/// What makes the tail. `requests` is how many there are in all, and `p99` that of their total time.
pub(super) fn tail(composition: &[Composition], requests: usize, p99: &P99<'_>) -> Option<Tail> {
    let around = |p: Probability| composition.iter().find(|composition| composition.p == p);
    let (middle, top) = (around(Probability::P50)?, around(Probability::P99)?);
    let both = top.phases_us.iter().zip(&middle.phases_us);
    let phases_us: Vec<f64> = both.map(|(top, middle)| top - middle).collect();
    let excess_us: f64 = phases_us.iter().sum();
    Some(Tail {
        excess_us,
        phases_us,
        doubt: p99.doubt(requests, excess_us),
        is_bound: top.timeouts > 0,
        is_of_slowest: p99.is_of_slowest(),
    })
}

/// p99 of what one side's requests took.
#[derive(Debug, Clone, Copy)]
pub(super) struct P99<'a> {
    summary: Option<&'a QuantileSummary>,
    dependence: Option<Dependence>,
}

impl<'a> P99<'a> {
    /// What must be known before it is believed what makes the tail, of so many requests whose longest take so much longer.
    pub(super) fn doubt(&self, requests: usize, excess_us: f64) -> Option<TailDoubt> {
        let clusters = self
            .dependence
            .filter(|found| {
                found.rests_on_few_clusters(Probability::P99) && found.exceedances > found.clusters
            })
            .map(|found| found.clusters);
        match (self.summary, clusters) {
            (Some(summary), _) if summary.grade == Grade::MaxOnly => Some(TailDoubt::FewRequests {
                requests,
                worth: self
                    .dependence
                    .map_or(requests, |found| found.effective_size() as usize),
                needed: summary.n_needed,
            }),
            (_, Some(clusters)) => Some(TailDoubt::FewEpisodes(clusters)),
            _ if excess_us <= 0.0 => Some(TailDoubt::NoExcess),
            _ => None,
        }
    }

    /// Whether it has no upper end, so that the requests around it are just the slowest.
    pub(super) fn is_of_slowest(&self) -> bool {
        self.summary.is_some_and(QuantileSummary::is_of_slowest)
    }

    /// Of each side, baseline first.
    pub(super) fn of(total: &'a [ComparedQuantile]) -> [Self; 2] {
        let p99 = total.iter().find(|compared| compared.p == Probability::P99);
        let side = |summary: fn(&ComparedQuantile) -> Option<&QuantileSummary>, side: usize| Self {
            summary: p99.and_then(summary),
            dependence: p99.and_then(|compared| compared.dependence[side]),
        };
        [
            side(|compared| compared.baseline.as_ref(), 0),
            side(|compared| compared.candidate.as_ref(), 1),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invocation::StartType;
    use crate::summary::{Latencies, Metric};

    /// 1,000 requests whose slowest hundredth are cold and wait for a start.
    fn rows() -> Columns {
        let count = 1000_usize;
        let is_cold = |n: usize| n >= 980;
        Columns {
            outcome: vec![Outcome::Success as u32; count],
            start: (0..count)
                .map(|n| if is_cold(n) { StartType::Cold } else { StartType::Warm } as u32)
                .collect(),
            duration_us: (0..count as u64).map(|n| 100_000 + n).collect(),
            init_us: (0..count).map(|n| is_cold(n).then_some(400_000)).collect(),
            inference_us: vec![Some(90_000); count].into(),
            inference_is_bound: vec![false; count],
            retry_us: vec![None; count].into(),
            ..Columns::blank(count)
        }
    }

    fn composition_of(rows: &Columns) -> Vec<Composition> {
        let latencies = Latencies::of(rows, Failures::Apart);
        composition(rows, latencies.sample(Metric::Total).unwrap(), Failures::Apart)
    }

    fn tail_of(rows: &Columns, requests: usize) -> Tail {
        let sample = Sample::new((0..requests).map(|n| n as f64).collect()).unwrap();
        let summary = QuantileSummary::of(&sample, Probability::P99);
        let p99 = P99 {
            summary: Some(&summary),
            dependence: None,
        };
        tail(&composition_of(rows), requests, &p99).unwrap()
    }

    #[test]
    fn the_excess_is_in_the_phase_that_makes_the_tail() {
        let found = tail_of(&rows(), 1000);
        let (phase, share) = found.largest().unwrap();
        assert_eq!((phase, found.doubt, found.is_bound), (Phase::Init, None, false));
        assert!((0.99..1.0).contains(&share), "{share}");
        assert!((found.phases_us.iter().sum::<f64>() - found.excess_us).abs() < 1e-6);
        assert_eq!(found.phases_us[Phase::Inference as usize], 0.0);
        let composition = composition_of(&rows());
        let counts: Vec<(usize, usize)> = composition.iter().map(|row| (row.waited, row.timeouts)).collect();
        assert_eq!((counts[0], counts[2]), ((0, 0), (composition[2].requests, 0)));
    }

    #[test]
    fn timeouts_make_the_excess_a_lower_bound() {
        let mut rows = rows();
        // A quick one, stopped early: it ranks above all the same.
        rows.outcome[3] = Outcome::Timeout as u32;
        let found = composition_of(&rows);
        assert_eq!(
            found.iter().map(|row| row.timeouts).collect::<Vec<_>>(),
            [0, 0, 1]
        );
        assert!(tail_of(&rows, 1000).is_bound);
    }

    #[test]
    fn too_few_requests_do_not_tell_what_makes_the_tail() {
        let doubt = tail_of(&rows(), 99).doubt;
        assert_eq!(
            doubt,
            Some(TailDoubt::FewRequests {
                requests: 99,
                worth: 99,
                needed: 368
            })
        );
        let found = tail_of(&rows(), 367);
        assert_eq!((found.doubt, found.is_of_slowest), (None, true));
        assert!(!tail_of(&rows(), 368).is_of_slowest);
        let mut flat = rows();
        flat.duration_us = vec![100_000; 1000];
        flat.init_us = vec![None; 1000].into();
        let found = tail_of(&flat, 1000);
        assert_eq!((found.doubt, found.largest()), (Some(TailDoubt::NoExcess), None));
    }
}
