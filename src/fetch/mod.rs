//! Floor 4: events come from CloudWatch Logs into the store. The only home of the AWS SDK and of what is asynchronous.

mod asked;
mod catalogue;
mod describe;
mod error;
mod fault;
mod filter;
mod groups;
mod inquiry;
mod insights;
mod intake;
mod job;
mod limiter;
mod outcome;
mod pattern;
mod plan;
mod query;
mod run;
mod server_clock;
mod session;
mod slice;

pub use asked::{Asked, name_of_function};
pub use catalogue::Query;
pub use error::Error;
pub use fault::{Fault, FaultKind};
pub use groups::{Target, Targets, resolve};
pub use inquiry::{Inquiry, InquiryFault, ResultTable};
pub use insights::ROW_LIMIT;
pub use intake::{Flow, Keep};
pub use job::{Forecast, Job, Via, forecast};
pub use limiter::{Limiter, filter_quota};
pub use outcome::{GroupProgress, Outcome, Progress};
pub use pattern::Patterns;
pub use plan::settled_before;
pub use query::{DOLLARS_PER_GB, Ending, Scan};
pub use run::run;
pub use session::{Access, Counters, Regional, connect};
