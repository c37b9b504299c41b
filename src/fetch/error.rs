//! Why nothing, or not everything, could be fetched.

use std::fmt;

use super::advice::of_fetch;
use super::fault::{Fault, FaultKind};
use crate::source::store::StoreError;

/// What ends a fetch.
#[derive(Debug)]
pub enum Error {
    /// No region was given, and none is configured.
    NoRegion,
    /// No credentials were found.
    NoCredentials {
        /// What the SDK said.
        said: String,
        /// The profile that was asked for.
        profile: Option<String>,
    },
    /// A call failed.
    Call(Fault),
    /// A log group does not exist.
    UnknownGroup {
        /// The name that was given.
        name: String,
        /// Where it was looked for.
        regions: Vec<String>,
        /// Names that are like it.
        near: Vec<String>,
    },
    /// No log group is named as asked for.
    NoGroup {
        /// What was asked for.
        asked: String,
        /// Where it was looked for.
        regions: Vec<String>,
    },
    /// A group's class keeps its events for nobody to read.
    UnreadableClass {
        /// The group.
        name: String,
        /// Its class.
        class: String,
    },
    /// The store cannot be used.
    Store(StoreError),
    /// A defect of latscope, or of the machine.
    Internal(String),
}

impl Error {
    /// Whether it is the credentials that are missing or not accepted.
    pub fn is_authentication(&self) -> bool {
        match self {
            Self::NoCredentials { .. } => true,
            Self::Call(fault) => matches!(fault.kind, FaultKind::Authentication | FaultKind::ClockSkew),
            _ => false,
        }
    }

    /// Whether something is not allowed.
    pub fn is_access(&self) -> bool {
        matches!(self, Self::Call(fault) if fault.kind == FaultKind::AccessDenied)
    }

    /// Whether a log group does not exist, however that showed.
    pub fn is_not_found(&self) -> bool {
        match self {
            Self::UnknownGroup { .. } | Self::NoGroup { .. } => true,
            Self::Call(fault) => fault.kind == FaultKind::NotFound,
            _ => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRegion => f.write_str(
                "no region: give --region REGION, or set AWS_REGION or the region of your AWS profile",
            ),
            Self::NoCredentials { said, profile } => no_credentials(f, said, profile.as_deref()),
            Self::Call(fault) => {
                write!(f, "{fault}\n{}", of_fetch(fault))
            }
            Self::UnknownGroup { name, regions, near } => {
                write!(f, "no log group {name:?} in {}", regions.join(", "))?;
                match near.as_slice() {
                    [] => {}
                    near => write!(f, "\nlike it: {}", near.join(", "))?,
                }
                f.write_str("\nis it in another region? give --region REGION")
            }
            Self::NoGroup { asked, regions } => write!(
                f,
                "no log group matches {asked} in {}\nis it in another region? give --region REGION",
                regions.join(", ")
            ),
            Self::UnreadableClass { name, class } => write!(
                f,
                "log group {name:?} is of class {class}, whose events cannot be read back"
            ),
            Self::Store(error) => write!(f, "{error}"),
            Self::Internal(said) => write!(f, "a defect of latscope: {said}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Call(fault)
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The SDK's words where a new SSO session helps (`aws-config`, `sso/token.rs`, `sso/cache.rs`, and what SSO answers to
/// a token that it does not accept).
const SSO: [&str; 4] = ["SSO token", "SSO OIDC", ".aws/sso/cache", "UnauthorizedException"];

/// Whether these words stand in a text as a whole, and not inside of others, as in a profile's name.
fn holds_words(text: &str, words: &str) -> bool {
    text.match_indices(words).any(|(at, _)| {
        let is_of_word = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        let (before, after) = (&text[..at], &text[at + words.len()..]);
        !before.ends_with(is_of_word) && !after.starts_with(is_of_word)
    })
}

fn no_credentials(f: &mut fmt::Formatter<'_>, said: &str, profile: Option<&str>) -> fmt::Result {
    let of_profile = profile
        .map(|profile| format!(" --profile {profile}"))
        .unwrap_or_default();
    if SSO.iter().any(|words| holds_words(said, words)) {
        return write!(
            f,
            "the SSO session has expired or was never begun ({said})\nrun: aws sso login{of_profile}"
        );
    }
    write!(
        f,
        "no AWS credentials: {said}\nset AWS_PROFILE or give --profile NAME, or AWS_ACCESS_KEY_ID and \
         AWS_SECRET_ACCESS_KEY; `aws sts get-caller-identity{of_profile}` shows whether they work"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(kind: FaultKind) -> Error {
        Error::Call(Fault {
            kind,
            action: "logs:FilterLogEvents",
            region: "eu-west-1".to_owned(),
            said: "said".to_owned(),
            attempts: 1,
        })
    }

    #[test]
    fn sso_is_told_by_the_words_of_the_sdk_alone() {
        let is_sso = |said: &str| {
            let error = Error::NoCredentials {
                said: said.to_owned(),
                profile: None,
            };
            error.to_string().contains("aws sso login")
        };
        for said in [
            "an error occurred while loading credentials: failed to load the cached SSO token",
            "the SSO token has expired and cannot be refreshed",
            "failed to read `/home/somebody/.aws/sso/cache/34c6fceca75e.json`: no such file",
            "service error: UnauthorizedException: Session token not found or invalid",
        ] {
            assert!(is_sso(said), "{said}");
        }
        for said in [
            "profile `lesson` was not defined: could not find source profile",
            "profile `SSO` was not defined: could not find source profile",
            "profile `x` has invalid SSO config: no region",
        ] {
            assert!(!is_sso(said), "{said}");
        }
    }

    #[test]
    fn what_does_not_exist_is_told_from_what_is_refused() {
        let no_group = Error::NoGroup {
            asked: String::new(),
            regions: Vec::new(),
        };
        assert!(no_group.is_not_found() && call(FaultKind::NotFound).is_not_found());
        assert!(!call(FaultKind::Invalid).is_not_found() && !Error::NoRegion.is_not_found());
    }

    #[test]
    fn every_failure_says_what_to_do() {
        for kind in [FaultKind::NotFound, FaultKind::Invalid, FaultKind::Other] {
            assert_eq!(call(kind).to_string().lines().count(), 2, "{kind:?}");
        }
    }
}
