//! What both sides must have been given alike: prompts, their length, and traffic at the same times.

use super::arrivals::Arrivals;
use super::control::{Check, CheckState};
use super::requests::{WAITED, answered};
use super::side::Side;
use crate::dataset::{Columns, Key};
use crate::invocation::{Outcome, StartType};
use crate::stats::{
    self, Balance, Confidence, Proportion, ProportionDifference, SharedKeys, TimeOverlap, Trend, ascending,
    counts_before, merged,
};

/// The checks of two sides, in the order of output. `floor` is how far p95 of the
/// baseline's halves are apart, if they are.
pub(super) fn load_checks(baseline: &Side, candidate: &Side, floor: Option<f64>) -> Vec<Check> {
    let rows = [&baseline.rows, &candidate.rows];
    let is_excerpt = baseline.counted.is_some() || candidate.counted.is_some();
    let not_kept = |name| unknown(name, "a saved baseline of counts keeps an excerpt alone");
    let prompts = match is_excerpt {
        true => not_kept("prompts"),
        false => prompts(rows),
    };
    let same_prompts = prompts.state == CheckState::Alike;
    let arrivals = [&baseline.arrivals, &candidate.arrivals];
    let times = times(arrivals);
    let is_interleaved = times.iter().all(|check| check.state == CheckState::Alike);
    let mut checks = times;
    checks.push(trend("drift of the baseline", baseline, is_interleaved));
    checks.push(trend("drift of the candidate", candidate, is_interleaved));
    checks.push(itself(floor, is_interleaved));
    let is_selected = |side: &Side| side.selected_by.contains(&Key::Start);
    if !is_selected(baseline) && !is_selected(candidate) {
        checks.push(cold_share([baseline, candidate]));
    }
    checks.push(prompts);
    checks.push(input_tokens(rows, same_prompts));
    checks.push(match is_excerpt {
        true => not_kept("requests in flight"),
        false => concurrency(rows, arrivals),
    });
    checks.extend(hour_of_day(arrivals));
    checks
}

/// Whether the windows are the same and the sides interleaved in them.
fn times(arrivals: [&Arrivals; 2]) -> Vec<Check> {
    let [baseline, candidate] = arrivals.map(Arrivals::times_ms);
    let overlap = baseline
        .zip(candidate)
        .and_then(|(base, cand)| TimeOverlap::of(base, cand));
    let Some(overlap) = overlap else {
        return vec![unknown("time window", "not every request has a time")];
    };
    vec![
        Check {
            name: "time window",
            state: state(overlap.overlap_check()),
            detail: format!(
                "{:.0} % of the requests came at common times",
                overlap.overlap * 100.0
            ),
        },
        Check {
            name: "interleaving",
            state: state(overlap.interleaving_check()),
            detail: format!(
                "the candidate's request is the later one in {:.0} % of all pairs",
                overlap.candidate_later * 100.0
            ),
        },
    ]
}

/// Whether latency drifts within one side. Where the sides are interleaved a drift meets both alike.
fn trend(name: &'static str, side: &Side, is_interleaved: bool) -> Check {
    let rows = &side.rows;
    let Some(in_order) = side.arrivals.in_order() else {
        return unknown(name, "not every request has a time");
    };
    let answered = in_order.filter(|row| rows.outcome[*row] == Outcome::Success as u32);
    let mut durations = Vec::with_capacity(rows.len());
    durations.extend(answered.map(|row| rows.duration_us[row] as f64));
    let Some(trend) = Trend::of_requests(&durations) else {
        return Check {
            name,
            state: CheckState::Unproven,
            detail: "too few requests to tell".to_owned(),
        };
    };
    let state = match state(trend.check()) {
        CheckState::Differs if is_interleaved => CheckState::Unproven,
        state => state,
    };
    Check {
        name,
        state,
        detail: format!(
            "the median duration changes by {}{:.1} % over the window (p = {:.2})",
            sign(trend.total_change),
            trend.total_change.abs() * 100.0,
            trend.p
        ),
    }
}

/// Whether the first half of the baseline is as fast as the second. What it differs by, no comparison can tell from a
/// difference of the sides, unless it meets both alike.
fn itself(floor: Option<f64>, is_interleaved: bool) -> Check {
    let (state, detail) = match floor {
        None => (
            CheckState::Alike,
            "p95 of its first and second half are not told apart".to_owned(),
        ),
        Some(floor) => (
            if is_interleaved {
                CheckState::Unproven
            } else {
                CheckState::Differs
            },
            format!(
                "p95 of its first and second half differ by {:.1} %",
                floor * 100.0
            ),
        ),
    };
    Check {
        name: "baseline against itself",
        state,
        detail,
    }
}

/// Whether as many requests waited for an initialisation or restore. How many do is mostly the traffic's doing.
fn cold_share(sides: [&Side; 2]) -> Check {
    const NAME: &str = "cold share";
    let shares = sides.map(|side| {
        let of = |start: StartType| side.start(start).map_or(0, |row| row.invocations as u64);
        let count = WAITED.into_iter().map(of).sum();
        let all = side.group.invocations as u64;
        Proportion::new(count, all).filter(|_| of(StartType::Unknown) == 0)
    });
    let [Some(baseline), Some(candidate)] = shares else {
        return unknown(NAME, "the start of some requests is not known");
    };
    let difference = ProportionDifference::of(&baseline, &candidate, Confidence::C95);
    Check {
        name: NAME,
        state: match difference.is_shown() {
            true => CheckState::Differs,
            false => CheckState::Alike,
        },
        detail: format!(
            "{:.2} % against {:.2} %",
            baseline.share() * 100.0,
            candidate.share() * 100.0
        ),
    }
}

/// Whether both sides were asked the same.
fn prompts(rows: [&Columns; 2]) -> Check {
    const NAME: &str = "prompts";
    let [Some(baseline), Some(candidate)] =
        rows.map(|rows| told(rows, answered(rows, |row| rows.facts.prompt.get(row))))
    else {
        return unknown(NAME, "not every answered request has the hash of its prompt");
    };
    let Some(shared) = SharedKeys::of(baseline, candidate) else {
        return unknown(NAME, "no request has the hash of its prompt");
    };
    Check {
        name: NAME,
        state: state(shared.check()),
        detail: format!(
            "{:.0} % of the prompts are common to both sides",
            shared.share() * 100.0
        ),
    }
}

/// Whether the prompts were as long. Equal prompts are, whatever their tokens are called by each model.
fn input_tokens(rows: [&Columns; 2], same_prompts: bool) -> Check {
    const NAME: &str = "input tokens";
    if same_prompts {
        return Check {
            name: NAME,
            state: CheckState::Alike,
            detail: "of the same prompts".to_owned(),
        };
    }
    let tokens = rows.map(|rows| {
        let tokens = answered(rows, |row| rows.facts.input_tokens.get(row).map(f64::from));
        told(rows, tokens)
    });
    let [Some(baseline), Some(candidate)] = tokens else {
        return unknown(NAME, "not every answered request tells them");
    };
    balance(NAME, [baseline, candidate])
}

/// The values of some of these rows, if all of them tell theirs.
fn told<T>(rows: &Columns, values: impl Iterator<Item = Option<T>>) -> Option<Vec<T>> {
    let mut told = Vec::with_capacity(rows.len());
    for value in values {
        told.push(value?);
    }
    Some(told)
}

/// Whether as many other requests were under way when one came.
fn concurrency(rows: [&Columns; 2], arrivals: [&Arrivals; 2]) -> Check {
    const NAME: &str = "requests in flight";
    let [Some(baseline), Some(candidate)] = arrivals.map(Arrivals::times_ms) else {
        return unknown(NAME, "not every request has a time");
    };
    balance(NAME, in_flight(rows, [baseline, candidate]))
}

/// Whether both sides had the same hours of the day (UTC). Asked only of windows longer than half a day: within a shorter
/// one the time window tells it.
fn hour_of_day(arrivals: [&Arrivals; 2]) -> Option<Check> {
    const HALF_A_DAY_MS: f64 = 12.0 * 3_600_000.0;
    let [baseline, candidate] = arrivals.map(Arrivals::times_ms);
    let (baseline, candidate) = (baseline?, candidate?);
    let first = baseline.first()?.min(*candidate.first()?);
    let last = baseline.last()?.max(*candidate.last()?);
    let hours = |times: &[f64]| {
        times
            .iter()
            .map(|at| at.rem_euclid(86_400_000.0) / 3_600_000.0)
            .collect::<Vec<_>>()
    };
    (last - first > HALF_A_DAY_MS).then(|| balance("hour of day", [hours(baseline), hours(candidate)]))
}

fn balance(name: &'static str, sides: [Vec<f64>; 2]) -> Check {
    let [baseline, candidate] = sides.map(ascending);
    let Some(balance) = Balance::of_sorted(&baseline, &candidate) else {
        return unknown(name, "too few requests");
    };
    let median = |sorted: &[f64]| sorted[sorted.len() / 2];
    Check {
        name,
        state: state(balance.check()),
        detail: format!(
            "median {} against {}, standardised difference {}{:.2}",
            shown(median(&baseline)),
            shown(median(&candidate)),
            sign(balance.difference),
            balance.difference.abs()
        ),
    }
}

const fn state(check: stats::Check) -> CheckState {
    match check {
        stats::Check::Ok => CheckState::Alike,
        stats::Check::Warn => CheckState::Unproven,
        stats::Check::Confounded => CheckState::Differs,
    }
}

const fn sign(number: f64) -> char {
    if number < 0.0 { '−' } else { '+' }
}

fn unknown(name: &'static str, detail: &str) -> Check {
    Check {
        name,
        state: CheckState::Unknown,
        detail: detail.to_owned(),
    }
}

/// A whole number as it is, another with a decimal.
fn shown(number: f64) -> String {
    let decimals = usize::from(number.fract() != 0.0);
    format!("{number:.decimals$}")
}

/// For each request of each side, in order of arrival, how many of both sides were under way when it came.
fn in_flight(rows: [&Columns; 2], arrivals: [&[f64]; 2]) -> [Vec<f64>; 2] {
    let [ends, more_ends] = rows.map(|rows| {
        let mut ended = Vec::with_capacity(rows.len());
        ended.extend(
            rows.ended_at
                .iter()
                .flatten()
                .map(|at| at.as_epoch_millis() as f64),
        );
        ascending(ended)
    });
    let ends = merged(&ends, &more_ends);
    let [baseline, candidate] = arrivals;
    [(baseline, candidate), (candidate, baseline)].map(|(arrived, others)| {
        let begun = counts_before(arrived, others, |other, at| other < at);
        let ended = counts_before(arrived, &ends, |end, at| end <= at);
        // Those of its own side that came before, and not with it.
        let mut own = 0;
        let under_way = |(at, (begun, ended)): (usize, (u32, u32))| {
            if arrived[own] < arrived[at] {
                own = at;
            }
            (own + begun as usize).saturating_sub(ended as usize) as f64
        };
        begun.into_iter().zip(ended).enumerate().map(under_way).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::side::Identity;
    use crate::summary::Failures;
    use crate::vocab::Timestamp;

    /// Requests that end at these milliseconds after so many of duration.
    fn rows(of: &[(i64, u64)]) -> Columns {
        Columns {
            ended_at: of
                .iter()
                .map(|(ended, _)| Some(Timestamp::from_epoch_millis(*ended)))
                .collect(),
            duration_us: of.iter().map(|(_, took)| took * 1000).collect(),
            ..Columns::blank(of.len())
        }
    }

    /// ```text
    /// 0    100   200   300
    /// [ a       ]
    ///      [ b  ]
    ///            [ c ]
    /// ```
    #[test]
    fn requests_under_way_are_those_that_have_not_ended() {
        let (a, b) = (rows(&[(200, 200), (280, 80)]), rows(&[(200, 100)]));
        let arrivals = [&a, &b].map(Arrivals::of);
        let times = arrivals.each_ref().map(|arrivals| arrivals.times_ms().unwrap());
        let [base, cand] = in_flight([&a, &b], times);
        assert_eq!((base, cand), (vec![0.0, 0.0], vec![1.0]));
    }

    #[test]
    fn interleaved_requests_are_alike_in_time_and_apart_windows_differ() {
        let every = |from: i64, step: i64| -> Columns {
            rows(&(0..200).map(|i| (from + i * step, 50)).collect::<Vec<_>>())
        };
        let states = |a: &Columns, b: &Columns| {
            times([&Arrivals::of(a), &Arrivals::of(b)])
                .iter()
                .map(|check| check.state)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            states(&every(0, 1000), &every(500, 1000)),
            [CheckState::Alike, CheckState::Alike]
        );
        assert_eq!(
            states(&every(0, 1000), &every(200_000, 1000)),
            [CheckState::Differs, CheckState::Differs]
        );
    }

    #[test]
    fn hours_of_the_day_are_compared_over_more_than_half_a_day() {
        let hour = 3_600_000;
        let at = |hours: &dyn Fn(i64) -> i64, count: i64| {
            Arrivals::of(&rows(&(0..count).map(|i| (hours(i), 50)).collect::<Vec<_>>()))
        };
        // Three days: all hours against the nights alone.
        let all = at(&|i| i * hour / 10, 720);
        let shifted = at(&|i| i * hour / 10 + hour / 20, 720);
        let nights = at(&|i| (i / 80) * 24 * hour + (i % 80) * hour / 10, 240);
        let state = |a: &Arrivals, b: &Arrivals| hour_of_day([a, b]).map(|check| check.state);
        assert_eq!(state(&all, &shifted), Some(CheckState::Alike));
        assert_eq!(state(&all, &nights), Some(CheckState::Differs));
        let short = at(&|i| i * hour / 100, 720);
        assert_eq!(state(&short, &short), None);
    }

    #[test]
    fn what_some_requests_do_not_tell_is_unknown() {
        let mut a = rows(&[(0, 1), (1, 1)]);
        let b = rows(&[(0, 1), (1, 1)]);
        assert_eq!(prompts([&a, &b]).state, CheckState::Unknown, "no column at all");
        a.facts.prompt = vec![Some(1), None].into();
        assert_eq!(prompts([&a, &b]).state, CheckState::Unknown);
        a.ended_at[0] = None;
        assert_eq!(
            times([&Arrivals::of(&a), &Arrivals::of(&b)])[0].state,
            CheckState::Unknown
        );
        assert_eq!(
            concurrency([&a, &b], [&Arrivals::of(&a), &Arrivals::of(&b)]).state,
            CheckState::Unknown
        );
    }

    #[test]
    fn a_drift_meets_interleaved_sides_alike() {
        let rows = rows(
            &(0..600_u32)
                .map(|i| (i64::from(i) * 1000, 100 + u64::from(i)))
                .collect::<Vec<_>>(),
        );
        let drifting = Side::of_rows(Identity::default(), rows, Failures::Apart);
        assert_eq!(trend("x", &drifting, false).state, CheckState::Differs);
        assert_eq!(trend("x", &drifting, true).state, CheckState::Unproven);
    }
}
