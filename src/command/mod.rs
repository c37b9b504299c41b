//! Floor 10: one use case a file, with writers as parameters. Knows nothing of how arguments are
//! typed.

mod config;
mod error;
mod exit;
mod figures;
mod inspect;
mod load;
mod report;
mod selector;
mod summarize;

pub use config::{ConfigError, timing_keys};
pub use error::Error;
pub use exit::ExitStatus;
pub use inspect::{InspectOptions, inspect};
pub use load::{Common, Loaded};
pub use report::{ReportOptions, report};
pub use selector::{Selector, SelectorError};
pub use summarize::{Format, SummaryOptions, summarize};
