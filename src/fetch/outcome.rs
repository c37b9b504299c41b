//! How far a fetch is, and what became of it.

use super::error::Error;

/// How far a group is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupProgress {
    /// Slices that are done as a whole.
    pub done: usize,
    /// Slices in all, as far as is known: one that holds much is divided.
    pub slices: usize,
    /// Events that are kept.
    pub events: u64,
    /// Milliseconds of the window that are done.
    pub done_ms: i64,
    /// Milliseconds of the window that were missing.
    pub missing_ms: i64,
}

/// What happens while a job runs.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// Time went by, or a slice ended: how far each target is, in their order.
    Now(&'a [GroupProgress]),
    /// A line for whoever wants details.
    Detail(&'a str),
}

/// What became of a job.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How far each group is.
    pub groups: Vec<GroupProgress>,
    /// Why the window is not complete; empty if it is.
    pub incomplete: Vec<String>,
    /// What kept groups from being read.
    pub errors: Vec<Error>,
    /// Whether the user interrupted.
    pub is_interrupted: bool,
    /// Duplicates that were dropped.
    pub duplicates: u64,
    /// Pages that were read.
    pub pages: u64,
    /// Events that came, kept or not.
    pub received: u64,
    /// Bytes of their messages.
    pub message_bytes: u64,
    /// Bytes that were stored.
    pub stored_bytes: u64,
    /// Queries of Logs Insights that were run.
    pub queries: u64,
    /// Bytes that they read.
    pub scanned_bytes: u64,
}

impl Outcome {
    /// Whether no group could be read.
    pub fn is_refused(&self) -> bool {
        !self.errors.is_empty() && self.errors.len() == self.groups.len()
    }

    /// Whether everything was fetched.
    pub fn is_complete(&self) -> bool {
        self.incomplete.is_empty() && self.errors.is_empty() && !self.is_interrupted
    }

    /// Events that were kept.
    pub fn events(&self) -> u64 {
        self.groups.iter().map(|group| group.events).sum()
    }
}
