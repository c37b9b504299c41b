//! Which model an invocation without a timing record used.
//!
//! A handler that is killed writes no timing record. Its invocation takes the model of its
//! function version if that version used only one model among the rows at hand, and is marked as
//! inferred; otherwise it stays without a model and is shown beside both sides of a comparison.

use std::collections::{HashMap, HashSet};

use super::columns::{ModelSource, UNKNOWN, column_of, places};
use super::remembered::Remembered;
use crate::invocation::{Folded, Invocations};

/// Function and version, [`UNKNOWN`] where one is not known. Where the log does not tell a function, all versions of that name
/// count as one, so that two functions are never taken for one that used a single model.
type Version = (u32, u32);

/// The models that a function version used.
enum Used {
    One(u32),
    Several,
}

/// Fills in what can be inferred about the models of these rows, of which [`UNKNOWN`] stands for none. `sources` are codes of
/// [`ModelSource`].
pub(super) fn attribute(all: &Invocations, rows: &[u32], models: &mut [u32], sources: &mut [u32]) {
    let rows = places(all, rows);
    let functions = column_of(&all.function, rows, |function| function.unwrap_or(UNKNOWN));
    let versions = column_of(&all.version, rows, |version| version.unwrap_or(UNKNOWN));
    // Most rows tell of the same few versions and models: nothing new.
    let mut kinds: HashSet<(Version, u32, u32), Folded> = HashSet::default();
    let mut in_kinds = Remembered::new();
    for row in 0..models.len() {
        let (model, source) = (models[row], sources[row]);
        let kind = ((functions[row], versions[row]), model, source);
        in_kinds.answer(kind, [model ^ (source << 3), versions[row]], || {
            kinds.insert(kind);
        });
    }
    // Where one row does not tell its function, it may be any of those with this version.
    let of_untold = kinds.iter().filter(|((function, _), ..)| *function == UNKNOWN);
    let untold: HashSet<u32, Folded> = of_untold.map(|((_, version), ..)| *version).collect();
    let version_of = |(function, version): Version| -> Version {
        let function = if untold.contains(&version) {
            UNKNOWN
        } else {
            function
        };
        (function, version)
    };
    let mut used: HashMap<Version, Used, Folded> = HashMap::default();
    for (version, model, source) in kinds {
        let version = version_of(version);
        match ModelSource::from_code(source) {
            ModelSource::Logged if model != UNKNOWN => {
                let entry = used.entry(version).or_insert(Used::One(model));
                if !matches!(entry, Used::One(other) if *other == model) {
                    *entry = Used::Several;
                }
            }
            ModelSource::Several => _ = used.insert(version, Used::Several),
            _ => {}
        }
    }
    for row in 0..models.len() {
        if is_open(sources[row]) {
            // Invocations of which no version is known may be of any.
            let version = version_of((functions[row], versions[row]));
            let used = used.get(&version).filter(|_| versions[row] != UNKNOWN);
            let (model, source) = match used {
                Some(Used::One(model)) => (*model, ModelSource::Inferred),
                Some(Used::Several) | None => (UNKNOWN, ModelSource::None),
            };
            (models[row], sources[row]) = (model, source as u32);
        }
    }
}

/// Whether a model, known as this code of a [`ModelSource`] says, may be inferred. What was inferred from more rows is inferred
/// anew from these.
pub(super) fn is_open(source: u32) -> bool {
    source == ModelSource::None as u32 || source == ModelSource::Inferred as u32
}
