//! Which model an invocation without a timing record used.
//!
//! A handler that is killed writes no timing record. Its invocation takes the model of its
//! function version if that version used only one model among the rows at hand, and is marked as
//! inferred; otherwise it stays without a model and is shown beside both sides of a comparison.

use std::collections::{HashMap, HashSet};

use super::columns::ModelSource;
use super::remembered::Remembered;
use crate::invocation::{Folded, Invocations};

/// Function and version. Where the log does not tell a function, all versions of that name count as
/// one, so that two functions are never taken for one that used a single model.
type Version = (Option<u32>, Option<u32>);

/// The models that a function version used.
enum Used {
    One(u32),
    Several,
}

/// Fills in what can be inferred about the models of these rows. Whether there was anything to infer.
pub(super) fn attribute(
    all: &Invocations,
    rows: &[u32],
    models: &mut [Option<u32>],
    sources: &mut [ModelSource],
) -> bool {
    // What was inferred from more rows is inferred anew from these.
    let is_open = |source: ModelSource| matches!(source, ModelSource::None | ModelSource::Inferred);
    if !sources.iter().any(|source| is_open(*source)) {
        return false;
    }
    let function = |row: usize| all.function.get(rows[row] as usize);
    let version = |row: usize| all.version.get(rows[row] as usize);
    // Where one row does not tell its function, it may be any of those with this version.
    let mut untold: HashSet<Option<u32>, Folded> = HashSet::default();
    let mut in_untold = Remembered::new();
    for row in 0..rows.len() {
        if function(row).is_none() {
            let version = version(row);
            in_untold.answer(version, [version.unwrap_or(0), 0], || _ = untold.insert(version));
        }
    }
    let version_of = |row: usize| -> Version {
        let version = version(row);
        let function = function(row).filter(|_| untold.is_empty() || !untold.contains(&version));
        (function, version)
    };
    let mut used: HashMap<Version, Used, Folded> = HashMap::default();
    // Most rows tell of the same few versions and models: nothing new.
    let mut in_used = Remembered::new();
    for row in 0..models.len() {
        match (models[row], sources[row]) {
            (Some(model), ModelSource::Logged) => {
                let version = version_of(row);
                in_used.answer((version, model), [model, version.1.unwrap_or(0)], || {
                    let entry = used.entry(version).or_insert(Used::One(model));
                    if !matches!(entry, Used::One(other) if *other == model) {
                        *entry = Used::Several;
                    }
                });
            }
            (_, ModelSource::Several) => {
                used.insert(version_of(row), Used::Several);
            }
            _ => {}
        }
    }
    for row in 0..models.len() {
        if is_open(sources[row]) {
            // Invocations of which no version is known may be of any.
            let used = used.get(&version_of(row)).filter(|_| version(row).is_some());
            let model = match used {
                Some(Used::One(model)) => Some(*model),
                Some(Used::Several) | None => None,
            };
            models[row] = model;
            sources[row] = if model.is_some() {
                ModelSource::Inferred
            } else {
                ModelSource::None
            };
        }
    }
    true
}
