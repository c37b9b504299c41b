//! One group of invocations, described.

use super::latency::{Failures, InferenceDoubts, Latencies, sample_of, share_of, total_of};
use super::metric::{Metric, MetricSummary};
use super::mixture::{Mixture, mixtures};
use super::warning::RowDoubts;
use crate::dataset::{Columns, Dataset, Error, Group, Key, ModelSource};
use crate::invocation::{Outcome, Task, WORTH_A_THREAD, side_by_side};
use crate::stats::{Confidence, Interval, Sample, Share};

/// The summary of one group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupSummary {
    /// Each key that was grouped by, with the group's value.
    pub values: Vec<(Key, Option<u32>)>,
    /// Invocations, failures included.
    pub invocations: usize,
    /// Failed invocations.
    pub errors: usize,
    /// Timed-out invocations.
    pub timeouts: usize,
    /// Invocations whose model was inferred from their function version.
    pub inferred_models: usize,
    /// Invocations without a timing record.
    pub without_timing: usize,
    /// Each metric, absent where no invocation has it.
    pub metrics: [Option<MetricSummary>; 6],
    /// The sample of total time.
    pub total: Option<Sample>,
    /// Share of inference in the duration.
    pub inference_share: Option<ShareSummary>,
    /// Invocations whose inference time exceeds their duration.
    pub inference_over_duration: usize,
    /// Timeouts without an inference time.
    pub timeouts_without_inference: usize,
    /// What else varies inside the group.
    pub mixtures: Vec<Mixture>,
}

/// Share of inference in the duration.
#[derive(Debug, Clone, PartialEq)]
pub struct ShareSummary {
    /// Sum of inference over sum of duration: the share of the time, and of the bill.
    pub ratio_of_sums: f64,
    /// Its 95 % interval, where there is one.
    pub interval: Option<Interval>,
    /// Median of the ratios of single requests: the share in a typical one.
    pub median: Option<f64>,
}

impl ShareSummary {
    /// Describes a share.
    pub fn of(share: &Share) -> Self {
        Self {
            ratio_of_sums: share.ratio_of_sums(),
            interval: share.interval(Confidence::C95),
            median: share.median_of_ratios(),
        }
    }
}

impl GroupSummary {
    /// Describes the rows of one group. Samples are made one after the other, so that there is no more than one of them beside
    /// that of total time.
    pub fn of(values: Vec<(Key, Option<u32>)>, rows: &Columns, failures: Failures) -> Self {
        let doubts = InferenceDoubts::of(rows, failures);
        let inference_share = share_of(rows, failures).as_ref().map(ShareSummary::of);
        let mut total = None;
        let metrics = Metric::ALL.map(|metric| {
            let sample = match metric {
                Metric::Total => total.clone(),
                metric => sample_of(rows, failures, metric),
            };
            if metric == Metric::Duration {
                total = total_of(rows, failures, sample.as_ref());
            }
            sample.as_ref().map(MetricSummary::of)
        });
        Self {
            metrics,
            total,
            inference_share,
            inference_over_duration: doubts.over_duration,
            timeouts_without_inference: doubts.timeouts_without,
            ..Self::counted(values, rows)
        }
    }

    /// Describes the rows of one group whose samples are known.
    pub fn of_latencies(values: Vec<(Key, Option<u32>)>, rows: &Columns, latencies: &Latencies) -> Self {
        Self {
            metrics: Metric::ALL.map(|metric| latencies.sample(metric).map(MetricSummary::of)),
            total: latencies.sample(Metric::Total).cloned(),
            inference_share: latencies.share.as_ref().map(ShareSummary::of),
            inference_over_duration: latencies.inference_over_duration,
            timeouts_without_inference: latencies.timeouts_without_inference,
            ..Self::counted(values, rows)
        }
    }

    /// What is counted of the rows of one group, without a look at their times.
    fn counted(values: Vec<(Key, Option<u32>)>, rows: &Columns) -> Self {
        let outcomes = |outcome: Outcome| {
            rows.outcome
                .iter()
                .filter(|&&code| code == outcome as u32)
                .count()
        };
        let grouped: Vec<Key> = values.iter().map(|(key, _)| *key).collect();
        let mut mixtures = mixtures(rows);
        mixtures.retain(|mixture| !grouped.contains(&mixture.key));
        Self {
            values,
            invocations: rows.len(),
            errors: outcomes(Outcome::Error),
            timeouts: outcomes(Outcome::Timeout),
            inferred_models: rows
                .model_source
                .iter()
                .filter(|source| **source == ModelSource::Inferred)
                .count(),
            without_timing: rows.is_matched.iter().filter(|is_matched| !**is_matched).count(),
            metrics: Default::default(),
            total: None,
            inference_share: None,
            inference_over_duration: 0,
            timeouts_without_inference: 0,
            mixtures,
        }
    }

    /// The summary of one metric.
    pub fn metric(&self, metric: Metric) -> Option<&MetricSummary> {
        self.metrics[metric as usize].as_ref()
    }

    /// The group's value of a key: `None` if it was not grouped by it, `Some(None)` if the value
    /// is not known.
    pub fn value(&self, key: Key) -> Option<Option<u32>> {
        self.values
            .iter()
            .find(|(other, _)| *other == key)
            .map(|(_, value)| *value)
    }
}

/// Summarises every group of a dataset, on at most so many threads, and counts what is doubtful about all of its rows.
///
/// # Errors
/// If the column engine fails.
pub fn summarize(
    dataset: &Dataset,
    keys: &[Key],
    failures: Failures,
    threads: usize,
) -> Result<(Vec<GroupSummary>, RowDoubts), Error> {
    let groups = dataset.group_by(keys)?;
    let summarized = |group: Group| {
        let rows = dataset.summed_up_rows_of(&group)?;
        // Where its rows stand is given back.
        let values = keys.iter().copied().zip(group.into_values()).collect();
        let summary = GroupSummary::of(values, &rows, failures);
        let doubts = RowDoubts::of(&rows, &summary);
        Ok((summary, doubts))
    };
    // The rows of one group after the other are there on each thread.
    let mut found: Vec<Option<Result<_, Error>>> = groups.iter().map(|_| None).collect();
    let tasks = groups
        .into_iter()
        .zip(&mut found)
        .map(|(group, found)| -> Task<'_> { Box::new(|| *found = Some(summarized(group))) });
    side_by_side(
        tasks.collect(),
        if dataset.len() < WORTH_A_THREAD {
            1
        } else {
            threads
        },
    );
    let mut doubts = RowDoubts::default();
    let mut summaries = Vec::with_capacity(found.len());
    for found in found.into_iter().flatten() {
        let (summary, of_rows) = found?;
        doubts.add(of_rows);
        summaries.push(summary);
    }
    Ok((summaries, doubts))
}
