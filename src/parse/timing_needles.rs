//! By which texts a message is known that may hold an inference time, before it is read.

use super::timing_keys::{Field, TimingKeys};
use super::timing_search::NESTS;

impl TimingKeys {
    /// Texts of which one at least stands in every message that can be a timing record.
    pub(super) fn needles(&self) -> impl Iterator<Item = &str> {
        // A key with dots stands there as a whole, or its parts where it is a value inside objects: any of them is enough.
        self.of(Field::Inference)
            .map(|key| rarest_part(&key.path).unwrap_or(&key.path))
    }

    /// Texts of which one at least stands in every message that holds an inference time: what a
    /// filter can ask a server for.
    pub fn inference_keys(&self) -> impl Iterator<Item = &str> {
        // A key with dots stands there as a whole, or in parts where it is a value inside objects.
        self.of(Field::Inference).flat_map(|key| {
            let whole = key.path.contains('.').then_some(key.path.as_str());
            whole.into_iter().chain(rarest_part(&key.path))
        })
    }

    /// Whether all parts of a key of the inference time stand in the text as words of their own.
    pub(super) fn stand_in(&self, text: &str) -> bool {
        self.of(Field::Inference)
            .any(|key| key.path.split('.').all(|part| has_word(text, part)))
    }
}

/// The part of a path that is likely to stand in the fewest lines, if it stands there as it is: nobody can ask for signs
/// alone, and JSON may write what is not ASCII by its number. Numbers and the keys of loggers are everywhere, names made
/// of several words are rarer than words, and so are long words.
fn rarest_part(path: &str) -> Option<&str> {
    let is_compound = |part: &str| {
        part.len() > 2
            && part
                .chars()
                .skip(1)
                .any(|c| c.is_uppercase() || !c.is_alphabetic())
    };
    path.split('.').max_by_key(|part| {
        (
            part.contains(char::is_alphanumeric),
            part.is_ascii(),
            part.contains(char::is_alphabetic),
            !NESTS.contains(part),
            is_compound(part),
            part.len(),
        )
    })
}

fn has_word(text: &str, word: &str) -> bool {
    let is_inner = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(is_inner) && !text[at + word.len()..].starts_with(is_inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parser_looks_for_the_rarest_part_of_a_users_key() {
        let mut keys = TimingKeys::common();
        keys.add("inference_ms", "bedrock.took", Some("s")).unwrap();
        assert_eq!(keys.needles().next(), Some("bedrock"));
    }

    #[test]
    fn a_server_is_asked_for_a_key_and_for_its_rarest_part() {
        for (key, asked) in [
            ("took", &["took"][..]),
            ("bedrock.took", &["bedrock.took", "bedrock"]),
            (
                "gen_ai.client.operation.duration",
                &["gen_ai.client.operation.duration", "gen_ai"],
            ),
            ("response.callMs", &["response.callMs", "callMs"]),
            ("message.took", &["message.took", "took"]),
            ("calls.0.ms", &["calls.0.ms", "calls"]),
            ("$.took", &["$.took", "took"]),
            ("took.", &["took.", "took"]),
            ("$.1", &["$.1", "1"]),
            ("durée.ms", &["durée.ms", "ms"]),
        ] {
            let mut keys = TimingKeys::common();
            keys.add("inference_ms", key, None).unwrap();
            let found: Vec<&str> = keys.inference_keys().take(asked.len()).collect();
            assert_eq!(found, asked);
        }
    }
}
