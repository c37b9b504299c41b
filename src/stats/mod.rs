//! Statistics of requests' durations: quantiles and shares with intervals, and comparisons.
//!
//! This floor is arithmetic on plain numbers in the caller's unit. It knows nothing of logs,
//! requests or models, and it refuses four things. It draws no random numbers: equal input gives
//! equal output. It gives no value where there is none: an empty sample cannot be made, and an end
//! of an interval that is not known is `None`. It never takes the limit at which a request was
//! stopped for the time it would have taken. And it assumes no shape of any distribution, but for
//! [`LogSpread::lognormal`], which plans and judges nothing.
//!
//! What each number means, and where the formula comes from, is in `docs/statistics.md`.

mod attribution;
mod balance;
mod batch_means;
mod binomial;
mod bits;
mod chebyshev;
mod check;
mod confidence;
mod convolution;
mod decision;
mod dependence;
mod fan_out;
mod grade;
mod histogram;
mod hodges_lehmann;
mod holm;
mod interval;
mod kaplan_meier;
mod level;
mod mann_whitney;
mod means;
mod median;
mod needed;
mod normal;
mod ordering;
mod paired;
mod pairs;
mod post_stratification;
mod probability;
mod proportion;
mod proportion_difference;
mod ratio_of_sums;
mod sample;
mod series;
mod share;
mod shared_keys;
mod sort;
mod special;
mod strata;
mod sum;
mod superiority;
mod theil_sen;
mod time_overlap;
mod trend;
mod verdict;
mod weights;
mod what_if;
mod wilcoxon;

pub use attribution::Attribution;
pub use balance::Balance;
pub use binomial::{RankInterval, continuous_binomial_quantile, order_statistic_ranks};
pub use check::Check;
pub use confidence::{QuantileComparison, compare, compare_dependent, compare_outward};
pub use decision::{Decision, Operator};
pub use dependence::{Dependence, SlowEpisodes};
pub use fan_out::{any_slow, quantile_of_one};
pub use grade::Grade;
pub use histogram::{Bucket, Histogram, MergeError};
pub use hodges_lehmann::HodgesLehmann;
pub use holm::holm;
pub use interval::{Interval, highest_finite_quantile, min_n_two_sided};
pub use kaplan_meier::KaplanMeier;
pub use level::Confidence;
pub use mann_whitney::MannWhitney;
pub use means::{MeanComparison, MeanEstimate, compare_means};
pub use needed::{
    LogSpread, growth_needed, requests_for_half_width, requests_needed, requests_to_exclude, requests_to_pass,
};
pub use ordering::{Placements, counts_before, kolmogorov_smirnov};
pub use paired::{KeyedPairs, Paired};
pub use post_stratification::{Observation, PostStratification};
pub use probability::{ParseProbabilityError, Probability};
pub use proportion::Proportion;
pub use proportion_difference::ProportionDifference;
pub use ratio_of_sums::RatioOfSums;
pub use sample::{Quantile, Sample};
pub use series::Series;
pub use share::Share;
pub use shared_keys::{SharedKeys, shared};
pub use sort::{ascending, merged, without};
pub use strata::{Standardised, Stratum};
pub use superiority::Superiority;
pub use theil_sen::TheilSen;
pub use time_overlap::TimeOverlap;
pub use trend::Trend;
pub use verdict::{Verdict, noise_floor};
pub use what_if::ColdStartWhatIf;
pub use wilcoxon::SignedRank;
