//! The arguments of `latscope fetch`.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

use crate::command::FetchOptions;
use crate::dataset::TimeBound;
use crate::fetch::{Access, Asked, Via};

pub(super) const FETCH_EXAMPLES: &str = "\
Examples:
  latscope fetch --function chat --since 1h
  latscope fetch --log-group-prefix /aws/lambda/prod- --since 7d --region eu-west-1 --dry-run
  latscope fetch --log-group /my/logs --since 2026-11-22T10:00 --until 2026-11-22T12:00
  latscope report --baseline haiku --candidate nova-lite

Credentials and region come from where the AWS CLI takes them. Prompts never reach the disk: of an
application's lines only the fields of timing records are kept.";

#[derive(Debug, Args)]
pub(super) struct FetchArgs {
    /// A log group, by name or ARN
    #[arg(long, value_name = "NAME")]
    log_group: Vec<String>,
    /// A function: the log group of its logging configuration, else /aws/lambda/NAME
    #[arg(long, value_name = "NAME")]
    function: Vec<String>,
    /// Every log group whose name begins so
    #[arg(long, value_name = "PREFIX")]
    log_group_prefix: Vec<String>,
    /// Every log group with this text in its name
    #[arg(long, value_name = "TEXT")]
    log_group_pattern: Vec<String>,
    /// Fetch from this time on: 90s, 1h or 1d2h30m back from now, 2026-11-22, 2026-11-22T10:00, or RFC 3339
    /// [default: 1h]
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Fetch what was logged before this time [default: now]
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only log streams whose names begin so
    #[arg(long, value_name = "PREFIX")]
    stream_prefix: Option<String>,
    /// A profile of the AWS configuration
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Regions [default: the profile's]
    #[arg(long, value_name = "REGION", value_delimiter = ',')]
    region: Vec<String>,
    /// An address in place of AWS's
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
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
    /// Read and show times in this machine's zone instead of UTC
    #[arg(long)]
    local: bool,
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
        let time = |option: &str, text: Option<String>| {
            text.map(|text| {
                TimeBound::parse(&text, self.local).map_err(|error| format!("--{option}: {error}"))
            })
            .transpose()
        };
        let (since, until) = (
            time("since", self.since.clone())?,
            time("until", self.until.clone())?,
        );
        let asked = Asked {
            names: self.log_group,
            functions: self.function,
            prefixes: self.log_group_prefix,
            patterns: self.log_group_pattern,
        };
        let access = Access {
            profile: self.profile,
            regions: self.region,
            endpoint_url: self.endpoint_url,
            per_second: self.rate,
        };
        let option = |fault: String| format!("--{fault}");
        asked.check().map_err(option)?;
        access.check().map_err(option)?;
        if let Some(prefix) = &self.stream_prefix {
            Asked::check_text("stream-prefix", prefix).map_err(option)?;
        }
        Ok(FetchOptions {
            since,
            until,
            asked,
            access,
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
            is_local: self.local,
        })
    }
}
