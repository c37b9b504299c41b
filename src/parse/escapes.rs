//! White space of platform lines that was saved as something else: as the two characters `\t` or
//! `\n`, once or twice escaped, where a JSON text was pasted as it stood; and as U+00A0, where a
//! web page was copied.

use std::borrow::Cow;

/// How the platform's text lines begin. Lines of an application may begin so too, and then
/// nothing is lost: only the platform's readers see the resolved text.
pub(super) const STARTS: [&str; 9] = [
    "REPORT",
    "START",
    "END",
    "INIT_",
    "RESTORE_",
    "RequestId:",
    "EXTENSION",
    "LOGS",
    "TELEMETRY",
];

/// The line with its white space restored, if it begins like one of the platform's.
pub(super) fn resolved(line: &str) -> Cow<'_, str> {
    let is_platform = line.starts_with(|c: char| c.is_ascii_uppercase())
        && STARTS.iter().any(|start| line.starts_with(start));
    // The first byte of U+00A0 begins other characters too, which then stay as they are.
    if !is_platform || memchr::memchr2(b'\\', 0xc2, line.as_bytes()).is_none() {
        return Cow::Borrowed(line);
    }
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(['\\', '\u{a0}']) {
        let (before, after) = rest.split_at(at);
        text.push_str(before);
        if let Some(after) = after.strip_prefix('\u{a0}') {
            text.push(' ');
            rest = after;
            continue;
        }
        rest = after.trim_start_matches('\\');
        match rest.chars().next().and_then(white_space) {
            Some(white) => {
                text.push(white);
                rest = &rest[1..];
            }
            None => text.push_str(&after[..after.len() - rest.len()]),
        }
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// What a letter behind backslashes stands for.
fn white_space(letter: char) -> Option<char> {
    match letter {
        't' => Some('\t'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        _ => None,
    }
}

/// The text without white space at its end, be it real or escaped.
pub(super) fn trim_end(text: &str) -> &str {
    let mut text = text.trim_end();
    while let Some(bare) = text
        .strip_suffix(|letter: char| white_space(letter).is_some())
        .filter(|bare| bare.ends_with('\\'))
    {
        text = bare.trim_end_matches('\\').trim_end();
    }
    text
}

/// A message as it stands inside a JSON text.
#[cfg(test)]
pub(super) fn escaped(message: &str) -> String {
    let json = serde_json::to_string(message).unwrap();
    json[1..json.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_backslashes_makes_one_character() {
        assert_eq!(resolved(r"REPORT a\tb\\nc\\\\td"), "REPORT a\tb\nc\td");
        assert_eq!(resolved("END\u{a0}a\u{a0}\\q\\"), "END a \\q\\");
    }

    #[test]
    fn other_lines_stay_as_they_are() {
        let line = r"2031-03-04T05:06:07.961Z\tREPORT\n";
        assert!(matches!(resolved(line), Cow::Borrowed(text) if text == line));
    }

    #[test]
    fn an_escaped_end_is_cut_off() {
        for text in [r"3.00 seconds\n\n", "3.00 seconds\\\\n \\t\n", "3.00 seconds"] {
            assert_eq!(trim_end(text), "3.00 seconds");
        }
        assert_eq!(trim_end("then"), "then");
    }
}
