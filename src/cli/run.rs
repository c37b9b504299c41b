//! The program as a function.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap::Parser;
use clap::error::ErrorKind;

use super::args::{Cli, Command};
use crate::command::{Error, ExitStatus, inspect, report, summarize, timing_keys};
use crate::vocab::visible;

/// What the program needs to know of its surroundings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Terminal {
    /// Whether colour is wanted where it is left open: the standard output is a terminal and
    /// `NO_COLOR` is not set.
    pub wants_colour: bool,
}

/// Where the configuration is looked for.
const CONFIG: &str = "latscope.toml";

/// Runs the program with these arguments, the first of which is its own name.
pub fn run(
    args: impl IntoIterator<Item = OsString>,
    terminal: Terminal,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> ExitStatus {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return explain(&error, stdout, stderr),
    };
    let done = match cli.command {
        Command::Report(args) => args.into_options(terminal).map(|options| {
            execute(stdout, stderr, options.common.is_quiet, |keys, out, err| {
                report(&options, keys, out, err)
            })
        }),
        Command::Inspect(args) => {
            let options = args.into_options();
            Ok(execute(stdout, stderr, false, |keys, out, err| {
                inspect(&options, keys, out, err)
            }))
        }
        Command::Summary(args) => args.into_options(terminal).map(|options| {
            execute(stdout, stderr, options.common.is_quiet, |keys, out, err| {
                summarize(&options, keys, out, err)
            })
        }),
    };
    match done {
        Ok(status) => status,
        Err(usage) => {
            say(stderr, &usage);
            ExitStatus::Usage
        }
    }
}

/// Reads the configuration, runs a command and says why it failed if it did.
fn execute(
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
    is_quiet: bool,
    command: impl FnOnce(crate::parse::TimingKeys, &mut dyn Write, &mut dyn Write) -> Result<(), Error>,
) -> ExitStatus {
    let run = |stdout: &mut dyn Write, stderr: &mut dyn Write| -> Result<(), Error> {
        let (keys, is_configured) = timing_keys(Path::new(CONFIG))?;
        if is_configured && !is_quiet {
            // A reader that is gone changes nothing about the result.
            let _ = writeln!(stderr, "timing keys from {CONFIG}");
        }
        command(keys, stdout, stderr)?;
        stdout.flush().map_err(Error::Output)
    };
    match run(stdout, stderr) {
        Ok(()) => ExitStatus::Success,
        Err(error) => {
            let status = error.exit_status();
            if status != ExitStatus::Success {
                say(stderr, &error.to_string());
            }
            status
        }
    }
}

/// Writes an error, line by line so that line breaks of our own stay and those of names do not.
fn say(stderr: &mut dyn Write, text: &str) {
    for (number, line) in text.lines().enumerate() {
        let start = if number == 0 { "error: " } else { "" };
        // Nothing is left to be done when even the error cannot be written.
        let _ = writeln!(stderr, "{start}{}", visible(line));
    }
}

/// Help and version go to the standard output and are a success; the rest is a usage error.
fn explain(error: &clap::Error, stdout: &mut dyn Write, stderr: &mut dyn Write) -> ExitStatus {
    let is_asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let text = error.render().to_string();
    let (written, status) = if is_asked_for {
        (stdout.write_all(text.as_bytes()), ExitStatus::Success)
    } else {
        (stderr.write_all(text.as_bytes()), ExitStatus::Usage)
    };
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitStatus::Failure,
        _ => status,
    }
}
