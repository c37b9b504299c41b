//! Where the latency of a generative-AI API on AWS Lambda comes from, and whether another model
//! would really fix it.
//!
//! latscope reads saved Lambda logs and answers in seven steps, one module each:
//!
//! 1. [`source`]: files become events, each with its place in the input;
//! 2. [`parse`]: an event becomes a record of what Lambda or the handler said, or a rejection;
//! 3. [`invocation`]: the records of one request become one invocation, and a ledger accounts for
//!    every event;
//! 4. [`dataset`]: invocations become columns, from which rows are selected and grouped;
//! 5. [`summary`]: groups become counts, quantiles with intervals, and shares;
//! 6. [`comparison`]: two selections become ratios with intervals;
//! 7. [`render`]: results become text, JSON and figures.
//!
//! The first three steps, on the logs of the README:
//!
//! ```
//! use std::path::Path;
//!
//! use latscope::invocation::Collector;
//! use latscope::parse::{Parser, TimingKeys};
//! use latscope::source::{locate, read_file};
//!
//! let mut collector = Collector::new(Parser::new(TimingKeys::common())?);
//! for file in locate(&[Path::new("fixtures/haiku-vs-nova-lite").to_owned()])? {
//!     collector.begin_file(&file.path, file.argument);
//!     read_file(&file.path, &mut |item| {
//!         collector.take(item);
//!     })?;
//! }
//! let collected = collector.finish();
//! assert_eq!(collected.invocations.len(), 2400);
//! assert_eq!(collected.ledger.events(), 15_683);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`vocab`] holds the words that all share and [`stats`] the arithmetic, which knows nothing of
//! logs. A module names only modules that stand before it in this order: vocab, stats, source,
//! parse, fetch, drive, invocation, dataset, summary, comparison, render, command, cli. A test holds that.

#[cfg(feature = "cli")]
mod cli;
#[cfg(feature = "cli")]
pub mod command;
#[cfg(feature = "cli")]
pub mod comparison;
#[cfg(feature = "cli")]
pub mod dataset;
#[cfg(feature = "aws")]
pub mod drive;
#[cfg(feature = "aws")]
pub mod fetch;
pub mod invocation;
pub mod parse;
#[cfg(feature = "cli")]
pub mod render;
pub mod source;
pub mod stats;
#[cfg(feature = "cli")]
pub mod summary;
pub mod vocab;

#[cfg(feature = "cli")]
pub use cli::run;
