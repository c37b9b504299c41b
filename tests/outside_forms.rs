//! Records of clients and of API Gateway in the forms in which they are saved: `latscope inspect` counts them in each.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::io::Write;

use common::{Folder, latscope};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

/// What `latscope drive` writes of two requests, and of their run.
fn of_a_client() -> Vec<String> {
    let request = |sequence: u64| {
        json!({
            "schema": "latscope.client/v1", "run_id": "r-1", "sequence": sequence, "phase": "steady", "block": 0,
            "model_name": "nova", "gen_ai.request.model": "amazon.nova-lite-v1:0", "prompt_number": 1,
            "prompt_length": 10, "prompt_hash": "9f2c", "intended_at": "2026-11-20T09:00:00.000Z", "intended_ms": 1.5,
            "late_ms": 0.25, "service_ms": 905.5, "latency_ms": 905.75, "outcome": "ok", "http_status": 200,
            "request_bytes": 120, "response_bytes": 64, "api_gateway_request_id": format!("g{sequence}="),
        })
        .to_string()
    };
    let start = json!({"schema": "latscope.client-run/v1", "event": "start", "run_id": "r-1"}).to_string();
    vec![start, request(0), request(1)]
}

/// An access log of three requests: of an HTTP API, of a REST API, and as the console proposes it.
fn of_the_gateway() -> Vec<String> {
    vec![
        r#"{"requestId":"g0=","requestTimeEpoch":"1795165200123","routeKey":"POST /","status":"200","responseLatency":"845","integrationLatency":"841"}"#.to_owned(),
        r#"{"requestId":"g1=","requestTimeEpoch":1795165200456,"resourcePath":"/chat","status":200,"responseLatency":9}"#.to_owned(),
        r#"{ "requestId":"g2=", "ip": "192.0.2.7", "routeKey":"$default", "status":"503", "responseLength":"33" }"#.to_owned(),
    ]
}

/// The messages in every form of this test, by what the file is called.
fn saved(messages: &[String]) -> Vec<(&'static str, Vec<u8>)> {
    let at = |n: usize| 1_795_165_200_000 + n;
    let numbered = || messages.iter().enumerate();
    let lines = messages.join("\n") + "\n";
    let behind_times: String = numbered()
        .map(|(n, message)| format!("2026-11-20T09:00:0{n}.000Z {message}\n"))
        .collect();
    let events: String = numbered()
        .map(|(n, message)| {
            let event = json!({"eventId": format!("{n:056}"), "timestamp": at(n), "logStreamName": "s", "message": message});
            format!("{event}\n")
        })
        .collect();
    let rows: String = numbered()
        .map(|(n, message)| format!("{},\"{}\"\n", at(n), message.replace('"', "\"\"")))
        .collect();
    let document = json!({"events": numbered()
        .map(|(n, message)| json!({"eventId": n.to_string(), "timestamp": at(n), "logStreamName": "s", "message": message}))
        .collect::<Vec<_>>()});
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(events.as_bytes()).unwrap();
    vec![
        ("lines", lines.into_bytes()),
        ("times", behind_times.into_bytes()),
        ("events", events.into_bytes()),
        ("csv", format!("timestamp,message\n{rows}").into_bytes()),
        ("document", document.to_string().into_bytes()),
        ("packed", packed.finish().unwrap()),
    ]
}

#[test]
fn inspect_counts_them_in_every_form() {
    let folder = Folder::new();
    let of_client = "3 client";
    let of_gateway = "3 gateway";
    for (messages, counted) in [(of_a_client(), of_client), (of_the_gateway(), of_gateway)] {
        for (name, bytes) in saved(&messages) {
            let path = folder.path().join(name);
            fs::write(&path, bytes).unwrap();
            let output = latscope().arg("inspect").arg(&path).output().unwrap();
            let stdout = String::from_utf8(output.stdout).unwrap();
            assert!(
                stdout.contains(&format!("+ {counted} +")) && stdout.contains("Events read: 3 ="),
                "{name}: {stdout}"
            );
            assert_eq!(output.status.code(), Some(0), "{name}: {stdout}");
        }
    }
}
