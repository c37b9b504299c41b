//! What a user selects and groups by.

use std::fmt;

use super::window::Window;
use crate::invocation::{Outcome, StartType};
use crate::vocab::did_you_mean;

/// A property of invocations that can be selected or grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// Model.
    Model,
    /// Start type.
    Start,
    /// Function name.
    Function,
    /// Function version.
    Version,
    /// Configured memory in MB.
    Memory,
    /// Region.
    Region,
    /// Log stream.
    Stream,
    /// Outcome.
    Status,
}

impl Key {
    /// Every key.
    pub const ALL: [Self; 8] = [
        Self::Model,
        Self::Start,
        Self::Function,
        Self::Version,
        Self::Memory,
        Self::Region,
        Self::Stream,
        Self::Status,
    ];

    /// The name in options and outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Start => "start",
            Self::Function => "function",
            Self::Version => "version",
            Self::Memory => "memory",
            Self::Region => "region",
            Self::Stream => "stream",
            Self::Status => "status",
        }
    }

    /// The key of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }
}

/// One thing that selected invocations have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// A name that occurs in the logs: function, version, region or stream.
    Named(Key, String),
    /// Configured memory in MB.
    Memory(u32),
    /// Start type.
    Start(StartType),
    /// Outcome.
    Status(Outcome),
    /// Which of the given inputs, counted from 0.
    Argument(usize),
}

/// As it is written in options.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(key, value) => write!(f, "{}={value}", key.name()),
            Self::Memory(mb) => write!(f, "memory={mb}"),
            Self::Start(start) => write!(f, "start={}", start.name()),
            Self::Status(outcome) => write!(f, "status={}", outcome.name()),
            Self::Argument(argument) => write!(f, "input number {}", argument + 1),
        }
    }
}

/// A condition that means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConditionError {
    /// The value is none of those that the key can have.
    UnknownValue {
        /// The key.
        key: Key,
        /// What was given.
        value: String,
        /// What can be given.
        known: Vec<&'static str>,
    },
    /// The value is no whole number of megabytes.
    NotMegabytes(String),
}

impl fmt::Display for ConditionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownValue { key, value, known } => {
                let offered = did_you_mean(value, known.iter().copied());
                write!(
                    f,
                    "{}={value:?} is none of {}{offered}",
                    key.name(),
                    known.join(", ")
                )
            }
            Self::NotMegabytes(value) => write!(f, "memory={value:?} is no whole number of MB"),
        }
    }
}

impl std::error::Error for ConditionError {}

impl Condition {
    /// The property; none for an input.
    pub fn key(&self) -> Option<Key> {
        match self {
            Self::Named(key, _) => Some(*key),
            Self::Memory(_) => Some(Key::Memory),
            Self::Start(_) => Some(Key::Start),
            Self::Status(_) => Some(Key::Status),
            Self::Argument(_) => None,
        }
    }

    /// Reads the value of a key. The model is not selected by a condition.
    ///
    /// # Errors
    /// If the key cannot have the value.
    pub fn new(key: Key, value: &str) -> Result<Self, ConditionError> {
        let unknown = |known: Vec<&'static str>| ConditionError::UnknownValue {
            key,
            value: value.to_owned(),
            known,
        };
        match key {
            Key::Memory => value
                .strip_suffix("MB")
                .unwrap_or(value)
                .trim()
                .parse()
                .map(Self::Memory)
                .map_err(|_| ConditionError::NotMegabytes(value.to_owned())),
            Key::Start => StartType::ALL
                .into_iter()
                .find(|start| start.name() == value)
                .map(Self::Start)
                .ok_or_else(|| unknown(StartType::ALL.map(StartType::name).to_vec())),
            Key::Status => Outcome::ALL
                .into_iter()
                .find(|outcome| outcome.name() == value)
                .map(Self::Status)
                .ok_or_else(|| unknown(Outcome::ALL.map(Outcome::name).to_vec())),
            Key::Model | Key::Function | Key::Version | Key::Region | Key::Stream => {
                Ok(Self::Named(key, value.to_owned()))
            }
        }
    }
}

/// Which invocations are meant. Conditions on different properties must all hold; of several on
/// the same property one must.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// When.
    pub window: Window,
    /// What else.
    pub conditions: Vec<Condition>,
    /// The model, a position in the names.
    pub model: Option<u32>,
}
