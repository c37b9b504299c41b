//! What a gate measures on one side, as plain numbers.

use super::expression::{Gate, Quantity};
use crate::comparison::quantiles::{self, Worth};
use crate::comparison::rates::{happens, tally, tally_rows};
use crate::comparison::side::Side;
use crate::comparison::unattributed::joined;
use crate::dataset::Columns;
use crate::invocation::{Outcome, StartType};
use crate::stats::Share;
use crate::summary::{Failures, Latencies, RowInference, inference_of, is_in_sample};

/// The numbers of one side.
#[derive(Debug, Clone)]
pub(super) enum Arm {
    /// Times, and how they depend on each other.
    Times(Worth),
    /// Inference and duration, and how many requests are worth one independent one.
    Share(Share, f64),
    /// So many of so many.
    Count {
        /// Those that it happened to.
        count: u64,
        /// All.
        total: u64,
    },
}

impl Arm {
    /// The numbers of a side, and of invocations beside its own. `None` if there are none.
    pub(super) fn of(gate: &Gate, side: &Side, others: &Columns, failures: Failures) -> Option<Self> {
        match gate.quantity {
            Quantity::Quantile(p, metric) => {
                let own = side.sample(metric, gate.start);
                let theirs = Latencies::of(others, failures);
                let sample = match (own, theirs.sample(metric)) {
                    (Some(own), Some(theirs)) => joined(own, theirs),
                    (own, theirs) => own.or(theirs).cloned(),
                }?;
                let [in_order] = quantiles::Arm::of_side(side, failures, [(metric, gate.start)]);
                let dependence = in_order.and_then(|arm| arm.dependence(p));
                let effect = dependence.map_or(1.0, |found| found.design_effect());
                let worth = (sample.len() as f64 / effect).max(1.0);
                Some(Self::Times((sample.with_effective_size(worth)?, dependence)))
            }
            Quantity::InferenceShare => share(side, gate.start, failures),
            Quantity::Rate(rate) => {
                let (own, theirs) = (
                    tally(rate, side, gate.start),
                    tally_rows(rate, others, gate.start),
                );
                let (count, total) = (own.0 + theirs.0, own.1 + theirs.1);
                (total > 0).then_some(Self::Count { count, total })
            }
        }
    }

    /// How many requests.
    pub(super) fn requests(&self) -> usize {
        match self {
            Self::Times((sample, _)) => sample.len(),
            Self::Share(share, _) => share.requests(),
            Self::Count { total, .. } => *total as usize,
        }
    }
}

/// Inference and duration of a side's requests, in order of arrival where that is known.
fn share(side: &Side, start: Option<StartType>, failures: Failures) -> Option<Arm> {
    let rows = &side.rows;
    let pair = |row: usize| {
        let is_meant =
            start.is_none_or(|start| is_start(rows, row, start)) && is_in_sample(rows, failures, row);
        match inference_of(rows, row) {
            RowInference::Known(inference) if is_meant && rows.duration_us[row] > 0 => {
                Some((inference as f64, rows.duration_us[row] as f64))
            }
            _ => None,
        }
    };
    let in_order = side.arrivals.in_order_if_known();
    let share = Share::from_pairs(in_order.into_iter().filter_map(pair).collect())?;
    // Of an excerpt the neighbours are not those that came one after the other.
    let is_in_order = side.arrivals.in_order().is_some() && side.counted.is_none();
    let effect = if is_in_order { share.design_effect() } else { 1.0 };
    Some(Arm::Share(share, effect))
}

/// The invocations without a model that could be a side's and change what a gate measures there: those that timed
/// out or failed, whose handlers were killed before they could name their model.
pub(super) fn killed(gate: &Gate, side: &Side) -> Columns {
    let rows = &side.without_model;
    rows.only(|row| {
        rows.outcome[row] != Outcome::Success as u32
            && gate.start.is_none_or(|start| is_start(rows, row, start))
    })
}

/// What the killed ones can be at worst and at best: all of them, and for a rate only those that raise it or only
/// those that lower it.
pub(super) fn extremes(gate: &Gate, killed: &Columns) -> Vec<Columns> {
    match gate.quantity {
        Quantity::Rate(rate) => [true, false]
            .into_iter()
            .map(|raises| killed.only(|row| happens(rate, killed, row) == Some(raises)))
            .collect(),
        Quantity::Quantile(..) | Quantity::InferenceShare => vec![killed.clone()],
    }
}

fn is_start(rows: &Columns, row: usize, start: StartType) -> bool {
    rows.start[row] == start as u32
}
