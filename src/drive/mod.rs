//! Floor 4: an API is called again and again, at times that are fixed beforehand, and what its caller sees becomes records.
//!
//! The load is open: a request goes out at its time whatever is outstanding, and its latency counts from that time. A closed
//! loop, which waits for each answer before it asks again, sends nothing while the API stalls, and so hides the stall.

mod answer;
mod auth;
mod connect;
mod ids;
mod job;
mod pace;
mod plan;
mod prompts;
mod record;
mod run;
mod send;
mod sign;
mod tally;
mod target;
mod template;
mod validity;

pub use latscope_schema::ClientPhase as Phase;

pub use auth::Headers;
pub use job::{Job, Model, Price, run_number};
pub use plan::{Arrival, Shape, Slot, schedule};
pub use prompts::{Prompt, own_prompts, parse_prompts};
pub use run::{Ending, Fault, Listener, Outcome, Progress, run};
pub use sign::Signer;
pub use tally::{Counts, Group, Tally};
pub use target::Target;
pub use template::Template;
pub use validity::Pace;
