//! The arguments of `latscope drive`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::plan_args::rate;
use crate::command::{DriveOptions, Limits, SecretOf, Signing};
use crate::dataset::TimeBound;
use crate::drive::{Arrival, Headers, Shape, Target};
use crate::fetch::Access;

pub(super) const DRIVE_EXAMPLES: &str = "\
A request goes out at its time whatever is outstanding, and its latency counts from that time. Prompts and answers are not
kept. What the records hold: docs/drive.md.

Examples:
  latscope drive --url https://abc123.execute-api.us-east-1.amazonaws.com/ --sigv4 \\
    --model haiku=anthropic.claude-3-haiku-20240307-v1:0 --model nova-lite=amazon.nova-lite-v1:0 \\
    --requests 400 --rate 2/s --prompts prompts.txt --out run.ndjson
  latscope drive --url http://127.0.0.1:9000/ --model a --requests 20 --rate 5/s --dry-run
  latscope drive --url https://api.example.com/chat --model small --model large --body body.json --api-key-env API_KEY
  latscope drive --url https://abc123.lambda-url.us-east-1.on.aws/ --sigv4 --model amazon.nova-lite-v1:0 \\
    --requests 60 --rate 30/min --idle 10m --burst 20 --burst 20";

#[derive(Debug, Args)]
pub(super) struct DriveArgs {
    /// The address, which is sent POST requests
    #[arg(long, value_name = "URL")]
    url: String,
    /// A model: its id, or a name for it and its id. Several take turns
    #[arg(long, value_name = "[NAME=]ID", required = true)]
    model: Vec<String>,
    /// Requests, of all models together
    #[arg(long, value_name = "N", default_value_t = 100)]
    requests: usize,
    /// Requests to all models together: 2/s, 100/min or 5000/h
    #[arg(long, value_name = "RATE", default_value = "1/s", value_parser = rate)]
    rate: f64,
    /// Gaps between requests: at random, as independent callers make them, or all the same
    #[arg(long, value_enum, default_value_t = ArrivalArg::Exponential)]
    arrival: ArrivalArg,
    /// Requests of each model in a block, within which their order is random
    #[arg(long, value_name = "K", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=1000))]
    block: u32,
    /// Requests before those that count
    #[arg(long, value_name = "N", default_value_t = 0)]
    warm_up: usize,
    /// After the others, so many requests at once. Each --burst is another
    #[arg(long, value_name = "N")]
    burst: Vec<usize>,
    /// Silence before each burst, so that idle functions are taken down: 90s, 10m
    #[arg(long, value_name = "TIME", requires = "burst", value_parser = duration)]
    idle: Option<Duration>,
    /// Where random numbers begin: the same seed gives the same schedule
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Prompts, one a line, or one JSON string a line [default: a hundred short ones]
    #[arg(long, value_name = "FILE")]
    prompts: Option<PathBuf>,
    /// The most tokens that a model may write
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..))]
    max_tokens: u32,
    /// Have the handler stream from the model
    #[arg(long, conflicts_with = "body")]
    stream: bool,
    /// A template of the body: JSON with "{prompt}", "{model}" and {max_tokens} [default: the form of latscope-handler]
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// A header without a secret
    #[arg(long, value_name = "NAME: VALUE")]
    header: Vec<String>,
    /// A header whose value is in this environment variable
    #[arg(long, value_name = "NAME=VARIABLE")]
    header_env: Vec<String>,
    /// The environment variable that holds a key for the header x-api-key
    #[arg(long, value_name = "VARIABLE")]
    api_key_env: Option<String>,
    /// The environment variable that holds a bearer token
    #[arg(long, value_name = "VARIABLE", conflicts_with = "sigv4")]
    bearer_env: Option<String>,
    /// Sign requests for AWS (SigV4), with the credentials that the AWS CLI would take
    #[arg(long)]
    sigv4: bool,
    /// The service to sign for [default: that of the host, or execute-api]
    #[arg(long, value_name = "NAME", requires = "sigv4")]
    sigv4_service: Option<String>,
    /// A profile of the AWS configuration
    #[arg(long, value_name = "NAME", requires = "sigv4")]
    profile: Option<String>,
    /// The region to sign for [default: that of the host, or of the profile]
    #[arg(long, value_name = "REGION", requires = "sigv4")]
    region: Option<String>,
    /// When a request is given up
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    timeout: Duration,
    /// The most requests of a run
    #[arg(long, value_name = "N", default_value_t = Limits::default().requests)]
    max_requests: usize,
    /// The most requests in flight. Others wait, and are late
    #[arg(long, value_name = "N", default_value_t = Limits::default().in_flight, value_parser = at_least_one)]
    max_in_flight: usize,
    /// Connections kept open ahead of requests; 0 for servers that serve one at a time [default: by the rate]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=10_000))]
    spare_connections: Option<u32>,
    /// The most US dollars for tokens, where prices are known
    #[arg(long, value_name = "USD", default_value_t = Limits::default().dollars, value_parser = dollars)]
    max_cost: f64,
    /// Prices that replace those of latscope, figure by figure
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// Where records go; never over a file that is there [default: latscope-run-TIME.ndjson]
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print the plan, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Write nothing but results, warnings and errors
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ArrivalArg {
    Exponential,
    Uniform,
}

/// The longest time that is waited.
const LONGEST: Duration = Duration::from_secs(86_400);

/// Rates that can be meant, a second: one in three hours, and more than a connection apiece could carry.
const RATES: std::ops::RangeInclusive<f64> = 0.0001..=10_000.0;

fn duration(text: &str) -> Result<Duration, String> {
    let fault = || format!("{text:?} is no time such as 90s, 10m or 1h30m, up to a day");
    match TimeBound::parse(text, false) {
        Ok(TimeBound::Ago(ms)) => {
            let time = Duration::from_millis(u64::try_from(ms).map_err(|_| fault())?);
            (!time.is_zero() && time <= LONGEST)
                .then_some(time)
                .ok_or_else(fault)
        }
        _ => Err(fault()),
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if (1..=10_000).contains(&number) => Ok(number),
        _ => Err(format!("{text:?} is no number from 1 to 10000")),
    }
}

fn dollars(text: &str) -> Result<f64, String> {
    match text.strip_prefix('$').unwrap_or(text).parse::<f64>() {
        Ok(amount) if amount.is_finite() && amount >= 0.0 => Ok(amount),
        _ => Err(format!("{text:?} is no amount such as 2.50")),
    }
}

impl DriveArgs {
    pub(super) fn into_options(self) -> Result<DriveOptions, String> {
        if !RATES.contains(&self.rate) {
            return Err(format!(
                "--rate: expecting {} to {} requests a second",
                RATES.start(),
                RATES.end()
            ));
        }
        if self.out.as_ref().is_some_and(|out| out.as_os_str() == "-") {
            return Err(
                "--out: records go to a file, and the standard output has the table: name one, or ./- if that is its name"
                    .to_owned(),
            );
        }
        let target = Target::parse(&self.url).map_err(|fault| format!("--url: {fault}"))?;
        let models = models(&self.model)?;
        let mut headers = Headers::new();
        for header in &self.header {
            headers
                .add(header)
                .map_err(|fault| format!("--header: {fault}"))?;
        }
        let signing = self.sigv4.then(|| Signing {
            service: self.sigv4_service.clone(),
            access: Access {
                profile: self.profile.clone(),
                regions: self.region.iter().cloned().collect(),
                ..Access::default()
            },
        });
        if let Some(signing) = &signing {
            signing.access.check().map_err(|fault| format!("--{fault}"))?;
        }
        Ok(DriveOptions {
            target,
            shape: Shape {
                models: models.len(),
                prompts: 1,
                warm_up: self.warm_up,
                requests: self.requests,
                per_second: self.rate,
                arrival: match self.arrival {
                    ArrivalArg::Exponential => Arrival::Exponential,
                    ArrivalArg::Uniform => Arrival::Uniform,
                },
                per_block: self.block as usize,
                bursts: self.burst.clone(),
                idle: self.idle.unwrap_or_default(),
                seed: self.seed,
            },
            models,
            headers,
            secrets: secrets(&self)?,
            signing,
            prompts: self.prompts,
            body: self.body,
            max_tokens: self.max_tokens,
            is_streamed: self.stream,
            spare: self.spare_connections.map(|count| count as usize),
            timeout: self.timeout,
            limits: Limits {
                requests: self.max_requests,
                in_flight: self.max_in_flight,
                dollars: self.max_cost,
            },
            prices: self.prices,
            out: self.out,
            is_dry_run: self.dry_run,
            is_quiet: self.quiet,
        })
    }
}

/// Names and ids.
fn models(typed: &[String]) -> Result<Vec<(String, String)>, String> {
    let mut models: Vec<(String, String)> = Vec::new();
    for text in typed {
        let (name, id) = text.split_once('=').unwrap_or((text, text));
        let (name, id) = (name.trim(), id.trim());
        if name.is_empty() || id.is_empty() {
            return Err(format!(
                "--model {text:?}: expecting an id, or NAME=ID, such as nova-lite=amazon.nova-lite-v1:0"
            ));
        }
        if models.iter().any(|(other, _)| other == name) {
            return Err(format!(
                "--model: {name:?} is there twice, and each needs a name of its own"
            ));
        }
        models.push((name.to_owned(), id.to_owned()));
    }
    Ok(models)
}

/// Which variables hold what.
fn secrets(args: &DriveArgs) -> Result<Vec<SecretOf>, String> {
    let mut secrets = Vec::new();
    for text in &args.header_env {
        let (name, variable) = text
            .split_once('=')
            .filter(|(name, variable)| !name.is_empty() && !variable.is_empty())
            .ok_or("--header-env: expecting NAME=VARIABLE, such as Authorization=API_TOKEN")?;
        secrets.push(SecretOf::Header {
            name: name.to_owned(),
            variable: variable.to_owned(),
        });
    }
    secrets.extend(args.api_key_env.iter().map(|variable| SecretOf::Header {
        name: "x-api-key".to_owned(),
        variable: variable.clone(),
    }));
    secrets.extend(args.bearer_env.iter().map(|variable| SecretOf::Bearer {
        variable: variable.clone(),
    }));
    Ok(secrets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_an_id_or_a_name_and_an_id() {
        let typed = |texts: &[&str]| models(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        let pair = |name: &str, id: &str| (name.to_owned(), id.to_owned());
        assert_eq!(typed(&["a=b:0", "c"]), Ok(vec![pair("a", "b:0"), pair("c", "c")]));
        for texts in [["=b", "c"], ["a=", "c"], ["a=b", "a=c"], ["", "c"]] {
            assert!(typed(&texts).is_err(), "{texts:?}");
        }
    }

    #[test]
    fn times_and_amounts_are_read() {
        assert_eq!(duration("1m30s"), Ok(Duration::from_secs(90)));
        for text in ["", "0s", "2d", "2026-11-26", "5"] {
            assert!(duration(text).is_err(), "{text}");
        }
        assert_eq!((dollars("2.5"), dollars("$3")), (Ok(2.5), Ok(3.0)));
        for text in ["", "-1", "nan", "inf", "$"] {
            assert!(dollars(text).is_err(), "{text}");
        }
        assert!(at_least_one("0").is_err() && at_least_one("1").is_ok());
    }
}
