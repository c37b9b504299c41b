//! Bedrock's own log of a model call, the `ModelInvocationLog` that it writes to a CloudWatch log
//! group or to S3 (the Bedrock user guide, "Monitor model invocation"; what saved ones hold).
//!
//! Prompt and answer are in the same object. They are passed over while it is read and never
//! stand in any value. The call's latency is nowhere but in the answer's body, and there only
//! for some operations: `metrics.latencyMs` of Converse and ConverseStream, and the invocation
//! metrics that a streamed InvokeModel sends with its last chunk. A plain InvokeModel tells none.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess};

use super::lenient::{Number, Object, Text};
use super::record::BedrockCall;
use crate::vocab::{AnyType, Lenient, Micros, ModelId, Timestamp};

type Fault = Cow<'static, str>;

/// Texts of which one at least stands in every record, also in one that was cut off before its
/// schema, which is the last key of newer records.
pub(super) const NEEDLES: [&str; 2] = ["\"ModelInvocationLog\"", "\"inputContentType\""];

/// Prepared once: each is looked for in every timing record.
static FINDERS: LazyLock<[Finder<'static>; 2]> = LazyLock::new(|| NEEDLES.map(Finder::new));

/// Whether it is worth reading the text as a record.
pub(super) fn may_be(text: &str) -> bool {
    FINDERS
        .iter()
        .any(|finder| finder.find(text.as_bytes()).is_some())
}

/// Reads a record. `None` if the JSON object is none.
pub(super) fn parse(json: &str) -> Option<Result<BedrockCall, Fault>> {
    match serde_json::from_str::<Log<'_>>(json) {
        Ok(log) => (log.schema_type.get() == Some("ModelInvocationLog")).then(|| call(&log)),
        Err(_) => {
            let says_so = json.contains("\"schemaType\"") && json.contains(NEEDLES[0]);
            let is_alike = json.contains("\"modelId\"") && json.contains(NEEDLES[1]);
            (says_so || is_alike).then(|| Err("malformed Bedrock model invocation log".into()))
        }
    }
}

fn call(log: &Log<'_>) -> Result<BedrockCall, Fault> {
    let request_id = log
        .request_id
        .get()
        .ok_or("Bedrock model invocation log without a request id")?;
    let model = log
        .model_id
        .get()
        .ok_or("Bedrock model invocation log without a model id")?;
    let (input, output) = (&log.input.0, &log.output.0);
    let body = &output.output_body_json;
    let operation = log.operation.get();
    let latency = match body.form {
        // The object of InvokeModel is the model's own: nothing in it is Bedrock's.
        Form::Object if !operation.is_some_and(|name| name.starts_with("InvokeModel")) => body.latency,
        Form::Chunks if operation != Some("InvokeModel") => body.latency,
        _ => None,
    };
    Ok(BedrockCall {
        request_id: request_id.into(),
        at: log.timestamp.get().and_then(Timestamp::parse),
        region: log.region.get().map(Into::into),
        operation: operation.map(Into::into),
        model: ModelId::parse(model),
        model_as_logged: model.into(),
        latency,
        input_tokens: input.input_token_count.count().or(body.input_tokens),
        output_tokens: output.output_token_count.count().or(body.output_tokens),
        error_code: log.error_code.get().map(Into::into),
    })
}

#[derive(serde::Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Log<'a> {
    #[serde(borrow)]
    schema_type: Text<'a>,
    #[serde(borrow)]
    timestamp: Text<'a>,
    #[serde(borrow)]
    region: Text<'a>,
    #[serde(borrow)]
    request_id: Text<'a>,
    #[serde(borrow)]
    operation: Text<'a>,
    #[serde(borrow)]
    model_id: Text<'a>,
    #[serde(borrow)]
    error_code: Text<'a>,
    input: Object<Input>,
    output: Object<Output>,
}

#[derive(serde::Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Input {
    input_token_count: Number,
}

#[derive(serde::Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Output {
    output_token_count: Number,
    output_body_json: Body,
}

/// The body of Converse and ConverseStream, which Bedrock logs as one object.
#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Answer {
    metrics: Object<Metrics>,
    usage: Object<Usage>,
}

#[derive(serde::Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Metrics {
    latency_ms: Number,
}

/// In the words of Converse, of Anthropic's and of OpenAI's models.
#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Usage {
    #[serde(rename = "inputTokens")]
    input: Number,
    #[serde(rename = "outputTokens")]
    output: Number,
    input_tokens: Number,
    output_tokens: Number,
    prompt_tokens: Number,
    completion_tokens: Number,
}

/// One element of a streamed InvokeModel's body.
#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Chunk {
    #[serde(rename = "amazon-bedrock-invocationMetrics")]
    metrics: Object<InvocationMetrics>,
}

#[derive(serde::Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct InvocationMetrics {
    input_token_count: Number,
    output_token_count: Number,
    invocation_latency: Number,
}

/// What the body of an answer tells besides the answer.
#[derive(Default)]
struct Body {
    form: Form,
    latency: Option<Micros>,
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
}

#[derive(Default)]
enum Form {
    #[default]
    Other,
    Object,
    Chunks,
}

impl From<Answer> for Body {
    fn from(answer: Answer) -> Self {
        let usage = &answer.usage.0;
        let first = |keys: [&Number; 3]| keys.into_iter().find_map(Number::count);
        Self {
            form: Form::Object,
            latency: answer.metrics.0.latency_ms.millis(),
            input_tokens: first([&usage.input, &usage.input_tokens, &usage.prompt_tokens]),
            output_tokens: first([&usage.output, &usage.output_tokens, &usage.completion_tokens]),
        }
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BodyVisitor;
        impl<'de> Lenient<'de> for BodyVisitor {
            type Value = Body;
            fn map<A: MapAccess<'de>>(self, map: A) -> Result<Body, A::Error> {
                Answer::deserialize(MapAccessDeserializer::new(map)).map(Body::from)
            }
            fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Body, A::Error> {
                let mut body = Body {
                    form: Form::Chunks,
                    ..Body::default()
                };
                while let Some(Object(Chunk { metrics })) = list.next_element()? {
                    body.latency = metrics.0.invocation_latency.millis().or(body.latency);
                    body.input_tokens = metrics.0.input_token_count.count().or(body.input_tokens);
                    body.output_tokens = metrics.0.output_token_count.count().or(body.output_tokens);
                }
                Ok(body)
            }
        }
        deserializer.deserialize_any(AnyType(BodyVisitor))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const SECRET: &str = "the user's own words";

    /// Bodies of both forms in which prompt and answer stand everywhere they can, and wrong
    /// latencies as well.
    fn body(is_stream: bool, latency: Option<u64>) -> Value {
        let words = json!({"text": SECRET, "latencyMs": 1, "metrics": {"latencyMs": 2}, SECRET: [SECRET]});
        let metrics = latency.map_or(json!({}), |latency| json!({"latencyMs": latency, "x": SECRET}));
        let invocation = latency.map_or(
            json!({}),
            |latency| json!({"invocationLatency": latency, "firstByteLatency": 3}),
        );
        if is_stream {
            json!([words, SECRET, {"amazon-bedrock-invocationMetrics": invocation}, "[DONE]"])
        } else {
            json!({"output": words, "metrics": metrics, "stopReason": SECRET,
                "trace": {"guardrail": {"guardrailProcessingLatency": 4, "metrics": {"latencyMs": 5}}}})
        }
    }

    /// The same object with its keys in another order.
    fn turned(object: &Value, by: usize) -> String {
        let pairs: Vec<String> = object
            .as_object()
            .unwrap()
            .iter()
            .map(|(key, value)| format!("{}: {value}", json!(key)))
            .collect();
        let by = by % pairs.len();
        format!("{{{}}}", [&pairs[by..], &pairs[..by]].concat().join(", "))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// In any order of its keys a record reads back, and holds no word of the prompt.
        #[test]
        fn a_record_reads_back_without_its_prompt(
            (operation, latency, by) in (0_usize..4, prop::option::of(0..900_000_u64), any::<usize>()),
            (second, input, output) in (0..4_000_000_000_i64, prop::option::of(0..1_u64 << 53), prop::option::of(0..1_u64 << 53)),
            (request_id, model) in ("[0-9a-f-]{1,36}", "(us\\.)?[a-z]{2,9}\\.[a-z0-9-]{1,30}"),
            error in prop::option::of("[A-Z][a-z]{3,12}Exception"),
        ) {
            let operation = ["Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream"][operation];
            let is_stream = operation == "InvokeModelWithResponseStream";
            let at = Timestamp::from_epoch_millis(second * 1000);
            let mut record = json!({
                "schemaType": "ModelInvocationLog",
                "timestamp": at.to_string(),
                "region": "eu-west-1",
                "requestId": request_id,
                "operation": operation,
                "modelId": model,
                "input": {"inputBodyJson": {"messages": [SECRET], "metrics": {"latencyMs": 6}}},
                "output": {"outputBodyJson": body(is_stream, latency)},
            });
            for (part, key, count) in [("input", "inputTokenCount", input), ("output", "outputTokenCount", output)] {
                if let Some(count) = count {
                    record[part][key] = json!(count);
                }
            }
            if let Some(error) = &error {
                record["errorCode"] = json!(error);
            }
            let call = parse(&turned(&record, by)).unwrap().unwrap();
            let shown = format!("{call:?}");
            prop_assert!(!shown.contains(SECRET));
            prop_assert_eq!(call, BedrockCall {
                request_id: request_id.as_str().into(),
                at: Some(at),
                region: Some("eu-west-1".into()),
                operation: Some(operation.into()),
                model: ModelId::parse(&model),
                model_as_logged: model.as_str().into(),
                latency: latency.filter(|_| operation != "InvokeModel").map(Micros::from_millis),
                input_tokens: input,
                output_tokens: output,
                error_code: error.map(Into::into),
            });
        }

        /// A record cut off anywhere behind its schema is refused, and never read as a shorter one.
        #[test]
        fn a_cut_record_is_refused(at in 1_usize..10_000) {
            let record = json!({"schemaType": "ModelInvocationLog", "requestId": "r", "modelId": "a.b",
                "input": {}, "output": {"outputBodyJson": body(false, Some(5))}});
            let text = turned(&record, 4);
            let cut = &text[..at % text.len()];
            prop_assert!(!matches!(parse(cut), Some(Ok(_))));
            prop_assert_eq!(may_be(cut), parse(cut).is_some());
        }
    }

    #[test]
    fn a_body_of_a_million_brackets_is_passed_over() {
        let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
        let record = format!(
            r#"{{"requestId":"r","modelId":"a.b","input":{{"inputBodyJson":{deep}}},"output":{{"outputBodyJson":{{"output":{deep}}}}},"schemaType":"ModelInvocationLog"}}"#
        );
        assert!(matches!(parse(&record), Some(Ok(_))));
    }
}
