//! Where the time of one side goes.

use super::composition::{Composition, P99, Tail, composition, tail};
use super::inference_share::{InferenceShare, Speedups};
use super::model_time::{BedrockTime, Retries};
use super::ordered::Ordered;
use super::quantiles::ComparedQuantile;
use super::side::Side;
use crate::stats::Probability;
use crate::summary::{Failures, Latencies, Metric, Phase, RowBedrock, RowPhases, bedrock_of};

/// Where the time of one side's requests goes.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeSpent {
    /// How many requests the figures are of.
    pub requests: usize,
    /// Whether their order is known, so that intervals are as wide as their dependence makes them.
    pub is_in_order: bool,
    /// Inference's share, over all start types and of each that occurs; nothing where no request tells it.
    pub shares: Vec<InferenceShare>,
    /// How many times as fast requests can become.
    pub speedups: Option<Speedups>,
    /// Bedrock's own latency against the time around it.
    pub bedrock: Option<BedrockTime>,
    /// Failed attempts of the model call.
    pub retries: Option<Retries>,
    /// What the requests around p50, p95 and p99 of total time are made of.
    pub composition: Vec<Composition>,
    /// What makes the tail.
    pub tail: Option<Tail>,
    /// Requests whose logged phases are longer than their duration, though inference alone is not.
    pub phases_over_duration: usize,
    /// Requests of which Bedrock tells a longer latency than the handler measured.
    pub bedrock_over_inference: usize,
    /// Invocations that made several model calls, failures among them.
    pub several_calls: usize,
    /// Those whose inference is the sum of its calls, because their start times are not told.
    pub summed_calls: usize,
}

impl TimeSpent {
    /// Of both sides, with the quantiles of their total time.
    pub(super) fn of_sides(sides: [&Side; 2], total: &[ComparedQuantile], failures: Failures) -> [Self; 2] {
        let [baseline, candidate] = P99::of(total);
        let (baseline, candidate) = rayon::join(
            || Self::of(sides[0], &baseline, failures),
            || Self::of(sides[1], &candidate, failures),
        );
        [baseline, candidate]
    }

    fn of(side: &Side, p99: &P99<'_>, failures: Failures) -> Self {
        let rows = &side.rows;
        let ordered = Ordered::of(rows, &side.arrivals, failures);
        let facts = &rows.facts;
        let tells_bedrock = facts.bedrock_latency_us.is_told();
        let tells_phases = [&facts.before_us, &facts.after_us, &rows.retry_us]
            .iter()
            .any(|column| column.is_told());
        // Where nothing is told nothing can be too long.
        let count = |is_told: bool, is_so: &dyn Fn(usize) -> bool| {
            let meant = ordered.iter().filter(|&row| is_so(row));
            if is_told { meant.count() } else { 0 }
        };
        let shares = InferenceShare::all(rows, &ordered);
        // The samples of a counted side are of more than its rows.
        let of_rows = side.counted.as_ref().map(|_| Latencies::of(rows, failures));
        let latencies = of_rows.as_ref().unwrap_or(&side.all);
        let total = latencies.sample(Metric::Total);
        let composition = total.map_or_else(Vec::new, |total| composition(rows, total, failures));
        Self {
            requests: ordered.len(),
            is_in_order: ordered.is_timed,
            speedups: Speedups::of(&shares, rows, &ordered, latencies),
            shares,
            bedrock: tells_bedrock.then(|| BedrockTime::of(rows, &ordered)).flatten(),
            retries: Retries::of(rows, &ordered),
            tail: tail(&composition, ordered.len(), p99),
            composition,
            phases_over_duration: count(tells_phases, &|row| RowPhases::of(rows, row).is_over_duration),
            bedrock_over_inference: count(tells_bedrock, &|row| {
                bedrock_of(rows, row) == RowBedrock::OverInference
            }),
            several_calls: rows.calls.told().filter(|calls| *calls > 1).count(),
            summed_calls: rows.is_summed.iter().filter(|is_summed| **is_summed).count(),
        }
    }

    /// How many requests with a share waited for a start, where there are too few of them to tell their share and others
    /// did not wait.
    pub fn few_waited(&self) -> Option<usize> {
        let count = |has_waited: bool| {
            let of_kind = |share: &&InferenceShare| share.is_of_waited() == Some(has_waited);
            let of_kind = self.shares.iter().filter(of_kind);
            of_kind.map(|share| share.of_duration.requests).sum::<usize>()
        };
        let (waited, others) = (count(true), count(false));
        (waited < InferenceShare::FEWEST_COLD && others > 0).then_some(waited)
    }

    /// The composition of one quantile.
    pub fn around(&self, p: Probability) -> Option<&Composition> {
        self.composition.iter().find(|composition| composition.p == p)
    }

    /// Whether any request around a quantile has some of a phase.
    pub fn has(&self, phase: Phase) -> bool {
        self.composition
            .iter()
            .any(|row| row.phases_us[phase as usize] > 0.0)
    }
}
