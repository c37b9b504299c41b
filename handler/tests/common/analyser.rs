//! latscope itself, run within the test: the handler knows nothing of it, only tests do.

use latscope::command::{ExitStatus, Surroundings};
use latscope::vocab::Timestamp;

/// Runs latscope; its standard output.
#[track_caller]
pub fn latscope(args: &[&str]) -> String {
    let surroundings = Surroundings {
        wants_colour: false,
        is_plain: true,
        columns: None,
        is_stderr_terminal: false,
        store: None,
        region: None,
        step_summary: None,
        variable: |_| None,
        now: || Timestamp::from_epoch_millis(0),
    };
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let args = ["latscope"].iter().chain(args).map(Into::into);
    let status = latscope::run(args, &surroundings, &mut stdout, &mut stderr);
    assert_eq!(
        status,
        ExitStatus::Success,
        "{}",
        String::from_utf8_lossy(&stderr)
    );
    String::from_utf8(stdout).unwrap()
}
