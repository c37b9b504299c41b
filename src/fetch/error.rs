//! Why nothing, or not everything, could be fetched.

use std::fmt;

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
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRegion => f.write_str(
                "no region: give --region REGION, or set AWS_REGION or the region of your AWS profile",
            ),
            Self::NoCredentials { said, profile } => no_credentials(f, said, profile.as_deref()),
            Self::Call(fault) => {
                write!(f, "{fault}")?;
                f.write_str(advice(fault))
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

fn no_credentials(f: &mut fmt::Formatter<'_>, said: &str, profile: Option<&str>) -> fmt::Result {
    let of_profile = profile
        .map(|profile| format!(" --profile {profile}"))
        .unwrap_or_default();
    let lower = said.to_lowercase();
    if lower.contains("sso") || lower.contains("session has expired") {
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

/// What to do about a failed call.
fn advice(fault: &Fault) -> &'static str {
    match fault.kind {
        FaultKind::Authentication => {
            "\nthe credentials are wrong or have expired: renew them (aws sso login, aws configure), \
             and check them with aws sts get-caller-identity"
        }
        FaultKind::AccessDenied => "\nlatscope fetch --dry-run prints the IAM policy that is needed",
        FaultKind::ClockSkew => "\nset the clock of this machine and try again",
        FaultKind::Unreachable => {
            "\nis there a network, and are --region and --endpoint-url right? A proxy is taken from HTTPS_PROXY"
        }
        FaultKind::Throttled => {
            "\nothers use the same quota: give a lower --rate, or try again; what was fetched is kept"
        }
        FaultKind::Transient => "\ntry again; what was fetched is kept",
        FaultKind::NotFound | FaultKind::Invalid | FaultKind::Other => "",
    }
}
