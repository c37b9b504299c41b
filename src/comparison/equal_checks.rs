//! What must simply be the same on both sides: settings of the function and of the model calls.

use std::collections::BTreeSet;

use super::control::{Check, CheckState};
use super::limits::told_timeouts;
use super::requests::answered;
use super::side::Side;
use crate::dataset::{Columns, Dataset, Key, Optional};

/// How many values a detail lists at most.
const MOST_SHOWN: usize = 4;

/// The checks of two sides, in the order of output.
pub(super) fn equal_checks(baseline: &Side, candidate: &Side, dataset: &Dataset) -> Vec<Check> {
    let sides = [baseline, candidate];
    let is_selected = |key: Key| sides.iter().any(|side| side.selected_by.contains(&key));
    let mut checks = Vec::new();
    for (key, name) in [
        (Key::Function, "function"),
        (Key::Version, "version"),
        (Key::Memory, "memory"),
        (Key::Region, "region"),
    ] {
        // What was selected by differs because that was asked for.
        if !is_selected(key) {
            let label = |value: &u32| dataset.label(key, *value);
            checks.push(check(
                name,
                sides.map(|side| side.column(key).map_or_else(BTreeSet::new, values)),
                label,
            ));
        }
    }
    let names = dataset.names();
    let name = |list: &[Box<str>], position: u32| {
        list.get(position as usize)
            .map_or_else(String::new, ToString::to_string)
    };
    checks.push(check(
        "runtime version",
        sides.map(|side| values(&side.rows.facts.runtime)),
        |position| short_runtime(&name(&names.runtimes, *position)),
    ));
    checks.push(check(
        "initialisation type",
        sides.map(|side| {
            distinct(answered(&side.rows, |row| {
                side.rows.facts.initialization.get(row)
            }))
        }),
        |position| name(&names.initializations, *position),
    ));
    checks.push(check(
        "streaming",
        sides.map(|side| {
            distinct(answered(&side.rows, |row| {
                side.rows.facts.streaming.get(row).copied().flatten()
            }))
        }),
        |streams| if *streams { "streamed" } else { "not streamed" }.to_owned(),
    ));
    checks.push(check(
        "limit on written tokens",
        sides.map(|side| of_answered(&side.rows, &side.rows.facts.max_tokens)),
        ToString::to_string,
    ));
    checks.push(check(
        "temperature",
        sides.map(|side| {
            distinct(answered(&side.rows, |row| {
                side.rows.facts.temperature_milli.get(row)
            }))
        }),
        |milli| format!("{}", f64::from(*milli) / 1000.0),
    ));
    let timeout = timeout(sides);
    checks.push(Check {
        name: match &timeout {
            Some(_) => "architecture, code",
            None => "architecture, timeout, code",
        },
        ..not_logged(baseline, candidate, dataset)
    });
    checks.extend(timeout);
    checks
}

/// The timeout of the function, where killed invocations tell it on both sides.
fn timeout(sides: [&Side; 2]) -> Option<Check> {
    let told = sides.map(|side| told_timeouts(&side.rows, &side.without_model).0);
    let is_told = told.iter().all(|seconds| !seconds.is_empty());
    let some = |seconds: BTreeSet<u64>| seconds.into_iter().map(Some).collect();
    is_told.then(|| check("timeout", told.map(some), |seconds| format!("{seconds} s")))
}

/// The distinct values of a column, `None` among them where one is not known.
fn values(column: &Optional<u32>) -> BTreeSet<Option<u32>> {
    distinct(column.runs().map(|run| run.0))
}

/// The distinct values of a column among the answered requests.
fn of_answered(rows: &Columns, column: &Optional<u32>) -> BTreeSet<Option<u32>> {
    // Of what all have alike one tells enough.
    let is_alike = column.runs().nth(1).is_none();
    let enough = if is_alike { 1 } else { rows.len() };
    distinct(answered(rows, |row| column.get(row)).take(enough))
}

/// The distinct ones among many, most of which are like the one before.
pub(super) fn distinct<T: Copy + Ord>(all: impl Iterator<Item = T>) -> BTreeSet<T> {
    let (mut found, mut last) = (BTreeSet::new(), None);
    for value in all {
        if last != Some(value) {
            found.insert(value);
            last = Some(value);
        }
    }
    found
}

fn check<T: Ord>(
    name: &'static str,
    [baseline, candidate]: [BTreeSet<Option<T>>; 2],
    label: impl Fn(&T) -> String,
) -> Check {
    let known =
        |values: &BTreeSet<Option<T>>| -> Vec<String> { values.iter().flatten().map(&label).collect() };
    let (base, cand) = (known(&baseline), known(&candidate));
    let is_told = |values: &BTreeSet<Option<T>>| !values.is_empty() && !values.contains(&None);
    // What one side has and the other does not is a difference also where some requests do not tell.
    let (state, detail) = if !base.is_empty() && !cand.is_empty() && base != cand {
        (
            CheckState::Differs,
            format!("{} against {}", listed(&base), listed(&cand)),
        )
    } else if !is_told(&baseline) || !is_told(&candidate) {
        let detail = match (base.is_empty(), cand.is_empty()) {
            (true, true) => "not in these logs".to_owned(),
            _ => "not told of every answered request".to_owned(),
        };
        (CheckState::Unknown, detail)
    } else if base.len() > 1 {
        (CheckState::Unproven, format!("both have {}", listed(&base)))
    } else {
        (CheckState::Alike, listed(&base))
    };
    Check { name, state, detail }
}

/// The ARN of a runtime version ends in 64 hexadecimal digits, of which twelve tell it from others.
fn short_runtime(arn: &str) -> String {
    match arn.rsplit_once("runtime:") {
        Some((_, digest)) if digest.len() > 12 => format!("{}…", digest.chars().take(12).collect::<String>()),
        _ => arn.to_owned(),
    }
}

fn listed(values: &[String]) -> String {
    let shown = values
        .iter()
        .take(MOST_SHOWN)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    match values.len().saturating_sub(MOST_SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Architecture, timeout, code and layers are in no log. One published version has one of each.
fn not_logged(baseline: &Side, candidate: &Side, dataset: &Dataset) -> Check {
    let versions = distinct([baseline, candidate].into_iter().flat_map(|side| {
        let (functions, versions) = (&side.rows.function, &side.rows.version);
        let is_alike = functions.runs().nth(1).is_none() && versions.runs().nth(1).is_none();
        let enough = if is_alike { 1 } else { functions.len() };
        functions.iter().zip(versions.iter()).take(enough)
    }));
    let published = match versions.first() {
        Some((Some(_), Some(version))) if versions.len() == 1 => {
            let label = dataset.label(Key::Version, *version);
            label.chars().all(|c| c.is_ascii_digit()).then_some(label)
        }
        _ => None,
    };
    let (state, detail) = match published {
        Some(version) => (
            CheckState::Alike,
            format!("all of the published version {version}"),
        ),
        None => (
            CheckState::Unknown,
            "not in logs; one published version on both sides would have the same".to_owned(),
        ),
    };
    Check {
        name: "architecture, timeout, code",
        state,
        detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::side::Identity;
    use crate::dataset::Columns;
    use crate::invocation::Outcome;
    use crate::summary::Failures;

    #[track_caller]
    fn assert_state(baseline: &[Option<u32>], candidate: &[Option<u32>], state: CheckState, detail: &str) {
        let found = check(
            "memory",
            [baseline, candidate].map(|column| values(&column.to_vec().into())),
            ToString::to_string,
        );
        assert_eq!((found.state, found.detail.as_str()), (state, detail));
    }

    #[test]
    fn one_known_value_is_alike() {
        assert_state(&[Some(256); 3], &[Some(256); 2], CheckState::Alike, "256");
    }

    #[test]
    fn other_values_differ_even_where_some_are_not_told() {
        assert_state(&[Some(256)], &[Some(512)], CheckState::Differs, "256 against 512");
        assert_state(
            &[Some(256), None],
            &[Some(512)],
            CheckState::Differs,
            "256 against 512",
        );
        assert_state(
            &[Some(256)],
            &[Some(256), Some(512)],
            CheckState::Differs,
            "256 against 256, 512",
        );
    }

    #[test]
    fn what_is_not_told_is_never_taken_for_equal() {
        assert_state(&[None], &[None], CheckState::Unknown, "not in these logs");
        assert_state(
            &[Some(256), None],
            &[Some(256)],
            CheckState::Unknown,
            "not told of every answered request",
        );
        assert_state(
            &[Some(256)],
            &[None],
            CheckState::Unknown,
            "not told of every answered request",
        );
    }

    #[test]
    fn the_same_mixture_proves_nothing() {
        let mixed = [Some(256), Some(512)];
        assert_state(&mixed, &mixed, CheckState::Unproven, "both have 256, 512");
    }

    #[test]
    fn timeouts_are_compared_where_killed_invocations_tell_them() {
        let side = |killed_after_s: &[u64]| {
            let count = killed_after_s.len() + 1;
            let mut rows = Columns::blank(count);
            for (row, seconds) in killed_after_s.iter().enumerate() {
                rows.outcome[row] = Outcome::Timeout as u32;
                rows.duration_us[row] = seconds * 1_000_000 + 170;
            }
            Side::of_rows(Identity::default(), rows, Failures::Apart)
        };
        let found =
            |a: &[u64], b: &[u64]| timeout([&side(a), &side(b)]).map(|check| (check.state, check.detail));
        assert_eq!(found(&[15], &[]), None);
        assert_eq!(
            found(&[15, 15], &[15]),
            Some((CheckState::Alike, "15 s".to_owned()))
        );
        assert_eq!(
            found(&[15], &[29]),
            Some((CheckState::Differs, "15 s against 29 s".to_owned()))
        );
    }
}
