//! `latscope fetch`: from CloudWatch Logs into the store.

mod clock;
mod job;
mod online;
mod options;
mod policy;
mod progress;
mod rounds;
mod text;

pub(super) use clock::{CLOCKS_APART_MS, Clock};
pub(super) use online::{find, online};
pub use options::FetchOptions;
pub(super) use options::window;
pub use rounds::fetch;
pub(super) use text::{Cost, bytes, duration, subject};
