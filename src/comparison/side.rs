//! One side of a comparison, described.

use crate::dataset::{Columns, Dataset, Error, Key};
use crate::invocation::{Outcome, Span, StartType};
use crate::stats::{Attribution, Confidence, Interval, Probability, Proportion};
use crate::summary::{Failures, GroupSummary, Latencies, Metric, MetricSummary};

/// The parts that a total is made of, in this order. `other` is duration minus inference, and
/// `not known` the duration of invocations without an inference time.
pub const PARTS: [&str; 4] = ["init", "inference", "other", "not known"];

/// Baseline or candidate.
#[derive(Debug, Clone)]
pub struct Side {
    /// How it is called in outputs: the model, or the selector where it is not a model.
    pub name: String,
    /// The ids under which the logs name its model, where it was selected by model.
    pub model_ids: Vec<String>,
    /// Its invocations.
    pub rows: Columns,
    /// Its summary over all start types.
    pub group: GroupSummary,
    /// Its samples over all start types.
    pub all: Latencies,
    /// Its samples of each start type that occurs.
    pub starts: Vec<StartRow>,
    /// Time of its first and last invocation.
    pub span: Option<Span>,
    /// What the requests around p50, p95 and p99 of total time are made of.
    pub composition: Vec<Composition>,
    /// How near it comes to the limits of API Gateway.
    pub margins: Vec<Margin>,
    /// Where the total time of the requests with an inference time went.
    pub time: Option<TimeShares>,
}

/// Shares of the sum of total time; they add up to one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeShares {
    /// Model inference.
    pub inference: f64,
    /// Initialisation or restore that requests waited for.
    pub init: f64,
    /// Everything else in the function.
    pub other: f64,
}

/// The invocations of one start type on one side.
#[derive(Debug, Clone)]
pub struct StartRow {
    /// The start type.
    pub start: StartType,
    /// How many invocations, failures included.
    pub invocations: usize,
    /// Their share of the side, with its 95 % interval.
    pub share: f64,
    /// The interval of the share.
    pub share_interval: Interval,
    /// Their samples.
    pub latencies: Latencies,
}

/// What the requests around a quantile of total time are made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Composition {
    /// The quantile.
    pub p: Probability,
    /// How many requests were averaged.
    pub requests: usize,
    /// The mean of each of [`PARTS`], in microseconds.
    pub parts_us: Vec<f64>,
}

/// How near total time comes to a limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Margin {
    /// The limit in seconds.
    pub limit_s: u64,
    /// Invocations over it.
    pub over: u64,
    /// All invocations.
    pub invocations: u64,
    /// The largest share of requests over the limit that is compatible with these, one-sided 95 %.
    pub upper_bound: f64,
}

/// The default limit of API Gateway's REST APIs and the fixed one of its HTTP APIs, in seconds.
const GATEWAY_LIMITS_S: [u64; 2] = [29, 30];

impl Side {
    /// Describes one side. `None` if it holds no invocation.
    ///
    /// # Errors
    /// If the column engine fails.
    pub fn of(
        name: String,
        model_ids: Vec<String>,
        dataset: &Dataset,
        failures: Failures,
    ) -> Result<Option<Self>, Error> {
        let Some(group) = dataset.group_by(&[])?.into_iter().next() else {
            return Ok(None);
        };
        let rows = group.rows;
        Ok(Some(Self {
            name,
            model_ids,
            group: GroupSummary::of(Vec::new(), &rows, failures),
            all: Latencies::of(&rows, failures),
            starts: start_rows(&rows, failures),
            span: span(&rows),
            composition: composition(&rows, failures),
            margins: margins(&rows),
            time: time_shares(&rows, failures),
            rows,
        }))
    }

    /// The invocations of one start type.
    pub fn start(&self, start: StartType) -> Option<&StartRow> {
        self.starts.iter().find(|row| row.start == start)
    }

    /// The summary of one metric over all start types.
    pub fn metric(&self, metric: Metric) -> Option<&MetricSummary> {
        self.group.metric(metric)
    }

    /// The values of a property that occur on this side.
    pub(super) fn column(&self, key: Key) -> &[Option<u32>] {
        match key {
            Key::Function => &self.rows.function,
            Key::Version => &self.rows.version,
            Key::Region => &self.rows.region,
            Key::Memory => &self.rows.memory_mb,
            Key::Model | Key::Start | Key::Stream | Key::Status => &[],
        }
    }
}

fn start_rows(rows: &Columns, failures: Failures) -> Vec<StartRow> {
    StartType::ALL
        .into_iter()
        .filter_map(|start| {
            let invocations = rows.start.iter().filter(|&&code| code == start as u32).count();
            let proportion = Proportion::new(invocations as u64, rows.len() as u64)?;
            (invocations > 0).then(|| StartRow {
                start,
                invocations,
                share: proportion.share(),
                share_interval: proportion.wilson(Confidence::C95),
                latencies: Latencies::of_start(rows, failures, start),
            })
        })
        .collect()
}

fn span(rows: &Columns) -> Option<Span> {
    let times = || rows.ended_at.iter().flatten();
    Some(Span {
        first: *times().min()?,
        last: *times().max()?,
    })
}

/// Whether the latency figures hold this row.
fn is_in_sample(rows: &Columns, failures: Failures, row: usize) -> bool {
    rows.outcome[row] != Outcome::Error as u32 || failures == Failures::Included
}

fn time_shares(rows: &Columns, failures: Failures) -> Option<TimeShares> {
    let (mut inference, mut init, mut total) = (0_u64, 0_u64, 0_u64);
    for row in (0..rows.len()).filter(|&row| is_in_sample(rows, failures, row)) {
        let duration = rows.duration_us[row];
        let waited = rows.init_us[row].unwrap_or(0);
        if let Some(time) = rows.inference_us[row].filter(|time| *time <= duration) {
            inference += time;
            init += waited;
            total += duration.saturating_add(waited);
        }
    }
    let share = |part: u64| part as f64 / total as f64;
    (total > 0).then(|| TimeShares {
        inference: share(inference),
        init: share(init),
        other: share(total - inference - init),
    })
}

fn composition(rows: &Columns, failures: Failures) -> Vec<Composition> {
    let is_in = |&row: &usize| is_in_sample(rows, failures, row);
    let mut totals = Vec::new();
    let mut parts: [Vec<f64>; 4] = Default::default();
    for row in (0..rows.len()).filter(is_in) {
        let (duration, init) = (rows.duration_us[row], rows.init_us[row].unwrap_or(0));
        let inference = rows.inference_us[row].filter(|inference| *inference <= duration);
        let (inference, other, unknown) = match inference {
            Some(inference) => (inference, duration - inference, 0),
            None => (0, 0, duration),
        };
        totals.push(duration.saturating_add(init) as f64);
        for (part, value) in parts.iter_mut().zip([init, inference, other, unknown]) {
            part.push(value as f64);
        }
    }
    let columns: Vec<&[f64]> = parts.iter().map(Vec::as_slice).collect();
    [Probability::P50, Probability::P95, Probability::P99]
        .into_iter()
        .filter_map(|p| {
            let attribution = Attribution::of(&totals, &columns, p)?;
            Some(Composition {
                p,
                requests: attribution.last_rank + 1 - attribution.first_rank,
                parts_us: attribution.mean_components,
            })
        })
        .collect()
}

fn margins(rows: &Columns) -> Vec<Margin> {
    let totals =
        || (0..rows.len()).map(|row| rows.duration_us[row].saturating_add(rows.init_us[row].unwrap_or(0)));
    GATEWAY_LIMITS_S
        .into_iter()
        .filter_map(|limit_s| {
            let over = totals().filter(|total| *total > limit_s * 1_000_000).count() as u64;
            let invocations = rows.len() as u64;
            let upper_bound = Proportion::new(over, invocations)?.upper_bound_95();
            Some(Margin {
                limit_s,
                over,
                invocations,
                upper_bound,
            })
        })
        .collect()
}
