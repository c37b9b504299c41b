//! What `latscope drive` says before a run.

use std::fmt::Write as _;
use std::time::Duration;

use super::cost::amount;
use super::options::DriveOptions;
use super::prepare::Prepared;
use crate::command::fetch::duration;
use crate::drive::Phase;
use crate::vocab::{counted, grouped, visible};

/// What will be done, before the first request.
pub(super) fn plan(prepared: &Prepared, options: &DriveOptions) -> String {
    let job = &prepared.job;
    let mut text = format!("POST {}\n", visible(&job.target.shown()));
    let count = |phase: Phase| job.slots.iter().filter(|slot| slot.phase == phase).count() as u64;
    let mut parts = Vec::new();
    if count(Phase::WarmUp) > 0 {
        parts.push(format!(
            "{} to warm up, not counted",
            grouped(count(Phase::WarmUp))
        ));
    }
    parts.push(format!(
        "{} at {}/s, {} gaps",
        grouped(count(Phase::Steady)),
        job.per_second,
        job.arrival.as_str()
    ));
    for &burst in &options.shape.bursts {
        let idle = match options.shape.idle {
            Duration::ZERO => String::new(),
            idle => format!("after {} of silence ", duration(idle.as_secs_f64())),
        };
        parts.push(format!("{idle}{} at once", grouped(burst as u64)));
    }
    let last = job.slots.last().map_or(Duration::ZERO, |slot| slot.at);
    let _ = writeln!(
        text,
        "Requests: {} in {}: {}",
        grouped(job.slots.len() as u64),
        duration(last.as_secs_f64()),
        parts.join("; ")
    );
    for (number, model) in job.models.iter().enumerate() {
        let requests = job.slots.iter().filter(|slot| slot.model == number).count();
        let _ = writeln!(
            text,
            "  {}: {} to {}",
            visible(&model.name),
            counted(requests as u64, "request"),
            visible(&model.id)
        );
    }
    if job.models.len() > 1 {
        let _ = writeln!(
            text,
            "Order: random within blocks of {} to each model; seed {}",
            job.per_block, job.seed
        );
    } else {
        let _ = writeln!(text, "Seed: {}", job.seed);
    }
    let whose = match options.prompts {
        Some(_) => "",
        None => " of latscope's own, as --prompts names none",
    };
    let _ = writeln!(text, "Prompts: {}{whose}", grouped(job.prompts.len() as u64));
    let _ = writeln!(text, "Cost: {}", cost(prepared));
    let _ = writeln!(
        text,
        "Limits: {} in flight, {} for a request, {} for tokens",
        job.max_in_flight,
        duration(job.timeout.as_secs_f64()),
        amount(job.max_dollars)
    );
    if let Some(warning) = open_secret(prepared, options) {
        let _ = writeln!(text, "warning: {warning}");
    }
    let _ = writeln!(text, "Records: {}", visible(&prepared.out.display().to_string()));
    text
}

/// What must be known before the first request even where nothing else is said.
pub(super) fn warnings(prepared: &Prepared, options: &DriveOptions) -> Vec<String> {
    let unknown = unknown_cost(prepared).map(|unknown| format!("warning: the cost is {unknown}"));
    let open = open_secret(prepared, options).map(|open| format!("warning: {open}"));
    unknown.into_iter().chain(open).collect()
}

fn open_secret(prepared: &Prepared, options: &DriveOptions) -> Option<&'static str> {
    let job = &prepared.job;
    let warning = match options.signing {
        Some(_) => {
            "a signature is sent over http, which others can read on the way, and use for some minutes"
        }
        None => "a secret is sent over http, which others can read on the way",
    };
    let is_secret = job.headers.has_secret() || options.signing.is_some();
    (is_secret && job.target.is_open()).then_some(warning)
}

fn unknown_cost(prepared: &Prepared) -> Option<String> {
    let models = &prepared.estimate.unknown;
    (!models.is_empty()).then(|| {
        format!(
            "unknown for {}: no price is known (--prices FILE gives one), so --max-cost does not hold there",
            visible(&models.join(", "))
        )
    })
}

fn cost(prepared: &Prepared) -> String {
    let (job, estimate) = (&prepared.job, &prepared.estimate);
    let unknown = unknown_cost(prepared).unwrap_or_default();
    if estimate.unknown.len() == job.models.len() {
        return unknown;
    }
    let limit = match job.template.has_max_tokens() {
        true => "",
        false => ", which the body does not ask for",
    };
    let known = format!(
        "about ${:.4} for tokens, an estimate: a token for 4 bytes of a prompt, {} written to each{limit}; list \
         prices of {}, without Lambda and API Gateway",
        estimate.dollars, job.max_tokens, prepared.prices
    );
    match unknown.is_empty() {
        true => known,
        false => format!("{known}; {unknown}"),
    }
}
