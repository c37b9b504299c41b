//! GitHub's Markdown.

use super::page::{Block, Page, Prose, Span};
use super::table::{Align, Cell, Table};
use crate::vocab::visible;

/// A name from a log as a code span, in which nothing is markup.
pub(super) fn code(name: &str) -> String {
    let name = visible(name);
    if name.is_empty() {
        return "(empty)".to_owned();
    }
    let longest = name.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if longest == 0 {
        format!("{fence}{name}{fence}")
    } else {
        format!("{fence} {name} {fence}")
    }
}

/// Text that may hold names from logs, so that nothing in it is markup, a link or a mention.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in visible(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '@' => escaped.push_str("&#64;"),
            '#' => escaped.push_str("&#35;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => {
                escaped.push('\\');
                escaped.push(c);
            }
            _ => escaped.push(c),
        }
    }
    escaped.replace("://", ":&#47;/").replace("www.", "www&#46;")
}

/// `report.md`: a page, whole or in its short form.
pub(super) fn report_markdown(page: &Page, is_brief: bool) -> String {
    let mut text = format!("# {}\n", prose(&page.title));
    for section in page
        .sections
        .iter()
        .filter(|section| section.is_brief || !is_brief)
    {
        text.push_str(&format!("\n## {}\n{}", section.title, blocks(&section.blocks)));
    }
    text
}

/// Blocks below each other, an empty line before each.
pub(super) fn blocks(shown: &[Block]) -> String {
    let block = |block: &Block| match block {
        Block::Choice(ways) => ways.first().map_or_else(String::new, |way| blocks(&way.blocks)),
        Block::Text(text) => format!("\n{}\n", prose(text)),
        Block::Table(content) => format!("\n{}", table(content)),
        Block::Notes(lines) => {
            let lines: Vec<String> = lines.iter().map(prose).collect();
            format!("\n{}\n", lines.join("  \n"))
        }
        Block::List(items) => {
            let items = items.iter().map(|item| format!("- {}\n", prose(item)));
            format!("\n{}", items.collect::<String>())
        }
        Block::Figure { file, alt } => format!("\n![{}]({file})\n", escape(alt)),
    };
    shown.iter().map(block).collect()
}

/// A text with its names as code.
pub(super) fn prose(text: &Prose) -> String {
    let span = |span: &Span| match span {
        Span::Text(text) => escape(text),
        Span::Name { name } => code(name),
        Span::Strong { strong } => format!("**{}**", prose(strong)),
    };
    text.0.iter().map(span).collect()
}

/// A table.
pub(super) fn table(table: &Table) -> String {
    let mut lines = vec![line(table.columns.iter().map(|column| escape(&column.title)))];
    lines.push(line(table.columns.iter().map(|column| match column.align {
        Align::Left => ":--".to_owned(),
        Align::Right => "--:".to_owned(),
    })));
    for row in &table.rows {
        lines.push(line(row.iter().map(|cell| match cell {
            Cell::Text(text) => escape(text),
            // A table is split at pipes before code spans are seen.
            Cell::Name { name } => code(name).replace('|', "\\|"),
            Cell::Link { link, text } => format!("[{}](<{}>)", escape(text), address(link)),
            Cell::Empty => "–".to_owned(),
        })));
    }
    lines.concat()
}

/// An address in which nothing ends it or the cell that it is in.
fn address(link: &str) -> String {
    visible(link)
        .replace('<', "%3C")
        .replace('>', "%3E")
        .replace('|', "%7C")
        .replace(' ', "%20")
}

fn line(cells: impl Iterator<Item = String>) -> String {
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::table::{name, text};

    #[test]
    fn a_name_cannot_leave_its_cell_or_its_code_span() {
        let mut hostile = Table::new(1, &["model"]);
        hostile.row(vec![name("a|b`c``d\n<script>")]);
        hostile.row(vec![text("<b>@you #1 [x](http://y) www.z")]);
        assert_eq!(
            table(&hostile),
            "| model |\n| :-- |\n| ``` a\\|b`c``d\\u{a}<script> ``` |\n\
             | &lt;b&gt;&#64;you &#35;1 \\[x\\](http:&#47;/y) www&#46;z |\n"
        );
    }
}
