//! The arguments of `latscope plan`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::args::{selector, take_inputs};
use crate::command::{Common, PlanOptions, Surroundings};
use crate::comparison::Gate;

pub(super) const PLAN_EXAMPLES: &str = "\
Examples:
  latscope plan --quantile p95 --margin 10%
  latscope plan --quantile 'p99(total, warm)' --margin 20% --rate 2/s --from pilot.json
  latscope plan --margin 5% --from logs/ --baseline haiku --candidate nova-lite";

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// The quantile to decide about, as in --fail-on
    #[arg(long, value_name = "QUANTILE", default_value = "p95")]
    quantile: String,
    /// The change that must not be missed
    #[arg(long, value_name = "PERCENT", default_value = "10%")]
    margin: String,
    /// Saved logs of a pilot, from which the spread of times is taken [default: a lognormal distribution]
    #[arg(long, value_name = "PATH", num_args = 1..)]
    from: Vec<PathBuf>,
    /// The side of the pilot that stands for the baseline [default: all of it]
    #[arg(long, value_name = "SELECTOR")]
    baseline: Option<String>,
    /// The side that stands for the candidate [default: as the baseline]
    #[arg(long, value_name = "SELECTOR")]
    candidate: Option<String>,
    /// Requests to each side: 2/s, 100/min or 5000/h
    #[arg(long, value_name = "RATE", value_parser = rate)]
    rate: Option<f64>,
    /// Form of the output
    #[arg(long, value_enum, default_value_t = FormatArg::Text)]
    format: FormatArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    Text,
    Json,
}

/// Requests a second.
pub(super) fn rate(text: &str) -> Result<f64, String> {
    let fault = || format!("{text:?} is no rate such as 2/s, 100/min or 5000/h");
    let (count, unit) = text.split_once('/').ok_or_else(fault)?;
    let count: f64 = count.trim().parse().map_err(|_| fault())?;
    let seconds = match unit.trim() {
        "s" => 1.0,
        "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(fault()),
    };
    let rate = count / seconds;
    (rate.is_finite() && rate > 0.0).then_some(rate).ok_or_else(fault)
}

impl PlanArgs {
    pub(super) fn into_options(self, surroundings: &Surroundings) -> Result<PlanOptions, String> {
        // What is planned for is a gate, so it is read as one.
        let gate: Gate = format!("{} > +{}", self.quantile.trim(), self.margin.trim())
            .parse()
            .map_err(|error| format!("--quantile or --margin: {error}"))?;
        let mut common = Common {
            inputs: self.from,
            is_stderr_terminal: surroundings.is_stderr_terminal,
            style: surroundings.style(),
            ..Common::default()
        };
        let of =
            |option: &str, text: Option<&str>| text.map(|text| selector(option, text, false)).transpose();
        let baseline = of("baseline", self.baseline.as_deref())?;
        let candidate = of("candidate", self.candidate.as_deref())?;
        take_inputs(&mut common, baseline.iter().chain(&candidate));
        if common.inputs.is_empty() && (baseline.is_some() || candidate.is_some()) {
            return Err("--baseline and --candidate select from a pilot: give --from PATH".to_owned());
        }
        PlanOptions::new(
            common,
            gate,
            baseline,
            candidate,
            self.rate,
            self.format == FormatArg::Json,
        )
        .ok_or_else(|| format!("--margin: a plan is for a quantile and a margin above 0%, not for {gate}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_a_second() {
        assert_eq!(rate("2/s"), Ok(2.0));
        assert_eq!(rate("90/min"), Ok(1.5));
        assert_eq!(rate("1800 / h"), Ok(0.5));
        for text in ["2", "2/d", "0/s", "-1/s", "x/s", "inf/s"] {
            assert!(rate(text).is_err(), "{text}");
        }
    }
}
