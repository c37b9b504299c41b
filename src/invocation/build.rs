//! Joined rows become invocations, and the names in them get their order.

use std::collections::{BTreeSet, HashSet};

use super::environment::Classified;
use super::facts::Facts;
use super::inference::{combine, counting};
use super::join::Attempt;
use super::model_call::{BedrockRow, ModelCall};
use super::names::{Interner, Model, Names, SourceFile};
use super::request::{Invocation, ModelUse};
use super::rows::ReportRow;
use super::streams::Streams;
use crate::parse::Timing;
use crate::vocab::{Micros, ModelId};

/// Puts invocations together and collects the names that occur in them.
pub(super) struct Builder<'a> {
    streams: &'a Streams,
    names: [Interner; 6],
    versions: Interner,
    models: Vec<(ModelId, BTreeSet<Box<str>>)>,
}

const STREAM: usize = 0;
const FUNCTION: usize = 1;
const REGION: usize = 2;
const MODEL: usize = 3;
const RUNTIME: usize = 4;
const INITIALIZATION: usize = 5;

impl<'a> Builder<'a> {
    pub(super) fn new(streams: &'a Streams) -> Self {
        Self {
            streams,
            names: Default::default(),
            versions: Interner::default(),
            models: Vec::new(),
        }
    }

    pub(super) fn invocation(
        &mut self,
        row: &ReportRow,
        attempt: &Attempt<'_>,
        start: Classified,
    ) -> Invocation {
        let report = &row.report;
        let stream = self.streams.get(row.standing.stream);
        let timings = counting(attempt.timings.iter().map(|row| &row.timing));
        let version = attempt
            .version
            .map(|version| self.streams.versions.text(version))
            .or(stream.version.as_deref());
        let mut name = |kind: usize, text: Option<&str>| text.map(|text| self.names[kind].position(text));
        let (stream_name, function, region) = (
            name(STREAM, stream.name.as_deref()),
            name(FUNCTION, stream.function.as_deref()),
            name(REGION, stream.region.as_deref()),
        );
        let told = timings
            .iter()
            .find_map(|timing| timing.initialization_type.as_deref());
        let runtime = name(RUNTIME, stream.runtime.as_deref());
        let initialization = name(INITIALIZATION, told.or(stream.initialization.as_deref()));
        Invocation {
            request_id: report.request_id.clone(),
            file: row.standing.file,
            stream: stream_name,
            function,
            version: version.map(|version| self.versions.position(version)),
            region,
            runtime,
            initialization,
            ended_at: row.standing.at,
            memory_mb: report.memory_size_mb,
            start: start.start,
            outcome: attempt.outcome(report),
            duration: report.duration,
            waited_init: start.waited_init,
            billed: report.billed,
            model: self.model_use(&timings),
            inference: combine(&timings),
            retry: timings
                .iter()
                .filter_map(|timing| timing.retry)
                .reduce(Micros::saturating_add),
            facts: Facts::of(&timings),
            is_matched: !timings.is_empty(),
        }
    }

    fn model_use(&mut self, timings: &[&Timing]) -> ModelUse {
        let mut used = ModelUse::Unnamed;
        for timing in timings {
            let Some(model) = &timing.model else { continue };
            let position = self.model(model, timing.model_as_logged.as_deref());
            used = match used {
                ModelUse::Unnamed => ModelUse::One(position),
                ModelUse::One(other) if other == position => used,
                ModelUse::One(_) | ModelUse::Several => ModelUse::Several,
            };
        }
        used
    }

    /// One call as Bedrock has it; `joined` holds the ids of the calls that invocations made.
    pub(super) fn model_call(&mut self, row: &BedrockRow, joined: &HashSet<&str>) -> ModelCall {
        let call = &row.call;
        ModelCall {
            model: call
                .model
                .as_ref()
                .map(|model| self.model(model, Some(&call.model_as_logged))),
            at: row.at,
            latency: call.latency,
            input_tokens: call.input_tokens,
            output_tokens: call.output_tokens,
            has_failed: call.error_code.is_some(),
            is_joined: joined.contains(&*call.request_id),
        }
    }

    /// The position of a model, with what the log calls it.
    fn model(&mut self, model: &ModelId, as_logged: Option<&str>) -> u32 {
        let position = self.names[MODEL].position(model.base_id());
        if position as usize == self.models.len() {
            self.models.push((model.clone(), BTreeSet::new()));
        }
        if let Some(as_logged) = as_logged {
            self.models[position as usize].1.insert(as_logged.into());
        }
        position
    }

    /// Sorts names and invocations, so that nothing depends on the order of the input.
    pub(super) fn finish(
        self,
        mut invocations: Vec<Invocation>,
        mut calls: Vec<ModelCall>,
        files: Vec<SourceFile>,
    ) -> (Vec<Invocation>, Vec<ModelCall>, Names) {
        let [
            stream_names,
            functions,
            regions,
            model_ids,
            runtimes,
            initializations,
        ] = self.names;
        let (stream_names, new_stream) = stream_names.into_sorted();
        let (functions, new_function) = functions.into_sorted();
        let (regions, new_region) = regions.into_sorted();
        let (versions, new_version) = self.versions.into_sorted();
        let (runtimes, new_runtime) = runtimes.into_sorted();
        let (initializations, new_initialization) = initializations.into_sorted();
        let (_, new_model) = model_ids.into_sorted();
        let mut models: Vec<(u32, Model)> = new_model
            .iter()
            .zip(self.models)
            .map(|(&position, (id, as_logged))| {
                let as_logged = as_logged.into_iter().collect();
                (position, Model { id, as_logged })
            })
            .collect();
        models.sort_by_key(|(position, _)| *position);
        let mut models: Vec<Model> = models.into_iter().map(|(_, model)| model).collect();
        let same = merge_bare_names(&mut models);
        let moved = |position: Option<u32>, new: &[u32]| position.map(|position| new[position as usize]);
        for invocation in &mut invocations {
            invocation.stream = moved(invocation.stream, &new_stream);
            invocation.function = moved(invocation.function, &new_function);
            invocation.region = moved(invocation.region, &new_region);
            invocation.version = moved(invocation.version, &new_version);
            invocation.runtime = moved(invocation.runtime, &new_runtime);
            invocation.initialization = moved(invocation.initialization, &new_initialization);
            if let ModelUse::One(position) = &mut invocation.model {
                *position = same[new_model[*position as usize] as usize];
            }
        }
        for call in &mut calls {
            call.model = call
                .model
                .map(|position| same[new_model[position as usize] as usize]);
        }
        calls.sort_by_key(|call| call.at);
        // Rows were in order of request id, so equal ends keep that order.
        invocations.sort_by_key(|invocation| invocation.ended_at);
        let names = Names {
            files,
            streams: stream_names,
            functions,
            versions,
            regions,
            runtimes,
            initializations,
            models,
        };
        (invocations, calls, names)
    }
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
        let names = std::mem::take(&mut models[position].as_logged);
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
