//! `latscope explain`: what a word of the outputs means.

use std::io::Write;

use super::error::Error;
use super::terms::{Term, terms};
use crate::stats::{Confidence, Probability, min_n_two_sided};
use crate::vocab::{grouped, nearest, offer};

/// The columns of an output that is no terminal.
const COLUMNS: usize = 80;

/// Lines are no longer than this, for they would be hard to read.
const WIDEST: usize = 100;

/// And no shorter, however small the terminal.
const NARROWEST: usize = 30;

/// Writes what a word means, or all words with a sentence each where none is given.
///
/// # Errors
/// If there is no such word, or nothing can be written.
pub fn explain(word: Option<&str>, columns: Option<usize>, stdout: &mut dyn Write) -> Result<(), Error> {
    let terms = terms();
    let text = match word {
        Some(word) => of_word(word, &terms, columns.unwrap_or(COLUMNS).clamp(NARROWEST, WIDEST))?,
        None => list(&terms, columns),
    };
    stdout.write_all(text.as_bytes()).map_err(Error::Output)
}

fn of_word(word: &str, terms: &[Term], columns: usize) -> Result<String, Error> {
    let called = |name: &str| terms.iter().find(|term| term.is_called(name));
    let quantile = quantile_of(word);
    let term = called(word).or_else(|| quantile.and(called("quantile")));
    let term = term.ok_or_else(|| {
        let names = terms
            .iter()
            .flat_map(|term| term.names.iter().map(String::as_str));
        let offered = offer(&nearest(word, names));
        Error::Usage(format!(
            "{word:?} is not explained{offered}\nlatscope explain lists all words"
        ))
    })?;
    let title = match term.names.split_first() {
        Some((name, [])) => name.clone(),
        Some((name, others)) => format!("{name} (also: {})", others.join(", ")),
        None => String::new(),
    };
    let about = quantile.map(about_quantile);
    let paragraphs = [&title].into_iter().chain(&about).chain(&term.paragraphs);
    let filled: Vec<String> = paragraphs.map(|text| textwrap::fill(text, columns)).collect();
    Ok(filled.join("\n\n") + "\n")
}

/// The probability that a word such as `p99.9` names.
fn quantile_of(word: &str) -> Option<Probability> {
    let percent = word.trim().strip_prefix(['p', 'P'])?;
    Probability::parse(percent).ok()
}

/// What is true of one quantile alone.
fn about_quantile(p: Probability) -> String {
    let label = p.label();
    let percent = label.trim_start_matches('p');
    format!(
        "{label}: {percent} % of the requests take at most so long. Its 95 % interval has two ends from {} independent \
         requests on, unless it reaches into the timeouts.",
        grouped(min_n_two_sided(p, Confidence::C95))
    )
}

/// A line for each term; several where a terminal is too narrow for it.
fn list(terms: &[Term], columns: Option<usize>) -> String {
    let width = |term: &Term| term.name().chars().count();
    let widest = terms.iter().map(width).max().unwrap_or(0);
    let line = |term: &Term| {
        let gap = " ".repeat(widest - width(term) + 2);
        let line = format!("{}{gap}{}", term.name(), term.sentence());
        let indent = " ".repeat(widest + 2);
        let filled = columns.map(|columns| {
            let options = textwrap::Options::new(columns.max(NARROWEST));
            textwrap::fill(&line, options.subsequent_indent(&indent))
        });
        filled.unwrap_or(line) + "\n"
    };
    terms.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(word: Option<&str>, columns: Option<usize>) -> String {
        let mut out = Vec::new();
        explain(word, columns, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_are_as_wide_as_the_terminal_allows() {
        let widest = |text: &str| text.lines().map(|line| line.chars().count()).max().unwrap();
        for (columns, most) in [
            (Some(40), 40),
            (Some(72), 72),
            (None, COLUMNS),
            (Some(300), WIDEST),
        ] {
            for term in terms() {
                let text = explained(Some(term.name()), columns);
                assert!(widest(&text) <= most, "{columns:?}: {text}");
            }
        }
        assert!(widest(&explained(None, Some(60))) <= 60);
        assert_eq!(explained(None, None).lines().count(), terms().len());
    }

    #[test]
    fn a_terminal_of_no_width_is_no_trouble() {
        assert!(explained(Some("p95"), Some(0)).lines().count() > 10);
        assert!(explained(None, Some(1)).lines().count() > terms().len());
    }
}
