//! The handler's real program under AWS's Lambda Runtime Interface Emulator, whose program comes with the SAM CLI.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::peers::{request, venv};

/// The wheel that the emulator comes in.
const WHEEL: &str = "aws-sam-cli==1.170.0";

/// The first model of [`Function::start`].
pub const HAIKU: &str = "anthropic.claude-3-haiku-20240307-v1:0";

/// The second.
pub const NOVA: &str = "amazon.nova-lite-v1:0";

/// The emulator's program. The first test that needs it fetches it.
fn emulator() -> &'static Path {
    static EMULATOR: OnceLock<PathBuf> = OnceLock::new();
    EMULATOR.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rie");
        fs::create_dir_all(&folder).unwrap();
        // Test programs run side by side.
        let lock = File::create(folder.join("lock")).unwrap();
        lock.lock().unwrap();
        let name = match std::env::consts::ARCH {
            "aarch64" => "aws-lambda-rie-arm64",
            _ => "aws-lambda-rie-x86_64",
        };
        let (program, mark) = (folder.join(name), folder.join("installed"));
        if fs::read_to_string(&mark).is_ok_and(|installed| installed == WHEEL) {
            return program;
        }
        let run = |command: &mut Command| {
            let output = command.output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{command:?}: {said}");
        };
        run(Command::new(venv().join("bin/pip"))
            .args(["download", "--quiet", "--disable-pip-version-check", "--no-deps"])
            .args([WHEEL, "--dest"])
            .arg(&folder));
        let take = "import sys, zipfile, pathlib, os\n\
             folder, name = sys.argv[1:]\n\
             wheel = next(pathlib.Path(folder).glob('aws_sam_cli-*.whl'))\n\
             program = pathlib.Path(folder, name)\n\
             program.write_bytes(zipfile.ZipFile(wheel).read(f'samcli/local/rapid/{name}'))\n\
             os.chmod(program, 0o755)\n\
             wheel.unlink()\n";
        run(Command::new(venv().join("bin/python"))
            .args(["-c", take])
            .arg(&folder)
            .arg(name));
        fs::write(mark, WHEEL).unwrap();
        program
    })
}

/// A port for the emulator: below those that systems give to connections, and another for each of the test programs
/// that run side by side.
fn port() -> u16 {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let place = (std::process::id() as usize * 200 + count % 200) % 12_000;
        let port = u16::try_from(20_000 + place).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// The function: one execution environment of it, gone with this value.
pub struct Function {
    child: Child,
    address: String,
    log: PathBuf,
}

/// An answer to an invocation.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u64,
    /// All of it, as API Gateway gets it.
    pub event: Value,
    /// The body.
    pub body: Value,
}

impl Answer {
    /// A header of it, by its name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        match &self.event["multiValueHeaders"][name] {
            Value::Array(values) => values.first()?.as_str(),
            _ => self.event["headers"][name].as_str(),
        }
    }
}

impl Function {
    /// The function with the two models, calling Bedrock there, with these variables besides.
    pub fn start(bedrock_url: &str, variables: &[(&str, &str)]) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!(
            "function-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("functions");
        fs::create_dir_all(&folder).unwrap();
        let log = folder.join(format!("{name}.log"));
        let [port, api_port] = [port(), port()];
        let address = format!("127.0.0.1:{port}");
        // It must not outlive the tests, even those that are killed: then its shell's input ends.
        let mut command = Command::new("sh");
        command
            .args(["-c", "\"$@\" </dev/null & cat >/dev/null; kill $!", "sh"])
            .arg(emulator())
            .args(["--runtime-interface-emulator-address", &address])
            .args(["--runtime-api-address", &format!("127.0.0.1:{api_port}")])
            .args(["--log-level", "error"])
            .arg(env!("CARGO_BIN_EXE_latscope-handler"))
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs([
                ("AWS_LAMBDA_FUNCTION_NAME", "chat"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
                ("AWS_LAMBDA_FUNCTION_TIMEOUT", "30"),
                // Lambda sets it, the emulator does not.
                ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
                ("AWS_REGION", "eu-west-1"),
                ("AWS_ACCESS_KEY_ID", "test"),
                ("AWS_SECRET_ACCESS_KEY", "test"),
                ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", bedrock_url),
                ("MODEL_IDS", &format!("{HAIKU},{NOVA}")),
            ])
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(File::create(&log).unwrap())
            .stderr(Stdio::null());
        let function = Self {
            child: command.spawn().unwrap(),
            address,
            log,
        };
        let deadline = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(&function.address).is_err() {
            assert!(Instant::now() < deadline, "the emulator does not start");
            sleep(Duration::from_millis(10));
        }
        function
    }

    /// Invokes the function with an event; its answer, whatever it is.
    pub fn invoke_raw(&self, event: &Value) -> Value {
        let path = "/2015-03-31/functions/function/invocations";
        let body = event.to_string();
        let (_, answer) = request(&self.address, "POST", path, "", body.as_bytes()).unwrap();
        serde_json::from_slice(&answer).unwrap_or_else(|_| String::from_utf8_lossy(&answer).into())
    }

    /// Invokes the function with an event of HTTP.
    pub fn invoke(&self, event: &Value) -> Answer {
        let event = self.invoke_raw(event);
        let body = event["body"].as_str().unwrap_or_default();
        Answer {
            status: event["statusCode"].as_u64().unwrap_or_default(),
            body: serde_json::from_str(body).unwrap_or(Value::Null),
            event,
        }
    }

    /// `POST /` through an HTTP API.
    pub fn post(&self, body: &Value) -> Answer {
        self.invoke(&http_api("POST", &body.to_string()))
    }

    /// What the function wrote, on standard output or error, and the emulator logged, as soon as a text is so many
    /// times in it: the emulator answers before its log is written.
    #[track_caller]
    pub fn log_with(&self, text: &str, count: usize) -> String {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let log = fs::read_to_string(&self.log).unwrap();
            if log.matches(text).count() >= count {
                return log;
            }
            assert!(
                Instant::now() < deadline,
                "{text} is awaited {count} times:\n{log}"
            );
            sleep(Duration::from_millis(10));
        }
    }

    /// The log as soon as it has so many reports.
    #[track_caller]
    pub fn log_with_reports(&self, count: usize) -> String {
        self.log_with("REPORT RequestId", count)
    }

    /// Where the log is.
    pub fn log_path(&self) -> &Path {
        &self.log
    }

    /// The timing records, of which there are so many.
    #[track_caller]
    pub fn records(&self, count: usize) -> Vec<Value> {
        let log = self.log_with("{\"schema\"", count);
        let lines = log.lines().filter(|line| line.starts_with("{\"schema\""));
        let records: Vec<Value> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(records.len(), count, "{log}");
        records
    }

    /// The only timing record.
    #[track_caller]
    pub fn record(&self) -> Value {
        self.records(1).remove(0)
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // It may have ended by itself.
        let _ = self.child.wait();
    }
}

/// An event of an HTTP API.
pub fn http_api(method: &str, body: &str) -> Value {
    payload_2(method, body, "abcdef.execute-api.eu-west-1.amazonaws.com")
}

/// An event of a function URL.
pub fn function_url(method: &str, body: &str) -> Value {
    payload_2(method, body, "abcdef.lambda-url.eu-west-1.on.aws")
}

fn payload_2(method: &str, body: &str, domain: &str) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/",
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "host": domain},
        "requestContext": {
            "accountId": "anonymous", "apiId": "abcdef", "domainName": domain, "domainPrefix": "abcdef",
            "http": {"method": method, "path": "/", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "t"},
            "requestId": "gateway-1", "routeKey": "$default", "stage": "$default",
            "time": "20/Nov/2026:09:00:00 +0000", "timeEpoch": 1_795_165_200_000_i64,
        },
        "body": body,
        "isBase64Encoded": false,
    })
}

/// An event of a REST API with proxy integration.
pub fn rest_api(method: &str, body: &str) -> Value {
    json!({
        "resource": "/", "path": "/", "httpMethod": method,
        "headers": {"Content-Type": "application/json"},
        "multiValueHeaders": {"Content-Type": ["application/json"]},
        "queryStringParameters": null, "multiValueQueryStringParameters": null,
        "pathParameters": null, "stageVariables": null,
        "requestContext": {
            "accountId": "111122223333", "apiId": "abcdef", "domainName": "abcdef.execute-api.eu-west-1.amazonaws.com",
            "httpMethod": method, "identity": {"sourceIp": "192.0.2.1"}, "path": "/prod/", "protocol": "HTTP/1.1",
            "requestId": "gateway-2", "requestTimeEpoch": 1_795_165_200_000_i64, "resourceId": "x",
            "resourcePath": "/", "stage": "prod",
        },
        "body": body,
        "isBase64Encoded": false,
    })
}
