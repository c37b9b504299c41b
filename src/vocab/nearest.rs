//! Which known words an unknown one may have been meant to be.

/// From which likeness on a word may be meant.
const LIKE: f64 = 0.75;

/// What is so much less like it than the best is not offered beside it.
const CLOSE: f64 = 0.1;

/// As many words are offered at most.
const MOST: usize = 3;

/// How like two words are, from 0 to 1 (Jaro and Winkler), whatever the capitals.
pub fn likeness(one: &str, other: &str) -> f64 {
    strsim::jaro_winkler(&one.to_lowercase(), &other.to_lowercase())
}

/// The known words that are most like one that was typed: best first, at most three, none if none is like it.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Vec<&'k str> {
    nearest_by(known, |known| likeness(word, known))
}

/// As [`nearest`], with a likeness of the caller's. Equals stay in their order.
pub fn nearest_by<T>(known: impl IntoIterator<Item = T>, likeness: impl Fn(&T) -> f64) -> Vec<T> {
    let like = known.into_iter().map(|known| (likeness(&known), known));
    let mut near: Vec<(f64, T)> = like.filter(|(likeness, _)| *likeness > LIKE).collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let best = near.first().map_or(0.0, |(likeness, _)| *likeness);
    near.into_iter()
        .take_while(|(likeness, _)| best - likeness < CLOSE)
        .take(MOST)
        .map(|(_, known)| known)
        .collect()
}

/// `; did you mean a, b?`, which ends what is said of an unknown word, or nothing where no known word is like it.
pub fn did_you_mean<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    offer(&nearest(word, known))
}

/// The same of words that were found to be like it.
pub fn offer(near: &[impl AsRef<str>]) -> String {
    let near: Vec<&str> = near.iter().map(AsRef::as_ref).collect();
    match near.as_slice() {
        [] => String::new(),
        near => format!("; did you mean {}?", near.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 6] = ["model", "memory", "since", "start", "status", "stream"];

    #[test]
    fn a_slip_finds_its_word_and_another_word_finds_none() {
        assert_eq!(nearest("modle", KNOWN), ["model"]);
        assert_eq!(nearest("MODEL", KNOWN), ["model"]);
        assert_eq!(nearest("sart", KNOWN).first(), Some(&"start"));
        assert!(nearest("colour", KNOWN).is_empty());
        assert!(nearest("", KNOWN).is_empty());
        assert!(nearest("sta", KNOWN).len() <= MOST);
    }

    #[test]
    fn what_is_said_is_a_question_or_nothing() {
        assert_eq!(did_you_mean("modle", KNOWN), "; did you mean model?");
        assert_eq!(did_you_mean("colour", KNOWN), "");
    }
}
