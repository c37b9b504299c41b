//! One side of a comparison, described.

use super::arrivals::Arrivals;
use super::counted::Counted;
use super::requests::WAITED;
use crate::dataset::{Columns, Dataset, Error, Key, Optional, Window};
use crate::invocation::{Outcome, Span, StartType};
use crate::stats::{Confidence, Interval, Proportion, Sample};
use crate::summary::{
    Failures, GroupSummary, Latencies, Metric, MetricSummary, RowInference, Warning, inference_of,
    is_in_sample,
};
use crate::vocab::Timestamp;

/// Baseline or candidate.
#[derive(Debug, Clone)]
pub struct Side {
    /// How it is called in outputs: the model, or the selector where it is not a model.
    pub name: String,
    /// The ids under which the logs name its model, where it was selected by model.
    pub model_ids: Vec<String>,
    /// Its invocations.
    pub rows: Columns,
    /// Its invocations in order of their arrival.
    pub arrivals: Arrivals,
    /// Invocations that would be its own if their model were known and were its model.
    pub without_model: Columns,
    /// Its summary over all start types.
    pub group: GroupSummary,
    /// Its samples over all start types.
    pub all: Latencies,
    /// Its samples of each start type that occurs.
    pub starts: Vec<StartRow>,
    /// Time of its first and last invocation.
    pub span: Option<Span>,
    /// Where total time went.
    pub time: Option<TimeShares>,
    /// The window from which it was taken.
    pub window: Window,
    /// The properties by which it was selected.
    pub selected_by: Vec<Key>,
    /// Whether it is a saved baseline, whose positions are none of the dataset's.
    pub is_saved: bool,
    /// All its invocations as counts, where they are too many to be kept: then its rows are an excerpt of them, and
    /// all else is of all.
    pub counted: Option<Counted>,
}

/// What a side is called and how it was selected.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// See [`Side::name`].
    pub name: String,
    /// See [`Side::model_ids`].
    pub model_ids: Vec<String>,
    /// See [`Side::window`].
    pub window: Window,
    /// See [`Side::selected_by`].
    pub selected_by: Vec<Key>,
    /// See [`Side::without_model`].
    pub without_model: Columns,
}

/// Shares of the sum of total time; they add up to one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeShares {
    /// Model inference.
    pub inference: f64,
    /// Initialisation or restore that requests waited for.
    pub init: f64,
    /// Whether the log does not tell how long some of them waited.
    pub init_is_bound: bool,
    /// Everything else in the function.
    pub other: f64,
    /// The duration of requests without an inference time.
    pub unknown: f64,
}

impl TimeShares {
    /// With a larger share of unknown time nothing is said of what tuning could bring.
    pub const UNKNOWN_TOLERATED: f64 = 0.05;

    /// How many times as fast work on all but the model can make requests at most, if enough is known. What is not known
    /// may be taken away like everything else that is not inference.
    pub fn most_speedup(&self) -> Option<f64> {
        (self.unknown <= Self::UNKNOWN_TOLERATED).then(|| 1.0 / self.inference)
    }
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

impl Side {
    /// How many invocations waited for an initialisation or restore, failures included.
    pub fn waited(&self) -> usize {
        let waited = self.starts.iter().filter(|row| WAITED.contains(&row.start));
        waited.map(|row| row.invocations).sum()
    }

    /// Describes the rows of one side. `None` if there are none.
    ///
    /// # Errors
    /// If the column engine fails.
    pub fn of(identity: Identity, dataset: &Dataset, failures: Failures) -> Result<Option<Self>, Error> {
        if dataset.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self::of_rows(identity, dataset.rows()?, failures)))
    }

    /// Describes these rows.
    pub fn of_rows(identity: Identity, rows: Columns, failures: Failures) -> Self {
        let (mut all, starts) = Latencies::by_start(&rows, failures);
        let group = GroupSummary::of_latencies(Vec::new(), &rows, &all);
        // What is asked of it stands in the summary.
        all.share = None;
        Self {
            name: identity.name,
            model_ids: identity.model_ids,
            group,
            arrivals: Arrivals::of(&rows),
            all,
            starts: start_rows(starts, rows.len()),
            span: span(&rows),
            time: time_shares(&rows, failures),
            window: identity.window,
            selected_by: identity.selected_by,
            without_model: identity.without_model,
            is_saved: false,
            counted: None,
            rows,
        }
    }

    /// The same side, described by the counts of all its invocations where these tell, and by its rows, which are an
    /// excerpt of them, where not: of what requests consist, and what they share.
    pub(super) fn with_counts(mut self, counted: Counted, failures: Failures) -> Self {
        let samples = |start| Metric::ALL.map(|metric| counted.sample(metric, start, failures));
        self.all = self.all.with_samples(samples(None));
        let invocations = counted.invocations;
        let (_, of_excerpt) = Latencies::by_start(&self.rows, failures);
        self.starts = counted
            .starts
            .iter()
            .filter_map(|of| {
                let start = of.start_type();
                let proportion = Proportion::new(of.invocations(), invocations)?;
                let (_, of_excerpt) = of_excerpt[start as usize].clone();
                Some(StartRow {
                    start,
                    invocations: of.invocations() as usize,
                    share: proportion.share(),
                    share_interval: proportion.wilson(Confidence::C95),
                    latencies: of_excerpt.with_samples(samples(Some(start))),
                })
            })
            .collect();
        self.group = GroupSummary {
            invocations: invocations as usize,
            errors: counted.ended(Outcome::Error),
            timeouts: counted.ended(Outcome::Timeout),
            metrics: Metric::ALL.map(|metric| self.all.sample(metric).map(MetricSummary::of)),
            total: self.all.sample(Metric::Total).cloned(),
            ..self.group
        };
        self.span = counted.span_ms.map(|(first, last)| Span {
            first: Timestamp::from_epoch_millis(first),
            last: Timestamp::from_epoch_millis(last),
        });
        self.counted = Some(counted);
        self
    }

    /// What a reader must know if its rows are an excerpt.
    pub fn excerpt(&self) -> Option<Warning> {
        self.counted.as_ref().map(|_| Warning::Excerpt {
            of: self.name.clone(),
            kept: self.rows.len(),
            invocations: self.group.invocations,
        })
    }

    /// The values of a metric, of one start type or of all.
    pub fn sample(&self, metric: Metric, start: Option<StartType>) -> Option<&Sample> {
        match start {
            None => self.all.sample(metric),
            Some(start) => self.start(start)?.latencies.sample(metric),
        }
    }

    /// The invocations of one start type.
    pub fn start(&self, start: StartType) -> Option<&StartRow> {
        self.starts.iter().find(|row| row.start == start)
    }

    /// The summary of one metric over all start types.
    pub fn metric(&self, metric: Metric) -> Option<&MetricSummary> {
        self.group.metric(metric)
    }

    /// GB-seconds that a thousand invocations are billed: memory times billed duration, over those in the samples that
    /// tell both.
    pub fn gb_seconds_per_thousand(&self, failures: Failures) -> Option<f64> {
        let rows = &self.rows;
        let used: Vec<f64> = (0..rows.len())
            .filter(|&row| is_in_sample(rows, failures, row))
            .filter_map(|row| {
                Some(f64::from(rows.memory_mb.get(row)?) / 1024.0 * rows.billed_us.get(row)? as f64 / 1e6)
            })
            .collect();
        (!used.is_empty()).then(|| used.iter().sum::<f64>() / used.len() as f64 * 1000.0)
    }

    /// The values of a property that occur on this side.
    pub fn column(&self, key: Key) -> Option<&Optional<u32>> {
        match key {
            Key::Function => Some(&self.rows.function),
            Key::Version => Some(&self.rows.version),
            Key::Region => Some(&self.rows.region),
            Key::Memory => Some(&self.rows.memory_mb),
            Key::Model | Key::Start | Key::Stream | Key::Status => None,
        }
    }
}

fn start_rows(starts: [(usize, Latencies); StartType::ALL.len()], all: usize) -> Vec<StartRow> {
    StartType::ALL
        .into_iter()
        .zip(starts)
        .filter_map(|(start, (invocations, latencies))| {
            let proportion = Proportion::new(invocations as u64, all as u64)?;
            (invocations > 0).then(|| StartRow {
                start,
                invocations,
                share: proportion.share(),
                share_interval: proportion.wilson(Confidence::C95),
                latencies,
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

fn time_shares(rows: &Columns, failures: Failures) -> Option<TimeShares> {
    let (mut inference, mut init, mut other, mut unknown) = (0_u64, 0_u64, 0_u64, 0_u64);
    for row in (0..rows.len()).filter(|&row| is_in_sample(rows, failures, row)) {
        let duration = rows.duration_us[row];
        init += rows.init_us.get(row).unwrap_or(0);
        match inference_of(rows, row) {
            RowInference::Known(time) => {
                inference += time;
                other += duration - time;
            }
            RowInference::OverDuration | RowInference::Unknown => unknown += duration,
        }
    }
    let is_untold = |row: usize| rows.start[row] == StartType::Cold as u32 && rows.init_us.get(row).is_none();
    let init_is_bound = (0..rows.len()).any(|row| is_in_sample(rows, failures, row) && is_untold(row));
    let total = inference + init + other + unknown;
    let share = |part: u64| part as f64 / total as f64;
    (inference > 0).then(|| TimeShares {
        inference: share(inference),
        init: share(init),
        init_is_bound,
        other: share(other),
        unknown: share(unknown),
    })
}
