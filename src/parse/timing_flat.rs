//! Our own timing record as our own handler writes it, read without a JSON parser.
//!
//! Whatever is not exactly that goes to `serde_json`: another key, a key twice, a value of another type, white space, an
//! escape, a number of more digits than a double holds exactly. So what is read here is what the parser would have read,
//! which a test and a fuzz target hold.

use std::borrow::Cow;

use latscope_schema::{CallStatus, SCHEMA, TimingRecord};

use super::flat_values::Cursor;

/// Reads a record of our own schema into one that is empty, as it is or, where it `IS_ESCAPED`, as it stands inside a JSON text
/// with a backslash before every quote. `None` if it is to be read by a parser; then `record` holds nothing of use.
#[inline]
pub(super) fn read<'a, const IS_ESCAPED: bool>(json: &'a str, record: &mut TimingRecord<'a>) -> Option<()> {
    let rest = json.strip_prefix('{')?;
    let mut cursor = Cursor::<IS_ESCAPED> { rest };
    let is_written = begins_with_key::<IS_ESCAPED>(0, cursor.rest).is_some();
    if !is_written && key(&cursor, 0, &SORTED).is_none() {
        return None;
    }
    let mut seen = 0;
    let is_whole = is_written && read_in_order(record, &mut cursor, &mut seen)?;
    if !is_whole {
        let order = if is_written { &WRITTEN } else { &SORTED };
        read_in_any_order(record, &mut cursor, seen, order)?;
    }
    cursor.is_end_of_line().then_some(())
}

/// The keys by their numbers, what tells one, and how a record of them all is read.
macro_rules! keys {
    ($($number:literal => $key:literal,)*) => {
        /// The keys, in the order in which our handler writes them.
        const KEYS: [&str; [$($number),*].len()] = [$($key),*];

        /// What stands behind the key of this number with its quotes and its colon, if the text begins with it. Where the
        /// number is known, to compare is no call.
        #[inline(always)]
        fn begins_with_key<const IS_ESCAPED: bool>(number: usize, text: &str) -> Option<&str> {
            match (IS_ESCAPED, number) {
                $((true, $number) => text.strip_prefix(concat!("\\\"", $key, "\\\":")),)*
                $((false, $number) => text.strip_prefix(concat!("\"", $key, "\":")),)*
                _ => None,
            }
        }

        /// Reads fields in the order in which our handler writes them, and whether the object ends with the last of these.
        /// `None` if it is to be read by a parser.
        fn read_in_order<'a, const IS_ESCAPED: bool>(
            record: &mut TimingRecord<'a>,
            cursor: &mut Cursor<'a, IS_ESCAPED>,
            seen: &mut u32,
        ) -> Option<bool> {
            $(
                if let Some(value) = begins_with_key::<IS_ESCAPED>($number, cursor.rest) {
                    cursor.rest = value;
                    *seen |= 1 << $number;
                    field($number, record, cursor)?;
                    if cursor.ends_object()? {
                        return is_told(*seen).then_some(true);
                    }
                }
            )*
            Some(false)
        }
    };
}

/// Whether schema and request id were among the fields.
fn is_told(seen: u32) -> bool {
    seen & 0b11 == 0b11
}

keys! {
    0 => "schema",
    1 => "request_id",
    2 => "call_index",
    3 => "start_offset_ms",
    4 => "gen_ai.operation.name",
    5 => "gen_ai.provider.name",
    6 => "gen_ai.request.model",
    7 => "gen_ai.response.model",
    8 => "gen_ai.usage.input_tokens",
    9 => "gen_ai.usage.output_tokens",
    10 => "gen_ai.request.max_tokens",
    11 => "gen_ai.request.temperature",
    12 => "inference_ms",
    13 => "retry_ms",
    14 => "retry_count",
    15 => "handler_ms",
    16 => "before_ms",
    17 => "after_ms",
    18 => "bedrock_latency_ms",
    19 => "time_to_first_token_ms",
    20 => "cold_start",
    21 => "initialization_type",
    22 => "streaming",
    23 => "status",
    24 => "error.type",
    25 => "bedrock_request_id",
    26 => "api_gateway_request_id",
    27 => "prompt_length",
    28 => "prompt_hash",
    29 => "client_request_id",
}

/// Keys whose values are asked for where nothing but times is kept of a call.
const OF_TIMES: [&str; 13] = [
    "request_id",
    "call_index",
    "start_offset_ms",
    "gen_ai.request.model",
    "gen_ai.response.model",
    "inference_ms",
    "retry_ms",
    "cold_start",
    "initialization_type",
    "status",
    "error.type",
    "bedrock_request_id",
    "client_request_id",
];

/// Whether the key of this number is among those whose values are asked for where nothing but times is kept of a call.
pub(super) fn is_of_times(number: usize) -> bool {
    KEYS.get(number).is_some_and(|key| OF_TIMES.contains(key))
}

/// Numbers of keys in an order in which they may come.
type Order = [usize; KEYS.len()];

/// As our handler writes them.
pub(super) const WRITTEN: Order = {
    let mut order = [0; KEYS.len()];
    let mut place = 0;
    while place < order.len() {
        order[place] = place;
        place += 1;
    }
    order
};

/// By the alphabet, as in a store.
const SORTED: Order = [
    17, 26, 18, 25, 16, 2, 29, 20, 24, 4, 5, 10, 6, 11, 7, 8, 9, 15, 12, 21, 28, 27, 1, 14, 13, 0, 3, 23, 22,
    19,
];

/// Reads what fields are left, in whatever order. `None` if they are to be read by a parser.
#[cold]
fn read_in_any_order<'a, const IS_ESCAPED: bool>(
    record: &mut TimingRecord<'a>,
    cursor: &mut Cursor<'a, IS_ESCAPED>,
    mut seen: u32,
    order: &Order,
) -> Option<()> {
    let mut next = 0;
    loop {
        let (place, value) = key(cursor, next, order)?;
        cursor.rest = value;
        let number = order[place];
        let bit = 1_u32 << number;
        if seen & bit != 0 {
            return None;
        }
        seen |= bit;
        next = place + 1;
        field(number, record, cursor)?;
        if cursor.ends_object()? {
            return is_told(seen).then_some(());
        }
    }
}

/// The place in the order of the key that stands here, and what is behind it. It is likely to be this one or one behind it.
pub(super) fn key<'a, const IS_ESCAPED: bool>(
    cursor: &Cursor<'a, IS_ESCAPED>,
    likely: usize,
    order: &Order,
) -> Option<(usize, &'a str)> {
    let quote = Cursor::<IS_ESCAPED>::QUOTE;
    let text = cursor.rest.strip_prefix(quote)?;
    let first = text.as_bytes().first()?;
    (likely..order.len()).chain(0..likely).find_map(|place| {
        let key = KEYS[order[place]];
        // Most of the others begin with another letter.
        if key.as_bytes()[0] != *first {
            return None;
        }
        let value = text.strip_prefix(key)?.strip_prefix(quote)?.strip_prefix(':')?;
        Some((place, value))
    })
}

/// Puts the text of the key of this number into a record.
#[inline(always)]
pub(super) fn put_text<'a>(number: usize, record: &mut TimingRecord<'a>, text: &'a str) -> Option<()> {
    let text = Cow::Borrowed(text);
    match number {
        1 => record.request_id = text,
        4 => record.operation_name = Some(text),
        5 => record.provider_name = Some(text),
        6 => record.request_model = Some(text),
        7 => record.response_model = Some(text),
        21 => record.initialization_type = Some(text),
        24 => record.error_type = Some(text),
        25 => record.bedrock_request_id = Some(text),
        26 => record.api_gateway_request_id = Some(text),
        28 => record.prompt_hash = Some(text),
        29 => record.client_request_id = Some(text),
        _ => return None,
    }
    Some(())
}

/// What a value may be.
pub(super) enum Kind {
    /// Any text.
    Text,
    /// Any whole number that is read here.
    Whole,
    /// Any number.
    Decimal,
    /// What has fewer values.
    Other,
}

/// What the value of the key of this number may be.
pub(super) fn kind_of(number: usize) -> Kind {
    match number {
        8..=10 | 27 => Kind::Whole,
        3 | 11..=13 | 15..=19 => Kind::Decimal,
        number if put_text(number, &mut TimingRecord::new(""), "").is_some() => Kind::Text,
        _ => Kind::Other,
    }
}

/// Reads the value of the key of this number.
#[inline(always)]
pub(super) fn field<'a, const IS_ESCAPED: bool>(
    number: usize,
    record: &mut TimingRecord<'a>,
    cursor: &mut Cursor<'a, IS_ESCAPED>,
) -> Option<()> {
    match number {
        0 => record.schema = Cow::Borrowed(cursor.text().filter(|schema| *schema == SCHEMA)?),
        2 => record.call_index = u32::try_from(cursor.whole()?).ok()?,
        3 => record.start_offset_ms = Some(cursor.decimal()?),
        8 => record.input_tokens = Some(cursor.whole()?),
        9 => record.output_tokens = Some(cursor.whole()?),
        10 => record.max_tokens = Some(cursor.whole()?),
        11 => record.temperature = Some(cursor.decimal()?),
        12 => record.inference_ms = Some(cursor.decimal()?),
        13 => record.retry_ms = Some(cursor.decimal()?),
        14 => record.retry_count = Some(u32::try_from(cursor.whole()?).ok()?),
        15 => record.handler_ms = Some(cursor.decimal()?),
        16 => record.before_ms = Some(cursor.decimal()?),
        17 => record.after_ms = Some(cursor.decimal()?),
        18 => record.bedrock_latency_ms = Some(cursor.decimal()?),
        19 => record.time_to_first_token_ms = Some(cursor.decimal()?),
        20 => record.cold_start = Some(cursor.truth()?),
        22 => record.streaming = Some(cursor.truth()?),
        23 => {
            record.status = Some(match cursor.text()? {
                "ok" => CallStatus::Ok,
                "error" => CallStatus::Error,
                "throttled" => CallStatus::Throttled,
                "timeout" => CallStatus::Timeout,
                _ => return None,
            });
        }
        27 => record.prompt_length = Some(cursor.whole()?),
        number => put_text(number, record, cursor.text()?)?,
    }
    Some(())
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(in crate::parse) const RECORD: &str = "{\"schema\":\"latscope.timing/v1\",\"request_id\":\"558179a0-f0f1-45ac-bd74-e52800a09626\",\
        \"call_index\":0,\"start_offset_ms\":38.986,\"gen_ai.operation.name\":\"chat\",\"gen_ai.provider.name\":\"aws.bedrock\",\
        \"gen_ai.request.model\":\"anthropic.claude-3-haiku-20240307-v1:0\",\"gen_ai.response.model\":\"a\",\
        \"gen_ai.usage.input_tokens\":344,\"gen_ai.usage.output_tokens\":130,\"gen_ai.request.max_tokens\":512,\
        \"gen_ai.request.temperature\":0.2,\"inference_ms\":1451.975,\"retry_ms\":0.5,\"retry_count\":0,\"handler_ms\":1492.806,\
        \"before_ms\":38.986,\"after_ms\":1.845,\"bedrock_latency_ms\":1441.0,\"time_to_first_token_ms\":10,\"cold_start\":true,\
        \"initialization_type\":\"on-demand\",\"streaming\":false,\"status\":\"ok\",\"error.type\":\"É\",\
        \"bedrock_request_id\":\"ea4a4f32\",\"api_gateway_request_id\":\"63849446\",\"prompt_length\":1447,\
        \"prompt_hash\":\"28fd7fa2a3960377\",\"client_request_id\":\"20261126T100000-9f2c41aa-17\"}";

    fn read(json: &str) -> Option<TimingRecord<'_>> {
        let mut record = TimingRecord::new("");
        super::read::<false>(json, &mut record).map(|()| record)
    }

    fn read_escaped(json: &str) -> Option<TimingRecord<'_>> {
        let mut record = TimingRecord::new("");
        super::read::<true>(json, &mut record).map(|()| record)
    }

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
    fn keys_may_come_by_the_alphabet() {
        let sorted: Vec<&str> = SORTED.map(|number| KEYS[number]).to_vec();
        assert!(sorted.is_sorted() && WRITTEN.iter().all(|number| SORTED.contains(number)));
        let value: serde_json::Value = serde_json::from_str(RECORD).unwrap();
        let text = value.to_string();
        assert!(!text.starts_with("{\"schema"));
        assert_eq!(read(&text), parsed(RECORD));
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
        // A form feed is no white space of JSON.
        assert_eq!(read(&format!("{RECORD}\u{c}")), None);
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
            // What is damaged may be the text around the record.
            let escaped = serde_json::to_string(RECORD).unwrap();
            let escaped = &escaped[1..escaped.len() - 1];
            let Some((before, behind)) = escaped.split_at_checked(at) else { return Ok(()) };
            let changed = format!("{before}{with}{}", behind.get(length.min(behind.len())..).unwrap_or(""));
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
