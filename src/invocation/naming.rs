//! Names in the places of positions: those that occur, in their own order.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::mem::take;

use super::drafts::Drafts;
use super::facts::prompt_of_one;
use super::invocations::{Invocations, RequestIds};
use super::names::{Interner, Model, Names};
use super::optional::Optional;
use super::rows::Rows;
use super::side_by_side::side_by_side;
use super::starts::Starts;
use super::streams::Stream;
use super::tables::Tables;
use crate::vocab::ModelId;

/// Which positions stand in a column.
pub(super) struct Standing {
    is_there: Vec<bool>,
    /// Whether a row has none.
    has_none: bool,
}

impl Standing {
    /// Those of a column of positions below `len`.
    pub(super) fn of(column: &Optional<u32>, len: usize) -> Self {
        let (mut is_there, mut has_none) = (vec![false; len], false);
        column.each(0..column.len(), |_, position| match position {
            Some(position) => is_there[position as usize] = true,
            None => has_none = true,
        });
        Self { is_there, has_none }
    }

    pub(super) fn positions(&self) -> impl Iterator<Item = u32> {
        let positions = self.is_there.iter().zip(0..);
        positions.filter_map(|(is_there, position)| is_there.then_some(position))
    }
}

/// The models that records of invocations, of Bedrock and of clients name, each once, and for each name its model, if these
/// name one by it.
pub(super) fn models_of(used: &HashSet<u32>, rows: &Rows, tables: &Tables) -> (Vec<Model>, Vec<Option<u32>>) {
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
    let mut model_at = vec![None; tables.models.len()];
    for name in names {
        let model = tables.models.model(name);
        model_at[name as usize] = model.map(|model| same[place[model.base_id()] as usize]);
    }
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

/// A column of names, as places among those that occur, which are in their own order.
#[derive(Default)]
struct Named {
    column: Optional<u32>,
    names: Vec<Box<str>>,
}

/// A column of names, of one of positions in `texts`, which stand in it.
fn named(column: &Optional<u32>, standing: &Standing, texts: &[Option<&str>]) -> Named {
    let used = || standing.positions().map(|position| texts[position as usize]);
    let names: BTreeSet<&str> = used().flatten().collect();
    let places: HashMap<&str, u32> = names.iter().copied().zip(0..).collect();
    let place = |text: Option<&str>| places.get(text?).copied();
    let mut of_used = used().map(place);
    let first = of_used.next().flatten();
    let column = match !standing.has_none && of_used.all(|place| place == first) {
        true => Optional::alike(first, column.len()),
        false => {
            let place_of: Vec<Option<u32>> = texts.iter().map(|text| place(*text)).collect();
            column
                .iter()
                .map(|position| place_of[position? as usize])
                .collect()
        }
    };
    Named {
        column,
        names: names.into_iter().map(Into::into).collect(),
    }
}

/// What stands in order, with names in the places of positions.
pub(super) fn named_invocations(
    drafts: Drafts,
    starts: Starts,
    other_ids: Interner,
    tables: &Tables,
    model_at: &[Option<u32>],
    threads: usize,
) -> (Invocations, Names) {
    let streams = &tables.streams;
    let of_streams = |told: fn(&Stream) -> &Option<Box<str>>| -> Vec<_> {
        streams.all().map(move |stream| told(stream).as_deref()).collect()
    };
    let stream = drafts.stream;
    let standing = Standing::of(&stream, streams.len());
    let of_stream = |told| named(&stream, &standing, &of_streams(told));
    // The word of `START` comes before that of the stream, and the handler's before that of the environment.
    let or_stream = |own: Optional<u32>, own_texts: &Interner, told: fn(&Stream) -> &Option<Box<str>>| {
        if !own.is_told() {
            return of_stream(told);
        }
        let own_texts: Vec<_> = own_texts.texts().map(Some).collect();
        let column = or_of_stream(own, &stream, own_texts.len());
        let texts = [own_texts, of_streams(told)].concat();
        named(&column, &Standing::of(&column, texts.len()), &texts)
    };
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
            Box::new(|| version = or_stream(own_version, &streams.versions, |stream| &stream.version)),
            Box::new(|| {
                let own = (own_initialization, &tables.initializations);
                initialization = or_stream(own.0, own.1, |stream| &stream.initialization);
            }),
            Box::new(|| function = of_stream(|stream| &stream.function)),
            Box::new(|| region = of_stream(|stream| &stream.region)),
            Box::new(|| {
                let runtimes = &streams.runtimes;
                let of_stream = |of: &Stream| of.runtime.map(|arn| runtimes.text(arn));
                let arns: Vec<_> = streams.all().map(of_stream).collect();
                runtime = named(&stream, &standing, &arns);
            }),
            Box::new(|| {
                let names: Vec<_> = (0..streams.len() as u32)
                    .map(|stream| streams.name(stream))
                    .collect();
                name = named(&stream, &standing, &names);
            }),
            Box::new(|| model.map(|name| model_at[name as usize])),
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
    let mut is_whole = true;
    own.each(0..own.len(), |_, own| is_whole &= own.is_some());
    if is_whole {
        return own;
    }
    let own_texts = u32::try_from(own_texts).unwrap_or(u32::MAX);
    own.iter()
        .zip(stream.iter())
        .map(|(own, stream)| own.or_else(|| stream?.checked_add(own_texts)))
        .collect()
}
