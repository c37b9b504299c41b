//! Baselines that are saved: a side that outlives its logs.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::counted::Counted;
use super::side::{Identity, Side};
use crate::dataset::{Columns, DamagedRows, Key, Optional, SavedRows, Window};
use crate::invocation::Names;
use crate::summary::Failures;
use crate::vocab::Timestamp;

/// The version of the form in which baselines are saved.
pub const BASELINE_SCHEMA: &str = "latscope.baseline/v1";

/// Of a baseline that is counted so many invocations are kept in full: one of every so many in order of arrival.
const EXCERPT: usize = 20_000;

/// Of a baseline that is counted at most so many more are kept because a setting occurs in no other.
const MOST_RARE: usize = 1000;

/// One side, as it is saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedBaseline {
    /// [`BASELINE_SCHEMA`].
    pub schema: String,
    /// What it is of: the model, if one was selected.
    pub name: String,
    /// The ids under which the logs named its model, where it was selected by model, without accounts.
    pub model_ids: Vec<String>,
    /// The properties by which it was selected.
    pub selected_by: Vec<String>,
    /// The beginning of the window, milliseconds since the epoch.
    since_ms: Option<i64>,
    /// The end of the window, milliseconds since the epoch.
    until_ms: Option<i64>,
    /// All invocations; where they are counted, an excerpt.
    rows: SavedRows,
    /// Invocations that would be its own if their model were known and were its model.
    without_model: SavedRows,
    /// The counts, where there are too many to keep each.
    counted: Option<Counted>,
}

/// Why a saved baseline cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SavedError {
    /// Its rows are not what was saved.
    Rows(DamagedRows),
    /// Its counts are not what was saved.
    Counts,
    /// It holds no invocation.
    Empty,
}

impl fmt::Display for SavedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows(damaged) => write!(f, "{damaged}"),
            Self::Counts => f.write_str("the counts do not add up"),
            Self::Empty => f.write_str("it holds no invocation"),
        }
    }
}

impl std::error::Error for SavedError {}

impl SavedBaseline {
    /// A side as it is saved, under a name that tells what it is of: each invocation if there are at most `exact_up_to`, else counts and an excerpt.
    pub fn of(side: &Side, name: String, names: &Names, failures: Failures, exact_up_to: usize) -> Self {
        let is_exact = side.rows.len() <= exact_up_to;
        let excerpt = (!is_exact).then(|| side.rows.only_of(&excerpt(side, EXCERPT.min(exact_up_to))));
        Self {
            schema: BASELINE_SCHEMA.to_owned(),
            name,
            model_ids: side.model_ids.iter().map(|id| without_account(id)).collect(),
            selected_by: side.selected_by.iter().map(|key| key.name().to_owned()).collect(),
            since_ms: side.window.since.map(Timestamp::as_epoch_millis),
            until_ms: side.window.until.map(Timestamp::as_epoch_millis),
            rows: SavedRows::of(excerpt.as_ref().unwrap_or(&side.rows), names),
            without_model: SavedRows::of(&side.without_model, names),
            counted: (!is_exact).then(|| Counted::of(side, failures)),
        }
    }

    /// How many invocations.
    pub fn invocations(&self) -> u64 {
        self.counted
            .as_ref()
            .map_or(self.rows.len() as u64, |counted| counted.invocations)
    }

    /// How many of them are kept in full.
    pub fn kept(&self) -> usize {
        self.rows.len()
    }

    /// Whether all of them are.
    pub fn is_exact(&self) -> bool {
        self.counted.is_none()
    }

    /// The models that its invocations name.
    pub fn models(&self) -> &[String] {
        self.rows.models()
    }

    /// The side again. Names that are not among `names` are added to them. `before` is how many saved rows there are
    /// besides, so that each has a position of its own.
    ///
    /// # Errors
    /// If it is not what was saved.
    pub fn into_side(self, names: &mut Names, before: u32, failures: Failures) -> Result<Side, SavedError> {
        let rows = self.rows.into_columns(names, before).map_err(SavedError::Rows)?;
        if rows.is_empty() {
            return Err(SavedError::Empty);
        }
        if self.counted.as_ref().is_some_and(|counted| !counted.is_sound()) {
            return Err(SavedError::Counts);
        }
        let before = before.saturating_add(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        let without_model = self
            .without_model
            .into_columns(names, before)
            .map_err(SavedError::Rows)?;
        let identity = Identity {
            name: self.name,
            model_ids: self.model_ids,
            window: Window {
                since: self.since_ms.map(Timestamp::from_epoch_millis),
                until: self.until_ms.map(Timestamp::from_epoch_millis),
            },
            selected_by: self
                .selected_by
                .iter()
                .filter_map(|name| Key::from_name(name))
                .collect(),
            without_model,
        };
        let side = Side {
            is_saved: true,
            ..Side::of_rows(identity, rows, failures)
        };
        Ok(match self.counted {
            None => side,
            Some(counted) => side.with_counts(counted, failures),
        })
    }
}

/// The last part of an ARN, which names the model or profile; other ids as they are.
fn without_account(id: &str) -> String {
    id.rsplit('/').next().unwrap_or(id).to_owned()
}

/// Positions of the rows that are kept in full, ascending: one of every so many in order of arrival, and the first of each
/// combination of settings, so that no setting is lost.
fn excerpt(side: &Side, size: usize) -> Vec<u32> {
    let rows = &side.rows;
    let in_order: Vec<usize> = side.arrivals.in_order_if_known().collect();
    let step = rows.len().div_ceil(size.max(1)).max(1);
    // One of each stretch, at a place that follows no period: traffic may have one.
    let mut kept: BTreeSet<usize> = in_order
        .chunks(step)
        .enumerate()
        .map(|(at, stretch)| stretch[scattered(at as u64) as usize % stretch.len()])
        .collect();
    let mut seen = BTreeSet::new();
    for row in in_order {
        if seen.len() >= MOST_RARE {
            break;
        }
        if seen.insert(settings(rows, row)) {
            kept.insert(row);
        }
    }
    kept.into_iter()
        .filter_map(|row| u32::try_from(row).ok())
        .collect()
}

/// A number without any visible order, the same for the same one (SplitMix64; Steele, Lea and Flood 2014).
fn scattered(number: u64) -> u64 {
    let mixed = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// What must be the same on both sides of a controlled comparison.
fn settings(rows: &Columns, row: usize) -> [Option<u32>; 9] {
    let of = |column: &Optional<u32>| column.get(row);
    let facts = &rows.facts;
    [
        of(&rows.function),
        of(&rows.version),
        of(&rows.region),
        of(&rows.memory_mb),
        of(&facts.runtime),
        of(&facts.initialization),
        of(&facts.max_tokens),
        of(&facts.temperature_milli),
        facts.streaming.get(row).copied().flatten().map(u32::from),
    ]
}
