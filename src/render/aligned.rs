//! A table as aligned columns. Where a terminal is too narrow for it, names lose their middle, then columns go below each
//! other, then every cell has a line of its own. Numbers always stay whole.

use std::collections::BTreeSet;

use console::measure_text_width;

use super::table::{Align, Cell, Table};
use super::terminal::{Style, wrap};
use crate::vocab::visible;

/// Between columns.
const GAP: usize = 2;

/// A name is not shortened to less.
const SHORTEST_NAME: usize = 8;

/// Nor a title, which may be a name: those of latscope are no longer.
const SHORTEST_TITLE: usize = 16;

/// The table with aligned columns, at most as wide as the terminal.
pub(super) fn table(table: &Table, style: Style) -> String {
    let shown = Shown::of(table);
    let all: Vec<usize> = (0..shown.titles.len()).collect();
    let Some(width) = style.width() else {
        return shown.lines(&all, style);
    };
    if let Some(shortened) = shown.shortened(|widths| sum(widths) <= width) {
        return shortened.lines(&all, style);
    }
    let (labels, others) = all.split_at(shown.labels);
    // Every other column has room beside the labels, which take at most so many columns.
    let beside = |most: usize| {
        shown.shortened(|widths| {
            let (labels, others) = widths.split_at(labels.len());
            let room = width.saturating_sub(sum(labels) + GAP);
            sum(labels) <= most && others.iter().all(|other| *other <= room)
        })
    };
    // Where names can be short, more columns fit beside each other.
    let beside = match others {
        [] => None,
        _ => beside(width * 2 / 5).or_else(|| beside(width)),
    };
    match beside {
        Some(shown) => shown.below_each_other(labels, others, width, style),
        None => shown.stacked(width, style),
    }
}

/// The width of columns beside each other.
fn sum(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

/// A table as it is shown.
#[derive(Clone)]
struct Shown {
    titles: Vec<String>,
    rows: Vec<Vec<String>>,
    aligns: Vec<Align>,
    /// Columns that hold names.
    has_names: Vec<bool>,
    /// How many columns at the left say what a row is about.
    labels: usize,
}

impl Shown {
    fn of(table: &Table) -> Self {
        let cell = |cell: &Cell| match cell {
            Cell::Text(text)
            | Cell::Name { name: text }
            | Cell::Report { name: text, .. }
            | Cell::Link { text, .. } => visible(text),
            Cell::Empty => "–".to_owned(),
        };
        let columns = || table.columns.iter();
        let has_names = |column: usize| {
            let mut cells = table.rows.iter().map(|row| &row[column]);
            cells.any(|cell| matches!(cell, Cell::Name { .. } | Cell::Report { .. }))
        };
        Self {
            titles: columns().map(|column| visible(&column.title)).collect(),
            rows: table
                .rows
                .iter()
                .map(|row| row.iter().map(cell).collect())
                .collect(),
            aligns: columns().map(|column| column.align).collect(),
            has_names: (0..table.columns.len()).map(has_names).collect(),
            labels: columns().take_while(|column| column.align == Align::Left).count(),
        }
    }

    /// The width of each column's title and of its widest cell.
    fn of_titles_and_cells(&self) -> Vec<[usize; 2]> {
        let of_column = |column: usize| {
            let cells = self.rows.iter().map(|row| measure_text_width(&row[column]));
            [measure_text_width(&self.titles[column]), cells.max().unwrap_or(0)]
        };
        (0..self.titles.len()).map(of_column).collect()
    }

    /// The width of each column.
    fn widths(&self) -> Vec<usize> {
        let full = self.of_titles_and_cells();
        full.into_iter().map(|[title, cells]| title.max(cells)).collect()
    }

    /// The table with names as long as they can be for its columns to fit, if they can and all names stay different.
    fn shortened(&self, fits: impl Fn(&[usize]) -> bool) -> Option<Self> {
        let full = self.of_titles_and_cells();
        let widths = |most: usize| -> Vec<usize> {
            let columns = full.iter().zip(&self.has_names);
            let width = |([title, cells], has_names): (&[usize; 2], &bool)| {
                let cells = if *has_names { most.min(*cells) } else { *cells };
                cells.max(most.max(SHORTEST_TITLE).min(*title))
            };
            columns.map(width).collect()
        };
        let widest = full.iter().flatten().copied().max().unwrap_or(0);
        let most = (SHORTEST_NAME..=widest.max(SHORTEST_NAME))
            .rev()
            .find(|most| fits(&widths(*most)))?;
        let mut shortened = self.clone();
        shortened.titles = without_middles(&self.titles, most.max(SHORTEST_TITLE))?;
        for column in (0..self.titles.len()).filter(|column| self.has_names[*column]) {
            let names: Vec<String> = self.rows.iter().map(|row| row[column].clone()).collect();
            for (row, name) in shortened.rows.iter_mut().zip(without_middles(&names, most)?) {
                row[column] = name;
            }
        }
        Some(shortened)
    }

    /// These columns, beside each other.
    fn lines(&self, columns: &[usize], style: Style) -> String {
        let widths = self.widths();
        let line = |cells: &[String]| {
            let padded = columns.iter().map(|&column| {
                let cell = &cells[column];
                let pad = " ".repeat(widths[column].saturating_sub(measure_text_width(cell)));
                match self.aligns[column] {
                    Align::Left => format!("{cell}{pad}"),
                    Align::Right => format!("{pad}{cell}"),
                }
            });
            let padded: Vec<String> = padded.collect();
            padded.join(&" ".repeat(GAP)).trim_end().to_owned()
        };
        let mut text = format!("{}\n", style.strong(&line(&self.titles)));
        for row in &self.rows {
            text.push_str(&line(row));
            text.push('\n');
        }
        text
    }

    /// As many columns beside the labels as fit, and the next ones below them beside the same labels.
    fn below_each_other(&self, labels: &[usize], others: &[usize], width: usize, style: Style) -> String {
        let widths = self.widths();
        let wide = |columns: &[usize]| {
            let widths: Vec<usize> = columns.iter().map(|column| widths[*column]).collect();
            sum(&widths)
        };
        let mut parts: Vec<Vec<usize>> = Vec::new();
        for &other in others {
            match parts.last_mut() {
                Some(part) if wide(part) + GAP + widths[other] <= width => part.push(other),
                _ => parts.push(labels.iter().copied().chain([other]).collect()),
            }
        }
        let parts: Vec<String> = parts.iter().map(|part| self.lines(part, style)).collect();
        parts.join("\n")
    }

    /// A line for each cell, with its title before it.
    fn stacked(&self, width: usize, style: Style) -> String {
        let titles = self.titles.iter().map(|title| measure_text_width(title));
        let of_titles = titles.max().unwrap_or(0).min(width / 2);
        let room = width - of_titles - GAP;
        let shortened = self.shortened(|widths| {
            let mut names = self.has_names.iter().zip(widths);
            names.all(|(is_name, width)| !is_name || *width <= room)
        });
        let shown = shortened.as_ref().unwrap_or(self);
        let titles = without_middles(&shown.titles, of_titles.max(2)).unwrap_or_else(|| shown.titles.clone());
        let indent = " ".repeat(of_titles + GAP);
        let row = |row: &Vec<String>| -> String {
            let cells = row.iter().zip(&titles).map(|(cell, title)| {
                let pad = " ".repeat((of_titles + GAP).saturating_sub(measure_text_width(title)));
                // The title is as wide as what the next lines begin with.
                let lines = wrap(cell, room, "").replace('\n', &format!("\n{indent}"));
                format!("{}{pad}{lines}\n", style.strong(title))
            });
            cells.collect()
        };
        let rows: Vec<String> = shown.rows.iter().map(row).collect();
        rows.join("\n")
    }
}

/// The names with at most so many columns each, the same part left out of all that are longer. `None` if two would become
/// equal wherever it is left out.
fn without_middles(names: &[String], most: usize) -> Option<Vec<String>> {
    let different = |names: &[String]| names.iter().collect::<BTreeSet<_>>().len();
    let before = different(names);
    if names.iter().all(|name| measure_text_width(name) <= most) {
        return Some(names.to_vec());
    }
    let kept = most.checked_sub(1)?;
    let middle = kept.div_ceil(2);
    // From the middle outwards.
    let heads = (0..=kept).flat_map(|off| [middle.checked_sub(off), Some(middle + off)]);
    let mut tries = heads.flatten().filter(|head| *head <= kept).map(|head| {
        let shorten = |name: &String| without_middle(name, most, head);
        names.iter().map(shorten).collect::<Vec<String>>()
    });
    tries.find(|tried| different(tried) == before)
}

/// So many characters at either end of a name are looked at, which no terminal is as wide as.
const MEASURED: usize = 1000;

/// A name with at most `most` columns, `head` of them before what is left out.
fn without_middle(name: &str, most: usize, head: usize) -> String {
    if measure_text_width(name) <= most {
        return name.to_owned();
    }
    // Of a name as long as an event only both ends can be shown, and measuring goes through all of it each time.
    let count = name.chars().count();
    let ends_of_it: String;
    let name = match count > 4 * MEASURED {
        true => {
            let (first, last) = (name.chars().take(MEASURED), name.chars().skip(count - MEASURED));
            ends_of_it = first.chain(last).collect();
            &ends_of_it
        }
        false => name,
    };
    let ends = || name.char_indices().map(|(at, _)| at);
    let begin = ends()
        .take_while(|at| measure_text_width(&name[..*at]) <= head)
        .last();
    let begin = &name[..begin.unwrap_or(0)];
    let room = most - 1 - measure_text_width(begin);
    let end = ends().find(|at| measure_text_width(&name[*at..]) <= room);
    // What only goes with the character before it is left out with that.
    let end = end.map_or("", |at| &name[at..]);
    let end = end.trim_start_matches(|c: char| measure_text_width(c.encode_utf8(&mut [0; 4])) == 0);
    format!("{begin}…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::table::{name, text};

    fn shown(titles: &[&str], rows: &[&[&str]], columns: Option<usize>) -> String {
        let mut made = Table::new(1, titles);
        for row in rows {
            let (label, numbers) = row.split_first().unwrap();
            let cells = [name(*label)].into_iter().chain(numbers.iter().map(|n| text(*n)));
            made.row(cells.collect());
        }
        let style = Style {
            columns,
            ..Style::default()
        };
        table(&made, style)
    }

    /// Measured again at each of its characters this would take minutes.
    #[test]
    fn a_name_as_long_as_an_event_keeps_both_ends() {
        let name = format!("begins{}ends", "時".repeat(80_000));
        let text = shown(&["model", "p95 ms"], &[&[&name, "1,559"]], Some(60));
        let row = text.lines().find(|line| line.starts_with("begins")).unwrap();
        assert!(
            row.contains('…') && row.contains("ends ") && row.ends_with("1,559"),
            "{row}"
        );
        assert!(measure_text_width(row) <= 60, "{row}");
    }

    #[test]
    fn a_table_that_fits_is_as_it_is_without_a_terminal() {
        let rows: &[&[&str]] = &[&["時間", "1"], &["e\u{301}", "20"], &["plain", "300"]];
        let expected = "model    n\n時間     1\ne\u{301}       20\nplain  300\n";
        for columns in [None, Some(40)] {
            assert_eq!(shown(&["model", "n"], rows, columns), expected);
        }
    }

    #[test]
    fn names_lose_their_middle_first_and_stay_different() {
        let rows: &[&[&str]] = &[
            &["anthropic.claude-3-haiku-20240307-v1:0", "1,465 (1,421–1,495)"],
            &["anthropic.claude-3-haiku-20240307-v2:0", "860 (837–875)"],
            &["nova-lite", "12 (11–13)"],
        ];
        assert_eq!(
            shown(&["model", "total p50"], rows, Some(40)),
            "model                          total p50\n\
             anthropic…0307-v1:0  1,465 (1,421–1,495)\n\
             anthropic…0307-v2:0        860 (837–875)\n\
             nova-lite                     12 (11–13)\n"
        );
    }

    #[test]
    fn the_part_that_makes_names_different_is_not_left_out() {
        let names = ["prod-chat-eu", "prod-mail-eu"].map(str::to_owned);
        assert_eq!(without_middles(&names, 8).unwrap(), ["pro…t-eu", "pro…l-eu"]);
        let names = ["aaaaaaaaaa1aaaaaaaaaa", "aaaaaaaaaa2aaaaaaaaaa"].map(str::to_owned);
        assert_eq!(without_middles(&names, 8), None);
        assert_eq!(
            without_middles(&names, 13).unwrap(),
            ["a…1aaaaaaaaaa", "a…2aaaaaaaaaa"]
        );
    }

    #[test]
    fn what_is_left_of_a_wide_name_is_no_wider_and_has_no_lone_accent() {
        assert_eq!(without_middle("時間時間時間", 8, 4), "時間…間");
        assert_eq!(without_middle("abcdefe\u{301}xy", 6, 3), "abc…xy");
        for most in 2..12 {
            for head in 0..most {
                let short = without_middle("a時bé間c👍🏽d時e", most, head);
                assert!(measure_text_width(&short) <= most, "{short} {most} {head}");
            }
        }
    }

    #[test]
    fn columns_go_below_each_other_beside_the_same_labels() {
        let rows: &[&[&str]] = &[&["p50", "1 (1–2)", "2 (2–3)"], &["p95", "3 (3–4)", "4 (4–5)"]];
        assert_eq!(
            shown(&["total time", "baseline", "candidate"], rows, Some(24)),
            "total time  baseline\n\
             p50          1 (1–2)\n\
             p95          3 (3–4)\n\
             \n\
             total time  candidate\n\
             p50           2 (2–3)\n\
             p95           4 (4–5)\n"
        );
    }

    #[test]
    fn where_nothing_else_fits_each_cell_has_a_line_and_numbers_stay_whole() {
        let rows: &[&[&str]] = &[
            &["aaaaaaaaaa1aaaaaaaaaa", "12,345 (12,000–12,999)"],
            &["aaaaaaaaaa2aaaaaaaaaa", "–"],
        ];
        assert_eq!(
            shown(&["model", "total p50"], rows, Some(26)),
            "model      aaa…1aaaaaaaaaa\n\
             total p50  12,345\n           (12,000–12,999)\n\
             \n\
             model      aaa…2aaaaaaaaaa\n\
             total p50  –\n"
        );
    }
}
