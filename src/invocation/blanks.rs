//! Texts without their white space, in which forms of the same log differ.

use crate::vocab::eight;

/// The text without its white space, in which forms differ. `words` is memory that is used again.
pub(super) fn without_blanks<'t>(text: &'t [u8], words: &'t mut Vec<u8>) -> &'t [u8] {
    // Most records in JSON have none, which is seen at once.
    if !text.iter().fold(false, |has, byte| has | (*byte <= b' ')) {
        return text;
    }
    words.resize(words.len().max(text.len()), 0);
    let mut kept = 0;
    let (chunks, rest) = text.as_chunks::<8>();
    for chunk in chunks {
        match words[kept..].first_chunk_mut() {
            Some(place) if !has_blank(*chunk) => {
                *place = *chunk;
                kept += chunk.len();
            }
            _ => kept = keep(chunk, words, kept),
        }
    }
    kept = keep(rest, words, kept);
    &words[..kept]
}

/// Puts what is no white space behind the words that are kept. How many are kept then.
#[inline]
fn keep(bytes: &[u8], words: &mut [u8], mut kept: usize) -> usize {
    for byte in bytes {
        // Always written, and written over where it is white space.
        words[kept] = *byte;
        kept += IS_KEPT[usize::from(*byte)];
    }
    kept
}

/// Whether a byte may be white space: a blank, or one of ASCII's signs before it.
#[inline]
fn has_blank(bytes: [u8; 8]) -> bool {
    let word = u64::from_le_bytes(bytes);
    // What is less has a borrow in its highest bit, which it has not itself.
    let borrowed = word.wrapping_sub(eight(b' ' + 1));
    borrowed & !word & eight(0x80) != 0
}

/// 1 for each byte that is no white space.
const IS_KEPT: [usize; 256] = {
    let mut kept = [1; 256];
    let mut byte = 0;
    while byte < 256 {
        if (byte as u8).is_ascii_whitespace() {
            kept[byte] = 0;
        }
        byte += 1;
    }
    kept
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_but_white_space_is_left_out(text in prop::collection::vec(prop_oneof![4 => any::<u8>(), 8 => b'a'..b'f', 1 => Just(b' '), 1 => Just(b'\t')], 0..90)) {
            // What was there before does not count.
            let mut words = vec![b'x'; 20];
            let kept: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
            prop_assert_eq!(without_blanks(&text, &mut words), &kept);
        }
    }
}
