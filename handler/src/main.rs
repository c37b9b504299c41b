//! A minimal AWS Lambda handler that calls Amazon Bedrock and measures itself.
//!
//! `POST /` with a prompt calls one of the configured models and returns its text. For each call one
//! `latscope.timing/v1` record goes to standard output, which Lambda writes to CloudWatch Logs, also where the call
//! failed. A request goes down this list:
//!
//! | module | what it does |
//! |---|---|
//! | `settings` | what the environment says, read once |
//! | `tidy` | what of the event is not needed is taken out |
//! | `asked` | the HTTP event becomes a prompt, or a problem |
//! | `assignment` | which of several models is called |
//! | `inference` | the call; `attempts` sees the SDK's retries, `failure` names what went wrong |
//! | `answer`, `problem` | the result becomes an HTTP response |
//! | `record`, `emf` | the result becomes log lines |
//! | `stopwatch` | when each of these ended |
//! | `handler` | puts them together |

mod answer;
mod asked;
mod assignment;
mod attempts;
mod emf;
mod failure;
mod handler;
mod inference;
mod problem;
mod record;
mod settings;
mod stopwatch;
mod tidy;

use std::io::{self, Write};
use std::process::ExitCode;

use aws_config::BehaviorVersion;
use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::StalledStreamProtectionConfig;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use lambda_http::tower::ServiceBuilder;
use lambda_http::{Adapter, Error, Request, lambda_runtime, service_fn};

use handler::Handler;
use settings::Settings;
use tidy::tidy;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell if this fails too.
            let _ = writeln!(io::stderr(), "latscope-handler: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Answers requests until the execution environment ends.
async fn serve() -> Result<(), Error> {
    let settings = Settings::read(|name| std::env::var(name).ok())?;
    let handler = Handler::new(settings, bedrock().await);
    let handler = &handler;
    let service =
        service_fn(move |request: Request| async move { Ok::<_, Error>(handler.respond(request).await) });
    let service = ServiceBuilder::new()
        .map_request(tidy)
        .service(Adapter::from(service));
    lambda_runtime::run(service).await
}

/// Bedrock of the function's region, with the credentials of its role.
///
/// Retries are the SDK's own: three attempts unless `AWS_MAX_ATTEMPTS` says otherwise. Streams are not watched for
/// stalls, because a model may think for longer than the SDK's patience; the function's deadline ends them.
async fn bedrock() -> Client {
    let http = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .load()
        .await;
    Client::new(&config)
}
