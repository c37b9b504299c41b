//! An API on loopback that answers as a test says, each connection on a thread of its own, or one after another.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// A request that came.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Counted from 0, over all connections.
    pub number: usize,
    /// The connection, counted from 0.
    pub connection: usize,
    /// The first line.
    pub line: String,
    /// By name in small letters.
    pub headers: BTreeMap<String, String>,
    /// The body; null where it is no JSON.
    pub body: Value,
    /// When it came.
    pub at: Instant,
}

/// What is answered.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status; 0 closes the connection without an answer.
    pub status: u16,
    /// Header lines.
    pub headers: Vec<String>,
    /// How long each piece of the body is waited for, and the piece. Several come as chunks.
    pub pieces: Vec<(Duration, String)>,
    /// Whether the connection is closed after it.
    pub closes: bool,
}

impl Reply {
    /// After so long, what the handler answers.
    pub fn after(time: Duration) -> Self {
        let body = json!({"text": "forty-two", "usage": {"input_tokens": 5, "output_tokens": 61}});
        Self {
            status: 200,
            headers: vec!["content-type: application/json".to_owned()],
            pieces: vec![(time, body.to_string())],
            closes: false,
        }
    }

    /// The same with another status.
    pub fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// One more header line.
    pub fn header(mut self, line: &str) -> Self {
        self.headers.push(line.to_owned());
        self
    }
}

/// The API. It lives as long as the test program.
pub struct Paced {
    /// `http://127.0.0.1:PORT/`
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Paced {
    /// Answers every request as `reply` says.
    pub fn start(reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::serving(true, reply)
    }

    /// The same, and reads nothing of a connection until the one before it is closed.
    pub fn one_at_a_time(reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::serving(false, reply)
    }

    fn serving(at_once: bool, reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (reply, seen) = (Arc::new(reply), Arc::clone(&asked));
        let count = Arc::new(AtomicUsize::new(0));
        thread::spawn(move || {
            for (connection, stream) in listener.incoming().flatten().enumerate() {
                let (reply, seen, count) = (Arc::clone(&reply), Arc::clone(&seen), Arc::clone(&count));
                // A client that breaks off ends its thread.
                let serving = thread::spawn(move || serve(&stream, connection, &*reply, &seen, &count));
                if !at_once {
                    let _ = serving.join();
                }
            }
        });
        Self { url, asked }
    }

    /// Answers each after so long.
    pub fn after(time: Duration) -> Self {
        Self::start(move |_| Reply::after(time))
    }

    /// Every request so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(
    stream: &TcpStream,
    connection: usize,
    reply: &dyn Fn(&Asked) -> Reply,
    seen: &Mutex<Vec<Asked>>,
    count: &AtomicUsize,
) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut writer = stream.try_clone().ok()?;
    writer.set_nodelay(true).ok()?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let mut headers = BTreeMap::new();
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            let Some((name, value)) = header.split_once(':') else {
                break;
            };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let length = headers
            .get("content-length")
            .map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let asked = Asked {
            number: count.fetch_add(1, Ordering::SeqCst),
            connection,
            line: line.trim().to_owned(),
            headers,
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
            at: Instant::now(),
        };
        seen.lock().unwrap().push(asked.clone());
        let reply = reply(&asked);
        answer(&mut writer, &reply)?;
        if reply.closes || reply.status == 0 {
            return None;
        }
    }
}

fn answer(writer: &mut TcpStream, reply: &Reply) -> Option<()> {
    let headers: String = reply.headers.iter().map(|line| format!("{line}\r\n")).collect();
    let head = format!("HTTP/1.1 {} answer\r\n{headers}", reply.status);
    match reply.pieces.as_slice() {
        [(time, body)] => {
            thread::sleep(*time);
            if reply.status == 0 {
                return Some(());
            }
            let whole = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
            writer.write_all(whole.as_bytes()).ok()
        }
        pieces => {
            let head = format!("{head}transfer-encoding: chunked\r\n\r\n");
            writer.write_all(head.as_bytes()).ok()?;
            for (time, piece) in pieces {
                thread::sleep(*time);
                let chunk = format!("{:x}\r\n{piece}\r\n", piece.len());
                writer.write_all(chunk.as_bytes()).ok()?;
            }
            writer.write_all(b"0\r\n\r\n").ok()
        }
    }
}
