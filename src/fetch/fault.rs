//! What a call came to when it did not come to an answer.

use std::fmt;

use aws_sdk_cloudwatchlogs::config::http::HttpResponse;
use aws_sdk_cloudwatchlogs::error::{ProvideErrorMetadata, SdkError};

/// The kinds of failure that are treated differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The service asks to slow down.
    Throttled,
    /// The connection or the service failed; the same call may succeed.
    Transient,
    /// Nobody answers at the address of the service.
    Unreachable,
    /// There are no credentials, or the service does not accept them.
    Authentication,
    /// The credentials are known, and not allowed to do this.
    AccessDenied,
    /// The clocks of this machine and of the service differ too much.
    ClockSkew,
    /// What was asked for does not exist.
    NotFound,
    /// The service finds a parameter at fault, such as a token of a page that has expired.
    Invalid,
    /// Anything else.
    Other,
}

/// A call that failed, in words that hold no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What kind of failure.
    pub kind: FaultKind,
    /// The action as IAM names it, such as `logs:FilterLogEvents`.
    pub action: &'static str,
    /// The region that was called.
    pub region: String,
    /// The service's code, or what the connection came to; and its words where they are harmless.
    pub said: String,
    /// How often it was tried.
    pub attempts: u32,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (action, region) = (self.action, &self.region);
        match self.kind {
            FaultKind::Throttled => write!(f, "{action} in {region} was throttled")?,
            FaultKind::Transient => write!(f, "{action} in {region} failed")?,
            FaultKind::Unreachable => write!(f, "no connection to {region} for {action}")?,
            FaultKind::Authentication => write!(f, "{region} does not accept the credentials")?,
            FaultKind::AccessDenied => write!(f, "access denied in {region}: {action} is not allowed")?,
            FaultKind::ClockSkew => {
                write!(
                    f,
                    "the clock of this machine is wrong, so {region} refuses the calls"
                )?;
            }
            FaultKind::NotFound | FaultKind::Invalid | FaultKind::Other => {
                write!(f, "{action} in {region} was refused")?;
            }
        }
        if self.attempts > 1 {
            write!(f, " {} times", self.attempts)?;
        }
        write!(f, ": {}", self.said)
    }
}

impl std::error::Error for Fault {}

/// Codes that ask to slow down.
const THROTTLING: [&str; 8] = [
    "LimitExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// Codes that find fault with the credentials.
const AUTHENTICATION: [&str; 10] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

impl Fault {
    /// An answer that makes no sense.
    pub(super) fn other(action: &'static str, region: &str, said: &str) -> Self {
        Self {
            kind: FaultKind::Other,
            action,
            region: region.to_owned(),
            said: said.to_owned(),
            attempts: 1,
        }
    }

    /// Reads the failure of a call.
    pub(super) fn of<E>(action: &'static str, region: &str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let fault = |kind, said: String| Self {
            kind,
            action,
            region: region.to_owned(),
            said,
            attempts: 1,
        };
        match error {
            SdkError::ServiceError(context) => {
                let error = context.err();
                let status = context.raw().status().as_u16();
                if matches!(status, 200..=299) {
                    // The SDK takes an answer that it cannot read, such as one cut short on the way, for an error.
                    return fault(FaultKind::Transient, unreadable(status));
                }
                let code = error.code().unwrap_or("no error code");
                let kind = kind_of_answer(code, error.message().unwrap_or_default(), status);
                fault(kind, said_by_service(kind, code, error.message(), status))
            }
            SdkError::ResponseError(context) => {
                let status = context.raw().status().as_u16();
                let kind = if matches!(status, 400..=499) && status != 408 && status != 429 {
                    FaultKind::Other
                } else {
                    FaultKind::Transient
                };
                fault(kind, unreadable(status))
            }
            SdkError::TimeoutError(_) => fault(FaultKind::Transient, "no answer in time".to_owned()),
            SdkError::DispatchFailure(failure) => {
                let text = failure
                    .as_connector_error()
                    .map_or_else(|| "the connection failed".to_owned(), |error| innermost(error));
                // Of an address that is configured for this service alone.
                let is_no_address = chain(error).contains("must contain scheme");
                let is_refused = failure.as_connector_error().is_some_and(|error| {
                    let chain = chain(error);
                    [
                        "dns",
                        "(Connect)",
                        "connect error",
                        "Connection refused",
                        "lookup",
                    ]
                    .iter()
                    .any(|word| chain.contains(word))
                });
                let kind = match () {
                    () if chain_has_credentials(&chain(error)) => FaultKind::Authentication,
                    () if is_refused => FaultKind::Unreachable,
                    () if is_no_address || failure.is_user() => FaultKind::Other,
                    () => FaultKind::Transient,
                };
                fault(kind, harmless(&text))
            }
            other => {
                let kind = if chain_has_credentials(&chain(other)) {
                    FaultKind::Authentication
                } else {
                    FaultKind::Other
                };
                fault(kind, harmless(&innermost(other)))
            }
        }
    }

    /// Whether the same call may succeed when it is made again.
    pub fn is_worth_a_repeat(&self) -> bool {
        matches!(
            self.kind,
            FaultKind::Throttled | FaultKind::Transient | FaultKind::Unreachable
        )
    }
}

fn unreadable(status: u16) -> String {
    format!("an answer that cannot be read (HTTP {status})")
}

fn kind_of_answer(code: &str, message: &str, status: u16) -> FaultKind {
    let is_about_time = |text: &str| {
        ["Signature expired", "Signature not yet current", "too skewed"]
            .iter()
            .any(|words| text.contains(words))
    };
    match code {
        "RequestTimeTooSkewed" | "RequestExpired" => FaultKind::ClockSkew,
        _ if is_about_time(message) => FaultKind::ClockSkew,
        code if THROTTLING.contains(&code) => FaultKind::Throttled,
        code if AUTHENTICATION.contains(&code) => FaultKind::Authentication,
        "AccessDeniedException"
        | "AccessDenied"
        | "UnauthorizedOperation"
        | "NotAuthorized"
        | "OptInRequired" => FaultKind::AccessDenied,
        "ResourceNotFoundException" => FaultKind::NotFound,
        "InvalidParameterException" | "ValidationException" | "MalformedQueryException" => FaultKind::Invalid,
        "RequestTimeout"
        | "RequestTimeoutException"
        | "ServiceUnavailableException"
        | "InternalFailure"
        | "InternalError" => FaultKind::Transient,
        _ => match status {
            429 => FaultKind::Throttled,
            408 | 500..=599 => FaultKind::Transient,
            401 => FaultKind::Authentication,
            403 => FaultKind::AccessDenied,
            _ => FaultKind::Other,
        },
    }
}

/// The SDK's words, which name files, profiles and addresses. It also repeats all that a program for credentials wrote
/// to its standard error; of that nothing remains, since a secret may stand there.
pub(super) fn harmless(text: &str) -> String {
    if !text.contains("external process") {
        return masked(text);
    }
    let outcome = ["exit status: ", "signal: "].iter().find_map(|name| {
        let (_, rest) = text.split_once(name)?;
        let digits = rest.bytes().take(10).take_while(u8::is_ascii_digit).count();
        (digits > 0).then(|| format!(" ({name}{})", &rest[..digits]))
    });
    let how = match text.contains("could not parse response") {
        true => "gave no credentials that can be read",
        false => "failed",
    };
    let outcome = outcome.unwrap_or_default();
    format!("the credential_process of the profile {how}{outcome}; what it wrote is not shown")
}

/// The service's words. Answers about credentials quote their ids and tokens, those about signatures the signed request,
/// and those about a page its token; none of that is repeated.
fn said_by_service(kind: FaultKind, code: &str, message: Option<&str>, status: u16) -> String {
    let message = message.unwrap_or_default().trim();
    if kind == FaultKind::Authentication {
        return code.to_owned();
    }
    let quotes_request = ["ignature", "anonical", "x-amz-", "X-Amz-"]
        .iter()
        .any(|word| message.contains(word));
    if message.is_empty() || quotes_request {
        return format!("{code} (HTTP {status})");
    }
    format!("{code}: {}", masked(message))
}

/// The most words of others that are repeated.
const MOST_WORDS: usize = 60;

/// A text without what may be a token or an access key.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    for word in text.split_whitespace().take(MOST_WORDS) {
        if !masked.is_empty() {
            masked.push(' ');
        }
        match is_token(word) {
            true => masked.push('…'),
            false => push_without_keys(&mut masked, word),
        }
    }
    masked
}

/// Whether a word may be a token: long, and neither an ARN nor a path. A secret key has 40 characters.
fn is_token(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| c.is_ascii_punctuation() && c != '/');
    word.len() >= 40 && !bare.starts_with("arn:") && !bare.starts_with('/')
}

/// The fewest characters of an access key's id.
const SHORTEST_KEY: usize = 16;

/// Writes a word, with a sign in place of each id of an access key in it.
fn push_without_keys(text: &mut String, word: &str) {
    let is_of_key = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    let mut rest = word;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_of_key(c)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        let is_key = run.len() >= SHORTEST_KEY && (run.contains("AKIA") || run.contains("ASIA"));
        text.push_str(if is_key { "…" } else { run });
        let next = after.find(is_of_key).unwrap_or(after.len());
        text.push_str(&after[..next]);
        rest = &after[next..];
    }
}

/// The error and its causes, from the outermost on.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

/// What lies at the root of an error, which is what a person can act on.
fn innermost(error: &dyn std::error::Error) -> String {
    let (mut text, mut cause) = (error.to_string(), error.source());
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    text
}

fn chain_has_credentials(chain: &str) -> bool {
    chain.contains("credential") || chain.contains("identity")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_program_for_credentials_wrote_is_repeated() {
        for (text, expected) in [
            (
                "an error occurred while loading credentials: Error retrieving credentials: external process exited \
                 with code exit status: 1. Stderr: PLANTED exit status: 77",
                "the credential_process of the profile failed (exit status: 1); what it wrote is not shown",
            ),
            (
                "Error retrieving credentials: external process exited with code signal: 9 (SIGKILL). Stderr: PLANTED",
                "the credential_process of the profile failed (signal: 9); what it wrote is not shown",
            ),
            (
                "Error retrieving credentials from external process, could not parse response: PLANTED",
                "the credential_process of the profile gave no credentials that can be read; what it wrote is not shown",
            ),
        ] {
            assert_eq!(harmless(text), expected);
        }
        let said =
            "failed to read `/home/somebody/.aws/sso/cache/34c6fceca75e456f25e7e99531e2425c6c1de443.json`";
        assert_eq!(harmless(said), said);
    }

    #[test]
    fn tokens_and_keys_are_masked_and_names_are_not() {
        let token = "a1".repeat(20);
        for (message, expected) in [
            (format!("token {token} is bad"), "X: token … is bad"),
            (
                "User: arn:aws:iam::123456789012:user/a-name-that-is-rather-long is not allowed".to_owned(),
                "X: User: arn:aws:iam::123456789012:user/a-name-that-is-rather-long is not allowed",
            ),
            (
                "(AKIAIOSFODNN7EXAMPLE), Credential=ASIAIOSFODNN7EXAMPLE/2026 é".to_owned(),
                "X: (…), Credential=…/2026 é",
            ),
            (
                "ASIA and 2026-11-20 remain".to_owned(),
                "X: ASIA and 2026-11-20 remain",
            ),
        ] {
            assert_eq!(
                said_by_service(FaultKind::Other, "X", Some(&message), 400),
                expected
            );
        }
        let said = said_by_service(FaultKind::Authentication, "X", Some("the token SECRET"), 400);
        assert_eq!(said, "X");
    }
}
