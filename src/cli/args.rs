//! What was typed, and its conversion into what it means.

use std::num::NonZero;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::baseline_args::{BASELINE_EXAMPLES, BaselineArgs, BaselinesArgs};
use super::check_args::{CHECK_EXAMPLES, CheckArgs, GateArgs};
use super::dashboard_args::{DASHBOARD_EXAMPLES, DashboardArgs};
use super::drive_args::{DRIVE_EXAMPLES, DriveArgs};
use super::fetch_args::{FETCH_EXAMPLES, FetchArgs};
use super::plan_args::{PLAN_EXAMPLES, PlanArgs};
use super::query_args::{QUERY_EXAMPLES, QueryArgs};
use super::render_args::{RENDER_EXAMPLES, RenderArgs};
use super::setup_args::{
    COMPLETIONS_EXAMPLES, CompletionsArgs, EXPLAIN_EXAMPLES, ExplainArgs, INIT_EXAMPLES, InitArgs,
    MAN_EXAMPLES, ManArgs,
};
use super::store_args::{STORE_EXAMPLES, StoreArgs};
use crate::command::{
    Candidates, Common, ExitStatus, ExportFormat, Format, InspectOptions, ReportOptions, Selector,
    SummaryOptions, Surroundings,
};
use crate::comparison::{Architecture, WhatIf};
use crate::dataset::{Condition, Key, TimeBound};
use crate::render::Style;
use crate::summary::Failures;
use crate::vocab::did_you_mean;

/// Where the latency of a generative-AI API on AWS Lambda comes from, and whether another model
/// would really fix it.
#[derive(Debug, Parser)]
#[command(name = "latscope", version, about, after_help = after_help(), max_term_width = 110)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

fn after_help() -> String {
    let codes = ExitStatus::TABLE.map(|(code, meaning)| format!("  {code:>2}  {meaning}"));
    format!("Exit codes:\n{}\n\n{EXAMPLES}", codes.join("\n"))
}

const EXAMPLES: &str = "\
Examples:
  latscope fetch --function chat --since 1h
  latscope report --baseline haiku --candidate nova-lite
  latscope summary --input logs.json
  latscope explain p95";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Compare two models (or versions, memory sizes, windows, files) and write report.md, report.html,
    /// their figures, and report.json
    #[command(after_help = REPORT_EXAMPLES)]
    Report(ReportArgs),
    /// Decide gates such as 'p95(total) > +10%' on their intervals: exit 0, 10 if one failed, 11 if one could not be
    /// decided
    #[command(after_help = CHECK_EXAMPLES)]
    Check(CheckArgs),
    /// Save a side of a later comparison, so that its logs need not be kept
    #[command(after_help = BASELINE_EXAMPLES)]
    Baseline(BaselineArgs),
    /// Write report.md, report.html and the figures of a report again, of its report.json alone
    #[command(after_help = RENDER_EXAMPLES)]
    Render(RenderArgs),
    /// Say how many requests a decision about a quantile needs, and how long they take
    #[command(after_help = PLAN_EXAMPLES)]
    Plan(PlanArgs),
    /// Say of each saved file what it is: its form, encoding and compression, and what could be read
    #[command(after_help = INSPECT_EXAMPLES)]
    Inspect(InspectArgs),
    /// Print counts, quantiles with 95 % intervals and inference share of every model and start
    /// type
    #[command(after_help = SUMMARY_EXAMPLES)]
    Summary(SummaryArgs),
    /// Fetch REPORT lines, platform events and timing records from CloudWatch Logs into the store, of which
    /// report and summary then read
    #[command(after_help = FETCH_EXAMPLES)]
    Fetch(FetchArgs),
    /// Call an API again and again, models in random turns at times fixed beforehand, and record what its caller sees
    #[command(after_help = DRIVE_EXAMPLES)]
    Drive(Box<DriveArgs>),
    /// List, show and run ready-made queries of CloudWatch Logs Insights
    #[command(after_help = QUERY_EXAMPLES)]
    Query(QueryArgs),
    /// Print the body of a CloudWatch dashboard: latency by model, cold starts, inference share, errors, Lambda, API
    /// Gateway and Bedrock
    #[command(after_help = DASHBOARD_EXAMPLES)]
    Dashboard(DashboardArgs),
    /// Say what is in the store, check it, thin it out, or take what is in it elsewhere
    #[command(after_help = STORE_EXAMPLES)]
    Store(StoreArgs),
    /// Say what a word of the outputs means: p95, interval, controlled, margin; or list all such words
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),
    /// Write latscope.toml with every option, its default and what it means, commented out
    #[command(after_help = INIT_EXAMPLES)]
    Init(InitArgs),
    /// Print the completions of a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArgs),
    /// Print the manual page, or write that of every command
    #[command(after_help = MAN_EXAMPLES)]
    Man(ManArgs),
}

const REPORT_EXAMPLES: &str = "\
Examples:
  latscope report --baseline haiku --candidate nova-lite --input logs.json
  latscope report --baseline version=12 --candidate version=13 --input logs/ --out reports/v13
  latscope report --baseline input=old.ndjson --candidate input=new.ndjson
  latscope report --baseline haiku --candidate nova-lite --candidate nova-micro --input logs.json
  latscope report --baseline haiku --all-models --input logs.json
  latscope report --baseline haiku --candidate nova-lite --input logs/ --invocations parquet";

const SUMMARY_EXAMPLES: &str = "\
Examples:
  latscope summary --input logs.json
  latscope summary --input logs/ --since 1h --by model,memory --format json
  aws logs filter-log-events --log-group-name /aws/lambda/chat --output json | latscope summary --input -";

const INSPECT_EXAMPLES: &str = "\
Examples:
  latscope inspect logs/
  latscope inspect log-events-viewer-result.csv --explain-rejected";

#[derive(Debug, Args)]
pub(super) struct CommonArgs {
    /// Saved logs in any form: files, folders, or - for standard input; plain or compressed
    /// [default: the store that latscope fetch fills, in the window of the latest fetch]
    #[arg(long, short, value_name = "PATH", num_args = 1..)]
    input: Vec<PathBuf>,
    /// The store to read where there is no --input [default: LATSCOPE_STORE, or .latscope]
    #[arg(long, value_name = "DIR", conflicts_with = "input")]
    store: Option<PathBuf>,
    /// Take invocations from this time on: 90s, 1h or 1d2h30m back from the newest event,
    /// 2026-11-22, 2026-11-22T10:00, or RFC 3339
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Take invocations before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Take invocations with this property: function, version, memory, region, stream, start or
    /// status. Of several values for one key, any will do
    #[arg(long = "where", value_name = "KEY=VALUE")]
    conditions: Vec<String>,
    /// Which outcomes latencies are taken from: answered invocations with timeouts as lower
    /// bounds, or failures too. What callers saw, and the whole path, leave failures out always
    #[arg(long, value_enum, default_value_t = OutcomeArg::Answered)]
    outcome: OutcomeArg,
    /// Read and show times in this machine's zone instead of UTC
    #[arg(long)]
    local: bool,
    /// Colour the output
    #[arg(long, value_enum, default_value_t = ColorArg::Auto, value_name = "WHEN")]
    color: ColorArg,
    /// Write nothing but results and errors
    #[arg(long, short, conflicts_with = "verbose")]
    quiet: bool,
    /// Say what was read, in which form, and what was rejected
    #[arg(long, short)]
    verbose: bool,
    /// List everything that was rejected, with file, line and reason
    #[arg(long)]
    explain_rejected: bool,
    /// Parse every line, also those that cannot be records, so that damage in them is found too
    #[arg(long)]
    strict: bool,
    /// Read logs on so many threads [default: one for each processor]. The result is the same
    #[arg(long, value_name = "NUMBER")]
    threads: Option<NonZero<usize>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OutcomeArg {
    Answered,
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ColorArg {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// What there is today: a model (haiku, or any id of it), or key=value[,key=value] with model,
    /// since, until, input, function, version, memory, region, stream, start, status; or saved=NAME
    #[arg(long, value_name = "SELECTOR")]
    baseline: String,
    /// What might replace it. Several are ranked, each claim holding among all of them
    #[arg(long, value_name = "SELECTOR", required_unless_present = "all_models")]
    candidate: Vec<String>,
    /// Rank every other model of the logs, each with all its requests; --where narrows all of them
    #[arg(long, conflicts_with = "candidate")]
    all_models: bool,
    /// A change below it counts as none in verdicts. If the baseline differs from itself by more, that counts
    #[arg(long, value_name = "PERCENT", default_value = "5%", value_parser = margin)]
    margin: f64,
    /// Folder to write to [default: reports/BASELINE-vs-CANDIDATE, -vs-all-models with --all-models]
    #[arg(long, short, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Open report.html when it is written
    #[arg(long)]
    open: bool,
    /// Prices that replace those of latscope, figure by figure
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// Write the invocations of both sides too, one a row, to invocations.csv or invocations.parquet beside the report
    #[arg(long, value_enum, value_name = "FORM")]
    invocations: Option<InvocationsArg>,
    /// Show the cost on this architecture; logs do not tell it, so both are shown by default
    #[arg(long, value_enum, value_name = "NAME")]
    architecture: Option<ArchitectureArg>,
    #[command(flatten)]
    what_if: WhatIfArgs,
    #[command(flatten)]
    gates: GateArgs,
    #[command(flatten)]
    baselines: BaselinesArgs,
    #[command(flatten)]
    common: CommonArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ArchitectureArg {
    #[value(name = "x86_64")]
    X86,
    #[value(name = "arm64")]
    Arm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum InvocationsArg {
    Csv,
    Parquet,
}

#[derive(Debug, Args)]
struct WhatIfArgs {
    /// Show total time if a part of it were different: inference*0.5, init=0, overhead=0, retry=0, or several
    /// between commas. Each --what-if is shown by itself
    #[arg(long, value_name = "CHANGE")]
    what_if: Vec<String>,
}

impl WhatIfArgs {
    fn parsed(&self) -> Result<Vec<WhatIf>, String> {
        let parse = |text: &String| WhatIf::parse(text).map_err(|error| format!("--what-if: {error}"));
        self.what_if.iter().map(parse).collect()
    }
}

#[derive(Debug, Args)]
pub(super) struct InspectArgs {
    /// Files, folders, or - for standard input
    #[arg(value_name = "PATH", required = true)]
    inputs: Vec<PathBuf>,
    /// List everything that was rejected, with file, line and reason
    #[arg(long)]
    explain_rejected: bool,
    /// Show times in this machine's zone instead of UTC
    #[arg(long)]
    local: bool,
}

impl InspectArgs {
    pub(super) fn into_options(self) -> InspectOptions {
        InspectOptions {
            inputs: self.inputs,
            explains_rejected: self.explain_rejected,
            is_local: self.local,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct SummaryArgs {
    /// Group by these properties; '' for one group
    #[arg(long, value_name = "KEY[,KEY]", default_value = "model,start")]
    by: String,
    /// Form of the output
    #[arg(long, value_enum, default_value_t = FormatArg::Table)]
    format: FormatArg,
    #[command(flatten)]
    what_if: WhatIfArgs,
    #[command(flatten)]
    common: CommonArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    Table,
    Json,
    Csv,
    Markdown,
}

impl CommonArgs {
    pub(super) fn into_common(self, surroundings: &Surroundings) -> Result<Common, String> {
        let time = |option: &str, text: Option<String>| {
            text.map(|text| {
                TimeBound::parse(&text, self.local).map_err(|error| format!("--{option}: {error}"))
            })
            .transpose()
        };
        Ok(Common {
            since: time("since", self.since.clone())?,
            until: time("until", self.until.clone())?,
            conditions: self
                .conditions
                .iter()
                .map(|text| condition(text))
                .collect::<Result<_, _>>()?,
            failures: match self.outcome {
                OutcomeArg::Answered => Failures::Apart,
                OutcomeArg::All => Failures::Included,
            },
            is_local: self.local,
            is_quiet: self.quiet,
            is_verbose: self.verbose,
            explains_rejected: self.explain_rejected,
            is_strict: self.strict,
            threads: self.threads,
            is_stderr_terminal: surroundings.is_stderr_terminal,
            style: Style {
                is_coloured: match self.color {
                    ColorArg::Auto => surroundings.wants_colour,
                    ColorArg::Always => true,
                    ColorArg::Never => false,
                },
                ..surroundings.style()
            },
            inputs: self.input,
            store: self.store,
        })
    }
}

fn condition(text: &str) -> Result<Condition, String> {
    let faulty = |reason: String| format!("--where {text:?}: {reason}");
    let known: Vec<&str> = Key::ALL
        .into_iter()
        .filter(|key| *key != Key::Model)
        .map(Key::name)
        .collect();
    let (key, value) = text
        .split_once('=')
        .ok_or_else(|| faulty("expecting KEY=VALUE".to_owned()))?;
    let found = Key::from_name(key).filter(|key| *key != Key::Model);
    let key = found.ok_or_else(|| {
        let offered = did_you_mean(key, known.iter().copied());
        faulty(format!("{key:?} is none of {}{offered}", known.join(", ")))
    })?;
    Condition::new(key, value).map_err(|error| faulty(error.to_string()))
}

impl ReportArgs {
    pub(super) fn into_options(self, surroundings: &Surroundings) -> Result<ReportOptions, String> {
        let mut common = self.common.into_common(surroundings)?;
        let baseline = selector("baseline", &self.baseline, common.is_local)?;
        let candidate = |text: &String| selector("candidate", text, common.is_local);
        let candidates: Vec<Selector> = self.candidate.iter().map(candidate).collect::<Result<_, _>>()?;
        take_inputs(&mut common, [&baseline].into_iter().chain(&candidates));
        Ok(ReportOptions {
            common,
            baseline,
            candidates: match self.all_models {
                true => Candidates::AllModels,
                false => Candidates::Selected(candidates),
            },
            gates: self.gates.into_options()?,
            baselines: self.baselines.baselines,
            margin: self.margin,
            out: self.out,
            opens: self.open,
            prices: self.prices,
            architecture: self.architecture.map(|architecture| match architecture {
                ArchitectureArg::X86 => Architecture::X86,
                ArchitectureArg::Arm => Architecture::Arm,
            }),
            what_if: self.what_if.parsed()?,
            invocations: self.invocations.map(|form| match form {
                InvocationsArg::Csv => ExportFormat::Csv,
                InvocationsArg::Parquet => ExportFormat::Parquet,
            }),
        })
    }
}

/// Reads a margin, such as `5%`, as a share.
fn margin(text: &str) -> Result<f64, String> {
    let number = text
        .strip_suffix('%')
        .map(str::trim_end)
        .and_then(|number| number.parse::<f64>().ok());
    match number {
        Some(percent) if percent > 0.0 && percent <= 1000.0 => Ok(percent / 100.0),
        _ => Err("a margin is a percentage above 0% and up to 1000%, such as 5%".to_owned()),
    }
}

/// Reads the selector of an option.
pub(super) fn selector(option: &str, text: &str, is_local: bool) -> Result<Selector, String> {
    Selector::parse(text, is_local).map_err(|error| format!("--{option}: {error}"))
}

/// Selectors that name files need not have them named twice.
pub(super) fn take_inputs<'s>(common: &mut Common, selectors: impl IntoIterator<Item = &'s Selector>) {
    if !common.inputs.is_empty() {
        return;
    }
    for path in selectors.into_iter().flat_map(Selector::inputs) {
        if !common.inputs.contains(path) {
            common.inputs.push(path.clone());
        }
    }
}

impl SummaryArgs {
    pub(super) fn into_options(self, surroundings: &Surroundings) -> Result<SummaryOptions, String> {
        let keys = self.by.split(',').map(str::trim).filter(|name| !name.is_empty());
        let mut by = Vec::new();
        for name in keys {
            let known = Key::ALL.map(Key::name);
            let key = Key::from_name(name).ok_or_else(|| {
                let offered = did_you_mean(name, known);
                format!("--by: {name:?} is none of {}{offered}", known.join(", "))
            })?;
            if !by.contains(&key) {
                by.push(key);
            }
        }
        Ok(SummaryOptions {
            what_if: self.what_if.parsed()?,
            common: self.common.into_common(surroundings)?,
            by,
            format: match self.format {
                FormatArg::Table => Format::Table,
                FormatArg::Json => Format::Json,
                FormatArg::Csv => Format::Csv,
                FormatArg::Markdown => Format::Markdown,
            },
        })
    }
}
