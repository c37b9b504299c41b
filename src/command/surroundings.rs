//! What the program is told of the machine and the moment it runs in.

use std::path::PathBuf;

use crate::render::Style;
use crate::vocab::Timestamp;

/// What lies outside arguments and files. `main` looks it up, so that nothing else depends on it.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Whether colour is wanted where it is left open: the standard output is a terminal that has it, and `NO_COLOR` is not
    /// set.
    pub wants_colour: bool,
    /// Whether text is as plain on a terminal as in a pipe: `TERM` is `dumb`, or the locale's encoding is known not to be
    /// UTF-8.
    pub is_plain: bool,
    /// Whether the standard error is a terminal, whose lines can be written again.
    pub is_stderr_terminal: bool,
    /// How many columns the terminal of the standard output has; nothing where it is none.
    pub columns: Option<usize>,
    /// The store that `LATSCOPE_STORE` names.
    pub store: Option<PathBuf>,
    /// The region that `AWS_REGION` or `AWS_DEFAULT_REGION` names, for what asks nothing of AWS. The SDK reads more.
    pub region: Option<String>,
    /// The file that `GITHUB_STEP_SUMMARY` names, to which a step of GitHub Actions appends Markdown.
    pub step_summary: Option<PathBuf>,
    /// What an environment variable holds that was named on the command line, for what must not stand there itself.
    pub variable: fn(&str) -> Option<String>,
    /// The clock.
    pub now: fn() -> Timestamp,
}

impl Surroundings {
    /// How text is shown on the standard output where nothing else is asked for.
    pub fn style(&self) -> Style {
        Style {
            is_coloured: self.wants_colour,
            columns: self.columns.filter(|_| !self.is_plain),
        }
    }
}
