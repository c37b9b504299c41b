//! What a reader must know before believing a number.

use std::collections::BTreeMap;

use super::group::GroupSummary;
use super::mixture::{mixtures_of, value_counts_of};
use crate::dataset::{Columns, Key, ModelSource};
use crate::invocation::{Ledger, StartType};

/// A doubt that goes with a result. Texts may hold names from logs: each output escapes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// Input that could not be read.
    Rejected {
        /// How many events or lines.
        count: u64,
        /// Place and reason of the first.
        first: String,
    },
    /// Timing records that found no `REPORT`.
    TimingWithoutReport(u64),
    /// Invocations that started and have no `REPORT`.
    StartedWithoutReport(u64),
    /// Log records that Lambda dropped.
    DroppedByLambda(u64),
    /// Invocations that overlap others in an input without stream names.
    StartToldAlone(u64),
    /// Inference times that are Bedrock's own, since the handler logged none.
    InferenceFromBedrock(u64),
    /// Part of the invocations has no timing record.
    WithoutTiming {
        /// Whose.
        of: String,
        /// How many have none.
        count: usize,
        /// Of how many.
        invocations: usize,
    },
    /// No invocation has a timing record.
    NoTimingAtAll,
    /// Models that were inferred.
    InferredModels {
        /// Whose.
        of: String,
        /// How many.
        count: usize,
    },
    /// Records of clients and of API Gateway that have the ids of another one and say something else.
    PathConflicts(u64),
    /// What is left out because conditions are about invocations.
    NotConditioned {
        /// Requests of clients.
        requests: usize,
        /// Model calls of Bedrock's own logs.
        calls: usize,
    },
    /// Invocations of clients' warm-ups, which are left out.
    WarmUpLeftOut(usize),
    /// Invocations of clients' bursts.
    Bursts {
        /// Whose.
        of: String,
        /// How many.
        count: usize,
    },
    /// Runs of clients that could not keep their schedule.
    InvalidRuns(usize),
    /// Runs of clients whose last line is missing.
    CutRuns(usize),
    /// Invocations that used several models.
    SeveralModels(usize),
    /// Inference times that exceed their invocation.
    InferenceOverDuration {
        /// Whose.
        of: String,
        /// How many.
        count: usize,
    },
    /// Several calls added up although they may overlap.
    CallsSummed {
        /// Whose.
        of: String,
        /// How many invocations.
        count: usize,
    },
    /// Timeouts that inference quantiles do not hold.
    TimeoutsWithoutInference {
        /// Whose.
        of: String,
        /// How many.
        count: usize,
    },
    /// Cold starts whose initialisation time the log does not tell.
    ColdWithoutInit {
        /// Whose.
        of: String,
        /// How many.
        count: usize,
    },
    /// Invocations whose start type the log does not tell.
    UnknownStart {
        /// Whose.
        of: String,
        /// How many.
        count: usize,
    },
    /// A property that takes several values inside one group.
    Mixed {
        /// Whose.
        of: String,
        /// Which property.
        key: Key,
        /// Its values with their counts.
        values: String,
    },
    /// The store does not hold all of the window.
    NotAllFetched {
        /// How much of the window at least one log group lacks.
        missing_ms: i64,
        /// How long the window is.
        window_ms: i64,
        /// Why.
        reasons: Vec<String>,
    },
    /// Part of the store was fetched with other keys of timing records than those that are configured.
    OtherTimingKeys,
    /// Invocations without a time, which no window holds.
    WithoutTime(usize),
    /// Events that several inputs hold, where a side is an input.
    RepeatedAcrossInputs(u64),
    /// Slow requests of a side come together, so that they say less than their number suggests.
    Dependent {
        /// The side.
        of: String,
        /// At which quantile.
        quantile: String,
        /// How many requests there are.
        requests: usize,
        /// How many independent ones they are worth.
        worth: u64,
    },
    /// A tail quantile of a side rests on so few slow episodes that nothing is proven of it.
    FewEpisodes {
        /// The side.
        of: String,
        /// Which quantile.
        quantile: String,
        /// How many episodes.
        episodes: usize,
    },
    /// A saved baseline holds counts of all its invocations and only some of these themselves.
    Excerpt {
        /// The side.
        of: String,
        /// How many are kept in full.
        kept: usize,
        /// How many there are.
        invocations: usize,
    },
    /// Requests of a side were stopped at different times, so that the comparison's tail is no longer one.
    SeveralLimits {
        /// The side.
        of: String,
        /// Where the first was stopped, in milliseconds.
        smallest_ms: u64,
        /// The quantiles that get no verdict.
        quantiles: Vec<String>,
    },
    /// Invocations that both sides hold.
    Shared(usize),
    /// A quantile that a side's size does not support.
    SmallSample {
        /// Whose.
        of: String,
        /// The quantile.
        quantile: String,
        /// How many values there are.
        count: usize,
        /// How many independent ones they are worth.
        worth: u64,
        /// How many a finite interval needs.
        needed: u64,
        /// The highest quantile that has one, as `p96.9`, where any has.
        supported: Option<String>,
    },
    /// The sides fail at different rates.
    FailuresDiffer {
        /// Failures of the baseline, per cent with its interval.
        baseline: String,
        /// Failures of the candidate, per cent with its interval.
        candidate: String,
    },
}

/// The doubts that concern the input as a whole.
pub fn input_warnings(ledger: &Ledger) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if ledger.rejected > 0 {
        let first = ledger.first_rejected.first();
        warnings.push(Warning::Rejected {
            count: ledger.rejected,
            first: first.map_or_else(String::new, |first| format!("{}: {}", first.origin, first.reason)),
        });
    }
    if ledger.path_conflicts > 0 {
        warnings.push(Warning::PathConflicts(ledger.path_conflicts));
    }
    if ledger.dropped_by_lambda > 0 {
        warnings.push(Warning::DroppedByLambda(ledger.dropped_by_lambda));
    }
    if ledger.start_told_alone > 0 {
        warnings.push(Warning::StartToldAlone(ledger.start_told_alone));
    }
    if ledger.inference_from_bedrock > 0 {
        warnings.push(Warning::InferenceFromBedrock(ledger.inference_from_bedrock));
    }
    if ledger.started_without_report > 0 {
        warnings.push(Warning::StartedWithoutReport(ledger.started_without_report));
    }
    if ledger.timing_without_report > 0 {
        warnings.push(Warning::TimingWithoutReport(ledger.timing_without_report));
    }
    if ledger.invocations() > 0 && ledger.matched == 0 {
        warnings.push(Warning::NoTimingAtAll);
    }
    warnings
}

impl Warning {
    /// The doubts about so many runs of clients that could not keep their schedule, or have no last line.
    pub fn of_runs(invalid: usize, cut: usize) -> impl Iterator<Item = Self> {
        let invalid = (invalid > 0).then_some(Self::InvalidRuns(invalid));
        let cut = (cut > 0).then_some(Self::CutRuns(cut));
        invalid.into_iter().chain(cut)
    }
}

/// How many rows there is a doubt about, doubt by doubt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowDoubts {
    invocations: usize,
    without_timing: usize,
    inferred_models: usize,
    inference_over_duration: usize,
    calls_summed: usize,
    timeouts_without_inference: usize,
    cold_without_init: usize,
    unknown_start: usize,
    several_models: usize,
    /// How many rows have each value of what makes latencies incomparable.
    values: BTreeMap<Key, BTreeMap<Option<u32>, usize>>,
}

impl RowDoubts {
    /// Those about the rows of a group.
    pub fn of(rows: &Columns, group: &GroupSummary) -> Self {
        let count_of = |is_in: &dyn Fn(usize) -> bool| (0..rows.len()).filter(|&row| is_in(row)).count();
        let is_start = |row: usize, start: StartType| rows.start[row] == start as u32;
        Self {
            invocations: group.invocations,
            without_timing: group.without_timing,
            inferred_models: group.inferred_models,
            inference_over_duration: group.inference_over_duration,
            calls_summed: count_of(&|row| rows.is_summed[row]),
            timeouts_without_inference: group.timeouts_without_inference,
            cold_without_init: count_of(&|row| {
                is_start(row, StartType::Cold) && rows.init_us.get(row).is_none()
            }),
            unknown_start: count_of(&|row| is_start(row, StartType::Unknown)),
            several_models: count_of(&|row| rows.model_source[row] == ModelSource::Several),
            values: value_counts_of(rows),
        }
    }

    /// Adds those about other rows.
    pub fn add(&mut self, other: Self) {
        self.invocations += other.invocations;
        self.without_timing += other.without_timing;
        self.inferred_models += other.inferred_models;
        self.inference_over_duration += other.inference_over_duration;
        self.calls_summed += other.calls_summed;
        self.timeouts_without_inference += other.timeouts_without_inference;
        self.cold_without_init += other.cold_without_init;
        self.unknown_start += other.unknown_start;
        self.several_models += other.several_models;
        for (key, counts) in other.values {
            let values = self.values.entry(key).or_default();
            counts
                .into_iter()
                .for_each(|(value, count)| *values.entry(value).or_default() += count);
        }
    }

    /// What is to be said about them. `label` turns the value of a key into text.
    pub fn warnings(&self, of: &str, label: &dyn Fn(Key, Option<u32>) -> String) -> Vec<Warning> {
        let of = of.to_owned();
        let mut warnings = Vec::new();
        if self.without_timing > 0 && self.without_timing < self.invocations {
            warnings.push(Warning::WithoutTiming {
                of: of.clone(),
                count: self.without_timing,
                invocations: self.invocations,
            });
        }
        let mut counted = |count: usize, warning: fn(String, usize) -> Warning| {
            if count > 0 {
                warnings.push(warning(of.clone(), count));
            }
        };
        counted(self.inferred_models, |of, count| Warning::InferredModels {
            of,
            count,
        });
        counted(self.inference_over_duration, |of, count| {
            Warning::InferenceOverDuration { of, count }
        });
        counted(self.calls_summed, |of, count| Warning::CallsSummed { of, count });
        counted(self.timeouts_without_inference, |of, count| {
            Warning::TimeoutsWithoutInference { of, count }
        });
        counted(self.cold_without_init, |of, count| Warning::ColdWithoutInit {
            of,
            count,
        });
        counted(self.unknown_start, |of, count| Warning::UnknownStart {
            of,
            count,
        });
        counted(self.several_models, |_, count| Warning::SeveralModels(count));
        for mixture in mixtures_of(&self.values) {
            let values: Vec<String> = mixture
                .values
                .iter()
                .map(|(value, count)| format!("{} ({count})", label(mixture.key, *value)))
                .collect();
            warnings.push(Warning::Mixed {
                of: of.clone(),
                key: mixture.key,
                values: values.join(", "),
            });
        }
        warnings
    }
}
