//! Our own timing record as our own handler writes it, read without a JSON parser.
//!
//! Whatever is not exactly that goes to `serde_json`: another key, a key twice, a value of another type, white space, an
//! escape, a number of more digits than a double holds exactly. So what is read here is what the parser would have read,
//! which a test and a fuzz target hold.

use std::borrow::Cow;

use latscope_schema::{CallStatus, SCHEMA, TimingRecord};

/// What every record that is read here begins with.
const START: &str = "{\"schema\":\"latscope.timing/v1\"";
const START_ESCAPED: &str = "{\\\"schema\\\":\\\"latscope.timing/v1\\\"";

/// Digits of which any whole number is a double, and any decimal fraction one division away from the nearest.
const MOST_DIGITS: usize = 15;

/// Reads a record of our own schema. `None` if it is to be read by a parser.
pub(super) fn read(json: &str) -> Option<TimingRecord<'_>> {
    let rest = json.strip_prefix(START)?;
    read_fields(Cursor { rest, quote: "\"" })
}

/// Reads a record as it stands inside a JSON text, where a backslash is before every quote. `None` if it is to be read by
/// a parser.
pub(super) fn read_escaped(json: &str) -> Option<TimingRecord<'_>> {
    let rest = json.strip_prefix(START_ESCAPED)?;
    read_fields(Cursor { rest, quote: "\\\"" })
}

fn read_fields(mut cursor: Cursor<'_>) -> Option<TimingRecord<'_>> {
    let mut record = TimingRecord::new("");
    record.schema = Cow::Borrowed(SCHEMA);
    let mut seen = 0_u32;
    loop {
        match cursor.byte()? {
            b',' => {}
            b'}' => break,
            _ => return None,
        }
        let field = field(cursor.key()?, &mut record, &mut cursor)?;
        let bit = 1_u32 << field;
        if seen & bit != 0 {
            return None;
        }
        seen |= bit;
    }
    // A logger ends the line; a request id must have been there.
    let behind = match cursor.quote {
        "\"" => cursor.rest.trim_end_matches(['\n', '\r', '\t', ' ']),
        _ => cursor.rest.trim_end_matches("\\n"),
    };
    (behind.is_empty() && seen & 1 != 0).then_some(record)
}

/// Reads the value of a key. The number of the field.
fn field<'a>(key: &str, record: &mut TimingRecord<'a>, cursor: &mut Cursor<'a>) -> Option<u32> {
    let number = match key {
        "request_id" => {
            record.request_id = cursor.text()?;
            0
        }
        "call_index" => {
            record.call_index = u32::try_from(cursor.whole()?).ok()?;
            1
        }
        "start_offset_ms" => put(&mut record.start_offset_ms, cursor.decimal()?, 2),
        "gen_ai.operation.name" => put(&mut record.operation_name, cursor.text()?, 3),
        "gen_ai.provider.name" => put(&mut record.provider_name, cursor.text()?, 4),
        "gen_ai.request.model" => put(&mut record.request_model, cursor.text()?, 5),
        "gen_ai.response.model" => put(&mut record.response_model, cursor.text()?, 6),
        "gen_ai.usage.input_tokens" => put(&mut record.input_tokens, cursor.whole()?, 7),
        "gen_ai.usage.output_tokens" => put(&mut record.output_tokens, cursor.whole()?, 8),
        "gen_ai.request.max_tokens" => put(&mut record.max_tokens, cursor.whole()?, 9),
        "gen_ai.request.temperature" => put(&mut record.temperature, cursor.decimal()?, 10),
        "inference_ms" => put(&mut record.inference_ms, cursor.decimal()?, 11),
        "retry_ms" => put(&mut record.retry_ms, cursor.decimal()?, 12),
        "retry_count" => put(&mut record.retry_count, u32::try_from(cursor.whole()?).ok()?, 13),
        "handler_ms" => put(&mut record.handler_ms, cursor.decimal()?, 14),
        "before_ms" => put(&mut record.before_ms, cursor.decimal()?, 15),
        "after_ms" => put(&mut record.after_ms, cursor.decimal()?, 16),
        "bedrock_latency_ms" => put(&mut record.bedrock_latency_ms, cursor.decimal()?, 17),
        "time_to_first_token_ms" => put(&mut record.time_to_first_token_ms, cursor.decimal()?, 18),
        "cold_start" => put(&mut record.cold_start, cursor.truth()?, 19),
        "initialization_type" => put(&mut record.initialization_type, cursor.text()?, 20),
        "streaming" => put(&mut record.streaming, cursor.truth()?, 21),
        "status" => {
            let status = match &*cursor.text()? {
                "ok" => CallStatus::Ok,
                "error" => CallStatus::Error,
                "throttled" => CallStatus::Throttled,
                "timeout" => CallStatus::Timeout,
                _ => return None,
            };
            put(&mut record.status, status, 22)
        }
        "error.type" => put(&mut record.error_type, cursor.text()?, 23),
        "bedrock_request_id" => put(&mut record.bedrock_request_id, cursor.text()?, 24),
        "api_gateway_request_id" => put(&mut record.api_gateway_request_id, cursor.text()?, 25),
        "prompt_length" => put(&mut record.prompt_length, cursor.whole()?, 26),
        "prompt_hash" => put(&mut record.prompt_hash, cursor.text()?, 27),
        _ => return None,
    };
    Some(number)
}

fn put<T>(slot: &mut Option<T>, value: T, number: u32) -> u32 {
    *slot = Some(value);
    number
}

/// What is left of the text.
struct Cursor<'a> {
    rest: &'a str,
    /// What stands around texts.
    quote: &'static str,
}

impl<'a> Cursor<'a> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.rest.as_bytes().first()?;
        // Nothing but ASCII is asked for.
        self.rest = self.rest.get(1..)?;
        Some(byte)
    }

    /// The text up to the next quote, which is taken off and must hold no escape and no control character.
    fn plain(&mut self) -> Option<&'a str> {
        let bytes = self.rest.as_bytes();
        let end = bytes
            .iter()
            .position(|&byte| byte == b'"' || byte == b'\\' || byte < b' ')?;
        let text = &self.rest[..end];
        self.rest = self.rest[end..].strip_prefix(self.quote)?;
        Some(text)
    }

    fn key(&mut self) -> Option<&'a str> {
        self.rest = self.rest.strip_prefix(self.quote)?;
        let key = self.plain()?;
        self.rest = self.rest.strip_prefix(':')?;
        Some(key)
    }

    fn text(&mut self) -> Option<Cow<'a, str>> {
        self.rest = self.rest.strip_prefix(self.quote)?;
        self.plain().map(Cow::Borrowed)
    }

    fn truth(&mut self) -> Option<bool> {
        let (value, rest) = match self.rest.strip_prefix("true") {
            Some(rest) => (true, rest),
            None => (false, self.rest.strip_prefix("false")?),
        };
        self.rest = rest;
        Some(value)
    }

    /// Digits as JSON has them: no zero before others.
    fn digits(&mut self, is_fraction: bool) -> Option<(u64, usize)> {
        let bytes = self.rest.as_bytes();
        let mut value = 0_u64;
        let mut length = 0;
        while let Some(digit) = bytes
            .get(length)
            .map(|byte| byte.wrapping_sub(b'0'))
            .filter(|digit| *digit < 10)
        {
            if length == MOST_DIGITS {
                return None;
            }
            value = value * 10 + u64::from(digit);
            length += 1;
        }
        let has_zeros = !is_fraction && length > 1 && bytes[0] == b'0';
        if length == 0 || has_zeros {
            return None;
        }
        self.rest = &self.rest[length..];
        Some((value, length))
    }

    fn whole(&mut self) -> Option<u64> {
        let (value, _) = self.digits(false)?;
        // A fraction or an exponent makes it no whole number, or one for a parser.
        self.is_at_end_of_value().then_some(value)
    }

    fn decimal(&mut self) -> Option<f64> {
        let (whole, length) = self.digits(false)?;
        let Some(rest) = self.rest.strip_prefix('.') else {
            return self.is_at_end_of_value().then_some(whole as f64);
        };
        self.rest = rest;
        let (fraction, decimals) = self.digits(true)?;
        if length + decimals > MOST_DIGITS || !self.is_at_end_of_value() {
            return None;
        }
        let scale = 10_u64.pow(u32::try_from(decimals).ok()?);
        // Both are exact, so the quotient is the double nearest to the number.
        Some((whole * scale + fraction) as f64 / scale as f64)
    }

    fn is_at_end_of_value(&self) -> bool {
        self.rest.starts_with([',', '}'])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RECORD: &str = "{\"schema\":\"latscope.timing/v1\",\"request_id\":\"558179a0-f0f1-45ac-bd74-e52800a09626\",\
        \"call_index\":0,\"start_offset_ms\":38.986,\"gen_ai.operation.name\":\"chat\",\"gen_ai.provider.name\":\"aws.bedrock\",\
        \"gen_ai.request.model\":\"anthropic.claude-3-haiku-20240307-v1:0\",\"gen_ai.response.model\":\"a\",\
        \"gen_ai.usage.input_tokens\":344,\"gen_ai.usage.output_tokens\":130,\"gen_ai.request.max_tokens\":512,\
        \"gen_ai.request.temperature\":0.2,\"inference_ms\":1451.975,\"retry_ms\":0.5,\"retry_count\":0,\"handler_ms\":1492.806,\
        \"before_ms\":38.986,\"after_ms\":1.845,\"bedrock_latency_ms\":1441.0,\"time_to_first_token_ms\":10,\"cold_start\":true,\
        \"initialization_type\":\"on-demand\",\"streaming\":false,\"status\":\"ok\",\"error.type\":\"É\",\
        \"bedrock_request_id\":\"ea4a4f32\",\"api_gateway_request_id\":\"63849446\",\"prompt_length\":1447,\
        \"prompt_hash\":\"28fd7fa2a3960377\"}";

    fn parsed(json: &str) -> Option<TimingRecord<'_>> {
        serde_json::from_str(json).ok()
    }

    #[test]
    fn a_record_of_every_field_is_read_here() {
        assert_eq!(read(RECORD), parsed(RECORD));
        assert!(read(RECORD).is_some());
        let line = format!("{RECORD}\n");
        assert_eq!(read(&line), parsed(RECORD));
        let escaped = serde_json::to_string(&line).unwrap();
        assert_eq!(read_escaped(&escaped[1..escaped.len() - 1]), parsed(RECORD));
        assert_eq!(read_escaped(RECORD), None);
    }

    #[test]
    fn what_a_parser_must_decide_is_left_to_it() {
        for (from, to) in [
            ("\"cold_start\"", "\"other\""),
            ("\"cold_start\"", "\"streaming\""),
            ("chat", "ch\\u0061t"),
            (":344,", ": 344,"),
            (":344,", ":344.0,"),
            (":344,", ":0344,"),
            (":344,", ":-344,"),
            (":344,", ":\"344\","),
            ("1451.975", "1451.97500000000001"),
            ("1451.975", "1.4e3"),
            ("\"ok\"", "\"fine\""),
            ("true", "null"),
            ("v1\"", "v2\""),
        ] {
            let changed = RECORD.replacen(from, to, 1);
            assert_ne!(changed, RECORD);
            assert_eq!(read(&changed), None, "{to}");
        }
        assert_eq!(read("{\"schema\":\"latscope.timing/v1\"}"), None);
        assert_eq!(read(&format!("{RECORD}}}")), None);
    }

    proptest! {
        /// Whatever becomes of a record, what is read here is what a parser reads.
        #[test]
        fn both_ways_agree(at in 0..RECORD.len(), length in 0_usize..12, with in "[\"\\\\{}:,.0-9a-zé \n\t-]{0,6}") {
            let Some((before, behind)) = RECORD.split_at_checked(at) else { return Ok(()) };
            let Some(behind) = behind.get(length.min(behind.len())..) else { return Ok(()) };
            let changed = format!("{before}{with}{behind}");
            if let Some(record) = read(&changed) {
                prop_assert_eq!(Some(record), parsed(&changed), "{}", changed);
            }
            let escaped = serde_json::to_string(&changed).unwrap();
            if let Some(record) = read_escaped(&escaped[1..escaped.len() - 1]) {
                prop_assert_eq!(Some(record), parsed(&changed), "{}", changed);
            }
            // What is taken for escaped may be anything.
            if let Some(record) = read_escaped(&changed) {
                let plain: String = serde_json::from_str(&format!("\"{changed}\"")).unwrap();
                prop_assert_eq!(Some(record), parsed(&plain), "{}", changed);
            }
        }

        #[test]
        fn numbers_are_read_as_a_parser_reads_them(whole in 0_u64..10_u64.pow(12), fraction in "[0-9]{1,6}") {
            let changed = RECORD.replacen("1451.975", &format!("{whole}.{fraction}"), 1);
            if let Some(record) = read(&changed) {
                prop_assert_eq!(Some(record), parsed(&changed));
            }
        }
    }
}
