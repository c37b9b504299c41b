//! Signs that stand close to each other, as quotes do in JSON, are found word by word: to set up a search for what may be far
//! takes longer than to find them.

use memchr::{memchr, memchr2, memchr3};

use crate::vocab::bytes_like;

/// So many words are looked at one by one.
const WORDS: usize = 4;

/// The place of the first of one to three signs from a place on.
#[inline]
pub(super) fn next_of<const N: usize>(signs: [u8; N], bytes: &[u8], begin: usize) -> Option<usize> {
    let mut at = begin;
    for _ in 0..WORDS {
        let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk) else {
            break;
        };
        let word = u64::from_le_bytes(*word);
        let found = signs
            .into_iter()
            .fold(0, |found, sign| found | bytes_like(sign, word));
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += size_of::<u64>();
    }
    let rest = bytes.get(at..)?;
    let length = match signs.as_slice() {
        [one] => memchr(*one, rest),
        [one, two] => memchr2(*one, *two, rest),
        [one, two, three] => memchr3(*one, *two, *three, rest),
        _ => rest.iter().position(|byte| signs.contains(byte)),
    };
    length.map(|length| at + length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_is_found(bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0x20_u8..0x24, 0xa0_u8..0xa4], 0..60), begin in 0_usize..70) {
            let first = |signs: &[u8]| {
                let rest = bytes.get(begin..)?;
                Some(begin + rest.iter().position(|byte| signs.contains(byte))?)
            };
            prop_assert_eq!(next_of([b'"'], &bytes, begin), first(b"\""));
            prop_assert_eq!(next_of([b'"', 0x21], &bytes, begin), first(&[b'"', 0x21]));
            prop_assert_eq!(next_of([0xa1, b'"', 0], &bytes, begin), first(&[0xa1, b'"', 0]));
        }
    }
}
