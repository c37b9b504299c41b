//! Text for a terminal: what stands out, and what fits its width.

use console::measure_text_width;

/// A terminal is taken for no narrower than this many columns.
const NARROWEST: usize = 20;

/// What continues a line begins with this.
const INDENT: &str = "  ";

/// How text is shown. By default plainly: no escape sequences, no bars, and lines as long as they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether escape sequences may be written. Colour never carries a meaning of its own.
    pub is_coloured: bool,
    /// The columns of a terminal that shows block characters: bars are drawn, and lines fit into so many columns.
    pub columns: Option<usize>,
}

impl Style {
    /// Text that stands out.
    pub(super) fn strong(self, text: &str) -> String {
        if self.is_coloured {
            format!("\u{1b}[1m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// Text that stands back.
    pub(super) fn faint(self, text: &str) -> String {
        if self.is_coloured {
            format!("\u{1b}[2m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// How many columns lines have to fit into, if any.
    pub(super) fn width(self) -> Option<usize> {
        self.columns.map(|columns| columns.max(NARROWEST))
    }

    /// The text with lines that are too long continued on the next. A single word that is too long, such as a path, stays
    /// whole, so that it can be copied; so does a line that begins with a blank, for it is a table's.
    pub fn wrapped(self, text: &str) -> String {
        let Some(width) = self.width() else {
            return text.to_owned();
        };
        let lines = text.split('\n').map(|line| match line.starts_with(' ') {
            true => line.to_owned(),
            false => wrap(line, width, INDENT),
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// A line as lines of at most so many columns, those after the first indented if their first word has room.
pub(super) fn wrap(line: &str, width: usize, indent: &str) -> String {
    if measure_text_width(line) <= width {
        return line.to_owned();
    }
    let (mut wrapped, mut filled) = (String::new(), 0);
    for (number, word) in words(line).into_iter().enumerate() {
        let columns = measure_text_width(word);
        if number > 0 && filled + 1 + columns > width {
            wrapped.push('\n');
            filled = measure_text_width(indent);
            match filled + columns <= width {
                true => wrapped.push_str(indent),
                false => filled = 0,
            }
        } else if number > 0 {
            wrapped.push(' ');
            filled += 1;
        }
        wrapped.push_str(word);
        filled += columns;
    }
    wrapped
}

/// The words of a line. A number keeps its unit, and what it is a bound of.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut begin = 0;
    for (at, _) in line.match_indices(' ') {
        let rest = &line[at + 1..];
        let is_unit = ["%", "ms"].iter().any(|unit| {
            rest.strip_prefix(unit)
                .is_some_and(|after| !after.starts_with(char::is_alphanumeric))
        });
        let is_bound = line[..at].ends_with(['≥', '≤']);
        if !is_unit && !is_bound {
            words.push(&line[begin..at]);
            begin = at + 1;
        }
    }
    words.push(&line[begin..]);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_too_long_are_continued_between_words() {
        let style = Style {
            columns: Some(24),
            ..Style::default()
        };
        for (text, shown) in [
            ("short\nlines stay\n", "short\nlines stay\n"),
            (
                "p95 of total time is 1,559 ms with 95 % of it\n",
                "p95 of total time is\n  1,559 ms with 95 % of\n  it\n",
            ),
            (
                "Wrote reports/claude-3-haiku-vs-nova-lite/report.md so",
                "Wrote\nreports/claude-3-haiku-vs-nova-lite/report.md\n  so",
            ),
            (
                "                   a table's row",
                "                   a table's row",
            ),
            // Two columns each.
            ("時間時間時間 時間時間時間 x", "時間時間時間\n  時間時間時間 x"),
        ] {
            assert_eq!(style.wrapped(text), shown);
        }
        let long = "a line as long as it is, where there is no terminal";
        assert_eq!(Style::default().wrapped(long), long);
    }

    #[test]
    fn escape_sequences_have_no_width() {
        let style = Style {
            is_coloured: true,
            columns: Some(20),
        };
        let text = style.strong("twenty columns, full");
        assert_eq!(style.wrapped(&text), text);
    }
}
