//! What the figures show: plain numbers and names, reduced from the requests of all sides.
//!
//! Each figure has one structure here. It can be written as JSON and read again without loss, and its size has a bound
//! whatever the number of requests: a figure that is drawn from what was read is the same, byte by byte. Numbers have
//! seven significant digits, and a figure shows nothing that these do not tell. Times are milliseconds.
//! Nothing is drawn by lot: of too many values some are taken at equal distances of their ranks.

mod all;
mod cost_points;
mod distributions;
mod ecdfs;
mod inference_shares;
mod over_time;
mod path_bars;
mod phase_bars;
mod quantile_curves;
mod ratios;
mod rounded;
mod time_scale;
mod timeline;
mod token_points;
#[cfg(test)]
pub(crate) mod trial;

pub use all::Drawn;
pub use cost_points::{CostPoint, CostPoints, Unpriced};
pub use distributions::{BINS, Distribution, DistributionPanel, Distributions, FEWEST};
pub use ecdfs::{Ecdf, EcdfPoint, Ecdfs};
pub use inference_shares::{InferenceShareOf, InferenceShares};
pub use over_time::{Moment, OverTime, OverTimeOf, OverTimePoint, SingleRequest};
pub use phase_bars::{PhaseBar, PhaseBars, PhasePart};
pub use quantile_curves::{
    Knot, Named, NamedQuantile, QuantileCurve, QuantileCurves, SingleValue, StoppedAt,
};
pub use ratios::{ComparedRatio, Ratios, RatiosOf};
pub use time_scale::TimeScale;
pub use timeline::{Stretch, Timeline};
pub use token_points::{TokenLine, TokenPoint, TokenPoints, TokenPointsOf};

/// The most models that one figure shows.
pub const MOST_SERIES: usize = 10;

/// The most candidates that a figure shows beside their baseline.
pub const MOST_CANDIDATES: usize = MOST_SERIES - 1;
