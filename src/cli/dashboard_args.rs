//! The arguments of `latscope dashboard`.

use clap::Args;

use crate::command::DashboardOptions;

pub(super) const DASHBOARD_EXAMPLES: &str = "\
Nothing is asked of AWS. The last example is for a template, inside Fn::Sub.

Examples:
  latscope dashboard --function chat --region eu-west-1 > dashboard.json
  aws cloudwatch put-dashboard --dashboard-name chat --dashboard-body file://dashboard.json
  latscope dashboard --function '${Function}' --log-group '${LogGroup}' --region '${AWS::Region}'";

#[derive(Debug, Args)]
pub(super) struct DashboardArgs {
    /// The function, by name or ARN
    #[arg(long, value_name = "NAME")]
    function: String,
    /// Its log group, by name [default: /aws/lambda/NAME]
    #[arg(long, value_name = "NAME")]
    log_group: Vec<String>,
    /// The HTTP API in front of it
    #[arg(long, value_name = "ID")]
    api_id: Option<String>,
    /// The REST API in front of it, which CloudWatch knows by its name
    #[arg(long, value_name = "NAME", conflicts_with = "api_id")]
    rest_api_name: Option<String>,
    /// The region [default: that of the function's ARN, else AWS_REGION]
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Take percentiles, inference share, cold starts and tokens from the metrics that the handler logs with METRICS=emf,
    /// instead of queries
    #[arg(long)]
    emf: bool,
}

impl DashboardArgs {
    pub(super) fn into_options(self) -> DashboardOptions {
        DashboardOptions {
            function: self.function,
            log_groups: self.log_group,
            api_id: self.api_id,
            rest_api_name: self.rest_api_name,
            region: self.region,
            has_emf: self.emf,
        }
    }
}
