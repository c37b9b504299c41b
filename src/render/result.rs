//! The rows of a query of Logs Insights, and the list of queries.

use serde_json::{Map, Value, json};

use super::aligned::table;
use super::csv;
use super::table::{Align, Cell, Column, Table, name, text};
use super::terminal::Style;
use crate::fetch::{Ending, Query, ResultTable};

/// The pointer of an event, which nobody reads.
const POINTER: &str = "@ptr";

/// The queries that there are, with the logs that they are for.
pub fn query_list(queries: &[Query], style: Style) -> String {
    let mut list = Table::new(3, &["query", "log group", "question"]);
    for query in queries {
        list.row(vec![text(query.name), text(query.kind()), text(query.question())]);
    }
    table(&list, style)
}

/// The rows as a table. Columns of numbers stand to the right.
pub fn result_table(result: &ResultTable, style: Style) -> String {
    let names = columns(result);
    let mut shown = Table::default();
    for title in &names {
        let values = || result.rows.iter().filter_map(|row| value(row, title));
        let is_number = values().all(is_number) && values().next().is_some();
        shown.columns.push(Column {
            title: (*title).to_owned(),
            align: if is_number { Align::Right } else { Align::Left },
        });
    }
    for row in &result.rows {
        let cell = |title: &&str| value(row, title).map_or(Cell::Empty, name);
        shown.row(names.iter().map(cell).collect());
    }
    table(&shown, style)
}

/// The rows as CSV (RFC 4180), with the fields of all rows as its header.
pub fn result_csv(result: &ResultTable) -> String {
    let names = columns(result);
    let safe = |text: &str| match is_number(text) {
        // The sign of a number makes no formula.
        true => text.to_owned(),
        false => csv::name(text),
    };
    // Fields of Logs Insights itself keep their names, so that a program finds them.
    let is_own = |title: &str| {
        let name = title.strip_prefix('@');
        name.is_some_and(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic()))
    };
    let title = |title: &&str| match is_own(title) {
        true => (*title).to_owned(),
        false => csv::name(title),
    };
    let header = names.iter().map(title).collect();
    let rows = result.rows.iter().map(|row| {
        let cell = |title: &&str| value(row, title).map_or_else(String::new, safe);
        csv::line(names.iter().map(cell).collect())
    });
    std::iter::once(csv::line(header)).chain(rows).collect()
}

/// The document that `aws logs get-query-results` prints.
pub fn result_json(result: &ResultTable) -> String {
    let cell = |(field, value): &(String, Option<String>)| {
        let mut cell = Map::new();
        cell.insert("field".to_owned(), json!(field));
        if let Some(value) = value {
            cell.insert("value".to_owned(), json!(value));
        }
        Value::Object(cell)
    };
    let rows = result.rows.iter().map(|row| row.iter().map(cell).collect());
    let mut document = Map::new();
    document.insert("results".to_owned(), Value::Array(rows.collect()));
    if !result.statistics.is_empty() {
        let statistics = result.statistics.iter();
        let statistics = statistics.map(|(name, number)| ((*name).to_owned(), json!(number)));
        document.insert("statistics".to_owned(), Value::Object(statistics.collect()));
    }
    let status = match &result.ending {
        Ending::Complete => Some("Complete"),
        Ending::TimedOut => Some("Timeout"),
        Ending::NeverEnded => Some("Running"),
        Ending::Broken(status) => status.as_deref(),
    };
    if let Some(status) = status {
        document.insert("status".to_owned(), json!(status));
    }
    // An object of texts and numbers can always be written.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// The fields of all rows, in the order in which they come first. A row lacks those that its event does not have.
fn columns(result: &ResultTable) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for (field, _) in result.rows.iter().flatten() {
        if field != POINTER && !names.contains(&field.as_str()) {
            names.push(field);
        }
    }
    names
}

fn value<'r>(row: &'r [(String, Option<String>)], title: &str) -> Option<&'r str> {
    let mut cells = row.iter().filter(|(field, _)| field == title);
    cells.next()?.1.as_deref()
}

fn is_number(text: &str) -> bool {
    text.parse().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(rows: &[&[(&str, &str)]]) -> ResultTable {
        let cell = |(field, value): &(&str, &str)| ((*field).to_owned(), Some((*value).to_owned()));
        ResultTable {
            ending: Ending::Complete,
            rows: rows.iter().map(|row| row.iter().map(cell).collect()).collect(),
            statistics: vec![("bytesScanned", 12.0)],
        }
    }

    #[test]
    fn a_field_that_one_row_lacks_moves_no_other() {
        let result = result(&[
            &[("model", "a"), ("p50", "1.5"), ("@ptr", "x")],
            &[("model", "b"), ("errorType", "E"), ("p50", "-20.25")],
        ]);
        assert_eq!(
            result_table(&result, Style::default()),
            "model     p50  errorType\na         1.5  –\nb      -20.25  E\n"
        );
        assert_eq!(
            result_csv(&result),
            "model,p50,errorType\r\na,1.5,\r\nb,-20.25,E\r\n"
        );
    }

    #[test]
    fn names_of_logs_do_nothing() {
        let result = result(&[&[("model", "=1+\u{1b}[31m,\"x")]]);
        let shown = result_table(&result, Style::default());
        assert!(shown.contains("=1+\\u{1b}[31m,\"x"), "{shown}");
        assert_eq!(result_csv(&result), "model\r\n\"'=1+\\u{1b}[31m,\"\"x\"\r\n");
    }

    #[test]
    fn names_of_fields_do_nothing_either() {
        let result = result(&[&[
            ("=cmd()|'a'\u{1b}[2J,\n", "x"),
            ("@SUM(1)", "y"),
            ("@log", "z"),
            ("-1", "w"),
        ]]);
        let shown = result_csv(&result);
        assert_eq!(
            shown.lines().next(),
            Some("\"'=cmd()|'a'\\u{1b}[2J,\\u{a}\",'@SUM(1),@log,'-1"),
            "{shown}"
        );
        let shown = result_table(&result, Style::default());
        assert!(
            !shown.contains('\u{1b}') && shown.lines().count() == 2,
            "{shown:?}"
        );
    }

    #[test]
    fn the_document_is_that_of_the_aws_cli() {
        let text = result_json(&result(&[&[("model", "a"), ("@ptr", "x")]]));
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            document,
            json!({
                "results": [[{"field": "model", "value": "a"}, {"field": "@ptr", "value": "x"}]],
                "statistics": {"bytesScanned": 12.0},
                "status": "Complete",
            })
        );
    }
}
