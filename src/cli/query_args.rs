//! The arguments of `latscope query`.

use clap::{Args, Subcommand, ValueEnum};

use super::aws_args::AwsArgs;
use crate::command::{QueryAction, QueryOptions, ResultFormat};
use crate::fetch::{Asked, ROW_LIMIT};

pub(super) const QUERY_EXAMPLES: &str = "\
CloudWatch charges by what a query reads; how much that was is said at the end. Percentiles of queries are
approximate and come without intervals: latscope report has them.

Examples:
  latscope query list
  latscope query show latency --log-group /aws/lambda/chat
  latscope query run latency --function chat --since 1h
  latscope query run report-slowest --function chat --since 1d --format json > slowest.json";

const LIST_EXAMPLES: &str = "\
Examples:
  latscope query list";

const SHOW_EXAMPLES: &str = "\
Examples:
  latscope query show latency
  latscope query show cold-starts --log-group /aws/lambda/chat";

const RUN_EXAMPLES: &str = "\
Examples:
  latscope query run latency --function chat --since 1h
  latscope query run report-slowest --log-group-prefix /aws/lambda/prod- --since 1d --limit 10
  latscope query run latency --function chat --format csv > latency.csv";

#[derive(Debug, Args)]
pub(super) struct QueryArgs {
    #[command(subcommand)]
    action: ActionArg,
}

#[derive(Debug, Subcommand)]
enum ActionArg {
    /// List the queries, the logs that each is for, and what it answers
    #[command(after_help = LIST_EXAMPLES)]
    List,
    /// Print a query, or the command of the AWS CLI that runs it
    #[command(after_help = SHOW_EXAMPLES)]
    Show {
        /// Its name
        name: String,
        /// Print the command that puts the query to this log group, by name or ARN
        #[arg(long, value_name = "NAME")]
        log_group: Vec<String>,
    },
    /// Run a query and print its rows
    #[command(after_help = RUN_EXAMPLES)]
    Run(Box<RunArgs>),
}

#[derive(Debug, Args)]
struct RunArgs {
    /// Its name
    name: String,
    #[command(flatten)]
    aws: AwsArgs,
    /// Take only log streams whose names begin so
    #[arg(long, value_name = "PREFIX")]
    stream_prefix: Option<String>,
    /// Form of the output; json is what aws logs get-query-results prints
    #[arg(long, value_enum, default_value_t = FormatArg::Table)]
    format: FormatArg,
    /// The most rows [default: as many as the query asks for, or 10000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(ROW_LIMIT)))]
    limit: Option<u32>,
    /// Write nothing but rows, doubts about them, and errors
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    Table,
    Csv,
    Json,
}

impl QueryArgs {
    pub(super) fn into_action(self) -> Result<QueryAction, String> {
        Ok(match self.action {
            ActionArg::List => QueryAction::List,
            ActionArg::Show { name, log_group } => QueryAction::Show {
                name,
                groups: log_group,
            },
            ActionArg::Run(args) => QueryAction::Run(Box::new(args.into_options()?)),
        })
    }

    /// Whether nothing but results and errors is wanted. A list and a text stand for themselves.
    pub(super) fn is_quiet(&self) -> bool {
        match &self.action {
            ActionArg::Run(args) => args.quiet,
            ActionArg::List | ActionArg::Show { .. } => true,
        }
    }
}

impl RunArgs {
    fn into_options(self) -> Result<QueryOptions, String> {
        let aws = self.aws.into_parts(None)?;
        if let Some(prefix) = &self.stream_prefix {
            Asked::check_text("stream-prefix", prefix).map_err(|fault| format!("--{fault}"))?;
        }
        Ok(QueryOptions {
            name: self.name,
            asked: aws.asked,
            since: aws.since,
            until: aws.until,
            stream_prefix: self.stream_prefix,
            access: aws.access,
            limit: self.limit,
            format: match self.format {
                FormatArg::Table => ResultFormat::Table,
                FormatArg::Csv => ResultFormat::Csv,
                FormatArg::Json => ResultFormat::Json,
            },
            is_quiet: self.quiet,
            is_local: aws.is_local,
        })
    }
}
