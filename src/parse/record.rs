//! What one log event can say.

use std::borrow::Cow;

use latscope_schema::CallStatus;
use serde::{Serialize, Serializer};

use super::call_facts::CallFacts;
use super::client::{ClientRequest, ClientRun};
use super::gateway_log::GatewayRequest;
use crate::vocab::{Micros, ModelId, RequestId, Timestamp, TraceId};

/// A log event that matters to the analysis.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record<'a> {
    /// A `REPORT` line or `platform.report` event: one invocation.
    Report(Report),
    /// What a handler measured of one model call.
    Timing(Timing<'a>),
    /// What Bedrock itself logged of one model call.
    Bedrock(BedrockCall),
    /// What API Gateway logged of one request.
    Gateway(Box<GatewayRequest>),
    /// What a caller of the API saw of one request.
    Client(Box<ClientRequest>),
    /// The beginning or the end of a run of such requests.
    ClientRun(ClientRun),
    /// Any other line of the platform.
    Lifecycle(LifecycleRecord),
}

/// A platform line other than `REPORT`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LifecycleRecord {
    /// What it says.
    #[serde(flatten)]
    pub line: Lifecycle,
    /// The time inside the record, for containers that keep none.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_text")]
    pub at: Option<Timestamp>,
}

/// A `REPORT` line or `platform.report` event.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The invocation's request id; retries share it. Absent where the form keeps none.
    #[serde(serialize_with = "text")]
    pub request_id: RequestId,
    /// Time in the handler, initialisation not included.
    #[serde(rename = "duration_us", serialize_with = "micros")]
    pub duration: Micros,
    /// What is billed, whole milliseconds. Managed Instances print none, and some forms drop it.
    #[serde(
        rename = "billed_us",
        serialize_with = "optional_micros",
        skip_serializing_if = "Option::is_none"
    )]
    pub billed: Option<Micros>,
    /// Configured memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_size_mb: Option<u32>,
    /// Memory used at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_memory_used_mb: Option<u32>,
    /// Initialisation time of a new execution environment.
    #[serde(
        rename = "init_us",
        serialize_with = "optional_micros",
        skip_serializing_if = "Option::is_none"
    )]
    pub init: Option<Micros>,
    /// SnapStart restore time of a new execution environment.
    #[serde(
        rename = "restore_us",
        serialize_with = "optional_micros",
        skip_serializing_if = "Option::is_none"
    )]
    pub restore: Option<Micros>,
    /// How the invocation ended, where the platform says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// The platform's error type, such as `Runtime.OutOfMemory`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_type: Option<Box<str>>,
    /// The trace, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_text")]
    pub trace: Option<TraceId>,
    /// Whether the absence of a field means anything.
    #[serde(skip_serializing_if = "Completeness::is_whole")]
    pub completeness: Completeness,
    /// The time inside the record, for containers that keep none.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_text")]
    pub at: Option<Timestamp>,
}

/// Whether a `REPORT` holds all that Lambda knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Completeness {
    /// All fields are there: without Init Duration there was none.
    Whole,
    /// The line was cut off, so that fields may be missing.
    CutOff,
    /// Lambda Managed Instances report the duration alone.
    DurationOnly,
    /// A query chose the fields, and not the initialisation.
    FieldsChosen,
}

impl Completeness {
    fn is_whole(&self) -> bool {
        *self == Self::Whole
    }
}

/// How the platform says that something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It succeeded.
    Success,
    /// It failed (`error` and `failure`, and any word not known).
    Error,
    /// It ran into its time limit.
    Timeout,
}

impl Status {
    /// Reads the platform's word.
    pub(super) fn from_word(word: &str) -> Self {
        match word {
            "success" => Self::Success,
            "timeout" => Self::Timeout,
            _ => Self::Error,
        }
    }
}

/// In which phase an initialisation ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InitPhase {
    /// Before the invocation.
    Init,
    /// Again inside the invocation, after it had failed or timed out before.
    Invoke,
    /// While a SnapStart snapshot was made: no invocation waits.
    SnapStart,
}

/// Platform lines other than `REPORT`: the evidence for start types and outcomes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "line", rename_all = "snake_case")]
pub enum Lifecycle {
    /// `START` or `platform.start`.
    Start {
        /// The invocation that starts.
        #[serde(serialize_with = "text")]
        request_id: RequestId,
        /// Function version.
        #[serde(skip_serializing_if = "Option::is_none")]
        version: Option<Box<str>>,
        /// Function ARN, where the event has it.
        #[serde(skip_serializing_if = "Option::is_none")]
        function_arn: Option<Box<str>>,
    },
    /// `END` or `platform.runtimeDone`.
    End {
        /// The invocation that ends.
        #[serde(serialize_with = "text")]
        request_id: RequestId,
    },
    /// `INIT_START` or `platform.initStart`: a new execution environment, unless it begins inside
    /// an invocation.
    InitStart {
        /// In which phase it runs, where the event has it.
        #[serde(skip_serializing_if = "Option::is_none")]
        phase: Option<InitPhase>,
        /// `on-demand`, `provisioned-concurrency`, …, where the event has it.
        #[serde(skip_serializing_if = "Option::is_none")]
        initialization_type: Option<Box<str>>,
        /// Function name, where the event has it.
        #[serde(skip_serializing_if = "Option::is_none")]
        function_name: Option<Box<str>>,
        /// Function version, where the event has it.
        #[serde(skip_serializing_if = "Option::is_none")]
        function_version: Option<Box<str>>,
        /// ARN of the runtime version, which names the region.
        #[serde(skip_serializing_if = "Option::is_none")]
        runtime_arn: Option<Box<str>>,
    },
    /// `INIT_REPORT` or `platform.initReport`.
    InitReport {
        /// How long the initialisation ran.
        #[serde(
            rename = "duration_us",
            serialize_with = "optional_micros",
            skip_serializing_if = "Option::is_none"
        )]
        duration: Option<Micros>,
        /// In which phase it ran.
        #[serde(skip_serializing_if = "Option::is_none")]
        phase: Option<InitPhase>,
        /// How it ended.
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<Status>,
        /// `on-demand`, `provisioned-concurrency`, …, where the event has it.
        #[serde(skip_serializing_if = "Option::is_none")]
        initialization_type: Option<Box<str>>,
    },
    /// `RESTORE_START` or `platform.restoreStart`: a SnapStart environment is restored.
    RestoreStart,
    /// `RESTORE_REPORT` or `platform.restoreReport`.
    RestoreReport {
        /// How long the restore ran.
        #[serde(
            rename = "duration_us",
            serialize_with = "optional_micros",
            skip_serializing_if = "Option::is_none"
        )]
        duration: Option<Micros>,
        /// How it ended.
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<Status>,
    },
    /// `… Task timed out after … seconds`.
    TimedOut {
        /// The invocation that was killed.
        #[serde(serialize_with = "text")]
        request_id: RequestId,
    },
    /// `RequestId: … Error: Runtime exited …` and the like.
    Crashed {
        /// The invocation that crashed.
        #[serde(serialize_with = "text")]
        request_id: RequestId,
    },
    /// `platform.logsDropped`: Lambda threw log records away.
    LogsDropped {
        /// How many.
        records: u64,
    },
    /// A platform line that says nothing of an invocation, or of a kind not known.
    Other,
}

impl Lifecycle {
    /// Whether the line is of one invocation, and not of an environment.
    pub fn names_a_request(&self) -> bool {
        matches!(
            self,
            Self::Start { .. } | Self::End { .. } | Self::TimedOut { .. } | Self::Crashed { .. }
        )
    }
}

/// What a handler measured of one model call, brought to one meaning whatever it was called.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Timing<'a> {
    /// The Lambda request id.
    #[serde(serialize_with = "text")]
    pub request_id: RequestId,
    /// Which call of the invocation, counted from 0, where the record says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_index: Option<u32>,
    /// Start of the call after the handler was entered.
    #[serde(
        rename = "start_offset_us",
        serialize_with = "optional_micros",
        skip_serializing_if = "Option::is_none"
    )]
    pub start_offset: Option<Micros>,
    /// The model that was called, as the record wrote it; see [`Timing::model`].
    #[serde(flatten, serialize_with = "logged_model")]
    pub model_as_logged: Option<Cow<'a, str>>,
    /// Time of the attempt that counted.
    #[serde(
        rename = "inference_us",
        serialize_with = "optional_micros",
        skip_serializing_if = "Option::is_none"
    )]
    pub inference: Option<Micros>,
    /// Time of failed attempts and of waiting between attempts.
    #[serde(
        rename = "retry_us",
        serialize_with = "optional_micros",
        skip_serializing_if = "Option::is_none"
    )]
    pub retry: Option<Micros>,
    /// Whether the handler saw this as the first call of its environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cold_start: Option<bool>,
    /// `on-demand`, `provisioned-concurrency`, `snap-start`, ….
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initialization_type: Option<Cow<'a, str>>,
    /// How the call ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<CallStatus>,
    /// Bedrock's request id of the call, by which its own log is joined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bedrock_request_id: Option<Cow<'a, str>>,
    /// The id that its caller gave the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_request_id: Option<Cow<'a, str>>,
    /// What else it tells of the call.
    #[serde(flatten)]
    pub facts: CallFacts<'a>,
    /// Whether it was read from an embedded metric, which repeats a proper record where both
    /// are logged.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_embedded_metric: bool,
    /// The time inside the record, for containers that keep none.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_text")]
    pub at: Option<Timestamp>,
}

impl Timing<'_> {
    /// The model that was called.
    pub fn model(&self) -> Option<ModelId> {
        self.model_as_logged.as_deref().and_then(ModelId::parse)
    }

    /// The same record, which borrows nothing.
    pub(super) fn into_owned(self) -> Timing<'static> {
        let owned = |text: Option<Cow<'_, str>>| text.map(|text| text.into_owned().into());
        Timing {
            model_as_logged: owned(self.model_as_logged),
            initialization_type: owned(self.initialization_type),
            bedrock_request_id: owned(self.bedrock_request_id),
            client_request_id: owned(self.client_request_id),
            facts: self.facts.into_owned(),
            ..self
        }
    }
}

/// One model call as Bedrock's own invocation log has it. Prompt and answer are not kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BedrockCall {
    /// Bedrock's request id; not Lambda's.
    pub request_id: Box<str>,
    /// When the call was made, in whole seconds.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_text")]
    pub at: Option<Timestamp>,
    /// The region that was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Box<str>>,
    /// `Converse`, `ConverseStream`, `InvokeModel` or `InvokeModelWithResponseStream`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<Box<str>>,
    /// The model that was called.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_text")]
    pub model: Option<ModelId>,
    /// The model as the record wrote it.
    pub model_as_logged: Box<str>,
    /// From the request to the last token, as Bedrock saw it. `InvokeModel` tells none, nor does
    /// any log without the bodies.
    #[serde(
        rename = "latency_us",
        serialize_with = "optional_micros",
        skip_serializing_if = "Option::is_none"
    )]
    pub latency: Option<Micros>,
    /// Tokens read by the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// Tokens written by the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// The error that Bedrock answered with, such as `ThrottlingException`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<Box<str>>,
}

/// The model and what the record calls it.
fn logged_model<S: Serializer>(as_logged: &Option<Cow<'_, str>>, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Logged<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        model: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        model_as_logged: Option<&'a str>,
    }
    let model = as_logged.as_deref().and_then(ModelId::parse);
    Logged {
        model: model.map(|model| model.to_string()),
        model_as_logged: as_logged.as_deref(),
    }
    .serialize(serializer)
}

fn text<T: ToString, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&value.to_string())
}

pub(super) fn optional_text<T: ToString, S: Serializer>(
    value: &Option<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    value.as_ref().map(ToString::to_string).serialize(serializer)
}

pub(super) fn micros<S: Serializer>(value: &Micros, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(value.as_micros())
}

pub(super) fn optional_micros<S: Serializer>(
    value: &Option<Micros>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    value.map(Micros::as_micros).serialize(serializer)
}
