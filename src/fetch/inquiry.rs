//! A query of Logs Insights over log groups, for its rows as they are.

use std::collections::BTreeSet;
use std::fmt;

use aws_sdk_cloudwatchlogs::types::ResultField;

use super::error::Error;
use super::groups::{Identifier, Target};
use super::pattern::as_regular_expression;
use super::query::{Ended, Ending, Question, run_query};
use super::scan::Scan;
use crate::vocab::TimeRange;

/// The most log groups that a query takes.
pub const MOST_GROUPS: usize = 50;

/// A query and what it is put to.
#[derive(Debug)]
pub struct Inquiry {
    targets: Vec<Target>,
    text: String,
    window: TimeRange,
    limit: u32,
}

/// Why one query cannot be put to some log groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InquiryFault {
    /// They are in these regions.
    SeveralRegions(Vec<String>),
    /// They are so many.
    TooManyGroups(usize),
    /// Some are of the standard class and some of Infrequent Access.
    SeveralClasses,
}

impl fmt::Display for InquiryFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SeveralRegions(regions) => write!(
                f,
                "a query runs in one region, and the log groups are in {}: give one --region",
                regions.join(", ")
            ),
            Self::TooManyGroups(count) => write!(
                f,
                "a query takes {MOST_GROUPS} log groups at most, and these are {count}: give a longer \
                 --log-group-prefix, or name them"
            ),
            Self::SeveralClasses => f.write_str(
                "a query cannot read log groups of the standard class and of Infrequent Access at once: ask for the \
                 one and the other",
            ),
        }
    }
}

impl std::error::Error for InquiryFault {}

/// What a query brought.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultTable {
    /// How it ended.
    pub ending: Ending,
    /// Its rows: names of fields with their values, which are all text. A value may be lacking.
    pub rows: Vec<Vec<(String, Option<String>)>>,
    /// What it read, under the names that the service has for it. Empty if it said nothing.
    pub statistics: Vec<(&'static str, f64)>,
}

/// A query of nothing but the window and the streams. StartQuery takes whole seconds, the last of them included, so that
/// windows that meet would share one.
fn restricted(text: &str, window: TimeRange, stream_prefix: Option<&str>) -> String {
    let (from, to) = (window.from.as_epoch_millis(), window.to.as_epoch_millis());
    let of_streams = stream_prefix.map_or_else(String::new, |prefix| {
        format!("\n| filter @logStream like /^{}/", as_regular_expression(prefix))
    });
    format!("filter toMillis(@timestamp) >= {from} and toMillis(@timestamp) < {to}{of_streams}\n| {text}")
}

impl Inquiry {
    /// A query over log groups, of which at most `limit` rows are wanted: of the events of the window, and of log streams
    /// whose names begin so where a beginning is given.
    ///
    /// # Errors
    /// If one query cannot read all of the groups.
    pub fn new(
        targets: Vec<Target>,
        text: &str,
        window: TimeRange,
        stream_prefix: Option<&str>,
        limit: u32,
    ) -> Result<Self, InquiryFault> {
        let regions: BTreeSet<&String> = targets.iter().map(|target| &target.group.region).collect();
        if regions.len() > 1 {
            return Err(InquiryFault::SeveralRegions(
                regions.into_iter().cloned().collect(),
            ));
        }
        if targets.len() > MOST_GROUPS {
            return Err(InquiryFault::TooManyGroups(targets.len()));
        }
        let infrequent = targets.iter().filter(|target| target.is_infrequent_access);
        if ![0, targets.len()].contains(&infrequent.count()) {
            return Err(InquiryFault::SeveralClasses);
        }
        Ok(Self {
            targets,
            text: restricted(text, window, stream_prefix),
            window,
            limit,
        })
    }

    /// The log groups.
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// The window.
    pub const fn window(&self) -> TimeRange {
        self.window
    }

    /// How many rows are asked for.
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// Puts the query and waits for its end, whatever that is. Who breaks off stops it through `scan`.
    ///
    /// # Errors
    /// If a call fails for good.
    pub async fn run(&self, scan: &Scan) -> Result<ResultTable, Error> {
        let Some(first) = self.targets.first() else {
            return Err(Error::Internal("a query of no log group".to_owned()));
        };
        let groups: Vec<&Identifier> = self.targets.iter().map(|target| &target.identifier).collect();
        let question = Question {
            regional: &first.regional,
            groups: &groups,
            text: &self.text,
            range: self.window,
            limit: self.limit,
        };
        let Ended {
            ending,
            rows,
            statistics,
        } = run_query(question, scan).await?;
        // No query of ours asks for messages, which may hold prompts. Who sends them all the same is not heeded.
        let cell = |field: ResultField| {
            let name = field.field.filter(|name| name != "@message")?;
            Some((name, field.value))
        };
        Ok(ResultTable {
            ending,
            rows: rows
                .into_iter()
                .map(|row| row.into_iter().filter_map(cell).collect())
                .collect(),
            statistics: statistics.map_or_else(Vec::new, |statistics| {
                vec![
                    ("recordsMatched", statistics.records_matched()),
                    ("recordsScanned", statistics.records_scanned()),
                    ("estimatedRecordsSkipped", statistics.estimated_records_skipped()),
                    ("bytesScanned", statistics.bytes_scanned()),
                    ("estimatedBytesSkipped", statistics.estimated_bytes_skipped()),
                    ("logGroupsScanned", statistics.log_groups_scanned()),
                ]
            }),
        })
    }
}
