//! The `latscope` program: arguments in, exit code out.

use std::io::{self, BufWriter, IsTerminal};
use std::process::ExitCode;

use latscope::{Terminal, run};

fn main() -> ExitCode {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let terminal = Terminal {
        wants_colour: io::stdout().is_terminal() && !no_color,
    };
    let mut stdout = BufWriter::new(io::stdout().lock());
    let mut stderr = io::stderr().lock();
    let status = run(std::env::args_os(), terminal, &mut stdout, &mut stderr);
    ExitCode::from(status.code())
}
