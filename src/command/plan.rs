//! `latscope plan`: how many requests a decision needs.

use std::io::Write;

use super::error::Error;
use super::load::{Common, Kept, Loaded};
use super::selector::Selector;
use super::sides::side_of;
use crate::comparison::{Gate, Identity, Quantity, Side, Threshold};
use crate::dataset::{Columns, Selection};
use crate::invocation::StartType;
use crate::parse::TimingKeys;
use crate::render::{Basis, PlanView, plan_json, plan_text};
use crate::stats::{
    Confidence, LogSpread, Probability, Sample, min_n_two_sided, requests_for_half_width, requests_to_pass,
};
use crate::summary::Metric;

/// The standard deviation of the logarithm of times that is assumed without logs.
const ASSUMED_SIGMA: f64 = 0.5;

/// How often a gate shall pass if nothing changed.
const POWER: f64 = 0.8;

/// What `latscope plan` was asked for.
#[derive(Debug, Clone)]
pub struct PlanOptions {
    /// Options that commands share; its inputs are the pilot.
    pub common: Common,
    p: Probability,
    metric: Metric,
    start: Option<StartType>,
    margin: f64,
    baseline: Option<Selector>,
    candidate: Option<Selector>,
    rate: Option<f64>,
    is_json: bool,
}

impl PlanOptions {
    /// A plan for this gate. `None` unless it is about a quantile and a margin above the baseline's.
    pub fn new(
        common: Common,
        gate: Gate,
        baseline: Option<Selector>,
        candidate: Option<Selector>,
        rate: Option<f64>,
        is_json: bool,
    ) -> Option<Self> {
        match (gate.quantity, gate.threshold) {
            (Quantity::Quantile(p, metric), Threshold::Relative(percent)) if percent > 0.0 => Some(Self {
                common,
                p,
                metric,
                start: gate.start,
                margin: percent / 100.0,
                baseline,
                candidate,
                rate,
                is_json,
            }),
            _ => None,
        }
    }
}

/// Says how many requests each side needs.
///
/// # Errors
/// If the pilot cannot be read, a selector selects nothing, or the output cannot be written.
pub fn plan(
    options: &PlanOptions,
    keys: TimingKeys,
    stdout: &mut dyn Write,
    stderr: &mut (dyn Write + Send),
) -> Result<(), Error> {
    let sides = pilot(options, keys, stderr)?;
    let assumed = || {
        LogSpread::lognormal(ASSUMED_SIGMA, options.p)
            .ok_or_else(|| Error::Internal("no spread of a lognormal distribution".to_owned()))
    };
    let (mut basis, mut spreads) = (Vec::new(), Vec::new());
    for side in &sides {
        let (told, spread) = of_side(options, side);
        basis.push(told);
        spreads.push(spread.map_or_else(assumed, Ok)?);
    }
    if basis.is_empty() {
        basis.push(Basis::Assumed { sigma: ASSUMED_SIGMA });
        spreads.push(assumed()?);
    }
    // A side that is not there is taken to be like the other.
    let both = [spreads[0], spreads[spreads.len() - 1]];
    let (p, margin) = (options.p, options.margin);
    let view = PlanView {
        quantile: p.label(),
        metric: options.metric.title(),
        start: options.start.map(StartType::name),
        margin,
        basis,
        requests_finite: min_n_two_sided(p, Confidence::C95),
        requests_half_width: requests_for_half_width(both, margin, p, Confidence::C95),
        requests_to_pass: requests_to_pass(both, margin, POWER, p, Confidence::C95),
        rate: options.rate,
    };
    let text = if options.is_json {
        plan_json(&view).map_err(|error| Error::Internal(error.to_string()))?
    } else {
        plan_text(&view)
    };
    stdout.write_all(text.as_bytes()).map_err(Error::Output)
}

/// The sides of the pilot; none without one.
fn pilot(
    options: &PlanOptions,
    keys: TimingKeys,
    stderr: &mut (dyn Write + Send),
) -> Result<Vec<Side>, Error> {
    let common = &options.common;
    if common.inputs.is_empty() {
        return Ok(Vec::new());
    }
    let loaded = Loaded::read(common, keys, &[], Kept::Everything, stderr)?;
    loaded.must_have_invocations()?;
    let all = Selection::default();
    let everything = loaded.dataset.select(&[&all])?;
    let selectors = options.baseline.iter().chain(&options.candidate);
    let sides: Vec<Side> = selectors
        .map(|selector| side_of(selector, common, &loaded, (&everything, &all)))
        .collect::<Result<_, _>>()?;
    if !sides.is_empty() {
        return Ok(sides);
    }
    let identity = Identity {
        name: "the pilot".to_owned(),
        model_ids: Vec::new(),
        window: all.window,
        selected_by: Vec::new(),
        without_model: Columns::default(),
    };
    let side = Side::of(identity, &loaded.dataset, common.failures)?;
    Ok(side.into_iter().collect())
}

/// What a side tells of the spread of the quantile.
fn of_side(options: &PlanOptions, side: &Side) -> (Basis, Option<LogSpread>) {
    let latencies = match options.start {
        None => Some(&side.all),
        Some(start) => side.start(start).map(|row| &row.latencies),
    };
    let sample = latencies.and_then(|latencies| latencies.sample(options.metric));
    let observed = sample.and_then(|sample| {
        let interval = sample.interval(options.p, Confidence::C95);
        let spread = LogSpread::observed(sample, options.p, Confidence::C95)?;
        Some((spread, [interval.low?, interval.high?]))
    });
    let (name, requests) = (side.name.clone(), sample.map_or(0, Sample::len));
    match observed {
        Some((spread, interval_us)) => (
            Basis::Pilot {
                name,
                requests,
                interval_us,
            },
            Some(spread),
        ),
        None => (
            Basis::TooFew {
                name,
                requests,
                sigma: ASSUMED_SIGMA,
            },
            None,
        ),
    }
}
