//! What was asked for.

use crate::command::config::FetchDefaults;
use crate::dataset::TimeBound;
use crate::fetch::{Access, Asked};

/// What `latscope query` does.
#[derive(Debug, Clone)]
pub enum QueryAction {
    /// Lists the queries.
    List,
    /// Prints one.
    Show {
        /// Its name.
        name: String,
        /// Log groups, by name or ARN. If there are any, a command of the AWS CLI is printed that puts the query to
        /// them.
        groups: Vec<String>,
    },
    /// Runs one.
    Run(Box<QueryOptions>),
}

/// What `latscope query run` was asked for.
#[derive(Debug, Clone)]
pub struct QueryOptions {
    /// The name of the query.
    pub name: String,
    /// The log groups.
    pub asked: Asked,
    /// The beginning of the window.
    pub since: Option<TimeBound>,
    /// Its end; now if it is not given.
    pub until: Option<TimeBound>,
    /// How the names of log streams begin; those of the configuration if it is not given.
    pub stream_prefix: Option<String>,
    /// How to get to AWS.
    pub access: Access,
    /// The most rows that are wanted, if not as many as the query asks for.
    pub limit: Option<u32>,
    /// Form of the output.
    pub format: ResultFormat,
    /// Whether nothing but results, doubts and errors is written.
    pub is_quiet: bool,
    /// Whether times are shown in this machine's zone.
    pub is_local: bool,
}

/// Form of the rows of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultFormat {
    /// A table for a terminal.
    Table,
    /// CSV.
    Csv,
    /// The document that `aws logs get-query-results` prints.
    Json,
}

impl QueryOptions {
    /// Fills what was not given from the configuration of `latscope fetch`.
    pub(super) fn with_defaults(mut self, defaults: &FetchDefaults) -> Self {
        if self.asked.is_empty() {
            self.asked = defaults.asked.clone();
        }
        self.access = self.access.or(&defaults.access);
        self.stream_prefix = self.stream_prefix.or_else(|| defaults.stream_prefix.clone());
        self.since = self.since.or(defaults.since);
        self
    }
}
