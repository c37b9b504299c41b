//! How the body of a dashboard is written: a line for each property of a widget and for each metric. How it is divided
//! depends on no name, so that a body with names in it is one with `${Name}` filled in. A template that embeds it may have
//! 51,200 bytes in all.

use serde_json::Value;

/// How deep objects are divided: the body, its widgets, their properties.
const DEPTH_OF_OBJECTS: usize = 3;

/// The same of lists: the widgets, the metrics of each.
const DEPTH_OF_LISTS: usize = 4;

/// A value as JSON, with a line end.
pub(super) fn text(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, &mut text);
    text.push('\n');
    text
}

fn write(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Object(object) if depth <= DEPTH_OF_OBJECTS && !object.is_empty() => {
            let entries = object.iter().map(|(name, value)| (Some(name), value));
            divided(entries, ['{', '}'], depth, text);
        }
        Value::Array(list) if depth <= DEPTH_OF_LISTS && !list.is_empty() => {
            divided(list.iter().map(|value| (None, value)), ['[', ']'], depth, text);
        }
        _ => text.push_str(&value.to_string()),
    }
}

/// The entries of a list or an object, each on lines of its own; a number stands behind the number before it.
fn divided<'v>(
    entries: impl Iterator<Item = (Option<&'v String>, &'v Value)>,
    [begin, end]: [char; 2],
    depth: usize,
    text: &mut String,
) {
    text.push(begin);
    let mut before: Option<&Value> = None;
    for (name, value) in entries {
        if before.is_some() {
            text.push(',');
        }
        if !(value.is_number() && before.is_some_and(Value::is_number)) {
            new_line(depth + 1, text);
        }
        before = Some(value);
        if let Some(name) = name {
            text.push_str(&Value::from(name.as_str()).to_string());
            text.push(':');
        }
        write(value, depth + 1, text);
    }
    new_line(depth, text);
    text.push(end);
}

fn new_line(depth: usize, text: &mut String) {
    text.push('\n');
    text.extend(std::iter::repeat_n(' ', depth));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_metric_stands_on_a_line() {
        let graph = json!({"metrics": [["b", 1, {"c": "d"}], [{"e": "f"}]], "yAxis": {"left": {"min": 0}}});
        let body = json!({"widgets": [{"properties": graph, "type": "metric", "x": 0, "y": 6}]});
        let lines = [
            r#"{"#,
            r#" "widgets":["#,
            r#"  {"#,
            r#"   "properties":{"#,
            r#"    "metrics":["#,
            r#"     ["b",1,{"c":"d"}],"#,
            r#"     [{"e":"f"}]"#,
            r#"    ],"#,
            r#"    "yAxis":{"left":{"min":0}}"#,
            r#"   },"#,
            r#"   "type":"metric","#,
            r#"   "x":0,"y":6"#,
            r#"  }"#,
            r#" ]"#,
            r#"}"#,
        ];
        assert_eq!(text(&body), lines.join("\n") + "\n");
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,150}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::btree_map(".{0,9}", inner, 0..8)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_is_the_same_value(value in value()) {
            prop_assert_eq!(serde_json::from_str::<Value>(&text(&value)).unwrap(), value);
        }
    }
}
