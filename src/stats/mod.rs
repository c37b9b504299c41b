//! Statistics of requests' durations: quantiles and shares with intervals, and comparisons.
//!
//! This floor is arithmetic on plain numbers in the caller's unit. It knows nothing of logs,
//! requests or models, and it refuses four things. It draws no random numbers: equal input gives
//! equal output. It gives no value where there is none: an empty sample cannot be made, and an end
//! of an interval that is not known is `None`. It never takes the limit at which a request was
//! stopped for the time it would have taken. And it assumes no shape of any distribution.
//!
//! What each number means, and where the formula comes from, is in `docs/statistics.md`.

mod attribution;
mod binomial;
mod confidence;
mod convolution;
mod grade;
mod histogram;
mod interval;
mod level;
mod needed;
mod normal;
mod probability;
mod proportion;
mod sample;
mod share;
mod special;

pub use attribution::Attribution;
pub use binomial::{RankInterval, continuous_binomial_quantile, order_statistic_ranks};
pub use confidence::{QuantileComparison, compare};
pub use grade::Grade;
pub use histogram::{Bucket, Histogram, MergeError};
pub use interval::{Interval, highest_finite_quantile, min_n_two_sided};
pub use level::Confidence;
pub use needed::{LogSpread, growth_needed, requests_for_half_width, requests_to_exclude, requests_to_pass};
pub use probability::{ParseProbabilityError, Probability};
pub use proportion::Proportion;
pub use sample::{Quantile, Sample};
pub use share::Share;
