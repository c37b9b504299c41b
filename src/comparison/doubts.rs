//! What speaks against believing a comparison, as far as the logs tell.

use super::gate::Rate;
use super::quantiles::ComparedQuantile;
use super::rates::{ComparedRate, RateOfSide};
use super::side::Side;
use crate::dataset::{Dataset, Key};
use crate::invocation::Ledger;
use crate::stats::{Check, Confidence, Dependence, Grade, Probability, highest_finite_quantile};
use crate::summary::{Metric, QuantileSummary, Warning, input_warnings, row_warnings};

/// Collects the doubts, the gravest first.
pub(super) fn doubts(
    baseline: &Side,
    candidate: &Side,
    total: &[ComparedQuantile],
    dataset: &Dataset,
    ledger: &Ledger,
) -> Vec<Warning> {
    let label = |key: Key, value: Option<u32>| {
        value.map_or_else(|| "not known".to_owned(), |value| dataset.label(key, value))
    };
    let mut warnings = Vec::new();
    let shared = common(&baseline.rows.row, &candidate.rows.row);
    if shared > 0 {
        warnings.push(Warning::Shared(shared));
    }
    for side in [baseline, candidate]
        .into_iter()
        .filter(|side| side.counted.is_some())
    {
        warnings.push(Warning::Excerpt {
            of: side.name.clone(),
            kept: side.rows.len(),
            invocations: side.group.invocations,
        });
    }
    warnings.extend(failures(baseline, candidate));
    for side in [baseline, candidate] {
        for quantile in total {
            let is_baseline = std::ptr::eq(side, baseline);
            let summary = if is_baseline {
                &quantile.baseline
            } else {
                &quantile.candidate
            };
            let dependence = quantile.dependence[usize::from(!is_baseline)];
            let small = summary
                .as_ref()
                .and_then(|summary| small_sample(side, summary, dependence));
            let is_small = small.is_some();
            warnings.extend(small);
            warnings.extend(
                dependence
                    .filter(|_| !is_small)
                    .and_then(|found| dependent(side, quantile.p, &found)),
            );
        }
    }
    warnings.extend(input_warnings(ledger));
    for side in [baseline, candidate] {
        warnings.extend(row_warnings(&side.name, &side.rows, &side.group, &label));
    }
    warnings
}

/// How many positions are in both lists.
fn common(one: &[u32], other: &[u32]) -> usize {
    let sorted = |list: &[u32]| {
        let mut list = list.to_vec();
        list.sort_unstable();
        list
    };
    let (one, other) = (sorted(one), sorted(other));
    let (mut count, mut at) = (0, 0);
    for row in one {
        at += other[at..].iter().take_while(|theirs| **theirs < row).count();
        count += usize::from(other.get(at) == Some(&row));
    }
    count
}

/// Names failures where the difference of the two shares is shown.
fn failures(baseline: &Side, candidate: &Side) -> Option<Warning> {
    let rate = ComparedRate::of(Rate::Error, [baseline, candidate]);
    let shown = |found: &RateOfSide| {
        let interval = found.interval();
        let percent =
            |share: Option<f64>| share.map_or_else(String::new, |share| format!("{:.2}", share * 100.0));
        format!(
            "{:.2} % ({}–{})",
            found.share() * 100.0,
            percent(interval.low),
            percent(interval.high)
        )
    };
    let [Some(base), Some(cand)] = &rate.sides else {
        return None;
    };
    rate.difference?.is_shown().then(|| Warning::FailuresDiffer {
        baseline: shown(base),
        candidate: shown(cand),
    })
}

/// Names a side whose slow requests come in episodes.
fn dependent(side: &Side, p: Probability, found: &Dependence) -> Option<Warning> {
    if found.rests_on_few_clusters(p) {
        return Some(Warning::FewEpisodes {
            of: side.name.clone(),
            quantile: p.label(),
            episodes: found.clusters,
        });
    }
    // Among several quantiles one looks somewhat dependent by chance.
    let is_told = match p == Probability::P95 {
        true => found.check() != Check::Ok,
        false => found.check() == Check::Confounded,
    };
    is_told.then(|| Warning::Dependent {
        of: side.name.clone(),
        quantile: p.label(),
        requests: found.len,
        worth: found.effective_size() as u64,
    })
}

fn small_sample(side: &Side, quantile: &QuantileSummary, found: Option<Dependence>) -> Option<Warning> {
    let sample = side.all.sample(Metric::Total)?;
    let is_small = matches!(quantile.grade, Grade::MaxOnly | Grade::LowerBoundOnly);
    let size = sample.len() as f64;
    let worth = found.map_or(size, |found| found.effective_size());
    let highest = highest_finite_quantile(worth, Confidence::C95);
    is_small.then(|| Warning::SmallSample {
        of: side.name.clone(),
        quantile: quantile.p.label(),
        count: sample.len(),
        worth: worth as u64,
        needed: quantile.n_needed,
        supported: (highest >= 0.5).then(|| format!("p{:.1}", (highest * 1000.0).floor() / 10.0)),
    })
}
