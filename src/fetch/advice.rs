//! What to do about a call that failed.

use std::fmt;

use super::error::Error;
use super::fault::{Fault, FaultKind};

/// An error as `latscope query` tells it: without options and a store that only `latscope fetch` has.
#[derive(Debug)]
pub struct OfQuery<'e>(pub &'e Error);

impl fmt::Display for OfQuery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Error::Call(fault) => write!(f, "{fault}\n{}", of_query(fault)),
            other => write!(f, "{other}"),
        }
    }
}

/// What the calls of a query need, for the user's policy.
const ACTIONS: &str = "a query needs logs:StartQuery, logs:GetQueryResults and logs:StopQuery on its log groups; docs/queries.md \
                       has the rest";

fn of_query(fault: &Fault) -> &'static str {
    match fault.kind {
        FaultKind::AccessDenied => ACTIONS,
        FaultKind::Throttled => {
            "the account runs as many queries as it may, or others use the same quota: try again later"
        }
        FaultKind::Transient => "try again",
        FaultKind::Invalid => {
            "are the names, the window and --endpoint-url right? Where all is right, this is a defect of latscope"
        }
        FaultKind::Other => "is --endpoint-url right, or AWS_ENDPOINT_URL?",
        FaultKind::Authentication | FaultKind::ClockSkew | FaultKind::Unreachable | FaultKind::NotFound => {
            of_fetch(fault)
        }
    }
}

/// The same for `latscope fetch`.
pub(super) fn of_fetch(fault: &Fault) -> &'static str {
    let is_of_query = ["logs:StartQuery", "logs:GetQueryResults"].contains(&fault.action);
    match fault.kind {
        FaultKind::Authentication => {
            "the credentials are wrong or have expired: renew them (aws sso login, aws configure), \
             and check them with aws sts get-caller-identity"
        }
        FaultKind::AccessDenied if is_of_query => {
            "latscope fetch --via insights --dry-run prints the IAM policy that is needed"
        }
        FaultKind::Throttled if is_of_query => {
            "the account runs as many queries as it may, or others use the same quota: try again later"
        }
        FaultKind::AccessDenied => "latscope fetch --dry-run prints the IAM policy that is needed",
        FaultKind::ClockSkew => "set the clock of this machine and try again",
        FaultKind::Unreachable => {
            "is there a network, and are --region and --endpoint-url right? A proxy is taken from HTTPS_PROXY"
        }
        FaultKind::Throttled => {
            "others use the same quota: give a lower --rate, or try again; what was fetched is kept"
        }
        FaultKind::Transient => "try again; what was fetched is kept",
        FaultKind::NotFound => {
            "was the log group deleted, or is it in another region? aws logs describe-log-groups lists those that there \
             are"
        }
        FaultKind::Invalid => {
            "are the names, the window and --endpoint-url right? With -vv each call is told; where all is right, this is \
             a defect of latscope"
        }
        FaultKind::Other => {
            "is --endpoint-url right, or AWS_ENDPOINT_URL? With -vv each call is told; what was fetched is kept"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of every kind, and of a call that a fetch makes too.
    #[test]
    fn a_query_is_told_of_no_option_that_it_lacks() {
        for kind in [
            FaultKind::Throttled,
            FaultKind::Transient,
            FaultKind::Unreachable,
            FaultKind::Authentication,
            FaultKind::AccessDenied,
            FaultKind::ClockSkew,
            FaultKind::NotFound,
            FaultKind::Invalid,
            FaultKind::Other,
        ] {
            for action in ["logs:StartQuery", "logs:DescribeLogGroups"] {
                let error = Error::Call(Fault {
                    kind,
                    action,
                    region: "eu-west-1".to_owned(),
                    said: "said".to_owned(),
                    attempts: 1,
                });
                let told = OfQuery(&error).to_string();
                assert_eq!(told.lines().count(), 2, "{told}");
                for word in ["-vv", "--rate", "fetch", "--via", "--dry-run", "kept"] {
                    assert!(!told.contains(word), "{kind:?}: {told}");
                }
            }
        }
    }
}
