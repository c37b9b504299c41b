//! What the server is asked to send: the lines that [`crate::parse`] may make records of, and few others.
//!
//! FilterLogEvents takes one `filterPattern` of at most 1,024 characters. Only terms of unstructured text reach
//! both log formats of Lambda, and only terms marked with `?` are joined by "or"; beside a term without the mark
//! they count for nothing. `queries/README.md` tells what AWS documents of terms, what it leaves open, and how the
//! terms are chosen so that neither reading loses a line. `tests/filter_pattern.rs` holds it.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::catalogue::QUERY_LIMIT;
use crate::vocab::visible;

/// The terms that are always asked for, one a line.
const TERMS: &str = include_str!("../../queries/fetch.filter");

/// The terms of access logs of API Gateway.
const ACCESS_LOGS: &str = include_str!("../../queries/access-logs.filter");

/// The query of Logs Insights for the same lines.
const QUERY: &str = include_str!("../../queries/fetch.insights");

/// The longest pattern that FilterLogEvents takes. AWS counts characters and does not say which, so bytes are
/// counted here, of which there are never fewer.
const PATTERN_LIMIT: usize = 1024;

/// Each pass reads the whole log group: with more of them it is faster to fetch everything.
const MOST_PASSES: usize = 4;

/// What a log group may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holds {
    /// What functions and the platform write.
    Functions,
    /// Anything, access logs of API Gateway among it.
    Anything,
}

impl Holds {
    /// What the name of a group tells. AWS calls the groups of functions so; any other may be anybody's.
    pub fn of_group(name: &str) -> Self {
        match name.starts_with("/aws/lambda/") {
            true => Self::Functions,
            false => Self::Anything,
        }
    }
}

/// The filter patterns of a fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patterns {
    of_functions: Vec<String>,
    of_anything: Vec<String>,
    /// Texts that a query looks for besides its own. `None`: the query filters nothing.
    query_keys: Option<BTreeSet<String>>,
    dropped: Option<String>,
}

impl Patterns {
    /// Patterns for all lines that can become records where timing records have these keys
    /// ([`crate::parse::TimingKeys::inference_keys`]). If a key cannot be asked for, or the keys are too many,
    /// everything is: a filter that loses records would falsify results.
    pub fn of<'a>(inference_keys: impl Iterator<Item = &'a str>) -> Self {
        let keys: Vec<&str> = inference_keys.collect();
        let patterns = Self {
            of_functions: Vec::new(),
            of_anything: Vec::new(),
            // A key without a text would select every line, and one that JSON escapes stands in no line as it is.
            query_keys: keys
                .iter()
                .all(|key| !key.trim().is_empty() && !key.contains(is_escaped))
                .then(|| keys.iter().map(|&key| key.to_owned()).collect()),
            dropped: None,
        };
        let mut terms: Vec<String> = Vec::new();
        for term in lines(TERMS).chain(keys) {
            match written(term) {
                Some(term) if terms.contains(&term) => {}
                Some(term) => terms.push(term),
                None => {
                    let reason = format!("no filter pattern can hold the key \"{}\"", visible(term));
                    return patterns.without_filter(reason);
                }
            }
        }
        let of_functions = packed(&terms);
        // Terms of the program's own can be written; one that a key repeats is asked for already.
        let others: Vec<String> = lines(ACCESS_LOGS).filter_map(written).collect();
        terms.extend(
            others
                .into_iter()
                .filter(|term| !terms.contains(term))
                .collect::<Vec<_>>(),
        );
        let of_anything = packed(&terms);
        let most = of_functions.len().max(of_anything.len());
        if most > MOST_PASSES {
            let reason = format!(
                "the keys of timing records fill {most} filter patterns, and more than {MOST_PASSES} are slower than none"
            );
            return patterns.without_filter(reason);
        }
        Self {
            of_functions,
            of_anything,
            ..patterns
        }
    }

    /// No filter, because all events are wanted.
    pub fn everything() -> Self {
        Self {
            of_functions: Vec::new(),
            of_anything: Vec::new(),
            query_keys: None,
            dropped: None,
        }
    }

    fn without_filter(self, reason: String) -> Self {
        Self {
            dropped: Some(reason),
            ..self
        }
    }

    /// The patterns, each for a pass of its own over a log group that holds this. An event may come in several of them.
    /// None at all: one pass without a pattern.
    pub fn passes(&self, holds: Holds) -> &[String] {
        match holds {
            Holds::Functions => &self.of_functions,
            Holds::Anything => &self.of_anything,
        }
    }

    /// All patterns: what the store remembers, so that a slice is known again whatever was fetched beside it.
    pub fn all(&self) -> Vec<String> {
        [&self.of_functions[..], &self.of_anything].concat()
    }

    /// Whether there is no filter although one was wanted.
    pub fn is_dropped(&self) -> bool {
        self.dropped.is_some()
    }

    /// Why there is no filter although one was wanted, a lower-case fragment for a notice.
    pub fn dropped_because(&self) -> Option<&str> {
        self.dropped.as_deref()
    }

    /// The query of Logs Insights for the same lines, at most `limit` of them, the oldest first. Without a filter if
    /// with it the query were too long.
    pub fn insights_query(&self, holds: Holds, limit: u32) -> String {
        let filtered = self
            .query_keys
            .as_ref()
            .map(|keys| query(Some(keys), holds, limit));
        filtered
            .filter(|query| query.len() <= QUERY_LIMIT)
            .unwrap_or_else(|| query(None, holds, limit))
    }
}

/// The lines of a file that are no comments.
fn lines(file: &str) -> impl Iterator<Item = &str> {
    file.lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// A term as it stands in a pattern. `None` if it is not sure to be read as it is meant: no document of AWS says
/// how a quotation mark or a backslash stands in a term, whether `%` begins a regular expression inside quotation
/// marks, or what a term without letters and digits selects.
fn written(term: &str) -> Option<String> {
    if term.contains(|c| is_escaped(c) || c == '%') || !term.contains(char::is_alphanumeric) {
        return None;
    }
    let is_word = term.chars().all(|c| c.is_ascii_alphanumeric());
    let written = if is_word {
        term.to_owned()
    } else {
        format!("\"{term}\"")
    };
    (written.len() < PATTERN_LIMIT).then_some(written)
}

/// Whether JSON cannot hold a sign as it is.
fn is_escaped(c: char) -> bool {
    matches!(c, '"' | '\\') || c.is_control()
}

/// As few patterns as the terms go into: the longest first, each into the first pattern with room for it. Within
/// its pattern a term keeps its place among the others.
fn packed(terms: &[String]) -> Vec<String> {
    let mut order: Vec<usize> = (0..terms.len()).collect();
    order.sort_by_key(|&index| Reverse(terms[index].len()));
    let mut passes: Vec<(usize, BTreeSet<usize>)> = Vec::new();
    for index in order {
        // The mark before it and a blank behind it, which the last term of a pattern does not need.
        let length = terms[index].len() + 2;
        match passes
            .iter_mut()
            .find(|(used, _)| used + length <= PATTERN_LIMIT + 1)
        {
            Some((used, pass)) => {
                *used += length;
                pass.insert(index);
            }
            None => passes.push((length, BTreeSet::from([index]))),
        }
    }
    let mut passes: Vec<BTreeSet<usize>> = passes.into_iter().map(|(_, pass)| pass).collect();
    passes.sort();
    let pattern = |pass: &BTreeSet<usize>| {
        // A term that stands alone is no alternative to anything.
        let mark = if pass.len() > 1 { "?" } else { "" };
        let marked: Vec<String> = pass
            .iter()
            .map(|&index| format!("{mark}{}", terms[index]))
            .collect();
        marked.join(" ")
    };
    passes.iter().map(pattern).collect()
}

/// The query, with a filter if there are keys to complete it. The filter begins with a line of its own and goes on in
/// lines that are indented.
fn query(keys: Option<&BTreeSet<String>>, holds: Holds, limit: u32) -> String {
    let escaped: Vec<String> = keys
        .into_iter()
        .flatten()
        .map(|key| as_regular_expression(key))
        .collect();
    let access_logs: Vec<String> = lines(ACCESS_LOGS).map(as_regular_expression).collect();
    lines(QUERY)
        .filter(|line| keys.is_some() || !(line.starts_with("| filter") || line.starts_with(' ')))
        .filter(|line| !escaped.is_empty() || !line.contains("{inference_keys}"))
        .filter(|line| holds == Holds::Anything || !line.contains("{access_logs}"))
        .map(|line| {
            line.replace("{limit}", &limit.to_string())
                .replace("{access_logs}", &access_logs.join("|"))
                .replace("{inference_keys}", &escaped.join("|"))
        })
        .collect::<Vec<_>>()
        .join("\n")
}

/// A regular expression between slashes that matches the text and nothing else. Signs are written by their number, so
/// that none can end the expression, a text or a command.
pub(super) fn as_regular_expression(text: &str) -> String {
    let mut expression = String::with_capacity(text.len());
    for c in text.chars() {
        let is_itself = c.is_ascii_alphanumeric() || !c.is_ascii() || matches!(c, '_' | ' ' | '-');
        match c {
            _ if is_itself => expression.push(c),
            '.' => expression.push_str("\\."),
            // Writing to a text cannot fail.
            _ => _ = write!(expression, "\\x{:02x}", u32::from(c)),
        }
    }
    expression
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::TimingKeys;

    #[test]
    fn the_common_keys_need_one_pass() {
        let keys = TimingKeys::common();
        let patterns = Patterns::of(keys.inference_keys());
        let [pattern] = patterns.passes(Holds::Functions) else {
            panic!("a second pass doubles the calls of every fetch: {patterns:?}");
        };
        assert!(!patterns.is_dropped());
        assert!(
            pattern.starts_with("?\"RequestId:\" ?\"INIT_START\" "),
            "{pattern}"
        );
        // Room for one short key more, with its mark and its blank.
        assert_eq!(PATTERN_LIMIT - pattern.len(), 11);
        // Access logs take a second one, of other groups.
        assert_eq!(patterns.passes(Holds::Anything).len(), 2);
        assert_eq!(patterns.all().len(), 3);
    }

    #[test]
    fn only_groups_of_functions_are_known_by_their_names() {
        for (name, holds) in [
            ("/aws/lambda/chat", Holds::Functions),
            ("/aws/apigateway/chat", Holds::Anything),
            ("/prod/aws/lambda/chat", Holds::Anything),
            ("", Holds::Anything),
        ] {
            assert_eq!(Holds::of_group(name), holds, "{name}");
        }
        let patterns = Patterns::of(["took"].into_iter());
        let [functions, anything] =
            [Holds::Functions, Holds::Anything].map(|holds| patterns.insights_query(holds, 7));
        let line = "\n    or @message like /integrationLatency|integration\\.latency|responseLatency|routeKey|resourcePath/";
        assert!(anything.contains(line), "{anything}");
        assert_eq!(anything.replace(line, ""), functions);
    }

    #[test]
    fn a_key_that_no_term_can_hold_drops_the_filter() {
        for key in ["a\"b", "a\\b", "", " ", "?", "100%", "a\tb"] {
            let patterns = Patterns::of(["took", key].into_iter());
            assert!(patterns.is_dropped(), "{key:?}");
            assert!(patterns.all().is_empty(), "{key:?}");
        }
        let long = "k".repeat(PATTERN_LIMIT);
        assert!(Patterns::of([long.as_str()].into_iter()).is_dropped());
    }

    #[test]
    fn too_many_keys_drop_the_filter() {
        let keys: Vec<String> = (0..40).map(|index| format!("{index:0>100}")).collect();
        let few = Patterns::of(keys.iter().take(20).map(String::as_str));
        assert!(!few.is_dropped() && few.passes(Holds::Anything).len() <= MOST_PASSES);
        let many = Patterns::of(keys.iter().map(String::as_str));
        let reason = many.dropped_because().unwrap();
        assert!(
            many.all().is_empty() && reason.contains("5 filter patterns"),
            "{reason}"
        );
        assert!(many.insights_query(Holds::Functions, 10).contains("| filter"));
    }

    #[test]
    fn signs_in_a_key_stay_inside_the_query_s_expression() {
        let query = Patterns::of(["a/b|c", "x.y #z'"].into_iter()).insights_query(Holds::Functions, 500);
        assert!(
            query.contains(r"or @message like /a\x2fb\x7cc|x\.y \x23z\x27/"),
            "{query}"
        );
        assert!(query.ends_with("\n| sort @timestamp asc\n| limit 500"), "{query}");
    }

    #[test]
    fn a_query_without_filter_has_the_rest() {
        let bare = "fields @timestamp, @message, @logStream, @ptr\n| sort @timestamp asc\n| limit 7";
        for holds in [Holds::Functions, Holds::Anything] {
            assert_eq!(Patterns::everything().insights_query(holds, 7), bare);
        }
        for key in ["", "a\"b", "a\\b", "a\tb"] {
            assert_eq!(
                Patterns::of(["took", key].into_iter()).insights_query(Holds::Anything, 7),
                bare
            );
        }
        let long = "k".repeat(QUERY_LIMIT);
        assert_eq!(
            Patterns::of([long.as_str()].into_iter()).insights_query(Holds::Anything, 7),
            bare
        );
        let bare = Patterns::of(std::iter::empty()).insights_query(Holds::Anything, 7);
        assert!(!bare.contains("{"), "{bare}");
    }
}
