//! Clients for each region, and calls that are repeated as long as that makes sense.

use std::collections::BTreeSet;
use std::future::Future;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_cloudwatchlogs::config::ProvideCredentials;
use aws_sdk_cloudwatchlogs::config::http::HttpResponse;
use aws_sdk_cloudwatchlogs::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, Connector};
use tokio::time::sleep;

use super::asked::Asked;
use super::error::Error;
use super::fault::{Fault, FaultKind, chain, harmless};
use super::limiter::{Limiter, filter_quota};
use super::server_clock::ServerClock;
use crate::vocab::Timestamp;

/// How to get to AWS. What is not given here is read where the AWS SDK reads it: environment, profiles, SSO, assumed
/// roles, instance metadata.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// A profile of the AWS configuration.
    pub profile: Option<String>,
    /// Regions; the profile's where there is none.
    pub regions: Vec<String>,
    /// An address in place of AWS's.
    pub endpoint_url: Option<String>,
    /// `FilterLogEvents` a second, in place of half the quota of the region.
    pub per_second: Option<f64>,
}

/// Calls a second that can be meant: one in 100 seconds, and more than any region allows.
const RATES: RangeInclusive<f64> = 0.01..=1000.0;

impl Access {
    /// What is given here, and what is not as it is given there.
    #[must_use]
    pub fn or(self, other: &Self) -> Self {
        let regions = match self.regions.is_empty() {
            true => other.regions.clone(),
            false => self.regions,
        };
        Self {
            profile: self.profile.or_else(|| other.profile.clone()),
            regions,
            endpoint_url: self.endpoint_url.or_else(|| other.endpoint_url.clone()),
            per_second: self.per_second.or(other.per_second),
        }
    }

    /// Whether what was given can be meant.
    ///
    /// # Errors
    /// The option, as the command line and `latscope.toml` name it, and what to give for it.
    pub fn check(&self) -> Result<(), String> {
        let profile = self.profile.iter().map(|profile| ("profile", profile));
        let regions = self.regions.iter().map(|region| ("region", region));
        for (option, text) in profile.chain(regions) {
            Asked::check_text(option, text)?;
        }
        if self.endpoint_url.as_deref().is_some_and(|url| !is_address(url)) {
            return Err(
                "endpoint-url: expecting http:// or https:// and a host, such as http://localhost:4566"
                    .to_owned(),
            );
        }
        if self.per_second.is_some_and(|rate| !RATES.contains(&rate)) {
            return Err(format!(
                "rate: expecting {} to {} calls a second",
                RATES.start(),
                RATES.end()
            ));
        }
        Ok(())
    }
}

/// Whether a text is the address of a service.
fn is_address(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        // The colons of an IPv6 address stand in brackets.
        Some((_, port)) if port.ends_with(']') => authority,
        Some((host, port)) if port.parse::<u16>().is_ok() => host,
        Some(_) => return false,
        None => authority,
    };
    ["http", "https"].contains(&scheme.to_lowercase().as_str())
        && !host.is_empty()
        && url.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What was counted over all calls.
#[derive(Debug, Default)]
pub struct Counters {
    /// Calls made, repeats included.
    pub calls: AtomicU64,
    /// Calls that were throttled.
    pub throttled: AtomicU64,
    /// Calls that were repeated for another reason.
    pub repeated: AtomicU64,
    /// Calls that were answered.
    pub answered: AtomicU64,
}

/// One region and its clients.
#[derive(Debug)]
pub struct Regional {
    /// The region.
    pub region: String,
    /// Whether names without a region are looked for here; else an ARN alone led here.
    pub(super) is_asked_for: bool,
    /// CloudWatch Logs.
    pub(super) logs: aws_sdk_cloudwatchlogs::Client,
    /// Lambda, which knows the log group of a function.
    pub(super) lambda: aws_sdk_lambda::Client,
    /// The rate of `FilterLogEvents`.
    pub(super) filter: Limiter,
    /// The rate of each other kind of call.
    pub(super) other: Limiter,
    /// How far the clocks are apart.
    clock: ServerClock,
    /// What was counted over all regions.
    pub counters: Arc<Counters>,
}

/// Calls a second for what is not `FilterLogEvents`: half of the quota that the others have in every region.
const OTHER_PER_SECOND: f64 = 5.0;

/// How often a call is made before its failure is told.
const ATTEMPTS: u32 = 10;

/// The same while nothing was ever answered: the address may be wrong.
const FIRST_ATTEMPTS: u32 = 4;

/// The longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// Gets clients for every region: those that were asked for, and those of ARNs. `now` is this machine's clock.
///
/// # Errors
/// If there is no region, or no credentials.
pub async fn connect(
    access: &Access,
    asked: &Asked,
    now: fn() -> Timestamp,
) -> Result<Vec<Arc<Regional>>, Error> {
    let mut config = shared_config(access, access.regions.first().map(String::as_str)).await;
    let mut asked_for: BTreeSet<String> = access.regions.iter().cloned().collect();
    if asked_for.is_empty() {
        asked_for.extend(config.region().map(ToString::to_string));
    }
    if asked_for.is_empty() {
        if !asked.names_all_regions() {
            return Err(Error::NoRegion);
        }
        // Some ways to credentials need a region too.
        config = shared_config(access, asked.regions().next()).await;
    }
    check_credentials(&config, access).await?;
    let of_arns = asked.regions().map(str::to_owned);
    let all: BTreeSet<String> = of_arns.chain(asked_for.iter().cloned()).collect();
    let counters = Arc::new(Counters::default());
    let client = |region: String| {
        let region_config = config.to_builder().region(Region::new(region.clone())).build();
        let clock = ServerClock::new(now);
        let logs_config = aws_sdk_cloudwatchlogs::config::Builder::from(&region_config)
            .interceptor(clock.clone())
            .build();
        let per_second = access.per_second.unwrap_or_else(|| filter_quota(&region) / 2.0);
        Arc::new(Regional {
            is_asked_for: asked_for.contains(&region),
            logs: aws_sdk_cloudwatchlogs::Client::from_conf(logs_config),
            lambda: aws_sdk_lambda::Client::new(&region_config),
            region,
            filter: Limiter::new(per_second),
            other: Limiter::new(OTHER_PER_SECOND),
            clock,
            counters: Arc::clone(&counters),
        })
    };
    Ok(all.into_iter().map(client).collect())
}

async fn shared_config(access: &Access, region: Option<&str>) -> SdkConfig {
    let http_client = Builder::new().build_with_connector_fn(|settings, components| {
        let mut connector = Connector::builder()
            .proxy_config(ProxyConfig::from_env())
            .tls_provider(Provider::Rustls(CryptoMode::Ring));
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.build()
    });
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .operation_attempt_timeout(Duration::from_secs(60))
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client)
        // Every attempt goes through the limiter, so the SDK makes none of its own.
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts);
    if let Some(profile) = &access.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = region {
        loader = loader.region(Region::new(region.to_owned()));
    }
    if let Some(url) = &access.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    loader.load().await
}

/// Credentials for what is signed elsewhere, with those that they are now, and the region of the configuration.
///
/// # Errors
/// If there are none.
pub(crate) async fn credentials(
    access: &Access,
) -> Result<(SharedCredentialsProvider, Credentials, Option<String>), Error> {
    let config = shared_config(access, access.regions.first().map(String::as_str)).await;
    let none = |said: String| Error::NoCredentials {
        said,
        profile: access.profile.clone(),
    };
    let provider = config
        .credentials_provider()
        .ok_or_else(|| none("no provider of credentials".to_owned()))?;
    let found = provider.provide_credentials().await;
    let found = found.map_err(|error| none(harmless(&chain(&error))))?;
    Ok((provider, found, config.region().map(ToString::to_string)))
}

/// Credentials are looked for once before anything else, since that tells best what is wrong with them.
async fn check_credentials(config: &SdkConfig, access: &Access) -> Result<(), Error> {
    let Some(provider) = config.credentials_provider() else {
        return Err(Error::NoCredentials {
            said: "no provider of credentials".to_owned(),
            profile: access.profile.clone(),
        });
    };
    let answer = provider.provide_credentials().await;
    answer.map(drop).map_err(|error| Error::NoCredentials {
        said: harmless(&chain(&error)),
        profile: access.profile.clone(),
    })
}

impl Regional {
    /// How many milliseconds the clock of this machine is ahead of the service's; negative if it is behind, 0 where
    /// nothing was answered yet or the difference is a few seconds.
    pub fn clock_ahead_ms(&self) -> i64 {
        self.clock.ahead_ms()
    }

    /// Makes a call, and makes it again as long as it fails in a way that may pass.
    ///
    /// # Errors
    /// The last failure.
    pub(super) async fn call<T, E, F>(
        &self,
        action: &'static str,
        limiter: &Limiter,
        mut call: impl FnMut() -> F,
    ) -> Result<T, Fault>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let counters = &self.counters;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let sent = limiter.permit().await;
            counters.calls.fetch_add(1, Ordering::Relaxed);
            let error = match call().await {
                Ok(answer) => {
                    limiter.answered();
                    counters.answered.fetch_add(1, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(error) => error,
            };
            let fault = Fault::of(action, &self.region, &error);
            let is_first = counters.answered.load(Ordering::Relaxed) == 0;
            let attempts = match fault.kind {
                FaultKind::Unreachable if is_first => FIRST_ATTEMPTS,
                _ => ATTEMPTS,
            };
            if !fault.is_worth_a_repeat() || attempt >= attempts {
                return Err(Fault {
                    attempts: attempt,
                    ..fault
                });
            }
            match fault.kind {
                FaultKind::Throttled => {
                    counters.throttled.fetch_add(1, Ordering::Relaxed);
                    limiter.throttled(sent);
                }
                _ => {
                    counters.repeated.fetch_add(1, Ordering::Relaxed);
                }
            }
            sleep(pause(attempt)).await;
        }
    }
}

/// How long to wait after so many attempts: twice as long each time, and at random, so that those who failed together
/// do not come back together.
fn pause(attempt: u32) -> Duration {
    let most = Duration::from_millis(200)
        .saturating_mul(1 << attempt.min(10))
        .min(LONGEST_WAIT);
    most.mul_f64(0.1 + 0.9 * fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_scheme_and_a_host() {
        for url in [
            "http://localhost:4566",
            "https://logs.eu-west-1.amazonaws.com",
            "HTTP://10.0.0.1/base/",
            "http://[::1]:4566",
            "http://[::1]",
        ] {
            assert!(is_address(url), "{url}");
        }
        for url in [
            "",
            "notaurl",
            "localhost:4566",
            "ftp://x",
            "http://",
            "http:///x",
            "http://:80",
            "http://a b",
            "http://a:b",
        ] {
            assert!(!is_address(url), "{url}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_told_with_its_option() {
        let empty = Access::default();
        let rate = |per_second| Access {
            per_second: Some(per_second),
            ..Access::default()
        };
        for (option, access) in [
            ("rate", rate(0.0)),
            ("rate", rate(f64::NAN)),
            ("rate", rate(1e-19)),
            ("rate", rate(1000.5)),
            (
                "endpoint-url",
                Access {
                    endpoint_url: Some("notaurl".to_owned()),
                    ..empty.clone()
                },
            ),
            (
                "region",
                Access {
                    regions: vec![String::new()],
                    ..empty.clone()
                },
            ),
            (
                "profile",
                Access {
                    profile: Some(String::new()),
                    ..empty.clone()
                },
            ),
        ] {
            let said = access.check().unwrap_err();
            assert!(said.starts_with(&format!("{option}: ")), "{said}");
        }
        assert_eq!(empty.check(), Ok(()));
        assert_eq!((rate(0.01).check(), rate(1000.0).check()), (Ok(()), Ok(())));
    }
}
