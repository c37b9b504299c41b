//! What occurs more than once among many, told from a few bits each.

use std::hash::{BuildHasher, Hash};

use super::folded::Folded;

/// What a set may hold. It takes so little memory that a look into it is quick, and most of what it does not hold is told by it.
pub(super) struct Bits {
    words: Vec<u64>,
    hasher: Folded,
}

/// With three of them set, less than one in a hundred of what a set does not hold is taken for what it holds.
const BITS_OF_ONE: usize = 16;

impl Bits {
    /// The set of these.
    pub(super) fn holding<T: Hash>(these: impl ExactSizeIterator<Item = T>) -> Self {
        let mut bits = Self::of(these.len());
        for one in these {
            let (word, mask) = bits.place(one);
            bits.words[word] |= mask;
        }
        bits
    }

    /// A set that will hold so many.
    fn of(count: usize) -> Self {
        Self {
            words: vec![0; count * BITS_OF_ONE / 64 + 1],
            hasher: Folded::default(),
        }
    }

    /// A word, and the bits in it.
    #[inline]
    fn place(&self, one: impl Hash) -> (usize, u64) {
        let hash = self.hasher.hash_one(one);
        let word = (u128::from(hash) * self.words.len() as u128) >> 64;
        let bit = |of: u32| 1 << ((hash >> (6 * of)) % 64);
        (word as usize, bit(0) | bit(1) | bit(2))
    }

    /// Whether it may hold one.
    #[inline]
    pub(super) fn may_hold(&self, one: impl Hash) -> bool {
        let (word, mask) = self.place(one);
        self.words[word] & mask == mask
    }
}

/// Many, of which something is to be done with each.
pub(super) trait Each<T> {
    /// How many there are at most.
    fn at_most(&self) -> usize;

    fn each(&self, then: impl FnMut(T));
}

impl<T: Copy> Each<T> for [T] {
    fn at_most(&self) -> usize {
        self.len()
    }

    fn each(&self, then: impl FnMut(T)) {
        self.iter().copied().for_each(then);
    }
}

/// What occurs more than once among these, as often as it occurs and in order.
pub(super) fn occurring_twice<T: Copy + Hash + Ord>(these: &(impl Each<T> + ?Sized)) -> Vec<T> {
    let mut once = Bits::of(these.at_most());
    let mut twice = vec![0; once.words.len()];
    let mut doubted = 0;
    these.each(|one| {
        let (word, mask) = once.place(one);
        let is_again = once.words[word] & mask == mask;
        once.words[word] |= mask;
        // Most occur once, and memory that is not looked at costs nothing.
        if is_again {
            twice[word] |= mask;
            doubted += 1;
        }
    });
    once.words = twice;
    let mut several = Vec::with_capacity(2 * doubted);
    these.each(|one| {
        if once.may_hold(one) {
            several.push(one);
        }
    });
    several.sort_unstable();
    let alike = several.chunk_by(|a, b| a == b).filter(|alike| alike.len() > 1);
    alike.flatten().copied().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_occurs_twice_is_told(values in prop::collection::vec(0_u64..500, 0..300)) {
            let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
            values.iter().for_each(|value| *counts.entry(*value).or_default() += 1);
            let expected: Vec<u64> = counts
                .into_iter()
                .filter(|(_, count)| *count > 1)
                .flat_map(|(value, count)| std::iter::repeat_n(value, count))
                .collect();
            prop_assert_eq!(occurring_twice(&*values), expected);
        }

        #[test]
        fn what_a_set_holds_it_may_hold(held in prop::collection::vec(any::<u128>(), 0..300)) {
            let bits = Bits::holding(held.iter());
            prop_assert!(held.iter().all(|one| bits.may_hold(one)));
            let others = (0_u128..1_000).filter(|other| !held.contains(other) && bits.may_hold(other));
            prop_assert!(others.count() < 100);
        }
    }
}
