//! All invocations, in columns.

use super::codes::{Coded, ModelKind};
use super::drafts::{halves, of_halves};
use super::facts::Facts;
use super::optional::Optional;
use super::request::{CallsCombined, Inference, Invocation, ModelUse, Outcome, StartType};
use crate::vocab::{Micros, RequestId, Timestamp};

/// Invocations, held column by column: as whole numbers in no more bytes than they take.
#[derive(Debug, Clone, Default)]
pub struct Invocations {
    pub(super) ids: RequestIds,
    pub(crate) file: Optional<u32>,
    pub(crate) stream: Optional<u32>,
    pub(crate) function: Optional<u32>,
    pub(crate) version: Optional<u32>,
    pub(crate) region: Optional<u32>,
    pub(crate) runtime: Optional<u32>,
    pub(crate) initialization: Optional<u32>,
    /// Milliseconds since the epoch, as the bits of a number with a sign.
    pub(super) ended_at: Optional<u64>,
    pub(crate) memory_mb: Optional<u32>,
    /// Its place among all start types.
    pub(crate) start: Optional<u32>,
    /// Its place among all outcomes.
    pub(crate) outcome: Optional<u32>,
    pub(crate) duration_us: Optional<u64>,
    pub(crate) waited_init_us: Optional<u64>,
    pub(crate) billed_us: Optional<u64>,
    pub(crate) model: Optional<u32>,
    pub(super) model_use: Optional<u32>,
    pub(crate) inference_us: Optional<u64>,
    pub(crate) calls: Optional<u32>,
    pub(super) combined: Optional<u32>,
    /// 0 or 1.
    pub(crate) inference_is_bound: Optional<u32>,
    pub(crate) retry_us: Optional<u64>,
    pub(crate) input_tokens: Optional<u32>,
    pub(crate) output_tokens: Optional<u32>,
    pub(crate) max_tokens: Optional<u32>,
    pub(crate) temperature_milli: Optional<u32>,
    pub(crate) retries: Optional<u32>,
    pub(crate) before_us: Optional<u64>,
    pub(crate) after_us: Optional<u64>,
    pub(crate) bedrock_latency_us: Optional<u64>,
    pub(crate) time_to_first_token_us: Optional<u64>,
    /// 0 or 1.
    pub(crate) streaming: Optional<u32>,
    pub(crate) prompt: Optional<u64>,
    /// 0 or 1.
    pub(crate) is_throttled: Optional<u32>,
    /// 0 or 1.
    pub(crate) is_matched: Optional<u32>,
}

/// The models of a row, of a code of [`ModelKind`] and its model.
fn models_of(kind: Option<u32>, model: Option<u32>) -> ModelUse {
    match (ModelKind::of(kind.unwrap_or(0)), model) {
        (ModelKind::One, Some(model)) => ModelUse::One(model),
        (ModelKind::Several, _) => ModelUse::Several,
        _ => ModelUse::Unnamed,
    }
}

/// Request ids: UUIDs as two numbers, others as texts.
#[derive(Debug, Clone, Default)]
pub(super) struct RequestIds {
    pub(super) high: Optional<u64>,
    pub(super) low: Optional<u64>,
    /// Place among the texts, for an id that is no UUID.
    pub(super) other: Optional<u32>,
    pub(super) texts: Vec<Box<str>>,
}

impl RequestIds {
    fn get(&self, row: usize) -> Option<RequestId> {
        if let Some(other) = self.other.get(row) {
            return Some(RequestId::Other(self.texts[other as usize].clone()));
        }
        let (high, low) = (self.high.get(row)?, self.low.get(row)?);
        Some(RequestId::Uuid(of_halves(high, low)))
    }
}

impl Invocations {
    /// How many.
    pub fn len(&self) -> usize {
        self.outcome.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Gives back all but ids and outcomes.
    pub fn keep_ids(&mut self) {
        *self = Self {
            ids: std::mem::take(&mut self.ids),
            outcome: std::mem::take(&mut self.outcome),
            ..Self::default()
        };
    }

    /// Gives back the ids.
    pub fn drop_ids(&mut self) {
        self.ids = RequestIds::default();
    }

    /// The request id of a row.
    pub fn request_id(&self, row: usize) -> Option<RequestId> {
        self.ids.get(row)
    }

    /// Time of the `REPORT` of a row.
    pub fn ended_at(&self, row: usize) -> Option<Timestamp> {
        self.ended_at
            .get(row)
            .map(|at| Timestamp::from_epoch_millis(at as i64))
    }

    /// How many rows have no time.
    pub fn without_time(&self) -> usize {
        let mut count = 0;
        self.ended_at
            .each(0..self.len(), |_, at| count += usize::from(at.is_none()));
        count
    }

    /// How calls of a row were put together.
    pub(crate) fn combined(&self, row: usize) -> CallsCombined {
        CallsCombined::of(self.combined.get(row).unwrap_or(0))
    }

    /// Does something with the models of every row.
    pub fn each_model_use(&self, mut then: impl FnMut(ModelUse)) {
        let of_row = |row, kind| then(models_of(kind, self.model.get(row)));
        self.model_use.each(0..self.len(), of_row);
    }

    /// The invocation of a row, if there is one.
    pub fn get(&self, row: usize) -> Option<Invocation> {
        let micros = |column: &Optional<u64>| column.get(row).map(Micros::from_micros);
        let is = |column: &Optional<u32>| column.get(row) == Some(1);
        let inference = micros(&self.inference_us).map(|time| Inference {
            time,
            calls: self.calls.get(row).unwrap_or(0),
            combined: self.combined(row),
            is_lower_bound: is(&self.inference_is_bound),
        });
        Some(Invocation {
            request_id: self.request_id(row)?,
            file: self.file.get(row).unwrap_or(0),
            stream: self.stream.get(row),
            function: self.function.get(row),
            version: self.version.get(row),
            region: self.region.get(row),
            runtime: self.runtime.get(row),
            initialization: self.initialization.get(row),
            ended_at: self.ended_at(row),
            memory_mb: self.memory_mb.get(row),
            start: StartType::of(self.start.get(row).unwrap_or(0)),
            outcome: Outcome::of(self.outcome.get(row)?),
            duration: micros(&self.duration_us)?,
            waited_init: micros(&self.waited_init_us),
            billed: micros(&self.billed_us),
            model: models_of(self.model_use.get(row), self.model.get(row)),
            inference,
            retry: micros(&self.retry_us),
            facts: Facts {
                input_tokens: self.input_tokens.get(row),
                output_tokens: self.output_tokens.get(row),
                max_tokens: self.max_tokens.get(row),
                temperature_milli: self.temperature_milli.get(row),
                retries: self.retries.get(row),
                before: micros(&self.before_us),
                after: micros(&self.after_us),
                bedrock_latency: micros(&self.bedrock_latency_us),
                time_to_first_token: micros(&self.time_to_first_token_us),
                streaming: self.streaming.get(row).map(|streaming| streaming == 1),
                prompt: self.prompt.get(row),
                is_throttled: is(&self.is_throttled),
            },
            is_matched: is(&self.is_matched),
        })
    }

    /// Each invocation.
    pub fn iter(&self) -> impl Iterator<Item = Invocation> + '_ {
        (0..self.len()).filter_map(|row| self.get(row))
    }

    /// All of them as a list.
    pub fn to_vec(&self) -> Vec<Invocation> {
        self.iter().collect()
    }

    fn push(&mut self, one: Invocation) {
        let micros = |time: Option<Micros>| time.map(Micros::as_micros);
        let bit = |is: bool| Some(u32::from(is));
        let ((high, low), other) = match one.request_id {
            RequestId::Uuid(id) => (halves(id), None),
            RequestId::Other(text) => {
                self.ids.texts.push(text);
                ((0, 0), u32::try_from(self.ids.texts.len() - 1).ok())
            }
        };
        self.ids.high.push(Some(high));
        self.ids.low.push(Some(low));
        self.ids.other.push(other);
        self.file.push(Some(one.file));
        self.stream.push(one.stream);
        self.function.push(one.function);
        self.version.push(one.version);
        self.region.push(one.region);
        self.runtime.push(one.runtime);
        self.initialization.push(one.initialization);
        self.ended_at
            .push(one.ended_at.map(|at| at.as_epoch_millis() as u64));
        self.memory_mb.push(one.memory_mb);
        self.start.push(Some(one.start.code()));
        self.outcome.push(Some(one.outcome.code()));
        self.duration_us.push(Some(one.duration.as_micros()));
        self.waited_init_us.push(micros(one.waited_init));
        self.billed_us.push(micros(one.billed));
        let (kind, model) = match one.model {
            ModelUse::Unnamed => (ModelKind::Unnamed, None),
            ModelUse::One(model) => (ModelKind::One, Some(model)),
            ModelUse::Several => (ModelKind::Several, None),
        };
        self.model.push(model);
        self.model_use.push(Some(kind.code()));
        let inference = one.inference;
        self.inference_us
            .push(micros(inference.map(|inference| inference.time)));
        self.calls.push(inference.map(|inference| inference.calls));
        let combined = inference.map_or(CallsCombined::Single, |inference| inference.combined);
        self.combined.push(Some(combined.code()));
        self.inference_is_bound
            .push(bit(inference.is_some_and(|inference| inference.is_lower_bound)));
        self.retry_us.push(micros(one.retry));
        let facts = one.facts;
        self.input_tokens.push(facts.input_tokens);
        self.output_tokens.push(facts.output_tokens);
        self.max_tokens.push(facts.max_tokens);
        self.temperature_milli.push(facts.temperature_milli);
        self.retries.push(facts.retries);
        self.before_us.push(micros(facts.before));
        self.after_us.push(micros(facts.after));
        self.bedrock_latency_us.push(micros(facts.bedrock_latency));
        self.time_to_first_token_us
            .push(micros(facts.time_to_first_token));
        self.streaming.push(facts.streaming.map(u32::from));
        self.prompt.push(facts.prompt);
        self.is_throttled.push(bit(facts.is_throttled));
        self.is_matched.push(bit(one.is_matched));
    }
}

impl PartialEq for Invocations {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl FromIterator<Invocation> for Invocations {
    fn from_iter<I: IntoIterator<Item = Invocation>>(invocations: I) -> Self {
        let mut all = Self::default();
        invocations.into_iter().for_each(|one| all.push(one));
        all
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn invocation(number: u64) -> Invocation {
        let some = |bit: u32| (number >> bit & 1 == 1).then_some(number);
        let micros = |bit: u32| some(bit).map(Micros::from_micros);
        let small = |bit: u32| some(bit).map(|number| number as u32);
        Invocation {
            request_id: match number % 3 {
                0 => RequestId::Other(number.to_string().into()),
                _ => RequestId::Uuid(u128::from(number) << 60),
            },
            file: number as u32,
            stream: small(0),
            function: small(1),
            version: small(2),
            region: small(3),
            runtime: small(4),
            initialization: small(5),
            ended_at: some(6).map(|at| Timestamp::from_epoch_millis(at as i64 - 50)),
            memory_mb: small(7),
            start: StartType::ALL[number as usize % 7],
            outcome: Outcome::ALL[number as usize % 3],
            duration: Micros::from_micros(number),
            waited_init: micros(8),
            billed: micros(9),
            model: [ModelUse::Unnamed, ModelUse::One(number as u32), ModelUse::Several][number as usize % 3],
            inference: micros(10).map(|time| Inference {
                time,
                calls: number as u32,
                combined: [CallsCombined::Single, CallsCombined::Union, CallsCombined::Sum]
                    [number as usize % 3],
                is_lower_bound: some(11).is_some(),
            }),
            retry: micros(12),
            facts: Facts {
                input_tokens: small(13),
                output_tokens: small(14),
                max_tokens: small(15),
                temperature_milli: small(16),
                retries: small(17),
                before: micros(18),
                after: micros(19),
                bedrock_latency: micros(20),
                time_to_first_token: micros(21),
                streaming: some(22).map(|_| some(23).is_some()),
                prompt: some(24),
                is_throttled: some(25).is_some(),
            },
            is_matched: some(26).is_some(),
        }
    }

    proptest! {
        #[test]
        fn nothing_of_an_invocation_is_lost(numbers in proptest::collection::vec(0_u64..1 << 40, 0..9)) {
            let all: Vec<Invocation> = numbers.into_iter().map(invocation).collect();
            let columns: Invocations = all.iter().cloned().collect();
            prop_assert_eq!(columns.to_vec(), all);
        }
    }
}
