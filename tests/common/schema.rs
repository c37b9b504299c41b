//! JSON Schema, as far as our own schemas use it. A validator crate would change the features of
//! dependencies that it shares with the program, so that tests could not use its build; a keyword
//! that is not known here fails instead of being passed over.

use serde_json::{Map, Value};

/// Every way in which a value breaks a schema, each with its place.
pub fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check(schema, schema, value, "", &mut faults);
    faults
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    let rules = schema.as_object().unwrap();
    let mut fault = |text: String| faults.push(format!("{at}: {text}"));
    let number = |rule: &Value| value.as_f64().zip(rule.as_f64());
    for (keyword, rule) in rules {
        match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" | "properties" | "items" | "$ref" => {}
            "type" => {
                let names = rule.as_array().cloned().unwrap_or_else(|| vec![rule.clone()]);
                if !names.iter().any(|name| is_of_type(value, name.as_str().unwrap())) {
                    fault(format!("{value} is no {rule}"));
                }
            }
            "const" if value != rule => fault(format!("{value} is not {rule}")),
            "enum" if !rule.as_array().unwrap().contains(value) => {
                fault(format!("{value} is none of {rule}"));
            }
            "minimum" if number(rule).is_some_and(|(value, least)| value < least) => {
                fault(format!("{value} is below {rule}"));
            }
            "exclusiveMinimum" if number(rule).is_some_and(|(value, least)| value <= least) => {
                fault(format!("{value} is not above {rule}"));
            }
            "maximum" if number(rule).is_some_and(|(value, most)| value > most) => {
                fault(format!("{value} is above {rule}"));
            }
            "required" => {
                for name in rule.as_array().unwrap() {
                    if value.is_object() && value.get(name.as_str().unwrap()).is_none() {
                        fault(format!("{name} is missing"));
                    }
                }
            }
            "additionalProperties" => {
                assert_eq!(*rule, Value::Bool(false));
                let known = rules["properties"].as_object().unwrap();
                for name in value.as_object().into_iter().flat_map(Map::keys) {
                    if !known.contains_key(name) {
                        fault(format!("{name} is not in the schema"));
                    }
                }
            }
            "oneOf" => {
                let kinds = rule.as_array().unwrap().iter();
                let fitting = kinds.filter(|kind| {
                    let mut faults = Vec::new();
                    check(root, kind, value, at, &mut faults);
                    faults.is_empty()
                });
                match fitting.count() {
                    1 => {}
                    count => fault(format!("{count} of oneOf fit")),
                }
            }
            "minItems" | "maxItems" => {
                let expected = usize::try_from(rule.as_u64().unwrap()).unwrap();
                let length = value.as_array().map(Vec::len);
                if length.is_some_and(|length| {
                    if keyword == "minItems" {
                        length < expected
                    } else {
                        length > expected
                    }
                }) {
                    fault(format!("{} items, {keyword} is {expected}", length.unwrap()));
                }
            }
            "uniqueItems" => {
                let items = value.as_array().unwrap();
                if items
                    .iter()
                    .enumerate()
                    .any(|(index, item)| items[..index].contains(item))
                {
                    fault("items repeat".to_owned());
                }
            }
            "pattern" => {
                assert_eq!(
                    rule, r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$",
                    "the one pattern that is known"
                );
                let shape = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "0");
                if value
                    .as_str()
                    .is_some_and(|text| shape(text) != "0000-00-00T00:00:00.000Z")
                {
                    fault(format!("{value} is no time"));
                }
            }
            "const" | "enum" | "minimum" | "exclusiveMinimum" | "maximum" => {}
            unknown => panic!("keyword {unknown} is not known"),
        }
    }
    if let Some(reference) = rules.get("$ref") {
        let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
        check(root, root.pointer(pointer).unwrap(), value, at, faults);
    }
    if let (Some(properties), Some(object)) = (rules.get("properties"), value.as_object()) {
        for (name, schema) in properties.as_object().unwrap() {
            if let Some(value) = object.get(name) {
                check(root, schema, value, &format!("{at}/{name}"), faults);
            }
        }
    }
    if let (Some(schema), Some(items)) = (rules.get("items"), value.as_array()) {
        for (index, item) in items.iter().enumerate() {
            check(root, schema, item, &format!("{at}/{index}"), faults);
        }
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("type {other} is not known"),
    }
}
