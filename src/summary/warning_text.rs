//! Warnings in words.

use std::fmt;

use super::warning::Warning;
use crate::vocab::{counted, grouped};

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
            Self::PathConflicts(count) => write!(
                f,
                "{} of clients or API Gateway {} the ids of another one and {} something else: one of each is believed, the \
                 others count as duplicates",
                counted(*count, "record"),
                if *count == 1 { "has" } else { "have" },
                if *count == 1 { "says" } else { "say" }
            ),
            Self::NotConditioned { requests, calls } => {
                let told = [
                    (*requests, "what callers saw of", "request"),
                    (*calls, "Bedrock's own records of", "model call"),
                ];
                let told: Vec<String> = told
                    .into_iter()
                    .filter(|(count, ..)| *count > 0)
                    .map(|(count, whose, what)| format!("{whose} {}", counted(count as u64, what)))
                    .collect();
                write!(
                    f,
                    "conditions (--where) are about invocations, so {} {} left out",
                    told.join(" and "),
                    if told.len() == 1 && *calls == 0 { "is" } else { "are" }
                )
            }
            Self::WarmUpLeftOut(count) => write!(
                f,
                "{} of a client's warm-up {} left out",
                counted(*count as u64, "invocation"),
                if *count == 1 { "is" } else { "are" }
            ),
            Self::Bursts { of, count } => write!(
                f,
                "{of}: {} of a client's bursts {} in all but the whole path; bursts make cold starts that the traffic would \
                 not have",
                counted(*count as u64, "invocation"),
                if *count == 1 { "counts" } else { "count" }
            ),
            Self::InvalidRuns(count) => write!(
                f,
                "{} of a client could not keep the schedule: what its caller saw is not what the planned load would have \
                 met; the last line of each says why",
                counted(*count as u64, "run")
            ),
            Self::CutRuns(count) => write!(
                f,
                "{} of a client {} no last line: whether the schedule was kept is not known",
                counted(*count as u64, "run"),
                if *count == 1 { "has" } else { "have" }
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
