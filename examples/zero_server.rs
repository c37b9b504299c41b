//! A CloudWatch Logs that does no work: what `benches/fetch.py` measures `latscope fetch` against.
//!
//! It holds one event every so many milliseconds, without beginning or end, and answers `FilterLogEvents` with pages
//! of at most 10,000 events or 1 MB. It prints its address. When its standard input ends, it prints when each call came
//! and how many it throttled, as JSON, and ends.
//!
//! `zero_server [--every MS] [--quota CALLS_PER_SECOND] [--answer-after MS]`

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const PAGE_EVENTS: i64 = 10_000;
const PAGE_BYTES: usize = 1_000_000;

/// The four lines of an invocation, of which two are records. `@` is the event's time in milliseconds, `~` its last
/// three digits, `#` the last twelve digits of the invocation's.
const MESSAGES: [&str; 4] = [
    "[INFO]\\t2026-11-20T09:00:00.~Z\\t7c0de5a1-90f3-4b1e-8a55-#\\tcalling the model with ~ tokens\\n",
    "{\\\"schema\\\":\\\"latscope.timing/v1\\\",\\\"request_id\\\":\\\"7c0de5a1-90f3-4b1e-8a55-#\\\",\\\"call_index\\\":0,\
     \\\"start_offset_ms\\\":2.~,\\\"gen_ai.operation.name\\\":\\\"chat\\\",\
     \\\"gen_ai.provider.name\\\":\\\"aws.bedrock\\\",\\\"gen_ai.request.model\\\":\\\"amazon.nova-lite-v1:0\\\",\
     \\\"inference_ms\\\":812.~,\\\"status\\\":\\\"ok\\\"}\\n",
    "[INFO]\\t2026-11-20T09:00:01.~Z\\t7c0de5a1-90f3-4b1e-8a55-#\\tthe model answered, writing ~ bytes\\n",
    "REPORT RequestId: 7c0de5a1-90f3-4b1e-8a55-#\\tDuration: 912.~ ms\\tBilled Duration: 913 ms\\t\
     Memory Size: 512 MB\\tMax Memory Used: 90 MB\\t\\n",
];

fn main() -> io::Result<()> {
    let mut server = Server::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value: i64 = arguments
            .next()
            .and_then(|value| value.parse().ok())
            .ok_or_else(|| io::Error::other(format!("{name}: expecting a whole number")))?;
        match name.as_str() {
            "--every" => server.every = value.max(1),
            "--quota" => server.quota = Some(value as f64),
            "--answer-after" => server.answer_after = Duration::from_millis(value.unsigned_abs()),
            _ => return Err(io::Error::other(format!("unknown argument {name}"))),
        }
    }
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut stdout = io::stdout();
    writeln!(stdout, "{}", listener.local_addr()?)?;
    stdout.flush()?;
    let server = Arc::new(server);
    let serving = Arc::clone(&server);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let server = Arc::clone(&serving);
            // A client that breaks off ends its thread.
            thread::spawn(move || server.serve(stream));
        }
    });
    io::copy(&mut io::stdin(), &mut io::sink())?;
    let seen = server.seen.lock().unwrap_or_else(PoisonError::into_inner);
    writeln!(
        stdout,
        "{}",
        json!({"calls": seen.calls, "throttled": seen.throttled})
    )
}

struct Server {
    every: i64,
    quota: Option<f64>,
    answer_after: Duration,
    begun: Instant,
    /// What stands around the numbers of each kind of event, and which number stands before it.
    events: Vec<Vec<(char, &'static str)>>,
    seen: Mutex<Seen>,
}

/// What came so far.
#[derive(Default)]
struct Seen {
    /// Microseconds after the start.
    calls: Vec<u64>,
    throttled: u64,
    /// What was used of the quota and is not yet given back, in calls.
    used: f64,
}

impl Default for Server {
    fn default() -> Self {
        let events = (0..MESSAGES.len()).map(|kind| pieces(template(kind))).collect();
        Self {
            every: 1,
            quota: None,
            answer_after: Duration::ZERO,
            begun: Instant::now(),
            events,
            seen: Mutex::default(),
        }
    }
}

/// An event in JSON.
fn template(kind: usize) -> &'static str {
    let stream = format!("2026/11/20/[7]{:032x}", 0x5eed + kind / 2);
    // As many as there are kinds, for as long as the program runs.
    String::leak(format!(
        "{{\"logStreamName\":\"{stream}\",\"timestamp\":@,\"message\":\"{}\",\"ingestionTime\":@,\
         \"eventId\":\"{}@\"}},",
        MESSAGES[kind],
        "3".repeat(43)
    ))
}

/// The text between the numbers, each with the sign of the number before it.
fn pieces(template: &'static str) -> Vec<(char, &'static str)> {
    let (mut pieces, mut sign, mut rest) = (Vec::new(), ' ', template);
    while let Some((at, next)) = rest.char_indices().find(|(_, c)| "@#~".contains(*c)) {
        pieces.push((sign, &rest[..at]));
        (sign, rest) = (next, &rest[at + 1..]);
    }
    pieces.push((sign, rest));
    pieces
}

impl Server {
    fn serve(&self, stream: TcpStream) -> Option<()> {
        stream.set_nodelay(true).ok()?;
        let mut writer = stream.try_clone().ok()?;
        let mut reader = BufReader::new(stream);
        let mut answer = Vec::with_capacity(2 * PAGE_BYTES);
        loop {
            let (mut is_filter, mut length, mut line) = (false, 0, String::new());
            loop {
                line.clear();
                if reader.read_line(&mut line).ok()? == 0 {
                    return None;
                }
                if line.trim().is_empty() {
                    break;
                }
                let (name, value) = line.split_once(':').unwrap_or_default();
                match name.to_ascii_lowercase().as_str() {
                    "content-length" => length = value.trim().parse().ok()?,
                    "x-amz-target" => is_filter = value.trim().ends_with(".FilterLogEvents"),
                    _ => {}
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).ok()?;
            let asked: Value = serde_json::from_slice(&body).ok()?;
            answer.clear();
            let status = self.answer(is_filter, &asked, &mut answer);
            let head = format!(
                "HTTP/1.1 {status} answer\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: {}\r\n\r\n",
                answer.len()
            );
            writer.write_all(head.as_bytes()).ok()?;
            writer.write_all(&answer).ok()?;
        }
    }

    fn answer(&self, is_filter: bool, asked: &Value, answer: &mut Vec<u8>) -> u16 {
        if !is_filter {
            let name = asked["logGroupNamePrefix"].as_str().unwrap_or_default();
            let arn = format!("arn:aws:logs:eu-west-1:123456789012:log-group:{name}:*");
            let group = json!({"logGroupName": name, "arn": arn, "logGroupClass": "STANDARD"});
            answer.extend_from_slice(json!({"logGroups": [group]}).to_string().as_bytes());
            return 200;
        }
        if !self.is_admitted() {
            answer.extend_from_slice(br#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#);
            return 400;
        }
        thread::sleep(self.answer_after);
        let from = match asked["nextToken"].as_str() {
            Some(token) => token.parse().unwrap_or_default(),
            None => asked["startTime"].as_i64().unwrap_or_default(),
        };
        self.page(from, asked["endTime"].as_i64().unwrap_or_default(), answer);
        200
    }

    /// Notes a call. Whether the quota allows it.
    fn is_admitted(&self) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.begun.elapsed().as_micros();
        let now = u64::try_from(now).unwrap_or(u64::MAX);
        let since_last = now - seen.calls.last().copied().unwrap_or_default();
        seen.calls.push(now);
        let Some(quota) = self.quota else { return true };
        seen.used = (seen.used - quota * since_last as f64 / 1e6).max(0.0);
        if seen.used + 1.0 > quota {
            seen.throttled += 1;
            return false;
        }
        seen.used += 1.0;
        true
    }

    /// The events from a time to another, both included, as far as they fit a page.
    fn page(&self, from: i64, to: i64, page: &mut Vec<u8>) {
        let mut number = from.div_euclid(self.every) + i64::from(from.rem_euclid(self.every) > 0);
        let end = to.div_euclid(self.every) + 1;
        let full = number + PAGE_EVENTS;
        page.extend_from_slice(b"{\"events\":[");
        while number < end.min(full) && page.len() < PAGE_BYTES {
            let kind = number.rem_euclid(4);
            let at = format!("{:013}", number * self.every);
            let invocation = format!("{:013}", (number - kind) * self.every);
            // Less than four.
            for (sign, text) in &self.events[kind as usize] {
                match sign {
                    '@' => page.extend_from_slice(at.as_bytes()),
                    '#' => page.extend_from_slice(&invocation.as_bytes()[1..]),
                    '~' => page.extend_from_slice(&at.as_bytes()[10..]),
                    _ => {}
                }
                page.extend_from_slice(text.as_bytes());
            }
            number += 1;
        }
        if page.last() == Some(&b',') {
            page.pop();
        }
        page.extend_from_slice(b"],\"searchedLogStreams\":[]");
        if number < end {
            page.extend_from_slice(format!(",\"nextToken\":\"{}\"", number * self.every).as_bytes());
        }
        page.push(b'}');
    }
}
