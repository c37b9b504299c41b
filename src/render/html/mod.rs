//! `report.html`: one file that loads nothing. Without scripts everything is there; with them tables sort, the figures of the
//! answer can be chosen, and a slider reads the curves.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::page::{Block, Page, Prose, Section, Span, Way};
use super::table::{Align, Cell, Table, is_folder};
use crate::comparison::drawn::QuantileCurves;
use crate::vocab::visible;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The page as HTML. `svg` gives the text of a figure by its file name.
///
/// Its Content-Security-Policy lets nothing load, and nothing run but its own script.
pub(super) fn report_html(
    page: &Page,
    curves: &QuantileCurves,
    svg: &dyn Fn(&str) -> Option<String>,
) -> String {
    let figures = Figures {
        curves: curves_json(curves),
        svg,
    };
    let sections: Vec<String> = page
        .sections
        .iter()
        .enumerate()
        .map(|(at, section)| section_html(at, section, &figures))
        .collect();
    // The answer comes before what leads elsewhere.
    let (first, others) = sections.split_at(sections.len().min(1));
    let links = page
        .sections
        .iter()
        .enumerate()
        .map(|(at, section)| format!("<li><a href=\"#s{at}\">{}</a></li>\n", text(&section.title)));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{}: latscope</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <header><h1>{}</h1></header>\n<main>\n{}<nav aria-label=\"Sections\"><ul>\n{}</ul></nav>\n{}</main>\n\
         <footer><p>Made by latscope from logs. This file loads nothing.</p></footer>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
        policy(),
        text(&page.title.plain()),
        prose(&page.title),
        first.concat(),
        links.collect::<String>(),
        others.concat(),
    )
}

fn policy() -> String {
    let hash = |content: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(content.as_bytes())));
    format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

fn section_html(at: usize, section: &Section, figures: &Figures<'_>) -> String {
    format!(
        "<section id=\"s{at}\" aria-labelledby=\"h{at}\">\n<h2 id=\"h{at}\">{}</h2>\n{}</section>\n",
        text(&section.title),
        blocks(&section.blocks, &Place::of_section(at, &section.title), figures)
    )
}

/// What the page shows of the figures.
struct Figures<'a> {
    curves: String,
    svg: &'a dyn Fn(&str) -> Option<String>,
}

/// The quantile curves as the script reads them: of each series its name and, of each knot, the share of requests that are
/// slower, the quantile and the ends of its interval in milliseconds. Nothing in it can end the element that it is in.
fn curves_json(curves: &QuantileCurves) -> String {
    let series = curves.series.iter().map(|curve| {
        let knots = curve
            .knots
            .iter()
            .map(|knot| (knot.exceeded, knot.ms, knot.low_ms, knot.high_ms));
        (visible(&curve.name), knots.collect::<Vec<_>>())
    });
    let json = serde_json::to_string(&series.collect::<Vec<_>>()).unwrap_or_default();
    json.replace('<', "\\u003c")
}

/// What tells elements of one part of the page from those of others.
struct Place {
    id: String,
    words: String,
}

impl Place {
    fn of_section(at: usize, title: &str) -> Self {
        Self {
            id: format!("c{at}"),
            words: title.to_owned(),
        }
    }

    fn within(&self, at: usize, words: &str) -> Self {
        Self {
            id: format!("{}-{at}", self.id),
            words: format!("{}, {words}", self.words),
        }
    }
}

/// Blocks below each other.
fn blocks(shown: &[Block], place: &Place, figures: &Figures<'_>) -> String {
    let block = |(at, block): (usize, &Block)| match block {
        Block::Text(content) => format!("<p>{}</p>\n", prose(content)),
        Block::Table(content) => table(content, &place.within(at, &format!("part {}", at + 1)).words),
        Block::Notes(lines) => {
            let lines = lines.iter().map(|line| format!("<p>{}</p>\n", prose(line)));
            format!("<div class=\"notes\">\n{}</div>\n", lines.collect::<String>())
        }
        Block::List(items) => {
            let items = items.iter().map(|item| format!("<li>{}</li>\n", prose(item)));
            format!("<ul>\n{}</ul>\n", items.collect::<String>())
        }
        Block::Figure { file, alt } => (figures.svg)(file).map_or_else(String::new, |svg| {
            let curves = match svg.contains(" data-axis=\"") {
                true => format!("<script type=\"application/json\">{}</script>\n", figures.curves),
                false => String::new(),
            };
            format!(
                "<figure>\n{svg}<figcaption>{}</figcaption>\n{curves}</figure>\n",
                text(alt)
            )
        }),
        Block::Choice(ways) => choice(ways, &place.within(at, "choice"), figures),
    };
    shown.iter().enumerate().map(block).collect()
}

/// The first way, and the others behind buttons that the script shows.
fn choice(ways: &[Way], place: &Place, figures: &Figures<'_>) -> String {
    let id = &place.id;
    let buttons = ways.iter().enumerate().map(|(at, way)| {
        format!(
            "<button type=\"button\" aria-pressed=\"{}\" aria-controls=\"{id}-{at}\">{}</button>\n",
            at == 0,
            text(&way.label)
        )
    });
    let panels = ways.iter().enumerate().map(|(at, way)| {
        format!(
            "<div id=\"{id}-{at}\" class=\"way\"{}>\n{}</div>\n",
            if at == 0 { "" } else { " hidden" },
            blocks(&way.blocks, &place.within(at, &way.label), figures)
        )
    });
    format!(
        "<div class=\"choice\">\n<div class=\"ways\" role=\"group\" aria-label=\"Which requests\" hidden>\n{}</div>\n{}</div>\n",
        buttons.collect::<String>(),
        panels.collect::<String>()
    )
}

/// A table, which may scroll sideways, so that it can be reached by keys and has a name.
fn table(table: &Table, words: &str) -> String {
    let class = |align: Align| match align {
        Align::Left => "",
        Align::Right => " class=\"n\"",
    };
    let head = table.columns.iter().map(|column| match column.title.as_str() {
        "" => "<td></td>".to_owned(),
        title => format!("<th scope=\"col\"{}>{}</th>", class(column.align), text(title)),
    });
    let row = |cells: &Vec<Cell>| {
        let cells = cells.iter().zip(&table.columns).enumerate();
        let cells = cells.map(|(at, (cell, column))| {
            let content = match cell {
                Cell::Text(content) => text(content),
                Cell::Report { name, report } if is_folder(report) => {
                    format!("<a href=\"{report}/report.html\"><code>{}</code></a>", text(name))
                }
                Cell::Name { name } | Cell::Report { name, .. } => format!("<code>{}</code>", text(name)),
                Cell::Link { link, text: shown } if link.starts_with("https://") => {
                    format!(
                        "<a href=\"{}\" rel=\"noreferrer\">{}</a>",
                        text(link),
                        text(shown)
                    )
                }
                Cell::Link { text: shown, .. } => text(shown),
                Cell::Empty => "–".to_owned(),
            };
            match at {
                0 => format!("<th scope=\"row\"{}>{content}</th>", class(column.align)),
                _ => format!("<td{}>{content}</td>", class(column.align)),
            }
        });
        format!("<tr>{}</tr>\n", cells.collect::<String>())
    };
    format!(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{}\"><table>\n<thead><tr>{}</tr></thead>\n<tbody>\n{}</tbody>\n</table></div>\n",
        text(words),
        head.collect::<String>(),
        table.rows.iter().map(row).collect::<String>()
    )
}

fn prose(content: &Prose) -> String {
    let span = |span: &Span| match span {
        Span::Text(content) => text(content),
        Span::Name { name } => format!("<code>{}</code>", text(name)),
        Span::Strong { strong } => format!("<strong>{}</strong>", prose(strong)),
    };
    content.0.iter().map(span).collect()
}

/// Text in which nothing is markup, in elements and in attributes.
fn text(content: &str) -> String {
    let mut escaped = String::new();
    for c in visible(content).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::table::{name, text as cell};

    fn page(blocks: Vec<Block>) -> Page {
        Page {
            title: Prose::name("a<b"),
            sections: vec![Section::new("One & two", blocks)],
        }
    }

    #[test]
    fn nothing_from_a_log_is_markup() {
        let hostile = "<script>alert('x')</script>\"&\u{202e}";
        let mut table = Table::new(1, &[hostile, ""]);
        table.row(vec![name(hostile), cell(hostile)]);
        let shown = [
            Block::Table(table),
            Block::Text(Prose::from(hostile)),
            Block::List(vec![Prose::name(hostile)]),
            Block::Notes(vec![Prose::name(hostile)]),
            Block::Figure {
                file: hostile.to_owned(),
                alt: hostile.to_owned(),
            },
            Block::Choice(vec![Way {
                label: hostile.to_owned(),
                blocks: Vec::new(),
            }]),
        ];
        let html = report_html(&page(shown.to_vec()), &QuantileCurves::default(), &|_| {
            Some("<svg></svg>\n".to_owned())
        });
        assert_eq!(html.matches("<script>").count(), 1);
        assert!(!html.contains("alert('x')") && !html.contains('\u{202e}'));
        assert!(html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;\\u{202e}"));
    }

    #[test]
    fn what_cannot_be_chosen_without_scripts_is_not_hidden_alone() {
        let way = |label: &str, content: &str| Way {
            label: label.to_owned(),
            blocks: vec![Block::Text(Prose::from(content))],
        };
        let html = report_html(
            &page(vec![Block::Choice(vec![way("a", "one"), way("b", "two")])]),
            &QuantileCurves::default(),
            &|_| None,
        );
        assert!(html.contains("<div class=\"ways\" role=\"group\" aria-label=\"Which requests\" hidden>"));
        assert!(html.contains("<div id=\"c0-0-0\" class=\"way\">\n<p>one</p>"));
        assert!(html.contains("<div id=\"c0-0-1\" class=\"way\" hidden>\n<p>two</p>"));
    }

    #[test]
    fn the_policy_lets_nothing_run_but_what_is_in_the_file() {
        let html = report_html(&page(Vec::new()), &QuantileCurves::default(), &|_| None);
        assert!(html.contains("content=\"default-src 'none'; style-src 'sha256-"));
        assert!(!html.contains("unsafe") && !html.contains("http://") && !html.contains("https://"));
        assert!(!STYLE.contains("</") && !SCRIPT.contains("</"));
    }
}
