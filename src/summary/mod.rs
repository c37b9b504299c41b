//! Floor 7: groups of invocations become counts, quantiles with intervals, and shares.

mod clients;
mod ended;
mod group;
mod latency;
mod metric;
mod mixture;
mod model_calls;
mod phases;
mod shape;
mod stages;
mod warning;
mod warning_text;

pub use clients::{ClientSummary, Clients, clients};
pub use ended::{Ended, EndedCounts, RequestUse};
pub use group::{GroupSummary, ShareSummary, summarize};
pub use latency::{Failures, Latencies, RowInference, inference_of, is_in_sample, value_given, value_of};
pub use metric::{Metric, MetricSummary, QUANTILES, QuantileSummary};
pub use mixture::{Mixture, mixtures, value_counts};
pub use model_calls::{ModelCallSummary, model_calls};
pub use phases::{Phase, RowBedrock, RowPhases, bedrock_of};
pub use shape::{Shape, Shapes};
pub use stages::{RequestStages, STAGES, Stage};
pub use warning::{RowDoubts, Warning, input_warnings};
