//! Floor 8: two selections become ratios with intervals.

mod adjusted;
mod answers;
mod arrivals;
mod compare;
mod composition;
mod control;
mod cost;
#[cfg(test)]
mod cost_tests;
mod counted;
mod doubts;
pub mod drawn;
mod effects;
mod equal_checks;
mod fan_out;
mod gate;
mod inference_share;
mod limits;
mod load_checks;
mod model_time;
mod ordered;
mod path;
mod prices;
mod prompt_pairs;
mod quantiles;
mod ranking;
mod rates;
mod requests;
mod saved;
mod several_limits;
mod side;
mod slowest;
mod time_spent;
mod unattributed;
mod what_if;
mod what_if_text;

pub use adjusted::{ADJUSTED, Adjusted, SameLength};
pub use answers::Answers;
pub use compare::{Comparison, compare_sides};
pub use composition::{Composition, Tail, TailDoubt};
pub use control::{Check, CheckState, Control, ControlState};
pub use cost::{ComparedCost, Cost, CostComparison, CostItem};
pub use counted::{Counted, CountedStart};
pub use drawn::Drawn;
pub use effects::Effects;
pub use fan_out::{FanOut, Slowest};
pub use gate::{
    Gate, GateError, GateOptions, GateResult, Judged, Leaning, Measured, Needed, OnInconclusive, Purpose,
    Quantity, Rate, Reason, Scale, Threshold, TimeUnit, judge,
};
pub use inference_share::{EstimatedShare, InferenceShare, Speedups};
pub use limits::{GATEWAY_LIMITS_S, Margin, OwnTimeout, SideLimits};
pub use model_time::{BedrockTime, Quantiles, Retries};
pub use path::{ComparedPoint, Path, PathSide, PathTail, Point, StageMeans, StagesAround};
pub use prices::{Architecture, Figure, ModelPrice, PriceList, Replacement};
pub use prompt_pairs::PromptPairs;
pub use quantiles::{ComparedQuantile, Direction, PRIMARY};
pub use ranking::{Ranked, Ranking};
pub use rates::{ComparedRate, RateOfSide, SHOWN_RATES};
pub use saved::{BASELINE_SCHEMA, SavedBaseline, SavedError};
pub use several_limits::{LimitedSide, SeveralLimits};
pub use side::{Identity, Side, StartRow, TimeShares};
pub use slowest::{SLOWEST, SlowRequest};
pub use time_spent::TimeSpent;
pub use unattributed::Unattributed;
pub use what_if::WhatIfOutcome;
pub use what_if_text::{Part, WhatIf, WhatIfError};
