//! `latscope query`: the queries of Logs Insights, listed, shown and run.

mod options;
mod run;
mod show;

pub use options::{QueryAction, QueryOptions, ResultFormat};
pub use run::query;
