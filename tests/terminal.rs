//! What is shown on a terminal, through a pseudo-terminal that Python makes: lines fit, bars are drawn, and nothing of it
//! is in a pipe.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::process::Command;

use common::{Folder, Run, fixture, invocation};

/// Runs what its arguments say on a terminal of so many columns and writes what came, byte by byte.
const TERMINAL: &str = "
import fcntl, os, pty, struct, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack('HHHH', 40, int(sys.argv[1]), 0, 0))
    os.execv(sys.argv[2], sys.argv[2:])
try:
    while block := os.read(terminal, 65536):
        sys.stdout.buffer.write(block)
except OSError:
    pass # It was closed.
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";

/// Writes what its first argument names into a pipe of its own, in two halves that stand apart, and lets a program read it
/// whose standard error is a terminal, if the second argument says so.
const SLOWLY: &str = "
import os, pty, subprocess, sys, threading, time
text = open(sys.argv[1], 'rb').read()
os.mkfifo('logs')
def write():
    with open('logs', 'wb', buffering=0) as pipe:
        # Less than a pipe holds at once, so that several reads bring it.
        for at in range(0, len(text), 32768):
            if at > 0 and at <= 65536:
                time.sleep(0.6)
            pipe.write(text[at:at + 32768])
threading.Thread(target=write).start()
terminal, other_end = pty.openpty() if sys.argv[2] == 'terminal' else os.pipe()
program = subprocess.Popen(sys.argv[3:] + ['logs'], stdout=subprocess.DEVNULL, stderr=other_end)
os.close(other_end)
try:
    while block := os.read(terminal, 65536):
        sys.stdout.buffer.write(block)
except OSError:
    pass # It was closed.
sys.exit(program.wait())
";

/// What comes on the standard error while the fixture is read from a slow pipe.
fn while_reading(standard_error: &str, options: &[&str]) -> String {
    let folder = Folder::new();
    let text = folder.path().join("text");
    let lines: String = (0..300)
        .map(|number| invocation(number, "a", 100.0, 200.0 + number as f64))
        .collect();
    std::fs::write(&text, lines).unwrap();
    let mut command = Command::new("python3");
    command
        .args(["-c", SLOWLY])
        .arg(&text)
        .args([standard_error, env!("CARGO_BIN_EXE_latscope"), "summary"])
        .args(options)
        .arg("--input")
        .env("TERM", "xterm")
        .current_dir(folder.path());
    let output = command.output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{shown}");
    shown
}

#[test]
fn long_reading_is_told_on_a_terminal_alone_and_the_line_is_taken_away() {
    // A pipe's bytes and rate; how much is to come is not known.
    let shown = while_reading("terminal", &[]);
    assert!(
        shown.contains("reading … ") && shown.contains(" kB · ") && shown.contains(" kB/s"),
        "{shown:?}"
    );
    assert!(shown.ends_with("\u{1b}[2K") || shown.ends_with("\r"), "{shown:?}");
    assert_eq!(while_reading("terminal", &["--quiet"]), "");
    assert_eq!(while_reading("pipe", &[]), "");
}

/// What a terminal of so many columns is sent.
fn on_terminal(columns: usize, environment: &[(&str, &str)], args: &[&str]) -> String {
    let folder = Folder::new();
    let mut command = Command::new("python3");
    command
        .args([
            "-c",
            TERMINAL,
            &columns.to_string(),
            env!("CARGO_BIN_EXE_latscope"),
        ])
        .args(args)
        .current_dir(folder.path());
    for name in ["NO_COLOR", "LATSCOPE_STORE", "LC_ALL", "LC_CTYPE", "COLUMNS"] {
        command.env_remove(name);
    }
    command.env("LANG", "C.UTF-8").env("TERM", "xterm");
    // Python would replace a locale that it does not like.
    command.env("PYTHONCOERCECLOCALE", "0");
    command.envs(environment.iter().copied());
    let output = command.output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n");
    assert!(output.status.success(), "{shown}");
    shown
}

fn has_bars(text: &str) -> bool {
    text.contains(['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'])
}

fn input() -> String {
    fixture().to_string_lossy().into_owned()
}

#[test]
fn no_line_of_summary_and_report_is_wider_than_the_terminal() {
    let input = input();
    let summary = [
        "summary",
        "--by",
        "model,start,memory",
        "--what-if",
        "inference*0.5",
        "--input",
        &input,
    ];
    let report: Vec<&str> =
        "report --baseline haiku --candidate nova-lite --out r --what-if init=0 --fail-on p95>+10% --input"
            .split(' ')
            .chain([input.as_str()])
            .collect();
    for args in [&summary[..], &report] {
        for columns in [40, 80, 120] {
            let shown = on_terminal(columns, &[], args);
            for line in shown.lines() {
                let width = console::measure_text_width(line);
                assert!(width <= columns, "{width} of {columns} columns: {line}");
            }
            assert!(has_bars(&shown), "{shown}");
            assert!(shown.contains("\u{1b}[1m"), "{shown}");
            let plain = on_terminal(columns, &[("NO_COLOR", "1")], args);
            assert!(has_bars(&plain) && !plain.contains('\u{1b}'), "{plain}");
            assert_eq!(console::strip_ansi_codes(&shown), plain);
        }
    }
}

#[test]
fn a_pipe_and_a_plain_terminal_show_the_same() {
    let input = input();
    let piped = Run::new("summary --input")
        .arg(&input)
        .done()
        .code(0)
        .stderr_is("")
        .stdout();
    assert!(!has_bars(&piped) && !piped.contains('\u{1b}'), "{piped}");
    let args = ["summary", "--input", &input];
    for environment in [
        ("TERM", "dumb"),
        ("LC_ALL", "POSIX"),
        ("LANG", "en_US.ISO-8859-1"),
    ] {
        let shown = on_terminal(80, &[environment, ("NO_COLOR", "1")], &args);
        assert_eq!(shown, piped, "{environment:?}");
    }
}

#[test]
fn long_and_wide_names_fit_too() {
    let folder = Folder::new();
    let file = folder.path().join("logs.ndjson");
    let models = [
        "模型模型模型模型模型模型模型-甲",
        "模型模型模型模型模型模型模型-乙",
        "a-name-without-any-blank-in-it-that-goes-on-and-on",
    ];
    let lines: String = (0..30)
        .map(|number| {
            invocation(
                number,
                models[number as usize % 3],
                100.0 + number as f64,
                200.0 + number as f64,
            )
        })
        .collect();
    std::fs::write(&file, lines).unwrap();
    let file = file.to_string_lossy();
    let shown = on_terminal(40, &[("NO_COLOR", "1")], &["summary", "--input", &file]);
    for line in shown.lines() {
        assert!(console::measure_text_width(line) <= 40, "{line}");
    }
    assert!(
        shown.contains("…甲") && shown.contains("…乙") || shown.contains("-甲") && shown.contains("-乙"),
        "{shown}"
    );
}
