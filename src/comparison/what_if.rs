//! What total time would be if parts of it were longer or shorter.
//!
//! Every invocation is recomputed by itself, so the quantiles afterwards are those of other invocations where the
//! order changes. What an invocation does not tell stays as it is and is counted.

use super::what_if_text::{Part, WhatIf};
use crate::dataset::Columns;
use crate::invocation::{Outcome, StartType};
use crate::stats::{Probability, Sample};
use crate::summary::{Failures, QuantileSummary, RowInference, inference_of, is_in_sample};

/// The quantiles that are shown before and after.
const SHOWN: [Probability; 3] = [Probability::P50, Probability::P95, Probability::P99];

/// Total time before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct WhatIfOutcome {
    /// How many invocations the quantiles are of.
    pub requests: usize,
    /// p50, p95 and p99 of total time as it was.
    pub before: Vec<QuantileSummary>,
    /// The same of total time as it would be. Timeouts stay lower bounds.
    pub after: Vec<QuantileSummary>,
    /// How many invocations do not tell a part that would change, and keep it.
    pub untold: Vec<(Part, usize)>,
}

/// One invocation, recomputed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Recomputed {
    /// Its total time, in microseconds.
    total_us: u64,
    /// For each part that would change, whether the invocation does not tell it; in the order of [`Part::ALL`].
    is_untold: [bool; 4],
}

impl WhatIfOutcome {
    /// Recomputes these invocations. `None` if none has a latency.
    pub fn of(what_if: &WhatIf, rows: &Columns, failures: Failures) -> Option<Self> {
        let mut values: [[Vec<f64>; 2]; 2] = Default::default();
        let mut untold = [0; 4];
        for row in (0..rows.len()).filter(|&row| is_in_sample(rows, failures, row)) {
            let recomputed = recompute(what_if, rows, row);
            let is_bound = usize::from(rows.outcome[row] == Outcome::Timeout as u32);
            let before = rows.duration_us[row].saturating_add(rows.init_us.get(row).unwrap_or(0));
            for (values, total) in values.iter_mut().zip([before, recomputed.total_us]) {
                values[is_bound].push(total as f64);
            }
            for (count, is_untold) in untold.iter_mut().zip(recomputed.is_untold) {
                *count += usize::from(is_untold);
            }
        }
        let [before, after] = values.map(|[exact, bounds]| Sample::with_censored(exact, bounds));
        let (before, after) = (before?, after?);
        let quantiles = |sample: &Sample| SHOWN.map(|p| QuantileSummary::of(sample, p)).to_vec();
        Some(Self {
            requests: before.len(),
            before: quantiles(&before),
            after: quantiles(&after),
            untold: Part::ALL
                .into_iter()
                .zip(untold)
                .filter(|(_, count)| *count > 0)
                .collect(),
        })
    }
}

/// Recomputes the total time of one invocation. The failed attempts are a part of the overhead: a factor of the
/// overhead is theirs too, unless they have one of their own.
fn recompute(what_if: &WhatIf, rows: &Columns, row: usize) -> Recomputed {
    let duration = rows.duration_us[row];
    let init = rows.init_us.get(row);
    let inference = match inference_of(rows, row) {
        RowInference::Known(inference) => Some(inference),
        RowInference::OverDuration | RowInference::Unknown => None,
    };
    let overhead = duration - inference.unwrap_or(0);
    let retry = retry_of(rows, row).filter(|retry| *retry <= overhead);
    let factor = |part: Part, is_told: bool| what_if.factor(part).filter(|_| is_told).unwrap_or(1.0);
    let is_told = [
        init.is_some() || !may_have_waited(rows, row),
        inference.is_some(),
        inference.is_some(),
        retry.is_some(),
    ];
    let of_init = factor(Part::Init, is_told[0]);
    let of_inference = factor(Part::Inference, is_told[1]);
    let of_overhead = factor(Part::Overhead, is_told[2]);
    let of_retry = match what_if.factor(Part::Retry) {
        Some(of_retry) => of_retry,
        None => of_overhead,
    };
    let retry = retry.unwrap_or(0);
    let parts = [
        scaled(init.unwrap_or(0), of_init),
        scaled(inference.unwrap_or(0), of_inference),
        scaled(retry, of_retry),
        scaled(overhead - retry, of_overhead),
    ];
    let mut is_untold = [false; 4];
    for part in Part::ALL {
        is_untold[part as usize] = what_if.factor(part).is_some() && !is_told[part as usize];
    }
    Recomputed {
        total_us: parts.into_iter().fold(0, u64::saturating_add),
        is_untold,
    }
}

/// The time of failed attempts, where the log tells it or that there was none.
fn retry_of(rows: &Columns, row: usize) -> Option<u64> {
    let has_none = rows.facts.retries.get(row) == Some(0);
    rows.retry_us.get(row).or(has_none.then_some(0))
}

/// Whether a request may have waited for an initialisation of which the log has no time.
fn may_have_waited(rows: &Columns, row: usize) -> bool {
    [StartType::Cold, StartType::Restored, StartType::Unknown]
        .iter()
        .any(|start| rows.start[row] == *start as u32)
}

/// Microseconds times a factor, to the nearest.
fn scaled(micros: u64, factor: f64) -> u64 {
    if factor == 1.0 {
        return micros;
    }
    (micros as f64 * factor).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::{Latencies, Metric};
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// Invocations from (duration, init, inference, retry, outcome).
    type Row = (u64, Option<u64>, Option<u64>, Option<u64>, u32);

    fn rows(list: &[Row]) -> Columns {
        Columns {
            outcome: list.iter().map(|row| row.4).collect(),
            start: list
                .iter()
                .map(|row| match row.1 {
                    Some(_) => StartType::Cold as u32,
                    None => StartType::Warm as u32,
                })
                .collect(),
            duration_us: list.iter().map(|row| row.0).collect(),
            init_us: list.iter().map(|row| row.1).collect(),
            billed_us: vec![None; list.len()].into(),
            inference_us: list.iter().map(|row| row.2).collect(),
            inference_is_bound: vec![false; list.len()],
            retry_us: list.iter().map(|row| row.3).collect(),
            ..Columns::default()
        }
    }

    fn totals(text: &str, rows: &Columns) -> Vec<u64> {
        let what_if = WhatIf::parse(text).unwrap();
        (0..rows.len())
            .map(|row| recompute(&what_if, rows, row).total_us)
            .collect()
    }

    const SUCCESS: u32 = Outcome::Success as u32;

    #[test]
    fn every_part_is_recomputed_by_itself() {
        let rows = rows(&[(1000, Some(200), Some(700), Some(100), SUCCESS)]);
        for (text, total) in [
            ("inference*0.5", 850),
            ("inference*2", 1900),
            ("inference=0", 500),
            ("init=0", 1000),
            ("overhead=0", 900),
            ("retry=0", 1100),
            ("overhead=0,retry*1", 1000),
            ("overhead*2,retry=0", 1300),
            ("init=0,overhead=0", 700),
            ("init=0,inference=0,overhead=0", 0),
        ] {
            assert_eq!(totals(text, &rows), [total], "{text}");
        }
    }

    #[test]
    fn what_is_not_told_stays_and_is_counted() {
        let mut rows = rows(&[
            (1000, None, None, None, SUCCESS),
            (1000, None, Some(5000), Some(100), SUCCESS),
            (1000, None, Some(950), Some(100), SUCCESS),
            (1000, None, Some(500), None, SUCCESS),
        ]);
        assert_eq!(totals("inference=0", &rows), [1000, 1000, 50, 500]);
        assert_eq!(totals("overhead=0", &rows), [1000, 1000, 950, 500]);
        // Without inference, retries can still be taken away; retries longer than the overhead cannot be true.
        assert_eq!(totals("retry=0", &rows), [1000, 900, 1000, 1000]);
        let untold = |text: &str, rows: &Columns| {
            let what_if = WhatIf::parse(text).unwrap();
            WhatIfOutcome::of(&what_if, rows, Failures::Apart).unwrap().untold
        };
        assert_eq!(
            untold("inference=0,retry=0", &rows),
            [(Part::Inference, 2), (Part::Retry, 3)]
        );
        assert_eq!(untold("init=0", &rows), []);
        rows.facts.retries = vec![Some(0); 4].into();
        rows.start = vec![StartType::Cold as u32; 4];
        assert_eq!(
            untold("init=0,retry=0", &rows),
            [(Part::Init, 4), (Part::Retry, 1)]
        );
    }

    #[test]
    fn timeouts_stay_lower_bounds_and_failures_stay_apart() {
        let timeout = (2000, None, Some(1900), None, Outcome::Timeout as u32);
        let failure = (10, None, None, None, Outcome::Error as u32);
        let mut list = vec![(1000, None, Some(900), None, SUCCESS); 98];
        list.extend([timeout, timeout, failure]);
        let what_if = WhatIf::parse("inference=0").unwrap();
        let found = WhatIfOutcome::of(&what_if, &rows(&list), Failures::Apart).unwrap();
        assert_eq!((found.requests, found.untold), (100, vec![]));
        assert_eq!(found.after[0].estimate.value, 100.0);
        let is_censored =
            |quantiles: &[QuantileSummary]| quantiles.iter().map(|q| q.estimate.censored).collect::<Vec<_>>();
        assert_eq!(is_censored(&found.before), [false, false, true]);
        assert_eq!(is_censored(&found.after), [false, false, true]);
        let included = WhatIfOutcome::of(&what_if, &rows(&list), Failures::Included).unwrap();
        assert_eq!(
            (included.requests, included.untold),
            (101, vec![(Part::Inference, 1)])
        );
        assert_eq!(
            WhatIfOutcome::of(&what_if, &Columns::default(), Failures::Apart),
            None
        );
    }

    fn any_row() -> impl Strategy<Value = Row> {
        let time = 0_u64..2_000_000;
        let some = |time: std::ops::Range<u64>| proptest::option::of(time);
        (
            time.clone(),
            some(time.clone()),
            some(time.clone()),
            some(time),
            0_u32..3,
        )
    }

    fn outcome(text: &str, rows: &Columns) -> Option<WhatIfOutcome> {
        WhatIfOutcome::of(&WhatIf::parse(text).unwrap(), rows, Failures::Apart)
    }

    proptest! {
        #[test]
        fn multiplying_by_one_changes_nothing(list in vec(any_row(), 1..60)) {
            let rows = rows(&list);
            for text in ["inference*1", "init*1,overhead*1.0", "retry*1,inference*1"] {
                if let Some(found) = outcome(text, &rows) {
                    prop_assert_eq!(&found.before, &found.after);
                }
            }
        }

        #[test]
        fn without_init_the_total_is_the_duration(list in vec(any_row(), 1..60)) {
            let rows = rows(&list);
            let latencies = Latencies::of(&rows, Failures::Apart);
            let duration = latencies.sample(Metric::Duration);
            let expected = duration.map(|sample| SHOWN.map(|p| QuantileSummary::of(sample, p)).to_vec());
            prop_assert_eq!(outcome("init=0", &rows).map(|found| found.after), expected);
        }

        #[test]
        fn without_overhead_and_init_the_total_is_the_inference(list in vec(any_row(), 1..60)) {
            let rows = rows(&list);
            let what_if = WhatIf::parse("init=0,overhead=0").unwrap();
            for row in 0..rows.len() {
                let found = recompute(&what_if, &rows, row);
                match inference_of(&rows, row) {
                    RowInference::Known(inference) => prop_assert_eq!(found.total_us, inference),
                    _ => prop_assert_eq!(found.total_us, rows.duration_us[row]),
                }
            }
        }

        #[test]
        fn a_larger_factor_never_makes_a_request_faster(
            list in vec(any_row(), 1..20),
            part in 0_usize..4,
            factors in (0.0..3.0_f64, 0.0..3.0_f64),
        ) {
            let rows = rows(&list);
            let name = Part::ALL[part].name();
            let (low, high) = (factors.0.min(factors.1), factors.0.max(factors.1));
            let totals = |factor: f64| totals(&format!("{name}*{factor:.6}"), &rows);
            for (low, high) in totals(low).into_iter().zip(totals(high)) {
                prop_assert!(low <= high);
            }
        }
    }
}
