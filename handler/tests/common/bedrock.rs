//! A Bedrock of our own, which answers as it is told: after stated times, in paced frames, with errors, or not at all.
//!
//! It speaks HTTP/1.1 on loopback to the unmodified SDK.

use std::io::{BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use serde_json::{Value, json};

use super::http;

/// A call as it arrived.
#[derive(Debug, Clone)]
pub struct Call {
    /// The model of its path, decoded.
    pub model: String,
    /// Whether it was ConverseStream.
    pub is_streamed: bool,
    /// Which call this is, from 0.
    pub nth: usize,
    /// The body.
    pub body: Value,
    /// When it had arrived.
    pub arrived: Instant,
    /// When its answer was out, or the connection ended.
    pub ended: Option<Instant>,
}

/// What a call gets.
#[derive(Debug, Clone)]
pub enum Reply {
    /// An answer as a whole, after a time, with a body.
    Whole(Duration, Value),
    /// Frames, each after a time since the one before; then the end of the stream.
    Frames(Vec<(Duration, Vec<u8>)>),
    /// The same, but the connection breaks instead of ending.
    Broken(Vec<(Duration, Vec<u8>)>),
    /// An error of Bedrock's, after a time: status, name, message, further headers.
    Error(Duration, u16, &'static str, &'static str, &'static str),
    /// The connection ends after a time, without an answer.
    Closed(Duration),
    /// A page that Bedrock does not write.
    Page(&'static str),
    /// An error that Bedrock does not write: status, further headers, body.
    Refusal(u16, &'static str, &'static str),
    /// Half of an answer, then the connection ends.
    Half,
    /// Nothing for a minute.
    Silence,
}

/// The server. It lives as long as the test program.
pub struct Bedrock {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Bedrock {
    /// A server that answers each call as a function of it says.
    pub fn start(reply: impl Fn(&Call) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(Mutex::new(Vec::new()));
        let reply = Arc::new(reply);
        let seen = Arc::clone(&calls);
        spawn(move || {
            for stream in listener.incoming().flatten() {
                // Or small pieces wait for the other side's acknowledgement, 40 ms each.
                stream.set_nodelay(true).unwrap();
                let (seen, reply) = (Arc::clone(&seen), Arc::clone(&reply));
                // A client that goes away ends its connection and nothing else.
                spawn(move || while serve(&stream, &seen, &*reply).is_some() {});
            }
        });
        Self { url, calls }
    }

    /// The calls so far.
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// What a call took here, in milliseconds: from its arrival until the last of its answer was about to go out, before which
    /// no client knows it.
    pub fn took_ms(&self, nth: usize) -> f64 {
        loop {
            let call = self.calls()[nth].clone();
            if let Some(ended) = call.ended {
                return ended.duration_since(call.arrived).as_secs_f64() * 1000.0;
            }
            sleep(Duration::from_millis(1));
        }
    }
}

/// One request and its answer; `None` if the connection is over.
fn serve(stream: &TcpStream, seen: &Mutex<Vec<Call>>, reply: &impl Fn(&Call) -> Reply) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let http::Request { path, body, .. } = http::read(&mut reader)?;
    let (model, operation) = path.strip_prefix("/model/")?.rsplit_once('/')?;
    let call = {
        let mut seen = seen.lock().unwrap();
        let call = Call {
            model: model.replace("%3A", ":").replace("%2F", "/"),
            is_streamed: operation == "converse-stream",
            nth: seen.len(),
            body: serde_json::from_slice(&body).ok()?,
            arrived: Instant::now(),
            ended: None,
        };
        seen.push(call.clone());
        call
    };
    let ends = || {
        _ = seen.lock().unwrap()[call.nth]
            .ended
            .get_or_insert_with(Instant::now);
    };
    let answered = answer_call(stream, &call, reply, &ends);
    ends();
    answered
}

/// Answers a call. `ends` is told when the last of an answer is about to go out.
fn answer_call(
    mut stream: &TcpStream,
    call: &Call,
    reply: &impl Fn(&Call) -> Reply,
    ends: &impl Fn(),
) -> Option<()> {
    let id = format!("x-amzn-RequestId: bedrock-{}\r\n", call.nth);
    match reply(call) {
        Reply::Whole(after, body) => {
            sleep(after);
            let body = body.to_string();
            let length = body.len();
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
            let answer = format!("{head}{id}Content-Length: {length}\r\n\r\n{body}");
            ends();
            stream.write_all(answer.as_bytes()).ok()
        }
        Reply::Error(after, status, name, message, headers) => {
            sleep(after);
            let body = json!({ "message": message }).to_string();
            let length = body.len();
            let head = format!("HTTP/1.1 {status} Error\r\nx-amzn-ErrorType: {name}\r\n");
            write!(
                stream,
                "{head}{id}{headers}Content-Length: {length}\r\n\r\n{body}"
            )
            .ok()
        }
        Reply::Frames(frames) => {
            write_frames(stream, &id, frames)?;
            ends();
            write!(stream, "0\r\n\r\n").ok()
        }
        Reply::Broken(frames) => {
            write_frames(stream, &id, frames)?;
            stream.shutdown(Shutdown::Both).ok().and(None)
        }
        Reply::Closed(after) => {
            sleep(after);
            stream.shutdown(Shutdown::Both).ok().and(None)
        }
        Reply::Page(page) => {
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n";
            let length = page.len();
            write!(stream, "{head}{id}Content-Length: {length}\r\n\r\n{page}").ok()
        }
        Reply::Refusal(status, headers, body) => {
            let head = format!("HTTP/1.1 {status} Error\r\n{headers}");
            let length = body.len();
            write!(stream, "{head}Content-Length: {length}\r\n\r\n{body}").ok()
        }
        Reply::Half => {
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
            write!(stream, "{head}{id}Content-Length: 1000\r\n\r\n{{\"output\":").ok()?;
            stream.shutdown(Shutdown::Both).ok().and(None)
        }
        Reply::Silence => {
            sleep(Duration::from_secs(60));
            None
        }
    }
}

fn write_frames(mut stream: &TcpStream, id: &str, frames: Vec<(Duration, Vec<u8>)>) -> Option<()> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\n";
    write!(stream, "{head}{id}Transfer-Encoding: chunked\r\n\r\n").ok()?;
    for (after, frame) in frames {
        sleep(after);
        let mut chunk = format!("{:x}\r\n", frame.len()).into_bytes();
        chunk.extend(frame);
        chunk.extend(b"\r\n");
        stream.write_all(&chunk).ok()?;
    }
    Some(())
}

/// An answer of Converse: text, tokens read and written, Bedrock's own latency.
pub fn answer(text: &str, (input, output): (u32, u32), latency_ms: u32) -> Value {
    json!({
        "metrics": {"latencyMs": latency_ms},
        "output": {"message": {"content": [{"text": text}], "role": "assistant"}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": input, "outputTokens": output, "totalTokens": input + output},
    })
}

/// An event of ConverseStream in a frame.
pub fn event(name: &'static str, payload: &Value) -> Vec<u8> {
    frame("event", ":event-type", name, payload)
}

/// An exception of ConverseStream in a frame.
pub fn exception(name: &'static str, message: &str) -> Vec<u8> {
    frame(
        "exception",
        ":exception-type",
        name,
        &json!({ "message": message }),
    )
}

/// A piece of text of a streamed answer.
pub fn delta(text: &str) -> Vec<u8> {
    event(
        "contentBlockDelta",
        &json!({"contentBlockIndex": 0, "delta": {"text": text}}),
    )
}

/// The two events that end a streamed answer.
pub fn ending((input, output): (u32, u32), latency_ms: u32) -> [Vec<u8>; 2] {
    [
        event("messageStop", &json!({"stopReason": "end_turn"})),
        event(
            "metadata",
            &json!({
                "usage": {"inputTokens": input, "outputTokens": output, "totalTokens": input + output},
                "metrics": {"latencyMs": latency_ms},
            }),
        ),
    ]
}

fn frame(kind: &'static str, type_header: &'static str, name: &'static str, payload: &Value) -> Vec<u8> {
    let header =
        |name: &'static str, value: &'static str| Header::new(name, HeaderValue::String(value.into()));
    let message = Message::new(payload.to_string().into_bytes())
        .add_header(header(":message-type", kind))
        .add_header(header(type_header, name))
        .add_header(header(":content-type", "application/json"));
    let mut frame = Vec::new();
    write_message_to(&message, &mut frame).unwrap();
    frame
}
