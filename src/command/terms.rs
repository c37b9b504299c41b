//! The terms of `docs/terms.md`, read from the page itself: there is no other text of them.

use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};

/// The page.
const PAGE: &str = include_str!("../../docs/terms.md");

/// A word of the outputs and what it means.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Term {
    /// Its names, the one by which it is listed first.
    pub(super) names: Vec<String>,
    /// The text, without any markup.
    pub(super) paragraphs: Vec<String>,
}

impl Term {
    /// The name by which it is listed.
    pub(super) fn name(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    /// What it is in one sentence, the first.
    pub(super) fn sentence(&self) -> &str {
        let text = self.paragraphs.first().map_or("", String::as_str);
        text.split_once(". ").map_or(text, |(sentence, _)| sentence)
    }

    /// Whether one of its names is this word, however it is written.
    pub(super) fn is_called(&self, word: &str) -> bool {
        self.names.iter().any(|name| plain(name) == plain(word))
    }
}

/// Every term, in the order of the page.
pub(super) fn terms() -> Vec<Term> {
    of_page(PAGE)
}

/// A word without capitals, and with blanks for what joins its parts.
fn plain(word: &str) -> String {
    let joined: String = word
        .chars()
        .map(|c| {
            if matches!(c, '_' | '-' | '–' | '—') {
                ' '
            } else {
                c
            }
        })
        .collect();
    let words: Vec<&str> = joined.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// Reads a page: each heading of the second level is the names of a term, between commas, and the paragraphs below it are
/// its text. A paragraph of links alone leads to other pages and is left out.
fn of_page(page: &str) -> Vec<Term> {
    let mut terms: Vec<Term> = Vec::new();
    let (mut text, mut outside_links, mut is_in_link) = (String::new(), String::new(), false);
    for event in Parser::new(page) {
        match event {
            Event::Start(Tag::Heading { .. } | Tag::Paragraph) => {
                text.clear();
                outside_links.clear();
            }
            Event::Start(Tag::Link { .. }) => is_in_link = true,
            Event::End(TagEnd::Link) => is_in_link = false,
            Event::Text(part) | Event::Code(part) => {
                text.push_str(&part);
                if !is_in_link {
                    outside_links.push_str(&part);
                }
            }
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            Event::End(TagEnd::Heading(HeadingLevel::H2)) => terms.push(Term {
                names: text.split(',').map(|name| name.trim().to_owned()).collect(),
                paragraphs: Vec::new(),
            }),
            Event::End(TagEnd::Paragraph) => {
                let is_links_alone = !outside_links.contains(char::is_alphanumeric);
                if let (Some(term), false) = (terms.last_mut(), is_links_alone) {
                    term.paragraphs.push(text.clone());
                }
            }
            _ => {}
        }
    }
    terms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_becomes_terms_without_markup() {
        let page = "# Words\n\nOf the page.\n\n## interval, 95 % interval\n\nFrom `a` to\n**b** [there](x.md). More.\n\n\
                    [statistics](statistics.md), [gates](gate.md)\n\n## share\n\nA part.\n";
        let terms = of_page(page);
        assert_eq!(terms.len(), 2);
        assert_eq!(terms[0].names, ["interval", "95 % interval"]);
        assert_eq!(terms[0].paragraphs, ["From a to b there. More."]);
        assert_eq!(terms[0].sentence(), "From a to b there");
        assert!(terms[1].is_called("SHARE"));
    }

    #[test]
    fn every_term_is_two_to_six_sentences_and_begins_with_a_short_one() {
        let all = terms();
        for term in &all {
            let text = term.paragraphs.join(" ");
            let sentences = text.split(". ").count();
            assert!(
                (2..=6).contains(&sentences),
                "{}: {sentences} sentences: {text}",
                term.name()
            );
            let line = term.sentence();
            assert!(line.chars().count() <= 78, "{}: {line}", term.name());
            for markup in ["`", "**", "](", "|", "::", ".rs"] {
                assert!(!text.contains(markup), "{markup} in {text}");
            }
        }
    }

    #[test]
    fn no_word_means_two_things() {
        let mut seen = std::collections::BTreeSet::new();
        for name in terms().iter().flat_map(|term| &term.names) {
            assert!(seen.insert(plain(name)), "{name} is there twice");
        }
    }
}
