//! Everything has come in: requests of which records are left over are joined anew, start types are told, and names and
//! invocations get their order.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::mem::take;

use super::assemble::is_repeated_report;
use super::drafts::{Drafts, of_halves};
use super::environment::{Starts, classify};
use super::facts::prompt_of_one;
use super::folded::Folded;
use super::invocations::{Invocations, RequestIds};
use super::join::{Joined, join};
use super::ledger::Ledger;
use super::model_call::ModelCall;
use super::names::{Interner, Model, Names, SourceFile};
use super::optional::Optional;
use super::path::{PathRequest, PathRun};
use super::rows::{BedrockId, MarkKind, MarkRow, Rows, Told};
use super::side_by_side::side_by_side;
use super::streams::Stream;
use super::tables::Tables;
use crate::vocab::{ModelId, RequestId};

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
    loosen_conflicts(&mut settled, &mut rows, threads);
    drop_ends(ends, &settled, &mut rows, ledger);
    drop_duplicates(&mut rows, ledger);
    rows.outside.drop_repeated(ledger);
    for drafts in &settled {
        let matched = drafts.is_matched.told().filter(|is| *is == 1).count() as u64;
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
    settled
        .iter()
        .for_each(|drafts| used.extend(distinct(&drafts.model, tables.models.len())));
    let is_joined = joined_calls(&rows, calls, &settled);
    settled.push(drafts);
    settled.iter_mut().for_each(Drafts::drop_records);

    let mut whole = concat(settled);
    let (mut starts, mut in_order) = (Starts::default(), None);
    side_by_side(
        vec![
            Box::new(|| starts = classify(&whole, &rows.inits, tables, &other_ids)),
            Box::new(|| in_order = order(&whole, &other_ids)),
        ],
        threads,
    );
    ledger.start_told_alone = starts.told_alone;
    whole.drop_evidence();
    if let Some(order) = in_order {
        whole.reorder(&order, threads);
        (starts.start, starts.waited_init) = (starts.start.pick(&order), starts.waited_init.pick(&order));
    }

    let (models, model_at) = models_of(&used, &rows, tables);
    let calls = model_calls(&rows, &is_joined, tables, &model_at);
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

/// The positions below `len` that stand in a column.
fn distinct(column: &Optional<u32>, len: usize) -> impl Iterator<Item = u32> + use<> {
    let mut stands = vec![false; len];
    column
        .told()
        .for_each(|position| stands[position as usize] = true);
    let positions = stands.into_iter().zip(0..);
    positions.filter_map(|(stands, position)| stands.then_some(position))
}

/// Takes requests apart that are settled and have records elsewhere, or are settled twice. An `END` elsewhere tells nothing.
fn loosen_conflicts(settled: &mut [Drafts], rows: &mut Rows, threads: usize) {
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
    let (mut even, mut odd) = (Vec::new(), Vec::new());
    side_by_side(
        vec![
            Box::new(|| even = settled_twice(settled, 0)),
            Box::new(|| odd = settled_twice(settled, 1)),
        ],
        threads,
    );
    conflicts.extend(even.into_iter().chain(odd));
    if conflicts.is_empty() {
        return;
    }
    for drafts in settled.iter_mut() {
        // From behind, so that what comes into an empty place has been looked at.
        for row in (0..drafts.len()).rev() {
            if drafts.uuid(row).is_some_and(|id| conflicts.contains(&id)) {
                drafts.swap_remove(row).loosen(rows);
            }
        }
    }
}

/// The ids with this last bit that several settled requests have.
fn settled_twice(settled: &[Drafts], bit: u128) -> Vec<u128> {
    let ids = || {
        let ids = settled
            .iter()
            .flat_map(|drafts| (0..drafts.len()).filter_map(|row| drafts.uuid(row)));
        ids.filter(|id| id & 1 == bit)
    };
    let mut seen: HashSet<u128, Folded> = HashSet::with_capacity_and_hasher(ids().count(), Folded::default());
    ids().filter(|id| !seen.insert(*id)).collect()
}

/// What tells an `END` from others: its request, its own hash, and its file where nothing else does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct End(u128, u32, u32);

impl End {
    /// `None` where nothing tells it.
    pub(super) fn of(row: &MarkRow) -> Option<Self> {
        let (id, own, file) = key(&row.request_id, row.told, row.standing.file)?;
        Some(Self(id, own, file))
    }
}

/// Drops the `END` lines of requests whose id is known, and counts those that were there before. They tell nothing else.
fn drop_ends(mut ends: Vec<End>, settled: &[Drafts], rows: &mut Rows, ledger: &mut Ledger) {
    ends.extend(
        rows.marks
            .iter()
            .filter(|row| row.kind == MarkKind::End)
            .filter_map(End::of),
    );
    rows.marks.retain(|row| row.kind != MarkKind::End);
    let ids: HashSet<u128, Folded> = ends.iter().map(|end| end.0).collect();
    if !ids.is_empty() {
        for drafts in settled {
            for row in 0..drafts.len() {
                let id = drafts.uuid(row).filter(|id| ids.contains(id));
                let told = id.zip(drafts.end_told.get(row));
                ends.extend(told.map(|(id, own)| End(id, own, u32::MAX)));
            }
        }
    }
    ends.sort_unstable();
    let repeated = ends
        .chunk_by(|a, b| a == b)
        .map(|same| same.len() as u64 - 1)
        .sum::<u64>();
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
fn drop_duplicates(rows: &mut Rows, ledger: &mut Ledger) {
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

/// The calls of Bedrock that invocations made: those of the general join, and of the settled ones those that Bedrock
/// logged.
fn joined_calls(rows: &Rows, joined: HashSet<BedrockId>, settled: &[Drafts]) -> HashSet<BedrockId> {
    let logged: HashSet<BedrockId> = rows.bedrock.iter().map(|row| row.id).collect();
    let mut calls = joined;
    if logged.is_empty() {
        return calls;
    }
    for drafts in settled {
        for (high, low) in drafts.bedrock_high.iter().zip(drafts.bedrock_low.iter()) {
            if let (Some(high), Some(low)) = (high, low) {
                let id = BedrockId::Uuid(of_halves(high, low));
                calls.extend(logged.contains(&id).then_some(id));
            }
        }
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
    let compare = |a: &u32, b: &u32| {
        let (a, b) = (*a as usize, *b as usize);
        drafts
            .compare_ends(a, b)
            .then_with(|| drafts.compare_requests(a, b, other_ids))
            .then_with(|| drafts.end_sequence.get(a).cmp(&drafts.end_sequence.get(b)))
    };
    let mut order: Vec<u32> = (0_u32..).take(drafts.len()).collect();
    if order.is_sorted_by(|a, b| compare(a, b).is_le()) {
        return None;
    }
    order.sort_by(compare);
    Some(order)
}

/// The models that records of invocations, of Bedrock and of clients name, each once, and for each name its model.
fn models_of(used: &HashSet<u32>, rows: &Rows, tables: &Tables) -> (Vec<Model>, HashMap<u32, u32>) {
    let of_bedrock = rows.bedrock.iter().map(|row| row.model);
    let of_clients = rows.outside.clients.iter().map(|row| row.model);
    let names: BTreeSet<u32> = used.iter().copied().chain(of_bedrock).chain(of_clients).collect();
    let mut by_id: BTreeMap<&str, (ModelId, BTreeSet<Box<str>>)> = Default::default();
    for &name in &names {
        let Some(model) = tables.models.model(name) else {
            continue;
        };
        let (_, as_logged) = by_id
            .entry(model.base_id())
            .or_insert_with(|| (model.clone(), BTreeSet::new()));
        as_logged.insert(tables.models.as_logged(name).into());
    }
    let place: HashMap<&str, u32> = by_id.keys().copied().zip(0..).collect();
    let mut models: Vec<Model> = by_id
        .values()
        .map(|(id, as_logged)| Model {
            id: id.clone(),
            as_logged: as_logged.iter().cloned().collect(),
        })
        .collect();
    let same = merge_bare_names(&mut models);
    let model_at = names
        .into_iter()
        .filter_map(|name| Some((name, same[place[tables.models.model(name)?.base_id()] as usize])));
    let model_at = model_at.collect();
    (models, model_at)
}

/// Merges models that records name by words alone (`nova-lite`) with the one model of these logs
/// that has these words. Returns for each old position the new one.
fn merge_bare_names(models: &mut Vec<Model>) -> Vec<u32> {
    let full = |bare: &Model, models: &[Model]| {
        let mut same = (0..models.len()).filter(|&other| {
            let other = &models[other].id;
            !other.is_bare() && other.short_name() == bare.id.short_name()
        });
        same.next().filter(|_| same.next().is_none())
    };
    let goes_to: Vec<usize> = (0..models.len())
        .map(|position| {
            let model = &models[position];
            let full = full(model, models).filter(|_| model.id.is_bare());
            full.unwrap_or(position)
        })
        .collect();
    for (position, &target) in goes_to
        .iter()
        .enumerate()
        .filter(|(position, target)| position != *target)
    {
        let names = take(&mut models[position].as_logged);
        models[target].as_logged.extend(names);
        models[target].as_logged.sort();
    }
    let mut moved = vec![0; models.len()];
    let mut kept = 0;
    for (position, &target) in goes_to.iter().enumerate() {
        if position == target {
            moved[position] = kept;
            kept += 1;
        }
    }
    for (position, &target) in goes_to.iter().enumerate() {
        moved[position] = moved[target];
    }
    let mut position = 0;
    models.retain(|_| {
        position += 1;
        goes_to[position - 1] == position - 1
    });
    moved
}

/// Bedrock's calls, in order of time.
fn model_calls(
    rows: &Rows,
    joined: &HashSet<BedrockId>,
    tables: &Tables,
    model_at: &HashMap<u32, u32>,
) -> Vec<ModelCall> {
    let mut calls: Vec<ModelCall> = rows
        .bedrock
        .iter()
        .map(|row| ModelCall {
            model: tables
                .models
                .model(row.model)
                .and_then(|_| model_at.get(&row.model).copied()),
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

/// A column of names, as places among those that occur, which are in their own order.
#[derive(Default)]
struct Named {
    column: Optional<u32>,
    names: Vec<Box<str>>,
}

/// A column of names. `texts` has the name of every value, if it has one.
fn named(mut column: Optional<u32>, texts: &[Option<&str>]) -> Named {
    let used = distinct(&column, texts.len()).filter_map(|value| texts[value as usize]);
    let names: BTreeSet<&str> = used.collect();
    let places: HashMap<&str, u32> = names.iter().copied().zip(0..).collect();
    let place_of: Vec<Option<u32>> = texts
        .iter()
        .map(|text| places.get(text.as_ref()?).copied())
        .collect();
    column.map(|value| place_of[value as usize]);
    Named {
        column,
        names: names.into_iter().map(Into::into).collect(),
    }
}

/// What stands in order, with names in the places of positions.
fn named_invocations(
    drafts: Drafts,
    starts: Starts,
    other_ids: Interner,
    tables: &Tables,
    model_at: &HashMap<u32, u32>,
    threads: usize,
) -> (Invocations, Names) {
    let streams = &tables.streams;
    let of_streams =
        |told: fn(&Stream) -> &Option<Box<str>>| streams.all().map(move |stream| told(stream).as_deref());
    let stream = drafts.stream;
    // The word of `START` comes before that of the stream, and the handler's before that of the environment.
    let version_texts: Vec<_> = streams
        .versions
        .texts()
        .map(Some)
        .chain(of_streams(|stream| &stream.version))
        .collect();
    let own = tables.initializations.texts().map(Some);
    let initialization_texts: Vec<_> = own.chain(of_streams(|stream| &stream.initialization)).collect();
    let or_stream =
        |own, texts: &[Option<&str>]| named(or_of_stream(own, &stream, texts.len() - streams.len()), texts);
    let of_stream = |told| named(stream.clone(), &of_streams(told).collect::<Vec<_>>());
    let (own_version, own_initialization) = (drafts.version, drafts.initialization);
    let (mut version, mut initialization) = <(Named, Named)>::default();
    let (mut function, mut region, mut runtime, mut name) = <(Named, Named, Named, Named)>::default();
    let (mut model, mut prompt, joined_anew) = (drafts.model, drafts.prompt_hash, drafts.prompt);
    side_by_side(
        vec![
            Box::new(|| {
                prompt.map(|hash| Some(prompt_of_one(hash)));
                if joined_anew.is_told() {
                    prompt = prompt
                        .iter()
                        .zip(joined_anew.iter())
                        .map(|(one, all)| all.or(one))
                        .collect();
                }
            }),
            Box::new(|| version = or_stream(own_version, &version_texts)),
            Box::new(|| initialization = or_stream(own_initialization, &initialization_texts)),
            Box::new(|| function = of_stream(|stream| &stream.function)),
            Box::new(|| region = of_stream(|stream| &stream.region)),
            Box::new(|| runtime = of_stream(|stream| &stream.runtime)),
            Box::new(|| name = of_stream(|stream| &stream.name)),
            Box::new(|| model.map(|name| model_at.get(&name).copied())),
        ],
        threads,
    );
    let invocations = Invocations {
        ids: RequestIds {
            high: drafts.id_high,
            low: drafts.id_low,
            other: drafts.other_id,
            texts: other_ids.into_texts(),
        },
        file: drafts.file,
        stream: name.column,
        function: function.column,
        version: version.column,
        region: region.column,
        runtime: runtime.column,
        initialization: initialization.column,
        ended_at: drafts.ended_at,
        memory_mb: drafts.memory_mb,
        start: starts.start,
        outcome: drafts.outcome,
        duration_us: drafts.duration,
        waited_init_us: starts.waited_init,
        billed_us: drafts.billed,
        model,
        model_use: drafts.model_use,
        inference_us: drafts.inference,
        calls: drafts.calls,
        combined: drafts.combined,
        inference_is_bound: drafts.is_bound,
        retry_us: drafts.retry,
        input_tokens: drafts.input_tokens,
        output_tokens: drafts.output_tokens,
        max_tokens: drafts.max_tokens,
        temperature_milli: drafts.temperature_milli,
        retries: drafts.retries,
        before_us: drafts.before,
        after_us: drafts.after,
        bedrock_latency_us: drafts.bedrock_latency,
        time_to_first_token_us: drafts.time_to_first_token,
        streaming: drafts.streaming,
        prompt,
        is_throttled: drafts.is_throttled,
        is_matched: drafts.is_matched,
    };
    let names = Names {
        streams: name.names,
        functions: function.names,
        versions: version.names,
        regions: region.names,
        runtimes: runtime.names,
        initializations: initialization.names,
        ..Names::default()
    };
    (invocations, names)
}

/// A column of each row's own text, or else, behind `own_texts` of these, that of its stream.
fn or_of_stream(own: Optional<u32>, stream: &Optional<u32>, own_texts: usize) -> Optional<u32> {
    if own.runs().all(|(own, _)| own.is_some()) {
        return own;
    }
    let own_texts = u32::try_from(own_texts).unwrap_or(u32::MAX);
    own.iter()
        .zip(stream.iter())
        .map(|(own, stream)| own.or_else(|| stream?.checked_add(own_texts)))
        .collect()
}
