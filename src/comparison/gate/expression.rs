//! What a gate says, and how it is written.

use std::fmt;

use crate::invocation::StartType;
use crate::stats::{Operator, Probability};
use crate::summary::Metric;

/// A condition under which a check fails, such as `p95(total) > +10%`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gate {
    /// What is measured.
    pub quantity: Quantity,
    /// The start type of the invocations that it is measured on; all where there is none.
    pub start: Option<StartType>,
    /// Whether too much or too little fails.
    pub operator: Operator,
    /// Where it begins to fail.
    pub threshold: Threshold,
}

/// What a gate measures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quantity {
    /// A quantile of a time.
    Quantile(Probability, Metric),
    /// The share of inference in the duration, as a ratio of sums.
    InferenceShare,
    /// How often something happens.
    Rate(Rate),
}

/// Something that happens to a share of the invocations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    /// The invocation timed out.
    Timeout,
    /// It failed otherwise.
    Error,
    /// It was a cold start.
    Cold,
    /// The last model call of it was throttled; among those with a timing record.
    Throttle,
}

impl Rate {
    /// Every rate.
    pub const ALL: [Self; 4] = [Self::Timeout, Self::Error, Self::Cold, Self::Throttle];

    /// The name in gates.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout_rate",
            Self::Error => "error_rate",
            Self::Cold => "cold_rate",
            Self::Throttle => "throttle_rate",
        }
    }
}

/// The name of the share of inference in gates.
pub(super) const INFERENCE_SHARE: &str = "inference_share";

/// Where a gate begins to fail. Numbers are as they were written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Threshold {
    /// So many per cent more or less than the baseline has.
    Relative(f64),
    /// So much more or less time than the baseline has.
    Difference(f64, TimeUnit),
    /// A time.
    Time(f64, TimeUnit),
    /// A share in per cent.
    Share(f64),
}

/// The unit of a time in a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeUnit {
    /// Milliseconds.
    Millis,
    /// Seconds.
    Seconds,
}

impl TimeUnit {
    /// So much of it in microseconds.
    pub(super) fn micros(self, amount: f64) -> f64 {
        match self {
            Self::Millis => amount * 1e3,
            Self::Seconds => amount * 1e6,
        }
    }
}

impl Gate {
    /// Whether it measures the candidate against the baseline.
    pub fn needs_baseline(&self) -> bool {
        matches!(self.threshold, Threshold::Relative(_) | Threshold::Difference(..))
    }
}

/// As it can be read again.
impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = self.start.map(StartType::name);
        match self.quantity {
            Quantity::Quantile(p, metric) => {
                write!(f, "{}({}", p.label(), metric.title())?;
                if let Some(start) = start {
                    write!(f, ", {start}")?;
                }
                f.write_str(")")?;
            }
            Quantity::InferenceShare | Quantity::Rate(_) => {
                f.write_str(match self.quantity {
                    Quantity::Rate(rate) => rate.name(),
                    _ => INFERENCE_SHARE,
                })?;
                if let Some(start) = start {
                    write!(f, "({start})")?;
                }
            }
        }
        let operator = match self.operator {
            Operator::Above => '>',
            Operator::Below => '<',
        };
        write!(f, " {operator} {}", self.threshold)
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Relative(percent) => write!(f, "{percent:+}%"),
            Self::Difference(amount, unit) => write!(f, "{amount:+}{unit}"),
            Self::Time(amount, unit) => write!(f, "{amount}{unit}"),
            Self::Share(percent) => write!(f, "{percent}%"),
        }
    }
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Millis => "ms",
            Self::Seconds => "s",
        })
    }
}
