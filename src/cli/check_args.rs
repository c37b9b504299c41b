//! The arguments of `latscope check`, and the gates of `latscope report`.

use clap::{Args, ValueEnum};

use super::args::{CommonArgs, selector, take_inputs};
use super::baseline_args::BaselinesArgs;
use crate::command::{CheckFormat, CheckOptions, Surroundings};
use crate::comparison::{Gate, GateOptions, OnInconclusive};

pub(super) const CHECK_EXAMPLES: &str = "\
A gate is a quantity, > or <, and a threshold:
  p95(total) > +10%           pNN of total, duration, inference, init, overhead or billed, against the baseline
  p95(total) > +50ms          the same as a difference, in ms or s
  p99(total, warm) > 2500ms   of the candidate alone, of one start type
  inference_share < 90%       of the candidate alone; so are timeout_rate, error_rate, cold_rate, throttle_rate

Examples:
  latscope check --baseline haiku --candidate nova-lite --fail-on 'p95(total) > +10%' --input logs.json
  latscope check --baseline input=before.json --candidate input=after.json --allow-uncontrolled \\
    --fail-on 'p95 > +10%' --fail-on 'timeout_rate > 0.1%' --format github
  latscope check --candidate version=13 --fail-on 'p99(total, warm) > 2500ms' --input logs/";

#[derive(Debug, Args)]
pub(super) struct GateArgs {
    /// Fail if this holds, as far as its interval shows: 'p95(total) > +10%'. May be given several times; the first is
    /// the primary gate
    #[arg(long, value_name = "GATE", value_parser = gate, allow_hyphen_values = true)]
    fail_on: Vec<Gate>,
    /// What a gate does that cannot be decided
    #[arg(long, value_enum, default_value_t = OnInconclusiveArg::Exit11, value_name = "WHAT", requires = "fail_on")]
    on_inconclusive: OnInconclusiveArg,
    /// Decide although the sides differ in more than what is compared, as before and after a change
    #[arg(long, requires = "fail_on")]
    allow_uncontrolled: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnInconclusiveArg {
    /// It counts as passed
    Pass,
    /// It counts as passed, with a warning
    Warn,
    /// It counts as failed: exit code 10
    Fail,
    /// Exit code 11
    #[value(name = "exit-11")]
    Exit11,
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// What is checked: a model (haiku, or any id of it), or key=value[,key=value] with model, since, until, input,
    /// function, version, memory, region, stream, start, status; or saved=NAME
    #[arg(long, value_name = "SELECTOR")]
    candidate: String,
    /// What it is compared with; not needed where no gate compares
    #[arg(long, value_name = "SELECTOR")]
    baseline: Option<String>,
    /// Form of the output
    #[arg(long, value_enum, default_value_t = FormatArg::Text)]
    format: FormatArg,
    #[command(flatten)]
    gates: GateArgs,
    #[command(flatten)]
    baselines: BaselinesArgs,
    #[command(flatten)]
    common: CommonArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    /// A line for each gate
    Text,
    /// latscope.check/v1
    Json,
    /// Annotations of GitHub Actions, and a job summary
    Github,
    /// JUnit XML
    Junit,
}

fn gate(text: &str) -> Result<Gate, String> {
    text.parse()
        .map_err(|error: crate::comparison::GateError| error.to_string())
}

impl GateArgs {
    pub(super) fn into_options(self) -> Result<GateOptions, String> {
        Ok(GateOptions {
            gates: self.fail_on,
            on_inconclusive: match self.on_inconclusive {
                OnInconclusiveArg::Pass => OnInconclusive::Pass,
                OnInconclusiveArg::Warn => OnInconclusive::Warn,
                OnInconclusiveArg::Fail => OnInconclusive::Fail,
                OnInconclusiveArg::Exit11 => OnInconclusive::Distinct,
            },
            allows_uncontrolled: self.allow_uncontrolled,
        })
    }
}

impl CheckArgs {
    pub(super) fn into_options(self, surroundings: &Surroundings) -> Result<CheckOptions, String> {
        let mut common = self.common.into_common(surroundings)?;
        let baseline = self.baseline.as_deref();
        let baseline = baseline
            .map(|text| selector("baseline", text, common.is_local))
            .transpose()?;
        let candidate = selector("candidate", &self.candidate, common.is_local)?;
        take_inputs(&mut common, baseline.iter().chain([&candidate]));
        let gates = self.gates.into_options()?;
        if gates.gates.is_empty() {
            return Err(
                "nothing to check: give at least one --fail-on, such as --fail-on 'p95 > +10%'".to_owned(),
            );
        }
        let compared = gates.gates.iter().find(|gate| gate.needs_baseline());
        if let (Some(gate), None) = (compared, &baseline) {
            return Err(format!(
                "--fail-on '{gate}' compares with a baseline: give --baseline"
            ));
        }
        Ok(CheckOptions {
            common,
            baseline,
            candidate,
            gates,
            baselines: self.baselines.baselines,
            format: match self.format {
                FormatArg::Text => CheckFormat::Text,
                FormatArg::Json => CheckFormat::Json,
                FormatArg::Github => CheckFormat::Github,
                FormatArg::Junit => CheckFormat::Junit,
            },
        })
    }
}
