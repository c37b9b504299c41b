//! Everything has come in: requests of which records are left over are joined anew, start types are told, and names and
//! invocations get their order.

use std::collections::HashSet;
use std::mem::take;

use super::by_time::by_time;
use super::drafts::Drafts;
use super::duplicates::{End, drop_duplicates, drop_ends, loosen_conflicts};
use super::invocations::Invocations;
use super::join::{Joined, join};
use super::ledger::Ledger;
use super::model_call::ModelCall;
use super::names::{Interner, Names, SourceFile};
use super::naming::{Standing, models_of, named_invocations};
use super::path::{PathRequest, PathRun};
use super::rows::{BedrockId, Rows};
use super::starts::classify;
use super::tables::Tables;
use crate::vocab::Timestamp;

/// What everything that came in comes to.
pub(super) struct Finished {
    pub(super) invocations: Invocations,
    pub(super) model_calls: Vec<ModelCall>,
    pub(super) requests: Vec<PathRequest>,
    pub(super) runs: Vec<PathRun>,
    pub(super) names: Names,
}

/// Makes invocations of what was settled and what was not.
pub(super) fn finish(
    mut settled: Vec<Drafts>,
    mut rows: Rows,
    ends: Vec<End>,
    tables: &mut Tables,
    files: Vec<SourceFile>,
    ledger: &mut Ledger,
    threads: usize,
) -> Finished {
    loosen_conflicts(&mut settled, &mut rows);
    drop_ends(ends, &settled, &mut rows, ledger);
    drop_duplicates(&mut rows, ledger);
    rows.outside.drop_repeated(ledger);
    for drafts in &settled {
        let mut matched = 0;
        let of_row = |_, is: Option<u32>| matched += u64::from(is == Some(1));
        drafts.is_matched.each(0..drafts.len(), of_row);
        ledger.matched += matched;
        ledger.report_without_timing += drafts.len() as u64 - matched;
    }
    let Joined {
        drafts,
        other_ids,
        models,
        calls,
    } = join(&mut rows, tables, ledger);
    let mut used: HashSet<u32> = models;
    for drafts in &settled {
        used.extend(Standing::of(&drafts.model, tables.models.len()).positions());
    }
    let is_joined = joined_calls(&rows, calls, &settled);
    settled.push(drafts);
    settled.iter_mut().for_each(Drafts::drop_records);

    let mut whole = concat(settled);
    let mut in_order = None;
    let ordering = Box::new(|| in_order = order(&whole, &other_ids));
    let mut starts = classify(&whole, &rows.inits, tables, &other_ids, ordering, threads);
    ledger.start_told_alone = starts.told_alone;
    whole.drop_evidence();
    if let Some(order) = in_order {
        whole.reorder(&order, threads);
        starts.reorder(&order);
    }

    let (models, model_at) = models_of(&used, &rows, tables);
    let calls = model_calls(&rows, &is_joined, &model_at);
    ledger.bedrock_joined = calls.iter().filter(|call| call.is_joined).count() as u64;
    let outside = take(&mut rows.outside);
    let (invocations, names) = named_invocations(whole, starts, other_ids, tables, &model_at, threads);
    let (requests, runs) = outside.join(&invocations, &model_at, ledger);
    Finished {
        invocations,
        model_calls: calls,
        requests,
        runs,
        names: Names {
            files,
            models,
            ..names
        },
    }
}

/// The calls of Bedrock that invocations made: those of the general join, and of the settled ones those that Bedrock
/// logged.
fn joined_calls(rows: &Rows, joined: HashSet<BedrockId>, settled: &[Drafts]) -> HashSet<BedrockId> {
    let logged: HashSet<BedrockId> = rows.bedrock.iter().map(|row| row.id).collect();
    let mut calls = joined;
    if logged.is_empty() {
        return calls;
    }
    for drafts in settled {
        let ids = drafts.bedrock.told().map(BedrockId::Uuid);
        calls.extend(ids.filter(|id| logged.contains(id)));
    }
    calls
}

/// All drafts as one, of which nothing is kept twice.
fn concat(mut parts: Vec<Drafts>) -> Drafts {
    let len = parts.iter().map(Drafts::len).sum();
    Drafts::concat(&mut parts, len)
}

/// The order of the invocations: by their end, then by request id. `None` if they stand so.
fn order(drafts: &Drafts, other_ids: &Interner) -> Option<Vec<u32>> {
    let mut order = Vec::new();
    by_time(
        &mut order,
        drafts.len(),
        |row| drafts.ended(row).map(Timestamp::as_epoch_millis),
        |a, b| {
            let by_request = drafts.compare_requests(a, b, other_ids);
            by_request.then_with(|| drafts.end_sequence.get(a).cmp(&drafts.end_sequence.get(b)))
        },
    );
    if order.iter().zip(0..).all(|(row, place)| *row == place) {
        return None;
    }
    Some(order)
}

/// Bedrock's calls, in order of time.
fn model_calls(rows: &Rows, joined: &HashSet<BedrockId>, model_at: &[Option<u32>]) -> Vec<ModelCall> {
    let mut calls: Vec<ModelCall> = rows
        .bedrock
        .iter()
        .map(|row| ModelCall {
            model: model_at[row.model as usize],
            at: row.at,
            latency: row.call.latency,
            input_tokens: row.call.input_tokens,
            output_tokens: row.call.output_tokens,
            has_failed: row.call.error_code.is_some(),
            is_joined: joined.contains(&row.id),
        })
        .collect();
    calls.sort_by_key(|call| call.at);
    calls
}
