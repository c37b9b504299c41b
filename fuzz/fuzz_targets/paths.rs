//! A log read in blocks, by the shape of its lines, tells what it tells when every line is parsed.

#![no_main]

use std::path::Path;
use std::sync::Arc;

use latscope::invocation::{Assembler, Collected, Ledger, Sifter};
use latscope::source::{Buffer, open_stream};
use latscope_fuzz::{BASE_MS, Choices, parser, quoted, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // The first byte says how large blocks are.
    let Some((&size, log)) = data.split_first() else {
        return;
    };
    let block_bytes = 16 << (size % 10);
    compare(log, block_bytes);
    compare(&outside(&mut Choices::new(log)), block_bytes);
});

/// What stands in records of API Gateway and of clients, whole, in parts, and as JSON may write it.
const PIECES: [&str; 24] = [
    r#"{"requestId":"g=","routeKey":"POST /","status":"200","responseLatency":"845","integrationLatency":"841"}"#,
    r#"{"requestId":"h=","resourcePath":"/chat","status":200}"#,
    r#"{"requestId":"i=","integration.latency":7}"#,
    r#"{"schema":"latscope.client-run/v1","event":"start","run_id":"r"}"#,
    r#"{"schema":"latscope.client/v1","run_id":"r","sequence":1,"phase":"steady","block":0,"model_name":"a","gen_ai.request.model":"m","prompt_number":1,"prompt_length":1,"prompt_hash":"9f","intended_at":"2026-11-20T09:00:00.000Z","intended_ms":1.5,"latency_ms":9.5,"outcome":"ok","request_bytes":1,"response_bytes":2}"#,
    "{",
    "}",
    "\"requestId\":\"g=\",",
    "\"status\":\"200\",",
    "\"routeKey\":\"-\"",
    "\"responseLatency\":",
    "\"integrationLatency\":\"-\"",
    "\"response\\u004catency\":5",
    "\"route\\u004bey\":\"-\",",
    "\"latscope.client/v1\"",
    "\"schema\":",
    "latscope.",
    "\\",
    " ",
    "\n",
    "\t",
    "\u{feff}",
    "words ",
    "-",
];

/// A log of such messages, a JSON event a line, whose letters are here and there written by their numbers.
fn outside(choices: &mut Choices<'_>) -> Vec<u8> {
    let mut log = String::new();
    for at in 0..8 {
        if choices.is_over() {
            break;
        }
        let message = match choices.flag() {
            true => choices.pick(&PIECES).to_owned(),
            false => choices.text(&PIECES, 8),
        };
        let mut written = quoted(&message);
        if choices.once_in(4) {
            written = written
                .replace("Latency", "\\u004catency")
                .replace("client", "\\u0063lient");
        }
        log.push_str(&format!(
            "{{\"timestamp\":{},\"message\":{written}}}\n",
            BASE_MS + at
        ));
    }
    log.into_bytes()
}

/// Reads a log in every way and compares what it tells.
fn compare(log: &[u8], block_bytes: usize) {
    let expected = read(&[log]).collected;
    let Some(strict) = in_blocks(log, block_bytes, true) else {
        return;
    };
    assert_eq!(strict, expected, "read strictly");
    let Some(quick) = in_blocks(log, block_bytes, false) else {
        return;
    };
    assert_eq!(of_records(&quick.ledger), of_records(&expected.ledger));
    assert_eq!(quick.invocations, expected.invocations);
    assert_eq!(quick.model_calls, expected.model_calls);
    assert_eq!(quick.requests, expected.requests);
    assert_eq!(quick.runs, expected.runs);
    assert_eq!(
        (&quick.names.streams, &quick.names.models, &quick.names.versions),
        (
            &expected.names.streams,
            &expected.names.models,
            &expected.names.versions
        )
    );
}

fn in_blocks(log: &[u8], block_bytes: usize, is_strict: bool) -> Option<Collected> {
    let mut assembler = Assembler::new();
    assembler.begin_file(Path::new("file-0"), 0);
    let mut sifter = Sifter::new(Arc::new(parser().clone())).reading_quickly(!is_strict);
    let opened = open_stream(log).expect("memory cannot be unreadable");
    let mut blocks = opened.into_blocks(block_bytes).ok()?;
    while let Some(block) = blocks.next_block(Buffer::default()) {
        let (lines, _) = block.read(is_strict, &mut sifter);
        sifter.count_lines(lines);
        assembler.absorb(sifter.end_part(), &mut |_| {});
    }
    Some(assembler.finish(2))
}

/// What is passed over is ignored, where who reads it may find it damaged.
fn of_records(ledger: &Ledger) -> Ledger {
    Ledger {
        ignored: ledger.ignored + ledger.rejected,
        rejected: 0,
        first_rejected: Vec::new(),
        rejected_reasons: Default::default(),
        ..ledger.clone()
    }
}
