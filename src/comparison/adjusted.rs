//! Total time compared as if the answers were as long, or the cold starts as many, on both sides.

use super::requests::WAITED;
use super::side::Side;
use crate::dataset::Columns;
use crate::stats::{
    Balance, ColdStartWhatIf, Confidence, Observation, PostStratification, Probability, QuantileComparison,
    Sample, ascending, compare,
};
use crate::summary::{Failures, Metric, is_in_sample, value_of};

/// The quantiles that are adjusted.
pub const ADJUSTED: [Probability; 3] = [Probability::P50, Probability::P95, Probability::P99];

/// Comparisons of total time at other conditions than those that were. Requests are taken for independent.
#[derive(Debug, Clone)]
pub struct Adjusted {
    /// At the same lengths of answers; absent where the logs do not tell them of enough requests.
    pub length: Option<SameLength>,
    /// At one share of cold starts, that of both sides together, and that share; absent where a side has none or no
    /// others.
    pub cold_share: Option<(f64, Vec<Option<QuantileComparison>>)>,
    /// Without the requests that waited for an initialisation or restore; absent where there are none.
    pub without_cold: Option<Vec<Option<QuantileComparison>>>,
    /// With them, but without what they waited.
    pub without_init: Option<Vec<Option<QuantileComparison>>>,
}

/// Total time at the same lengths of answers, each of [`ADJUSTED`].
#[derive(Debug, Clone)]
pub struct SameLength {
    /// The share of requests that have the like on the other side.
    pub support: f64,
    /// Whether that is enough.
    pub is_supported: bool,
    /// Whether the lengths differ so much that the adjustment matters.
    pub is_called_for: bool,
    /// Requests that tell how long their answer was, of each side.
    pub requests: [usize; 2],
    /// The comparisons.
    pub compared: Vec<Option<QuantileComparison>>,
}

impl Adjusted {
    /// Adjusts the comparison of two sides.
    pub(super) fn of(baseline: &Side, candidate: &Side, failures: Failures) -> Self {
        let sides = [baseline, candidate];
        let (length, at_other_starts) = rayon::join(
            || same_length(sides.map(|side| &side.rows), failures),
            || Self::at_other_starts(sides),
        );
        Self {
            length,
            ..at_other_starts
        }
    }

    /// All but the lengths of answers.
    fn at_other_starts(sides: [&Side; 2]) -> Self {
        let cold = sides.map(by_start);
        let waited = cold.each_ref().map(|side| side.cold.len());
        let all: usize = cold.iter().map(|side| side.cold.len() + side.warm.len()).sum();
        let share = (waited[0] + waited[1]) as f64 / all.max(1) as f64;
        let is_cold = waited[0] + waited[1] > 0;
        let of_samples = |samples: [Option<Sample>; 2]| {
            let [base, cand] = samples;
            let both = base.zip(cand);
            each(|_| both.clone())
        };
        let without_cold = is_cold.then(|| of_samples(cold.each_ref().map(ColdStartWhatIf::warm_only)));
        let at_one_share = |share: f64| {
            let sides = cold.map(|side| side.at_cold_share(share));
            each(|p| {
                let [base, cand] = sides.each_ref().map(|side| side.as_ref()?.sample(p));
                Some((base?, cand?))
            })
        };
        Self {
            length: None,
            cold_share: (waited.iter().all(|count| *count > 0)).then(|| (share, at_one_share(share))),
            without_cold,
            // Without what was waited for, total time is the duration.
            without_init: is_cold
                .then(|| of_samples(sides.map(|side| side.all.sample(Metric::Duration).cloned()))),
        }
    }
}

/// Compares two samples at each of [`ADJUSTED`].
fn each(samples: impl Fn(Probability) -> Option<(Sample, Sample)>) -> Vec<Option<QuantileComparison>> {
    let compared = |p| {
        let (base, cand) = samples(p)?;
        Some(compare(&base, &cand, p, Confidence::C95))
    };
    ADJUSTED.into_iter().map(compared).collect()
}

/// Total times of a side, of the start types that wait apart.
fn by_start(side: &Side) -> ColdStartWhatIf {
    let mut parts = ColdStartWhatIf::default();
    for row in &side.starts {
        let Some(sample) = row.latencies.sample(Metric::Total) else {
            continue;
        };
        let stratum = if WAITED.contains(&row.start) {
            &mut parts.cold
        } else {
            &mut parts.warm
        };
        let (complete, limits) = sample.complete_and_limits();
        stratum.values.extend_from_slice(complete);
        stratum.limits.extend_from_slice(limits);
    }
    parts
}

/// A killed function does not tell how long its answer was, so timeouts are left out here.
fn same_length(rows: [&Columns; 2], failures: Failures) -> Option<SameLength> {
    let observed = rows.map(|rows| {
        let in_sample = (0..rows.len()).filter(move |&row| is_in_sample(rows, failures, row));
        in_sample.filter_map(move |row| {
            let covariate = f64::from(rows.facts.output_tokens.get(row)?);
            let (value, censored) = value_of(rows, row, Metric::Total)?;
            Some(Observation {
                covariate,
                value: value as f64,
                censored,
            })
        })
    });
    let [baseline, candidate] = [0, 1].map(|side| {
        let mut lengths = Vec::with_capacity(rows[side].len());
        lengths.extend(observed[side].clone().map(|of| of.covariate));
        ascending(lengths)
    });
    let balance = Balance::of_sorted(&baseline, &candidate)?;
    let strata = PostStratification::by_sorted_quantiles(observed, [&baseline, &candidate])?;
    Some(SameLength {
        support: strata.support(),
        is_supported: strata.is_supported(),
        is_called_for: balance.calls_for_adjustment(),
        requests: [baseline.len(), candidate.len()],
        compared: each(|p| strata.samples(p)),
    })
}
