//! Parts of the input come in, in its order; at the end there are invocations.

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use super::collect::{Collected, Span};
use super::drafts::Drafts;
use super::duplicates::End;
use super::finish::finish;
use super::folded::Folded;
use super::joiner::Joiner;
use super::ledger::Ledger;
use super::model_call::BedrockRow;
use super::names::SourceFile;
use super::part::{Lone, Part};
use super::path::Outside;
use super::rows::{BedrockId, InitRow, MarkKind, MarkRow, ReportRow, Standing, TimingRow, Told};
use super::tables::{Positions, Tables};
use crate::source::{Encoding, Found};
use crate::vocab::{Origin, Place, Rejected, RequestId};

/// Takes parts of the input in.
#[derive(Debug, Default)]
pub struct Assembler {
    files: Vec<SourceFile>,
    /// Position of the file that was begun last, which may be an archive of others.
    archive: usize,
    tables: Tables,
    joiner: Joiner,
    /// What was settled inside parts.
    settled: Vec<Drafts>,
    inits: Vec<InitRow>,
    ends: Vec<End>,
    bedrock: Vec<BedrockRow>,
    outside: Outside,
    /// What tells the events that no request id groups.
    seen: HashSet<u128, Folded>,
    ledger: Ledger,
    span: Option<Span>,
    records: u64,
    /// Lines of the current file in parts that count them.
    lines: u64,
    /// Lines of the current file in which bytes of another encoding were met.
    repaired_lines: u64,
}

impl Assembler {
    /// An assembler that has nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a file; what comes next is from it. `argument` says which of the given inputs led
    /// to it.
    pub fn begin_file(&mut self, path: &Path, argument: usize) {
        self.archive = self.files.len();
        self.lines = 0;
        self.files.push(SourceFile {
            path: Arc::from(path.to_string_lossy()),
            argument,
        });
    }

    /// The path of the current file, `-` where there is none.
    pub fn path(&self) -> Arc<str> {
        self.files
            .last()
            .map_or_else(|| Arc::from("-"), |file| Arc::clone(&file.path))
    }

    /// Begins a file inside the archive that was begun last.
    fn begin_member(&mut self, name: &str) {
        let (path, argument) = match self.files.get(self.archive) {
            Some(archive) => (format!("{}/{name}", archive.path), archive.argument),
            None => (name.to_owned(), 0),
        };
        self.lines = 0;
        self.files.push(SourceFile {
            path: Arc::from(path),
            argument,
        });
    }

    /// Takes in what the next part of the current file told. Each rejection goes to `tell`, too. What the file was, if it
    /// ended with this part.
    pub fn absorb(&mut self, part: Part, tell: &mut dyn FnMut(&Rejected)) -> Option<Found> {
        let Part {
            member,
            tables,
            joiner,
            lone,
            outside,
            ledger,
            rejected,
            span,
            records,
            lines,
            repaired_lines,
            found,
        } = part;
        if let Some(name) = member {
            self.begin_member(&name);
        }
        for (place, reason) in rejected {
            let place = match place {
                Place::Line(line) => Place::Line(line + self.lines),
                place => place,
            };
            tell(&self.reject(place, reason));
        }
        self.lines += lines;
        self.repaired_lines += repaired_lines;
        self.ledger.add(&ledger);
        for at in span.into_iter().flat_map(|span| [span.first, span.last]) {
            Span::widen(&mut self.span, at);
        }
        // A file was begun before its events, and there are not 4 billion of them.
        let file = u32::try_from(self.files.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let moved = Moved {
            positions: self.tables.absorb(&tables, file),
            file,
            records: self.records,
        };
        self.records += records;
        self.take_settled(joiner.settled, &moved);
        self.take_rows(joiner.loose, &moved);
        if self.joiner.settled.len() >= PART_ROWS {
            let drafts = std::mem::take(&mut self.joiner.settled);
            self.keep_settled(&drafts);
        }
        for one in lone {
            self.take_lone(one, &moved);
        }
        self.outside.absorb(outside, &moved.positions.models);
        found.map(
            |found| match (found.encoding, std::mem::take(&mut self.repaired_lines)) {
                (Encoding::Utf8, 1..) => Found {
                    encoding: Encoding::Windows1252,
                    ..found
                },
                _ => found,
            },
        )
    }

    fn reject(&mut self, place: Place, reason: Cow<'static, str>) -> Rejected {
        let path = self.path();
        let rejected = Rejected {
            origin: Origin { path, place },
            reason,
        };
        self.ledger.reject(rejected.clone());
        rejected
    }

    fn take_settled(&mut self, mut drafts: Drafts, moved: &Moved) {
        if drafts.len() == 0 {
            return;
        }
        moved.drafts(&mut drafts);
        self.keep_settled(&drafts);
    }

    fn keep_settled(&mut self, drafts: &Drafts) {
        let len = self.settled.last().map_or(0, Drafts::len) + drafts.len();
        if self.settled.is_empty() || len > CHUNK_ROWS {
            self.settled.push(Drafts::default());
        }
        if let Some(chunk) = self.settled.last_mut() {
            // Memory that nothing was written to costs nothing, and columns need not be moved when they grow.
            chunk.extend_from(drafts, if len <= FEW_ROWS { FEW_ROWS } else { CHUNK_ROWS });
        }
    }

    /// Takes rows in the order in which they stand in the input, so that of what is there twice the first is kept.
    fn take_rows(&mut self, rows: super::rows::Rows, moved: &Moved) {
        enum Row {
            Report(ReportRow),
            Timing(TimingRow),
            Mark(MarkRow),
        }
        let mut all: Vec<(u64, Row)> = Vec::new();
        let (reports, timings, marks) = (rows.reports, rows.timings, rows.marks);
        all.extend(
            reports
                .into_iter()
                .map(|row| (row.standing.sequence, Row::Report(row))),
        );
        all.extend(
            timings
                .into_iter()
                .map(|row| (row.standing.sequence, Row::Timing(row))),
        );
        all.extend(
            marks
                .into_iter()
                .map(|row| (row.standing.sequence, Row::Mark(row))),
        );
        all.sort_by_key(|(sequence, _)| *sequence);
        for (_, row) in all {
            match row {
                Row::Report(mut row) => {
                    moved.standing(&mut row.standing);
                    if self.is_seen(&row.report.request_id, row.told, true) {
                        (self.ledger.report_records, self.ledger.duplicates) =
                            (self.ledger.report_records - 1, self.ledger.duplicates + 1);
                    } else {
                        self.joiner.report(row, &self.tables.models);
                    }
                }
                Row::Timing(mut row) => {
                    moved.standing(&mut row.standing);
                    moved.call(&mut row.call);
                    if self.is_seen(&row.request_id, row.told, false) {
                        (self.ledger.timing_records, self.ledger.duplicates) =
                            (self.ledger.timing_records - 1, self.ledger.duplicates + 1);
                    } else {
                        self.joiner.timing(row);
                    }
                }
                Row::Mark(mut row) => {
                    moved.standing(&mut row.standing);
                    moved.mark(&mut row.kind);
                    if self.is_seen(&row.request_id, row.told, false) {
                        self.drop_lifecycle();
                    } else {
                        self.joiner.mark(row);
                        self.keep_ends();
                    }
                }
            }
        }
    }

    /// Keeps of an `END` without anything before it no more than what tells it from others.
    fn keep_ends(&mut self) {
        let is_end = |row: &mut MarkRow| row.kind == MarkKind::End && is_of_one(&row.request_id);
        if let Some(row) = self.joiner.loose.marks.pop_if(is_end) {
            self.ends.extend(End::of(&row));
        }
    }

    fn drop_lifecycle(&mut self) {
        self.ledger.lifecycle -= 1;
        self.ledger.duplicates += 1;
    }

    /// Whether an event was there before whose request id many may share. Those of a request of its own are compared when
    /// everything has come in.
    fn is_seen(&mut self, request_id: &RequestId, told: Told, is_report: bool) -> bool {
        !is_of_one(request_id) && self.is_told_before(told, is_report)
    }

    fn is_told_before(&mut self, told: Told, is_report: bool) -> bool {
        if told.own == 0 {
            return false;
        }
        let file = if told.is_of_file {
            self.files.len() as u128
        } else {
            0
        };
        let own = told.own.wrapping_add(file.wrapping_mul(MIX));
        if !is_report {
            return !self.seen.insert(own);
        }
        is_repeated_report(&mut self.seen, told.trace, |suffix| {
            own.wrapping_add(suffix.wrapping_mul(MIX.rotate_left(64)))
        })
    }

    fn take_lone(&mut self, one: Lone, moved: &Moved) {
        match one {
            Lone::Init(mut row, told) => {
                row.stream = moved.positions.streams[row.stream as usize];
                row.sequence += moved.records;
                match self.is_told_before(told, false) {
                    true => self.drop_lifecycle(),
                    false => self.inits.push(row),
                }
            }
            Lone::LogsDropped(records, told) => match self.is_told_before(told, false) {
                true => self.drop_lifecycle(),
                false => {
                    self.ledger.dropped_by_lambda = self.ledger.dropped_by_lambda.saturating_add(records);
                }
            },
            Lone::Other(told) => {
                if self.is_told_before(told, false) {
                    self.drop_lifecycle();
                }
            }
            Lone::Bedrock(mut row, told) => {
                row.model = moved.positions.models[row.model as usize];
                moved.bedrock_id(&mut row.id);
                if self.is_told_before(told, false) {
                    self.ledger.bedrock_records -= 1;
                    self.ledger.duplicates += 1;
                } else {
                    self.bedrock.push(*row);
                }
            }
        }
    }

    /// Joins everything that came in, on at most so many threads.
    pub fn finish(mut self, threads: usize) -> Collected {
        self.joiner.finish(&self.tables.models);
        let mut rows = self.joiner.loose;
        // The clock of a caller counts where there is no other.
        let span = self.span.or_else(|| self.outside.span());
        (rows.inits, rows.bedrock, rows.outside) = (self.inits, self.bedrock, self.outside);
        let mut settled = self.settled;
        settled.push(self.joiner.settled);
        let ends = self.ends;
        self.seen = HashSet::default();
        let mut ledger = self.ledger;
        let finished = finish(
            settled,
            rows,
            ends,
            &mut self.tables,
            self.files,
            &mut ledger,
            threads,
        );
        Collected {
            invocations: finished.invocations,
            model_calls: finished.model_calls,
            requests: finished.requests,
            runs: finished.runs,
            names: finished.names,
            ledger,
            span,
        }
    }
}

/// So many drafts of what stands in several parts are put with the others.
const PART_ROWS: usize = 1 << 10;

/// Whether an id is that of one request alone, so that what it groups is few.
pub(super) fn is_of_one(request_id: &RequestId) -> bool {
    matches!(request_id, RequestId::Uuid(id) if *id != 0)
}

/// How many drafts are held in columns of their own at most.
const CHUNK_ROWS: usize = 1 << 20;

/// Up to so many drafts take no room for more.
const FEW_ROWS: usize = 1 << 12;

/// An odd number without a pattern, which spreads what it is multiplied with.
pub(super) const MIX: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;

/// Whether a report was there before. `key` tells it with something in the place of its trace: copies with one and copies
/// without are one event.
pub(super) fn is_repeated_report<K: std::hash::Hash + Eq, S: std::hash::BuildHasher>(
    seen: &mut HashSet<K, S>,
    trace: u128,
    key: impl Fn(u128) -> K,
) -> bool {
    let (untraced, traced) = (1, 2);
    match trace {
        0 => !seen.insert(key(untraced)) || seen.contains(&key(traced)),
        trace => {
            seen.insert(key(traced));
            !seen.insert(key(trace)) || seen.contains(&key(untraced))
        }
    }
}

/// Where what a part tells lies in the whole.
struct Moved {
    positions: Positions,
    file: u32,
    records: u64,
}

impl Moved {
    fn standing(&self, standing: &mut Standing) {
        standing.stream = self.positions.streams[standing.stream as usize];
        standing.file = self.file;
        standing.sequence += self.records;
    }

    fn mark(&self, kind: &mut super::rows::MarkKind) {
        if let super::rows::MarkKind::Start {
            version: Some(version),
        } = kind
        {
            *version = self.positions.versions[*version as usize];
        }
    }

    fn call(&self, call: &mut super::rows::Call) {
        let moved = |position: Option<u32>, to: &[u32]| position.map(|position| to[position as usize]);
        call.model = moved(call.model, &self.positions.models);
        call.initialization = moved(call.initialization, &self.positions.initializations);
        if let Some(id) = &mut call.bedrock {
            self.bedrock_id(id);
        }
    }

    fn bedrock_id(&self, id: &mut BedrockId) {
        if let BedrockId::Other(position) = id {
            *position = self.positions.bedrock_ids[*position as usize];
        }
    }

    fn drafts(&self, drafts: &mut Drafts) {
        let to = |positions: &[u32]| {
            let positions = positions.to_vec();
            move |position: u32| positions.get(position as usize).copied()
        };
        drafts.stream.map(to(&self.positions.streams));
        drafts.version.map(to(&self.positions.versions));
        drafts.model.map(to(&self.positions.models));
        drafts.initialization.map(to(&self.positions.initializations));
        drafts.file.map(|_| Some(self.file));
        // The others are told by their distance from it.
        drafts.end_sequence.map(|sequence| Some(sequence + self.records));
    }
}
