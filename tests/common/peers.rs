//! Programs that nobody here wrote, which play AWS: installed from PyPI into the target folder, started on a port of
//! their own, stopped when the test is done.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// What is installed, and in which version.
const PACKAGES: [&str; 5] = [
    "moto[server]==5.2.5",
    "ministack==1.5.33",
    "microburst==0.10.0",
    "cfn-lint==1.58.0",
    "aws-sam-translator==1.115.0",
];

/// A folder of Python programs that play AWS. The first test that needs it fills it.
pub fn venv() -> &'static Path {
    static VENV: OnceLock<PathBuf> = OnceLock::new();
    VENV.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers");
        fs::create_dir_all(&folder).unwrap();
        // Test programs run side by side.
        let lock = File::create(folder.join("lock")).unwrap();
        lock.lock().unwrap();
        let venv = folder.join("venv");
        let mark = folder.join("installed");
        let wanted = PACKAGES.join("\n");
        if fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
            return venv;
        }
        let run = |command: &mut Command| {
            let output = command
                .output()
                .expect("cannot run Python 3, which the tests of fetch need");
            assert!(
                output.status.success(),
                "{command:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        };
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
        run(Command::new(venv.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check"])
            .args(PACKAGES));
        fs::write(mark, wanted).unwrap();
        venv
    })
}

/// A server under test conditions: reachable at an address, gone with this value.
pub struct Server {
    child: Child,
    /// `127.0.0.1:PORT`
    pub address: String,
}

impl Server {
    /// moto, which plays CloudWatch Logs, S3 and Lambda.
    pub fn moto() -> Self {
        Self::start("moto_server", "/moto-api/", |command, port| {
            command.args(["-H", "127.0.0.1", "-p", port]);
        })
    }

    /// ministack, which knows ARNs and patterns of group names, and plays Bedrock.
    pub fn ministack() -> Self {
        Self::start("ministack", "/_ministack/health", |command, port| {
            command
                .env("BIND_HOST", "127.0.0.1")
                .env("GATEWAY_PORT", port)
                .env("SERVICES", "logs,bedrock-runtime");
        })
    }

    /// microburst, which passes everything on to another server and makes it go wrong as it is told.
    pub fn microburst(upstream: &str) -> Self {
        let upstream = format!("http://{upstream}");
        Self::start("microburst", "/_microburst/health", |command, port| {
            command.args(["-u", &upstream, "-p", port]);
        })
    }

    fn start(program: &str, health: &str, with: impl Fn(&mut Command, &str)) -> Self {
        // Another program may take the port between its choice and its use; then another is chosen.
        for _ in 0..5 {
            let port = free_port().to_string();
            // The server must not outlive the tests, even those that are killed: then its shell's input ends.
            let mut command = Command::new("sh");
            command
                .args(["-c", "\"$@\" </dev/null & cat >/dev/null; kill $!", "sh"])
                .arg(venv().join("bin").join(program));
            with(&mut command, &port);
            let child = command
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut server = Self {
                child,
                address: format!("127.0.0.1:{port}"),
            };
            if server.is_up(health) {
                return server;
            }
        }
        panic!("{program} does not start");
    }

    fn is_up(&mut self, health: &str) -> bool {
        let deadline = Instant::now() + Duration::from_secs(60);
        while Instant::now() < deadline {
            if get(&self.address, health).is_some_and(|(status, _)| status == 200) {
                return true;
            }
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }

    /// The address as the AWS SDK takes it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// CloudWatch Logs in a region.
    pub fn logs<'s>(&'s self, region: &'s str) -> Logs<'s> {
        Logs { server: self, region }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // It may have ended by itself.
        let _ = self.child.wait();
    }
}

/// A port that nobody uses.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// CloudWatch Logs, as a test fills it.
#[derive(Clone, Copy)]
pub struct Logs<'s> {
    server: &'s Server,
    region: &'s str,
}

/// An event to put: milliseconds since the epoch, and a message.
pub type Put<'m> = (i64, &'m str);

impl Logs<'_> {
    /// Makes a call, and asserts that it succeeds.
    #[track_caller]
    pub fn call(&self, action: &str, body: &Value) -> Value {
        let headers = format!(
            "Content-Type: application/x-amz-json-1.1\r\n\
             X-Amz-Target: Logs_20140328.{action}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/{}/logs/aws4_request, \
             SignedHeaders=host, Signature=0\r\n",
            self.region
        );
        let (status, answer) = request(
            &self.server.address,
            "POST",
            "/",
            &headers,
            body.to_string().as_bytes(),
        )
        .unwrap();
        assert_eq!(status, 200, "{action}: {}", String::from_utf8_lossy(&answer));
        serde_json::from_slice(&answer).unwrap_or(Value::Null)
    }

    /// A new log group.
    pub fn group(&self, group: &str) -> Self {
        self.call("CreateLogGroup", &json!({"logGroupName": group}));
        *self
    }

    /// A new log stream with these events, which must be in the order of time.
    pub fn stream(&self, group: &str, stream: &str, events: &[Put<'_>]) -> Self {
        let names = json!({"logGroupName": group, "logStreamName": stream});
        self.call("CreateLogStream", &names);
        self.put(group, stream, events)
    }

    /// More events for a stream.
    pub fn put(&self, group: &str, stream: &str, events: &[Put<'_>]) -> Self {
        for events in events.chunks(10_000) {
            let events: Vec<Value> = events
                .iter()
                .map(|(at, message)| json!({"timestamp": at, "message": message}))
                .collect();
            self.call(
                "PutLogEvents",
                &json!({"logGroupName": group, "logStreamName": stream, "logEvents": events}),
            );
        }
        *self
    }
}

/// `GET`, `None` if nobody answers.
pub fn get(address: &str, path: &str) -> Option<(u16, Vec<u8>)> {
    request(address, "GET", path, "", &[])
}

/// One request and its answer, `None` if there is none.
pub fn request(
    address: &str,
    method: &str,
    path: &str,
    headers: &str,
    body: &[u8],
) -> Option<(u16, Vec<u8>)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let body = answer[end + 4..].to_vec();
    let is_chunked = head.to_lowercase().contains("transfer-encoding: chunked");
    Some((status, if is_chunked { unchunked(&body) } else { body }))
}

/// The body that stands in chunks.
fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = body.windows(2).position(|bytes| bytes == b"\r\n") {
        let size = String::from_utf8_lossy(&body[..end]);
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        if size == 0 {
            break;
        }
        whole.extend_from_slice(&body[end + 2..end + 2 + size]);
        body = &body[end + 2 + size + 2..];
    }
    whole
}
