//! What the records tell of an invocation beside its times: what a fair comparison must know.

use latscope_schema::CallStatus;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::parse::Timing;
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
    pub(super) fn of(timings: &[&Timing]) -> Self {
        let [first, .., last] = timings else {
            return match timings {
                [one] => Self::of_ends(timings, one, one),
                _ => Self::default(),
            };
        };
        Self::of_ends(timings, first, last)
    }

    fn of_ends(timings: &[&Timing], first: &Timing, last: &Timing) -> Self {
        let count = |of: fn(&Timing) -> Option<u64>| {
            let sum = timings
                .iter()
                .try_fold(0_u64, |sum, timing| Some(sum.saturating_add(of(timing)?)));
            sum.map(|sum| u32::try_from(sum).unwrap_or(u32::MAX))
        };
        let time = |of: fn(&Timing) -> Option<Micros>| {
            timings
                .iter()
                .try_fold(Micros::ZERO, |sum, timing| Some(sum.saturating_add(of(timing)?)))
        };
        Self {
            input_tokens: count(|timing| timing.facts.input_tokens),
            output_tokens: count(|timing| timing.facts.output_tokens),
            max_tokens: alike(timings, |timing| timing.facts.max_tokens)
                .map(|tokens| u32::try_from(tokens).unwrap_or(u32::MAX)),
            temperature_milli: alike(timings, |timing| timing.facts.temperature.and_then(milli)),
            retries: count(|timing| timing.facts.retry_count.map(u64::from)),
            before: first.facts.before,
            after: last.facts.after,
            bedrock_latency: time(|timing| timing.facts.bedrock_latency),
            time_to_first_token: first.facts.time_to_first_token.filter(|_| timings.len() == 1),
            streaming: alike(timings, |timing| timing.facts.streaming),
            prompt: prompt(timings),
            is_throttled: last.status == Some(CallStatus::Throttled),
        }
    }
}

/// The value of all, if they have one.
fn alike<T: PartialEq>(timings: &[&Timing], of: impl Fn(&Timing) -> Option<T>) -> Option<T> {
    let first = of(timings.first()?)?;
    timings
        .iter()
        .all(|timing| of(timing).as_ref() == Some(&first))
        .then_some(first)
}

/// A temperature in thousandths.
fn milli(temperature: f64) -> Option<u32> {
    let milli = (temperature * 1000.0).round();
    (0.0..=1e6).contains(&milli).then_some(milli as u32)
}

fn prompt(timings: &[&Timing]) -> Option<u64> {
    let mut all = Xxh3::new();
    for timing in timings {
        let hash = timing.facts.prompt_hash.as_deref()?;
        all.update(&xxh3_64(hash.as_bytes()).to_le_bytes());
    }
    Some(all.digest())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::CallFacts;
    use crate::vocab::RequestId;

    fn call(facts: CallFacts) -> Timing {
        Timing {
            request_id: RequestId::Uuid(1),
            call_index: None,
            start_offset: None,
            model: None,
            model_as_logged: None,
            inference: None,
            retry: None,
            cold_start: None,
            initialization_type: None,
            status: None,
            bedrock_request_id: None,
            facts,
            is_embedded_metric: false,
            at: None,
        }
    }

    fn told() -> Timing {
        call(CallFacts {
            input_tokens: Some(10),
            output_tokens: Some(5),
            max_tokens: Some(100),
            temperature: Some(0.2),
            retry_count: Some(1),
            before: Some(Micros::from_micros(7)),
            after: Some(Micros::from_micros(9)),
            bedrock_latency: Some(Micros::from_micros(70)),
            time_to_first_token: Some(Micros::from_micros(30)),
            streaming: Some(true),
            prompt_hash: Some("a".into()),
        })
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
        assert_eq!(Facts::of(&[]), Facts::default());
    }

    #[test]
    fn calls_are_added_up_or_must_agree() {
        let (mut a, b) = (told(), told());
        a.facts.streaming = Some(false);
        a.facts.after = None;
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
        b.facts.output_tokens = None;
        b.facts.prompt_hash = None;
        let facts = Facts::of(&[&a, &b]);
        assert_eq!((facts.output_tokens, facts.prompt), (None, None));
    }

    #[test]
    fn equal_prompts_are_equal_and_their_order_matters() {
        let (a, mut b) = (told(), told());
        assert_eq!(Facts::of(&[&a]).prompt, Facts::of(&[&b]).prompt);
        b.facts.prompt_hash = Some("b".into());
        assert_ne!(Facts::of(&[&a]).prompt, Facts::of(&[&b]).prompt);
        assert_ne!(Facts::of(&[&a, &b]).prompt, Facts::of(&[&b, &a]).prompt);
        assert_ne!(Facts::of(&[&a, &a]).prompt, Facts::of(&[&a]).prompt);
    }
}
