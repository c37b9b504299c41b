//! Why a selector means nothing.

use std::fmt;
use std::path::PathBuf;

use crate::dataset::{ConditionError, TimeError};
use crate::vocab::{ModelId, did_you_mean, likeness, nearest_by, offer, visible};

/// Why a selector cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SelectorError {
    /// It is empty, or one of its parts is no `key=value`.
    Malformed {
        /// The selector.
        selector: String,
        /// The part.
        part: String,
    },
    /// A key that does not exist.
    UnknownKey {
        /// The key.
        key: String,
    },
    /// A key that can be given once was given twice.
    Twice {
        /// The key.
        key: &'static str,
    },
    /// A value that its key cannot have.
    Value(ConditionError),
    /// A value that is no time.
    Time(TimeError),
    /// A saved baseline is asked for, and something beside it.
    SavedAlone,
    /// No baseline can have this name.
    SavedName(String),
    /// No model in the logs is meant.
    UnknownModel {
        /// What was asked for.
        query: String,
        /// The models in the logs.
        known: Vec<String>,
    },
    /// Several models in the logs are meant.
    AmbiguousModel {
        /// What was asked for.
        query: String,
        /// The models that are meant.
        candidates: Vec<String>,
    },
    /// A path that was not given to `--input`.
    UnknownInput {
        /// The path.
        path: PathBuf,
        /// The paths that were.
        known: Vec<PathBuf>,
    },
}

impl SelectorError {
    /// Whether the command line is at fault rather than the logs.
    pub(super) fn is_usage(&self) -> bool {
        !matches!(self, Self::UnknownModel { .. })
    }
}

/// Keys that a selector knows, in the order in which they are listed.
const KEYS: [&str; 12] = [
    "model", "since", "until", "input", "function", "version", "memory", "region", "stream", "start",
    "status", "saved",
];

impl fmt::Display for SelectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { selector, part } => write!(
                f,
                "selector {selector:?}: {part:?} is no key=value; a selector is a model name, or key=value pairs \
                 joined by commas, such as model=haiku,version=12"
            ),
            Self::UnknownKey { key } => write!(
                f,
                "selector key {key:?} is none of {}{}",
                KEYS.join(", "),
                did_you_mean(key, KEYS)
            ),
            Self::Twice { key } => write!(f, "selector key {key} is given twice"),
            Self::Value(error) => write!(f, "{error}"),
            Self::Time(error) => write!(f, "{error}"),
            Self::SavedAlone => f.write_str(
                "saved=NAME is a whole selector: what it holds was selected when it was saved; nothing can stand beside it",
            ),
            Self::SavedName(name) => write!(
                f,
                "saved={name:?} is no name of a baseline: letters, digits, -, _ and ."
            ),
            Self::UnknownModel { query, known } if known.is_empty() => {
                write!(
                    f,
                    "no model {query:?}: no timing record in these logs names a model"
                )
            }
            Self::UnknownModel { query, known } => {
                write!(
                    f,
                    "no model in these logs is meant by {query:?}; they hold {}{}",
                    visible(&known.join(", ")),
                    visible(&offer(&near_models(query, known)))
                )
            }
            Self::AmbiguousModel { query, candidates } => {
                write!(
                    f,
                    "{query:?} means several models: {}; name one of them",
                    visible(&candidates.join(", "))
                )
            }
            Self::UnknownInput { path, known } => {
                let known: Vec<String> = known.iter().map(|path| path.display().to_string()).collect();
                write!(
                    f,
                    "input={} was not given to --input; given were {}",
                    path.display(),
                    known.join(", ")
                )
            }
        }
    }
}

impl std::error::Error for SelectorError {}

/// The models whose names, or some neighbouring words of them, are like what was asked for, as they can be asked for.
fn near_models(query: &str, known: &[String]) -> Vec<String> {
    let short = |id: &String| ModelId::parse(id).map_or_else(|| id.clone(), |id| id.short_name());
    let asked = ModelId::parse(query).map_or_else(|| query.to_owned(), |asked| asked.short_name());
    let mut models: Vec<String> = known.iter().map(short).collect();
    models.dedup();
    nearest_by(models, |name: &String| {
        let words: Vec<&str> = name.split('-').collect();
        let runs = (0..words.len()).flat_map(|from| (from..words.len()).map(move |to| (from, to)));
        runs.map(|(from, to)| likeness(&asked, &words[from..=to].join("-")))
            .fold(0.0, f64::max)
    })
}
