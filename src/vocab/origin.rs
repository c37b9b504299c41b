//! Where a piece of input was found.

use std::fmt;
use std::sync::Arc;

/// A place in the input that a person can go to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The path as it was given or found, `-` for standard input.
    pub path: Arc<str>,
    /// Where in it.
    pub place: Place,
}

/// A place inside one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The file as a whole.
    File,
    /// A line, counted from 1.
    Line(u64),
    /// An event of a JSON document, counted from 1.
    Event(u64),
}

/// `path`, `path:12` or `path: event 12`. The path is not made safe for a terminal here.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::File => write!(f, "{}", self.path),
            Place::Line(line) => write!(f, "{}:{line}", self.path),
            Place::Event(event) => write!(f, "{}: event {event}", self.path),
        }
    }
}
