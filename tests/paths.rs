//! Whichever way a log is read, by one thread or several, line by line as JSON or by the shape of its lines, it tells the
//! same.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;

use latscope::invocation::{Assembler, Collected, Collector, Ledger, Sifter};
use latscope::parse::{Parser, TimingKeys};
use latscope::source::{Buffer, open_stream, read_stream};
use latscope_corpus::{Event, Scenario, generate, save, write_ndjson, write_text};
use proptest::prelude::*;

fn parser() -> Parser {
    Parser::new(TimingKeys::common()).unwrap()
}

/// As a whole, every line read as if nothing was known of it.
fn whole(bytes: &[u8]) -> Collected {
    let mut collector = Collector::new(parser());
    collector.begin_file(Path::new("log"), 0);
    read_stream(bytes, &mut |item| drop(collector.take(item))).unwrap();
    collector.finish()
}

/// In blocks of so many bytes. `None` if the form has none.
fn in_blocks(bytes: &[u8], block_bytes: usize, is_strict: bool) -> Option<Collected> {
    let mut assembler = Assembler::new();
    assembler.begin_file(Path::new("log"), 0);
    let mut sifter = Sifter::new(Arc::new(parser())).reading_quickly(!is_strict);
    let mut blocks = open_stream(bytes).unwrap().into_blocks(block_bytes).ok()?;
    while let Some(block) = blocks.next_block(Buffer::default()) {
        let (lines, _) = block.read(is_strict, &mut sifter);
        sifter.count_lines(lines);
        assembler.absorb(sifter.end_part(), &mut |_| {});
    }
    Some(assembler.finish(2))
}

/// The ledger, with lines that cannot be records counted as one whatever is said of them: who passes one over calls it
/// ignored, who reads it may find it damaged.
fn of_records(ledger: &Ledger) -> Ledger {
    Ledger {
        ignored: ledger.ignored + ledger.rejected,
        rejected: 0,
        first_rejected: Vec::new(),
        rejected_reasons: Default::default(),
        ..ledger.clone()
    }
}

/// Reads a log in every way and compares what it tells.
fn compare(bytes: &[u8], block_bytes: usize) {
    let expected = whole(bytes);
    let Some(strict) = in_blocks(bytes, block_bytes, true) else {
        return;
    };
    assert_eq!(strict, expected, "read strictly, in blocks of {block_bytes}");
    let Some(quick) = in_blocks(bytes, block_bytes, false) else {
        return;
    };
    assert_eq!(of_records(&quick.ledger), of_records(&expected.ledger));
    assert!(quick.ledger.rejected <= expected.ledger.rejected);
    assert_eq!(quick.invocations, expected.invocations);
    assert_eq!(quick.model_calls, expected.model_calls);
    assert_eq!(quick.requests, expected.requests);
    assert_eq!(quick.runs, expected.runs);
    assert_eq!(quick.names, expected.names);
    if quick.ledger.ignored == expected.ledger.ignored {
        assert_eq!(quick, expected);
    }
}

const PRESETS: [&str; 5] = [
    "haiku-vs-nova-lite",
    "forms",
    "forms-json",
    "large",
    "all-timeouts",
];

fn events(preset: usize, seed: u64, requests: usize) -> Vec<Event> {
    let preset = PRESETS[preset % PRESETS.len()];
    let scenario = Scenario::preset(preset).unwrap();
    generate(&Scenario {
        seed,
        requests,
        ..scenario
    })
    .events
}

/// A record of API Gateway or of a client about the request with this number, in one of several spellings.
fn outside(kind: usize, number: usize, spelling: usize) -> String {
    let id = format!("8f507cfc-5719-4a0b-9d5e-{number:012}");
    let record = match kind % 7 {
        0 => format!(
            r#"{{"requestId":"g{number}=","requestTimeEpoch":"1795165200123","routeKey":"POST /","status":"200","responseLatency":"845","integrationLatency":"841","integrationRequestId":"{id}"}}"#
        ),
        1 => {
            format!(r#"{{"requestId":"g{number}=","ip":"192.0.2.7","resourcePath":"/chat","status":"200"}}"#)
        }
        2 => format!(r#"{{"requestId":"g{number}=","integration.latency":7,"awsEndpointRequestId":"{id}"}}"#),
        3 => format!(
            r#"{{"requestId":"g{number}=","routeKey":"POST /","status":"429","responseLatency":"soon"}}"#
        ),
        4 => {
            format!(r#"{{"requestId":"g{number}=","routeKey":"POST /","status":429,"integrationLatency":-}}"#)
        }
        5 => format!(
            r#"{{"schema":"latscope.client/v1","run_id":"r","sequence":{number},"phase":"steady","block":0,"model_name":"a","gen_ai.request.model":"amazon.nova-lite-v1:0","prompt_number":1,"prompt_length":10,"prompt_hash":"9f2c","intended_at":"2026-11-20T09:00:00.000Z","intended_ms":1.5,"service_ms":905.5,"latency_ms":905.75,"outcome":"ok","http_status":200,"request_bytes":1,"response_bytes":2,"lambda_request_id":"{id}","api_gateway_request_id":"g{number}="}}"#
        ),
        _ => r#"{"schema":"latscope.client-run/v1","event":"start","run_id":"r"}"#.to_owned(),
    };
    match spelling % 7 {
        0 => record.replace("\":", "\": ").replace(",\"", ", \""),
        1 => format!(" \t{record}\n"),
        2 => format!("\u{feff}{record}"),
        // As JSON may write a letter.
        3 => record.replace("Latency", "\\u004catency"),
        4 => record
            .replace("route", "\\u0072oute")
            .replace("latscope", "\\u006catscope"),
        5 => format!("words before {record}"),
        _ => record,
    }
}

/// Puts records of those outside the function between the events, as events of a stream of their own.
fn with_outside(mut events: Vec<Event>, records: &[(usize, usize, usize, usize)]) -> Vec<Event> {
    for (number, &(at, kind, about, spelling)) in records.iter().enumerate() {
        let at = at % events.len();
        let event = Event {
            event_id: format!("{number:056}"),
            log_stream_name: "outside".to_owned(),
            message: outside(kind, about, spelling),
            ..events[at].clone()
        };
        events.insert(at, event);
    }
    events
}

/// The forms that have blocks.
#[derive(Debug, Clone, Copy)]
enum Form {
    Ndjson,
    Text,
    /// Envelopes of a subscription, one a line.
    Envelopes,
    /// CSV of the console.
    Csv,
    /// CSV of Logs Insights, in which streams stand behind messages.
    InsightsCsv,
}

const FORMS: [Form; 5] = [
    Form::Ndjson,
    Form::Text,
    Form::Envelopes,
    Form::Csv,
    Form::InsightsCsv,
];

fn saved(events: &[Event], form: Form) -> Vec<u8> {
    let mut bytes = Vec::new();
    let csv = |form| save(form, events, "/aws/lambda/chat").remove(0).bytes;
    match form {
        Form::Ndjson => write_ndjson(events, &mut bytes).unwrap(),
        Form::Text => write_text(events, &mut bytes).unwrap(),
        Form::Envelopes => bytes.extend(envelopes(events).into_bytes()),
        Form::Csv => bytes = csv(latscope_corpus::Form::ConsoleCsv),
        Form::InsightsCsv => bytes = csv(latscope_corpus::Form::InsightsConsoleCsv),
    }
    bytes
}

/// As CloudWatch Logs writes them: a few events of one stream in each.
fn envelopes(events: &[Event]) -> String {
    let event = |event: &Event| {
        let message = serde_json::to_string(&event.message).unwrap();
        let (id, at) = (&event.event_id, event.timestamp);
        format!(r#"{{"id":"{id}","timestamp":{at},"message":{message}}}"#)
    };
    let envelope = |events: &[&Event]| {
        let stream = serde_json::to_string(&events[0].log_stream_name).unwrap();
        let events: Vec<String> = events.iter().map(|of| event(of)).collect();
        let events = events.join(",");
        format!(
            r#"{{"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"/aws/lambda/chat","logStream":{stream},"subscriptionFilters":["a"],"logEvents":[{events}]}}"#
        )
    };
    let mut events: Vec<&Event> = events.iter().collect();
    events.sort_by_key(|event| &event.log_stream_name);
    events
        .chunk_by(|a, b| a.log_stream_name == b.log_stream_name)
        .flat_map(|of_stream| of_stream.chunks(4))
        .map(|events| envelope(events) + "\n")
        .collect()
}

/// What damages a line, hides something in it, or makes it look like another.
const SNIPPETS: [&[u8]; 42] = [
    b"",
    b"\"",
    b"\"\"",
    b",",
    b"\",\"",
    b"\"\n",
    b"\n1795165200000,\"",
    b"\n2026-11-20 09:00:01.000,\"\"\"a",
    b"\\",
    b"\\\\\"",
    b"\n",
    b"\r\n",
    b"\r",
    b"\0",
    b"{\n",
    b"{",
    b"}",
    b"[",
    b"\xef\xbb\xbf",
    b"\xa0",
    b"\x1b[31m",
    b"\t",
    b" ",
    b"\\u0052",
    b"\\u007b",
    b"REPORT RequestId: ",
    b"END RequestId: ",
    b"XRAY TraceId: 1-2\tSegmentId: 3\t",
    b"Duration: 5.00 ms",
    b"2026-11-20T09:00:01.000Z ",
    b"{\"message\":\"END RequestId: a\"}\n",
    b"\",\"extra\":\"",
    b"latscope.timing/v1",
    b"\\\"inference_ms\\\":5",
    b" Task timed out after 3.00 seconds",
    "caf\u{e9}".as_bytes(),
    b"\n\xef\xbb\xbf",
    b"\n\xef\xbb\xbfREPORT RequestId: ",
    b"\\f",
    b"\x0b",
    &[b' '; 300],
    &[b' '; 1600],
];

/// Changes bytes at some places: what stands there is replaced by a snippet, and a line is moved or doubled.
fn damaged(bytes: &[u8], edits: &[(usize, usize, usize)]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for &(at, length, snippet) in edits {
        let at = at % (bytes.len() + 1);
        let end = (at + length).min(bytes.len());
        match SNIPPETS.get(snippet) {
            Some(snippet) => drop(bytes.splice(at..end, snippet.iter().copied())),
            None => {
                let line = bytes[at..]
                    .split_inclusive(|byte| *byte == b'\n')
                    .next()
                    .unwrap_or_default()
                    .to_vec();
                let to = (at / 3).min(bytes.len());
                drop(bytes.splice(to..to, line));
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn what_a_log_tells_does_not_depend_on_how_it_is_read(
        preset in 0_usize..PRESETS.len(),
        seed in 0_u64..1000,
        form in proptest::sample::select(&FORMS[..]),
        edits in proptest::collection::vec((any::<usize>(), 0_usize..5, 0_usize..SNIPPETS.len() + 3), 0..12),
        block_bytes in prop_oneof![1_usize..2000, 2000_usize..100_000],
    ) {
        let bytes = damaged(&saved(&events(preset, seed, 12), form), &edits);
        compare(&bytes, block_bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(192) })]

    /// What those outside the function recorded is dropped in no way, however it is written.
    #[test]
    fn records_of_clients_and_of_the_gateway_are_read_in_every_way(
        seed in 0_u64..1000,
        form in proptest::sample::select(&FORMS[..]),
        records in proptest::collection::vec((any::<usize>(), 0_usize..7, 0_usize..5, 0_usize..9), 1..12),
        hides in any::<bool>(),
        edits in proptest::collection::vec((any::<usize>(), 0_usize..5, 0_usize..SNIPPETS.len() + 3), 0..6),
        block_bytes in prop_oneof![1_usize..2000, 2000_usize..100_000],
    ) {
        let events = with_outside(events(0, seed, 3), &records);
        let mut bytes = saved(&events, form);
        if hides {
            // The letters of a file's own JSON, in which the record is a text.
            let text = String::from_utf8(bytes).unwrap();
            bytes = text.replace("Latency", "\\u004catency").replace("client", "\\u0063lient").into_bytes();
        }
        compare(&damaged(&bytes, &edits), block_bytes);
    }
}

/// The test above would hold as well if neither way read anything.
#[test]
fn of_a_log_the_quick_way_counts_what_those_outside_recorded() {
    let records: Vec<_> = (0..14).map(|n| (n * 3, n, n, 6)).collect();
    let ledger = |events: &[Event], form| in_blocks(&saved(events, form), 4096, false).unwrap().ledger;
    for form in FORMS {
        let inside = events(0, 1, 8);
        let alone = ledger(&inside, form);
        let both = ledger(&with_outside(inside, &records), form);
        assert_eq!(
            (both.gateway_records, both.client_records, both.client_run_lines),
            (6, 3, 1)
        );
        // The line of the run stands there twice, and two kinds are damaged.
        assert_eq!(
            (both.duplicates, both.rejected),
            (alone.duplicates + 1, alone.rejected + 4)
        );
        assert_eq!(both.ignored, alone.ignored);
    }
}

#[test]
fn a_log_of_many_blocks_tells_what_it_tells_as_a_whole() {
    for form in FORMS {
        let bytes = saved(&events(0, 1, 900), form);
        assert!(bytes.len() > 1 << 20);
        for block_bytes in [1 << 10, 1 << 16, 1 << 20] {
            compare(&bytes, block_bytes);
        }
    }
}

#[test]
fn the_usual_log_has_blocks() {
    for form in FORMS {
        let bytes = saved(&events(0, 1, 60), form);
        let read = in_blocks(&bytes, 4096, false).unwrap();
        assert_eq!(read.ledger.rejected, 0);
        assert_eq!(read.ledger.report_records, 60);
    }
}

#[test]
fn behind_a_line_that_is_too_long_a_log_goes_on() {
    for form in FORMS {
        let bytes = saved(&events(0, 1, 40), form);
        let middle = bytes.len() / 2;
        let end = middle + bytes[middle..].iter().position(|byte| *byte == b'\n').unwrap() + 1;
        let long = [&vec![b'x'; 9 << 20][..], b"\n"].concat();
        compare(&[&bytes[..end], &long, &bytes[end..]].concat(), 1 << 20);
    }
}
