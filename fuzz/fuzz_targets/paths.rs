//! A log read in blocks, by the shape of its lines, tells what it tells when every line is parsed.

#![no_main]

use std::path::Path;
use std::sync::Arc;

use latscope::invocation::{Assembler, Collected, Ledger, Sifter};
use latscope::source::{Buffer, open_stream};
use latscope_fuzz::{parser, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // The first byte says how large blocks are.
    let Some((&size, log)) = data.split_first() else {
        return;
    };
    let block_bytes = 16 << (size % 10);
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
    assert_eq!(
        (&quick.names.streams, &quick.names.models, &quick.names.versions),
        (
            &expected.names.streams,
            &expected.names.models,
            &expected.names.versions
        )
    );
});

fn in_blocks(log: &[u8], block_bytes: usize, is_strict: bool) -> Option<Collected> {
    let mut assembler = Assembler::new();
    assembler.begin_file(Path::new("file-0"), 0);
    let mut sifter = Sifter::new(Arc::new(parser().clone()));
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
