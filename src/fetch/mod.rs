//! Floor 4: events come from CloudWatch Logs into the store. The only home of the AWS SDK and of what is asynchronous.

mod asked;
mod describe;
mod error;
mod fault;
mod filter;
mod groups;
mod insights;
mod intake;
mod job;
mod limiter;
mod outcome;
mod pattern;
mod plan;
mod run;
mod server_clock;
mod session;
mod slice;

pub use asked::Asked;
pub use error::Error;
pub use fault::{Fault, FaultKind};
pub use groups::{Target, Targets, resolve};
pub use insights::{DOLLARS_PER_GB, ROW_LIMIT, Scan};
pub use intake::{Flow, Keep};
pub use job::{Forecast, Job, Via, forecast};
pub use limiter::{Limiter, filter_quota};
pub use outcome::{GroupProgress, Outcome, Progress};
pub use pattern::Patterns;
pub use plan::settled_before;
pub use run::run;
pub use session::{Access, Counters, Regional, connect};
