//! Exit codes, which scripts rely on.

use crate::comparison::{Judged, OnInconclusive};
use crate::stats::Decision;

/// How the program ended. The numbers are part of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Everything was done. Also when whoever reads the output stops reading.
    Success = 0,
    /// Any failure that has no code of its own.
    Failure = 1,
    /// The command line or the configuration cannot be understood.
    Usage = 2,
    /// An input cannot be read.
    Unreadable = 3,
    /// The input was read, and nothing in it matches.
    NothingMatched = 4,
    /// There are no credentials for AWS, or they are not accepted.
    Authentication = 5,
    /// AWS does not allow what was asked for.
    AccessDenied = 6,
    /// The window was not fetched as a whole.
    Incomplete = 7,
    /// A run of `latscope drive` cannot be used.
    InvalidRun = 8,
    /// A gate failed.
    GateFailed = 10,
    /// No gate failed, and one could not be decided.
    GateInconclusive = 11,
}

impl ExitStatus {
    /// Every code with its meaning: what `--help` and the README show.
    pub const TABLE: [(u8, &'static str); 11] = [
        (0, "success"),
        (1, "any other failure"),
        (2, "usage: the command line or latscope.toml cannot be understood"),
        (3, "an input cannot be read"),
        (4, "nothing matched"),
        (5, "no credentials for AWS, or not accepted"),
        (6, "access denied by AWS"),
        (7, "the window was not fetched as a whole; what was is kept"),
        (
            8,
            "a run of drive cannot be used: saturated, interrupted, or nothing was answered",
        ),
        (10, "a gate of --fail-on failed"),
        (11, "no gate failed, and one could not be decided"),
    ];

    /// The number that the system is given.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// What gates come to.
    pub(super) fn of_gates(judged: &Judged) -> Self {
        match (judged.verdict(), judged.on_inconclusive) {
            (Decision::Fail, _) | (Decision::Inconclusive, OnInconclusive::Fail) => Self::GateFailed,
            (Decision::Inconclusive, OnInconclusive::Distinct) => Self::GateInconclusive,
            (Decision::Pass, _) | (Decision::Inconclusive, OnInconclusive::Pass | OnInconclusive::Warn) => {
                Self::Success
            }
        }
    }
}

/// A command that has nothing to say of its end succeeded.
impl From<()> for ExitStatus {
    fn from((): ()) -> Self {
        Self::Success
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_in_the_table() {
        for status in [
            ExitStatus::Success,
            ExitStatus::Failure,
            ExitStatus::Usage,
            ExitStatus::Unreadable,
            ExitStatus::NothingMatched,
            ExitStatus::Authentication,
            ExitStatus::AccessDenied,
            ExitStatus::Incomplete,
            ExitStatus::InvalidRun,
            ExitStatus::GateFailed,
            ExitStatus::GateInconclusive,
        ] {
            assert!(
                ExitStatus::TABLE.iter().any(|(code, _)| *code == status.code()),
                "{status:?}"
            );
        }
    }
}
