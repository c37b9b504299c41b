//! What speaks against believing a comparison, as far as the logs tell.

use super::gate::Rate;
use super::quantiles::ComparedQuantile;
use super::rates::{ComparedRate, RateOfSide};
use super::side::Side;
use crate::dataset::{Columns, Dataset, Key};
use crate::invocation::Ledger;
use crate::stats::{self, Check, Confidence, Dependence, Grade, Probability, highest_finite_quantile};
use crate::summary::{Metric, QuantileSummary, RowDoubts, Warning, input_warnings};
use crate::vocab::Timestamp;

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
    let shared = shared(baseline, candidate);
    if shared > 0 {
        warnings.push(Warning::Shared(shared));
    }
    warnings.extend([baseline, candidate].into_iter().filter_map(Side::excerpt));
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
        warnings.extend(RowDoubts::of(&side.rows, &side.group).warnings(&side.name, &label));
    }
    warnings
}

/// How many invocations are on both sides. Those of a saved baseline are known by what they are.
fn shared(baseline: &Side, candidate: &Side) -> usize {
    if baseline.is_saved || candidate.is_saved {
        return common(contents(&baseline.rows), contents(&candidate.rows));
    }
    common(baseline.rows.row.clone(), candidate.rows.row.clone())
}

/// When each invocation ended, what it took and what was billed; none of those without a time.
fn contents(rows: &Columns) -> Vec<(Timestamp, u64, Option<u64>)> {
    let content = |row: usize| {
        Some((
            rows.ended_at[row]?,
            rows.duration_us[row],
            rows.billed_us.get(row),
        ))
    };
    (0..rows.len()).filter_map(content).collect()
}

/// How many of one list are in the other.
fn common<T: Ord>(mut one: Vec<T>, mut other: Vec<T>) -> usize {
    one.sort_unstable();
    other.sort_unstable();
    stats::shared(&one, &other)
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
