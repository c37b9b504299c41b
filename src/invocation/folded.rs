//! The hash of tables that are keyed by ids and names of the input: quick, and seeded anew in every run, so that no log can be
//! made to fill one slot.

use std::hash::{BuildHasher, Hasher, RandomState};

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Makes hashers of one seed.
#[derive(Debug, Clone)]
pub(crate) struct Folded(u64);

impl Default for Folded {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0_u8))
    }
}

impl BuildHasher for Folded {
    type Hasher = FoldedHasher;

    fn build_hasher(&self) -> FoldedHasher {
        FoldedHasher(self.0)
    }
}

/// See [`Folded`].
pub(crate) struct FoldedHasher(u64);

impl FoldedHasher {
    /// Both halves of a product depend on all bits of its factors.
    fn fold(&mut self, a: u64, b: u64) {
        const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
        let product = u128::from(self.0 ^ a) * u128::from(b ^ MIX ^ self.0.rotate_left(32));
        self.0 = (product as u64) ^ ((product >> 64) as u64);
    }
}

impl Hasher for FoldedHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }

    fn write_u8(&mut self, value: u8) {
        self.fold(u64::from(value), 0);
    }

    fn write_u32(&mut self, value: u32) {
        self.fold(u64::from(value), 0);
    }

    fn write_u64(&mut self, value: u64) {
        self.fold(value, 0);
    }

    fn write_usize(&mut self, value: usize) {
        self.fold(value as u64, 0);
    }

    fn write_isize(&mut self, value: isize) {
        self.fold(value as u64, 0);
    }

    fn write_u128(&mut self, value: u128) {
        self.fold(value as u64, (value >> 64) as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_have_hashes_of_their_own() {
        let folded = Folded::default();
        let hashes: std::collections::HashSet<u64> = (0..10_000_u128)
            .flat_map(|number| [number, number << 64, number << 32 | number << 96])
            .map(|number| folded.hash_one(number))
            .chain((0..10_000).map(|number| folded.hash_one(number.to_string())))
            .collect();
        // The three forms of 0 are one number.
        assert_eq!(hashes.len(), 39_998);
    }
}
