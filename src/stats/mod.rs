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
mod batch_means;
mod binomial;
mod bits;
mod check;
mod confidence;
mod convolution;
mod dependence;
mod edges;
mod grade;
mod histogram;
mod hodges_lehmann;
mod holm;
mod interval;
mod level;
mod mann_whitney;
mod normal;
mod ordering;
mod pairs;
mod post_stratification;
mod probability;
mod proportion;
mod sample;
mod share;
mod special;
mod strata;
mod superiority;
mod weights;

pub use attribution::Attribution;
pub use binomial::{RankInterval, continuous_binomial_quantile, order_statistic_ranks};
pub use check::Check;
pub use confidence::{QuantileComparison, compare, compare_histograms, compare_outward};
pub use dependence::Dependence;
pub use grade::Grade;
pub use histogram::{Bucket, Histogram, MergeError};
pub use hodges_lehmann::HodgesLehmann;
pub use holm::holm;
pub use interval::{Interval, highest_finite_quantile, min_n_two_sided};
pub use level::Confidence;
pub use mann_whitney::MannWhitney;
pub use ordering::kolmogorov_smirnov;
pub use post_stratification::{Observation, PostStratification};
pub use probability::{ParseProbabilityError, Probability};
pub use proportion::Proportion;
pub use sample::{Quantile, Sample};
pub use share::Share;
pub use strata::{Stratum, standardise};
pub use superiority::Superiority;
