//! What several tests need.

// Each test file uses a part of it, and a test may stop where something is not as it should be.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

pub mod dashboards;
pub mod fetching;
pub mod golden;
pub mod insights_eval;
pub mod insights_fields;
pub mod insights_parser;
pub mod insights_ql;
pub mod insights_regex;
pub mod paced;
pub mod peers;
#[cfg(feature = "cli")]
pub mod query_logs;
pub mod querying;
pub mod schema;
pub mod wire;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// The program that cargo built for the tests.
pub fn latscope() -> Command {
    Command::new(env!("CARGO_BIN_EXE_latscope"))
}

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder of a test's own, removed when the test is done. The crate for this would change the
/// features of dependencies that it shares with the program, and double the build.
pub struct Folder(PathBuf);

impl Folder {
    /// A new empty folder.
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{number}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed lies in the target folder and does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A run of the program in a folder of its own, and what must come of it. Standard output and
/// standard error must be empty unless a test says otherwise.
#[must_use]
pub struct Run {
    folder: Folder,
    args: Vec<OsString>,
    stdin: Vec<u8>,
    env: Vec<(&'static str, &'static str)>,
}

impl Run {
    /// A run with these arguments, split at blanks.
    pub fn new(args: &str) -> Self {
        Self {
            folder: Folder::new(),
            args: args
                .split(' ')
                .filter(|arg| !arg.is_empty())
                .map(Into::into)
                .collect(),
            stdin: Vec::new(),
            env: Vec::new(),
        }
    }

    /// More arguments, split at blanks.
    pub fn args(mut self, args: &str) -> Self {
        let words = args.split(' ').filter(|arg| !arg.is_empty());
        self.args.extend(words.map(OsString::from));
        self
    }

    /// One more argument, which may hold blanks.
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// A file in the run's folder.
    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// What is given on standard input.
    pub fn stdin(mut self, content: impl Into<Vec<u8>>) -> Self {
        self.stdin = content.into();
        self
    }

    /// An environment variable.
    pub fn env(mut self, name: &'static str, value: &'static str) -> Self {
        self.env.push((name, value));
        self
    }

    /// A path in the run's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.0.join(name)
    }

    /// Runs the program.
    pub fn done(self) -> Done {
        use std::io::Write;
        let mut command = latscope();
        command
            .args(&self.args)
            .current_dir(&self.folder.0)
            .env_remove("NO_COLOR")
            .env_remove("LATSCOPE_STORE")
            .env_remove("GITHUB_STEP_SUMMARY")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, value) in &self.env {
            command.env(name, value);
        }
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let content = self.stdin.clone();
        // The program may end without reading all of it.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&content)));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Done {
            output,
            folder: self.folder,
        }
    }
}

/// What came of a run.
pub struct Done {
    output: Output,
    folder: Folder,
}

impl Done {
    /// The exit code; nothing where a signal ended it.
    pub fn status(&self) -> Option<i32> {
        self.output.status.code()
    }

    /// Asserts the exit code.
    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        assert_eq!(
            self.output.status.code(),
            Some(code),
            "stdout: {}\nstderr: {}",
            self.stdout(),
            self.stderr()
        );
        self
    }

    /// Asserts that standard error is exactly this.
    #[track_caller]
    pub fn stderr_is(self, expected: &str) -> Self {
        assert_eq!(self.stderr(), expected);
        self
    }

    /// Asserts that standard error holds this.
    #[track_caller]
    pub fn stderr_has(self, expected: &str) -> Self {
        let stderr = self.stderr();
        assert!(stderr.contains(expected), "{expected:?} is not in:\n{stderr}");
        self
    }

    /// Asserts that standard output holds this.
    #[track_caller]
    pub fn stdout_has(self, expected: &str) -> Self {
        let stdout = self.stdout();
        assert!(stdout.contains(expected), "{expected:?} is not in:\n{stdout}");
        self
    }

    /// Standard output.
    pub fn stdout(&self) -> String {
        String::from_utf8(self.output.stdout.clone()).unwrap()
    }

    /// Standard error.
    pub fn stderr(&self) -> String {
        String::from_utf8(self.output.stderr.clone()).unwrap()
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", self.stdout()))
    }

    /// A file that the run wrote, as bytes.
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.0.join(name)).unwrap()
    }

    /// Where a file of the folder lies.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.0.join(name)
    }

    /// A file that the run wrote.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.0.join(name)).unwrap()
    }
}

/// A text log line of one invocation, as CloudWatch has it.
pub fn event(id: u64, timestamp: i64, stream: &str, message: &str) -> String {
    let event = serde_json::json!({
        "eventId": format!("{id:056}"),
        "ingestionTime": timestamp + 30,
        "logStreamName": stream,
        "message": message,
        "timestamp": timestamp,
    });
    format!("{event}\n")
}

/// A request id.
pub fn request_id(number: u64) -> String {
    format!(
        "{:08x}-0000-4000-8000-{number:012x}",
        number.wrapping_mul(2_654_435_761) & 0xffff_ffff
    )
}

/// `START`, timing record, `END` and `REPORT` of one warm invocation, as NDJSON events.
pub fn invocation(number: u64, model: &str, inference_ms: f64, duration_ms: f64) -> String {
    let id = request_id(number);
    let stream = "2026/11/20/[7]0123456789abcdef0123456789abcdef";
    let start = 1_795_165_200_000 + i64::try_from(number).unwrap() * 60_000;
    let end = start + duration_ms.ceil() as i64;
    let timing = serde_json::json!({
        "schema": "latscope.timing/v1",
        "request_id": id,
        "gen_ai.request.model": model,
        "inference_ms": inference_ms,
        "cold_start": false,
        "status": "ok",
    });
    let billed = duration_ms.ceil();
    [
        event(
            number * 10,
            start,
            stream,
            &format!("START RequestId: {id} Version: 7\n"),
        ),
        event(number * 10 + 1, end, stream, &format!("{timing}\n")),
        event(number * 10 + 2, end, stream, &format!("END RequestId: {id}\n")),
        event(
            number * 10 + 3,
            end,
            stream,
            &format!(
                "REPORT RequestId: {id}\tDuration: {duration_ms:.2} ms\tBilled Duration: {billed} ms\t\
                 Memory Size: 512 MB\tMax Memory Used: 90 MB\t\n"
            ),
        ),
    ]
    .concat()
}

/// The fixture of the README.
pub fn fixture() -> PathBuf {
    root().join("fixtures/haiku-vs-nova-lite")
}

/// The environment of a run that may only talk to the servers of its test.
pub fn aws_environment(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let is_of_aws = name.to_string_lossy().starts_with("AWS_");
        if is_of_aws || name.to_string_lossy().to_lowercase().ends_with("_proxy") {
            command.env_remove(name);
        }
    }
    command
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        .env("AWS_SESSION_TOKEN", SESSION_TOKEN)
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_CONFIG_FILE", "none")
        .env("AWS_SHARED_CREDENTIALS_FILE", "none")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env_remove("LATSCOPE_STORE")
        .env_remove("NO_COLOR");
}

/// Credentials that open nothing, and must never be seen in any output.
pub const SECRET_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// See [`SECRET_KEY`].
pub const SESSION_TOKEN: &str = "IQoJb3JpZ2luX2VjEXAMPLESESSIONTOKENthatIsLong/and+must=notBeSeen";

/// Markdown without its code spans.
pub fn outside_code(markdown: &str) -> String {
    let mut outside = String::new();
    let unescaped = markdown.replace("\\`", "");
    let mut rest = unescaped.as_str();
    while let Some(start) = rest.find('`') {
        outside.push_str(&rest[..start]);
        let fence = rest[start..].chars().take_while(|c| *c == '`').count();
        let inside = &rest[start + fence..];
        let end = inside
            .find(&"`".repeat(fence))
            .unwrap_or_else(|| panic!("{fence} {inside:?}"));
        rest = &inside[end + fence..];
    }
    outside + rest
}
