//! A page before any dialect: sections of paragraphs, tables, lists and figures. It is part of `report.json`, and every
//! form of a report is made of it.

use serde::{Deserialize, Serialize};

use super::table::Table;
use crate::vocab::visible;

/// A page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    pub(super) title: Prose,
    pub(super) sections: Vec<Section>,
}

/// A part of a page under a title of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Section {
    pub(super) title: String,
    /// Whether it belongs to the short form.
    pub(super) is_brief: bool,
    pub(super) blocks: Vec<Block>,
}

/// What stands below each other in a section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Block {
    /// A paragraph.
    Text(Prose),
    /// A table.
    Table(Table),
    /// What a reader must know of the table before, a line each.
    Notes(Vec<Prose>),
    /// A list.
    List(Vec<Prose>),
    /// A figure: its file beside the page, and what it finds.
    Figure { file: String, alt: String },
    /// The same in several ways, the first of which stands for all where one cannot choose.
    Choice(Vec<Way>),
}

/// One way of showing something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Way {
    pub(super) label: String,
    pub(super) blocks: Vec<Block>,
}

/// Text with names from logs and what is to stand out in it, not yet escaped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Prose(pub(super) Vec<Span>);

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Span {
    /// As it is.
    Text(String),
    /// A name from a log.
    Name { name: String },
    /// What stands out.
    Strong { strong: Prose },
}

/// Marks in a text that is put together: where a name begins and ends, and where what stands out does. Names have none
/// of them, for no control character of theirs is left.
const NAME: [char; 2] = ['\u{1}', '\u{2}'];
const STRONG: [char; 2] = ['\u{3}', '\u{4}'];

/// A name from a log, to stand in a text that becomes [`Prose::marked`].
pub(super) fn marked_name(name: &str) -> String {
    format!("{}{}{}", NAME[0], visible(name), NAME[1])
}

/// What stands out in a text that becomes [`Prose::marked`].
pub(super) fn marked_strong(text: &str) -> String {
    format!("{}{text}{}", STRONG[0], STRONG[1])
}

impl Prose {
    /// A text in which names and what stands out are marked.
    pub(super) fn marked(text: &str) -> Self {
        let mut spans = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find([NAME[0], STRONG[0]]) {
            let (before, after) = rest.split_at(at);
            push_text(&mut spans, before);
            let is_name = after.starts_with(NAME[0]);
            let [begin, end] = if is_name { NAME } else { STRONG };
            let inner = &after[begin.len_utf8()..];
            let (inner, after) = inner.split_once(end).unwrap_or((inner, ""));
            spans.push(match is_name {
                true => Span::Name {
                    name: inner.to_owned(),
                },
                false => Span::Strong {
                    strong: Self::marked(inner),
                },
            });
            rest = after;
        }
        push_text(&mut spans, rest);
        Self(spans)
    }

    /// The text without what it looks like, inert.
    pub(super) fn plain(&self) -> String {
        let span = |span: &Span| match span {
            Span::Text(text) => visible(text),
            Span::Name { name } => visible(name),
            Span::Strong { strong } => strong.plain(),
        };
        self.0.iter().map(span).collect()
    }

    /// A name from a log alone.
    pub(super) fn name(name: &str) -> Self {
        Self(vec![Span::Name {
            name: name.to_owned(),
        }])
    }
}

fn push_text(spans: &mut Vec<Span>, text: &str) {
    if !text.is_empty() {
        spans.push(Span::Text(text.to_owned()));
    }
}

impl From<String> for Prose {
    /// Text without names that would be shown as such.
    fn from(text: String) -> Self {
        Self(vec![Span::Text(text)])
    }
}

impl From<&str> for Prose {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl Section {
    pub(super) fn new(title: &str, blocks: Vec<Block>) -> Self {
        Self {
            title: title.to_owned(),
            is_brief: false,
            blocks,
        }
    }
}

/// A paragraph.
pub(super) fn paragraph(text: impl Into<Prose>) -> Block {
    Block::Text(text.into())
}

/// Notes below a table, nothing where there are none.
pub(super) fn notes(lines: impl IntoIterator<Item = impl Into<Prose>>) -> Option<Block> {
    let lines: Vec<Prose> = lines.into_iter().map(Into::into).collect();
    (!lines.is_empty()).then_some(Block::Notes(lines))
}

/// A table and the notes below it.
pub(super) fn noted_table(table: Table, lines: impl IntoIterator<Item = impl Into<Prose>>) -> Vec<Block> {
    [Some(Block::Table(table)), notes(lines)]
        .into_iter()
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_what_stands_out_are_told_from_text() {
        let text = format!(
            "a {} {}.",
            marked_name("x\u{1}y"),
            marked_strong(&format!("b {}", marked_name("z")))
        );
        let name = |name: &str| Span::Name {
            name: name.to_owned(),
        };
        let plain = |text: &str| Span::Text(text.to_owned());
        let prose = Prose(vec![
            plain("a "),
            name("x\\u{1}y"),
            plain(" "),
            Span::Strong {
                strong: Prose(vec![plain("b "), name("z")]),
            },
            plain("."),
        ]);
        assert_eq!(Prose::marked(&text), prose);
        let json = serde_json::to_string(&prose).unwrap();
        assert_eq!(
            json,
            r#"["a ",{"name":"x\\u{1}y"}," ",{"strong":["b ",{"name":"z"}]},"."]"#
        );
        assert_eq!(serde_json::from_str::<Prose>(&json).unwrap(), prose);
        assert_eq!(Prose::marked("a\u{1}b"), Prose(vec![plain("a"), name("b")]));
    }
}
