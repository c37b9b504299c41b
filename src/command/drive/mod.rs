//! `latscope drive`: controlled repeated calls of an API.

mod cost;
mod file;
mod live;
mod options;
mod prepare;
mod run;
mod text;

pub use options::{DriveOptions, Limits, SecretOf, Signing};
pub use run::drive;
