//! Floor 11: how arguments are typed. Nothing else knows clap.

mod args;
mod aws_args;
mod baseline_args;
mod check_args;
mod dashboard_args;
mod drive_args;
#[cfg(test)]
mod examples;
mod fetch_args;
mod man;
mod plan_args;
mod query_args;
mod render_args;
mod run;
mod setup_args;
mod store_args;

pub use run::run;
