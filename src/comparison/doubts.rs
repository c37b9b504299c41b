//! What speaks against believing a comparison, as far as the logs tell.

use std::collections::BTreeSet;

use super::compare::ComparedQuantile;
use super::side::Side;
use crate::dataset::{Dataset, Key};
use crate::invocation::{Ledger, Span};
use crate::stats::{Confidence, Grade, Interval, Proportion, highest_finite_quantile};
use crate::summary::{Metric, QuantileSummary, Warning, input_warnings, row_warnings, value_counts};

/// Properties that should be the same on both sides of a comparison of models.
const CONTROLLED: [(Key, &str); 4] = [
    (Key::Memory, "memory"),
    (Key::Version, "the function version"),
    (Key::Function, "the function"),
    (Key::Region, "the region"),
];

/// Below this share of common time, the windows are called apart, in per cent.
const COMMON_TIME_PERCENT: u32 = 80;

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
    let theirs: BTreeSet<u32> = baseline.rows.row.iter().copied().collect();
    let shared = candidate
        .rows
        .row
        .iter()
        .filter(|row| theirs.contains(row))
        .count();
    if shared > 0 {
        warnings.push(Warning::Shared(shared));
    }
    for (key, what) in CONTROLLED {
        if [baseline, candidate]
            .iter()
            .any(|side| side.selected_by.contains(&key))
        {
            // It differs because that was asked for.
            continue;
        }
        let values = |side: &Side| -> BTreeSet<Option<u32>> { side.column(key).iter().copied().collect() };
        if values(baseline) != values(candidate) {
            let shown = |side: &Side| {
                let texts: Vec<String> = value_counts(side.column(key))
                    .into_iter()
                    .map(|(value, _)| label(key, value))
                    .collect();
                texts.join(", ")
            };
            warnings.push(Warning::Differs {
                what,
                baseline: shown(baseline),
                candidate: shown(candidate),
            });
        }
    }
    let common = common_time_percent(baseline.span, candidate.span);
    if let Some(overlap_percent) = common.filter(|percent| *percent < COMMON_TIME_PERCENT) {
        warnings.push(Warning::WindowsApart { overlap_percent });
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
            warnings.extend(summary.as_ref().and_then(|summary| small_sample(side, summary)));
        }
    }
    warnings.extend(input_warnings(ledger));
    for side in [baseline, candidate] {
        warnings.extend(row_warnings(&side.name, &side.rows, &side.group, &label));
    }
    warnings
}

/// The time that both spans cover, in per cent of the time that either covers.
fn common_time_percent(a: Option<Span>, b: Option<Span>) -> Option<u32> {
    let (a, b) = (a?, b?);
    let union = a.last.max(b.last).millis_since(a.first.min(b.first));
    let common = a.last.min(b.last).millis_since(a.first.max(b.first)).max(0);
    if union == 0 {
        return Some(100);
    }
    u32::try_from(common.saturating_mul(100) / union).ok()
}

/// Names failures where the two shares' intervals do not meet.
fn failures(baseline: &Side, candidate: &Side) -> Option<Warning> {
    let of = |side: &Side| {
        let failed = side.group.errors as u64;
        let proportion = Proportion::new(failed, side.group.invocations as u64)?;
        Some((proportion.share(), proportion.wilson(Confidence::C95)))
    };
    let (base, cand) = (of(baseline)?, of(candidate)?);
    let are_apart = base.1.high < cand.1.low || cand.1.high < base.1.low;
    let shown = |(share, interval): (f64, Interval)| {
        let percent =
            |share: Option<f64>| share.map_or_else(String::new, |share| format!("{:.2}", share * 100.0));
        format!(
            "{:.2} % ({}–{})",
            share * 100.0,
            percent(interval.low),
            percent(interval.high)
        )
    };
    are_apart.then(|| Warning::FailuresDiffer {
        baseline: shown(base),
        candidate: shown(cand),
    })
}

fn small_sample(side: &Side, quantile: &QuantileSummary) -> Option<Warning> {
    let sample = side.all.sample(Metric::Total)?;
    let is_small = matches!(quantile.grade, Grade::MaxOnly | Grade::LowerBoundOnly);
    let highest = highest_finite_quantile(sample.effective_size(), Confidence::C95);
    is_small.then(|| Warning::SmallSample {
        of: side.name.clone(),
        quantile: quantile.p.label(),
        count: sample.len(),
        needed: quantile.n_needed,
        supported: (highest >= 0.5).then(|| format!("p{:.1}", (highest * 1000.0).floor() / 10.0)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::Timestamp;

    fn span(first: i64, last: i64) -> Option<Span> {
        Some(Span {
            first: Timestamp::from_epoch_millis(first),
            last: Timestamp::from_epoch_millis(last),
        })
    }

    #[test]
    fn common_time_is_a_share_of_all_time() {
        assert_eq!(common_time_percent(span(0, 100), span(0, 100)), Some(100));
        assert_eq!(common_time_percent(span(0, 100), span(50, 150)), Some(33));
        assert_eq!(common_time_percent(span(0, 100), span(200, 300)), Some(0));
        assert_eq!(common_time_percent(span(5, 5), span(5, 5)), Some(100));
        assert_eq!(common_time_percent(None, span(5, 5)), None);
    }
}
