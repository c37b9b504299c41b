//! Floor 10: one use case a file, with writers as parameters. Knows nothing of how arguments are
//! typed.

mod baseline;
mod check;
mod config;
mod dashboard;
mod error;
mod error_text;
mod exit;
mod fetch;
mod inspect;
mod load;
mod plan;
mod prices;
mod query;
mod render;
mod report;
mod saved;
mod selector;
mod selector_error;
mod sides;
mod store;
mod stored;
mod summarize;
mod surroundings;

pub use baseline::{BaselineAction, BaselineOptions, SaveOptions, baseline};
pub use check::{CheckFormat, CheckOptions, check};
pub use config::{Config, ConfigError, FetchDefaults};
pub use dashboard::{DashboardOptions, dashboard};
pub use error::Error;
pub use exit::ExitStatus;
pub use fetch::{FetchOptions, fetch};
pub use inspect::{InspectOptions, inspect};
pub use load::{Common, Loaded};
pub use plan::{PlanOptions, plan};
pub use query::{QueryAction, QueryFault, QueryOptions, ResultFormat, query};
pub use render::{RenderOptions, ReportForm, render};
pub use report::{ReportOptions, report};
pub use saved::{BaselineError, is_baseline_name};
pub use selector::Selector;
pub use selector_error::SelectorError;
pub use store::{ExportFormat, StoreAction, StoreOptions, store};
pub use summarize::{Format, SummaryOptions, summarize};
pub use surroundings::Surroundings;
