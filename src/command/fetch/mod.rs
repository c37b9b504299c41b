//! `latscope fetch`: from CloudWatch Logs into the store.

mod clock;
mod job;
mod options;
mod policy;
mod progress;
mod rounds;
mod text;

pub use options::FetchOptions;
pub use rounds::fetch;
pub(super) use text::bytes;
