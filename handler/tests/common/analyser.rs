//! latscope itself, run within the test: the handler knows nothing of it, only tests do.

use std::time::{SystemTime, UNIX_EPOCH};

use latscope::command::{ExitStatus, Surroundings};
use latscope::vocab::Timestamp;

/// How a command ended, and what it wrote.
pub struct Done {
    /// Its exit code.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

/// Runs latscope at a time that is always the same; its standard output.
#[track_caller]
pub fn latscope(args: &[&str]) -> String {
    let done = run(args, || Timestamp::from_epoch_millis(0));
    assert_eq!(done.status, ExitStatus::Success, "{}", done.stderr);
    done.stdout
}

/// Runs `latscope drive` by this machine's clock. A machine that is busy elsewhere starts requests late, and then the run is
/// invalid by right: that is let pass, and nothing else.
#[track_caller]
pub fn drive(args: &[&str]) -> Done {
    let clock = || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Timestamp::from_epoch_millis(i64::try_from(since.as_millis()).unwrap())
    };
    let done = run(&[&["drive"], args].concat(), clock);
    let is_useless =
        ["invalid: no request", "invalid: interrupted"].map(|reason| done.stdout.contains(reason));
    let is_slow = done.status == ExitStatus::InvalidRun && is_useless == [false, false];
    assert!(
        done.status == ExitStatus::Success || is_slow,
        "{}{}",
        done.stdout,
        done.stderr
    );
    done
}

fn run(args: &[&str], now: fn() -> Timestamp) -> Done {
    let surroundings = Surroundings {
        wants_colour: false,
        is_plain: true,
        columns: None,
        is_stderr_terminal: false,
        store: None,
        region: None,
        step_summary: None,
        variable: |_| None,
        now,
    };
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let args = ["latscope"].iter().chain(args).map(Into::into);
    let status = latscope::run(args, &surroundings, &mut stdout, &mut stderr);
    Done {
        status,
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}
