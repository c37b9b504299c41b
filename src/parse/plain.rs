//! Which texts of a log cannot be prose, and JSON written from nothing else.

use std::borrow::Cow;

use crate::vocab::{Micros, RequestId, Timestamp};

/// The most bytes of a word, and of a time or number as a log wrote it.
pub(super) const LONGEST_WORD: usize = 64;

/// The most bytes of an ARN.
const LONGEST_ARN: usize = 512;

/// The most digits of a hash: those of SHA-512.
const LONGEST_HASH: usize = 128;

/// What stands for a request id that may be prose: it identifies nothing.
pub(super) const NO_ID: &str = "***";

/// The text, if it is one word as names, ids, ARNs and hashes are: no white space, and nothing that
/// only prose needs.
pub(super) fn word(text: &str) -> Option<&str> {
    let is_hash = || {
        let digits = text.split_once(':').map_or(text, |(_, digits)| digits);
        text.len() <= LONGEST_HASH + LONGEST_WORD
            && digits.len() <= LONGEST_HASH
            && text.len() - digits.len() <= LONGEST_WORD
            && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let is_short = text.len() <= LONGEST_WORD || (text.starts_with("arn:") && text.len() <= LONGEST_ARN);
    let is_plain = !text.is_empty() && text.bytes().all(is_of_word);
    (is_plain && (is_short || is_hash())).then_some(text)
}

/// The sign `=` ends ids in base64, as API Gateway's are; `*` hides a part of an id or an account.
fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._:/@+-$[]#=*".contains(&byte)
}

/// What stands for the type of an error that may be prose.
pub(super) const WITHHELD: &str = "withheld";

/// The version of a function, if it is one: `$LATEST`, `$LATEST.PUBLISHED` or a number.
pub(super) fn version(text: &str) -> Option<&str> {
    let is_number = text.len() <= LONGEST_WORD && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_version = matches!(text, "$LATEST" | "$LATEST.PUBLISHED") || (is_number && !text.is_empty());
    is_version.then_some(text)
}

/// The type of an error as the platform names it, such as `Runtime.ExitError` or `Sandbox.Timedout`; else what stands
/// for it.
pub(super) fn platform_error(text: &str) -> &str {
    let is_name = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_uppercase())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let mut parts = text.split('.');
    // `Runtime`, `Sandbox`, `Function`, `Extension`, and whatever comes next.
    let is_family = |part: &str| is_name(part) && part.bytes().skip(1).all(|byte| byte.is_ascii_lowercase());
    let is_type = parts.next().is_some_and(is_family) && text.contains('.') && parts.all(is_name);
    match is_type && word(text).is_some() {
        true => text,
        false => WITHHELD,
    }
}

/// An ARN, if the text may be one.
pub(super) fn arn(text: &str) -> Option<&str> {
    word(text).filter(|text| text.starts_with("arn:"))
}

/// How an environment came to be, in small letters and dashes: `on-demand`, `provisioned-concurrency`.
pub(super) fn initialization_type(text: &str) -> Option<&str> {
    let is_of_it = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
    word(text).filter(|text| text.bytes().all(is_of_it))
}

/// An id of a trace: digits of a hash and dashes.
pub(super) fn trace_id(text: &str) -> Option<&str> {
    let is_of_id = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    word(text).filter(|text| text.bytes().all(is_of_id))
}

/// The id as text. One that may be prose becomes one that identifies nothing.
pub(super) fn request_id(id: &RequestId) -> Cow<'_, str> {
    match id {
        RequestId::Uuid(_) => id.to_string().into(),
        RequestId::Other(text) => plain_id(text).into(),
    }
}

fn plain_id(text: &str) -> &str {
    // Of a redacted id.
    let hides = |c: char| matches!(c, '<' | '>' | '…');
    let is_id = |c: char| hides(c) || u8::try_from(c).is_ok_and(is_of_word);
    match text.len() <= LONGEST_WORD && text.chars().all(is_id) {
        true => text,
        false => NO_ID,
    }
}

/// The text of an id under a key that may hold another's.
pub(super) fn id_text(text: &str) -> Cow<'_, str> {
    match RequestId::parse(text) {
        Some(RequestId::Uuid(_)) => text.into(),
        _ => plain_id(text).into(),
    }
}

/// A time as the log wrote it, if it is one.
pub(super) fn time(text: &str) -> Option<Cow<'_, str>> {
    let at = Timestamp::parse(text)?;
    match text.len() <= LONGEST_WORD {
        true => Some(text.into()),
        false => time_text(at).map(Into::into),
    }
}

/// A time as a text that reads back.
pub(super) fn time_text(at: Timestamp) -> Option<String> {
    Some(at.to_string()).filter(|text| Timestamp::parse(text) == Some(at))
}

/// Milliseconds as JSON has them, exactly.
pub(super) fn millis(duration: Micros) -> String {
    let text = thousandths(duration);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Milliseconds as Lambda's text prints them: in hundredths, or in thousandths where there are any.
pub(super) fn printed_millis(duration: Micros) -> String {
    let text = thousandths(duration);
    text.strip_suffix('0').unwrap_or(&text).to_owned()
}

fn thousandths(duration: Micros) -> String {
    let micros = duration.as_micros();
    format!("{}.{:03}", micros / 1000, micros % 1000)
}

/// A JSON object that is being written.
#[derive(Debug, Default)]
pub(super) struct Object(String);

impl Object {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A member whose value is JSON already.
    pub(super) fn json(&mut self, key: &str, value: &str) -> &mut Self {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        self.0.push_str(&quoted(key));
        self.0.push(':');
        self.0.push_str(value);
        self
    }

    /// A member that is a text.
    pub(super) fn text(&mut self, key: &str, value: &str) -> &mut Self {
        self.json(key, &quoted(value))
    }

    /// A member that is a name, left out where it may be prose.
    pub(super) fn word(&mut self, key: &str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value.and_then(word) {
            self.text(key, value);
        }
        self
    }

    /// A member that is a duration in milliseconds.
    pub(super) fn millis(&mut self, key: &str, value: Option<Micros>) -> &mut Self {
        if let Some(value) = value {
            self.json(key, &millis(value));
        }
        self
    }

    /// A member that is a whole number.
    pub(super) fn count(&mut self, key: &str, value: Option<u64>) -> &mut Self {
        if let Some(value) = value {
            self.json(key, &value.to_string());
        }
        self
    }

    pub(super) fn finish(&mut self) -> String {
        match self.0.is_empty() {
            true => "{}".to_owned(),
            false => std::mem::take(&mut self.0) + "}",
        }
    }
}

/// A text as JSON.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_ids_and_hashes_are_words_and_prose_is_none() {
        let hash = format!("sha256:{}", "0123456789abcdef".repeat(4));
        let arn = format!("arn:aws:bedrock:eu-west-1:123456789012:{}", "a/".repeat(100));
        for text in [
            "$LATEST",
            "us.amazon.nova-lite-v1:0",
            "JKJaXmPLvHcESHA=",
            &hash,
            &arn,
        ] {
            assert_eq!(word(text), Some(text));
        }
        let long = "a".repeat(65).replace('a', "go");
        for text in [
            "",
            "the user's own words",
            "wörter",
            "a\tb",
            "what?",
            "\"quoted\"",
            &long,
        ] {
            assert_eq!(word(text), None, "{text}");
        }
    }

    #[test]
    fn words_of_the_platform_have_forms_of_their_own() {
        for text in ["$LATEST", "$LATEST.PUBLISHED", "17"] {
            assert_eq!(version(text), Some(text));
        }
        for text in ["", "PLANTED", "$LATEST1", "1.0"] {
            assert_eq!(version(text), None, "{text}");
        }
        for text in [
            "Runtime.ExitError",
            "Sandbox.Timedout",
            "Function.Error",
            "Runtime.Unknown",
        ] {
            assert_eq!(platform_error(text), text);
        }
        for text in [
            "",
            "PLANTED",
            "Planted",
            "PLANTED.Word",
            "Runtime.",
            ".Runtime",
            "Runtime.planted",
            "Runtime.a-b",
        ] {
            assert_eq!(platform_error(text), WITHHELD, "{text}");
        }
        assert_eq!(
            arn("arn:aws:lambda:eu-west-1::runtime:0a"),
            Some("arn:aws:lambda:eu-west-1::runtime:0a")
        );
        assert_eq!(arn("PLANTED"), None);
        assert_eq!(
            initialization_type("provisioned-concurrency"),
            Some("provisioned-concurrency")
        );
        assert_eq!(initialization_type("PLANTED"), None);
        assert_eq!(trace_id("1-5f0c2b1a-00000000"), Some("1-5f0c2b1a-00000000"));
        assert_eq!(trace_id("PLANTED"), None);
    }

    #[test]
    fn an_id_that_may_be_prose_identifies_nothing() {
        for text in [
            "***",
            "<requestId>",
            "req-1",
            "79b5e81f-9cdd-4145-b1f6-7c50ef8a2a36",
        ] {
            assert_eq!(id_text(text), text);
        }
        for text in ["the user's own words", "r\"1", "模型"] {
            assert_eq!(id_text(text), NO_ID);
        }
    }

    #[test]
    fn milliseconds_are_written_exactly() {
        for (micros, json, printed) in [
            (1_233_960, "1233.96", "1233.96"),
            (3_000, "3", "3.00"),
            (8_401, "8.401", "8.401"),
            (0, "0", "0.00"),
        ] {
            let duration = Micros::from_micros(micros);
            assert_eq!(millis(duration), json);
            assert_eq!(printed_millis(duration), printed);
        }
    }
}
