//! Whether two samples were asked the same.

use super::check::Check;
use super::sort::sort_keys;

/// How many requests of two samples have a counterpart of the same key, such as the hash of the
/// prompt, on the other side: Σ min(count, count′)/max(n, m), from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SharedKeys(f64);

impl SharedKeys {
    /// From this share on the samples were asked the same.
    pub const SAME: f64 = 0.95;
    /// Below this share they were asked something else.
    pub const DIFFERENT: f64 = 0.5;

    /// Of the keys of all requests, in any order, as often as they occur. `None` if one list is empty.
    pub fn of(baseline: Vec<u64>, candidate: Vec<u64>) -> Option<Self> {
        let [a, b] = [baseline, candidate].map(|mut keys| {
            sort_keys(&mut keys);
            keys
        });
        let larger = a.len().max(b.len());
        (!a.is_empty() && !b.is_empty()).then(|| Self(shared(&a, &b) as f64 / larger as f64))
    }

    /// The share, from 0 to 1.
    pub fn share(self) -> f64 {
        self.0
    }

    /// Whether both were asked the same, which is better than any balance of what was asked.
    pub fn check(self) -> Check {
        if self.0 >= Self::SAME {
            Check::Ok
        } else if self.0 >= Self::DIFFERENT {
            Check::Warn
        } else {
            Check::Confounded
        }
    }
}

/// How many of one sorted list have a counterpart in another: what occurs several times as often as in both.
pub fn shared<T: Ord>(one: &[T], other: &[T]) -> usize {
    let (mut count, mut at) = (0, 0);
    for key in one {
        at += other[at..].iter().take_while(|theirs| *theirs < key).count();
        if other.get(at) == Some(key) {
            count += 1;
            at += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[test]
    fn keys_count_as_often_as_they_occur() {
        let of = |a: &[u64], b: &[u64]| SharedKeys::of(a.to_vec(), b.to_vec()).unwrap();
        assert_eq!(of(&[1, 1, 2], &[1, 2, 2, 3]).share(), 0.5);
        assert_eq!(of(&[1, 1, 2], &[2, 1, 1]).check(), Check::Ok);
        assert_eq!(of(&[1, 1], &[1]).check(), Check::Warn);
        assert_eq!(of(&[1], &[2]).check(), Check::Confounded);
        assert_eq!(SharedKeys::of(vec![], vec![1]), None);
    }

    proptest! {
        #[test]
        fn swapping_the_samples_changes_nothing(a in vec(0_u64..9, 1..40), b in vec(0_u64..9, 1..40)) {
            let count = |keys: &[u64], key| keys.iter().filter(|other| **other == key).count();
            let shared: usize = (0..9).map(|key| count(&a, key).min(count(&b, key))).sum();
            let share = SharedKeys::of(a.clone(), b.clone()).unwrap();
            prop_assert_eq!(share.share(), shared as f64 / a.len().max(b.len()) as f64);
            prop_assert_eq!(share, SharedKeys::of(b, a).unwrap());
        }
    }
}
