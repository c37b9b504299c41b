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
    has_token: bool,
    /// Bytes of the body.
    pub(super) bytes: u64,
    /// Tokens read.
    pub(super) input_tokens: Option<u64>,
    /// Tokens written.
    pub(super) output_tokens: Option<u64>,
}

impl Answer {
    /// Of a response of this type. One of plain text is a stream if its length is not known beforehand.
    pub(super) fn of(content_type: &str, has_length: bool) -> Self {
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
            has_token: false,
            bytes: 0,
            input_tokens: None,
            output_tokens: None,
        }
    }

    /// Whether it is written while the model writes.
    pub(super) fn is_streamed(&self) -> bool {
        matches!(self.form, Form::Events | Form::Lines | Form::Text)
    }

    /// Takes more of the body. Whether the first token is in it.
    pub(super) fn take(&mut self, chunk: &[u8]) -> bool {
        self.bytes += chunk.len() as u64;
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

    /// The body is complete.
    pub(super) fn finish(&mut self) {
        match self.form {
            Form::Json => {
                if let Ok(body) = serde_json::from_slice(&self.kept) {
                    self.count(&body, DEPTH);
                }
            }
            Form::Events | Form::Lines => self.end_line(),
            Form::Text | Form::Other => {}
        }
        self.kept = Vec::new();
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
            Ok(event) => {
                self.has_token |= is_written(&event, DEPTH);
                self.count(&event, DEPTH);
            }
            Err(_) => self.has_token = true,
        }
    }

    /// Looks for numbers of tokens.
    fn count(&mut self, value: &Value, depth: usize) {
        let inner: Vec<&Value> = match value {
            Value::Object(fields) => {
                if let Some(usage) = fields.get("usage") {
                    let number = |names: [&str; 4]| names.iter().find_map(|name| usage.get(name)?.as_u64());
                    self.input_tokens = number(READ).or(self.input_tokens);
                    self.output_tokens = number(WRITTEN_COUNT).or(self.output_tokens);
                }
                fields.values().collect()
            }
            Value::Array(items) => items.iter().collect(),
            _ => return,
        };
        if depth > 0 {
            for value in inner {
                self.count(value, depth - 1);
            }
        }
    }
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
        let mut answer = Answer::of(content_type, false);
        let mut first = None;
        for (place, piece) in pieces.iter().enumerate() {
            if answer.take(piece.as_bytes()) {
                assert_eq!(first, None);
                first = Some(place);
            }
        }
        answer.finish();
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

    proptest! {
        /// Whatever a server sends, and however it is cut, bytes are counted and there is one first token at most.
        #[test]
        fn anything_may_come(
            kind in "(text/event-stream|application/json|application/x-ndjson|text/plain|.*)",
            pieces in vec(vec(any::<u8>(), 0..50), 0..8),
        ) {
            let mut answer = Answer::of(&kind, false);
            let firsts = pieces.iter().filter(|piece| answer.take(piece)).count();
            answer.finish();
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
            let mut answer = Answer::of("text/event-stream", false);
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
