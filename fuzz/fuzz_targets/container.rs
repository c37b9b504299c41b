//! Any bytes are read to their end: nothing panics, every event and rejection is in the ledger, the
//! same bytes give the same result, and no reason quotes them.

#![no_main]

use latscope_fuzz::{SECRET, outcome_of, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let reading = read(&[data]);
    if reading.members == 0 {
        // What is packed too often, and an archive without a file, is not read to its end.
        let is_packed =
            data.starts_with(b"PK") || data.starts_with(&[0x1f, 0x8b]) || data.starts_with(b"BZh");
        let is_zstd = matches!(
            data,
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]
        );
        assert!(reading.files_read == 1 || (reading.files_read == 0 && (is_packed || is_zstd)));
    } else {
        assert!(reading.files_read <= reading.members + 1);
    }
    let again = read(&[data]);
    assert_eq!(again.collected, reading.collected);

    // A second copy loses nothing, and adds at most what has neither an id nor a time to be told by.
    let twice = outcome_of(&read(&[data, data]).collected);
    assert_eq!(twice.ledger.events(), 2 * reading.collected.ledger.events());
    assert!(twice.invocations.len() >= reading.collected.invocations.len());

    // `read` looks for the word in every reason.
    let sum = data.iter().fold(0_usize, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(usize::from(*byte))
    });
    let (before, behind) = data.split_at(sum % (data.len() + 1));
    read(&[[before, SECRET.as_bytes(), behind].concat()]);
});
