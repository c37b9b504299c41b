//! Whether the two sides differ in nothing but what is compared.

use super::equal_checks::equal_checks;
use super::load_checks::load_checks;
use super::side::Side;
use crate::dataset::Dataset;
use crate::stats::{self, Dependence, Probability};
use crate::vocab::{counted, grouped};

/// What one check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckState {
    /// Both sides are known and alike.
    Alike,
    /// Nothing was found, but what was seen does not prove that they are alike.
    Unproven,
    /// The logs do not tell it of both sides.
    Unknown,
    /// They differ.
    Differs,
}

/// One thing that should be alike on both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// What it is, such as `memory`.
    pub name: &'static str,
    /// What it came to.
    pub state: CheckState,
    /// What was seen, in words, for whoever doubts it.
    pub detail: String,
}

/// What a comparison can be believed to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlState {
    /// All that should be alike is known to be.
    Controlled,
    /// No difference was seen, and something is not known or not proven.
    Unverified,
    /// A difference was seen that is not the one that is compared.
    Confounded,
}

impl ControlState {
    /// In one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Controlled => "controlled",
            Self::Unverified => "unverified",
            Self::Confounded => "confounded",
        }
    }
}

/// All checks of a comparison, in the order of output: those that differ first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Control {
    /// The checks.
    pub checks: Vec<Check>,
}

impl Control {
    /// What all checks come to.
    pub fn state(&self) -> ControlState {
        match self.checks.iter().map(|check| check.state).max() {
            Some(CheckState::Differs) => ControlState::Confounded,
            Some(CheckState::Alike) => ControlState::Controlled,
            _ => ControlState::Unverified,
        }
    }

    /// The first difference, for the headline.
    pub fn first_difference(&self) -> Option<&Check> {
        self.of(CheckState::Differs).next()
    }

    /// The checks that came to this.
    pub fn of(&self, state: CheckState) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(move |check| check.state == state)
    }

    /// Makes the checks of two sides. `floor` is what the baseline differs from itself by, if it does.
    pub(super) fn of_sides(
        baseline: &Side,
        candidate: &Side,
        dependence: [Option<Dependence>; 2],
        floor: Option<f64>,
        dataset: &Dataset,
    ) -> Self {
        let mut checks = equal_checks(baseline, candidate, dataset);
        checks.extend(load_checks(baseline, candidate, floor));
        checks.extend(dependence_checks(dependence));
        // The gravest first; among equals the order in which they were made.
        checks.sort_by_key(|check| std::cmp::Reverse(check.state));
        Self { checks }
    }
}

/// Whether requests stand for themselves, and whether p95 rests on enough of them. What they are worth is in every
/// interval, so that neither confounds: they leave less proven than their number suggests.
fn dependence_checks(dependence: [Option<Dependence>; 2]) -> Vec<Check> {
    let names = ["dependence of requests", "slow episodes"];
    let [Some(baseline), Some(candidate)] = dependence else {
        return names
            .map(|name| Check {
                name,
                state: CheckState::Unknown,
                detail: "the order of requests is not known".to_owned(),
            })
            .to_vec();
    };
    let both = [baseline, candidate];
    let state = |is_alike: bool| {
        if is_alike {
            CheckState::Alike
        } else {
            CheckState::Unproven
        }
    };
    let worth = |found: &Dependence| {
        let (worth, len) = (found.effective_size() as u64, found.len as u64);
        format!("{} of {}", grouped(worth), grouped(len))
    };
    let episodes = |found: &Dependence| counted(found.clusters as u64, "episode");
    vec![
        Check {
            name: names[0],
            state: state(both.iter().all(|found| found.check() == stats::Check::Ok)),
            detail: format!(
                "requests say as much of p95 as {} and {} independent ones",
                worth(&baseline),
                worth(&candidate)
            ),
        },
        Check {
            name: names[1],
            state: state(
                !both
                    .iter()
                    .any(|found| found.rests_on_few_clusters(Probability::P95)),
            ),
            detail: format!(
                "requests slower than p95 came in {} and {}",
                episodes(&baseline),
                episodes(&candidate)
            ),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(states: &[CheckState]) -> ControlState {
        let checks = states.iter().map(|&state| Check {
            name: "x",
            state,
            detail: String::new(),
        });
        Control {
            checks: checks.collect(),
        }
        .state()
    }

    #[test]
    fn one_difference_confounds_and_one_doubt_leaves_it_unverified() {
        use CheckState::{Alike, Differs, Unknown, Unproven};
        assert_eq!(state(&[Alike, Alike]), ControlState::Controlled);
        assert_eq!(state(&[Alike, Unproven]), ControlState::Unverified);
        assert_eq!(state(&[Alike, Unknown]), ControlState::Unverified);
        assert_eq!(state(&[Unknown, Differs, Alike]), ControlState::Confounded);
        assert_eq!(state(&[]), ControlState::Unverified, "nothing was checked");
    }
}
