//! What stands before each event of a text file.
//!
//! ```text
//! 2026-11-20T09:00:00.123Z MESSAGE                             export to S3, aws logs tail --format short
//! 2026-11-20T09:00:00.123000+00:00 STREAM MESSAGE              aws logs tail
//! STREAM 2026-11-20T09:00:00.123000 MESSAGE                    sam logs
//! GROUP STREAM   [TIME] [INGESTION TIME] MESSAGE               awslogs
//!  2026-11-20T01:00:00.123-08:00[      NAME] MESSAGE           pulumi logs
//! NAME-1  | MESSAGE                                            docker compose logs
//! ```

use std::borrow::Cow;

use crate::vocab::{Minute, Timestamp};

/// One word before the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// A time and a blank.
    Time,
    /// A log stream and blanks.
    Stream,
    /// A log group and a blank.
    Group,
    /// A time and a name in brackets, with a blank before and after.
    TimeAndName,
    /// The name of a container and a bar.
    Container,
    /// A word that can only be a log group or a log stream, by where it stands.
    AnyGroup,
    /// See [`Part::AnyGroup`].
    AnyStream,
}

/// The words before each message of a file, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::source) struct Layout(Vec<Part>);

/// What the words before a message say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Prefix<'a> {
    pub(super) at: Option<Timestamp>,
    pub(super) stream: Option<&'a str>,
    pub(super) group: Option<&'a str>,
}

/// What begins the platform's own lines.
pub(super) const PLATFORM_STARTS: [&str; 11] = [
    "REPORT RequestId:",
    "START RequestId:",
    "END RequestId:",
    "INIT_START ",
    "INIT_REPORT ",
    "RESTORE_START ",
    "RESTORE_REPORT ",
    // As the Serverless Framework prints them.
    "REPORT - ",
    "START - ",
    "END - ",
    "END Duration: ",
];

impl Layout {
    /// Names of the words, for people.
    pub(in crate::source) fn names(&self) -> Vec<&'static str> {
        let name = |part: &Part| match part {
            Part::Time => "time",
            Part::Stream | Part::AnyStream => "stream",
            Part::Group | Part::AnyGroup => "group",
            Part::TimeAndName => "time and name",
            Part::Container => "container",
        };
        self.0.iter().map(name).collect()
    }

    /// Whether nothing tells one event from the next.
    pub(in crate::source) fn is_bare(&self) -> bool {
        self.0.iter().all(|part| *part == Part::Container)
    }

    /// Whether a time is all that stands before each message.
    pub(super) fn is_time_alone(&self) -> bool {
        *self.0 == [Part::Time]
    }

    /// Splits a line into what stands before the message and the message. `None` if the line lacks
    /// any of it.
    pub(super) fn split<'a>(&self, line: &'a str) -> Option<(Prefix<'a>, &'a str)> {
        let mut prefix = Prefix::default();
        let mut rest = line;
        for part in &self.0 {
            rest = part.take(rest, &mut prefix)?;
        }
        Some((prefix, rest))
    }
}

impl<'a> Prefix<'a> {
    /// All words that stand before a message, whatever they are, and the message.
    pub(super) fn all_of(line: &'a str) -> (Self, &'a str) {
        let (parts, _) = Part::all_of(line);
        Layout(parts).split(line).unwrap_or((Self::default(), line))
    }
}

impl Part {
    const ALL: [Self; 5] = [
        Self::TimeAndName,
        Self::Time,
        Self::Stream,
        Self::Container,
        Self::Group,
    ];

    /// Takes this word off the beginning of a line.
    fn take<'a>(self, line: &'a str, prefix: &mut Prefix<'a>) -> Option<&'a str> {
        match self {
            Self::Time => {
                let (time, rest) = split_time(line)?;
                // The first of several is the event's own, the second that of its ingestion.
                prefix.at = prefix.at.or(Some(time));
                Some(rest)
            }
            Self::Stream => {
                let (word, rest) = split_word(line);
                let padded = rest.trim_start_matches(' ');
                // A stream is padded only behind its group; elsewhere blanks begin the message.
                let rest = if prefix.group.is_some() { padded } else { rest };
                prefix.stream = Some(word).filter(|word| is_stream_name(word));
                prefix.stream.map(|_| rest)
            }
            Self::Group => {
                let (word, rest) = split_word(line);
                let (next, _) = split_word(rest);
                prefix.group = Some(word).filter(|_| is_stream_name(next));
                prefix.group.map(|_| rest)
            }
            Self::AnyGroup => {
                let (word, rest) = split_word(line);
                prefix.group = Some(word).filter(|word| word.starts_with('/'));
                prefix.group.map(|_| rest)
            }
            Self::AnyStream => {
                let (word, rest) = split_word(line);
                prefix.stream = Some(word).filter(|word| !word.is_empty());
                let padded = rest.trim_start_matches(' ');
                prefix
                    .stream
                    .map(|_| if prefix.group.is_some() { padded } else { rest })
            }
            Self::TimeAndName => {
                let (time, rest) = line.strip_prefix(' ').unwrap_or(line).split_once('[')?;
                let (name, rest) = rest.split_once(']')?;
                let is_name = !name.trim().is_empty() && !name.trim().contains(char::is_whitespace);
                prefix.at = Some(time).filter(|_| is_name).and_then(Timestamp::parse);
                prefix.at.map(|_| rest.strip_prefix(' ').unwrap_or(rest))
            }
            Self::Container => {
                let (name, rest) = line.split_once('|')?;
                let word = name.trim_end();
                let is_name = !word.is_empty()
                    && name.ends_with(' ')
                    && word
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
                is_name.then(|| rest.strip_prefix(' ').unwrap_or(rest))
            }
        }
    }

    /// The words at the beginning of a line, as many as there are.
    fn all_of(line: &str) -> (Vec<Self>, &str) {
        let (mut parts, mut rest, mut prefix) = (Vec::new(), line, Prefix::default());
        while let Some((part, after)) = Self::ALL
            .iter()
            .filter(|part| **part == Self::Time || !parts.contains(*part))
            .find_map(|part| Some((*part, part.take(rest, &mut prefix)?)))
        {
            if after.len() == rest.len() || parts.len() == Self::ALL.len() {
                break;
            }
            parts.push(part);
            rest = after;
        }
        (parts, rest)
    }
}

fn split_word(line: &str) -> (&str, &str) {
    line.split_once([' ', '\t']).unwrap_or((line, ""))
}

/// A log stream of Lambda: `YYYY/MM/DD/`, and the version in brackets.
fn is_stream_name(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.len() > 12
        && bytes[4] == b'/'
        && bytes[7] == b'/'
        && bytes[10] == b'/'
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && word.contains(']')
}

/// Splits `<ISO time> <message>` at its single blank, or `<epoch milliseconds><tab><message>`, as `--output text` of
/// chosen columns has it. The message may be empty.
fn split_time(line: &str) -> Option<(Timestamp, &str)> {
    if let Some((millis, rest)) = line
        .split_at_checked(13)
        .filter(|_| line.as_bytes()[0].is_ascii_digit())
        && let Some(rest) = rest.strip_prefix('\t')
        && let Ok(millis) = millis.parse()
    {
        return Some((Timestamp::from_epoch_millis(millis), rest));
    }
    // The shortest time is `2026-03-04T01:39:17`; a look at two bytes spares most lines the rest.
    let bytes = line.as_bytes();
    if bytes.len() < 19 || bytes[4] != b'-' || !matches!(bytes[10], b'T' | b' ') {
        return None;
    }
    // Where its blank stands in the usual one, so that it need not be searched for.
    if bytes.get(24) == Some(&b' ')
        && bytes[23] == b'Z'
        && let Some((time, rest)) = line.split_at_checked(24)
        && let Some(at) = Timestamp::parse_usual(time.as_bytes())
    {
        return Some((at, &rest[1..]));
    }
    let end = line[11..].find(' ').map_or(line.len(), |at| at + 11);
    let at = Timestamp::parse(&line[..end])?;
    Some((at, line[end..].strip_prefix(' ').unwrap_or("")))
}

/// As [`split_time`], of a usual time.
#[inline]
pub(super) fn split_usual_time<'a>(line: &'a str, minute: &mut Minute) -> Option<(Timestamp, &'a str)> {
    // The blank is a byte of its own, so that characters end before and behind it.
    let (time, message) = (line.as_bytes().first_chunk()?, line.get(25..)?);
    (line.as_bytes()[24] == b' ')
        .then(|| minute.read(time))
        .flatten()
        .map(|at| (at, message))
}

/// Where the platform's own words begin in a line, if they do.
fn platform_start(line: &str) -> Option<usize> {
    let text = PLATFORM_STARTS.iter().filter_map(|start| line.find(start)).min();
    let json = || {
        let is_json = line.contains("\"platform.") || line.contains("\"ModelInvocationLog\"");
        is_json.then(|| line.find('{')).flatten()
    };
    text.or_else(json)
}

/// Recognises the layout from the first block of a file: by what stands before the platform's own
/// lines, else by what most lines have.
pub(in crate::source) fn layout(block: &str) -> Layout {
    let mut votes: Vec<(Vec<Part>, usize)> = Vec::new();
    let mut lines = 0_usize;
    // The words of the line before, if it has no message behind them.
    let mut lone: Vec<Part> = Vec::new();
    for line in block.lines().filter(|line| !line.trim().is_empty()) {
        let line = without_colours(line);
        let (parts, rest) = Part::all_of(&line);
        let start = platform_start(&line);
        // JSON is printed below them, and a copy from the console has the time of an event above it.
        if !lone.is_empty() && (line.starts_with('{') || start == Some(0)) {
            return Layout(lone);
        }
        let consumed = line.len() - rest.len();
        if let Some(before) = start.and_then(|start| line.get(consumed..start))
            && let Some(layout) = before_message(&line, &parts, before)
        {
            return layout;
        }
        // Pretty-printed JSON begins behind them.
        if !parts.is_empty() && rest == "{" {
            return Layout(parts);
        }
        lone = match before_message(&line, &parts, rest) {
            Some(layout) => layout.0,
            None => Vec::new(),
        };
        lines += 1;
        match votes.iter_mut().find(|(known, _)| *known == parts) {
            Some((_, count)) => *count += 1,
            None => votes.push((parts, 1)),
        }
    }
    votes
        .into_iter()
        .find(|(_, count)| count * 2 > lines)
        .map_or_else(Layout::default, |(parts, _)| Layout(parts))
}

/// The layout of a line whose message begins behind the words that are known and `before`: nothing, or the names of
/// a group and a stream that were chosen freely, as tools print them.
fn before_message(line: &str, parts: &[Part], before: &str) -> Option<Layout> {
    let words: Vec<&str> = before.split(' ').filter(|word| !word.is_empty()).collect();
    let is_cli_time = parts == [Part::Time] && split_word(line).0.ends_with("+00:00");
    let more: &[Part] = match words.as_slice() {
        [] => &[],
        [_] if is_cli_time && before.ends_with(' ') => &[Part::AnyStream],
        [group, _] if parts.is_empty() && group.starts_with('/') && before.ends_with(' ') => {
            &[Part::AnyGroup, Part::AnyStream]
        }
        _ => return None,
    };
    Some(Layout([parts, more].concat()))
}

/// The line without the escape sequences of terminal colours.
pub(in crate::source) fn without_colours(line: &str) -> Cow<'_, str> {
    if memchr::memchr(0x1b, line.as_bytes()).is_none() {
        return Cow::Borrowed(line);
    }
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        let digits = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        rest = digits.strip_prefix('m').unwrap_or(after);
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "2026/11/20/[$LATEST]0123456789abcdef0123456789abcdef";

    fn split(line: &str) -> (String, Option<String>, Option<String>, String) {
        let layout = layout(line);
        let line = without_colours(line).into_owned();
        let (prefix, message) = layout.split(&line).unwrap();
        (
            prefix.at.map(|at| at.to_string()).unwrap_or_default(),
            prefix.stream.map(str::to_owned),
            prefix.group.map(str::to_owned),
            message.to_owned(),
        )
    }

    #[test]
    fn every_way_of_printing_events_is_taken_apart() {
        let message = "END RequestId: 8f507cfc-xmpl-4697-b07a-ac58fc914c95";
        let (time, stream, group) = (
            "2026-11-20T09:00:00.123Z".to_owned(),
            Some(STREAM.to_owned()),
            Some("/aws/lambda/chat".to_owned()),
        );
        let whole = |at: &str, stream: &Option<String>, group: &Option<String>| {
            (at.to_owned(), stream.clone(), group.clone(), message.to_owned())
        };
        for (line, expected) in [
            (
                format!("2026-11-20T09:00:00.123Z {message}"),
                whole(&time, &None, &None),
            ),
            (
                format!("2026-11-20 09:00:00.123 {message}"),
                whole(&time, &None, &None),
            ),
            (
                format!("2026-11-20T09:00:00 {message}"),
                whole("2026-11-20T09:00:00.000Z", &None, &None),
            ),
            (
                format!("2026-11-20T09:00:00.123000+00:00 {STREAM} {message}"),
                whole(&time, &stream, &None),
            ),
            (
                format!(
                    "\u{1b}[32m2026-11-20T09:00:00.123000+00:00\u{1b}[0m \u{1b}[36m{STREAM}\u{1b}[0m {message}"
                ),
                whole(&time, &stream, &None),
            ),
            (
                format!("{STREAM} 2026-11-20T09:00:00.123000 {message}"),
                whole(&time, &stream, &None),
            ),
            (
                format!("/aws/lambda/chat {STREAM}    {message}"),
                whole("", &stream, &group),
            ),
            (
                format!(
                    "/aws/lambda/chat {STREAM} 2026-11-20T09:00:00.123Z 2026-11-20T09:00:05.000Z {message}"
                ),
                whole(&time, &stream, &group),
            ),
            (
                format!(" 2026-11-20T01:00:00.123-08:00[   chat-0a1b2c3] {message}"),
                whole(&time, &None, &None),
            ),
            (format!("lambda-1  | {message}"), whole("", &None, &None)),
            (
                format!("lambda-1  | 2026-11-20T09:00:00.123456789Z {message}"),
                whole(&time, &None, &None),
            ),
            (message.to_owned(), whole("", &None, &None)),
        ] {
            assert_eq!(split(&line), expected, "{line:?}");
        }
    }

    #[test]
    fn words_that_stand_there_by_chance_do_not_make_a_layout() {
        let bare = "2026-11-20T09:00:00.123Z 8f507cfc Task timed out after 3.00 seconds\nEND RequestId: a\n";
        assert_eq!(layout(bare), Layout::default());
        let text = "one | two\nthree\nfour\n";
        assert_eq!(layout(text), Layout::default());
    }

    #[test]
    fn a_copy_from_the_console_has_its_time_on_a_line_of_its_own() {
        let text = "2026-11-20T09:00:00.123Z\n{\"time\":\"…\",\"type\":\"platform.start\"}\n";
        assert_eq!(layout(text), Layout(vec![Part::Time]));
    }

    #[test]
    fn colours_are_taken_off_and_other_escapes_stay() {
        assert_eq!(
            without_colours("\u{1b}[1;31mred\u{1b}[0m \u{1b}[2K x \u{1b}"),
            "red 2K x \u{1b}"
        );
    }
}
