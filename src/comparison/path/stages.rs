//! What each stage adds, and which makes the tail.

use super::Request;
use crate::comparison::composition::{ABOVE_ALL_US, P99, TailDoubt};
use crate::stats::{Attribution, Probability};
use crate::summary::{RequestStages, RequestUse, STAGES, Stage};

/// The mean of every stage over the requests of one side.
#[derive(Debug, Clone, PartialEq)]
pub struct StageMeans {
    /// How many requests.
    pub requests: usize,
    /// Those of which records contradict each other, so that nothing further in is told.
    pub untrue: usize,
    /// How many of them tell each of [`Stage::all`].
    pub told: Vec<usize>,
    /// The mean over all requests, in microseconds: those that do not tell a stage have their time in another one.
    pub mean_us: Vec<f64>,
    /// The requests around p50, p95 and p99 of what the outermost record says.
    pub around: Vec<StagesAround>,
    /// What makes the tail.
    pub tail: Option<PathTail>,
}

/// What the requests around a quantile are made of.
#[derive(Debug, Clone, PartialEq)]
pub struct StagesAround {
    /// The quantile.
    pub p: Probability,
    /// How many requests were averaged.
    pub requests: usize,
    /// How many of them were given up.
    pub limits: usize,
    /// How many of them tell each of [`Stage::all`].
    pub told: Vec<usize>,
    /// The mean of each of [`Stage::all`] over all of them, in microseconds.
    pub mean_us: Vec<f64>,
}

/// By how much the requests around p99 are longer than those around p50, and in which stages.
#[derive(Debug, Clone, PartialEq)]
pub struct PathTail {
    /// The difference of both means, in microseconds.
    pub excess_us: f64,
    /// The same for each of [`Stage::all`]: negative where the requests around p50 have more of it.
    pub stages_us: Vec<f64>,
    /// What must be known before it is believed, if anything.
    pub doubt: Option<TailDoubt>,
    /// Whether requests around p99 were given up, so that the excess is a lower bound.
    pub is_bound: bool,
    /// Whether p99 has no upper end, so that the requests around it are just the slowest.
    pub is_of_slowest: bool,
}

impl PathTail {
    /// The stage with the largest excess, and its share of the whole. It may be above one, where other stages are shorter
    /// around p99.
    pub fn largest(&self) -> Option<(Stage, f64)> {
        let stages = Stage::all().zip(&self.stages_us);
        let (stage, excess) = stages.reduce(|most, next| if next.1 > most.1 { next } else { most })?;
        (self.excess_us > 0.0).then(|| (stage, excess / self.excess_us))
    }
}

impl StageMeans {
    /// Of a sample. `None` if it is empty.
    pub(super) fn of(sample: &[Request<'_>], is_from_client: bool, p99: &P99<'_>) -> Option<Self> {
        let stages: Vec<(RequestStages, bool)> = sample
            .iter()
            .filter_map(|request| {
                let is_limit = request.usage(is_from_client) == RequestUse::Limit;
                Some((request.stages(is_from_client)?, is_limit))
            })
            .collect();
        if stages.is_empty() {
            return None;
        }
        let mut told = vec![0; STAGES];
        let mut mean_us = vec![0.0; STAGES];
        for (stages, _) in &stages {
            for stage in 0..STAGES {
                told[stage] += usize::from(stages.is_told[stage]);
                mean_us[stage] += stages.us[stage] as f64;
            }
        }
        mean_us.iter_mut().for_each(|sum| *sum /= stages.len() as f64);
        let around = around(&stages);
        let tail = tail(&around, stages.len(), p99);
        Some(Self {
            requests: stages.len(),
            untrue: stages.iter().filter(|(stages, _)| stages.is_untrue).count(),
            told,
            mean_us,
            around,
            tail,
        })
    }

    /// The requests around a quantile.
    pub fn around(&self, p: Probability) -> Option<&StagesAround> {
        self.around.iter().find(|around| around.p == p)
    }
}

fn around(stages: &[(RequestStages, bool)]) -> Vec<StagesAround> {
    // What was given up ranks above all others, here as in the quantiles.
    let rank = |(stages, is_limit): &(RequestStages, bool)| {
        stages.us.iter().sum::<u64>() as f64 + if *is_limit { ABOVE_ALL_US } else { 0.0 }
    };
    let ranks: Vec<f64> = stages.iter().map(rank).collect();
    let column =
        |value: &dyn Fn(&(RequestStages, bool)) -> f64| stages.iter().map(value).collect::<Vec<f64>>();
    let mut columns: Vec<Vec<f64>> = (0..STAGES)
        .map(|stage| column(&|(stages, _)| stages.us[stage] as f64))
        .collect();
    let one = |is_so: bool| if is_so { 1.0 } else { 0.0 };
    columns.extend((0..STAGES).map(|stage| column(&|(stages, _)| one(stages.is_told[stage]))));
    columns.push(column(&|(_, is_limit)| one(*is_limit)));
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    [Probability::P50, Probability::P95, Probability::P99]
        .into_iter()
        .filter_map(|p| {
            let found = Attribution::of(&ranks, &columns, p)?;
            let requests = found.last_rank + 1 - found.first_rank;
            let (limits, means) = found.mean_components.split_last()?;
            let (mean_us, told) = means.split_at_checked(STAGES)?;
            let count = |share: &f64| (share * requests as f64).round() as usize;
            Some(StagesAround {
                p,
                requests,
                limits: count(limits),
                told: told.iter().map(count).collect(),
                mean_us: mean_us.to_vec(),
            })
        })
        .collect()
}

fn tail(around: &[StagesAround], requests: usize, p99: &P99<'_>) -> Option<PathTail> {
    let at = |p: Probability| around.iter().find(|around| around.p == p);
    let (middle, top) = (at(Probability::P50)?, at(Probability::P99)?);
    let both = top.mean_us.iter().zip(&middle.mean_us);
    let stages_us: Vec<f64> = both.map(|(top, middle)| top - middle).collect();
    let excess_us: f64 = stages_us.iter().sum();
    Some(PathTail {
        doubt: p99.doubt(requests, excess_us),
        excess_us,
        stages_us,
        is_bound: top.limits > 0,
        is_of_slowest: p99.is_of_slowest(),
    })
}
