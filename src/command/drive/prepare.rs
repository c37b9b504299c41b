//! From what was typed to a run: files are read, secrets looked up, limits checked.

use std::fs;
use std::path::{Path, PathBuf};

use super::cost::{Estimate, amount, amount_beside, priced};
use super::file;
use super::options::{DriveOptions, SecretOf};
use crate::command::error::Error;
use crate::command::surroundings::Surroundings;
use crate::drive::{Job, Model, Shape, Signer, Template, own_prompts, parse_prompts, run_number, schedule};
use crate::vocab::grouped;

/// The longest run: beyond it something was mistyped.
const LONGEST_SECONDS: f64 = 7.0 * 86_400.0;

/// A run that can begin.
pub(super) struct Prepared {
    pub(super) job: Job,
    pub(super) estimate: Estimate,
    /// The day of the prices.
    pub(super) prices: String,
    pub(super) out: PathBuf,
}

/// Makes the run.
///
/// # Errors
/// If a file, a secret or a limit says no.
pub(super) async fn prepare(options: &DriveOptions, surroundings: &Surroundings) -> Result<Prepared, Error> {
    let prompts = match &options.prompts {
        None => own_prompts(),
        Some(path) => parse_prompts(&read(path)?)
            .map_err(|fault| Error::Usage(format!("--prompts: {}: {fault}", path.display())))?,
    };
    let template = match &options.body {
        None => Template::handler(options.is_streamed),
        Some(path) => Template::parse(&read(path)?, options.models.len() > 1)
            .map_err(|fault| Error::Usage(format!("--body: {}: {fault}", path.display())))?,
    };
    check_requests(options)?;
    let shape = Shape {
        prompts: prompts.len(),
        ..options.shape.clone()
    };
    let (prices, date) = priced(&options.models, options.prices.as_deref())?;
    let models = options
        .models
        .iter()
        .zip(prices)
        .map(|((name, id), price)| Model {
            name: name.clone(),
            id: id.clone(),
            price,
        });
    let started = (surroundings.now)();
    let compact: String = started
        .to_string()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .collect();
    let job = Job {
        headers: headers(options, surroundings)?,
        signer: signer(options, surroundings).await?,
        target: options.target.clone(),
        template,
        models: models.collect(),
        prompts,
        slots: schedule(&shape),
        per_second: shape.per_second,
        arrival: shape.arrival,
        per_block: shape.per_block,
        seed: shape.seed,
        max_tokens: options.max_tokens,
        max_in_flight: options.limits.in_flight,
        spare: options.spare,
        timeout: options.timeout,
        max_dollars: options.limits.dollars,
        run_id: format!("{compact}-{:08x}", run_number()),
        now: surroundings.now,
    };
    let estimate = Estimate::of(&job);
    if estimate.dollars > options.limits.dollars {
        let whole = estimate.dollars.ceil();
        return Err(Error::Usage(format!(
            "the run would cost about {} by assumed tokens, more than the limit of {}: fewer --requests, fewer --max-tokens, \
             or --max-cost {whole} if that is what you want",
            amount_beside(estimate.dollars, options.limits.dollars),
            amount(options.limits.dollars)
        )));
    }
    let out = match &options.out {
        Some(path) => path.clone(),
        None => PathBuf::from(format!("latscope-run-{}.ndjson", job.run_id)),
    };
    if out.exists() {
        return Err(file::exists(&out));
    }
    Ok(Prepared {
        job,
        estimate,
        prices: date,
        out,
    })
}

/// Requests, those at once, and the time they take.
fn check_requests(options: &DriveOptions) -> Result<(), Error> {
    let shape = &options.shape;
    let bursts = shape.bursts.iter().copied().fold(0, usize::saturating_add);
    let all = shape
        .warm_up
        .saturating_add(shape.requests)
        .saturating_add(bursts);
    if all > options.limits.requests {
        return Err(Error::Usage(format!(
            "the run has {} requests, more than the limit of {}: --max-requests {all} if that is what you want",
            grouped(all as u64),
            grouped(options.limits.requests as u64)
        )));
    }
    if all == 0 {
        return Err(Error::Usage(
            "the run has no request: give --requests N".to_owned(),
        ));
    }
    let largest = shape.bursts.iter().copied().max().unwrap_or_default();
    if largest > options.limits.in_flight {
        return Err(Error::Usage(format!(
            "a burst of {largest} is more than the {} requests that may be in flight: --max-in-flight {largest} if that is \
             what you want",
            options.limits.in_flight
        )));
    }
    let idle = shape.idle.as_secs_f64() * shape.bursts.len() as f64;
    if shape.warm_up.saturating_add(shape.requests) as f64 / shape.per_second + idle > LONGEST_SECONDS {
        return Err(Error::Usage(
            "the run would take longer than a week: a higher --rate, or fewer --requests".to_owned(),
        ));
    }
    Ok(())
}

/// Reads a file.
fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })
}

/// The headers with their secrets.
fn headers(options: &DriveOptions, surroundings: &Surroundings) -> Result<crate::drive::Headers, Error> {
    let mut headers = options.headers.clone();
    for secret in &options.secrets {
        let (SecretOf::Bearer { variable } | SecretOf::Header { variable, .. }) = secret;
        if !is_name(variable) {
            return Err(Error::Usage(
                "expecting the name of an environment variable, such as API_TOKEN, and not what it holds: nothing of it is \
                 shown here, but shells keep what is typed"
                    .to_owned(),
            ));
        }
        let value = (surroundings.variable)(variable).filter(|value| !value.trim().is_empty());
        let value = value.ok_or_else(|| {
            Error::Usage(format!(
                "the environment variable {variable} is not set, or empty: export it before the run"
            ))
        })?;
        let added = match secret {
            SecretOf::Bearer { .. } => headers.add_bearer(&value),
            SecretOf::Header { name, .. } => headers.add_secret(name, &value),
        };
        added.map_err(|fault| Error::Usage(format!("{fault} ({variable})")))?;
    }
    Ok(headers)
}

/// Whether this can be the name of a variable. What cannot may be a secret.
fn is_name(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && text.starts_with(|first: char| !first.is_ascii_digit())
}

async fn signer(options: &DriveOptions, surroundings: &Surroundings) -> Result<Option<Signer>, Error> {
    // A plan needs no credentials.
    let Some(signing) = options.signing.as_ref().filter(|_| !options.is_dry_run) else {
        return Ok(None);
    };
    let signer = Signer::new(
        &signing.access,
        signing.service.as_deref(),
        &options.target,
        surroundings.now,
    );
    Ok(Some(signer.await?))
}
