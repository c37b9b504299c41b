//! The queries of Logs Insights that latscope brings along: the files of `queries/`, embedded.

use crate::vocab::nearest;

/// The longest query that StartQuery takes, in characters.
pub(super) const QUERY_LIMIT: usize = 10_000;

/// A query with the comment that explains it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query {
    /// Its name, that of the file without `.insights`.
    pub name: &'static str,
    /// The whole file: lines of comment, then the query.
    pub file: &'static str,
}

macro_rules! queries {
    ($($name:literal),+ $(,)?) => {
        [$(Query { name: $name, file: include_str!(concat!("../../queries/", $name, ".insights")) }),+]
    };
}

/// By kind of log, then by what one asks first. `fetch.insights` is not one of them: it asks for events.
const ALL: [Query; 22] = queries![
    "latency",
    "inference-share",
    "slowest",
    "errors",
    "tokens",
    "cold-starts",
    "report-latency",
    "report-cold-starts",
    "report-inference-share",
    "report-slowest",
    "report-cost",
    "report-errors",
    "json-latency",
    "json-cold-starts",
    "json-inference-share",
    "json-slowest",
    "json-cost",
    "json-errors",
    "bedrock-latency",
    "bedrock-slowest",
    "bedrock-tokens",
    "bedrock-errors",
];

impl Query {
    /// Every query.
    pub const fn all() -> &'static [Self] {
        &ALL
    }

    /// The query of this name.
    ///
    /// # Errors
    /// The names that are like it, best first, if there is none.
    pub fn named(name: &str) -> Result<&'static Self, Vec<&'static str>> {
        if let Some(query) = ALL.iter().find(|query| query.name == name) {
            return Ok(query);
        }
        Err(nearest(name, ALL.iter().map(|query| query.name)))
    }

    /// What it answers, a sentence.
    pub fn question(&self) -> &'static str {
        self.header().next().unwrap_or_default()
    }

    /// What kind of log group it is for.
    pub fn kind(&self) -> &'static str {
        let mut kinds = self.header().filter_map(|line| line.strip_prefix("Log group: "));
        kinds.next().unwrap_or_default()
    }

    /// The query without its comment, one command a line or several lines. `limit` takes the place of its own limit, or
    /// is put behind it.
    pub fn text(&self, limit: Option<u32>) -> String {
        let lines = self.file.lines().filter(|line| !line.starts_with('#'));
        let Some(limit) = limit else {
            return lines.collect::<Vec<_>>().join("\n");
        };
        let limit = format!("{LIMIT}{limit}");
        let others = lines.filter(|line| !line.starts_with(LIMIT));
        others.chain([limit.as_str()]).collect::<Vec<_>>().join("\n")
    }

    /// How many rows it asks for, where it says so itself.
    pub fn own_limit(&self) -> Option<u32> {
        let mut limits = self.file.lines().filter_map(|line| line.strip_prefix(LIMIT));
        limits.next()?.trim().parse().ok()
    }

    fn header(&self) -> impl Iterator<Item = &'static str> {
        let comment = self.file.lines().map_while(|line| line.strip_prefix('#'));
        comment.map(str::trim)
    }
}

/// The command that limits rows, as it stands at the beginning of a line, the last of its file.
const LIMIT: &str = "| limit ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_query_says_what_it_answers_and_of_which_logs() {
        for query in Query::all() {
            assert!(query.question().ends_with('?'), "{}", query.name);
            let is_known = ["Lambda, ", "Bedrock "]
                .iter()
                .any(|kind| query.kind().starts_with(kind));
            assert!(is_known, "{}: {}", query.name, query.kind());
            assert!(query.text(None).chars().count() < QUERY_LIMIT, "{}", query.name);
            assert!(!query.text(None).contains('#'), "{}", query.name);
        }
    }

    #[test]
    fn a_limit_takes_the_place_of_the_querys_own() {
        let slowest = Query::named("slowest").unwrap();
        assert_eq!(slowest.own_limit(), Some(25));
        let text = slowest.text(Some(3));
        assert!(
            text.ends_with("\n| limit 3") && text.matches("limit").count() == 1,
            "{text}"
        );
        let latency = Query::named("latency").unwrap();
        assert_eq!(latency.own_limit(), None);
        assert_eq!(latency.text(Some(3)), latency.text(None) + "\n| limit 3");
    }

    #[test]
    fn a_misspelt_name_finds_those_like_it() {
        assert_eq!(Query::named("latncy").unwrap_err().first(), Some(&"latency"));
        assert_eq!(Query::named("Slowest").unwrap_err().first(), Some(&"slowest"));
        assert_eq!(Query::named("xyz"), Err(Vec::new()));
    }
}
