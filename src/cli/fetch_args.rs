//! The arguments of `latscope fetch`.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

use super::aws_args::AwsArgs;
use crate::command::FetchOptions;
use crate::fetch::{Asked, Via};

pub(super) const FETCH_EXAMPLES: &str = "\
Credentials and region come from where the AWS CLI takes them. Prompts never reach the disk: of an
application's lines only the fields of timing records are kept.

Examples:
  latscope fetch --function chat --since 1h
  latscope fetch --log-group-prefix /aws/lambda/prod- --since 7d --region eu-west-1 --dry-run
  latscope fetch --log-group /my/logs --since 2026-11-22T10:00 --until 2026-11-22T12:00
  latscope report --baseline haiku --candidate nova-lite";

#[derive(Debug, Args)]
pub(super) struct FetchArgs {
    #[command(flatten)]
    aws: AwsArgs,
    /// Only log streams whose names begin so
    #[arg(long, value_name = "PREFIX")]
    stream_prefix: Option<String>,
    /// The store [default: LATSCOPE_STORE, or .latscope]
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    /// Print groups, window, what is in the store already, calls, time and the IAM policy that is needed; fetch
    /// nothing
    #[arg(long, conflicts_with = "follow")]
    dry_run: bool,
    /// Go on until interrupted
    #[arg(long, short, conflicts_with = "until")]
    follow: bool,
    /// By which API. Groups of the Infrequent Access class always go through Logs Insights, which costs by what it
    /// scans
    #[arg(long, value_enum, default_value_t = ViaArg::Filter)]
    via: ViaArg,
    /// FilterLogEvents calls a second and region [default: half of the region's quota, which is the account's]
    #[arg(long, value_name = "N")]
    rate: Option<f64>,
    /// Ask for every event instead of those that the analysis needs. What is no record is kept without its text
    #[arg(long)]
    all_events: bool,
    /// Write nothing but errors
    #[arg(long, short, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more; twice for every call
    #[arg(long, short, action = ArgAction::Count)]
    verbose: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ViaArg {
    Filter,
    Insights,
}

impl FetchArgs {
    pub(super) fn into_options(self) -> Result<FetchOptions, String> {
        let aws = self.aws.into_parts(self.rate)?;
        if let Some(prefix) = &self.stream_prefix {
            Asked::check_text("stream-prefix", prefix).map_err(|fault| format!("--{fault}"))?;
        }
        Ok(FetchOptions {
            since: aws.since,
            until: aws.until,
            asked: aws.asked,
            access: aws.access,
            store: self.store,
            stream_prefix: self.stream_prefix,
            is_all_events: self.all_events,
            via: match self.via {
                ViaArg::Filter => Via::Filter,
                ViaArg::Insights => Via::Insights,
            },
            is_dry_run: self.dry_run,
            is_following: self.follow,
            is_quiet: self.quiet,
            verbosity: self.verbose,
            is_local: aws.is_local,
        })
    }
}
