//! Bedrock's record of a model call gives latency and tokens back, and lets no word of prompt or answer
//! out: not in the record, not in a reason, and not in what is collected.

#![no_main]

use latscope::parse::{BedrockCall, Parsed, Record};
use latscope::vocab::{Micros, ModelId, Timestamp};
use latscope_fuzz::{BASE_MS, Choices, SECRET, cut, parse_raw, parser, quoted, read, turned};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

const OPERATIONS: [&str; 4] = [
    "Converse",
    "ConverseStream",
    "InvokeModel",
    "InvokeModelWithResponseStream",
];
const MODELS: [&str; 3] = [
    "anthropic.claude-3-haiku-20240307-v1:0",
    "us.amazon.nova-lite-v1:0",
    "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0",
];

fuzz_target!(|data: &[u8]| {
    parse_raw(data);
    let choices = &mut Choices::new(data);
    let part = choices.up_to(255);
    let (record, expected) = record(choices);
    let text = turned(&record, choices);
    let parsed = parser().parse(&text);
    assert_eq!(
        parsed,
        Parsed::Record(Record::Bedrock(expected.clone())),
        "{text}"
    );
    assert!(!format!("{parsed:?}").contains(SECRET));

    // Cut off it is refused, or too short to be told; it never reads as another call.
    let begin = cut(&text, part);
    let parsed = parser().parse(begin);
    assert!(!matches!(parsed, Parsed::Record(_)), "{begin}");
    assert!(!format!("{parsed:?}").contains(SECRET));

    // As it lies in CloudWatch, whole and cut, and as it lies in S3.
    let event = |message: &str| format!("{{\"timestamp\":{BASE_MS},\"message\":{}}}\n", quoted(message));
    let reading = read(&[event(&text), event(begin)]);
    assert!(!format!("{:?}", reading.collected).contains(SECRET));
    let line = text.replace(['\n', '\r'], " ");
    let reading = read(&[format!("{line}\n{}\n", cut(&line, part))]);
    assert!(!format!("{:?}", reading.collected).contains(SECRET));
    let [call] = &reading.collected.model_calls[..] else {
        panic!("{} calls in {line}", reading.collected.model_calls.len());
    };
    assert_eq!(
        (call.latency, call.input_tokens, call.output_tokens, call.at),
        (
            expected.latency,
            expected.input_tokens,
            expected.output_tokens,
            expected.at.or(call.at)
        )
    );
    assert_eq!(call.has_failed, expected.error_code.is_some());
});

fn record(choices: &mut Choices<'_>) -> (Value, BedrockCall) {
    let operation = choices.pick(&OPERATIONS);
    let at = choices.maybe(|choices| {
        Timestamp::from_epoch_millis(((BASE_MS + choices.of_any_size(1 << 40)) / 1000 * 1000) as i64)
    });
    let latency = choices.maybe(|choices| choices.of_any_size(Micros::MAX.as_micros() / 1000));
    let mut count = || choices.maybe(|choices| choices.of_any_size(1 << 53));
    let (input, output, body_input, body_output) = (count(), count(), count(), count());
    let (request_id, model) = (choices.uuid(), choices.pick(&MODELS));
    let error = choices.maybe(|choices| choices.pick(&["ThrottlingException", "ValidationException"]));
    let is_chunks = operation == "InvokeModelWithResponseStream";
    let body = if is_chunks {
        chunks(latency, body_input, body_output)
    } else {
        answer(operation, latency, body_input, body_output)
    };
    let mut record = json!({
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "region": "eu-west-1",
        "requestId": request_id,
        "operation": operation,
        "modelId": model,
        "identity": {"arn": SECRET},
        "input": {"inputContentType": "application/json", "inputBodyJson": {
            "messages": [SECRET, {"content": [{"text": SECRET}]}],
            SECRET: {"usage": {"inputTokens": 1}},
            "metrics": {"latencyMs": 6},
        }},
        "output": {"outputContentType": "application/json", "outputBodyJson": body},
    });
    for (part, key, count) in [
        ("input", "inputTokenCount", input),
        ("output", "outputTokenCount", output),
    ] {
        if let Some(count) = count {
            record[part][key] = json!(count);
        }
    }
    if let Some(at) = at {
        record["timestamp"] = json!(at.to_string());
    }
    if let Some(error) = error {
        record["errorCode"] = json!(error);
    }
    let call = BedrockCall {
        request_id: request_id.into(),
        at,
        region: Some("eu-west-1".into()),
        operation: Some(operation.into()),
        model: ModelId::parse(model),
        model_as_logged: model.into(),
        latency: latency
            .filter(|_| operation != "InvokeModel")
            .map(Micros::from_millis),
        input_tokens: input.or(body_input),
        output_tokens: output.or(body_output),
        error_code: error.map(Into::into),
    };
    (record, call)
}

/// The body of an answer in one piece, with latencies in it that are not the call's.
fn answer(operation: &str, latency: Option<u64>, input: Option<u64>, output: Option<u64>) -> Value {
    let names = if operation == "InvokeModel" {
        ["input_tokens", "output_tokens"]
    } else {
        ["inputTokens", "outputTokens"]
    };
    let mut usage = json!({"totalTokens": 1, SECRET: 2});
    for (name, count) in names.iter().zip([input, output]) {
        if let Some(count) = count {
            usage[*name] = json!(count);
        }
    }
    let metrics = latency.map_or(
        json!({"x": SECRET}),
        |latency| json!({"latencyMs": latency, "x": SECRET}),
    );
    json!({
        "output": {"message": {"content": [{"text": SECRET}], "metrics": {"latencyMs": 2}}},
        "stopReason": SECRET,
        "metrics": metrics,
        "usage": usage,
        "trace": {"guardrail": {"guardrailProcessingLatency": 4, "metrics": {"latencyMs": 5}}},
    })
}

/// The body of a streamed answer.
fn chunks(latency: Option<u64>, input: Option<u64>, output: Option<u64>) -> Value {
    let mut metrics = json!({"firstByteLatency": 3, SECRET: SECRET});
    for (name, number) in [
        ("invocationLatency", latency),
        ("inputTokenCount", input),
        ("outputTokenCount", output),
    ] {
        if let Some(number) = number {
            metrics[name] = json!(number);
        }
    }
    json!([
        {"type": "content_block_delta", "delta": {"text": SECRET, "invocationLatency": 7}},
        SECRET,
        {"amazon-bedrock-invocationMetrics": metrics},
        "[DONE]",
    ])
}
