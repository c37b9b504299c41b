//! The arguments of `latscope baseline`, and of what compares with one.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::args::{CommonArgs, selector, take_inputs};
use crate::command::{BaselineAction, BaselineOptions, SaveOptions, Surroundings, is_baseline_name};

pub(super) const BASELINE_EXAMPLES: &str = "\
Examples:
  latscope baseline save october --select haiku --input logs/
  latscope baseline list
  latscope report --baseline saved=october --candidate haiku --input today/";

const SAVE_EXAMPLES: &str = "\
Examples:
  latscope baseline save october --select haiku --input logs/
  latscope baseline save v12 --select version=12,start=warm --since 7d --replace";

const LIST_EXAMPLES: &str = "\
Examples:
  latscope baseline list
  latscope baseline list --baselines /shared/baselines";

/// Where baselines are.
#[derive(Debug, Args)]
pub(super) struct BaselinesArgs {
    /// The folder of saved baselines
    #[arg(long, global = true, value_name = "DIR", default_value = "baselines")]
    pub(super) baselines: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct BaselineArgs {
    #[command(subcommand)]
    action: ActionArg,
    #[command(flatten)]
    baselines: BaselinesArgs,
}

#[derive(Debug, Subcommand)]
enum ActionArg {
    /// Save what a later comparison needs of some invocations, to be used as saved=NAME
    #[command(after_help = SAVE_EXAMPLES)]
    Save(Box<SaveArgs>),
    /// What is saved
    #[command(after_help = LIST_EXAMPLES)]
    List,
}

#[derive(Debug, Args)]
struct SaveArgs {
    /// The name: letters, digits, dots, hyphens and underscores
    #[arg(value_name = "NAME")]
    name: String,
    /// Which invocations: a model (haiku, or any id of it), or key=value[,key=value] with model, since, until, input,
    /// function, version, memory, region, stream, start, status
    #[arg(long, value_name = "SELECTOR")]
    select: String,
    /// Keep each invocation if there are at most so many, and of more of them counts and an excerpt
    #[arg(long, value_name = "COUNT", default_value_t = 100_000)]
    exact_up_to: usize,
    /// Put it in the place of one of that name
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    common: CommonArgs,
}

impl BaselineArgs {
    pub(super) fn into_options(self, surroundings: &Surroundings) -> Result<BaselineOptions, String> {
        let action = match self.action {
            ActionArg::List => BaselineAction::List,
            ActionArg::Save(args) => {
                if !is_baseline_name(&args.name) {
                    let name = &args.name;
                    return Err(format!(
                        "{name:?} is no name of a baseline: letters, digits, -, _ and ."
                    ));
                }
                let mut common = args.common.into_common(surroundings)?;
                let selector = selector("select", &args.select, common.is_local)?;
                if selector.saved().is_some() {
                    return Err(format!("--select: {} is saved already", selector.text()));
                }
                take_inputs(&mut common, [&selector]);
                BaselineAction::Save(Box::new(SaveOptions {
                    common,
                    name: args.name,
                    selector,
                    exact_up_to: args.exact_up_to,
                    replaces: args.replace,
                }))
            }
        };
        Ok(BaselineOptions {
            dir: self.baselines.baselines,
            action,
        })
    }
}
