//! What went wrong with a call, in words that tell nothing of the account.

use aws_sdk_bedrockruntime::config::http::HttpResponse;
use aws_sdk_bedrockruntime::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_bedrockruntime::operation::converse::ConverseError;
use aws_sdk_bedrockruntime::operation::converse_stream::ConverseStreamError;
use aws_sdk_bedrockruntime::types::error::ConverseStreamOutputError;
use aws_smithy_runtime_api::client::interceptors::context::Error;
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use lambda_http::http::StatusCode;
use latscope_schema::CallStatus;

use crate::problem::Problem;

/// Seconds until a throttled request may be sent again, where Bedrock does not say it.
const RETRY_AFTER: u32 = 1;

/// The longest wait that is passed on, in seconds.
const LONGEST_RETRY_AFTER: u32 = 300;

/// A call that brought no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// As the record has it.
    pub(crate) status: CallStatus,
    /// The record's `error.type`: the service's name of the error, its HTTP status where it has no name, or `timeout`,
    /// `connection`, `request`, `response`.
    pub(crate) error_type: String,
    /// As the response has it.
    pub(crate) problem: Problem,
}

impl Failure {
    /// The deadline came before the answer.
    pub(crate) fn at_deadline() -> Self {
        Self::of_kind(
            CallStatus::Timeout,
            "timeout",
            StatusCode::GATEWAY_TIMEOUT,
            "the model did not answer within the function's time",
        )
    }

    /// What the SDK says of a call.
    pub(crate) fn of<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Self {
        match error {
            SdkError::ServiceError(service) => {
                let response = service.raw();
                let error = service.err();
                match error.code() {
                    None => Self::unnamed(response),
                    code => Self::of_service(code, error.message(), wait(response)),
                }
            }
            other => Self::on_the_way(other),
        }
    }

    /// What the SDK says of one attempt at a call.
    pub(crate) fn of_attempt(error: &OrchestratorError<Error>, response: Option<&HttpResponse>) -> Self {
        if let Some(error) = error.as_operation_error() {
            let metadata = error
                .downcast_ref::<ConverseError>()
                .map(ProvideErrorMetadata::meta)
                .or_else(|| {
                    error
                        .downcast_ref::<ConverseStreamError>()
                        .map(ProvideErrorMetadata::meta)
                });
            let (code, message) = metadata.map_or((None, None), |meta| (meta.code(), meta.message()));
            return match (code, response) {
                (None, Some(response)) => Self::unnamed(response),
                (code, response) => Self::of_service(code, message, response.and_then(wait)),
            };
        }
        match error.as_connector_error() {
            Some(connector) if connector.is_timeout() => Self::connection_timeout(),
            Some(_) => Self::connection(),
            None if error.is_timeout_error() => Self::connection_timeout(),
            None if error.is_response_error() => Self::unreadable(),
            None => Self::request(),
        }
    }

    /// What the SDK says of a stream.
    pub(crate) fn of_stream<R>(error: &SdkError<ConverseStreamOutputError, R>) -> Self {
        match error {
            SdkError::ServiceError(service) => {
                let error = service.err();
                Self::of_service(code_in_stream(error), error.message(), None)
            }
            // A frame that cannot be read is a dispatch failure to the SDK, as a connection that broke is.
            SdkError::DispatchFailure(failure) if !failure.is_io() => Self::unreadable(),
            other => Self::on_the_way(other),
        }
    }

    /// A call that Bedrock itself said nothing to.
    fn on_the_way<E, R>(error: &SdkError<E, R>) -> Self {
        match error {
            SdkError::TimeoutError(_) => Self::connection_timeout(),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => Self::connection_timeout(),
            // What the connector names transient is a connection that was closed.
            SdkError::DispatchFailure(failure) if failure.is_io() || failure.as_other().is_some() => {
                Self::connection()
            }
            SdkError::ResponseError(_) => Self::unreadable(),
            _ => Self::request(),
        }
    }

    fn connection() -> Self {
        Self::of_kind(
            CallStatus::Error,
            "connection",
            StatusCode::BAD_GATEWAY,
            "the connection to the model failed",
        )
    }

    /// An answer that ended too early, or is none.
    pub(crate) fn unreadable() -> Self {
        Self::of_kind(
            CallStatus::Error,
            "response",
            StatusCode::BAD_GATEWAY,
            "the model's answer broke off or cannot be understood",
        )
    }

    /// A request that could not be sent, for lack of credentials or of a region.
    pub(crate) fn request() -> Self {
        Self::of_kind(
            CallStatus::Error,
            "request",
            StatusCode::BAD_GATEWAY,
            "the model cannot be called: the function lacks credentials or is configured wrongly",
        )
    }

    fn connection_timeout() -> Self {
        Self::of_kind(
            CallStatus::Timeout,
            "timeout",
            StatusCode::GATEWAY_TIMEOUT,
            "the model could not be reached in time",
        )
    }

    /// A response without the name of an error, as proxies, firewalls and load balancers write them: its HTTP status is
    /// all that is known.
    fn unnamed(response: &HttpResponse) -> Self {
        let status = response.status();
        match status.is_success() {
            true => Self::unreadable(),
            false => Self::of_status(status.as_u16(), wait(response)),
        }
    }

    /// A failure of which the HTTP status is all that is known.
    fn of_status(status: u16, wait: Option<u32>) -> Self {
        // What Bedrock would say instead.
        let code = match status {
            429 => "ThrottlingException",
            408 | 504 => "ModelTimeoutException",
            503 => "ServiceUnavailableException",
            401 | 403 => "AccessDeniedException",
            _ => "_OTHER",
        };
        Self {
            error_type: status.to_string(),
            ..Self::of_service(Some(code), None, wait)
        }
    }

    /// An error that Bedrock names. Statuses follow the [errors of
    /// Converse](https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors).
    fn of_service(code: Option<&str>, message: Option<&str>, wait: Option<u32>) -> Self {
        let code = code.unwrap_or("_OTHER");
        let (call, status, detail) = match code {
            "ThrottlingException" | "ServiceQuotaExceededException" | "TooManyRequestsException" => (
                CallStatus::Throttled,
                StatusCode::TOO_MANY_REQUESTS,
                "the model takes no more requests for now",
            ),
            "ModelTimeoutException" => (
                CallStatus::Timeout,
                StatusCode::GATEWAY_TIMEOUT,
                "the model took too long",
            ),
            "ModelNotReadyException" | "ServiceUnavailableException" => (
                CallStatus::Error,
                StatusCode::SERVICE_UNAVAILABLE,
                "the model is not available for now",
            ),
            "ValidationException" => (
                CallStatus::Error,
                StatusCode::BAD_REQUEST,
                "the model does not take this request",
            ),
            "AccessDeniedException"
            | "UnrecognizedClientException"
            | "InvalidSignatureException"
            | "ExpiredTokenException"
            | "MissingAuthenticationTokenException"
            | "IncompleteSignatureException" => (
                CallStatus::Error,
                StatusCode::BAD_GATEWAY,
                "the function may not call this model",
            ),
            "ResourceNotFoundException" => (
                CallStatus::Error,
                StatusCode::BAD_GATEWAY,
                "this model does not exist where the function calls it",
            ),
            _ => (CallStatus::Error, StatusCode::BAD_GATEWAY, "the model failed"),
        };
        let mut failure = Self::of_kind(call, &tidy(code), status, detail);
        if let (StatusCode::BAD_REQUEST, Some(message)) = (status, message.and_then(harmless)) {
            failure.problem.detail = format!("{detail}: {message}");
        }
        if matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
        ) {
            failure.problem.retry_after = Some(wait.unwrap_or(RETRY_AFTER).clamp(1, LONGEST_RETRY_AFTER));
        }
        failure
    }

    fn of_kind(call: CallStatus, error_type: &str, status: StatusCode, detail: &str) -> Self {
        Self {
            status: call,
            error_type: error_type.to_owned(),
            problem: Problem::new(status, detail),
        }
    }
}

/// The name of an exception within a stream, which the SDK knows by its type alone.
fn code_in_stream(error: &ConverseStreamOutputError) -> Option<&str> {
    match error {
        ConverseStreamOutputError::InternalServerException(_) => Some("InternalServerException"),
        ConverseStreamOutputError::ModelStreamErrorException(_) => Some("ModelStreamErrorException"),
        ConverseStreamOutputError::ServiceUnavailableException(_) => Some("ServiceUnavailableException"),
        ConverseStreamOutputError::ThrottlingException(_) => Some("ThrottlingException"),
        ConverseStreamOutputError::ValidationException(_) => Some("ValidationException"),
        other => other.code(),
    }
}

/// A name of an error as a name: what else a server may have written into it is left out.
fn tidy(code: &str) -> String {
    let name = code
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c));
    let name: String = name.take(80).collect();
    match name.is_empty() {
        true => "_OTHER".to_owned(),
        false => name,
    }
}

/// After how many seconds Bedrock wants to be asked again, by the header of HTTP or by its own, which is in
/// milliseconds.
fn wait(response: &HttpResponse) -> Option<u32> {
    let header = |name: &str| response.headers().get(name)?.trim().parse::<u32>().ok();
    header("retry-after").or_else(|| header("x-amz-retry-after").map(|millis| millis.div_ceil(1000)))
}

/// A message of Bedrock's about a request, in one line of bounded length; none that may name an account, a role or a
/// key.
fn harmless(message: &str) -> Option<String> {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let lower = line.to_ascii_lowercase();
    let named = ["arn:", "arn%3a", "aroa", "akia", "asia"];
    // Twelve digits are an account, however they are grouped.
    let mut digits = 0;
    let has_account = lower.chars().any(|c| {
        digits = match c {
            '0'..='9' => digits + 1,
            ' ' | '-' => digits,
            _ => 0,
        };
        digits >= 12
    });
    let is_harmless = !has_account && !named.iter().any(|name| lower.contains(name));
    is_harmless.then(|| line.chars().take(300).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_service(code: &str, status: CallStatus, http: u16, retry_after: Option<u32>) {
        let failure = Failure::of_service(Some(code), None, None);
        assert_eq!(failure.status, status, "{code}");
        assert_eq!(failure.problem.status.as_u16(), http, "{code}");
        assert_eq!(failure.problem.retry_after, retry_after, "{code}");
        assert_eq!(failure.error_type, code);
    }

    /// Every error that the API reference lists for Converse and ConverseStream.
    #[test]
    fn errors_of_bedrock_have_honest_statuses() {
        use CallStatus::{Error, Throttled, Timeout};
        assert_service("ThrottlingException", Throttled, 429, Some(1));
        assert_service("ServiceQuotaExceededException", Throttled, 429, Some(1));
        assert_service("ModelTimeoutException", Timeout, 504, None);
        assert_service("ModelNotReadyException", Error, 503, Some(1));
        assert_service("ServiceUnavailableException", Error, 503, Some(1));
        assert_service("ValidationException", Error, 400, None);
        assert_service("AccessDeniedException", Error, 502, None);
        assert_service("ResourceNotFoundException", Error, 502, None);
        assert_service("ModelErrorException", Error, 502, None);
        assert_service("ModelStreamErrorException", Error, 502, None);
        assert_service("InternalServerException", Error, 502, None);
        assert_service("SomethingNewException", Error, 502, None);
    }

    #[test]
    fn an_error_without_a_name_is_known_by_its_status() {
        use CallStatus::{Error, Throttled, Timeout};
        for (status, call, http, retry_after) in [
            (429, Throttled, 429, Some(7)),
            (503, Error, 503, Some(7)),
            (504, Timeout, 504, None),
            (408, Timeout, 504, None),
            (403, Error, 502, None),
            (400, Error, 502, None),
            (500, Error, 502, None),
        ] {
            let failure = Failure::of_status(status, Some(7));
            assert_eq!(failure.status, call, "{status}");
            assert_eq!(failure.problem.status.as_u16(), http, "{status}");
            assert_eq!(failure.problem.retry_after, retry_after, "{status}");
            assert_eq!(failure.error_type, status.to_string());
        }
    }

    #[test]
    fn bedrocks_wait_is_passed_on_within_bounds() {
        for (given, passed) in [(7, 7), (0, 1), (100_000, 300)] {
            let failure = Failure::of_service(Some("ThrottlingException"), None, Some(given));
            assert_eq!(failure.problem.retry_after, Some(passed));
        }
    }

    #[test]
    fn only_a_validation_message_is_passed_on() {
        let message = "max_tokens: 9000 > 4096,\nwhich is the maximum";
        let detail = |code| {
            Failure::of_service(Some(code), Some(message), None)
                .problem
                .detail
        };
        assert_eq!(
            detail("ValidationException"),
            "the model does not take this request: max_tokens: 9000 > 4096, which is the maximum"
        );
        for code in [
            "AccessDeniedException",
            "ThrottlingException",
            "InternalServerException",
        ] {
            assert!(!detail(code).contains("max_tokens"));
        }
    }

    #[test]
    fn a_message_that_may_name_an_account_is_not_passed_on() {
        for message in [
            "for arn:aws:bedrock:eu-west-1:111122223333:inference-profile/x",
            "for ARN:AWS:IAM::role/x",
            "for arn%3Aaws%3Abedrock",
            "of 111122223333",
            "of account 1111-2222-3333.",
            "of 1111 2222 3333",
            "by AROAEXAMPLE:session",
            "key AKIAEXAMPLE",
        ] {
            assert_eq!(harmless(message), None, "{message}");
        }
        assert!(harmless("200000 tokens > 4096 maximum").is_some());
    }

    #[test]
    fn names_of_errors_are_names() {
        assert_eq!(tidy("Throttling Exception\n\"}"), "ThrottlingException");
        assert_eq!(tidy("\u{202e}"), "_OTHER");
        assert_eq!(tidy(&"x".repeat(500)).len(), 80);
        assert_eq!(Failure::of_service(None, None, None).error_type, "_OTHER");
    }
}
