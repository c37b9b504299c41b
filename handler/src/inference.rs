//! One call of a model: Converse, or ConverseStream.

use std::time::{Duration, Instant};

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::operation::RequestId;
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ContentBlockDelta, ConversationRole, ConverseOutput, ConverseStreamOutput,
    InferenceConfiguration, Message, TokenUsage,
};
use tokio::time::timeout_at;

use crate::asked::Asked;
use crate::attempts::{Attempts, Divided};
use crate::failure::Failure;

/// A call, however it ended.
#[derive(Debug)]
pub(crate) struct Call {
    /// What the model wrote, or why it did not.
    pub(crate) result: Result<Written, Failure>,
    /// Its time, divided; `None` if nothing was sent.
    pub(crate) time: Option<Divided>,
    /// When it ended.
    pub(crate) ended: Instant,
    /// From request sent to the first text of a streamed answer.
    pub(crate) time_to_first_token: Option<Duration>,
    /// Bedrock's id of the call, where it answered.
    pub(crate) bedrock_request_id: Option<String>,
}

/// What a model wrote.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// The text.
    pub(crate) text: String,
    /// Why it ended, in Bedrock's words.
    pub(crate) stop_reason: Option<String>,
    /// Tokens read and written.
    pub(crate) usage: Option<TokenUsage>,
    /// Bedrock's own latency in milliseconds.
    pub(crate) latency_ms: Option<i64>,
    /// The model that a prompt router chose.
    pub(crate) routed_model: Option<String>,
}

/// What is known of a call while it runs, and remains if it is given up.
#[derive(Default)]
struct Progress {
    attempts: Attempts,
    has_response: bool,
    first_text: Option<Instant>,
    bedrock_request_id: Option<String>,
}

/// Calls a model, until a deadline at the latest.
pub(crate) async fn call(client: &Client, model: &str, asked: &Asked, deadline: Instant) -> Call {
    let mut progress = Progress::default();
    let calling = async {
        match asked.is_streamed {
            false => converse(client, model, asked, &mut progress).await,
            true => converse_stream(client, model, asked, &mut progress).await,
        }
    };
    let result = timeout_at(deadline.into(), calling)
        .await
        .unwrap_or_else(|_| Err(Failure::at_deadline()));
    let ended = Instant::now();
    let time = progress.attempts.divide(ended, !progress.has_response);
    let time_to_first_token = progress
        .first_text
        .zip(time)
        .map(|(first, time)| first.saturating_duration_since(time.last_sent));
    Call {
        result,
        time,
        ended,
        time_to_first_token,
        bedrock_request_id: progress.bedrock_request_id,
    }
}

async fn converse(
    client: &Client,
    model: &str,
    asked: &Asked,
    progress: &mut Progress,
) -> Result<Written, Failure> {
    let sent = client
        .converse()
        .model_id(model)
        .messages(message(asked)?)
        .inference_config(limits(asked))
        .customize()
        .interceptor(progress.attempts.clone())
        .send()
        .await;
    progress.has_response = true;
    progress.bedrock_request_id = request_id(&sent);
    let output = sent.map_err(|error| Failure::of(&error))?;
    let routed_model = output
        .trace()
        .and_then(|trace| trace.prompt_router())
        .and_then(|router| router.invoked_model_id())
        .map(str::to_owned);
    Ok(Written {
        stop_reason: Some(output.stop_reason().as_str().to_owned()),
        latency_ms: output.metrics().map(|metrics| metrics.latency_ms()),
        routed_model,
        usage: output.usage,
        text: match output.output {
            Some(ConverseOutput::Message(message)) => text(&message),
            _ => String::new(),
        },
    })
}

async fn converse_stream(
    client: &Client,
    model: &str,
    asked: &Asked,
    progress: &mut Progress,
) -> Result<Written, Failure> {
    let sent = client
        .converse_stream()
        .model_id(model)
        .messages(message(asked)?)
        .inference_config(limits(asked))
        .customize()
        .interceptor(progress.attempts.clone())
        .send()
        .await;
    progress.has_response = true;
    progress.bedrock_request_id = request_id(&sent);
    let mut stream = sent.map_err(|error| Failure::of(&error))?.stream;
    let mut written = Written::default();
    while let Some(event) = stream.recv().await.map_err(|error| Failure::of_stream(&error))? {
        match event {
            ConverseStreamOutput::ContentBlockDelta(event) => {
                if let Some(ContentBlockDelta::Text(text)) = event.delta() {
                    progress.first_text.get_or_insert_with(Instant::now);
                    written.text.push_str(text);
                }
            }
            ConverseStreamOutput::MessageStop(event) => {
                written.stop_reason = Some(event.stop_reason().as_str().to_owned());
            }
            ConverseStreamOutput::Metadata(event) => {
                written.latency_ms = event.metrics().map(|metrics| metrics.latency_ms());
                let router = event.trace().and_then(|trace| trace.prompt_router());
                written.routed_model = router
                    .and_then(|router| router.invoked_model_id())
                    .map(str::to_owned);
                written.usage = event.usage;
            }
            _ => {}
        }
    }
    match written.stop_reason {
        Some(_) => Ok(written),
        // It ended, but the message did not.
        None => Err(Failure::unreadable()),
    }
}

/// Bedrock's id of a call, which errors have too.
fn request_id<T: RequestId, E: RequestId>(sent: &Result<T, E>) -> Option<String> {
    let id = match sent {
        Ok(output) => output.request_id(),
        Err(error) => error.request_id(),
    };
    id.map(str::to_owned)
}

fn message(asked: &Asked) -> Result<Message, Failure> {
    Message::builder()
        .role(ConversationRole::User)
        .content(ContentBlock::Text(asked.prompt.clone()))
        .build()
        .map_err(|_| Failure::request())
}

fn limits(asked: &Asked) -> InferenceConfiguration {
    let max_tokens = i32::try_from(asked.max_tokens).unwrap_or(i32::MAX);
    InferenceConfiguration::builder().max_tokens(max_tokens).build()
}

/// The text of a message: what else is in it, such as reasoning, is left out.
fn text(message: &Message) -> String {
    let blocks = message.content().iter();
    blocks
        .filter_map(|block| block.as_text().ok())
        .map(String::as_str)
        .collect()
}
