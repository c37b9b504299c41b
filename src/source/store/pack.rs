//! Text becomes a Zstandard frame.

use std::panic::catch_unwind;

use ruzstd::decoding::FrameDecoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

/// The text as a frame of its own.
///
/// A frame is unpacked again before it counts: the compressor is young, and what it spoils may no longer be on
/// the server when somebody notices. Where it fails, the frame holds the text as it is.
pub(super) fn packed(text: &[u8]) -> Vec<u8> {
    let compressed = catch_unwind(|| {
        let frame = compress_to_vec(text, CompressionLevel::Fastest);
        let mut unpacked = Vec::with_capacity(text.len());
        let is_read = FrameDecoder::new()
            .decode_all_to_vec(&frame, &mut unpacked)
            .is_ok();
        (is_read && unpacked == text).then_some(frame)
    });
    match compressed {
        Ok(Some(frame)) => frame,
        _ => compress_to_vec(text, CompressionLevel::Uncompressed),
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn unpacked(frame: &[u8], length: usize) -> Vec<u8> {
        let mut text = Vec::with_capacity(length);
        FrameDecoder::new().decode_all_to_vec(frame, &mut text).unwrap();
        text
    }

    #[test]
    fn text_that_does_not_compress_is_kept() {
        let noise: Vec<u8> = (0..300_000_u64)
            .map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8)
            .collect();
        for text in [&noise[..], &noise[..1], b"", &[7; 200_000]] {
            assert_eq!(unpacked(&packed(text), text.len()), text);
        }
    }

    proptest! {
        #[test]
        fn every_text_unpacks_again(words in vec("[a-e]{1,6}|[ -~]{0,40}", 0..400)) {
            let text = words.join(" ").into_bytes();
            prop_assert_eq!(unpacked(&packed(&text), text.len()), text);
        }
    }
}
