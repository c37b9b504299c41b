//! The arguments of every command that reads log groups of CloudWatch Logs.

use clap::Args;

use crate::dataset::TimeBound;
use crate::fetch::{Access, Asked};

#[derive(Debug, Args)]
pub(super) struct AwsArgs {
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
    /// Take what was logged from this time on: 90s, 1h or 1d2h30m back from now, 2026-11-22, 2026-11-22T10:00, or RFC 3339
    /// [default: 1h]
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Take what was logged before this time [default: now]
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// A profile of the AWS configuration
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Regions [default: the profile's]
    #[arg(long, value_name = "REGION", value_delimiter = ',')]
    region: Vec<String>,
    /// An address in place of AWS's
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
    /// Read and show times in this machine's zone instead of UTC
    #[arg(long)]
    local: bool,
}

/// What the arguments mean.
pub(super) struct AwsParts {
    pub(super) asked: Asked,
    pub(super) since: Option<TimeBound>,
    pub(super) until: Option<TimeBound>,
    pub(super) access: Access,
    pub(super) is_local: bool,
}

impl AwsArgs {
    /// `per_second` is the rate of `FilterLogEvents`, where one is given.
    pub(super) fn into_parts(self, per_second: Option<f64>) -> Result<AwsParts, String> {
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
            per_second,
        };
        let option = |fault: String| format!("--{fault}");
        asked.check().map_err(option)?;
        access.check().map_err(option)?;
        Ok(AwsParts {
            asked,
            since,
            until,
            access,
            is_local: self.local,
        })
    }
}
