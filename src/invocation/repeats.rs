//! The same event saved twice in forms that keep different things of it.
//!
//! Forms that keep the same of an event are told apart while they are read, by event id or by stream, time and
//! what they say. What is left is compared here by what all forms keep: the request id and the numbers of the record,
//! and the time at the coarser precision of the two. A row repeats at most one row, and a row of another file is
//! repeated by at most one, so that the attempts of a retried request stay apart.

use std::collections::{HashMap, HashSet};

use super::rows::{Call, ReportRow, Standing, TimingRow};
use super::tables::Models;
use crate::parse::Completeness;
use crate::vocab::{RequestId, Timestamp};

/// A row that may stand in the input twice.
pub(super) trait Repeatable {
    fn request_id(&self) -> &RequestId;
    /// The number that every form keeps.
    fn number(&self) -> u64;
    fn standing(&self) -> Standing;
    /// Whether nothing that both rows keep differs.
    fn agrees(&self, other: &Self, models: &Models) -> bool;
    /// How much the form lacks; less is better.
    fn lack(&self) -> u8;
    /// Takes over what only the other form keeps.
    fn complete(&mut self, other: &Self);
}

/// Drops every row that repeats another. Returns how many. What remains does not depend on the order of the
/// files.
pub(super) fn drop_repeated<T: Repeatable>(
    rows: &mut Vec<T>,
    is_unnamed: impl Fn(u32) -> bool,
    models: &Models,
) -> u64 {
    // Redacted ids are shared by strangers, of whom only the exact time tells more.
    let group_time = |row: &T| row.request_id().is_redacted().then(|| row.standing().at);
    let rank = |row: &T| {
        let is_coarse = row.standing().at.is_none_or(Timestamp::is_whole_second);
        (
            is_unnamed(row.standing().stream),
            !row.standing().has_event_id,
            row.lack(),
            is_coarse,
            row.standing().at,
            row.standing().sequence,
        )
    };
    rows.sort_by(|a, b| {
        let group = |row: &T| (row.number(), group_time(row));
        (a.request_id(), group(a))
            .cmp(&(b.request_id(), group(b)))
            .then_with(|| rank(a).cmp(&rank(b)))
    });
    let mut is_dropped = vec![false; rows.len()];
    let mut begin = 0;
    while begin < rows.len() {
        let first = &rows[begin];
        let is_same = |row: &T| {
            row.request_id() == first.request_id()
                && row.number() == first.number()
                && group_time(row) == group_time(first)
        };
        let length = rows[begin..].iter().take_while(|row| is_same(row)).count();
        if length > 1 {
            drop_in_group(
                &mut rows[begin..begin + length],
                &mut is_dropped[begin..begin + length],
                &is_unnamed,
                models,
            );
        }
        begin += length;
    }
    let before = rows.len();
    let mut position = 0;
    rows.retain(|_| {
        position += 1;
        !is_dropped[position - 1]
    });
    (before - rows.len()) as u64
}

/// How many rows of one request and one duration a row is compared with at most. More stand there only where
/// somebody made it so, and the time must not grow with their square.
const COMPARED_LIMIT: usize = 500;

fn drop_in_group<T: Repeatable>(
    rows: &mut [T],
    is_dropped: &mut [bool],
    is_unnamed: impl Fn(u32) -> bool,
    models: &Models,
) {
    // Which files have a row that repeats this one already.
    let mut repeated_in: HashSet<(usize, u32)> = HashSet::new();
    // Rows that may be the same stand in the same second, or one of them has no time.
    let mut by_second: HashMap<Option<i64>, Vec<usize>> = HashMap::new();
    for row in 0..rows.len() {
        let second = |row: &T| row.standing().at.map(Timestamp::seconds);
        let this = second(&rows[row]);
        let alike = by_second.get(&this).into_iter().chain(match this {
            Some(_) => by_second.get(&None),
            None => None,
        });
        let timed = if this.is_none() { 0..row } else { 0..0 };
        let kept = alike
            .flatten()
            .copied()
            .chain(timed)
            .filter(|&kept| !is_dropped[kept])
            .take(COMPARED_LIMIT)
            .filter(|&kept| !repeated_in.contains(&(kept, rows[row].standing().file)))
            .filter(|&kept| is_repeat(&rows[kept], &rows[row], &is_unnamed, models))
            // The exact time is surer than the second.
            .min_by_key(|&kept| (rows[kept].standing().at != rows[row].standing().at, kept));
        by_second.entry(this).or_default().push(row);
        if let Some(kept) = kept {
            is_dropped[row] = true;
            repeated_in.insert((kept, rows[row].standing().file));
            let (before, behind) = rows.split_at_mut(row);
            before[kept].complete(&behind[0]);
        }
    }
}

fn is_repeat<T: Repeatable>(kept: &T, row: &T, is_unnamed: impl Fn(u32) -> bool, models: &Models) -> bool {
    let is_same_stream = kept.standing().stream == row.standing().stream;
    if !is_same_stream && !is_unnamed(kept.standing().stream) && !is_unnamed(row.standing().stream) {
        return false;
    }
    // Two ids are two events.
    if kept.standing().has_event_id && row.standing().has_event_id && is_same_stream {
        return false;
    }
    if kept.standing().file == row.standing().file
        && (kept.standing().at.is_none() || kept.standing().at != row.standing().at)
    {
        return false;
    }
    let is_same_time = match (kept.standing().at, row.standing().at) {
        (Some(a), Some(b)) => {
            a == b || (a.seconds() == b.seconds() && (a.is_whole_second() || b.is_whole_second()))
        }
        _ => !kept.request_id().is_redacted(),
    };
    is_same_time && kept.agrees(row, models)
}

/// Whether two values differ where both are known.
fn agree<T: PartialEq>(a: &Option<T>, b: &Option<T>) -> bool {
    a.is_none() || b.is_none() || a == b
}

fn fill<T: Clone>(known: &mut Option<T>, other: &Option<T>) {
    if known.is_none() {
        known.clone_from(other);
    }
}

/// The more precise of two times.
fn precise(known: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (known, other) {
        (Some(known), Some(other)) if known.is_whole_second() => Some(other.max(known)),
        (known, other) => known.or(other),
    }
}

impl Repeatable for ReportRow {
    fn request_id(&self) -> &RequestId {
        &self.report.request_id
    }

    fn number(&self) -> u64 {
        self.report.duration.as_micros()
    }

    fn standing(&self) -> Standing {
        self.standing
    }

    fn agrees(&self, other: &Self, _: &Models) -> bool {
        let (a, b) = (&self.report, &other.report);
        // Only a whole report says that there was no initialisation.
        let is_whole = |row: &Self| row.report.completeness == Completeness::Whole;
        let are_whole = is_whole(self) && is_whole(other);
        agree(&a.billed, &b.billed)
            && agree(&a.memory_size_mb, &b.memory_size_mb)
            && agree(&a.max_memory_used_mb, &b.max_memory_used_mb)
            && agree(&a.init, &b.init)
            && agree(&a.restore, &b.restore)
            && agree(&a.status, &b.status)
            && !(are_whole && a.init.is_some() != b.init.is_some())
    }

    fn lack(&self) -> u8 {
        match self.report.completeness {
            Completeness::Whole => 0,
            Completeness::DurationOnly => 1,
            Completeness::FieldsChosen => 2,
            Completeness::CutOff => 3,
        }
    }

    fn complete(&mut self, other: &Self) {
        if other.lack() < self.lack() {
            self.report.completeness = other.report.completeness;
        }
        let (report, other_report) = (&mut self.report, &other.report);
        fill(&mut report.billed, &other_report.billed);
        fill(&mut report.memory_size_mb, &other_report.memory_size_mb);
        fill(&mut report.max_memory_used_mb, &other_report.max_memory_used_mb);
        fill(&mut report.init, &other_report.init);
        fill(&mut report.restore, &other_report.restore);
        fill(&mut report.status, &other_report.status);
        fill(&mut report.error_type, &other_report.error_type);
        self.standing.at = precise(self.standing.at, other.standing.at);
        self.repeats.push(other.standing);
    }
}

impl Repeatable for TimingRow {
    fn request_id(&self) -> &RequestId {
        &self.request_id
    }

    fn number(&self) -> u64 {
        self.call
            .inference
            .map_or(u64::MAX, |inference| inference.as_micros())
    }

    fn standing(&self) -> Standing {
        self.standing
    }

    fn agrees(&self, other: &Self, models: &Models) -> bool {
        let model = |call: &Call| call.model.and_then(|model| models.model(model));
        let (a, b) = (&self.call, &other.call);
        // Two calls of one request may take equally long; in one file both were made.
        self.standing.file != other.standing.file
            && agree(&a.call_index, &b.call_index)
            && agree(&a.start_offset, &b.start_offset)
            && agree(&model(a), &model(b))
            && agree(&a.status, &b.status)
            && agree(&a.bedrock, &b.bedrock)
            && a.is_embedded_metric == b.is_embedded_metric
    }

    fn lack(&self) -> u8 {
        0
    }

    fn complete(&mut self, other: &Self) {
        self.standing.at = precise(self.standing.at, other.standing.at);
    }
}
