//! Text becomes a Zstandard frame.

use std::io;

/// The level that the compressor's authors take where none is asked for.
const LEVEL: i32 = 3;

/// The text as a frame of its own.
///
/// # Errors
/// If the compressor fails, which it does for want of memory alone.
pub(super) fn packed(text: &[u8]) -> io::Result<Vec<u8>> {
    zstd::bulk::compress(text, LEVEL)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use ruzstd::decoding::FrameDecoder;

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
            assert_eq!(unpacked(&packed(text).unwrap(), text.len()), text);
        }
    }

    proptest! {
        #[test]
        fn every_text_unpacks_again(words in vec("[a-e]{1,6}|[ -~]{0,40}", 0..400)) {
            let text = words.join(" ").into_bytes();
            prop_assert_eq!(unpacked(&packed(&text).unwrap(), text.len()), text);
        }
    }
}
