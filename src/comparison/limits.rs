//! How near the requests of a side come to the limits of API Gateway and of their own function.

use std::collections::BTreeSet;

use super::side::Side;
use crate::dataset::{Columns, Optional};
use crate::invocation::Outcome;
use crate::stats::Proportion;
use crate::summary::{Failures, Metric, is_in_sample};

/// The default limit of API Gateway's REST APIs and the fixed one of its HTTP APIs, in seconds.
pub const GATEWAY_LIMITS_S: [u64; 2] = [29, 30];

/// How near one side comes to its limits.
#[derive(Debug, Clone, PartialEq)]
pub struct SideLimits {
    /// Total time against each of [`GATEWAY_LIMITS_S`].
    pub gateway: Vec<Margin>,
    /// Duration against the function's own timeout; absent where the logs do not tell that.
    pub own: Option<OwnTimeout>,
}

/// How many requests reached a limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Margin {
    /// Requests that reached it.
    pub over: u64,
    /// Requests that might have reached it, too.
    pub possible: u64,
    /// All requests but failures.
    pub requests: u64,
    /// The largest share of requests at the limit that is compatible with these, one-sided 95 %; what
    /// is possible counts as over.
    pub upper_bound: f64,
}

/// The timeout of a side's function, as the invocations tell that it killed.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnTimeout {
    /// The timeouts that occur, in whole seconds, ascending: several if it was changed.
    pub seconds: Vec<u64>,
    /// Requests that reached it; possible are those it killed before they could name their model.
    pub margin: Margin,
    /// The duration of the longest completed request as a share of it, if there is one and the timeout was
    /// always the same.
    pub longest: Option<f64>,
}

impl SideLimits {
    /// The limits of a side whose requests are worth one independent one for every so many.
    pub(super) fn of(side: &Side, design_effect: f64) -> Self {
        let limits = GATEWAY_LIMITS_S.into_iter();
        Self {
            gateway: limits
                .filter_map(|seconds| match &side.counted {
                    Some(_) => gateway_of_counts(side, seconds, design_effect),
                    None => gateway(&side.rows, seconds, design_effect),
                })
                .collect(),
            // An excerpt tells neither how many were killed nor the longest one that was not.
            own: match &side.counted {
                Some(_) => None,
                None => own_timeout(&side.rows, &side.without_model, design_effect),
            },
        }
    }
}

impl Margin {
    fn of(over: u64, possible: u64, requests: u64, design_effect: f64) -> Option<Self> {
        let proportion = Proportion::new(over + possible, requests)?;
        let worth = (requests as f64 / design_effect).max(1.0);
        let proportion = proportion.with_effective_size(worth).unwrap_or(proportion);
        Some(Self {
            over,
            possible,
            requests,
            upper_bound: proportion.upper_bound_95(),
        })
    }
}

fn is_timeout(rows: &Columns, row: usize) -> bool {
    rows.outcome[row] == Outcome::Timeout as u32
}

fn gateway(rows: &Columns, seconds: u64, design_effect: f64) -> Option<Margin> {
    let (mut over, mut possible, mut requests) = (0, 0, 0);
    for row in (0..rows.len()).filter(|&row| is_in_sample(rows, Failures::Apart, row)) {
        let total = rows.duration_us[row].saturating_add(rows.init_us.get(row).unwrap_or(0));
        requests += 1;
        if total >= seconds * 1_000_000 {
            over += 1;
        } else if is_timeout(rows, row) {
            possible += 1;
        }
    }
    Margin::of(over, possible, requests, design_effect)
}

/// The same of counted times, each in the middle of a bucket.
fn gateway_of_counts(side: &Side, seconds: u64, design_effect: f64) -> Option<Margin> {
    let sample = side.all.sample(Metric::Total)?;
    let (completed, stopped) = sample.complete_and_limits();
    let is_over = |total: &&f64| **total >= seconds as f64 * 1e6;
    let over = completed.iter().chain(stopped).filter(is_over).count();
    let possible = stopped.iter().filter(|total| !is_over(total)).count();
    Margin::of(over as u64, possible as u64, sample.len() as u64, design_effect)
}

/// The timeout in seconds that killed an invocation. One that wrote a record gave up by itself.
fn told_by(rows: &Columns, row: usize) -> Option<u64> {
    if !is_timeout(rows, row) || rows.is_matched[row] {
        return None;
    }
    // Lambda used to print more than the limit and to bill the limit; a cold start is billed with its initialisation.
    let duration = rows.duration_us[row];
    let printed = rows
        .billed_us
        .get(row)
        .map_or(duration, |billed| billed.min(duration));
    Some(printed / 1_000_000).filter(|seconds| *seconds > 0)
}

/// The timeouts in seconds that killed invocations of a side, and how many of those could not name their model.
pub(super) fn told_timeouts(rows: &Columns, without_model: &Columns) -> (BTreeSet<u64>, u64) {
    let place = |rows: &Columns, row: usize| {
        let of = |column: &Optional<u32>| column.get(row);
        (of(&rows.function), of(&rows.version), of(&rows.region))
    };
    let mut told: BTreeSet<u64> = (0..rows.len()).filter_map(|row| told_by(rows, row)).collect();
    let mut possible = 0;
    let mut own = BTreeSet::new();
    if !without_model.is_empty() {
        own.extend((0..rows.len()).map(|row| place(rows, row)));
    }
    for row in 0..without_model.len() {
        if let Some(seconds) = told_by(without_model, row)
            && own.contains(&place(without_model, row))
        {
            told.insert(seconds);
            possible += 1;
        }
    }
    (told, possible)
}

fn own_timeout(rows: &Columns, without_model: &Columns, design_effect: f64) -> Option<OwnTimeout> {
    let (told, possible) = told_timeouts(rows, without_model);
    let smallest = *told.first()?;
    let (mut over, mut requests, mut longest) = (0, 0, 0);
    for row in (0..rows.len()).filter(|&row| is_in_sample(rows, Failures::Apart, row)) {
        requests += 1;
        if is_timeout(rows, row) {
            over += u64::from(rows.duration_us[row] >= smallest * 1_000_000);
        } else {
            longest = longest.max(rows.duration_us[row]);
        }
    }
    let share = longest as f64 / (smallest as f64 * 1e6);
    Some(OwnTimeout {
        margin: Margin::of(over, possible, requests + possible, design_effect)?,
        longest: (told.len() == 1 && longest > 0).then_some(share),
        seconds: told.into_iter().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (duration ms, billed ms, outcome, whether there is a record) of each invocation.
    fn rows(of: &[(u64, u64, Outcome, bool)]) -> Columns {
        Columns {
            row: (0..of.len() as u32).collect(),
            outcome: of.iter().map(|row| row.2 as u32).collect(),
            duration_us: of.iter().map(|row| row.0 * 1000).collect(),
            billed_us: of.iter().map(|row| Some(row.1 * 1000)).collect(),
            init_us: vec![None; of.len()].into(),
            is_matched: of.iter().map(|row| row.3).collect(),
            version: vec![Some(7); of.len()].into(),
            ..Columns::default()
        }
    }

    #[test]
    fn the_timeout_is_what_killed_and_not_what_gave_up() {
        let answered = (2400, 2400, Outcome::Success, true);
        let gave_up = (2900, 2900, Outcome::Timeout, true);
        let of = |all: &[(u64, u64, Outcome, bool)], beside: &[(u64, u64, Outcome, bool)]| {
            own_timeout(&rows(all), &rows(beside), 1.0)
        };
        assert_eq!(of(&[answered, gave_up], &[]), None, "nothing was killed");
        // As Lambda printed it until about 2024, and as it does today at a cold start.
        for killed in [
            (3003, 3000, Outcome::Timeout, false),
            (3000, 3450, Outcome::Timeout, false),
        ] {
            let own = of(&[answered, answered, gave_up, killed], &[]).unwrap();
            assert_eq!(
                (own.seconds.as_slice(), own.margin.over, own.margin.requests),
                ([3].as_slice(), 1, 4)
            );
            assert!((own.longest.unwrap() - 0.8).abs() < 1e-9);
            // One without a model is on neither side and may be of either.
            let beside = of(&[answered, gave_up], &[killed]).unwrap();
            assert_eq!(
                (beside.margin.over, beside.margin.possible, beside.margin.requests),
                (0, 1, 3)
            );
        }
        let changed = [
            answered,
            (3000, 3000, Outcome::Timeout, false),
            (10_000, 10_000, Outcome::Timeout, false),
        ];
        let own = of(&changed, &[]).unwrap();
        assert_eq!(
            (own.seconds, own.margin.over, own.longest),
            (vec![3, 10], 2, None)
        );
    }

    #[test]
    fn the_timeout_of_another_version_is_not_its_own() {
        let killed = (3000, 3000, Outcome::Timeout, false);
        let mut beside = rows(&[killed]);
        beside.version = vec![Some(8)].into();
        let own = own_timeout(&rows(&[(900, 900, Outcome::Success, true)]), &beside, 1.0);
        assert_eq!(own, None);
    }

    #[test]
    fn requests_that_hang_together_bound_a_limit_less() {
        let answered = rows(&vec![(900, 900, Outcome::Success, true); 300]);
        let bound = |effect| gateway(&answered, 29, effect).unwrap().upper_bound;
        assert!((bound(1.0) - 0.009_936).abs() < 1e-5, "{}", bound(1.0));
        assert!((bound(3.0) / bound(1.0) - 2.97).abs() < 0.02, "{}", bound(3.0));
    }
}
