//! An HTTP API of our own in front of the function: what API Gateway does between a caller and Lambda, with delays that a
//! test states, and an access log in the format of the template.
//!
//! The emulator serves one request at a time, so calls of the function take turns here. What a call waits for its turn
//! counts as time of the integration, and is measured.

use std::io::{BufReader, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::http::{self, Request};
use super::rie::{Answer, Function, http_api};

/// The fields of a line of the access log, in the order of the template's format.
pub const FIELDS: [&str; 14] = [
    "requestId",
    "extendedRequestId",
    "requestTimeEpoch",
    "httpMethod",
    "routeKey",
    "status",
    "protocol",
    "responseLength",
    "responseLatency",
    "integrationLatency",
    "integrationRequestId",
    "integrationStatus",
    "integrationErrorMessage",
    "errorResponseType",
];

/// What is put in: how long each request waits at each place.
#[derive(Debug, Clone, Copy, Default)]
pub struct Delays {
    /// Before the gateway counts: the network between it and the caller.
    pub network: Duration,
    /// Before the integration is called: the gateway's own work.
    pub own: Duration,
    /// Around the call of the function, half of it before and half after: the way between the gateway and Lambda.
    pub integration: Duration,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The function is called.
    Served,
    /// 429: the gateway throttles it.
    Throttled,
    /// The gateway answers with this status, such as 500 or 503, without a call of the function.
    Refused(u16),
}

/// What became of a request, and what it took by the gateway's clock.
#[derive(Debug, Clone)]
pub struct Passage {
    /// The gateway's request id.
    pub request_id: String,
    /// The model that the body asks for.
    pub model: String,
    /// The status of the response.
    pub status: u16,
    /// The Lambda request id, where the function was called.
    pub lambda_request_id: Option<String>,
    /// Before the gateway counted.
    pub network: Duration,
    /// From then to the response.
    pub response: Duration,
    /// What of that was the integration.
    pub integration: Option<Duration>,
    /// What of that was the emulator's answer.
    pub function: Option<Duration>,
}

/// What a gateway keeps of what it did.
#[derive(Default)]
struct Done {
    passages: Vec<Passage>,
    lines: Vec<String>,
}

/// The gateway. It lives as long as the test program.
pub struct Gateway {
    /// `http://127.0.0.1:PORT/`
    pub url: String,
    done: Arc<Mutex<Done>>,
}

/// What all connections share.
struct Inner<F> {
    function: Arc<Mutex<Function>>,
    delays: Delays,
    fate: F,
    count: AtomicU64,
    done: Arc<Mutex<Done>>,
}

impl Gateway {
    /// A gateway in front of a function, which decides on the n-th request that comes, from 0, as `fate` says.
    pub fn start(
        function: &Arc<Mutex<Function>>,
        delays: Delays,
        fate: impl Fn(u64) -> Fate + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let done = Arc::default();
        let inner = Arc::new(Inner {
            function: Arc::clone(function),
            delays,
            fate,
            count: AtomicU64::new(0),
            done: Arc::clone(&done),
        });
        spawn(move || {
            for stream in listener.incoming().flatten() {
                // Or small pieces wait for the other side's acknowledgement, 40 ms each.
                stream.set_nodelay(true).unwrap();
                let inner = Arc::clone(&inner);
                spawn(move || {
                    let mut reader = BufReader::new(&stream);
                    while let Some(request) = http::read(&mut reader) {
                        let Some(response) = inner.pass(&request) else {
                            break;
                        };
                        if (&stream).write_all(response.as_bytes()).is_err() {
                            break;
                        }
                    }
                });
            }
        });
        Self { url, done }
    }

    /// What became of each request, in the order of their ends.
    pub fn passages(&self) -> Vec<Passage> {
        self.done.lock().unwrap().passages.clone()
    }

    /// The access log, a line for each request, in the order of their ends. It is complete when responses are.
    pub fn access_log(&self) -> String {
        let lines = &self.done.lock().unwrap().lines;
        lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

/// What the gateway answers a caller.
struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Response {
    /// One of the gateway's own.
    fn own(status: u16) -> Self {
        let message = match status {
            429 => "Too Many Requests",
            503 => "Service Unavailable",
            _ => "Internal Server Error",
        };
        Self {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: json!({ "message": message }).to_string(),
        }
    }

    /// The function's.
    fn of(answer: &Answer) -> Self {
        let Ok(status) = u16::try_from(answer.status) else {
            return Self::own(500);
        };
        // An error of the invocation is no response.
        if status == 0 {
            return Self::own(500);
        }
        let names = ["headers", "multiValueHeaders"].map(|part| answer.event[part].as_object());
        let mut names: Vec<&String> = names.into_iter().flatten().flat_map(|part| part.keys()).collect();
        names.sort_unstable();
        names.dedup();
        let named = |name: &String| Some((name.clone(), answer.header(name)?.to_owned()));
        Self {
            status,
            headers: names.into_iter().filter_map(named).collect(),
            body: answer.event["body"].as_str().unwrap_or_default().to_owned(),
        }
    }
}

impl<F: Fn(u64) -> Fate> Inner<F> {
    /// Takes a request the whole way, also if its caller is gone; the response as it goes over the wire. `None` if its body is
    /// no text.
    fn pass(&self, request: &Request) -> Option<String> {
        let body = std::str::from_utf8(&request.body).ok()?;
        let came = Instant::now();
        sleep(self.delays.network);
        let begun = Instant::now();
        let epoch_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        let nth = self.count.fetch_add(1, Ordering::Relaxed);
        let request_id = request_id();
        sleep(self.delays.own);

        let fate = (self.fate)(nth);
        let called = (fate == Fate::Served).then(|| {
            let called = Instant::now();
            sleep(self.delays.integration / 2);
            let (answer, function) = self.call(request, body, &request_id, epoch_ms);
            sleep(self.delays.integration / 2);
            (answer, called.elapsed(), function)
        });
        let response = match (&called, fate) {
            (Some((answer, _, _)), _) => Response::of(answer),
            (None, Fate::Refused(status)) => Response::own(status),
            (None, _) => Response::own(429),
        };
        let lambda_request_id = called
            .as_ref()
            .and_then(|(answer, _, _)| answer.header("x-lambda-request-id"));
        let passage = Passage {
            request_id,
            model: model_of(body),
            status: response.status,
            lambda_request_id: lambda_request_id.map(str::to_owned),
            network: begun - came,
            response: begun.elapsed(),
            integration: called.as_ref().map(|(_, integration, _)| *integration),
            function: called.as_ref().map(|(_, _, function)| *function),
        };
        let wire = on_the_wire(&response, &passage.request_id);
        let line = line(&request.method, epoch_ms, fate, response.body.len(), &passage);
        let mut done = self.done.lock().unwrap();
        done.lines.push(line);
        done.passages.push(passage);
        Some(wire)
    }

    /// The function's answer, and how long the emulator took for it.
    fn call(&self, request: &Request, body: &str, request_id: &str, epoch_ms: u128) -> (Answer, Duration) {
        let mut event = http_api(&request.method, body);
        for (name, value) in &request.headers {
            event["headers"][name] = value.as_str().into();
        }
        let context = &mut event["requestContext"];
        context["requestId"] = request_id.into();
        context["routeKey"] = "POST /".into();
        context["timeEpoch"] = u64::try_from(epoch_ms).unwrap().into();
        event["routeKey"] = "POST /".into();
        let function = self.function.lock().unwrap();
        let begun = Instant::now();
        (function.invoke(&event), begun.elapsed())
    }
}

/// An id such as `JKJaXmPLvHcESHA=`, and another each time.
fn request_id() -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    // Odd, so that different counts stay different.
    let mixed = count.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let digit = |place: u32| char::from(DIGITS[(mixed.rotate_left(5 * place) & 63) as usize]);
    (0..15).map(digit).chain(['=']).collect()
}

fn model_of(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    body["model"].as_str().unwrap_or_default().to_owned()
}

fn on_the_wire(response: &Response, request_id: &str) -> String {
    let own = ["content-length", "connection", "transfer-encoding"];
    let headers = response.headers.iter();
    let headers = headers.filter(|(name, _)| !own.contains(&name.as_str()));
    let headers: String = headers
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    format!(
        "HTTP/1.1 {} Status\r\n{headers}apigw-requestid: {request_id}\r\ncontent-length: {}\r\n\r\n{}",
        response.status,
        response.body.len(),
        response.body
    )
}

/// A line of the access log: whole milliseconds, and `-` for what is not there.
fn line(method: &str, epoch_ms: u128, fate: Fate, length: usize, passage: &Passage) -> String {
    let unset = || "-".to_owned();
    let is_called = passage.integration.is_some();
    let values = [
        passage.request_id.clone(),
        passage.request_id.clone(),
        epoch_ms.to_string(),
        method.to_owned(),
        "POST /".to_owned(),
        passage.status.to_string(),
        "HTTP/1.1".to_owned(),
        length.to_string(),
        passage.response.as_millis().to_string(),
        passage
            .integration
            .map_or_else(unset, |took| took.as_millis().to_string()),
        passage.lambda_request_id.clone().unwrap_or_else(unset),
        if is_called { "200".to_owned() } else { unset() },
        unset(),
        match fate {
            Fate::Served => unset(),
            Fate::Throttled => "THROTTLED".to_owned(),
            Fate::Refused(_) => "DEFAULT_5XX".to_owned(),
        },
    ];
    let fields = FIELDS.iter().zip(values);
    let fields: Vec<String> = fields
        .map(|(name, value)| format!("\"{name}\":\"{value}\""))
        .collect();
    format!("{{{}}}", fields.join(","))
}
