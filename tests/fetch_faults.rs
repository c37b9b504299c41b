//! `latscope fetch` while calls go wrong: microburst stands before moto and makes them go wrong as each test says, and
//! its record proves that they did. Whatever happens, every event comes, and comes once.

// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use common::Folder;
use common::fetching::{assert_once_each, events, fetch, minutes_ago, puts, reports, said, window};
use common::peers::{Server, get, request};
use serde_json::{Value, json};

const GROUP: &str = "/aws/lambda/faults";

/// Events of five minutes.
const EVENTS: usize = 1000;

/// A log group whose first minute is two pages.
const DENSE: &str = "/aws/lambda/dense";

/// moto with the log groups, and the beginning of their five minutes.
fn moto() -> &'static (Server, i64) {
    static MOTO: OnceLock<(Server, i64)> = OnceLock::new();
    MOTO.get_or_init(|| {
        let (moto, from) = (Server::moto(), minutes_ago(30));
        for (group, count, step_ms) in [(GROUP, EVENTS, 300), (DENSE, 12_000, 5)] {
            let logs = moto.logs("eu-west-1").group(group);
            logs.stream(group, "2026/11/20/[7]a", &puts(&reports(count, from, step_ms)));
        }
        (moto, from)
    })
}

/// microburst before moto.
struct Faulty {
    server: &'static Server,
    /// One at a time: the rules are the server's.
    _turn: MutexGuard<'static, ()>,
}

impl Faulty {
    /// With these rules, of which each is for one kind of call to CloudWatch Logs.
    fn new(rules: &[Value]) -> Self {
        static MICROBURST: OnceLock<Server> = OnceLock::new();
        static TURN: Mutex<()> = Mutex::new(());
        let faulty = Self {
            // A test that failed leaves nothing behind that the next does not replace.
            _turn: TURN.lock().unwrap_or_else(PoisonError::into_inner),
            server: MICROBURST.get_or_init(|| Server::microburst(&moto().0.address)),
        };
        request(&faulty.server.address, "DELETE", "/_microburst/fired", "", &[]).unwrap();
        faulty.rules(rules);
        faulty
    }

    fn rules(&self, rules: &[Value]) {
        let headers = "Content-Type: application/json\r\n";
        let rules = json!(rules).to_string();
        let answer = request(
            &self.server.address,
            "POST",
            "/_microburst/rules",
            headers,
            rules.as_bytes(),
        );
        assert_eq!(answer.unwrap().0, 200);
    }

    /// Fetches the whole window into a folder, and gives what was said.
    #[track_caller]
    fn fetch(&self, folder: &Folder, code: i32) -> String {
        fetch_all(folder, &self.server.url(), GROUP, code)
    }

    /// What really went wrong, in order; it is always `FilterLogEvents`.
    fn fired(&self) -> Vec<String> {
        let (status, fired) = get(&self.server.address, "/_microburst/fired?limit=1000").unwrap();
        assert_eq!(status, 200);
        let fired: Vec<Value> = serde_json::from_slice(&fired).unwrap();
        assert!(fired.iter().all(|fault| fault["operation"] == "FilterLogEvents"));
        let action = |fault: &Value| fault["action"].as_str().unwrap().to_owned();
        fired.iter().map(action).collect()
    }
}

/// Fetches the whole window of a group from a server, and gives what was said.
#[track_caller]
fn fetch_all(folder: &Folder, url: &str, group: &str, code: i32) -> String {
    let from = moto().1;
    let window = window(from, from + 300_000);
    let args = format!("--log-group {group} {window} --rate 200");
    said(&mut fetch(folder, url, &args), code)
}

/// A rule of both.
fn with(fault: &Value, more: &Value) -> Value {
    let mut rule = json!({"service": "logs"});
    let all = rule.as_object_mut().unwrap();
    for part in [fault, more] {
        all.extend(part.as_object().unwrap().clone());
    }
    rule
}

/// Fetches while calls go wrong: so many, in this way, under this name in the record. Gives what was said.
#[track_caller]
fn survives(faults: &[(usize, Value, &str)]) -> String {
    let rules: Vec<Value> = faults
        .iter()
        .map(|(count, fault, _)| with(fault, &json!({"operation": "FilterLogEvents", "times": count})))
        .collect();
    let faulty = Faulty::new(&rules);
    let folder = Folder::new();
    let said = faulty.fetch(&folder, 0);
    assert!(said.contains("The window is complete."), "{said}");
    let expected: Vec<&str> = faults
        .iter()
        .flat_map(|(count, _, action)| vec![*action; *count])
        .collect();
    assert_eq!(faulty.fired(), expected);
    assert_once_each(&folder, EVENTS);
    said
}

#[test]
fn throttles_are_waited_out_and_counted() {
    // More than there are slices: some calls are throttled several times in a row.
    let fault = json!({"error": {"code": "ThrottlingException"}});
    let said = survives(&[(12, fault, "error:ThrottlingException")]);
    assert!(said.contains("; throttled 12 times"), "{said}");
    assert!(!said.contains("repeated after a failure"), "{said}");
}

#[test]
fn connections_that_are_reset_are_made_again() {
    let said = survives(&[(8, json!({"reset": true}), "reset")]);
    assert!(said.contains("; never throttled"), "{said}");
    assert!(said.contains("; 8 calls repeated after a failure"), "{said}");
}

#[test]
fn pages_behind_the_first_may_go_wrong_too() {
    let more = json!({"operation": "FilterLogEvents", "times": 2, "body": "nextToken"});
    let faults = [
        json!({"error": {"code": "ThrottlingException"}}),
        json!({"reset": true}),
        json!({"response": {"truncate_frac": 0.9}}),
    ];
    let faulty = Faulty::new(&faults.map(|fault| with(&fault, &more)));
    let folder = Folder::new();
    let said = fetch_all(&folder, &faulty.server.url(), DENSE, 0);
    assert!(
        said.contains("; throttled 2 times; 4 calls repeated after a failure"),
        "{said}"
    );
    assert_eq!(faulty.fired().len(), 6);
    assert_once_each(&folder, 12_000);
}

/// A server before moto that resets the first connections, as the kernel does it where nobody reads what came.
fn resetting(count: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for (number, client) in listener.incoming().flatten().enumerate() {
            if number < count {
                let _ = client.peek(&mut [0]);
                continue;
            }
            let server = TcpStream::connect(&moto().0.address).unwrap();
            for (mut from, mut to) in [
                (client.try_clone().unwrap(), server.try_clone().unwrap()),
                (server, client),
            ] {
                thread::spawn(move || {
                    let _ = io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Write);
                });
            }
        }
    });
    url
}

#[test]
fn a_connection_that_is_reset_at_once_is_not_taken_for_nobody_there() {
    // Oftener than is tried where nobody answers.
    let folder = Folder::new();
    let said = fetch_all(&folder, &resetting(5), GROUP, 0);
    assert!(said.contains("; 5 calls repeated after a failure"), "{said}");
    assert_once_each(&folder, EVENTS);
}

#[test]
fn slow_answers_are_waited_for() {
    let said = survives(&[(4, json!({"latency": 3000}), "latency:3000ms")]);
    assert!(said.contains("; never throttled"), "{said}");
    assert!(!said.contains("repeated after a failure"), "{said}");
}

#[test]
fn answers_that_end_too_early_are_asked_for_again() {
    // Once as a whole answer that is too short, once as a connection that breaks off.
    let said = survives(&[
        (
            3,
            json!({"response": {"truncate_frac": 0.5}}),
            "response:truncate",
        ),
        (3, json!({"response": {"abort_frac": 0.5}}), "response:abort"),
    ]);
    assert!(said.contains("; 6 calls repeated after a failure"), "{said}");
}

#[test]
fn failures_of_the_service_are_asked_again() {
    let fault = |status: u16, code: &str| json!({"error": {"code": code, "status": status}});
    let said = survives(&[
        (2, fault(500, "InternalFailure"), "error:InternalFailure"),
        (
            2,
            fault(503, "ServiceUnavailableException"),
            "error:ServiceUnavailableException",
        ),
        // What no service is known to say, and a load balancer may.
        (2, fault(502, "BadGateway"), "error:BadGateway"),
    ]);
    assert!(said.contains("; 6 calls repeated after a failure"), "{said}");
}

/// A rule for the calls of the last minute alone, which never ends.
fn endless(fault: &Value) -> Value {
    let last = format!("startTime == `{}`", moto().1 + 240_000);
    with(fault, &json!({"operation": "FilterLogEvents", "body": last}))
}

/// Fetches while the last minute cannot be had, and then all of it, and gives what was said of the first.
#[track_caller]
fn keeps_what_came(fault: &Value) -> String {
    let faulty = Faulty::new(&[endless(fault)]);
    let folder = Folder::new();
    let first = faulty.fetch(&folder, 7);
    assert!(
        first.contains("the window is not complete: 4 of 5 slices were fetched"),
        "{first}"
    );
    assert!(
        first.contains("run the same command again to fetch the rest"),
        "{first}"
    );
    assert!(!faulty.fired().is_empty());
    let kept = events(&folder);
    assert_once_each(&folder, EVENTS - 200);
    // Nobody takes it for the whole.
    let mut summary = common::latscope();
    let output = summary
        .arg("summary")
        .current_dir(folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("the store does not hold all of the window: a log group lacks 20 % of it"),
        "{text}"
    );
    faulty.rules(&[]);
    let second = faulty.fetch(&folder, 0);
    assert!(second.contains("200 events kept of 200 received"), "{second}");
    assert_once_each(&folder, EVENTS);
    let all = events(&folder);
    assert!(kept.iter().all(|(key, messages)| all[key] == *messages));
    first
}

#[test]
fn what_is_refused_for_good_ends_the_fetch_and_keeps_the_rest() {
    let said = keeps_what_came(&json!({"error": {"code": "InvalidOperationException"}}));
    assert_eq!(
        said.matches("was refused: InvalidOperationException").count(),
        1,
        "{said}"
    );
}

#[test]
#[ignore = "a call that is throttled is given up after about a minute"]
fn throttles_without_end_end_the_fetch_and_keep_the_rest() {
    let said = keeps_what_came(&json!({"error": {"code": "ThrottlingException"}}));
    assert!(said.contains("throttled 10 times"), "{said}");
}

#[test]
#[ignore = "a connection that is reset is given up after about a minute"]
fn resets_without_end_end_the_fetch_and_keep_the_rest() {
    let said = keeps_what_came(&json!({"reset": true}));
    assert!(said.contains("failed 10 times"), "{said}");
}
