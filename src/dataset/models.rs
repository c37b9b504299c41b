//! Which model an invocation without a timing record used.
//!
//! A handler that is killed writes no timing record. Its invocation takes the model of its
//! function version if that version used only one model among the rows at hand, and is marked as
//! inferred; otherwise it stays without a model and is shown beside both sides of a comparison.

use std::collections::{HashMap, HashSet};

use polars::prelude::{DataFrame, IntoColumn, NewChunkedArray, PolarsResult, UInt32Chunked};

use super::columns::{FUNCTION, MODEL, MODEL_SOURCE, ModelSource, VERSION};

/// Function and version. Where the log does not tell a function, all versions of that name count as
/// one, so that two functions are never taken for one that used a single model.
type Version = (Option<u32>, Option<u32>);

/// The models that a function version used.
enum Used {
    One(u32),
    Several,
}

/// Fills in what can be inferred.
pub(super) fn attribute(frame: &mut DataFrame) -> PolarsResult<()> {
    let column = |name: &str| -> PolarsResult<Vec<Option<u32>>> {
        Ok(frame
            .column(name)?
            .as_materialized_series()
            .u32()?
            .iter()
            .collect())
    };
    // What was inferred from more rows is inferred anew from these.
    let is_open = |source: Option<u32>| {
        matches!(
            source.map(ModelSource::from_code),
            Some(ModelSource::None | ModelSource::Inferred)
        )
    };
    let mut sources = column(MODEL_SOURCE)?;
    if !sources.iter().any(|source| is_open(*source)) {
        return Ok(());
    }
    let (functions, versions) = (column(FUNCTION)?, column(VERSION)?);
    let mut models = column(MODEL)?;
    // Where one row does not tell its function, it may be any of those with this version.
    let untold: HashSet<Option<u32>> = (0..versions.len())
        .filter(|&row| functions[row].is_none())
        .map(|row| versions[row])
        .collect();
    let version_of = |row: usize| -> Version {
        let version = versions[row];
        (functions[row].filter(|_| !untold.contains(&version)), version)
    };
    let mut used: HashMap<Version, Used> = HashMap::new();
    // Rows of one version and model follow each other: most tell nothing new.
    let mut last: Option<(Version, u32)> = None;
    for row in 0..models.len() {
        let source = sources[row].map(ModelSource::from_code);
        match (models[row], source) {
            (Some(model), Some(ModelSource::Logged)) => {
                if last == Some((version_of(row), model)) {
                    continue;
                }
                last = Some((version_of(row), model));
                let entry = used.entry(version_of(row)).or_insert(Used::One(model));
                if !matches!(entry, Used::One(other) if *other == model) {
                    *entry = Used::Several;
                }
            }
            (_, Some(ModelSource::Several)) => {
                used.insert(version_of(row), Used::Several);
            }
            _ => {}
        }
    }
    for row in 0..models.len() {
        if is_open(sources[row]) {
            // Invocations of which no version is known may be of any.
            let used = used.get(&version_of(row)).filter(|_| versions[row].is_some());
            let model = match used {
                Some(Used::One(model)) => Some(*model),
                Some(Used::Several) | None => None,
            };
            models[row] = model;
            let source = if model.is_some() {
                ModelSource::Inferred
            } else {
                ModelSource::None
            };
            sources[row] = Some(source as u32);
        }
    }
    frame.with_column(UInt32Chunked::from_iter_options(MODEL.into(), models.into_iter()).into_column())?;
    frame.with_column(
        UInt32Chunked::from_iter_options(MODEL_SOURCE.into(), sources.into_iter()).into_column(),
    )?;
    Ok(())
}
