//! What must hold of what is kept of any message.

use std::mem::discriminant;

use latscope::parse::{Lifecycle, Parsed, Record, Reduced};
use serde_json::Value;

use crate::parser;

/// Takes out of a message what may be stored, which must lose no record, and nothing more the second time.
pub(crate) fn check_reduction(message: &str) {
    let parsed = parser().parse(message);
    let reduced = parser().reduce(message);
    let (Reduced::Record(kept) | Reduced::Rejected(kept)) = &reduced else {
        assert!(
            means_nothing(&parsed),
            "nothing is kept of {message:?}: {parsed:?}"
        );
        return;
    };
    assert_eq!(parser().reduce(kept), reduced, "reduced once more: {message:?}");
    let read = parser().parse(kept);
    match (&parsed, &read) {
        (Parsed::Record(record), Parsed::Record(read)) => {
            assert_eq!(discriminant(record), discriminant(read), "{message:?} {kept:?}");
            // What may be prose gives way.
            let is_of_platform = matches!(record, Record::Report(_) | Record::Lifecycle(_));
            let is_kept = |record: &Value| is_plain(record) && !(is_of_platform && has_odd_word(record));
            if serde_json::to_value(record).is_ok_and(|record| is_kept(&record)) {
                assert_eq!(record, read, "{message:?} {kept:?}");
            }
        }
        // A log of Bedrock's whose ids may be prose.
        (Parsed::Record(Record::Bedrock(call)), Parsed::Rejected(_)) => {
            let ids = [call.request_id.as_ref(), call.model_as_logged.as_ref()];
            assert!(!ids.iter().all(|id| is_word(id)), "{message:?} {kept:?}");
        }
        (Parsed::Rejected(reason), Parsed::Rejected(read)) => {
            // In a marker of its own an application can say anything.
            let is_marker = message.contains("latscope.rejected/v1");
            assert!(is_marker || reason == read, "{message:?} {kept:?}");
        }
        _ => panic!("{message:?} is kept as {kept:?}, which reads as {read:?} instead of {parsed:?}"),
    }
}

/// Whether of a message nothing may be kept.
fn means_nothing(parsed: &Parsed) -> bool {
    match parsed {
        Parsed::Record(Record::Lifecycle(lifecycle)) => matches!(lifecycle.line, Lifecycle::Other),
        Parsed::Record(_) | Parsed::Rejected(_) => false,
        Parsed::Ignored => true,
    }
}

/// Whether no text in a record may be prose.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::String(text) => is_word(text),
        Value::Array(items) => items.iter().all(is_plain),
        Value::Object(members) => members.values().all(is_plain),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

/// Whether a record of the platform's holds a word that the platform would not write there.
fn has_odd_word(value: &Value) -> bool {
    let Value::Object(members) = value else {
        return false;
    };
    members.iter().any(|(key, value)| match value.as_str() {
        Some(text) => match key.as_str() {
            "version" | "function_version" => {
                text != "$LATEST" && !text.bytes().all(|byte| byte.is_ascii_digit())
            }
            "function_arn" | "runtime_arn" => !text.starts_with("arn:"),
            "error_type" => !is_platform_error(text),
            "initialization_type" => !text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
            _ => false,
        },
        None => has_odd_word(value),
    })
}

/// `Runtime.ExitError` and the like.
fn is_platform_error(text: &str) -> bool {
    let Some((family, name)) = text.split_once('.') else {
        return false;
    };
    let is_alphanumeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    matches!(family, "Runtime" | "Sandbox" | "Function" | "Extension")
        && name.starts_with(|first: char| first.is_ascii_uppercase())
        && is_alphanumeric(name)
}

/// Stricter than the parser, so that what it withholds is never taken for plain.
fn is_word(text: &str) -> bool {
    let is_of_word = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:/".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(is_of_word)
}
