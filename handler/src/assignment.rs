//! Which of several models a request gets that names none.

use std::sync::atomic::{AtomicUsize, Ordering};

use sha2::{Digest, Sha256};

/// The rule, of `MODEL_ASSIGNMENT`.
#[derive(Debug)]
pub(crate) enum Assignment {
    /// By the Lambda request id, so that a retried invocation gets the same model and nothing that is seen of the
    /// request decides.
    HashOfRequestId,
    /// In turn. Where an execution environment begins depends on its log stream: if all began with the first model,
    /// it would get all cold starts.
    Alternate {
        /// Which turn is next.
        next: AtomicUsize,
    },
    /// Always the first.
    Fixed,
}

impl Assignment {
    /// The rule of this name.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn of(name: Option<&str>, log_stream: &str) -> Result<Self, String> {
        match name {
            None | Some("hash-of-request-id") => Ok(Self::HashOfRequestId),
            Some("alternate") => Ok(Self::Alternate {
                next: AtomicUsize::new(hash(log_stream)),
            }),
            Some("fixed") => Ok(Self::Fixed),
            Some(_) => Err("MODEL_ASSIGNMENT: expecting hash-of-request-id, alternate or fixed".to_owned()),
        }
    }

    /// The place of the model for a request, below `count`, which is not 0.
    pub(crate) fn choose(&self, request_id: &str, count: usize) -> usize {
        match self {
            Self::HashOfRequestId => hash(request_id) % count,
            Self::Alternate { next } => next.fetch_add(1, Ordering::Relaxed) % count,
            Self::Fixed => 0,
        }
    }
}

/// A number that a text always gives, alike for any text.
fn hash(text: &str) -> usize {
    let digest = Sha256::digest(text.as_bytes());
    let bytes = digest.iter().take(4);
    bytes.fold(0, |number, byte| (number << 8) | usize::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often each of `count` models is chosen for so many requests.
    fn counts(rule: &Assignment, requests: usize, count: usize) -> Vec<usize> {
        let mut counts = vec![0; count];
        for request in 0..requests {
            counts[rule.choose(&format!("79b5e81f-9cdd-4145-b1f6-{request:012x}"), count)] += 1;
        }
        counts
    }

    #[test]
    fn the_hash_of_the_request_id_divides_evenly_and_repeats() {
        let rule = Assignment::of(None, "").unwrap();
        for count in [2, 3] {
            for chosen in counts(&rule, 3000, count) {
                // Five standard deviations of a fair division.
                let (fair, width) = (3000 / count, 140);
                assert!((fair - width..=fair + width).contains(&chosen), "{chosen}");
            }
        }
        assert_eq!(rule.choose("a", 5), rule.choose("a", 5));
    }

    #[test]
    fn alternating_takes_turns() {
        let rule = Assignment::of(Some("alternate"), "2026/11/20/[7]0a1b").unwrap();
        assert_eq!(counts(&rule, 300, 3), [100, 100, 100]);
        let first = rule.choose("x", 3);
        assert_eq!(rule.choose("x", 3), (first + 1) % 3);
    }

    #[test]
    fn environments_begin_alternating_at_different_models() {
        let mut firsts = [0; 2];
        for environment in 0..1000 {
            let rule =
                Assignment::of(Some("alternate"), &format!("2026/11/20/[7]{environment:032x}")).unwrap();
            firsts[rule.choose("x", 2)] += 1;
        }
        assert!(
            firsts.iter().all(|count| (420..=580).contains(count)),
            "{firsts:?}"
        );
    }

    #[test]
    fn fixed_is_the_first() {
        assert_eq!(
            counts(&Assignment::of(Some("fixed"), "s").unwrap(), 10, 2),
            [10, 0]
        );
    }
}
