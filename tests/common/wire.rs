//! A server that answers with what CloudWatch Logs was seen or is documented to answer, for what no emulator does:
//! HTTP/1.1 on loopback, each call handed to the test as the action's name and its JSON.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use serde_json::{Value, json};

/// An answer: the HTTP status and the body.
pub struct Answer {
    status: u16,
    body: Vec<u8>,
    headers: String,
}

impl Answer {
    /// Success.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a test writes the value where it stands"
    )]
    pub fn ok(body: Value) -> Self {
        Self::new(200, &body)
    }

    /// An exception of the service.
    pub fn exception(status: u16, code: &str, message: &str) -> Self {
        Self::new(status, &json!({"__type": code, "message": message}))
    }

    fn new(status: u16, body: &Value) -> Self {
        Self {
            status,
            body: body.to_string().into_bytes(),
            headers: String::new(),
        }
    }

    /// One more header line.
    pub fn header(mut self, line: &str) -> Self {
        self.headers.push_str(line);
        self.headers.push_str("\r\n");
        self
    }
}

/// A call that came.
#[derive(Debug, Clone)]
pub struct Call {
    /// Such as `FilterLogEvents`.
    pub action: String,
    /// Its parameters.
    pub body: Value,
    /// When it came.
    pub at: Instant,
}

/// The server. It lives as long as the test program.
pub struct Wire {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Wire {
    /// Answers every call as `answer` says.
    pub fn start(answer: impl Fn(&Call) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(Mutex::new(Vec::new()));
        let (answer, seen) = (Arc::new(answer), Arc::clone(&calls));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, seen) = (Arc::clone(&answer), Arc::clone(&seen));
                // A client that breaks off ends its thread.
                thread::spawn(move || serve(&stream, &*answer, &seen));
            }
        });
        Self { url, calls }
    }

    /// Every call so far.
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// The calls of one action.
    pub fn calls_of(&self, action: &str) -> Vec<Call> {
        let mut calls = self.calls();
        calls.retain(|call| call.action == action);
        calls
    }
}

fn serve(stream: &TcpStream, answer: &dyn Fn(&Call) -> Answer, seen: &Mutex<Vec<Call>>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut writer = stream.try_clone().ok()?;
    writer.set_nodelay(true).ok()?;
    loop {
        let (mut action, mut length) = (String::new(), 0);
        let mut first = String::new();
        if reader.read_line(&mut first).ok()? == 0 {
            return None;
        }
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let line = line.trim();
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':')?;
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().ok()?,
                "x-amz-target" => action = value.trim().rsplit('.').next()?.to_owned(),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        if action.is_empty() {
            // Lambda's API names the action by its path.
            action = first.split(' ').nth(1)?.to_owned();
        }
        let call = Call {
            action,
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
            at: Instant::now(),
        };
        seen.lock().unwrap().push(call.clone());
        let Answer {
            status,
            body,
            headers,
        } = answer(&call);
        let head = format!(
            "HTTP/1.1 {status} answer\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: {}\r\n{headers}\r\n",
            body.len()
        );
        writer.write_all(head.as_bytes()).ok()?;
        writer.write_all(&body).ok()?;
    }
}
