//! What a filter pattern of CloudWatch Logs selects, as AWS documents it: the page "Filter pattern syntax for metric
//! filters, subscription filters, filter log events, and Live Tail" of the CloudWatch Logs user guide and its parts
//! (docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html). Where it leaves the meaning of a
//! term open, the caller says how it is read.

#![allow(unreachable_pub)]

#[path = "filter_pattern/fields.rs"]
mod fields;
#[path = "filter_pattern/json.rs"]
mod json;
#[path = "filter_pattern/regex.rs"]
pub mod regex;
#[path = "filter_pattern/terms.rs"]
mod terms;

/// How a term of unstructured text is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Anywhere, as in an older edition of the guide, where `ERROR` matches `ERRORCODE` and `Exception`
    /// `IllegalArgumentException`.
    Substring,
    /// As a word, as the newer edition puts it: no letter, digit or underscore stands beside it.
    Word,
    /// As a word, where a dot or a dash between letters or digits belongs to the word too, as search engines have it.
    DottedWord,
}

/// All of them.
pub const READINGS: [Reading; 3] = [Reading::Substring, Reading::Word, Reading::DottedWord];

/// The longest pattern that FilterLogEvents takes.
const LIMIT: usize = 1024;

/// Whether a pattern selects a message.
///
/// # Errors
/// If AWS refuses the pattern, or does not say what it means.
pub fn selects(pattern: &str, message: &str, reading: Reading) -> Result<bool, String> {
    if pattern.chars().count() > LIMIT {
        return Err("longer than 1,024 characters".to_owned());
    }
    let pattern = pattern.trim();
    if pattern.starts_with('{') {
        return json::selects(inside(pattern, '}')?, message);
    }
    if pattern.starts_with('[') {
        return fields::selects(inside(pattern, ']')?, message);
    }
    if pattern.starts_with('%') {
        return Ok(regex::Regex::of_filter(inside(pattern, '%')?)?.is_found_in(message));
    }
    terms::selects(pattern, message, reading)
}

/// What stands between the first character and the last, which must be this one.
fn inside(pattern: &str, last: char) -> Result<&str, String> {
    pattern[1..]
        .strip_suffix(last)
        .ok_or_else(|| format!("the pattern does not end in {last}"))
}

/// A value to compare with, of JSON and of fields.
#[derive(Debug, Clone)]
enum Wanted {
    /// A text in which `*` stands for any text.
    Text(String),
    Regex(regex::Regex),
}

impl Wanted {
    /// A text in quotation marks, a regular expression between `%`, or a bare word.
    fn read(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Some(expression) = text.strip_prefix('%') {
            let expression = expression
                .strip_suffix('%')
                .ok_or("a regular expression without its end")?;
            return regex::Regex::of_filter(expression).map(Self::Regex);
        }
        if let Some(quoted) = text.strip_prefix('"') {
            let quoted = quoted.strip_suffix('"').ok_or("a text without its end")?;
            return Ok(Self::Text(quoted.to_owned()));
        }
        if text.is_empty() || text.contains(char::is_whitespace) {
            return Err(format!("{text:?} is no value"));
        }
        Ok(Self::Text(text.to_owned()))
    }

    /// Compares by one of the operators; numbers by their size where both sides are numbers.
    fn compare(&self, operator: &str, value: &str) -> Result<bool, String> {
        let equal = match self {
            Self::Regex(regex) => regex.is_found_in(value),
            Self::Text(text) => match (text.parse::<f64>(), value.parse::<f64>()) {
                (Ok(wanted), Ok(value)) if operator != "=" && operator != "!=" => {
                    return Ok(match operator {
                        "<" => value < wanted,
                        ">" => value > wanted,
                        "<=" => value <= wanted,
                        _ => value >= wanted,
                    });
                }
                (Ok(wanted), Ok(value)) => wanted == value,
                _ => is_like(value, text),
            },
        };
        match operator {
            "=" => Ok(equal),
            "!=" => Ok(!equal),
            _ => Ok(false),
        }
    }
}

/// Whether a value is a text in which `*` stands for any text.
fn is_like(value: &str, text: &str) -> bool {
    let Some((before, after)) = text.split_once('*') else {
        return value == text;
    };
    let Some(rest) = value.strip_prefix(before) else {
        return false;
    };
    (0..=rest.len())
        .filter(|&at| rest.is_char_boundary(at))
        .any(|at| is_like(&rest[at..], after))
}

/// The operators, those first that begin with another.
const OPERATORS: [&str; 6] = ["!=", "<=", ">=", "=", "<", ">"];

/// Where a text stands outside quotation marks, regular expressions and brackets.
fn find_outside(text: &str, wanted: &str) -> Option<usize> {
    let (mut closing, mut depth) = (None, 0_i32);
    for (at, c) in text.char_indices() {
        if let Some(end) = closing {
            if c == end {
                closing = None;
            }
            continue;
        }
        if depth == 0 && text[at..].starts_with(wanted) {
            return Some(at);
        }
        match c {
            '"' | '%' | '\'' => closing = Some(c),
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The parts between separators that stand outside quotation marks, regular expressions and brackets.
fn split_outside<'a>(mut text: &'a str, separator: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    while let Some(at) = find_outside(text, separator) {
        parts.push(text[..at].trim());
        text = &text[at + separator.len()..];
    }
    parts.push(text.trim());
    parts
}

mod examples {
    use super::*;

    /// Asserts of each message whether the pattern selects it, in every reading.
    #[track_caller]
    pub(super) fn check(pattern: &str, selected: &[&str], others: &[&str]) {
        for reading in READINGS {
            for message in selected {
                assert_eq!(
                    selects(pattern, message, reading),
                    Ok(true),
                    "{pattern} {message} {reading:?}"
                );
            }
            for message in others {
                assert_eq!(
                    selects(pattern, message, reading),
                    Ok(false),
                    "{pattern} {message} {reading:?}"
                );
            }
        }
    }

    const BAD_REQUEST: &str = "[ERROR 400] BAD REQUEST";
    const UNAUTHORIZED: &str = "[ERROR 401] UNAUTHORIZED REQUEST";
    const MISSING: &str = "[ERROR 419] MISSING ARGUMENTS";
    const INVALID: &str = "[ERROR 420] INVALID ARGUMENTS";

    #[test]
    fn terms() {
        check(
            "ERROR",
            &[BAD_REQUEST, UNAUTHORIZED, MISSING, INVALID],
            &["[error 400]"],
        );
        check(
            "ERROR ARGUMENTS",
            &[MISSING, INVALID],
            &[BAD_REQUEST, UNAUTHORIZED],
        );
        check(
            "?ERROR ?ARGUMENTS",
            &[BAD_REQUEST, MISSING, "ARGUMENTS ok"],
            &["[INFO] REQUEST FAILED"],
        );
        check(
            "\"INTERNAL SERVER ERROR\"",
            &["[ERROR 500] INTERNAL SERVER ERROR"],
            &["ERROR INTERNAL SERVER"],
        );
        check(
            "ERROR -ARGUMENTS",
            &[BAD_REQUEST, UNAUTHORIZED],
            &[MISSING, INVALID],
        );
        check("\" \"", &["anything"], &[]);
        check("", &["anything", ""], &[]);
        check(
            "?ERROR ?WARN",
            &["ERROR WARN message", "ERROR message", "WARN message"],
            &["message"],
        );
        check(
            "ERROR -WARN",
            &["ERROR message"],
            &["ERROR WARN message", "WARN message"],
        );
        check("-ERROR", &["WARN message"], &["ERROR message"]);
    }

    #[test]
    fn optional_terms_beside_others_count_for_nothing() {
        check(
            "?ERROR ?ARGUMENTS REQUEST",
            &[
                "[INFO] REQUEST FAILED",
                "[WARN] UNAUTHORIZED REQUEST",
                "[ERROR] 400 BAD REQUEST",
            ],
            &["[ERROR 419] MISSING ARGUMENTS"],
        );
    }

    #[test]
    fn readings_differ_inside_words() {
        for (pattern, message) in [
            ("ERROR", "Exiting with ERRORCODE: -1"),
            ("ERROR Exception", "[ERROR] Caught IllegalArgumentException"),
            ("AUTHORIZED", UNAUTHORIZED),
        ] {
            assert_eq!(selects(pattern, message, Reading::Substring), Ok(true));
            assert_eq!(selects(pattern, message, Reading::Word), Ok(false));
            assert_eq!(selects(pattern, message, Reading::DottedWord), Ok(false));
        }
        let dotted = r#"{"bedrock.took":1}"#;
        assert_eq!(selects("took", dotted, Reading::Word), Ok(true));
        assert_eq!(selects("took", dotted, Reading::DottedWord), Ok(false));
    }

    #[test]
    fn what_aws_refuses() {
        for pattern in ["a.b", "\"a", "?", "{ $.a = 1", "[a, b", "%a!%", "%(a)%", "%é%"] {
            assert!(selects(pattern, "a", Reading::Word).is_err(), "{pattern}");
        }
        assert!(selects(&"k".repeat(1025), "k", Reading::Word).is_err());
        check(&"k".repeat(1024), &[], &["k"]);
    }

    #[test]
    fn regular_expressions() {
        check(
            "%AUTHORIZED%",
            &[UNAUTHORIZED, "[SUCCESS 200] AUTHORIZED REQUEST"],
            &[BAD_REQUEST],
        );
        check("%^[hc]at%", &["hat", "cats"], &["the hat"]);
        check("%[hc]at$%", &["the hat", "cat"], &["hats"]);
        check("%colou?r%", &["color", "colour"], &["colouur"]);
        check("%[abcx-z]%", &["b", "y"], &["d"]);
        check("%^a{3,5}$%", &["aaa", "aaaaa"], &["aa", "aaaaaa"]);
        check(
            "%^starting|^initializing|^shutting down%",
            &["starting up", "initializing", "shutting down"],
            &["skipping initializing"],
        );
        check("%abcc|ab[^c]$%", &["abcc 1", "aba"], &["aac"]);
        check(r"%\[.\]%", &["[a]", "[]]", "[ ]"], &["[]"]);
        check(r"%10\.10\.0\.1%", &["10.10.0.1"], &["10010,051"]);
        check("%10.10.0.1%", &["10010,051"], &[]);
        check("%ab*c%", &["ac", "abc", "abbbc"], &["ab"]);
        check("%ab+c%", &["abc", "abbbc"], &["ac"]);
        check("%.at%", &["hat", "#at", " at"], &["at"]);
        check(r"%^\d\D\s\S\w\W$%", &["1a x_!"], &["aa x_!", "1a x__"]);
        check(r"%\x3A\x28%", &["a:("], &["a;("]);
    }
}
