//! The arguments of `latscope store`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::command::{ExportFormat, StoreAction, StoreOptions};
use crate::dataset::TimeBound;

pub(super) const STORE_EXAMPLES: &str = "\
Examples:
  latscope store status
  latscope store prune --older-than 30d
  latscope store export --format parquet --out invocations.parquet";

const STATUS_EXAMPLES: &str = "\
Examples:
  latscope store status
  latscope store status --store /shared/latscope --local";

const VERIFY_EXAMPLES: &str = "\
Examples:
  latscope store verify";

const PRUNE_EXAMPLES: &str = "\
Examples:
  latscope store prune --older-than 30d
  latscope store prune --older-than 2026-11-01";

const EXPORT_EXAMPLES: &str = "\
Examples:
  latscope store export --format parquet --out invocations.parquet
  latscope store export --format csv | head";

#[derive(Debug, Args)]
pub(super) struct StoreArgs {
    #[command(subcommand)]
    action: ActionArg,
    /// The store [default: LATSCOPE_STORE, or .latscope]
    #[arg(long, global = true, value_name = "DIR")]
    store: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum ActionArg {
    /// What is in the store: groups, times, events, bytes, and the latest fetch
    #[command(after_help = STATUS_EXAMPLES)]
    Status {
        /// Show times in this machine's zone instead of UTC
        #[arg(long)]
        local: bool,
    },
    /// Read every segment and name those that are damaged; the next fetch gets them again
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify,
    /// Remove what is older
    #[command(after_help = PRUNE_EXAMPLES)]
    Prune {
        /// How old: 30d or 12h back from now, or a date
        #[arg(long, value_name = "TIME")]
        older_than: String,
    },
    /// Write the invocations of the store, one a row
    #[command(after_help = EXPORT_EXAMPLES)]
    Export {
        /// Form of the output
        #[arg(long, value_enum)]
        format: FormatArg,
        /// File to write to [default: standard output, where the form is text]
        #[arg(long, short, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    Parquet,
    Csv,
    Ndjson,
}

impl StoreArgs {
    pub(super) fn into_options(self) -> Result<StoreOptions, String> {
        let action = match self.action {
            ActionArg::Status { local } => StoreAction::Status { is_local: local },
            ActionArg::Verify => StoreAction::Verify,
            ActionArg::Prune { older_than } => StoreAction::Prune {
                before: TimeBound::parse(&older_than, false)
                    .map_err(|error| format!("--older-than: {error}"))?,
            },
            ActionArg::Export { format, out } => StoreAction::Export {
                format: match format {
                    FormatArg::Parquet => ExportFormat::Parquet,
                    FormatArg::Csv => ExportFormat::Csv,
                    FormatArg::Ndjson => ExportFormat::Ndjson,
                },
                out,
            },
        };
        if matches!(
            action,
            StoreAction::Export {
                format: ExportFormat::Parquet,
                out: None
            }
        ) {
            return Err("--format parquet needs --out FILE".to_owned());
        }
        Ok(StoreOptions {
            store: self.store,
            action,
        })
    }
}
