//! What was packed gives the same as what was not. Cut off, it gives a part of it and says so.

#![no_main]

use std::io::Write;

use latscope::source::{Item, read_stream};
use latscope_corpus::write_ndjson;
use latscope_fuzz::{Choices, Ties, event_list, outcome_of, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&packing, data)) = data.split_first() else {
        return;
    };
    any_bytes(packing, data);
    if packing & 0x80 != 0 {
        cut_events(packing, data);
    }
});

/// The same ledger and invocations, whatever the bytes are.
fn any_bytes(packing: u8, data: &[u8]) {
    if is_packed(data) {
        return;
    }
    let plain = outcome_of(&read(&[data]).collected);
    let packed = pack(packing, data);
    let reading = read(&[&packed]);
    assert_eq!(outcome_of(&reading.collected), plain, "packed by {}", packing % 4);
    assert_eq!(reading.files_read, 1);
    // Where the cut shows, it is said.
    let length = packed.len() * usize::from(packing >> 2 & 31) / 31;
    // Between two members nothing is cut off.
    let is_between = packing.is_multiple_of(4) && length == gzip(data.split_at(data.len() / 2).0).len();
    if (5..packed.len()).contains(&length) && !is_between {
        let reading = read(&[&packed[..length]]);
        assert!(
            reading.rejections > 0,
            "cut to {length} bytes of {}",
            packed.len()
        );
    }
}

/// A file of whole events gives the first of them, and one rejection for the cut.
fn cut_events(packing: u8, data: &[u8]) {
    let mut choices = Choices::new(data);
    let part = choices.up_to(999) as usize;
    let mut plain = Vec::new();
    let events = event_list(&mut choices, Ties::Allowed);
    write_ndjson(&events, &mut plain).expect("memory takes everything");
    let packed = pack(packing, &plain);
    let length = 5 + (packed.len() - 5) * part / 1000;
    if packing.is_multiple_of(4) && length == gzip(plain.split_at(plain.len() / 2).0).len() {
        return;
    }
    let (mut messages, mut rejections) = (Vec::new(), 0);
    let read = read_stream(&packed[..length], &mut |item| match item {
        Item::Event(event) => messages.push(event.message.into_owned()),
        Item::Rejected { .. } => rejections += 1,
        Item::Member { .. } | Item::Read(_) => {}
    });
    assert!(read.is_ok());
    assert!(messages.len() <= events.len());
    assert!(
        messages
            .iter()
            .zip(&events)
            .all(|(message, event)| *message == event.message)
    );
    // An archive that is cut off inside a file says so of both.
    let most = if packing % 4 == 3 { 2 } else { 1 };
    assert!(
        (1..=most).contains(&rejections),
        "{rejections} rejections, cut to {length} of {}",
        packed.len()
    );
}

fn is_packed(data: &[u8]) -> bool {
    matches!(
        data,
        [0x1f, 0x8b, ..]
            | [0x28, 0xb5, 0x2f, 0xfd, ..]
            | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]
            | [b'B', b'Z', b'h', ..]
            | [b'P', b'K', ..]
    )
}

fn pack(packing: u8, data: &[u8]) -> Vec<u8> {
    match packing % 4 {
        0 => {
            // Two members, as files that were joined.
            let (first, second) = data.split_at(data.len() / 2);
            [gzip(first), gzip(second)].concat()
        }
        1 => {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            encoder.write_all(data).expect("memory takes everything");
            encoder.finish().expect("memory takes everything")
        }
        2 => ruzstd::encoding::compress_to_vec(data, ruzstd::encoding::CompressionLevel::Fastest),
        _ => latscope_fuzz::zipped(&[("logs.ndjson", data)]),
    }
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(data).expect("memory takes everything");
    encoder.finish().expect("memory takes everything")
}
