//! The `latscope` program: arguments in, exit code out.

use std::env;
use std::io::{self, BufWriter, IsTerminal};
use std::process::ExitCode;

use chrono::Utc;
use console::Term;
use latscope::command::Surroundings;
use latscope::run;
use latscope::vocab::Timestamp;
use mimalloc::MiMalloc;

/// Columns and samples come and go by the megabyte, which the system's allocator gives back to the kernel each time
/// (docs/performance.md).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let store = env::var_os("LATSCOPE_STORE").filter(|value| !value.is_empty());
    let regions = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter();
    let region = regions
        .filter_map(|name| env::var(name).ok())
        .find(|region| !region.is_empty());
    let is_dumb = env::var_os("TERM").is_some_and(|value| value == "dumb");
    let surroundings = Surroundings {
        wants_colour: io::stdout().is_terminal() && !no_color && !is_dumb,
        is_plain: is_dumb || is_other_encoding(),
        is_stderr_terminal: io::stderr().is_terminal(),
        columns: Term::stdout().size_checked().map(|(_, columns)| columns.into()),
        store: store.map(Into::into),
        region,
        step_summary: env::var_os("GITHUB_STEP_SUMMARY")
            .filter(|value| !value.is_empty())
            .map(Into::into),
        variable: |name| env::var(name).ok(),
        now: || Timestamp::from_epoch_millis(Utc::now().timestamp_millis()),
    };
    let mut stdout = BufWriter::new(io::stdout().lock());
    let mut stderr = io::stderr();
    let status = run(env::args_os(), &surroundings, &mut stdout, &mut stderr);
    ExitCode::from(status.code())
}

/// Whether the locale names an encoding other than UTF-8. The first of these variables that is set decides.
fn is_other_encoding() -> bool {
    let variables = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter();
    let mut set = variables.filter_map(|name| env::var(name).ok());
    set.find(|locale| !locale.is_empty())
        .is_some_and(|locale| !locale.to_lowercase().replace('-', "").contains("utf8"))
}
