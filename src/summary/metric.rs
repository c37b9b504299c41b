//! The numbers that describe one metric of one group.

use crate::stats::{Confidence, Grade, Interval, Probability, Quantile, Sample, min_n_two_sided};

/// A time that is summarised. All are microseconds inside and milliseconds in outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// `REPORT` duration: the handler's time.
    Duration,
    /// Initialisation or restore that the request waited for.
    Init,
    /// Model inference, as the handler measured it.
    Inference,
    /// Duration minus inference: everything in the handler that is not the model.
    Overhead,
    /// Duration plus the initialisation or restore that the request waited for.
    Total,
    /// Billed duration.
    Billed,
}

impl Metric {
    /// Every metric, in the order of output.
    pub const ALL: [Self; 6] = [
        Self::Duration,
        Self::Init,
        Self::Inference,
        Self::Overhead,
        Self::Total,
        Self::Billed,
    ];

    /// The name in machine outputs, with its unit.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Duration => "duration_ms",
            Self::Init => "init_ms",
            Self::Inference => "inference_ms",
            Self::Overhead => "overhead_ms",
            Self::Total => "total_ms",
            Self::Billed => "billed_ms",
        }
    }

    /// The name in words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Duration => "duration",
            Self::Init => "init",
            Self::Inference => "inference",
            Self::Overhead => "overhead",
            Self::Total => "total",
            Self::Billed => "billed",
        }
    }
}

/// The quantiles of every summary.
pub const QUANTILES: [Probability; 4] = [
    Probability::P50,
    Probability::P90,
    Probability::P95,
    Probability::P99,
];

/// One quantile with its doubts.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantileSummary {
    /// Which quantile.
    pub p: Probability,
    /// The estimate, a lower bound if it falls among timeouts.
    pub estimate: Quantile,
    /// Its 95 % interval.
    pub interval: Interval,
    /// What the sample's size supports.
    pub grade: Grade,
    /// How many values a finite interval needs.
    pub n_needed: u64,
}

impl QuantileSummary {
    /// Describes one quantile of a sample.
    pub fn of(sample: &Sample, p: Probability) -> Self {
        Self {
            p,
            estimate: sample.quantile(p),
            interval: sample.interval(p, Confidence::C95),
            grade: Grade::of(sample.effective_size(), p),
            n_needed: min_n_two_sided(p, Confidence::C95),
        }
    }

    /// Whether it has no upper end, so that the requests around it are just the slowest.
    pub fn is_of_slowest(&self) -> bool {
        self.grade <= Grade::LowerBoundOnly
    }
}

/// One metric of one group.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricSummary {
    /// How many values, timeouts included.
    pub count: usize,
    /// How many values of independent requests they are worth.
    pub n_eff: f64,
    /// The smallest printed value.
    pub min: f64,
    /// The largest printed value.
    pub max: f64,
    /// The mean of the printed values.
    pub mean: f64,
    /// Each of [`QUANTILES`].
    pub quantiles: [QuantileSummary; 4],
}

impl MetricSummary {
    /// Describes a sample.
    pub fn of(sample: &Sample) -> Self {
        Self {
            count: sample.len(),
            n_eff: sample.effective_size(),
            min: sample.min(),
            max: sample.max(),
            mean: sample.mean(),
            quantiles: QUANTILES.map(|p| QuantileSummary::of(sample, p)),
        }
    }

    /// One of [`QUANTILES`].
    pub fn quantile(&self, p: Probability) -> Option<&QuantileSummary> {
        self.quantiles.iter().find(|quantile| quantile.p == p)
    }
}
