//! The timing record of a call.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use latscope_schema::{CallStatus, TimingRecord};
use sha2::{Digest, Sha256};

use crate::asked::Asked;
use crate::inference::{Call, Written};
use crate::settings::{Secret, Settings};
use crate::stopwatch::{Stopwatch, millis};

/// Bytes of a prompt's hash that are kept: enough to tell any two prompts apart.
const HASH_BYTES: usize = 16;

/// What the record of a call is made of.
pub(crate) struct Facts<'a> {
    /// The handler's settings.
    pub(crate) settings: &'a Settings,
    /// Lambda's request id.
    pub(crate) request_id: &'a str,
    /// API Gateway's request id.
    pub(crate) api_gateway_request_id: Option<&'a str>,
    /// The id that the caller gave the request.
    pub(crate) client_request_id: Option<&'a str>,
    /// What was asked for.
    pub(crate) asked: &'a Asked,
    /// The model that was called.
    pub(crate) model: &'a str,
    /// Whether this is the first invocation of its execution environment.
    pub(crate) is_cold: bool,
    /// The call.
    pub(crate) call: &'a Call,
    /// Since when the handler runs.
    pub(crate) watch: &'a Stopwatch,
    /// Milliseconds from the handler being entered to its response being ready.
    pub(crate) handler_ms: f64,
}

impl<'a> Facts<'a> {
    /// The record. Of the prompt it holds the length and a hash.
    pub(crate) fn record(&self) -> TimingRecord<'a> {
        let (call, asked) = (self.call, self.asked);
        let written = call.result.as_ref().ok();
        let usage = written.and_then(|written| written.usage.as_ref());
        let tokens = |count: i32| u64::try_from(count).ok();
        let failure = call.result.as_ref().err();
        let before_ms = call.time.map(|time| self.watch.until(time.sent));
        TimingRecord {
            start_offset_ms: before_ms,
            operation_name: Some("chat".into()),
            provider_name: Some("aws.bedrock".into()),
            request_model: Some(self.model.into()),
            response_model: written.and_then(routed_model),
            input_tokens: usage.and_then(|usage| tokens(usage.input_tokens())),
            output_tokens: usage.and_then(|usage| tokens(usage.output_tokens())),
            max_tokens: Some(u64::from(asked.max_tokens)),
            inference_ms: call.time.map(|time| millis(time.inference)),
            retry_ms: call.time.map(|time| millis(time.retry)),
            retry_count: call.time.map(|time| time.retries),
            handler_ms: Some(self.handler_ms),
            before_ms,
            after_ms: Some(to_microseconds(self.handler_ms - self.watch.until(call.ended))),
            bedrock_latency_ms: written
                .and_then(|written| written.latency_ms)
                .map(|latency| latency as f64),
            time_to_first_token_ms: call.time_to_first_token.map(millis),
            cold_start: Some(self.is_cold),
            initialization_type: self.settings.initialization_type.as_deref().map(Into::into),
            streaming: Some(asked.is_streamed),
            status: Some(failure.map_or(CallStatus::Ok, |failure| failure.status)),
            error_type: failure.map(|failure| failure.error_type.as_str().into()),
            bedrock_request_id: call.bedrock_request_id.as_deref().map(Into::into),
            api_gateway_request_id: self.api_gateway_request_id.map(Into::into),
            prompt_length: Some(asked.prompt.len() as u64),
            prompt_hash: Some(prompt_hash(&asked.prompt, self.settings.hash_key.as_ref()).into()),
            client_request_id: self.client_request_id.map(Into::into),
            ..TimingRecord::new(self.request_id)
        }
    }
}

fn routed_model(written: &Written) -> Option<std::borrow::Cow<'_, str>> {
    written.routed_model.as_deref().map(Into::into)
}

/// Without what a difference of two roundings leaves behind.
fn to_microseconds(ms: f64) -> f64 {
    (ms * 1000.0).round() / 1000.0
}

/// The first half of the prompt's SHA-256, or, with a key, of its HMAC: without the key nobody can tell whether a
/// prompt that he guesses was the one.
fn prompt_hash(prompt: &str, key: Option<&Secret>) -> String {
    let keyed = key.and_then(|key| Hmac::<Sha256>::new_from_slice(key.0.as_bytes()).ok());
    let digest = match keyed {
        Some(mut hmac) => {
            hmac.update(prompt.as_bytes());
            hmac.finalize().into_bytes()
        }
        None => Sha256::digest(prompt.as_bytes()),
    };
    let mut hash = String::new();
    for byte in digest.iter().take(HASH_BYTES) {
        // Writing to a string cannot fail.
        let _ = write!(hash, "{byte:02x}");
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_the_half_of_a_sha_256() {
        // FIPS 180-2, appendix B.1.
        assert_eq!(prompt_hash("abc", None), "ba7816bf8f01cfea414140de5dae2223");
    }

    #[test]
    fn a_hash_with_a_key_is_the_half_of_an_hmac() {
        // RFC 4231, test case 2.
        let key = Secret("Jefe".to_owned());
        assert_eq!(
            prompt_hash("what do ya want for nothing?", Some(&key)),
            "5bdcc146bf60754e6a042426089575c7"
        );
    }
}
