//! The `Label: value` fields of the platform's text lines.
//!
//! Lambda writes a tab between fields. Terminals, consoles and exports turn it into one blank,
//! several, a line break or nothing at all, and the runtime emulator orders the fields otherwise,
//! so a field is told by its whole label and ends with its value. `Duration` is thus never found
//! inside `Billed Duration`.

use crate::vocab::{Micros, ParseMicrosError};

/// One field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field<'a> {
    /// The whole label, without its colon.
    pub(super) label: &'a str,
    /// Its value.
    pub(super) value: Value<'a>,
}

/// The value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// A number with a unit.
    Quantity {
        /// The digits as printed.
        number: &'a str,
        /// What follows after white space: `ms` or `MB`.
        unit: &'a str,
    },
    /// Anything else.
    Word(&'a str),
}

impl Value<'_> {
    /// The value as a duration in milliseconds.
    pub(super) fn millis(self) -> Result<Micros, &'static str> {
        match self {
            Self::Quantity { number, unit: "ms" } => {
                Micros::parse_millis(number).map_err(|error| match error {
                    ParseMicrosError::NotANumber => "is not a number of milliseconds",
                    ParseMicrosError::TooLarge => "is too large to be a duration",
                })
            }
            Self::Quantity { .. } => Err("is not in ms"),
            Self::Word(_) => Err("is not a number of milliseconds"),
        }
    }

    /// The value as whole megabytes.
    pub(super) fn megabytes(self) -> Result<u32, &'static str> {
        match self {
            Self::Quantity { number, unit: "MB" } => {
                number.parse().map_err(|_| "is not a whole number of megabytes")
            }
            _ => Err("is not a whole number of megabytes"),
        }
    }

    /// The value as a word; a quantity is none.
    pub(super) fn word(self) -> Option<String> {
        match self {
            Self::Word(word) if !word.is_empty() => Some(word.to_owned()),
            _ => None,
        }
    }
}

/// Why reading stopped before the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The text ends inside a field, or with an ellipsis.
    CutOff,
    /// Something stands there that is no field.
    NotAField,
}

/// Reads fields one after another.
pub(super) struct Fields<'a> {
    rest: &'a str,
    has_tabs: bool,
}

impl<'a> Fields<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            rest: text,
            has_tabs: text.contains('\t'),
        }
    }

    /// The next field, `None` at the end.
    pub(super) fn next_field(&mut self) -> Option<Result<Field<'a>, Stop>> {
        self.rest = self.rest.trim_start();
        if self.rest.is_empty() {
            return None;
        }
        let field = self.read_field();
        if field.is_err() {
            self.rest = "";
        }
        Some(field)
    }

    fn read_field(&mut self) -> Result<Field<'a>, Stop> {
        if starts_with_ellipsis(self.rest) {
            return Err(Stop::CutOff);
        }
        let label_end = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != ' ' && c != '-');
        let Some(label_end) = label_end else {
            // The beginning of a label is a cut; with a number in it, it is some other text.
            let has_number = self.rest.contains(|c: char| c.is_ascii_digit());
            return Err(if has_number { Stop::NotAField } else { Stop::CutOff });
        };
        let (label, after) = self.rest.split_at(label_end);
        if !label.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(Stop::NotAField);
        }
        let Some(after) = after.strip_prefix(':') else {
            // `Init Dur...` is a label cut short, `Duration 5 ms` is no field at all.
            return Err(if starts_with_ellipsis(after) {
                Stop::CutOff
            } else {
                Stop::NotAField
            });
        };
        let after = after.trim_start_matches(|c: char| c.is_whitespace() && c != '\t' && c != '\n');
        let (value, rest) = if is_identifier(label) || !after.starts_with(|c: char| c.is_ascii_digit()) {
            self.word(label, after)?
        } else if is_quantity(label) {
            quantity(after)?
        } else {
            // A field that is not known may print any number.
            quantity(after).or_else(|_| self.word(label, after))?
        };
        self.rest = rest;
        Ok(Field { label, value })
    }

    fn word(&self, label: &str, after: &'a str) -> Result<(Value<'a>, &'a str), Stop> {
        let end = if matches!(label, "Status" | "Phase") {
            // Their words are in lower case, so that `errorError Type` can be told apart where the
            // tab is lost.
            after
                .find(|c: char| !c.is_ascii_lowercase() && c != '-')
                .unwrap_or(after.len())
        } else if self.has_tabs && !is_identifier(label) && label != "Error Type" {
            after.find(['\t', '\n']).unwrap_or(after.len())
        } else {
            end_of_word(after)
        };
        let (word, rest) = after.split_at(end);
        let is_last = rest.trim().is_empty() || starts_with_ellipsis(rest);
        let is_cut_word = match label {
            "Status" => STATUSES
                .iter()
                .any(|&known| known != word && known.starts_with(word)),
            _ => word.is_empty(),
        };
        let ends_in_ellipsis = !is_identifier(label) && (word.ends_with("...") || word.ends_with('…'));
        if (is_last && is_cut_word) || ends_in_ellipsis {
            return Err(Stop::CutOff);
        }
        Ok((Value::Word(word.trim_end()), rest))
    }
}

/// The platform's words for how something ended.
const STATUSES: [&str; 4] = ["success", "failure", "error", "timeout"];

fn starts_with_ellipsis(text: &str) -> bool {
    text.starts_with("...") || text.starts_with('…')
}

/// Where a word ends: at white space, or where the tab is lost at one of the labels that can follow
/// a word.
fn end_of_word(text: &str) -> usize {
    let word = text.split(char::is_whitespace).next().unwrap_or(text);
    ["XRAY", "SegmentId:", "Sampled:"]
        .iter()
        .find_map(|next| word.strip_suffix(next))
        .unwrap_or(word)
        .len()
}

/// Labels whose values are numbers with a unit and nothing else.
fn is_quantity(label: &str) -> bool {
    label.ends_with("Duration") || matches!(label, "Memory Size" | "Max Memory Used")
}

/// Labels whose values are words even where they begin with a digit.
fn is_identifier(label: &str) -> bool {
    matches!(label, "XRAY TraceId" | "SegmentId" | "Sampled" | "RequestId")
}

/// A number, white space and a unit. `40000ms` without white space is not Lambda's.
fn quantity(text: &str) -> Result<(Value<'_>, &str), Stop> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .ok_or(Stop::CutOff)?;
    let (number, after) = text.split_at(end);
    if number.ends_with("...") {
        return Err(Stop::CutOff);
    }
    let unit = after.trim_start();
    if starts_with_ellipsis(unit) || matches!(unit, "" | "m" | "M") {
        return Err(Stop::CutOff);
    }
    let has_gap = unit.len() < after.len();
    match unit.get(..2) {
        Some(name @ ("ms" | "MB")) if has_gap => Ok((Value::Quantity { number, unit: name }, &unit[2..])),
        _ => Err(Stop::NotAField),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Result<(String, String), Stop>> {
        let mut fields = Fields::new(text);
        let mut read = Vec::new();
        while let Some(field) = fields.next_field() {
            read.push(field.map(|field| {
                let value = match field.value {
                    Value::Quantity { number, unit } => format!("{number}|{unit}"),
                    Value::Word(word) => word.to_owned(),
                };
                (field.label.to_owned(), value)
            }));
        }
        read
    }

    fn field(label: &str, value: &str) -> Result<(String, String), Stop> {
        Ok((label.to_owned(), value.to_owned()))
    }

    #[test]
    fn fields_end_with_their_value_whatever_stands_between() {
        let expected = vec![
            field("Duration", "124.29|ms"),
            field("Billed Duration", "390|ms"),
            field("Memory Size", "512|MB"),
            field("Status", "error"),
            field("Error Type", "Runtime.Unknown"),
        ];
        for gap in ["\t", " ", "    ", "\n", "\u{a0}", " \t", ""] {
            let text = [
                "Duration: 124.29 ms",
                "Billed Duration: 390 ms",
                "Memory Size: 512 MB",
                "Status: error",
                "Error Type: Runtime.Unknown",
            ]
            .join(gap);
            assert_eq!(read(&text), expected, "{gap:?}");
        }
    }

    #[test]
    fn a_label_not_known_is_read_whole() {
        assert_eq!(
            read("Queuing Duration: 5 ms\tNew Thing: two words\tDuration: 1.00 ms"),
            [
                field("Queuing Duration", "5|ms"),
                field("New Thing", "two words"),
                field("Duration", "1.00|ms")
            ]
        );
    }

    #[test]
    fn a_cut_is_told_from_text_that_is_no_field() {
        for cut in [
            "Init Dur",
            "Init Duration:",
            "Init Duration: 4",
            "Init Duration: 4 ",
            "Init Duration: 4 m",
            "...",
            "Init Dur...",
            "…",
            "Status: tim",
        ] {
            assert_eq!(read(cut), [Err(Stop::CutOff)], "{cut:?}");
        }
        for other in [
            "Duration: 40000ms",
            "Duration 5 ms",
            "12",
            "Duration: 5 seconds",
            "{}",
        ] {
            assert_eq!(read(other), [Err(Stop::NotAField)], "{other:?}");
        }
    }
}
