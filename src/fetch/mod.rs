//! Floor 4: events come from CloudWatch Logs into the store. The only home of the AWS SDK and of what is asynchronous.

mod error;
mod fault;
mod filter;
mod groups;
mod insights;
mod intake;
mod limiter;
mod pattern;
mod plan;
mod run;
mod session;
mod slice;

pub use error::Error;
pub use fault::{Fault, FaultKind};
pub use groups::{Asked, Target, Targets, resolve};
pub use insights::{DOLLARS_PER_GB, ROW_LIMIT, Scan};
pub use intake::{Flow, Keep};
pub use limiter::{Limiter, filter_quota};
pub use pattern::Patterns;
pub use plan::settled_before;
pub use run::{Forecast, GroupProgress, Job, Outcome, Progress, Via, forecast, run};
pub use session::{Access, Counters, Regional, connect};
