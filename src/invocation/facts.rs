//! What the records tell of an invocation beside its times: what a fair comparison must know.

use latscope_schema::CallStatus;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::drafts::Draft;
use super::rows::Call;
use crate::vocab::Micros;

/// Facts of the model calls of one invocation. A fact is absent unless each of its records tells it; where several
/// must agree and do not, it is absent too.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Facts {
    /// Tokens read, over all calls.
    pub input_tokens: Option<u32>,
    /// Tokens written, over all calls.
    pub output_tokens: Option<u32>,
    /// The limit on written tokens, if it was the same for all calls.
    pub max_tokens: Option<u32>,
    /// The sampling temperature in thousandths, if it was the same for all calls.
    pub temperature_milli: Option<u32>,
    /// Failed attempts, over all calls.
    pub retries: Option<u32>,
    /// Time in the handler before the first call.
    pub before: Option<Micros>,
    /// Time in the handler after the last call.
    pub after: Option<Micros>,
    /// Bedrock's own latency, over all calls.
    pub bedrock_latency: Option<Micros>,
    /// From the request to the first token, of a single call.
    pub time_to_first_token: Option<Micros>,
    /// Whether the model streamed, if all calls did alike.
    pub streaming: Option<bool>,
    /// What tells the prompts of its calls from others: equal for equal prompts, in the order of the calls.
    pub prompt: Option<u64>,
    /// Whether the last call was refused because of its rate.
    pub is_throttled: bool,
}

impl Facts {
    /// The facts of an invocation from its records, which must be in call order.
    pub(super) fn of(calls: &[&Call]) -> Self {
        Self {
            prompt: prompt(calls),
            ..Self::of_numbers(calls)
        }
    }

    /// All facts but the prompt.
    pub(super) fn of_numbers(calls: &[&Call]) -> Self {
        let (Some(first), Some(last)) = (calls.first(), calls.last()) else {
            return Self::default();
        };
        let count = |of: fn(&Call) -> Option<u64>| {
            let sum = calls
                .iter()
                .try_fold(0_u64, |sum, call| Some(sum.saturating_add(of(call)?)));
            sum.map(|sum| u32::try_from(sum).unwrap_or(u32::MAX))
        };
        let time = |of: fn(&Call) -> Option<Micros>| {
            calls
                .iter()
                .try_fold(Micros::ZERO, |sum, call| Some(sum.saturating_add(of(call)?)))
        };
        Self {
            input_tokens: count(|call| call.input_tokens),
            output_tokens: count(|call| call.output_tokens),
            max_tokens: alike(calls, |call| call.max_tokens)
                .map(|tokens| u32::try_from(tokens).unwrap_or(u32::MAX)),
            temperature_milli: alike(calls, |call| call.temperature_milli),
            retries: count(|call| call.retry_count.map(u64::from)),
            before: first.before,
            after: last.after,
            bedrock_latency: time(|call| call.bedrock_latency),
            time_to_first_token: first.time_to_first_token.filter(|_| calls.len() == 1),
            streaming: alike(calls, |call| call.streaming),
            prompt: None,
            is_throttled: last.status == Some(CallStatus::Throttled),
        }
    }

    /// Puts them into a draft.
    pub(super) fn put_into(self, draft: &mut Draft) {
        draft.input_tokens = self.input_tokens;
        draft.output_tokens = self.output_tokens;
        draft.max_tokens = self.max_tokens;
        draft.temperature_milli = self.temperature_milli;
        draft.retries = self.retries;
        draft.before = self.before.map(Micros::as_micros);
        draft.after = self.after.map(Micros::as_micros);
        draft.bedrock_latency = self.bedrock_latency.map(Micros::as_micros);
        draft.time_to_first_token = self.time_to_first_token.map(Micros::as_micros);
        draft.streaming = self.streaming.map(u32::from);
        draft.prompt = self.prompt;
        draft.is_throttled = Some(u32::from(self.is_throttled));
    }
}

/// The value of all, if they have one.
fn alike<T: PartialEq>(calls: &[&Call], of: impl Fn(&Call) -> Option<T>) -> Option<T> {
    let first = of(calls.first()?)?;
    calls
        .iter()
        .all(|call| of(call).as_ref() == Some(&first))
        .then_some(first)
}

/// A temperature in thousandths.
pub(super) fn milli(temperature: f64) -> Option<u32> {
    let milli = (temperature * 1000.0).round();
    (0.0..=1e6).contains(&milli).then_some(milli as u32)
}

/// What stands for a prompt, of its hash as it was logged.
pub(super) fn prompt_hash(hash: &str) -> u64 {
    xxh3_64(hash.as_bytes())
}

/// The prompts of a single call, of its [`prompt_hash`].
pub(super) fn prompt_of_one(hash: u64) -> u64 {
    xxh3_64(&hash.to_le_bytes())
}

fn prompt(calls: &[&Call]) -> Option<u64> {
    if calls.is_empty() {
        return None;
    }
    let mut all = Xxh3::new();
    for call in calls {
        all.update(&call.prompt?.to_le_bytes());
    }
    Some(all.digest())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told() -> Call {
        Call {
            input_tokens: Some(10),
            output_tokens: Some(5),
            max_tokens: Some(100),
            temperature_milli: milli(0.2),
            retry_count: Some(1),
            before: Some(Micros::from_micros(7)),
            after: Some(Micros::from_micros(9)),
            bedrock_latency: Some(Micros::from_micros(70)),
            time_to_first_token: Some(Micros::from_micros(30)),
            streaming: Some(true),
            prompt: Some(prompt_hash("a")),
            ..Call::default()
        }
    }

    #[test]
    fn what_one_record_tells_is_the_invocations() {
        let one = told();
        let facts = Facts::of(&[&one]);
        assert_eq!((facts.input_tokens, facts.output_tokens), (Some(10), Some(5)));
        assert_eq!(
            (facts.max_tokens, facts.temperature_milli),
            (Some(100), Some(200))
        );
        assert_eq!(facts.time_to_first_token, Some(Micros::from_micros(30)));
        assert_eq!(facts.prompt, one.prompt.map(prompt_of_one));
        assert_eq!(Facts::of(&[]), Facts::default());
    }

    #[test]
    fn calls_are_added_up_or_must_agree() {
        let (mut a, b) = (told(), told());
        a.streaming = Some(false);
        a.after = None;
        let facts = Facts::of(&[&a, &b]);
        assert_eq!((facts.input_tokens, facts.retries), (Some(20), Some(2)));
        assert_eq!(facts.bedrock_latency, Some(Micros::from_micros(140)));
        assert_eq!((facts.max_tokens, facts.streaming), (Some(100), None));
        assert_eq!(
            (facts.before, facts.after),
            (Some(Micros::from_micros(7)), Some(Micros::from_micros(9)))
        );
        assert_eq!(facts.time_to_first_token, None);
    }

    #[test]
    fn what_one_call_does_not_tell_is_not_known() {
        let (a, mut b) = (told(), told());
        b.output_tokens = None;
        b.prompt = None;
        let facts = Facts::of(&[&a, &b]);
        assert_eq!((facts.output_tokens, facts.prompt), (None, None));
    }

    #[test]
    fn equal_prompts_are_equal_and_their_order_matters() {
        let (a, mut b) = (told(), told());
        assert_eq!(Facts::of(&[&a]).prompt, Facts::of(&[&b]).prompt);
        b.prompt = Some(prompt_hash("b"));
        assert_ne!(Facts::of(&[&a]).prompt, Facts::of(&[&b]).prompt);
        assert_ne!(Facts::of(&[&a, &b]).prompt, Facts::of(&[&b, &a]).prompt);
        assert_ne!(Facts::of(&[&a, &a]).prompt, Facts::of(&[&a]).prompt);
    }
}
