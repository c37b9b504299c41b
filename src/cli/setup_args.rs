//! The arguments of what explains latscope and sets it up: `explain`, `init`, `completions` and `man`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

pub(super) const EXPLAIN_EXAMPLES: &str = "\
Examples:
  latscope explain p95
  latscope explain effective size
  latscope explain confounded
  latscope explain";

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// A word of the outputs, such as p99, interval, controlled or margin [default: list all of them]
    #[arg(value_name = "WORD")]
    words: Vec<String>,
}

impl ExplainArgs {
    /// What is asked for; nothing if all words are.
    pub(super) fn into_word(self) -> Option<String> {
        (!self.words.is_empty()).then(|| self.words.join(" "))
    }
}

pub(super) const INIT_EXAMPLES: &str = "\
Examples:
  latscope init
  latscope init --force";

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// Overwrite a latscope.toml that is there
    #[arg(long)]
    pub(super) force: bool,
}

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  latscope completions bash > ~/.local/share/bash-completion/completions/latscope
  latscope completions zsh > ~/.zfunc/_latscope
  latscope completions fish > ~/.config/fish/completions/latscope.fish";

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: Shell,
}

pub(super) const MAN_EXAMPLES: &str = "\
Examples:
  latscope man --out ~/.local/share/man/man1
  latscope man | man -l -";

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Write a page of every command into this folder [default: the program's own page to standard output]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}
