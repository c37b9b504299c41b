//! `latscope query`: the queries of Logs Insights, listed, shown and run.

mod fault;
mod options;
mod run;
mod show;

pub use fault::QueryFault;
pub use options::{QueryAction, QueryOptions, ResultFormat};
pub use run::query;
