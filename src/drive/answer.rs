//! What is noted of a response while it comes, and nothing of what it says.

use serde_json::Value;

/// The longest body of which tokens are looked for.
const LONGEST_BODY: usize = 1 << 20;

/// The longest line of a stream that is looked at.
const LONGEST_LINE: usize = 1 << 16;

/// Fields that hold what a model wrote, in the streams of Bedrock, Anthropic, OpenAI and of those who are like them.
const WRITTEN: [&str; 10] = [
    "text",
    "content",
    "delta",
    "completion",
    "token",
    "outputText",
    "generation",
    "response",
    "answer",
    "output",
];

/// Fields of `usage`, for read and for written tokens.
const READ: [&str; 4] = ["input_tokens", "prompt_tokens", "inputTokens", "inputTokenCount"];
const WRITTEN_COUNT: [&str; 4] = [
    "output_tokens",
    "completion_tokens",
    "outputTokens",
    "outputTokenCount",
];

/// How deep it is looked for them.
const DEPTH: usize = 6;

/// How a body comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// One JSON.
    Json,
    /// Server-sent events.
    Events,
    /// One JSON a line.
    Lines,
    /// Text as it is written.
    Text,
    /// Anything else.
    Other,
}

/// A response as far as it came.
#[derive(Debug)]
pub(super) struct Answer {
    form: Form,
    /// The body, or the line that is not complete. Dropped with this.
    kept: Vec<u8>,
    is_too_long: bool,
    /// Whether it is not packed.
    is_readable: bool,
    has_token: bool,
    has_error: bool,
    /// Bytes of the body.
    pub(super) bytes: u64,
    /// Tokens read.
    pub(super) input_tokens: Option<u64>,
    /// Tokens written.
    pub(super) output_tokens: Option<u64>,
}

impl Answer {
    /// Of a response of this type. One of plain text is a stream if its length is not known beforehand. Of one that is packed
    /// only bytes are counted.
    pub(super) fn of(content_type: &str, has_length: bool, is_readable: bool) -> Self {
        let kind = content_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let form = match kind.as_str() {
            "text/event-stream" => Form::Events,
            "application/x-ndjson" | "application/jsonl" | "application/stream+json" => Form::Lines,
            "text/plain" if !has_length => Form::Text,
            kind if kind == "application/json" || kind.ends_with("+json") => Form::Json,
            _ => Form::Other,
        };
        Self {
            form,
            kept: Vec::new(),
            is_too_long: false,
            is_readable,
            has_token: false,
            has_error: false,
            bytes: 0,
            input_tokens: None,
            output_tokens: None,
        }
    }

    /// Whether it is written while the model writes.
    pub(super) fn is_streamed(&self) -> bool {
        matches!(self.form, Form::Events | Form::Lines | Form::Text)
    }

    /// Whether an event of a stream was an error: then the status was sent before that was known.
    pub(super) fn tells_of_error(&self) -> bool {
        self.has_error
    }

    /// Takes more of the body. Whether the first token is in it.
    pub(super) fn take(&mut self, chunk: &[u8]) -> bool {
        self.bytes += chunk.len() as u64;
        if !self.is_readable {
            return false;
        }
        let had_token = self.has_token;
        match self.form {
            Form::Json => self.keep(chunk, LONGEST_BODY),
            Form::Events | Form::Lines => {
                for piece in chunk.split_inclusive(|byte| *byte == b'\n') {
                    self.keep(piece, LONGEST_LINE);
                    if piece.ends_with(b"\n") {
                        self.end_line();
                    }
                }
            }
            Form::Text => self.has_token |= chunk.iter().any(|byte| !byte.is_ascii_whitespace()),
            Form::Other => {}
        }
        self.has_token && !had_token
    }

    /// The body is complete. Whether the first token is in a last line without an end.
    pub(super) fn finish(&mut self) -> bool {
        let had_token = self.has_token;
        match self.form {
            Form::Json => {
                if let Ok(body) = serde_json::from_slice(&self.kept) {
                    self.count(&body);
                }
            }
            Form::Events | Form::Lines => self.end_line(),
            Form::Text | Form::Other => {}
        }
        self.kept = Vec::new();
        self.has_token && !had_token
    }

    fn keep(&mut self, piece: &[u8], most: usize) {
        match self.kept.len() + piece.len() <= most {
            true if !self.is_too_long => self.kept.extend_from_slice(piece),
            _ => {
                self.is_too_long = true;
                self.kept.clear();
            }
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.kept);
        if std::mem::take(&mut self.is_too_long) {
            return;
        }
        if self.form == Form::Events && line.strip_prefix(b"event:").map(<[u8]>::trim_ascii) == Some(b"error")
        {
            self.has_error = true;
        }
        let data = match self.form {
            Form::Events => line.strip_prefix(b"data:"),
            _ => Some(line.as_slice()),
        };
        let data = data.unwrap_or_default().trim_ascii();
        if data.is_empty() || data == b"[DONE]" {
            return;
        }
        match serde_json::from_slice(data) {
            Ok(Value::String(text)) => self.has_token |= !text.is_empty(),
            Ok(event) if is_error(&event) => self.has_error = true,
            Ok(event) => {
                self.has_token |= !self.has_error && is_written(&event, DEPTH);
                self.count(&event);
            }
            Err(_) => self.has_token |= !self.has_error,
        }
    }

    /// Looks for numbers of tokens: those of the outermost `usage`, within which there may be others of its parts.
    fn count(&mut self, value: &Value) {
        let mut level = vec![value];
        for _ in 0..=DEPTH {
            let usages = level.iter().filter_map(|value| value.get("usage"));
            let usages: Vec<&Value> = usages.filter(|usage| usage.is_object()).collect();
            for usage in &usages {
                let number = |names: [&str; 4]| names.iter().find_map(|name| usage.get(name)?.as_u64());
                self.input_tokens = number(READ).or(self.input_tokens);
                self.output_tokens = number(WRITTEN_COUNT).or(self.output_tokens);
            }
            if !usages.is_empty() {
                return;
            }
            level = level.into_iter().flat_map(inner).collect();
        }
    }
}

/// What is directly within a value.
fn inner(value: &Value) -> Vec<&Value> {
    match value {
        Value::Object(fields) => fields.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    }
}

/// Whether an event says that the model failed: with an `error`, or with an exception as Bedrock's streams have it.
fn is_error(event: &Value) -> bool {
    let says_so = |(name, value): (&String, &Value)| match value {
        Value::Object(_) => name == "error" || name.ends_with("Exception"),
        Value::String(text) => name == "error" && !text.is_empty(),
        _ => false,
    };
    event.as_object().is_some_and(|fields| fields.iter().any(says_so))
}

/// Whether an event holds something that the model wrote.
fn is_written(event: &Value, depth: usize) -> bool {
    match event {
        Value::Object(fields) => fields.iter().any(|(name, value)| match value {
            Value::String(text) => !text.is_empty() && WRITTEN.contains(&name.as_str()),
            value => depth > 0 && is_written(value, depth - 1),
        }),
        Value::Array(items) => depth > 0 && items.iter().any(|item| is_written(item, depth - 1)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// In which piece the first token is.
    fn first_token(content_type: &str, pieces: &[&str]) -> (Option<usize>, Answer) {
        let mut answer = Answer::of(content_type, false, true);
        let mut first = None;
        let last = pieces.len().checked_sub(1);
        for (place, piece) in pieces.iter().enumerate() {
            if answer.take(piece.as_bytes()) {
                assert_eq!(first, None);
                first = Some(place);
            }
        }
        if answer.finish() {
            assert_eq!(first, None);
            first = last;
        }
        (first, answer)
    }

    #[test]
    fn tokens_of_one_json_are_those_of_its_usage() {
        for (body, tokens) in [
            (
                r#"{"text":"x","usage":{"input_tokens":5,"output_tokens":61}}"#,
                (Some(5), Some(61)),
            ),
            (
                r#"{"usage":{"prompt_tokens":1,"completion_tokens":2}}"#,
                (Some(1), Some(2)),
            ),
            (
                r#"{"result":{"usage":{"inputTokens":3,"outputTokens":4}}}"#,
                (Some(3), Some(4)),
            ),
            (r#"{"usage":null}"#, (None, None)),
            (
                r#"{"usage":{"input_tokens":9,"output_tokens":8,"steps":[{"usage":{"input_tokens":1,"output_tokens":1}}]}}"#,
                (Some(9), Some(8)),
            ),
            (
                r#"{"a":{"b":{"usage":{"input_tokens":1}}},"c":{"usage":{"input_tokens":2}}}"#,
                (Some(2), None),
            ),
            ("no json", (None, None)),
        ] {
            let (first, answer) = first_token("application/json; charset=utf-8", &[&body[..3], &body[3..]]);
            assert_eq!(first, None);
            assert!(!answer.is_streamed());
            assert_eq!(answer.bytes, body.len() as u64);
            assert_eq!((answer.input_tokens, answer.output_tokens), tokens, "{body}");
        }
    }

    #[test]
    fn the_first_token_of_a_stream_is_the_first_text() {
        let anthropic = [
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"role\":\"assistant\",\"content\":[],\
             \"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n",
            "data: {\"type\":\"content_block_start\",\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\ndata: {\"type\":",
            "\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n",
            "data: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":12}}\n",
        ];
        let (first, answer) = first_token("text/event-stream", &anthropic);
        assert_eq!(first, Some(2));
        assert_eq!((answer.input_tokens, answer.output_tokens), (Some(9), Some(12)));
        let openai = [
            "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
            "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\ndata: [DONE]\n\n",
        ];
        assert_eq!(first_token("text/event-stream;charset=utf-8", &openai).0, Some(1));
        assert_eq!(
            first_token("text/event-stream", &[": ping\n\n", "data: Hi\n"]).0,
            Some(1)
        );
        let converse = [
            "{\"messageStart\":{\"role\":\"assistant\"}}\n",
            "{\"contentBlockDelta\":{\"delta\":{\"text\":\"a\"}}}\n",
        ];
        assert_eq!(first_token("application/x-ndjson", &converse).0, Some(1));
        assert_eq!(first_token("text/plain", &["  ", "Hi"]).0, Some(1));
        assert_eq!(first_token("text/html", &["Hi"]).0, None);
    }

    #[test]
    fn a_stream_without_a_last_newline_has_its_token() {
        assert_eq!(first_token("text/event-stream", &["data: H", "i"]).0, Some(1));
        assert_eq!(
            first_token("application/x-ndjson", &[r#"{"text":"Hi"}"#]).0,
            Some(0)
        );
        assert_eq!(first_token("text/event-stream", &["data: [DONE]"]).0, None);
    }

    #[test]
    fn what_is_packed_is_counted_and_not_looked_at() {
        let mut answer = Answer::of("text/event-stream", false, false);
        assert!(!answer.take(b"data: Hi\n") && !answer.finish());
        assert!(answer.is_streamed());
        assert_eq!(answer.bytes, 9);
    }

    #[test]
    fn an_error_within_a_stream_is_seen() {
        for (kind, text) in [
            (
                "text/event-stream",
                "event: error\ndata: {\"message\":\"overloaded\"}\n\n",
            ),
            ("text/event-stream", "event:error\r\ndata: overloaded"),
            (
                "text/event-stream",
                "data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n",
            ),
            (
                "application/x-ndjson",
                "{\"modelStreamErrorException\":{\"message\":\"x\"}}",
            ),
        ] {
            let (first, answer) = first_token(kind, &[text]);
            assert!(answer.tells_of_error() && first.is_none(), "{text}");
        }
        for text in [
            "data: {\"text\":\"a\",\"error\":null}\n",
            "event: errors\ndata: a\n",
            "data: error\n",
        ] {
            assert!(
                !first_token("text/event-stream", &[text]).1.tells_of_error(),
                "{text}"
            );
        }
    }

    proptest! {
        /// Whatever a server sends, and however it is cut, bytes are counted and there is one first token at most.
        #[test]
        fn anything_may_come(
            kind in "(text/event-stream|application/json|application/x-ndjson|text/plain|.*)",
            pieces in vec(vec(any::<u8>(), 0..50), 0..8),
        ) {
            let mut answer = Answer::of(&kind, false, true);
            let firsts = pieces.iter().filter(|piece| answer.take(piece)).count();
            let firsts = firsts + usize::from(answer.finish());
            prop_assert!(firsts <= 1);
            prop_assert_eq!(answer.bytes, pieces.iter().map(|piece| piece.len() as u64).sum::<u64>());
        }

        /// However the network cuts a stream.
        #[test]
        fn cuts_change_nothing(cuts in vec(0_usize..200, 0..12)) {
            let text = concat!(
                "event: a\r\ndata: {\"usage\":{\"input_tokens\":9}}\r\n\r\n",
                "data: {\"delta\":{\"text\":\"Gr\u{fc}n\"}}\n\ndata: {\"usage\":{\"output_tokens\":12}}",
            );
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let mut answer = Answer::of("text/event-stream", false, true);
            let firsts = cuts.windows(2).filter(|cut| answer.take(&text.as_bytes()[cut[0]..cut[1]]));
            let firsts: Vec<usize> = firsts.map(|cut| cut[1]).collect();
            answer.finish();
            let line_end = text.find("\n\ndata: {\"usage\":{\"output").unwrap();
            prop_assert_eq!(firsts.len(), 1);
            prop_assert!(firsts[0] > line_end);
            prop_assert_eq!((answer.input_tokens, answer.output_tokens), (Some(9), Some(12)));
            prop_assert_eq!(answer.bytes, text.len() as u64);
        }
    }

    #[test]
    fn what_is_too_long_is_passed_over() {
        let long = format!("data: {}\n", "x".repeat(LONGEST_LINE));
        let (first, answer) = first_token("text/event-stream", &[&long, "data: Hi\n"]);
        assert_eq!(first, Some(1));
        assert_eq!(answer.bytes, long.len() as u64 + 9);
        let body = format!(
            "{{\"usage\":{{\"input_tokens\":5}},\"x\":\"{}\"}}",
            "x".repeat(LONGEST_BODY)
        );
        assert_eq!(
            first_token("application/json", &[&body, "x"]).1.input_tokens,
            None
        );
    }
}
