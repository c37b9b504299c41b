//! Flat JSON objects that hold a word of a record and are none, told as they stand, escapes and all.
//!
//! What is not exactly a flat object of plain texts, numbers and words, or may be a record, is left to the parser, which a test
//! holds.

use aho_corasick::packed::Searcher;

use super::flat_values::Cursor;
use super::prefilter::OTHERS;
use super::timing_search::NESTS;

/// Tells them.
#[derive(Debug, Clone)]
pub(super) struct FlatGlance {
    /// Keys that a status is under: a call that failed may leave its time empty.
    statuses: Box<[Box<str>]>,
    /// Which of the needles is part of the names of our schemas. Those before it are keys of the inference time.
    ours: usize,
}

impl FlatGlance {
    /// Of the needles that messages are searched for, the one of this number is part of the names of our schemas, and those
    /// before it are keys of the inference time.
    pub(super) fn new<'s>(statuses: impl Iterator<Item = &'s str>, ours: usize) -> Self {
        Self {
            statuses: statuses.map(Box::from).collect(),
            ours,
        }
    }

    /// Whether a message can be told to hold no record, although some of the needles stand in it, of which the first ends at a
    /// place. It may stand inside a JSON text, where `is_escaped`; in CSV, where no quote stands alone, nothing can be told.
    pub(super) fn is_none(
        &self,
        message: &[u8],
        first_end: usize,
        is_escaped: bool,
        needles: &Searcher,
    ) -> bool {
        // Records of our own, which are many, begin so, or have so the first of their times.
        if message.starts_with(b"{\\\"schema") || message.starts_with(b"{\"schema") {
            return false;
        }
        let behind = &message[first_end.min(message.len())..];
        let colon: &[u8] = if is_escaped { b"\\\":" } else { b"\":" };
        if behind
            .strip_prefix(colon)
            .is_some_and(|value| !value.starts_with(b"n"))
        {
            return false;
        }
        let Ok(message) = simdutf8::basic::from_utf8(message) else {
            return false;
        };
        let is_none = match is_escaped {
            true => self.members::<true>(message, needles),
            false => self.members::<false>(message, needles),
        };
        is_none.is_some()
    }

    /// `None` if an object is of another form, or may be a record.
    fn members<const IS_ESCAPED: bool>(&self, message: &str, needles: &Searcher) -> Option<()> {
        let mut cursor = Cursor::<IS_ESCAPED> {
            rest: message.strip_prefix('{')?,
        };
        let mut found = needles.find_iter(message).peekable();
        let (mut has_empty, mut has_status) = (false, false);
        loop {
            let key = cursor.text()?;
            if key == "schema" {
                return None;
            }
            has_status |= self.statuses.iter().any(|status| **status == *key);
            cursor.rest = cursor.rest.strip_prefix(':')?;
            let mut holds_key = false;
            let end = message.len() - cursor.rest.len();
            while let Some(needle) = found.next_if(|needle| needle.start() < end) {
                // Others may begin within it.
                if needle.pattern().as_usize() >= self.ours || OTHERS.iter().any(|other| key.contains(other))
                {
                    return None;
                }
                holds_key = true;
            }
            match (cursor.rest.as_bytes().first()?, holds_key) {
                (b'n', _) => {
                    cursor.rest = cursor.rest.strip_prefix("null")?;
                    has_empty |= holds_key;
                }
                (_, true) => return None,
                (b'"' | b'\\', _) => {
                    let text = cursor.text()?;
                    if NESTS.contains(&key) && text.contains('{') {
                        return None;
                    }
                }
                (b't' | b'f', _) => _ = cursor.truth()?,
                _ => {
                    cursor.rest = cursor.rest.strip_prefix('-').unwrap_or(cursor.rest);
                    cursor.decimal()?;
                }
            }
            let end = message.len() - cursor.rest.len();
            while let Some(needle) = found.next_if(|needle| needle.start() < end) {
                if needle.pattern().as_usize() != self.ours {
                    return None;
                }
            }
            if cursor.ends_object()? {
                break;
            }
        }
        (cursor.is_end_of_line() && !(has_empty && has_status)).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::parse::escapes::escaped;
    use crate::parse::{Parsed, Parser, TimingKeys};

    fn parser() -> Parser {
        let mut keys = TimingKeys::common();
        keys.add("inference_ms", "response", None).unwrap();
        keys.add("inference_ms", "bedrock.took", None).unwrap();
        keys.add("inference_ms", "platform", None).unwrap();
        keys.add("status", "http.status", None).unwrap();
        Parser::new(keys).unwrap()
    }

    #[test]
    fn objects_that_only_mention_a_record_are_told() {
        let parser = parser();
        for message in [
            r#"{"level":"info","step":1,"writer":"latscope.timing/v1","inference_ms":null,"msg":"timing goes to stdout"}"#,
            r#"{"inference_ms":null,"at":-1.5,"is":true,"not":false,"nothing":null,"msg":"{}"}"#,
            "{\"writer\":\"latscope.client/v1\"}\n",
        ] {
            assert_eq!(parser.parse(message), Parsed::Ignored, "{message}");
            assert!(parser.is_no_record(message.as_bytes(), false), "{message}");
            assert!(
                parser.is_no_record(escaped(message).as_bytes(), true),
                "{message}"
            );
        }
    }

    #[test]
    fn what_may_be_a_record_is_left_to_the_parser() {
        let parser = parser();
        for message in [
            r#"{"inference_ms":null,"status":"error"}"#,
            r#"{"inference_ms":null,"http.status":500}"#,
            r#"{"responseLatency":null,"requestId":"a"}"#,
            r#"{"inference_ms":5}"#,
            r#"{"inference_ms":"5"}"#,
            r#"{"inference_ms":null,"a":{}}"#,
            r#"{"inference_ms":null,"message":"{"}"#,
            r#"{"type":"platform.start"}"#,
            r#"{"schemaType":"ModelInvocationLog"}"#,
            r#"{"a":1,"schema":"latscope.timing/v1"}"#,
            r#"{"inference_ms":null,"a":01}"#,
            r#"{"inference_ms":null"#,
            r#"{"inference_ms":null} "latscope.""#,
        ] {
            assert!(!parser.is_no_record(message.as_bytes(), false), "{message}");
            assert!(
                !parser.is_no_record(escaped(message).as_bytes(), true),
                "{message}"
            );
        }
    }

    fn member() -> impl Strategy<Value = String> {
        let key = prop::sample::select(vec![
            "inference_ms",
            "response",
            "responseLatency",
            "routeKey",
            "requestId",
            "bedrock.took",
            "platform",
            "status",
            "outcome",
            "http.status",
            "schema",
            "schemaType",
            "type",
            "record",
            "message",
            "latscope.timing",
            "a",
        ]);
        let value = prop::sample::select(vec![
            "null",
            "true",
            "5",
            "-0.5",
            "01",
            "{}",
            "\"error\"",
            "\"latscope.timing/v1\"",
            "\"latscope.client/v1\"",
            "\"latscope.rejected/v1\"",
            "\"platform.start\"",
            "\"ModelInvocationLog\"",
            "\"8f507cfc-5719-4a0b-9d5e-1f2a3b4c5d6e\"",
            "\"{\\\"inference_ms\\\":5}\"",
            "\"took {inference_ms\"",
        ]);
        (key, value).prop_map(|(key, value)| format!("\"{key}\":{value}"))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4_000) })]

        #[test]
        fn what_is_told_is_ignored(
            members in prop::collection::vec(member(), 1..6),
            at in 0_usize..200,
            with in "[\"\\\\,:}{n0 ]{0,2}",
            behind in "[\n }]{0,2}",
        ) {
            let parser = parser();
            let object = format!("{{{}}}{behind}", members.join(","));
            let mut damaged = object.clone();
            damaged.insert_str(at.min(object.len()), &with);
            for message in [object, damaged] {
                // As in a cell of CSV, which is passed over as if quotes were escaped.
                let doubled = message.replace('"', "\"\"");
                let passed = [(&message, false), (&escaped(&message), true), (&doubled, true)];
                if passed.iter().any(|(text, is_escaped)| parser.is_no_record(text.as_bytes(), *is_escaped)) {
                    prop_assert_eq!(parser.parse(&message), Parsed::Ignored, "{}", message);
                }
            }
        }
    }
}
