//! The dataset: selection and grouping.

use std::fmt;
use std::ops::{BitAnd, BitOr};
use std::sync::Arc;

use polars::prelude::{
    BooleanChunked, ChunkCompareEq, ChunkCompareIneq, DataFrame, GroupsIndicator, PolarsError, PolarsResult,
    UInt32Chunked,
};

use super::columns::{
    ARGUMENT, Columns, ENDED_AT, FUNCTION, MEMORY, MODEL, OUTCOME, REGION, START, STREAM, VERSION, frame_of,
};
use super::models::attribute;
use super::select::{Condition, Key, Selection};
use super::window::Window;
use crate::invocation::{Invocation, Names, Outcome, StartType};
use crate::vocab::{RequestId, visible};

/// Invocations as columns, with the names that they refer to.
#[derive(Debug, Clone)]
pub struct Dataset {
    frame: DataFrame,
    names: Names,
    /// Of every invocation that was read, by its position.
    request_ids: Arc<Vec<RequestId>>,
}

/// Rows that share the values of some keys.
#[derive(Debug, Clone)]
pub struct Group {
    /// The shared value of each key, in the order of the keys; `None` where it is not known.
    pub values: Vec<Option<u32>>,
    /// The rows.
    pub rows: Columns,
}

/// Why selecting or grouping failed.
#[derive(Debug)]
pub enum Error {
    /// A value that does not occur in the logs.
    NothingNamed {
        /// The property.
        key: Key,
        /// What was asked for.
        value: String,
        /// What occurs, sorted.
        known: Vec<String>,
    },
    /// The column engine failed, which is a defect of latscope.
    Engine(PolarsError),
}

/// How many names an error lists at most.
const MOST_SHOWN: usize = 20;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingNamed { key, value, known } => {
                let key = key.name();
                write!(f, "no invocation has {key}={value:?}; ")?;
                if known.is_empty() {
                    write!(f, "these logs do not tell the {key}")
                } else {
                    let shown: Vec<&str> = known.iter().take(MOST_SHOWN).map(String::as_str).collect();
                    write!(f, "the logs hold {}", visible(&shown.join(", ")))?;
                    match known.len().saturating_sub(MOST_SHOWN) {
                        0 => Ok(()),
                        more => write!(f, " and {more} more"),
                    }
                }
            }
            Self::Engine(error) => write!(f, "column engine: {error}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<PolarsError> for Error {
    fn from(error: PolarsError) -> Self {
        Self::Engine(error)
    }
}

impl Dataset {
    /// Puts invocations into columns.
    ///
    /// # Errors
    /// If the column engine fails.
    pub fn new(invocations: &[Invocation], names: Names) -> Result<Self, Error> {
        Ok(Self {
            frame: frame_of(invocations, &names)?,
            names,
            request_ids: Arc::new(invocations.iter().map(|one| one.request_id.clone()).collect()),
        })
    }

    /// The names that the rows refer to.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The request id of the invocation at a position of the whole dataset; nothing where it identifies nothing.
    pub fn request_id(&self, row: u32) -> Option<&RequestId> {
        self.request_ids.get(row as usize).filter(|id| !id.is_redacted())
    }

    /// The names, to add those of rows that come from elsewhere. Added ones stand behind all others, whatever their own
    /// order.
    pub fn names_mut(&mut self) -> &mut Names {
        &mut self.names
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.frame.height()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All rows as plain numbers.
    ///
    /// # Errors
    /// If the column engine fails.
    pub fn rows(&self) -> Result<Columns, Error> {
        Ok(Columns::of(&self.frame)?)
    }

    /// The rows that all of these selections mean. First their windows; then, among everything that
    /// lies in them, the model of each invocation without one is inferred; then conditions and
    /// models select. So no condition changes what model an invocation is thought to have used.
    ///
    /// # Errors
    /// If a name does not occur in the logs, or the column engine fails.
    pub fn select(&self, selections: &[&Selection]) -> Result<Self, Error> {
        let mut frame = self.frame.clone();
        let window = selections.iter().fold(Window::default(), |window, selection| {
            window.and(selection.window)
        });
        if let Some(mask) = self.window_mask(window)? {
            frame = frame.filter(&mask)?;
        }
        attribute(&mut frame)?;
        for selection in selections {
            for property in PROPERTIES {
                let mut any: Option<BooleanChunked> = None;
                for condition in selection
                    .conditions
                    .iter()
                    .filter(|condition| property(condition))
                {
                    let mask = self.mask(&frame, condition)?;
                    any = Some(match any {
                        Some(other) => other.bitor(mask),
                        None => mask,
                    });
                }
                if let Some(mask) = any {
                    frame = frame.filter(&mask)?;
                }
            }
            if let Some(model) = selection.model {
                let mask = u32_equal(&frame, MODEL, model)?;
                frame = frame.filter(&mask)?;
            }
        }
        Ok(Self {
            frame,
            names: self.names.clone(),
            request_ids: Arc::clone(&self.request_ids),
        })
    }

    fn window_mask(&self, window: Window) -> PolarsResult<Option<BooleanChunked>> {
        let ended = self.frame.column(ENDED_AT)?.as_materialized_series().i64()?;
        let since = window.since.map(|since| ended.gt_eq(since.as_epoch_millis()));
        let until = window.until.map(|until| ended.lt(until.as_epoch_millis()));
        Ok(match (since, until) {
            (Some(since), Some(until)) => Some(since.bitand(until)),
            (since, until) => since.or(until),
        })
    }

    fn mask(&self, frame: &DataFrame, condition: &Condition) -> Result<BooleanChunked, Error> {
        let (column, value) = match condition {
            Condition::Named(key, value) => (column_of(*key), self.position(*key, value)?),
            Condition::Memory(mb) => (MEMORY, *mb),
            Condition::Start(start) => (START, *start as u32),
            Condition::Status(outcome) => (OUTCOME, *outcome as u32),
            Condition::Argument(argument) => (ARGUMENT, u32::try_from(*argument).unwrap_or(u32::MAX)),
        };
        Ok(u32_equal(frame, column, value)?)
    }

    /// The position of a name.
    fn position(&self, key: Key, value: &str) -> Result<u32, Error> {
        let known = match key {
            Key::Function => &self.names.functions,
            Key::Version => &self.names.versions,
            Key::Region => &self.names.regions,
            Key::Stream => &self.names.streams,
            Key::Model | Key::Start | Key::Memory | Key::Status => &Vec::new(),
        };
        known
            .iter()
            .position(|name| **name == *value)
            .and_then(|position| u32::try_from(position).ok())
            .ok_or_else(|| Error::NothingNamed {
                key,
                value: value.to_owned(),
                known: known.iter().map(ToString::to_string).collect(),
            })
    }

    /// The rows grouped by the values of these keys, groups in the order of those values as shown
    /// (not known last). Without keys, all rows are one group.
    ///
    /// # Errors
    /// If the column engine fails.
    pub fn group_by(&self, keys: &[Key]) -> Result<Vec<Group>, Error> {
        if self.is_empty() {
            return Ok(Vec::new());
        }
        if keys.is_empty() {
            return Ok(vec![Group {
                values: Vec::new(),
                rows: self.rows()?,
            }]);
        }
        let columns: Vec<&str> = keys.iter().map(|key| column_of(*key)).collect();
        let grouped = self.frame.group_by_stable(columns.iter().copied())?;
        let all = self.rows()?;
        let keys: Vec<UInt32Chunked> = columns
            .iter()
            .map(|column| Ok(self.frame.column(column)?.as_materialized_series().u32()?.clone()))
            .collect::<PolarsResult<_>>()?;
        let mut groups = Vec::new();
        for indicator in grouped.get_groups().iter() {
            let rows: Vec<u32> = match indicator {
                GroupsIndicator::Idx((_, rows)) => rows.to_vec(),
                GroupsIndicator::Slice([offset, length]) => (offset..offset + length).collect(),
            };
            let first = rows.first().map_or(0, |row| *row as usize);
            groups.push(Group {
                values: keys.iter().map(|key| key.get(first)).collect(),
                rows: all.pick(&rows),
            });
        }
        // Positions are in the order of the names, so their order is the order of what is shown.
        let rank = |group: &Group| -> Vec<(bool, u32)> {
            group
                .values
                .iter()
                .map(|value| (value.is_none(), value.unwrap_or(0)))
                .collect()
        };
        groups.sort_by_key(rank);
        Ok(groups)
    }

    /// The value of a key as it is shown.
    pub fn label(&self, key: Key, value: u32) -> String {
        let position = value as usize;
        match key {
            Key::Model => self.names.model_label(value),
            Key::Start => StartType::ALL[position].name().to_owned(),
            Key::Status => Outcome::ALL[position].name().to_owned(),
            Key::Memory => value.to_string(),
            Key::Function => self.names.functions[position].to_string(),
            Key::Version => self.names.versions[position].to_string(),
            Key::Region => self.names.regions[position].to_string(),
            Key::Stream => self.names.streams[position].to_string(),
        }
    }
}

/// The properties of which several conditions are alternatives.
const PROPERTIES: [fn(&Condition) -> bool; 8] = [
    |condition| matches!(condition, Condition::Named(Key::Function, _)),
    |condition| matches!(condition, Condition::Named(Key::Version, _)),
    |condition| matches!(condition, Condition::Named(Key::Region, _)),
    |condition| matches!(condition, Condition::Named(Key::Stream, _)),
    |condition| matches!(condition, Condition::Memory(_)),
    |condition| matches!(condition, Condition::Start(_)),
    |condition| matches!(condition, Condition::Status(_)),
    |condition| matches!(condition, Condition::Argument(_)),
];

fn column_of(key: Key) -> &'static str {
    match key {
        Key::Model => MODEL,
        Key::Start => START,
        Key::Function => FUNCTION,
        Key::Version => VERSION,
        Key::Memory => MEMORY,
        Key::Region => REGION,
        Key::Stream => STREAM,
        Key::Status => OUTCOME,
    }
}

/// Rows whose value is this one; an absent value is not.
fn u32_equal(frame: &DataFrame, column: &str, value: u32) -> PolarsResult<BooleanChunked> {
    Ok(frame.column(column)?.as_materialized_series().u32()?.equal(value))
}
