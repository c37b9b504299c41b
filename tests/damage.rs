//! Files that are cut anywhere, and files that are made to exhaust memory.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use common::root;
use latscope::invocation::{Collected, Collector};
use latscope::parse::{Parser, TimingKeys};
use latscope::source::{Item, read_stream};
use latscope_corpus::{Event, Form, Scenario, generate, save};

fn collector() -> Collector {
    let mut collector = Collector::new(Parser::new(TimingKeys::common()).unwrap());
    collector.begin_file(Path::new("log"), 0);
    collector
}

fn collect(stream: impl Read) -> Collected {
    let mut collector = collector();
    let (mut handed_over, mut files) = (0_u64, 0);
    read_stream(stream, &mut |item| {
        match item {
            Item::Event(_) | Item::Rejected { .. } => handed_over += 1,
            Item::Read(_) => files += 1,
            Item::Member { .. } => {}
        }
        collector.take(item);
    })
    .unwrap();
    let collected = collector.finish();
    assert_eq!(collected.ledger.events(), handed_over, "an event is in no bin");
    assert_eq!(collected.ledger.invocations(), collected.invocations.len() as u64);
    assert_eq!(files, 1);
    collected
}

fn events() -> Vec<Event> {
    let scenario = Scenario {
        requests: 8,
        ..Scenario::preset("forms").unwrap()
    };
    generate(&scenario).events
}

/// Each `REPORT` with its numbers, however often it stands there.
fn reports(collected: &Collected) -> BTreeMap<(String, u64), u64> {
    let mut reports = BTreeMap::new();
    for found in collected.invocations.iter() {
        let key = (found.request_id.to_string(), found.duration.as_micros());
        *reports.entry(key).or_default() += 1;
    }
    reports
}

/// Whatever is cut off: nothing is invented, and every number stays as it was.
#[test]
fn a_cut_file_of_any_form_gives_a_part_of_the_whole() {
    let events = events();
    for form in Form::ALL
        .iter()
        .filter(|form| !form.name().starts_with("bedrock-"))
    {
        for file in save(*form, &events, "/aws/lambda/chat-api") {
            let whole = reports(&collect(&file.bytes[..]));
            for part in 0..60 {
                let cut = file.bytes.len() * part / 60;
                let found = reports(&collect(&file.bytes[..cut]));
                for (report, count) in &found {
                    let most = whole.get(report).copied().unwrap_or(0);
                    assert!(*count <= most, "{} cut at {cut}: {report:?}", form.name());
                }
            }
        }
    }
}

/// Everything before the cut is there, and the cut is said once, where it is.
#[test]
fn what_stands_before_a_cut_is_read_and_the_cut_is_located() {
    let events = events();
    for name in [
        "ndjson",
        "filter-log-events",
        "filter-log-events-pretty",
        "subscription",
        "firehose",
    ] {
        let bytes = save(Form::from_name(name).unwrap(), &events, "/aws/lambda/chat-api")
            .remove(0)
            .bytes;
        let whole = collect(&bytes[..]).ledger;
        let is_enveloped = matches!(name, "subscription" | "firehose");
        for part in 1..40 {
            let cut = bytes.len() * part / 40;
            let found = collect(&bytes[..cut]);
            let ledger = &found.ledger;
            let text = String::from_utf8_lossy(&bytes[..cut]);
            // In these forms every event has one of this key, which comes before its message.
            let begun = text.matches("\"timestamp\"").count() as u64;
            assert!(
                ledger.rejected <= whole.rejected + 1,
                "{name} cut at {cut}: {ledger:?}"
            );
            if !is_enveloped {
                let read = ledger.events() - (ledger.rejected - whole.rejected.min(ledger.rejected));
                assert!(
                    read + 1 >= begun.saturating_sub(1),
                    "{name} cut at {cut}: {read} of {begun}"
                );
            }
            let ends_whole = matches!(bytes[cut - 1], b'\n' | b'}') && name != "filter-log-events-pretty";
            if !ends_whole {
                let last = ledger.first_rejected.last();
                let last = last.unwrap_or_else(|| panic!("{name} cut at {cut}: nothing says that it is cut"));
                assert!(last.reason.contains("cut off"), "{name} cut at {cut}: {last:?}");
            }
        }
    }
}

/// Gives a head, then one byte for as long as it is asked to, then a tail.
fn long(head: &str, byte: u8, length: u64, tail: &str) -> impl Read + use<> {
    let body = io::repeat(byte).take(length);
    io::Cursor::new(head.to_owned())
        .chain(body)
        .chain(io::Cursor::new(tail.to_owned()))
}

const GIBIBYTE: u64 = 1 << 30;

/// Runs `latscope summary` on a stream with this much memory, and returns its code and what it says.
#[cfg(target_os = "linux")]
fn with_little_memory(mut stream: impl Read + Send + 'static) -> (Option<i32>, String) {
    // The column engine reserves address space by the thread; what is really used is far below.
    const LIMIT_KIB: u64 = 1_500_000;
    let mut child = Command::new("sh")
        .arg("-c")
        .arg(format!(
            "ulimit -v {LIMIT_KIB} && exec \"$0\" summary --format json --input -"
        ))
        .arg(env!("CARGO_BIN_EXE_latscope"))
        .env("POLARS_MAX_THREADS", "1")
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // The program may end before it has read everything.
    let writer = std::thread::spawn(move || drop(io::copy(&mut stream, &mut stdin)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

const REPORT: &str = "REPORT RequestId: 5a1c0f7e-3b2d-4e6f-8a90-1b2c3d4e5f60\\tDuration: 1.00 ms\\tBilled Duration: 1 ms\\t\
                      Memory Size: 512 MB\\tMax Memory Used: 90 MB\\t\\n";

#[test]
#[cfg(target_os = "linux")]
fn a_message_of_a_gibibyte_is_passed_over() {
    let event = format!("{{\"timestamp\":1,\"message\":\"{REPORT}\"}}");
    for (head, tail) in [
        ("{\"events\":[{\"message\":\"", format!("\"}},{event}]}}")),
        ("{\"message\":\"", format!("\"}}\n{event}\n")),
        (
            "timestamp,message\n1795165200000,\"",
            format!(
                "\"\n1795165200001,\"{}\"\n",
                REPORT.replace("\\t", "\t").replace("\\n", "\n")
            ),
        ),
    ] {
        let (code, said) = with_little_memory(long(head, b'x', GIBIBYTE, &tail));
        assert_eq!(code, Some(0), "{head}: {said}");
        assert!(said.contains("longer than 8 MiB"), "{head}: {said}");
        assert!(said.contains("\"report_records\": 1,"), "{head}: {said}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn brackets_without_end_end_in_a_message() {
    for head in ["", "{\"events\":[", "START RequestId: a Version: 1\n"] {
        for byte in [b'[', b'{'] {
            let (code, said) = with_little_memory(long(head, byte, 1_000_000, ""));
            assert!(
                matches!(code, Some(3 | 4)),
                "{head}{}: {code:?} {said}",
                char::from(byte)
            );
            assert!(said.contains("error: "), "{said}");
        }
    }
}

/// A gigabyte of nothing in a megabyte, a thousand times.
#[test]
#[cfg(target_os = "linux")]
fn a_decompression_bomb_takes_time_and_no_memory() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    io::copy(&mut long("{\"message\":\"", b'x', GIBIBYTE, ""), &mut encoder).unwrap();
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < 16 << 20);
    let mut archive = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    archive.start_file("bomb.gz", options).unwrap();
    archive.write_all(&bomb).unwrap();
    let archive = archive.finish().unwrap().into_inner();
    for bytes in [bomb, archive] {
        let (code, said) = with_little_memory(io::Cursor::new(bytes));
        assert_eq!(code, Some(3), "{said}");
        assert!(
            said.contains("cut off") || said.contains("longer than 8 MiB"),
            "{said}"
        );
    }
}

/// Data inside data inside data: reading ends at a depth, and says so.
#[test]
fn boxes_in_boxes_end_somewhere() {
    use base64::Engine as _;
    let mut bytes = format!("{{\"message\":\"{REPORT}\",\"timestamp\":1}}\n").into_bytes();
    for _ in 0..12 {
        let data = base64::engine::general_purpose::STANDARD.encode(&bytes);
        bytes = format!("{{\"LogResult\":\"{data}\"}}\n").into_bytes();
    }
    let collected = collect(&bytes[..]);
    assert_eq!(collected.invocations.len(), 0);
    assert_eq!(
        collected.ledger.first_rejected[0].reason,
        "data inside data lies too deep"
    );
    for _ in 0..12 {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&bytes).unwrap();
        bytes = encoder.finish().unwrap();
    }
    let mut collector = collector();
    read_stream(&bytes[..], &mut |item| {
        collector.take(item);
    })
    .unwrap();
    let ledger = collector.finish().ledger;
    assert_eq!(
        ledger.first_rejected[0].reason,
        "compressed more often than is unpacked"
    );
}
