//! What every message in JSON that is a record, but for the platform's, holds one of.

use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError, packed};

/// Finds any of several texts in others.
#[derive(Debug, Clone)]
pub(super) enum Candidates {
    /// Looks at many bytes at a time, where the processor can and the texts are few.
    Packed(packed::Searcher),
    Automaton(AhoCorasick),
}

impl Candidates {
    /// Prepares looking for these.
    ///
    /// # Errors
    /// If there are too many, which takes millions.
    pub(super) fn new(needles: &[&str]) -> Result<Self, BuildError> {
        if let Some(searcher) = packed::Config::new().builder().extend(needles).build() {
            return Ok(Self::Packed(searcher));
        }
        let mut automaton = AhoCorasick::builder();
        // It looks into few messages, and a faster one takes as long to build as to read a small log.
        automaton.kind(Some(AhoCorasickKind::ContiguousNFA));
        automaton.build(needles).map(Self::Automaton)
    }

    /// Whether any of them stands in a text.
    pub(super) fn stand_in(&self, text: &str) -> bool {
        match self {
            Self::Packed(searcher) => searcher.find(text).is_some(),
            Self::Automaton(automaton) => automaton.is_match(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// More texts than can be looked for at once are found as well.
        #[test]
        fn what_stands_in_a_text_is_found(text in "[a-d]{0,40}", needles in prop::collection::vec("[a-d]{3,6}", 1..90)) {
            let needles: Vec<&str> = needles.iter().map(String::as_str).collect();
            let expected = needles.iter().any(|needle| text.contains(needle));
            prop_assert_eq!(Candidates::new(&needles).unwrap().stand_in(&text), expected);
            let automaton = Candidates::Automaton(AhoCorasick::new(&needles).unwrap());
            prop_assert_eq!(automaton.stand_in(&text), expected);
        }
    }
}
