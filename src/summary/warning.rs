//! What a reader must know before believing a number.

use std::fmt;

use super::group::GroupSummary;
use crate::dataset::{Columns, Key, ModelSource};
use crate::invocation::{Ledger, StartType};
use crate::vocab::{counted, grouped};

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

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected { count, first } => {
                write!(
                    f,
                    "{} could not be read; the first: {first}",
                    counted(*count, "event")
                )
            }
            Self::TimingWithoutReport(count) => write!(
                f,
                "{} found no REPORT: it lies outside the input, or the request id is not Lambda's",
                counted(*count, "timing record")
            ),
            Self::StartedWithoutReport(count) => write!(
                f,
                "{} started and {} no REPORT (killed, still running, or cut off by an end of the input), so {} \
                 counted nowhere else",
                counted(*count, "invocation"),
                if *count == 1 { "has" } else { "have" },
                if *count == 1 { "it is" } else { "they are" }
            ),
            Self::DroppedByLambda(count) => write!(
                f,
                "Lambda dropped {} before they were stored (platform.logsDropped)",
                counted(*count, "log record")
            ),
            Self::StartToldAlone(count) => write!(
                f,
                "{} overlap others in an input without stream names, so the start type rests on their own records \
                 alone: initialisations that nobody waited for, or that ran again, look cold or warm",
                counted(*count, "invocation")
            ),
            Self::InferenceFromBedrock(count) => write!(
                f,
                "{} no inference time and {} Bedrock's own latency instead, which leaves out the network and retries",
                match count {
                    1 => "1 timing record has".to_owned(),
                    count => format!("{} timing records have", grouped(*count)),
                },
                if *count == 1 { "takes" } else { "take" }
            ),
            Self::WithoutTiming {
                of,
                count,
                invocations,
            } => write!(
                f,
                "{of}: no timing record for {} of {}, so their inference time is not known",
                grouped(*count as u64),
                counted(*invocations as u64, "invocation")
            ),
            Self::NoTimingAtAll => f.write_str(
                "no timing record was found, so models and inference are not known; if your handler logs its \
                 timing under names of its own, map them in the [timing] table of latscope.toml",
            ),
            Self::InferredModels { of, count } => write!(
                f,
                "{of}: the model of {} is inferred from {} function version, which used no other in the window",
                counted(*count as u64, "invocation"),
                if *count == 1 { "its" } else { "their" }
            ),
            Self::SeveralModels(count) => write!(
                f,
                "{} called several models and {} to none of them",
                counted(*count as u64, "invocation"),
                if *count == 1 { "belongs" } else { "belong" }
            ),
            Self::InferenceOverDuration { of, count } => write!(
                f,
                "{of}: the inference time of {} is longer than its duration (a wrong unit, or parallel calls \
                 without start times) and is left out",
                counted(*count as u64, "invocation")
            ),
            Self::CallsSummed { of, count } => write!(
                f,
                "{of}: {} made several model calls without start times; their times are added up, so calls at \
                 the same time count twice",
                counted(*count as u64, "invocation")
            ),
            Self::TimeoutsWithoutInference { of, count } => write!(
                f,
                "{of}: {} left no inference time, so inference quantiles look faster than they were",
                counted(*count as u64, "timeout")
            ),
            Self::ColdWithoutInit { of, count } => write!(
                f,
                "{of}: the log does not tell how long {} initialised; their total is too short",
                counted(*count as u64, "cold start")
            ),
            Self::UnknownStart { of, count } => write!(
                f,
                "{of}: the log does not tell how {} started",
                counted(*count as u64, "invocation")
            ),
            Self::Mixed { of, key, values } => write!(f, "{of}: {} is mixed: {values}", key.name()),
            Self::NotAllFetched {
                missing_ms,
                window_ms,
                reasons,
            } => {
                f.write_str("the store does not hold all of the window")?;
                if *missing_ms > 0 {
                    // Rounded up: what is missing is not 0 %.
                    let percent = (*missing_ms as f64 / (*window_ms).max(1) as f64 * 100.0).ceil();
                    write!(f, ": a log group lacks {percent} % of it")?;
                }
                if let Some(reason) = reasons.first() {
                    write!(f, " ({reason})")?;
                }
                f.write_str("; run latscope fetch again")
            }
            Self::OtherTimingKeys => f.write_str(
                "part of the store was fetched with other timing keys than latscope.toml has now, and may lack what \
                 these would find; run latscope fetch again",
            ),
            Self::WithoutTime(count) => write!(
                f,
                "{} no time and {} in no window",
                if *count == 1 {
                    "1 invocation has".to_owned()
                } else {
                    format!("{} invocations have", grouped(*count as u64))
                },
                if *count == 1 { "lies" } else { "lie" }
            ),
            Self::RepeatedAcrossInputs(count) => write!(
                f,
                "{} there before and {} for the first input that holds {}",
                if *count == 1 {
                    "1 event was".to_owned()
                } else {
                    format!("{} events were", grouped(*count))
                },
                if *count == 1 { "counts" } else { "count" },
                if *count == 1 { "it" } else { "them" }
            ),
            Self::Dependent {
                of,
                quantile,
                requests,
                worth,
            } => write!(
                f,
                "{of}: at {quantile} {} requests say as much as {} independent ones, since slow ones come together; \
                 the intervals are widened for it",
                grouped(*requests as u64),
                grouped(*worth)
            ),
            Self::FewEpisodes {
                of,
                quantile,
                episodes,
            } => write!(
                f,
                "{of}: {quantile} rests on {} slow {}, too few for a verdict",
                episodes,
                if *episodes == 1 { "episode" } else { "episodes" }
            ),
            Self::Excerpt {
                of,
                kept,
                invocations,
            } => write!(
                f,
                "{of}: of {} the counts and times are kept, the times to 3 significant digits; whatever else is said of \
                 them, such as inference share, cost and conditions, is of the {} that are kept in full",
                counted(*invocations as u64, "invocation"),
                grouped(*kept as u64)
            ),
            Self::SeveralLimits {
                of,
                smallest_ms,
                quantiles,
            } => write!(
                f,
                "{of}: some requests were stopped at {} ms while others ran on, and how long they would have taken is not \
                 known; so there is no verdict on {}",
                grouped(*smallest_ms),
                quantiles.join(", ")
            ),
            Self::Shared(count) => write!(
                f,
                "{} on both sides, so the sides are not independent",
                if *count == 1 {
                    "1 invocation is".to_owned()
                } else {
                    format!("{} invocations are", grouped(*count as u64))
                }
            ),
            Self::SmallSample {
                of,
                quantile,
                count,
                worth,
                needed,
                supported,
            } => {
                write!(
                    f,
                    "{of}: {quantile} needs {} requests for a finite 95 % interval and has {}",
                    grouped(*needed),
                    grouped(*count as u64)
                )?;
                if *worth < *count as u64 {
                    write!(f, ", worth {} independent ones", grouped(*worth))?;
                }
                match supported {
                    Some(supported) => write!(f, "; the highest quantile with one is {supported}"),
                    None => Ok(()),
                }
            }
            Self::FailuresDiffer { baseline, candidate } => write!(
                f,
                "failures differ: {baseline} of the baseline, {candidate} of the candidate; failures are not in the \
                 latency figures"
            ),
        }
    }
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

/// The doubts that concern some rows. `label` turns the value of a key into text.
pub fn row_warnings(
    of: &str,
    rows: &Columns,
    group: &GroupSummary,
    label: &dyn Fn(Key, Option<u32>) -> String,
) -> Vec<Warning> {
    let of = of.to_owned();
    let count_of = |is_in: &dyn Fn(usize) -> bool| (0..rows.len()).filter(|&row| is_in(row)).count();
    let is_start = |row: usize, start: StartType| rows.start[row] == start as u32;
    let mut warnings = Vec::new();
    if group.without_timing > 0 && group.without_timing < group.invocations {
        warnings.push(Warning::WithoutTiming {
            of: of.clone(),
            count: group.without_timing,
            invocations: group.invocations,
        });
    }
    let mut counted = |count: usize, warning: fn(String, usize) -> Warning| {
        if count > 0 {
            warnings.push(warning(of.clone(), count));
        }
    };
    counted(group.inferred_models, |of, count| Warning::InferredModels {
        of,
        count,
    });
    counted(group.inference_over_duration, |of, count| {
        Warning::InferenceOverDuration { of, count }
    });
    counted(count_of(&|row| rows.is_summed[row]), |of, count| {
        Warning::CallsSummed { of, count }
    });
    counted(group.timeouts_without_inference, |of, count| {
        Warning::TimeoutsWithoutInference { of, count }
    });
    counted(
        count_of(&|row| is_start(row, StartType::Cold) && rows.init_us[row].is_none()),
        |of, count| Warning::ColdWithoutInit { of, count },
    );
    counted(count_of(&|row| is_start(row, StartType::Unknown)), |of, count| {
        Warning::UnknownStart { of, count }
    });
    counted(
        count_of(&|row| rows.model_source[row] == ModelSource::Several),
        |_, count| Warning::SeveralModels(count),
    );
    for mixture in &group.mixtures {
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
