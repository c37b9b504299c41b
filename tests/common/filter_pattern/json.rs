//! Conditions on JSON events: `{ $.a.b[0] = "x*" && ($.c > 1 || $.d IS NULL) }`.

use serde_json::Value;

use super::{OPERATORS, Wanted, find_outside, split_outside};

pub(super) fn selects(condition: &str, message: &str) -> Result<bool, String> {
    match serde_json::from_str(message) {
        Ok(event) => holds(condition, &event),
        Err(_) => holds(condition, &Value::Null).map(|_| false),
    }
}

fn holds(condition: &str, event: &Value) -> Result<bool, String> {
    let either = split_outside(condition, "||");
    if either.len() > 1 {
        let results: Result<Vec<bool>, String> = either.iter().map(|part| holds(part, event)).collect();
        return Ok(results?.contains(&true));
    }
    let all = split_outside(condition, "&&");
    if all.len() > 1 {
        let results: Result<Vec<bool>, String> = all.iter().map(|part| holds(part, event)).collect();
        return Ok(!results?.contains(&false));
    }
    let condition = condition.trim();
    if let Some(inner) = condition
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
    {
        return holds(inner, event);
    }
    compare(condition, event)
}

fn compare(condition: &str, event: &Value) -> Result<bool, String> {
    if let Some(selector) = condition.strip_suffix("NOT EXISTS") {
        return Ok(values(selector, event)?.is_empty());
    }
    for (word, wanted) in [
        ("IS NULL", Value::Null),
        ("IS TRUE", Value::Bool(true)),
        ("IS FALSE", Value::Bool(false)),
    ] {
        if let Some(selector) = condition.strip_suffix(word) {
            return Ok(values(selector, event)?.contains(&&wanted));
        }
    }
    let (at, operator) = OPERATORS
        .iter()
        .filter_map(|operator| Some((find_outside(condition, operator)?, *operator)))
        .min_by_key(|(at, _)| *at)
        .ok_or_else(|| format!("{condition:?} compares nothing"))?;
    let wanted = Wanted::read(&condition[at + operator.len()..])?;
    for value in values(&condition[..at], event)? {
        // A selector that leads to an object or an array does not fit the event.
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => continue,
        };
        if wanted.compare(operator, &text)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The values that a selector leads to.
fn values<'a>(selector: &str, event: &'a Value) -> Result<Vec<&'a Value>, String> {
    let mut rest = selector
        .trim()
        .strip_prefix('$')
        .ok_or("a selector begins with $")?;
    let mut found = vec![event];
    while !rest.is_empty() {
        let (step, after) = if let Some(behind) = rest.strip_prefix(".[").or_else(|| rest.strip_prefix('[')) {
            behind.split_once(']').ok_or("a bracket without its end")?
        } else {
            let behind = rest.strip_prefix('.').ok_or("a dot or a bracket is missing")?;
            let end = behind.find(['.', '[']).unwrap_or(behind.len());
            behind.split_at(end)
        };
        let name = step.trim_matches('\'');
        found = found
            .into_iter()
            .flat_map(|value| match (value, name) {
                (Value::Array(list), "*") => list.iter().collect(),
                (Value::Object(object), "*") => object.values().collect(),
                (Value::Array(list), index) => {
                    Vec::from_iter(index.parse().ok().and_then(|index: usize| list.get(index)))
                }
                (Value::Object(object), name) => Vec::from_iter(object.get(name)),
                _ => Vec::new(),
            })
            .collect();
        rest = after;
    }
    Ok(found)
}

mod examples {
    use crate::filter_pattern::examples::check;

    const TRAIL: &str = r#"{"eventType":"UpdateTrail","sourceIPAddress":"111.111.111.111",
        "arrayKey":["value","another value"],"objectList":[{"name":"a","id":1},{"name":"b","id":2}],
        "SomeObject":null,"ThisFlag":true,"cluster.name":"c"}"#;

    const USERS: &str = r#"{"user":{"id":1,"email":"John.Stiles@example.com"},
        "users":[{"id":2,"email":"John.Doe@example.com"},{"id":3,"email":"Jane.Doe@example.com"}],
        "actions":["GET","PUT","DELETE"],"coordinates":[[0,1,2],[4,5,6],[7,8,9]]}"#;

    #[test]
    fn values_are_compared() {
        for pattern in [
            r#"{ $.eventType = "UpdateTrail" }"#,
            "{ $.sourceIPAddress != 123.123.* }",
            r#"{ $.arrayKey[0] = "value" }"#,
            "{ $.objectList[1].id = 2 }",
            "{ $.eventType = %Trail% }",
            "{ $.arrayKey[*] = %val.{2}% }",
            r"{ $.* = %111\.111\.111\.1[0-9]{1,2}% }",
            "{ $.['cluster.name'] = \"c\" }",
            "{ $.SomeObject IS NULL }",
            "{ $.SomeOtherObject NOT EXISTS }",
            "{ $.ThisFlag IS TRUE }",
        ] {
            check(pattern, &[TRAIL], &["UpdateTrail", "{}x"]);
        }
        for pattern in [
            "{ $.eventType = \"Update\" }",
            "{ $.arrayKey = value }",
            "{ $.arrayKey != 1 }",
            "{ $.ThisFlag IS FALSE }",
            "{ $.SomeObject NOT EXISTS }",
        ] {
            check(pattern, &[], &[TRAIL]);
        }
        check(
            "{ $.a = *Event }",
            &[r#"{"a":"PutEvent"}"#],
            &[r#"{"a":"EventId"}"#],
        );
    }

    #[test]
    fn numbers_are_compared_by_size() {
        check(
            "{ $.bandwidth > 75 }",
            &[r#"{"bandwidth":75.5}"#],
            &[r#"{"bandwidth":75}"#],
        );
        check(
            "{ $.latency < 50 }",
            &[r#"{"latency":9}"#],
            &[r#"{"latency":50}"#],
        );
        check(
            "{ $.refreshRate >= 60 }",
            &[r#"{"refreshRate":60}"#],
            &[r#"{"refreshRate":59.9}"#],
        );
        check(
            "{ $.responseTime <= 5 }",
            &[r#"{"responseTime":5}"#],
            &[r#"{"responseTime":6}"#],
        );
        check(
            "{ $.errorCode = 400}",
            &[r#"{"errorCode":400}"#],
            &[r#"{"errorCode":4000}"#],
        );
        check(
            "{ $.errorCode != 500 }",
            &[r#"{"errorCode":400}"#],
            &[r#"{"errorCode":500}"#],
        );
        check(
            "{ $.number[0] = 1e+3 }",
            &[r#"{"number":[1000]}"#],
            &[r#"{"number":[1]}"#],
        );
        check(
            "{ $.number[0] != 1e-3 }",
            &[r#"{"number":[1]}"#],
            &[r#"{"number":[0.001]}"#],
        );
    }

    #[test]
    fn conditions_are_joined() {
        for pattern in [
            r#"{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }"#,
            r#"{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch" && $.actions[2] = "nonmatch" }"#,
        ] {
            check(pattern, &[USERS], &[TRAIL]);
        }
        for pattern in [
            r#"{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch") && $.actions[2] = "nonmatch" }"#,
            r#"{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }"#,
        ] {
            check(pattern, &[], &[USERS]);
        }
    }
}
