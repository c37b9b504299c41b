//! What a query of Logs Insights answers on given events, for as much of the language as the queries of this repository
//! use, since none of the servers that the tests run evaluates it. Truth values are numbers; a percentile is the value of the
//! nearest rank.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::insights_ql::{Command, Expr, Named};
use super::insights_regex::captures;

/// A value. Nothing is the value of a field that an event does not have.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Nothing,
    Number(f64),
    Text(String),
}

use Value::{Nothing, Number, Text};

/// The fields of an event, or the columns of a result.
pub type Row = BTreeMap<String, Value>;

/// The rows that a query brings of some events.
pub fn answer(query: &[Command], events: &[Row]) -> Vec<Row> {
    let mut rows = events.to_vec();
    for command in query {
        match command {
            Command::Fields(of) | Command::Display(of) => {
                for row in &mut rows {
                    for named in of {
                        let value = value(&named.expr, row);
                        row.insert(named.name.clone(), value);
                    }
                }
            }
            Command::Filter(condition) => rows.retain(|row| is_true(&value(condition, row))),
            Command::Parse { field, pattern, .. } => {
                let Expr::Regex(regex) = pattern else {
                    panic!("parse by stars")
                };
                for row in &mut rows {
                    let Some(Text(text)) = row.get(field).cloned() else {
                        continue;
                    };
                    let found = captures(regex, &text).unwrap_or_default();
                    row.extend(found.into_iter().map(|(name, text)| (name, of_text(&text))));
                }
            }
            Command::Stats { of, by } => rows = stats(of, by, &rows),
            Command::Sort(keys) => rows.sort_by(|a, b| {
                let each = keys.iter().map(|(key, is_descending)| {
                    let order = compare(&value(key, a), &value(key, b)).unwrap_or(Ordering::Equal);
                    if *is_descending { order.reverse() } else { order }
                });
                each.fold(Ordering::Equal, Ordering::then)
            }),
            Command::Limit(limit) => rows.truncate(*limit as usize),
            Command::Dedup(_) => panic!("dedup"),
        }
    }
    rows
}

fn of_text(text: &str) -> Value {
    text.parse().map_or_else(|_| Text(text.to_owned()), Number)
}

fn stats(of: &[Named], by: &[Named], rows: &[Row]) -> Vec<Row> {
    let mut groups: Vec<(Vec<Value>, Vec<&Row>)> = Vec::new();
    for row in rows {
        let key: Vec<Value> = by.iter().map(|named| value(&named.expr, row)).collect();
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, group)) => group.push(row),
            None => groups.push((key, vec![row])),
        }
    }
    let computed = |(key, group): (Vec<Value>, Vec<&Row>)| {
        let mut row = Row::new();
        for (named, value) in by.iter().zip(key) {
            row.insert(named.name.clone(), value);
        }
        for named in of {
            let value = aggregate(&named.expr, &group, &row);
            row.insert(named.name.clone(), value);
        }
        row
    };
    groups.into_iter().map(computed).collect()
}

/// An expression over the rows of a group; `aliases` are what was computed of them before.
fn aggregate(expr: &Expr, group: &[&Row], aliases: &Row) -> Value {
    let Expr::Call(name, arguments) = expr else {
        return match expr {
            Expr::Binary(operator, left, right) => binary(
                operator,
                &aggregate(left, group, aliases),
                &aggregate(right, group, aliases),
            ),
            other => value(other, aliases),
        };
    };
    let values = || {
        group
            .iter()
            .map(|row| value(&arguments[0], row))
            .filter(|value| *value != Nothing)
    };
    let numbers = || -> Vec<f64> { values().filter_map(|value| number(&value)).collect() };
    match name.as_str() {
        "count" if arguments.first().is_none_or(|first| *first == Expr::Star) => Number(group.len() as f64),
        "count" => Number(values().count() as f64),
        "count_distinct" => {
            let mut distinct: Vec<Value> = Vec::new();
            values().for_each(|value| {
                if !distinct.contains(&value) {
                    distinct.push(value);
                }
            });
            Number(distinct.len() as f64)
        }
        "sum" => Number(numbers().iter().sum()),
        "avg" if numbers().is_empty() => Nothing,
        "avg" => Number(numbers().iter().sum::<f64>() / numbers().len() as f64),
        "max" => numbers().into_iter().reduce(f64::max).map_or(Nothing, Number),
        "min" => numbers().into_iter().reduce(f64::min).map_or(Nothing, Number),
        "sortsLast" => values().max_by(|a, b| compare(a, b).unwrap()).unwrap_or(Nothing),
        "pct" => {
            let mut numbers = numbers();
            numbers.sort_by(f64::total_cmp);
            let p = number(&value(&arguments[1], &Row::new())).unwrap();
            let rank = (p / 100.0 * numbers.len() as f64).ceil().max(1.0) as usize;
            numbers.get(rank - 1).copied().map_or(Nothing, Number)
        }
        _ => call(
            name,
            &arguments
                .iter()
                .map(|part| aggregate(part, group, aliases))
                .collect::<Vec<_>>(),
        ),
    }
}

/// An expression over one row.
fn value(expr: &Expr, row: &Row) -> Value {
    match expr {
        Expr::Field(name) => row.get(name).cloned().unwrap_or(Nothing),
        Expr::Number(number) => Number(*number),
        Expr::Text(text) | Expr::Regex(text) => Text(text.clone()),
        Expr::Call(name, arguments) => call(
            name,
            &arguments.iter().map(|part| value(part, row)).collect::<Vec<_>>(),
        ),
        Expr::Not(inner) => truth(!is_true(&value(inner, row))),
        Expr::Minus(inner) => number(&value(inner, row)).map_or(Nothing, |number| Number(-number)),
        Expr::Binary("like", left, right) => {
            let (Text(text), Text(pattern)) = (value(left, row), value(right, row)) else {
                return truth(false);
            };
            truth(match **right {
                Expr::Regex(_) => captures(&pattern, &text).is_some(),
                _ => text.contains(&pattern),
            })
        }
        Expr::Binary(operator, left, right) => binary(operator, &value(left, row), &value(right, row)),
        Expr::In(inner, list) => {
            let inner = value(inner, row);
            truth(
                list.iter()
                    .any(|one| compare(&value(one, row), &inner) == Some(Ordering::Equal)),
            )
        }
        Expr::Star | Expr::Period(_) => panic!("{expr:?}"),
    }
}

fn call(name: &str, arguments: &[Value]) -> Value {
    let reduced = |of: fn(f64, f64) -> f64| {
        arguments
            .iter()
            .filter_map(number)
            .reduce(of)
            .map_or(Nothing, Number)
    };
    match name {
        "ispresent" => truth(arguments[0] != Nothing),
        "coalesce" => arguments
            .iter()
            .find(|value| **value != Nothing)
            .cloned()
            .unwrap_or(Nothing),
        "greatest" => reduced(f64::max),
        "least" => reduced(f64::min),
        "strcontains" => match (&arguments[0], &arguments[1]) {
            (Text(text), Text(part)) => truth(text.contains(part)),
            _ => Nothing,
        },
        other => panic!("{other} is not evaluated here"),
    }
}

fn binary(operator: &str, left: &Value, right: &Value) -> Value {
    let ordered = |is: fn(Ordering) -> bool| truth(compare(left, right).is_some_and(is));
    match operator {
        "and" => return truth(is_true(left) && is_true(right)),
        "or" => return truth(is_true(left) || is_true(right)),
        "=" => return ordered(Ordering::is_eq),
        "!=" => return ordered(Ordering::is_ne),
        "<" => return ordered(Ordering::is_lt),
        "<=" => return ordered(Ordering::is_le),
        ">" => return ordered(Ordering::is_gt),
        ">=" => return ordered(Ordering::is_ge),
        _ => {}
    }
    let (Some(left), Some(right)) = (number(left), number(right)) else {
        return Nothing;
    };
    match operator {
        "+" => Number(left + right),
        "-" => Number(left - right),
        "*" => Number(left * right),
        "/" if right == 0.0 => Nothing,
        "/" => Number(left / right),
        other => panic!("{other} is not evaluated here"),
    }
}

/// As a number, which a text may be.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Number(number) => Some(*number),
        Text(text) => text.parse().ok(),
        Nothing => None,
    }
}

fn truth(is_so: bool) -> Value {
    Number(f64::from(u8::from(is_so)))
}

fn is_true(value: &Value) -> bool {
    *value == Number(1.0)
}

/// Nothing compares with anything only to be sorted, where it comes first.
fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Number(left), Number(right)) => left.partial_cmp(right),
        (Text(left), Text(right)) => Some(left.cmp(right)),
        _ => None,
    }
}
