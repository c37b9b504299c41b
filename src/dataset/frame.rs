//! The dataset: selection and grouping.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::{BitAnd, BitOr};
use std::sync::Arc;

use polars::prelude::{
    BooleanChunked, ChunkCompareEq, ChunkCompareIneq, Column, DataFrame, Int64Chunked, IntoColumn,
    NewChunkedArray, PolarsError, PolarsResult, UInt32Chunked,
};

use super::columns::{Columns, ModelSource, UNKNOWN, column_of};
use super::models::{attribute, is_open};
use super::remembered::Remembered;
use super::select::{Condition, Key, Selection};
use super::window::Window;
use crate::invocation::{Folded, Invocations, ModelUse, Names, Optional, Outcome, StartType};
use crate::vocab::{RequestId, Timestamp, visible};

/// Position of the invocation among all, which tells it from all others.
const ROW: &str = "row";
/// Position of its model.
const MODEL: &str = "model";
/// How the model is known: a [`ModelSource`].
const MODEL_SOURCE: &str = "model_source";

/// Invocations as columns, with the names that they refer to.
///
/// The frame says which rows there are and what model each is thought to have used; whatever else is known stands in the
/// columns of all invocations, which selections share.
#[derive(Debug, Clone)]
pub struct Dataset {
    frame: DataFrame,
    all: Arc<Invocations>,
    names: Arc<Names>,
}

/// Rows that share the values of some keys.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// The shared value of each key, in the order of the keys; `None` where it is not known.
    pub values: Vec<Option<u32>>,
    /// Places of the rows in the dataset: see [`Dataset::rows_of`].
    places: Vec<u32>,
}

impl Group {
    /// The shared values, without its rows.
    pub fn into_values(self) -> Vec<Option<u32>> {
        self.values
    }
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
    /// Makes invocations a dataset.
    ///
    /// # Errors
    /// If the column engine fails.
    pub fn new(all: Invocations, names: Names) -> Result<Self, Error> {
        let mut sources = Vec::with_capacity(all.len());
        all.each_model_use(|model| {
            let source = match model {
                ModelUse::Unnamed => ModelSource::None,
                ModelUse::One(_) => ModelSource::Logged,
                ModelUse::Several => ModelSource::Several,
            };
            sources.push(source as u32);
        });
        let models = column_of(&all.model, None, |model| model.unwrap_or(UNKNOWN));
        let columns = vec![
            column(ROW, (0_u32..).take(all.len()).collect()),
            column(MODEL, models),
            column(MODEL_SOURCE, sources),
        ];
        Ok(Self {
            frame: DataFrame::new(all.len(), columns)?,
            all: Arc::new(all),
            names: Arc::new(names),
        })
    }

    /// The same without the invocations at these positions, for everything that is selected later.
    ///
    /// # Errors
    /// If the column engine fails.
    pub fn without(self, rows: &HashSet<u32>) -> Result<Self, Error> {
        if rows.is_empty() {
            return Ok(self);
        }
        let positions = numbers(&self.frame, ROW)?;
        let is_kept: Vec<bool> = positions.iter().map(|row| !rows.contains(row)).collect();
        let frame = self
            .frame
            .filter(&BooleanChunked::from_slice("kept".into(), &is_kept))?;
        Ok(Self { frame, ..self })
    }

    /// All invocations that were read, selected or not.
    pub fn invocations(&self) -> &Invocations {
        &self.all
    }

    /// The names that the rows refer to.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The request id of the invocation at a position of the whole dataset; nothing where it identifies nothing.
    pub fn request_id(&self, row: u32) -> Option<RequestId> {
        self.all.request_id(row as usize).filter(|id| !id.is_redacted())
    }

    /// The names, to add those of rows that come from elsewhere. Added ones stand behind all others, whatever their own
    /// order.
    pub fn names_mut(&mut self) -> &mut Names {
        Arc::make_mut(&mut self.names)
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
        let models = numbers(&self.frame, MODEL)?;
        Ok(Columns::of(
            &self.all,
            numbers(&self.frame, ROW)?.into_owned(),
            models.iter().map(|model| known(*model)).collect(),
            self.model_sources()?.collect(),
        ))
    }

    /// The rows of a group as plain numbers.
    ///
    /// # Errors
    /// If the column engine fails.
    pub fn rows_of(&self, group: &Group) -> Result<Columns, Error> {
        self.columns_of(group, Columns::of)
    }

    /// The rows of a group as plain numbers, as far as a summary asks for them: times, and what they are counted by.
    ///
    /// # Errors
    /// If the column engine fails.
    pub fn summed_up_rows_of(&self, group: &Group) -> Result<Columns, Error> {
        self.columns_of(group, |all, rows, models, sources| {
            Columns::summed_up_of(all, &rows, models, sources)
        })
    }

    fn columns_of(
        &self,
        group: &Group,
        columns: fn(&Invocations, Vec<u32>, Optional<u32>, Vec<ModelSource>) -> Columns,
    ) -> Result<Columns, Error> {
        let column = |name| numbers(&self.frame, name);
        let [rows, models, sources] = [column(ROW)?, column(MODEL)?, column(MODEL_SOURCE)?];
        let places = || group.places.iter().map(|place| *place as usize);
        Ok(columns(
            &self.all,
            places().map(|place| rows[place]).collect(),
            places().map(|place| known(models[place])).collect(),
            places()
                .map(|place| ModelSource::from_code(sources[place]))
                .collect(),
        ))
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
        let mut selected = Self {
            frame,
            ..self.clone()
        };
        selected.infer_models()?;
        selections
            .iter()
            .try_fold(selected, |selected, selection| selected.narrowed(selection))
    }

    /// The rows among these that have the properties and the model of a selection, whatever its window. Which models they
    /// are thought to have used stays as it is.
    ///
    /// # Errors
    /// As of [`select`](Self::select).
    pub fn narrowed(&self, selection: &Selection) -> Result<Self, Error> {
        let mut frame = self.frame.clone();
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
            let mask = u32_column(&frame, MODEL)?.equal(model);
            frame = frame.filter(&mask)?;
        }
        Ok(Self {
            frame,
            ..self.clone()
        })
    }

    /// The rows among these of which no model is known.
    ///
    /// # Errors
    /// If the column engine fails.
    pub fn without_model(&self) -> Result<Self, Error> {
        let mask = u32_column(&self.frame, MODEL_SOURCE)?.equal(ModelSource::None as u32);
        Ok(Self {
            frame: self.frame.filter(&mask)?,
            ..self.clone()
        })
    }

    /// The model of each row that has one.
    ///
    /// # Errors
    /// If the column engine fails.
    pub fn models(&self) -> Result<impl Iterator<Item = u32>, Error> {
        let models = numbers(&self.frame, MODEL)?;
        let at = move |place: usize| known(models[place]);
        Ok((0..self.len()).filter_map(at))
    }

    /// How the model of each row is known.
    ///
    /// # Errors
    /// If the column engine fails.
    pub fn model_sources(&self) -> Result<impl Iterator<Item = ModelSource>, Error> {
        let sources = numbers(&self.frame, MODEL_SOURCE)?;
        Ok((0..self.len()).map(move |place| ModelSource::from_code(sources[place])))
    }

    /// Gives back what is known of all invocations but for their ids, once the rows that are looked at have been
    /// made [columns](Self::rows). `selected` is the selection of these invocations that is still asked for ids, and for how
    /// models are known.
    ///
    /// # Errors
    /// If the column engine fails.
    pub fn keep_ids(&mut self, selected: &mut Self) -> Result<(), Error> {
        self.frame = self.frame.clear();
        selected.frame = selected.frame.select([MODEL_SOURCE])?;
        selected.all = Arc::default();
        if let Some(all) = Arc::get_mut(&mut self.all) {
            all.keep_ids();
        }
        selected.all = Arc::clone(&self.all);
        Ok(())
    }

    /// Fills in the models that can be inferred among these rows.
    fn infer_models(&mut self) -> Result<(), Error> {
        let sources = numbers(&self.frame, MODEL_SOURCE)?;
        if !sources.iter().any(|source| is_open(*source)) {
            return Ok(());
        }
        let (mut sources, mut models) = (sources.into_owned(), numbers(&self.frame, MODEL)?.into_owned());
        attribute(&self.all, &numbers(&self.frame, ROW)?, &mut models, &mut sources);
        self.frame.with_column(column(MODEL, models))?;
        self.frame.with_column(column(MODEL_SOURCE, sources))?;
        Ok(())
    }

    fn window_mask(&self, window: Window) -> PolarsResult<Option<BooleanChunked>> {
        if window.is_open() {
            return Ok(None);
        }
        let rows = numbers(&self.frame, ROW)?;
        let ended = rows.iter().map(|row| {
            let ended = self.all.ended_at(*row as usize);
            ended.map(Timestamp::as_epoch_millis)
        });
        let ended = Int64Chunked::from_iter_options("ended_at_ms".into(), ended);
        let since = window.since.map(|since| ended.gt_eq(since.as_epoch_millis()));
        let until = window.until.map(|until| ended.lt(until.as_epoch_millis()));
        Ok(match (since, until) {
            (Some(since), Some(until)) => Some(since.bitand(until)),
            (since, until) => since.or(until),
        })
    }

    fn mask(&self, frame: &DataFrame, condition: &Condition) -> Result<BooleanChunked, Error> {
        let (column, value) = match condition {
            Condition::Named(key, value) => (self.key_column(frame, *key)?, self.position(*key, value)?),
            Condition::Memory(mb) => (self.key_column(frame, Key::Memory)?, *mb),
            Condition::Start(start) => (self.key_column(frame, Key::Start)?, *start as u32),
            Condition::Status(outcome) => (self.key_column(frame, Key::Status)?, *outcome as u32),
            Condition::Argument(argument) => (
                self.arguments(frame)?,
                u32::try_from(*argument).unwrap_or(u32::MAX),
            ),
        };
        let is_meant = column.into_iter().map(|of_row| of_row == Some(value));
        Ok(BooleanChunked::from_iter_values("is_meant".into(), is_meant))
    }

    /// Which of the given inputs each row came from.
    fn arguments(&self, frame: &DataFrame) -> PolarsResult<Vec<Option<u32>>> {
        let argument = |row: &u32| {
            let file = self.all.file.get(*row as usize)?;
            u32::try_from(self.names.files.get(file as usize)?.argument).ok()
        };
        let rows = numbers(frame, ROW)?;
        Ok(rows.iter().map(argument).collect())
    }

    /// The values of a key.
    fn key_column(&self, frame: &DataFrame, key: Key) -> PolarsResult<Vec<Option<u32>>> {
        let all = &self.all;
        let column = match key {
            Key::Model => {
                let models = numbers(frame, MODEL)?;
                return Ok(models.iter().map(|model| known(*model)).collect());
            }
            Key::Start => &all.start,
            Key::Function => &all.function,
            Key::Version => &all.version,
            Key::Memory => &all.memory_mb,
            Key::Region => &all.region,
            Key::Stream => &all.stream,
            Key::Status => &all.outcome,
        };
        let rows = numbers(frame, ROW)?;
        let some = Some(&*rows).filter(|rows| rows.len() < all.len());
        Ok(column_of(column, some, |value| value))
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
        let all = || (0_u32..).take(self.len());
        if keys.is_empty() {
            return Ok(vec![Group {
                values: Vec::new(),
                places: all().collect(),
            }]);
        }
        // Each key parts the groups of those before it.
        let mut group_of = vec![0_u32; self.len()];
        let mut groups = vec![Group::default()];
        for key in keys {
            let column = self.key_column(&self.frame, *key)?;
            if let Some(alike) = column
                .first()
                .filter(|first| column.iter().all(|value| value == *first))
            {
                groups.iter_mut().for_each(|group| group.values.push(*alike));
                continue;
            }
            let mut parts: HashMap<(u32, Option<u32>), u32, Folded> = HashMap::default();
            let mut parted: Vec<Group> = Vec::new();
            // Most rows are of few parts.
            let mut remembered = Remembered::new();
            for (group, value) in group_of.iter_mut().zip(column) {
                let part = (*group, value);
                *group = remembered.answer(part, [part.0, value.unwrap_or(UNKNOWN)], || {
                    *parts.entry(part).or_insert_with(|| {
                        let mut values = groups[part.0 as usize].values.clone();
                        values.push(value);
                        parted.push(Group {
                            values,
                            places: Vec::new(),
                        });
                        // There are no more groups than rows.
                        parted.len() as u32 - 1
                    })
                });
            }
            groups = parted;
        }
        for (group, row) in group_of.into_iter().zip(all()) {
            groups[group as usize].places.push(row);
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

fn u32_column<'f>(frame: &'f DataFrame, name: &str) -> PolarsResult<&'f UInt32Chunked> {
    frame.column(name)?.as_materialized_series().u32()
}

/// The numbers of a column, one a row.
fn numbers<'f>(frame: &'f DataFrame, name: &str) -> PolarsResult<Cow<'f, [u32]>> {
    let column = u32_column(frame, name)?;
    Ok(match column.cont_slice() {
        Ok(numbers) => Cow::Borrowed(numbers),
        // In several pieces.
        Err(_) => column.iter().map(|number| number.unwrap_or(UNKNOWN)).collect(),
    })
}

fn column(name: &str, numbers: Vec<u32>) -> Column {
    UInt32Chunked::from_vec(name.into(), numbers).into_column()
}

fn known(number: u32) -> Option<u32> {
    (number != UNKNOWN).then_some(number)
}
