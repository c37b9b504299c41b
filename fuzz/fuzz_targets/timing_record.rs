//! A timing record that the schema's own crate wrote gives its values back, alone and in every
//! wrapping of a logger.

#![no_main]

use latscope::parse::{CallFacts, Parsed, Record, Timing};
use latscope::vocab::{Micros, RequestId, Timestamp};
use latscope_fuzz::{BASE_MS, Choices, Object, parse_raw, parser};
use latscope_schema::{CallStatus, TimingRecord, is_id};
use libfuzzer_sys::fuzz_target;

const WORDS: [&str; 13] = [
    "a",
    "Z",
    "-",
    ".",
    " ",
    "\"",
    "\\",
    "\n",
    "\u{e9}",
    "\u{1f326}",
    "{",
    "}",
    "@(",
];
const MODELS: [&str; 6] = [
    "anthropic.claude-3-haiku-20240307-v1:0",
    "us.amazon.nova-lite-v1:0",
    "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3",
    "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
    " ",
    "",
];

fuzz_target!(|data: &[u8]| {
    parse_raw(data);
    let choices = &mut Choices::new(data);
    let record = record(choices);
    let json = serde_json::to_string(&record).expect("a record can be written");
    let expected = expected(&record);
    check(&json, &expected);
    check(&format!("{json}\n"), &expected);

    let id = choices.uuid();
    let level = choices.pick(&["INFO", "DEBUG", "ERROR"]);
    let at = BASE_MS + choices.of_any_size(1 << 40);
    let iso = latscope_corpus::iso_millis(at);
    check(&format!("{iso}\t{id}\t{level}\t{json}\n"), &expected);

    let expected = expected.map(|timing| Timing {
        at: Some(Timestamp::from_epoch_millis(at as i64)),
        ..timing
    });
    let key = choices.pick(&["message", "fields", "record", "data"]);
    let mut object = Object::default();
    object
        .text("timestamp", &iso)
        .text("level", level)
        .raw(key, json.as_str());
    check(&object.written(choices), &expected);

    let words = choices.pick(&["", "call done: "]);
    let mut text = Object::default();
    text.text("timestamp", &iso)
        .text("level", level)
        .text(key, &format!("{words}{json}"));
    check(&text.written(choices), &expected);
});

fn check(message: &str, expected: &Option<Timing<'_>>) {
    let parsed = parser().parse(message);
    match expected {
        Some(timing) => assert_eq!(
            parsed,
            Parsed::Record(Record::Timing(timing.clone())),
            "{message}"
        ),
        None => assert!(
            matches!(parsed, Parsed::Rejected(_)),
            "{message} gives {parsed:?}"
        ),
    }
}

fn record(choices: &mut Choices<'_>) -> TimingRecord<'static> {
    let id = match choices.up_to(4) {
        0 => "***".to_owned(),
        1 => "r-1{\u{e9}\"\\".to_owned(),
        _ => choices.uuid(),
    };
    let text = |choices: &mut Choices<'_>| choices.text(&WORDS, 6).into();
    let time = |choices: &mut Choices<'_>| {
        let millis = choices.of_any_size(Micros::MAX.as_micros()) as f64 / 1000.0;
        if choices.once_in(32) {
            -millis - 1.0
        } else {
            millis
        }
    };
    let mut record = TimingRecord::new(id);
    record.call_index = choices.of_any_size(u64::from(u32::MAX)) as u32;
    record.start_offset_ms = choices.maybe(time);
    record.operation_name = choices.maybe(text);
    record.provider_name = choices.maybe(text);
    record.request_model = choices.maybe(|choices| choices.pick(&MODELS).into());
    record.response_model = choices.maybe(|choices| choices.pick(&MODELS).into());
    record.input_tokens = choices.maybe(|choices| choices.of_any_size(u64::MAX));
    record.output_tokens = choices.maybe(|choices| choices.of_any_size(u64::MAX));
    record.temperature = choices.maybe(|choices| choices.up_to(100) as f64 / 100.0);
    record.inference_ms = choices.maybe(time);
    record.retry_ms = choices.maybe(time);
    record.retry_count = choices.maybe(|choices| choices.up_to(9) as u32);
    record.handler_ms = choices.maybe(time);
    record.before_ms = choices.maybe(time);
    record.bedrock_latency_ms = choices.maybe(time);
    record.time_to_first_token_ms = choices.maybe(time);
    record.cold_start = choices.maybe(Choices::flag);
    record.initialization_type = choices.maybe(text);
    record.streaming = choices.maybe(Choices::flag);
    record.status = choices.maybe(Choices::call_status);
    record.error_type = choices.maybe(text);
    record.bedrock_request_id = choices.maybe(text);
    record.prompt_length = choices.maybe(|choices| choices.up_to(9_999));
    record.prompt_hash = choices.maybe(text);
    record.client_request_id = choices.maybe(text);
    record
}

/// What the parser must make of a record; none where it must refuse it.
fn expected(record: &TimingRecord<'_>) -> Option<Timing<'static>> {
    let micros = |millis: Option<f64>| match millis {
        None => Some(None),
        Some(millis) if millis < 0.0 => None,
        Some(millis) => Some(Some(Micros::from_micros((millis * 1000.0).round() as u64))),
    };
    let text = |text: &Option<std::borrow::Cow<'_, str>>| -> Option<String> {
        let text = text.as_deref()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let (requested, answered) = (text(&record.request_model), text(&record.response_model));
    let hides = requested
        .as_deref()
        .is_some_and(|model| model.contains("application-inference-profile/"));
    let model = match (requested, answered) {
        (Some(_), Some(answered)) if hides => Some(answered),
        (requested, answered) => requested.or(answered),
    };
    Some(Timing {
        request_id: RequestId::parse(&record.request_id)?,
        call_index: Some(record.call_index),
        start_offset: micros(record.start_offset_ms)?,
        model_as_logged: model.map(Into::into),
        inference: micros(record.inference_ms)?,
        retry: micros(record.retry_ms)?,
        cold_start: record.cold_start,
        initialization_type: record
            .initialization_type
            .as_deref()
            .map(|text| text.to_owned().into()),
        status: record
            .status
            .or_else(|| text(&record.error_type).map(|_| CallStatus::Error)),
        bedrock_request_id: text(&record.bedrock_request_id).map(Into::into),
        client_request_id: text(&record.client_request_id)
            .filter(|id| is_id(id))
            .map(Into::into),
        // Beside the call itself nothing is worth a refusal.
        facts: CallFacts {
            input_tokens: record.input_tokens,
            output_tokens: record.output_tokens,
            max_tokens: record.max_tokens,
            temperature: record.temperature,
            retry_count: record.retry_count,
            before: micros(record.before_ms).flatten(),
            after: micros(record.after_ms).flatten(),
            bedrock_latency: micros(record.bedrock_latency_ms).flatten(),
            time_to_first_token: micros(record.time_to_first_token_ms).flatten(),
            streaming: record.streaming,
            prompt_hash: text(&record.prompt_hash).map(Into::into),
        },
        is_embedded_metric: false,
        at: None,
    })
}
