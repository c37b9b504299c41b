//! Eight bytes of a text at a time.

/// A word of eight times this byte.
pub(crate) const fn eight(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The highest bit of the first byte that is this sign, and of no byte before it.
#[inline]
pub(crate) fn bytes_like(sign: u8, word: u64) -> u64 {
    // A byte that is zero borrows from the next, so that those behind it tell nothing.
    let differences = word ^ eight(sign);
    differences.wrapping_sub(eight(1)) & !differences & eight(0x80)
}

/// The number of eight digits, of which the word has the values, the first in its lowest byte: two, four and then all of them are
/// put together at a time.
#[inline]
pub(crate) fn of_values(ones: u64) -> u64 {
    let twos = (ones * 10 + (ones >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (twos * 100 + (twos >> 16)) & 0x0000_ffff_0000_ffff;
    (fours * 10_000 + (fours >> 32)) & 0xffff_ffff
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn values_of_digits_make_their_number(number in 0_u64..100_000_000) {
            let digits: [u8; 8] = format!("{number:08}").into_bytes().try_into().unwrap();
            prop_assert_eq!(of_values(u64::from_le_bytes(digits) ^ eight(b'0')), number);
        }
    }
}
