//! The keys that are understood without any mapping.

use super::timing_keys::{Field, Unit};

/// Keys that common libraries and hand-made handlers use. The order is the order of preference.
pub(super) const COMMON: [(Field, Unit, &[&str]); 25] = [
    (
        Field::Inference,
        Unit::Milliseconds,
        &[
            "inference_ms",
            "inferenceMs",
            "InferenceMs",
            "inference_time_ms",
            "inferenceTimeMs",
            "inference_latency_ms",
            "inferenceLatencyMs",
            "InferenceLatency",
            "inference_duration_ms",
            "inferenceDurationMs",
            "bedrock_ms",
            "bedrockMs",
            "bedrock_time_ms",
            "bedrockTimeMs",
            "bedrock_duration_ms",
            "bedrockDurationMs",
            "bedrock_latency_ms",
            "bedrockLatencyMs",
            "model_latency_ms",
            "modelLatencyMs",
            "model_time_ms",
            "modelTimeMs",
            "llm_ms",
            "llmMs",
            "llm_latency_ms",
            "llmLatencyMs",
            "llm_duration_ms",
            "llmDurationMs",
            "invoke_model_ms",
            "invokeModelMs",
        ],
    ),
    (
        Field::Inference,
        Unit::Seconds,
        &[
            "gen_ai.client.operation.duration",
            "inference_seconds",
            "inferenceSeconds",
            "inference_time_s",
            "inference_time_seconds",
            "bedrock_seconds",
            "bedrock_time_s",
        ],
    ),
    (
        Field::Model,
        Unit::Milliseconds,
        &[
            "gen_ai.request.model",
            "model_id",
            "modelId",
            "ModelId",
            "model",
            "model_name",
            "modelName",
            "bedrock_model_id",
            "bedrockModelId",
        ],
    ),
    (
        Field::ResponseModel,
        Unit::Milliseconds,
        &["gen_ai.response.model"],
    ),
    (Field::Retry, Unit::Milliseconds, &["retry_ms", "retryMs"]),
    (
        Field::StartOffset,
        Unit::Milliseconds,
        &["start_offset_ms", "startOffsetMs"],
    ),
    (Field::CallIndex, Unit::Milliseconds, &["call_index", "callIndex"]),
    (
        Field::ColdStart,
        Unit::Milliseconds,
        &["cold_start", "coldStart", "ColdStart"],
    ),
    (
        Field::InitializationType,
        Unit::Milliseconds,
        &["initialization_type", "initializationType"],
    ),
    (Field::Status, Unit::Milliseconds, &["status", "outcome"]),
    (
        Field::ErrorType,
        Unit::Milliseconds,
        &["error.type", "error_type", "errorType"],
    ),
    // Keys that can only mean the Lambda request id.
    (
        Field::RequestId,
        Unit::Milliseconds,
        &[
            "function_request_id",
            "functionRequestId",
            "FunctionRequestId",
            "AWSRequestId",
            "aws_request_id",
            "awsRequestId",
            "lambda_request_id",
            "lambdaRequestId",
            "faas.invocation_id",
            // Discovered by Logs Insights in the prefix of a text line.
            "@requestId",
        ],
    ),
    // Keys that can only mean Bedrock's request id.
    (
        Field::BedrockRequestId,
        Unit::Milliseconds,
        &[
            "bedrock_request_id",
            "bedrockRequestId",
            "BedrockRequestId",
            "bedrock-request-id",
            "bedrock.request_id",
            "bedrock.requestId",
            "bedrock_requestid",
        ],
    ),
    (
        Field::ClientRequestId,
        Unit::Milliseconds,
        &["client_request_id", "clientRequestId"],
    ),
    (Field::Retry, Unit::Seconds, &["retry_seconds"]),
    (
        Field::InputTokens,
        Unit::Milliseconds,
        &[
            "gen_ai.usage.input_tokens",
            "gen_ai.usage.prompt_tokens",
            "usage.inputTokens",
            "usage.input_tokens",
            "usage.prompt_tokens",
            "input_tokens",
            "inputTokens",
            "InputTokens",
            "prompt_tokens",
            "promptTokens",
        ],
    ),
    (
        Field::OutputTokens,
        Unit::Milliseconds,
        &[
            "gen_ai.usage.output_tokens",
            "gen_ai.usage.completion_tokens",
            "usage.outputTokens",
            "usage.output_tokens",
            "usage.completion_tokens",
            "output_tokens",
            "outputTokens",
            "OutputTokens",
            "completion_tokens",
            "completionTokens",
        ],
    ),
    (
        Field::MaxTokens,
        Unit::Milliseconds,
        &["gen_ai.request.max_tokens", "max_tokens", "maxTokens"],
    ),
    (
        Field::Temperature,
        Unit::Milliseconds,
        &["gen_ai.request.temperature", "temperature"],
    ),
    (
        Field::RetryCount,
        Unit::Milliseconds,
        &["retry_count", "retryCount"],
    ),
    (Field::Before, Unit::Milliseconds, &["before_ms", "beforeMs"]),
    (Field::After, Unit::Milliseconds, &["after_ms", "afterMs"]),
    (
        Field::TimeToFirstToken,
        Unit::Milliseconds,
        &[
            "time_to_first_token_ms",
            "timeToFirstTokenMs",
            "ttft_ms",
            "ttftMs",
        ],
    ),
    (
        Field::PromptHash,
        Unit::Milliseconds,
        &["prompt_hash", "promptHash"],
    ),
    (
        Field::Streaming,
        Unit::Milliseconds,
        &["streaming", "is_streaming", "isStreaming"],
    ),
];

/// Keys that mostly, not always, mean the Lambda request id: API Gateway's and Bedrock's have the
/// same names.
pub(super) const LIKELY_REQUEST_IDS: [&str; 5] =
    ["requestId", "request_id", "requestid", "RequestId", "request-id"];
