//! What is there twice, or stands elsewhere than the rest of its request.

use std::collections::HashSet;

use super::assemble::is_repeated_report;
use super::bits::{Bits, Each, occurring_twice};
use super::drafts::Drafts;
use super::folded::Folded;
use super::ledger::Ledger;
use super::rows::{MarkKind, MarkRow, Rows, Told};
use crate::vocab::RequestId;

/// Takes requests apart that are settled and have records elsewhere, or are settled twice. An `END` elsewhere tells nothing.
pub(super) fn loosen_conflicts(settled: &mut [Drafts], rows: &mut Rows) {
    let uuid = |id: &RequestId| match id {
        RequestId::Uuid(id) => Some(*id),
        RequestId::Other(_) => None,
    };
    let mut conflicts: HashSet<u128, Folded> = HashSet::default();
    conflicts.extend(rows.reports.iter().filter_map(|row| uuid(&row.report.request_id)));
    conflicts.extend(rows.timings.iter().filter_map(|row| uuid(&row.request_id)));
    let is_end = |row: &&MarkRow| row.kind == MarkKind::End;
    let marks = rows.marks.iter().filter(|row| !is_end(row));
    conflicts.extend(marks.filter_map(|row| uuid(&row.request_id)));
    conflicts.extend(occurring_twice(&Uuids(settled)));
    if conflicts.is_empty() {
        return;
    }
    let may_conflict = Bits::holding(conflicts.iter());
    for drafts in settled.iter_mut() {
        let mut conflicting = Vec::new();
        drafts.each_uuid(|row, id| {
            if may_conflict.may_hold(id) && conflicts.contains(&id) {
                conflicting.push(row);
            }
        });
        // From behind, so that what comes into an empty place stays.
        for row in conflicting.into_iter().rev() {
            drafts.swap_remove(row).loosen(rows);
        }
    }
}

/// The ids of what is settled.
struct Uuids<'a>(&'a [Drafts]);

impl Each<u128> for Uuids<'_> {
    fn at_most(&self) -> usize {
        self.0.iter().map(Drafts::len).sum()
    }

    fn each(&self, mut then: impl FnMut(u128)) {
        for drafts in self.0 {
            drafts.each_uuid(|_, id| then(id));
        }
    }
}

/// What tells an `END` from others: its request, its own hash, and its file where nothing else does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct End(u128, u32, u32);

impl End {
    /// `None` where nothing tells it.
    pub(super) fn of(row: &MarkRow) -> Option<Self> {
        let (id, own, file) = key(&row.request_id, row.told, row.standing.file)?;
        Some(Self(id, own, file))
    }
}

/// Drops the `END` lines of requests whose id is known, and counts those that were there before. They tell nothing else.
pub(super) fn drop_ends(mut ends: Vec<End>, settled: &[Drafts], rows: &mut Rows, ledger: &mut Ledger) {
    ends.extend(
        rows.marks
            .iter()
            .filter(|row| row.kind == MarkKind::End)
            .filter_map(End::of),
    );
    rows.marks.retain(|row| row.kind != MarkKind::End);
    if ends.is_empty() {
        return;
    }
    let may_have = Bits::holding(ends.iter().map(|end| end.0));
    for drafts in settled {
        drafts.each_uuid(|row, id| {
            if may_have.may_hold(id) {
                let told = drafts.end_told.get(row);
                ends.extend(told.map(|own| End(id, own, u32::MAX)));
            }
        });
    }
    let repeated = occurring_twice(&*ends);
    let repeated: u64 = repeated
        .chunk_by(|a, b| a == b)
        .map(|same| same.len() as u64 - 1)
        .sum();
    ledger.lifecycle -= repeated;
    ledger.duplicates += repeated;
}

/// What tells an event among those of a request whose id is known; `None` where nothing does. A line that nothing but its
/// file tells from others is one of that file.
fn key(id: &RequestId, told: Told, file: u32) -> Option<(u128, u32, u32)> {
    let own = told.of_request().own;
    match id {
        RequestId::Uuid(id) if *id != 0 && own != 0 => {
            Some((*id, own, if told.is_of_file { file } else { u32::MAX }))
        }
        _ => None,
    }
}

/// Drops events that were there before, of requests whose id is known. Of what is there twice the first in the input is
/// kept.
pub(super) fn drop_duplicates(rows: &mut Rows, ledger: &mut Ledger) {
    let mut reports: HashSet<_, Folded> = HashSet::default();
    let before = rows.reports.len();
    rows.reports.sort_by_key(|row| row.standing.sequence);
    rows.reports.retain(|row| {
        let Some((id, own, file)) = key(&row.report.request_id, row.told, row.standing.file) else {
            return true;
        };
        let trace = u128::from(row.told.of_request().trace);
        !is_repeated_report(&mut reports, trace, |suffix| (id, own, file, suffix))
    });
    let repeated_reports = (before - rows.reports.len()) as u64;

    let mut timings: HashSet<_, Folded> = HashSet::default();
    let before = rows.timings.len();
    rows.timings.sort_by_key(|row| row.standing.sequence);
    rows.timings.retain(|row| {
        key(&row.request_id, row.told, row.standing.file).is_none_or(|key| timings.insert(key))
    });
    let repeated_timings = (before - rows.timings.len()) as u64;

    let mut marks: HashSet<_, Folded> = HashSet::default();
    let before = rows.marks.len();
    rows.marks.sort_by_key(|row| row.standing.sequence);
    rows.marks
        .retain(|row| key(&row.request_id, row.told, row.standing.file).is_none_or(|key| marks.insert(key)));
    let repeated_marks = (before - rows.marks.len()) as u64;
    ledger.report_records -= repeated_reports;
    ledger.timing_records -= repeated_timings;
    ledger.lifecycle -= repeated_marks;
    ledger.duplicates += repeated_reports + repeated_timings + repeated_marks;
}
