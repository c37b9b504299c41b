//! Events come in one by one, in the order of the input.

use std::path::Path;
use std::sync::Arc;

use super::assemble::Assembler;
use super::invocations::Invocations;
use super::ledger::Ledger;
use super::model_call::ModelCall;
use super::names::Names;
use super::part::Sifter;
use super::path::{PathRequest, PathRun};
use crate::parse::Parser;
use crate::source::{Item, Take};
use crate::vocab::{Rejected, Timestamp};

/// First and last time that occurs in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The oldest event.
    pub first: Timestamp,
    /// The newest event.
    pub last: Timestamp,
}

impl Span {
    /// Widens what is covered so far by a moment.
    pub(super) fn widen(span: &mut Option<Self>, at: Timestamp) {
        let span = span.get_or_insert(Self { first: at, last: at });
        span.first = span.first.min(at);
        span.last = span.last.max(at);
    }
}

/// Everything that the input told.
#[derive(Debug, Clone, PartialEq)]
pub struct Collected {
    /// The invocations, by time of their end, then by request id.
    pub invocations: Invocations,
    /// Bedrock's own records of model calls, by time, then by Bedrock's request id.
    pub model_calls: Vec<ModelCall>,
    /// Requests that clients and API Gateway recorded, by time.
    pub requests: Vec<PathRequest>,
    /// The runs of clients, by name.
    pub runs: Vec<PathRun>,
    /// The names that they refer to.
    pub names: Names,
    /// What became of every event.
    pub ledger: Ledger,
    /// The time that the input covers, if any event has a time.
    pub span: Option<Span>,
}

/// Takes events in one by one, in the order of the input.
#[derive(Debug)]
pub struct Collector {
    assembler: Assembler,
    sifter: Sifter,
}

impl Collector {
    /// A collector that reads messages with this parser.
    pub fn new(parser: Parser) -> Self {
        Self {
            assembler: Assembler::new(),
            sifter: Sifter::new(Arc::new(parser)),
        }
    }

    /// Begins a file: see [`Assembler::begin_file`].
    pub fn begin_file(&mut self, path: &Path, argument: usize) {
        self.end_part();
        self.assembler.begin_file(path, argument);
    }

    /// Takes what a reader found in the current file. Returns what of it was rejected.
    pub fn take(&mut self, item: Item<'_>) -> Option<Rejected> {
        if matches!(item, Item::Member { .. }) {
            self.end_part();
        }
        self.sifter.take(item);
        match self.sifter.is_full() || self.sifter.has_rejected() {
            true => self.end_part(),
            false => None,
        }
    }

    fn end_part(&mut self) -> Option<Rejected> {
        let part = self.sifter.end_part();
        let mut told = None;
        self.assembler
            .absorb(part, &mut |rejected| told = Some(rejected.clone()));
        told
    }

    /// The path of the current file, `-` where there is none.
    pub fn path(&self) -> Arc<str> {
        self.assembler.path()
    }

    /// Joins everything that came in.
    pub fn finish(mut self) -> Collected {
        self.end_part();
        self.assembler.finish(1)
    }
}
