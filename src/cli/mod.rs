//! Floor 11: how arguments are typed. Nothing else knows clap.

mod args;
mod run;

pub use run::{Terminal, run};
