//! One call of a model: Converse, or ConverseStream.

use std::time::{Duration, Instant};

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::operation::RequestId;
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ContentBlockDelta, ConversationRole, ConverseOutput, ConverseStreamOutput,
    InferenceConfiguration, Message, TokenUsage,
};
use tokio::time::{timeout, timeout_at};

use crate::asked::Asked;
use crate::attempts::{Attempts, Divided, End};
use crate::failure::Failure;

/// How long the end of a stream is waited for behind its last event, so that the connection can be used again.
const LINGER: Duration = Duration::from_millis(50);

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
    bedrock_request_id: Option<String>,
    written: Written,
    /// Whether the answer is there to its end.
    is_whole: bool,
    /// Whether a stream has begun.
    is_stream: bool,
    first_text: Option<Instant>,
    last_event: Option<Instant>,
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
    let done = timeout_at(deadline.into(), calling).await;
    progress.into_call(done.ok(), Instant::now())
}

impl Progress {
    /// The call, which is done, or was given up at the deadline.
    fn into_call(self, done: Option<Result<(), Failure>>, now: Instant) -> Call {
        let result = match done {
            // What is written is written, whatever became of the connection behind it.
            _ if self.is_whole => Ok(self.written),
            Some(Err(failure)) => Err(failure),
            // The stream ended, but the message did not.
            Some(Ok(())) => Err(Failure::unreadable()),
            None if self.is_stream => Err(Failure::at_deadline()),
            None => Err(self.attempts.last_failure().unwrap_or_else(Failure::at_deadline)),
        };
        let end = match (self.is_stream, &result) {
            (true, Ok(_)) => End::Then(self.last_event.unwrap_or(now)),
            (true, Err(_)) => End::Then(now),
            (false, Ok(_)) => End::WithAttempt,
            (false, Err(_)) => End::GivenUp(now),
        };
        let time = self.attempts.divide(end, now);
        let first = self.first_text.zip(time);
        Call {
            result,
            time,
            ended: time.map_or(now, |time| time.ended()),
            time_to_first_token: first.map(|(first, time)| first.saturating_duration_since(time.last_sent)),
            bedrock_request_id: self.bedrock_request_id,
        }
    }
}

async fn converse(
    client: &Client,
    model: &str,
    asked: &Asked,
    progress: &mut Progress,
) -> Result<(), Failure> {
    let sent = client
        .converse()
        .model_id(model)
        .messages(message(asked)?)
        .inference_config(limits(asked))
        .customize()
        .interceptor(progress.attempts.clone())
        .send()
        .await;
    progress.bedrock_request_id = request_id(&sent);
    let output = sent.map_err(|error| Failure::of(&error))?;
    let router = output.trace().and_then(|trace| trace.prompt_router());
    progress.written = Written {
        stop_reason: Some(output.stop_reason().as_str().to_owned()),
        latency_ms: told_latency(output.metrics().map(|metrics| metrics.latency_ms())),
        routed_model: router
            .and_then(|router| router.invoked_model_id())
            .map(str::to_owned),
        usage: told_usage(output.usage),
        text: match output.output {
            Some(ConverseOutput::Message(message)) => text(&message),
            _ => return Err(Failure::unreadable()),
        },
    };
    progress.is_whole = true;
    Ok(())
}

async fn converse_stream(
    client: &Client,
    model: &str,
    asked: &Asked,
    progress: &mut Progress,
) -> Result<(), Failure> {
    let sent = client
        .converse_stream()
        .model_id(model)
        .messages(message(asked)?)
        .inference_config(limits(asked))
        .customize()
        .interceptor(progress.attempts.clone())
        .send()
        .await;
    progress.bedrock_request_id = request_id(&sent);
    let mut stream = sent.map_err(|error| Failure::of(&error))?.stream;
    progress.is_stream = true;
    let written = &mut progress.written;
    while let Some(event) = stream.recv().await.map_err(|error| Failure::of_stream(&error))? {
        let now = Instant::now();
        progress.last_event = Some(now);
        match event {
            ConverseStreamOutput::ContentBlockDelta(event) => {
                if let Some(ContentBlockDelta::Text(text)) = event.delta()
                    && !text.is_empty()
                {
                    progress.first_text.get_or_insert(now);
                    written.text.push_str(text);
                }
            }
            ConverseStreamOutput::MessageStop(event) => {
                written.stop_reason = Some(event.stop_reason().as_str().to_owned());
                progress.is_whole = true;
            }
            // The last event. What is behind it is of no use to the caller.
            ConverseStreamOutput::Metadata(event) => {
                written.latency_ms = told_latency(event.metrics().map(|metrics| metrics.latency_ms()));
                let router = event.trace().and_then(|trace| trace.prompt_router());
                written.routed_model = router
                    .and_then(|router| router.invoked_model_id())
                    .map(str::to_owned);
                written.usage = told_usage(event.usage);
                let _ = timeout(LINGER, stream.recv()).await;
                break;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Tokens that Bedrock told: the SDK fills in zeros where it did not.
fn told_usage(usage: Option<TokenUsage>) -> Option<TokenUsage> {
    usage.filter(|usage| usage.input_tokens() > 0 || usage.output_tokens() > 0)
}

/// A latency that Bedrock told: the SDK fills in zero where it did not.
fn told_latency(latency_ms: Option<i64>) -> Option<i64> {
    latency_ms.filter(|latency| *latency > 0)
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
