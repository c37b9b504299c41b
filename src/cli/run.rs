//! The program as a function.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use super::args::{Cli, Command};
use super::man::pages;
use crate::command::{
    BaselineAction, Config, Error, ExitStatus, Surroundings, baseline, check, dashboard, drive, explain,
    fetch, init, inspect, plan, query, render, report, store, summarize, write_out, write_pages,
};
use crate::vocab::visible;

/// Where the configuration is looked for.
const CONFIG: &str = "latscope.toml";

/// The store where nothing else is asked for.
const STORE: &str = ".latscope";

/// Runs the program with these arguments, the first of which is its own name.
pub fn run(
    args: impl IntoIterator<Item = OsString>,
    surroundings: &Surroundings,
    stdout: &mut dyn Write,
    stderr: &mut (dyn Write + Send),
) -> ExitStatus {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return no_command(&error, stdout, stderr),
    };
    let of_surroundings = surroundings.store.clone();
    // What is typed comes first, then the environment, then the configuration.
    let place = |typed: Option<PathBuf>, config: &Config| {
        let place = typed.or(of_surroundings).or_else(|| config.store.clone());
        place.unwrap_or_else(|| STORE.into())
    };
    let done = match cli.command {
        Command::Report(args) => args.into_options(surroundings).map(|mut options| {
            execute(stdout, stderr, options.common.is_quiet, |config, out, err| {
                options.common.store = Some(place(options.common.store.take(), &config));
                options.prices = options.prices.take().or(config.prices);
                report(&options, config.keys, out, err)
            })
        }),
        Command::Check(args) => args.into_options(surroundings).map(|mut options| {
            execute(stdout, stderr, options.common.is_quiet, |config, out, err| {
                options.common.store = Some(place(options.common.store.take(), &config));
                check(&options, config.keys, surroundings, out, err)
            })
        }),
        Command::Baseline(args) => args.into_options(surroundings).map(|mut options| {
            let is_quiet = match &options.action {
                BaselineAction::Save(save) => save.common.is_quiet,
                BaselineAction::List => true,
            };
            execute(stdout, stderr, is_quiet, |config, out, err| {
                if let BaselineAction::Save(save) = &mut options.action {
                    save.common.store = Some(place(save.common.store.take(), &config));
                }
                baseline(&options, config.keys, out, err)
            })
        }),
        Command::Render(args) => {
            let options = args.into_options();
            Ok(execute(stdout, stderr, true, |_, out, _| render(&options, out)))
        }
        Command::Plan(args) => args.into_options(surroundings).map(|options| {
            execute(stdout, stderr, options.common.is_quiet, |config, out, err| {
                plan(&options, config.keys, out, err)
            })
        }),
        Command::Inspect(args) => {
            let options = args.into_options();
            Ok(execute(stdout, stderr, false, |config, out, err| {
                inspect(&options, config.keys, out, err)
            }))
        }
        Command::Summary(args) => args.into_options(surroundings).map(|mut options| {
            execute(stdout, stderr, options.common.is_quiet, |config, out, err| {
                options.common.store = Some(place(options.common.store.take(), &config));
                summarize(&options, config.keys, out, err)
            })
        }),
        Command::Fetch(args) => args.into_options().map(|mut options| {
            execute(stdout, stderr, options.is_quiet, |config, out, err| {
                options.store = Some(place(options.store.take(), &config));
                let options = options.with_defaults(&config.fetch);
                fetch(&options, config.keys, surroundings, out, err)
            })
        }),
        Command::Drive(args) => args.into_options().map(|mut options| {
            execute(stdout, stderr, true, |config, out, err| {
                options.prices = options.prices.take().or(config.prices);
                drive(&options, surroundings, out, err)
            })
        }),
        Command::Query(args) => {
            let is_quiet = args.is_quiet();
            args.into_action().map(|action| {
                execute(stdout, stderr, is_quiet, |config, out, err| {
                    query(action, &config.fetch, surroundings, out, err)
                })
            })
        }
        Command::Dashboard(args) => {
            let options = args.into_options();
            Ok(execute(stdout, stderr, true, |_, out, _| {
                dashboard(&options, surroundings, out)
            }))
        }
        Command::Store(args) => args.into_options().map(|mut options| {
            execute(stdout, stderr, false, |config, out, err| {
                options.store = Some(place(options.store.take(), &config));
                store(&options, config.keys, surroundings, out, err)
            })
        }),
        Command::Explain(args) => Ok(conclude(stdout, stderr, |out, _| {
            explain(args.into_word().as_deref(), surroundings.columns, out)
        })),
        Command::Init(args) => Ok(conclude(stdout, stderr, |out, _| {
            init(Path::new(CONFIG), args.force, out)
        })),
        Command::Completions(args) => Ok(conclude(stdout, stderr, |out, _| {
            let mut script = Vec::new();
            clap_complete::generate(args.shell, &mut Cli::command(), "latscope", &mut script);
            write_out(&script, out)
        })),
        Command::Man(args) => Ok(conclude(stdout, stderr, |out, _| {
            let pages = pages(Cli::command()).map_err(Error::Output)?;
            match (args.out, pages.last()) {
                (Some(dir), _) => write_pages(&dir, &pages, out),
                (None, page) => page.map_or(Ok(()), |page| write_out(&page.content, out)),
            }
        })),
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
fn execute<S: Into<ExitStatus>>(
    stdout: &mut dyn Write,
    stderr: &mut (dyn Write + Send),
    is_quiet: bool,
    command: impl FnOnce(Config, &mut dyn Write, &mut (dyn Write + Send)) -> Result<S, Error>,
) -> ExitStatus {
    conclude(stdout, stderr, |stdout, stderr| {
        let config = Config::read(Path::new(CONFIG))?;
        if config.has_keys && !is_quiet {
            // A reader that is gone changes nothing about the result.
            let _ = writeln!(stderr, "timing keys from {CONFIG}");
        }
        command(config, stdout, stderr)
    })
}

/// Runs what reads no configuration, and says why it failed if it did.
fn conclude<S: Into<ExitStatus>>(
    stdout: &mut dyn Write,
    stderr: &mut (dyn Write + Send),
    command: impl FnOnce(&mut dyn Write, &mut (dyn Write + Send)) -> Result<S, Error>,
) -> ExitStatus {
    let done = command(stdout, stderr).and_then(|status| {
        stdout.flush().map_err(Error::Output)?;
        Ok(status)
    });
    match done {
        Ok(status) => status.into(),
        Err(error) => {
            let status = error.exit_status();
            if status != ExitStatus::Success {
                // What was written before the failure comes first.
                let _ = stdout.flush();
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
fn no_command(error: &clap::Error, stdout: &mut dyn Write, stderr: &mut dyn Write) -> ExitStatus {
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
