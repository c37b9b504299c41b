//! GitHub's Markdown.

use super::page::{Block, Page, Prose, Span};
use super::table::{Align, Cell, Table, is_folder};
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

/// `report.md`: a page, whole or in its short form, which has no figures: where it is put they do not lie beside it.
pub(super) fn report_markdown(page: &Page, is_brief: bool) -> String {
    let mut text = format!("# {}\n", prose(&page.title));
    for section in page
        .sections
        .iter()
        .filter(|section| section.is_brief || !is_brief)
    {
        let is_shown = |block: &&Block| !is_brief || !matches!(block, Block::Figure { .. });
        let shown = blocks(section.blocks.iter().filter(is_shown));
        text.push_str(&format!("\n## {}\n{shown}", escape(&section.title)));
    }
    text
}

/// Blocks below each other, an empty line before each.
pub(super) fn blocks<'b>(shown: impl IntoIterator<Item = &'b Block>) -> String {
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
        Block::Figure { file, alt } if is_plain(file) => format!("\n![{}]({file})\n", escape(alt)),
        Block::Figure { .. } => String::new(),
    };
    shown.into_iter().map(block).collect()
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
            Cell::Report { name, report } => {
                let name = code(name).replace('|', "\\|");
                match is_folder(report) {
                    true => format!("[{name}]({report}/report.md)"),
                    false => name,
                }
            }
            Cell::Link { link, text } if link.starts_with("https://") => {
                format!("[{}](<{}>)", escape(text), address(link))
            }
            Cell::Link { text, .. } => escape(text),
            Cell::Empty => "–".to_owned(),
        })));
    }
    lines.concat()
}

/// Whether a file name is one that latscope gives, beside the page: a report.json may have been written by anybody.
fn is_plain(file: &str) -> bool {
    let is_of_names = |c: char| c.is_ascii_lowercase() || matches!(c, '-' | '.');
    !file.starts_with('.') && file.ends_with(".svg") && file.chars().all(is_of_names)
}

/// An address in which nothing ends it or the cell that it is in.
fn address(link: &str) -> String {
    visible(link)
        .replace('\\', "%5C")
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
    use crate::render::page::Section;
    use crate::render::table::{name, text};

    #[test]
    fn a_page_that_somebody_else_wrote_does_not_act() {
        let figure = |file: &str| Block::Figure {
            file: file.to_owned(),
            alt: "[x](y)".to_owned(),
        };
        let mut links = Table::new(1, &["a"]);
        for link in ["javascript:alert(1)", "https://e/\\> x"] {
            links.row(vec![Cell::Link {
                link: link.to_owned(),
                text: "t".to_owned(),
            }]);
        }
        let blocks = vec![
            figure("https://e/t.png"),
            figure("a.svg) ![x](b"),
            figure("ecdf.svg"),
            Block::Table(links),
        ];
        let page = Page {
            title: Prose::from("# <b>"),
            sections: vec![Section::new("[x](javascript:1)\n# @you", blocks)],
        };
        assert_eq!(
            report_markdown(&page, false),
            "# &#35; &lt;b&gt;\n\n## \\[x\\](javascript:1)\\\\u{a}&#35; &#64;you\n\n![\\[x\\](y)](ecdf.svg)\n\n| a |\n| :-- |\n| t |\n\
             | [t](<https://e/%5C%3E%20x>) |\n"
        );
    }

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
